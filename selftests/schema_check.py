#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Is what the programs print what docs/schema says?

schema_check.py SCHEMA OUTPUT...: each OUTPUT is a file with the JSON that one run printed. Says what
does not fit, and exits 1 if anything does not.
"""

import json
import sys

import jsonschema


def main(schema_path, *output_paths):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failed = not output_paths
    for path in output_paths:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
        for error in validator.iter_errors(value):
            place = "/".join(str(step) for step in error.absolute_path)
            print(f"{path}: /{place}: {error.message}")
            failed = True
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Is what the programs print what docs/schema says?

schema_check.py SCHEMA OUTPUT...: each OUTPUT is a file with the JSON that one run printed: one value,
or one a line. Says what does not fit, and exits 1 if anything does not.
"""

import json
import pathlib
import sys
import warnings

import jsonschema


def read_values(path):
    """All values in the file, as one a line."""
    text = path.read_text(encoding="utf-8").strip()
    decoder = json.JSONDecoder()
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].lstrip()


def read_schema(path):
    """With an absolute name: of relative ones a resolver makes others."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    schema["$id"] = path.resolve().as_uri()
    return schema


def make_validator(path):
    """Schemas refer to others in the same folder."""
    schema = read_schema(path)
    others = [read_schema(other) for other in path.parent.glob("*.json")]
    jsonschema.Draft202012Validator.check_schema(schema)
    # Later versions would rather have another package, which Debian 12 has not.
    warnings.simplefilter("ignore", DeprecationWarning)
    resolver = jsonschema.RefResolver.from_schema(schema, store={one["$id"]: one for one in others})
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def main(schema_path, *output_paths):
    validator = make_validator(pathlib.Path(schema_path))
    failed = not output_paths
    for path in output_paths:
        for value in read_values(pathlib.Path(path)):
            for error in validator.iter_errors(value):
                place = "/".join(str(step) for step in error.absolute_path)
                print(f"{path}: /{place}: {error.message}")
                failed = True
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))

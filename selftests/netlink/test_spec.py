#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The netlink specification (docs/netlink/truechime.yaml) against the uapi header, in both directions:
each command, attribute, type and number of the one is in the other. What the header says of types
is in its kernel-doc; its numbers are also asked of the compiler. TAP on stdout.

test_spec.py [TOP [CC]]: of the tree at TOP.
"""

import os
import re
import subprocess
import sys
import tempfile

import yaml

TYPES = {'u32', 'u64', 's32', 's64', 'string', 'flag', 'pad', 'unused', 'nest'}


class Header:
    """What include/uapi/linux/truechime.h defines; refuses what it does not understand."""

    def __init__(self, path):
        with open(path, encoding='utf-8') as file:
            self.text = file.read()
        self.docs = dict(self.read_docs())
        code = re.sub(r'/\*.*?\*/', '', self.text, flags=re.S)
        self.enums = dict(self.read_enums(code))
        code = re.sub(r'enum\s+\w+\s*\{.*?\};', '', code, flags=re.S)
        self.defines = dict(re.findall(r'^#define\s+(\w+)[ \t]+(.+?)[ \t]*$', code, re.M))
        left = re.sub(r'^#.*$', '', code, flags=re.M).strip()
        if left:
            raise ValueError(f'neither an enum nor a define: {left[:80]!r}')

    def read_docs(self):
        """Yields (constant, text) of each "@CONSTANT: text" in kernel-doc."""
        for comment in re.findall(r'/\*\*\n(.*?)\*/', self.text, re.S):
            lines = re.sub(r'^ \*[ \t]?', '', comment, flags=re.M)
            for name, text in re.findall(r'^@(\w+): (.*?)(?=^@|\Z)', lines, re.M | re.S):
                yield name, ' '.join(text.split())

    @staticmethod
    def read_enums(code):
        """Yields (enum, {constant: value}); the count at its end is left out."""
        for name, body in re.findall(r'enum\s+(\w+)\s*\{(.*?)\};', code, re.S):
            constants = {}
            value = 0
            for item in filter(None, (item.strip() for item in body.split(','))):
                match = re.fullmatch(r'(\w+)(?:\s*=\s*(\d+))?', item)
                if not match:
                    raise ValueError(f'enum {name}: {item!r} is not understood')
                value = int(match[2]) if match[2] else value
                constants[match[1]] = value
                value += 1
            yield name, {key: value for key, value in constants.items()
                         if not key.startswith('__')}


class Specification:
    """What docs/netlink/truechime.yaml says, by the names that C has for it."""

    def __init__(self, path):
        with open(path, encoding='utf-8') as file:
            self.yaml = yaml.safe_load(file)
        self.sets = {item['name']: item for item in self.yaml['attribute-sets']}
        self.definitions = {item['name']: item for item in self.yaml['definitions']}

    @staticmethod
    def c_name(name):
        return name.replace('-', '_')

    def number(self, items, prefix, value):
        """{constant: (value, item)} by YNL's rule: one more than the item before."""
        numbered = {}
        for item in items:
            item = {'name': item} if isinstance(item, str) else item
            value = item.get('value', value)
            numbered[self.c_name(prefix + item['name']).upper()] = (value, item)
            value += 1
        return numbered

    def enums(self):
        """{enum: {constant: (value, item)}} of the definitions, attribute sets and operations."""
        enums = {}
        for item in self.definitions.values():
            enums[self.c_name(item['enum-name'])] = self.number(
                item['entries'], item['name-prefix'], item.get('value-start', 0))
        for item in self.sets.values():
            enums[self.c_name(item['enum-name'])] = self.number(
                item['attributes'], item['name-prefix'], 1)
        operations = self.yaml['operations']
        enums[self.c_name(operations['enum-name'])] = self.number(
            operations['list'], operations['name-prefix'], 1)
        return enums

    def described_type(self, attribute):
        """An attribute's type in the words that the header's kernel-doc begins with."""
        kind = attribute['type']
        if kind == 'nest':
            return 'nest of enum ' + self.c_name(
                self.sets[attribute['nested-attributes']]['enum-name'])
        if 'enum' in attribute:
            enum = self.c_name(self.definitions[attribute['enum']]['enum-name'])
            return f"{kind}, {'bits of ' if attribute.get('enum-as-flags') else ''}enum {enum}"
        return {'pad': 'padding', 'unused': None}.get(kind, kind)


class Test:
    """The checks; each yields what is wrong."""

    def __init__(self, top, compiler):
        self.top = top
        self.compiler = compiler
        self.header = Header(os.path.join(top, 'include/uapi/linux/truechime.h'))
        self.spec = Specification(os.path.join(top, 'docs/netlink/truechime.yaml'))
        self.enums = self.spec.enums()

    def check_family(self):
        family = self.spec.yaml
        expected = {
            'TRUECHIME_GENL_NAME': f'"{family["name"]}"',
            'TRUECHIME_GENL_VERSION': str(family['version']),
        }
        for group in family['mcast-groups']['list']:
            expected['TRUECHIME_MCGRP_' + group['name'].upper()] = f'"{group["name"]}"'
        for prefix in [self.spec.yaml['operations']['name-prefix'],
                       *(item['name-prefix'] for item in self.spec.sets.values())]:
            name = self.spec.c_name(prefix).upper() + 'MAX'
            expected[name] = f'(__{name} - 1)'
        if self.spec.c_name(family['c-family-name']).upper() != 'TRUECHIME_GENL_NAME':
            yield 'c-family-name is not truechime-genl-name'
        if self.spec.c_name(family['c-version-name']).upper() != 'TRUECHIME_GENL_VERSION':
            yield 'c-version-name is not truechime-genl-version'
        for name in sorted(expected.keys() | self.header.defines.keys()):
            if expected.get(name) != self.header.defines.get(name):
                yield (f'{name}: {self.header.defines.get(name)} in the header, '
                       f'{expected.get(name)} by the specification')

    def check_enums(self):
        for name in sorted(self.enums.keys() ^ self.header.enums.keys()):
            yield f'enum {name} is only in one of the two'

    def check_constants(self):
        for name in sorted(self.enums.keys() & self.header.enums.keys()):
            ours = {key: value for key, (value, _) in self.enums[name].items()}
            theirs = self.header.enums[name]
            for key in sorted(ours.keys() | theirs.keys()):
                if ours.get(key) != theirs.get(key):
                    yield (f'{key}: {theirs.get(key)} in the header, '
                           f'{ours.get(key)} in the specification')

    def check_compiled(self):
        """The compiler sees the same numbers as the parser above."""
        with tempfile.TemporaryDirectory() as work:
            path = os.path.join(work, 'numbers.c')
            with open(path, 'w', encoding='utf-8') as file:
                file.write('#include <linux/truechime.h>\n')
                for constants in self.enums.values():
                    for name, (value, _) in constants.items():
                        file.write(f'_Static_assert({name} == {value}, "{name}");\n')
            result = subprocess.run(
                [self.compiler, '-fsyntax-only', '-I', os.path.join(self.top, 'include/uapi'),
                 path], capture_output=True, text=True, check=False)
        if result.returncode:
            yield from (line for line in result.stderr.splitlines() if 'error' in line)
            yield f'{self.compiler} ended with {result.returncode}'

    def attributes(self):
        for item in self.spec.sets.values():
            yield from self.enums[self.spec.c_name(item['enum-name'])].items()

    def check_types(self):
        for name, (_, attribute) in self.attributes():
            described = self.spec.described_type(attribute)
            text = self.header.docs.get(name)
            if attribute['type'] not in TYPES:
                yield f'{name}: this test does not know type {attribute["type"]}'
            elif described is None:
                if text:
                    yield f'{name}: unused, but the header says: {text}'
            elif not text:
                yield f'{name}: the header does not describe it'
            elif not re.match(re.escape(described) + r'(?!\w|, (bits of )?enum)', text):
                yield f'{name}: {described} in the specification, in the header: {text}'
            elif bool(attribute.get('multi-attr')) != ('several in one message' in text):
                yield f'{name}: only one of the two says that there are several in one message'

    def check_limits(self):
        """YNL refuses the whole specification for a limit below zero."""
        for name, (_, attribute) in self.attributes():
            for limit, value in attribute.get('checks', {}).items():
                if isinstance(value, int) and value < 0:
                    yield f'{name}: {limit} is {value}, below 0'

    def check_operations(self):
        """Operations name attributes that exist; each attribute is in an operation or a nest."""
        used = set()
        for operation in self.spec.yaml['operations']['list']:
            names = {item['name'] for item in
                     self.spec.sets[operation.get('attribute-set', 'main')]['attributes']}
            messages = [operation.get('event', {})]
            for mode in ('do', 'dump'):
                messages += operation.get(mode, {}).values()
            for message in messages:
                for attribute in message.get('attributes', []):
                    used.add(attribute)
                    if attribute not in names:
                        yield f'operation {operation["name"]}: no attribute {attribute}'
            if operation['name'] != 'unspec' and not {'do', 'dump', 'event'} & operation.keys():
                yield f'operation {operation["name"]} can do nothing'
        for attribute in self.spec.sets['main']['attributes']:
            if attribute['type'] not in ('pad', 'unused') and attribute['name'] not in used:
                yield f'attribute {attribute["name"]} is in no operation'

    def check_docs(self):
        def undocumented(items, where):
            for item in items:
                if item['name'] != 'unspec' and not item.get('doc'):
                    yield f'{where} {item["name"]}: no doc'

        yield from undocumented(self.spec.definitions.values(), 'definition')
        for item in self.spec.definitions.values():
            yield from undocumented(item['entries'], item['name'])
        yield from undocumented(self.spec.sets.values(), 'attribute set')
        for item in self.spec.sets.values():
            yield from undocumented(item['attributes'], item['name'])
        yield from undocumented(self.spec.yaml['operations']['list'], 'operation')


def run_checks(test):
    """TAP of all methods check_*. Return: the exit code."""
    checks = [name for name in dir(test) if name.startswith('check_')]
    failed = 0
    print('TAP version 13')
    print(f'1..{len(checks)}')
    for number, name in enumerate(checks, 1):
        wrong = list(getattr(test, name)())
        for line in wrong:
            print(f'# {line}')
        failed += bool(wrong)
        print(f'{"not ok" if wrong else "ok"} {number} netlink.{name.removeprefix("check_")}')
    return 1 if failed else 0


def main():
    here = os.path.dirname(os.path.realpath(__file__))
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '../..')
    compiler = sys.argv[2] if len(sys.argv) > 2 else os.environ.get('CC', 'cc')
    return run_checks(Test(top, compiler))


if __name__ == '__main__':
    sys.exit(main())

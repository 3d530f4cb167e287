#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The netlink specification against the code of both ends: the module (kmod/netlink.c and
kmod/netlink_request.c) accepts exactly what the specification lets a request say, and each of its
answers (kmod/netlink_answer.c) and the helper's policies (user/lib/module_message.c) has each
attribute with the type specified. TAP on stdout.

test_code.py [TOP]: of the tree at TOP.
"""

import os
import re
import sys

from test_spec import Specification, run_checks

# Types that a policy of the module may have, and one of the helper's (libnl knows no s64).
MODULE_TYPES = {'u32': 'NLA_U32', 'u64': 'NLA_U64', 's32': 'NLA_S32', 's64': 'NLA_S64',
                'string': 'NLA_NUL_STRING', 'flag': 'NLA_FLAG', 'nest': 'NLA_POLICY_NESTED'}
HELPER_TYPES = {**MODULE_TYPES, 's32': 'NLA_U32', 's64': 'NLA_U64', 'string': 'NLA_STRING',
                'nest': 'NLA_NESTED'}

# What writes an attribute into a message, and the type that it then has.
WRITERS = {'nla_put_u32': 'u32', 'nla_put_s32': 's32', 'nla_put_u64_64bit': 'u64',
           'nla_put_u64': 's64', 'chime_put_s64': 's64', 'put_s64': 's64', 'chime_put_line': 'nest',
           'nla_put_string': 'string', 'nla_put_flag': 'flag', 'nla_nest_start': 'nest'}


class Source:
    """What C files say about attributes."""

    def __init__(self, *paths):
        self.text = ''
        for path in paths:
            with open(path, encoding='utf-8') as file:
                self.text += re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)

    def policies(self):
        """{policy: {attribute: initialiser}}"""
        tables = re.findall(r'struct nla_policy (\w+)\[[^\]]*\] = \{(.*?)\n?\};', self.text, re.S)
        return {name: {attribute: ' '.join(value.split()) for attribute, value in
                       re.findall(r'\[(\w+)\] = (.*?),\s*(?=\[|\Z)', body + '\n', re.S)}
                for name, body in tables}

    def operations(self):
        """{command: policy} of the table of operations."""
        return dict(re.findall(r'^\tCHIME_OP\((\w+), (\w+), \w+\),$', self.text, re.M))

    def refusals(self):
        """{command: errors} of the functions that do what is requested, as errno.h has them."""
        found = {}
        for name, body in re.findall(r'^static int chime_do_(\w+)\(.*?\n\{(.*?)^\}', self.text,
                                     re.S | re.M):
            # An error that is answered with another one.
            body = re.sub(r'case -E\w+:((?:(?!case|break).)*?return -E)', r'\1', body, flags=re.S)
            found[name] = set(re.findall(r'(?<!\w)-(E[A-Z]+)\b', body))
        return found

    def dumps(self):
        return re.findall(r'^\tCHIME_DUMP\((\w+), \w+\),$', self.text, re.M)

    def written(self):
        """Yields (function, attribute) wherever one is put into a message."""
        return re.findall(r'\b(\w*(?:put|nest_start)\w*)\(\s*\w+,\s*(TRUECHIME_\w*A_\w+)', self.text)


class Test:
    """The checks; each yields what is wrong."""

    def __init__(self, top):
        self.spec = Specification(os.path.join(top, 'docs/netlink/truechime.yaml'))
        self.module = Source(*(os.path.join(top, f'kmod/netlink{part}.c')
                               for part in ('', '_request', '_answer')))
        self.helper = Source(os.path.join(top, 'user/lib/module_message.c'))
        self.attributes = {}
        for item in self.spec.sets.values():
            for name, (_, attribute) in self.spec.enums()[
                    self.spec.c_name(item['enum-name'])].items():
                self.attributes[name] = attribute

    def c_attribute(self, set_name, attribute):
        return self.spec.c_name(self.spec.sets[set_name]['name-prefix'] + attribute).upper()

    def members(self, set_name):
        """The attributes that a nest of this set may have."""
        return {self.c_attribute(set_name, item['name'])
                for item in self.spec.sets[set_name]['attributes']
                if item['type'] not in ('pad', 'unused')}

    def nests(self):
        """{attribute: set} of the nests."""
        return {name: item['nested-attributes'] for name, item in self.attributes.items()
                if item['type'] == 'nest'}

    def wrong_types(self, policies, types):
        if not any(policies.values()):
            yield 'no policy found'
        for policy, attributes in policies.items():
            for name, value in attributes.items():
                wanted = types[self.attributes[name]['type']]
                if not re.search(r'\b' + wanted + r'\b', value):
                    yield f'{policy}: {name} is {value}, {wanted} by the specification'

    def check_module_operations(self):
        specified = {'do': set(), 'dump': set()}
        for operation in self.spec.yaml['operations']['list']:
            for mode in specified.keys() & operation.keys():
                specified[mode].add(self.spec.c_name(operation['name']).upper())
        for mode, ours in (('do', set(self.module.operations())),
                           ('dump', set(self.module.dumps()))):
            for name in sorted(specified[mode] ^ ours):
                yield f'{name}: {mode} is only in one of the two'

    def check_module_requests(self):
        policies = self.module.policies()
        nests = self.nests()
        operations = self.module.operations()
        for operation in self.spec.yaml['operations']['list']:
            name = self.spec.c_name(operation['name']).upper()
            if name not in operations:
                continue
            specified = {self.c_attribute('main', attribute) for attribute in
                         operation['do'].get('request', {}).get('attributes', [])}
            taken = policies[operations[name]]
            for attribute in sorted(specified ^ taken.keys()):
                yield f'{name}: {attribute} is only in one of the two'
            for attribute in sorted(specified & taken.keys() & nests.keys()):
                nested = re.search(r'NLA_POLICY_NESTED\((\w+)\)', taken[attribute])
                inner = policies[nested[1]].keys() if nested else set()
                for member in sorted(self.members(nests[attribute]) ^ inner):
                    yield f'{attribute}: {member} is only in one of the two'

    def check_module_types(self):
        yield from self.wrong_types(self.module.policies(), MODULE_TYPES)

    def check_module_limits(self):
        """
        A number that stands for an enum is limited to it; what has a minimum, has it. Where -1 says
        that nothing is known, this is the least; YNL has no words for a minimum below 0.
        """
        for policy, attributes in self.module.policies().items():
            for name, value in attributes.items():
                attribute = self.attributes[name]
                minimum = attribute.get('checks', {}).get('min')
                if minimum is None and re.search(r'(?<!\w)-1\b', attribute.get('doc', '')):
                    minimum = -1
                if minimum is not None and not value.endswith(f'NLA_POLICY_MIN(NLA_S64, {minimum})'):
                    yield f'{policy}: {name} has no minimum of {minimum}'
                if attribute.get('enum') and not attribute.get('enum-as-flags'):
                    enum = self.spec.definitions[attribute['enum']]
                    last = self.spec.c_name(
                        enum['name-prefix'] + enum['entries'][-1]['name']).upper()
                    if not re.search(rf'\b{last}\b', value):
                        yield f'{policy}: {name} is not limited to {last}'
                longest = attribute.get('checks', {}).get('max-len')
                if longest is not None and not re.search(rf'\.len = {longest}\b', value):
                    yield f'{policy}: {name} is not limited to {longest} characters'

    def check_module_refusals(self):
        """What else may be wrong than the message, the sender's rights and the kernel's memory."""
        docs = {self.spec.c_name(operation['name']): operation['doc']
                for operation in self.spec.yaml['operations']['list']}
        refusals = self.module.refusals()
        if not any(refusals.values()):
            yield 'no refusal found'
        for command, errors in refusals.items():
            for error in sorted(errors - {'EINVAL', 'ENOMEM'}):
                if f'-{error}' not in docs[command]:
                    yield f'{command}: -{error} is not in its description'

    def check_helper_types(self):
        yield from self.wrong_types(self.helper.policies(), HELPER_TYPES)

    def check_written_types(self):
        for source in (self.module, self.helper):
            written = source.written()
            if not written:
                yield 'no attribute is written'
            for function, name in written:
                if WRITERS.get(function) != self.attributes[name]['type']:
                    yield f'{function}() writes {name}, {self.attributes[name]["type"]}'

    def check_module_answers(self):
        """Whatever the specification lets an answer say, the module says somewhere."""
        written = {name for _, name in self.module.written()}
        for operation in self.spec.yaml['operations']['list']:
            for mode in ('do', 'dump'):
                reply = operation.get(mode, {}).get('reply', {}).get('attributes', [])
                for name in (self.c_attribute('main', attribute) for attribute in reply):
                    if name not in written:
                        yield f'{name} is specified but never written'


if __name__ == '__main__':
    sys.exit(run_checks(Test(sys.argv[1] if len(sys.argv) > 1 else os.path.join(
        os.path.dirname(os.path.realpath(__file__)), '../..'))))

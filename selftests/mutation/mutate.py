#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Would the unit tests notice if one token of the pure code were wrong?

mutate.py [--count N] [--seed N] FILE...: in a copy of this checkout, changes one token of FILE after
the other (N of them, drawn by the seed), and runs the unit tests that FILE is part of. Each change
that no test notices is printed with its line. The last line is the sum; the exit code is 0 if at
least SHARE_WANTED of the changes were noticed.

A change that the compiler refuses is none. One that makes a test run for much longer is noticed.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
SHARE_WANTED = 0.9
TEST_LIMIT_S = 120
# So many tests at most are run until one notices.
TESTS = 12

# What is not code: comments, strings, preprocessor lines.
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|'
                      r'^[ \t]*#(?:\\\n|[^\n])*', re.S | re.M)
TOKEN = re.compile(r"<<=|>>=|<<|>>|->|\+\+|--|&&|\|\||[<>=!+*/%&|^-]=|"
                   r"\b\d+(?:LL|ULL|U|L)?\b|\b\w+\b|[-+*/%<>!&|]")
CHANGES = {
    "<": ["<=", ">"], "<=": ["<"], ">": [">=", "<"], ">=": [">"],
    "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"],
    "+": ["-"], "-": ["+"], "/": ["*"], "+=": ["-="], "-=": ["+="],
    "++": ["--"], "--": ["++"], "<<": [">>"], ">>": ["<<"],
    "true": ["false"], "false": ["true"], "!": [""],
    "chime_add_sat": ["chime_sub_sat"], "chime_sub_sat": ["chime_add_sat"],
    "fmin": ["fmax"], "fmax": ["fmin"], "continue": ["break"],
}


def changes_of(text):
    """All single changes of TEXT, as (offset, before, after)."""
    hidden = [match.span() for match in NOT_CODE.finditer(text)]
    found = []
    for match in TOKEN.finditer(text):
        start, token = match.start(), match.group()
        if any(a <= start < b for a, b in hidden):
            continue
        for after in CHANGES.get(token, []):
            found.append((start, token, after))
        if re.fullmatch(r"\d+(?:LL|ULL|U|L)?", token):
            digits = re.match(r"\d+", token).group()
            found.append((start, token, str(int(digits) + 1) + token[len(digits):]))
    return found


def make(tree, *arguments, limit_s=600):
    """Exit code of make in the copy's unit tests; a run that does not end is a failure."""
    command = ["make", "-s", "-C", os.path.join(tree, "selftests/unit"), f"BUILD={tree}/build",
               "KSELFTEST=" + os.environ["KSELFTEST"], *arguments]
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", "")


def copy_tree(tree):
    """This checkout's files; only those that changed are written, so that little is built anew."""
    names = subprocess.run(["git", "ls-files"], cwd=TOP, stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split("\n")
    for name in filter(None, names):
        source, copy = os.path.join(TOP, name), os.path.join(tree, name)
        if not os.path.isfile(source):
            continue
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        with open(source, "rb") as file:
            wanted = file.read()
        if os.path.exists(copy):
            with open(copy, "rb") as file:
                if file.read() == wanted:
                    continue
        shutil.copyfile(source, copy)
        shutil.copymode(source, copy)


def tests_of(tree, name):
    """The tests that NAME is part of, its own first: mostly that one notices. Some are enough."""
    tests = make(tree, "tests-of", f"FILE={name}").stdout.split()
    own = "test_" + os.path.splitext(os.path.basename(name))[0]
    return sorted(tests, key=lambda test: (os.path.basename(test) != own, test))[:TESTS]


def notices(tree, tests):
    """Does one of the tests fail? None: it does not compile."""
    for test in tests:
        if make(tree, f"{tree}/build/unit/{test}").returncode:
            return None
        if make(tree, "run", f"TESTS={test}", "SCRIPTS=", limit_s=TEST_LIMIT_S).returncode:
            return True
    return False


def try_file(tree, name, count, draw):
    """(noticed, survived) of one file."""
    path = os.path.join(tree, name)
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        text = file.read()
    tests = tests_of(tree, name)
    if not tests:
        sys.exit(f"mutate.py: {name}: no unit test has it; see selftests/unit/Makefile")
    if notices(tree, tests) is not False:
        sys.exit(f"mutate.py: {name}: its tests do not pass as it is")
    changes = changes_of(text)
    draw.shuffle(changes)
    noticed = survived = 0
    for start, before, after in sorted(changes[:count] if count else changes):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text[:start] + after + text[start + len(before):])
        result = notices(tree, tests)
        if result:
            noticed += 1
        elif result is False:
            survived += 1
            row = text.count("\n", 0, start) + 1
            column = start - text.rfind("\n", 0, start)
            print(f"{name}:{row}:{column}: nobody notices {before} -> {after or 'nothing'}: "
                  + text.split("\n")[row - 1].strip(), flush=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"# {name}: {noticed} of {noticed + survived} noticed by {' '.join(tests)}", flush=True)
    return noticed, survived


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=20, help="changes a file; 0: all of them")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6))
    parser.add_argument("--tree", default=os.path.join(TOP, "build/mutation"))
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    print(f"# seed {arguments.seed}")
    copy_tree(arguments.tree)
    noticed = survived = 0
    for name in arguments.files:
        some = try_file(arguments.tree, name, arguments.count,
                        random.Random(f"{arguments.seed} {name}"))
        noticed += some[0]
        survived += some[1]
    mutants = noticed + survived
    share = noticed / mutants if mutants else 0
    print(f"mutation: mutants={mutants} noticed={noticed} survived={survived} share={share:.3f}")
    sys.exit(0 if share >= SHARE_WANTED else 1)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Would the unit tests notice if one token of what decides were wrong?

mutate.py [--count N] [--seed N] FILE...: in a copy of this checkout, changes one token of FILE
after the other (N of them, drawn by the seed), and runs the unit tests that FILE is part of. Each
change that no test notices is printed with its line. The last line is the sum; the exit code is 0 if at
least SHARE_WANTED of the changes that could be noticed were.

A change that makes no difference to what the program does cannot be noticed. The file "equivalent"
names such changes, each with its reason. They are tried all the same: those that survive are
counted as explained and listed. One that a test notices is an error of that file, and so is one
that FILE has no longer. The sum gives the share of all changes, too.

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
EQUIVALENT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "equivalent")
SHARE_WANTED = 0.9
TEST_LIMIT_S = 120
# So many tests at most are run until one notices.
TESTS = 24

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


def read_equivalent():
    """{(file, function, line, changed line): reason}; see the head of that file."""
    found, place, lines, reason = {}, None, [], []

    def finish():
        if place:
            found[(*place, *lines)] = " ".join(reason)

    with open(EQUIVALENT, encoding="utf-8") as file:
        for row in file.read().split("\n"):
            if row.startswith(("-", "+")):
                lines.append(row[1:].strip())
            elif row.startswith(" "):
                reason.append(row.strip())
            elif row and not row.startswith("#"):
                finish()
                place, lines, reason = row.split(), [], []
    finish()
    return found


def function_at(text, start):
    """The function that TEXT has at START; "" outside of any."""
    head = text[:start].rfind("\n{\n")
    if head < 0 or text.find("\n}\n", head) < start:
        return ""
    names = re.findall(r"^(?!\s)[^\n(=]*?(\w+)\(", text[:head], re.M)
    return names[-1] if names else ""


def line_at(text, start):
    """The line that TEXT has at START."""
    return text[text.rfind("\n", 0, start) + 1:].split("\n", 1)[0].strip()


def place_of(name, text, start, changed):
    """What an entry of the file "equivalent" begins with, for a change of NAME at START."""
    return name, function_at(text, start), line_at(text, start), line_at(changed, start)


def refuse_stale(name, text, changes, equivalent):
    """Ends the program if an entry is about a change that the file does not have."""
    places = {place_of(name, text, start, text[:start] + after + text[start + len(before):])
              for start, before, after in changes}
    for place in equivalent:
        if place[0] == name and place not in places:
            sys.exit(f"mutate.py: {name}: equivalent is about what is not there: {place[1]}: "
                     f"{place[2]}")


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


def try_file(tree, name, count, draw, equivalent):
    """How many changes of one file were noticed, explained and neither."""
    path = os.path.join(tree, name)
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        text = file.read()
    tests = tests_of(tree, name)
    if not tests:
        sys.exit(f"mutate.py: {name}: no unit test has it; see selftests/unit/Makefile")
    if notices(tree, tests) is not False:
        sys.exit(f"mutate.py: {name}: its tests do not pass as it is")
    changes = changes_of(text)
    refuse_stale(name, text, changes, equivalent)
    draw.shuffle(changes)
    noticed = explained = survived = 0
    for start, before, after in sorted(changes[:count] if count else changes):
        changed = text[:start] + after + text[start + len(before):]
        with open(path, "w", encoding="utf-8") as file:
            file.write(changed)
        result = notices(tree, tests)
        if result is None:
            continue
        line = line_at(text, start)
        reason = equivalent.get(place_of(name, text, start, changed))
        if result and reason:
            sys.exit(f"mutate.py: not equivalent, a test notices {before} -> {after}: {line}")
        row = text.count("\n", 0, start) + 1
        column = start - text.rfind("\n", 0, start)
        change = f"{before} -> {after or 'nothing'}: {line}"
        if result:
            noticed += 1
        elif reason:
            explained += 1
            print(f"{name}:{row}:{column}: nobody can notice {change}: {reason}", flush=True)
        else:
            survived += 1
            print(f"{name}:{row}:{column}: nobody notices {change}", flush=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"# {name}: {noticed} of {noticed + explained + survived} noticed, {explained} "
          f"explained; tests: {' '.join(tests)}", flush=True)
    return noticed, explained, survived


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=20, help="changes a file; 0: all of them")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6))
    parser.add_argument("--tree", default=os.path.join(TOP, "build/mutation"))
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    print(f"# seed {arguments.seed}")
    copy_tree(arguments.tree)
    equivalent = read_equivalent()
    noticed = explained = survived = 0
    for name in arguments.files:
        some = try_file(arguments.tree, name, arguments.count,
                        random.Random(f"{arguments.seed} {name}"), equivalent)
        noticed += some[0]
        explained += some[1]
        survived += some[2]
    mutants = noticed + explained + survived
    share = noticed / max(noticed + survived, 1)
    print(f"mutation: mutants={mutants} noticed={noticed} survived={survived} "
          f"explained={explained} share={share:.3f} of_all={noticed / max(mutants, 1):.3f}")
    sys.exit(0 if share >= SHARE_WANTED else 1)


main()

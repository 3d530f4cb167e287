#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""hostile_keys.py FILE SEED: that file of keys, spoilt."""
import random
import sys

draw = random.Random(int(sys.argv[2]))
with open(sys.argv[1], "rb") as file:
    text = bytearray(file.read() * draw.randint(1, 50))
for _ in range(draw.randint(1, 20)):
    at = draw.randrange(len(text) + 1)
    kind = draw.randrange(4)
    if kind == 0:
        text[at : at + 1] = bytes([draw.randrange(256)])
    elif kind == 1:
        del text[at : at + draw.randint(1, 30)]
    elif kind == 2:
        text[at:at] = draw.randbytes(draw.randint(1, 200))
    else:
        key = "0" * draw.randint(0, 5000)
        text[at:at] = f"\n{draw.randrange(2**33)} SHA512 HEX:{key}\n".encode()
sys.stdout.buffer.write(text)

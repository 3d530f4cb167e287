#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""hostile_ke.py ADDRESS COUNT SEED TOGETHER: connections to an NTS-KE server, so many at a time, of
which one in nine asks for cookies as it should. The others send records that are malformed, cut,
doubled, out of order or never end, or what is no TLS, or nothing for as long as they are let.
Prints how many records were sent, how many connections had cookies, and how many that were silent
were not closed."""
import concurrent.futures
import os
import random
import socket
import ssl
import struct
import sys

PORT = 4460
END, NEXT_PROTOCOL, ERROR, WARNING, AEAD, COOKIE, SERVER, NTP_PORT = range(8)

# Kinds of connections; the rest send wrong records and read what is answered.
NO_TLS, RIGHT, CUT, DEAF, SILENT, KINDS = 0, 1, 2, 3, 8, 9

# The server closes after 4 s whoever has not come to an end, and others compute here meanwhile.
SILENT_MAX_S = 12


def record(kind, body, critical=True):
    return struct.pack("!HH", kind | (0x8000 if critical else 0), len(body)) + body


def right():
    return [record(NEXT_PROTOCOL, b"\0\0"), record(AEAD, b"\0\x0f"), record(END, b"")]


def wrong(draw):
    """Records, as bytes each, at least one of which is not as it should be."""
    records = right()
    for _ in range(draw.randint(1, 20)):
        kind = draw.choice((draw.randint(0, 7), draw.randint(0, 0x7FFF), 0x4000))
        body = os.urandom(draw.choice((0, 1, 2, 3, 4, draw.randint(0, 64), draw.randint(0, 900))))
        made = record(kind, body, draw.random() < 0.3)
        if draw.random() < 0.3:
            made = made[:2] + struct.pack("!H", draw.randint(0, 65535)) + made[4:]
        records.insert(draw.randint(0, len(records)), made)
    if draw.random() < 0.3:
        draw.shuffle(records)
    if draw.random() < 0.2:
        records = records * draw.randint(2, 200)
    return records


def speak(context, raw, draw, kind):
    """The number of records that were sent, and whether a cookie came."""
    records = right() if kind == RIGHT else wrong(draw)
    data = b"".join(records)
    if kind == CUT:
        data = data[: draw.randint(0, len(data))]
    answer = b""
    with context.wrap_socket(raw) as tls:
        tls.settimeout(0.5)
        try:
            while data:
                size = len(data) if draw.random() < 0.7 else draw.randint(1, len(data))
                tls.sendall(data[:size])
                data = data[size:]
            if kind != DEAF:
                while part := tls.recv(8192):
                    answer += part
        except (OSError, ssl.SSLError):
            pass
    return len(records), kind == RIGHT and struct.pack("!H", COOKIE) in answer


def is_closed(raw):
    raw.settimeout(SILENT_MAX_S)
    try:
        return not raw.recv(1)
    except TimeoutError:
        return False


def attempt(context, address, draw, kind):
    """What it adds to the figures."""
    try:
        with socket.create_connection((address, PORT), timeout=2) as raw:
            if kind == SILENT:
                return {"unclosed": not is_closed(raw)}
            if kind == NO_TLS:
                raw.sendall(os.urandom(draw.randint(0, 4000)))
                return {}
            records, cookie = speak(context, raw, draw, kind)
            return {"records": records, "cookies": cookie}
    except (OSError, ssl.SSLError):
        return {"refused": 1}


def main():
    address, count, seed, together = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["ntske/1"])

    def one(number):
        draw = random.Random(f"{seed} {number}")
        return attempt(context, address, draw, draw.randrange(KINDS) if number else RIGHT)

    figures = {"connections": count, "refused": 0, "records": 0, "cookies": 0, "unclosed": 0}
    with concurrent.futures.ThreadPoolExecutor(together) as pool:
        for added in pool.map(one, range(count)):
            for name, number in added.items():
                figures[name] += number
    print(" ".join(f"{name}={number}" for name, number in figures.items()))


main()

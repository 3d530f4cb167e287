#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""hostile_ke.py ADDRESS COUNT SEED: connections to an NTS-KE server, of which one in eight asks for
cookies as it should. The others send records that are malformed, cut, doubled, out of order or never end,
or what is no TLS. Prints how many records were sent, and how many connections had cookies."""
import os
import random
import socket
import ssl
import struct
import sys

PORT = 4460
END, NEXT_PROTOCOL, ERROR, WARNING, AEAD, COOKIE, SERVER, NTP_PORT = range(8)


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


def attempt(context, address, draw, kind):
    """The number of records that were sent, and whether a cookie came."""
    raw = socket.create_connection((address, PORT), timeout=2)
    if kind == 0:
        raw.sendall(os.urandom(draw.randint(0, 4000)))
        raw.close()
        return 0, False
    records = right() if kind == 1 else wrong(draw)
    data = b"".join(records)
    if kind == 2:
        data = data[: draw.randint(0, len(data))]
    answer = b""
    with context.wrap_socket(raw, server_hostname=address) as tls:
        tls.settimeout(0.5)
        try:
            while data:
                size = len(data) if draw.random() < 0.7 else draw.randint(1, len(data))
                tls.sendall(data[:size])
                data = data[size:]
            if kind != 3:
                while part := tls.recv(8192):
                    answer += part
        except (OSError, ssl.SSLError):
            pass
    return len(records), kind == 1 and struct.pack("!H", COOKIE) in answer


def main():
    address, count = sys.argv[1], int(sys.argv[2])
    draw = random.Random(int(sys.argv[3]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["ntske/1"])
    sent = cookies = refused = 0
    for number in range(count):
        try:
            kind = draw.randint(0, 7) if number else 1
            records, cookie = attempt(context, address, draw, kind)
            sent += records
            cookies += cookie
        except (OSError, ssl.SSLError):
            refused += 1
    print(f"connections={count} refused={refused} records={sent} cookies={cookies}")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""readings.py [-p] OFFSET SOCKET...: a clock that is OFFSET seconds ahead of this machine's.

Its readings go to all these sockets of reference clocks, four a second; with -p as pulses, which
have no date. Those of a socket that nobody has yet are lost.
"""
import argparse
import socket
import struct
import time

# struct sock_sample where a time has 64 bits: seconds, microseconds, offset, pulse, leap, padding
# and the magic number.
READING = struct.Struct("qqdiiii")
MAGIC = 0x534F434B


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-p", action="store_true", dest="pulse")
    parser.add_argument("offset", type=float)
    parser.add_argument("sockets", nargs="+")
    options = parser.parse_args()
    # Of a pulse it is what this machine is ahead.
    offset = -options.offset if options.pulse else options.offset
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    while True:
        now_us = time.time_ns() // 1000
        reading = READING.pack(*divmod(now_us, 1000000), offset, options.pulse, 0, 0, MAGIC)
        for address in options.sockets:
            try:
                sender.sendto(reading, socket.MSG_DONTWAIT, address)
            except OSError:
                pass
        time.sleep(0.25)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""told.py PIPE SOCKET REQUESTS: a stand-in for truechimed at its control socket.

What is written to the named pipe PIPE is told, line by line, to whoever is connected to SOCKET;
what that asks is appended to REQUESTS. Ends when nobody has the pipe open for writing any more.
"""
import select
import socket
import sys


def main():
    path, address, requests = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen()
    peer, peers, waiting = None, 0, b""
    # Opening it waits for the writer.
    with open(path, "rb", buffering=0) as pipe, open(requests, "ab", buffering=0) as asked:
        while True:
            watched = [pipe, listener] + ([peer] if peer else [])
            ready = select.select(watched, [], [])[0]
            if listener in ready:
                peer = listener.accept()[0]
                peers += 1
                print("connected", peers, flush=True)
            if peer and peer in ready:
                request = peer.recv(4096)
                asked.write(request)
                if not request:
                    peer = None
            if pipe in ready:
                line = pipe.read(65536)
                if not line:
                    return
                waiting += line
            if peer and waiting:
                peer.sendall(waiting)
                waiting = b""


main()

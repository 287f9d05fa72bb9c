# SPDX-License-Identifier: BSD-2-Clause
"""NTP servers that are sockets of the test: they answer as their row says."""

import hashlib
import select
import struct
import threading
import time

NTP_UNIX = 2208988800


def address_of(number):
    return f'192.0.2.{number}'


def good(**what):
    return {'leap': 0, 'stratum': 1, 'dispersion': 0.01, 'refid': b'GPS\0', 'ahead': 0.0, **what}


class Farm:
    """NTP servers on one host, each at an address of its own: {last byte: how it answers}.
    `keys`: {number: bytes} of SHA1; a request with one of them is answered with it."""

    def __init__(self, host, servers, keys=None):
        self.servers, self.sockets, self.asked, self.ended = servers, {}, {}, False
        self.keys = keys or {}
        for number in servers:
            host.add_address(address_of(number) + '/24')
            self.sockets[host.socket(bind=(address_of(number), 123))] = number
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.ended:
            for ready in select.select(list(self.sockets), [], [], 0.1)[0]:
                data, whence = ready.recvfrom(1024)
                number = self.sockets[ready]
                self.asked[number, whence[0]] = self.asked.get((number, whence[0]), 0) + 1
                reply = self.answer(self.servers[number], data, whence,
                                    self.asked[number, whence[0]])
                if reply:
                    ready.sendto(reply + self.code(data, reply), whence)

    def code(self, request, reply):
        """The authentication code of the reply."""
        key = self.keys.get(int.from_bytes(request[48:52], 'big')) if len(request) > 48 else None
        if key is None or request[52:] != hashlib.sha1(key + request[:48]).digest():
            return b''
        return request[48:52] + hashlib.sha1(key + reply).digest()

    @staticmethod
    def answer(server, request, whence, asked):
        if server.get('answers', asked) < asked:
            return None
        stamp = int((time.time() + NTP_UNIX + server['ahead']) * 2**32) % 2**64
        refid = server['refid'] or bytes(map(int, whence[0].split('.')))  # it follows who asks
        return struct.pack('!BBbbII4sQ8sQQ', server['leap'] << 6 | 4 << 3 | 4, server['stratum'],
                           request[2], -20, 0, int(server['dispersion'] * 65536), refid, stamp,
                           request[40:48], 0 if server.get('no_stamp') else stamp, stamp)

    def end(self):
        self.ended = True
        self.thread.join()
        for one in self.sockets:
            one.close()

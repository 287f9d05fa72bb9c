# SPDX-License-Identifier: BSD-2-Clause
"""A DNS server of the tests: a table of names, and moods that real name servers have."""

import socket
import struct
import threading

_A, _AAAA = 1, 28


class NameServer:
    """Answers on port 53 of a Host from `table` {name: [address, ...]}; `mood` may be changed at
    any time: 'answer', 'silent', 'servfail'. `asked` lists the names that were asked for."""

    def __init__(self, host, table, mood='answer'):
        self.table, self.mood, self.asked = table, mood, []
        self._socket = host.socket(bind=(host.v4(), 53))
        self._socket.settimeout(0.2)
        self._ended = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def end(self):
        self._ended = True
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while not self._ended:
            try:
                query, to = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            reply = self._reply(query)
            if reply:
                self._socket.sendto(reply, to)

    def _reply(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode('ascii', 'replace'))
            at += 1 + query[at]
        kind, = struct.unpack_from('!H', query, at + 1)
        question = query[12:at + 5]
        name = '.'.join(labels).lower()
        self.asked.append(name)
        if self.mood == 'silent':
            return None
        if self.mood == 'servfail':
            return query[:2] + struct.pack('!HHHHH', 0x8182, 1, 0, 0, 0) + question
        family = {_A: socket.AF_INET, _AAAA: socket.AF_INET6}.get(kind)
        addresses = [a for a in self.table.get(name, ())
                     if family == (socket.AF_INET6 if ':' in a else socket.AF_INET)]
        answers = b''.join(
            struct.pack('!HHHIH', 0xc00c, kind, 1, 60, 4 if kind == _A else 16)
            + socket.inet_pton(family, a) for a in addresses)
        flags = 0x8180 if name in self.table else 0x8183
        return (query[:2] + struct.pack('!HHHHH', flags, 1, len(addresses), 0, 0) + question
                + answers)

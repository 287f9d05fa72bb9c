# SPDX-License-Identifier: BSD-2-Clause
"""An NTP server of the tests that is as wrong as a test wants it: its clock, its stratum, its way,
its answers."""

import contextlib
import struct
import threading
import time

NTP_EPOCH = 2208988800


class PretendServer:
    """Answers on a UDP port of an address of a Host. May be changed while it runs:
    `offset` of its clock (s), `leap`, `stratum`, `refid`, `root_dispersion` and `root_delay` (s),
    `delay` before each answer (s, half before its receive timestamp), `kiss` (four letters),
    `mood`: 'answer', 'silent', 'nak' (crypto-NAKs), 'origin' (a wrong one). `requests` counts what
    came."""

    def __init__(self, host, address, port=123, **properties):
        self.offset, self.leap, self.stratum, self.refid = 0.0, 0, 1, b'TEST'
        self.root_delay, self.root_dispersion, self.delay = 0.0, 0.0001, 0.0
        self.kiss, self.mood, self.requests = None, 'answer', 0
        self.address = address
        vars(self).update(properties)
        self._socket = host.socket(bind=(address, port))
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
            with contextlib.suppress(TimeoutError):
                request, to = self._socket.recvfrom(4096)
                self.requests += 1
                if self.mood != 'silent' and len(request) >= 48:
                    threading.Timer(self.delay, self._answer,
                                    (request, to, time.time() + self.delay / 2)).start()

    def _answer(self, request, to, received):
        with contextlib.suppress(OSError):  # the test may have ended meanwhile
            self._socket.sendto(self._reply(request, received), to)

    def _reply(self, request, received):
        def stamp(t):
            return int((t + self.offset + NTP_EPOCH) * 2**32).to_bytes(8, 'big')

        stratum, refid = (0, self.kiss.encode()) if self.kiss else (self.stratum, self.refid)
        leap = 3 if self.kiss else self.leap
        head = struct.pack('!BBbbII', leap << 6 | (request[0] & 0x38) | 4, stratum, 6, -20,
                           int(self.root_delay * 65536), int(self.root_dispersion * 65536))
        now = received + 1e-6 if self.delay else time.time()
        origin = bytes(8) if self.mood == 'origin' else request[40:48]
        reply = head + refid.ljust(4, b'\0') + stamp(now - 10) + origin + stamp(received) + stamp(now)
        return reply + bytes(4) if self.mood == 'nak' else reply

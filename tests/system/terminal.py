# SPDX-License-Identifier: BSD-2-Clause
"""Programs of a Host under a pseudo-terminal of a given size, and the screen that they draw."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import net

_CONTROL = re.compile(r'\033\[([?0-9;]*)([A-Za-z])')


class Terminal:
    """A program that talks to a terminal. Use as a context."""

    def __init__(self, host, *words, columns=80, rows=24, env=None):
        self.written = b''
        self._master, slave = pty.openpty()
        self.resize(columns, rows)
        environment = {'PATH': os.environ['PATH'], 'TERM': 'xterm', 'LC_ALL': 'C.UTF-8',
                       **(env or {})}
        self.before = termios.tcgetattr(slave)
        self._process = subprocess.Popen(
            host.command(words), stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self._slave = slave

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._slave)
        os.close(self._master)

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def press(self, key):
        os.write(self._master, key.encode())

    def read(self, seconds=0.2):
        limit = time.monotonic() + seconds
        while select.select([self._master], [], [], max(0, limit - time.monotonic()))[0]:
            self.written += os.read(self._master, 65536)
        return self.written.decode('utf-8', 'replace')

    def read_until(self, text, timeout=net.PATIENCE_S):
        """All that was written until it contains the text (or has something for which `text`,
        a function, is true)."""
        wanted = text if callable(text) else lambda written: text in written
        limit = time.monotonic() + timeout
        while not wanted(self.read()):
            assert time.monotonic() < limit, f'{text!r} never came:\n{self.read()}'
        return self.read(0)

    def finish(self, timeout=net.PATIENCE_S):
        """Reads to the end: (exit status, all that was written)."""
        limit = time.monotonic() + timeout
        while self._process.poll() is None:
            self.read(0.1)
            assert time.monotonic() < limit, f'it does not end:\n{self.read()}'
        return self._process.returncode, self.read(0.1)

    def terminate(self):
        os.killpg(self._process.pid, signal.SIGTERM)

    def is_restored(self):
        return termios.tcgetattr(self._slave) == self.before


def plain(written):
    """Without colours; lines end in a newline alone."""
    return _CONTROL.sub('', written).replace('\r\n', '\n')


def is_coloured(written):
    return any(kind == 'm' for _, kind in _CONTROL.findall(written))


def screen(written, columns, rows):
    """The lines that the screen shows after all that: the sequences that toki uses."""
    lines = [[' '] * columns for _ in range(rows)]
    row = column = i = 0
    while i < len(written):
        match = _CONTROL.match(written, i)
        if match:
            numbers, kind = match.groups()
            i = match.end()
            if kind == 'H':
                place = [int(n) - 1 for n in numbers.split(';')] if numbers else [0, 0]
                row, column = place
            elif kind == 'J':
                for line in lines[row + (column > 0):]:
                    line[:] = [' '] * columns
                lines[row][column:] = [' '] * (columns - column)
            elif kind == 'K':
                lines[row][column:] = [' '] * (columns - column)
            else:
                assert kind in 'mhl', numbers + kind
            continue
        letter = written[i]
        i += 1
        if letter == '\n':
            row += 1
            assert row < rows, 'it scrolled'
        elif letter == '\r':
            column = 0
        else:
            assert column < columns, 'a line is longer than the screen'
            lines[row][column] = letter
            column += 1
    return [''.join(line).rstrip() for line in lines]

# SPDX-License-Identifier: BSD-2-Clause
"""shm_feeder UNIT SECONDS OFFSET: gives the machine's own time, plus OFFSET seconds, to NTP daemons by
shared memory, once a second, as gpsd would; and removes the segment at the end."""

import ctypes
import random
import sys
import time

KEY = 0x4e545030
IPC_CREAT, IPC_RMID = 0o1000, 0
SIGMA_NS = 2000


class Segment(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ('mode', 'count')] + [
        ('clock_s', ctypes.c_long), ('clock_us', ctypes.c_int),
        ('receive_s', ctypes.c_long), ('receive_us', ctypes.c_int)] + [
        (name, ctypes.c_int) for name in ('leap', 'precision', 'samples', 'valid')] + [
        ('clock_ns', ctypes.c_uint), ('receive_ns', ctypes.c_uint), ('rest', ctypes.c_int * 8)]


def main(unit, seconds, offset_s):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(KEY + unit, ctypes.sizeof(Segment), IPC_CREAT | 0o600)
    address = libc.shmat(number, None, 0) if number >= 0 else None
    if address in (None, ctypes.c_void_p(-1).value):
        sys.exit(f'no shared memory: errno {ctypes.get_errno()}')
    segment = ctypes.cast(address, ctypes.POINTER(Segment)).contents
    segment.mode = 1
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            received = time.clock_gettime_ns(time.CLOCK_REALTIME)
            truth = received + int(offset_s * 1e9 + random.gauss(0, SIGMA_NS))
            segment.valid = 0
            segment.count += 1
            for name, ns in (('clock', truth), ('receive', received)):
                setattr(segment, name + '_s', ns // 10**9)
                setattr(segment, name + '_us', ns // 1000 % 10**6)
                setattr(segment, name + '_ns', ns % 10**9)
            segment.count += 1
            segment.valid = 1
            time.sleep(1 - time.time() % 1)
    finally:
        libc.shmctl(number, IPC_RMID, None)


if __name__ == '__main__':
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))

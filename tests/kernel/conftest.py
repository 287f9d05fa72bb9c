# SPDX-License-Identifier: BSD-2-Clause
"""The kernel tests use the lab of the system tests; the machine's own clock stays out of reach."""

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(Path(__file__).resolve().parent), str(TESTS / 'system'), str(TESTS)]

import net  # noqa: E402


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit('the kernel tests make a network namespace: run them as root', 3)
    net.drop_clock_right()
    for program in (net.TOKID, net.TOKI):
        if not program.is_file():
            pytest.exit(f'{program} is not built: run make', 3)

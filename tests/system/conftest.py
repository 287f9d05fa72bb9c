# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the system tests, and the promise that none of them can set the machine's clock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

import daemons  # noqa: E402
import debs  # noqa: E402
import net  # noqa: E402


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit('the system tests make network namespaces: run them as root', 3)
    net.drop_clock_right()
    for program in (net.TOKID, net.TOKI):
        if not program.is_file():
            pytest.exit(f'{program} is not built: run make', 3)


@pytest.fixture
def lab():
    with net.Lab() as made:
        yield made


@pytest.fixture(scope='module')
def world():
    """A Lab that the tests of one file share, in their order."""
    with net.Lab() as made:
        yield made


@pytest.fixture(scope='session')
def rivals():
    """Debian's other daemons, unpacked."""
    return debs.rivals()


@pytest.fixture(scope='session')
def prometheus():
    """Folder of Debian's prometheus and promtool, unpacked."""
    return debs.prometheus()


@pytest.fixture(scope='session')
def pretend_clock(tmp_path_factory):
    """The library that OpenNTPD is given; see pretend_clock.c."""
    library = tmp_path_factory.mktemp('preload') / 'pretend_clock.so'
    subprocess.run(['cc', '-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', library,
                    Path(__file__).with_name('pretend_clock.c'), '-ldl'], check=True)
    return library


@pytest.fixture
def reference(lab, rivals):
    """A host that serves the true time."""
    return daemons.reference(lab, rivals)


@pytest.fixture
def host(lab):
    """A host for the tokid of the test."""
    return lab.host('host')


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for fixture in ('lab', 'world'):
            if fixture in getattr(item, 'funcargs', {}):
                report.sections.append(('what the daemons said', item.funcargs[fixture].logs()))

# SPDX-License-Identifier: BSD-2-Clause
"""`make run` without a terminal: what a newcomer sees first, on a machine without a network."""

import re

import pytest

import net


@pytest.fixture
def host(lab):
    """A host with its own copy of the programs, for the user cannot see into root's folders."""
    made = lab.host('newcomer')
    for program in (net.TOKI, net.TOKID):
        made.run('install', '-D', '-m', '755', program, f'/run/toki-copy/{program.name}')
    made.run('mount', '-t', 'tmpfs', 'tmpfs', '/tmp', '-o', 'mode=1777')
    return made


def test_demonstration_as_an_ordinary_user_without_a_network(host):
    """No root, no network but loopback, no capability: the liar rejected, the clock found."""
    host.link('down')
    done = host.run('setpriv', '--reuid', '64104', '--regid', '64104', '--clear-groups',
                    '--bounding-set', '-all', '/run/toki-copy/toki', 'demo')
    assert re.search(r'^x 127\.0\.0\.15 ', done.stdout, re.M)
    assert re.search(r'The liar is 127\.0\.0\.15 .*: rejected', done.stdout)
    errors = re.findall(r'clock error +([+-][0-9.]+) (ns|us|ms|s)\b', done.stdout)
    unit = {'ns': 1e-9, 'us': 1e-6, 'ms': 1e-3, 's': 1}
    assert abs(float(errors[0][0]) * unit[errors[0][1]]) > 0.5
    assert abs(float(errors[-1][0]) * unit[errors[-1][1]]) < 1e-3
    assert 'sudo tokid -f /etc/ntp.conf' in done.stdout.splitlines()[-2]


def test_nothing_of_it_stays(host):
    done = host.run('/run/toki-copy/toki', 'demo', '--seconds', '6', check=False)
    assert 'clock error' in done.stdout
    assert host.run('ls', '-A', '/tmp').stdout == ''
    assert 'tokid' not in host.run('sh', '-c', 'cat /proc/[0-9]*/comm').stdout

# SPDX-License-Identifier: BSD-2-Clause
"""Starting and asking tokid and its rivals inside a Host of net.py."""

import json
import os
import re

import net

VIRTUAL = ('--virtual-clock', 'offset=0.7,rate=40e-6')  # starts 0.7 s and 40 ppm fast


# tokid

def tokid(host, config, *options, path='/etc/ntp.conf', clock=VIRTUAL, wait=True, workers=1):
    """Starts tokid on a configuration text; `clock`: VIRTUAL or ('-x',). Returns when it answers on
    its control socket, unless `wait` is False."""
    host.write(path, config)
    host.run('mkdir', '-p', '/var/lib/ntp', '/var/lib/chrony')
    daemon = host.start(net.TOKID, '-d', '-f', path, *clock, *options,
                        env={'TOKI_WORKERS': str(workers)})
    if wait:
        def up():
            assert daemon.running(), 'tokid ended:\n' + daemon.output()
            return host.run(net.TOKI, 'status', '--json', check=False).stdout.startswith('{')
        net.wait_for('tokid answers', up)
    return daemon


def ntp_conf(reference, more=''):
    """An ordinary ntp.conf with one server."""
    return f'server {reference.v4()} iburst\ndriftfile /var/lib/ntp/ntp.drift\n{more}'


def status(host, *options):
    """The report of the daemon; without probes of toki's own unless options say so."""
    options = options or ('--no-probe',)
    return json.loads(host.run(net.TOKI, 'status', '--json', *options, check=False).stdout)


def config(host):
    """The configuration in force, item by item."""
    return json.loads(host.run(net.TOKI, 'config', 'show', '--daemon', '--json').stdout)


def true_error(host):
    """Clock minus truth of a virtual clock, s."""
    return status(host)['clock']['true_error_s']


def source(host, name):
    """The report of one source, by name or address."""
    for one in status(host)['sources']:
        if name in (one['name'], one['address']):
            return one
    return None


def wait_synchronised(host, timeout=net.PATIENCE_S):
    return net.wait_for(f'{host.name} is synchronised',
                        lambda: status(host)['clock']['synchronised'] and status(host), timeout)


def roles(host):
    """{'sync': pid, ...} of the tokid of a Host, as pids of the Host."""
    listing = host.run('sh', '-c', 'for p in /proc/[0-9]*; do echo "${p#/proc/}" '
                       '"$(tr "\\0" " " <$p/cmdline)" "$(cat $p/comm)"; done 2>/dev/null').stdout
    found = {}
    for line in listing.splitlines():
        match = re.match(r'(\d+) .*tokid: (sync|lookup|serve)', line)
        if match:
            found[match.group(2)] = int(match.group(1))
    return found


# rivals

def start_chronyd(host, rivals, config, *options):
    """chronyd that leaves the clock alone; chronyc reaches it on 127.0.0.1."""
    host.write('/etc/chrony-test.conf',
               config + '\npidfile /run/chronyd.pid\nbindcmdaddress /\nuser root\n')
    return host.start(rivals['chrony'] / 'usr/sbin/chronyd', '-d', '-x', '-f',
                      '/etc/chrony-test.conf', *options)


def reference(lab, rivals, name='reference'):
    """A host whose chronyd serves the machine's own clock: the truth of these tests."""
    host = lab.host(name)
    start_chronyd(host, rivals, 'local stratum 1\nallow\ncmdport 0')
    wait_serving(host)
    return host


def chronyc(host, rivals, *words):
    return host.run(rivals['chrony'] / 'usr/bin/chronyc', '-n', '-h', '127.0.0.1', *words,
                    check=False).stdout


def _ntpsec_environment(rivals):
    root = rivals['ntpsec']
    return {**os.environ, 'PYTHONPATH': str(root / 'usr/lib/python3/dist-packages'),
            'LD_LIBRARY_PATH': str(next(root.glob('usr/lib/*/ntp'))),
            'PATH': f'{root}/usr/bin:{root}/usr/sbin:{os.environ["PATH"]}'}


def start_ntpsec(host, rivals, config):
    host.write('/etc/ntpsec-test.conf', config + '\ndriftfile /run/ntpsec.drift\n'
               'restrict default kod nomodify limited\nrestrict 127.0.0.1\nrestrict ::1\n')
    return host.start(rivals['ntpsec'] / 'usr/sbin/ntpd', '-n', '-c', '/etc/ntpsec-test.conf',
                      name='ntpsec', env=_ntpsec_environment(rivals))


def ntpq(host, rivals, *words):
    return host.run('ntpq', *words, check=False, env=_ntpsec_environment(rivals)).stdout


def ntpdate(host, rivals, *words):
    return host.run('ntpdate', *words, check=False, env=_ntpsec_environment(rivals))


def start_openntpd(host, rivals, pretend_clock, config):
    host.write('/etc/openntpd-test.conf', config)
    host.run('mkdir', '-p', '/var/lib/openntpd/run', '/var/lib/openntpd/db')
    return host.start(rivals['openntpd'] / 'usr/sbin/ntpd', '-d', '-v', '-f',
                      '/etc/openntpd-test.conf', name='openntpd',
                      env={'LD_PRELOAD': str(pretend_clock)})


def ntpctl(host, rivals):
    return host.run(rivals['openntpd'] / 'usr/sbin/ntpctl', '-s', 'all', check=False).stdout


def wait_serving(host, timeout=net.PATIENCE_S):
    """Waits until the host answers a request from itself as a synchronised server."""
    def serving():
        reply = net.ask(host, host.v4(), timeout=1)
        return reply and reply[0] >> 6 != 3 and 0 < reply[1] < 16
    # at most once a second: some limit the rate
    net.wait_for(f'{host.name} serves time', serving, timeout, 1.0)

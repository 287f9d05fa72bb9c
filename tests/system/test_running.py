# SPDX-License-Identifier: BSD-2-Clause
"""What a running tokid lives through: reloads, a pulled cable, a service manager."""

import re
import signal
import socket

import daemons
import net
from daemons import ntp_conf


def test_reload_keeps_the_samples(lab, rivals):
    first, second = daemons.reference(lab, rivals), daemons.reference(lab, rivals, 'second')
    host = lab.host('host')
    daemon = daemons.tokid(host, ntp_conf(first))
    daemons.wait_synchronised(host)
    before = daemons.source(host, first.v4())
    host.write('/etc/ntp.conf', ntp_conf(first, f'server {second.v4()} iburst\n'))
    daemon.signal(signal.SIGHUP)
    net.wait_for('the second source is used', lambda: (
        s := daemons.source(host, second.v4())) and s['tally'] in '*+-')
    after = daemons.source(host, first.v4())
    assert after['samples'] >= before['samples'] and after['sent'] >= before['sent']
    assert daemons.status(host)['clock']['steps'] == 1
    host.write('/etc/ntp.conf', ntp_conf(second))
    daemon.signal(signal.SIGHUP)
    net.wait_for('the first source is gone', lambda: not daemons.source(host, first.v4()))
    assert daemons.status(host)['clock']['synchronised']


def test_reload_of_a_broken_file_changes_nothing(host, reference):
    daemon = daemons.tokid(host, ntp_conf(reference))
    daemons.wait_synchronised(host)
    host.write('/etc/ntp.conf', ntp_conf(reference) + 'sever 192.0.2.99\n')
    daemon.signal(signal.SIGHUP)
    net.wait_for('the refusal', lambda: 'reload-refused' in daemon.output())
    assert re.search(r"ntp\.conf:3:1: error: unknown .*'sever'", daemon.output())
    assert len(daemons.status(host)['sources']) == 1
    assert daemons.status(host)['clock']['synchronised']


def test_a_cable_pulled_and_plugged_in(lab, rivals):
    """Holdover says so; back again, it is synchronised without another step."""
    reference, host = daemons.reference(lab, rivals), lab.host('host')
    daemons.tokid(host, f'server {reference.v4()} iburst minpoll 1 maxpoll 1\n')
    daemons.wait_synchronised(host)
    host.link('down')
    net.wait_for('holdover', lambda: daemons.status(host)['clock']['code'] == 'holdover')
    host.link('up')
    net.wait_for('the source answers again', lambda: daemons.source(
        host, reference.v4())['tally'] == '*')
    assert daemons.status(host)['clock']['steps'] == 1


def test_the_service_manager_is_told(host, reference):
    """sd_notify: READY=1 when it is up, STOPPING=1 at the end."""
    path = '/run/notify'
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(host.path(path)))
    listener.settimeout(net.PATIENCE_S)
    host.write('/etc/ntp.conf', ntp_conf(reference))
    daemon = host.start(net.TOKID, '-d', '-f', '/etc/ntp.conf', *daemons.VIRTUAL,
                        env={'NOTIFY_SOCKET': path})
    assert b'READY=1' in listener.recv(1024)
    daemon.stop()
    said = b''
    while b'STOPPING=1' not in said:
        said = listener.recv(1024)
    listener.close()

# SPDX-License-Identifier: BSD-2-Clause
"""Debian's chronyc against tokid: who may ask, each report against toki's own, each change."""

import struct

import daemons
import net

SOCKET = '/run/chrony/chronyd.sock'


def chrony(host, config, *options, **more):
    return daemons.tokid(host, config, *options, path='/etc/chrony.conf', **more)


def chronyc(host, rivals, *words, to=SOCKET):
    """What chronyc says, as lines of comma-separated values where it has values."""
    return host.run(rivals['chrony'] / 'usr/bin/chronyc', '-n', '-c', '-h', to, *words,
                    check=False).stdout.strip()


def request(command, length, body=b'', version=6, kind=1):
    head = struct.pack('!BBHHHIII', version, kind, 0, command, 0, 0x1234abcd, 0, 0)
    return (head + body).ljust(length, b'\0')


TRACKING = request(33, 104)


def answer(host, to, packet=TRACKING, port=323, source=None, timeout=1.0):
    return net.ask(host, to, packet, port=port, timeout=timeout, source=source)


def test_who_may_ask_over_the_network(lab):
    host, friend, stranger = lab.host('host'), lab.host('friend'), lab.host('stranger')
    conf = f'local stratum 5\nport 0\nbindcmdaddress {host.v4()}\ncmdport 11323\n' \
           f'cmdallow {friend.v4()}\n'
    chrony(host, conf)
    assert not answer(host, '127.0.0.1') and not answer(host, host.v4())
    reply = answer(friend, host.v4(), port=11323)
    assert len(reply) == 104 and reply[7] == 5 and reply[8:10] == b'\0\0'
    assert not answer(stranger, host.v4(), port=11323, timeout=0.3)
    # IPv6 is still on loopback, and the port is another one everywhere
    assert answer(host, '::1', port=11323) and not answer(friend, host.v6(), port=11323,
                                                          timeout=0.3)
    selected = answer(friend, host.v4(), request(69, 76), port=11323)
    assert len(selected) == 28 and selected[9] == 2
    # reloads: rules, reports, address
    host.write('/etc/chrony.conf', conf + f'opencommands selectdata activity\ncmddeny {friend.v4()}\n'
               f'cmdallow {stranger.v4()}\nbindcmddevice eth0\n')
    assert host.run(net.TOKI, 'reload')
    assert answer(stranger, host.v4(), port=11323)[9] == 2
    assert answer(stranger, host.v4(), request(44, 48), port=11323)[7] == 12
    assert not answer(friend, host.v4(), port=11323, timeout=0.3)
    assert not answer(host, host.v4(), port=11323, timeout=0.3)  # it comes by lo
    host.write('/etc/chrony.conf', conf.replace('11323', '0'))
    assert host.run(net.TOKI, 'reload')
    assert not answer(friend, host.v4(), port=11323, timeout=0.3)


def test_commands_of_others_are_limited(lab):
    host, client = lab.host('host'), lab.host('client')
    chrony(host, f'port 0\nbindcmdaddress {host.v4()}\ncmdallow {client.v4()}\n'
           'cmdratelimit interval 12 burst 2 leak 4\n')
    answers = sum(answer(client, host.v4(), timeout=0.2) is not None for _ in range(20))
    assert 2 <= answers < 16
    assert all(answer(host, '::1') for _ in range(20))

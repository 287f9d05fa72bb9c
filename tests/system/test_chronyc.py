# SPDX-License-Identifier: BSD-2-Clause
"""Debian's chronyc against tokid: who may ask, each report against toki's own, each change."""

import contextlib
import socket
import struct
import time
import types

import pytest

import daemons
import net

SOCKET = '/run/chrony/chronyd.sock'


def chrony(host, config, *options, **more):
    return daemons.tokid(host, config, *options, path='/etc/chrony.conf', **more)


def chronyc(host, rivals, *words, to=SOCKET):
    """What chronyc says, as lines of comma-separated values where it has values."""
    return host.run(rivals['chrony'] / 'usr/bin/chronyc', '-n', '-c', '-h', to, *words,
                    check=False).stdout.strip()


def request(command, length, body=b'', sequence=0x1234abcd):
    head = struct.pack('!BBHHHIII', 6, 1, 0, command, 0, sequence, 0, 0)
    return (head + body).ljust(length, b'\0')


TRACKING = request(33, 104)


def answer(host, to, packet=TRACKING, port=323, source=None, timeout=net.PATIENCE_S):
    return net.ask(host, to, packet, port=port, timeout=timeout, source=source)


OFFSET = 0.05  # that a source is made to lie by: it says that our clock is so much slow
KEYS = '7 SHA1 HEX:000102030405060708090a0b0c0d0e0f10111213\n'


@pytest.fixture(scope='module')
def asked(world, rivals):
    """A tokid with sources of all kinds that has been running for a moment."""
    good, keyed = daemons.reference(world, rivals), world.host('keyed')
    keyed.write('/etc/chrony.keys', KEYS)
    daemons.start_chronyd(keyed, rivals, 'local stratum 1\nallow\ncmdport 0\n'
                          'keyfile /etc/chrony.keys')
    daemons.wait_serving(keyed)
    host = world.host('host')
    host.write('/etc/chrony.keys', KEYS)
    host.names({'pool.example': ['192.0.2.91', '192.0.2.92']})
    chrony(host, f'server {good.v4()} iburst minpoll 0 maxpoll 1 xleave prefer\n'
           f'server {good.v6()} iburst minpoll 0 maxpoll 1 noselect offset {OFFSET}\n'
           f'server {keyed.v4()} iburst minpoll 0 maxpoll 1 key 7\n'
           'server 192.0.2.250 minpoll 4\npool none.example\nauthselectmode ignore\n'
           'allow 192.0.2.0/24\nmakestep 0.1 3\nkeyfile /etc/chrony.keys\n')
    daemons.wait_synchronised(host)
    names = good.v4(), good.v6(), keyed.v4()
    net.wait_for('each source has answered eight times', lambda: all(
        daemons.source(host, name)['reach'] == 255 and daemons.source(host, name)['samples'] > 8
        for name in names))
    assert net.ask(good, host.v4())  # a client of ours
    return types.SimpleNamespace(
        host=host, good=good, keyed=keyed,
        ask=lambda *words, to=SOCKET: chronyc(host, rivals, *words, to=to),
        rows=lambda *words, to=SOCKET: [
            line.split(',') for line in chronyc(host, rivals, *words, to=to).splitlines()])


def near(value, expected, slack):
    assert abs(float(value) - expected) <= slack, (value, expected)


@pytest.mark.parametrize('to', [SOCKET, '127.0.0.1', '::1'])
def test_tracking(asked, to):
    row, = asked.rows('tracking', to=to)
    clock = daemons.status(asked.host)['clock']
    good = asked.good.v4()
    assert row[0] == ''.join(f'{int(n):02X}' for n in good.split('.')) and row[1] == good
    assert int(row[2]) == clock['stratum'] == 2 and row[13] == 'Normal'
    near(row[3], clock['reference_time'], 10)
    near(row[4], clock['offset_s'], 1e-3)
    near(row[7], -clock['frequency_ppm'], 1)
    near(row[7], 40, 10)  # the virtual clock runs fast by 40 ppm
    near(row[9], 3.5 * clock['frequency_sd_ppm'], 3)
    near(row[10], clock['root_delay_s'], 1e-3)
    near(row[11], clock['root_dispersion_s'], 1e-2)
    assert 0 < float(row[12]) < 60


def test_sources(asked):
    rows = {row[2]: row for row in asked.rows('sources')}
    good, lying = rows[asked.good.v4()], rows[asked.good.v6()]
    silent, keyed = rows['192.0.2.250'], rows[asked.keyed.v4()]
    assert len(rows) == 4 and len(asked.rows('sources', '-a')) == 5
    assert good[:2] == ['^', '*'] and lying[:2] == ['^', '?'] and silent[:2] == ['^', '?']
    assert keyed[1] in '+-'
    for row in good, lying, keyed:
        said = daemons.source(asked.host, row[2])
        assert int(row[3]) == said['stratum'] == 1 and int(row[4]) == said['poll']
        assert int(row[5], 8) == 0o377 and int(row[6]) <= 5
    # the source says that our clock is slow, and chronyc's sign is that of our clock
    assert daemons.source(asked.host, asked.good.v6())['offset_s'] > 0.9 * OFFSET
    near(lying[7], -OFFSET, 5e-3)
    near(lying[8], -OFFSET, 5e-3)
    near(good[7], 0, 5e-3)
    assert 0 < float(good[9]) < 0.1
    assert silent[6] == '4294967295' and silent[5] == '0'


def test_sourcestats(asked):
    rows = {row[0]: row for row in asked.rows('sourcestats')}
    assert len(rows) == 4
    for name in asked.good.v4(), asked.keyed.v4(), asked.good.v6():
        row, said = rows[name], daemons.source(asked.host, name)
        near(row[1], said['samples'], 4)
        assert 1 <= int(row[2]) <= int(row[1]) and 1 <= int(row[3]) < 600
        near(row[4], 0, 50)  # what is left of the frequency
        assert 0 < float(row[5]) < 1000
        near(row[6], -said['offset_s'], 5e-3)
        near(row[7], said['jitter_s'], 1e-3)
    near(rows[asked.good.v6()][6], -OFFSET, 5e-3)
    assert rows['192.0.2.250'][1:] == ['0', '0', '0', '0.000', '2000.000', '0.000000000',
                                       '4.000000000']


def test_activity(asked):
    row, = asked.rows('activity')
    assert sum(map(int, row)) == 5 and int(row[4]) == 1 and int(row[1]) == 0


def test_ntpdata(asked):
    rows = {row[0]: row for row in asked.rows('ntpdata')}
    for name in asked.good.v6(), asked.good.v4(), asked.keyed.v4():
        row, said = rows[name], daemons.source(asked.host, name)
        assert row[2] == '123' and row[5:9] == ['Normal', '4', 'Server', '1']
        assert row[3] == (asked.host.v6() if ':' in name else asked.host.v4())
        # here the sign is that of the others
        near(row[18], OFFSET if ':' in name else 0, 5e-3)
        near(row[19], said['delay_s'], 5e-3)
        assert 0 < float(row[20]) < 1e-3 and 0 <= float(row[21]) < 4
        assert row[23:26] == ['111', '111', '1111']
        assert row[26] == ('Yes' if name == asked.good.v4() else 'No')
        assert row[27] == ('Yes' if name == asked.keyed.v4() else 'No')
        assert row[28:30] == ['Kernel', 'Kernel']
        near(row[30], said['sent'], 4)
        assert 8 < int(row[33]) <= int(row[32]) <= int(row[31]) <= int(row[30])
    one, = asked.rows('ntpdata', asked.good.v4())
    assert one[0] == asked.good.v4()
    assert asked.ask('ntpdata', '203.0.113.1') == '503 No such source'


def test_selectdata(asked):
    rows = {row[1]: row for row in asked.rows('selectdata')}
    assert [rows[name][0] for name in (asked.good.v4(), asked.good.v6(), '192.0.2.250')] == [
        '*', 'N', 'M']
    assert rows[asked.keyed.v4()][0] in '+PD'
    assert rows[asked.keyed.v4()][2] == 'Y' and rows[asked.good.v4()][2] == 'N'
    good, lying = rows[asked.good.v4()], rows[asked.good.v6()]
    assert good[3:8] == ['-', 'P', '-', '-', '-'] and lying[3] == 'N'

    def holds():
        rows = {row[1]: row for row in asked.rows('selectdata')}
        good, lying = rows[asked.good.v4()], rows[asked.good.v6()]
        return (float(lying[15]) < -OFFSET < float(lying[16]) < 0 and
                float(good[15]) < 0 < float(good[16]))

    # the ends of the interval are on our side of the sign, too; they are some microseconds apart,
    # and one sample of a busy machine may be off by more
    net.wait_for('the intervals hold the truth', holds)


def test_authdata(asked):
    rows = {row[0]: row for row in asked.rows('authdata')}
    assert rows[asked.keyed.v4()][1:5] == ['SK', '7', '2', '160']
    assert rows[asked.good.v4()][1:5] == ['-', '0', '0', '0']


def test_serverstats_and_clients(asked):
    row, = asked.rows('serverstats')
    assert int(row[0]) >= 1 and int(row[1]) == 0 and int(row[2]) > 5 and len(row) == 11
    clients = {row[0]: row for row in asked.rows('clients')}
    assert int(clients[asked.good.v4()][1]) >= 1
    assert asked.ask('clients', '-p', '1000') == ''


def test_sourcename(asked):
    assert asked.ask('sourcename', asked.good.v6()) == asked.good.v6()
    assert asked.ask('-N', 'sources', '-a').count('none.example') == 1


@pytest.mark.parametrize('words, said', [
    ('rtcdata', '513 RTC driver not running'), ('smoothing', '505 Facility not enabled in daemon'),
    ('manual list', ''), ('manual on', '505 Facility not enabled in daemon'),
    ('manual off', '200 OK'), ('manual reset', '200 OK'),
    ('manual delete 0', '516 Sample index out of range'),
    ('settime 12:00', '505 Facility not enabled in daemon'),
    ('smoothtime reset', '505 Facility not enabled in daemon'),
    ('trimrtc', '513 RTC driver not running'), ('writertc', '513 RTC driver not running'),
    ('dfreq 1', '500 Failure'), ('doffset 0.1', '500 Failure'),
    ('accheck 192.0.2.9', '208 Access allowed'), ('accheck 203.0.113.9', '209 Access denied'),
    ('cmdaccheck 127.0.0.1', '208 Access allowed'), ('cmdaccheck 192.0.2.9', '209 Access denied'),
    ('waitsync 20 0.1 0 1', None)])
def test_what_is_answered_in_a_word(asked, words, said):
    answered = asked.ask(*words.split())
    assert answered.splitlines()[-1:] == ([said] if said else []) if said is not None else True
    if words.startswith('waitsync'):
        assert int(answered.split(',')[0]) <= 20


def test_changes_are_for_the_socket_alone(asked):
    for words in ('makestep', 'offline', 'shutdown', 'serverstats', 'ntpdata', 'add server 192.0.2.7',
                  'accheck 192.0.2.9', 'allow'):
        for to in '127.0.0.1', '::1':
            assert '501 Not authorised' in asked.ask(*words.split(), to=to), words
    assert daemons.status(asked.host)['clock']['synchronised']


# What is done, and how toki shows that it was. {good}, {keyed}: addresses.
CHANGES = [
    ('burst 2/3 {keyed}', lambda a: a.source(a.keyed.v4())['reach'] > 0),
    ('offline {good}', lambda a: a.source(a.good.v4())['status'] == 'offline'),
    ('offline 192.0.2.0/255.255.255.0', lambda a: a.source(a.keyed.v4())['status'] == 'offline'
     and a.source(a.good.v6())['status'] != 'offline'),
    ('online', lambda a: a.source(a.good.v4())['status'] != 'offline'),
    ('onoffline', lambda a: a.source(a.keyed.v4())['status'] != 'offline'),
    ('add server 192.0.2.77 iburst minpoll 1 maxpoll 3 key 7', lambda a: a.source('192.0.2.77')),
    ('delete 192.0.2.77', lambda a: not a.source('192.0.2.77')),
    ('add pool pool.example maxsources 2 offline', lambda a: a.source('pool.example')),
    ('add peer 192.0.2.78', lambda a: a.source('192.0.2.78')['kind'] == 'peer'),
    ('minpoll {good} 1', lambda a: 'minpoll 1' in a.setting('server ' + a.good.v4())),
    ('maxpoll {good} 2', lambda a: 'maxpoll 2' in a.setting('server ' + a.good.v4())),
    ('maxdelay {good} 0.5', lambda a: 'maxdelay 0.5' in a.setting('server ' + a.good.v4())),
    ('maxdelayratio {good} 9', lambda a: 'maxdelayratio 9' in a.setting('server ' + a.good.v4())),
    ('maxdelaydevratio {good} 99', lambda a: 'maxdelaydevratio 99' in a.setting('server ' + a.good.v4())),
    ('minstratum {good} 1', lambda a: 'minstratum 1' in a.setting('server ' + a.good.v4())),
    ('polltarget {good} 12', lambda a: 'polltarget 12' in a.setting('server ' + a.good.v4())),
    ('maxupdateskew 55', lambda a: '55 ppm' in a.setting('maximum skew of updates')),
    ('reselectdist 0.007', lambda a: '0.007' in a.setting('reselection distance')),
    ('makestep 0.7 3', lambda a: '0.7' in a.setting('step threshold')),
    ('local stratum 9 distance 0.5', lambda a: a.setting('local stratum') == '9'),
    ('local off', lambda a: a.setting('local reference') == 'no'),
    ('allow 198.51.100.0/24', lambda a: a.says('accheck', '198.51.100.9', '208 Access allowed')),
    ('deny 198.51.100.9', lambda a: a.says('accheck', '198.51.100.9', '209 Access denied')),
    ('allow all 198.51', lambda a: a.says('accheck', '198.51.100.9', '208 Access allowed')),
    ('deny all', lambda a: a.says('accheck', '198.51.100.9', '209 Access denied')),
    ('cmdallow 198.51.100.0/24',
     lambda a: a.says('cmdaccheck', '198.51.100.9', '208 Access allowed')),
    ('cmddeny all', lambda a: a.says('cmdaccheck', '198.51.100.9', '209 Access denied')),
    ('dump', lambda a: True),
    ('cyclelogs', lambda a: True),
    ('refresh', lambda a: True),
    ('reselect', lambda a: a.source(a.good.v6())['status'] == 'noselect'),
    ('makestep', lambda a: daemons.status(a.host)['clock']['steps'] > 1),
    ('reset sources', lambda a: True),
]


@pytest.mark.parametrize('words, shows', CHANGES, ids=[words for words, _ in CHANGES])
def test_changes(asked, words, shows):
    """In their order: each works on what the ones before have left."""
    asked.source = lambda name: daemons.source(asked.host, name)
    asked.says = lambda *more: asked.ask(*more[:-1]) == more[-1]
    asked.setting = lambda name: next(
        item['value'] for item in daemons.config(asked.host)['items'] if item['name'] == name)
    words = words.format(good=asked.good.v4(), keyed=asked.keyed.v4())
    if words == 'makestep':
        daemons.wait_synchronised(asked.host)
    assert asked.ask(*words.split()) == '200 OK'
    net.wait_for(f'{words} shows', lambda: shows(asked))


def test_files_are_read_again(lab, rivals):
    host = lab.host('host')
    conf = 'sourcedir /etc/sources.d\nkeyfile /etc/chrony.keys\nport 0\nmakestep 1 3\n'
    host.write('/etc/sources.d/a.sources', 'server 192.0.2.201 iburst\n')
    host.write('/etc/chrony.keys', KEYS)
    daemon = chrony(host, conf + 'server 192.0.2.202 key 7\n')
    host.write('/etc/sources.d/a.sources', 'server 192.0.2.203 iburst\n')
    host.write('/etc/chrony.keys', KEYS + '8 MD5 secret\n')
    host.write('/etc/chrony.conf', conf)  # not what was asked for: it waits for a reload
    assert chronyc(host, rivals, 'reload', 'sources') == '200 OK'
    assert chronyc(host, rivals, 'rekey') == '200 OK'
    assert {s['name'] for s in daemons.status(host)['sources']} == {'192.0.2.202', '192.0.2.203'}
    assert '+ key 8' in daemon.output()
    host.write('/etc/chrony.conf', conf + 'sever x\n')
    assert chronyc(host, rivals, 'reload', 'sources') == '500 Failure'
    assert len(daemons.status(host)['sources']) == 2
    assert chronyc(host, rivals, 'shutdown') == '200 OK'
    assert daemon.wait() == 0
    assert not host.path(SOCKET).exists()


def test_the_socket(lab, rivals):
    """Its rights, its owner, who stands in its way; monitors of the group chrony."""
    host = lab.host('host')
    with open(host.path('/etc/group'), 'a', encoding='ascii') as groups:
        groups.write('chrony:x:64555:\n')
    # somebody who is not root and may use the socket because of his group
    daemon = chrony(host, 'port 0\nlocal\n')
    said = host.run('stat', '-c', '%U %G %a', '/run/chrony', SOCKET).stdout.split('\n')
    assert said[:2] == ['toki chrony 770', 'toki chrony 660']
    program = rivals['chrony'] / 'usr/bin/chronyc'
    host.run('cp', program, '/run/chronyc')
    host.run('chmod', '755', '/run/chronyc')
    monitor = ['setpriv', '--reuid', '64999', '--clear-groups', '/run/chronyc', '-h', SOCKET]
    assert host.run(*monitor, 'tracking', check=False).returncode == 1
    monitor[3] = '--groups=64555'
    assert 'Reference ID' in host.run(*monitor, 'tracking').stdout
    # a second daemon leaves the first one's socket alone, and lives without
    second = chrony(host, 'port 0\n', '--control', '/run/second.sock', '--pidfile', '/', wait=False)
    net.wait_for('it says so', lambda: 'no-command-socket path=/run/chrony/chronyd.sock'
                 in second.output() and 'started' in second.output())
    assert 'no-command-port address=127.0.0.1:323' in second.output()
    second.stop()
    assert 'Reference ID' in host.run(*monitor, 'tracking').stdout
    # another path by a reload
    host.write('/etc/chrony.conf', 'port 0\nlocal\nbindcmdaddress /run/chrony/other.sock\n')
    host.run(net.TOKI, 'reload')
    assert chronyc(host, rivals, 'tracking', to='/run/chrony/other.sock')
    assert not host.path(SOCKET).exists()
    # a low port at another address needs a right that sync has no more
    host.write('/etc/chrony.conf', f'port 0\nlocal\nbindcmdaddress {host.v4()}\n')
    host.run(net.TOKI, 'reload')
    net.wait_for('it says so', lambda: 'command-port-waits' in daemon.output())
    assert answer(host, '127.0.0.1') and not answer(host, host.v4(), timeout=net.QUIET_S)
    daemon.stop()
    # what is left of one that was killed is replaced
    third = chrony(host, 'port 0\nlocal\n')
    host.kill(daemons.roles(host)['sync'], 'KILL')
    third.wait()
    assert host.path(SOCKET).exists()
    chrony(host, 'port 0\nlocal\n')
    assert chronyc(host, rivals, 'tracking')


def test_under_ntp_conf_the_port_alone_is_open(host, rivals):
    daemon = daemons.tokid(host, 'tos orphan 5\n')
    assert len(answer(host, '127.0.0.1')) == 104 and len(answer(host, '::1')) == 104
    assert not host.path('/run/chrony').exists()
    daemon.stop()
    daemon = daemons.tokid(host, 'tos orphan 5\n', '--command-port', '0', '--command-socket',
                           '/run/chrony/chronyd.sock')
    assert not answer(host, '127.0.0.1', timeout=net.QUIET_S)
    assert chronyc(host, rivals, 'tracking')


def test_no_request_gets_more_than_it_sent(lab):
    """Any command and length from another host, allowed or not."""
    host, friend = lab.host('host'), lab.host('friend')
    chrony(host, f'local\nport 0\nbindcmdaddress {host.v4()}\ncmdallow {friend.v4()}\n'
           'opencommands activity authdata clients manual ntpdata rtcdata selectdata serverstats '
           'smoothing sourcename sources sourcestats tracking\n')
    sent = [request(command, length, sequence=100 * command + i)[:length]
            for command in range(80)
            for i, length in enumerate((0, 20, 27, 28, 48, 76, 104, 416, 520, 861))]
    lengths = {packet[8:12]: len(packet) for packet in sent if len(packet) >= 20}
    last = 0x7fffffff
    lengths[last.to_bytes(4, 'big')] = 104
    with friend.socket() as asker:
        answers = []
        asker.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)  # SO_RCVBUFFORCE
        for packet in sent:
            asker.sendto(packet, (host.v4(), 323))
            time.sleep(0.001)
        asker.settimeout(net.AGAIN_S)

        def last_came():
            asker.sendto(request(33, 104, sequence=last), (host.v4(), 323))
            with contextlib.suppress(TimeoutError):
                while True:
                    answers.append(asker.recv(65535))
            return any(a[16:20] == last.to_bytes(4, 'big') for a in answers)
        net.wait_for('the answer to what was sent last', last_came)
    assert len(answers) > 400
    assert [a for a in answers if len(a) > lengths[a[16:20]]] == []


def test_who_may_ask_over_the_network(lab):
    host, friend, stranger = lab.host('host'), lab.host('friend'), lab.host('stranger')
    conf = f'local stratum 5\nport 0\nbindcmdaddress {host.v4()}\ncmdport 11323\n' \
           f'cmdallow {friend.v4()}\n'
    chrony(host, conf)
    assert not answer(host, '127.0.0.1', timeout=net.QUIET_S)
    reply = answer(friend, host.v4(), port=11323)
    assert len(reply) == 104 and reply[7] == 5 and reply[8:10] == b'\0\0'
    assert not answer(stranger, host.v4(), port=11323, timeout=net.QUIET_S)
    # IPv6 is still on loopback, and the port is another one everywhere
    assert answer(host, '::1', port=11323) and not answer(friend, host.v6(), port=11323,
                                                          timeout=net.QUIET_S)
    selected = answer(friend, host.v4(), request(69, 76), port=11323)
    assert len(selected) == 28 and selected[9] == 2
    # reloads: rules, reports, address
    host.write('/etc/chrony.conf', conf + f'opencommands selectdata activity\ncmddeny {friend.v4()}\n'
               f'cmdallow {stranger.v4()}\nbindcmddevice eth0\n')
    assert host.run(net.TOKI, 'reload')
    assert answer(stranger, host.v4(), port=11323)[9] == 2
    assert answer(stranger, host.v4(), request(44, 48), port=11323)[7] == 12
    assert not answer(friend, host.v4(), port=11323, timeout=net.QUIET_S)
    assert not answer(host, host.v4(), port=11323, timeout=net.QUIET_S)  # it comes by lo
    host.write('/etc/chrony.conf', conf.replace('11323', '0'))
    assert host.run(net.TOKI, 'reload')
    assert not answer(friend, host.v4(), port=11323, timeout=net.QUIET_S)


def test_commands_of_others_are_limited(lab):
    host, client = lab.host('host'), lab.host('client')
    chrony(host, f'port 0\nbindcmdaddress {host.v4()}\ncmdallow {client.v4()}\n'
           'cmdratelimit interval 12 burst 2 leak 4\n')
    assert answer(client, host.v4()) and answer(client, host.v4())  # the burst
    assert sum(answer(client, host.v4(), timeout=net.QUIET_S) is not None for _ in range(14)) < 12
    assert all(answer(host, '::1') for _ in range(20))

# SPDX-License-Identifier: BSD-2-Clause
"""Symmetric keys between tokid and Debian's chronyd and ntpsec, both ways; wrong keys; new keys by SIGHUP.

A host serves on one address for each key, so that one daemon asks with all of them at once.
"""

import hashlib
import os
import re
import signal
import struct

import pytest

import daemons
import net

# number of the key -> type as chrony's and as ntp's key files call it, bytes of the secret
CHRONY_TYPES = {1: ('MD5', 16), 2: ('SHA1', 20), 3: ('SHA256', 32), 4: ('SHA384', 48),
                5: ('SHA512', 64), 6: ('AES128', 16), 7: ('AES256', 32), 8: ('SHA3-256', 20)}
NTP_TYPES = {1: ('MD5', 16), 2: ('SHA1', 20), 3: ('SHA256', 32), 4: ('SHA384', 32),
             5: ('SHA512', 32), 6: ('AES128CMAC', 16), 7: ('AES-256', 32), 8: ('SHA3-256', 20),
             9: ('ripemd160', 20)}
TEXT_KEY = 20  # a key that is written as text in both files
WRONG = 21  # a key that the two sides write differently


def secret(number, length, salt=''):
    return hashlib.sha512(f'{number} {salt}'.encode()).digest()[:length]


def chrony_keys(salt='', only=None):
    lines = [f'{n} {kind} HEX:{secret(n, length).hex()}'
             for n, (kind, length) in CHRONY_TYPES.items() if only is None or n in only]
    return '\n'.join([*lines, f'{TEXT_KEY} SHA1 ASCII:some.text',
                      f'{WRONG} SHA1 HEX:{secret(WRONG, 20, salt).hex()}']) + '\n'


def ntp_keys(salt='', types=None):
    lines = [f'{n} {kind} {secret(n, length).hex()}'
             for n, (kind, length) in (types or NTP_TYPES).items()]
    return '\n'.join(['# keys of the tests', *lines, f'{TEXT_KEY} SHA1 some.text  # short',
                      f'{WRONG} SHA1 {secret(WRONG, 20, salt).hex()}']) + '\n'


def write_secret(host, path, text):
    host.write(path, text)
    host.path(path).chmod(0o600)
    return path


def addresses(host, numbers):
    """One address of the host for each key."""
    place = host.v4().rsplit('.', 1)[1]
    for n in numbers:
        host.add_address(f'10.{place}.0.{n}/8')
    return {n: f'10.{place}.0.{n}' for n in numbers}


def tokid_with_keys(host, dialect, keys, lines):
    """tokid on that key file; `lines` of its language follow."""
    host.add_address(f'10.{host.v4().rsplit(".", 1)[1]}.1.1/8')
    path = write_secret(host, '/etc/toki.keys', keys)
    if dialect == 'ntp':
        return daemons.tokid(host, f'keys {path}\ntrustedkey 1 (2 ... 9) {TEXT_KEY} {WRONG}\n{lines}')
    return daemons.tokid(host, f'keyfile {path}\nrtcsync\nallow\n{lines}', path='/etc/chrony.conf')


@pytest.fixture(scope='module')
def reference(world, rivals):
    """chronyd with all keys it knows, on an address for each."""
    host = world.host('chronyd')
    where = addresses(host, [*CHRONY_TYPES, TEXT_KEY, WRONG])
    write_secret(host, '/etc/chrony.keys', chrony_keys('theirs'))
    daemons.start_chronyd(host, rivals,
                          'local stratum 1\nallow\ncmdport 0\nkeyfile /etc/chrony.keys')
    daemons.wait_serving(host)
    return host, where


@pytest.fixture(scope='module')
def ntpsec(world, rivals, reference):
    """ntpd likewise."""
    host = world.host('ntpsec')
    where = addresses(host, [*NTP_TYPES, TEXT_KEY, WRONG])
    write_secret(host, '/etc/ntp.keys', ntp_keys('theirs'))
    daemons.start_ntpsec(host, rivals, f'server {reference[0].v4()} iburst\nkeys /etc/ntp.keys\n'
                         f'trustedkey (1 ... 9) {TEXT_KEY} {WRONG}\nrestrict 10.0.0.0/8 nomodify')
    daemons.wait_serving(host)
    return host, where


def wait_accepted(host, where):
    """All sources but the wrong one give samples."""
    def samples():
        found = {n: daemons.source(host, a) for n, a in where.items()}
        return all(s and s['samples'] >= 3 for n, s in found.items() if n != WRONG) and found
    return net.wait_for(f'{host.name} has samples of all sources', samples)


@pytest.mark.parametrize('dialect', ['chrony', 'ntp'])
def test_tokid_asks_chronyd(world, reference, dialect):
    host = world.host(f'asks-chronyd-{dialect}')
    where = reference[1]
    keys = chrony_keys('ours') if dialect == 'chrony' else ntp_keys(
        'ours', {n: NTP_TYPES[n] for n in (1, 2, 3, 6, 7, 8)})
    if dialect == 'ntp':  # ntpd's secrets have at most 32 bytes
        where = {n: a for n, a in where.items() if n not in (4, 5)}
    tokid_with_keys(host, dialect, keys,
                    ''.join(f'server {a} iburst key {n}\n' for n, a in where.items()))
    found = wait_accepted(host, where)
    assert found[WRONG]['samples'] == 0 and found[WRONG]['received'] == 0  # chronyd is silent
    assert all('authentication' not in s['verdicts'] for s in found.values())


@pytest.mark.parametrize('dialect', ['chrony', 'ntp'])
def test_tokid_asks_ntpsec(world, ntpsec, dialect):
    host = world.host(f'asks-ntpsec-{dialect}')
    where = ntpsec[1]
    if dialect == 'chrony':
        where = {n: a for n, a in where.items() if n not in (4, 5, 9)}
    # ntpd cuts digests in version 3 as well, so that must be told
    lines = ''.join(f'server {a} iburst key {n} version 4\n' for n, a in where.items())
    keys = ntp_keys('ours') if dialect == 'ntp' else chrony_keys('ours', where)
    tokid_with_keys(host, dialect, keys, lines)
    found = wait_accepted(host, where)
    assert found[WRONG]['samples'] == 0 and found[WRONG]['received'] == 0  # ntpd is silent as well


@pytest.fixture(scope='module')
def servers(world, reference):
    """tokid as a server, by each of its languages: dialect -> (host, {key: address})."""
    made = {}
    for dialect, types in (('chrony', CHRONY_TYPES), ('ntp', NTP_TYPES)):
        host = world.host('tokid-' + dialect)
        where = addresses(host, [*types, TEXT_KEY, WRONG])
        keys = chrony_keys('ours') if dialect == 'chrony' else ntp_keys('ours')
        tokid_with_keys(host, dialect, keys, f'server {reference[0].v4()} iburst\n')
        made[dialect] = host, where
    for host, _ in made.values():
        daemons.wait_serving(host)
    return made


def test_chronyd_asks_tokid(world, servers, rivals):
    server, where = servers['chrony']
    host = world.host('chronyd-asks')
    host.add_address('10.250.1.1/8')
    write_secret(host, '/etc/chrony.keys', chrony_keys('theirs'))
    daemons.start_chronyd(host, rivals, 'keyfile /etc/chrony.keys\n' + ''.join(
        f'server {a} iburst key {n}\n' for n, a in where.items()))

    def reached():
        table = daemons.chronyc(host, rivals, 'sources')
        reach = dict(re.findall(r'^\^\S +(10\.\S+) +\d+ +\d+ +(\d+)', table, re.M))
        return all(int(reach.get(a, '0'), 8) > 0 for n, a in where.items() if n != WRONG) and reach
    reach = net.wait_for('chronyd believes all but one', reached)
    assert int(reach.get(where[WRONG], '0'), 8) == 0
    net.wait_for('a wrong MAC was counted', lambda: daemons.status(
        server)['server']['counters']['dropped-auth'] > 0)


def test_ntpsec_asks_tokid(world, servers, rivals):
    server, where = servers['ntp']
    host = world.host('ntpsec-asks')
    host.add_address('10.251.1.1/8')
    write_secret(host, '/etc/ntp.keys', ntp_keys('theirs'))
    daemons.start_ntpsec(host, rivals, 'keys /etc/ntp.keys\n'
                         f'trustedkey (1 ... 9) {TEXT_KEY} {WRONG}\n' + ''.join(
                             f'server {a} iburst key {n}\n' for n, a in where.items()))

    def reached():
        table = daemons.ntpq(host, rivals, '-pnw')
        reach = dict(re.findall(r'^.(10\.\S+)\s+\S+\s+\d+ u\s+\S+\s+\d+\s+(\d+)', table, re.M))
        return all(int(reach.get(a, '0'), 8) > 0 for n, a in where.items() if n != WRONG) and reach
    reach = net.wait_for('ntpd believes all but one', reached)
    assert int(reach.get(where[WRONG], '0'), 8) == 0
    states = daemons.ntpq(host, rivals, '-nc', 'associations')
    assert len(re.findall(r' yes +yes +ok ', states)) == len(where) - 1, states
    net.wait_for('a wrong MAC was counted', lambda: daemons.status(
        server)['server']['counters']['dropped-auth'] > 0)


def test_keygen_lines_are_taken(world, rivals):
    """chronyd and ntpd read what toki keygen writes, without a word of complaint."""
    host = world.host('keygen')

    def generate(form, types):
        return ''.join(host.run(net.TOKI, 'keygen', '--format', form, '--type', kind, '--id', number)
                       .stdout for number, (kind, _) in types.items())
    lines = generate('chrony', CHRONY_TYPES)
    assert len(set(lines.split())) > 2 * len(CHRONY_TYPES)
    write_secret(host, '/etc/chrony.keys', lines)
    daemon = daemons.start_chronyd(host, rivals, 'keyfile /etc/chrony.keys\nport 0\n' + ''.join(
        f'server 10.0.0.{n} key {n}\n' for n in CHRONY_TYPES))
    net.wait_for('chronyd lists its sources', lambda: len(re.findall(
        r'^\^', daemons.chronyc(host, rivals, 'sources'), re.M)) == len(CHRONY_TYPES))
    assert not re.search('key|unsupported|invalid', daemon.output(), re.I)
    daemon.stop()
    write_secret(host, '/etc/ntp.keys', generate('ntp', NTP_TYPES))
    daemon = daemons.start_ntpsec(host, rivals, 'keys /etc/ntp.keys\ntrustedkey (1 ... 9)')
    net.wait_for('ntpd took them all', lambda: f'added {len(NTP_TYPES)} keys' in daemon.output())
    assert 'padded' not in daemon.output() and 'key 1 truncated' not in daemon.output()
    for form, path in (('keyfile', '/etc/chrony.keys'), ('keys', '/etc/ntp.keys')):
        host.write('/etc/t.conf', f'{form} {path}\nserver 10.0.0.2 key 2 iburst\n' + (
            'trustedkey 2\n' if form == 'keys' else 'rtcsync\n'))
        done = host.run(net.TOKI, 'check', '/etc/t.conf')
        assert re.findall('warning: (.*)', done.stdout) == [
            'key 1 is used with MD5, which RFC 8573 advises against [W005]'], done.stdout


# single requests

def keyed(number, digest, key, packet=None):
    """A request with a MAC, made without tokid's help."""
    packet = packet or net.request()
    return packet + struct.pack('!I', number) + hashlib.new(digest, key + packet).digest()[:20]


def test_a_server_answers_in_kind(world, servers):
    """The reply bears a MAC of the same key; a wrong one gets silence, no crypto-NAK."""
    host, asker = servers['ntp'][0], world.host('asker')
    for number, digest in ((1, 'md5'), (2, 'sha1'), (3, 'sha256')):
        key = secret(number, NTP_TYPES[number][1])
        request = keyed(number, digest, key)
        reply = net.ask(asker, host.v4(), request)
        assert reply and len(reply) == len(request)
        assert reply[24:32] == request[40:48]
        assert reply[48:] == keyed(number, digest, key, reply[:48])[48:]
    good = keyed(2, 'sha1', secret(2, 20))
    before = daemons.status(host)['server']['counters']
    wrong = [good[:-1] + bytes([good[-1] ^ 1]), good[:-4], good[:52], good[:48] + bytes(4),
             good[:48] + bytes(20), keyed(77, 'sha1', secret(2, 20)),
             keyed(1, 'md5', secret(2, 20)), good[:40] + os.urandom(8) + good[48:]]
    for request in wrong:
        assert net.ask(asker, host.v4(), request, timeout=net.QUIET_S) is None
    after = daemons.status(host)['server']['counters']
    assert after['dropped-auth'] - before['dropped-auth'] >= len(wrong) - 2  # two have bad lengths
    assert net.ask(asker, host.v4(), good) is not None
    assert net.ask(asker, host.v4()) is not None  # and who has no key is served as ever


def test_notrust_wants_a_mac(lab, rivals):
    reference, host, asker = daemons.reference(lab, rivals), lab.host('host'), lab.host('asker')
    write_secret(host, '/etc/ntp.keys', ntp_keys())
    daemons.tokid(host, f'server {reference.v4()} iburst\nkeys /etc/ntp.keys\ntrustedkey 2\n'
                  f'restrict {asker.v4()} notrust\n')
    daemons.wait_serving(host)
    assert net.ask(asker, host.v4(), timeout=net.QUIET_S) is None
    assert net.ask(asker, host.v4(), keyed(2, 'sha1', secret(2, 20)))
    assert net.ask(asker, host.v4(), keyed(1, 'md5', secret(1, 16)), timeout=net.QUIET_S) is None
    assert net.ask(reference, host.v4())


# reload

def test_keys_change_without_a_restart(lab, rivals):
    """Both sides take new keys on SIGHUP; the samples stay."""
    reference, host, asker = daemons.reference(lab, rivals), lab.host('host'), lab.host('asker')
    client = lab.host('client')
    old, new = secret(5, 20, 'old'), secret(5, 20, 'new')
    write_secret(host, '/etc/k', f'5 SHA1 HEX:{old.hex()}\n')
    write_secret(client, '/etc/k', f'5 SHA1 HEX:{old.hex()}\n')
    server = daemons.tokid(host, f'server {reference.v4()} iburst\nkeyfile /etc/k\nallow\n',
                           path='/etc/chrony.conf')
    daemons.wait_serving(host)
    follower = daemons.tokid(client, f'server {host.v4()} iburst key 5 minpoll 0 maxpoll 0\n'
                             'keyfile /etc/k\n', path='/etc/chrony.conf')
    daemons.wait_synchronised(client)
    samples = daemons.status(client)['sources'][0]['samples']

    write_secret(host, '/etc/k', f'5 SHA1 HEX:{new.hex()}\n')
    server.signal(signal.SIGHUP)
    net.wait_for('the new key holds', lambda: net.ask(
        asker, host.v4(), keyed(5, 'sha1', new), timeout=2))
    assert net.ask(asker, host.v4(), keyed(5, 'sha1', old), timeout=net.QUIET_S) is None
    net.wait_for('the follower hears nothing', lambda: daemons.status(
        client)['sources'][0]['missed'] >= 2)

    write_secret(client, '/etc/k', f'5 SHA1 HEX:{new.hex()}\n')
    follower.signal(signal.SIGHUP)
    net.wait_for('the follower is answered again', lambda: daemons.status(
        client)['sources'][0]['missed'] <= 1)
    one = daemons.status(client)['sources'][0]
    assert one['samples'] >= samples and one['tally'] == '*'

    # one that cannot be read is not one without keys
    host.path('/etc/k').unlink()
    host.path('/etc/k').mkdir()
    server.signal(signal.SIGHUP)
    net.wait_for('the reload is refused', lambda: '/etc/k cannot be read; the previous configuration'
                 in server.output())
    assert net.ask(asker, host.v4(), keyed(5, 'sha1', new))

    # a file that lost the key of a source changes nothing
    write_secret(client, '/etc/k', f'6 SHA1 HEX:{new.hex()}\n')
    follower.signal(signal.SIGHUP)
    net.wait_for('the reload is refused', lambda: re.search(
        r'there is no usable key 5', follower.output()))
    assert new.hex() not in follower.output() + server.output()
    heard = daemons.status(client)['sources'][0]['received']
    net.wait_for('the old key goes on', lambda: daemons.status(
        client)['sources'][0]['received'] > heard + 2)

# SPDX-License-Identifier: BSD-2-Clause
"""What tokid answers to each kind of packet, over a real wire: reliability rows S01 to S31."""

import contextlib
import os
import socket
import struct

import pytest

import daemons
import net


@pytest.fixture(scope='module')
def server(world, rivals):
    reference = daemons.reference(world, rivals)
    host = world.host('server')
    # no rate limit here: everybody may ask at any speed
    daemons.tokid(host, f'server {reference.v4()} iburst\nrestrict default\n')
    daemons.wait_synchronised(host)
    daemons.wait_serving(host)
    return host


@pytest.fixture(scope='module')
def stranger(world):
    return world.host('stranger')


def converse(stranger, server, packets, source_port=0):
    """Sends all packets from one socket, then an honest request; the answers before its own."""
    with stranger.socket(bind=('', source_port)) as s:
        for packet in packets:
            s.sendto(packet, (server.v4(), 123))
        last, answers = net.request(), []
        s.settimeout(net.AGAIN_S)

        def last_is_answered():
            s.sendto(last, (server.v4(), 123))
            with contextlib.suppress(TimeoutError):
                while (reply := s.recv(65535))[24:32] != last[40:48]:
                    answers.append(reply)
                return True
        net.wait_for('the honest request is answered', last_is_answered)
        return answers


def test_lengths_that_are_no_request(stranger, server):
    """S01: shorter than a header, or no multiple of four, or all that UDP can hold: silence."""
    wrong = [net.request()[:n] for n in range(0, 48)]
    wrong += [net.request() + bytes(n) for n in (1, 2, 3, 17)] + [net.request() + bytes(65400)]
    assert converse(stranger, server, wrong) == []


@pytest.mark.parametrize('first_byte', range(256))
def test_first_bytes(stranger, server, first_byte):
    """S02: only a client (mode 3) and a symmetric active peer (mode 1) of versions 1 to 4."""
    version, mode = first_byte >> 3 & 7, first_byte & 7
    answers = converse(stranger, server, [net.request(first_byte)])
    if 1 <= version <= 4 and mode in (1, 3):
        assert mode == 3 or len(answers) < 2
        for reply in answers:
            assert len(reply) == 48 and reply[0] & 7 == mode + 1 and reply[0] >> 3 & 7 == version
        assert answers or mode == 1
    elif version == 1 and mode == 0:
        assert all(reply[0] & 7 == 4 for reply in answers)
    else:
        assert answers == []


@pytest.mark.parametrize('transmit', [bytes(8), b'\xff' * 8, b'\x00' * 7 + b'\x01', os.urandom(8)])
def test_the_origin_is_the_transmit_bit_for_bit(stranger, server, transmit):
    """S06."""
    reply = net.ask(stranger, server.v4(), net.request(transmit=transmit))
    assert reply[24:32] == transmit


def test_the_fields_of_a_reply(stranger, server):
    """S07, S36: a request as the pool's monitor sends it; receive before transmit; root values."""
    packet = bytearray(net.request())
    packet[3] = 0x20
    reply = net.ask(stranger, server.v4(), bytes(packet))
    first, stratum, _, precision = struct.unpack('!BBBb', reply[:4])
    delay, dispersion = struct.unpack('!II', reply[4:12])
    assert first == 0x24 and stratum == 2 and -31 < precision < -10
    assert 0 < delay < 65536 and 0 < dispersion < 65536  # below one second
    assert socket.inet_ntoa(reply[12:16]).startswith('192.0.2.')
    receive, transmit = reply[32:40], reply[40:48]
    assert receive <= transmit and reply[16:24] <= receive


@pytest.mark.parametrize('mode', [6, 7])
@pytest.mark.parametrize('version', [1, 2, 3, 4])
def test_no_byte_for_control_and_private_packets(stranger, server, mode, version):
    """S31: nothing to amplify."""
    packets = []
    for operation in range(32):
        head = bytes([version << 3 | mode, operation])
        packets += [head + bytes(n) for n in (0, 2, 6, 10, 46, 190, 500)]
    assert converse(stranger, server, packets) == []


def test_no_answer_to_an_answer(stranger, server):
    """S03: a mode 4 packet that seems to come from another server's port 123."""
    assert converse(stranger, server, [net.request(0x24)] * 5, source_port=123) == []


def test_no_answer_to_the_broadcast_address(stranger, server):
    """S18."""
    with stranger.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.settimeout(net.QUIET_S)
        s.sendto(net.request(), ('192.0.2.255', 123))
        with pytest.raises(TimeoutError):
            s.recv(1024)


def test_a_request_may_come_from_any_port_but_zero(stranger, server):
    for port in (1, 7, 19, 53, 123, 40000):
        with stranger.socket(bind=('', port)) as s:
            s.sendto(net.request(), (server.v4(), 123))
            assert len(s.recv(1024)) == 48


def test_the_reply_comes_from_the_address_that_was_asked(stranger, server):
    """N08: a server with several addresses."""
    server.add_address('192.0.2.200/24')
    server.add_address('2001:db8::200/64')
    for address in ('192.0.2.200', '2001:db8::200', server.v4(), server.v6()):
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        with stranger.socket(family) as s:
            s.connect((address, 123))  # the kernel drops what comes from elsewhere
            s.send(net.request())
            assert len(s.recv(1024)) == 48


def test_a_server_that_never_knew_the_time_says_so(world, stranger):
    """S22: leap indicator 3, so that no client believes it."""
    host = world.host('unsynchronised')
    daemons.tokid(host, 'server 192.0.2.250 iburst\nrestrict default\n')
    reply = net.ask(stranger, host.v4())
    assert reply and reply[0] >> 6 == 3 and net.stratum(reply) in (0, 16)


def test_what_tokid_asks_gives_nothing_away(world, rivals):
    """C07, RFC 9109: a fresh port and random transmit timestamp each time, nothing else in it."""
    reference, host = daemons.reference(world, rivals, 'asked'), world.host('asker')
    with reference.sniffer() as sniffer:
        sniffer.settimeout(net.PATIENCE_S)
        daemons.tokid(host, f'server {reference.v4()} iburst\n', wait=False)
        requests = []
        while len(requests) < 4:
            frame = sniffer.recv(2048)
            if len(frame) >= 90 and frame[12:14] == b'\x08\x00' and frame[23] == 17 \
                    and frame[36:38] == b'\x00\x7b' and frame[42] & 7 == 3:
                requests.append(frame)
    ports = [int.from_bytes(f[34:36], 'big') for f in requests]
    stamps = [int.from_bytes(f[82:90], 'big') for f in requests]
    assert len(set(ports)) == 4 and 123 not in ports
    assert len({s >> 32 for s in stamps}) == 4
    now = 3_900_000_000
    assert not all(abs((s >> 32) - now) < 100_000_000 for s in stamps)  # no clock in them
    for frame in requests:
        assert frame[42] & 0x3f == 0x23
        assert frame[43] == 0 and frame[46:82] == bytes(36)

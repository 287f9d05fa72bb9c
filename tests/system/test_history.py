# SPDX-License-Identifier: BSD-2-Clause
"""The history: what it says of a clock whose error is known, over a restart and over a file that is
damaged; the table and the picture of it."""

import xml.etree.ElementTree as xml

import pytest

import daemons
import net
import schema

FILE = '/var/lib/ntp/toki.history'


@pytest.fixture(scope='module')
def upstream(world):
    """A server half a second ahead of the machine's clock."""
    host = world.host('upstream')
    daemons.tokid(host, 'local stratum 1\nallow\n', path='/etc/chrony.conf',
                  clock=('--virtual-clock', 'offset=0.5,rate=0'))
    daemons.wait_serving(host)
    return host


def start(host, upstream):
    return daemons.tokid(host, daemons.ntp_conf(upstream), clock=('-x',))


@pytest.fixture(scope='module')
def host(world, upstream):
    """A host whose clock is half a second slow, by that server, and is not to be set."""
    made = world.host('host')
    start(made, upstream)
    return made


def history(host, layer):
    """{start: {column: value}} of a layer."""
    text = host.run(net.TOKI, 'history', '--layer', layer, '--json').stdout
    said = schema.check(text, 'history')
    assert all(len(slot) == len(said['columns']) for slot in said['slots'])
    return {slot[0]: dict(zip(said['columns'], slot)) for slot in said['slots']}


def test_offset(host):
    """Offset, sources and reach as they are; every layer has them."""
    daemons.wait_synchronised(host)

    def known():
        return [s for s in history(host, 'hour').values() if s['synchronised'] == s['looks']]
    slot = net.wait_for('a slot of a synchronised clock', known, interval=1)[-1]
    assert slot['mean_offset_s'] == pytest.approx(0.5, abs=0.05)
    assert slot['min_offset_s'] <= slot['mean_offset_s'] <= slot['max_offset_s']
    assert slot['max_error_bound_s'] >= 0.45  # it is not corrected here
    assert slot['max_used'] == 1 and 0 < slot['mean_reach'] <= 1
    for layer in ('day', 'month'):
        [slot] = list(history(host, layer).values())[-1:]
        assert slot['max_offset_s'] == pytest.approx(0.5, abs=0.05)


def test_restart(host, upstream):
    before = history(host, 'hour')
    host.daemons.pop().stop()
    assert host.path(FILE).stat().st_size < 400000
    start(host, upstream)
    after = history(host, 'hour')
    for begin, slot in list(before.items())[:-1]:
        assert after[begin] == slot


def test_table_and_picture(host):
    table = host.run(net.TOKI, 'history', '--layer', 'hour').stdout
    assert 'offset' in table.splitlines()[1] and '+500' in table
    host.run(net.TOKI, 'history', '--layer', 'hour', '--plot', '/run/clock.svg')
    picture = xml.parse(host.path('/run/clock.svg')).getroot()
    assert picture.tag.endswith('svg')
    assert len([p for p in picture.iter() if p.get('class') == 'l']) >= 3  # a line in each panel


@pytest.mark.parametrize('words', [('--layer', 'year'), ('extra',), ('--json', '--plot', 'x.svg'),
                                   ('--plot', '/no/such/x.svg')])
def test_wrong_use(host, words):
    wrong = host.run(net.TOKI, 'history', *words, check=False)
    assert wrong.returncode == 2 and wrong.stdout.startswith(('toki: ', 'toki history: '))


def test_damaged_file(host, upstream):
    """Whatever stands in the file, tokid starts, and what it cannot be is not shown."""
    host.daemons.pop().stop()
    whole = host.path(FILE).read_bytes()
    for damaged in (b'', b'x' * len(whole), whole[:-1], whole + b'more',
                    whole[:16] + bytes(b ^ 0x55 for b in whole[16:])):
        host.path(FILE).write_bytes(damaged)
        daemon = start(host, upstream)
        assert len(history(host, 'month')) <= 1  # but for the first look of now
        assert daemon.running()
        host.daemons.pop().stop()
        assert len(host.path(FILE).read_bytes()) == len(whole)

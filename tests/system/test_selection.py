# SPDX-License-Identifier: BSD-2-Clause
"""Which sources are used: Debian's chronyd and tokid with the same generated chrony.conf, before
the same servers, must come to the same state of each source, and both be synchronised, or neither.

All servers stand on one host, and all daemons on another."""

import random
import re

import net
from farm import Farm, address_of, good

SEED, SETS = 1, 80
KEY = bytes(range(20))
KEYS = f'7 SHA1 HEX:{KEY.hex()}\n9 SHA1 HEX:{KEY[::-1].hex()}\n'  # the servers do not have the 9
USED = str.maketrans('+D', '**')  # who is nearest, and who is near enough, each finds for itself
STEP_S = 0.03
MAX_DISTANCE_S = 0.188  # where it is set


def interval(low, high, stratum=1):
    """A server that places the true time between these multiples of STEP_S, ahead of ours. Between
    the ends of two servers lies half of one at least: what the network adds decides nothing."""
    return good(ahead=(low + high) / 2 * STEP_S, dispersion=(high - low) / 2 * STEP_S,
                stratum=stratum)


def make_servers(dice):
    """{last byte: how it answers}"""
    lows, highs = (dice.sample(range(1, 12), 11) for _ in range(2))
    servers = [interval(-low, high, dice.randint(1, 12)) for low, high in zip(lows, highs)]
    edges = dice.sample(range(-20, 21), 18)  # somewhere, often across the others
    servers += [interval(min(pair) + 0.5, max(pair) + 0.5, dice.randint(1, 12))
                for pair in zip(edges[::2], edges[1::2])]
    servers += [good(ahead=3.0, dispersion=0.1), good(ahead=3.15, dispersion=0.3),
                good(ahead=-1000.0, dispersion=0.2), good(ahead=60.0, dispersion=0.5)]
    servers += [good(dispersion=4), good(answers=0), good(stratum=16),
                good(leap=3, stratum=0, refid=b'\0\0\0\0'), good(refid=None, stratum=2)]
    return dict(enumerate(servers, 100))


def answers(server, options):
    """Does it give samples?"""
    return server['leap'] != 3 and server['stratum'] < 16 and 'answers' not in server and \
        'key 9' not in options and 'offline' not in options


class Set:
    """Sources with their options, and what both daemons say of them."""

    def __init__(self, dice, servers):
        keys = dice.choice((0, 0, 0.4, 0.8))
        self.servers, self.sources = servers, {}
        for number in dice.sample(sorted(servers), dice.randint(1, 8)):
            chances = {'prefer': 0.15, 'trust': 0.2, 'require': 0.1, 'noselect': 0.12,
                       'key 7': keys, 'key 9': keys / 8, 'offline': 0.03}
            options = [option for option, chance in chances.items() if dice.random() < chance]
            if 'key 7' in options and 'key 9' in options:
                options.remove('key 7')
            self.sources[number] = ' '.join(options)
        lines = {f'authselectmode {dice.choice(("mix", "prefer", "require", "ignore"))}': 0.7,
                 f'minsources {dice.randint(2, 4)}': 0.25, f'maxdistance {MAX_DISTANCE_S}': 0.1,
                 f'local stratum {dice.randint(2, 8)} orphan': 0.15}
        self.lines = [line for line, chance in lines.items() if dice.random() < chance]
        self.strict = f'maxdistance {MAX_DISTANCE_S}' in self.lines
        self.waiting = {address_of(number) for number, options in self.sources.items()
                        if answers(servers[number], options)}
        self.said, self.seen = {}, []

    def config(self):
        return '\n'.join([f'server {address_of(number)} iburst minpoll 0 maxpoll 0 {options}'
                          for number, options in self.sources.items()] + self.lines)

    def tells_of_clock(self, states):
        """Are both daemons to be synchronised, or neither? Not without a source: one that was used
        at first, by chance, may have left its mark. Nor if it is further off than a synchronised
        clock may be (maxdistance): with -x chronyd goes on as if it had corrected that, and tokid
        tells what the clock shows."""
        used = [number for number in self.sources if states.get(address_of(number)) == '*']
        limit = MAX_DISTANCE_S if self.strict else 2
        return used and all(abs(self.servers[number]['ahead']) < limit / 2 for number in used)

    def hear(self, daemon, text):
        """Lines of `selectdata -a` and `tracking`."""
        rows = [line.split(',') for line in text.splitlines()]
        # before 4.6 chronyd calls a source that never gave a sample 's', not 'M'
        self.said[daemon] = {row[1]: row[0].replace('s', 'M').translate(USED) for row in rows
                             if len(row[0]) == 1}
        self.said[daemon]['selected'] = sum(row[0] == '*' for row in rows)
        if self.tells_of_clock(self.said[daemon]):
            self.said[daemon]['clock'] = rows[-1][-1] if rows else None

    def settled(self):
        """They say the same, and have said so before."""
        states = [self.said[daemon] for daemon in ('theirs', 'ours')]
        known = states[0] == states[1] and \
            not any(states[0].get(address, 'M') in 'MwU' for address in self.waiting)
        self.seen = [*self.seen, states[0]] if known and self.seen[-1:] in ([], [states[0]]) else []
        return len(self.seen) > 1

    def __str__(self):
        return f'{self.config()}\n' + '\n'.join(
            f'    {address}: {self.said["theirs"].get(address)} {self.said["ours"].get(address)}'
            for address in [*map(address_of, self.sources), 'selected', 'clock'])


def start(host, rivals, sets):
    """All daemons, each with sockets of its own."""
    script = 'mkdir -p /run/chrony && chmod 750 /run/chrony\n'
    host.write('/etc/chrony.keys', KEYS)
    for number, one in enumerate(sets):
        for daemon in ('theirs', 'ours'):
            conf = host.write(
                f'/etc/selection/{daemon}-{number}.conf',
                f'{one.config()}\nkeyfile /etc/chrony.keys\nport 0\ncmdport 0\nuser root\n'
                f'pidfile /run/{daemon}-{number}.pid\n'
                f'bindcmdaddress /run/chrony/{daemon}-{number}.sock\n')
            command = f'{rivals["chrony"]}/usr/sbin/chronyd -d -x -f {conf}' if daemon == 'theirs' \
                else f'{net.TOKID} -d -x --one-process --control / -f {conf}'
            script += f'{command} >/run/{daemon}-{number}.log 2>&1 &\n'
    host.start('sh', '-c', script + 'wait')


def ask(host, rivals, sets, numbers):
    names = ' '.join(f'{daemon}-{number}' for number in numbers for daemon in ('theirs', 'ours'))
    chronyc = f'{rivals["chrony"]}/usr/bin/chronyc -n -c -h /run/chrony/$name.sock'
    said = host.run('sh', '-c', f'for name in {names}; do echo "= $name"; '
                    f'{chronyc} selectdata -a; {chronyc} tracking; done 2>&1', check=False).stdout
    for daemon, number, text in re.findall(r'^= (\w+)-(\d+)\n((?:[^=].*\n)*)', said, re.M):
        sets[int(number)].hear(daemon, text)


def compare(lab, rivals, seed, count, timeout=net.PATIENCE_S):
    dice = random.Random(seed)
    servers = make_servers(dice)
    sets = [Set(dice, servers) for _ in range(count)]
    left = list(range(count))
    farm = Farm(lab.host('farm'), servers, {7: KEY})
    host = lab.host('clients')
    try:
        start(host, rivals, sets)

        def agree():
            ask(host, rivals, sets, left)
            left[:] = [number for number in left if not sets[number].settled()]
            return not left
        try:
            net.wait_for('the same states', agree, timeout)
        except AssertionError:
            pass
    finally:
        farm.end()
    return sets, left


def test_the_same_sources_are_used(lab, rivals):
    sets, left = compare(lab, rivals, SEED, SETS)
    seen = {letter for one in sets for letter in one.said['theirs'].values()}
    assert seen >= set('*PTWxNMdO') | {'Normal'}, seen
    assert not left, 'theirs, ours:\n' + '\n'.join(str(sets[number]) for number in left)

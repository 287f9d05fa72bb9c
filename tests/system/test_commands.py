# SPDX-License-Identifier: BSD-2-Clause
"""Every command of toki, and tokid: help, usage errors, man pages and completion. What there is to try
comes from the tables themselves (`toki help --json`), so that a new option is tried too."""

import json
import re
import subprocess
import sys

import debs
import net
import pytest
from terminal import Terminal

MANUAL = net.TOKI.parent.parent / 'tools/manual.py'
HELP = {'letter': None, 'name': 'help', 'kind': 'flag'}


def run(*words):
    done = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def load(*words):
    code, out, error = run(*words)
    assert code == 0 and error == ''
    return json.loads(out)['commands']


@pytest.fixture(scope='module')
def every():
    """All but those that have sub-commands, which are in the list themselves."""
    found = load(net.TOKI, 'help', '--json') + load(net.TOKID, '--help=json')
    assert len(found) > 35 and all(c['summary'] for c in found)
    return [c for c in found if not c['parts']]


def called(command):
    return [net.TOKID] if command['name'] == 'tokid' else [net.TOKI, *command['name'].split()]


def spellings(option):
    return ([f"-{option['letter']}"] if option['letter'] else []) + \
        ([f"--{option['name']}"] if option['name'] else [])


def refused(command, words, *messages):
    code, out, error = run(*called(command), *words)
    assert (code, out) == (command['usage_error'], ''), (command['name'], words, error)
    assert error.count('\n') == 1 and error.startswith(
        ('' if command['program'] else 'toki ') + command['name'] + ': '), error
    for message in messages:
        assert message in error, (words, error)


def good_argument(argument):
    return argument['choices'][0] if argument['choices'] else 'x'


def test_help(every):
    for command in every:
        code, out, error = run(*called(command), '--help')
        assert (code, error) == (0, ''), command['name']
        assert out.startswith(f"Usage: {command['usage']}\n\n{command['summary']}.\n")
        assert all(len(line) <= 80 for line in out.splitlines()), out
        for option in [*command['options'], HELP]:
            for name in spellings(option):
                assert re.search(rf'^  .*(?<!\S){re.escape(name)}(?![\w-])', out, re.M), (out, name)
        for argument in command['arguments']:
            assert argument['name'] in out
        if command['name'] != 'tokid':
            assert run(net.TOKI, 'help', *command['name'].split()) == (0, out, '')


def test_help_after_other_words_and_short(every):
    for command in every:
        whole = run(*called(command), '--help')
        flags = [spellings(o)[-1] for o in command['options'] if o['kind'] == 'flag']
        assert run(*called(command), *flags[:2], '--help') == whole
        if all(o['letter'] != 'h' for o in command['options']):
            assert run(*called(command), '-h') == whole


def test_overview(every):
    code, out, error = run(net.TOKI, 'help')
    assert (code, error) == (0, '') and run(net.TOKI, '--help') == run(net.TOKI, '-h') == (0, out, '')
    for command in every:
        if command['name'] != 'tokid' and ' ' not in command['name']:
            assert re.search(rf"^  {command['name']} +{re.escape(command['summary'])}$", out, re.M)
    assert re.search('^  config ', out, re.M)
    assert all(len(line) <= 80 for line in out.splitlines()), out


def test_unknown_options(every):
    for command in every:
        refused(command, ['--zzzzzz'], "unknown option '--zzzzzz'; '", " --help' lists the options")
        refused(command, ['-Z'], "unknown option '-Z'; '")
        for option in [*command['options'], HELP]:
            name = option['name']
            if name and len(name) > 3:  # shorter words are like too many others
                slip = name + 'q'
                refused(command, [f'--{slip}'], f"unknown option '--{slip}'; did you mean '--{name}'?")


def test_arguments(every):
    for command in every:
        arguments = command['arguments']
        words = [good_argument(a) for a in arguments]
        for number, argument in enumerate(arguments):
            if not argument['optional']:
                refused(command, words[:number], f"{argument['name']} is missing; usage: ",
                        command['usage'])
            if argument['kind'] == 'choice':
                refused(command, [*words[:number], 'nonsense'], "'nonsense' is unknown: expected one "
                        'of ' + ', '.join(argument['choices']))
        if not any(a['repeats'] for a in arguments):
            refused(command, [*words, 'surplus'], "unexpected argument 'surplus'; usage: ",
                    command['usage'])


def test_values(every):
    tried = 0
    for command in every:
        for option in command['options']:
            name = spellings(option)[-1]
            if option['kind'] == 'flag':
                if option['name']:
                    refused(command, [f'{name}=x'], f'{name} takes no value')
                continue
            refused(command, [name], f"{name} needs {option['expected']}")
            if option['checked']:
                tried += 1
                refused(command, [name, '?!'], f'{name}: ', "'?!'", option['expected'])
            if option['kind'] == 'count' and option['maximum'] is not None:
                refused(command, [name, str(int(option['maximum']) + 1)], 'is out of range: expected')
    assert tried > 40


def test_options_that_exclude_each_other(every):
    tried = 0
    for command in every:
        for option in command['options']:
            for other in command['options']:
                if option['excludes'] and option['excludes'] in (other['name'], other['letter']):
                    words = []
                    for o in (option, other):
                        words += [spellings(o)[-1]]
                        words += [] if o['kind'] == 'flag' else [o['default'] or 'x']
                    refused(command, words, 'cannot be combined')
                    tried += 1
    assert tried >= 4


def test_commands_that_do_not_exist():
    for word, message in (('staus', "unknown command 'staus'; did you mean 'status'?"),
                          ('mkaestep', "unknown command 'mkaestep'; did you mean 'makestep'?"),
                          ('zzzzzz', "unknown command 'zzzzzz'; 'toki --help' lists them"),
                          ('--jsno', "unknown command '--jsno'; 'toki --help' lists them")):
        assert run(net.TOKI, word) == (2, '', f'toki: {message}\n')
    assert run(net.TOKI, 'help', 'staus')[0] == 2
    assert run(net.TOKI) == (2, '', "toki: missing command; 'toki --help' lists them\n")
    assert run(net.TOKI, 'config', 'shwo') == (
        2, '', "toki config: unknown sub-command 'shwo'; did you mean 'show'?\n")
    assert 'missing sub-command' in run(net.TOKI, 'config')[2]
    assert run(net.TOKI, 'config', '--help')[0] == 0


def test_a_bound_needs_its_unit():
    code, _, error = run(net.TOKI, 'wait', '--bound', '50')
    assert code == 2 and error == ("toki wait: --bound: '50' has no unit (ns, us, ms, s, min, h or d): "
                                   'expected a time with its unit, such as 50ms\n')


# ---- what is made from the tables ----

@pytest.fixture(scope='module')
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp('manual')
    assert run(sys.executable, MANUAL, net.TOKI, net.TOKID, folder) == (0, '', '')
    return folder


def test_man_pages(every, made):
    for command in every:
        page = made / ('tokid.8' if command['name'] == 'tokid' else 'toki.1')
        text = page.read_text().replace('\\-', '-').replace('\\e', '\\')
        for heading in ('EXIT STATUS', 'EXAMPLES'):
            assert f'\n.SH {heading}\n' in text
        part = text
        if command['name'] != 'tokid':
            part = text.split(f"\n.SS {command['usage']}\n", 1)[1].split('\n.SS ', 1)[0]
        for option in [*command['options'], HELP]:
            term = f", {spellings(option)[-1]}" if len(spellings(option)) > 1 else spellings(option)[-1]
            assert re.search(rf'^\.B .*{re.escape(term)}(?![\w-])', part, re.M), (option, part)
        for meaning in command['exits']:
            assert not meaning or meaning in text


def complete_in_bash(made, words):
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_${1}" "$1" '
              '"${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    code, out, error = run('bash', '-c', script, 'bash', made / 'toki.bash', *words)
    assert (code, error) == (0, '')
    return out.split()


def test_bash(every, made):
    for command in every:
        name = ['tokid'] if command['name'] == 'tokid' else ['toki', *command['name'].split()]
        offered = complete_in_bash(made, [*name, '-'])
        for option in [*command['options'], HELP]:
            assert set(spellings(option)) <= set(offered), (name, option, offered)
            if option['kind'] == 'choice':
                for words in ([*name, spellings(option)[-1], ''], [*name, spellings(option)[-1], '=', '']):
                    if words[-2] != '=' or option['name']:
                        assert complete_in_bash(made, words) == option['choices']
        if command['arguments'] and command['arguments'][0]['kind'] == 'choice':
            assert complete_in_bash(made, [*name, '']) == command['arguments'][0]['choices']


@pytest.fixture(scope='module')
def shells():
    return debs.shells()


@pytest.fixture(scope='module')
def fish(made, shells):
    """Gives what fish offers behind the line."""
    library = str(next(shells.glob('usr/lib/*/libpcre2-32.so.0')).parent)

    def complete(*lines):
        script = '; '.join([f'set fish_function_path {shells}/usr/share/fish/functions',
                            f'source {made}/toki.fish', f'source {made}/tokid.fish'] +
                           [f"complete -C '{line}'; echo ----" for line in lines])
        done = subprocess.run([shells / 'usr/bin/fish', '-N', '-c', script], check=True, text=True,
                              capture_output=True, timeout=60, cwd=made,
                              env={'LD_LIBRARY_PATH': library, 'HOME': str(made), 'PATH': f'{net.TOKI.parent}:/usr/bin:/bin'})
        assert done.stderr == ''
        return [[line.split('\t')[0] for line in part.strip('\n').split('\n')]
                for part in done.stdout.split('----\n')[:-1]]
    return complete


def test_fish(every, fish):
    lines = ['tokid -' if c['name'] == 'tokid' else f"toki {c['name']} -" for c in every]
    for command, offered in zip(every, fish(*[line + '-' for line in lines]), strict=True):
        wanted = {f"--{o['name']}" for o in [*command['options'], HELP] if o['name']}
        assert wanted <= set(offered), (command['name'], offered)
    assert fish('toki wai', 'toki config ', 'toki history --layer ', 'toki explain makes',
                'toki check tok', 'toki clients ', 'toki add server ntp.example ibu') == [
        ['wait'], ['diff', 'show'], ['day', 'hour', 'month'], ['makestep'],
        ['toki.1', 'toki.bash', 'toki.fish', 'tokid.8', 'tokid.bash', 'tokid.conf.5', 'tokid.fish'],
        ['busiest', 'limited', 'recent'], ['iburst']]


class Here:
    """Programs of this machine, for Terminal."""
    @staticmethod
    def command(words):
        return [str(w) for w in words]


def complete_in_zsh(made, shells, line, wanted):
    """All that zsh writes when the tabulator is pressed behind the line, as soon as it is what is
    wanted."""
    modules = next(shells.glob('usr/lib/*/zsh/*/zsh')).parent
    functions = shells / 'usr/share/zsh/functions'
    path = ' '.join(str(p) for p in [made, functions, *functions.rglob('*')] if p.is_dir())
    setup = (f'module_path=({modules}); fpath=({path}); autoload -Uz compinit; compinit -u -D; '
             'LISTMAX=0; PS1=REA""DY; unsetopt prompt_cr prompt_sp\n')
    with Terminal(Here, shells / 'bin/zsh', '-f', '-i', columns=250, rows=60,
                  env={'HOME': str(made), 'TERM': 'dumb'}) as terminal:
        terminal.press(setup)
        terminal.read_until('READY')
        terminal.press(line + '\t')
        return terminal.read_until(wanted)


@pytest.mark.parametrize('line,wanted', [
    ('toki wai', ['toki wait ']),
    ('toki ', ['status', 'install-links', '-- Print all numbers of the clock']),
    ('toki wait --', ['--bound', '--timeout', '--json', '--control', '--help', '-- print JSON']),
    ('toki config ', ['diff  -- Print the', 'show  -- Print the']),
    ('toki config show --la', ['toki config show --language=']),
    ('toki history --layer ', ['day ', 'hour ', 'month']),
    ('toki explain makeste', ['makestep ']),
    ('toki add server ntp.example ibu', ['iburst ']),
    ('toki chronyc -', ['-- print comma-separated values', '--version']),
    ('tokid --vi', ['tokid --virtual-clock=']),
])
def test_zsh(made, shells, line, wanted):
    complete_in_zsh(made, shells, line, lambda text: all(w in text for w in wanted))


def test_zsh_has_each_option(every, made, shells):
    text = (made / '_toki').read_text()
    assert run(shells / 'bin/zsh', '-f', '-n', made / '_toki') == (0, '', '')
    for command in every:
        name = command['name'].split()[-1]
        start = '_toki_tokid() {' if name == 'tokid' else f'\n{" " * 4 * len(command["name"].split())}{name})\n'
        part = text.split(start, 1)[1].split(';;', 1)[0]
        for option in [*command['options'], HELP]:
            for spelling in spellings(option):
                assert re.search(rf'[)*]{re.escape(spelling)}[=+]?\[', part), (name, spelling)

# SPDX-License-Identifier: BSD-2-Clause
"""The man pages and the completion of bash, which are made from the tables and from what the programs
say of themselves: nothing is missing, and they work."""

import json
import shutil
import subprocess
import sys

import pytest

import net

MANUAL = net.TOKI.parent.parent / 'tools/manual.py'


def run(*words, **more):
    done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=net.PATIENCE_S, check=False, **more)
    return done.returncode, done.stdout


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp('manual')
    assert run(sys.executable, MANUAL, net.TOKI, net.TOKID, folder) == (0, '')
    return folder


@pytest.fixture(scope='module')
def tables():
    return json.loads(run(net.TOKI, 'explain', '--json')[1])


def page(made, name):
    """Its text as a reader sees it, in one line."""
    return (made / name).read_text().replace('\\-', '-').replace('\\e', '\\')


def test_each_directive_and_option_is_in_the_man_page_and_in_the_list(made, tables):
    page5, listed = page(made, 'tokid.conf.5'), (made / 'directives.md').read_text()
    for language in tables['languages']:
        for row in language['directives']:
            assert f'\n.B {row["usage"]}\n' in page5, row['usage']
            assert f'\n### {row["keyword"]}\n' in listed
            for p in row['options']:
                assert f'\n.I {p["name"]}\n' in page5 and f'| `{p["name"]}` |' in listed, p
            if row['verdict'] != 'works':
                assert row['reason'] in page5 and row['reason'] in listed


def test_pages_are_good_roff(made):
    if not shutil.which('groff'):
        pytest.skip('groff is not installed')
    for name in ('toki.1', 'tokid.8', 'tokid.conf.5'):
        assert run('groff', '-man', '-ww', '-z', '-Tutf8', made / name) == (0, ''), name


def complete(made, *words):
    """What bash offers behind these words."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_toki toki "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; '
              'echo "${COMPREPLY[*]}"')
    code, text = run('bash', '-c', script, 'bash', made / 'toki.bash', 'toki', *words)
    assert code == 0, text
    return text.split()


def test_completion(made, tables):
    assert complete(made, 'stat') == ['status']
    assert set(complete(made, '')) >= {'status', 'check', 'config', 'reload', 'add', 'allow', 'deny',
                                       'restrict', 'explain', 'keygen', 'version'}
    assert complete(made, 'config', 's') == ['show']
    assert '--language' in complete(made, 'check', '--')
    assert complete(made, 'check', '--language', 'o') == ['openntpd']
    assert complete(made, 'explain', 'makes') == ['makestep']
    assert complete(made, 'explain', 'W001') == ['W001']
    assert complete(made, 'add', 'server', 'ntp.example', 'ibu') == ['iburst']
    assert complete(made, 'add', 'server', 'ntp.example', 'nts') == []  # it would be refused
    assert len(complete(made, 'explain', '')) > len(tables['codes']) + 100


def test_explain_a_directive(tables):
    code, text = run(net.TOKI, 'explain', 'makestep')
    assert code == 0 and text.startswith('makestep threshold limit, chrony.conf\n')
    code, text = run(net.TOKI, 'explain', 'driftfile')
    assert 'chrony.conf' in text and 'ntp.conf' in text
    code, text = run(net.TOKI, 'explain', 'SMOOTHTIME')  # as chrony.conf may write it
    assert code == 0 and 'refused: clients would get a different time from the one requested; remove' in text
    assert run(net.TOKI, 'explain', 'makestop')[0] == 2
    code, text = run(net.TOKI, 'explain', 'iburst')
    assert code == 0 and 'option of server, pool, peer (chrony.conf)\n' in text
    assert text.count('option of ') >= 2  # ntp.conf has one, too
    for language in tables['languages']:
        for row in language['directives']:
            assert run(net.TOKI, 'explain', row['keyword'])[0] == 0
    for code in tables['codes']:
        assert run(net.TOKI, 'explain', code['code'])[1].startswith(f"{code['code']}: ")

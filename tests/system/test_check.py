# SPDX-License-Identifier: BSD-2-Clause
"""What an admin sees for each kind of bad configuration (reliability rows F05, F06), word by word;
tokid does not start with any of them."""

import json
import os
import subprocess

import pytest

import net
import schema

TYPOS = '''sever ntp1.example.org iburst
server ntp2.example.org ibrust minpoll 99
driftfil /var/x
server ntp3.example.org minpoll 6 minpoll 7
restrict 300.1.2.3
'''

TYPOS_MESSAGES = '''ntp.conf:1:1: error: unknown directive 'sever' [E001]
    sever ntp1.example.org iburst
    ^~~~~
  did you mean 'server'?
ntp.conf:2:25: error: unknown option 'ibrust' of 'server' [E002]
    server ntp2.example.org ibrust minpoll 99
                            ^~~~~~
  did you mean 'iburst'?
ntp.conf:2:40: error: '99' is out of range [E004]
    server ntp2.example.org ibrust minpoll 99
                                           ^~
  minpoll: a whole number from 0 to 17 (log2 of seconds)
ntp.conf:3:1: error: unknown directive 'driftfil' [E001]
    driftfil /var/x
    ^~~~~~~~
  did you mean 'driftfile'?
ntp.conf:4:35: warning: 'minpoll' is given twice; the last one takes effect [W009]
    server ntp3.example.org minpoll 6 minpoll 7
                                      ^~~~~~~
ntp.conf:5:10: error: '300.1.2.3' is not an address [E008]
    restrict 300.1.2.3
             ^~~~~~~~~
  write ADDRESS or ADDRESS/LENGTH
'''


def run(folder, *words):
    done = subprocess.run([str(w) for w in words], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=net.PATIENCE_S, check=False)
    return done.returncode, done.stdout


def check(folder, name):
    return run(folder, net.TOKI, 'check', name)


def refuses_to_start(folder, name):
    """Exit code 2 at once, in every way of starting."""
    for words in (('-p',), ('-d', '-x', '--port', '0', '--control', '/', '--pidfile', '/')):
        code, text = run(folder, net.TOKID, '-f', name, *words)
        assert code == 2, text
    return text


def test_all_typos_of_a_file_in_one_run(tmp_path):
    (tmp_path / 'ntp.conf').write_text(TYPOS)
    code, text = check(tmp_path, 'ntp.conf')
    assert code == 2
    assert text == TYPOS_MESSAGES + 'ntp.conf: 5 errors\n'
    assert TYPOS_MESSAGES in refuses_to_start(tmp_path, 'ntp.conf')


def test_typos_as_json(tmp_path):
    (tmp_path / 'ntp.conf').write_text(TYPOS)
    code, text = run(tmp_path, net.TOKI, 'check', '--json', 'ntp.conf')
    report = json.loads(text)
    assert code == 2 and not report['ok'] and report['errors'] == 5 and report['warnings'] == 1
    assert report['messages'][0] == {
        'severity': 'error', 'code': 'E001', 'file': 'ntp.conf', 'line': 1, 'column': 1,
        'width': 5,
        'text': "unknown directive 'sever'", 'hint': "did you mean 'server'?"}


def test_a_difference_as_json(tmp_path):
    (tmp_path / 'a.conf').write_text('server 192.0.2.1 iburst\nrtcsync\n')
    (tmp_path / 'b.conf').write_text('server 192.0.2.1 iburst\nrtcsync\nmaxjitter 0.5\n')
    for other, code, changes in (('a.conf', 0, []), ('b.conf', 1, ['~ maximum jitter: 1 s -> 0.5 s'])):
        done = run(tmp_path, net.TOKI, 'config', 'diff', 'a.conf', other, '--json')
        assert done[0] == code
        assert schema.check(done[1], 'config-diff') == {
            'version': 1, 'command': 'config-diff',
            'files': [{'file': name, 'language': 'chrony.conf'} for name in ('a.conf', other)],
            'change_count': len(changes), 'changes': changes}


@pytest.mark.parametrize('content', [TYPOS, None], ids=['bad', 'missing'])
def test_errors_as_json_are_those_of_check(tmp_path, content):
    (tmp_path / 'right.conf').write_text('server 192.0.2.1\n')
    if content:
        (tmp_path / 'ntp.conf').write_text(content)
    code, text = run(tmp_path, net.TOKI, 'check', '--json', 'ntp.conf')
    assert code == 2 and schema.check(text, 'check')['errors'] > 0
    for words in (('show', 'ntp.conf'), ('diff', 'ntp.conf', 'ntp.conf'),
                  ('diff', 'right.conf', 'ntp.conf'), ('diff', 'ntp.conf', 'right.conf')):
        done = subprocess.run([net.TOKI, 'config', *words, '--json'], cwd=tmp_path,
                              timeout=net.PATIENCE_S, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, text)
        assert '[E0' in done.stderr  # and in words, as ever


@pytest.mark.parametrize('content, message', [
    (b'server a\0b iburst\n',
     'x.conf:1:9: error: a NUL byte: this is not a text file [E013]\n    server a?b iburst\n'
     '            ^\n  save it as UTF-8; nothing was read\nx.conf: 1 error\n'),
    (b'server a\nallow\nrestrict default\n',
     "x.conf:2:1: error: 'allow' is a word of chrony.conf [E010]\n    allow\n    ^~~~~\n"
     "x.conf:3:1: error: 'restrict' is a word of ntp.conf [E010]\n    restrict default\n    ^~~~~~~~\n"
     '  a file can only use one language; nothing was read\nx.conf: 2 errors\n'),
    ('server ntp.nict.jp ibrust # 東京\n'.encode(),
     "x.conf:1:20: error: unknown option 'ibrust' of 'server' [E002]\n"
     '    server ntp.nict.jp ibrust # 東京\n                       ^~~~~~\n'
     "  did you mean 'iburst'?\nx.conf: 1 error\n"),
], ids=['nul', 'both languages', 'japanese'])
def test_one_mistake(tmp_path, content, message):
    (tmp_path / 'x.conf').write_bytes(content)
    assert check(tmp_path, 'x.conf') == (2, message)
    refuses_to_start(tmp_path, 'x.conf')


def test_files_that_are_no_configuration(tmp_path):
    (tmp_path / 'folder').mkdir()
    os.mkfifo(tmp_path / 'fifo')
    with open(tmp_path / 'large', 'wb') as f:
        f.truncate(100_000_000)
    for name, message in (('missing', 'no such file'), ('folder', 'is a directory'),
                          ('fifo', 'not a regular file'),
                          ('large', 'larger than 1000000 bytes')):
        assert check(tmp_path, name) == (2, f'{name}: error: {message} [E011]\n{name}: 1 error\n')
        refuses_to_start(tmp_path, name)


def test_a_line_of_a_megabyte(tmp_path):
    (tmp_path / 'x.conf').write_text('x' * 1_000_000)
    code, text = check(tmp_path, 'x.conf')
    assert code == 2 and text.startswith('x.conf:1:4097: error: the line is longer than 4096')
    assert len(text) < 1000


def test_an_include_loop(tmp_path):
    path = tmp_path / 'loop.conf'
    path.write_text(f'server 192.0.2.1\nallow\ninclude {path}\n')
    code, text = check(tmp_path, path)
    assert code == 2 and f"error: '{path}' includes itself" in text
    refuses_to_start(tmp_path, path)


def test_line_ends_and_byte_order_mark_of_another_system(tmp_path):
    (tmp_path / 'ntp.conf').write_bytes(
        b'\xef\xbb\xbfserver ntp.example.org iburst\r\ndriftfile /var/lib/ntp/ntp.drift\r\n')
    assert check(tmp_path, 'ntp.conf') == (0, 'ntp.conf: ok (ntp.conf)\n')


def test_output_that_is_lost_is_an_error():
    with open('/dev/full', 'w', encoding='utf-8') as full:
        done = subprocess.run([net.TOKI, 'help'], stdout=full, stderr=subprocess.PIPE, text=True,
                              check=False)
    assert done.returncode == 1
    assert done.stderr == 'toki: the output could not be written: No space left on device\n'

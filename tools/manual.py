#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""manual.py TOKI TOKID FOLDER: writes directives.md, the man pages and the completion for bash.

Nothing is written down twice: directives come from the tables that the parser reads (`toki explain
--json`), subcommands and options from what `toki help` and `tokid --help` say. doc/directives.md is a
copy of what this makes; tests/tidy holds it to that, and `tools/manual.py build/toki build/tokid doc
directives.md` renews it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

TITLES = {'ntp.conf': 'ntp.conf (classic and NTPsec)'}  # the others go by their names
VERDICTS = '''**works**: it does what it says, in the sense of the daemon that it comes from. **needs nothing
here**: read, checked and accepted in silence, for the reason given. **ignored with a warning**: tokid
starts and says what you miss. **refused**: tokid does not start, for the time or its safety would be
another than you asked for; what to write instead is in the message.'''


def ask(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout


def title(language):
    return TITLES.get(language['language'], language['language'])


# ---- what there is ----

def read_commands(toki):
    """[(usage line, description)] of `toki help`; a usage may have several lines."""
    found = []
    for line in ask(toki, 'help').splitlines()[2:]:
        text = line.strip()
        if line.startswith('      ') or line.startswith('    '):
            found[-1][1].append(text)
        elif text:
            if found and not found[-1][1]:
                found[-1][0].append(text)
            else:
                found.append(([text], []))
    return [(lines, ' '.join(words)) for lines, words in found]


def read_options(tokid):
    """[(option, description)] of `tokid --help`."""
    found = []
    for line in ask(tokid, '--help').splitlines():
        match = re.match(r'^ {2,6}(-\S.*?)(?: {2,}(.*))?$', line)
        if match:
            found.append([match.group(1), match.group(2) or ''])
        elif found and line.startswith('   '):
            found[-1][1] += ' ' + line.strip()
    return [(option, text.strip()) for option, text in found]


def names_of_commands(commands):
    """status, ..., and both of `allow|deny`."""
    names = []
    for lines, _ in commands:
        for line in lines:
            names += [n for n in line.split()[0].split('|') if n not in names]
    return names + [n for n in ('restrict', 'unrestrict') if n not in names]


def long_options(text):
    return sorted(set(re.findall(r'--[a-z][a-z-]+', text)))


# ---- doc/directives.md ----

def sentence(row, mark='*'):
    """What it does, or why it does not."""
    if row['verdict'] == 'works':
        return row['doc'] or ''
    text = f"{mark}{row['verdict']}{mark}: {row['reason'] or row['doc'] or ''}"
    return text + (f"; {row['instead']}" if row['instead'] else '')


def cell(text):
    return text.replace('|', '\\|').replace('<', '&lt;')


def write_markdown(tables):
    out = ['# Directives', '',
           '<!-- made by tools/manual.py from the tables of src/config; do not edit -->', '',
           'Every word of the three languages that toki reads, with its verdict. ' +
           VERDICTS.replace('\n', ' '), '',
           'The same in a terminal: `toki explain makestep`. For your own file: `toki check FILE`.', '']
    for language in tables['languages']:
        rows = language['directives']
        out += [f"## {title(language)}", '']
        counts = {}
        for row in rows:
            counts[row['verdict']] = counts.get(row['verdict'], 0) + 1
        out += [f"{len(rows)} directives: " +
                ', '.join(f'{n} {verdict}' for verdict, n in counts.items()) + '.', '']
        described = {}  # rows with the same options are described once
        for row in rows:
            out += [f"### {row['keyword']}", '', f"`{row['usage']}`", '', cell(sentence(row)), '']
            parameters = row['arguments'] + row['options']
            key = json.dumps(row['options'])
            if row['options'] and key in described:
                out += [f"Options as of `{described[key]}`.", '']
                parameters = row['arguments']
            elif row['options']:
                described[key] = row['keyword']
            if parameters:
                out += ['| word | value | without it | what it does |', '|---|---|---|---|']
                out += [f"| `{p['name']}` | {cell(p['value'])} | {cell(p['default'] or '')} | "
                        f"{cell(sentence(p))} |" for p in parameters]
                out.append('')
    return '\n'.join(out)


# ---- man pages ----

def roff(text):
    text = text.replace('\\', '\\e').replace('-', '\\-')
    return '\\&' + text if text[:1] in ('.', "'") else text


def page(title, section, version, what, parts):
    out = ['.\\" made by tools/manual.py', f'.TH {title} {section} "" "toki {version}"', '.SH NAME',
           f'{title.lower()} \\- {roff(what)}']
    for heading, lines in parts:
        out += [f'.SH {heading}'] + lines
    return '\n'.join(out) + '\n'


def entry(term, text):
    return ['.TP', f'.B {roff(term)}', roff(text) or '\\&']


def toki_page(version, commands):
    lines = []
    for usage, text in commands:
        lines += entry('toki ' + usage[0], '')
        lines.pop()
        for more in usage[1:]:
            lines += ['.TQ', f'.B {roff("toki " + more)}']
        lines.append(roff(text) or 'Prints it.')
    return page('TOKI', 1, version, 'asks and instructs the NTP daemon tokid', [
        ('SYNOPSIS', ['.B toki', '.I COMMAND', '[\\&...]']),
        ('DESCRIPTION', [roff('toki tells whether the clock is right and, if it is not, why; checks '
                              'configurations; and changes a running tokid by hand.')]),
        ('COMMANDS', lines),
        ('FILES', entry('/run/toki/tokid.sock', 'the control socket; --control names another one')),
        ('SEE ALSO', ['.BR tokid (8),', '.BR tokid.conf (5)'])])


def tokid_page(version, options):
    lines = []
    for option, text in options:
        lines += entry(option, text)
    return page('TOKID', 8, version, 'keeps the clock by NTP and serves the time', [
        ('SYNOPSIS', ['.B tokid', '[', '.I OPTION', ']...']),
        ('DESCRIPTION', [roff('tokid reads a chrony.conf, an ntp.conf or an ntpd.conf of OpenNTPD, '
                              'keeps the clock by what it says, and serves the time.')]),
        ('OPTIONS', lines),
        ('SIGNALS', entry('SIGHUP', 'reads the configuration again, as toki reload does: as one step, '
                          'or changes nothing and says why') +
         entry('SIGTERM, SIGINT', 'writes the files of state and ends')),
        ('SEE ALSO', ['.BR toki (1),', '.BR tokid.conf (5)'])])


def man_sentence(row):
    return sentence(row, mark='')


def conf_page(version, tables):
    parts = [('DESCRIPTION', [roff(VERDICTS.replace('\n', ' ').replace('**', '')), '.PP', roff(
        'tokid reads the file of the daemon that it replaces. The language is told by its words; '
        '--language names it. Errors and warnings: toki check FILE.')])]
    for language in tables['languages']:
        lines, described = [], {}
        for row in language['directives']:
            lines += entry(row['usage'], man_sentence(row))
            parameters = row['arguments'] + row['options']
            key = json.dumps(row['options'])
            if row['options'] and key in described:
                lines += ['.RS', '.PP', roff(f'Options as of {described[key]}.'), '.RE']
                continue
            if row['options']:
                described[key] = row['keyword']
            if parameters:
                lines.append('.RS')
                for p in parameters:
                    default = f"; without it: {p['default']}" if p['default'] else ''
                    text = man_sentence(p)
                    lines += ['.TP', f'.I {roff(p["name"])}',
                              roff(f"{text}{'; ' if text else ''}{p['value']}{default}")]
                lines.append('.RE')
        parts.append((title(language).upper(), lines))
    parts.append(('SEE ALSO', ['.BR toki (1),', '.BR tokid (8)']))
    return page('TOKID.CONF', 5, version, 'every directive of chrony.conf, ntp.conf and ntpd.conf',
                parts)


# ---- completion ----

COMPLETION = r'''# completion of bash for toki and tokid; made by tools/manual.py
_toki() {
    local word=$2 before=$3 command=${COMP_WORDS[1]}
    COMPREPLY=()
    case $before in
    --control | --pidfile | --config | --plot | -f)
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "$word"))
        return ;;
    --language)
        COMPREPLY=($(compgen -W 'chrony ntp openntpd' -- "$word"))
        return ;;
    --format)
        COMPREPLY=($(compgen -W 'chrony ntp' -- "$word"))
        return ;;
    esac
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W '@COMMANDS@' -- "$word"))
        return
    fi
    case $command in
@CASES@
    esac
}
_tokid() {
    local word=$2 before=$3
    COMPREPLY=()
    case $before in
    --language)
        COMPREPLY=($(compgen -W 'chrony ntp openntpd' -- "$word"))
        return ;;
    esac
    case $word in
    -*)
        COMPREPLY=($(compgen -W '@OPTIONS@' -- "$word")) ;;
    *)
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "$word")) ;;
    esac
}
complete -F _toki toki
complete -F _tokid tokid
'''


def case(pattern, words, files=False):
    reply = f'COMPREPLY=($(compgen -W \'{" ".join(words)}\' -- "$word"))'
    if files:
        reply = ('case $word in -*) ' + reply + ' ;;\n        *) compopt -o filenames 2>/dev/null; '
                 'COMPREPLY=($(compgen -f -- "$word")) ;; esac')
    return f'    {pattern})\n        {reply} ;;'


def source_options(tables):
    """Words that may stand in a source line, of any language."""
    words = set()
    for language in tables['languages']:
        for row in language['directives']:
            if row['keyword'] in ('server', 'pool', 'peer'):
                words |= {p['name'] for p in row['options'] if p['verdict'] == 'works'}
    return sorted(words)


def write_completion(commands, options, tables):
    cases = []
    directives = {row['keyword'] for language in tables['languages']
                  for row in language['directives']}
    special = {
        'add': case('add', ['server', 'pool', 'peer'] + source_options(tables)),
        'explain': case('explain', [c['code'] for c in tables['codes']] + sorted(directives) +
                        ['--json']),
    }
    for usage, _ in commands:
        for name in usage[0].split()[0].split('|'):
            words = long_options(' '.join(usage))
            verbs = sorted({line.split()[1] for line in usage
                            if len(line.split()) > 1 and re.fullmatch('[a-z]+', line.split()[1])})
            if name in special:
                cases.append(special[name])
            elif words or verbs:
                files = 'FILE' in ' '.join(usage)
                if verbs:
                    cases.append(f'    {name})\n        if [ "$COMP_CWORD" -eq 2 ]; then '
                                 f'COMPREPLY=($(compgen -W \'{" ".join(verbs)}\' -- "$word")); '
                                 'return; fi\n' + case('x', words, files).split('\n', 1)[1])
                else:
                    cases.append(case(name, words, files))
    words = sorted({w for option, _ in options
                    for w in re.findall(r'(?<!\S)--?[A-Za-z0-9-]+', option)})
    return (COMPLETION.replace('@COMMANDS@', ' '.join(names_of_commands(commands)))
            .replace('@CASES@', '\n'.join(cases)).replace('@OPTIONS@', ' '.join(words)))


def main():
    toki, tokid, folder = sys.argv[1:4]
    wanted = sys.argv[4:]
    tables = json.loads(ask(toki, 'explain', '--json'))
    version = ask(toki, 'version').split()[1]
    commands, options = read_commands(toki), read_options(tokid)
    files = {
        'directives.md': lambda: write_markdown(tables),
        'toki.1': lambda: toki_page(version, commands),
        'tokid.8': lambda: tokid_page(version, options),
        'tokid.conf.5': lambda: conf_page(version, tables),
        'toki.bash': lambda: write_completion(commands, options, tables),
        'tokid.bash': lambda: write_completion(commands, options, tables),
    }
    for name, write in files.items():
        if not wanted or name in wanted:
            Path(folder, name).write_text(write(), encoding='utf-8')


if __name__ == '__main__':
    main()

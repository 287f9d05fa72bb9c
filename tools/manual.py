#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""manual.py TOKI TOKID FOLDER [FILE]...: writes directives.md, the man pages and the completion for
bash, zsh and fish.

Nothing is written down twice: directives come from the tables that the parser reads (`toki explain
--json`), commands and options from those of the command lines (`toki help --json`, `tokid
--help=json`). doc/directives.md is a copy of what this makes; tests/tidy holds it to that, and
`tools/manual.py build/toki build/tokid doc directives.md` renews it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

TITLES = {'ntp.conf': 'ntp.conf (classic and NTPsec)'}  # the others go by their names
VERDICTS = '''**works**: it does what it does in the daemon that it comes from. **needs nothing here**: read, checked
and accepted without a message, for the reason given. **ignored with a warning**: tokid starts and
describes the missing function. **refused**: tokid does not start, because the time or its safety would
differ from what was configured; the message names an alternative.'''


def ask(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout


def title(language):
    return TITLES.get(language['language'], language['language'])


# ---- commands ----

def spellings(option):
    """['-j', '--json']"""
    return ([f"-{option['letter']}"] if option['letter'] else []) + \
        ([f"--{option['name']}"] if option['name'] else [])


def with_builtin(command):
    """Its options, and those that the parser adds."""
    flag = {'kind': 'flag', 'value': None, 'choices': [], 'default': None, 'heading': None,
            'expected': None, 'minimum': None, 'maximum': None, 'repeats': False}
    rows = list(command['options'])
    if command['version_letter']:
        rows.append({**flag, 'letter': command['version_letter'], 'name': 'version',
                     'help': 'print the version'})
    free = all(o['letter'] != 'h' for o in rows)
    rows.append({**flag, 'letter': 'h' if free else None, 'name': 'help', 'help': 'print this help'})
    return rows


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


def described(option):
    """What it does, with its range and its default."""
    parts = []
    if option['kind'] == 'count' and option['maximum'] and \
            option['expected'].startswith('a whole number from'):
        parts.append(f"{option['minimum']:.0f} to {option['maximum']:.0f}")
    elif option['kind'] in ('count', 'time', 'part', 'rate') and option['expected']:
        parts.append(option['expected'])
    if option['default']:
        parts.append(f"default: {option['default']}")
    return option['help'] + (f" ({'; '.join(parts)})" if parts else '')


def option_lines(command):
    lines = []
    for option in with_builtin(command):
        if option['heading']:
            lines += ['.PP', roff(option['heading']) + ':']
        value = f" {option['value']}" if option['value'] else ''
        lines += entry(', '.join(spellings(option)) + value, described(option))
    return lines


def argument_lines(command):
    return [line for a in command['arguments'] if a['help'] for line in entry(a['name'], a['help'])]


def as_it_is(text):
    return ['.nf'] + [roff(line) or '.sp' for line in text.rstrip('\n').split('\n')] + ['.fi']


def command_lines(command):
    lines = [f".SS {roff(command['usage'])}", roff(command['summary']) + '.']
    if command['help']:
        lines += ['.PP', roff(command['help'])]
    if not command['parts']:
        lines += argument_lines(command) + option_lines(command)
    if command['notes']:
        lines += ['.PP'] + as_it_is(command['notes'])
    return lines


def exit_lines(command):
    return [line for code, meaning in enumerate(command['exits']) if meaning
            for line in entry(str(code), meaning)]


def toki_page(version, commands):
    exits, examples = [], []
    for command in commands:
        if not command['parts']:
            exits += [f".SS {roff(command['name'])}"] + exit_lines(command)
        if command['examples']:
            examples += ['.PP', roff(command['summary']) + ':', '.RS'] + \
                as_it_is(command['examples']) + ['.RE']
    return page('TOKI', 1, version, 'reports on the NTP daemon tokid and controls it', [
        ('SYNOPSIS', ['.B toki', '.I COMMAND', '[\\&', '.IR OPTION \\ ...]', '[\\&',
                      '.IR ARGUMENT \\ ...]']),
        ('DESCRIPTION', [roff('toki tells whether the clock is right and, if it is not, why; queries '
                              'time servers; checks configurations; and changes a running tokid. '
                              'Options may follow arguments, and long ones may be abbreviated; -- '
                              'ends them.')]),
        ('COMMANDS', [line for command in commands for line in command_lines(command)]),
        ('EXIT STATUS', exits),
        ('FILES', entry('/run/toki/tokid.sock', 'control socket of a tokid of root') +
         entry('$XDG_RUNTIME_DIR/toki/tokid.sock', 'that of a tokid of another user')),
        ('EXAMPLES', examples),
        ('SEE ALSO', ['.BR tokid (8),', '.BR tokid.conf (5)'])])


def tokid_page(version, command):
    return page('TOKID', 8, version, 'keeps the clock by NTP and serves the time', [
        ('SYNOPSIS', ['.B tokid', '[\\&', '.IR OPTION \\ ...]']),
        ('DESCRIPTION', [roff('tokid reads a chrony.conf, an ntp.conf or an ntpd.conf of OpenNTPD, '
                              'keeps the clock by what it says, and serves the time.')]),
        ('OPTIONS', option_lines(command)),
        ('SIGNALS', entry('SIGHUP', 'reads the configuration again, as toki reload does: as one step, '
                          'or changes nothing and says why') +
         entry('SIGTERM, SIGINT', 'writes the files of state and ends')),
        ('EXIT STATUS', exit_lines(command)),
        ('EXAMPLES', as_it_is(command['examples'])),
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


# ---- completion: what may follow ----

def source_options(tables):
    """Words that may stand in a source line, of any language."""
    words = set()
    for language in tables['languages']:
        for row in language['directives']:
            if row['keyword'] in ('server', 'pool', 'peer'):
                words |= {p['name'] for p in row['options'] if p['verdict'] == 'works'}
    return sorted(words)


def topics(tables):
    """What `toki explain` knows."""
    words = {row['keyword'] for language in tables['languages'] for row in language['directives']}
    words |= {p['name'] for language in tables['languages'] for row in language['directives']
              for p in row['options']}
    codes = [c['code'] for key in ('codes', 'clock_codes', 'source_codes') for c in tables[key]]
    return list(dict.fromkeys(codes + sorted(words)))


def restrict_flags(tables):
    return sorted({p['name'] for language in tables['languages'] for row in language['directives']
                   for p in row['options'] if row['keyword'] == 'restrict'})


def add_words(commands, tables):
    """Fills in the choices that the tables of commands do not have: each is taken from its own."""
    names = [c['name'] for c in commands if ' ' not in c['name']]
    for command in commands:
        for argument in command['arguments']:
            if argument['kind'] == 'topic':
                argument['choices'] = topics(tables)
            elif argument['kind'] == 'command':
                argument['choices'] = names
            elif (command['name'], argument['name']) == ('add', 'WORD'):
                argument['choices'] = source_options(tables)
            elif argument['name'] == 'FLAG':
                argument['choices'] = restrict_flags(tables)


def valued(command):
    """Options that take a value."""
    return [o for o in with_builtin(command) if o['kind'] != 'flag']


def whole_names(commands):
    """[(command, its sub-commands)]"""
    return [(c, [p for p in commands if p['name'].startswith(c['name'] + ' ')])
            for c in commands if ' ' not in c['name']]


SOURCES = '''toki sources --json 2>/dev/null | grep -o '"name": *"[^"]*"' | cut -d'"' -f4'''


# ---- completion of bash ----

BASH = r"""# completion of bash for toki and tokid; made by tools/manual.py
_toki_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word"); }
_toki_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word"); }
_toki_folders() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word"); }
_toki_hosts() { mapfile -t COMPREPLY < <(compgen -A hostname -- "$word"); }
_toki_sources() { _toki_words "$(@SOURCES@)"; }
# Sets at: the number of arguments before the word, from the word $1 on; $2: options with a value.
_toki_position() {
    local i
    at=0
    for ((i = $1; i < COMP_CWORD; i++)); do
        case " $2 " in
        *" ${COMP_WORDS[i]} "*)
            ((i++))
            [[ ${COMP_WORDS[i]} == = ]] && ((i++)) ;;
        *) [[ ${COMP_WORDS[i]} == -* ]] || ((at++)) ;;
        esac
    done
}
_toki_split() {
    word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    if [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    elif [[ $word == = ]]; then
        word=
    fi
    COMPREPLY=()
}
@FUNCTIONS@
_toki() {
    local word before at
    _toki_split
    if ((COMP_CWORD == 1)); then
        _toki_words '@COMMANDS@'
        return
    fi
    case ${COMP_WORDS[1]} in
@CASES@
    esac
}
_tokid() {
    local word before at
    _toki_split
    _toki_of_tokid 1
}
complete -F _toki toki
complete -F _tokid tokid
"""


def bash_action(row):
    if row['choices']:
        return f"_toki_words '{' '.join(row['choices'])}'"
    return {'file': '_toki_files', 'folder': '_toki_folders', 'host': '_toki_hosts',
            'source': '_toki_sources'}.get(row['kind'], ':')


def function_name(command):
    return '_toki_of_' + command['name'].replace(' ', '_').replace('-', '_')


def bash_function(command):
    options = [s for o in with_builtin(command) for s in spellings(o)]
    lines = [f'{function_name(command)}() {{', '    case $before in']
    for option in valued(command):
        lines += [f"    {' | '.join(spellings(option))})", f'        {bash_action(option)}',
                  '        return ;;']
    lines += ['    esac', '    if [[ $word == -* ]]; then',
              f"        _toki_words '{' '.join(options)}'", '        return', '    fi',
              f"    _toki_position \"$1\" '{' '.join(s for o in valued(command) for s in spellings(o))}'",
              '    case $at in']
    for number, argument in enumerate(command['arguments']):
        lines += ['    *)' if argument['repeats'] else f'    {number})',
                  f'        {bash_action(argument)} ;;']
    if not command['arguments']:
        lines += ['    0)', f"        _toki_words '{' '.join(options)}' ;;"]
    return '\n'.join(lines + ['    esac', '}'])


def write_bash(commands, tokid):
    cases = []
    for command, parts in whole_names(commands):
        if not parts:
            cases.append(f"    {command['name']}) {function_name(command)} 2 ;;")
            continue
        names = ' '.join(p['name'].split()[1] for p in parts)
        cases += [f"    {command['name']})", '        if ((COMP_CWORD == 2)); then',
                  f"            _toki_words '{names} --help'", '            return', '        fi',
                  '        case ${COMP_WORDS[2]} in']
        cases += [f"        {p['name'].split()[1]}) {function_name(p)} 3 ;;" for p in parts]
        cases += ['        esac ;;']
    names = ' '.join(c['name'] for c, _ in whole_names(commands))
    functions = [bash_function(c) for c in commands + [tokid] if not c['parts']]
    return (BASH.replace('@SOURCES@', SOURCES).replace('@FUNCTIONS@', '\n'.join(functions))
            .replace('@COMMANDS@', names + ' --help --version').replace('@CASES@', '\n'.join(cases)))


# ---- completion of zsh ----

ZSH = r"""#compdef toki tokid
# completion of zsh for toki and tokid; made by tools/manual.py
_toki_sources() {
    local -a names
    names=(${(f)"$(@SOURCES@)"})
    compadd -a names
}
_toki_toki() {
    local -a names
    if ((CURRENT == 2)); then
        names=(
@COMMANDS@
        )
        _describe -t commands command names
        return
    fi
    shift words
    ((CURRENT--))
    case $words[1] in
@CASES@
    esac
}
_toki_tokid() {
@TOKID@
}
case $service in
tokid) _toki_tokid ;;
*) _toki_toki ;;
esac
"""


def zsh_quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def zsh_escape(text):
    return re.sub(r'([\[\]:\\])', r'\\\1', text)


def zsh_action(row):
    if row['choices']:
        return '(' + ' '.join(row['choices']) + ')'
    return {'file': '_files', 'folder': '_files -/', 'host': '_hosts',
            'source': '_toki_sources'}.get(row['kind'], ' ')


def zsh_specs(command):
    specs = []
    for option in with_builtin(command):
        names = spellings(option)
        value = ''
        if option['kind'] != 'flag':
            value = f":{zsh_escape(option['value'])}:{zsh_action(option)}"
        for name in names:
            others = '*' if option['repeats'] else f"({' '.join(names)})"
            sign = '=' if value and name.startswith('--') else '+' if value else ''
            specs.append(zsh_quote(f"{others}{name}{sign}[{zsh_escape(option['help'])}]{value}"))
    for argument in command['arguments']:
        where = '*' if argument['repeats'] else ':' if argument['optional'] else ''
        specs.append(zsh_quote(f"{where}:{zsh_escape(argument['name'])}:{zsh_action(argument)}"))
    return specs


def zsh_arguments(command, indent):
    return [f'{indent}_arguments -s -S \\'] + \
        [f'{indent}    {spec} \\' for spec in zsh_specs(command)[:-1]] + \
        [f'{indent}    {zsh_specs(command)[-1]}']


def zsh_describe(commands, indent):
    return [indent + zsh_quote(f"{c['name'].split()[-1]}:{zsh_escape(c['summary'])}")
            for c in commands]


def write_zsh(commands, tokid):
    cases = []
    for command, parts in whole_names(commands):
        cases.append(f"    {command['name']})")
        if parts:
            cases += ['        if ((CURRENT == 2)); then', '            names=(',
                      *zsh_describe(parts, ' ' * 16), '            )',
                      '            _describe -t commands sub-command names', '            return',
                      '        fi', '        shift words', '        ((CURRENT--))',
                      '        case $words[1] in']
            for part in parts:
                cases += [f"        {part['name'].split()[1]})", *zsh_arguments(part, ' ' * 12),
                          '            ;;']
            cases.append('        esac')
        else:
            cases += zsh_arguments(command, ' ' * 8)
        cases.append('        ;;')
    names = zsh_describe([c for c, _ in whole_names(commands)], ' ' * 12)
    return (ZSH.replace('@SOURCES@', SOURCES).replace('@COMMANDS@', '\n'.join(names))
            .replace('@CASES@', '\n'.join(cases))
            .replace('@TOKID@', '\n'.join(zsh_arguments(tokid, '    '))))


# ---- completion of fish ----

FISH = r"""# completion of fish for @NAME@; made by tools/manual.py
"""
FISH_TOKI = r"""# Do these words stand behind toki? __toki_needs: and nothing else?
function __toki_at
    set -l words (commandline -opc)
    set -l last (math 1 + (count $argv))
    test (count $argv) -eq 0; and return
    test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"
end
function __toki_needs
    test (count (commandline -opc)) -eq (math 1 + (count $argv)); and __toki_at $argv
end
function __toki_sources
    @SOURCES@
end
complete -c toki -f
"""


def fish_quote(text):
    return "'" + text.replace('\\', '\\\\').replace("'", "\\'") + "'"


def fish_action(row):
    if row['choices']:
        return "-a " + fish_quote(' '.join(row['choices']))
    return {'file': '-F', 'folder': "-a '(__fish_complete_directories)'",
            'host': "-a '(__fish_print_hostnames)'",
            'source': "-a '(__toki_sources)'"}.get(row['kind'], '')


def fish_lines(program, command, condition):
    lines = []
    for option in with_builtin(command):
        words = [f'complete -c {program}', *condition]
        words += [f"-s {option['letter']}"] if option['letter'] else []
        words += [f"-l {option['name']}"] if option['name'] else []
        if option['kind'] != 'flag':
            words += ['-r' if option['kind'] == 'file' else '-x', fish_action(option)]
        lines.append(' '.join(w for w in words + ['-d', fish_quote(option['help'])] if w))
    for argument in command['arguments']:
        action = fish_action(argument)
        if action:
            lines.append(' '.join([f'complete -c {program}', *condition, action]))
    return lines


def write_fish(commands):
    lines = [FISH.replace('@NAME@', 'toki') + FISH_TOKI.replace('@SOURCES@', SOURCES).rstrip()]
    for command, parts in whole_names(commands):
        name = command['name']
        lines.append(f"complete -c toki -n '__toki_needs' -a {name} "
                     f"-d {fish_quote(command['summary'])}")
        for part in parts:
            lines.append(f"complete -c toki -n '__toki_needs {name}' -a {part['name'].split()[1]} "
                         f"-d {fish_quote(part['summary'])}")
        for c in parts or [command]:
            lines += fish_lines('toki', c, [f"-n '__toki_at {c['name']}'"])
    return '\n'.join(lines) + '\n'


def write_fish_tokid(tokid):
    return FISH.replace('@NAME@', 'tokid') + 'complete -c tokid -f\n' + \
        '\n'.join(fish_lines('tokid', tokid, [])) + '\n'


def main():
    toki, tokid, folder = sys.argv[1:4]
    wanted = sys.argv[4:]
    tables = json.loads(ask(toki, 'explain', '--json'))
    version = ask(toki, 'version').split()[1]
    commands = json.loads(ask(toki, 'help', '--json'))['commands']
    [daemon] = json.loads(ask(tokid, '--help=json'))['commands']
    add_words(commands, tables)
    files = {
        'directives.md': lambda: write_markdown(tables),
        'toki.1': lambda: toki_page(version, commands),
        'tokid.8': lambda: tokid_page(version, daemon),
        'tokid.conf.5': lambda: conf_page(version, tables),
        'toki.bash': lambda: write_bash(commands, daemon),
        'tokid.bash': lambda: write_bash(commands, daemon),
        '_toki': lambda: write_zsh(commands, daemon),
        'toki.fish': lambda: write_fish(commands),
        'tokid.fish': lambda: write_fish_tokid(daemon),
    }
    for name, write in files.items():
        if not wanted or name in wanted:
            Path(folder, name).write_text(write(), encoding='utf-8')


if __name__ == '__main__':
    main()

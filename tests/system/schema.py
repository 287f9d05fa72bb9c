# SPDX-License-Identifier: BSD-2-Clause
"""Holds JSON documents to doc/schema/toki-1.json: the part of JSON Schema that it uses."""

import json
import re

import net

SCHEMA = json.loads((net.REPO / 'doc/schema/toki-1.json').read_text(encoding='utf-8'))
_CHANGES = SCHEMA['$defs']['change']['properties']['command']['enum']
_KNOWN = {'$ref', 'description', 'type', 'properties', 'required', 'items', 'enum', 'const', 'anyOf',
          'additionalProperties', 'minimum', 'maximum', 'pattern'}
_TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'null': type(None)}


def _is(value, name):
    if name in ('integer', 'number'):
        return not isinstance(value, bool) and isinstance(
            value, int if name == 'integer' else (int, float))
    return isinstance(value, _TYPES[name])


def _fault(value, rule, at):
    """What is wrong with the value, or None."""
    if not set(rule) <= _KNOWN:
        return f'the schema has unknown words {set(rule) - _KNOWN}'
    if '$ref' in rule:
        return _fault(value, SCHEMA['$defs'][rule['$ref'].rsplit('/', 1)[1]], at)
    if 'anyOf' in rule:
        faults = [_fault(value, one, at) for one in rule['anyOf']]
        return None if None in faults else '; '.join(faults)
    types = rule.get('type', [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, name) for name in types):
        return f'{at} is not {types}: {value!r}'
    if 'const' in rule and value != rule['const'] or 'enum' in rule and value not in rule['enum']:
        return f'{at} is {value!r}'
    if _is(value, 'number') and not (rule.get('minimum', value) <= value
                                     <= rule.get('maximum', value)):
        return f'{at} is out of range: {value}'
    if isinstance(value, str) and not re.search(rule.get('pattern', ''), value):
        return f'{at} is {value!r}'
    if isinstance(value, list):
        for i, one in enumerate(value):
            fault = _fault(one, rule.get('items', {}), f'{at}[{i}]')
            if fault:
                return fault
    return _fault_of_object(value, rule, at) if isinstance(value, dict) else None


def _fault_of_object(value, rule, at):
    for name in rule.get('required', []):
        if name not in value:
            return f'{at} has no {name}'
    for name, one in value.items():
        below = rule.get('properties', {}).get(name, rule.get('additionalProperties', {}))
        fault = _fault(one, below, f'{at}.{name}')
        if fault:
            return fault
    return None


def knows(command):
    return command in _CHANGES or command in SCHEMA['$defs']


def check(text, command):
    """The document of this text, which is one line and as the schema wants it."""
    assert text.count('\n') == 1 and text.endswith('\n'), text
    document = json.loads(text)
    name = 'change' if command in _CHANGES else command
    fault = _fault(document, SCHEMA['$defs'][name], name)
    assert fault is None, fault
    # a member that the schema does not know is one that nobody wrote down
    for known, where in _unknown(document, SCHEMA['$defs'][name], name):
        raise AssertionError(f'{where}.{known} is not in the schema')
    return document


def _unknown(value, rule, at):
    while '$ref' in rule:
        rule = SCHEMA['$defs'][rule['$ref'].rsplit('/', 1)[1]]
    if isinstance(value, list):
        for one in value:
            yield from _unknown(one, rule.get('items', {}), at)
    if isinstance(value, dict) and 'properties' in rule:
        for name, one in value.items():
            if name not in rule['properties']:
                yield name, at
            else:
                yield from _unknown(one, rule['properties'][name], f'{at}.{name}')

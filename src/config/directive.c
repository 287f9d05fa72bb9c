/* SPDX-License-Identifier: BSD-2-Clause */
/* The walker goes on after an error, so that one run names them all. */
#include "config/directive.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/message.h"
#include "config/place.h"
#include "config/text.h"
#include "config/usage.h"
#include "core/units.h"

#define HINT_MAX 256

/* ---- messages ---- */

static void __attribute__((format(printf, 5, 0)))
add_here(struct reader *r, enum config_severity severity, const struct word *word, const char *hint,
         const char *format, va_list arguments)
{
    struct message_place place = {.file = r->frame->path,
                                  .line = r->frame->line,
                                  .source = r->frame->source,
                                  .source_length = r->frame->source_length,
                                  .width = 1};

    if (word) {
        place.column = word->column;
        place.width = word->width;
    } else if (r->line.count > 0) {
        const struct word *last = &r->line.words[r->line.count - 1];

        place.column = last->column + last->width;
    } else {
        place.column = 1;
    }
    message_add(r->config, severity, &place, hint, format, arguments);
}

void reader_error(struct reader *r, const struct word *word, const char *hint, const char *format,
                  ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_here(r, CONFIG_ERROR, word, hint, format, arguments);
    va_end(arguments);
    r->line_errors++;
}

void reader_warning(struct reader *r, const struct word *word, const char *hint, const char *format,
                    ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_here(r, CONFIG_WARNING, word, hint, format, arguments);
    va_end(arguments);
}

void reader_message_at(struct reader *r, enum config_severity severity, const struct origin *at,
                       const char *hint, const char *format, ...)
{
    struct message_place place = {.file = at->file ? at->file : r->files[0]};

    if (at->file) {
        place.line = at->line;
        place.column = at->column;
        place.width = at->width;
    }
    va_list arguments;
    va_start(arguments, format);
    message_add(r->config, severity, &place, hint, format, arguments);
    va_end(arguments);
}

struct origin reader_here(const struct reader *r)
{
    const struct word *word = &r->line.words[0];

    return (struct origin){.file = r->frame->path,
                           .line = r->frame->line,
                           .column = word->column,
                           .width = word->width};
}

/* ---- the tables ---- */

static bool same_word(const char *a, const char *b, bool any_case)
{
    if (any_case ? text_lower(a[0]) != text_lower(b[0]) : a[0] != b[0]) {
        return false; /* nearly all comparisons end here */
    }
    return any_case ? text_equal_any_case(a, b) : strcmp(a, b) == 0;
}

const struct directive *directive_find(const struct language *language, const char *keyword)
{
    for (const struct directive *d = language->directives; d->keyword; d++) {
        if (same_word(d->keyword, keyword, language->any_case)) {
            return d;
        }
    }
    return NULL;
}

const struct parameter *parameter_find(const struct parameter *table, const char *name,
                                       bool any_case)
{
    for (const struct parameter *p = table; p && p->name; p++) {
        if (same_word(p->name, name, any_case)) {
            return p;
        }
    }
    return NULL;
}

/* Names the languages that have the word: as an option of `keyword`, or (NULL) as a directive. */
static bool hint_others(const struct reader *r, const char *keyword, const char *word,
                        char hint[HINT_MAX])
{
    char names[HINT_MAX / 2] = "";
    size_t used = 0;

    for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
        const struct directive *d = directive_find(l, keyword ? keyword : word);

        if (d && (!keyword || parameter_find(d->options, word, l->any_case))) {
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? " and " : "", l->name);
        }
    }
    if (used > 0) {
        snprintf(hint, HINT_MAX, "'%.40s' is %s of %s; this file is read as %s", word,
                 keyword ? "an option" : "a word", names, r->language->name);
    }
    return used > 0;
}

static void hint_directive(const struct reader *r, const char *word, char hint[HINT_MAX])
{
    hint[0] = '\0';
    if (!message_wanted(r->config)) {
        return;
    }
    for (const struct directive *d = r->language->directives; d->keyword; d++) {
        if (text_equal_any_case(d->keyword, word)) {
            snprintf(hint, HINT_MAX, "write '%s': words of %s are in lower case", d->keyword,
                     r->language->name);
            return;
        }
    }
    if (hint_others(r, NULL, word, hint)) {
        return;
    }
    struct text_likeness like = text_likeness_of(word);
    for (const struct directive *d = r->language->directives; d->keyword; d++) {
        text_likeness_compare(&like, d->keyword);
    }
    if (like.best) {
        snprintf(hint, HINT_MAX, "did you mean '%s'?", like.best);
    }
}

static void hint_option(const struct reader *r, const char *word, char hint[HINT_MAX])
{
    hint[0] = '\0';
    if (!message_wanted(r->config)) {
        return;
    }
    const char *hash = strchr(word, '#');
    if (hash && hash != word) {
        snprintf(hint, HINT_MAX, "a comment needs a space before its '#'");
        return;
    }
    struct text_likeness like = text_likeness_of(word);
    for (const struct parameter *p = r->directive->options; p->name; p++) {
        text_likeness_compare(&like, p->name);
    }
    if (like.best) {
        snprintf(hint, HINT_MAX, "did you mean '%s'?", like.best);
        return;
    }
    hint_others(r, r->directive->keyword, word, hint);
}

/* ---- numbers ---- */

/* What a unit behind a number means in the parameter's unit; 0: unknown. */
static double unit_factor(const char *suffix, const char *unit)
{
    char lower[8] = "";

    for (size_t i = 0; suffix[i] && i + 1 < sizeof lower; i++) {
        lower[i] = text_lower(suffix[i]);
    }
    return !unit                      ? 0
           : strcmp(unit, "s") == 0   ? units_time_s(lower)
           : strcmp(unit, "ppm") == 0 ? units_ratio(lower) * 1e6
                                      : 0;
}

static void complain_of_number(struct reader *r, const struct parameter *p, const struct word *word)
{
    char hint[HINT_MAX];
    const char *end;
    double number, factor;

    usage_of_parameter(p, hint, HINT_MAX);
    if (!word->quoted && text_number(word->text, &number, &end) && *end != '\0') {
        factor = unit_factor(end, p->unit);
        if (factor > 0) {
            snprintf(hint, HINT_MAX, "write the number without a unit: '%.10g' (%s)",
                     number * factor, usage_unit(p->unit));
        } else if (*end == ',') {
            snprintf(hint, HINT_MAX, "use '.' as the decimal point");
        } else if (p->unit && strcmp(p->unit, "log2 s") == 0 && unit_factor(end, "s") > 0 &&
                   number > 0) {
            snprintf(hint, HINT_MAX, "%s is log2 of seconds: '%.0f' is %.10g s", p->name,
                     round(log2(number * unit_factor(end, "s"))),
                     exp2(round(log2(number * unit_factor(end, "s")))));
        }
    }
    reader_error(r, word, hint, "E003 '%.100s' is not a %s", word->text,
                 p->type == PARAMETER_INTEGER ? "whole number" : "number");
}

enum number_verdict parameter_number(const struct parameter *p, const char *text, double *number)
{
    bool flag = p->type == PARAMETER_FLAG;
    const char *end;

    if (!text_number(text, number, &end) || *end != '\0' ||
        (p->type != PARAMETER_REAL && *number != floor(*number))) {
        return NUMBER_NONE;
    }
    return *number >= (flag ? 0 : p->minimum) && *number <= (flag ? 1 : p->maximum)
               ? NUMBER_GOOD
               : NUMBER_OUT_OF_RANGE;
}

static bool read_number(struct reader *r, const struct parameter *p, const struct word *word,
                        double *number)
{
    char hint[HINT_MAX];

    switch (parameter_number(p, word->text, number)) {
    case NUMBER_GOOD: return true;
    case NUMBER_NONE: complain_of_number(r, p, word); break;
    case NUMBER_OUT_OF_RANGE:
        usage_of_parameter(p, hint, HINT_MAX);
        reader_error(r, word, hint, "E004 '%.100s' is out of range", word->text);
        break;
    }
    return false;
}

/* ---- one line ---- */

static void complain_of_verdict(struct reader *r, enum verdict verdict, const struct word *word,
                                const char *reason, const char *instead)
{
    const char *hint = instead ? instead : "";

    switch (verdict) {
    case VERDICT_LATER:
        reader_warning(r, word, hint, "W010 '%.40s' is not supported yet: %s; ignored", word->text,
                       reason);
        break;
    case VERDICT_OBSOLETE:
        reader_warning(r, word, hint, "W011 '%.40s' has no effect: %s", word->text, reason);
        break;
    case VERDICT_REFUSED:
        reader_error(r, word, hint, "E014 '%.40s' is not supported yet: %s", word->text, reason);
        break;
    case VERDICT_WORKS:
    case VERDICT_NOTHING: break;
    }
}

static void read_value(struct reader *r, const struct parameter *p, struct value *value)
{
    const struct word *word = &r->line.words[r->next++];

    if (p->type == PARAMETER_INTEGER || p->type == PARAMETER_REAL) {
        if (!read_number(r, p, word, &value->number)) {
            return;
        }
    } else if (word->text[0] == '\0') {
        reader_error(r, word, "", "E005 '%s' is empty", p->name);
        return;
    } else if (p->interface && (strlen(word->text) >= p->capacity || strchr(word->text, '/'))) {
        reader_error(r, word, "eth0, for example", "E008 '%.100s' is not the name of an interface",
                     word->text);
        return;
    } else if (p->store == STORE_TEXT && strlen(word->text) >= p->capacity) {
        reader_error(r, word, "", "E019 '%s' is longer than %zu bytes", p->name, p->capacity - 1);
        return;
    }
    value->word = word;
}

static void read_arguments(struct reader *r, const struct directive *d)
{
    char hint[HINT_MAX];
    unsigned i = 0;

    for (const struct parameter *p = d->arguments; p && p->name; p++, i++) {
        if (r->next >= r->line.count) {
            if (!p->optional) {
                usage_of_directive(d, hint, HINT_MAX);
                reader_error(r, NULL, hint, "E005 '%s' needs '%s'", d->keyword, p->name);
            }
            return;
        }
        if (p->type == PARAMETER_REST) {
            r->rest = r->next;
            r->next = r->line.count;
            return;
        }
        /* an optional number may be left out in front of an option */
        if (p->optional &&
            parameter_find(d->options, r->line.words[r->next].text, r->language->any_case)) {
            continue;
        }
        if (p->verdict != VERDICT_WORKS) {
            complain_of_verdict(r, p->verdict, &r->line.words[r->next], p->reason, p->instead);
        }
        read_value(r, p, &r->values[i]);
    }
}

static bool starts_number(const char *text)
{
    return text_is_digit(text[text[0] == '-' || text[0] == '+']);
}

static void read_option(struct reader *r, const struct directive *d, unsigned first_value)
{
    char hint[HINT_MAX];
    const struct word *word = &r->line.words[r->next++];
    const struct parameter *p = parameter_find(d->options, word->text, r->language->any_case);

    if (!p) {
        hint_option(r, word->text, hint);
        reader_error(r, word, hint, "E002 unknown option '%.100s' of '%s'", word->text, d->keyword);
        if (r->next < r->line.count && starts_number(r->line.words[r->next].text)) {
            r->next++; /* its value: no second error for the same slip */
        }
        return;
    }
    struct value *value = &r->values[first_value + (unsigned)(p - d->options)];
    if (value->word) {
        reader_warning(r, word, "", "W009 '%s' is given twice; the last one takes effect", p->name);
    }
    complain_of_verdict(r, p->verdict, word, p->reason, p->instead);
    if (p->type == PARAMETER_FLAG) {
        value->word = word;
        value->number = 1;
        return;
    }
    if (r->next >= r->line.count) {
        usage_of_parameter(p, hint, HINT_MAX);
        reader_error(r, word, hint, "E005 '%s' needs a value", p->name);
        return;
    }
    read_value(r, p, value);
}

void parameter_put(const struct parameter *p, double number, const char *text, void *base)
{
    char *place = (char *)base + p->offset;

    number *= p->scale != 0 ? p->scale : 1;
    /* by memcpy: the place has its own type, and base is any struct */
    switch (p->store) {
    case STORE_NOTHING: break;
    case STORE_BOOL: memcpy(place, &(bool){number > 0}, sizeof(bool)); break;
    case STORE_INT: memcpy(place, &(int){(int)number}, sizeof(int)); break;
    case STORE_UNSIGNED: memcpy(place, &(unsigned){(unsigned)number}, sizeof(unsigned)); break;
    case STORE_U16: memcpy(place, &(uint16_t){(uint16_t)number}, sizeof(uint16_t)); break;
    case STORE_U32: memcpy(place, &(uint32_t){(uint32_t)number}, sizeof(uint32_t)); break;
    case STORE_SIZE: memcpy(place, &(size_t){(size_t)number}, sizeof(size_t)); break;
    case STORE_DOUBLE: memcpy(place, &number, sizeof number); break;
    case STORE_TEXT:
        memset(place, 0, p->capacity);
        memcpy(place, text, strlen(text));
        break;
    }
}

static void store_all(struct reader *r, const struct directive *d)
{
    char *base = d->for_source ? (char *)&r->spec : (char *)r->config;
    unsigned arguments = parameter_count(d->arguments), options = parameter_count(d->options);

    for (unsigned i = 0; i < arguments + options; i++) {
        if (r->values[i].word) {
            const struct parameter *p =
                i < arguments ? &d->arguments[i] : &d->options[i - arguments];

            parameter_put(p, r->values[i].number, r->values[i].word->text, base);
            if (!d->for_source && p->store != STORE_NOTHING) {
                place_note_field(r, p->offset);
            }
        }
    }
}

static void note_repetition(struct reader *r, const struct directive *d)
{
    struct origin *seen = &r->seen[d - r->language->directives];

    if (seen->file && !d->repeats && d->verdict == VERDICT_WORKS) {
        reader_warning(r, &r->line.words[0], "", "W007 '%s' repeated: this line replaces %s:%u",
                       d->keyword, seen->file, seen->line);
    }
    *seen = reader_here(r);
}

const struct value *directive_value(const struct reader *r, const char *name)
{
    const struct directive *d = r->directive;
    unsigned arguments = parameter_count(d->arguments), options = parameter_count(d->options);

    for (unsigned i = 0; i < arguments + options; i++) {
        const struct parameter *p = i < arguments ? &d->arguments[i] : &d->options[i - arguments];

        if (strcmp(p->name, name) == 0) {
            return r->values[i].word ? &r->values[i] : NULL;
        }
    }
    return NULL;
}

static void read_family(struct reader *r)
{
    const char *text = r->next < r->line.count ? r->line.words[r->next].text : "";

    r->family = strcmp(text, "-4") == 0   ? ADDRESS_V4
                : strcmp(text, "-6") == 0 ? ADDRESS_V6
                                          : ADDRESS_NONE;
    r->next += r->family != ADDRESS_NONE;
}

static void read_parameters(struct reader *r, const struct directive *d)
{
    unsigned arguments = parameter_count(d->arguments);
    char hint[HINT_MAX];

    assert(arguments + parameter_count(d->options) <= PARAMETERS_MAX);
    memset(r->values, 0, sizeof r->values);
    r->rest = r->line.count;
    r->family = ADDRESS_NONE;
    if (d->family_prefix) {
        read_family(r);
    }
    read_arguments(r, d);
    while (r->next < r->line.count) {
        if (!d->options) {
            usage_of_directive(d, hint, HINT_MAX);
            reader_error(r, &r->line.words[r->next], hint,
                         "E006 '%.100s' is an unexpected argument", r->line.words[r->next].text);
            return;
        }
        read_option(r, d, arguments);
    }
}

void directive_parse(struct reader *r)
{
    char hint[HINT_MAX];
    const struct word *keyword = &r->line.words[0];
    const struct directive *d = directive_find(r->language, keyword->text);

    r->directive = d;
    r->line_errors = 0;
    r->next = 1;
    if (!d) {
        hint_directive(r, keyword->text, hint);
        reader_error(r, keyword, hint, "E001 unknown directive '%.100s'", keyword->text);
        return;
    }
    if (r->sources_only && !d->for_source) {
        reader_error(r, keyword, "a *.sources file may only contain server, pool and peer lines",
                     "E007 '%s' is not allowed here", d->keyword);
        return;
    }
    complain_of_verdict(r, d->verdict, keyword, d->reason, d->instead);
    if (!d->arguments && !d->options && !d->apply && d->verdict != VERDICT_WORKS) {
        return; /* nothing is known of its words, and nothing done with them */
    }
    read_parameters(r, d);
    if (r->line_errors > 0 || (d->verdict != VERDICT_WORKS && d->verdict != VERDICT_NOTHING)) {
        return;
    }
    note_repetition(r, d);
    if (d->for_source) {
        memcpy(&r->spec, r->language->source_defaults, sizeof r->spec);
    }
    place_begin(r);
    store_all(r, d);
    if (d->apply) {
        d->apply(r);
    }
    place_note_changes(r);
}

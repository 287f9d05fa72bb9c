/* SPDX-License-Identifier: BSD-2-Clause */
/* What a kind is called and which units it takes: switches, so that the compiler names who forgot
 * one. */
#include "args/args_value.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config/text.h"
#include "core/units.h"

/* Size of a unit, "" for a bare number; 0: the kind has no such unit. */
static double unit_size(enum args_kind kind, const char *unit)
{
    switch (kind) {
    case ARGS_TIME: return units_time_s(unit);
    case ARGS_SECONDS: return *unit ? units_time_s(unit) : 1;
    case ARGS_DAYS: return units_time_s(*unit ? unit : "d");
    case ARGS_PART:
    case ARGS_RATE: return *unit ? units_ratio(unit) : 1;
    case ARGS_COUNT:
    case ARGS_NUMBER:
    case ARGS_FLAG:
    case ARGS_WORD:
    case ARGS_PATH:
    case ARGS_FOLDER:
    case ARGS_HOST:
    case ARGS_SOURCE:
    case ARGS_TOPIC:
    case ARGS_COMMAND:
    case ARGS_CHOICE: break;
    }
    return *unit ? 0 : 1;
}

/* What a kind is called in the usage, and in sentences. */
struct naming {
    const char *value, *noun, *fault;
};

static struct naming naming_of(enum args_kind kind)
{
    static const char not_time[] = "is not a time (a number with ns, us, ms, s, min, h or d)";

    switch (kind) {
    case ARGS_FLAG: break;
    case ARGS_WORD: return (struct naming){"WORD", "a word", "is not a word"};
    case ARGS_PATH: return (struct naming){"FILE", "the path of a file", "is not a path"};
    case ARGS_FOLDER: return (struct naming){"FOLDER", "the path of a folder", "is not a path"};
    case ARGS_HOST: return (struct naming){"HOST", "a host name or an address", "is not a host"};
    case ARGS_SOURCE: return (struct naming){"SOURCE", "a source of the daemon", "is not a source"};
    case ARGS_TOPIC:
        return (struct naming){"TOPIC", "a code, a directive or an option", "is not a topic"};
    case ARGS_COMMAND: return (struct naming){"COMMAND", "a command", "is not a command"};
    case ARGS_CHOICE: return (struct naming){"WORD", "one of", "is unknown"};
    case ARGS_COUNT: return (struct naming){"N", "a whole number", "is not a whole number"};
    case ARGS_NUMBER: return (struct naming){"NUMBER", "a number", "is not a number"};
    case ARGS_TIME: return (struct naming){"TIME", "a time, such as 50ms", not_time};
    case ARGS_SECONDS: return (struct naming){"TIME", "a time, such as 10s", not_time};
    case ARGS_DAYS:
        return (struct naming){"LENGTH", "a length, such as 3d",
                               "is not a length (days, or a number with s, min, h or d)"};
    case ARGS_PART:
        return (struct naming){"PART", "a part, such as 1%", "is not a part (such as 0.01 or 1%)"};
    case ARGS_RATE:
        return (struct naming){"RATE", "a rate, such as 1ppm",
                               "is not a rate (a number, or one with ppm or ppb)"};
    }
    return (struct naming){"", "nothing", "is too large"};
}

bool args_value_number(enum args_kind kind, const char *text, double *out)
{
    const char *end;
    double number, size;

    *out = 0;
    if (!text_number(text, &number, &end)) {
        return false;
    }
    while (*end == ' ') {
        end++;
    }
    size = unit_size(kind, end);
    *out = number * size;
    return isfinite(*out) && (size > 0 || (*end == '\0' && !(number < 0 || number > 0))) &&
           (kind != ARGS_COUNT || !(floor(number) < number));
}

const char *args_choice(const struct args_option *o, size_t i)
{
    return o->choice ? o->choice(i) : o->choices ? o->choices[i] : NULL;
}

static void join_choices(const struct args_option *o, const char *between, char *out,
                         size_t capacity)
{
    const char *word;
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; (word = args_choice(o, i)) != NULL && used < capacity; i++) {
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", i ? between : "", word);
    }
}

const char *args_value_name(const struct args_option *o, char out[ARGS_VALUE_MAX])
{
    if (o->value) {
        snprintf(out, ARGS_VALUE_MAX, "%s", o->value);
    } else if (o->kind == ARGS_CHOICE) {
        join_choices(o, "|", out, ARGS_VALUE_MAX);
    } else {
        snprintf(out, ARGS_VALUE_MAX, "%s", naming_of(o->kind).value);
    }
    return out;
}

static bool has_range(const struct args_option *o)
{
    return o->kind >= ARGS_COUNT && (o->least < 0 || o->most > 0);
}

const char *args_value_expected(const struct args_option *o, char out[ARGS_VALUE_MAX])
{
    const char *noun = naming_of(o->kind).noun;

    if (o->expected) {
        snprintf(out, ARGS_VALUE_MAX, "%s", o->expected);
    } else if (o->kind == ARGS_CHOICE) {
        size_t used = (size_t)snprintf(out, ARGS_VALUE_MAX, "%s ", noun);

        join_choices(o, ", ", out + used, ARGS_VALUE_MAX - used);
    } else if (o->kind == ARGS_COUNT && has_range(o)) {
        snprintf(out, ARGS_VALUE_MAX, "%s from %.0f to %.0f", noun, o->least, o->most);
    } else {
        snprintf(out, ARGS_VALUE_MAX, "%s", noun);
    }
    return out;
}

/* A time without the unit that it needs. */
static bool is_bare_number(enum args_kind kind, const char *text)
{
    const char *end;
    double number;

    return kind == ARGS_TIME && text_number(text, &number, &end) && *end == '\0';
}

bool args_value_read(const struct args_option *o, const char *text, double *out, char *problem,
                     size_t capacity)
{
    bool number = args_value_number(o->kind, text, out), right;
    char expected[ARGS_VALUE_MAX];

    right = has_range(o) ? *out >= o->least && *out <= o->most
                         : o->kind != ARGS_COUNT || (*out >= 0 && *out <= UINT32_MAX);
    if (!number || !right) {
        snprintf(problem, capacity, "'%.80s' %s: expected %s", text,
                 number                          ? "is out of range"
                 : is_bare_number(o->kind, text) ? "has no unit (ns, us, ms, s, min, h or d)"
                                                 : naming_of(o->kind).fault,
                 args_value_expected(o, expected));
    }
    return number && right;
}

static bool store_number(const struct args_option *o, const char *text, void *to, char *problem,
                         size_t capacity)
{
    double number;
    unsigned whole;

    if (!args_value_read(o, text, &number, problem, capacity)) {
        return false;
    }
    if (o->kind == ARGS_COUNT) {
        whole = (unsigned)number;
        memcpy(to, &whole, sizeof whole);
    } else {
        memcpy(to, &number, sizeof number);
    }
    return true;
}

bool args_value_choose(const struct args_option *o, const char *text, const char **out,
                       char *problem, size_t capacity)
{
    const char *word;
    struct text_likeness like = text_likeness_of(text);
    char all[ARGS_VALUE_MAX];

    for (size_t i = 0; (word = args_choice(o, i)) != NULL; i++) {
        if (strcmp(word, text) == 0) {
            *out = word;
            return true;
        }
        text_likeness_compare(&like, word);
    }
    join_choices(o, ", ", all, sizeof all);
    if (like.best) {
        snprintf(problem, capacity, "'%.80s' is unknown; did you mean '%s'?", text, like.best);
    } else {
        snprintf(problem, capacity, "'%.80s' is unknown: expected one of %s", text, all);
    }
    return false;
}

bool args_value_store(const struct args_option *o, const char *text, void *out, char *problem,
                      size_t capacity)
{
    char *to = (char *)out + o->offset;
    bool yes = true;

    if (o->set) {
        return o->set(o, text, out, problem, capacity);
    }
    if (o->kind == ARGS_FLAG) {
        memcpy(to, &yes, sizeof yes);
        return true;
    }
    if (o->kind == ARGS_CHOICE && !args_value_choose(o, text, &text, problem, capacity)) {
        return false;
    }
    if (o->kind >= ARGS_COUNT) {
        return store_number(o, text, to, problem, capacity);
    }
    if (*text == '\0') {
        snprintf(problem, capacity, "is empty: expected %s", naming_of(o->kind).noun);
        return false;
    }
    memcpy(to, &text, sizeof text);
    return true;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The default that each row documents is the value in effect. Of every row of every language: to
 * write the default changes nothing, and to write another value changes something; where the
 * default is in words ("none", "measured"), they are those of the value in effect in a difference.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "config/config.h"
#include "config/difference.h"
#include "config/directive.h"
#include "config/text.h"

#define LINE_SIZE 300

/* What cannot be compared so, and why; keyword NULL: of every line of a source. */
static const struct {
    const char *language, *keyword, *parameter, *why;
} excepted[] = {
    {"chrony", "allow", "subnet", "it says of whom the line speaks"},
    {"chrony", "deny", "subnet", "likewise"},
    {"chrony", "cmdallow", "subnet", "likewise"},
    {"chrony", "cmddeny", "subnet", "likewise"},
    {"chrony", "bindcmdaddress", "address", "three values: two addresses and a socket"},
    {"chrony", NULL, "key", "a key that no file has is an error"},
    {"ntp", NULL, "key", "likewise"},
    {"ntp", NULL, "mode", "it matters to some reference clocks only"},
    {"chrony", NULL, "asymmetry", "another setting says that it is given at all"},
    {"ntp", "tinker", "freq", "likewise"},
    {"openntpd", "listen", "address", "without it nobody is served, whatever the address"},
};
#define EXCEPTED (sizeof excepted / sizeof excepted[0])

static struct config *plain, *written;
static struct difference difference;
static char problem[LINE_SIZE * 4];

static bool is_number(const struct parameter *p)
{
    return p->type == PARAMETER_INTEGER || p->type == PARAMETER_REAL;
}

/* A value for a parameter, `other` than the usual sample. */
static const char *sample(const struct language *l, const struct directive *d,
                          const struct parameter *p, bool other, char out[40])
{
    static const struct {
        const char *name, *one, *another;
    } words[] = {{"host", "192.0.2.1", "192.0.2.2"},
                 {"address", "192.0.2.1", "192.0.2.2"},
                 {"file", "/f", "/g"},
                 {"directory", "/d", "/e"},
                 {"interface", "eth0", "eth1"},
                 {"mode", "ignore", "require"},
                 {"driver", "SHM", "SHM"},
                 {"parameter", "0", "1"},
                 {"on", "on", "on"},
                 {"from", "from", "from"},
                 {"refid", "GPS", "PPS"}};

    if (is_number(p)) {
        snprintf(out, 40, "%.15g", other ? (p->maximum < 1e6 ? p->maximum : 7) : p->minimum);
        return out;
    }
    if (l->dialect == DIALECT_NTP && strcmp(p->name, "driver") == 0) {
        return "shm";
    }
    if (strcmp(d->keyword, "fudge") == 0 && strcmp(p->name, "address") == 0) {
        return "127.127.28.2";
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(p->name, words[i].name) == 0) {
            return other ? words[i].another : words[i].one;
        }
    }
    return other ? "another" : "one";
}

/* Lines that the row needs to have an effect. */
static const char *preamble(const struct directive *d, const struct parameter *p)
{
    return strcmp(d->keyword, "fudge") == 0            ? "server 127.127.28.2\n"
           : strcmp(d->keyword, "authselectmode") == 0 ? "server 192.0.2.1\n"
           : strcmp(p->name, "orphanwait") == 0        ? "tos orphan 5\n"
           : strcmp(p->name, "maxclock") == 0          ? "pool a.example\n"
                                                       : "";
}

/* The line with this value of the parameter; `value` NULL: without it. */
static void write_line(const struct language *l, const struct directive *d,
                       const struct parameter *of, const char *value, char out[LINE_SIZE])
{
    size_t used = (size_t)snprintf(out, LINE_SIZE, "%s", preamble(d, of));
    bool option = parameter_find(d->options, of->name, false) == of;
    char word[40];

    if (!value && !option) {
        return; /* the directive is this argument */
    }
    used += (size_t)snprintf(out + used, LINE_SIZE - used, "%s", d->keyword);
    for (const struct parameter *p = d->arguments; p && p->name; p++) {
        if (!p->optional || p == of) {
            used += (size_t)snprintf(out + used, LINE_SIZE - used, " %s",
                                     p == of ? value : sample(l, d, p, false, word));
        }
    }
    if (option && value) {
        used += (size_t)snprintf(out + used, LINE_SIZE - used, " %s %s", of->name, value);
    }
    snprintf(out + used, LINE_SIZE - used, "\n%s",
             strcmp(d->keyword, "query") == 0 ? "server 192.0.2.9\n" : "");
}

/* How many things differ by the value. -1: an error. */
static int effect_of(const struct language *l, const struct directive *d, const struct parameter *p,
                     const char *value)
{
    char without[LINE_SIZE], with[LINE_SIZE];

    write_line(l, d, p, NULL, without);
    write_line(l, d, p, value, with);
    if (without[0] == '\0' && strcmp(d->keyword, "query") == 0) {
        snprintf(without, sizeof without, "server 192.0.2.9\n");
    }
    if (!config_load_text(plain, "x", without, strlen(without), l->dialect) ||
        !config_load_text(written, "x", with, strlen(with), l->dialect)) {
        return -1;
    }
    difference_find(&difference, plain, written);
    return (int)difference.count;
}

/* Does a line of the difference end, before its arrow, with these words? */
static bool was(const char *words)
{
    size_t length = strlen(words);

    for (const char *at = strstr(difference.text, " -> "); at; at = strstr(at + 1, " -> ")) {
        if ((size_t)(at - difference.text) > length && at[-(long)length - 1] == ' ' &&
            strncmp(at - length, words, length) == 0) {
            return true;
        }
    }
    return false;
}

/* A value other than the default changes something; which, is left in `difference`. */
static bool another_has_effect(const struct language *l, const struct directive *d,
                               const struct parameter *p, const char *fallback)
{
    char word[40];
    double low = is_number(p) ? p->minimum : 0;
    const double numbers[] = {low + 1, low + 2, p->maximum, low, low + 0.25};

    if (!is_number(p)) {
        return effect_of(l, d, p, sample(l, d, p, false, word)) > 0 ||
               effect_of(l, d, p, sample(l, d, p, true, word)) > 0;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        snprintf(word, sizeof word, "%.10g", numbers[i]);
        if (strcmp(word, fallback) != 0 && effect_of(l, d, p, word) > 0) {
            return true;
        }
    }
    return false;
}

/* NULL: the documented default is in effect; else what is wrong. */
static const char *find_problem(const struct language *l, const struct directive *d,
                                const struct parameter *p)
{
    char fallback[100];
    const char *end;
    double number;
    int effect;

    snprintf(fallback, sizeof fallback, "%s", p->fallback);
    fallback[strcspn(fallback, ",;:")] = '\0'; /* "0: off", "0; 300 with orphan" */
    if (is_number(p) && text_number(fallback, &number, &end) && *end == '\0') {
        effect = effect_of(l, d, p, fallback);
        if (effect != 0) {
            snprintf(problem, sizeof problem, "'%s' is not in effect: %.300s", fallback,
                     effect < 0 ? written->messages[0].text : difference.text);
            return problem;
        }
        return another_has_effect(l, d, p, fallback) ? NULL : "no value has any effect";
    }
    if (!is_number(p) && effect_of(l, d, p, fallback) == 0) {
        return another_has_effect(l, d, p, fallback) ? NULL : "no value has any effect";
    }
    if (!another_has_effect(l, d, p, fallback)) {
        return "no value has any effect";
    }
    if (!was(p->fallback) && !was(fallback)) {
        snprintf(problem, sizeof problem, "'%s' is not what is in effect: %.300s", p->fallback,
                 difference.text);
        return problem;
    }
    return NULL;
}

static bool is_excepted(const struct language *l, const struct directive *d,
                        const struct parameter *p)
{
    for (size_t i = 0; i < EXCEPTED; i++) {
        if (strcmp(excepted[i].language, l->label) == 0 &&
            (excepted[i].keyword ? strcmp(excepted[i].keyword, d->keyword) == 0 : d->for_source) &&
            strcmp(excepted[i].parameter, p->name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_parameters(const struct language *l, const struct directive *d,
                             const struct parameter *table, unsigned *checked, unsigned *wrong)
{
    for (const struct parameter *p = table; p && p->name; p++) {
        const char *found;

        if (!p->fallback || p->verdict != VERDICT_WORKS) {
            continue;
        }
        found = find_problem(l, d, p);
        ++*checked;
        if (found && !is_excepted(l, d, p)) {
            print_error("%s: '%s', '%s': %s\n", l->name, d->keyword, p->name, found);
            ++*wrong;
        } else if (!found && is_excepted(l, d, p)) {
            print_error("%s: '%s', '%s' needs no exception\n", l->name, d->keyword, p->name);
            ++*wrong;
        }
    }
}

static void each_documented_default_is_in_effect(void **state)
{
    unsigned checked = 0, wrong = 0;

    (void)state;
    plain = config_new();
    written = config_new();
    assert_non_null(plain);
    assert_non_null(written);
    for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
        for (const struct directive *d = l->directives; d->keyword; d++) {
            if (d->verdict == VERDICT_WORKS) {
                check_parameters(l, d, d->arguments, &checked, &wrong);
                check_parameters(l, d, d->options, &checked, &wrong);
            }
        }
    }
    config_free(plain);
    config_free(written);
    assert_int_equal(wrong, 0);
    assert_true(checked > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_documented_default_is_in_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

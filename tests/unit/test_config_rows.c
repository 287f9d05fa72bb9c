/* SPDX-License-Identifier: BSD-2-Clause */
/* All rows of all three languages: each word that the daemons of these languages know has a row and
 * a verdict (tests/vectors/directives), each that works names a test of its effect, and each is
 * documented. Then every row is misspelt, starved and fed with rubbish, and has to say so at the
 * right place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "config/config.h"
#include "config/directive.h"
#include "config/text.h"
#include "os/file.h"

#define LISTED_MAX 1000

/* ---- the list ---- */

struct listed {
    const char *language, *keyword, *option, *verdict, *test; /* NULL: none */
};

static struct listed list[LISTED_MAX];
static unsigned list_count;
static char *tests_text; /* all test files of the tree */

/* Cuts the file into words where it stands. */
static void read_list(void)
{
    char *text, *next, *line;
    size_t length;

    assert_int_equal(file_read("tests/vectors/directives", 1000000, &text, &length), 0);
    next = text;
    while ((line = strsep(&next, "\n")) != NULL) {
        struct listed *l = &list[list_count];

        if (line[0] == '#' || line[0] == '\0') {
            continue;
        }
        assert_true(list_count < LISTED_MAX);
        l->language = strsep(&line, " ");
        l->keyword = strsep(&line, " ");
        l->verdict = strsep(&line, " ");
        l->test = line;
        assert_non_null(l->verdict);
        l->option = strchr(l->keyword, '.');
        if (l->option != NULL) {
            *strchr(l->keyword, '.') = '\0';
            l->option++;
        }
        list_count++;
    }
}

static void read_tests(void)
{
    static const char *const patterns[] = {"tests/unit/test_*.c", "tests/sim/test_*.c",
                                           "tests/system/test_*.py"};
    size_t used = 0;

    tests_text = calloc(1, 8000000);
    assert_non_null(tests_text);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct file_list files;
        assert_int_equal(file_glob(patterns[i], &files), 0);
        assert_true(files.count > 2);
        for (size_t k = 0; k < files.count; k++) {
            char *text;
            size_t length;
            assert_int_equal(file_read(files.paths[k], 1000000, &text, &length), 0);
            assert_true(used + length < 8000000);
            memcpy(tests_text + used, text, length);
            used += length;
            free(text);
        }
        file_list_free(&files);
    }
}

static const struct language *language_named(const char *name)
{
    for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
        if (strcmp(l->label, name) == 0) {
            return l;
        }
    }
    fail_msg("there is no language '%s'", name);
    return NULL;
}

static const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {[VERDICT_WORKS] = "works",
                                        [VERDICT_NOTHING] = "nothing",
                                        [VERDICT_LATER] = "ignored",
                                        [VERDICT_OBSOLETE] = "ignored",
                                        [VERDICT_REFUSED] = "refused"};
    return names[verdict];
}

static void each_listed_word_has_its_verdict(void **state)
{
    (void)state;
    assert_true(list_count > 400);
    for (unsigned i = 0; i < list_count; i++) {
        const struct listed *l = &list[i];
        const struct directive *d = directive_find(language_named(l->language), l->keyword);
        const struct parameter *p = NULL;

        if (d != NULL && l->option != NULL) {
            p = parameter_find(d->options, l->option, false);
        }
        if (d == NULL || (l->option != NULL && p == NULL)) {
            fail_msg("%s: '%s %s' is in no table", l->language, l->keyword,
                     l->option != NULL ? l->option : "");
        }
        if (strcmp(verdict_name(p != NULL ? p->verdict : d->verdict), l->verdict) != 0) {
            fail_msg("%s: '%s %s' is listed as '%s'", l->language, l->keyword,
                     l->option != NULL ? l->option : "", l->verdict);
        }
    }
}

static bool is_listed(const char *language, const char *keyword, const char *option)
{
    for (unsigned i = 0; i < list_count; i++) {
        const struct listed *l = &list[i];

        if (strcmp(l->language, language) == 0 && strcmp(l->keyword, keyword) == 0 &&
            (option == NULL ? l->option == NULL
                            : l->option != NULL && strcmp(l->option, option) == 0)) {
            return true;
        }
    }
    return false;
}

static void each_row_is_listed(void **state)
{
    (void)state;
    for (const struct language *language = language_next(NULL); language;
         language = language_next(language)) {

        for (const struct directive *d = language->directives; d->keyword != NULL; d++) {
            if (!is_listed(language->label, d->keyword, NULL)) {
                fail_msg("%s: '%s' is not in tests/vectors/directives", language->label,
                         d->keyword);
            }
            if (d->verdict != VERDICT_WORKS) {
                continue;
            }
            for (unsigned k = 0; k < parameter_count(d->options); k++) {
                if (!is_listed(language->label, d->keyword, d->options[k].name)) {
                    fail_msg("%s: '%s.%s' is not in tests/vectors/directives", language->label,
                             d->keyword, d->options[k].name);
                }
            }
        }
    }
}

/* Is there a function of this name, in C or in Python? */
static bool is_test(const char *name)
{
    char c_function[200], python_function[200];

    snprintf(c_function, sizeof c_function, "\nstatic void %s(void **state)", name);
    snprintf(python_function, sizeof python_function, "\ndef %s(", name);
    return strstr(tests_text, c_function) != NULL || strstr(tests_text, python_function) != NULL;
}

static void what_works_has_a_test_of_its_effect(void **state)
{
    (void)state;
    for (unsigned i = 0; i < list_count; i++) {
        const struct listed *l = &list[i];
        bool works = strcmp(l->verdict, "works") == 0;

        if (works && (l->test == NULL || !is_test(l->test))) {
            fail_msg("%s: '%s %s' works, but there is no test '%s'", l->language, l->keyword,
                     l->option != NULL ? l->option : "", l->test != NULL ? l->test : "");
        }
        assert_true(works || l->test == NULL);
    }
}

/* ---- their words ---- */

static void check_words(const char *keyword, const char *name, enum verdict verdict,
                        const char *reason, const char *doc)
{
    const char *said = verdict == VERDICT_WORKS ? doc : reason;

    if (said == NULL || strlen(said) < 4 || said[strlen(said) - 1] == '.') {
        fail_msg("'%s %s' has no line of documentation, or one with a full stop", keyword, name);
    }
}

static void each_row_is_documented(void **state)
{
    (void)state;
    for (const struct language *language = language_next(NULL); language;
         language = language_next(language)) {

        for (const struct directive *d = language->directives; d->keyword != NULL; d++) {
            check_words(d->keyword, "", d->verdict, d->reason, d->doc);
            if (d->verdict == VERDICT_REFUSED && d->instead == NULL) {
                fail_msg("'%s' is refused without a word on what works", d->keyword);
            }
            for (unsigned k = 0; d->verdict == VERDICT_WORKS && k < parameter_count(d->options);
                 k++) {
                const struct parameter *p = &d->options[k];
                check_words(d->keyword, p->name, p->verdict, p->reason, p->doc);
                assert_true(p->verdict != VERDICT_REFUSED || p->instead != NULL);
            }
        }
    }
}

/* ---- mistakes in every row ---- */

static struct config *config;

static const struct config_message *error_of(const char *line, enum config_dialect dialect)
{
    if (config_load_text(config, "x.conf", line, strlen(line), dialect)) {
        return NULL;
    }
    for (unsigned i = 0; i < config->message_count; i++) {
        if (config->messages[i].severity == CONFIG_ERROR) {
            return &config->messages[i];
        }
    }
    return NULL;
}

/* Where the word stands for the last time. */
static unsigned column_of(const char *line, const char *word)
{
    unsigned column = 0;

    for (const char *at = strstr(line, word); at != NULL; at = strstr(at + 1, word)) {
        column = (unsigned)(at - line) + 1;
    }
    return column;
}

/* The line has an error with this code, which underlines the word at `at`. */
static void expect(const char *line, enum config_dialect dialect, const char *code, const char *at)
{
    const struct config_message *m = error_of(line, dialect);

    if (m == NULL || strcmp(m->code, code) != 0) {
        fail_msg("'%s': %s, not %s", line, m != NULL ? m->code : "right", code);
    }
    if (at != NULL && m->column != column_of(line, at)) {
        fail_msg("'%s': the caret stands at %u", line, m->column);
    }
}

static const char *sample(const struct parameter *p, char out[40])
{
    bool number = p->type == PARAMETER_INTEGER || p->type == PARAMETER_REAL;

    snprintf(out, 40, "%s", "192.0.2.1");
    if (number) {
        snprintf(out, 40, "%.15g", p->minimum > -NO_LIMIT ? p->minimum : 0);
    }
    return out;
}

/* The keyword and its first `count` arguments. */
static void begin_line(const struct directive *d, unsigned count, char out[1000])
{
    char word[40];
    size_t used = (size_t)snprintf(out, 1000, "%s", d->keyword);

    for (unsigned i = 0; i < count; i++) {
        used += (size_t)snprintf(out + used, 1000 - used, " %s", sample(&d->arguments[i], word));
    }
}

static unsigned required_count(const struct directive *d)
{
    unsigned count = 0;

    while (count < parameter_count(d->arguments) && !d->arguments[count].optional) {
        count++;
    }
    return count;
}

static bool is_read(const struct directive *d)
{
    return d->verdict != VERDICT_REFUSED && (d->arguments != NULL || d->options != NULL);
}

static void a_slip_in_each_keyword(void **state)
{
    unsigned right = 0, all = 0;

    (void)state;
    for (const struct language *language = language_next(NULL); language;
         language = language_next(language)) {

        for (const struct directive *d = language->directives; d->keyword != NULL; d++) {
            size_t length = strlen(d->keyword);

            for (size_t at = 0; length > 4 && at < length; at++) { /* one letter is missing */
                char line[100], hint[120];
                const struct config_message *m;

                snprintf(line, sizeof line, "%.*s%s x\n", (int)at, d->keyword, d->keyword + at + 1);
                m = error_of(line, language->dialect);
                if (m == NULL || strcmp(m->code, "E001") != 0) {
                    continue; /* it is another word: 'server' of 'servers' */
                }
                snprintf(hint, sizeof hint, "did you mean '%s'?", d->keyword);
                right += strcmp(m->hint, hint) == 0;
                all++;
                assert_int_equal(m->line, 1);
                assert_int_equal(m->column, 1);
            }
        }
    }
    assert_true(all > 1000);
    assert_true(right > all * 95 / 100); /* 'cmdalow' is like 'allow', too */
}

static void a_slip_in_each_option(void **state)
{
    (void)state;
    for (const struct language *language = language_next(NULL); language;
         language = language_next(language)) {

        for (const struct directive *d = language->directives; d->keyword != NULL; d++) {
            for (unsigned k = 0; is_read(d) && k < parameter_count(d->options); k++) {
                const char *name = d->options[k].name;
                char line[1000], slip[60];

                snprintf(slip, sizeof slip, "%sq", name);
                begin_line(d, required_count(d), line);
                snprintf(line + strlen(line), 100, " %s\n", slip);
                expect(line, language->dialect, "E002", slip);
            }
        }
    }
}

/* Rubbish, units and numbers beyond the range, in place of each number. */
static void check_number(const char *start, const struct parameter *p, enum config_dialect dialect)
{
    char line[1200];

    snprintf(line, sizeof line, "%s zzz\n", start);
    expect(line, dialect, "E003", "zzz");
    snprintf(line, sizeof line, "%s 7furlongs\n", start);
    expect(line, dialect, "E003", "7furlongs");
    snprintf(line, sizeof line, "%s 7,5\n", start);
    expect(line, dialect, "E003", "7,5");
    if (p->type == PARAMETER_INTEGER) {
        snprintf(line, sizeof line, "%s 7.5\n", start);
        expect(line, dialect, "E003", "7.5");
    }
    if (p->maximum < NO_LIMIT) {
        snprintf(line, sizeof line, "%s %.15g\n", start, p->maximum * 2 + 1);
        expect(line, dialect, "E004", NULL);
    }
    if (p->minimum > -NO_LIMIT) {
        snprintf(line, sizeof line, "%s %.15g\n", start, p->minimum - 1);
        expect(line, dialect, "E004", NULL);
    }
}

static void rubbish_for_each_number(void **state)
{
    char line[1000];

    (void)state;
    for (const struct language *language = language_next(NULL); language;
         language = language_next(language)) {

        for (const struct directive *d = language->directives; d->keyword != NULL; d++) {
            for (unsigned k = 0; is_read(d) && k < parameter_count(d->arguments); k++) {
                if (d->arguments[k].type == PARAMETER_INTEGER ||
                    d->arguments[k].type == PARAMETER_REAL) {
                    begin_line(d, k, line);
                    check_number(line, &d->arguments[k], language->dialect);
                }
            }
            for (unsigned k = 0; is_read(d) && k < parameter_count(d->options); k++) {
                const struct parameter *p = &d->options[k];

                if (p->verdict != VERDICT_REFUSED &&
                    (p->type == PARAMETER_INTEGER || p->type == PARAMETER_REAL)) {
                    begin_line(d, required_count(d), line);
                    snprintf(line + strlen(line), 100, " %s", p->name);
                    check_number(line, p, language->dialect);
                }
            }
        }
    }
}

static void each_row_misses_its_words_and_counts_them(void **state)
{
    char line[1000];

    (void)state;
    for (const struct language *language = language_next(NULL); language;
         language = language_next(language)) {

        for (const struct directive *d = language->directives; d->keyword != NULL; d++) {
            unsigned wanted = required_count(d);

            for (unsigned k = 0; is_read(d) && k < wanted; k++) {
                begin_line(d, k, line);
                strcat(line, "\n");
                expect(line, language->dialect, "E005", NULL);
            }
            if (is_read(d) && d->options == NULL && d->verdict != VERDICT_LATER && wanted > 0 &&
                wanted == parameter_count(d->arguments) &&
                d->arguments[wanted - 1].type != PARAMETER_REST) {
                begin_line(d, wanted, line);
                strcat(line, " onemore\n");
                expect(line, language->dialect, "E006", "onemore");
            }
            for (unsigned k = 0; is_read(d) && k < parameter_count(d->options); k++) {
                const struct parameter *p = &d->options[k];

                if (p->type != PARAMETER_FLAG && p->verdict != VERDICT_REFUSED) {
                    begin_line(d, wanted, line);
                    snprintf(line + strlen(line), 100, " %s\n", p->name);
                    expect(line, language->dialect, "E005", p->name);
                }
            }
        }
    }
}

/* What is refused, is: whatever else stands in the line, with the nearest thing that works. */
static void what_is_refused_is_an_error(void **state)
{
    char line[1000];

    (void)state;
    for (const struct language *language = language_next(NULL); language;
         language = language_next(language)) {

        for (const struct directive *d = language->directives; d->keyword != NULL; d++) {
            if (d->verdict == VERDICT_REFUSED) {
                begin_line(d, required_count(d), line);
                strcat(line, "\n");
                expect(line, language->dialect, "E014", d->keyword);
                assert_string_equal(config->messages[0].hint, d->instead);
            }
        }
    }
}

static int go_to_the_top(void **state)
{
    char path[512] = __FILE__;
    char *slash = strrchr(path, '/');
    (void)state;

    if (slash == NULL) {
        return -1;
    }
    snprintf(slash, sizeof path - (size_t)(slash - path), "/../..");
    if (chdir(path) != 0) {
        return -1;
    }
    read_list();
    read_tests();
    config = config_new();
    return config != NULL ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_listed_word_has_its_verdict),
        cmocka_unit_test(each_row_is_listed),
        cmocka_unit_test(what_works_has_a_test_of_its_effect),
        cmocka_unit_test(each_row_is_documented),
        cmocka_unit_test(a_slip_in_each_keyword),
        cmocka_unit_test(a_slip_in_each_option),
        cmocka_unit_test(rubbish_for_each_number),
        cmocka_unit_test(each_row_misses_its_words_and_counts_them),
        cmocka_unit_test(what_is_refused_is_an_error),
    };

    return cmocka_run_group_tests(tests, go_to_the_top, NULL);
}

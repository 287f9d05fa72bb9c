/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass over the words: options are stored as they come, arguments are moved to the front and
 * handed out at the end. */
#include "args/args.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "args/args_help.h"
#include "args/args_json.h"
#include "args/args_value.h"
#include "config/text.h"

#define PROBLEM_MAX 512

/* What every command has; its value is no member of any struct. */
static const struct args_option help_row = {
    .letter = 'h', .name = "help", .help = "print this help"};
static const struct args_option version_row = {.name = "version", .help = "print the version"};

enum outcome { GO_ON, PRINTED, WRONG };

struct parser {
    const struct args_command *command;
    void *out;
    char **argv;
    int argc, next, arguments; /* arguments: moved to argv[1] and on */
    uint64_t given;            /* bit i: the option of row i */
};

int args_complain(const struct args_command *c, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s%s: ", c->program ? "" : "toki ", c->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return c->wrong ? c->wrong : ARGS_WRONG;
}

static enum outcome complain_of_usage(const struct parser *p, const char *what, const char *word)
{
    char usage[ARGS_VALUE_MAX];

    args_complain(p->command, "%s%s; usage: %s", what, word, args_help_usage(p->command, usage));
    return WRONG;
}

/* The row that a predicate of the table and the built-in rows finds. */
static const struct args_option *find_letter(const struct args_command *c, char letter)
{
    for (const struct args_option *o = c->options; o && o->help; o++) {
        if (o->letter == letter) {
            return o;
        }
    }
    if (c->version && letter == (c->version_letter ? c->version_letter : 'V')) {
        return &version_row;
    }
    return letter == help_row.letter ? &help_row : NULL;
}

/* A search by a long name or its beginning. */
struct search {
    const char *name;
    size_t length;
    const struct args_option *exact, *first, *second;
    struct text_likeness like;
};

static void look_at(struct search *s, const struct args_option *o)
{
    if (!o->name) {
        return;
    }
    text_likeness_compare(&s->like, o->name);
    if (strncmp(o->name, s->name, s->length) == 0) {
        s->exact = o->name[s->length] == '\0' ? o : s->exact;
        *(s->first ? &s->second : &s->first) = o;
    }
}

static const struct args_option *find_name(const struct parser *p, const char *word)
{
    const struct args_command *c = p->command;
    char name[64];
    struct search s = {.name = word, .length = strcspn(word, "=")};

    snprintf(name, sizeof name, "%.*s", (int)(s.length < 60 ? s.length : 60), word);
    s.like = text_likeness_of(name);
    for (const struct args_option *o = c->options; o && o->help; o++) {
        look_at(&s, o);
    }
    look_at(&s, &help_row);
    if (c->version) {
        look_at(&s, &version_row);
    }
    if (s.exact || (s.first && !s.second)) {
        return s.exact ? s.exact : s.first;
    }
    if (s.first && s.second) {
        args_complain(c, "option '--%s' is ambiguous: --%s or --%s", name, s.first->name,
                      s.second->name);
    } else if (s.like.best) {
        args_complain(c, "unknown option '--%s'; did you mean '--%s'?", name, s.like.best);
    } else {
        args_complain(c, "unknown option '--%s'; '%s%s --help' lists the options", name,
                      c->program ? "" : "toki ", c->name);
    }
    return NULL;
}

/* "--bound" or "-b", as messages write it */
static const char *shown_name(const struct args_option *o, char out[64])
{
    if (o->name) {
        snprintf(out, 64, "--%s", o->name);
    } else {
        snprintf(out, 64, "-%c", o->letter);
    }
    return out;
}

static enum outcome take_builtin(const struct parser *p, const struct args_option *o,
                                 const char *value)
{
    if (o == &version_row) {
        puts(p->command->version);
    } else if (value && strcmp(value, "json") == 0) {
        args_json_print(&p->command, 1);
    } else {
        args_help_print(p->command);
    }
    return PRINTED;
}

/* `value`: what was joined to the option, or NULL; it is taken from the next word then. */
static enum outcome take(struct parser *p, const struct args_option *o, const char *value)
{
    char problem[PROBLEM_MAX] = "is wrong", name[64], expected[ARGS_VALUE_MAX];

    if (o == &help_row || o == &version_row) {
        return take_builtin(p, o, value);
    }
    shown_name(o, name);
    if (o->kind == ARGS_FLAG && value) {
        args_complain(p->command, "%s takes no value: remove '=%s'", name, value);
        return WRONG;
    }
    if (o->kind != ARGS_FLAG && !value) {
        if (p->next >= p->argc) {
            args_complain(p->command, "%s needs %s", name, args_value_expected(o, expected));
            return WRONG;
        }
        value = p->argv[p->next++];
    }
    if (!args_value_store(o, value, p->out, problem, sizeof problem)) {
        args_complain(p->command, "%s: %s", name, problem);
        return WRONG;
    }
    p->given |= UINT64_C(1) << (o - p->command->options);
    return GO_ON;
}

static enum outcome take_letters(struct parser *p, const char *letters)
{
    enum outcome outcome = GO_ON;

    for (const char *at = letters; *at && outcome == GO_ON; at++) {
        const struct args_option *o = find_letter(p->command, *at);

        if (!o) {
            args_complain(p->command, "unknown option '-%c'; '%s%s --help' lists the options", *at,
                          p->command->program ? "" : "toki ", p->command->name);
            return WRONG;
        }
        if (o->kind != ARGS_FLAG && at[1]) {
            return take(p, o, at + 1);
        }
        outcome = take(p, o, NULL);
    }
    return outcome;
}

/* A word that begins like an option but is a negative number: "offset -0.5". */
static bool is_number(const struct args_command *c, const char *word)
{
    char digit = word[1] == '.' ? word[2] : word[1];

    return digit >= '0' && digit <= '9' && find_letter(c, word[1]) == NULL;
}

static enum outcome take_words(struct parser *p)
{
    enum outcome outcome = GO_ON;
    bool ended = false;

    while (p->next < p->argc && outcome == GO_ON) {
        char *word = p->argv[p->next++];

        if (ended || word[0] != '-' || word[1] == '\0' || is_number(p->command, word)) {
            p->argv[++p->arguments] = word;
            ended = ended || p->command->options_first;
        } else if (strcmp(word, "--") == 0) {
            ended = true;
        } else if (word[1] == '-') {
            const struct args_option *o = find_name(p, word + 2);
            const char *equals = strchr(word, '=');

            outcome = o ? take(p, o, equals ? equals + 1 : NULL) : WRONG;
        } else {
            outcome = take_letters(p, word + 1);
        }
    }
    return outcome;
}

static bool is_called(const struct args_option *o, const char *name)
{
    return o->name ? strcmp(o->name, name) == 0 : o->letter == name[0] && name[1] == '\0';
}

static enum outcome check_exclusions(const struct parser *p)
{
    const struct args_option *options = p->command->options;
    char one[64], other[64];

    for (size_t i = 0; options && options[i].help; i++) {
        for (size_t j = 0; options[i].excludes && options[j].help; j++) {
            if (is_called(&options[j], options[i].excludes) && (p->given >> i & 1) &&
                (p->given >> j & 1)) {
                args_complain(p->command, "%s and %s cannot be combined",
                              shown_name(&options[i], one), shown_name(&options[j], other));
                return WRONG;
            }
        }
    }
    return GO_ON;
}

static enum outcome store_argument(const struct parser *p, const struct args_argument *a,
                                   char **words, int count)
{
    char problem[PROBLEM_MAX];
    struct args_words all = {words, count};
    const struct args_option choices = {.choices = a->choices, .choice = a->choice};
    const char *word = words[0];

    for (int i = 0; a->kind == ARGS_CHOICE && i < count; i++) {
        if (!args_value_choose(&choices, words[i], &word, problem, sizeof problem)) {
            args_complain(p->command, "%s", problem);
            return WRONG;
        }
    }
    if (a->repeats) {
        memcpy((char *)p->out + a->offset, &all, sizeof all);
    } else {
        memcpy((char *)p->out + a->offset, &word, sizeof word);
    }
    return GO_ON;
}

static enum outcome hand_out_arguments(const struct parser *p)
{
    const struct args_argument *a = p->command->arguments;
    enum outcome outcome = GO_ON;
    int at = 1;

    for (; a && a->name && outcome == GO_ON; a++) {
        int left = p->arguments + 1 - at, count = a->repeats ? left : left > 0;

        if (count == 0 && !a->optional) {
            return complain_of_usage(p, a->name, " is missing");
        }
        if (count > 0) {
            outcome = store_argument(p, a, p->argv + at, count);
        }
        at += count;
    }
    if (outcome == GO_ON && at <= p->arguments) {
        char what[PROBLEM_MAX];

        snprintf(what, sizeof what, "unexpected argument '%.100s'", p->argv[at]);
        return complain_of_usage(p, what, "");
    }
    return outcome;
}

bool args_parse(const struct args_command *c, int argc, char **argv, void *out, int *exit_code)
{
    struct parser p = {.command = c, .out = out, .argv = argv, .argc = argc, .next = 1};
    enum outcome outcome = take_words(&p);

    outcome = outcome == GO_ON ? check_exclusions(&p) : outcome;
    outcome = outcome == GO_ON ? hand_out_arguments(&p) : outcome;
    *exit_code = outcome == WRONG ? (c->wrong ? c->wrong : ARGS_WRONG) : 0;
    return outcome == GO_ON;
}

const struct args_command *args_part(const struct args_command *c, int argc, char **argv,
                                     int *exit_code)
{
    const char *word = argc > 1 ? argv[1] : "", *what = c->program ? "command" : "sub-command";
    char where[PROBLEM_MAX];
    struct text_likeness like = text_likeness_of(word);

    *exit_code = 0;
    snprintf(where, sizeof where, "'%s%s --help' lists them", c->program ? "" : "toki ", c->name);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        args_help_print(c);
        return NULL;
    }
    for (const struct args_command *const *part = c->parts; *part; part++) {
        const char *blank = strrchr((*part)->name, ' '), *name = blank ? blank + 1 : (*part)->name;

        if (strcmp(name, word) == 0) {
            return *part;
        }
        text_likeness_compare(&like, name);
    }
    if (word[0] == '\0') {
        *exit_code = args_complain(c, "missing %s; %s", what, where);
    } else if (like.best) {
        *exit_code = args_complain(c, "unknown %s '%s'; did you mean '%s'?", what, word, like.best);
    } else {
        *exit_code = args_complain(c, "unknown %s '%s'; %s", what, word, where);
    }
    return NULL;
}

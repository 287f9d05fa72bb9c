/* SPDX-License-Identifier: BSD-2-Clause */
/* toki explain: what a code behind a message of `toki check` or in a report means, and what a
 * directive of any language does here. With --json all of them: doc/directives.md, the man pages
 * and the completion of shells are made from it (tools/manual.py). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/args_help.h"
#include "cli/explain_reason.h"
#include "cli/toki.h"
#include "config/codes.h"
#include "config/directive.h"
#include "config/usage.h"
#include "control/document.h"

#define JSON_MAX (4 << 20)
#define INDENT 20 /* of what is said of a parameter */

/* ---- in words ---- */

static void print_verdict(enum verdict verdict, const char *reason, const char *instead,
                          unsigned indent)
{
    char text[512];

    if (verdict == VERDICT_WORKS) {
        return;
    }
    snprintf(text, sizeof text, "%s: %s%s%s", usage_of_verdict(verdict), reason ? reason : "",
             instead ? "; " : "", instead ? instead : "");
    printf("%*s", (int)indent, "");
    args_help_paragraph(text, indent, indent);
}

static void print_parameter(const struct parameter *p)
{
    char value[200], text[512];
    bool works = p->verdict == VERDICT_WORKS && p->doc;

    usage_of_value(p, value, sizeof value);
    snprintf(text, sizeof text, "%s%s%s%s%s", works ? p->doc : "", works ? "; " : "", value,
             p->fallback ? "; without it: " : "", p->fallback ? p->fallback : "");
    printf("  %-*s ", INDENT - 3, p->name);
    args_help_paragraph(text, INDENT, INDENT);
    print_verdict(p->verdict, p->reason, p->instead, INDENT);
}

static void print_parameters(const struct parameter *table)
{
    for (const struct parameter *p = table; p && p->name; p++) {
        print_parameter(p);
    }
}

static void print_directive(const struct language *language, const struct directive *d)
{
    char usage[256];

    usage_of_directive(d, usage, sizeof usage);
    printf("%s, %s\n", strchr(usage, ' ') + 1, language->name);
    if (d->verdict == VERDICT_WORKS && d->doc) {
        printf("  ");
        args_help_paragraph(d->doc, 2, 2);
    }
    print_verdict(d->verdict, d->reason, d->instead, 2);
    print_parameters(d->arguments);
    print_parameters(d->options);
}

static bool explain_directive(const char *word)
{
    unsigned found = 0;

    for (const struct language *language = language_next(NULL); language;
         language = language_next(language)) {
        const struct directive *d = directive_find(language, word);

        if (d) {
            fputs(found++ > 0 ? "\n" : "", stdout);
            print_directive(language, d);
        }
    }
    return found > 0;
}

/* Directives that have the very same options are told in one line, at the first of them. */
static bool is_first_with(const struct language *language, const struct directive *d)
{
    const struct directive *first = language->directives;

    while (first->options != d->options) {
        first++;
    }
    return first == d;
}

static bool explain_option(const char *word)
{
    unsigned found = 0;

    for (const struct language *language = language_next(NULL); language;
         language = language_next(language)) {
        for (const struct directive *d = language->directives; d->keyword; d++) {
            const struct parameter *p = parameter_find(d->options, word, language->any_case);

            if (!p || !is_first_with(language, d)) {
                continue;
            }
            printf("%soption of %s", found++ > 0 ? "\n" : "", d->keyword);
            for (const struct directive *other = d + 1; other->keyword; other++) {
                if (other->options == d->options) {
                    printf(", %s", other->keyword);
                }
            }
            printf(" (%s)\n", language->name);
            print_parameter(p);
        }
    }
    return found > 0;
}

static bool explain_code(const char *word)
{
    const struct message_code *code = message_code_find(word);

    if (code) {
        printf("%s: %s\n\n", code->code, code->title);
        args_help_paragraph(code->text, 0, 0);
    }
    return code != NULL;
}

static void list_codes(void)
{
    for (const struct message_code *code = message_codes; code->code; code++) {
        printf("%s  %s\n", code->code, code->title);
    }
}

/* ---- as JSON ---- */

static const char *type_name(enum parameter_type type)
{
    static const char *const names[] = {[PARAMETER_FLAG] = "flag",
                                        [PARAMETER_INTEGER] = "integer",
                                        [PARAMETER_REAL] = "number",
                                        [PARAMETER_WORD] = "word",
                                        [PARAMETER_REST] = "words"};

    return names[type];
}

static void write_verdict(struct document *d, enum verdict verdict, const char *reason,
                          const char *instead, const char *doc)
{
    document_string(d, "verdict", usage_of_verdict(verdict));
    document_string(d, "reason", reason);
    document_string(d, "instead", instead);
    document_string(d, "doc", verdict == VERDICT_WORKS ? doc : NULL);
}

static void write_parameters(struct document *d, const char *key, bool options,
                             const struct parameter *table)
{
    char value[200];

    document_open_array(d, key);
    for (const struct parameter *p = table; p && p->name; p++) {
        bool number = p->type == PARAMETER_INTEGER || p->type == PARAMETER_REAL;

        usage_of_value(p, value, sizeof value);
        document_open_object(d, NULL);
        document_string(d, "name", p->name);
        document_string(d, "type", type_name(p->type));
        document_string(d, "value", value);
        document_string(d, "unit", p->unit);
        document_number(d, "minimum", number && p->minimum > -NO_LIMIT ? p->minimum : HUGE_VAL);
        document_number(d, "maximum", number && p->maximum < NO_LIMIT ? p->maximum : HUGE_VAL);
        document_bool(d, "required", !options && !p->optional);
        document_string(d, "default", p->fallback);
        write_verdict(d, p->verdict, p->reason, p->instead, p->doc);
        document_close_object(d);
    }
    document_close_array(d);
}

static void write_language(struct document *d, const struct language *language)
{
    char usage[256];

    document_open_object(d, NULL);
    document_string(d, "language", language->name);
    document_open_array(d, "directives");
    for (const struct directive *row = language->directives; row->keyword; row++) {
        usage_of_directive(row, usage, sizeof usage);
        document_open_object(d, NULL);
        document_string(d, "keyword", row->keyword);
        document_string(d, "usage", strchr(usage, ' ') + 1);
        document_bool(d, "source", row->for_source);
        write_verdict(d, row->verdict, row->reason, row->instead, row->doc);
        write_parameters(d, "arguments", false, row->arguments);
        write_parameters(d, "options", true, row->options);
        document_close_object(d);
    }
    document_close_array(d);
    document_close_object(d);
}

static int print_json(void)
{
    static char out[JSON_MAX];
    struct document d;

    document_begin(&d, out, sizeof out);
    document_open_object(&d, NULL);
    document_integer(&d, "version", 1);
    document_string(&d, "command", "explain");
    document_open_array(&d, "codes");
    for (const struct message_code *code = message_codes; code->code; code++) {
        document_open_object(&d, NULL);
        document_string(&d, "code", code->code);
        document_string(&d, "title", code->title);
        document_string(&d, "text", code->text);
        document_close_object(&d);
    }
    document_close_array(&d);
    explain_reasons_write(&d);
    document_open_array(&d, "languages");
    for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
        write_language(&d, l);
    }
    document_close_array(&d);
    document_close_object(&d);
    if (!document_finish(&d)) {
        return EXIT_BAD;
    }
    fputs(out, stdout);
    return EXIT_GOOD;
}

struct wanted {
    const char *topic;
    bool json;
};

static const struct args_argument arguments[] = {
    {"TOPIC", ARGS_TOPIC, offsetof(struct wanted, topic), .optional = true,
     .help =
         "a code that 'toki check' or 'toki status --json' prints, a directive, or an option of "
         "one; without it, all codes are listed"},
    {.name = NULL}};

static const struct args_option options[] = {
    {'j', "json", ARGS_FLAG, offsetof(struct wanted, json),
     .help = "print all codes and directives as JSON, for programs"},
    {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.topic = NULL};
    bool found;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    if (wanted.json) {
        return wanted.topic
                   ? args_complain(self, "--json prints all topics: remove '%s'", wanted.topic)
                   : print_json();
    }
    if (!wanted.topic) {
        list_codes();
        explain_reasons_list();
        return EXIT_GOOD;
    }
    found = explain_code(wanted.topic);
    found = explain_reason(wanted.topic) || found;
    found = explain_directive(wanted.topic) || found;
    if (!found && !explain_option(wanted.topic)) {
        fprintf(stderr,
                "toki: no such code, directive or option; 'toki explain' lists the codes, "
                "doc/directives.md the directives\n");
        return EXIT_USAGE;
    }
    return EXIT_GOOD;
}

const struct args_command explain_command = {
    .name = "explain",
    .summary = "Explain a code, a directive or an option",
    .help =
        "Codes are explained with a remedy; directives and options with units, ranges and "
        "defaults, in each language that has them.",
    .arguments = arguments,
    .options = options,
    .exits = {"printed", NULL, "wrong usage, or no such topic"},
    .examples = "toki explain W001\ntoki explain makestep\ntoki explain iburst",
    .run = run,
    .group = GROUP_CONFIGURATION,
};

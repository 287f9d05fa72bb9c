/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage, summary, options with their defaults, exit codes and examples, in this order. */
#include "args/args_help.h"

#include <stdio.h>
#include <string.h>

#include "config/text.h"

#define COLUMNS 78
#define TERM_COLUMNS 26 /* of an option and its value, before what it does */

void args_help_paragraph(const char *text, unsigned indent, unsigned used)
{
    while (*text) {
        unsigned length = (unsigned)strcspn(text, " \n"), columns = text_length(text, length);

        if (used > indent && used + 1 + columns > COLUMNS) {
            printf("\n%*s", (int)indent, "");
            used = indent;
        } else if (used > indent) {
            putchar(' ');
            used++;
        }
        printf("%.*s", (int)length, text);
        used += columns;
        text += length;
        if (*text == '\n') {
            printf("\n%*s", (int)indent, "");
            used = indent;
        }
        text += strspn(text, " \n");
    }
    putchar('\n');
}

const char *args_help_usage(const struct args_command *c, char out[ARGS_VALUE_MAX])
{
    size_t used = (size_t)snprintf(out, ARGS_VALUE_MAX, "%s%s%s", c->program ? "" : "toki ",
                                   c->name, c->parts ? " SUB-COMMAND" : " [OPTION]...");

    for (const struct args_argument *a = c->arguments; a && a->name && used < ARGS_VALUE_MAX; a++) {
        used +=
            (size_t)snprintf(out + used, ARGS_VALUE_MAX - used, " %s%s%s%s", a->optional ? "[" : "",
                             a->name, a->optional ? "]" : "", a->repeats ? "..." : "");
    }
    return out;
}

static void print_term(const char *term, const char *text)
{
    unsigned used = (unsigned)printf("  %s", term);

    if (used + 2 > TERM_COLUMNS) {
        putchar('\n');
        used = 0;
    }
    used += (unsigned)printf("%*s", (int)(TERM_COLUMNS - used), "");
    args_help_paragraph(text, used, used);
}

static void print_arguments(const struct args_command *c)
{
    bool first = true;

    for (const struct args_argument *a = c->arguments; a && a->name; a++) {
        if (a->help) {
            fputs(first ? "\nArguments:\n" : "", stdout);
            first = false;
            print_term(a->name, a->help);
        }
    }
}

/* What it does, its range and its default. */
static const char *describe(const struct args_option *o, char *out, size_t capacity)
{
    char range[ARGS_VALUE_MAX] = "";
    bool count = o->kind == ARGS_COUNT && !o->expected && o->most > 0;

    if (count) {
        snprintf(range, sizeof range, "%.0f to %.0f", o->least, o->most);
    } else if (o->kind >= ARGS_COUNT && o->expected) {
        snprintf(range, sizeof range, "%s", o->expected);
    }
    if (range[0] || o->fallback) {
        snprintf(out, capacity, "%s (%s%s%s%s)", o->help, range,
                 range[0] && o->fallback ? "; " : "", o->fallback ? "default: " : "",
                 o->fallback ? o->fallback : "");
    } else {
        snprintf(out, capacity, "%s", o->help);
    }
    return out;
}

static void print_option(const struct args_option *o)
{
    char value[ARGS_VALUE_MAX], term[300], text[1024];
    bool plain = o->kind == ARGS_FLAG;
    /* a short option alone is written -n N, a long one --count N */
    int used = snprintf(term, sizeof term, "%.1s%.1s%s%s%s", o->letter ? "-" : "  ",
                        o->letter ? &o->letter : " ", o->letter && o->name ? ", " : "",
                        !o->letter ? "  --"
                        : o->name  ? "--"
                                   : "",
                        o->name ? o->name : "");

    if (!plain) {
        snprintf(term + used, sizeof term - (size_t)used, " %s", args_value_name(o, value));
    }
    print_term(term, describe(o, text, sizeof text));
}

static void print_options(const struct args_command *c)
{
    const struct args_option *o = c->options;
    bool own_help = false;

    if (!o || !o->help || !o->heading) {
        puts("\nOptions:");
    }
    for (; o && o->help; o++) {
        if (o->heading) {
            printf("\n%s:\n", o->heading);
        }
        print_option(o);
        own_help = own_help || o->letter == 'h';
    }
    if (c->version) {
        print_term(c->version_letter == 'v' ? "-v, --version" : "-V, --version",
                   "print the version");
    }
    print_term(own_help ? "    --help" : "-h, --help", "print this help");
}

static void print_lines(const char *heading, const char *text)
{
    printf("\n%s:\n", heading);
    while (*text) {
        size_t length = strcspn(text, "\n");

        printf("  %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

void args_help_print(const struct args_command *c)
{
    char usage[ARGS_VALUE_MAX];
    bool first = true;

    printf("Usage: %s\n\n", args_help_usage(c, usage));
    printf("%s.\n", c->summary);
    if (c->help) {
        putchar('\n');
        args_help_paragraph(c->help, 0, 0);
    }
    for (const struct args_command *const *part = c->parts; part && *part; part++) {
        printf("%s  %s\n    ", part == c->parts ? "\nSub-commands:\n" : "",
               args_help_usage(*part, usage));
        args_help_paragraph((*part)->summary, 4, 4);
    }
    if (c->parts) {
        return;
    }
    print_arguments(c);
    print_options(c);
    for (int i = 0; i < 3; i++) {
        if (c->exits[i]) {
            printf("%s  %d  ", first ? "\nExit codes:\n" : "", i);
            args_help_paragraph(c->exits[i], 5, 5);
            first = false;
        }
    }
    if (c->examples) {
        print_lines("Examples", c->examples);
    }
    if (c->notes) {
        printf("\n%s", c->notes);
    }
}

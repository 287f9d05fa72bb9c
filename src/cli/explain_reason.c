/* SPDX-License-Identifier: BSD-2-Clause */
/* The codes of the reports, in words and as JSON; see the header. */
#include "cli/explain_reason.h"

#include <stdio.h>
#include <string.h>

#include "args/args_help.h"
#include "control/reasons.h"

/* A template: its {words} stand for what toki status fills in. */
static void print_template(const char *label, const char *template)
{
    char text[1024];
    size_t used = 0;

    for (; *template && used + 1 < sizeof text; template ++) {
        text[used++] = *template;
        if (*template == '{' || *template == '}') {
            text[used - 1] = *template == '{' ? '<' : '>';
        }
    }
    text[used] = '\0';
    printf("\n%s:", label);
    args_help_paragraph(text, 2, (unsigned)strlen(label) + 1);
}

static bool print_reason(const char *of, const struct reason *rows, size_t count, const char *code)
{
    const struct reason *reason = reason_find(rows, count, code);

    if (!reason) {
        return false;
    }
    printf("%s (of %s)\n\n", reason->code, of);
    args_help_paragraph(reason->meaning, 0, 0);
    print_template("Said as", reason->cause);
    if (reason->remedy) {
        print_template("Remedy", reason->remedy);
    }
    putchar('\n');
    return true;
}

bool explain_reason(const char *code)
{
    bool found = print_reason("the clock", reasons_of_clock, CLOCK_CODES, code);

    return print_reason("a source", reasons_of_source, SOURCE_CODES, code) || found;
}

static void list(const char *title, const struct reason *rows, size_t count)
{
    printf("\n%s\n", title);
    for (size_t i = 0; i < count; i++) {
        printf("  %s\n", rows[i].code);
    }
}

void explain_reasons_list(void)
{
    list("Of the clock (toki status):", reasons_of_clock, CLOCK_CODES);
    list("Of a source (toki status):", reasons_of_source, SOURCE_CODES);
}

static void write_rows(struct document *d, const char *key, const struct reason *rows, size_t count)
{
    document_open_array(d, key);
    for (size_t i = 0; i < count; i++) {
        document_open_object(d, NULL);
        document_string(d, "code", rows[i].code);
        document_string(d, "cause", rows[i].cause);
        document_string(d, "remedy", rows[i].remedy);
        document_string(d, "text", rows[i].meaning);
        document_close_object(d);
    }
    document_close_array(d);
}

void explain_reasons_write(struct document *d)
{
    write_rows(d, "clock_codes", reasons_of_clock, CLOCK_CODES);
    write_rows(d, "source_codes", reasons_of_source, SOURCE_CODES);
}

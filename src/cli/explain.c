/* SPDX-License-Identifier: BSD-2-Clause */
/* toki explain: what a code in brackets behind a message means, and what to do about it. */
#include <stdio.h>
#include <string.h>

#include "cli/toki.h"
#include "config/codes.h"

#define COLUMNS 78

/* Words, as many as a line takes. */
static void print_paragraph(const char *text)
{
    unsigned used = 0;

    while (*text) {
        unsigned length = (unsigned)strcspn(text, " ");

        if (used > 0 && used + 1 + length > COLUMNS) {
            putchar('\n');
            used = 0;
        } else if (used > 0) {
            putchar(' ');
            used++;
        }
        printf("%.*s", (int)length, text);
        used += length;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

int explain_run(int argc, char **argv)
{
    const struct message_code *code;

    if (argc == 1) {
        for (code = message_codes; code->code; code++) {
            printf("%s  %s\n", code->code, code->title);
        }
        return EXIT_GOOD;
    }
    code = argc == 2 ? message_code_find(argv[1]) : NULL;
    if (!code) {
        fputs(argc == 2 ? "toki: there is no such code; 'toki explain' lists them\n"
                        : "toki: usage: toki explain [CODE]\n",
              stderr);
        return EXIT_USAGE;
    }
    printf("%s: %s\n\n", code->code, code->title);
    print_paragraph(code->text);
    return EXIT_GOOD;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of pictures need: is this well-formed XML without a number that is none, and what
 * stands where in it. */
#ifndef TOKI_TESTS_UNIT_SVG_LAB_H
#define TOKI_TESTS_UNIT_SVG_LAB_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define LAB_NAME_MAX 16
#define LAB_DEPTH_MAX 8

/* The reference at `text`, "&#38;" or "&amp;": its length; 0: it is none. */
static inline size_t lab_reference(const char *text)
{
    size_t length = strspn(text + 1, "#0123456789abcdefghijklmnopqrstuvwxyz");

    return length > 0 && text[1 + length] == ';' ? length + 2 : 0;
}

/* Characters up to one of `ends`, escaped as they must be; the end. */
static inline const char *lab_characters(const char *text, const char *ends)
{
    while (!strchr(ends, *text)) {
        assert_false((unsigned char)*text < ' ' && *text != '\n');
        assert_int_not_equal(*text, '<');
        if (*text == '&') {
            assert_true(lab_reference(text) > 0);
        }
        text++;
    }
    return text;
}

/* A start tag from after its '<' on; its name; the end. */
static inline const char *lab_tag(const char *text, char name[LAB_NAME_MAX], bool *empty)
{
    size_t length = strcspn(text, " />");

    assert_in_range(length, 1, LAB_NAME_MAX - 1);
    snprintf(name, LAB_NAME_MAX, "%.*s", (int)length, text);
    for (text += length; *text == ' ';) {
        text += strcspn(text, "=");
        assert_memory_equal(text, "=\"", 2);
        for (text += 2; *text != '"'; text = lab_characters(text, "\"ni")) {
            assert_true(strncmp(text, "nan", 3) != 0 && strncmp(text, "inf", 3) != 0);
            text += *text == 'n' || *text == 'i';
        }
        text++;
    }
    *empty = *text == '/';
    text += *empty;
    assert_int_equal(*text, '>');
    return text + 1;
}

/* Fails unless the text is one well-formed element, and all its coordinates are numbers. */
static inline void lab_check(const char *text)
{
    char names[LAB_DEPTH_MAX][LAB_NAME_MAX];
    unsigned depth = 0;

    do {
        bool empty;

        text = lab_characters(text, "<");
        assert_int_equal(*text, '<');
        text++;
        if (*text == '/') {
            size_t length = strlen(names[--depth]);

            assert_memory_equal(text + 1, names[depth], length);
            assert_int_equal(text[1 + length], '>');
            text += length + 2;
            continue;
        }
        assert_in_range(depth, 0, LAB_DEPTH_MAX - 1);
        text = lab_tag(text, names[depth], &empty);
        depth += !empty;
    } while (depth > 0);
    assert_string_equal(text, "\n");
}

static inline unsigned lab_count(const char *text, const char *what)
{
    unsigned count = 0;

    while ((text = strstr(text, what))) {
        text += strlen(what);
        count++;
    }
    return count;
}

/* Behind the nth (from 0 on) place of `what`. */
static inline const char *lab_after(const char *text, const char *what, unsigned n)
{
    do {
        text = strstr(text, what);
        assert_non_null(text);
        text += strlen(what);
    } while (n-- > 0);
    return text;
}

/* The numbers of the attribute that begins here, up to its end; how many. */
static inline unsigned lab_numbers(const char *text, double *out, unsigned room)
{
    unsigned count = 0;

    while (*text && *text != '"') {
        char *end;
        double number = strtod(text, &end);

        if (end == text) {
            text++;
            continue;
        }
        assert_in_range(count, 0, room - 1);
        out[count++] = number;
        text = end;
    }
    return count;
}

#endif

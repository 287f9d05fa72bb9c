/* SPDX-License-Identifier: BSD-2-Clause */
/* Keywords are strong evidence: one of each language, and the file is refused. What
 * stands on source lines, and comments with ! ; or %, only help where there is none. */
#include "config/dialect.h"

#include <stdio.h>
#include <string.h>

#include "config/language.h"
#include "config/text.h"

struct search {
    struct dialect_finding *found;
    struct line line;
    const char *source;
    size_t source_length;
    unsigned number;
    unsigned weak[CONFIG_DIALECTS];  /* words that speak for a language */
    unsigned alien[CONFIG_DIALECTS]; /* lines that it cannot have */
};

static void note(const struct search *s, enum config_dialect dialect, const struct word *word)
{
    struct dialect_evidence *evidence = &s->found->evidence[dialect];

    if (evidence->line == 0) {
        evidence->line = s->number;
        evidence->column = word->column;
        evidence->width = word->width;
        evidence->source = s->source;
        evidence->source_length = s->source_length;
        snprintf(evidence->word, sizeof evidence->word, "%s", word->text);
    }
}

/* The row of a word, however it is written: `Restrict` is no word of chrony.conf either. */
static const struct directive *find_row(const struct language *language, const char *word)
{
    char lower[32];
    size_t length = strlen(word);

    if (length >= sizeof lower) {
        return NULL;
    }
    for (size_t i = 0; i <= length; i++) {
        lower[i] = text_lower(word[i]);
    }
    return directive_find(language, lower);
}

/* Options that not every language has. */
static void weigh_options(struct search *s, const struct directive *const rows[CONFIG_DIALECTS])
{
    for (unsigned i = 2; i < s->line.count; i++) {
        bool known[CONFIG_DIALECTS] = {false}, all = true;

        for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
            const struct directive *row = rows[l->dialect];

            known[l->dialect] =
                row && parameter_find(row->options, s->line.words[i].text, l->any_case);
            all = all && known[l->dialect];
        }
        for (unsigned d = 0; d < CONFIG_DIALECTS && !all; d++) {
            s->weak[d] += known[d];
        }
    }
}

static void weigh_line(struct search *s)
{
    const struct word *word = &s->line.words[0];
    const struct directive *rows[CONFIG_DIALECTS] = {NULL};
    bool any = false, source = false;
    unsigned knowing = 0;

    for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
        const struct directive *row = find_row(l, word->text);

        rows[l->dialect] = row;
        any = any || row;
        source = source || (row && row->for_source);
        knowing += row != NULL;
    }
    for (const struct language *l = language_next(NULL); l && any; l = language_next(l)) {
        if (!rows[l->dialect]) {
            s->alien[l->dialect]++;
        } else if (knowing == 1) {
            note(s, l->dialect, word);
        } else if (source && l->resembles && l->resembles(&s->line)) {
            s->weak[l->dialect]++;
        }
    }
    if (source && knowing > 1) {
        weigh_options(s, rows);
    }
}

/* A comment whose mark not every language has. */
static void weigh_comment(struct search *s, char mark)
{
    for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
        s->weak[l->dialect] += strchr(l->style.comment_starts, mark) != NULL;
    }
}

/* Can the language have all lines, and does no other one have more words that speak for it? */
static bool is_likely(const struct search *s, enum config_dialect dialect)
{
    if (s->alien[dialect] > 0) {
        return false;
    }
    for (unsigned other = 0; other < CONFIG_DIALECTS; other++) {
        if (s->alien[other] == 0 && s->weak[other] > s->weak[dialect]) {
            return false;
        }
    }
    return true;
}

/* How much the file's name speaks for the language: "ntpd.conf" says more than "ntp". */
static size_t weigh_name(const struct language *l, const char *name)
{
    const char *slash = strrchr(name, '/');

    return l->path_name && strstr(name, l->path_name) ? strlen(l->path_name)
           : strstr(slash ? slash + 1 : name, l->file_name) ? strlen(l->file_name)
                                                            : 0;
}

/* Where no word tells: what is likely, and of these what the file's name says. */
static enum config_dialect find_likeliest(const struct search *s, const char *name)
{
    enum config_dialect only = DIALECT_UNKNOWN, named = DIALECT_UNKNOWN;
    unsigned count = 0;
    size_t most = 0;

    for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
        size_t weight = weigh_name(l, name);

        if (!is_likely(s, l->dialect)) {
            continue;
        }
        only = l->dialect;
        count++;
        if (weight > most) {
            named = l->dialect;
            most = weight;
        }
    }
    return count == 1 ? only : named;
}

static void decide(struct search *s, const char *name)
{
    struct dialect_finding *found = s->found;
    unsigned shown = 0;

    for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
        if (found->evidence[l->dialect].line > 0) {
            found->dialect = l->dialect;
            shown++;
        }
    }
    found->mixed = shown > 1;
    if (shown != 1) {
        found->dialect = shown == 0 ? find_likeliest(s, name) : DIALECT_UNKNOWN;
    }
}

void dialect_find(const char *name, const char *text, size_t length, struct dialect_finding *found)
{
    /* comments of neither language hide words here, and quotes are kept together */
    static const struct line_style style = {.comment_starts = "#", .quotes = true};
    struct search s = {.found = found};
    memset(found, 0, sizeof *found);
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        length -= 3;
    }
    while (length > 0) {
        const char *end = memchr(text, '\n', length);

        s.source = text;
        s.source_length = end ? (size_t)(end - text) : length;
        s.number++;
        line_split(&s.line, s.source, s.source_length, &style);
        if (s.line.count > 0 && strchr("!;%", s.line.words[0].text[0])) {
            weigh_comment(&s, s.line.words[0].text[0]);
        } else if (s.line.count > 0) {
            weigh_line(&s);
        }
        text += s.source_length + (end != NULL);
        length -= s.source_length + (end != NULL);
    }
    decide(&s, name);
}

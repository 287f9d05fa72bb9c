/* SPDX-License-Identifier: BSD-2-Clause */
/* See dialect.h. Keywords are strong evidence: one of each language, and the file is refused. What
 * stands on source lines, and comments with ! ; or %, only help where there is none. */
#include "config/dialect.h"

#include <stdio.h>
#include <string.h>

#include "config/chrony_conf.h"
#include "config/ntp_conf.h"
#include "config/openntpd_conf.h"
#include "config/text.h"

/* In the order in which evidence that fits several is given to them. */
static const struct language *const languages[] = {&chrony_conf, &ntp_conf, &openntpd_conf};

#define LANGUAGES (sizeof languages / sizeof *languages)

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

/* Options and hosts that not every language has. */
static void weigh_source(struct search *s, const struct directive *const rows[LANGUAGES])
{
    const struct word *words = s->line.words;
    unsigned count = s->line.count;

    if (count > 1 && (strcmp(words[1].text, "-4") == 0 || strcmp(words[1].text, "-6") == 0 ||
                      strncmp(words[1].text, "127.127.", 8) == 0)) {
        s->weak[DIALECT_NTP]++;
    }
    for (unsigned i = 2; i < count; i++) {
        bool known[LANGUAGES];
        unsigned knowing = 0;

        for (size_t l = 0; l < LANGUAGES; l++) {
            known[l] =
                rows[l] && parameter_find(rows[l]->options, words[i].text, languages[l]->any_case);
            knowing += known[l];
        }
        for (size_t l = 0; l < LANGUAGES; l++) {
            s->weak[languages[l]->dialect] += known[l] && knowing < LANGUAGES;
        }
    }
}

static void weigh_line(struct search *s)
{
    const struct word *word = &s->line.words[0];
    const struct directive *rows[LANGUAGES], *any = NULL;
    unsigned knowing = 0;

    for (size_t l = 0; l < LANGUAGES; l++) {
        rows[l] = find_row(languages[l], word->text);
        any = rows[l] ? rows[l] : any;
        knowing += rows[l] != NULL;
    }
    if (!any) {
        return;
    }
    for (size_t l = 0; l < LANGUAGES; l++) {
        if (!rows[l]) {
            s->alien[languages[l]->dialect]++;
        } else if (knowing == 1) {
            note(s, languages[l]->dialect, word);
        }
    }
    if (strcmp(any->keyword, "refclock") == 0 && s->line.count > 1) {
        char first = s->line.words[1].text[0]; /* SHM 0 or shm unit 0 */

        s->weak[DIALECT_CHRONY] += first >= 'A' && first <= 'Z';
        s->weak[DIALECT_NTP] += first >= 'a' && first <= 'z';
    } else if (any->for_source && knowing > 1) {
        weigh_source(s, rows);
    }
}

/* Can the language have all lines, and does no other one have more words that speak for it? */
static bool is_likely(const struct search *s, enum config_dialect dialect)
{
    if (s->alien[dialect] > 0) {
        return false;
    }
    for (size_t l = 0; l < LANGUAGES; l++) {
        enum config_dialect other = languages[l]->dialect;

        if (s->alien[other] == 0 && s->weak[other] > s->weak[dialect]) {
            return false;
        }
    }
    return true;
}

static bool is_named(const char *name, enum config_dialect dialect)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;

    switch (dialect) {
    case DIALECT_CHRONY:
        return strstr(base, "chrony") != NULL;
    case DIALECT_OPENNTPD:
        return strstr(name, "openntpd") || strstr(base, "ntpd.conf");
    case DIALECT_NTP:
        return strstr(base, "ntp") != NULL;
    case DIALECT_UNKNOWN:
    case CONFIG_DIALECTS:
        break;
    }
    return false;
}

/* Where no word tells: what is likely, and of these what the file's name says. */
static enum config_dialect find_likeliest(const struct search *s, const char *name)
{
    static const enum config_dialect order[] = {DIALECT_CHRONY, DIALECT_OPENNTPD, DIALECT_NTP};
    enum config_dialect only = DIALECT_UNKNOWN;
    unsigned count = 0;

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (is_likely(s, order[i])) {
            only = order[i];
            count++;
        }
    }
    if (count == 1) {
        return only;
    }
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (is_likely(s, order[i]) && is_named(name, order[i])) {
            return order[i];
        }
    }
    return DIALECT_UNKNOWN;
}

static void decide(struct search *s, const char *name)
{
    struct dialect_finding *found = s->found;
    unsigned shown = 0;

    for (size_t l = 0; l < LANGUAGES; l++) {
        if (found->evidence[languages[l]->dialect].line > 0) {
            found->dialect = languages[l]->dialect;
            shown++;
        }
    }
    if (shown > 1) {
        found->dialect = DIALECT_UNKNOWN;
        found->mixed = true;
    }
    if (shown > 0) {
        return;
    }
    found->dialect = find_likeliest(s, name);
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
            s.weak[DIALECT_CHRONY]++;
        } else if (s.line.count > 0) {
            weigh_line(&s);
        }
        text += s.source_length + (end != NULL);
        length -= s.source_length + (end != NULL);
    }
    decide(&s, name);
}

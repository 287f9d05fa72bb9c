/* SPDX-License-Identifier: BSD-2-Clause */
/* See dialect.h. Keywords are strong evidence: one of each language, and the file is refused. What
 * stands on source lines, and comments with ! ; or %, only help where there is none. */
#include "config/dialect.h"

#include <stdio.h>
#include <string.h>

#include "config/chrony_conf.h"
#include "config/ntp_conf.h"
#include "config/text.h"

struct search {
    struct dialect_finding *found;
    struct line line;
    const char *source;
    size_t source_length;
    unsigned number;
    unsigned weak_chrony, weak_ntp;
};

static void note(const struct search *s, struct dialect_evidence *evidence, const struct word *word)
{
    if (evidence->line == 0) {
        evidence->line = s->number;
        evidence->column = word->column;
        evidence->width = word->width;
        evidence->source = s->source;
        evidence->source_length = s->source_length;
        snprintf(evidence->word, sizeof evidence->word, "%s", word->text);
    }
}

/* Options and hosts that only one language has. */
static void weigh_source(struct search *s, const struct directive *chrony,
                         const struct directive *ntp)
{
    const struct word *words = s->line.words;
    unsigned count = s->line.count;
    if (count > 1 && (strcmp(words[1].text, "-4") == 0 || strcmp(words[1].text, "-6") == 0 ||
                      strncmp(words[1].text, "127.127.", 8) == 0)) {
        s->weak_ntp++;
    }
    for (unsigned i = 2; i < count; i++) {
        bool in_chrony = parameter_find(chrony->options, words[i].text, true) != NULL;
        bool in_ntp = parameter_find(ntp->options, words[i].text, false) != NULL;
        s->weak_chrony += in_chrony && !in_ntp;
        s->weak_ntp += in_ntp && !in_chrony;
    }
}

/* A row of ntp.conf, however the word is written: `Restrict` is no word of chrony.conf either. */
static const struct directive *find_in_ntp(const char *word)
{
    char lower[32];
    size_t length = strlen(word);
    if (length >= sizeof lower) {
        return NULL;
    }
    for (size_t i = 0; i <= length; i++) {
        lower[i] = text_lower(word[i]);
    }
    return directive_find(&ntp_conf, lower);
}

static void weigh_line(struct search *s)
{
    const struct word *word = &s->line.words[0];
    const struct directive *chrony = directive_find(&chrony_conf, word->text);
    const struct directive *ntp = find_in_ntp(word->text);
    if (chrony != NULL && ntp == NULL) {
        note(s, &s->found->chrony, word);
    } else if (ntp != NULL && chrony == NULL) {
        note(s, &s->found->ntp, word);
    } else if (ntp != NULL && strcmp(ntp->keyword, "refclock") == 0 && s->line.count > 1) {
        char first = s->line.words[1].text[0]; /* SHM 0 or shm unit 0 */
        s->weak_chrony += first >= 'A' && first <= 'Z';
        s->weak_ntp += first >= 'a' && first <= 'z';
    } else if (ntp != NULL && ntp->for_source) {
        weigh_source(s, chrony, ntp);
    }
}

static enum config_dialect by_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    return strstr(base, "chrony") != NULL ? DIALECT_CHRONY
           : strstr(base, "ntp") != NULL  ? DIALECT_NTP
                                          : DIALECT_UNKNOWN;
}

static void decide(struct search *s, const char *name)
{
    struct dialect_finding *found = s->found;
    found->mixed = found->chrony.line > 0 && found->ntp.line > 0;
    if (found->mixed) {
        return;
    }
    found->dialect = found->chrony.line > 0         ? DIALECT_CHRONY
                     : found->ntp.line > 0          ? DIALECT_NTP
                     : s->weak_chrony > s->weak_ntp ? DIALECT_CHRONY
                     : s->weak_ntp > s->weak_chrony ? DIALECT_NTP
                                                    : by_name(name);
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
        s.source_length = end != NULL ? (size_t)(end - text) : length;
        s.number++;
        line_split(&s.line, s.source, s.source_length, &style);
        if (s.line.count > 0 && strchr("!;%", s.line.words[0].text[0]) != NULL) {
            s.weak_chrony++;
        } else if (s.line.count > 0) {
            weigh_line(&s);
        }
        text += s.source_length + (end != NULL);
        length -= s.source_length + (end != NULL);
    }
    decide(&s, name);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the language, sets its defaults, has the lines read, and looks at the whole
 * for what no single line can show. */
#include "config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/command_line.h"
#include "config/dialect.h"
#include "config/include.h"
#include "config/keys.h"
#include "config/language.h"
#include "config/meaning.h"
#include "config/message.h"
#include "config/place.h"
#include "os/file.h"

struct config *config_new(void)
{
    return calloc(1, sizeof(struct config));
}

void config_free(struct config *c)
{
    free(c);
}

const char *config_dialect_name(enum config_dialect d)
{
    const struct language *language = language_of(d);

    return language ? language->name : "unknown";
}

enum config_dialect config_dialect_parse(const char *text)
{
    for (const struct language *l = language_next(NULL); l; l = language_next(l)) {
        if (strcmp(text, l->label) == 0) {
            return l->dialect;
        }
    }
    return DIALECT_UNKNOWN;
}

/* ---- loading ---- */

/* The defaults of all languages, unless they set their own: no host is served. */
static void start_config(struct config *c)
{
    memset(c, 0, sizeof *c);
    settings_default(&c->settings);
    acl_init(&c->access, ACCESS_NOSERVE);
    c->ratelimit = (struct ratelimit_settings){.interval_s = 8, .burst = 8, .leak_log2 = 2};
    c->client_log_bytes = 524288;
    c->port = 123;
    c->drift_interval_s = 3600;
    statistics_default(c->statistics);
    command_line_defaults(c);
}

static void __attribute__((format(printf, 4, 5)))
add_error(struct config *c, const struct message_place *place, const char *hint, const char *format,
          ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_add(c, CONFIG_ERROR, place, hint, format, arguments);
    va_end(arguments);
}

static void complain_of_evidence(struct config *c, const char *name, enum config_dialect dialect,
                                 const struct dialect_evidence *evidence, const char *hint)
{
    struct message_place place = {.file = name,
                                  .line = evidence->line,
                                  .column = evidence->column,
                                  .width = evidence->width,
                                  .source = evidence->source,
                                  .source_length = evidence->source_length};

    add_error(c, &place, hint, "E010 '%s' is a word of %s", evidence->word,
              config_dialect_name(dialect));
}

/* Both lines are shown, in the order of the file. */
static void complain_of_mixture(struct config *c, const char *name,
                                const struct dialect_finding *found)
{
    enum config_dialect first = DIALECT_UNKNOWN, second = DIALECT_UNKNOWN;

    for (enum config_dialect d = 0; d < CONFIG_DIALECTS; d++) {
        if (found->evidence[d].line == 0) {
            continue;
        }
        if (first == DIALECT_UNKNOWN || found->evidence[d].line < found->evidence[first].line) {
            second = first;
            first = d;
        } else if (second == DIALECT_UNKNOWN ||
                   found->evidence[d].line < found->evidence[second].line) {
            second = d;
        }
    }
    complain_of_evidence(c, name, first, &found->evidence[first], "");
    complain_of_evidence(c, name, second, &found->evidence[second],
                         "a file can only use one language; nothing was read");
}

static const struct language *find_language(struct config *c, const char *name, const char *text,
                                            size_t length, enum config_dialect force)
{
    struct dialect_finding found = {.dialect = force};

    if (force == DIALECT_UNKNOWN) {
        dialect_find(name, text, length, &found);
    }
    if (found.mixed) {
        complain_of_mixture(c, name, &found);
        return NULL;
    }
    /* chrony.conf is the safe choice: it serves no host and never steps */
    c->dialect = found.dialect != DIALECT_UNKNOWN ? found.dialect : DIALECT_CHRONY;
    return language_of(c->dialect);
}

/* What the whole means. Keys that sources name are looked for even in a file with errors, so that
 * all of them are told in one run, unless the error may be in the very lines that name the keys. */
static void finish(struct reader *r)
{
    struct config *c = r->config;
    bool clean = c->error_count == 0;
    bool keys_named = c->keyfile[0] != '\0' && (c->dialect != DIALECT_NTP || r->trusted_count > 0);

    if (clean) {
        place_begin(r);
        if (r->language->finish) {
            r->language->finish(r);
        }
        place_note_changes(r);
    }
    if (clean || keys_named) {
        keys_load(r);
    }
    if (clean) {
        meaning_check(r);
    }
}

/* `is_file`: the text stands in a file of this name, which may have a folder beside it. */
static bool load(struct config *c, const char *name, const char *text, size_t length,
                 enum config_dialect force, bool is_file)
{
    struct message_place whole = {.file = name};

    start_config(c);
    const struct language *language = find_language(c, name, text, length, force);
    struct reader *r = language ? calloc(1, sizeof *r) : NULL;
    if (!r) {
        if (language) {
            add_error(c, &whole, "", "E018 out of memory");
        }
        return false;
    }
    r->config = c;
    r->language = language;
    language->defaults(r);
    if (is_file) {
        include_main(r, name, text, length);
    } else {
        include_text(r, name, text, length);
    }
    if (r->file_count == 0) {
        add_error(c, &whole, "", "E018 out of memory");
    } else {
        finish(r);
    }
    for (unsigned i = 0; i < r->file_count; i++) {
        free(r->files[i]);
    }
    free(r);
    return c->error_count == 0;
}

bool config_load_text(struct config *c, const char *name, const char *text, size_t length,
                      enum config_dialect force)
{
    return load(c, name, text, length, force, false);
}

bool config_load(struct config *c, const char *path, enum config_dialect force)
{
    struct message_place whole = {.file = path};
    char *text = NULL;
    size_t length = 0;
    int error = file_read(path, CONFIG_FILE_LIMIT, &text, &length);

    if (error != 0) {
        start_config(c);
        add_error(c, &whole, "", "E011 %s", include_explain(error));
        return false;
    }
    bool good = load(c, path, text, length, force, true);
    free(text);
    return good;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Directives about files of measurements; see the header. */
#include "config/statistics_line.h"

#include <string.h>

#include "config/text.h"

static void switch_on(struct reader *r, enum statistics_kind kind)
{
    r->config->statistics[kind].on = true;
    statistics_describe(&r->config->statistics[kind]);
}

/* Of one of the two languages; STATISTICS_KINDS: none has this name. */
static enum statistics_kind find_kind(const char *text, bool ntp)
{
    for (enum statistics_kind kind = 0; kind < STATISTICS_KINDS; kind++) {
        if (statistics_is_ntp(kind) == ntp && text_equal_any_case(text, statistics_name(kind))) {
            return kind;
        }
    }
    return STATISTICS_KINDS;
}

void statistics_line_log(struct reader *r)
{
    for (unsigned i = r->rest; i < r->line.count; i++) {
        const struct word *word = &r->line.words[i];
        enum statistics_kind kind = find_kind(word->text, false);

        if (kind < STATISTICS_KINDS) {
            switch_on(r, kind);
        } else if (text_equal_any_case(word->text, "rawmeasurements")) {
            r->config->log_raw_measurements = true;
            switch_on(r, STATISTICS_MEASUREMENTS);
        } else if (text_equal_any_case(word->text, "rtc") ||
                   text_equal_any_case(word->text, "tempcomp")) {
            reader_warning(r, word, "", "W011 '%s' has no effect: toki does not track the %s",
                           word->text, strcmp(word->text, "rtc") == 0 ? "RTC" : "temperature");
        } else {
            reader_error(
                r, word,
                "measurements, rawmeasurements, statistics, selection, tracking or refclocks",
                "E009 unknown log '%.100s'", word->text);
        }
    }
    r->statistics_seen = reader_here(r);
}

/* ---- ntp.conf ---- */

/* Statistics of what toki does not have; NULL: it is none of them. */
static const char *why_not(const char *text)
{
    static const struct {
        const char *name, *why;
    } others[] = {{"cryptostats", "there is no Autokey"},
                  {"timingstats", "toki does not measure its own code"},
                  {"usestats", "resource usage is available from the service manager"},
                  {"ntsstats", "there is no NTS yet"},
                  {"ntskestats", "there is no NTS yet"},
                  {"ntskelog", "there is no NTS yet"}};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(text, others[i].name) == 0) {
            return others[i].why;
        }
    }
    return NULL;
}

/* Says what is wrong with a name that is no kind. */
static void refuse_name(struct reader *r, const struct word *word)
{
    const char *why = why_not(word->text);

    if (why) {
        reader_warning(r, word, "", "W011 '%s' has no effect: %s", word->text, why);
    } else {
        reader_error(r, word, "loopstats, peerstats, rawstats, sysstats, clockstats or protostats",
                     "E009 unknown statistics '%.100s'", word->text);
    }
}

void statistics_line_statistics(struct reader *r)
{
    for (unsigned i = r->rest; i < r->line.count; i++) {
        const struct word *word = &r->line.words[i];
        enum statistics_kind kind = find_kind(word->text, true);

        if (kind < STATISTICS_KINDS) {
            switch_on(r, kind);
        } else {
            refuse_name(r, word);
        }
    }
    r->statistics_seen = reader_here(r);
}

static bool read_rotation(struct reader *r, const struct word *word, struct statistics_file *file)
{
    for (enum statistics_rotation type = ROTATION_NONE; type <= ROTATION_AGE; type++) {
        if (text_equal_any_case(word->text, statistics_rotation_name(type))) {
            file->rotation = type;
            return true;
        }
    }
    reader_error(r, word, "none, pid, day, week, month, year or age", "E009 unknown type '%.100s'",
                 word->text);
    return false;
}

/* The name stays within the folder: a root writes it. */
static bool read_name(struct reader *r, const struct word *word, struct statistics_file *file)
{
    size_t length = strlen(word->text);

    if (length == 0 || length >= sizeof file->name || strchr(word->text, '/') ||
        word->text[0] == '.') {
        reader_error(r, word, "the directory is set by 'statsdir'",
                     "E008 '%.100s' is not a plain file name", word->text);
        return false;
    }
    memset(file->name, 0, sizeof file->name);
    memcpy(file->name, word->text, length);
    return true;
}

/* One option, with its value if it has one: the next word's index; 0: it was wrong. */
static unsigned read_option(struct reader *r, unsigned i, struct statistics_file *file)
{
    const struct word *word = &r->line.words[i];
    bool type = text_equal_any_case(word->text, "type");

    if (type || text_equal_any_case(word->text, "file")) {
        if (i + 1 >= r->line.count) {
            reader_error(r, NULL, "", "E005 '%s' needs a value", word->text);
            return 0;
        }
        word++;
        return (type ? read_rotation(r, word, file) : read_name(r, word, file)) ? i + 2 : 0;
    }
    if (text_equal_any_case(word->text, "link") || text_equal_any_case(word->text, "nolink")) {
        file->link = text_equal_any_case(word->text, "link");
    } else if (text_equal_any_case(word->text, "enable") ||
               text_equal_any_case(word->text, "disable")) {
        file->on = text_equal_any_case(word->text, "enable");
    } else {
        reader_error(r, word, "file, type, link, nolink, enable or disable",
                     "E002 unknown option '%.100s'", word->text);
        return 0;
    }
    return i + 1;
}

void statistics_line_filegen(struct reader *r)
{
    const struct word *name = &r->line.words[r->rest];
    enum statistics_kind kind = find_kind(name->text, true);
    struct statistics_file file;

    if (kind == STATISTICS_KINDS) {
        if (!why_not(name->text)) {
            refuse_name(r, name);
        }
        return;
    }
    file = r->config->statistics[kind];
    file.on = true;
    for (unsigned i = r->rest + 1; i < r->line.count;) {
        i = read_option(r, i, &file);
        if (i == 0) {
            return;
        }
    }
    statistics_describe(&file);
    r->config->statistics[kind] = file;
}

void statistics_line_finish(struct reader *r)
{
    if (r->statistics_seen.file && r->config->log_directory[0] == '\0' &&
        r->config->dialect == DIALECT_CHRONY) {
        reader_message_at(r, CONFIG_WARNING, &r->statistics_seen,
                          "'logdir /var/log/chrony', for example",
                          "W020 'log' has no effect without 'logdir'");
    }
}

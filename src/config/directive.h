/* SPDX-License-Identifier: BSD-2-Clause */
/* The table walker. A language is a table of rows: keyword, arguments, options, verdict, one line
 * of documentation. The walker finds the row, reads numbers with units and ranges, stores what has
 * a plain place, calls the row's function for the rest, and says what is wrong, all of it, with
 * its place. A new directive is a new row. */
#ifndef TOKI_CONFIG_DIRECTIVE_H
#define TOKI_CONFIG_DIRECTIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/language.h"

/* A parameter that was given. */
struct value {
    const struct word *word; /* NULL: not given; a flag: the flag itself */
    double number;
};

#define DIRECTIVES_MAX 160

/* A file within a file. */
struct frame {
    const char *path; /* lives as long as the reader */
    unsigned line;    /* being read */
    const char *source;
    size_t source_length;
    struct frame *up; /* who includes it */
};

/* Where something was said: for later messages about it. */
struct origin {
    const char *file; /* NULL: nowhere */
    unsigned line, column, width;
};

#define READER_FILES_MAX 1000      /* of one configuration */
#define READER_BYTES_MAX 16000000U /* of all of them */
#define READER_FIELDS_BYTES 8192
#define READER_DIRECTORIES_MAX 10 /* of one confdir line */

/* A `fudge` line of ntp.conf: which clock, and what about it. */
#define CLOCK_FUDGES_MAX 64
struct clock_fudge {
    struct origin at;
    unsigned unit, stratum;
    double time1_s;
    uint32_t refid;
    bool has_time1, has_stratum, has_refid;
};

/* The `key` option of a source line. */
struct key_use {
    struct origin at; /* file NULL: it has none */
    bool version_given;
    char line[512]; /* as it was read; too long a one is not kept */
    size_t line_length;
};

/* Numbers of a trustedkey line. */
#define KEY_RANGES_MAX 1024
struct key_range {
    uint32_t low, high;
    struct origin at;
};

/* Everything about one load. */
struct reader {
    struct config *config;
    const struct language *language;
    struct frame *frame; /* innermost */
    unsigned depth;
    bool sources_only; /* within a *.sources file */

    bool by_hand; /* lines of no file: their numbers say nothing */

    /* the line being read */
    struct line line;
    unsigned next; /* word */
    const struct directive *directive;
    struct value values[PARAMETERS_MAX]; /* arguments, then options */
    unsigned rest;                       /* first word of PARAMETER_REST */
    enum address_family family;          /* -4, -6 */
    struct source_spec spec;             /* of a source line */
    unsigned line_errors;

    char fields_before[READER_FIELDS_BYTES]; /* values of config/fields.h before the line */

    /* the whole */
    struct origin seen[DIRECTIVES_MAX];        /* first line of each row */
    struct origin spec_seen[SOURCE_SPECS_MAX]; /* line of each source */
    char *files[READER_FILES_MAX];             /* names, kept for the origins */
    unsigned file_count;
    size_t bytes_read;
    bool too_much; /* and it was said */

    /* what is put together after the last line */
    struct address query_from[2]; /* OpenNTPD's `query from`, for the lines below it */
    bool local_clock;             /* server 127.127.1.x */
    double local_clock_stratum;   /* of its fudge line */
    double max_clock_sources;     /* tos maxclock */
    struct clock_fudge fudges[CLOCK_FUDGES_MAX];
    unsigned fudge_count;
    bool orphan; /* tos orphan, below 16, ... */
    double orphan_wait_s;
    struct origin open_seen;    /* the line that opens the server to all hosts */
    struct origin default_seen; /* restrict default, ... */
    uint32_t default_flags;     /* ... and its flags */
    struct origin own_seen;     /* restrict 127.0.0.1 noquery */
    struct origin statistics_seen;
    struct origin key_file_seen, notrust_seen, control_seen;
    struct key_use key_uses[SOURCE_SPECS_MAX];
    struct key_range trusted[KEY_RANGES_MAX];
    unsigned trusted_count;
    int key_file_error; /* -errno of reading it */
    bool keys_unsifted; /* untrusted ones are still among them */
};

/* A message about a word of the line (NULL: the line's end). Formats are plain ASCII. */
void reader_error(struct reader *r, const struct word *word, const char *hint, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
void reader_warning(struct reader *r, const struct word *word, const char *hint, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));

/* A message about an earlier line; file NULL: the file as a whole. */
void reader_message_at(struct reader *r, enum config_severity severity, const struct origin *at,
                       const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Where the present line's keyword is. */
struct origin reader_here(const struct reader *r);

/* For the functions of the rows: a parameter of the present line, NULL if it was not given. */
const struct value *directive_value(const struct reader *r, const char *name);

/* Reads one line's words into the configuration. */
void directive_parse(struct reader *r);

/* Row of a keyword, NULL if there is none. */
const struct directive *directive_find(const struct language *language, const char *keyword);

/* Row of an option, NULL if there is none. */
const struct parameter *parameter_find(const struct parameter *table, const char *name,
                                       bool any_case);

enum number_verdict { NUMBER_GOOD, NUMBER_NONE, NUMBER_OUT_OF_RANGE };

/* Text as a number for this parameter; of a flag: 0 or 1. */
enum number_verdict parameter_number(const struct parameter *p, const char *text, double *number);

/* Puts what was given to its place in `base`: a struct config, or the spec of a source. `text` is
 * for STORE_TEXT and fits; else NULL. */
void parameter_put(const struct parameter *p, double number, const char *text, void *base);

#endif

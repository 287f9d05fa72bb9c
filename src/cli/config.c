/* SPDX-License-Identifier: BSD-2-Clause */
/* toki config show, toki config diff: what is in effect and where it comes from, and what differs
 * between two configurations, whatever language each is written in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/daemon.h"
#include "cli/draw/render.h"
#include "cli/toki.h"
#include "config/config.h"
#include "config/difference.h"
#include "control/config_json.h"

#define JSON_MAX (4 << 20)
#define NAME_COLUMNS 34
#define DIRECTIVE_COLUMNS 18
#define VALUE_COLUMNS 36

struct wanted {
    const char *file, *other; /* other: of diff */
    const char *control;
    enum config_dialect dialect;
    bool json, daemon;
};

/* A document of a configuration in memory; NULL: said why. */
static char *finish(struct document *d)
{
    if (document_finish(d) == 0) {
        fputs("toki: too many items to show\n", stderr);
        free(d->out);
        return NULL;
    }
    return d->out;
}

static bool begin(struct document *d)
{
    char *text = malloc(JSON_MAX);

    if (!text) {
        fputs("toki: out of memory\n", stderr);
        return false;
    }
    document_begin(d, text, JSON_MAX);
    return true;
}

/* What `toki check` would print of it. */
static void print_check(const struct config *c, const char *path)
{
    struct document d;
    char *text;

    if (!begin(&d)) {
        return;
    }
    config_json_write_check(&d, c, path);
    text = finish(&d);
    fputs(text ? text : "", stdout);
    free(text);
}

/* Loads a file. NULL: it has errors, which went to stderr, and with --json to stdout. */
static struct config *load(const char *path, const struct wanted *wanted)
{
    struct config *c = config_new();
    char text[2048];

    if (!c) {
        fputs("toki: out of memory\n", stderr);
        return NULL;
    }
    if (config_load(c, path, wanted->dialect)) {
        return c;
    }
    for (unsigned i = 0; i < c->message_count; i++) {
        if (c->messages[i].severity == CONFIG_ERROR) {
            config_message_format(&c->messages[i], text, sizeof text);
            fputs(text, stderr);
        }
    }
    if (wanted->json) {
        print_check(c, path);
    }
    config_free(c);
    return NULL;
}

/* The document about a file, malloc'ed; NULL: said why. */
static char *document_of_file(const char *path, const struct wanted *wanted)
{
    struct config *c = load(path, wanted);
    char *text = NULL;
    struct document d;

    if (c && begin(&d)) {
        config_json_write(&d, c, path);
        text = finish(&d);
    }
    config_free(c);
    return text;
}

static char *document_of_daemon(const char *control)
{
    char problem[512], *text = daemon_ask(control, "config", problem, sizeof problem);

    if (!text) {
        fprintf(stderr, "toki: %s\n", problem);
    }
    return text;
}

static void print_item(const json_t *item, const char *language)
{
    char name[RENDER_TEXT_MAX], value[RENDER_TEXT_MAX], file[RENDER_TEXT_MAX],
        whole[RENDER_TEXT_MAX], directive[RENDER_TEXT_MAX];
    const char *group = daemon_text(item, "group");
    bool plain = strcmp(group, "access") != 0 && strcmp(group, "command access") != 0;

    render_clean(daemon_text(item, "name"), name, sizeof name);
    render_clean(daemon_text(item, "value"), value, sizeof value);
    render_clean(daemon_text(item, "file"), file, sizeof file);
    snprintf(whole, sizeof whole, "%.20s%s%.900s", plain ? "" : group, plain ? "" : " ", name);
    render_clean(json_is_null(json_object_get(item, "directive")) ? "-"
                                                                  : daemon_text(item, "directive"),
                 directive, sizeof directive);
    printf("%-*s  %-*s  %-*s  ", NAME_COLUMNS, whole, DIRECTIVE_COLUMNS, directive, VALUE_COLUMNS,
           value);
    if (file[0] == '\0') {
        printf("%sdefault of %s%s\n", render_style(STYLE_DIM), language, render_style(STYLE_PLAIN));
    } else if (json_is_null(json_object_get(item, "line"))) {
        printf("%s\n", file);
    } else {
        printf("%s:%.0f\n", file, daemon_number(item, "line"));
    }
}

static int print_document(const char *text)
{
    json_t *root = json_loads(text, 0, NULL);
    const json_t *items = json_object_get(root, "items"), *item;
    size_t i;

    if (!json_is_array(items)) {
        fputs("toki: invalid answer from tokid\n", stderr);
        json_decref(root);
        return EXIT_USAGE;
    }
    json_array_foreach(items, i, item)
    {
        print_item(item, daemon_text(root, "language"));
    }
    json_decref(root);
    return EXIT_GOOD;
}

static const struct args_argument show_arguments[] = {
    {"FILE", ARGS_PATH, offsetof(struct wanted, file), .optional = true,
     .help = "chrony.conf, ntp.conf or OpenNTPD's ntpd.conf"},
    {.name = NULL}};

static const struct args_option show_options[] = {
    {0, "daemon", ARGS_FLAG, offsetof(struct wanted, daemon),
     .help = "show the settings of the running daemon instead of a file"},
    ARGS_LANGUAGE(struct wanted, dialect),
    ARGS_JSON(struct wanted, json),
    ARGS_CONTROL(struct wanted, control),
    {.help = NULL}};

static int show(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.dialect = DIALECT_UNKNOWN};
    char *text;
    int code = EXIT_GOOD;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    if (wanted.daemon == (wanted.file != NULL)) {
        return args_complain(self, "expected either a FILE or --daemon");
    }
    text =
        wanted.daemon ? document_of_daemon(wanted.control) : document_of_file(wanted.file, &wanted);
    if (!text) {
        return EXIT_USAGE;
    }
    if (wanted.json) {
        fputs(text, stdout);
    } else {
        code = print_document(text);
    }
    free(text);
    return code;
}

static void print_difference(const struct difference *difference)
{
    fputs(difference->text, stdout);
    if (difference->count > difference->written) {
        printf("... and %u more\n", difference->count - difference->written);
    }
}

static bool print_difference_json(const struct difference *difference, const struct wanted *wanted,
                                  const struct config *a, const struct config *b)
{
    struct document d;
    char *text;

    if (!begin(&d)) {
        return false;
    }
    config_json_write_difference(&d, difference, (const char *const[]){wanted->file, wanted->other},
                                 (const struct config *const[]){a, b});
    text = finish(&d);
    if (!text) {
        return false;
    }
    fputs(text, stdout);
    free(text);
    return true;
}

static const struct args_command show_command = {
    .name = "config show",
    .summary = "Print the settings in effect, each with the line it comes from",
    .arguments = show_arguments,
    .options = show_options,
    .exits = {"printed", NULL, "wrong usage, the daemon cannot be reached, or the file has errors"},
    .examples = "toki config show /etc/chrony/chrony.conf\ntoki config show --daemon",
    .run = show,
};

static const struct args_argument diff_arguments[] = {
    {"FILE", ARGS_PATH, offsetof(struct wanted, file), .help = "a configuration"},
    {"OTHER", ARGS_PATH, offsetof(struct wanted, other),
     .help = "the one to compare it with, in any language"},
    {.name = NULL}};

static const struct args_option diff_options[] = {
    ARGS_LANGUAGE(struct wanted, dialect), ARGS_JSON(struct wanted, json), {.help = NULL}};

static int diff(const struct args_command *self, int argc, char **argv)
{
    static struct difference difference;
    struct wanted wanted = {.dialect = DIALECT_UNKNOWN};
    struct config *a, *b;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    code = EXIT_USAGE;
    a = load(wanted.file, &wanted);
    /* one document is enough: of the first file that has errors */
    wanted.json = wanted.json && a;
    b = load(wanted.other, &wanted);
    if (a && b) {
        difference_find(&difference, a, b);
        code = difference.count > 0 ? EXIT_BAD : EXIT_GOOD;
        if (!wanted.json) {
            print_difference(&difference);
        } else if (!print_difference_json(&difference, &wanted, a, b)) {
            code = EXIT_USAGE;
        }
    }
    config_free(a);
    config_free(b);
    return code;
}

static const struct args_command diff_command = {
    .name = "config diff",
    .summary = "Print the differences between two configurations",
    .arguments = diff_arguments,
    .options = diff_options,
    .exits = {"no differences", "differences found", "wrong usage, or a file has errors"},
    .examples = "toki config diff /etc/ntp.conf /etc/chrony.conf",
    .run = diff,
};

static const struct args_command *const parts[] = {&show_command, &diff_command, NULL};

const struct args_command config_command = {
    .name = "config",
    .summary = "Show what a configuration does, or compare two",
    .parts = parts,
    .group = GROUP_CONFIGURATION,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* toki config show, toki config diff: what is in effect and where it comes from, and what differs
 * between two configurations, whatever language each is written in. */
#include <getopt.h>
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
    const char *control;
    enum config_dialect dialect;
    bool json, daemon;
};

static bool parse(int argc, char **argv, struct wanted *out)
{
    static const struct option options[] = {{"control", required_argument, NULL, 'c'},
                                            {"daemon", no_argument, NULL, 'd'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"language", required_argument, NULL, 'l'},
                                            {NULL, 0, NULL, 0}};
    int option;

    *out = (struct wanted){0};
    while ((option = getopt_long(argc, argv, "j", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            out->control = optarg;
            break;
        case 'd':
            out->daemon = true;
            break;
        case 'j':
            out->json = true;
            break;
        case 'l':
            out->dialect = config_dialect_parse(optarg);
            if (out->dialect == DIALECT_UNKNOWN) {
                return false;
            }
            break;
        default:
            return false;
        }
    }
    return true;
}

/* A document of a configuration in memory; NULL: said why. */
static char *finish(struct document *d)
{
    if (document_finish(d) == 0) {
        fputs("toki: more than can be shown\n", stderr);
        free(d->out);
        return NULL;
    }
    return d->out;
}

static bool begin(struct document *d)
{
    char *text = malloc(JSON_MAX);

    if (!text) {
        fputs("toki: no memory\n", stderr);
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
        fputs("toki: no memory\n", stderr);
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
        fputs("toki: cannot understand tokid's answer\n", stderr);
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

static int show(int argc, char **argv)
{
    struct wanted wanted;
    char *text;
    int code = EXIT_GOOD;

    if (!parse(argc, argv, &wanted) || (wanted.daemon ? optind != argc : optind + 1 != argc)) {
        fputs("toki: usage: toki config show FILE|--daemon [--json] [--language NAME]\n", stderr);
        return EXIT_USAGE;
    }
    text = wanted.daemon ? document_of_daemon(wanted.control)
                         : document_of_file(argv[optind], &wanted);
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

static bool print_difference_json(const struct difference *difference, char *const *files,
                                  const struct config *a, const struct config *b)
{
    struct document d;
    char *text;

    if (!begin(&d)) {
        return false;
    }
    config_json_write_difference(&d, difference, (const char *const[]){files[0], files[1]},
                                 (const struct config *const[]){a, b});
    text = finish(&d);
    if (!text) {
        return false;
    }
    fputs(text, stdout);
    free(text);
    return true;
}

static int diff(int argc, char **argv)
{
    static struct difference difference;
    struct wanted wanted;
    struct config *a, *b;
    int code = EXIT_USAGE;

    if (!parse(argc, argv, &wanted) || wanted.daemon || wanted.control || optind + 2 != argc) {
        fputs("toki: usage: toki config diff FILE FILE [--json] [--language NAME]\n", stderr);
        return EXIT_USAGE;
    }
    a = load(argv[optind], &wanted);
    /* one document is enough: of the first file that has errors */
    wanted.json = wanted.json && a;
    b = load(argv[optind + 1], &wanted);
    if (a && b) {
        difference_find(&difference, a, b);
        code = difference.count > 0 ? EXIT_BAD : EXIT_GOOD;
        if (!wanted.json) {
            print_difference(&difference);
        } else if (!print_difference_json(&difference, argv + optind, a, b)) {
            code = EXIT_USAGE;
        }
    }
    config_free(a);
    config_free(b);
    return code;
}

int config_run(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "show") == 0) {
        return show(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "diff") == 0) {
        return diff(argc - 1, argv + 1);
    }
    fputs("toki: usage: toki config show FILE|--daemon, or toki config diff FILE FILE\n", stderr);
    return EXIT_USAGE;
}

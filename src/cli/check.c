/* SPDX-License-Identifier: BSD-2-Clause */
/* toki check: reads a configuration as tokid would and tells everything that is wrong with it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/toki.h"
#include "config/config.h"
#include "control/document.h"

#define JSON_MAX (1 << 20)

static void print_json(const char *file, const struct config *config, bool right)
{
    static char out[JSON_MAX];
    struct document d;

    document_begin(&d, out, sizeof out);
    document_open_object(&d, NULL);
    document_integer(&d, "version", 1);
    document_string(&d, "command", "check");
    document_string(&d, "file", file);
    document_bool(&d, "ok", right);
    document_string(&d, "language", right ? config_dialect_name(config->dialect) : NULL);
    document_integer(&d, "errors", config->error_count);
    document_integer(&d, "warnings", config->warning_count);
    document_open_array(&d, "messages");
    for (unsigned i = 0; i < config->message_count; i++) {
        const struct config_message *m = &config->messages[i];

        document_open_object(&d, NULL);
        document_string(&d, "severity", m->severity == CONFIG_ERROR ? "error" : "warning");
        document_string(&d, "code", m->code[0] ? m->code : NULL);
        document_string(&d, "file", m->file);
        document_integer(&d, "line", m->line);
        document_integer(&d, "column", m->column);
        document_integer(&d, "width", m->width);
        document_string(&d, "text", m->text);
        document_string(&d, "hint", m->hint[0] ? m->hint : NULL);
        document_close_object(&d);
    }
    document_close_array(&d);
    document_close_object(&d);
    if (document_finish(&d)) {
        fputs(out, stdout);
    }
}

static void print_words(const char *file, const struct config *config, bool right)
{
    char text[2048];

    for (unsigned i = 0; i < config->message_count; i++) {
        config_message_format(&config->messages[i], text, sizeof text);
        fputs(text, stdout);
    }
    if (config->error_count + config->warning_count > config->message_count) {
        printf("%u more messages\n",
               config->error_count + config->warning_count - config->message_count);
    }
    if (right) {
        printf("%s: ok (%s)\n", file, config_dialect_name(config->dialect));
    } else {
        printf("%s: %u error%s\n", file, config->error_count, config->error_count == 1 ? "" : "s");
    }
}

int check_run(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"language", required_argument, NULL, 'l'},
                                            {NULL, 0, NULL, 0}};
    enum config_dialect dialect = DIALECT_UNKNOWN;
    struct config *config;
    bool json = false, wrong = false, right;
    int option;

    while ((option = getopt_long(argc, argv, "j", options, NULL)) != -1) {
        if (option == 'l') {
            dialect = config_dialect_parse(optarg);
            wrong = wrong || dialect == DIALECT_UNKNOWN;
        }
        wrong = wrong || option == '?';
        json = json || option == 'j';
    }
    if (wrong || optind + 1 != argc) {
        fputs("toki: usage: toki check FILE [--json] [--language chrony|ntp|openntpd]\n", stderr);
        return EXIT_USAGE;
    }
    config = config_new();
    if (!config) {
        fputs("toki: no memory\n", stderr);
        return EXIT_USAGE;
    }
    right = config_load(config, argv[optind], dialect);
    if (json) {
        print_json(argv[optind], config, right);
    } else {
        print_words(argv[optind], config, right);
    }
    config_free(config);
    return right ? EXIT_GOOD : EXIT_USAGE;
}

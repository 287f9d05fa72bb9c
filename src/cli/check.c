/* SPDX-License-Identifier: BSD-2-Clause */
/* toki check: reads a configuration as tokid would and tells everything that is wrong with it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/toki.h"
#include "config/config.h"
#include "control/config_json.h"

#define JSON_MAX (1 << 20)

static void print_json(const char *file, const struct config *config)
{
    static char out[JSON_MAX];
    struct document d;

    document_begin(&d, out, sizeof out);
    config_json_write_check(&d, config, file);
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
        print_json(argv[optind], config);
    } else {
        print_words(argv[optind], config, right);
    }
    config_free(config);
    return right ? EXIT_GOOD : EXIT_USAGE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* toki check: reads a configuration as tokid would and tells everything that is wrong with it. */
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

struct wanted {
    const char *file;
    enum config_dialect dialect;
    bool json;
};

static const struct args_argument arguments[] = {
    {"FILE", ARGS_PATH, offsetof(struct wanted, file),
     .help = "chrony.conf, ntp.conf or OpenNTPD's ntpd.conf"},
    {.name = NULL}};

static const struct args_option options[] = {
    ARGS_LANGUAGE(struct wanted, dialect), ARGS_JSON(struct wanted, json), {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.dialect = DIALECT_UNKNOWN};
    struct config *config;
    bool right;
    int code;

    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    config = config_new();
    if (!config) {
        fputs("toki: out of memory\n", stderr);
        return EXIT_USAGE;
    }
    right = config_load(config, wanted.file, wanted.dialect);
    if (wanted.json) {
        print_json(wanted.file, config);
    } else {
        print_words(wanted.file, config, right);
    }
    config_free(config);
    return right ? EXIT_GOOD : EXIT_USAGE;
}

const struct args_command check_command = {
    .name = "check",
    .summary = "Check a configuration for errors",
    .help = "Reads it as tokid does, and prints errors and warnings with hints.",
    .arguments = arguments,
    .options = options,
    .exits = {"no errors; there may be warnings", NULL,
              "wrong usage, or the configuration has errors"},
    .examples = "toki check /etc/ntp.conf",
    .run = run,
    .group = GROUP_CONFIGURATION,
};

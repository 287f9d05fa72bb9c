/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration in force; see the header. */
#include "daemon/configuration.h"

#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "os/file.h"
#include "os/process.h"
#include "toki_build.h"

static const char *const usual_files[] = {"/etc/toki/toki.conf", "/etc/chrony/chrony.conf",
                                          "/etc/chrony.conf", "/etc/ntpsec/ntp.conf",
                                          "/etc/ntp.conf"};

struct configuration *configuration_new(void)
{
    return process_shared_memory(sizeof(struct configuration));
}

const struct config *configuration_current(struct configuration *c)
{
    return &c->slots[atomic_load(&c->generation) & 1];
}

static void override(struct config *config, const struct options *options)
{
    struct settings *settings = &config->settings;

    if (options->port >= 0) {
        config->port = (unsigned)options->port;
    }
    if (options->pidfile) {
        snprintf(config->pidfile, sizeof config->pidfile, "%s", options->pidfile);
    }
    if (options->user) {
        snprintf(config->user, sizeof config->user, "%s", options->user);
    }
    if (settings->build_time_s == 0) {
        settings->build_time_s = TOKI_RELEASE_TIME;
    }
    settings->panic_first_allowed = settings->panic_first_allowed || options->allow_panic;
    for (unsigned i = 0; options->family && i < settings->spec_count; i++) {
        if (!settings->specs[i].family) {
            settings->specs[i].family = options->family;
        }
    }
}

static void show_messages(const struct config *config, bool to_log)
{
    char text[2048];

    for (unsigned i = 0; i < config->message_count; i++) {
        const struct config_message *m = &config->messages[i];

        config_message_format(m, text, sizeof text);
        if (to_log) {
            text[strcspn(text, "\n")] = '\0'; /* the place and the words; no caret lines in a log */
            log_line(m->severity == CONFIG_ERROR ? LEVEL_ERROR : LEVEL_WARNING, "%s", text);
        } else {
            fputs(text, stderr);
        }
    }
    if (config->error_count + config->warning_count > config->message_count && !to_log) {
        fprintf(stderr, "%u more messages\n",
                config->error_count + config->warning_count - config->message_count);
    }
}

static bool load(struct configuration *c, const struct options *options, struct config *slot,
                 bool to_log)
{
    struct config *config = config_new(); /* the slots hold only what is right */
    bool right;

    if (!config) {
        return false;
    }
    right = config_load(config, c->file, options->dialect);
    show_messages(config, to_log);
    if (right) {
        override(config, options);
        memcpy(slot, config, sizeof *slot);
    }
    config_free(config);
    return right;
}

bool configuration_load(struct configuration *c, const struct options *options)
{
    const char *file = options->config_file;
    char start[2];

    for (size_t i = 0; !file && i < sizeof usual_files / sizeof usual_files[0]; i++) {
        if (file_read_into(usual_files[i], start, sizeof start) >= 0) {
            file = usual_files[i];
        }
    }
    if (!file) {
        fputs(
            "tokid: no configuration found (looked for /etc/toki/toki.conf, "
            "/etc/chrony/chrony.conf, /etc/chrony.conf, /etc/ntpsec/ntp.conf and "
            "/etc/ntp.conf): name one with -f FILE\n",
            stderr);
        return false;
    }
    snprintf(c->file, sizeof c->file, "%s", file);
    return load(c, options, &c->slots[0], false);
}

bool configuration_reload(struct configuration *c, const struct options *options)
{
    uint32_t generation = atomic_load(&c->generation);

    if (!load(c, options, &c->slots[(generation + 1) & 1], true)) {
        log_line(LEVEL_ERROR,
                 "reload-refused file=%s text=\"the file has errors; the old "
                 "configuration stays in force\"",
                 c->file);
        return false;
    }
    atomic_store(&c->generation, generation + 1);
    log_line(LEVEL_NOTICE, "reloaded file=%s", c->file);
    return true;
}

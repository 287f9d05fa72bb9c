/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration in force: found, read, checked, overridden by the command line, and published
 * in two slots and a generation. */
#include "daemon/configuration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/access.h"
#include "daemon/log.h"
#include "os/file.h"
#include "os/names.h"
#include "os/process.h"
#include "toki_build.h"

static const char *const usual_files[] = {
    "/etc/toki/toki.conf", "/etc/chrony/chrony.conf", "/etc/chrony.conf", "/etc/ntpsec/ntp.conf",
    "/etc/ntp.conf",       "/etc/openntpd/ntpd.conf", "/etc/ntpd.conf"};

/* All of a configuration but its messages, which are large and not needed later. */
static void copy_config(struct config *to, const struct config *from)
{
    const size_t messages = offsetof(struct config, messages);
    const size_t after = messages + sizeof from->messages;

    memcpy(to, from, messages);
    memcpy((char *)to + after, (const char *)from + after, sizeof *from - after);
    to->message_count = 0;
}

struct configuration *configuration_new(void)
{
    struct configuration *c = calloc(1, sizeof *c);

    if (!c) {
        return NULL;
    }
    c->own = config_new();
    c->shared = process_shared_memory("toki-configuration", sizeof *c->shared, NULL);
    if (!c->own || !c->shared) {
        config_free(c->own);
        free(c);
        return NULL;
    }
    return c;
}

const struct config *configuration_current(const struct configuration *c)
{
    return c->own;
}

static void override(struct config *config, const struct options *options)
{
    struct settings *settings = &config->settings;

    if (options->port >= 0) {
        config->port = (unsigned)options->port;
    }
    if (options->command_port >= 0) {
        config->command_port = (unsigned)options->command_port;
    }
    if (options->command_socket) {
        bool none = strcmp(options->command_socket, "/") == 0;

        snprintf(config->command_socket, sizeof config->command_socket, "%s",
                 none ? "" : options->command_socket);
    }
    if (strcmp(config->driftfile, "/dev/null") == 0) {
        config->driftfile[0] = '\0'; /* what that is meant to say */
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

/* Looks up the hosts that access rules name. A rule that opens and finds nobody is only said so,
 * but to somebody who gives it by hand (`asked`) an error, as one that closes always is: it would
 * keep nobody out. */
static bool resolve_access(struct config *config, bool asked, char *problem, size_t capacity)
{
    struct address found[NAMES_MAX];

    for (unsigned i = 0; i < config->access_name_count; i++) {
        const struct access_name *rule = &config->access_names[i];
        bool closes = (rule->flags & (ACCESS_NOSERVE | ACCESS_IGNORE | ACCESS_NOTRUST)) != 0;
        unsigned count = names_look_up(rule->name, ADDRESS_NONE, found, NAMES_MAX, NULL);

        if (count == 0 && closes) {
            snprintf(problem, capacity,
                     "no address found for '%.180s', which an access rule denies: use its address",
                     rule->name);
            return false;
        }
        if (count == 0 && asked) {
            snprintf(problem, capacity,
                     "no address found for '%.180s', so the rule would allow no host; check the "
                     "name, or use an address",
                     rule->name);
            return false;
        }
        if (count == 0) {
            log_line(LEVEL_WARNING,
                     "access-name-unknown name=%s text=\"no address found, so its access rule "
                     "allows no host\"",
                     rule->name);
        }
        if (!access_apply_name(config, rule, found, count)) {
            snprintf(problem, capacity, "too many access rules");
            return false;
        }
    }
    config->settings.serves_nobody = config->port == 0 || acl_allows_nobody(&config->access);
    return true;
}

static void show_messages(const struct config *config)
{
    char text[2048];

    for (unsigned i = 0; i < config->message_count; i++) {
        config_message_format(&config->messages[i], text, sizeof text);
        fputs(text, stderr);
    }
    if (config->error_count + config->warning_count > config->message_count) {
        fprintf(stderr, "%u more messages\n",
                config->error_count + config->warning_count - config->message_count);
    }
}

/* To the log without the lines that show the place, and whole for the client that asked. */
static void keep_messages(const struct config *config, struct change_outcome *outcome)
{
    char text[2048];

    for (unsigned i = 0; i < config->message_count; i++) {
        const struct config_message *m = &config->messages[i];
        size_t length = config_message_format(m, text, sizeof text);

        if (outcome->messages_length + length + 1 <= sizeof outcome->messages) {
            memcpy(outcome->messages + outcome->messages_length, text, length + 1);
            outcome->messages_length += length + 1;
            outcome->message_count++;
        }
        text[strcspn(text, "\n")] = '\0';
        log_line(m->severity == CONFIG_ERROR ? LEVEL_ERROR : LEVEL_WARNING, "%s", text);
    }
}

static void find_file(struct configuration *c, const struct options *options)
{
    const char *file = options->config_file;
    char start[2];

    for (size_t i = 0; !file && i < sizeof usual_files / sizeof usual_files[0]; i++) {
        if (file_read_into(usual_files[i], start, sizeof start) >= 0) {
            file = usual_files[i];
        }
    }
    snprintf(c->file, sizeof c->file, "%s", file ? file : "");
}

bool configuration_load(struct configuration *c, const struct options *options)
{
    char problem[300];
    bool right;

    find_file(c, options);
    if (c->file[0] == '\0') {
        fputs(
            "tokid: no configuration found (looked for /etc/toki/toki.conf, "
            "/etc/chrony/chrony.conf, /etc/chrony.conf, /etc/ntpsec/ntp.conf, /etc/ntp.conf, "
            "/etc/openntpd/ntpd.conf and /etc/ntpd.conf): name one with -f FILE\n",
            stderr);
        return false;
    }
    right = config_load(c->own, c->file, options->dialect);
    show_messages(c->own);
    if (right && !options->check && !resolve_access(c->own, false, problem, sizeof problem)) {
        fprintf(stderr, "tokid: %s\n", problem);
        return false;
    }
    if (right) {
        override(c->own, options);
        copy_config(&c->shared->slots[0], c->own);
    }
    return right;
}

/* Hosts of the file's access rules were looked up when it was read; only those of the line are
 * now. */
static bool make_changed(struct configuration *c, const struct change *change, char *problem,
                         size_t capacity)
{
    struct config *next = c->next;
    bool right;

    copy_config(next, c->own);
    next->access_name_count = 0;
    right = change_apply(next, change) && resolve_access(next, true, problem, capacity);
    memcpy(next->access_names, c->own->access_names, sizeof next->access_names);
    next->access_name_count = c->own->access_name_count;
    return right;
}

/* The file as it is now gives a part, the rest is as it is in force. */
static bool make_partly(struct configuration *c, const struct options *options,
                        const struct change *change, char *problem, size_t capacity)
{
    struct config *file = config_new();
    bool right = file && config_load(file, c->file, options->dialect);

    copy_config(c->next, c->own);
    c->next->message_count = c->next->error_count = c->next->warning_count = 0;
    if (right) {
        change_take(c->next, file, change);
    } else {
        snprintf(problem, capacity, "%.200s %s; the previous configuration stays in force", c->file,
                 file ? "has errors" : "cannot be read: out of memory");
    }
    config_free(file);
    return right;
}

static bool make_next(struct configuration *c, const struct options *options,
                      const struct change *change, char *problem, size_t capacity)
{
    bool right;

    if (change->kind == CHANGE_RELOAD) {
        right = config_load(c->next, c->file, options->dialect) &&
                resolve_access(c->next, false, problem, capacity);
    } else if (change_reads_file(change)) {
        right = make_partly(c, options, change, problem, capacity);
    } else {
        right = make_changed(c, change, problem, capacity);
    }
    if (right) {
        override(c->next, options);
    }
    return right;
}

/* Keys that cannot be read (no right to, any more) are not keys that were taken away. */
static bool loses_keys(const struct configuration *c)
{
    return c->next->keys_unreadable && c->own->keys.count > 0;
}

bool configuration_prepare(struct configuration *c, const struct options *options,
                           const struct change *change, struct change_outcome *outcome)
{
    bool right;

    memset(outcome, 0, offsetof(struct change_outcome, messages));
    c->next = config_new();
    if (!c->next) {
        snprintf(outcome->problem, sizeof outcome->problem, "no memory");
        return false;
    }
    right = make_next(c, options, change, outcome->problem, sizeof outcome->problem);
    keep_messages(c->next, outcome);
    if (right && !loses_keys(c)) {
        difference_find(&outcome->difference, c->own, c->next);
        return true;
    }
    if (right) {
        snprintf(outcome->problem, sizeof outcome->problem,
                 "%.200s cannot be read; the previous configuration stays in force",
                 c->next->keyfile);
    } else if (outcome->problem[0] == '\0' && change->kind == CHANGE_RELOAD) {
        snprintf(outcome->problem, sizeof outcome->problem,
                 "%.200s has errors; the previous configuration stays in force", c->file);
    } else if (outcome->problem[0] == '\0') {
        snprintf(outcome->problem, sizeof outcome->problem, "%.280s",
                 c->next->message_count > 0 ? c->next->messages[0].text : "it has errors");
    }
    configuration_drop(c);
    return false;
}

/* The slot that nobody is told to read is filled, and then the roles are told to. A role that is
 * still copying from it, from the generation before the last, sees that and begins again. */
void configuration_commit(struct configuration *c, unsigned server_port)
{
    struct configuration_shared *shared = c->shared;
    uint32_t next = atomic_load(&shared->generation) + 1;

    copy_config(c->own, c->next);
    atomic_thread_fence(memory_order_release);
    copy_config(&shared->slots[next & 1], c->own);
    shared->server_ports[next & 1] = server_port;
    atomic_store(&shared->generation, next);
    c->seen = next;
    c->server_port = server_port;
    configuration_drop(c);
}

void configuration_drop(struct configuration *c)
{
    config_free(c->next);
    c->next = NULL;
}

bool configuration_refresh(struct configuration *c)
{
    const struct configuration_shared *shared = c->shared;
    uint32_t generation = atomic_load(&shared->generation);

    if (generation == c->seen) {
        return false;
    }
    do {
        c->seen = generation;
        copy_config(c->own, &shared->slots[generation & 1]);
        c->server_port = shared->server_ports[generation & 1];
        atomic_thread_fence(memory_order_acquire);
        generation = atomic_load(&shared->generation);
    } while (generation != c->seen);
    return true;
}

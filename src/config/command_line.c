/* SPDX-License-Identifier: BSD-2-Clause */
/* What opencommands names is kept as words; control/chrony/chronyc.c has the
 * commands that belong to them. */
#include "config/command_line.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/text.h"

static const char *const open_words[] = {
    "activity",    "authdata",  "clients",    "manual",  "ntpdata",     "rtcdata", "selectdata",
    "serverstats", "smoothing", "sourcename", "sources", "sourcestats", "tracking"};

static const char open_usual[] =
    "activity manual rtcdata smoothing sourcename sources sourcestats tracking";

void command_line_defaults(struct config *c)
{
    static const struct address loopback[] = {
        {.family = ADDRESS_V4, .bytes = {127, 0, 0, 1}},
        {.family = ADDRESS_V6, .bytes = {[15] = 1}},
    };

    acl_init(&c->command_access, ACCESS_NOSERVE);
    acl_set(&c->command_access, &loopback[0], 32, 0);
    acl_set(&c->command_access, &loopback[1], 128, 0);
    c->command_port = COMMAND_LINE_PORT;
    c->command_ratelimit =
        (struct ratelimit_settings){.interval_s = 0.0625, .burst = 8, .leak_log2 = 2};
    snprintf(c->open_commands, sizeof c->open_commands, "%s", open_usual);
}

void command_line_bind(struct reader *r)
{
    struct config *c = r->config;
    const struct word *word = directive_value(r, "address")->word;
    struct address address;

    if (word->text[0] == '/') {
        if (strlen(word->text) >= sizeof c->command_socket) {
            reader_error(r, word, "", "E019 '%.100s...' is too long", word->text);
            return;
        }
        memset(c->command_socket, 0, sizeof c->command_socket);
        if (word->text[1] != '\0') { /* a bare slash: no socket */
            memcpy(c->command_socket, word->text, strlen(word->text));
        }
        return;
    }
    if (!address_parse(word->text, &address)) {
        reader_error(r, word, "127.0.0.1, ::1, or the path of a socket; / for none",
                     "E008 '%.100s' is not an address", word->text);
        return;
    }
    c->command_bind[address.family == ADDRESS_V6] = address;
}

void command_line_ratelimit(struct reader *r)
{
    struct ratelimit_settings *limit = &r->config->command_ratelimit;
    const struct value *interval = directive_value(r, "interval");

    limit->enabled = true;
    if (interval) {
        limit->interval_s = exp2(interval->number);
    }
}

static const char *find_open_word(const char *text)
{
    for (size_t i = 0; i < sizeof open_words / sizeof *open_words; i++) {
        if (text_equal_any_case(text, open_words[i])) {
            return open_words[i];
        }
    }
    return NULL;
}

void command_line_open(struct reader *r)
{
    char words[sizeof r->config->open_commands] = "";
    size_t used = 0;

    for (unsigned i = r->rest; i < r->line.count; i++) {
        const char *word = find_open_word(r->line.words[i].text);

        if (!word) {
            reader_error(r, &r->line.words[i],
                         "activity, authdata, clients, manual, ntpdata, rtcdata, selectdata, "
                         "serverstats, smoothing, sourcename, sources, sourcestats, tracking",
                         "E009 '%.100s' is not a report that can be opened", r->line.words[i].text);
            return;
        }
        if (used + strlen(word) + 2 < sizeof words) { /* it always fits but for repetitions */
            used +=
                (size_t)snprintf(words + used, sizeof words - used, "%s%s", used ? " " : "", word);
        }
    }
    memset(r->config->open_commands, 0, sizeof words);
    memcpy(r->config->open_commands, words, used);
}

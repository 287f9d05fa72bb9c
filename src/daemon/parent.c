/* SPDX-License-Identifier: BSD-2-Clause */
/* Both ends of the channel between sync and its parent. A message is a fixed
 * struct, checked by the receiver: a sync that was taken over gains no more than a wrong drift
 * file, other sources and other clients, all of which it has anyway. */
#include "daemon/parent.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/state_files.h"
#include "os/process.h"

enum message_type {
    MESSAGE_READY,
    MESSAGE_STORE,
    MESSAGE_STATUS,
    MESSAGE_ADDRESS,   /* one record of several, ... */
    MESSAGE_ADDRESSES, /* ... and all of them are there */
    MESSAGE_CHANGE,
    MESSAGE_APPLIED,
    MESSAGE_RECORD,
    MESSAGE_HISTORY,
    MESSAGE_ANSWER /* the only one from the parent */
};

struct message {
    uint32_t type;   /* enum message_type */
    uint32_t number; /* serial, generation, or of a record */
    double drift, drift_sd;
    union {
        struct change change; /* its text also holds that of MESSAGE_STATUS */
        struct address_record record;
        struct log_record line;
    };
};

#define STATUS_TEXT_MAX 256

static void tell_of_failure(const char *what, int error)
{
    if (error < 0) {
        log_line(LEVEL_WARNING, "%s-not-stored text=\"%s\"", what, strerror(-error));
    }
}

static void collect_address(const struct message *m, const struct config *config)
{
    static struct addresses addresses;

    if (m->number == 0) {
        addresses.count = 0;
    }
    if (m->type == MESSAGE_ADDRESS) {
        if (addresses.count < SOURCE_SPECS_MAX && addresses_record_is_sound(&m->record)) {
            addresses.records[addresses.count++] = m->record;
        }
        return;
    }
    tell_of_failure("addresses", state_files_store_addresses(config, &addresses));
}

static void carry_out(const struct message *m, const struct config *config)
{
    char state[STATUS_TEXT_MAX + 16];
    int error;

    if (m->type == MESSAGE_READY) {
        process_ready();
        process_notify("READY=1");
    } else if (m->type == MESSAGE_STORE) {
        error = config ? state_files_store_drift(config, m->drift, m->drift_sd) : 0;
        if (error < 0) {
            log_line(LEVEL_WARNING, "drift-not-stored file=%s text=\"%s\"", config->driftfile,
                     strerror(-error));
        }
    } else if (m->type == MESSAGE_ADDRESS || m->type == MESSAGE_ADDRESSES) {
        collect_address(m, config);
    } else if (m->type == MESSAGE_RECORD) {
        log_files_append(config, &m->line);
    } else if (m->type == MESSAGE_STATUS) {
        snprintf(state, sizeof state, "STATUS=%.*s", STATUS_TEXT_MAX, m->change.text);
        for (char *c = state; *c; c++) {
            *c = *c >= ' ' && *c < 0x7f ? *c : '?';
        }
        process_notify(state);
    }
}

static void pass(int channel, const struct config *config, const struct message *m)
{
    if (channel < 0) {
        carry_out(m, config);
    } else {
        process_send(channel, m, sizeof *m);
    }
}

void parent_ready(int channel)
{
    struct message m;

    memset(&m, 0, sizeof m);
    m.type = MESSAGE_READY;
    pass(channel, NULL, &m);
}

void parent_store(int channel, const struct config *config, double drift, double drift_sd)
{
    struct message m;

    memset(&m, 0, sizeof m);
    m.type = MESSAGE_STORE;
    m.drift = drift;
    m.drift_sd = drift_sd;
    pass(channel, config, &m);
}

void parent_store_addresses(int channel, const struct config *config,
                            const struct addresses *addresses)
{
    struct message m;

    if (channel < 0) {
        tell_of_failure("addresses", state_files_store_addresses(config, addresses));
        return;
    }
    for (unsigned i = 0; i <= addresses->count; i++) {
        memset(&m, 0, sizeof m);
        m.type = MESSAGE_ADDRESSES;
        m.number = i;
        if (i < addresses->count) {
            m.type = MESSAGE_ADDRESS;
            m.record = addresses->records[i];
        }
        if (process_send(channel, &m, sizeof m) != (long)sizeof m) {
            return; /* the parent is busy: the next time */
        }
    }
}

bool parent_record(int channel, const struct config *config, const struct log_record *record)
{
    struct message m;

    if (channel < 0) {
        log_files_append(config, record);
        return true;
    }
    memset(&m, 0, sizeof m);
    m.type = MESSAGE_RECORD;
    m.line = *record;
    return process_send(channel, &m, sizeof m) == (long)sizeof m;
}

void parent_notify(int channel, const struct engine *engine, const struct event *event)
{
    struct message m;

    if (event->type != EVENT_SYNCHRONISED && event->type != EVENT_UNSYNCHRONISED &&
        event->type != EVENT_SOURCE_SELECTED && event->type != EVENT_CLOCK_PANIC) {
        return;
    }
    memset(&m, 0, sizeof m);
    m.type = MESSAGE_STATUS;
    log_format_event(engine, event, m.change.text, STATUS_TEXT_MAX);
    pass(channel, NULL, &m);
}

void parent_store_history(int channel, const struct config *config, const struct history *history)
{
    struct message m;

    if (channel < 0) {
        tell_of_failure("history", state_files_store_history(config, history));
        return;
    }
    memset(&m, 0, sizeof m);
    m.type = MESSAGE_HISTORY;
    process_send(channel, &m, sizeof m);
}

bool parent_ask(int channel, uint32_t serial, const struct change *change)
{
    struct message m;

    memset(&m, 0, sizeof m);
    m.type = MESSAGE_CHANGE;
    m.number = serial;
    m.change = *change;
    return process_send(channel, &m, sizeof m) == (long)sizeof m;
}

void parent_applied(int channel, uint32_t generation)
{
    struct message m;

    memset(&m, 0, sizeof m);
    m.type = MESSAGE_APPLIED;
    m.number = generation;
    if (channel >= 0) {
        process_send(channel, &m, sizeof m);
    }
}

bool parent_receive(int channel, uint32_t *serial)
{
    struct message m;

    if (channel < 0 || process_receive(channel, &m, sizeof m) != (long)sizeof m ||
        m.type != MESSAGE_ANSWER) {
        return false;
    }
    *serial = m.number;
    return true;
}

void parent_answer(int channel, uint32_t serial)
{
    struct message m;

    memset(&m, 0, sizeof m);
    m.type = MESSAGE_ANSWER;
    m.number = serial;
    process_send(channel, &m, sizeof m);
}

long parent_pid(int channel)
{
    return channel < 0 ? process_id() : process_parent_id();
}

void parent_serve(int channel, const struct config *config, struct parent_news *news)
{
    struct message m;

    *news = (struct parent_news){0};
    while (news->serial == 0 && process_receive(channel, &m, sizeof m) == (long)sizeof m) {
        if (!isfinite(m.drift) || !isfinite(m.drift_sd) ||
            (m.type != MESSAGE_ADDRESS && m.type != MESSAGE_RECORD &&
             !change_is_sound(&m.change))) {
            continue;
        }
        if (m.type == MESSAGE_CHANGE) {
            news->serial = m.number;
            news->change = m.change;
        } else if (m.type == MESSAGE_HISTORY) {
            news->store_history = true;
        } else if (m.type == MESSAGE_APPLIED) {
            news->applied = true;
            news->generation = m.number;
        } else {
            carry_out(&m, config);
        }
    }
}

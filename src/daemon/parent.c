/* SPDX-License-Identifier: BSD-2-Clause */
/* Both ends of the channel from sync to its parent; see the header. A message is a fixed struct,
 * checked by the receiver: a sync that was taken over gains no more than a wrong drift file. */
#include "daemon/parent.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/state_files.h"
#include "os/process.h"

enum message_type { MESSAGE_READY, MESSAGE_STORE, MESSAGE_STATUS };

struct message {
    uint32_t type; /* enum message_type */
    double drift, drift_sd;
    char text[256];
};

static void carry_out(const struct message *m, const struct config *config)
{
    char state[sizeof m->text + 16];
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
    } else if (m->type == MESSAGE_STATUS) {
        snprintf(state, sizeof state, "STATUS=%s", m->text);
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

void parent_notify(int channel, const struct engine *engine, const struct event *event)
{
    struct message m;

    if (event->type != EVENT_SYNCHRONISED && event->type != EVENT_UNSYNCHRONISED &&
        event->type != EVENT_SOURCE_SELECTED && event->type != EVENT_CLOCK_PANIC) {
        return;
    }
    memset(&m, 0, sizeof m);
    m.type = MESSAGE_STATUS;
    log_format_event(engine, event, m.text, sizeof m.text);
    pass(channel, NULL, &m);
}

long parent_pid(int channel)
{
    return channel < 0 ? process_id() : process_parent_id();
}

void parent_serve(int channel, const struct config *config)
{
    struct message m;

    while (process_receive(channel, &m, sizeof m) == (long)sizeof m) {
        if (isfinite(m.drift) && isfinite(m.drift_sd) && memchr(m.text, '\0', sizeof m.text)) {
            for (char *c = m.text; *c; c++) {
                *c = *c >= ' ' && *c < 0x7f ? *c : '?';
            }
            carry_out(&m, config);
        }
    }
}

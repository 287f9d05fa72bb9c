/* SPDX-License-Identifier: BSD-2-Clause */
/* The lookup role and both ends of its channel. A message is a fixed struct, checked when it comes:
 * sync may not trust a resolver, nor lookup what it is asked. */
#include "daemon/lookup.h"

#include <errno.h>
#include <string.h>

#include "os/clock.h"
#include "os/process.h"
#include "os/wait.h"

struct lookup_question {
    uint16_t source;
    uint8_t family;
    char name[SOURCE_NAME_MAX];
};

bool lookup_ask(int channel, uint16_t source, uint8_t family, const char *name)
{
    struct lookup_question question;

    memset(&question, 0, sizeof question); /* padding goes over the channel too */
    question.source = source;
    question.family = family;
    strncpy(question.name, name, sizeof question.name - 1);
    return process_send(channel, &question, sizeof question) == (long)sizeof question;
}

static bool name_is_closed(const char *name)
{
    return name[0] != '\0' && memchr(name, '\0', SOURCE_NAME_MAX) != NULL;
}

bool lookup_receive(int channel, struct lookup_answer *out)
{
    if (process_receive(channel, out, sizeof *out) != (long)sizeof *out ||
        out->source >= SOURCES_MAX || out->count > NAMES_MAX || out->error > NAMES_BROKEN ||
        !name_is_closed(out->name)) {
        return false;
    }
    for (unsigned i = 0; i < out->count; i++) {
        if (out->addresses[i].family != ADDRESS_V4 && out->addresses[i].family != ADDRESS_V6) {
            return false;
        }
    }
    return true;
}

static void answer(int channel, const struct lookup_question *question)
{
    struct lookup_answer found;
    enum names_error error;

    memset(&found, 0, sizeof found);
    found.source = question->source;
    memcpy(found.name, question->name, sizeof found.name);
    found.count = (uint16_t)names_look_up(question->name, question->family, found.addresses,
                                          NAMES_MAX, &error);
    found.error = error;
    process_send(channel, &found, sizeof found);
}

static void answer_all(int channel)
{
    struct wait_set wait = {0};
    struct lookup_question question;
    long length;

    wait_add(&wait, channel, WAIT_READ);
    for (;;) {
        wait_until(&wait, mono_after(clock_now().mono, 60.0));
        if (!wait_ready(&wait, channel)) {
            continue;
        }
        length = process_receive(channel, &question, sizeof question);
        if (length == (long)sizeof question && question.source < SOURCES_MAX &&
            name_is_closed(question.name)) {
            answer(channel, &question);
        } else if (length >= 0 || length != -EAGAIN) {
            return; /* closed, or not our peer's language */
        }
    }
}

int lookup_run(struct tokid *t, const struct role_start *start)
{
    (void)t;
    answer_all(start->sync);
    return 0;
}

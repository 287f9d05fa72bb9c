/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of the events, made from the one list in event.h. */
#include "core/event.h"

const char *event_name(enum event_type type)
{
#define EVENT_NAME(id, name) [id] = name,
    static const char *const names[EVENT_TYPES] = {EVENT_LIST(EVENT_NAME)};
#undef EVENT_NAME

    return (unsigned)type < EVENT_TYPES ? names[type] : "unknown";
}

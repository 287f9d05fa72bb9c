/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking servers without a daemon, by the engine of tokid told to measure only: a reply that tokid
 * would throw away is thrown away here too, for the same reason and with the same name. */
#ifndef TOKI_CLI_QUERY_ASK_H
#define TOKI_CLI_QUERY_ASK_H

#include <stdbool.h>

#include "control/report.h"

#define QUERY_SAMPLES_MAX 8 /* a burst; more would be impolite */
#define QUERY_ERROR_MAX 256

/* One address of one host. What is not known is NAN or "". */
struct query_result {
    const char *host;       /* as it was asked for; the caller's */
    struct address address; /* ADDRESS_NONE: it has none, see error */
    char address_text[ADDRESS_TEXT_MAX];
    bool usable, heard; /* heard: stratum, refid and leap hold */
    uint8_t stratum, leap;
    uint32_t refid_number;
    char refid[REPORT_REFID_MAX];
    double offset_s, delay_s, jitter_s, root_delay_s, root_dispersion_s, root_distance_s;
    unsigned samples;
    char error[QUERY_ERROR_MAX]; /* "" if it is usable */
};

struct query_settings {
    uint16_t port;
    uint8_t family; /* enum address_family; ADDRESS_NONE: either */
    unsigned samples;
    double timeout_s;
    void (*progress)(unsigned done, unsigned total); /* while it waits; NULL: not told */
};

/* Fills a result for each address of the host (at most `max`), one with an error if it has none:
 * their number. */
unsigned query_look_up(const char *host, const struct query_settings *settings,
                       struct query_result *out, unsigned max);

/* Asks all that have an address, many at a time. False: it was interrupted (SIGINT, SIGTERM). */
bool query_ask(const struct query_settings *settings, struct query_result *results, unsigned count);

#endif

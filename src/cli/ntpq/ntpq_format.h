/* SPDX-License-Identifier: BSD-2-Clause */
/* How ntpq writes what mode 6 says: words of status, numbers in eight columns, dates. Pure. */
#ifndef TOKI_CLI_NTPQ_NTPQ_FORMAT_H
#define TOKI_CLI_NTPQ_NTPQ_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/time.h"
#include "wire/mode6_variables.h"

#define NTPQ_TEXT_MAX 160

enum ntpq_status_kind { NTPQ_STATUS_SYSTEM, NTPQ_STATUS_PEER, NTPQ_STATUS_CLOCK };

/* "leap_none, sync_ntp, 1 event, clock_sync"; returns text. */
const char *ntpq_format_status(enum ntpq_status_kind kind, uint16_t status,
                               char text[NTPQ_TEXT_MAX]);

/* The last event of a peer as `associations` says it. */
const char *ntpq_format_peer_event(uint16_t status);

/* A number in eight columns with `decimals` (3 or 4) as long as they fit; NAN is what stands in
 * `missing`. */
const char *ntpq_format_number(double value, unsigned decimals, const char *missing,
                               char text[NTPQ_TEXT_MAX]);

/* "64", "34m", "5h", "2d"; "-" for nothing. */
const char *ntpq_format_interval(int64_t s, char text[NTPQ_TEXT_MAX]);

/* "00:00:44", "3D 01:00:44" */
const char *ntpq_format_duration(int64_t s, char text[NTPQ_TEXT_MAX]);

/* "eeaccc04.5aba59f2 2026-11-22T02:03:48.354Z", unfolded around `now`. */
const char *ntpq_format_date(uint64_t timestamp, struct wall_time now, char text[NTPQ_TEXT_MAX]);

/* A variable as it is shown when output is cooked: "reach=377", "leap=00". Written to `out`. */
void ntpq_format_variable(const struct variable *v, struct wall_time now, char *out,
                          size_t capacity);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and values of control messages: of the system, of an association, of a reference clock. The
 * names are the union of what classic ntpd and NTPsec have, for a request fails as a whole for one
 * that is not known. Also the status words, from which clients take the tally. */
#ifndef TOKI_CONTROL_MODE6_MODE6_VARIABLES_H
#define TOKI_CONTROL_MODE6_MODE6_VARIABLES_H

#include "control/mode6/mode6_state.h"
#include "wire/ntp_words.h"

/* Association id of a source, 1 .. SOURCES_MAX. */
uint16_t mode6_association(const struct report_source *source);

uint16_t mode6_system_status(const struct mode6_scope *scope);
uint16_t mode6_source_status(const struct mode6_scope *scope, const struct report_source *source);
uint16_t mode6_clock_status(const struct report_source *source);

/* Each writes the items that the list wants. What they tell of has been filled into the report:
 * the clock with the source that is selected, or this source. */
void mode6_list_system(struct mode6_list *list, const struct mode6_scope *scope);
void mode6_list_source(struct mode6_list *list, const struct mode6_scope *scope,
                       const struct report_source *source);
void mode6_list_clock(struct mode6_list *list, const struct report_source *source);

/* The reference id that a source goes by: letters or a dotted quad, never in quotes. */
void mode6_put_refid(struct mode6_list *list, enum mode6_when when, uint32_t refid,
                     uint8_t stratum);

#endif

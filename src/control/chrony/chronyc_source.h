/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports of chrony's command protocol on single sources. They are numbered with those first that
 * have an address: some monitors stop at the first without. Pure; see chronyc_report.h. */
#ifndef TOKI_CONTROL_CHRONY_CHRONYC_SOURCE_H
#define TOKI_CONTROL_CHRONY_CHRONYC_SOURCE_H

#include "control/chrony/chronyc_report.h"

enum chrony_status chronyc_source_count(struct chronyc_exchange *x);
enum chrony_status chronyc_source_data(struct chronyc_exchange *x);
enum chrony_status chronyc_source_statistics(struct chronyc_exchange *x);
enum chrony_status chronyc_source_selection(struct chronyc_exchange *x);
enum chrony_status chronyc_source_packets(struct chronyc_exchange *x);
enum chrony_status chronyc_source_authentication(struct chronyc_exchange *x);
enum chrony_status chronyc_source_name(struct chronyc_exchange *x);

/* The source of this address, or of this number where it has none; NULL: there is none. Reference
 * clocks have neither. */
const struct report_source *chronyc_source_find(struct report *report,
                                                const struct chrony_host *host);

#endif

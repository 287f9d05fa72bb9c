/* SPDX-License-Identifier: BSD-2-Clause */
/* When leap seconds may happen: at the end of June and of December, UTC (ITU-R TF.460). */
#ifndef TOKI_CORE_LEAP_H
#define TOKI_CORE_LEAP_H

#include <stdbool.h>

#include "core/time.h"

/* Is this the UTC day at whose end a leap second may be inserted or deleted? */
bool leap_may_end_today(struct wall_time now);

#endif

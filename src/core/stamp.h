/* SPDX-License-Identifier: BSD-2-Clause */
/* Timestamps of packets, and who made them. The daemon reads its clock around the system call, the
 * kernel when the packet passes its driver, a network card when it passes the cable. */
#ifndef TOKI_CORE_STAMP_H
#define TOKI_CORE_STAMP_H

#include <stdint.h>

#include "core/time.h"

enum stamp { STAMP_DAEMON, STAMP_KERNEL, STAMP_HARDWARE, STAMPS }; /* each better than the last */

struct stamped {
    struct wall_time at;
    enum stamp by;
    uint32_t interface; /* index of the interface that the packet passed; 0: unknown */
};

#endif

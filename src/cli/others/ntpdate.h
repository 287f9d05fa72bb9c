/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of the measured servers our ntpdate believes. */
#ifndef TOKI_CLI_OTHERS_NTPDATE_H
#define TOKI_CLI_OTHERS_NTPDATE_H

#include "client/measure.h"

/* The server to believe: of those that most agree with, and of these the one of the lowest stratum
 * and the least distance. -1: none, or of three and more no majority agrees. Pure. */
int ntpdate_choose(const struct measure_target *targets, unsigned count);

#endif

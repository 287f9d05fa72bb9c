/* SPDX-License-Identifier: BSD-2-Clause */
/* chrony.conf as a table of rows (directive.h). */
#ifndef TOKI_CONFIG_CHRONY_CONF_H
#define TOKI_CONFIG_CHRONY_CONF_H

#include "config/directive.h"

extern const struct language chrony_conf;

#endif

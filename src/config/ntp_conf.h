/* SPDX-License-Identifier: BSD-2-Clause */
/* ntp.conf as a table of rows (directive.h). */
#ifndef TOKI_CONFIG_NTP_CONF_H
#define TOKI_CONFIG_NTP_CONF_H

#include "config/directive.h"

extern const struct language ntp_conf;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenNTPD's ntpd.conf as a language. */
#ifndef TOKI_CONFIG_OPENNTPD_CONF_H
#define TOKI_CONFIG_OPENNTPD_CONF_H

#include "config/directive.h"

extern const struct language openntpd_conf;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration as JSON: what is in effect, item by item, and where each comes from. The same for
 * a file (`toki config show FILE`) and for the daemon's own (--daemon). */
#ifndef TOKI_CONTROL_CONFIG_JSON_H
#define TOKI_CONTROL_CONFIG_JSON_H

#include "config/config.h"
#include "control/document.h"

/* One whole document; see doc/control.md. `file`: of the configuration. */
void config_json_write(struct document *d, const struct config *c, const char *file);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Configurations as JSON: what is in effect, item by item, and where each comes from, the same for
 * a file (`toki config show FILE`) and for the daemon's own (--daemon); what is wrong with a file;
 * and what differs between two. */
#ifndef TOKI_CONTROL_CONFIG_JSON_H
#define TOKI_CONTROL_CONFIG_JSON_H

#include "config/config.h"
#include "config/difference.h"
#include "control/document.h"

/* One whole document; see doc/control.md. `file`: of the configuration. */
void config_json_write(struct document *d, const struct config *c, const char *file);

/* The document of `toki check`: `c` is what config_load() left, right or not. */
void config_json_write_check(struct document *d, const struct config *c, const char *file);

/* The document of `toki config diff`, for two files without errors. */
void config_json_write_difference(struct document *d, const struct difference *difference,
                                  const char *const files[2],
                                  const struct config *const configs[2]);

#endif

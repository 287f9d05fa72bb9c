/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP for `toki exporter`: one page, by libmicrohttpd. Without that library another file says
 * so. */
#ifndef TOKI_CLI_EXPORTER_HTTP_H
#define TOKI_CLI_EXPORTER_HTTP_H

#include "core/address.h"

/* Serves metrics on this address and port until it is told to end by a signal; an exit code.
 * `control`: of tokid, NULL: the usual places. */
int exporter_http_run(const struct address *listen, const char *control);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of exporter_http.c where libmicrohttpd was not there when toki was built. */
#include <stdio.h>

#include "cli/exporter_http.h"
#include "cli/toki.h"

int exporter_http_run(const struct address *listen, const char *control)
{
    (void)listen;
    (void)control;
    fprintf(stderr, "toki: this toki was built without libmicrohttpd: only --textfile works\n");
    return EXIT_USAGE;
}

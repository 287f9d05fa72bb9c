/* SPDX-License-Identifier: BSD-2-Clause */
/* Files, and files within files: include, confdir and sourcedir of chrony.conf, includefile of
 * ntp.conf. Depth, number and size are limited; a file that includes itself is reported with its
 * chain. */
#ifndef TOKI_CONFIG_INCLUDE_H
#define TOKI_CONFIG_INCLUDE_H

#include "config/directive.h"

/* Reads all lines of a text that is in memory. */
void include_text(struct reader *r, const char *path, const char *text, size_t length);

/* The same for the main file, and then for the *.conf of the folder that the language has beside
 * it. */
void include_main(struct reader *r, const char *path, const char *text, size_t length);

/* Why os/file.h could not read a file, in words. */
const char *include_explain(int error);

/* Functions of rows. */
void include_pattern(struct reader *r);     /* include PATTERN */
void include_directories(struct reader *r); /* confdir DIR... */
void include_sources(struct reader *r);     /* sourcedir DIR... */
void include_one(struct reader *r);         /* includefile FILE */

#endif

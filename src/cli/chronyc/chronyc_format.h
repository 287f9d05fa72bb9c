/* SPDX-License-Identifier: BSD-2-Clause */
/* How chronyc writes what a daemon reports, to the column. Pure. */
#ifndef TOKI_CLI_CHRONYC_CHRONYC_FORMAT_H
#define TOKI_CLI_CHRONYC_CHRONYC_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/time.h"

#define CHRONYC_TEXT_MAX 64

/* Seconds since something in four columns: "  12", " 34m", "   -". */
const char *chronyc_format_interval(uint32_t s, char text[CHRONYC_TEXT_MAX]);

/* Seconds with the unit that fits, in six columns: "  18us"; with a sign, in seven. */
const char *chronyc_format_seconds(double s, char text[CHRONYC_TEXT_MAX]);
const char *chronyc_format_signed_seconds(double s, char text[CHRONYC_TEXT_MAX]);

/* Ppm in ten columns. */
const char *chronyc_format_ppm(double ppm, bool sign, char text[CHRONYC_TEXT_MAX]);

/* The letters of a reference id: those that can be printed. */
const char *chronyc_format_refid(uint32_t refid, char text[CHRONYC_TEXT_MAX]);

/* "Sun Nov 22 02:24:46 2026" */
const char *chronyc_format_time(struct wall_time t, char text[CHRONYC_TEXT_MAX]);
/* "2026-11-22 02:30:00" */
const char *chronyc_format_date(struct wall_time t, char text[CHRONYC_TEXT_MAX]);
/* "1795314286.750686452" */
const char *chronyc_format_stamp(struct wall_time t, char text[CHRONYC_TEXT_MAX]);

/* log2 s in two columns, " -" for none. */
const char *chronyc_format_log2(int8_t value, char text[CHRONYC_TEXT_MAX]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of reference clocks: `refclock` of chrony.conf, `refclock` of NTPsec, `server 127.127.28.u`
 * and `fudge` of ntp.conf. All become a spec of kind SOURCE_REFCLOCK; a driver that toki does not
 * have is an error, for its source would be missing. */
#ifndef TOKI_CONFIG_CLOCK_LINE_H
#define TOKI_CONFIG_CLOCK_LINE_H

#include "config/directive.h"

#define CLOCK_TYPE_SHM 28 /* 127.127.28.u */

/* refclock DRIVER PARAMETER [options] */
extern const struct parameter clock_line_chrony_arguments[], clock_line_chrony_options[];
void clock_line_chrony(struct reader *r);

/* refclock NAME [unit U] [options] */
extern const struct parameter clock_line_ntpsec_arguments[], clock_line_ntpsec_options[];
void clock_line_ntpsec(struct reader *r);

/* The present line is `server 127.127.28.UNIT ...`. */
void clock_line_ntp_server(struct reader *r, unsigned unit);

/* The present line is `fudge 127.127.28.UNIT ...`: kept until clock_line_finish(). */
void clock_line_fudge(struct reader *r, unsigned unit);

/* After the last line: fudges go to their clocks, wherever in the file those are. */
void clock_line_finish(struct reader *r);

#endif

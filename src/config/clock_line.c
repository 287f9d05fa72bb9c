/* SPDX-License-Identifier: BSD-2-Clause */
/* The languages differ in words and defaults only: in each, a positive correction
 * (offset, time1) is added to what the clock says. */
#include "config/clock_line.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/rows.h"
#include "config/source_line.h"
#include "config/text.h"
#include "core/packet.h"

#define UNIT_MAX 255
#define CHRONY_POLL 4       /* default of `poll` */
#define CHRONY_DELAY_S 1e-9 /* default of `delay` */
#define PRIVATE_MODE 0600u  /* permissions of a new segment */
#define PUBLIC_MODE 0666u   /* what ntpd gives to the units from 2 on ... */
#define PUBLIC_UNIT_FIRST 2
#define MODE_BIT_PRIVATE 1u /* ... unless its `mode` has this bit */

/* ---- parts of a line ---- */

/* One to four letters, as in a packet. */
static bool read_refid(struct reader *r, const struct word *word, uint32_t *refid)
{
    size_t length = strlen(word->text);

    *refid = 0;
    for (size_t i = 0; i < length; i++) {
        if (length > 4 || word->text[i] <= ' ' || word->text[i] >= 0x7f) {
            reader_error(r, word, "one to four ASCII letters or digits",
                         "E016 '%.100s' is not a reference ID", word->text);
            return false;
        }
        *refid |= (uint32_t)(unsigned char)word->text[i] << (24 - 8 * i);
    }
    return true;
}

static void complain_of_driver(struct reader *r, const struct word *word)
{
    reader_error(r, word, "SHM is the only supported driver; gpsd can write to it",
                 "E014 reference clocks of driver '%.40s' are not supported yet, so this source "
                 "would be missing",
                 word->text);
}

static unsigned count_clocks(const struct settings *s)
{
    unsigned count = 0;

    for (unsigned i = 0; i < s->spec_count; i++) {
        count += s->specs[i].kind == SOURCE_REFCLOCK;
    }
    return count;
}

/* Reads the options that all have, completes the spec and keeps it. */
static void keep(struct reader *r, const struct word *word, uint32_t default_refid)
{
    struct source_spec *spec = &r->spec;
    const struct value *refid = directive_value(r, "refid");

    spec->kind = SOURCE_REFCLOCK;
    spec->refclock_kind = REFCLOCK_SHM;
    spec->refclock_refid = default_refid;
    if (refid && !read_refid(r, refid->word, &spec->refclock_refid)) {
        return;
    }
    spec->maxpoll = spec->minpoll;
    spec->port = 0;
    spec->iburst = spec->burst = false;
    snprintf(spec->name, sizeof spec->name, "SHM%u", spec->refclock_unit);
    source_line_add(r, word);
}

/* ---- chrony.conf ---- */

/* "0" or "0:perm=0644" */
static bool read_chrony_parameter(struct reader *r, const struct word *word)
{
    const char *end;
    double number;
    unsigned mode = 0;

    if (!text_number(word->text, &number, &end) || number < 0 || number > UNIT_MAX ||
        number != floor(number) || (*end != '\0' && *end != ':')) {
        reader_error(r, word, "SHM needs the number of a segment, 0 to 255",
                     "E016 '%.100s' is not the number of a shared memory segment", word->text);
        return false;
    }
    r->spec.refclock_unit = (unsigned)number;
    r->spec.refclock_mode = PRIVATE_MODE;
    if (*end == '\0') {
        return true;
    }
    if (strncmp(end, ":perm=", 6) != 0 || end[6] == '\0') {
        reader_error(r, word, "perm=0666, for example", "E009 unknown driver option '%.100s'",
                     end + 1);
        return false;
    }
    for (end += 6; *end >= '0' && *end <= '7' && mode <= 0777; end++) {
        mode = mode * 8 + (unsigned)(*end - '0');
    }
    if (*end != '\0' || mode > 0777) {
        reader_error(r, word, "an octal number up to 0777",
                     "E016 '%.100s' has no valid permissions", word->text);
        return false;
    }
    r->spec.refclock_mode = mode;
    return true;
}

void clock_line_chrony(struct reader *r)
{
    const struct word *driver = directive_value(r, "driver")->word;
    unsigned index = count_clocks(&r->config->settings) % 10;

    if (r->sources_only) {
        reader_error(r, &r->line.words[0],
                     "a *.sources file may only contain server, pool and peer lines",
                     "E007 'refclock' is not allowed here");
        return;
    }
    if (!text_equal_any_case(driver->text, "SHM")) {
        complain_of_driver(r, driver);
        return;
    }
    if (!read_chrony_parameter(r, directive_value(r, "parameter")->word)) {
        return;
    }
    if (!directive_value(r, "poll")) {
        r->spec.minpoll = CHRONY_POLL;
    }
    if (!directive_value(r, "delay")) {
        r->spec.refclock_delay_s = CHRONY_DELAY_S;
    }
    keep(r, driver, REFID('S', 'H', 'M', '0' + index));
}

const struct parameter clock_line_chrony_arguments[] = {
    {WORD("driver", NULL), .doc = "SHM"},
    {WORD("parameter", NULL), .doc = "number of the segment [:perm=0600]"},
    {0},
};

const struct parameter clock_line_chrony_options[] = {
    {INTEGER("poll", POLL_MIN, POLL_MAX, "log2 s", "4"), TO_SPEC(STORE_INT, minpoll),
     .doc = "interval of the reachability register; each sample is used on its own"},
    {INTEGER("dpoll", POLL_MIN, POLL_MAX, "log2 s", "0"), TO_SPEC(STORE_INT, refclock_poll),
     .doc = "interval at which samples are read"},
    {WORD("refid", "SHM0, SHM1, ..."), .doc = "reference ID of the clock"},
    {REAL("offset", -1e6, 1e6, "s", "0"), TO_SPEC(STORE_DOUBLE, offset_correction_s),
     .doc = "correction added to each measured offset"},
    {REAL("delay", 0, 1e6, "s", "1e-9"), TO_SPEC(STORE_DOUBLE, refclock_delay_s),
     .doc = "root delay: twice the systematic error"},
    {REAL("precision", 0, 1e6, "s", "its resolution"), TO_SPEC(STORE_DOUBLE, refclock_precision_s),
     .doc = "minimum error of a single sample"},
    {INTEGER("stratum", 0, 15, NULL, "0"), TO_SPEC(STORE_UNSIGNED, refclock_stratum),
     .doc = "stratum of the clock"},
    {OPTION_FLAG("prefer"), TO_SPEC(STORE_BOOL, prefer), .doc = "preferred among good sources"},
    {OPTION_FLAG("noselect"), TO_SPEC(STORE_BOOL, noselect), .doc = "measured, never selected"},
    {OPTION_FLAG("trust"), TO_SPEC(STORE_BOOL, trust),
     .doc = "assumed to be correct when sources disagree"},
    {OPTION_FLAG("require"), TO_SPEC(STORE_BOOL, require),
     .doc = "required for updates of the clock"},
    {WORD("lock", "none"), IS_NOTHING("it applies to PPS, which is not supported")},
    {OPTION_FLAG("pps"), IS_REFUSED("only the fractions of its seconds would be valid"),
     INSTEAD("let gpsd combine PPS and time, and read its segment")},
    {OPTION_FLAG("tai"), IS_REFUSED("its time would be TAI, 37 seconds off"),
     INSTEAD("write UTC to the segment")},
    {OPTION_FLAG("local"), IS_REFUSED("it would only stabilise the frequency"),
     INSTEAD("remove the line: servers stabilise it as well")},
    {INTEGER("rate", 1, 1e6, "1/s", "1"), IS_NOTHING("PPS is not supported")},
    {INTEGER("maxlockage", 1, 1e6, NULL, "2"), IS_NOTHING("clocks cannot be locked to each other")},
    {REAL("width", 0, 1, "s", "0"), IS_NOTHING("PPS is not supported")},
    {REAL("maxdispersion", 0, 1e6, "s", "0"),
     IS_LATER("it would reject samples with a large dispersion")},
    {INTEGER("filter", 1, 1e6, NULL, "64"), IS_NOTHING("samples are weighted individually")},
    {INTEGER("minsamples", 0, 1000, NULL, "6"), IS_NOTHING(NO_WINDOW)},
    {INTEGER("maxsamples", 0, 1000, NULL, "0"), IS_NOTHING(NO_WINDOW)},
    {INTEGER("maxunreach", 0, NO_LIMIT, NULL, "8"), IS_NOTHING(UNREACHABLE_UNUSED)},
    {0},
};

/* ---- ntp.conf ---- */

static void keep_ntp(struct reader *r, const struct word *word, unsigned unit)
{
    const struct value *mode = directive_value(r, "mode");
    bool is_private = mode && ((unsigned)fmod(mode->number, 2) & MODE_BIT_PRIVATE) != 0;

    r->spec.refclock_unit = unit;
    r->spec.refclock_mode = unit < PUBLIC_UNIT_FIRST || is_private ? PRIVATE_MODE : PUBLIC_MODE;
    keep(r, word, REFID('S', 'H', 'M', 0));
}

void clock_line_ntp_server(struct reader *r, unsigned unit)
{
    keep_ntp(r, directive_value(r, "host")->word, unit);
}

void clock_line_ntpsec(struct reader *r)
{
    const struct word *driver = directive_value(r, "driver")->word;
    const struct value *unit = directive_value(r, "unit");

    if (!text_equal_any_case(driver->text, "shm")) {
        complain_of_driver(r, driver);
        return;
    }
    keep_ntp(r, driver, unit ? (unsigned)unit->number : 0);
}

void clock_line_fudge(struct reader *r, unsigned unit)
{
    const struct value *time1 = directive_value(r, "time1"), *refid = directive_value(r, "refid"),
                       *stratum = directive_value(r, "stratum");
    struct clock_fudge fudge = {.at = reader_here(r), .unit = unit};

    if (refid && !read_refid(r, refid->word, &fudge.refid)) {
        return;
    }
    fudge.has_refid = refid != NULL;
    fudge.has_time1 = time1 != NULL;
    fudge.has_stratum = stratum != NULL;
    fudge.time1_s = time1 ? time1->number : 0;
    fudge.stratum = stratum ? (unsigned)stratum->number : 0;
    if (r->fudge_count == CLOCK_FUDGES_MAX) {
        reader_error(r, NULL, "", "E015 more than %d 'fudge' lines", CLOCK_FUDGES_MAX);
        return;
    }
    r->fudges[r->fudge_count++] = fudge;
}

void clock_line_finish(struct reader *r)
{
    struct settings *s = &r->config->settings;

    for (unsigned i = 0; i < r->fudge_count; i++) {
        const struct clock_fudge *fudge = &r->fudges[i];
        struct source_spec *spec = NULL;

        for (unsigned j = 0; j < s->spec_count; j++) {
            if (s->specs[j].kind == SOURCE_REFCLOCK && s->specs[j].refclock_unit == fudge->unit) {
                spec = &s->specs[j];
            }
        }
        if (!spec) {
            reader_message_at(r, CONFIG_WARNING, &fudge->at, "",
                              "W019 there is no 'server 127.127.28.%u': this line has no effect",
                              fudge->unit);
            continue;
        }
        spec->offset_correction_s = fudge->has_time1 ? fudge->time1_s : spec->offset_correction_s;
        spec->refclock_stratum = fudge->has_stratum ? fudge->stratum : spec->refclock_stratum;
        spec->refclock_refid = fudge->has_refid ? fudge->refid : spec->refclock_refid;
    }
}

const struct parameter clock_line_ntpsec_arguments[] = {
    {WORD("driver", NULL), .doc = "shm"},
    {0},
};

#define NO_DEVICE "shared memory needs no device"

const struct parameter clock_line_ntpsec_options[] = {
    {INTEGER("unit", 0, UNIT_MAX, NULL, "0"), .doc = "number of the segment"},
    {INTEGER("minpoll", 0, 17, "log2 s", "6"), TO_SPEC(STORE_INT, minpoll),
     .doc = "interval of the reachability register"},
    {INTEGER("maxpoll", 0, 17, "log2 s", "10"),
     IS_NOTHING("each sample is used on its own when it arrives")},
    {REAL("time1", -1e6, 1e6, "s", "0"), TO_SPEC(STORE_DOUBLE, offset_correction_s),
     .doc = "correction added to each measured offset"},
    {REAL("time2", -NO_LIMIT, NO_LIMIT, "s", "0"),
     IS_NOTHING("no sample is rejected for its offset")},
    {INTEGER("stratum", 0, 15, NULL, "0"), TO_SPEC(STORE_UNSIGNED, refclock_stratum),
     .doc = "stratum of the clock"},
    {WORD("refid", "SHM"), .doc = "reference ID of the clock"},
    {OPTION_FLAG("prefer"), TO_SPEC(STORE_BOOL, prefer), .doc = "preferred among good sources"},
    {OPTION_FLAG("noselect"), TO_SPEC(STORE_BOOL, noselect), .doc = "measured, never selected"},
    {OPTION_FLAG("true"), TO_SPEC(STORE_BOOL, trust),
     .doc = "assumed to be correct when sources disagree"},
    {INTEGER("mode", 0, NO_LIMIT, NULL, "0"), .doc = "1: a new segment is private to its owner"},
    {INTEGER("subtype", 0, NO_LIMIT, NULL, "0"), IS_NOTHING("there is only one kind of segment")},
    {INTEGER("flag1", 0, 1, NULL, "0"), IS_NOTHING("no sample is rejected for its offset")},
    {INTEGER("flag2", 0, 1, NULL, "0"), IS_NOTHING("it has no meaning for this driver")},
    {INTEGER("flag3", 0, 1, NULL, "0"), IS_NOTHING("it has no meaning for this driver")},
    {INTEGER("flag4", 0, 1, NULL, "0"), IS_LATER("statistics would be written")},
    {WORD("path", "none"), IS_NOTHING(NO_DEVICE)},
    {WORD("ppspath", "none"), IS_NOTHING(NO_DEVICE)},
    {INTEGER("baud", 0, 1e7, "1/s", "none"), IS_NOTHING(NO_DEVICE)},
    {0},
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* A measured server in words and in JSON, for all commands that measure. */
#include "cli/base/measured.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "control/report.h"
#include "control/report_json.h"

static void rejection_words(const struct measure_target *t, char out[MEASURED_WORDS_MAX])
{
    char kiss[REPORT_REFID_MAX];

    if (t->verdict == REPLY_KISS_RATE || t->verdict == REPLY_KISS_DENY ||
        t->verdict == REPLY_KISS_OTHER) {
        snprintf(out, MEASURED_WORDS_MAX, "it denies service (kiss code %s)",
                 report_refid(t->kiss, 0, kiss));
    } else if (t->verdict == REPLY_UNSYNCHRONISED) {
        snprintf(out, MEASURED_WORDS_MAX, "it reports that it is not synchronised itself");
    } else {
        snprintf(out, MEASURED_WORDS_MAX, "its answer was rejected (%s)",
                 reply_verdict_name(t->verdict));
    }
}

const char *measured_words(const struct measure_target *t, double timeout_s,
                           char out[MEASURED_WORDS_MAX])
{
    out[0] = '\0';
    switch (t->fate) {
    case MEASURE_NOT_ASKED: snprintf(out, MEASURED_WORDS_MAX, "not asked"); break;
    case MEASURE_NO_ADDRESS:
        snprintf(out, MEASURED_WORDS_MAX, "%s", names_error_text(t->look_up_error));
        break;
    case MEASURE_GOOD: break;
    case MEASURE_REJECTED: rejection_words(t, out); break;
    case MEASURE_UNREACHED:
        snprintf(out, MEASURED_WORDS_MAX, "not reached: %s", strerror(t->error));
        break;
    case MEASURE_SILENT:
        snprintf(out, MEASURED_WORDS_MAX,
                 "no reply to %u request%s within %g s: check that the server is up and that UDP "
                 "port %u is not blocked",
                 t->sent, t->sent == 1 ? "" : "s", timeout_s, t->address.port);
        break;
    }
    return out;
}

const char *measured_address(const struct measure_target *t, char out[ADDRESS_TEXT_MAX])
{
    out[0] = '\0';
    return t->address.family == ADDRESS_NONE ? out : address_format(&t->address, out);
}

void measured_write(struct document *d, const struct measure_target *t, double timeout_s,
                    bool whole)
{
    char address[ADDRESS_TEXT_MAX], refid[REPORT_REFID_MAX], words[MEASURED_WORDS_MAX];
    bool usable = t->fate == MEASURE_GOOD;

    document_string(d, "address", measured_address(t, address)[0] ? address : NULL);
    if (whole) {
        document_integer(d, "port", t->address.port);
    }
    document_bool(d, "usable", usable);
    document_integer_if(d, "stratum", t->heard, t->stratum);
    document_string(d, "refid", t->heard ? report_refid(t->refid, t->stratum, refid) : NULL);
    if (whole) {
        document_string(d, "leap", t->heard ? report_leap_name(t->leap) : NULL);
    }
    document_number(d, "offset_s", t->offset_s);
    document_number(d, "delay_s", t->delay_s);
    if (whole) {
        document_number(d, "jitter_s", t->jitter_s);
    }
    document_number(d, "root_delay_s", usable ? t->root_delay_s : (double)NAN);
    document_number(d, "root_dispersion_s", usable ? t->root_dispersion_s : (double)NAN);
    document_number(d, "root_distance_s", t->root_distance_s);
    if (whole) {
        document_integer(d, "samples", t->sample_count);
    }
    document_string(d, "error", usable ? NULL : measured_words(t, timeout_s, words));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The drift file; see the header. Its text is config/drift.h's business; here it is read, doubted
 * and replaced. */
#include "daemon/state_files.h"

#include <math.h>
#include <string.h>

#include "config/drift.h"
#include "os/file.h"

/* Temperature moves a crystal by about so much between two runs: a file promises no more. */
#define DRIFT_SD_MIN 0.05e-6
/* What a drift file that does not say is taken for. */
#define DRIFT_SD_UNKNOWN 1e-6
/* chrony's skew is a bound: so many deviations. */
#define SKEW_DEVIATIONS 2

bool state_files_read_drift(const struct config *config, double *drift, double *drift_sd)
{
    char text[256];
    double skew;
    long length = config->driftfile[0] ? file_read_into(config->driftfile, text, sizeof text) : -1;

    if (length <= 0 || !drift_parse(text, (size_t)length, config->drift_format, drift, &skew)) {
        return false;
    }
    *drift_sd = skew > 0 ? fmax(skew / SKEW_DEVIATIONS, DRIFT_SD_MIN) : DRIFT_SD_UNKNOWN;
    return true;
}

int state_files_store_drift(const struct config *config, double drift, double drift_sd)
{
    char text[128];
    size_t length;

    if (config->driftfile[0] == '\0') {
        return 0;
    }
    length = drift_format_text(text, sizeof text, config->drift_format, drift,
                               SKEW_DEVIATIONS * drift_sd);
    return length ? file_replace(config->driftfile, text, length, 0644) : 0;
}

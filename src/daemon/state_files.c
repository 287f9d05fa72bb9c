/* SPDX-License-Identifier: BSD-2-Clause */
/* The drift file; see the header. Formats of others:
 *   chrony   "PPM SKEW": how fast the clock runs, and the bound of its error (we give 2 deviations)
 *   ntp.conf "PPM": the correction, so the other sign */
#include "daemon/state_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/file.h"

#define PPM 1e-6
#define DRIFT_PPM_MAX 100000.0 /* no oscillator is that bad: such a file is damaged */
/* Temperature moves a crystal by about so much between two runs: a file promises no more. */
#define DRIFT_SD_MIN (0.05 * PPM)
/* What an ntp.conf drift file, which does not say, is taken for. */
#define DRIFT_SD_UNKNOWN (1.0 * PPM)

bool state_files_parse_drift(enum drift_format format, const char *text, double *drift,
                             double *drift_sd)
{
    char *end;
    double ppm = strtod(text, &end), skew;

    if (end == text || !isfinite(ppm) || fabs(ppm) > DRIFT_PPM_MAX) {
        return false;
    }
    *drift = ppm * PPM * (format == DRIFT_CHRONY ? -1 : 1);
    *drift_sd = DRIFT_SD_UNKNOWN;
    if (format == DRIFT_CHRONY) {
        text = end;
        skew = strtod(text, &end);
        if (end != text && isfinite(skew) && skew >= 0 && skew < DRIFT_PPM_MAX) {
            *drift_sd = skew * PPM / 2;
        }
    }
    *drift_sd = fmax(*drift_sd, DRIFT_SD_MIN);
    return true;
}

size_t state_files_format_drift(enum drift_format format, double drift, double drift_sd, char *out,
                                size_t capacity)
{
    int length = format == DRIFT_CHRONY
                     ? snprintf(out, capacity, "%20.6f %20.6f\n", -drift / PPM, 2 * drift_sd / PPM)
                     : snprintf(out, capacity, "%.6f\n", drift / PPM);

    return length < 0 || (size_t)length >= capacity ? 0 : (size_t)length;
}

bool state_files_read_drift(const struct config *config, double *drift, double *drift_sd)
{
    char text[256];

    return config->driftfile[0] != '\0' &&
           file_read_into(config->driftfile, text, sizeof text) > 0 &&
           state_files_parse_drift(config->drift_format, text, drift, drift_sd);
}

int state_files_store_drift(const struct config *config, double drift, double drift_sd)
{
    char text[128];
    size_t length;

    if (config->driftfile[0] == '\0' || !isfinite(drift) || !isfinite(drift_sd) ||
        fabs(drift) > DRIFT_PPM_MAX * PPM) {
        return 0;
    }
    length = state_files_format_drift(config->drift_format, drift, drift_sd, text, sizeof text);
    return length ? file_replace(config->driftfile, text, length, 0644) : 0;
}

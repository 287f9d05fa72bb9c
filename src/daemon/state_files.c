/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of state. Their texts are the business of config/drift.h and of addresses.h; here they are
 * read at the start, doubted, and replaced as a whole when they are stored. */
#include "daemon/state_files.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/drift.h"
#include "daemon/log.h"
#include "os/file.h"
#include "wire/chrony_words.h"

/* Temperature moves a crystal by about so much between two runs: a file promises no more. */
#define DRIFT_SD_MIN 0.05e-6
/* What a drift file that does not say is taken for. */
#define DRIFT_SD_UNKNOWN 1e-6

bool state_files_read_drift(const struct config *config, double *drift, double *drift_sd)
{
    char text[256];
    double skew;
    long length;

    if (config->driftfile[0] == '\0') {
        return false;
    }
    length = file_read_into(config->driftfile, text, sizeof text);
    if (length < 0) {
        if (length != -ENOENT) { /* there is none before the first run */
            log_line(LEVEL_WARNING, "drift-not-used path=%s text=\"%s\"", config->driftfile,
                     strerror((int)-length));
        }
        return false;
    }
    if (!drift_parse(text, (size_t)length, config->drift_format, drift, &skew)) {
        log_line(LEVEL_WARNING, "drift-not-used path=%s text=\"not %s in ppm, up to 500\"",
                 config->driftfile,
                 config->drift_format == DRIFT_NTP ? "one number, the correction"
                                                   : "two numbers, the frequency and its skew,");
        return false;
    }
    *drift_sd = skew > 0 ? fmax(skew / CHRONY_SKEW_DEVIATIONS, DRIFT_SD_MIN) : DRIFT_SD_UNKNOWN;
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
                               CHRONY_SKEW_DEVIATIONS * drift_sd);
    return length ? file_replace(config->driftfile, text, length, 0644) : 0;
}

#define STATE_FOLDER "/var/lib/toki"

/* False: nowhere. */
static bool find_file(const struct config *config, const char *name, char *out, size_t capacity)
{
    const char *slash = strrchr(config->driftfile, '/');

    if (slash) {
        return (size_t)snprintf(out, capacity, "%.*s/toki.%s", (int)(slash - config->driftfile),
                                config->driftfile, name) < capacity;
    }
    snprintf(out, capacity, STATE_FOLDER "/%s", name);
    return file_is_directory(STATE_FOLDER);
}

void state_files_read_addresses(const struct config *config, struct addresses *out)
{
    static char text[ADDRESSES_TEXT_MAX]; /* of no meaning between calls */
    char path[CONFIG_PATH_MAX + 32];
    long length = find_file(config, "addresses", path, sizeof path)
                      ? file_read_into(path, text, sizeof text)
                      : -1;

    if (length <= 0 || !addresses_parse(out, text, (size_t)length)) {
        *out = (struct addresses){0};
    }
}

int state_files_store_addresses(const struct config *config, const struct addresses *addresses)
{
    static char text[ADDRESSES_TEXT_MAX];
    char path[CONFIG_PATH_MAX + 32];
    size_t length = addresses_format(addresses, text, sizeof text);

    if (length == 0 || !find_file(config, "addresses", path, sizeof path)) {
        return 0;
    }
    return file_replace(path, text, length, 0644);
}

void state_files_read_history(const struct config *config, struct history *out)
{
    static char bytes[HISTORY_BYTES + 2]; /* one more than there should be, and a NUL */
    char path[CONFIG_PATH_MAX + 32];
    long length = find_file(config, "history", path, sizeof path)
                      ? file_read_into(path, bytes, sizeof bytes)
                      : -1;

    history_decode(out, (const uint8_t *)bytes, length > 0 ? (size_t)length : 0);
}

int state_files_store_history(const struct config *config, const struct history *history)
{
    static uint8_t bytes[HISTORY_BYTES];
    char path[CONFIG_PATH_MAX + 32];
    size_t length = history_encode(history, bytes);

    if (length == 0 || !find_file(config, "history", path, sizeof path)) {
        return 0;
    }
    return file_replace(path, (const char *)bytes, length, 0644);
}

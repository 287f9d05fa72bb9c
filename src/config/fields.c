/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of settings that are plain values; see the header. */
#include "config/fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DOUBLE_NOISE 1e-15 /* relative */

#define FIELD(name_, unit_, type_, member)                                                         \
    .name = name_, .unit = unit_, .type = type_, .offset = offsetof(struct config, member),        \
    .size = sizeof(((struct config *)0)->member)

const struct config_field config_fields[] = {
    {FIELD("name resolution interval", " s", VALUE_DOUBLE, settings.name_refresh_s)},
    {FIELD("minimum number of sources", "", VALUE_UNSIGNED, settings.min_sources)},
    {FIELD("maximum root distance", " s", VALUE_DOUBLE, settings.max_distance_s)},
    {FIELD("maximum jitter", " s", VALUE_DOUBLE, settings.max_jitter_s)},
    {FIELD("minimum stratum", "", VALUE_UNSIGNED, settings.min_stratum), .zero = "any"},
    {FIELD("maximum stratum", "", VALUE_UNSIGNED, settings.max_stratum), .zero = "any"},
    {FIELD("minimum root distance", " s", VALUE_DOUBLE, settings.min_distance_s)},
    {FIELD("combine limit", "", VALUE_DOUBLE, settings.combine_limit), .zero = "3"},
    {FIELD("reselection distance", " s", VALUE_DOUBLE, settings.reselect_s),
     .zero = "30 % of its distance"},
    {FIELD("stratum weight", " s", VALUE_DOUBLE, settings.stratum_weight_s)},
    {FIELD("clock control", "", VALUE_BOOL, settings.clock_control)},
    {FIELD("step threshold", " s", VALUE_DOUBLE, settings.step_threshold_s), .zero = "never"},
    {FIELD("forward step threshold", " s", VALUE_DOUBLE, settings.step_forward_s),
     .zero = "same as the step threshold"},
    {FIELD("backward step threshold", " s", VALUE_DOUBLE, settings.step_backward_s),
     .zero = "same as the step threshold"},
    {FIELD("updates with steps", "", VALUE_INT, settings.step_updates)},
    {FIELD("stepout interval", " s", VALUE_DOUBLE, settings.stepout_s), .zero = "no later steps"},
    {FIELD("panic threshold", " s", VALUE_DOUBLE, settings.panic_s), .zero = "none"},
    {FIELD("large first correction allowed", "", VALUE_BOOL, settings.panic_first_allowed)},
    {FIELD("updates before panic threshold", "", VALUE_UNSIGNED, settings.panic_updates),
     .zero = "none"},
    {FIELD("correction time ratio", " intervals", VALUE_DOUBLE, settings.correction_ratio),
     .zero = "automatic"},
    {FIELD("logged correction", " s", VALUE_DOUBLE, settings.log_correction_s), .zero = "none"},
    {FIELD("maximum slew rate", " ppm", VALUE_DOUBLE, settings.max_slew_rate), .scale = 1e6},
    {FIELD("maximum clock error", " ppm", VALUE_DOUBLE, settings.max_clock_error), .scale = 1e6},
    {FIELD("maximum skew of updates", " ppm", VALUE_DOUBLE, settings.max_update_skew),
     .scale = 1e6},
    {FIELD("maximum drift", " ppm", VALUE_DOUBLE, settings.max_drift), .scale = 1e6},
    {FIELD("local reference", "", VALUE_BOOL, settings.local)},
    {FIELD("local stratum", "", VALUE_UNSIGNED, settings.local_stratum)},
    {FIELD("local distance", " s", VALUE_DOUBLE, settings.local_distance_s)},
    {FIELD("local activation distance", " s", VALUE_DOUBLE, settings.local_activate_s),
     .zero = "at once"},
    {FIELD("local wait after last update", " s", VALUE_DOUBLE, settings.local_wait_synced_s)},
    {FIELD("local wait after start", " s", VALUE_DOUBLE, settings.local_wait_unsynced_s)},
    {FIELD("orphan group", "", VALUE_BOOL, settings.local_orphan)},
    {FIELD("leap seconds from sources", "", VALUE_BOOL, settings.leap_from_sources)},
    {FIELD("rate limit", "", VALUE_BOOL, ratelimit.enabled)},
    {FIELD("rate limit interval", " s", VALUE_DOUBLE, ratelimit.interval_s)},
    {FIELD("rate limit burst", "", VALUE_DOUBLE, ratelimit.burst)},
    {FIELD("rate limit leak", " (log2)", VALUE_UNSIGNED, ratelimit.leak_log2), .zero = "none"},
    {FIELD("rate limit KoD", " (log2)", VALUE_UNSIGNED, ratelimit.kod_log2), .zero = "none"},
    {FIELD("rate limit minimum", " s", VALUE_DOUBLE, ratelimit.minimum_s), .zero = "none"},
    {FIELD("client list size", " bytes", VALUE_SIZE, client_log_bytes), .zero = "none"},
    {FIELD("server port", "", VALUE_UNSIGNED, port), .zero = "none"},
    {FIELD("second server port", "", VALUE_UNSIGNED, extra_port), .zero = "none"},
    {FIELD("server interface", "", VALUE_TEXT, bind_device), .zero = "any"},
    {FIELD("source port of requests", "", VALUE_UNSIGNED, acquisition_port), .next_start = true,
     .zero = "random for each request"},
    {FIELD("interface of requests", "", VALUE_TEXT, acquisition_device), .next_start = true,
     .zero = "any"},
    {FIELD("command port", "", VALUE_UNSIGNED, command_port), .zero = "none"},
    {FIELD("command interface", "", VALUE_TEXT, command_device), .zero = "any"},
    {FIELD("command socket", "", VALUE_TEXT, command_socket)},
    {FIELD("open reports", "", VALUE_TEXT, open_commands)},
    {FIELD("command rate limit", "", VALUE_BOOL, command_ratelimit.enabled)},
    {FIELD("command rate limit interval", " s", VALUE_DOUBLE, command_ratelimit.interval_s)},
    {FIELD("command rate limit burst", "", VALUE_DOUBLE, command_ratelimit.burst)},
    {FIELD("command rate limit leak", " (log2)", VALUE_UNSIGNED, command_ratelimit.leak_log2),
     .zero = "none"},
    {FIELD("drift file", "", VALUE_TEXT, driftfile)},
    {FIELD("drift file interval", " s", VALUE_DOUBLE, drift_interval_s)},
    {FIELD("pid file", "", VALUE_TEXT, pidfile), .next_start = true, .zero = CONFIG_PIDFILE},
    {FIELD("key file", "", VALUE_TEXT, keyfile)},
    {FIELD("key file cannot be read", "", VALUE_BOOL, keys_unreadable)},
    {FIELD("control key", "", VALUE_UNSIGNED, control_key), .zero = "none"},
    {FIELD("initial frequency given", "", VALUE_BOOL, have_frequency), .next_start = true},
    {FIELD("initial frequency", " ppm", VALUE_DOUBLE, frequency), .scale = 1e6, .next_start = true},
    {FIELD("clock precision", " s", VALUE_DOUBLE, clock_precision_s), .next_start = true,
     .zero = "measured"},
    {FIELD("locked memory", "", VALUE_BOOL, lock_memory), .next_start = true},
    {FIELD("priority", "", VALUE_INT, priority), .next_start = true, .zero = "none"},
    {FIELD("log directory", "", VALUE_TEXT, log_directory)},
    {FIELD("log of measurements", "", VALUE_TEXT, statistics[STATISTICS_MEASUREMENTS].description)},
    {FIELD("log of statistics", "", VALUE_TEXT, statistics[STATISTICS_STATISTICS].description)},
    {FIELD("log of selections", "", VALUE_TEXT, statistics[STATISTICS_SELECTION].description)},
    {FIELD("log of tracking", "", VALUE_TEXT, statistics[STATISTICS_TRACKING].description)},
    {FIELD("log of reference clocks", "", VALUE_TEXT,
           statistics[STATISTICS_REFCLOCKS].description)},
    {FIELD("loopstats", "", VALUE_TEXT, statistics[STATISTICS_LOOPSTATS].description)},
    {FIELD("peerstats", "", VALUE_TEXT, statistics[STATISTICS_PEERSTATS].description)},
    {FIELD("rawstats", "", VALUE_TEXT, statistics[STATISTICS_RAWSTATS].description)},
    {FIELD("sysstats", "", VALUE_TEXT, statistics[STATISTICS_SYSSTATS].description)},
    {FIELD("clockstats", "", VALUE_TEXT, statistics[STATISTICS_CLOCKSTATS].description)},
    {FIELD("protostats", "", VALUE_TEXT, statistics[STATISTICS_PROTOSTATS].description)},
    {FIELD("statistics disabled", "", VALUE_BOOL, statistics_disabled)},
    {FIELD("log of raw measurements", "", VALUE_BOOL, log_raw_measurements)},
    {FIELD("log header interval", "", VALUE_UNSIGNED, log_banner), .zero = "none"},
    {FIELD("log file", "", VALUE_TEXT, log_file), .next_start = true},
    {FIELD("user", "", VALUE_TEXT, user), .next_start = true, .zero = CONFIG_USER ", if it exists"},
    {FIELD("real-time clock", "", VALUE_BOOL, rtc_sync)},
    {FIELD("dscp", "", VALUE_INT, dscp)},
};

const size_t config_field_count = sizeof config_fields / sizeof *config_fields;

static bool is_zero(const char *place, size_t size)
{
    size_t i = 0;

    while (i < size && place[i] == 0) {
        i++;
    }
    return i == size;
}

void config_field_format(const struct config_field *f, const void *base, char *out, size_t capacity)
{
    const void *place = (const char *)base + f->offset;
    const char *text = place;

    if (f->zero && is_zero(place, f->size)) {
        snprintf(out, capacity, "%s", f->zero);
        return;
    }
    switch (f->type) {
    case VALUE_BOOL: snprintf(out, capacity, "%s", *(const bool *)place ? "yes" : "no"); break;
    case VALUE_INT: snprintf(out, capacity, "%d%s", *(const int *)place, f->unit); break;
    case VALUE_UNSIGNED: snprintf(out, capacity, "%u%s", *(const unsigned *)place, f->unit); break;
    case VALUE_SIZE: snprintf(out, capacity, "%zu%s", *(const size_t *)place, f->unit); break;
    case VALUE_DOUBLE:
        snprintf(out, capacity, "%.10g%s", *(const double *)place * (f->scale != 0 ? f->scale : 1),
                 f->unit);
        break;
    case VALUE_TEXT: snprintf(out, capacity, "%.200s", text[0] != '\0' ? text : "none"); break;
    }
}

bool config_field_equal(const struct config_field *f, const void *a, const void *b)
{
    const void *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;

    if (f->type == VALUE_DOUBLE) { /* 15e-6 and 15 * 1e-6 are the same setting */
        double p = *(const double *)x, q = *(const double *)y;

        return fabs(p - q) <= DOUBLE_NOISE * fabs(p);
    }
    return f->type == VALUE_TEXT ? strcmp(x, y) == 0 : memcmp(x, y, f->size) == 0;
}

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
    {FIELD("names are looked up every", " s", VALUE_DOUBLE, settings.name_refresh_s)},
    {FIELD("least number of sources", "", VALUE_UNSIGNED, settings.min_sources)},
    {FIELD("greatest root distance", " s", VALUE_DOUBLE, settings.max_distance_s)},
    {FIELD("greatest jitter", " s", VALUE_DOUBLE, settings.max_jitter_s)},
    {FIELD("least stratum of a source", "", VALUE_UNSIGNED, settings.min_stratum), .zero = "any"},
    {FIELD("greatest stratum of a source", "", VALUE_UNSIGNED, settings.max_stratum),
     .zero = "any"},
    {FIELD("least root distance", " s", VALUE_DOUBLE, settings.min_distance_s)},
    {FIELD("limit of combined sources", "", VALUE_DOUBLE, settings.combine_limit), .zero = "3"},
    {FIELD("advantage of the present source", " s", VALUE_DOUBLE, settings.reselect_s),
     .zero = "30 % of its own distance"},
    {FIELD("weight of a stratum", " s", VALUE_DOUBLE, settings.stratum_weight_s)},
    {FIELD("control of the clock", "", VALUE_BOOL, settings.clock_control)},
    {FIELD("step threshold", " s", VALUE_DOUBLE, settings.step_threshold_s), .zero = "never"},
    {FIELD("step threshold ahead", " s", VALUE_DOUBLE, settings.step_forward_s),
     .zero = "as the step threshold"},
    {FIELD("step threshold back", " s", VALUE_DOUBLE, settings.step_backward_s),
     .zero = "as the step threshold"},
    {FIELD("updates that may step", "", VALUE_INT, settings.step_updates)},
    {FIELD("time before a later step", " s", VALUE_DOUBLE, settings.stepout_s),
     .zero = "never stepped later"},
    {FIELD("panic threshold", " s", VALUE_DOUBLE, settings.panic_s), .zero = "none"},
    {FIELD("first correction beyond panic", "", VALUE_BOOL, settings.panic_first_allowed)},
    {FIELD("updates that may exceed panic", "", VALUE_UNSIGNED, settings.panic_updates),
     .zero = "none"},
    {FIELD("length of a correction", " intervals", VALUE_DOUBLE, settings.correction_ratio),
     .zero = "1/16 intervals"},
    {FIELD("correction that is logged", " s", VALUE_DOUBLE, settings.log_correction_s),
     .zero = "none"},
    {FIELD("fastest slew", " ppm", VALUE_DOUBLE, settings.max_slew_rate), .scale = 1e6},
    {FIELD("drift of an undisciplined clock", " ppm", VALUE_DOUBLE, settings.max_clock_error),
     .scale = 1e6},
    {FIELD("greatest skew that is applied", " ppm", VALUE_DOUBLE, settings.max_update_skew),
     .scale = 1e6},
    {FIELD("greatest frequency error", " ppm", VALUE_DOUBLE, settings.max_drift), .scale = 1e6},
    {FIELD("local reference", "", VALUE_BOOL, settings.local)},
    {FIELD("local stratum", "", VALUE_UNSIGNED, settings.local_stratum)},
    {FIELD("local distance", " s", VALUE_DOUBLE, settings.local_distance_s)},
    {FIELD("local activation below", " s", VALUE_DOUBLE, settings.local_activate_s),
     .zero = "at once"},
    {FIELD("local wait after an update", " s", VALUE_DOUBLE, settings.local_wait_synced_s)},
    {FIELD("local wait after the start", " s", VALUE_DOUBLE, settings.local_wait_unsynced_s)},
    {FIELD("orphan group", "", VALUE_BOOL, settings.local_orphan)},
    {FIELD("leap seconds from sources", "", VALUE_BOOL, settings.leap_from_sources)},
    {FIELD("rate limit", "", VALUE_BOOL, ratelimit.enabled)},
    {FIELD("rate limit interval", " s", VALUE_DOUBLE, ratelimit.interval_s)},
    {FIELD("rate limit burst", "", VALUE_DOUBLE, ratelimit.burst)},
    {FIELD("rate limit leak", " (log2)", VALUE_UNSIGNED, ratelimit.leak_log2), .zero = "none"},
    {FIELD("rate limit kisses", " (log2)", VALUE_UNSIGNED, ratelimit.kod_log2), .zero = "none"},
    {FIELD("rate limit minimum", " s", VALUE_DOUBLE, ratelimit.minimum_s), .zero = "none"},
    {FIELD("memory of clients", " bytes", VALUE_SIZE, client_log_bytes), .zero = "none"},
    {FIELD("server port", "", VALUE_UNSIGNED, port), .zero = "none"},
    {FIELD("second server port", "", VALUE_UNSIGNED, extra_port), .zero = "none"},
    {FIELD("interface to serve on", "", VALUE_TEXT, bind_device), .zero = "any"},
    {FIELD("port of requests", "", VALUE_UNSIGNED, acquisition_port), .next_start = true,
     .zero = "a fresh one for each request"},
    {FIELD("interface of requests", "", VALUE_TEXT, acquisition_device), .next_start = true,
     .zero = "any"},
    {FIELD("command port", "", VALUE_UNSIGNED, command_port), .zero = "none"},
    {FIELD("interface of commands", "", VALUE_TEXT, command_device), .zero = "any"},
    {FIELD("command socket", "", VALUE_TEXT, command_socket)},
    {FIELD("reports on the command port", "", VALUE_TEXT, open_commands)},
    {FIELD("limit of commands", "", VALUE_BOOL, command_ratelimit.enabled)},
    {FIELD("command limit interval", " s", VALUE_DOUBLE, command_ratelimit.interval_s)},
    {FIELD("command limit burst", "", VALUE_DOUBLE, command_ratelimit.burst)},
    {FIELD("command limit leak", " (log2)", VALUE_UNSIGNED, command_ratelimit.leak_log2),
     .zero = "none"},
    {FIELD("drift file", "", VALUE_TEXT, driftfile)},
    {FIELD("drift file interval", " s", VALUE_DOUBLE, drift_interval_s)},
    {FIELD("pid file", "", VALUE_TEXT, pidfile), .next_start = true, .zero = CONFIG_PIDFILE},
    {FIELD("key file", "", VALUE_TEXT, keyfile)},
    {FIELD("key file cannot be read", "", VALUE_BOOL, keys_unreadable)},
    {FIELD("control key", "", VALUE_UNSIGNED, control_key), .zero = "none"},
    {FIELD("frequency at the start given", "", VALUE_BOOL, have_frequency), .next_start = true},
    {FIELD("frequency at the start", " ppm", VALUE_DOUBLE, frequency), .scale = 1e6,
     .next_start = true},
    {FIELD("precision of the clock", " s", VALUE_DOUBLE, clock_precision_s), .next_start = true,
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
    {FIELD("statistics switched off", "", VALUE_BOOL, statistics_disabled)},
    {FIELD("measurements that failed are logged", "", VALUE_BOOL, log_raw_measurements)},
    {FIELD("lines between headings of logs", "", VALUE_UNSIGNED, log_banner),
     .zero = "no headings"},
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
    const char *place = (const char *)base + f->offset;
    double number;
    size_t size;
    unsigned u;
    bool b;
    int i;

    if (f->zero && is_zero(place, f->size)) {
        snprintf(out, capacity, "%s", f->zero);
        return;
    }
    switch (f->type) {
    case VALUE_BOOL:
        memcpy(&b, place, sizeof b);
        snprintf(out, capacity, "%s", b ? "yes" : "no");
        break;
    case VALUE_INT:
        memcpy(&i, place, sizeof i);
        snprintf(out, capacity, "%d%s", i, f->unit);
        break;
    case VALUE_UNSIGNED:
        memcpy(&u, place, sizeof u);
        snprintf(out, capacity, "%u%s", u, f->unit);
        break;
    case VALUE_SIZE:
        memcpy(&size, place, sizeof size);
        snprintf(out, capacity, "%zu%s", size, f->unit);
        break;
    case VALUE_DOUBLE:
        memcpy(&number, place, sizeof number);
        snprintf(out, capacity, "%.10g%s", number * (f->scale != 0 ? f->scale : 1), f->unit);
        break;
    case VALUE_TEXT:
        snprintf(out, capacity, "%.200s", place[0] != '\0' ? place : "none");
        break;
    }
}

bool config_field_equal(const struct config_field *f, const void *a, const void *b)
{
    const char *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;

    double p, q;

    if (f->type == VALUE_DOUBLE) { /* 15e-6 and 15 * 1e-6 are the same setting */
        memcpy(&p, x, sizeof p);
        memcpy(&q, y, sizeof q);
        return fabs(p - q) <= DOUBLE_NOISE * fabs(p);
    }
    return f->type == VALUE_TEXT ? strcmp(x, y) == 0 : memcmp(x, y, f->size) == 0;
}

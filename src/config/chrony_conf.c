/* SPDX-License-Identifier: BSD-2-Clause */
/* chrony.conf: its rows, its defaults, and the functions of rows that are more than a number in its
 * place. No host is served without `allow`; nothing is stepped without `makestep`. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/access.h"
#include "config/clock_line.h"
#include "config/command_line.h"
#include "config/include.h"
#include "config/keys.h"
#include "config/place.h"
#include "config/rows.h"
#include "config/source_line.h"
#include "config/statistics_line.h"
#include "config/text.h"

/* ---- functions of rows ---- */

static void apply_makestep(struct reader *r)
{
    struct settings *s = &r->config->settings;
    double threshold = directive_value(r, "threshold")->number;
    double limit = directive_value(r, "limit")->number;

    /* in the settings 0 means never; here it means any offset */
    s->step_threshold_s = limit == 0 ? 0 : fmax(threshold, 1e-9);
    s->step_updates = limit < 0 ? -1 : (int)limit;
}

static void apply_maxchange(struct reader *r)
{
    struct settings *s = &r->config->settings;
    const struct value *ignore = directive_value(r, "ignore");

    s->panic_s = fmax(directive_value(r, "offset")->number, 1e-9);
    s->panic_first_allowed = directive_value(r, "start")->number > 0;
    s->panic_updates = (unsigned)directive_value(r, "start")->number;
    if (ignore->number >= 0) {
        reader_warning(
            r, ignore->word, "use '-1' to avoid this warning",
            "W020 toki does not exit after this many corrections: it refuses them and reports it");
    }
}

#define ORPHAN_WAIT_S 300 /* `waitunsynced` of an orphan */

static void apply_local(struct reader *r)
{
    struct settings *s = &r->config->settings;

    s->local = true;
    s->local_orphan = directive_value(r, "orphan") != NULL;
    if (s->local_orphan && !directive_value(r, "waitunsynced")) {
        s->local_wait_unsynced_s = ORPHAN_WAIT_S;
    }
}

/* In the settings 0 stands for the usual value. */
#define NEXT_TO_NOTHING 1e-12

static void apply_combinelimit(struct reader *r)
{
    r->config->settings.combine_limit = fmax(directive_value(r, "limit")->number, NEXT_TO_NOTHING);
}

static void apply_reselectdist(struct reader *r)
{
    r->config->settings.reselect_s = fmax(directive_value(r, "distance")->number, NEXT_TO_NOTHING);
}

/* Is the host one that a line above names, so that it is asked anyway? */
static bool is_source(const struct settings *s, const char *host)
{
    for (unsigned i = 0; i < s->spec_count; i++) {
        if (text_equal_any_case(s->specs[i].name, host)) {
            return true;
        }
    }
    return false;
}

static void apply_initstepslew(struct reader *r)
{
    struct settings *s = &r->config->settings;
    const struct value *threshold = directive_value(r, "threshold");

    if (s->step_threshold_s > 0) {
        return; /* `makestep` says it better */
    }
    s->step_threshold_s = fmax(threshold->number, 1e-9);
    s->step_updates = 1;
    for (unsigned i = r->rest; i < r->line.count; i++) {
        if (!is_source(s, r->line.words[i].text)) {
            reader_warning(r, &r->line.words[i], "use 'makestep' instead, or add it as a server",
                           "W020 'initstepslew' works like 'makestep %.40s 1': '%.100s' is not a "
                           "source in this file and is not queried",
                           threshold->word->text, r->line.words[i].text);
        }
    }
}

static bool read_address(struct reader *r, struct address *address)
{
    const struct word *word = directive_value(r, "address")->word;

    if (!address_parse(word->text, address)) {
        reader_error(r, word, "", "E008 '%.100s' is not an address", word->text);
        return false;
    }
    return true;
}

static void apply_bindacqaddress(struct reader *r)
{
    struct address address;

    if (read_address(r, &address)) {
        r->config->acquisition_address[address.family == ADDRESS_V6] = address;
    }
}

static void apply_ratelimit(struct reader *r)
{
    struct ratelimit_settings *limit = &r->config->ratelimit;
    const struct value *interval = directive_value(r, "interval");

    limit->enabled = true;
    if (interval) {
        limit->interval_s = exp2(interval->number);
    }
}

static void apply_rtcsync(struct reader *r)
{
    r->config->rtc_sync = true;
}

static void apply_lock_all(struct reader *r)
{
    r->config->lock_memory = true;
}

static void apply_noclientlog(struct reader *r)
{
    r->config->client_log_bytes = 0;
}

static void apply_bindaddress(struct reader *r)
{
    struct config *c = r->config;
    struct address address;

    if (!read_address(r, &address)) {
        return;
    }
    for (unsigned i = 0; i < c->bind_count; i++) {
        if (c->bind[i].family == address.family) {
            reader_warning(r, directive_value(r, "address")->word,
                           "only one IPv4 and one IPv6 address can be bound",
                           "W007 'bindaddress' repeated: this line takes effect");
            c->bind[i] = address;
            c->places.bind[i] = place_here(r);
            return;
        }
    }
    c->places.bind[c->bind_count] = place_here(r);
    c->bind[c->bind_count++] = address;
}

/* The kernel applies a leap second that is known; one that is not asked for is left to be found as
 * an error of the clock. */
static void apply_leapsecmode(struct reader *r)
{
    const struct word *word = directive_value(r, "mode")->word;
    bool slew = text_equal_any_case(word->text, "slew");

    if (slew || text_equal_any_case(word->text, "ignore")) {
        r->config->settings.leap_from_sources = false;
    } else if (!text_equal_any_case(word->text, "system") &&
               !text_equal_any_case(word->text, "step")) {
        reader_error(r, word, "system, step, slew or ignore", "E009 unknown mode '%.100s'",
                     word->text);
    }
    if (slew) {
        reader_warning(r, word, "",
                       "W020 'leapsecmode slew' works like 'ignore': the leap second is corrected "
                       "like any other error, and slewed where 'makestep' does not allow a step");
    }
}

static void apply_authselectmode(struct reader *r)
{
    const struct word *word = directive_value(r, "mode")->word;
    static const char *const modes[] = {[AUTH_SELECT_MIX] = "mix",
                                        [AUTH_SELECT_PREFER] = "prefer",
                                        [AUTH_SELECT_REQUIRE] = "require",
                                        [AUTH_SELECT_IGNORE] = "ignore"};

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (text_equal_any_case(word->text, modes[i])) {
            r->config->auth_select = (enum auth_select)i;
            return;
        }
    }
    reader_error(r, word, "require, prefer, mix or ignore", "E009 unknown mode '%.100s'",
                 word->text);
}

/* As chronyd: by what is configured, not by what can be reached; what is only measured is as if it
 * were not there. */
static void settle_authentication(struct config *c)
{
    struct settings *s = &c->settings;
    unsigned with = 0, without = 0;

    for (unsigned i = 0; i < s->spec_count; i++) {
        bool counts = s->specs[i].kind != SOURCE_REFCLOCK && !s->specs[i].noselect;

        with += counts && s->specs[i].key_id != 0;
        without += counts && s->specs[i].key_id == 0;
    }
    for (unsigned i = 0; i < s->spec_count; i++) {
        struct source_spec *spec = &s->specs[i];
        bool certain = spec->key_id != 0 || spec->kind == SOURCE_REFCLOCK;

        if (spec->noselect) {
            continue;
        }
        if (c->auth_select == AUTH_SELECT_MIX && certain && with > 0 && without > 0) {
            spec->added_trust = spec->added_trust || !spec->trust;
            spec->added_require = spec->added_require || !spec->require;
            spec->trust = spec->require = true;
        }
        if (!certain && (c->auth_select == AUTH_SELECT_REQUIRE ||
                         (c->auth_select == AUTH_SELECT_PREFER && with > 0))) {
            spec->noselect = spec->added_noselect = true;
        }
    }
}

static void apply_ptpport(struct reader *r)
{
    const struct value *port = directive_value(r, "port");

    if (port->number > 0) {
        reader_warning(
            r, port->word, "",
            "W010 'ptpport' is not supported yet: NTP would be sent inside PTP; ignored");
    }
}

/* ---- defaults and the end of the file ---- */

static void set_defaults(struct reader *r)
{
    struct config *c = r->config;
    struct settings *s = &c->settings;

    s->max_distance_s = 3.0;
    s->max_jitter_s = 1.0;
    s->step_threshold_s = 0;
    s->step_updates = 0;
    s->stepout_s = 0;
    s->panic_s = 0;
    s->max_slew_rate = 83333.333e-6;
    s->max_clock_error = 1e-6;
    s->max_update_skew = 1000e-6;
    s->log_correction_s = 1;
    s->max_stratum = 15;
    s->combine_limit = 3;
    s->local_stratum = 10;
    s->local_distance_s = 1.0;
    snprintf(c->command_socket, sizeof c->command_socket, "%s", COMMAND_LINE_SOCKET);
    c->drift_format = DRIFT_CHRONY;
    c->log_banner = 32;
}

/* The limiter goes by the flags of the access table; chrony's applies to all hosts. */
static void settle(struct reader *r)
{
    struct config *c = r->config;

    settle_authentication(c);
    if (c->ratelimit.enabled) {
        access_add_flags(&c->access,
                         c->ratelimit.kod_log2 > 0 ? ACCESS_LIMITED | ACCESS_KOD : ACCESS_LIMITED);
    }
}

static void finish(struct reader *r)
{
    struct config *c = r->config;

    settle(r);
    statistics_line_finish(r);
    if (c->ratelimit.enabled && c->client_log_bytes == 0) {
        reader_message_at(
            r, CONFIG_WARNING,
            &r->seen[directive_find(r->language, "ratelimit") - r->language->directives],
            "remove 'noclientlog'", "W020 the rate limit needs the client log");
    }
}

/* ---- tables ---- */

static const struct source_spec source_defaults = {
    .port = 123,
    .minpoll = 6,
    .maxpoll = 10,
    .version = 4,
    .max_sources = 4,
    .long_mac = true,
    .max_delay_s = 3,
    .poll_target = 8,
};

#define ONLY_NTS_SERVER "it only applies to an NTS server, and 'ntsservercert' is refused"
#define NO_NTS_SERVER INSTEAD("remove it: time is served without NTS, or with keys ('keyfile')")

static const struct parameter source_options[] = {
    {INTEGER("minpoll", POLL_MIN, POLL_MAX, "log2 s", "6"), TO_LIVE_SPEC(STORE_INT, minpoll),
     .doc = "minimum interval between requests"},
    {INTEGER("maxpoll", POLL_MIN, POLL_MAX, "log2 s", "10"), TO_LIVE_SPEC(STORE_INT, maxpoll),
     .doc = "maximum interval between requests"},
    {OPTION_FLAG("iburst"), TO_SPEC(STORE_BOOL, iburst),
     .doc = "eight requests at the start, the first four in quick succession"},
    {OPTION_FLAG("burst"), TO_SPEC(STORE_BOOL, burst), .doc = "a burst of requests at each poll"},
    {INTEGER("key", 1, 4294967295.0, NULL, "none"), TO_SPEC(STORE_U32, key_id),
     .doc = "authenticates packets with this key from the 'keyfile'"},
    {OPTION_FLAG("nts"), IS_REFUSED(UNAUTHENTICATED), OUTVOTE},
    {INTEGER("certset", 0, 4294967295.0, NULL, "0"), IS_NOTHING(ONLY_NTS)},
    {INTEGER("ntsport", 1, 65535, NULL, "4460"), IS_NOTHING(ONLY_NTS)},
    {REAL("maxdelay", 0, 1e10, "s", "3"), TO_LIVE_SPEC(STORE_DOUBLE, max_delay_s),
     .doc = "samples with a longer round-trip delay are dropped"},
    {REAL("maxdelayratio", 0, 1e6, NULL, "0: off"), TO_LIVE_SPEC(STORE_DOUBLE, max_delay_ratio),
     .doc = "samples with a round-trip delay above this multiple of the minimum are dropped"},
    {REAL("maxdelaydevratio", 0, 1e6, NULL, "0: off"),
     TO_LIVE_SPEC(STORE_DOUBLE, max_delay_deviation),
     .doc = "samples whose delay exceeds the usual one by this multiple of the jitter are dropped"},
    {REAL("maxdelayquant", 0, 1, NULL, "0: off"), TO_SPEC(STORE_DOUBLE, max_delay_quantile),
     .doc = "samples with a round-trip delay above this quantile of recent delays are dropped"},
    {REAL("mindelay", 0, 1e6, "s", "measured"), TO_SPEC(STORE_DOUBLE, min_delay_s),
     .doc = "round-trip delay of the unloaded path, if known"},
    {REAL("asymmetry", -0.5, 0.5, NULL, "estimated"), TO_SPEC(STORE_DOUBLE, asymmetry),
     .doc = "asymmetry of the jitter: -0.5 only towards the server, 0.5 only from it"},
    {REAL("offset", -1e6, 1e6, "s", "0"), TO_LIVE_SPEC(STORE_DOUBLE, offset_correction_s),
     .doc = "correction added to each measured offset"},
    {INTEGER("minsamples", 0, 1000, NULL, "6"), IS_NOTHING(NO_WINDOW)},
    {INTEGER("maxsamples", 0, 1000, NULL, "0"), IS_NOTHING(NO_WINDOW)},
    {INTEGER("maxunreach", 0, NO_LIMIT, NULL, "8"), IS_NOTHING(UNREACHABLE_UNUSED)},
    {INTEGER("filter", 0, 1000, NULL, "0"), IS_NOTHING("samples are weighted by their delay")},
    {INTEGER("polltarget", 1, 1000, NULL, "8"), TO_LIVE_SPEC(STORE_UNSIGNED, poll_target),
     .doc = "doubling it halves the poll interval"},
    {INTEGER("presend", -7, 24, "log2 s", "off"),
     IS_NOTHING("a request delayed on the path has a large delay and little weight")},
    {INTEGER("minstratum", 0, 15, NULL, "0"), TO_LIVE_SPEC(STORE_UNSIGNED, min_stratum),
     .doc = "minimum stratum assumed for the source"},
    {OPTION_FLAG("offline"), TO_SPEC(STORE_BOOL, offline),
     .doc = "not queried until it is switched online"},
    {OPTION_FLAG("auto_offline"),
     IS_NOTHING("a request that cannot be sent is retried at the next poll")},
    {OPTION_FLAG("prefer"), TO_LIVE_SPEC(STORE_BOOL, prefer),
     .doc = "preferred among good sources"},
    {OPTION_FLAG("noselect"), TO_LIVE_SPEC(STORE_BOOL, noselect),
     .doc = "measured, never selected"},
    {OPTION_FLAG("trust"), TO_LIVE_SPEC(STORE_BOOL, trust),
     .doc = "assumed to be correct when sources disagree"},
    {OPTION_FLAG("require"), TO_LIVE_SPEC(STORE_BOOL, require),
     .doc = "required for updates of the clock"},
    {OPTION_FLAG("xleave"), TO_SPEC(STORE_BOOL, xleave), .doc = "interleaved mode"},
    {INTEGER("port", 1, 65535, NULL, "123"), TO_SPEC(STORE_U16, port), .doc = "port of the server"},
    {INTEGER("version", 1, 4, NULL, "4"), TO_SPEC(STORE_UNSIGNED, version),
     .doc = "NTP version of requests"},
    {OPTION_FLAG("copy"), IS_LATER("it would copy the stratum and reference ID of the source")},
    {WORD("extfield", "none"), IS_LATER("it would add an extension field to packets")},
    {OPTION_FLAG("ipv4"), .doc = "IPv4 addresses of the name only"},
    {OPTION_FLAG("ipv6"), .doc = "IPv6 addresses of the name only"},
    {INTEGER("maxsources", 1, 16, NULL, "4"), TO_SPEC(STORE_UNSIGNED, max_sources),
     .doc = "number of servers used from the pool"},
    {0},
};

#define LEAP_LEARNT "leap seconds come from a majority of the sources"
#define KERNEL_RTC "the kernel keeps the real-time clock"

#define SOURCE_ROW(word, function, text)                                                           \
    {                                                                                              \
        .keyword = word, .arguments = source_line_arguments, .options = source_options,            \
        .for_source = true, .repeats = true, .apply = function, .doc = text                        \
    }

#define ACCESS_ROW(word, function, table, text)                                                    \
    {                                                                                              \
        .keyword = word, .arguments = access_chrony_arguments, .repeats = true, .apply = function, \
        SETS(SET(table)), .doc = text                                                              \
    }

/* refclock SHM 0; ntp.conf writes its drivers in small letters */
static bool resembles(const struct line *line)
{
    return line->count > 1 && text_equal_any_case(line->words[0].text, "refclock") &&
           line->words[1].text[0] >= 'A' && line->words[1].text[0] <= 'Z';
}

static const struct directive directives[] = {
    /* sources */
    SOURCE_ROW("server", source_line_server, "one NTP source"),
    SOURCE_ROW("pool", source_line_pool, "several NTP sources from one name"),
    SOURCE_ROW("peer", source_line_peer, "an NTP source that may also query this host"),
    {.keyword = "refclock",
     .arguments = clock_line_chrony_arguments,
     .options = clock_line_chrony_options,
     .for_source = true,
     .repeats = true,
     .apply = clock_line_chrony,
     .doc = "a reference clock: SHM"},
    {.keyword = "initstepslew",
     .arguments = PARAMETERS({REAL("threshold", 0, 1e10, "s", NULL)}, WORDS("host", NULL)),
     .apply = apply_initstepslew,
     .doc = "obsolete form of 'makestep threshold 1'"},
    LATER("manual", "the time could be entered by hand"),
    SETTING("acquisitionport", "source port of requests; 0: random for each request",
            {INTEGER("port", 0, 65535, NULL, "random for each request"),
             TO_CONFIG(STORE_UNSIGNED, acquisition_port)}),
    {.keyword = "bindacqaddress",
     .arguments = PARAMETERS({WORD("address", "any")}),
     .repeats = true,
     .apply = apply_bindacqaddress,
     .doc = "source address of requests, one per address family"},
    SETTING("bindacqdevice", "requests are sent through this interface",
            {WORD("interface", "any"), TEXT_TO(acquisition_device), .interface = true}),
    SETTING("dscp", "DSCP of sent packets",
            {INTEGER("value", 0, 63, NULL, "0"), TO_CONFIG(STORE_INT, dscp)}),
    SETTING("refresh",
            "interval at which names are resolved again; 0: only when a server does not respond",
            {REAL("period", 0, 31536000, "s", "1209600"),
             TO_CONFIG(STORE_DOUBLE, settings.name_refresh_s)}),
    {.keyword = "sourcedir",
     .arguments = PARAMETERS(WORDS("directory", NULL)),
     .repeats = true,
     .apply = include_sources,
     .doc = "reads the *.sources files of directories: server, pool and peer lines"},
    NOTHING_OF("ntsaeads", ONLY_NTS, WORDS("id", "30 15")),
    NOTHING_OF("ntsdumpdir", ONLY_NTS, {WORD("directory", "none")}),
    NOTHING_OF("ntscachedir", ONLY_NTS, {WORD("directory", "none")}),
    NOTHING_OF("ntsrefresh", ONLY_NTS, {INTEGER("interval", 0, 1e9, "s", "2419200")}),
    NOTHING_OF("ntstrustedcerts", ONLY_NTS, WORDS("[set] file", "the system's")),
    NOTHING("nosystemcert", ONLY_NTS),
    NOTHING_OF("nocerttimecheck", ONLY_NTS, {INTEGER("updates", 0, 1e9, NULL, "0")}),
    {.keyword = "authselectmode",
     .arguments = PARAMETERS({WORD("mode", "mix")}),
     .apply = apply_authselectmode,
     .doc = "how unauthenticated sources are used beside authenticated ones"},

    /* selection and estimation */
    {.keyword = "combinelimit",
     .arguments = PARAMETERS({REAL("limit", 0, 1e6, NULL, "3"), SETS(SET(settings.combine_limit))}),
     .apply = apply_combinelimit,
     .doc =
         "sources up to this multiple of the root distance of the best one are combined with it"},
    SETTING(
        "maxdistance", "maximum root distance of a selectable source",
        {REAL("distance", 0, 1e10, "s", "3"), TO_CONFIG(STORE_DOUBLE, settings.max_distance_s)}),
    SETTING("maxjitter", "maximum jitter of a selectable source",
            {REAL("jitter", 0, 1e10, "s", "1"), TO_CONFIG(STORE_DOUBLE, settings.max_jitter_s)}),
    SETTING("minsources", "number of sources that must agree before the clock is corrected",
            {INTEGER("sources", 1, SOURCES_MAX, NULL, "1"),
             TO_CONFIG(STORE_UNSIGNED, settings.min_sources)}),
    SETTING(
        "minstratum", "minimum stratum of a selectable source",
        {INTEGER("stratum", 0, 15, NULL, "0"), TO_CONFIG(STORE_UNSIGNED, settings.min_stratum)}),
    SETTING(
        "maxstratum", "maximum stratum of a selectable source",
        {INTEGER("stratum", 1, 15, NULL, "15"), TO_CONFIG(STORE_UNSIGNED, settings.max_stratum)}),
    {.keyword = "reselectdist",
     .arguments = PARAMETERS(
         {REAL("distance", 0, 1e10, "s", "30 % of its distance"), SETS(SET(settings.reselect_s))}),
     .apply = apply_reselectdist,
     .doc = "reduction in distance that another source needs to replace the selected one"},
    SETTING("stratumweight", "distance added per stratum when the best source is chosen",
            {REAL("distance", 0, 1e10, "s", "0.001"),
             TO_CONFIG(STORE_DOUBLE, settings.stratum_weight_s)}),
    {.keyword = "maxsamples",
     .arguments = PARAMETERS({INTEGER("samples", 0, 1000, NULL, "0")}),
     IS_NOTHING(NO_WINDOW)},
    {.keyword = "minsamples",
     .arguments = PARAMETERS({INTEGER("samples", 0, 1000, NULL, "6")}),
     IS_NOTHING(NO_WINDOW)},
    SETTING("maxclockerror", "assumed maximum drift of an undisciplined clock",
            {REAL("error", 0, 1e5, "ppm", "1"), .scale = 1e-6,
             TO_CONFIG(STORE_DOUBLE, settings.max_clock_error)}),
    SETTING("maxdrift", "maximum frequency error of the clock",
            {REAL("drift", 0, 1e6, "ppm", "500"), .scale = 1e-6,
             TO_CONFIG(STORE_DOUBLE, settings.max_drift)}),
    SETTING("maxupdateskew", "frequency estimates with a larger skew are not applied",
            {REAL("skew", 0, 1e6, "ppm", "1000"), .scale = 1e-6,
             TO_CONFIG(STORE_DOUBLE, settings.max_update_skew)}),
    SETTING("maxslewrate", "maximum slew rate of the clock",
            {REAL("rate", 1e-3, 500000, "ppm", "83333.333"), .scale = 1e-6,
             TO_CONFIG(STORE_DOUBLE, settings.max_slew_rate)}),
    SETTING("corrtimeratio",
            "duration of a correction relative to the update interval of the clock",
            {REAL("ratio", 1e-3, 1e6, NULL, "automatic"),
             TO_CONFIG(STORE_DOUBLE, settings.correction_ratio)}),
    SETTING(
        "clockprecision", "precision of clock readings",
        {REAL("precision", 1e-9, 1, "s", "measured"), TO_CONFIG(STORE_DOUBLE, clock_precision_s)}),

    /* system clock */
    {.keyword = "driftfile",
     .arguments = PARAMETERS({WORD("file", "none"), TEXT_TO(driftfile)}),
     .options = PARAMETERS({REAL("interval", 1, 1e9, "s", "3600"),
                            TO_CONFIG(STORE_DOUBLE, drift_interval_s),
                            .doc = "interval at which it is written, at least 10 s"}),
     .doc = "saves the frequency of the clock across restarts"},
    {.keyword = "dumpdir",
     .arguments = PARAMETERS({WORD("directory", "none")}),
     IS_NOTHING("chronyd reads saved samples only with -r; toki measures anew at each start, "
                "within seconds")},
    OBSOLETE("dumponexit", "chronyd removed it long ago"),
    {.keyword = "fallbackdrift",
     .arguments = PARAMETERS({INTEGER("min", 0, 40, "log2 s", NULL)},
                             {INTEGER("max", 0, 40, "log2 s", NULL)}),
     IS_NOTHING("the frequency used without sources is averaged over hours anyway")},
    {.keyword = "leapsecmode",
     .arguments = PARAMETERS({WORD("mode", "system"), SETS(SET(settings.leap_from_sources))}),
     .apply = apply_leapsecmode,
     .doc = "how leap seconds are applied; system, step: by the kernel; ignore: not at all"},
    NOTHING_OF("leapsectz", LEAP_LEARNT, {WORD("zone", "none")}),
    NOTHING_OF("leapseclist", LEAP_LEARNT, {WORD("file", "none")}),
    {.keyword = "makestep",
     .arguments = PARAMETERS(
         {REAL("threshold", 0, 1e10, "s", "never"), SETS(SET(settings.step_threshold_s))},
         {INTEGER("limit", -1e9, 1e9, "updates", "0"), SETS(SET(settings.step_updates))}),
     .apply = apply_makestep,
     .doc = "steps the clock if the offset exceeds the threshold in the first updates up to the "
            "limit (-1: no limit)"},
    {.keyword = "maxchange",
     .arguments = PARAMETERS({REAL("offset", 0, 1e10, "s", "none"), SETS(SET(settings.panic_s))},
                             {INTEGER("start", 0, 1e9, "updates", NULL),
                              SETS(SET(settings.panic_first_allowed), SET(settings.panic_updates))},
                             {INTEGER("ignore", -1e9, 1e9, "updates", NULL)}),
     .apply = apply_maxchange,
     .doc = "corrections larger than the offset are refused and held"},
    {.keyword = "smoothtime",
     .arguments = PARAMETERS({REAL("maxfreq", 0, 1e6, "ppm", NULL)},
                             {REAL("maxwander", 0, 1e6, "ppm/s", NULL)}),
     .options = PARAMETERS({OPTION_FLAG("leaponly"), .doc = "for leap seconds only"}),
     IS_REFUSED("clients would get a different time from the one requested"),
     INSTEAD("remove it: large corrections are slewed on the clock, and clients follow")},
    LATER_OF("tempcomp", "the frequency would follow a temperature sensor", {WORD("file", NULL)},
             {REAL("interval", 1e-3, 1e9, "s", NULL)}, WORDS("T0 k0 k1 k2", NULL)),
    LATER_OF("mailonchange", "mail would be sent after a large correction", {WORD("address", NULL)},
             {REAL("threshold", 0, 1e9, "s", NULL)}),
    SETTING(
        "logchange", "corrections above the threshold are logged; steps always are",
        {REAL("threshold", 0, 1e10, "s", "1"), TO_CONFIG(STORE_DOUBLE, settings.log_correction_s)}),
    NOTHING_OF("hwclockfile", KERNEL_RTC, {WORD("file", "none")}),
    {.keyword = "rtcautotrim",
     .arguments = PARAMETERS({REAL("threshold", 0, 1e9, "s", "0: off")}),
     IS_LATER("the real-time clock would be set when its error exceeds the threshold"),
     INSTEAD("use 'rtcsync'")},
    NOTHING_OF("rtcdevice", KERNEL_RTC, {WORD("device", "/dev/rtc")}),
    {.keyword = "rtcfile",
     .arguments = PARAMETERS({WORD("file", "none")}),
     IS_LATER("the drift of the real-time clock would be tracked"),
     INSTEAD("use 'rtcsync'")},
    NOTHING("rtconutc", KERNEL_RTC),
    {.keyword = "rtcsync",
     .apply = apply_rtcsync,
     SETS(SET(rtc_sync)),
     IS_NOTHING("the kernel updates the real-time clock while the system clock is synchronised")},

    /* server and access */
    ACCESS_ROW("allow", access_allow, access, "allows clients to access the NTP server"),
    ACCESS_ROW("deny", access_deny, access, "denies clients access to the NTP server"),
    ACCESS_ROW("cmdallow", access_command_allow, command_access,
               "allows hosts to access the command protocol"),
    ACCESS_ROW("cmddeny", access_command_deny, command_access,
               "denies hosts access to the command protocol"),
    {.keyword = "bindaddress",
     .arguments = PARAMETERS({WORD("address", "all addresses")}),
     .repeats = true,
     .apply = apply_bindaddress,
     .doc = "address on which the server listens, one per address family"},
    SETTING("binddevice", "the server listens on this interface only",
            {WORD("interface", "any"), TEXT_TO(bind_device), .interface = true}),
    {.keyword = "broadcast",
     .arguments = PARAMETERS({INTEGER("interval", 1, 1e9, "s", NULL)}, {WORD("address", NULL)},
                             {INTEGER("port", 1, 65535, NULL, "123"), .optional = true}),
     .repeats = true,
     IS_LATER("time would be broadcast to a network"),
     INSTEAD("polling is more accurate than broadcast: 'allow SUBNET'")},
    SETTING("clientloglimit", "memory for the client list and the rate limit, half each",
            {INTEGER("size", 0, 4294967296.0, "bytes", "524288"),
             TO_CONFIG(STORE_SIZE, client_log_bytes)}),
    {.keyword = "noclientlog",
     .apply = apply_noclientlog,
     SETS(SET(client_log_bytes)),
     .doc = "disables the client list and the rate limit"},
    {.keyword = "local",
     .options = PARAMETERS(
         {INTEGER("stratum", 1, 15, NULL, "10"), TO_CONFIG(STORE_UNSIGNED, settings.local_stratum),
          .doc = "stratum served"},
         {REAL("distance", 0, 1e10, "s", "1"), TO_CONFIG(STORE_DOUBLE, settings.local_distance_s),
          .doc = "root distance above which the local reference is used"},
         {REAL("activate", 0, 1e10, "s", "0"), TO_CONFIG(STORE_DOUBLE, settings.local_activate_s),
          .doc = "root distance that must have been reached before the local reference is used"},
         {OPTION_FLAG("orphan"), SETS(SET(settings.local_orphan)),
          .doc = "one of several such servers leads and the others follow it"},
         {REAL("waitsynced", 0, 1e9, "s", "0"),
          TO_CONFIG(STORE_DOUBLE, settings.local_wait_synced_s),
          .doc = "delay after the last update"},
         {REAL("waitunsynced", 0, 1e9, "s", "0; 300 with orphan"),
          TO_CONFIG(STORE_DOUBLE, settings.local_wait_unsynced_s),
          .doc = "delay after the start if there was no update"}),
     .apply = apply_local,
     SETS(SET(settings.local)),
     .doc = "serves time even if the clock is not synchronised"},
    SETTING("port", "port of the NTP server; 0: none",
            {INTEGER("port", 0, 65535, NULL, "123"), TO_CONFIG(STORE_UNSIGNED, port)}),
    {.keyword = "ratelimit",
     .options = PARAMETERS(
         {INTEGER("interval", -19, 12, "log2 s", "3"), SETS(SET(ratelimit.interval_s)),
          .doc = "average rate of responses to a client"},
         {INTEGER("burst", 1, 255, "packets", "8"), TO_CONFIG(STORE_DOUBLE, ratelimit.burst),
          .doc = "number of responses to a client in a burst"},
         {INTEGER("leak", 1, 4, "log2", "2"), TO_CONFIG(STORE_UNSIGNED, ratelimit.leak_log2),
          .doc = "1 in 2^leak requests over the limit is answered at random"},
         {INTEGER("kod", 0, 4, "log2", "0"), TO_CONFIG(STORE_UNSIGNED, ratelimit.kod_log2),
          .doc = "1 in 2^kod of the others gets a KoD response; 0: none"}),
     .apply = apply_ratelimit,
     SETS(SET(ratelimit.enabled)),
     .doc = "limits the rate of responses to a client"},
    {.keyword = "ntsratelimit",
     .options =
         PARAMETERS({INTEGER("interval", -19, 12, "log2 s", "6")},
                    {INTEGER("burst", 1, 255, NULL, "8")}, {INTEGER("leak", 1, 4, "log2", "2")}),
     IS_NOTHING(ONLY_NTS_SERVER)},
    NOTHING_OF("ntsport", ONLY_NTS_SERVER, {INTEGER("port", 0, 65535, NULL, "4460")}),
    {.keyword = "ntsservercert",
     .arguments = PARAMETERS({WORD("file", NULL)}),
     .repeats = true,
     IS_REFUSED("there would be no NTS server"),
     NO_NTS_SERVER},
    {.keyword = "ntsserverkey",
     .arguments = PARAMETERS({WORD("file", NULL)}),
     .repeats = true,
     IS_REFUSED("there would be no NTS server"),
     NO_NTS_SERVER},
    NOTHING_OF("ntsprocesses", ONLY_NTS_SERVER, {INTEGER("processes", 0, 1000, NULL, "1")}),
    NOTHING_OF("maxntsconnections", ONLY_NTS_SERVER, {INTEGER("connections", 1, 1e9, NULL, "100")}),
    NOTHING_OF("ntsntpserver", ONLY_NTS_SERVER, {WORD("host", "itself")}),
    NOTHING_OF("ntsrotate", ONLY_NTS_SERVER, {INTEGER("interval", 0, 1e9, "s", "604800")}),
    LATER_OF("ntpsigndsocket", "Samba would sign replies to Windows clients",
             {WORD("directory", "none")}),
    NOTHING_OF("maxtxbuffers", "transmit timestamps of the server need no buffers",
               {INTEGER("buffers", 0, 1e9, NULL, "0")}),
    {.keyword = "ptpport",
     .arguments = PARAMETERS({INTEGER("port", 0, 65535, NULL, "0")}),
     .apply = apply_ptpport,
     IS_NOTHING("0 is the only supported value: NTP is not sent inside PTP")},
    NOTHING_OF("ptpdomain", "NTP is not sent inside PTP", {INTEGER("domain", 0, 255, NULL, "123")}),

    /* command access and logs */
    {.keyword = "bindcmdaddress",
     .arguments = PARAMETERS({WORD("address", "127.0.0.1, ::1, /run/chrony/chronyd.sock")}),
     .repeats = true,
     .apply = command_line_bind,
     SETS(SET(command_socket)),
     .doc = "where commands are accepted: an address per family, or the path of a Unix socket (/: "
            "none)"},
    SETTING("bindcmddevice", "the command port is open on this interface only",
            {WORD("interface", "any"), TEXT_TO(command_device), .interface = true}),
    SETTING("cmdport", "port of the command protocol; 0: none",
            {INTEGER("port", 0, 65535, NULL, "323"), TO_CONFIG(STORE_UNSIGNED, command_port)}),
    {.keyword = "cmdratelimit",
     .options = PARAMETERS({INTEGER("interval", -19, 12, "log2 s", "-4"),
                            SETS(SET(command_ratelimit.interval_s)),
                            .doc = "average interval between responses"},
                           {INTEGER("burst", 1, 255, "packets", "8"),
                            TO_CONFIG(STORE_DOUBLE, command_ratelimit.burst),
                            .doc = "number of responses in a burst"},
                           {INTEGER("leak", 1, 4, "log2", "2"),
                            TO_CONFIG(STORE_UNSIGNED, command_ratelimit.leak_log2),
                            .doc = "1 in 2^leak requests over the limit is answered at random"}),
     .apply = command_line_ratelimit,
     SETS(SET(command_ratelimit.enabled)),
     .doc = "limits the rate of responses to commands from other hosts"},
    {.keyword = "opencommands",
     .arguments = PARAMETERS(WORDS("report", NULL)),
     .apply = command_line_open,
     SETS(SET(open_commands)),
     .doc = "reports available on the command port; the socket gives all of them"},
    {.keyword = "log",
     .arguments = PARAMETERS(WORDS("what", NULL)),
     .repeats = true,
     .apply = statistics_line_log,
     SETS(SET(statistics[STATISTICS_MEASUREMENTS].description),
          SET(statistics[STATISTICS_STATISTICS].description),
          SET(statistics[STATISTICS_SELECTION].description),
          SET(statistics[STATISTICS_TRACKING].description),
          SET(statistics[STATISTICS_REFCLOCKS].description), SET(log_raw_measurements)),
     .doc = "writes log files: measurements, rawmeasurements, statistics, selection, tracking, "
            "refclocks"},
    SETTING("logbanner", "entries between headers in log files; 0: none",
            {INTEGER("lines", 0, 2147483647.0, NULL, "32"), TO_CONFIG(STORE_UNSIGNED, log_banner)}),
    SETTING("logdir", "directory of the files written by 'log'",
            {WORD("directory", "none"), TEXT_TO(log_directory)}),

    /* hardware and process */
    {.keyword = "hwtimestamp",
     .arguments = PARAMETERS({WORD("interface", NULL), .doc = "or *"}),
     .options = PARAMETERS(
         {INTEGER("minpoll", -6, 20, "log2 s", "0")}, {INTEGER("maxpoll", -6, 20, "log2 s", "1")},
         {INTEGER("minsamples", 2, 1000, NULL, "2")}, {INTEGER("maxsamples", 2, 1000, NULL, "16")},
         {REAL("precision", 0, 1, "s", "1e-7")}, {REAL("txcomp", -1, 1, "s", "0")},
         {REAL("rxcomp", -1, 1, "s", "0")}, {OPTION_FLAG("nocrossts")},
         {WORD("rxfilter", "ntp"), .doc = "all, ntp, ptp or none"}),
     .repeats = true,
     IS_LATER("packets would be timestamped by the network card; the kernel does it to a few "
              "microseconds")},
    NOTHING_OF("hwtstimeout", "there are no hardware timestamps",
               {REAL("timeout", 0, 10, "s", "0.001")}),
    {.keyword = "keyfile",
     .arguments = PARAMETERS({WORD("file", "none"), TEXT_TO(keyfile)}),
     .apply = keys_file,
     SETS(SET(keys_unreadable)),
     .doc = "file with the keys of sources and clients"},
    SETTING("user", "user the daemon runs as",
            {WORD("name", CONFIG_USER ", if it exists"), TEXT_TO(user)}),
    SETTING("pidfile", "prevents a second instance; /: none",
            {WORD("file", CONFIG_PIDFILE), TEXT_TO(pidfile)}),
    {.keyword = "lock_all",
     .apply = apply_lock_all,
     SETS(SET(lock_memory)),
     .doc = "locks the memory of the daemon"},
    SETTING("sched_priority", "real-time priority of the daemon; 0: none",
            {INTEGER("priority", 0, 100, NULL, "0"), TO_CONFIG(STORE_INT, priority)}),
    {.keyword = "include",
     .arguments = PARAMETERS({WORD("pattern", NULL)}),
     .repeats = true,
     .apply = include_pattern,
     .doc = "reads files that match the pattern"},
    {.keyword = "confdir",
     .arguments = PARAMETERS(WORDS("directory", NULL)),
     .repeats = true,
     .apply = include_directories,
     .doc = "reads the *.conf files of directories"},
    OBSOLETE("commandkey", "commands are not authenticated by keys"),
    OBSOLETE("generatecommandkey", "commands are not authenticated by keys"),
    OBSOLETE("linux_freq_scale", "the kernel's tick needs no correction"),
    OBSOLETE("linux_hz", "the kernel's tick needs no correction"),
    {0},
};

const struct language chrony_conf = {
    .dialect = DIALECT_CHRONY,
    .name = "chrony.conf",
    .label = "chrony",
    .directives = directives,
    .source_defaults = &source_defaults,
    .style = {.comment_starts = "!;#%", .comment_needs_blank = true},
    .file_name = "chrony",
    .any_case = true,
    .resembles = resembles,
    .defaults = set_defaults,
    .finish = finish,
    .settle = settle,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* chrony.conf: its rows, its defaults, and the functions of rows that are more than a number in its
 * place. Nobody is served without `allow`; nothing is stepped without `makestep`. */
#include "config/chrony_conf.h"

#include <math.h>
#include <string.h>

#include "config/access.h"
#include "config/clock_line.h"
#include "config/include.h"
#include "config/keys.h"
#include "config/ntp_conf.h"
#include "config/openntpd_conf.h"
#include "config/rows.h"
#include "config/source_line.h"
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
    if (ignore->number >= 0) {
        reader_warning(r, ignore->word, "'-1' says the same without a warning",
                       "toki does not end after so many: it holds, and says so");
    }
}

static void apply_local(struct reader *r)
{
    r->config->settings.local = true;
}

static void apply_ratelimit(struct reader *r)
{
    struct ratelimit_settings *limit = &r->config->ratelimit;
    const struct value *interval = directive_value(r, "interval");
    limit->enabled = true;
    if (interval != NULL) {
        limit->interval_s = exp2(interval->number);
    }
}

static void apply_rtcsync(struct reader *r)
{
    r->config->rtc_sync = true;
}

static void apply_noclientlog(struct reader *r)
{
    r->config->client_log_bytes = 0;
}

static void apply_bindaddress(struct reader *r)
{
    struct config *c = r->config;
    const struct word *word = directive_value(r, "address")->word;
    struct address address;
    if (!address_parse(word->text, &address)) {
        reader_error(r, word, "", "'%.100s' is not an address", word->text);
        return;
    }
    for (unsigned i = 0; i < c->bind_count; i++) {
        if (c->bind[i].family == address.family) {
            reader_warning(r, word, "chrony.conf has one for IPv4 and one for IPv6",
                           "'bindaddress' again: this line holds");
            c->bind[i] = address;
            return;
        }
    }
    c->bind[c->bind_count++] = address;
}

static void apply_bindcmdaddress(struct reader *r)
{
    const struct word *word = directive_value(r, "address")->word;
    struct address address;
    if (strcmp(word->text, "/") == 0) {
        return; /* chronyd's socket, which toki does not open */
    }
    if (!address_parse(word->text, &address) || !address_is_loopback(&address)) {
        reader_warning(r, word, "",
                       "'bindcmdaddress' is not supported yet: commands would be taken at "
                       "'%.100s'; ignored",
                       word->text);
    }
}

static void apply_leapsecmode(struct reader *r)
{
    const struct word *word = directive_value(r, "mode")->word;
    if (text_equal_any_case(word->text, "step") || text_equal_any_case(word->text, "slew") ||
        text_equal_any_case(word->text, "ignore")) {
        reader_warning(r, word, "",
                       "'leapsecmode %s' is not supported yet: the kernel applies leap seconds",
                       word->text);
    } else if (!text_equal_any_case(word->text, "system")) {
        reader_error(r, word, "system, step, slew or ignore", "unknown mode '%.100s'", word->text);
    }
}

static void apply_authselectmode(struct reader *r)
{
    const struct word *word = directive_value(r, "mode")->word;
    if (text_equal_any_case(word->text, "require")) {
        reader_error(r, word, "", "keys and NTS are not supported yet: no source could be used");
    } else if (!text_equal_any_case(word->text, "prefer") &&
               !text_equal_any_case(word->text, "mix") &&
               !text_equal_any_case(word->text, "ignore")) {
        reader_error(r, word, "require, prefer, mix or ignore", "unknown mode '%.100s'",
                     word->text);
    }
}

static void apply_ptpport(struct reader *r)
{
    const struct value *port = directive_value(r, "port");
    if (port->number > 0) {
        reader_warning(r, port->word, "",
                       "'ptpport' is not supported yet: NTP would be sent within PTP; ignored");
    }
}

/* ---- defaults and the end of the file ---- */

static void set_defaults(struct reader *r)
{
    struct config *c = r->config;
    struct settings *s = &c->settings;
    static const struct address loopback[] = {
        {.family = ADDRESS_V4, .bytes = {127, 0, 0, 1}},
        {.family = ADDRESS_V6, .bytes = {[15] = 1}},
    };
    s->max_distance_s = 3.0;
    s->max_jitter_s = 1.0;
    s->step_threshold_s = 0;
    s->step_updates = 0;
    s->stepout_s = 0;
    s->panic_s = 0;
    s->max_slew_rate = 83333.333e-6;
    s->max_clock_error = 1e-6;
    s->max_update_skew = 1000e-6;
    s->local_stratum = 10;
    s->local_distance_s = 1.0;
    acl_init(&c->access, ACCESS_NOSERVE);
    acl_init(&c->command_access, ACCESS_NOSERVE);
    acl_set(&c->command_access, &loopback[0], 32, 0);
    acl_set(&c->command_access, &loopback[1], 128, 0);
    c->ratelimit = (struct ratelimit_settings){.interval_s = 8, .burst = 8, .leak_log2 = 2};
    c->client_log_bytes = 524288;
    c->port = 123;
    c->command_port = 323;
    c->drift_format = DRIFT_CHRONY;
    c->drift_interval_s = 3600;
}

/* The limiter goes by the flags of the access table; chrony's holds for everybody. */
static void settle(struct reader *r)
{
    struct config *c = r->config;
    if (c->ratelimit.enabled) {
        access_add_flags(&c->access,
                         c->ratelimit.kod_log2 > 0 ? ACCESS_LIMITED | ACCESS_KOD : ACCESS_LIMITED);
    }
}

static void finish(struct reader *r)
{
    struct config *c = r->config;
    settle(r);
    if (c->ratelimit.enabled && c->client_log_bytes == 0) {
        reader_message_at(
            r, CONFIG_WARNING,
            &r->seen[directive_find(&chrony_conf, "ratelimit") - chrony_conf.directives],
            "remove 'noclientlog'", "without a client log there is no rate limit");
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
};

#define UNAUTHENTICATED "the packets of this source would not be authenticated"

static const struct parameter source_options[] = {
    {INTEGER("minpoll", POLL_MIN, POLL_MAX, "log2 s", "6"), TO_SPEC(STORE_INT, minpoll)},
    {INTEGER("maxpoll", POLL_MIN, POLL_MAX, "log2 s", "10"), TO_SPEC(STORE_INT, maxpoll)},
    {OPTION_FLAG("iburst"), TO_SPEC(STORE_BOOL, iburst), .doc = "four quick samples at the start"},
    {OPTION_FLAG("burst"), TO_SPEC(STORE_BOOL, burst), .doc = "quick samples at each poll"},
    {INTEGER("key", 1, 4294967295.0, NULL, "none"), TO_SPEC(STORE_U32, key_id),
     .doc = "packets are authenticated by this key of the 'keyfile'"},
    {OPTION_FLAG("nts"), IS_REFUSED(UNAUTHENTICATED)},
    {INTEGER("certset", 0, 4294967295.0, NULL, "0"), IS_NOTHING("there is no NTS yet")},
    {INTEGER("ntsport", 1, 65535, NULL, "4460"), IS_NOTHING("there is no NTS yet")},
    {REAL("maxdelay", 0, 1e6, "s", "3"), TO_SPEC(STORE_DOUBLE, max_delay_s),
     .doc = "samples with a longer round trip are dropped"},
    {REAL("maxdelayratio", 0, NO_LIMIT, NULL, "0"),
     IS_LATER("it would drop samples by the ratio of their delay to the least one")},
    {REAL("maxdelaydevratio", 0, NO_LIMIT, NULL, "10"),
     IS_LATER("it would drop samples by the deviation of their delay")},
    {REAL("maxdelayquant", 0, 1, NULL, "0"),
     IS_LATER("it would drop samples by a quantile of their delay")},
    {REAL("mindelay", 0, 1e6, "s", "0"), IS_LATER("it would set the least delay by hand")},
    {REAL("asymmetry", -0.5, 0.5, NULL, "estimated"),
     IS_LATER("it would set the asymmetry of the network's jitter by hand")},
    {REAL("offset", -1e6, 1e6, "s", "0"), TO_SPEC(STORE_DOUBLE, offset_correction_s),
     .doc = "is added to each measured offset"},
    {INTEGER("minsamples", 0, 1000, NULL, "6"),
     IS_LATER("it would set the least regression window")},
    {INTEGER("maxsamples", 0, 1000, NULL, "0"),
     IS_LATER("it would set the longest regression window")},
    {INTEGER("maxunreach", 0, NO_LIMIT, NULL, "100000"),
     IS_LATER("it would limit how long an unreachable source may be used")},
    {INTEGER("filter", 0, 1000, NULL, "0"), IS_LATER("it would make one sample of several")},
    {INTEGER("polltarget", 1, 1000, NULL, "8"), IS_LATER("it would steer the poll interval")},
    {INTEGER("presend", -7, 24, "log2 s", "off"),
     IS_LATER("it would send a packet ahead of each request")},
    {INTEGER("minstratum", 0, 15, NULL, "0"), IS_LATER("it would raise the stratum of the source")},
    {OPTION_FLAG("offline"), TO_SPEC(STORE_BOOL, offline), .doc = "not asked until told to"},
    {OPTION_FLAG("auto_offline"), IS_LATER("it would stop asking while packets cannot be sent")},
    {OPTION_FLAG("prefer"), TO_SPEC(STORE_BOOL, prefer), .doc = "preferred among good sources"},
    {OPTION_FLAG("noselect"), TO_SPEC(STORE_BOOL, noselect), .doc = "measured, never used"},
    {OPTION_FLAG("trust"), TO_SPEC(STORE_BOOL, trust), .doc = "right where sources disagree"},
    {OPTION_FLAG("require"), TO_SPEC(STORE_BOOL, require), .doc = "no update without it"},
    {OPTION_FLAG("xleave"), TO_SPEC(STORE_BOOL, xleave), .doc = "interleaved mode"},
    {INTEGER("port", 1, 65535, NULL, "123"), TO_SPEC(STORE_U16, port), .doc = "of the server"},
    {INTEGER("version", 1, 4, NULL, "4"), TO_SPEC(STORE_UNSIGNED, version)},
    {OPTION_FLAG("copy"), IS_LATER("it would take over stratum and reference of the source")},
    {WORD("extfield", "none"), IS_LATER("it would add an extension field to packets")},
    {OPTION_FLAG("ipv4"), .doc = "IPv4 addresses of the name only"},
    {OPTION_FLAG("ipv6"), .doc = "IPv6 addresses of the name only"},
    {INTEGER("maxsources", 1, 16, NULL, "4"), TO_SPEC(STORE_UNSIGNED, max_sources),
     .doc = "as many of a pool"},
    {0},
};

#define SOURCE_ROW(word, function, text)                                                           \
    {                                                                                              \
        .keyword = word, .arguments = source_line_arguments, .options = source_options,            \
        .for_source = true, .repeats = true, .apply = function, .doc = text                        \
    }

#define ACCESS_ROW(word, function, text)                                                           \
    {                                                                                              \
        .keyword = word, .arguments = access_chrony_arguments, .repeats = true, .apply = function, \
        .doc = text                                                                                \
    }

static const struct directive directives[] = {
    /* sources */
    SOURCE_ROW("server", source_line_server, "one NTP source"),
    SOURCE_ROW("pool", source_line_pool, "several sources of one name"),
    SOURCE_ROW("peer", source_line_peer, "a server that may ask us as well"),
    {.keyword = "refclock",
     .arguments = clock_line_chrony_arguments,
     .options = clock_line_chrony_options,
     .for_source = true,
     .repeats = true,
     .apply = clock_line_chrony,
     .doc = "a reference clock: SHM"},
    LATER("initstepslew", "the clock would be set once at the start; use 'makestep'"),
    LATER("manual", "the time could be typed in"),
    LATER("acquisitionport", "requests would leave from this port; each has a random one"),
    LATER("bindacqaddress", "requests would leave from this address"),
    LATER("bindacqdevice", "requests would leave by this interface"),
    {.keyword = "dscp",
     .arguments = PARAMETERS(
         {INTEGER("value", 0, 63, NULL, "0"), TO_CONFIG(STORE_INT, dscp), .required = true}),
     .doc = "mark of the packets sent"},
    LATER("refresh", "names would be looked up again after this time"),
    {.keyword = "sourcedir",
     .arguments = PARAMETERS({.name = "folder", .type = PARAMETER_REST, .required = true}),
     .repeats = true,
     .apply = include_sources,
     .doc = "reads *.sources of a folder: server, pool and peer lines"},
    LATER("ntsaeads", "it would order the NTS algorithms"),
    NOTHING("ntsdumpdir", "there is no NTS yet, so there are no cookies to keep"),
    NOTHING("ntscachedir", "there is no NTS yet, so there are no cookies to keep"),
    LATER("ntsrefresh", "it would limit the age of NTS keys"),
    LATER("ntstrustedcerts", "it would add certificates to trust in NTS"),
    LATER("nosystemcert", "it would leave out the system's certificates in NTS"),
    LATER("nocerttimecheck", "it would allow certificates of any date in NTS at first"),
    {.keyword = "authselectmode",
     .arguments = PARAMETERS({WORD("mode", "mix"), .required = true}),
     .apply = apply_authselectmode,
     .doc = "role of sources that are not authenticated"},

    /* selection and estimation */
    LATER("combinelimit", "it would limit which sources are combined with the best"),
    {.keyword = "maxdistance",
     .arguments = PARAMETERS({REAL("distance", 0, 1e6, "s", "3"),
                              TO_CONFIG(STORE_DOUBLE, settings.max_distance_s), .required = true}),
     .doc = "greatest root distance of a source that may be selected"},
    {.keyword = "maxjitter",
     .arguments = PARAMETERS({REAL("jitter", 0, 1e6, "s", "1"),
                              TO_CONFIG(STORE_DOUBLE, settings.max_jitter_s), .required = true}),
     .doc = "greatest jitter of a source that may be selected"},
    {.keyword = "minsources",
     .arguments = PARAMETERS({INTEGER("sources", 1, SOURCES_MAX, NULL, "1"),
                              TO_CONFIG(STORE_UNSIGNED, settings.min_sources), .required = true}),
     .doc = "sources that must agree before the clock is touched"},
    LATER("minstratum", "it would refuse sources of a lower stratum"),
    LATER("maxstratum", "it would refuse sources of a higher stratum"),
    LATER("reselectdist", "it would favour the source in use"),
    LATER("stratumweight", "it would add to the distance for each stratum"),
    LATER("maxsamples", "it would set the longest regression window"),
    LATER("minsamples", "it would set the least regression window"),
    {.keyword = "maxclockerror",
     .arguments = PARAMETERS({REAL("error", 0, 1e5, "ppm", "1"), .scale = 1e-6,
                              TO_CONFIG(STORE_DOUBLE, settings.max_clock_error), .required = true}),
     .doc = "how fast an undisciplined clock may drift"},
    {.keyword = "maxdrift",
     .arguments = PARAMETERS({REAL("drift", 0, 1e6, "ppm", "500"), .scale = 1e-6,
                              TO_CONFIG(STORE_DOUBLE, settings.max_drift), .required = true}),
     .doc = "bound on the frequency error of the clock"},
    {.keyword = "maxupdateskew",
     .arguments = PARAMETERS({REAL("skew", 0, 1e6, "ppm", "1000"), .scale = 1e-6,
                              TO_CONFIG(STORE_DOUBLE, settings.max_update_skew), .required = true}),
     .doc = "frequency estimates less sure than this are not applied"},
    {.keyword = "maxslewrate",
     .arguments = PARAMETERS({REAL("rate", 1e-3, 500000, "ppm", "83333.333"), .scale = 1e-6,
                              TO_CONFIG(STORE_DOUBLE, settings.max_slew_rate), .required = true}),
     .doc = "fastest slewing of the clock"},
    LATER("corrtimeratio", "it would set how long a correction takes"),
    LATER("clockprecision", "it would set the precision by hand; it is measured"),

    /* system clock */
    {.keyword = "driftfile",
     .arguments = PARAMETERS({WORD("file", "none"), TEXT_TO(driftfile), .required = true}),
     .options = PARAMETERS(
         {REAL("interval", 1, 1e9, "s", "3600"), TO_CONFIG(STORE_DOUBLE, drift_interval_s)}),
     .doc = "keeps the frequency of the clock over restarts"},
    LATER("dumpdir", "the samples of sources would be kept over restarts"),
    OBSOLETE("dumponexit", "chronyd has not known it for long"),
    LATER("fallbackdrift", "it would average the frequency in long outages"),
    {.keyword = "leapsecmode",
     .arguments = PARAMETERS({WORD("mode", "system"), .required = true}),
     .apply = apply_leapsecmode,
     .doc = "how a leap second is applied: by the kernel"},
    {.keyword = "leapsectz",
     .arguments = PARAMETERS({WORD("zone", "none"), TEXT_TO(leap_zone), .required = true}),
     .doc = "time zone that knows the leap seconds"},
    NOTHING("leapseclist", "leap seconds are learnt from the sources"),
    {.keyword = "makestep",
     .arguments = PARAMETERS({REAL("threshold", 0, 1e10, "s", "never"), .required = true},
                             {INTEGER("limit", -1e9, 1e9, "updates", "never"), .required = true}),
     .apply = apply_makestep,
     .doc = "steps an offset above the threshold, within so many first updates (-1: always)"},
    {.keyword = "maxchange",
     .arguments = PARAMETERS({REAL("offset", 0, 1e10, "s", "none"), .required = true},
                             {INTEGER("start", 0, 1e9, "updates", NULL), .required = true},
                             {INTEGER("ignore", -1e9, 1e9, "updates", NULL), .required = true}),
     .apply = apply_maxchange,
     .doc = "corrections above the offset are refused and held"},
    REFUSED("smoothtime", "clients would get another time than it asks for"),
    LATER("tempcomp", "the frequency would follow a temperature sensor"),
    LATER("mailonchange", "mail would be sent on a big correction"),
    LATER("logchange", "corrections above it would be logged; every step is"),
    NOTHING("hwclockfile", "the kernel keeps the real-time clock"),
    LATER("rtcautotrim", "the real-time clock would be set when it is off"),
    LATER("rtcdevice", "it would name the real-time clock"),
    LATER("rtcfile", "the drift of the real-time clock would be tracked; use 'rtcsync'"),
    NOTHING("rtconutc", "the kernel keeps the real-time clock"),
    {.keyword = "rtcsync",
     .apply = apply_rtcsync,
     .doc = "the kernel copies the time to the real-time clock"},

    /* server and access */
    ACCESS_ROW("allow", access_allow, "gives time to clients"),
    ACCESS_ROW("deny", access_deny, "gives no time to clients"),
    ACCESS_ROW("cmdallow", access_command_allow, "lets hosts ask for the status"),
    ACCESS_ROW("cmddeny", access_command_deny, "lets hosts not ask for the status"),
    {.keyword = "bindaddress",
     .arguments = PARAMETERS({WORD("address", "any"), .required = true}),
     .repeats = true,
     .apply = apply_bindaddress,
     .doc = "serves on this address; one for each family"},
    REFUSED("binddevice", "time would be served on every interface"),
    LATER("broadcast", "time would be sent to everybody of a network"),
    {.keyword = "clientloglimit",
     .arguments = PARAMETERS({INTEGER("size", 0, 4294967296.0, "bytes", "524288"),
                              TO_CONFIG(STORE_SIZE, client_log_bytes), .required = true}),
     .doc = "memory of the rate limit"},
    {.keyword = "noclientlog",
     .apply = apply_noclientlog,
     .doc = "no memory of clients, and no rate limit"},
    {.keyword = "local",
     .options = PARAMETERS(
         {INTEGER("stratum", 1, 15, NULL, "10"), TO_CONFIG(STORE_UNSIGNED, settings.local_stratum)},
         {REAL("distance", 0, 1e6, "s", "1"), TO_CONFIG(STORE_DOUBLE, settings.local_distance_s)},
         {REAL("activate", 0, 1e6, "s", "0"),
          IS_LATER("it would wait for one good synchronisation first")},
         {OPTION_FLAG("orphan"), IS_LATER("one of several servers would be elected")},
         {REAL("waitsynced", 0, NO_LIMIT, "s", "0"),
          IS_LATER("it would wait after the last update")},
         {REAL("waitunsynced", 0, NO_LIMIT, "s", "0"), IS_LATER("it would wait after the start")}),
     .apply = apply_local,
     .doc = "serves time even without a source"},
    {.keyword = "port",
     .arguments = PARAMETERS({INTEGER("port", 0, 65535, NULL, "123"),
                              TO_CONFIG(STORE_UNSIGNED, port), .required = true}),
     .doc = "of the server; 0: none"},
    {.keyword = "ratelimit",
     .options = PARAMETERS(
         {INTEGER("interval", -19, 12, "log2 s", "3")},
         {INTEGER("burst", 1, 255, "packets", "8"), TO_CONFIG(STORE_DOUBLE, ratelimit.burst)},
         {INTEGER("leak", 1, 4, "log2", "2"), TO_CONFIG(STORE_UNSIGNED, ratelimit.leak_log2)},
         {INTEGER("kod", 0, 4, "log2", "0"), TO_CONFIG(STORE_UNSIGNED, ratelimit.kod_log2)}),
     .apply = apply_ratelimit,
     .doc = "limits how often a client is answered"},
    LATER("ntsratelimit", "it would limit NTS key exchanges"),
    LATER("ntsport", "NTS keys would be given on this port"),
    REFUSED("ntsservercert", "there would be no NTS server"),
    REFUSED("ntsserverkey", "there would be no NTS server"),
    LATER("ntsprocesses", "it would set the number of NTS helpers"),
    LATER("maxntsconnections", "it would limit NTS connections"),
    LATER("ntsntpserver", "it would name the NTP server of NTS clients"),
    LATER("ntsrotate", "it would set the age of NTS server keys"),
    LATER("ntpsigndsocket", "Samba would sign replies to Windows clients"),
    NOTHING("maxtxbuffers", "transmit stamps of the server need no buffers"),
    {.keyword = "ptpport",
     .arguments = PARAMETERS({INTEGER("port", 0, 65535, NULL, "0"), .required = true}),
     .apply = apply_ptpport,
     .doc = "NTP within PTP packets"},
    NOTHING("ptpdomain", "NTP is not sent within PTP"),

    /* command access and logs */
    {.keyword = "bindcmdaddress",
     .arguments = PARAMETERS({WORD("address", "127.0.0.1, ::1"), .required = true}),
     .repeats = true,
     .apply = apply_bindcmdaddress,
     .doc = "where the command port is open: loopback"},
    NOTHING("bindcmddevice", "the command port is open on loopback only"),
    {.keyword = "cmdport",
     .arguments = PARAMETERS({INTEGER("port", 0, 65535, NULL, "323"),
                              TO_CONFIG(STORE_UNSIGNED, command_port), .required = true}),
     .doc = "of the command protocol; 0: none"},
    LATER("cmdratelimit", "it would limit how often commands are answered"),
    LATER("opencommands", "it would choose what other hosts may ask"),
    LATER("log", "measurements would be written to files"),
    NOTHING("logbanner", "there are no log files to put a heading in"),
    {.keyword = "logdir",
     .arguments = PARAMETERS({WORD("folder", "none"), TEXT_TO(log_directory), .required = true}),
     .doc = "where log files go"},

    /* hardware and process */
    LATER("hwtimestamp", "packets would be stamped by the network card"),
    NOTHING("hwtstimeout", "the network card stamps no packets"),
    {.keyword = "keyfile",
     .arguments = PARAMETERS({WORD("file", "none"), TEXT_TO(keyfile), .required = true}),
     .apply = keys_file,
     .doc = "keys of the sources and clients"},
    {.keyword = "user",
     .arguments = PARAMETERS({WORD("name", "toki"), TEXT_TO(user), .required = true}),
     .doc = "whom to run as"},
    {.keyword = "pidfile",
     .arguments =
         PARAMETERS({WORD("file", "/run/toki/tokid.pid"), TEXT_TO(pidfile), .required = true}),
     .doc = "keeps a second daemon away; /: none"},
    LATER("lock_all", "the memory would never be swapped out"),
    LATER("sched_priority", "the daemon would run at a real-time priority"),
    {.keyword = "include",
     .arguments = PARAMETERS({WORD("pattern", NULL), .required = true}),
     .repeats = true,
     .apply = include_pattern,
     .doc = "reads other files"},
    {.keyword = "confdir",
     .arguments = PARAMETERS({.name = "folder", .type = PARAMETER_REST, .required = true}),
     .repeats = true,
     .apply = include_directories,
     .doc = "reads *.conf of a folder"},
    OBSOLETE("commandkey", "commands are not authenticated by keys"),
    OBSOLETE("generatecommandkey", "commands are not authenticated by keys"),
    OBSOLETE("linux_freq_scale", "the kernel's tick needs no correction"),
    OBSOLETE("linux_hz", "the kernel's tick needs no correction"),
    {0},
};

static const struct language *const others[] = {&ntp_conf, &openntpd_conf, NULL};

const struct language chrony_conf = {
    .dialect = DIALECT_CHRONY,
    .directives = directives,
    .source_defaults = &source_defaults,
    .others = others,
    .style = {.comment_starts = "!;#%", .comment_needs_blank = true},
    .any_case = true,
    .defaults = set_defaults,
    .finish = finish,
    .settle = settle,
};

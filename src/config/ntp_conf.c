/* SPDX-License-Identifier: BSD-2-Clause */
/* ntp.conf, classic and NTPsec: its rows, its defaults, and the functions of rows that are more
 * than a number in its place. Everybody is served; the status is for who is named by `restrict`. */

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

#define LOCAL_CLOCK_STRATUM 5 /* of 127.127.1.x without a fudge line */
#define ORPHAN_OFF 16
#define ORPHAN_WAIT_S 300

/* ---- sources ---- */

/* The type of a reference clock written as 127.127.TYPE.UNIT, -1 if it is none. */
static int clock_type(const char *host, unsigned *unit)
{
    struct address address;

    if (!address_parse(host, &address) || address.family != ADDRESS_V4 || address.bytes[0] != 127 ||
        address.bytes[1] != 127) {
        return -1;
    }
    *unit = address.bytes[3];
    return address.bytes[2];
}

static void apply_server(struct reader *r)
{
    const struct word *word = directive_value(r, "host")->word;
    unsigned unit;
    int type = clock_type(word->text, &unit);

    if (type == 1) {
        r->local_clock = true;
    } else if (type == CLOCK_TYPE_SHM) {
        clock_line_ntp_server(r, unit);
    } else if (type >= 0) {
        reader_error(r, word, "use gpsd with shared memory: server 127.127.28.0",
                     "E014 '%.100s' is a reference clock of type %d: not supported yet, so this "
                     "source would be missing",
                     word->text, type);
    } else {
        source_line_server(r);
    }
}

static void apply_fudge(struct reader *r)
{
    const struct word *word = directive_value(r, "address")->word;
    const struct value *stratum = directive_value(r, "stratum");
    unsigned unit;
    int type = clock_type(word->text, &unit);

    if (type < 0) {
        reader_error(r, word, "127.127.TYPE.UNIT", "E016 '%.100s' is not a reference clock",
                     word->text);
    } else if (type == CLOCK_TYPE_SHM) {
        clock_line_fudge(r, unit);
    } else if (type != 1) {
        reader_warning(r, word, "",
                       "W010 reference clocks of this type are not supported yet; ignored");
    } else if (stratum) {
        r->local_clock_stratum = stratum->number;
    }
}

/* ---- selection and discipline ---- */

static void apply_orphan(struct reader *r, const struct value *orphan)
{
    struct settings *s = &r->config->settings;

    r->orphan = orphan->number > 0 && orphan->number < ORPHAN_OFF;
    if (r->orphan) {
        s->local_stratum = (unsigned)orphan->number;
    }
}

static void apply_tos(struct reader *r)
{
    struct settings *s = &r->config->settings;
    const struct value *orphan = directive_value(r, "orphan"),
                       *wait = directive_value(r, "orphanwait"),
                       *maxclock = directive_value(r, "maxclock"),
                       *ceiling = directive_value(r, "ceiling");

    if (maxclock) {
        r->max_clock_sources = maxclock->number;
    }
    if (ceiling) {
        s->max_stratum = (unsigned)ceiling->number - 1; /* the ceiling itself is too high */
    }
    if (wait) {
        r->orphan_wait_s = wait->number;
    }
    if (orphan) {
        apply_orphan(r, orphan);
    }
}

/* A threshold of one direction: 0 means never, which in the settings is a very large one. */
#define STEP_NEVER_S 1e12

static void apply_tinker(struct reader *r)
{
    struct settings *s = &r->config->settings;
    const struct value *stepout = directive_value(r, "stepout"),
                       *back = directive_value(r, "stepback"),
                       *forward = directive_value(r, "stepfwd"),
                       *frequency = directive_value(r, "freq");

    if (stepout && stepout->number == 0) {
        s->step_updates = -1; /* at once, at any time; 0 in the settings means never */
    }
    if (back) {
        s->step_backward_s = back->number > 0 ? back->number : STEP_NEVER_S;
    }
    if (forward) {
        s->step_forward_s = forward->number > 0 ? forward->number : STEP_NEVER_S;
    }
    if (frequency) {
        r->config->have_frequency = true;
        r->config->frequency = frequency->number * 1e-6;
    }
}

static void apply_leapsmear(struct reader *r)
{
    const struct value *interval = directive_value(r, "interval");

    if (interval->number > 0) {
        reader_error(r, interval->word, "",
                     "E014 leap smearing is not supported yet: clients would get a different time");
    }
}

/* enable and disable */
static void apply_flags(struct reader *r, bool enable)
{
    static const struct {
        const char *name, *enabled, *disabled; /* warnings, NULL: nothing to say */
    } flags[] = {
        {"auth", NULL, NULL},
        {"bclient", "broadcast is not supported", NULL},
        {"calibrate", "the frequency is estimated from all sources", NULL},
        {"kernel", NULL, NULL},
        {"mode7", "mode 7 is not supported", NULL},
        {"monitor", NULL, NULL},
        {"ntp", NULL, NULL},
        {"stats", NULL, NULL},
        {"peer_clear_digest_early", NULL, NULL},
        {"unpeer_crypto_early", NULL, NULL},
        {"unpeer_crypto_nak_early", NULL, NULL},
        {"unpeer_digest_early", NULL, NULL},
    };

    for (unsigned i = r->rest; i < r->line.count; i++) {
        const struct word *word = &r->line.words[i];
        bool known = false;

        for (size_t j = 0; j < sizeof flags / sizeof *flags; j++) {
            if (strcmp(flags[j].name, word->text) != 0) {
                continue;
            }
            known = true;
            const char *why = enable ? flags[j].enabled : flags[j].disabled;
            if (why) {
                reader_warning(r, word, "", "W011 '%s' has no effect: %s", word->text, why);
            }
        }
        if (!known) {
            reader_error(r, word, "auth, bclient, calibrate, kernel, mode7, monitor, ntp or stats",
                         "E009 unknown flag '%.100s'", word->text);
        } else if (strcmp(word->text, "ntp") == 0) {
            r->config->settings.clock_control = enable;
        } else if (strcmp(word->text, "stats") == 0) {
            r->config->statistics_disabled = !enable;
        }
    }
}

static void apply_enable(struct reader *r)
{
    apply_flags(r, true);
}

static void apply_disable(struct reader *r)
{
    apply_flags(r, false);
}

/* ---- rate limit ---- */

/* Classic ntpd: an average interval, and a least one. */
static void apply_discard(struct reader *r)
{
    struct ratelimit_settings *limit = &r->config->ratelimit;
    const struct value *average = directive_value(r, "average");
    const struct value *minimum = directive_value(r, "minimum");

    limit->interval_s = exp2(average ? average->number : 3);
    limit->minimum_s = minimum ? minimum->number : 2;
    limit->burst = 8;
}

/* NTPsec: packets per second. */
static void apply_limit(struct reader *r)
{
    const struct value *average = directive_value(r, "average");

    if (average) {
        r->config->ratelimit.interval_s = 1 / average->number;
    }
}

/* ---- addresses to serve on ---- */

static bool is_name_of_interface(const char *text)
{
    return strlen(text) < CONFIG_DEVICE_MAX && !strpbrk(text, "/:") &&
           text[strspn(text, "0123456789.")] != '\0';
}

/* What the rule speaks of; says so if it is nothing. False also for `wildcard`, which needs
 * none: no request that comes by it is answered for an address that is ignored. */
static bool read_listen_rule(struct reader *r, const struct word *what, struct listen_rule *rule)
{
    const char *problem;

    if (strcmp(what->text, "all") == 0) {
        rule->what = LISTEN_ALL;
    } else if (strcmp(what->text, "ipv4") == 0 || strcmp(what->text, "ipv6") == 0) {
        rule->what = LISTEN_FAMILY;
        rule->prefix.family = what->text[3] == '4' ? ADDRESS_V4 : ADDRESS_V6;
    } else if (strcmp(what->text, "wildcard") == 0) {
        return false;
    } else if (access_parse_prefix(what->text, false, &rule->prefix, &rule->length, &problem)) {
        rule->what = LISTEN_PREFIX;
    } else if (is_name_of_interface(what->text)) {
        rule->what = LISTEN_DEVICE;
        memcpy(rule->device, what->text, strlen(what->text));
    } else {
        reader_error(r, what, "all, ipv4, ipv6, wildcard, an address, address/length or eth0",
                     "E008 '%.100s' is neither an address nor an interface", what->text);
        return false;
    }
    return true;
}

static void apply_interface(struct reader *r)
{
    struct config *c = r->config;
    const struct word *action = directive_value(r, "action")->word;
    struct listen_rule rule = {.listen = strcmp(action->text, "listen") == 0};

    if (!rule.listen && strcmp(action->text, "ignore") != 0 && strcmp(action->text, "drop") != 0) {
        reader_error(r, action, "listen, ignore or drop", "E009 unknown action '%.100s'",
                     action->text);
        return;
    }
    if (!read_listen_rule(r, directive_value(r, "what")->word, &rule)) {
        return;
    }
    if (c->listen_rule_count == CONFIG_LISTEN_RULES_MAX) {
        reader_error(r, action, "", "E015 more than %d 'interface' lines", CONFIG_LISTEN_RULES_MAX);
        return;
    }
    rule.place = place_here(r);
    c->listen_rules[c->listen_rule_count++] = rule;
}

/* ---- defaults and the end of the file ---- */

static void set_defaults(struct reader *r)
{
    struct config *c = r->config;
    struct settings *s = &c->settings;

    s->max_distance_s = 1.5;
    s->step_threshold_s = 0.128;
    s->step_updates = 1; /* at once at the start, later after stepout */
    s->stepout_s = 300;
    s->panic_s = 1000;
    s->panic_first_allowed = false;
    s->max_slew_rate = 500e-6;
    s->max_clock_error = 15e-6;
    acl_init(&c->access, ACCESS_NOQUERY);
    /* NTPsec's; `restrict limited` says to which hosts it applies, and `kod` which of them get a
     * KoD response: few, because the source address of a flood is usually forged. */
    c->ratelimit =
        (struct ratelimit_settings){.interval_s = 1, .burst = 20, .leak_log2 = 2, .kod_log2 = 4};
    c->client_log_bytes = 1048576;
    c->drift_format = DRIFT_NTP;
    c->rtc_sync = true;
    c->dscp = 46;
    s->min_distance_s = 0.001;
    s->max_stratum = 14; /* below `tos ceiling`, 15 */
    r->max_clock_sources = 10;
    r->orphan_wait_s = ORPHAN_WAIT_S;
    r->local_clock_stratum = LOCAL_CLOCK_STRATUM;
}

/* Pools share what `tos maxclock` leaves, as ntpd counts: each pool line is one itself. */
static void share_pools(struct reader *r)
{
    struct settings *s = &r->config->settings;
    unsigned pools = 0;

    for (unsigned i = 0; i < s->spec_count; i++) {
        pools += s->specs[i].kind == SOURCE_POOL;
    }
    unsigned most = (unsigned)r->max_clock_sources;
    unsigned share = most > s->spec_count ? most - s->spec_count : 0;
    for (unsigned i = 0; i < s->spec_count; i++) {
        if (s->specs[i].kind == SOURCE_POOL) {
            unsigned part = (share + pools - 1) / pools; /* the first ones get the rest */

            s->specs[i].max_sources = part < 1 ? 1 : part > 16 ? 16 : part;
            share -= part < share ? part : share;
            pools--;
        }
    }
}

static void settle(struct reader *r)
{
    r->config->ratelimit.enabled = access_any_flag(&r->config->access, ACCESS_LIMITED);
}

static void finish(struct reader *r)
{
    struct settings *s = &r->config->settings;

    share_pools(r);
    clock_line_finish(r);
    if (r->local_clock) {
        s->local = true;
        /* ntpd follows the local clock as a source, and so is one stratum below it */
        s->local_stratum = (unsigned)fmin(r->local_clock_stratum + 1, 15);
    } else if (r->orphan) {
        s->local = s->local_orphan = true;
        s->local_wait_synced_s = s->local_wait_unsynced_s = r->orphan_wait_s;
    }
    settle(r);
}

/* ---- tables ---- */

static const struct source_spec source_defaults = {
    .port = 123,
    .minpoll = 6,
    .maxpoll = 10,
    .version = 4,
    .max_sources = 4,
    .max_delay_s = 16, /* MAXDISP, RFC 5905: nothing longer is believed */
};

#define ONLY_NTS_SERVER "it only applies to NTS, and 'nts' on a source and 'nts enable' are refused"
#define NO_CLOCK_DEVICE "reference clocks with a device are refused where they are configured"
#define NO_BROADCAST "broadcast and multicast are not supported"

static const struct parameter source_options[] = {
    {OPTION_FLAG("burst"), TO_SPEC(STORE_BOOL, burst), .doc = "a burst of requests at each poll"},
    {OPTION_FLAG("iburst"), TO_SPEC(STORE_BOOL, iburst),
     .doc = "eight requests at the start, the first four in quick succession"},
    {INTEGER("key", 1, 65535, NULL, "none"), TO_SPEC(STORE_U32, key_id),
     .doc = "authenticates packets with this key from the 'keys' file"},
    {OPTION_FLAG("autokey"), IS_REFUSED(UNAUTHENTICATED), OUTVOTE},
    {OPTION_FLAG("nts"), IS_REFUSED(UNAUTHENTICATED), OUTVOTE},
    {OPTION_FLAG("noval"), IS_NOTHING(ONLY_NTS)},
    {WORD("ca", "none"), IS_NOTHING(ONLY_NTS)},
    {WORD("cert", "none"), IS_NOTHING(ONLY_NTS)},
    {WORD("aead", "AES_SIV_CMAC_256"), IS_NOTHING(ONLY_NTS)},
    {INTEGER("minpoll", 0, 17, "log2 s", "6"), TO_SPEC(STORE_INT, minpoll),
     .doc = "minimum interval between requests"},
    {INTEGER("maxpoll", 0, 17, "log2 s", "10"), TO_SPEC(STORE_INT, maxpoll),
     .doc = "maximum interval between requests"},
    {INTEGER("version", 1, 4, NULL, "4"), TO_SPEC(STORE_UNSIGNED, version),
     .doc = "NTP version of requests"},
    {OPTION_FLAG("prefer"), TO_SPEC(STORE_BOOL, prefer), .doc = "preferred among good sources"},
    {OPTION_FLAG("noselect"), TO_SPEC(STORE_BOOL, noselect), .doc = "measured, never selected"},
    {OPTION_FLAG("true"), TO_SPEC(STORE_BOOL, trust),
     .doc = "assumed to be correct when sources disagree"},
    {REAL("bias", -1e6, 1e6, "s", "0"), TO_SPEC(STORE_DOUBLE, offset_correction_s),
     .doc = "correction added to each measured offset"},
    {OPTION_FLAG("xleave"), TO_SPEC(STORE_BOOL, xleave), .doc = "interleaved mode"},
    {OPTION_FLAG("xmtnonce"), IS_NOTHING("transmit timestamps of requests are always random")},
    {OPTION_FLAG("preempt"), IS_NOTHING("a bad source is not used anyway")},
    {OPTION_FLAG("dynamic"), IS_NOTHING("names are resolved again automatically")},
    {WORD("ident", "none"), IS_OBSOLETE("Autokey is insecure and not supported")},
    {INTEGER("ttl", 0, 255, NULL, "none"), IS_OBSOLETE(NO_BROADCAST)},
    {INTEGER("mode", 0, NO_LIMIT, NULL, "0"), .doc = "mode of a reference clock"},
    {INTEGER("subtype", 0, NO_LIMIT, NULL, "0"),
     IS_OBSOLETE("it only applies to reference clocks")},
    {0},
};

#define SOURCE_ROW(word, function, text)                                                           \
    {                                                                                              \
        .keyword = word, .arguments = source_line_arguments, .options = source_options,            \
        .family_prefix = true, .for_source = true, .repeats = true, .apply = function, .doc = text \
    }

#define RESTRICT_ROW(word, function, text)                                                         \
    {                                                                                              \
        .keyword = word, .arguments = access_restrict_arguments,                                   \
        .options = access_restrict_options, .family_prefix = true, .repeats = true,                \
        SETS(SET(access)), .apply = function, .doc = text                                          \
    }

#define INTERFACE_ROW(word)                                                                        \
    {                                                                                              \
        .keyword = word, .arguments = PARAMETERS({WORD("action", NULL)}, {WORD("what", NULL)}),    \
        .repeats = true, .apply = apply_interface, .doc = "addresses on which the server listens"  \
    }

/* refclock shm, server 127.127.28.0, server -4 */
static bool resembles(const struct line *line)
{
    const char *second = line->count > 1 ? line->words[1].text : "";

    return text_equal_any_case(line->words[0].text, "refclock")
               ? second[0] >= 'a' && second[0] <= 'z'
               : strcmp(second, "-4") == 0 || strcmp(second, "-6") == 0 ||
                     strncmp(second, "127.127.", 8) == 0;
}

static const struct directive directives[] = {
    /* sources */
    SOURCE_ROW("server", apply_server, "one NTP source"),
    SOURCE_ROW("pool", source_line_pool, "several NTP sources from one name"),
    SOURCE_ROW("peer", source_line_peer, "an NTP source that may also query this host"),
    {.keyword = "refclock",
     .arguments = clock_line_ntpsec_arguments,
     .options = clock_line_ntpsec_options,
     .for_source = true,
     .repeats = true,
     .apply = clock_line_ntpsec,
     .doc = "a reference clock: shm"},
    {.keyword = "fudge",
     .arguments = PARAMETERS({WORD("address", NULL)}),
     .options = PARAMETERS(
         {INTEGER("stratum", 0, 16, NULL, "0; 5 of 127.127.1.x"), .doc = "stratum of the clock"},
         {WORD("refid", "SHM; LOCL of 127.127.1.x"), .doc = "reference ID of the clock"},
         {REAL("time1", -1e6, 1e6, "s", "0"), .doc = "correction added to each measured offset"},
         {REAL("time2", -NO_LIMIT, NO_LIMIT, "s", "0"),
          IS_NOTHING("no sample is rejected for its offset")},
         {REAL("minjitter", 0, NO_LIMIT, "s", "0"), IS_NOTHING("the jitter is measured")},
         {WORD("abbrev", "none"), IS_NOTHING("clocks are named by driver and unit")},
         {INTEGER("flag1", 0, 1, NULL, "0"), IS_NOTHING("no sample is rejected for its offset")},
         {INTEGER("flag2", 0, 1, NULL, "0"), IS_NOTHING("it has no meaning for these clocks")},
         {INTEGER("flag3", 0, 1, NULL, "0"), IS_NOTHING("it has no meaning for these clocks")},
         {INTEGER("flag4", 0, 1, NULL, "0"), IS_LATER("statistics would be written")}),
     .repeats = true,
     .apply = apply_fudge,
     .doc = "parameters of a reference clock: 127.127.1.x (local) or 127.127.28.x (shared memory)"},
    NOTHING("device", NO_CLOCK_DEVICE),
    {.keyword = "broadcast",
     .arguments = PARAMETERS({WORD("address", NULL)}),
     .options = source_options,
     .family_prefix = true,
     .for_source = true,
     .repeats = true,
     IS_LATER("time would be broadcast to a network"),
     INSTEAD("polling is more accurate than broadcast, and clients are served already")},
    REFUSED("broadcastclient", "broadcast is not supported, so its server would be missing",
            "configure the server: 'server ADDRESS iburst'"),
    REFUSED("multicastclient", "multicast is not supported, so its server would be missing",
            "configure the server: 'server ADDRESS iburst'"),
    REFUSED("manycastclient", "manycast is not supported, so its servers would be missing",
            "configure the servers: 'server ADDRESS iburst'"),
    {.keyword = "manycastserver",
     .arguments = PARAMETERS(WORDS("address", NULL)),
     .repeats = true,
     IS_LATER("it would respond to manycast clients")},
    REFUSED("unpeer", "the source to be removed would remain",
            "remove the source's own line; while tokid runs: toki delete HOST"),
    REFUSED("unconfig", "the source to be removed would remain",
            "remove the source's own line; while tokid runs: toki delete HOST"),
    NOTHING("mdnstries", "DNS-SD is not supported"),
    NOTHING("pollskewlist", "poll intervals are always randomised"),
    OBSOLETE("broadcastdelay", NO_BROADCAST),
    OBSOLETE("ttl", NO_BROADCAST),

    /* authentication */
    {.keyword = "keys",
     .arguments = PARAMETERS({WORD("file", "none"), TEXT_TO(keyfile)}),
     .apply = keys_file,
     SETS(SET(keys_unreadable)),
     .doc = "file with the keys of sources and clients"},
    {.keyword = "trustedkey",
     .arguments = PARAMETERS(WORDS("key", NULL)),
     .repeats = true,
     .apply = keys_trusted,
     .doc = "keys that may be used, for example 1 3 (5 ... 9)"},
    NOTHING("requestkey", "mode 7 is not supported"),
    {.keyword = "controlkey",
     .arguments =
         PARAMETERS({INTEGER("key", 1, 65535, NULL, "none"), TO_CONFIG(STORE_U32, control_key)}),
     .apply = keys_control,
     .doc = "key that allows ntpq to list interfaces and access rules and to make changes"},
    LATER_OF("ntpsigndsocket", "Samba would sign replies to Windows clients",
             {WORD("directory", "none")}),
    OBSOLETE("autokey", "Autokey is insecure and not supported"),
    OBSOLETE("crypto", "Autokey is insecure and not supported"),
    OBSOLETE("keysdir", "Autokey is insecure and not supported"),
    OBSOLETE("automax", "Autokey is insecure and not supported"),
    OBSOLETE("revoke", "Autokey is insecure and not supported"),
    OBSOLETE("ident", "Autokey is insecure and not supported"),
    {.keyword = "nts",
     .options =
         PARAMETERS({OPTION_FLAG("enable"), IS_REFUSED("there would be no NTS server"),
                     INSTEAD("remove it: time is served without NTS, or with keys ('keys')")},
                    {OPTION_FLAG("disable"), IS_NOTHING("there is no NTS server")},
                    {WORD("cert", NULL), IS_NOTHING(ONLY_NTS_SERVER)},
                    {WORD("key", NULL), IS_NOTHING(ONLY_NTS_SERVER)},
                    {WORD("ca", NULL), IS_NOTHING(ONLY_NTS_SERVER)},
                    {WORD("cookie", NULL), IS_NOTHING(ONLY_NTS_SERVER)},
                    {WORD("mintls", "TLS1.3"), IS_NOTHING(ONLY_NTS_SERVER)},
                    {WORD("maxtls", "TLS1.3"), IS_NOTHING(ONLY_NTS_SERVER)},
                    {WORD("tlsciphersuites", NULL), IS_NOTHING(ONLY_NTS_SERVER)},
                    {WORD("tlsecdhcurves", NULL), IS_NOTHING(ONLY_NTS_SERVER)},
                    {OPTION_FLAG("tlscipherserverpreference"), IS_NOTHING(ONLY_NTS_SERVER)},
                    {WORD("aead", "AES_SIV_CMAC_256"), IS_NOTHING(ONLY_NTS_SERVER)},
                    {INTEGER("port", 1, 65535, NULL, "4460"), IS_NOTHING(ONLY_NTS_SERVER)},
                    {INTEGER("pool", 1, 16, NULL, NULL), IS_NOTHING(ONLY_NTS_SERVER)}),
     .repeats = true,
     IS_NOTHING(ONLY_NTS_SERVER)},
    {.keyword = "extra",
     .options =
         PARAMETERS({INTEGER("port", 1, 65535, NULL, "none"), TO_CONFIG(STORE_UNSIGNED, extra_port),
                     .doc = "port served in addition to 123"}),
     .doc = "serves time on another port"},

    /* access */
    RESTRICT_ROW("restrict", access_restrict, "restricts access of hosts"),
    RESTRICT_ROW("unrestrict", access_unrestrict, "removes flags from a rule"),
    RESTRICT_ROW("delrestrict", access_unrestrict, "removes flags from a rule"),
    {.keyword = "discard",
     .options =
         PARAMETERS({INTEGER("average", 0, 16, "log2 s", "3"), SETS(SET(ratelimit.interval_s)),
                     .doc = "average interval between packets of a client"},
                    {INTEGER("minimum", 0, 60, "s", "2"), SETS(SET(ratelimit.minimum_s)),
                     .doc = "minimum interval"},
                    {INTEGER("monitor", 0, NO_LIMIT, NULL, "3000"),
                     IS_NOTHING("the client list has a fixed size")}),
     .apply = apply_discard,
     .doc = "rate limit for 'limited' hosts (classic)"},
    {.keyword = "limit",
     .options = PARAMETERS(
         {REAL("average", 1e-6, 1e6, "packets/s", "1"), SETS(SET(ratelimit.interval_s)),
          .doc = "average rate of responses to a client"},
         {REAL("burst", 1, 1e6, "packets", "20"), TO_CONFIG(STORE_DOUBLE, ratelimit.burst),
          .doc = "number of responses to a client in a burst"},
         {REAL("kod", 0, 1e6, "packets/s", "0.5"),
          IS_NOTHING("1 in 16 packets over the limit gets a KoD response")}),
     .apply = apply_limit,
     .doc = "rate limit for 'limited' hosts (NTPsec)"},
    {.keyword = "mru",
     .options = PARAMETERS(
         {INTEGER("maxmem", 0, 4194304, "KiB", "1024"), .scale = 1024,
          TO_CONFIG(STORE_SIZE, client_log_bytes), .doc = "memory for clients"},
         {INTEGER("maxdepth", 0, NO_LIMIT, NULL, NULL), IS_NOTHING("'maxmem' sets the memory")},
         {INTEGER("mindepth", 0, NO_LIMIT, NULL, "600"), IS_NOTHING("the memory is fixed")},
         {INTEGER("maxage", 0, NO_LIMIT, "s", "3600"),
          IS_NOTHING("the oldest entry is replaced when the list is full")},
         {INTEGER("minage", 0, NO_LIMIT, "s", "64"),
          IS_NOTHING("the oldest entry is replaced when the list is full")},
         {INTEGER("initalloc", 0, NO_LIMIT, NULL, NULL), IS_NOTHING("the memory is fixed")},
         {INTEGER("initmem", 0, NO_LIMIT, "KiB", "4"), IS_NOTHING("the memory is fixed")},
         {INTEGER("incalloc", 0, NO_LIMIT, NULL, NULL), IS_NOTHING("the memory is fixed")},
         {INTEGER("incmem", 0, NO_LIMIT, "KiB", "4"), IS_NOTHING("the memory is fixed")}),
     .repeats = true,
     .doc = "memory for the client list and the rate limit, half each"},

    /* selection and discipline */
    {.keyword = "tos",
     .options = PARAMETERS(
         {INTEGER("minsane", 1, SOURCES_MAX, NULL, "1"),
          TO_CONFIG(STORE_UNSIGNED, settings.min_sources),
          .doc = "number of sources that must agree before the clock is corrected"},
         {REAL("maxdist", 0, 1e10, "s", "1.5"), TO_CONFIG(STORE_DOUBLE, settings.max_distance_s),
          .doc = "maximum root distance of a selectable source"},
         {INTEGER("maxclock", 1, 1e6, NULL, "10"),
          .doc = "maximum number of sources, including those from pools"},
         {INTEGER("orphan", 0, ORPHAN_OFF, NULL, "16"),
          SETS(SET(settings.local), SET(settings.local_stratum), SET(settings.local_orphan)),
          .doc = "stratum served without a source, unless another such server leads; 16: off"},
         {INTEGER("minclock", 1, 1e6, NULL, "3"),
          IS_NOTHING("all good sources are combined, weighted by their quality")},
         {REAL("orphanwait", 0, 1e6, "s", "300"),
          SETS(SET(settings.local_wait_synced_s), SET(settings.local_wait_unsynced_s)),
          .doc = "time without a source before orphan mode starts"},
         {INTEGER("floor", 0, 16, NULL, "0"), TO_CONFIG(STORE_UNSIGNED, settings.min_stratum),
          .doc = "minimum stratum of a selectable source"},
         {INTEGER("ceiling", 1, 16, NULL, "15"), SETS(SET(settings.max_stratum)),
          .doc = "sources at or above this stratum are not selected"},
         {REAL("mindist", 0, 1e6, "s", "0.001"), TO_CONFIG(STORE_DOUBLE, settings.min_distance_s),
          .doc = "minimum root distance assumed for a source"},
         {REAL("maxdisp", 0, 1e6, "s", "16"), IS_NOTHING("the maximum dispersion is always 16 s")},
         {INTEGER("cohort", 0, 1, NULL, "0"), IS_OBSOLETE(NO_BROADCAST)},
         {INTEGER("beacon", 0, NO_LIMIT, "s", "7200"), IS_OBSOLETE(NO_BROADCAST)},
         {INTEGER("bcpollbstep", 0, NO_LIMIT, NULL, "0"), IS_OBSOLETE(NO_BROADCAST)},
         {WORD("basedate", "the build"), IS_NOTHING("dates before the build are rejected")}),
     .repeats = true,
     .apply = apply_tos,
     .doc = "settings of source selection"},
    {.keyword = "tinker",
     .options = PARAMETERS(
         {REAL("step", 0, 1e10, "s", "0.128"), TO_CONFIG(STORE_DOUBLE, settings.step_threshold_s),
          .doc = "offsets above it are stepped; 0: never"},
         {REAL("panic", 0, 1e10, "s", "1000"), TO_CONFIG(STORE_DOUBLE, settings.panic_s),
          .doc = "corrections above it are refused and held; 0: no limit"},
         {REAL("stepout", 0, 1e9, "s", "300"), TO_CONFIG(STORE_DOUBLE, settings.stepout_s),
          SETS(SET(settings.step_updates)),
          .doc = "time an offset must persist before a later step; 0: none"},
         {REAL("dispersion", 0, 1e5, "ppm", "15"), .scale = 1e-6,
          TO_CONFIG(STORE_DOUBLE, settings.max_clock_error),
          .doc = "assumed maximum drift of an undisciplined clock"},
         {REAL("stepback", 0, 1e10, "s", "same as the step threshold"),
          SETS(SET(settings.step_backward_s)),
          .doc = "step threshold for backward steps; 0: never"},
         {REAL("stepfwd", 0, 1e10, "s", "same as the step threshold"),
          SETS(SET(settings.step_forward_s)), .doc = "step threshold for forward steps; 0: never"},
         {REAL("allan", -NO_LIMIT, NO_LIMIT, NULL, "11"),
          IS_OBSOLETE("the stability of the clock is estimated")},
         {REAL("huffpuff", 0, NO_LIMIT, "s", "off"),
          IS_OBSOLETE("samples are weighted by their delay")},
         {REAL("freq", -500, 500, "ppm", "the drift file"),
          SETS(SET(have_frequency), SET(frequency)),
          .doc = "initial frequency, overrides the drift file"},
         {REAL("tick", 0, NO_LIMIT, "s", "the kernel's"),
          IS_OBSOLETE("the kernel's tick is known")}),
     .repeats = true,
     .apply = apply_tinker,
     .doc = "settings of the clock discipline"},
    SETTING("driftfile", "saves the frequency of the clock across restarts",
            {WORD("file", "none"), TEXT_TO(driftfile)},
            {REAL("wander", 0, NO_LIMIT, "ppm", "1e-7"), .optional = true,
             IS_NOTHING("the file is written hourly")}),
    NOTHING("nonvolatile", "the drift file is written hourly"),
    OBSOLETE("tick", "the kernel's tick is known"),
    NOTHING("leapfile", "leap seconds come from the sources"),
    {.keyword = "leapsmearinterval",
     .arguments = PARAMETERS({INTEGER("interval", 0, 1e6, "s", "0")}),
     .apply = apply_leapsmear,
     IS_NOTHING("0, and leap seconds are not smeared; another interval is refused")},
    {.keyword = "enable",
     .arguments = PARAMETERS(WORDS("flag", NULL)),
     .repeats = true,
     .apply = apply_enable,
     SETS(SET(settings.clock_control), SET(statistics_disabled)),
     .doc = "enables functions"},
    {.keyword = "disable",
     .arguments = PARAMETERS(WORDS("flag", NULL)),
     .repeats = true,
     .apply = apply_disable,
     SETS(SET(settings.clock_control), SET(statistics_disabled)),
     .doc = "disables functions; ntp: the clock is measured, not corrected"},

    /* network, files, process */
    INTERFACE_ROW("interface"),
    INTERFACE_ROW("nic"),
    SETTING("dscp", "DSCP of sent packets",
            {INTEGER("value", 0, 63, NULL, "46"), TO_CONFIG(STORE_INT, dscp)}),
    {.keyword = "includefile",
     .arguments = PARAMETERS({WORD("file", NULL)}),
     .repeats = true,
     .apply = include_one,
     .doc = "reads another file"},
    NOTHING("end", "the end of the file is enough"),
    NOTHING("setvar", "no variables can be added to those that ntpq shows"),
    SETTING("statsdir", "directory of the statistics; none are written without it",
            {WORD("directory", "none"), TEXT_TO(log_directory)}),
    {.keyword = "statistics",
     .arguments = PARAMETERS(WORDS("name", NULL)),
     .repeats = true,
     .apply = statistics_line_statistics,
     SETS(SET(statistics[STATISTICS_LOOPSTATS].description),
          SET(statistics[STATISTICS_PEERSTATS].description),
          SET(statistics[STATISTICS_RAWSTATS].description),
          SET(statistics[STATISTICS_SYSSTATS].description),
          SET(statistics[STATISTICS_CLOCKSTATS].description),
          SET(statistics[STATISTICS_PROTOSTATS].description)),
     .doc = "writes statistics: loopstats, peerstats, rawstats, sysstats, clockstats, protostats"},
    {.keyword = "filegen",
     .arguments = PARAMETERS(WORDS("name", NULL)),
     .repeats = true,
     .apply = statistics_line_filegen,
     .doc = "file name and rotation of a kind of statistics"},
    SETTING("logfile",
            "messages are written to it instead of the system log; rotate it with copytruncate",
            {WORD("file", "none"), TEXT_TO(log_file)}),
    NOTHING("logconfig", "log messages are not configurable"),
    SETTING("pidfile", "prevents a second instance",
            {WORD("file", CONFIG_PIDFILE), TEXT_TO(pidfile)}),
    NOTHING("rlimit", "the daemon's memory is fixed and small"),
    NOTHING("reset", "counters always start at zero"),
    NOTHING("phone", NO_CLOCK_DEVICE),
    NOTHING("saveconfigdir", "the configuration cannot be saved remotely"),
    NOTHING("trap", "ntpd no longer sends traps"),
    REFUSED("simulate", "tokid has no simulation mode", "see 'toki simulate --help'"),
    {0},
};

const struct language ntp_conf = {
    .dialect = DIALECT_NTP,
    .name = "ntp.conf",
    .label = "ntp",
    .directives = directives,
    .source_defaults = &source_defaults,
    .file_name = "ntp",
    .folder_beside = "ntp.d",
    .style = {.comment_starts = "#", .quotes = true},
    .resembles = resembles,
    .defaults = set_defaults,
    .finish = finish,
    .settle = settle,
};

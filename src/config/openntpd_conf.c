/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenNTPD's ntpd.conf: its rows, its defaults, and the functions of its rows. Nobody is served
 * without `listen on`; then any host that can reach that address is. The clock is stepped only at
 * the start, and only if it is off by more than a minute. */

#include <string.h>

#include "config/command_line.h"
#include "config/place.h"
#include "config/rows.h"
#include "config/source_line.h"
#include "os/file.h"

#define SERVERS_MAX 8       /* addresses of one `servers` line */
#define START_STEP_S 60     /* less is slewed even at the start */
#define MAX_DISTANCE_S 16.0 /* OpenNTPD has no limit; RFC 5905 believes nothing beyond MAXDISP */
#define STATE_FOLDER "/var/lib/openntpd/db"
#define STATE_FOLDER_BSD "/var/db"

/* ---- functions of rows ---- */

/* `listen on`, `query from`, `constraint from`: the second word is always the same. */
static bool expect(struct reader *r, const char *parameter)
{
    const struct word *word = directive_value(r, parameter)->word;

    if (strcmp(word->text, parameter) == 0) {
        return true;
    }
    char hint[64] = "write: ";
    strncat(hint, r->directive->keyword, 20);
    strncat(hint, " ", 2);
    strncat(hint, parameter, 20);
    reader_error(r, word, hint, "E009 '%.100s' is not '%s'", word->text, parameter);
    return false;
}

static void apply_listen(struct reader *r)
{
    static const struct address any[] = {{.family = ADDRESS_V4}, {.family = ADDRESS_V6}};
    struct config *c = r->config;
    const struct word *word = directive_value(r, "address")->word;
    struct address address[2];
    unsigned count = 1;

    if (!expect(r, "on")) {
        return;
    }
    if (strcmp(word->text, "*") == 0) {
        memcpy(address, any, sizeof address);
        count = 2;
    } else if (!address_parse(word->text, &address[0])) {
        reader_error(r, word, "an address of this host, or *", "E008 '%.100s' is not an address",
                     word->text);
        return;
    }
    if (c->bind_count + count > CONFIG_BIND_MAX) {
        reader_error(r, word, "", "E015 more than %d addresses to listen on", CONFIG_BIND_MAX);
        return;
    }
    acl_init(&c->access, ACCESS_NOQUERY); /* who reaches the address is served */
    for (unsigned i = 0; i < count; i++) {
        c->places.bind[c->bind_count] = place_here(r);
        c->bind[c->bind_count++] = address[i];
    }
}

static void apply_query(struct reader *r)
{
    const struct word *word = directive_value(r, "address")->word;
    struct address address;

    if (!expect(r, "from")) {
        return;
    }
    if (!address_parse(word->text, &address)) {
        reader_error(r, word, "an address of this host", "E008 '%.100s' is not an address",
                     word->text);
        return;
    }
    r->query_from[address.family == ADDRESS_V6] = address;
}

static void take_query_address(struct reader *r)
{
    memcpy(r->spec.from, r->query_from, sizeof r->spec.from);
}

static void apply_server(struct reader *r)
{
    take_query_address(r);
    source_line_server(r);
}

/* A name stands for all of its addresses; an address is itself. */
static void apply_servers(struct reader *r)
{
    struct address address;

    take_query_address(r);
    if (address_parse(directive_value(r, "host")->word->text, &address)) {
        source_line_server(r);
    } else {
        source_line_pool(r);
    }
}

static void apply_sensor(struct reader *r)
{
    const struct word *word = directive_value(r, "device")->word;

    if (strcmp(word->text, "*") == 0) {
        return; /* all that there are: none, on this system */
    }
    reader_error(
        r, word, "use a shared memory segment: 'refclock SHM 0' in chrony.conf",
        "E014 '%.100s': time sensors exist on OpenBSD only, so this source would be missing",
        word->text);
}

/* ---- defaults ---- */

static void set_defaults(struct reader *r)
{
    struct config *c = r->config;
    struct settings *s = &c->settings;

    s->max_distance_s = MAX_DISTANCE_S;
    s->max_jitter_s = MAX_DISTANCE_S;
    s->step_threshold_s = START_STEP_S;
    s->step_updates = 1;
    s->stepout_s = 0;
    s->panic_s = 0;
    s->max_slew_rate = 500e-6; /* adjtime() of the kernel */
    s->max_clock_error = 15e-6;
    c->drift_format = DRIFT_NTP;
    c->rtc_sync = true;
    /* no line names the file: it is where OpenNTPD was built to have it */
    const char *file = file_is_directory(STATE_FOLDER)       ? STATE_FOLDER "/ntpd.drift"
                       : file_is_directory(STATE_FOLDER_BSD) ? STATE_FOLDER_BSD "/ntpd.drift"
                                                             : "";
    memcpy(c->driftfile, file, strlen(file) + 1);
}

/* ---- tables ---- */

static const struct source_spec source_defaults = {
    .port = 123,
    .minpoll = 5, /* asked about every 30 s, less often when the clock is stable */
    .maxpoll = 10,
    .version = 4,
    .max_sources = SERVERS_MAX,
    .iburst = true, /* at the start each 5 s */
    .max_delay_s = 16,
    .weight = 1,
};

#define NO_ROUTING_TABLES "routing tables (rtable) exist on OpenBSD only"

static const struct parameter source_options[] = {
    {INTEGER("weight", 1, 10, NULL, "1"), TO_SPEC(STORE_UNSIGNED, weight),
     .doc = "number of its votes in source selection"},
    {OPTION_FLAG("trusted"),
     IS_NOTHING("it exempts the server from constraints, which do not exist")},
    {INTEGER("rtable", 0, 255, NULL, "0"), IS_OBSOLETE(NO_ROUTING_TABLES)},
    {0},
};

#define SOURCE_ROW(word, function, text)                                                           \
    {                                                                                              \
        .keyword = word, .arguments = source_line_arguments, .options = source_options,            \
        .for_source = true, .repeats = true, .apply = function, .doc = text                        \
    }

#define NO_SENSOR "time sensors exist on OpenBSD only"

#define CONSTRAINT_ROW(word)                                                                       \
    {                                                                                              \
        .keyword = word, .arguments = PARAMETERS({WORD("from", NULL)}, WORDS("url", NULL)),        \
        .repeats = true, IS_REFUSED("the time would not be checked against HTTPS servers"),        \
        INSTEAD("remove the line and use at least four servers, which outvote a falseticker")      \
    }

static const struct directive directives[] = {
    SOURCE_ROW("server", apply_server, "one NTP source"),
    SOURCE_ROW("servers", apply_servers, "all addresses of a name as NTP sources"),
    {.keyword = "listen",
     .arguments =
         PARAMETERS({WORD("on", NULL)}, {WORD("address", "none"), .doc = "or * for all addresses"}),
     .options = PARAMETERS({INTEGER("rtable", 0, 255, NULL, "0"), IS_OBSOLETE(NO_ROUTING_TABLES)}),
     .repeats = true,
     .apply = apply_listen,
     SETS(SET(access)),
     .doc = "listens on this address and serves time to any host"},
    {.keyword = "query",
     .arguments = PARAMETERS({WORD("from", NULL)}, {WORD("address", "any")}),
     .repeats = true,
     .apply = apply_query,
     .doc = "source address of requests to the servers below, one per address family"},
    {.keyword = "sensor",
     .arguments = PARAMETERS({WORD("device", NULL)}),
     .options = PARAMETERS(
         {INTEGER("correction", -127000000, 127000000, "us", "0"), IS_NOTHING(NO_SENSOR)},
         {WORD("refid", "HARD"), IS_NOTHING(NO_SENSOR)},
         {INTEGER("stratum", 1, 15, NULL, "1"), IS_NOTHING(NO_SENSOR)},
         {INTEGER("weight", 1, 10, NULL, "1"), IS_NOTHING(NO_SENSOR)},
         {OPTION_FLAG("trusted"), IS_NOTHING(NO_SENSOR)}),
     .repeats = true,
     .apply = apply_sensor,
     IS_NOTHING("'*' finds no sensor on this system; a named one is refused")},
    CONSTRAINT_ROW("constraint"),
    CONSTRAINT_ROW("constraints"),
    {0},
};

const struct language openntpd_conf = {
    .dialect = DIALECT_OPENNTPD,
    .name = "OpenNTPD's ntpd.conf",
    .label = "openntpd",
    .file_name = "ntpd.conf",
    .path_name = "openntpd",
    .directives = directives,
    .source_defaults = &source_defaults,
    .style = {.comment_starts = "#", .quotes = true, .single_quotes = true},
    .defaults = set_defaults,
};

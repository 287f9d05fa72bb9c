/* SPDX-License-Identifier: BSD-2-Clause */
/* The groups of variables that ntpq shows as tables with words: sysinfo, sysstats, kerninfo and so
 * on. Daemons know different ones: where one refuses a list for a name, names are asked singly. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/draw/render.h"
#include "cli/ntpq/ntpq.h"
#include "cli/ntpq/ntpq_format.h"
#include "core/address.h"
#include "os/clock.h"
#include "os/names.h"
#include "wire/ntp_words.h"

#define ROWS_MAX 48
#define VALUE_MAX 256
#define RECENT "_r" /* behind a name: the same since the counters were reset by the day */

enum row_kind {
    ROW_PLAIN,
    ROW_TEXT,
    ROW_ADDRESS,
    ROW_MODE,
    ROW_BITS,
    ROW_DATE,
    ROW_UPTIME,
    ROW_PACKETS
};

struct row {
    const char *name, *legend;
    enum row_kind kind;
};

/* What was answered for a row; known: the daemon has such a variable. */
struct answer {
    bool present, known;
    char text[VALUE_MAX];
};

static const struct row sysinfo[] = {
    {"peeradr", "system peer:      ", ROW_ADDRESS},
    {"peermode", "system peer mode: ", ROW_MODE},
    {"leap", "leap indicator:   ", ROW_BITS},
    {"stratum", "stratum:          ", ROW_PLAIN},
    {"precision", "log2 precision:   ", ROW_PLAIN},
    {"rootdelay", "root delay:       ", ROW_PLAIN},
    {"rootdisp", "root dispersion:  ", ROW_PLAIN},
    {"rootdist", "root distance     ", ROW_PLAIN},
    {"refid", "reference ID:     ", ROW_TEXT},
    {"reftime", "reference time:   ", ROW_DATE},
    {"sys_jitter", "system jitter:    ", ROW_PLAIN},
    {"clk_jitter", "clock jitter:     ", ROW_PLAIN},
    {"clk_wander", "clock wander:     ", ROW_PLAIN},
    {"authdelay", "symm. auth. delay:", ROW_PLAIN},
};
static const struct row kerninfo[] = {
    {"koffset", "pll offset:          ", ROW_PLAIN},
    {"kfreq", "pll frequency:       ", ROW_PLAIN},
    {"kmaxerr", "maximum error:       ", ROW_PLAIN},
    {"kesterr", "estimated error:     ", ROW_PLAIN},
    {"kstflags", "kernel status:       ", ROW_TEXT},
    {"ktimeconst", "pll time constant:   ", ROW_PLAIN},
    {"kprecis", "precision:           ", ROW_PLAIN},
    {"kfreqtol", "frequency tolerance: ", ROW_PLAIN},
    {"kppsfreq", "pps frequency:       ", ROW_PLAIN},
    {"kppsstab", "pps stability:       ", ROW_PLAIN},
    {"kppsjitter", "pps jitter:          ", ROW_PLAIN},
    {"kppscalibdur", "calibration interval ", ROW_PLAIN},
    {"kppscalibs", "calibration cycles:  ", ROW_PLAIN},
    {"kppsjitexc", "jitter exceeded:     ", ROW_PLAIN},
    {"kppsstbexc", "stability exceeded:  ", ROW_PLAIN},
    {"kppscaliberrs", "calibration errors:  ", ROW_PLAIN},
};
static const struct row sysstats_head[] = {
    {"ss_uptime", "uptime:               ", ROW_UPTIME},
    {"ss_numctlreq", "control requests:     ", ROW_PLAIN},
};
static const struct row sysstats[] = {
    {"ss_reset", "sysstats reset:       ", ROW_UPTIME},
    {"ss_received", "packets received:     ", ROW_PACKETS},
    {"ss_thisver", "current version:      ", ROW_PACKETS},
    {"ss_oldver", "older version:        ", ROW_PACKETS},
    {"ss_ver1", "NTPv1 total:          ", ROW_PACKETS},
    {"ss_ver1client", "NTPv1 clients:        ", ROW_PACKETS},
    {"ss_ver1zero", "NTPv1 mode0:          ", ROW_PACKETS},
    {"ss_ver1symm", "NTPv1 symm act:       ", ROW_PACKETS},
    {"ss_badformat", "bad length or format: ", ROW_PACKETS},
    {"ss_badauth", "authentication failed:", ROW_PACKETS},
    {"ss_declined", "declined:             ", ROW_PACKETS},
    {"ss_restricted", "restricted:           ", ROW_PACKETS},
    {"ss_limited", "rate limited:         ", ROW_PACKETS},
    {"ss_kodsent", "KoD responses:        ", ROW_PACKETS},
    {"ss_processed", "processed for time:   ", ROW_PACKETS},
};
static const struct row monstats[] = {
    {"mru_enabled", "enabled:              ", ROW_PLAIN},
    {"mru_hashslots", "hash slots in use:    ", ROW_PLAIN},
    {"mru_depth", "addresses in use:     ", ROW_PLAIN},
    {"mru_deepest", "peak addresses:       ", ROW_PLAIN},
    {"mru_maxdepth", "maximum addresses:    ", ROW_PLAIN},
    {"mru_mindepth", "reclaim above count:  ", ROW_PLAIN},
    {"mru_maxage", "reclaim maxage:       ", ROW_UPTIME},
    {"mru_minage", "reclaim minage:       ", ROW_UPTIME},
    {"mru_mem", "kilobytes:            ", ROW_PLAIN},
    {"mru_maxmem", "maximum kilobytes:    ", ROW_PLAIN},
    {"mru_exists", "alloc: exists:        ", ROW_PLAIN},
    {"mru_new", "alloc: new:           ", ROW_PLAIN},
    {"mru_recycleold", "alloc: recycle old:   ", ROW_PLAIN},
    {"mru_recyclefull", "alloc: recycle full:  ", ROW_PLAIN},
    {"mru_none", "alloc: none:          ", ROW_PLAIN},
    {"mru_oldest_age", "age of oldest slot:   ", ROW_UPTIME},
};
static const struct row authinfo[] = {
    {"authreset", "time since reset:    ", ROW_UPTIME},
    {"authkeys", "stored keys:         ", ROW_PLAIN},
    {"authfreek", "free keys:           ", ROW_PLAIN},
    {"authklookups", "key lookups:         ", ROW_PLAIN},
    {"authknotfound", "keys not found:      ", ROW_PLAIN},
    {"authencrypts", "encryptions:         ", ROW_PACKETS},
    {"authdigestencrypts", "digest encryptions:  ", ROW_PACKETS},
    {"authcmacencrypts", "CMAC encryptions:    ", ROW_PACKETS},
    {"authdecrypts", "decryptions:         ", ROW_PACKETS},
    {"authdigestdecrypts", "digest decryptions:  ", ROW_PACKETS},
    {"authdigestfails", "digest failures:     ", ROW_PACKETS},
    {"authcmacdecrypts", "CMAC decryptions:    ", ROW_PACKETS},
    {"authcmacfails", "CMAC failures:       ", ROW_PACKETS},
    {"authkuncached", "uncached keys:       ", ROW_PLAIN},
    {"authkexpired", "expired keys:        ", ROW_PLAIN},
};
static const struct row ntsinfo[] = {
    {"nts_client_send", "NTS client sends:          ", ROW_PLAIN},
    {"nts_client_recv_good", "NTS client recvs good:     ", ROW_PLAIN},
    {"nts_client_recv_bad", "NTS client recvs w error:  ", ROW_PLAIN},
    {"nts_server_recv_good", "NTS server recvs good:     ", ROW_PLAIN},
    {"nts_server_recv_bad", "NTS server recvs w error:  ", ROW_PLAIN},
    {"nts_server_send", "NTS server sends:          ", ROW_PLAIN},
    {"nts_cookie_make", "NTS make cookies:          ", ROW_PLAIN},
    {"nts_cookie_decode", "NTS decode cookies:        ", ROW_PLAIN},
    {"nts_cookie_decode_old", "NTS decode cookies old:    ", ROW_PLAIN},
    {"nts_cookie_decode_old2", "NTS decode cookies old2:   ", ROW_PLAIN},
    {"nts_cookie_decode_older", "NTS decode cookies older:  ", ROW_PLAIN},
    {"nts_cookie_decode_too_old", "NTS decode cookies too old:", ROW_PLAIN},
    {"nts_cookie_decode_error", "NTS decode cookies error:  ", ROW_PLAIN},
    {"nts_ke_probes_good", "NTS KE client probes good: ", ROW_PLAIN},
    {"nts_ke_probes_bad", "NTS KE client probes bad:  ", ROW_PLAIN},
    {"nts_ke_serves_good", "NTS KE serves good:        ", ROW_PLAIN},
    {"nts_ke_serves_bad", "NTS KE serves bad:         ", ROW_PLAIN},
};
static const struct row iostats[] = {
    {"iostats_reset", "time since reset:     ", ROW_UPTIME},
    {"total_rbuf", "receive buffers:      ", ROW_PLAIN},
    {"free_rbuf", "free receive buffers: ", ROW_PLAIN},
    {"used_rbuf", "used receive buffers: ", ROW_PLAIN},
    {"rbuf_lowater", "low water refills:    ", ROW_PLAIN},
    {"io_dropped", "dropped packets:      ", ROW_PACKETS},
    {"io_ignored", "ignored packets:      ", ROW_PACKETS},
    {"io_received", "received packets:     ", ROW_PACKETS},
    {"io_sent", "packets sent:         ", ROW_PACKETS},
    {"io_sendfailed", "packet send failures: ", ROW_PACKETS},
    {"io_wakeups", "input wakeups:        ", ROW_PLAIN},
    {"io_goodwakeups", "useful input wakeups: ", ROW_PLAIN},
};
static const struct row timerstats[] = {
    {"timerstats_reset", "time since reset:  ", ROW_UPTIME},
    {"timer_overruns", "timer overruns:    ", ROW_PLAIN},
    {"timer_xmts", "calls to transmit: ", ROW_PLAIN},
};
static const struct row pstats[] = {
    {"srcadr", "remote host:          ", ROW_ADDRESS},
    {"dstadr", "local address:        ", ROW_ADDRESS},
    {"timerec", "time last received:   ", ROW_UPTIME},
    {"timer", "time until next send: ", ROW_UPTIME},
    {"timereach", "reachability change:  ", ROW_PLAIN},
    {"sent", "packets sent:         ", ROW_PLAIN},
    {"received", "packets received:     ", ROW_PLAIN},
    {"badauth", "bad authentication:   ", ROW_PLAIN},
    {"bogusorg", "bogus origin:         ", ROW_PLAIN},
    {"oldpkt", "duplicate:            ", ROW_PLAIN},
    {"seldisp", "bad dispersion:       ", ROW_PLAIN},
    {"selbroken", "bad reference time:   ", ROW_PLAIN},
    {"candidate", "candidate order:      ", ROW_PLAIN},
    {"ntscookies", "count of nts cookies: ", ROW_PLAIN},
};

struct group {
    const struct row *rows;
    unsigned count;
    uint16_t association;
    struct answer answers[2 * ROWS_MAX]; /* the second half: RECENT */
    bool recent;                         /* is asked for that too */
};

static void take_answer(const struct ntpq *q, const char *name, struct answer *a)
{
    const struct variable *v = variables_find(&q->variables, name);

    a->present = v != NULL;
    a->known = true;
    snprintf(a->text, sizeof a->text, "%.*s", VALUE_MAX - 1, v ? v->value : "");
}

static void name_row(const struct group *g, unsigned i, char out[VALUE_MAX])
{
    snprintf(out, VALUE_MAX, "%s%s", g->rows[i % g->count].name, i >= g->count ? RECENT : "");
}

/* All names in one request. */
static int ask_together(struct ntpq *q, struct group *g)
{
    unsigned total = g->recent ? 2 * g->count : g->count;
    char names[MODE6_DATA_MAX + 2] = "", name[VALUE_MAX];
    size_t used = 0;
    int result;

    for (unsigned i = 0; i < total && used < MODE6_DATA_MAX; i++) {
        name_row(g, i, name);
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? "," : "", name);
    }
    if (used > MODE6_DATA_MAX) {
        return NTPQ_REFUSED + MODE6_ERROR_VARIABLE; /* one at a time, then */
    }
    result = ntpq_ask_variables(q, MODE6_READ_VARIABLES, g->association, names);
    for (unsigned i = 0; result == NTPQ_DONE && i < total; i++) {
        name_row(g, i, name);
        take_answer(q, name, &g->answers[i]);
    }
    return result;
}

static int ask_singly(struct ntpq *q, struct group *g)
{
    unsigned total = g->recent ? 2 * g->count : g->count;
    char name[VALUE_MAX];

    fflush(stdout);
    fputs("Unknown variable.  Trying one at a time.\n", stderr);
    for (unsigned i = 0; i < total; i++) {
        int result;

        name_row(g, i, name);
        result = ntpq_ask_variables(q, MODE6_READ_VARIABLES, g->association, name);
        if (result == NTPQ_REFUSED + MODE6_ERROR_VARIABLE) {
            g->answers[i] = (struct answer){.present = true, .text = "?"};
        } else if (result) {
            return result;
        } else {
            take_answer(q, name, &g->answers[i]);
        }
    }
    return NTPQ_DONE;
}

/* An address by its name, with its port if it has one. */
static void name_address(const struct ntpq *q, const char *text, char out[VALUE_MAX])
{
    char bare[VALUE_MAX], name[VALUE_MAX];
    const char *port = strrchr(text, ':'), *end = strchr(text, ']');
    struct address a;

    snprintf(out, VALUE_MAX, "%s", text);
    if (*text == '[' && end) {
        snprintf(bare, sizeof bare, "%.*s", (int)(end - text - 1), text + 1);
        port = end[1] == ':' ? end + 1 : "";
    } else if (port && strchr(text, ':') == port) {
        snprintf(bare, sizeof bare, "%.*s", (int)(port - text), text);
    } else {
        snprintf(bare, sizeof bare, "%s", text);
        port = "";
    }
    if (q->names && address_parse(bare, &a) && address_is_unicast(&a) &&
        names_find(&a, name, sizeof name)) {
        snprintf(out, VALUE_MAX, "%.200s%.20s", name, port);
    }
}

/* "2.0p/s" or "16.0s/p" behind a number of packets. */
static void format_rate(double packets, double period_s, char out[32])
{
    if (isnan(packets) || packets <= 0 || isnan(period_s)) {
        snprintf(out, 32, "%10s%-3s", "", "");
    } else if (packets > period_s) {
        snprintf(out, 32, "%8.0f.0%-3s", nearbyint(packets / fmax(period_s, 1)), "p/s");
    } else {
        snprintf(out, 32, "%8.0f.0%-3s", nearbyint(period_s / packets), "s/p");
    }
}

static void format_value(const struct ntpq *q, const struct row *row, const struct answer *a,
                         char out[VALUE_MAX])
{
    double number = variables_parse_number(a->text);
    char text[NTPQ_TEXT_MAX];
    uint64_t timestamp;

    snprintf(out, VALUE_MAX, "%s", a->text);
    if (row->kind == ROW_PLAIN && strncmp(a->text, "0x", 2) == 0 && !isnan(number)) {
        snprintf(out, VALUE_MAX, "%.0f", number);
    } else if (row->kind == ROW_ADDRESS) {
        name_address(q, a->text, out);
    } else if (row->kind == ROW_DATE && variables_parse_time(a->text, &timestamp)) {
        snprintf(out, VALUE_MAX, "%s", ntpq_format_date(timestamp, clock_now().wall, text));
    } else if (row->kind == ROW_BITS && number >= 0 && number <= 3) {
        snprintf(out, VALUE_MAX, "%d%d", (int)number / 2, (int)number % 2);
    } else if (row->kind == ROW_UPTIME && number >= 0 && number < 1e15) {
        snprintf(out, VALUE_MAX, "%s", ntpq_format_duration((int64_t)llround(number), text));
    } else if (row->kind == ROW_MODE && number >= 0 && number <= 8) {
        snprintf(out, VALUE_MAX, "%s", ntp_words_mode((unsigned)number));
    }
}

static void print_row(const struct ntpq *q, const struct group *g, unsigned i, double period_s[2])
{
    const struct row *row = &g->rows[i];
    const struct answer *a = &g->answers[i], *recent = &g->answers[g->count + i];
    char value[2][VALUE_MAX], rate[2][32];

    if (!a->present || (row->kind == ROW_TEXT && !*a->text)) {
        return;
    }
    format_value(q, row, a, value[0]);
    if (row->kind == ROW_UPTIME) {
        period_s[0] = variables_parse_number(a->text);
    }
    format_rate(variables_parse_number(a->text), period_s[0], rate[0]);
    if (!g->recent || !recent->known) {
        printf(row->kind == ROW_MODE ? "%s  %s" : "%s %13s", row->legend, value[0]);
        printf(row->kind == ROW_PACKETS ? " %s\n" : "\n", rate[0]);
        return;
    }
    format_value(q, row, recent, value[1]);
    if (row->kind == ROW_UPTIME) {
        period_s[1] = variables_parse_number(recent->text);
    }
    format_rate(variables_parse_number(recent->text), period_s[1], rate[1]);
    printf("%s %13s %13s", row->legend, value[0], value[1]);
    if (row->kind == ROW_PACKETS) {
        printf(" %s %s", rate[0], rate[1]);
    }
    putchar('\n');
}

static bool show(struct ntpq *q, const struct row *rows, unsigned count, uint16_t association,
                 bool status, bool recent)
{
    struct group *g = calloc(1, sizeof *g);
    double period_s[2] = {1, 1};
    char text[NTPQ_TEXT_MAX];
    int result;

    if (!g) {
        return false;
    }
    *g = (struct group){.rows = rows, .count = count, .association = association, .recent = recent};
    result = ask_together(q, g);
    if (result == NTPQ_REFUSED + MODE6_ERROR_VARIABLE) {
        result = ask_singly(q, g);
    }
    if (result) {
        ntpq_complain(q, result);
    } else {
        if (status && !q->raw) {
            printf("associd=%u status=%04x %s,\n", association, q->reply.status,
                   ntpq_format_status(association ? NTPQ_STATUS_PEER : NTPQ_STATUS_SYSTEM,
                                      q->reply.status, text));
        }
        for (unsigned i = 0; i < count; i++) {
            if (q->raw && g->answers[i].present) {
                printf("%s=%s\n", rows[i].name, g->answers[i].text);
            } else if (!q->raw) {
                print_row(q, g, i, period_s);
            }
        }
    }
    free(g);
    return result == NTPQ_DONE;
}

#define GROUP(rows) rows, sizeof(rows) / sizeof((rows)[0])

void ntpq_group(struct ntpq *q, const struct ntpq_line *line)
{
    static const struct {
        const char *command;
        const struct row *rows;
        unsigned count;
        bool status; /* a line of status in front */
    } groups[] = {{"sysinfo", GROUP(sysinfo), true},       {"kerninfo", GROUP(kerninfo), true},
                  {"monstats", GROUP(monstats), false},    {"authinfo", GROUP(authinfo), false},
                  {"ntsinfo", GROUP(ntsinfo), false},      {"iostats", GROUP(iostats), false},
                  {"timerstats", GROUP(timerstats), false}};

    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(line->command, groups[i].command) == 0) {
            show(q, groups[i].rows, groups[i].count, 0, groups[i].status, false);
        }
    }
}

void ntpq_sysstats(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    if (show(q, GROUP(sysstats_head), 0, false, false)) {
        show(q, GROUP(sysstats), 0, false, true);
    }
}

void ntpq_pstats(struct ntpq *q, const struct ntpq_line *line)
{
    long id = ntpq_read_association(q, line->words[0]);

    if (id >= 0) {
        show(q, GROUP(pstats), (uint16_t)id, true, false);
    }
}

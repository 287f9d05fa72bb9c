/* SPDX-License-Identifier: BSD-2-Clause */
/* System variables. Durations are told in milliseconds, frequencies in ppm; the sign of offsets is
 * ours: positive, our clock is slow. What toki has no counter for because it has not the thing (a
 * cache of keys, broadcast servers, the kernel's PPS) is 0. */
#include <math.h>
#include <string.h>

#include "control/mode6/mode6_variables.h"
#include "os/udp.h"
#include "toki_build.h"

#define MS 1e3
#define PPM 1e6

/* STA_UNSYNC, STA_INS and STA_DEL of <sys/timex.h>, as clients know them. */
#define KERNEL_INSERT 0x10
#define KERNEL_DELETE 0x20
#define KERNEL_UNSYNCHRONISED 0x40

static const struct report_source *selected(const struct mode6_scope *s)
{
    int i = s->report->clock.selected;

    return i >= 0 ? &s->report->sources[i] : NULL;
}

static enum ntp_words_origin origin(const struct mode6_scope *s)
{
    const struct report_clock *clock = &s->report->clock;
    const struct report_source *source = selected(s);

    if (clock->leap == LEAP_UNSYNCHRONISED) {
        return NTP_WORDS_FROM_NOWHERE;
    }
    return source         ? ntp_words_origin_of_kind(source->kind)
           : clock->local ? NTP_WORDS_FROM_LOCAL
                          : NTP_WORDS_FROM_NTP;
}

uint16_t mode6_system_status(const struct mode6_scope *s)
{
    const struct mode6_events *e = &s->mode6->system_events;

    return ntp_words_system_status(s->report->clock.leap, origin(s), e->count, e->code);
}

static double or_zero(double value)
{
    return isfinite(value) ? value : 0;
}

static void put_clock(struct mode6_list *list, const struct mode6_scope *s)
{
    const struct report_clock *c = &s->report->clock;
    const struct report_source *source = selected(s);
    double delay_s = or_zero(c->root_delay_s), dispersion_s = or_zero(c->root_dispersion_s);

    mode6_put_string(list, MODE6_DEFAULT, "version", "tokid " TOKI_VERSION);
    mode6_put_string(list, MODE6_DEFAULT, "processor", s->mode6->processor);
    mode6_put_string(list, MODE6_DEFAULT, "system", s->mode6->system);
    mode6_put_integer(list, MODE6_DEFAULT, "leap", c->leap & 3);
    mode6_put_integer(list, MODE6_DEFAULT, "stratum", c->stratum);
    mode6_put_integer(list, MODE6_DEFAULT, "precision", log2_from_s(c->precision_s));
    mode6_put_decimal(list, MODE6_DEFAULT, "rootdelay", delay_s * MS, 3);
    mode6_put_decimal(list, MODE6_DEFAULT, "rootdisp", dispersion_s * MS, 3);
    mode6_put_refid(list, MODE6_DEFAULT, c->refid_number, c->stratum);
    mode6_put_time(list, MODE6_DEFAULT, "reftime",
                   c->reference_time.ns > 0 ? ntp_from_wall(c->reference_time) : 0);
    mode6_put_time(list, MODE6_DEFAULT, "clock", ntp_from_wall(s->report->input.now.wall));
    mode6_put_integer(list, MODE6_DEFAULT, "peer", source ? mode6_association(source) : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "tc", source && source->poll > 0 ? source->poll : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "mintc", 0);
    mode6_put_decimal(list, MODE6_DEFAULT, "offset", or_zero(c->offset_s) * MS, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "frequency", or_zero(c->frequency) * PPM, 3);
    mode6_put_decimal(list, MODE6_DEFAULT, "sys_jitter",
                      source ? or_zero(source->jitter_s) * MS : 0, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "clk_jitter", or_zero(c->offset_sd_s) * MS, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "clk_wander", or_zero(c->frequency_sd) * PPM, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "rootdist", (delay_s / 2 + dispersion_s) * MS, 3);
    mode6_put_string(list, MODE6_DEFAULT, "release", s->mode6->release);
}

static void put_sysinfo(struct mode6_list *list, const struct mode6_scope *s)
{
    const struct report_source *source = selected(s);
    char address[ADDRESS_TEXT_MAX] = "0.0.0.0:0";

    if (source && source->remote.family != ADDRESS_NONE) {
        address_format_port(&source->remote, address);
    }
    mode6_put_string(list, MODE6_BY_NAME, "peeradr", address);
    mode6_put_integer(list, MODE6_BY_NAME, "peermode", source ? MODE_CLIENT : 0);
    mode6_put_decimal(list, MODE6_BY_NAME, "bcastdelay", 0, 3);
    mode6_put_decimal(list, MODE6_BY_NAME, "authdelay", 0, 3);
    mode6_put_integer(list, MODE6_BY_NAME, "tai", 0);
}

/* A counter, and the part of it that is of this hour. */
static void put_counter(struct mode6_list *list, const char *name, uint64_t value, uint64_t mark)
{
    char recent[32];
    size_t length = strlen(name);

    mode6_put_integer(list, MODE6_BY_NAME, name, (int64_t)value);
    memcpy(recent, name, length);
    memcpy(recent + length, "_r", 3);
    mode6_put_integer(list, MODE6_BY_NAME, recent, (int64_t)(value - mark));
}

static uint64_t old_versions(const struct report_server *c)
{
    return c->versions[1] + c->versions[2] + c->versions[3];
}

static uint64_t bad_formats(const struct report_server *c)
{
    return c->counters[RESPOND_DROPPED_SHORT] + c->counters[RESPOND_DROPPED_FORMAT];
}

static uint64_t declined(const struct report_server *c)
{
    return c->counters[RESPOND_DROPPED_MODE] + c->counters[RESPOND_DROPPED_SOURCE];
}

static uint64_t limited(const struct report_server *c)
{
    return c->counters[RESPOND_DROPPED_RATE] + c->counters[RESPOND_KISS];
}

static void put_sysstats(struct mode6_list *list, const struct mode6_scope *s)
{
    const struct report_server *c = &s->report->input.server, *m = &s->mode6->mark;
    int64_t up_s = (int64_t)s->report->input.uptime_s;
    int64_t recent_s = (s->report->input.now.mono.ns - s->mode6->marked.ns) / NS_PER_S;

    mode6_put_integer(list, MODE6_BY_NAME, "ss_uptime", up_s);
    mode6_put_integer(list, MODE6_BY_NAME, "ss_reset", up_s);
    mode6_put_integer(list, MODE6_BY_NAME, "ss_reset_r", recent_s);
    put_counter(list, "ss_received", c->received, m->received);
    put_counter(list, "ss_thisver", c->versions[4], m->versions[4]);
    put_counter(list, "ss_oldver", old_versions(c), old_versions(m));
    put_counter(list, "ss_badformat", bad_formats(c), bad_formats(m));
    put_counter(list, "ss_badauth", c->counters[RESPOND_DROPPED_AUTH],
                m->counters[RESPOND_DROPPED_AUTH]);
    put_counter(list, "ss_declined", declined(c), declined(m));
    put_counter(list, "ss_restricted", c->counters[RESPOND_DROPPED_ACCESS],
                m->counters[RESPOND_DROPPED_ACCESS]);
    put_counter(list, "ss_limited", limited(c), limited(m));
    put_counter(list, "ss_kodsent", c->counters[RESPOND_KISS], m->counters[RESPOND_KISS]);
    put_counter(list, "ss_processed", c->answered, m->answered);
    put_counter(list, "ss_numctlreq", c->counters[RESPOND_CONTROL], m->counters[RESPOND_CONTROL]);
    put_counter(list, "ss_ver1", c->versions[1], m->versions[1]);
    put_counter(list, "ss_ver1client", c->old_modes[MODE_CLIENT], m->old_modes[MODE_CLIENT]);
    put_counter(list, "ss_ver1zero", c->old_modes[MODE_RESERVED], m->old_modes[MODE_RESERVED]);
    put_counter(list, "ss_ver1symm",
                c->old_modes[MODE_SYMMETRIC_ACTIVE] + c->old_modes[MODE_SYMMETRIC_PASSIVE],
                m->old_modes[MODE_SYMMETRIC_ACTIVE] + m->old_modes[MODE_SYMMETRIC_PASSIVE]);
}

static void put_kernel(struct mode6_list *list, const struct mode6_scope *s)
{
    static const char *const unused[] = {"kppsfreq", "kppsstab", "kppsjitter"};
    static const char *const counts[] = {"kppscalibdur", "kppscalibs", "kppsjitexc", "kppsstbexc",
                                         "kppscaliberrs"};
    const struct clock_status *k = &s->report->input.kernel;
    unsigned flags = (k->synchronised ? 0 : KERNEL_UNSYNCHRONISED) |
                     (k->leap == LEAP_INSERT ? KERNEL_INSERT : 0) |
                     (k->leap == LEAP_DELETE ? KERNEL_DELETE : 0);

    mode6_put_decimal(list, MODE6_BY_NAME, "koffset", 0, 6);
    mode6_put_decimal(list, MODE6_BY_NAME, "kfreq", k->rate * PPM, 6);
    mode6_put_decimal(list, MODE6_BY_NAME, "kmaxerr", k->max_error_s * MS, 6);
    mode6_put_decimal(list, MODE6_BY_NAME, "kesterr", k->est_error_s * MS, 6);
    mode6_put_integer(list, MODE6_BY_NAME, "kstflags", flags);
    mode6_put_integer(list, MODE6_BY_NAME, "ktimeconst", 0);
    mode6_put_decimal(list, MODE6_BY_NAME, "kprecis", s->report->clock.precision_s * MS, 6);
    mode6_put_decimal(list, MODE6_BY_NAME, "kfreqtol", s->report->input.max_rate * PPM, 6);
    for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++) {
        mode6_put_decimal(list, MODE6_BY_NAME, unused[i], 0, 6);
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        mode6_put_integer(list, MODE6_BY_NAME, counts[i], 0);
    }
}

/* Packets of our own sources are in here, too. */
static void put_io(struct mode6_list *list, const struct mode6_scope *s)
{
    const struct report_server *c = &s->report->input.server;
    uint64_t sent = 0, received = 0;

    for (unsigned i = 0; i < s->report->source_count; i++) {
        sent += s->report->sources[i].sent;
        received += s->report->sources[i].received;
    }
    mode6_put_integer(list, MODE6_BY_NAME, "iostats_reset", (int64_t)s->report->input.uptime_s);
    mode6_put_integer(list, MODE6_BY_NAME, "total_rbuf", UDP_BATCH);
    mode6_put_integer(list, MODE6_BY_NAME, "free_rbuf", UDP_BATCH);
    mode6_put_integer(list, MODE6_BY_NAME, "used_rbuf", 0);
    mode6_put_integer(list, MODE6_BY_NAME, "rbuf_lowater", 0);
    mode6_put_integer(list, MODE6_BY_NAME, "io_dropped",
                      (int64_t)c->counters[RESPOND_DROPPED_RATE]);
    mode6_put_integer(list, MODE6_BY_NAME, "io_ignored",
                      (int64_t)c->counters[RESPOND_DROPPED_ACCESS]);
    mode6_put_integer(list, MODE6_BY_NAME, "io_received", (int64_t)(c->received + received));
    mode6_put_integer(list, MODE6_BY_NAME, "io_sent",
                      (int64_t)(c->answered + c->counters[RESPOND_KISS] + sent));
    mode6_put_integer(list, MODE6_BY_NAME, "io_sendfailed", (int64_t)c->send_errors);
    mode6_put_integer(list, MODE6_BY_NAME, "io_wakeups", (int64_t)s->report->input.wakeups);
    mode6_put_integer(list, MODE6_BY_NAME, "io_goodwakeups",
                      (int64_t)s->report->input.good_wakeups);
    mode6_put_integer(list, MODE6_BY_NAME, "timerstats_reset", (int64_t)s->report->input.uptime_s);
    mode6_put_integer(list, MODE6_BY_NAME, "timer_overruns", 0);
    mode6_put_integer(list, MODE6_BY_NAME, "timer_xmts", (int64_t)sent);
}

static void put_authentication(struct mode6_list *list, const struct mode6_scope *s)
{
    static const char *const none[] = {
        "authfreek",        "authklookups",       "authknotfound",    "authkuncached",
        "authkexpired",     "authencrypts",       "authdecrypts",     "authdigestencrypts",
        "authcmacencrypts", "authdigestdecrypts", "authcmacdecrypts", "authcmacfails"};
    const struct config *config = s->report->input.config;
    uint64_t failures = s->report->input.server.counters[RESPOND_DROPPED_AUTH];

    for (unsigned i = 0; i < s->report->source_count; i++) {
        failures += s->report->sources[i].verdicts[REPLY_AUTH];
    }
    mode6_put_integer(list, MODE6_BY_NAME, "authreset", (int64_t)s->report->input.uptime_s);
    mode6_put_integer(list, MODE6_BY_NAME, "authkeys", config ? config->keys.count : 0);
    mode6_put_integer(list, MODE6_BY_NAME, "authdigestfails", (int64_t)failures);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        mode6_put_integer(list, MODE6_BY_NAME, none[i], 0);
    }
}

static void put_monitor(struct mode6_list *list, const struct mode6_scope *s)
{
    const struct clients *clients = s->report->input.clients;
    size_t room = clients ? clients_room(clients) : 0, depth = clients ? clients_count(clients) : 0;
    uint64_t fresh = clients ? atomic_load(&clients->fresh) : 0;
    uint64_t recycled = clients ? atomic_load(&clients->recycled) : 0;
    int64_t kib = (int64_t)(room * sizeof(struct clients_slot) / 1024), oldest_s = 0;
    struct client first;

    if (depth > 0 && clients_list_after(clients, (struct mono_time){INT64_MIN}, &first, 1) == 1) {
        oldest_s = (s->report->input.now.mono.ns - first.last.ns) / NS_PER_S;
    }
    mode6_put_integer(list, MODE6_BY_NAME, "mru_enabled", room > 0 ? 3 : 0);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_depth", (int64_t)depth);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_deepest", (int64_t)depth);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_maxdepth", (int64_t)room);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_mindepth", (int64_t)room);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_minage", 0);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_maxage", 0);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_mem", kib);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_maxmem", kib);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_hashslots", (int64_t)(room / CLIENTS_WAYS));
    mode6_put_integer(list, MODE6_BY_NAME, "mru_exists",
                      (int64_t)s->report->input.server.received - (int64_t)fresh);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_new", (int64_t)fresh);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_recycleold", 0);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_recyclefull", (int64_t)recycled);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_none",
                      clients ? (int64_t)atomic_load(&clients->lost) : 0);
    mode6_put_integer(list, MODE6_BY_NAME, "mru_oldest_age", oldest_s);
}

/* There is no NTS yet, neither as a client nor as a server: none of this ever happened. */
static void put_nts(struct mode6_list *list)
{
    static const char *const names[] = {
        "nts_client_send",         "nts_client_recv_good",    "nts_client_recv_bad",
        "nts_server_recv_good",    "nts_server_recv_bad",     "nts_server_send",
        "nts_cookie_make",         "nts_cookie_decode",       "nts_cookie_decode_old",
        "nts_cookie_decode_old2",  "nts_cookie_decode_older", "nts_cookie_decode_too_old",
        "nts_cookie_decode_error", "nts_ke_probes_good",      "nts_ke_probes_bad",
        "nts_ke_serves_good",      "nts_ke_serves_bad"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        mode6_put_integer(list, MODE6_BY_NAME, names[i], 0);
    }
}

void mode6_list_system(struct mode6_list *list, const struct mode6_scope *s)
{
    put_clock(list, s);
    if (list->wanted) {
        put_sysinfo(list, s);
        put_sysstats(list, s);
        put_kernel(list, s);
        put_io(list, s);
        put_authentication(list, s);
        put_monitor(list, s);
        put_nts(list);
    }
}

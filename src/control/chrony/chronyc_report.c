/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports of chrony's protocol on the clock and the daemon; see the header. */
#include "control/chrony/chronyc_report.h"

#include <math.h>

#include "core/packet.h"
#include "wire/chrony_words.h"

#define PPM 1e6
/* Of a clock that is not synchronised: as chronyd says it. */
#define UNSYNCHRONISED_ROOT_S 1.0
#define RESERVED UINT32_MAX /* what fields that have no meaning yet hold */

/* Unknown numbers are 0 on this wire. */
static double known(double value)
{
    return isfinite(value) ? value : 0;
}

static void put_float(struct chronyc_exchange *x, double value)
{
    chrony_field_write_float(&x->out, value);
}

/* ---- tracking ---- */

/* What the selected source says of our frequency, beyond what is corrected: positive, fast. */
static double residual_frequency(struct report *report)
{
    int selected = report->clock.selected;

    if (selected < 0) {
        return 0;
    }
    report_fill_source(report, (unsigned)selected);
    return -known(report->sources[selected].frequency - report->clock.drift);
}

static void put_reference(struct chronyc_exchange *x, bool synchronised)
{
    const struct report_clock *clock = &x->report->clock;
    struct chrony_host host = {.family = CHRONY_FAMILY_NONE};

    if (synchronised && !clock->local && clock->selected >= 0) {
        host = chrony_field_host(&x->report->sources[clock->selected].remote);
    }
    bytes_write_u32(&x->out, synchronised ? clock->refid_number : 0);
    chrony_field_write_host(&x->out, &host);
    bytes_write_u16(&x->out, synchronised ? clock->stratum : 0);
    bytes_write_u16(&x->out, clock->leap);
    chrony_field_write_time(&x->out, synchronised ? clock->reference_time : (struct wall_time){0});
}

enum chrony_status chronyc_report_tracking(struct chronyc_exchange *x)
{
    const struct report_clock *clock = &x->report->clock;
    bool synchronised = clock->leap != LEAP_UNSYNCHRONISED;

    x->reply = CHRONY_REPLY_TRACKING;
    put_reference(x, synchronised);
    put_float(x, known(clock->offset_s));
    put_float(x, -clock->corrections.last_s);
    put_float(x, sqrt(clock->corrections.mean_s2));
    put_float(x, -clock->drift * PPM);
    put_float(x, synchronised && !clock->local ? residual_frequency(x->report) * PPM : 0);
    put_float(x,
              synchronised && !clock->local ? CHRONY_SKEW_DEVIATIONS * clock->drift_sd * PPM : 0);
    put_float(x, synchronised ? known(clock->root_delay_s) : UNSYNCHRONISED_ROOT_S);
    put_float(x, synchronised ? known(clock->root_dispersion_s) : UNSYNCHRONISED_ROOT_S);
    put_float(x, clock->corrections.interval_s);
    return CHRONY_SUCCESS;
}

/* ---- activity ---- */

enum chrony_status chronyc_report_activity(struct chronyc_exchange *x)
{
    const struct report *report = x->report;
    uint32_t online = 0, offline = 0, bursts = 0, unresolved = 0;

    for (unsigned i = 0; i < report->source_count; i++) {
        const struct report_source *s = &report->sources[i];

        if (s->kind == SOURCE_REFCLOCK) {
            continue;
        }
        if (s->remote.family == ADDRESS_NONE) {
            unresolved++;
        } else if (s->spec->offline) {
            offline++;
        } else if (s->bursting) {
            bursts++;
        } else {
            online++;
        }
    }
    x->reply = CHRONY_REPLY_ACTIVITY;
    bytes_write_u32(&x->out, online);
    bytes_write_u32(&x->out, offline);
    bytes_write_u32(&x->out, bursts);
    bytes_write_u32(&x->out, 0); /* a source that is offline makes no burst */
    bytes_write_u32(&x->out, unresolved);
    return CHRONY_SUCCESS;
}

/* ---- server ---- */

static uint64_t count_drops(const struct report_server *server)
{
    uint64_t n = 0;

    for (unsigned v = RESPOND_DROPPED_SHORT; v <= RESPOND_DROPPED_AUTH; v++) {
        n += server->counters[v];
    }
    return n;
}

static void put_count(struct chronyc_exchange *x, uint64_t count)
{
    bytes_write_u32(&x->out, count < UINT32_MAX ? (uint32_t)count : UINT32_MAX);
}

/* In the order of the newest layout; older ones have the first of them, or not all. What is not
 * counted is 0: key exchanges, drops of the log, interleaved requests, kept timestamps and their
 * span, stamps of network cards. */
#define SERVER_COUNTS 17
#define SERVER_COUNTS_OLD 11
#define SERVER_COUNTS_OLDER 8
#define SERVER_RESERVED 8 /* words */

static void put_oldest_counts(struct chronyc_exchange *x, const uint64_t counts[SERVER_COUNTS])
{
    static const uint8_t chosen[] = {0, 2, 3, 5, 6}; /* before there was NTS */

    for (size_t i = 0; i < sizeof chosen; i++) {
        put_count(x, counts[chosen[i]]);
    }
}

static void put_counts(struct chronyc_exchange *x, const uint64_t counts[SERVER_COUNTS])
{
    unsigned shown =
        x->reply == CHRONY_REPLY_SERVER_STATS3 ? SERVER_COUNTS_OLD : SERVER_COUNTS_OLDER;

    for (unsigned i = 0; i < shown; i++) {
        put_count(x, counts[i]);
    }
}

static void put_newest_counts(struct chronyc_exchange *x, const uint64_t counts[SERVER_COUNTS])
{
    for (unsigned i = 0; i < SERVER_COUNTS; i++) {
        bytes_write_u64(&x->out, counts[i]);
    }
    for (unsigned i = 0; i < SERVER_RESERVED; i++) {
        bytes_write_u32(&x->out, RESERVED);
    }
}

enum chrony_status chronyc_report_server(struct chronyc_exchange *x)
{
    static const enum chrony_reply kinds[] = {
        CHRONY_REPLY_SERVER_STATS4, CHRONY_REPLY_SERVER_STATS3, CHRONY_REPLY_SERVER_STATS2};
    const struct report_server *server = &x->report->input.server;
    const uint64_t counts[SERVER_COUNTS] = {
        [0] = server->received,      [2] = x->requests,
        [3] = count_drops(server),   [5] = x->refused,
        [7] = server->authenticated, [11] = server->received - server->kernel_stamps,
        [12] = server->answered, /* a reply says when the daemon sent it */
        [13] = server->kernel_stamps};

    x->reply = CHRONY_REPLY_SERVER_STATS;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (x->length >= chrony_packet_reply_length(kinds[i])) {
            x->reply = kinds[i];
            break;
        }
    }
    if (x->reply == CHRONY_REPLY_SERVER_STATS4) {
        put_newest_counts(x, counts);
    } else if (x->reply == CHRONY_REPLY_SERVER_STATS) {
        put_oldest_counts(x, counts);
    } else {
        put_counts(x, counts);
    }
    return CHRONY_SUCCESS;
}

/* ---- access ---- */

static enum chrony_status check_access(struct chronyc_exchange *x, bool command)
{
    const struct config *config = x->report->input.config;
    struct chrony_host host = chrony_field_read_host(&x->body);

    if (host.family != CHRONY_FAMILY_V4 && host.family != CHRONY_FAMILY_V6) {
        return CHRONY_INVALID_FAMILY;
    }
    return config && acl_allows(command ? &config->command_access : &config->access, &host.address)
               ? CHRONY_ACCESS_ALLOWED
               : CHRONY_ACCESS_DENIED;
}

enum chrony_status chronyc_report_access(struct chronyc_exchange *x)
{
    return check_access(x, false);
}

enum chrony_status chronyc_report_command_access(struct chronyc_exchange *x)
{
    return check_access(x, true);
}

/* ---- clients ---- */

#define CLIENTS_OF_REPLY 8
#define CLIENTS_LOOKED_AT 65536 /* records for one reply: the asker goes on from there */
#define INTERVAL_NONE 127

static int8_t log2_interval(double s)
{
    return s > 0 ? (int8_t)fmax(-126, fmin(round(log2(s)), 126)) : INTERVAL_NONE;
}

static uint32_t seconds_ago(struct chronyc_exchange *x, struct mono_time t)
{
    double age_s = s_from_ns(ns_subtract(x->report->input.now.mono.ns, t.ns));

    return age_s < (double)UINT32_MAX ? (uint32_t)fmax(age_s, 0) : CHRONY_NEVER;
}

/* Key exchanges there are none, and commands are not counted by client. */
static void put_client(struct chronyc_exchange *x, const struct client *client)
{
    struct chrony_host host = chrony_field_host(&client->address);
    bool old = x->reply == CHRONY_REPLY_CLIENT_ACCESSES_OLD;
    unsigned unused = old ? 1 : 2; /* kinds of requests besides NTP */

    chrony_field_write_host(&x->out, &host);
    put_count(x, client->requests);
    chrony_field_pad(&x->out, 4 * unused);
    put_count(x, (uint64_t)client->limited + client->refused);
    chrony_field_pad(&x->out, 4 * unused);
    bytes_write_u8(&x->out, (uint8_t)log2_interval(client->interval_s));
    for (unsigned i = 0; i <= unused; i++) {
        bytes_write_u8(&x->out, INTERVAL_NONE); /* the last one: while it is limited */
    }
    chrony_field_pad(&x->out, 2 - unused);
    bytes_write_u32(&x->out, seconds_ago(x, client->last));
    for (unsigned i = 0; i < unused; i++) {
        bytes_write_u32(&x->out, CHRONY_NEVER);
    }
}

/* Records from number `index` on; the order of the table is that of no particular thing. */
static enum chrony_status list_clients(struct chronyc_exchange *x, size_t index, uint32_t wanted,
                                       uint32_t least)
{
    const struct clients *table = x->report->input.clients;
    size_t room = table ? clients_room(table) : 0, looked = 0;
    struct bytes_writer head = x->out;
    struct client client;
    uint32_t count = 0;

    if (room == 0) {
        return CHRONY_INACTIVE;
    }
    wanted = wanted < CLIENTS_OF_REPLY ? wanted : CLIENTS_OF_REPLY;
    chrony_field_pad(&x->out, 12);
    for (; index < room && count < wanted && looked < CLIENTS_LOOKED_AT; index++, looked++) {
        if (clients_get(table, index, &client) && client.requests >= least) {
            put_client(x, &client);
            count++;
        }
    }
    bytes_write_u32(&head, (uint32_t)room);
    bytes_write_u32(&head, (uint32_t)index);
    bytes_write_u32(&head, count);
    chrony_field_pad(&x->out,
                     chrony_packet_reply_length(x->reply) - CHRONY_REPLY_HEADER - x->out.at);
    return CHRONY_SUCCESS;
}

/* Counters are not set back: the last word of the request is not read. */
enum chrony_status chronyc_report_clients(struct chronyc_exchange *x)
{
    uint32_t first = bytes_read_u32(&x->body), wanted = bytes_read_u32(&x->body);

    x->reply = CHRONY_REPLY_CLIENT_ACCESSES;
    return list_clients(x, first, wanted, bytes_read_u32(&x->body));
}

enum chrony_status chronyc_report_clients_old(struct chronyc_exchange *x)
{
    uint32_t first = bytes_read_u32(&x->body);

    x->reply = CHRONY_REPLY_CLIENT_ACCESSES_OLD;
    return list_clients(x, first, bytes_read_u32(&x->body), 0);
}

/* ---- what toki has not ---- */

/* No time was typed in: an empty list. */
enum chrony_status chronyc_report_manual(struct chronyc_exchange *x)
{
    x->reply = CHRONY_REPLY_MANUAL_LIST;
    chrony_field_pad(&x->out, chrony_packet_reply_length(x->reply) - CHRONY_REPLY_HEADER);
    return CHRONY_SUCCESS;
}

enum chrony_status chronyc_report_smoothing(struct chronyc_exchange *x)
{
    (void)x;
    return CHRONY_NOT_ENABLED;
}

enum chrony_status chronyc_report_rtc(struct chronyc_exchange *x)
{
    (void)x;
    return CHRONY_NO_RTC;
}

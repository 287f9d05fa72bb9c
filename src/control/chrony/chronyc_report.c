/* SPDX-License-Identifier: BSD-2-Clause */
/* Tracking, activity, server counters, access checks and clients, as chronyc asks for them. */
#include "control/chrony/chronyc_report.h"

#include <math.h>

#include "core/packet.h"
#include "wire/chrony_words.h"

#define PPM 1e6
/* Of a clock that is not synchronised: as chronyd says it. */
#define UNSYNCHRONISED_ROOT_S 1.0

/* ---- tracking ---- */

/* What the selected source says of our frequency, beyond what is corrected: positive, fast. */
static double residual_frequency(struct report *report)
{
    int selected = report->clock.selected;

    if (selected < 0) {
        return 0;
    }
    report_fill_source(report, (unsigned)selected);
    return report->clock.drift - report->sources[selected].frequency;
}

enum chrony_status chronyc_report_tracking(struct chronyc_exchange *x)
{
    const struct report_clock *clock = &x->report->clock;
    bool synchronised = clock->leap != LEAP_UNSYNCHRONISED;
    bool follows = synchronised && !clock->local; /* sources, not our own clock */

    x->reply = CHRONY_REPLY_TRACKING;
    x->out.tracking = (struct chrony_tracking){
        .refid = synchronised ? clock->refid_number : 0,
        .stratum = synchronised ? clock->stratum : 0,
        .leap = clock->leap,
        .reference_time = synchronised ? clock->reference_time : (struct wall_time){0},
        .correction_s = clock->offset_s,
        .last_offset_s = -clock->corrections.last_s,
        .rms_offset_s = sqrt(clock->corrections.mean_s2),
        .frequency_ppm = -clock->drift * PPM,
        .residual_ppm = follows ? residual_frequency(x->report) * PPM : 0,
        .skew_ppm = follows ? CHRONY_SKEW_DEVIATIONS * clock->drift_sd * PPM : 0,
        .root_delay_s = synchronised ? clock->root_delay_s : UNSYNCHRONISED_ROOT_S,
        .root_dispersion_s = synchronised ? clock->root_dispersion_s : UNSYNCHRONISED_ROOT_S,
        .interval_s = clock->corrections.interval_s};
    if (follows && clock->selected >= 0) {
        x->out.tracking.host = chrony_field_host(&x->report->sources[clock->selected].remote);
    }
    return CHRONY_SUCCESS;
}

/* ---- activity ---- */

enum chrony_status chronyc_report_activity(struct chronyc_exchange *x)
{
    const struct report *report = x->report;
    struct chrony_activity *activity = &x->out.activity; /* no burst while offline */

    for (unsigned i = 0; i < report->source_count; i++) {
        const struct report_source *s = &report->sources[i];

        if (s->kind == SOURCE_REFCLOCK) {
            continue;
        }
        if (s->remote.family == ADDRESS_NONE) {
            activity->unresolved++;
        } else if (s->spec->offline) {
            activity->offline++;
        } else if (s->bursting) {
            activity->burst_online++;
        } else {
            activity->online++;
        }
    }
    x->reply = CHRONY_REPLY_ACTIVITY;
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

/* What is not counted is 0: key exchanges, drops of the log, interleaved requests, kept timestamps
 * and their span, stamps of network cards. */
enum chrony_status chronyc_report_server(struct chronyc_exchange *x)
{
    static const enum chrony_reply kinds[] = {
        CHRONY_REPLY_SERVER_STATS4, CHRONY_REPLY_SERVER_STATS3, CHRONY_REPLY_SERVER_STATS2,
        CHRONY_REPLY_SERVER_STATS};
    const struct report_server *server = &x->report->input.server;

    x->out.server_stats = (struct chrony_server_stats){
        .ntp_received = server->received,
        .command_received = x->requests,
        .ntp_dropped = count_drops(server),
        .command_dropped = x->refused,
        .ntp_authenticated = server->authenticated,
        .daemon_received = server->received - server->kernel_stamps,
        .daemon_sent = server->answered, /* a reply says when the daemon sent it */
        .kernel_received = server->kernel_stamps};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        x->reply = kinds[i];
        if (x->length >= chrony_reply_length(kinds[i])) {
            break;
        }
    }
    return CHRONY_SUCCESS;
}

/* ---- access ---- */

static enum chrony_status check_access(struct chronyc_exchange *x, bool command)
{
    const struct config *config = x->report->input.config;
    const struct chrony_host *host = &x->request->host;

    if (host->family != CHRONY_FAMILY_V4 && host->family != CHRONY_FAMILY_V6) {
        return CHRONY_INVALID_FAMILY;
    }
    return config && acl_allows(command ? &config->command_access : &config->access, &host->address)
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

/* There are no key exchanges, and commands are not counted by client. */
static struct chrony_client describe_client(struct chronyc_exchange *x, const struct client *client)
{
    return (struct chrony_client){.host = chrony_field_host(&client->address),
                                  .ntp = client->requests,
                                  .ntp_dropped = (uint64_t)client->limited + client->refused,
                                  .ntp_interval = log2_interval(client->interval_s),
                                  .nke_interval = INTERVAL_NONE,
                                  .command_interval = INTERVAL_NONE,
                                  .limited_interval = INTERVAL_NONE,
                                  .ntp_last_s = seconds_ago(x, client->last),
                                  .nke_last_s = CHRONY_NEVER,
                                  .command_last_s = CHRONY_NEVER};
}

/* Records from number `first` on, in the order of the table. Counters are not reset. */
enum chrony_status chronyc_report_clients(struct chronyc_exchange *x)
{
    const struct clients *table = x->report->input.clients;
    const struct chrony_list *wanted = &x->request->list;
    struct chrony_clients *out = &x->out.clients;
    size_t room = table ? clients_room(table) : 0, index = wanted->first, looked = 0;
    struct client client;

    if (room == 0) {
        return CHRONY_INACTIVE;
    }
    for (; index < room && out->count < wanted->count && out->count < CHRONY_CLIENTS_MAX &&
           looked < CLIENTS_LOOKED_AT;
         index++, looked++) {
        if (clients_get(table, index, &client) && client.requests >= wanted->least_packets) {
            out->clients[out->count++] = describe_client(x, &client);
        }
    }
    out->indices = (uint32_t)room;
    out->next = (uint32_t)index;
    x->reply = CHRONY_REPLY_CLIENT_ACCESSES;
    return CHRONY_SUCCESS;
}

enum chrony_status chronyc_report_clients_old(struct chronyc_exchange *x)
{
    enum chrony_status status = chronyc_report_clients(x);

    x->reply = CHRONY_REPLY_CLIENT_ACCESSES_OLD;
    return status;
}

/* No time was typed in: an empty list. */
enum chrony_status chronyc_report_manual(struct chronyc_exchange *x)
{
    x->reply = CHRONY_REPLY_MANUAL_LIST;
    return CHRONY_SUCCESS;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Variables of an association and of a reference clock, and the status words that clients make the
 * tally of. Clients know pitfalls: poll exponents below 0, a reach that is not hexadecimal, a `rec`
 * before `reftime`. A reference clock goes by an address that no host has, 127.127.TYPE.UNIT. */
#include <math.h>
#include <stdio.h>

#include "control/mode6/mode6_variables.h"

#define MS 1e3
/* What a sample that is not there is wrong by, s (RFC 5905: MAXDISP). */
#define DISPERSION_MAX_S 16.0

uint16_t mode6_association(const struct report_source *source)
{
    return (uint16_t)(source->slot + 1);
}

static struct ntp_words_source words_of(const struct report_source *r)
{
    return (struct ntp_words_source){.status = r->status,
                                     .key = r->key,
                                     .heard = r->heard,
                                     .last_verdict = r->last_verdict,
                                     .reach = r->reach};
}

uint16_t mode6_source_status(const struct mode6_scope *scope, const struct report_source *source)
{
    const struct mode6_events *e = &scope->mode6->source_events[source->slot];
    struct ntp_words_source words = words_of(source);

    return ntp_words_source_status(&words, e->count, e->code);
}

uint16_t mode6_clock_status(const struct report_source *source)
{
    return (uint16_t)(source->reach != 0 ? NTP_WORDS_CLOCK_OK : NTP_WORDS_CLOCK_SILENT);
}

/* ---- what each has ---- */

void mode6_put_refid(struct mode6_list *list, enum mode6_when when, uint32_t refid, uint8_t stratum)
{
    char text[REPORT_REFID_MAX];

    if (stratum >= STRATUM_UNSYNCHRONISED) {
        mode6_put_word(list, when, "refid", "INIT");
    } else {
        mode6_put_word(list, when, "refid", report_refid(refid, stratum, text));
    }
}

static void format_srcadr(const struct report_source *r, char text[ADDRESS_TEXT_MAX])
{
    if (r->kind == SOURCE_REFCLOCK) {
        snprintf(text, ADDRESS_TEXT_MAX, "127.127.%u.%u", NTP_WORDS_TYPE_SHM,
                 r->spec->refclock_unit & 0xff);
    } else {
        snprintf(text, ADDRESS_TEXT_MAX, "%s", r->address[0] ? r->address : "0.0.0.0");
    }
}

/* Of ours that the last request left from. */
static void format_dstadr(const struct report_source *r, char text[ADDRESS_TEXT_MAX])
{
    if (r->kind == SOURCE_REFCLOCK) {
        snprintf(text, ADDRESS_TEXT_MAX, "127.0.0.1");
    } else if (r->local.family != ADDRESS_NONE) {
        address_format(&r->local, text);
    } else {
        snprintf(text, ADDRESS_TEXT_MAX, "%s", r->remote.family == ADDRESS_V6 ? "::" : "0.0.0.0");
    }
}

static void put_addresses(struct mode6_list *list, const struct report_source *r)
{
    bool clock = r->kind == SOURCE_REFCLOCK;
    struct address numeric;
    char text[ADDRESS_TEXT_MAX];

    format_srcadr(r, text);
    mode6_put_word(list, MODE6_DEFAULT, "srcadr", text);
    mode6_put_integer(list, MODE6_DEFAULT, "srcport", r->port);
    if (clock) {
        snprintf(text, sizeof text, "%s(%u)", ntp_words_driver(NTP_WORDS_TYPE_SHM),
                 r->spec->refclock_unit);
        mode6_put_string(list, MODE6_DEFAULT, "srchost", text);
    } else {
        /* clients prefer a name to the address even under -n: only where there is one */
        mode6_put_string(list, address_parse(r->name, &numeric) ? MODE6_BY_NAME : MODE6_DEFAULT,
                         "srchost", r->name);
    }
}

/* Mono instants as timestamps of now's clock; 0: never. */
static uint64_t timestamp_of(const struct mode6_scope *scope, struct mono_time at)
{
    const struct instant *now = &scope->report->input.now;

    return ntp_from_wall(
        (struct wall_time){ns_subtract(now->wall.ns, ns_subtract(now->mono.ns, at.ns))});
}

static int at_least_0(int exponent)
{
    return exponent > 0 ? exponent : 0;
}

static void put_packet(struct mode6_list *list, const struct mode6_scope *scope,
                       const struct report_source *r)
{
    bool clock = r->kind == SOURCE_REFCLOCK;
    bool known = r->heard || clock;
    uint8_t stratum = known ? r->stratum : STRATUM_UNSYNCHRONISED;
    int poll = at_least_0(r->poll);

    mode6_put_integer(list, MODE6_DEFAULT, "leap", known ? r->leap & 3 : LEAP_UNSYNCHRONISED);
    mode6_put_integer(list, MODE6_DEFAULT, "stratum", stratum);
    mode6_put_integer(list, MODE6_DEFAULT, "precision", r->precision);
    mode6_put_decimal(list, MODE6_DEFAULT, "rootdelay", r->root_delay_s * MS, 3);
    mode6_put_decimal(list, MODE6_DEFAULT, "rootdisp", r->root_dispersion_s * MS, 3);
    if (!known && r->kiss[0]) {
        mode6_put_word(list, MODE6_DEFAULT, "refid", r->kiss);
    } else {
        mode6_put_refid(list, MODE6_DEFAULT, clock ? r->spec->refclock_refid : r->refid_number,
                        stratum);
    }
    mode6_put_time(list, MODE6_DEFAULT, "reftime",
                   r->reference_time.ns > 0 ? ntp_from_wall(r->reference_time) : 0);
    mode6_put_time(list, MODE6_DEFAULT, "rec", r->heard ? timestamp_of(scope, r->heard_at) : 0);
    mode6_put_hex(list, MODE6_DEFAULT, "reach", r->reach);
    mode6_put_integer(list, MODE6_DEFAULT, "hmode", MODE_CLIENT);
    mode6_put_integer(list, MODE6_DEFAULT, "pmode", r->heard ? MODE_SERVER : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "hpoll", poll);
    /* what replies say is our own poll, which our requests do not tell */
    mode6_put_integer(list, MODE6_DEFAULT, "ppoll",
                      r->heard && r->server_poll > poll ? r->server_poll : poll);
}

static void put_filter(struct mode6_list *list, const struct report_source *r)
{
    double delays[REPORT_SAMPLES] = {0}, offsets[REPORT_SAMPLES] = {0};
    double dispersions[REPORT_SAMPLES];

    for (unsigned i = 0; i < REPORT_SAMPLES; i++) {
        dispersions[i] = DISPERSION_MAX_S * MS;
        if (i < r->newest_count) {
            delays[i] = r->newest[i].delay_s * MS;
            offsets[i] = r->newest[i].offset_s * MS;
            dispersions[i] = r->newest[i].dispersion_s * MS;
        }
    }
    mode6_put_eight(list, MODE6_DEFAULT, "filtdelay", delays);
    mode6_put_eight(list, MODE6_DEFAULT, "filtoffset", offsets);
    mode6_put_eight(list, MODE6_DEFAULT, "filtdisp", dispersions);
}

static void put_estimate(struct mode6_list *list, const struct report_source *r)
{
    double dispersion_s = r->newest_count > 0 ? r->newest[0].dispersion_s : DISPERSION_MAX_S;
    struct ntp_words_source words = words_of(r);

    mode6_put_decimal(list, MODE6_DEFAULT, "offset", r->offset_s * MS, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "delay", r->delay_s * MS, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "jitter", r->jitter_s * MS, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "dispersion", dispersion_s * MS, 6);
    mode6_put_hex(list, MODE6_DEFAULT, "flash", ntp_words_flash(&words));
}

/* What no billboard needs: who gets one datagram only may lose it. */
static void put_details(struct mode6_list *list, const struct report_source *r)
{
    char text[ADDRESS_TEXT_MAX];

    format_dstadr(r, text);
    mode6_put_word(list, MODE6_DEFAULT, "dstadr", text);
    mode6_put_integer(list, MODE6_DEFAULT, "dstport", r->local.port);
    mode6_put_integer(list, MODE6_DEFAULT, "unreach", r->missed);
    mode6_put_integer(list, MODE6_DEFAULT, "keyid", r->key);
    mode6_put_time(list, MODE6_DEFAULT, "xmt", r->asked_at.ns > 0 ? ntp_from_wall(r->asked_at) : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "out", r->sent);
    mode6_put_integer(list, MODE6_DEFAULT, "in", r->received);
    mode6_put_integer(list, MODE6_DEFAULT, "headway", 0);
    mode6_put_integer(list, MODE6_DEFAULT, "ttl", 0);
    mode6_put_decimal(list, MODE6_DEFAULT, "xleave", 0, 3);
    mode6_put_decimal(list, MODE6_DEFAULT, "bias", r->spec->offset_correction_s * MS, 3);
    put_filter(list, r);
}

static int64_t seconds_since(const struct mode6_scope *scope, struct mono_time then)
{
    int64_t ns = ns_subtract(scope->report->input.now.mono.ns, then.ns);

    return ns > 0 ? ns / NS_PER_S : 0;
}

static void put_statistics(struct mode6_list *list, const struct mode6_scope *scope,
                           const struct report_source *r)
{
    const struct mode6_events *e = &scope->mode6->source_events[r->slot];
    struct ntp_words_source words = words_of(r);
    struct mono_time reach_at = e->reach_at.ns != 0 ? e->reach_at : scope->mode6->started;
    int64_t due_s = ns_subtract(r->next.ns, scope->report->input.now.mono.ns) / NS_PER_S;

    mode6_put_integer(list, MODE6_BY_NAME, "config", 1);
    mode6_put_integer(list, MODE6_BY_NAME, "authenable", r->key != 0);
    mode6_put_integer(list, MODE6_BY_NAME, "authentic", ntp_words_is_authentic(&words));
    mode6_put_integer(list, MODE6_BY_NAME, "mode", r->spec->refclock_mode);
    mode6_put_integer(list, MODE6_BY_NAME, "ntscookies", -1);
    mode6_put_integer(list, MODE6_BY_NAME, "timer", due_s > 0 ? due_s : 0);
    mode6_put_integer(list, MODE6_BY_NAME, "received", r->received);
    mode6_put_integer(list, MODE6_BY_NAME, "sent", r->sent);
    mode6_put_integer(list, MODE6_BY_NAME, "timerec",
                      seconds_since(scope, r->heard ? r->heard_at : scope->mode6->started));
    mode6_put_integer(list, MODE6_BY_NAME, "timereach", seconds_since(scope, reach_at));
    mode6_put_integer(list, MODE6_BY_NAME, "badauth", r->verdicts[REPLY_AUTH]);
    mode6_put_integer(list, MODE6_BY_NAME, "bogusorg", r->verdicts[REPLY_ORIGIN]);
    mode6_put_integer(list, MODE6_BY_NAME, "oldpkt", r->verdicts[REPLY_UNEXPECTED]);
    mode6_put_integer(list, MODE6_BY_NAME, "seldisp", r->verdicts[REPLY_DISTANCE]);
    mode6_put_integer(list, MODE6_BY_NAME, "selbroken",
                      (int64_t)r->verdicts[REPLY_MALFORMED] + r->verdicts[REPLY_TURNAROUND]);
    mode6_put_integer(list, MODE6_BY_NAME, "candidate", ntp_words_selection(r->status));
}

void mode6_list_source(struct mode6_list *list, const struct mode6_scope *scope,
                       const struct report_source *source)
{
    put_addresses(list, source);
    put_packet(list, scope, source);
    put_estimate(list, source);
    put_details(list, source);
    put_statistics(list, scope, source);
}

void mode6_list_clock(struct mode6_list *list, const struct report_source *r)
{
    char device[64];

    snprintf(device, sizeof device, "shared memory segment %u", r->spec->refclock_unit);
    mode6_put_string(list, MODE6_DEFAULT, "device", device);
    mode6_put_string(list, MODE6_DEFAULT, "name", ntp_words_driver(NTP_WORDS_TYPE_SHM));
    mode6_put_integer(list, MODE6_BY_NAME, "type", NTP_WORDS_TYPE_SHM);
    mode6_put_string(list, MODE6_DEFAULT, "timecode", "");
    mode6_put_integer(list, MODE6_DEFAULT, "poll", (int64_t)r->received + r->missed);
    mode6_put_integer(list, MODE6_DEFAULT, "noreply", r->missed);
    mode6_put_integer(list, MODE6_DEFAULT, "badformat", r->verdicts[REPLY_MALFORMED]);
    mode6_put_integer(list, MODE6_DEFAULT, "baddata", r->verdicts[REPLY_UNSYNCHRONISED]);
    mode6_put_decimal(list, MODE6_DEFAULT, "fudgetime1", r->spec->offset_correction_s * MS, 3);
    mode6_put_decimal(list, MODE6_DEFAULT, "fudgetime2", 0, 3);
    mode6_put_integer(list, MODE6_DEFAULT, "stratum", r->spec->refclock_stratum);
    mode6_put_refid(list, MODE6_DEFAULT, r->spec->refclock_refid, 0);
    mode6_put_integer(list, MODE6_DEFAULT, "flags", 0);
}

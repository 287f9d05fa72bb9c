/* SPDX-License-Identifier: BSD-2-Clause */
/* Variables of an association and of a reference clock, and the status words that clients make the
 * tally of. Clients know pitfalls: poll exponents below 0, a reach that is not hexadecimal, a `rec`
 * before `reftime`. A reference clock goes by an address that no host has, 127.127.TYPE.UNIT. */
#include <math.h>
#include <stdio.h>

#include "control/mode6/mode6_variables.h"

#define MS 1e3
#define HMODE_CLIENT 3
#define PMODE_SERVER 4
/* Types of reference clocks: 28 is shared memory. */
#define TYPE_SHM 28
/* What a sample that is not there is wrong by, s (RFC 5905: MAXDISP). */
#define DISPERSION_MAX_S 16.0
#define DISPERSION_RATE 15e-6

/* Flags of a peer's status, beside its selection. */
#define STATUS_CONFIGURED 0x80
#define STATUS_KEY 0x40
#define STATUS_AUTHENTIC 0x20
#define STATUS_REACHABLE 0x10

enum selection_code {
    SELECTION_REJECT,
    SELECTION_FALSETICKER,
    SELECTION_EXCESS,
    SELECTION_OUTLYING,
    SELECTION_CANDIDATE,
    SELECTION_BACKUP,
    SELECTION_SYSTEM_PEER
};

static const struct source *engine_source(const struct mode6_scope *s,
                                          const struct report_source *source)
{
    return &s->report->input.engine->sources[source->slot];
}

uint16_t mode6_association(const struct report_source *source)
{
    return (uint16_t)(source->slot + 1);
}

const struct report_source *mode6_find_source(const struct report *report, uint16_t association)
{
    for (unsigned i = 0; i < report->source_count; i++) {
        if (mode6_association(&report->sources[i]) == association) {
            return &report->sources[i];
        }
    }
    return NULL;
}

static unsigned selection_code(enum source_status status)
{
    static const uint8_t codes[SOURCE_STATUSES] = {[SOURCE_SELECTED] = SELECTION_SYSTEM_PEER,
                                                   [SOURCE_COMBINED] = SELECTION_CANDIDATE,
                                                   [SOURCE_OUTLYING] = SELECTION_OUTLYING,
                                                   [SOURCE_FALSETICKER] = SELECTION_FALSETICKER};

    return status < SOURCE_STATUSES ? codes[status] : SELECTION_REJECT;
}

/* The last reply that came had a right MAC: others are not even counted as answers. */
static bool is_authentic(const struct source *s)
{
    return s->config.key_id != 0 && s->heard && s->last_verdict != REPLY_AUTH;
}

uint16_t mode6_source_status(const struct mode6_scope *scope, const struct report_source *source)
{
    const struct source *s = engine_source(scope, source);
    const struct mode6_events *e = &scope->mode6->source_events[source->slot];
    unsigned flags = STATUS_CONFIGURED | (s->config.key_id != 0 ? STATUS_KEY : 0) |
                     (is_authentic(s) ? STATUS_AUTHENTIC : 0) |
                     (source->reach != 0 ? STATUS_REACHABLE : 0);

    return (uint16_t)((flags | selection_code(source->status)) << 8 | (e->count & 15) << 4 |
                      (e->code & 15));
}

uint16_t mode6_clock_status(const struct report_source *source)
{
    return source->reach != 0 ? 0 : 1; /* ok, or no reply */
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

static void format_srcadr(const struct report_source *r, const struct source *s,
                          char text[ADDRESS_TEXT_MAX])
{
    if (r->kind == SOURCE_REFCLOCK) {
        snprintf(text, ADDRESS_TEXT_MAX, "127.127.%d.%u", TYPE_SHM, s->config.refclock_unit & 0xff);
    } else {
        snprintf(text, ADDRESS_TEXT_MAX, "%s", r->address[0] ? r->address : "0.0.0.0");
    }
}

/* Of ours that the last request left from. */
static void format_dstadr(const struct report_source *r, const struct source *s,
                          char text[ADDRESS_TEXT_MAX])
{
    if (r->kind == SOURCE_REFCLOCK) {
        snprintf(text, ADDRESS_TEXT_MAX, "127.0.0.1");
    } else if (s->local.family != ADDRESS_NONE) {
        address_format(&s->local, text);
    } else {
        snprintf(text, ADDRESS_TEXT_MAX, "%s", s->address.family == ADDRESS_V6 ? "::" : "0.0.0.0");
    }
}

static void put_addresses(struct mode6_list *list, const struct report_source *r,
                          const struct source *s)
{
    bool clock = r->kind == SOURCE_REFCLOCK;
    struct address numeric;
    char text[ADDRESS_TEXT_MAX];

    format_srcadr(r, s, text);
    mode6_put_word(list, MODE6_DEFAULT, "srcadr", text);
    mode6_put_integer(list, MODE6_DEFAULT, "srcport", r->port);
    if (clock) {
        snprintf(text, sizeof text, "SHM(%u)", s->config.refclock_unit);
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

/* The letters of a kiss, as a number. */
static uint32_t refid_of(const struct report_source *r, const struct source *s)
{
    return !r->heard && s->kiss != 0 ? s->kiss : s->refid;
}

static void put_packet(struct mode6_list *list, const struct mode6_scope *scope,
                       const struct report_source *r, const struct source *s)
{
    bool clock = r->kind == SOURCE_REFCLOCK;
    bool known = r->heard || clock;
    uint8_t stratum = known ? r->stratum : STRATUM_UNSYNCHRONISED;
    int poll = at_least_0(r->poll);

    mode6_put_integer(list, MODE6_DEFAULT, "leap", known ? r->leap & 3 : LEAP_UNSYNCHRONISED);
    mode6_put_integer(list, MODE6_DEFAULT, "stratum", stratum);
    mode6_put_integer(list, MODE6_DEFAULT, "precision", s->precision);
    mode6_put_decimal(list, MODE6_DEFAULT, "rootdelay", r->root_delay_s * MS, 3);
    mode6_put_decimal(list, MODE6_DEFAULT, "rootdisp", r->root_dispersion_s * MS, 3);
    if (!known && s->kiss != 0) {
        mode6_put_word(list, MODE6_DEFAULT, "refid", r->kiss);
    } else {
        mode6_put_refid(list, MODE6_DEFAULT, clock ? s->config.refclock_refid : refid_of(r, s),
                        stratum);
    }
    mode6_put_time(list, MODE6_DEFAULT, "reftime",
                   s->reference_time.ns > 0 ? ntp_from_wall(s->reference_time) : 0);
    mode6_put_time(list, MODE6_DEFAULT, "rec", r->heard ? timestamp_of(scope, s->heard_at) : 0);
    mode6_put_hex(list, MODE6_DEFAULT, "reach", r->reach);
    mode6_put_integer(list, MODE6_DEFAULT, "hmode", HMODE_CLIENT);
    mode6_put_integer(list, MODE6_DEFAULT, "pmode", r->heard ? PMODE_SERVER : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "hpoll", poll);
    /* what replies say is our own poll, which our requests do not tell */
    mode6_put_integer(list, MODE6_DEFAULT, "ppoll",
                      r->heard && s->server_poll > poll ? s->server_poll : poll);
}

/* The failed tests of the last packet and of the source, as RFC 5905 numbers them from bit 0. */
static uint32_t flash_of(const struct report_source *r, const struct source *s)
{
    static const uint16_t of_verdict[REPLY_VERDICTS] = {
        [REPLY_UNEXPECTED] = 0x1,      [REPLY_ORIGIN] = 0x2,     [REPLY_ZERO] = 0x4,
        [REPLY_RESTRICTED] = 0x8,      [REPLY_KISS_DENY] = 0x8,  [REPLY_AUTH] = 0x10,
        [REPLY_UNSYNCHRONISED] = 0x20, [REPLY_STRATUM] = 0x20,   [REPLY_DISTANCE] = 0x40,
        [REPLY_TURNAROUND] = 0x40,     [REPLY_MALFORMED] = 0x40, [REPLY_LOOP] = 0x800};
    static const uint16_t of_status[SOURCE_STATUSES] = {[SOURCE_SERVER_UNSYNCHRONISED] = 0x200,
                                                        [SOURCE_WRONG_STRATUM] = 0x200,
                                                        [SOURCE_TOO_DISTANT] = 0x400,
                                                        [SOURCE_TOO_JITTERY] = 0x400,
                                                        [SOURCE_LOOPED] = 0x800,
                                                        [SOURCE_UNRESOLVED] = 0x1600};
    uint32_t flash = s->last_verdict < REPLY_VERDICTS ? of_verdict[s->last_verdict] : 0;

    flash |= r->status < SOURCE_STATUSES ? of_status[r->status] : 0;
    return flash | (r->reach == 0 ? 0x1000 : 0) | (r->heard ? 0 : 0x600);
}

static double dispersion_s(const struct sample *sample, double age_s)
{
    return sample->dispersion_s + DISPERSION_RATE * (age_s > 0 ? age_s : 0);
}

static void put_filter(struct mode6_list *list, const struct mode6_scope *scope,
                       const struct source *s)
{
    const struct timeline *timeline = &scope->report->input.engine->timeline;
    struct mono_time now = scope->report->input.now.mono;
    struct free_time free = timeline_free(timeline, now);
    double drift = scope->report->input.engine->discipline.drift;
    double delays[8] = {0}, offsets[8] = {0}, dispersions[8];

    for (unsigned i = 0; i < 8; i++) {
        dispersions[i] = DISPERSION_MAX_S * MS;
        if (i < s->filter.count) {
            const struct sample *sample = filter_sample(&s->filter, i);
            double age_s = s_from_ns(ns_subtract(free.ns, sample->at.ns));

            delays[i] = sample->delay_s * MS;
            /* what it says of the clock now: the oscillator went on since, and was corrected */
            offsets[i] =
                timeline_clock_offset(timeline, now, sample->offset_s + age_s * drift) * MS;
            dispersions[i] = dispersion_s(sample, age_s) * MS;
        }
    }
    mode6_put_eight(list, MODE6_DEFAULT, "filtdelay", delays);
    mode6_put_eight(list, MODE6_DEFAULT, "filtoffset", offsets);
    mode6_put_eight(list, MODE6_DEFAULT, "filtdisp", dispersions);
}

static void put_estimate(struct mode6_list *list, const struct report_source *r,
                         const struct source *s)
{
    double dispersion =
        r->samples > 0 ? dispersion_s(&s->last, r->last_sample_age_s) : DISPERSION_MAX_S;

    mode6_put_decimal(list, MODE6_DEFAULT, "offset", r->offset_s * MS, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "delay", r->delay_s * MS, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "jitter", r->jitter_s * MS, 6);
    mode6_put_decimal(list, MODE6_DEFAULT, "dispersion", dispersion * MS, 6);
    mode6_put_hex(list, MODE6_DEFAULT, "flash", flash_of(r, s));
}

/* What no billboard needs: who gets one datagram only may lose it. */
static void put_details(struct mode6_list *list, const struct mode6_scope *scope,
                        const struct report_source *r, const struct source *s)
{
    char text[ADDRESS_TEXT_MAX];

    format_dstadr(r, s, text);
    mode6_put_word(list, MODE6_DEFAULT, "dstadr", text);
    mode6_put_integer(list, MODE6_DEFAULT, "dstport", s->local.port);
    mode6_put_integer(list, MODE6_DEFAULT, "unreach", r->missed);
    mode6_put_integer(list, MODE6_DEFAULT, "keyid", s->config.key_id);
    mode6_put_time(list, MODE6_DEFAULT, "xmt",
                   s->request.sent.ns > 0 ? ntp_from_wall(s->request.sent) : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "out", s->sent);
    mode6_put_integer(list, MODE6_DEFAULT, "in", s->received);
    mode6_put_integer(list, MODE6_DEFAULT, "headway", 0);
    mode6_put_integer(list, MODE6_DEFAULT, "ttl", 0);
    mode6_put_decimal(list, MODE6_DEFAULT, "xleave", 0, 3);
    mode6_put_decimal(list, MODE6_DEFAULT, "bias", s->config.offset_correction_s * MS, 3);
    put_filter(list, scope, s);
}

static int64_t seconds_since(const struct mode6_scope *scope, struct mono_time then)
{
    int64_t ns = ns_subtract(scope->report->input.now.mono.ns, then.ns);

    return ns > 0 ? ns / NS_PER_S : 0;
}

static void put_statistics(struct mode6_list *list, const struct mode6_scope *scope,
                           const struct report_source *r, const struct source *s)
{
    const struct mode6_events *e = &scope->mode6->source_events[r->slot];
    struct mono_time reach_at = e->reach_at.ns != 0 ? e->reach_at : scope->mode6->started;
    int64_t due_s = ns_subtract(s->next.ns, scope->report->input.now.mono.ns) / NS_PER_S;

    mode6_put_integer(list, MODE6_BY_NAME, "config", 1);
    mode6_put_integer(list, MODE6_BY_NAME, "authenable", s->config.key_id != 0);
    mode6_put_integer(list, MODE6_BY_NAME, "authentic", is_authentic(s));
    mode6_put_integer(list, MODE6_BY_NAME, "mode", s->config.refclock_mode);
    mode6_put_integer(list, MODE6_BY_NAME, "ntscookies", -1);
    mode6_put_integer(list, MODE6_BY_NAME, "timer", due_s > 0 ? due_s : 0);
    mode6_put_integer(list, MODE6_BY_NAME, "received", s->received);
    mode6_put_integer(list, MODE6_BY_NAME, "sent", s->sent);
    mode6_put_integer(list, MODE6_BY_NAME, "timerec",
                      seconds_since(scope, r->heard ? s->heard_at : scope->mode6->started));
    mode6_put_integer(list, MODE6_BY_NAME, "timereach", seconds_since(scope, reach_at));
    mode6_put_integer(list, MODE6_BY_NAME, "badauth", s->verdicts[REPLY_AUTH]);
    mode6_put_integer(list, MODE6_BY_NAME, "bogusorg", s->verdicts[REPLY_ORIGIN]);
    mode6_put_integer(list, MODE6_BY_NAME, "oldpkt", s->verdicts[REPLY_UNEXPECTED]);
    mode6_put_integer(list, MODE6_BY_NAME, "seldisp", s->verdicts[REPLY_DISTANCE]);
    mode6_put_integer(list, MODE6_BY_NAME, "selbroken",
                      (int64_t)s->verdicts[REPLY_MALFORMED] + s->verdicts[REPLY_TURNAROUND]);
    mode6_put_integer(list, MODE6_BY_NAME, "candidate", selection_code(r->status));
}

void mode6_list_source(struct mode6_list *list, const struct mode6_scope *scope,
                       const struct report_source *source)
{
    const struct source *s = engine_source(scope, source);

    put_addresses(list, source, s);
    put_packet(list, scope, source, s);
    put_estimate(list, source, s);
    put_details(list, scope, source, s);
    put_statistics(list, scope, source, s);
}

void mode6_list_clock(struct mode6_list *list, const struct mode6_scope *scope,
                      const struct report_source *source)
{
    const struct source *s = engine_source(scope, source);
    char device[64];

    snprintf(device, sizeof device, "shared memory segment %u", s->config.refclock_unit);
    mode6_put_string(list, MODE6_DEFAULT, "device", device);
    mode6_put_string(list, MODE6_DEFAULT, "name", "SHM");
    mode6_put_integer(list, MODE6_BY_NAME, "type", TYPE_SHM);
    mode6_put_string(list, MODE6_DEFAULT, "timecode", "");
    mode6_put_integer(list, MODE6_DEFAULT, "poll", (int64_t)s->received + s->missed);
    mode6_put_integer(list, MODE6_DEFAULT, "noreply", s->missed);
    mode6_put_integer(list, MODE6_DEFAULT, "badformat", s->verdicts[REPLY_MALFORMED]);
    mode6_put_integer(list, MODE6_DEFAULT, "baddata", s->verdicts[REPLY_UNSYNCHRONISED]);
    mode6_put_decimal(list, MODE6_DEFAULT, "fudgetime1", s->config.offset_correction_s * MS, 3);
    mode6_put_decimal(list, MODE6_DEFAULT, "fudgetime2", 0, 3);
    mode6_put_integer(list, MODE6_DEFAULT, "stratum", s->config.refclock_stratum);
    mode6_put_refid(list, MODE6_DEFAULT, s->config.refclock_refid, 0);
    mode6_put_integer(list, MODE6_DEFAULT, "flags", 0);
}

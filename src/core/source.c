/* SPDX-License-Identifier: BSD-2-Clause */
/* One association: schedule of its requests, tests of its answers (RFC 5905 section 9.2), and what
 * they measured. Called by the engine alone. */
#include "core/source.h"

#include <math.h>
#include <string.h>

#include "core/poll.h"
#include "core/stats.h"

#define SOURCE_DELAYS_NEEDED 4  /* before a delay can be called unusual */
#define SOURCE_BURST_REQUESTS 8 /* at most, at the start */
#define SOURCE_BURST_ANSWERS 4  /* enough to begin with */
#define SOURCE_BURST_INTERVAL_S 2.0
#define SOURCE_EASE_S 4.0        /* first interval after a burst */
#define SOURCE_TIMEOUT_MAX_S 4.0 /* a reply later than that is not worth a clock */
#define SOURCE_TIMEOUT_MIN_S 1.0
#define SOURCE_TURNAROUND_MAX_S 4.0
/* Servers put noise below their precision into both stamps: a quick one may seem to answer before
 * it was asked. */
#define SOURCE_FUZZ_MAX_S 1e-5
#define SOURCE_FUZZ_MIN_S 1e-6     /* and the stamps of network cards have errors of their own */
#define SOURCE_KERNEL_STAMP_S 1e-9 /* resolution */
#define SOURCE_DISTANCE_MAX_S 16.0 /* MAXDISP of RFC 5905: test 7 */
#define SOURCE_REFUSED_S 86400.0   /* wait after a DENY or RSTR kiss */
#define SOURCE_KISS_POLL_MAX 10
#define SOURCE_UNREACHABLE_POLL 8 /* a silent server is asked no more seldom: it may come back */
#define SOURCE_SCATTER 0.1        /* long intervals of our own choice: hosts that were started */
#define SOURCE_SCATTER_POLL 9     /*   together drift apart within hours, and none asks late */
#define SOURCE_ERROR_LASTS 2      /* requests without any answer that an error explains, too */
#define SOURCE_SPREAD 0.02        /* part of the interval that is random: no two hosts in step */
#define SOURCE_HALF_ERA_NS ((INT64_C(1) << 31) * NS_PER_S)
/* A measurement ages by what its filter knows of the wander, and by this: RFC 5905's 15e-6 would
 * hide liars at long intervals. */
#define SOURCE_AGEING 1e-6

/* Never before: no wait follows from it. */
#define SOURCE_NEVER ((struct mono_time){INT64_MIN / 2})

void source_init(struct source *s, uint16_t spec, const struct source_spec *config,
                 const struct address *address, struct mono_time first, double rate, double rate_sd)
{
    uint16_t serial = s->request.serial;

    memset(s, 0, sizeof *s);
    s->request.serial = serial; /* late news of the slot's former source must not match */
    s->request.sent_mono = s->burst_begun = SOURCE_NEVER;
    s->poll_floor = POLL_MIN;
    s->spec = spec;
    s->config = *config;
    s->address = *address;
    s->address.port = config->port;
    s->status = address->family == ADDRESS_NONE ? SOURCE_UNRESOLVED : SOURCE_WAITING;
    if (config->kind == SOURCE_REFCLOCK) {
        s->status = SOURCE_WAITING;
    }
    s->lookup_next = first;
    source_restart(s, first, rate, rate_sd);
}

void source_burst(struct source *s, struct mono_time now, unsigned requests)
{
    struct mono_time again = mono_after(s->burst_begun, s_from_log2(s->config.minpoll));
    struct mono_time spaced = mono_after(s->request.sent_mono, SOURCE_BURST_INTERVAL_S);

    if (s->config.kind == SOURCE_REFCLOCK || s->refused || s->poll_floor > POLL_MIN ||
        now.ns < again.ns) {
        return;
    }
    s->burst_left = requests;
    s->burst_good = SOURCE_BURST_ANSWERS;
    s->ease_s = SOURCE_EASE_S;
    s->burst_begun = now;
    s->next = spaced.ns > now.ns ? spaced : now;
}

void source_restart(struct source *s, struct mono_time now, double rate, double rate_sd)
{
    int least = s->config.minpoll > s->poll_floor ? s->config.minpoll : s->poll_floor;
    struct mono_time allowed = mono_after(s->request.sent_mono, s_from_log2(least));

    filter_restart(&s->filter, rate, rate_sd);
    interleave_reset(&s->interleave);
    s->request.outstanding = s->amendable = false;
    s->poll = s->config.minpoll;
    s->poll_samples = 0;
    s->filter.known_base_s = s->config.min_delay_s;
    s->filter.has_known_slope = s->config.has_asymmetry;
    s->filter.known_slope = -s->config.asymmetry; /* queues on the way there show us as slow */
    s->delay_count = 0;
    s->suspect = false;
    s->burst_left = 0;
    if (!s->refused) {
        s->next = allowed.ns > now.ns ? allowed : now;
    }
    if (s->config.iburst) {
        source_burst(s, now, SOURCE_BURST_REQUESTS);
    }
}

static bool source_asks(const struct source *s)
{
    return s->status != SOURCE_UNUSED && s->config.kind != SOURCE_REFCLOCK && !s->config.offline &&
           s->address.family != ADDRESS_NONE;
}

bool source_due(const struct source *s, struct mono_time now)
{
    return source_asks(s) && !s->request.outstanding && now.ns >= s->next.ns;
}

/* Is a burst under way? It ends at the latest when its intervals have grown to the usual one. */
static bool source_bursts(const struct source *s)
{
    return s->burst_left > 0 && (s->burst_good > 0 || s->ease_s < s_from_log2(s->poll));
}

double source_spacing_s(const struct source *s)
{
    if (source_bursts(s)) {
        return s->burst_good > 0 ? SOURCE_BURST_INTERVAL_S : s->ease_s;
    }
    return s_from_log2(s->poll);
}

/* How long an answer is waited for. */
static double source_timeout_s(const struct source *s)
{
    return fmax(SOURCE_TIMEOUT_MIN_S, fmin(SOURCE_TIMEOUT_MAX_S, source_spacing_s(s)));
}

bool source_timed_out(const struct source *s, struct mono_time now)
{
    return s->request.outstanding &&
           now.ns >= mono_after(s->request.sent_mono, source_timeout_s(s)).ns;
}

struct mono_time source_deadline(const struct source *s)
{
    if (s->request.outstanding) {
        return mono_after(s->request.sent_mono, source_timeout_s(s));
    }
    return source_asks(s) || (s->status != SOURCE_UNUSED && s->config.kind == SOURCE_REFCLOCK)
               ? s->next
               : (struct mono_time){INT64_MAX};
}

/* Seconds to the next request. */
static double source_interval_s(const struct source *s, struct random *random)
{
    int least = s->config.minpoll > s->poll_floor ? s->config.minpoll : s->poll_floor;
    int poll = s->poll > least ? s->poll : least;

    if (source_bursts(s)) { /* several sources, or machines, that start together part here */
        double scatter = s->burst_good > 0 ? 0 : SOURCE_SCATTER * random_unit(random);

        return source_spacing_s(s) * (1 - scatter);
    }
    if (s->refused) {
        return SOURCE_REFUSED_S;
    }
    if (s->reach == 0 && poll > SOURCE_UNREACHABLE_POLL) {
        poll = least > SOURCE_UNREACHABLE_POLL ? least : SOURCE_UNREACHABLE_POLL;
    }
    if (poll > least && poll >= SOURCE_SCATTER_POLL) {
        return s_from_log2(poll) * (1 - SOURCE_SCATTER * random_unit(random));
    }
    return s_from_log2(poll) * (1 + SOURCE_SPREAD * (random_unit(random) - 0.5));
}

/* Neither 0, which means "none", nor the other one: equal stamps mean "not interleaved". */
static uint64_t source_nonce(struct random *random, uint64_t other)
{
    uint64_t nonce;

    do {
        nonce = random_u64(random);
    } while (nonce == 0 || nonce == other);
    return nonce;
}

void source_poll(struct source *s, struct random *random, struct mono_time now,
                 uint8_t out[PACKET_HEADER_LENGTH])
{
    struct packet p = {.version = (uint8_t)s->config.version, .mode = MODE_CLIENT};

    if (source_bursts(s)) {
        s->burst_left--;
        s->ease_s *= s->burst_good > 0 ? 1 : 2;
    } else {
        bool again = s->config.burst && s->reach != 0 && s->poll_floor == POLL_MIN;

        s->burst_left = again ? SOURCE_BURST_ANSWERS - 1 : 0;
        s->burst_good = SOURCE_BURST_ANSWERS;
        s->ease_s = 0;
    }
    s->request.nonce = source_nonce(random, 0);
    p.transmit = s->request.nonce;
    s->request.receive_nonce = 0;
    if (s->config.xleave && interleave_may_ask(&s->interleave)) {
        s->request.receive_nonce = source_nonce(random, s->request.nonce);
        p.origin = s->interleave.cookie;
        p.receive = s->request.receive_nonce;
        s->interleave.requests++;
    }
    packet_encode(&p, out);
    s->request.outstanding = true;
    s->request.sent.by = STAMP_DAEMON;
    s->request.sent.interface = 0;
    s->request.serial++;
    s->request.sent_mono = now;
    s->amendable = false;
    s->reach = (uint8_t)(s->reach << 1);
    s->sent++;
    s->sent_by[STAMP_DAEMON]++;
    s->missed++;
    s->next = mono_after(now, source_interval_s(s, random));
}

void source_sent(struct source *s, struct stamped sent)
{
    if (sent.by >= s->request.sent.by) {
        s->sent_by[s->request.sent.by]--;
        s->sent_by[sent.by]++;
        s->request.sent = sent;
    }
}

void source_age(struct source *s, struct mono_time now)
{
    s->reach = (uint8_t)(s->reach << 1);
    s->sent++;
    s->missed++;
    s->next = mono_after(now, s_from_log2(s->poll));
}

void source_take_reading(struct source *s, const struct sample *sample, struct mono_time now)
{
    s->reach |= 1;
    s->missed = 0;
    s->heard = true;
    s->heard_at = s->last_at = now;
    s->leap = sample->leap;
    s->stratum = sample->stratum;
    s->refid = s->config.refclock_refid;
    s->root_delay_s = sample->root_delay_s;
    s->root_dispersion_s = sample->root_dispersion_s;
    s->receive_stamp = s->transmit_stamp = STAMP_KERNEL;
    s->last = *sample;
}

void source_give_up(struct source *s)
{
    s->request.outstanding = false;
    if (++s->send_error_age > SOURCE_ERROR_LASTS) {
        s->send_error = 0;
    }
}

/* RFC 5905 section 7.4. A kiss is believed only with the right origin. */
static enum reply_verdict source_kiss(struct source *s, const struct packet *p)
{
    s->kiss = p->refid;
    if (p->refid == REFID('R', 'A', 'T', 'E')) {
        int asked = p->poll < SOURCE_KISS_POLL_MAX ? p->poll : SOURCE_KISS_POLL_MAX;
        int wanted = asked > s->poll ? asked : s->poll + 1;
        int most =
            s->config.maxpoll > SOURCE_KISS_POLL_MAX ? s->config.maxpoll : SOURCE_KISS_POLL_MAX;

        if (s->poll_floor >= wanted) {
            wanted = s->poll_floor + 1;
        }
        s->poll_floor = wanted < most ? wanted : most;
        s->burst_left = 0;
        return REPLY_KISS_RATE;
    }
    if (p->refid == REFID('D', 'E', 'N', 'Y') || p->refid == REFID('R', 'S', 'T', 'R')) {
        s->refused = true;
        s->burst_left = 0;
        return REPLY_KISS_DENY;
    }
    if (p->refid == REFID('I', 'N', 'I', 'T') || p->refid == REFID('S', 'T', 'E', 'P')) {
        return REPLY_UNSYNCHRONISED; /* it has just started, or its clock was just set */
    }
    return p->leap == LEAP_UNSYNCHRONISED ? REPLY_KISS_OTHER : REPLY_STRATUM;
}

/* Does the server follow us? Its reference is then one of our addresses. That holds as well when we
 * have just started: what it knows of the time it knows from our last life. */
static bool source_loops(const struct source_context *c, const struct packet *p)
{
    if (p->stratum < 2) {
        return false; /* its reference names a clock */
    }
    for (unsigned i = 0; i < c->self_count; i++) {
        if (!address_is_loopback(&c->self[i]) && address_refid(&c->self[i]) == p->refid) {
            return true;
        }
    }
    return false;
}

/* Tests that the packet is an answer to our request: RFC 5905 tests 1, 2 and 5. One that fails
 * leaves the request waiting: the true answer may still come. */
static enum reply_verdict source_check_origin(struct source *s, struct auth *auth,
                                              const uint8_t *data, size_t length, struct packet *p,
                                              bool *interleaved)
{
    struct packet_trailer trailer;
    enum packet_verdict v = packet_decode(data, length, p, &trailer);
    enum auth_verdict proof;

    if (v != PACKET_OK && v != PACKET_OK_TRAILER) {
        return REPLY_MALFORMED;
    }
    if (!s->request.outstanding) {
        return REPLY_UNEXPECTED;
    }
    if (p->mode != MODE_SERVER) {
        return REPLY_MODE;
    }
    if (p->version != s->config.version && p->version != 3 && p->version != 4) {
        return REPLY_VERSION;
    }
    /* An answer that looks interleaved counts only if that was asked for (CVE-2016-1548). */
    *interleaved = s->request.receive_nonce != 0 && p->origin == s->request.receive_nonce;
    if (!*interleaved && p->origin != s->request.nonce) {
        return REPLY_ORIGIN;
    }
    proof = auth_check(auth, data, p, &trailer);
    s->rejections.nak = proof == AUTH_NAK;
    return proof == AUTH_RIGHT ? REPLY_ACCEPTED : REPLY_AUTH;
}

/* Tests of what the server says of itself: RFC 5905 tests 3 and 6 to 8. */
static enum reply_verdict source_check_server(struct source *s, const struct source_context *c,
                                              const struct packet *p)
{
    if (p->stratum == STRATUM_KISS && p->refid != 0) {
        return source_kiss(s, p);
    }
    if (p->leap == LEAP_UNSYNCHRONISED || p->stratum == STRATUM_UNSYNCHRONISED) {
        return REPLY_UNSYNCHRONISED;
    }
    if (p->stratum == 0 || p->stratum > STRATUM_MAX) {
        return REPLY_STRATUM;
    }
    if (p->receive == 0 || p->transmit == 0) {
        return REPLY_ZERO;
    }
    if (s_from_ntp_short(p->root_delay) / 2 + s_from_ntp_short(p->root_dispersion) >=
        SOURCE_DISTANCE_MAX_S) {
        return REPLY_DISTANCE;
    }
    return source_loops(c, p) ? REPLY_LOOP : REPLY_ACCEPTED;
}

static void source_keep(struct source *s, const struct packet *p, struct wall_time transmit)
{
    s->heard = true;
    s->leap = p->leap;
    s->stratum = p->stratum;
    s->version = p->version;
    s->mode = p->mode;
    s->server_poll = p->poll;
    s->precision = p->precision;
    s->refid = p->refid;
    s->root_delay_s = s_from_ntp_short(p->root_delay);
    s->root_dispersion_s = s_from_ntp_short(p->root_dispersion);
    s->reference_time = wall_from_ntp(p->reference, transmit);
    s->transmit_stamp = s->request.sent.by;
}

/* Time away from here, by the true second. */
static double source_total_s(const struct source_context *c, const struct source_stamps *t)
{
    return s_from_ns(ns_subtract(t->came.ns, t->sent.ns)) * (1 + c->rate);
}

static double source_turnaround_s(const struct source_stamps *t)
{
    return s_from_ns(ns_subtract(t->transmit.ns, t->receive.ns));
}

static double source_fuzz_s(const struct packet *p)
{
    return fmax(SOURCE_FUZZ_MIN_S, fmin(2 * s_from_log2(p->precision), SOURCE_FUZZ_MAX_S));
}

/* -> offset of the free clock and delay (RFC 5905 section 8). */
static enum reply_verdict source_measure(struct source *s, const struct source_context *c,
                                         const struct packet *p, const struct source_stamps *t,
                                         struct sample *out)
{
    double turnaround = source_turnaround_s(t), there, delay, reading, error;

    if (turnaround < -source_fuzz_s(p) || turnaround > SOURCE_TURNAROUND_MAX_S) {
        return REPLY_TURNAROUND;
    }
    if (t->transmit.ns / NS_PER_S < (int64_t)c->build_time_s) {
        return REPLY_DATE;
    }
    reading = s_from_log2(p->precision < -6 ? p->precision : -6);
    error = c->precision_s + reading;
    /* precision is how long it takes to read the clock: the kernel's stamps are not read by us */
    reading += s->exchange.sent.by != STAMP_DAEMON && s->exchange.received.by != STAMP_DAEMON
                   ? SOURCE_KERNEL_STAMP_S
                   : c->precision_s;
    delay = source_total_s(c, t) - turnaround;
    s->turnaround_s = turnaround;
    if (delay < -error || delay > s->config.max_delay_s) {
        return REPLY_DELAY;
    }
    there = s_from_ns(ns_subtract(t->receive.ns, timeline_free_wall(c->timeline, t->sent).ns));
    *out = (struct sample){
        .at = {t->sent.ns + (t->came.ns - t->sent.ns) / 2},
        .offset_s = there - delay / 2 + s->config.offset_correction_s +
                    c->rate * s_from_ns(ns_subtract(t->came.ns, t->sent.ns)) / 2,
        .delay_s = fmax(delay, c->precision_s),
        .dispersion_s = reading,
        .root_delay_s = s_from_ntp_short(p->root_delay),
        .root_dispersion_s = s_from_ntp_short(p->root_dispersion),
        .leap = p->leap,
        .stratum =
            (uint8_t)(p->stratum > s->config.min_stratum ? p->stratum : s->config.min_stratum),
    };
    return REPLY_ACCEPTED;
}

/* How much more is not known of the clock a poll interval from the last sample: factor. */
static double source_aging(const struct source *s)
{
    struct estimate now, later;

    if (s->filter.total == 0) {
        return 1;
    }
    now = filter_estimate(&s->filter, s->filter.kalman.at);
    later = filter_estimate(&s->filter,
                            (struct free_time){ns_add(now.at.ns, ns_from_s(s_from_log2(s->poll)))});
    return later.offset_sd_s * later.offset_sd_s / (now.offset_sd_s * now.offset_sd_s);
}

/* An interleaved answer: t->transmit belongs to the exchange before. Gives the better one of the
 * two samples that can be had of it (core/interleave.h). */
static enum reply_verdict source_measure_interleaved(struct source *s,
                                                     const struct source_context *c,
                                                     const struct packet *p,
                                                     struct source_stamps *t, struct sample *out)
{
    struct interleave *x = &s->interleave;
    struct source_stamps before = {
        .sent = x->sent, .came = x->came, .receive = x->server_receive, .transmit = t->transmit};
    enum reply_verdict v = source_measure(s, c, p, &before, out);
    double turnaround_s = source_turnaround_s(&before), total_s = source_total_s(c, t);

    if (v != REPLY_ACCEPTED) {
        return v;
    }
    interleave_learn(x, turnaround_s, out->delay_s);
    t->transmit.ns = ns_add(t->receive.ns, ns_from_s(interleave_turnaround(x, total_s)));
    if (interleave_prefers_old(x, out->dispersion_s, source_aging(s))) {
        return REPLY_ACCEPTED;
    }
    return source_measure(s, c, p, t, out);
}

/* The date that timestamps are unfolded around: ours, but where it cannot be true (no battery, or a
 * mad one) the nearest that can. A clock in 2100 then does not read 2026 as 2162. */
static struct wall_time source_pivot(const struct source_context *c)
{
    int64_t build_ns = (int64_t)c->build_time_s * NS_PER_S;
    int64_t last_ns = ns_add(build_ns, SOURCE_HALF_ERA_NS);

    if (c->now.wall.ns < build_ns) {
        return (struct wall_time){build_ns};
    }
    return (struct wall_time){c->now.wall.ns < last_ns ? c->now.wall.ns : last_ns};
}

/* The quantile of the delays kept; INFINITY while they are too few to say. */
static double source_delay_quantile(const struct source *s, double quantile)
{
    unsigned n = s->delay_count < SOURCE_DELAYS_KEPT ? s->delay_count : SOURCE_DELAYS_KEPT;
    double sorted[SOURCE_DELAYS_KEPT];

    if (n < SOURCE_DELAYS_NEEDED) {
        return (double)INFINITY;
    }
    memcpy(sorted, s->delays, n * sizeof sorted[0]);
    stats_sort(sorted, n);
    return sorted[(unsigned)(quantile * (n - 1))];
}

/* Does a delay test that was asked for throw this sample away? */
static bool source_delay_fails(struct source *s, const struct sample *sample)
{
    const struct source_spec *c = &s->config;
    double excess = sample->delay_s - s->filter.min_delay_s;
    bool fails = false, known = s->filter.total >= SOURCE_DELAYS_NEEDED || c->min_delay_s > 0;

    if (c->max_delay_quantile > 0) {
        fails = sample->delay_s > source_delay_quantile(s, c->max_delay_quantile);
        s->delays[s->delay_count++ % SOURCE_DELAYS_KEPT] = sample->delay_s;
    }
    if (s->reach == 0 && !(c->min_delay_s > 0)) {
        return fails; /* none passed for so long: the path is another one now */
    }
    if (c->max_delay_ratio > 0 && known) {
        fails = fails || sample->delay_s > c->max_delay_ratio * s->filter.min_delay_s;
    }
    if (c->max_delay_deviation > 0 && s->filter.total >= SOURCE_DELAYS_NEEDED) {
        fails = fails || excess / 2 > c->max_delay_deviation * s->filter.jitter_s;
    }
    return fails;
}

static enum reply_verdict source_judge(struct source *s, const struct source_context *c,
                                       const uint8_t *data, size_t length, struct stamped received,
                                       struct sample *sample)
{
    struct wall_time pivot = source_pivot(c);
    struct source_stamps stamps;
    struct packet p;
    bool interleaved = false;
    enum reply_verdict v = source_check_origin(s, c->auth, data, length, &p, &interleaved);

    if (v != REPLY_ACCEPTED) {
        return v;
    }
    /* From here on it is the server that speaks, or somebody on the path; one answer is enough. */
    s->request.outstanding = false;
    s->heard_at = c->now.mono;
    s->missed = 0;
    s->send_error = 0;
    s->exchange = (struct source_exchange){
        .packet = p, .sent = s->request.sent, .received = received, .interleaved = interleaved};
    v = source_check_server(s, c, &p);
    if (v == REPLY_KISS_RATE || v == REPLY_KISS_DENY) {
        s->next =
            mono_after(c->now.mono, s->refused ? SOURCE_REFUSED_S : s_from_log2(s->poll_floor));
    }
    if (v == REPLY_KISS_RATE || v == REPLY_KISS_DENY || v == REPLY_KISS_OTHER) {
        return v;
    }
    source_keep(s, &p, wall_from_ntp(p.transmit, pivot));
    if (v != REPLY_ACCEPTED) {
        return v;
    }
    stamps =
        (struct source_stamps){.sent = timeline_free_from_wall(c->timeline, s->request.sent.at),
                               .came = timeline_free_from_wall(c->timeline, received.at),
                               .receive = wall_from_ntp(p.receive, pivot),
                               .transmit = wall_from_ntp(p.transmit, pivot)};
    v = interleaved ? source_measure_interleaved(s, c, &p, &stamps, sample)
                    : source_measure(s, c, &p, &stamps, sample);
    if (v == REPLY_ACCEPTED && source_delay_fails(s, sample)) {
        v = REPLY_DELAY;
    }
    if (v == REPLY_ACCEPTED) {
        s->interleaved = interleaved;
        s->stamps = stamps;
        s->amendable = true;
        interleave_keep(&s->interleave, p.receive, stamps.receive, stamps.sent, stamps.came);
    }
    return v;
}

enum reply_verdict source_check_reply(struct source *s, const struct source_context *context,
                                      const uint8_t *data, size_t length, struct stamped received,
                                      struct sample *sample)
{
    bool ours = s->request.outstanding;
    enum reply_verdict v = source_judge(s, context, data, length, received, sample);

    s->received++;
    s->verdicts[v]++;
    if (ours && !s->request.outstanding) {
        s->received_by[received.by]++;
        s->last_verdict = v;
    }
    if (ours && v != REPLY_ACCEPTED) {
        s->rejections.count++;
        s->rejections.last = v;
    }
    if (v == REPLY_ACCEPTED) {
        s->rejections.count = 0;
        s->reach |= 1;
        s->kiss = 0;
        s->refused = false;
        s->receive_stamp = received.by;
        s->last = *sample;
        s->last_at = context->now.mono;
    }
    return v;
}

bool source_amend(struct source *s, const struct source_context *context, struct stamped sent,
                  struct sample *sample)
{
    struct source_exchange before = s->exchange;
    struct source_stamps stamps = s->stamps;

    if (!s->amendable || sent.by <= s->request.sent.by) {
        return false;
    }
    stamps.sent = timeline_free_from_wall(context->timeline, sent.at);
    s->exchange.sent = sent;
    if (source_measure(s, context, &before.packet, &stamps, sample) != REPLY_ACCEPTED) {
        s->exchange = before; /* nonsense: it cannot be the stamp of this request */
        return false;
    }
    source_sent(s, sent);
    s->transmit_stamp = sent.by;
    s->stamps = stamps;
    s->interleave.sent = stamps.sent;
    if (before.interleaved && s->interleave.old) {
        return false; /* the exchange before was measured */
    }
    if (s->config.max_delay_quantile > 0) {
        s->delays[(s->delay_count - 1) % SOURCE_DELAYS_KEPT] = sample->delay_s;
    }
    s->last = *sample;
    return true;
}

enum filter_verdict source_take_sample(struct source *s, const struct sample *sample,
                                       struct random *random, struct mono_time now)
{
    enum filter_verdict v = filter_add(&s->filter, sample);
    struct poll_facts facts = {.poll = s->poll,
                               .minpoll = s->config.minpoll,
                               .maxpoll = s->config.maxpoll,
                               .samples = s->filter.total,
                               .since_change = ++s->poll_samples,
                               .jitter_s = s->filter.jitter_s,
                               .wander = kalman_wander(&s->filter.kalman),
                               .delay_s = s->filter.min_delay_s,
                               .target = s->config.poll_target,
                               .unsettled = v != FILTER_TAKEN};
    int poll = poll_choose(&facts);

    s->suspect = v == FILTER_SUSPECT;
    if (s->burst_left > 0 && s->burst_good > 0 && v == FILTER_TAKEN && --s->burst_good == 0) {
        s->burst_left = s->ease_s > 0 ? s->burst_left : 0;
        s->next = mono_after(now, source_interval_s(s, random));
    }
    if (poll != s->poll && s->config.kind != SOURCE_REFCLOCK) {
        s->poll = poll;
        s->poll_samples = 0;
        if (!source_bursts(s)) {
            s->next = mono_after(now, source_interval_s(s, random));
        }
    }
    return v;
}

double source_root_distance(const struct source *s, const struct estimate *estimate)
{
    double age = s_from_ns(ns_subtract(estimate->at.ns, s->last.at.ns));

    return (s->last.root_delay_s + s->filter.min_delay_s) / 2 + s->last.root_dispersion_s +
           s->last.dispersion_s + 3 * estimate->offset_sd_s + fmax(age, 0) * SOURCE_AGEING;
}

bool source_ready(const struct source *s)
{
    return s->filter.total >= 2 && (s->filter.total >= 3 || s->burst_left == 0);
}

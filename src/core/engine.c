/* SPDX-License-Identifier: BSD-2-Clause */
/* Inputs and effects: the engine's outside. What is decided of the sources and of the clock is in
 * judge.c; the parts it is made of each know only themselves. Driven by daemon/loop and by the
 * simulator. */
#include "core/engine.h"

#include <math.h>
#include <string.h>

#include "core/judge.h"
#include "core/pulse.h"
#include "core/roster.h"

#define ENGINE_STATUS_S                                                                            \
    64.0                    /* at most between two reports to the kernel of how good its clock is */
#define ENGINE_STORE_S 10.0 /* the daemon writes it as often as it was told to */
#define ENGINE_STEP_SEEN_NS                                                                        \
    1000000 /* below it is reading error; a real step this small shows as one */
#define ENGINE_REFCLOCK_AGE_MAX_NS (8 * NS_PER_S)
#define ENGINE_REFCLOCK_SETTLE_S                                                                   \
    2.0 /* after a step: until then a sample may have been stamped before it */
#define ENGINE_ASK_AGAIN_S 2.0 /* after a request that a step made worthless: as in a burst */
#define ENGINE_RATE_SD 1e-4    /* of an unmeasured oscillator */
#define ENGINE_RESUME_RATE_SD                                                                      \
    1e-6 /* after a step by others: a resumed machine runs nearly as before */
#define ENGINE_RESUME_REQUESTS 4

static struct roster engine_roster(struct engine *e)
{
    return (struct roster){.sources = e->sources,
                           .effects = &e->effects,
                           .random = &e->random,
                           .rate = e->discipline.drift,
                           .rate_sd = e->discipline.drift_sd,
                           .refresh_s = e->settings.name_refresh_s,
                           .self = e->self,
                           .self_count = e->self_count,
                           .settings = &e->settings,
                           .memory = &e->roster};
}

static void engine_command(struct engine *e, const struct clock_command *command)
{
    if (e->settings.clock_control && command->action != CLOCK_KEEP) {
        effect_push(&e->effects, EFFECT_ADJUST_CLOCK)->adjust = *command;
    }
}

static void engine_cancel(struct engine *e, uint16_t source)
{
    const struct source *s = &e->sources[source];

    effect_push(&e->effects, EFFECT_CANCEL)->cancel = (struct effect_cancel){
        .source = source, .serial = s->request.serial, .answered = s->amendable};
}

static void engine_cancel_all(struct engine *e)
{
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        if (e->sources[i].status != SOURCE_UNUSED && e->sources[i].request.outstanding) {
            source_give_up(&e->sources[i]);
            e->sources[i].next = mono_after(e->sources[i].request.sent_mono, ENGINE_ASK_AGAIN_S);
            engine_cancel(e, i);
        }
    }
}

/* Publishes the reference and tells the kernel of a change. */
static void engine_publish(struct engine *e, struct instant now, bool updated)
{
    bool was = e->synchronised;

    judge_reference(e, now, updated);
    effect_push(&e->effects, EFFECT_PUBLISH);
    if (e->synchronised != was) {
        effect_event(&e->effects, e->synchronised ? EVENT_SYNCHRONISED : EVENT_UNSYNCHRONISED,
                     EVENT_NO_SOURCE, e->reference.offset_s);
    }
    if (updated || e->synchronised != was || now.mono.ns >= e->next_status.ns) {
        effect_push(&e->effects, EFFECT_SET_STATUS)->status = (struct effect_status){
            .synchronised = e->synchronised,
            .max_error_s = reference_distance(&e->reference, now.mono),
            .est_error_s = fabs(e->reference.offset_s) + e->reference.offset_sd_s,
            .leap = e->leap_armed};
        e->next_status = mono_after(now.mono, ENGINE_STATUS_S);
    }
}

void engine_init(struct engine *e, const struct settings *settings,
                 const struct engine_start *start)
{
    struct roster roster;

    memset(e, 0, sizeof *e);
    e->settings = *settings;
    random_seed(&e->random, start->seed);
    timeline_init(&e->timeline, start->now, start->rate);
    selection_init(&e->selection);
    discipline_init(&e->discipline, start->have_drift ? start->drift : start->rate,
                    start->have_drift ? start->drift_sd : ENGINE_RATE_SD);
    e->precision_s = start->precision_s;
    reference_init(&e->reference, (int8_t)log2_from_s(start->precision_s));
    memcpy(e->self, start->self, sizeof e->self);
    e->self_count = start->self_count;
    e->started = e->born = start->now.mono;
    e->next_status = mono_after(start->now.mono, ENGINE_STATUS_S);
    e->next_store = mono_after(start->now.mono, ENGINE_STORE_S);
    e->stored_sd = start->have_drift ? start->drift_sd : 1.0;
    if (start->have_drift) {
        engine_command(e, &(struct clock_command){.action = CLOCK_SET_RATE, .rate = start->drift});
    }
    roster = engine_roster(e);
    roster_configure(&roster, NULL, settings, start->now.mono);
    engine_publish(e, start->now, true);
}

static struct mono_time earlier(struct mono_time a, struct mono_time b)
{
    return a.ns < b.ns ? a : b;
}

struct mono_time engine_deadline(const struct engine *e)
{
    struct mono_time first = earlier(e->next_status, roster_deadline(e->sources));

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        if (e->sources[i].status != SOURCE_UNUSED) {
            first = earlier(first, source_deadline(&e->sources[i]));
        }
    }
    if (e->discipline.slewing) {
        first = earlier(first, e->discipline.slew_end);
    }
    return first;
}

/* The kernel inserts or deletes an armed leap second by a step of its own: true time makes the same
 * step, so what we know of the clock stays as it is. */
static bool engine_leap_step(struct engine *e, int64_t step_ns)
{
    int64_t expected = e->leap_armed == LEAP_INSERT ? -NS_PER_S : NS_PER_S;

    if (e->leap_armed == LEAP_NONE || step_ns - expected > NS_PER_S / 10 ||
        expected - step_ns > NS_PER_S / 10) {
        return false;
    }
    effect_event(&e->effects, EVENT_LEAP_DONE, EVENT_NO_SOURCE, step_ns < 0 ? 1 : -1);
    e->leap_armed = LEAP_NONE;
    return true;
}

/* Nothing that was measured holds any more: asks all sources anew, and is unsynchronised until they
 * have answered. */
static void engine_begin_anew(struct engine *e, struct instant now)
{
    struct roster roster = engine_roster(e);
    unsigned steps;

    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        struct source *s = &e->sources[i];

        if (s->status != SOURCE_UNUSED) {
            source_restart(s, now.mono, roster.rate,
                           fmax(e->discipline.drift_sd, ENGINE_RESUME_RATE_SD));
            s->reach = 0;
            if (s->burst_left == 0) {
                source_burst(s, now.mono, ENGINE_RESUME_REQUESTS);
            }
        }
    }
    ensemble_reset(&e->ensemble);
    e->before.valid = false;
    selection_init(&e->selection);
    e->corrections = (struct engine_corrections){0};
    if (e->discipline.slewing) { /* towards a time that is no longer known */
        engine_command(e, &(struct clock_command){.action = CLOCK_SET_RATE, .rate = roster.rate});
    }
    steps = e->discipline.steps;
    discipline_init(&e->discipline, roster.rate,
                    fmax(e->discipline.drift_sd, ENGINE_RESUME_RATE_SD));
    e->discipline.steps = steps;
    e->started = now.mono;
    engine_publish(e, now, true);
}

/* Another program stepped the clock, or the machine was suspended. */
static void engine_notice_step(struct engine *e, struct instant now)
{
    int64_t step_ns = timeline_unexplained_ns(&e->timeline, now);

    if (step_ns < ENGINE_STEP_SEEN_NS && step_ns > -ENGINE_STEP_SEEN_NS) {
        return;
    }
    timeline_record_step(&e->timeline, step_ns);
    e->stepped = true;
    e->stepped_at = now.mono;
    engine_cancel_all(e);
    if (engine_leap_step(e, step_ns)) {
        return;
    }
    effect_event(&e->effects, EVENT_CLOCK_STEP_SEEN, EVENT_NO_SOURCE, s_from_ns(step_ns));
    engine_begin_anew(e, now);
}

/* A reference clock speaks unasked: its reach register alone has a schedule. True if it fell
 * silent. */
static bool engine_age_refclock(struct engine *e, struct mono_time now, uint16_t i)
{
    struct source *s = &e->sources[i];

    if (now.ns < s->next.ns) {
        return false;
    }
    if (s->reach == 0x80) {
        effect_event(&e->effects, EVENT_SOURCE_UNREACHABLE, i, s->missed);
    }
    source_age(s, now);
    return s->reach == 0;
}

static struct auth engine_auth(struct engine *e, const struct source *s)
{
    return auth_of_source(&s->config, e->settings.keys, &e->random);
}

/* The next request of a source. True if with it the last answer falls out of its register. */
static bool engine_ask(struct engine *e, struct instant now, uint16_t i)
{
    struct source *s = &e->sources[i];
    bool silent = s->reach == 0x80;
    uint32_t missed = s->missed;
    struct auth auth = engine_auth(e, s);
    uint8_t *data = e->requests[i];
    struct effect_send send = {.source = i,
                               .to = s->address,
                               .from = s->config.from[s->address.family == ADDRESS_V6],
                               .data = data};

    source_poll(s, &e->random, now.mono, data);
    s->request.sent.at = now.wall;
    send.serial = s->request.serial;
    send.length = auth_seal(&auth, data, PACKET_HEADER_LENGTH, PACKET_DATAGRAM_MAX);
    if (send.length > 0) { /* without its key nothing goes out, and nothing will come back */
        effect_push(&e->effects, EFFECT_SEND)->send = send;
    }
    if (silent) {
        effect_event(&e->effects, EVENT_SOURCE_UNREACHABLE, i, missed);
    }
    return silent;
}

/* True if a source stayed silent: that may change the vote. */
static bool engine_send_due(struct engine *e, struct instant now)
{
    bool silent = false;

    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        struct source *s = &e->sources[i];

        if (s->status == SOURCE_UNUSED) {
            continue;
        }
        if (s->config.kind == SOURCE_REFCLOCK) {
            silent = engine_age_refclock(e, now.mono, i) || silent;
            continue;
        }
        if (source_timed_out(s, now.mono)) {
            source_give_up(s);
            engine_cancel(e, i);
            silent = true;
        }
        if (source_due(s, now.mono)) {
            silent = engine_ask(e, now, i) || silent;
        }
    }
    return silent;
}

/* The drift is worth a file: known twice as well as what was offered, or some seconds on. */
static void engine_store(struct engine *e, struct mono_time now)
{
    const struct discipline *d = &e->discipline;

    if (d->updates == 0 || d->drift_sd > 5e-5 ||
        (d->drift_sd > e->stored_sd / 2 && now.ns < e->next_store.ns)) {
        return;
    }
    effect_push(&e->effects, EFFECT_STORE)->store =
        (struct effect_store){.drift = d->drift, .drift_sd = d->drift_sd};
    e->stored_sd = d->drift_sd;
    e->next_store = mono_after(now, ENGINE_STORE_S);
}

void engine_tick(struct engine *e, struct instant now)
{
    struct roster roster = engine_roster(e);
    struct clock_command command;

    engine_notice_step(e, now);
    command = discipline_tick(&e->discipline, &e->settings, &e->timeline, now.mono);
    engine_command(e, &command);
    roster_look_up(&roster, now.mono);
    if (engine_send_due(e, now) || now.mono.ns >= e->next_status.ns) {
        judge_sources(e, now);
        engine_publish(e, now, false);
    }
}

#define ENGINE_CORRECTIONS 10 /* that their mean square is of */

static void engine_note_correction(struct engine *e, struct mono_time now)
{
    struct engine_corrections *c = &e->corrections;
    double square = e->discipline.last_correction_s * e->discipline.last_correction_s;

    c->interval_s = c->count > 0 ? s_from_ns(ns_subtract(now.ns, c->at.ns)) : 0;
    c->count += c->count < ENGINE_CORRECTIONS;
    c->mean_s2 += (square - c->mean_s2) / c->count;
    c->last_s = e->discipline.last_correction_s;
    c->at = now;
}

static void engine_tell_measured(struct engine *e, struct instant now, uint16_t source,
                                 enum reply_verdict verdict, const struct sample *sample)
{
    struct effect_measured m = {.source = source, .verdict = verdict, .at = now};

    if (sample) {
        m.offset_s = timeline_clock_offset(&e->timeline, now.mono, sample->offset_s);
        m.delay_s = sample->delay_s;
        m.dispersion_s = sample->dispersion_s;
    }
    effect_push(&e->effects, EFFECT_MEASURED)->measured = m;
}

/* Vote and combine after a sample. True if the discipline has a new estimate. */
static bool engine_judge(struct engine *e, struct instant now, uint16_t source,
                         enum filter_verdict verdict, struct clock_command *command)
{
    if (verdict == FILTER_RESTARTED) {
        ensemble_forget(&e->ensemble, source);
    }
    judge_sources(e, now);
    return judge_clock(e, now, source, verdict == FILTER_SUSPECT, command);
}

/* What the discipline, which was in the state `before`, made of it. */
static void engine_steer(struct engine *e, enum discipline_state before,
                         const struct clock_command *command)
{
    engine_command(e, command);
    if (command->action == CLOCK_SET_RATE && e->settings.log_correction_s > 0 &&
        fabs(e->discipline.last_correction_s) > e->settings.log_correction_s) {
        effect_event(&e->effects, EVENT_CLOCK_CORRECTION, EVENT_NO_SOURCE,
                     e->discipline.last_correction_s);
    }
    if (e->discipline.state == DISCIPLINE_PANIC && before != DISCIPLINE_PANIC) {
        effect_event(&e->effects, EVENT_CLOCK_PANIC, EVENT_NO_SOURCE, e->discipline.refused_s);
    }
}

/* For a stamp that comes late. Reference clocks have none. */
static void engine_remember(struct engine *e, uint16_t source)
{
    e->before.valid = e->sources[source].config.kind != SOURCE_REFCLOCK;
    if (e->before.valid) {
        e->before.source = source;
        e->before.filter = e->sources[source].filter;
        e->before.ensemble = e->ensemble;
    }
}

/* A new sample of a source: vote, combine, steer, publish. */
static void engine_take_sample(struct engine *e, struct instant now, uint16_t source,
                               const struct sample *sample)
{
    struct source *s = &e->sources[source];
    struct clock_command command = {.action = CLOCK_KEEP};
    enum discipline_state before = e->discipline.state;
    struct effect_updated update = {.at = now,
                                    .known_s = engine_clock_offset(e, now.mono),
                                    .max_error_s = reference_distance(&e->reference, now.mono)};
    bool updated;

    engine_remember(e, source);
    s->last_clock_offset_s = timeline_clock_offset(&e->timeline, now.mono, sample->offset_s);
    updated =
        engine_judge(e, now, source, source_take_sample(s, sample, &e->random, now.mono), &command);
    engine_tell_measured(e, now, source, REPLY_ACCEPTED, sample);
    if (updated) {
        update.offset_s = engine_clock_offset(e, now.mono);
        effect_push(&e->effects, EFFECT_UPDATED)->updated = update;
        engine_note_correction(e, now.mono);
    }
    engine_steer(e, before, &command);
    engine_publish(e, now, updated);
    engine_store(e, now.mono);
}

/* The last sample of a source is another one after all, and the clock is steered anew from where it
 * came in. It is the same update to whoever counts them or keeps records. If another source was
 * heard meanwhile, what was concluded stays, and the list of samples is put right. */
static void engine_amend_sample(struct engine *e, struct instant now, uint16_t source,
                                struct free_time at, const struct sample *sample)
{
    struct source *s = &e->sources[source];
    struct clock_command command = {.action = CLOCK_KEEP};
    enum discipline_state before = e->discipline.state;
    unsigned updates = e->discipline.updates;
    enum filter_verdict verdict;
    bool updated;

    s->last_clock_offset_s = timeline_clock_offset(&e->timeline, now.mono, sample->offset_s);
    if (!e->before.valid || e->before.source != source) {
        filter_amend(&s->filter, at, sample);
        return;
    }
    s->filter = e->before.filter;
    e->ensemble = e->before.ensemble;
    verdict = filter_add(&s->filter, sample);
    s->suspect = verdict == FILTER_SUSPECT;
    updated = engine_judge(e, now, source, verdict, &command);
    e->discipline.updates = updates > 0 ? updates : e->discipline.updates;
    engine_steer(e, before, &command);
    engine_publish(e, now, updated);
}

static struct source *engine_request(struct engine *e, uint16_t source, uint16_t serial)
{
    struct source *s = source < SOURCES_MAX ? &e->sources[source] : NULL;

    return s && s->status != SOURCE_UNUSED && s->request.outstanding && s->request.serial == serial
               ? s
               : NULL;
}

static struct source_context engine_context(const struct engine *e, struct instant now,
                                            struct auth *auth)
{
    return (struct source_context){.timeline = &e->timeline,
                                   .auth = auth,
                                   .now = now,
                                   .precision_s = e->precision_s,
                                   .rate = e->discipline.drift,
                                   .build_time_s = e->settings.build_time_s,
                                   .self = e->self,
                                   /* who serves nobody is followed by nobody */
                                   .self_count = e->settings.serves_nobody ? 0 : e->self_count};
}

void engine_receive(struct engine *e, struct instant now, uint16_t source, uint16_t serial,
                    const uint8_t *data, size_t length, struct stamped received)
{
    struct source_context context;
    enum reply_verdict verdict;
    struct sample sample;
    struct source *s;
    struct auth auth;
    bool was_reachable;

    engine_notice_step(e, now);
    s = engine_request(e, source, serial);
    if (!s) {
        return; /* of a request that is given up: its port is closed by now */
    }
    was_reachable = s->reach != 0;
    auth = engine_auth(e, s);
    context = engine_context(e, now, &auth);
    verdict = source_check_reply(s, &context, data, length, received, &sample);
    if (!s->request.outstanding) {
        engine_cancel(e, source);
    }
    if (verdict == REPLY_ACCEPTED) {
        if (!was_reachable) {
            effect_event(&e->effects, EVENT_SOURCE_REACHABLE, source, 0);
        }
        engine_take_sample(e, now, source, &sample);
        return;
    }
    if (!s->request.outstanding) { /* the server's, but no measurement */
        engine_tell_measured(e, now, source, verdict, NULL);
    }
    if (verdict == REPLY_KISS_RATE || verdict == REPLY_KISS_DENY) {
        effect_event(&e->effects, EVENT_SOURCE_KISS, source, s->kiss);
    }
    if (verdict == REPLY_LOOP) {
        effect_event(&e->effects, EVENT_SOURCE_LOOP, source, 0);
    }
    if (!s->request.outstanding) { /* else a stranger's: nothing has changed */
        judge_sources(e, now);
    }
}

void engine_sent(struct engine *e, struct instant now, uint16_t source, uint16_t serial,
                 struct stamped sent)
{
    struct source *s = engine_request(e, source, serial);
    struct source_context context;
    struct free_time at;
    struct sample sample;

    if (s) {
        source_sent(s, sent);
        return;
    }
    engine_notice_step(e, now);
    s = source < SOURCES_MAX ? &e->sources[source] : NULL;
    if (!s || s->status == SOURCE_UNUSED || s->request.serial != serial) {
        return;
    }
    context = engine_context(e, now, NULL);
    at = s->last.at;
    if (source_amend(s, &context, sent, &sample)) {
        engine_amend_sample(e, now, source, at, &sample);
    }
}

void engine_sent_from(struct engine *e, uint16_t source, uint16_t serial,
                      const struct address *local)
{
    struct source *s = engine_request(e, source, serial);

    if (s) {
        s->local = *local;
    }
}

void engine_send_failed(struct engine *e, struct instant now, uint16_t source, uint16_t serial,
                        int error)
{
    struct source *s = engine_request(e, source, serial);

    (void)now;
    if (s) {
        source_give_up(s);
        s->send_error = error;
        s->send_error_age = 0;
        engine_cancel(e, source);
    }
}

void engine_restricted(struct engine *e, struct instant now, uint16_t source, uint16_t serial)
{
    struct source *s = engine_request(e, source, serial);

    if (s) {
        s->received++;
        s->verdicts[REPLY_RESTRICTED]++;
        s->last_verdict = REPLY_RESTRICTED;
        s->rejections.count++;
        s->rejections.last = REPLY_RESTRICTED;
        source_give_up(s);
        engine_cancel(e, source);
        judge_sources(e, now);
    }
}

void engine_adjusted(struct engine *e, struct instant now, const struct clock_command *done,
                     int error)
{
    if (error != 0) {
        effect_event(&e->effects, EVENT_CLOCK_FAILED, EVENT_NO_SOURCE, error);
        e->clock_failed = true;
        discipline_fail(&e->discipline);
        engine_publish(e, now, false);
        return;
    }
    e->clock_failed = false;
    if (done->action == CLOCK_STEP) {
        double step_s = s_from_ns(done->step_ns);

        timeline_record_step(&e->timeline, done->step_ns);
        e->stepped = true;
        e->stepped_at = now.mono;
        for (unsigned i = 0; i < SOURCES_MAX; i++) {
            if (e->sources[i].status != SOURCE_UNUSED) {
                filter_shift(&e->sources[i].filter, step_s);
                e->sources[i].last.offset_s -= step_s;
                e->sources[i].amendable = false;
            }
        }
        ensemble_shift(&e->ensemble, step_s);
        e->before.valid = false;
        discipline_shift(&e->discipline, step_s);
        engine_cancel_all(e);
        effect_event(&e->effects, EVENT_CLOCK_STEPPED, EVENT_NO_SOURCE, step_s);
    }
    if (done->action != CLOCK_KEEP) {
        timeline_record_rate(&e->timeline, now.mono, done->rate);
    }
    if (done->action == CLOCK_STEP) {
        judge_sources(e, now);
        engine_publish(e, now, true);
    }
}

/* Members of the ensemble that are no more, or are another server now. */
static void engine_release(struct engine *e)
{
    e->before.valid = false;
    for (uint16_t i = 0; i < SOURCES_MAX; i++) {
        const struct source *s = &e->sources[i];

        if (s->status == SOURCE_UNUSED || s->filter.total == 0) {
            ensemble_release(&e->ensemble, i);
        }
    }
}

void engine_resolved(struct engine *e, struct instant now, uint16_t source,
                     const struct address *addresses, unsigned count)
{
    struct roster roster = engine_roster(e);

    roster_resolved(&roster, source, addresses, count, now.mono);
    engine_release(e);
}

void engine_look_up_failed(struct engine *e, uint16_t source, int error)
{
    if (source < SOURCES_MAX) {
        e->sources[source].lookup_error = error;
    }
}

void engine_remembered(struct engine *e, struct instant now, uint16_t source,
                       const struct address *addresses, unsigned count)
{
    struct roster roster = engine_roster(e);

    roster_remembered(&roster, source, addresses, count, now.mono);
}

/* Is there a reason not to believe this sample at all? */
static enum reply_verdict engine_check_refclock(const struct engine *e, struct instant now,
                                                const struct reading *r)
{
    int64_t age_ns = ns_subtract(now.wall.ns, r->at.ns);

    if (!isfinite(r->offset_s) || !isfinite(r->dispersion_s)) {
        return REPLY_MALFORMED;
    }
    if (r->leap == LEAP_UNSYNCHRONISED) {
        return REPLY_UNSYNCHRONISED;
    }
    /* stale; from the future of a clock that was set back; or stamped before a step */
    if (age_ns > ENGINE_REFCLOCK_AGE_MAX_NS || age_ns < -ENGINE_STEP_SEEN_NS ||
        (e->stepped && now.mono.ns < mono_after(e->stepped_at, ENGINE_REFCLOCK_SETTLE_S).ns)) {
        return REPLY_LATE;
    }
    return REPLY_ACCEPTED;
}

void engine_refclock(struct engine *e, struct instant now, uint16_t source,
                     const struct reading *reading)
{
    struct source *s = source < SOURCES_MAX ? &e->sources[source] : NULL;
    struct reading r = *reading;
    enum reply_verdict verdict;
    struct mono_time mono;
    struct sample sample;

    engine_notice_step(e, now);
    if (!s || s->status == SOURCE_UNUSED || s->config.kind != SOURCE_REFCLOCK) {
        return;
    }
    mono = (struct mono_time){ns_subtract(r.at.ns, e->timeline.wall_minus_mono_ns)};
    s->pulses = r.kind == READING_FRACTION;
    verdict = engine_check_refclock(e, now, &r);
    if (verdict == REPLY_ACCEPTED && s->pulses) {
        r.offset_s += s->config.offset_correction_s;
        if (!pulse_number(e, source, mono, r.offset_s, &r.offset_s, &r.leap)) {
            verdict = REPLY_UNSYNCHRONISED;
        }
        r.offset_s -= s->config.offset_correction_s;
    }
    s->received++;
    s->verdicts[verdict]++;
    s->last_verdict = verdict;
    if (verdict == REPLY_UNSYNCHRONISED) {
        s->missed = 0; /* it is there, at least */
    }
    if (verdict != REPLY_ACCEPTED) {
        return;
    }
    sample = (struct sample){.at = timeline_free(&e->timeline, mono),
                             .offset_s = timeline_free_offset(&e->timeline, mono, r.offset_s) +
                                         s->config.offset_correction_s,
                             .dispersion_s = fmax(r.dispersion_s, e->precision_s),
                             .root_delay_s = s->config.refclock_delay_s,
                             .leap = r.leap,
                             .stratum = (uint8_t)s->config.refclock_stratum};
    if (s->reach == 0) {
        effect_event(&e->effects, EVENT_SOURCE_REACHABLE, source, 0);
    }
    source_take_reading(s, &sample, now.mono);
    engine_take_sample(e, now, source, &sample);
}

bool engine_burst(struct engine *e, struct instant now, uint16_t source, unsigned requests,
                  unsigned answers)
{
    struct source *s = source < SOURCES_MAX ? &e->sources[source] : NULL;

    engine_notice_step(e, now);
    if (!s || s->status == SOURCE_UNUSED || s->config.kind == SOURCE_REFCLOCK ||
        s->config.offline || s->address.family == ADDRESS_NONE) {
        return false;
    }
    source_burst(s, now.mono, requests);
    s->burst_good = answers;
    s->ease_s = 0; /* these were wanted, no more */
    return s->burst_left > 0;
}

void engine_refresh(struct engine *e, struct instant now)
{
    struct roster roster = engine_roster(e);

    engine_notice_step(e, now);
    roster_refresh(&roster, now.mono);
}

void engine_reselect(struct engine *e, struct instant now)
{
    engine_notice_step(e, now);
    e->selection.chosen = SELECTION_NONE;
    judge_sources(e, now);
    engine_publish(e, now, false);
}

void engine_forget(struct engine *e, struct instant now)
{
    engine_notice_step(e, now);
    engine_cancel_all(e);
    engine_begin_anew(e, now);
}

bool engine_make_step(struct engine *e, struct instant now)
{
    struct clock_command command;

    engine_notice_step(e, now);
    if (!e->settings.clock_control || !e->ensemble.started ||
        (e->discipline.updates == 0 && e->discipline.state != DISCIPLINE_PANIC)) {
        return false;
    }
    command = discipline_step(&e->discipline, &e->timeline, now.mono);
    engine_command(e, &command);
    return true;
}

void engine_configure(struct engine *e, struct instant now, const struct settings *settings)
{
    struct settings old = e->settings;
    struct roster roster;

    e->settings = *settings;
    roster = engine_roster(e);
    roster_configure(&roster, &old, settings, now.mono);
    engine_release(e);
    judge_sources(e, now);
    engine_publish(e, now, false);
}

bool engine_take_effect(struct engine *e, struct effect *out)
{
    return effect_take(&e->effects, out);
}

double engine_clock_offset(const struct engine *e, struct mono_time now)
{
    return e->ensemble.started ? discipline_offset(&e->discipline, &e->timeline, now) : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole of toki's thinking: inputs in, a short list of effects out. No system call, no
 * allocation, no logging, no callback. The daemon and the simulator drive it the same way:
 *
 *   engine_init(...);
 *   for (;;) {
 *       wait until engine_deadline() or a packet;
 *       engine_tick() / engine_receive() / ...;
 *       while (engine_take_effect(&engine, &effect)) carry it out;
 *   }
 *
 * After EFFECT_ADJUST_CLOCK the caller reports what really happened by engine_adjusted() before it
 * takes the next effect. */
#ifndef TOKI_CORE_ENGINE_H
#define TOKI_CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/discipline.h"
#include "core/effect.h"
#include "core/ensemble.h"
#include "core/random.h"
#include "core/reading.h"
#include "core/reference.h"
#include "core/roster.h"
#include "core/selection.h"
#include "core/settings.h"
#include "core/source.h"
#include "core/timeline.h"

/* What the caller knows at the start. */
struct engine_start {
    struct instant now;
    double precision_s; /* of reading the clock, measured; > 0 */
    double rate;        /* correction in force in the kernel */
    bool have_drift;    /* `drift` comes from a drift file */
    double drift, drift_sd;
    uint8_t seed[RANDOM_SEED_LENGTH];
    struct address self[16]; /* our own addresses, for the loop test */
    unsigned self_count;
};

/* What the updates of the clock set out to correct, for reports. */
struct engine_corrections {
    unsigned count;         /* since the start or the last step by others, saturating */
    double last_s, mean_s2; /* the last one; mean square of the last ten or so */
    double interval_s;      /* between the last two */
    struct mono_time at;
};

/* What the last measurement of an exchange changed, as it was before: should a better stamp of its
 * request come late, that is where it is measured from. */
struct engine_before {
    bool valid; /* no other sample was taken since */
    uint16_t source;
    struct filter filter; /* of the source */
    struct ensemble ensemble;
};

struct engine {
    struct settings settings;
    struct source sources[SOURCES_MAX]; /* status SOURCE_UNUSED: free slot */
    struct timeline timeline;
    struct selection selection;
    struct ensemble ensemble;
    struct discipline discipline;
    struct reference reference;
    struct random random;
    struct effect_queue effects;
    uint8_t requests[SOURCES_MAX][PACKET_DATAGRAM_MAX]; /* the last one to each source */
    double precision_s;
    struct address self[16];
    unsigned self_count;
    struct roster_memory roster;
    struct mono_time started;
    bool clock_failed; /* the last change of the clock was refused */
    bool stepped;      /* the clock was, by anybody, ... */
    struct mono_time stepped_at;
    struct mono_time next_status, next_store;
    double server_delay_s,
        server_dispersion_s; /* root values of the system peer, its path included */
    double stored_sd;        /* of the drift last given to EFFECT_STORE */
    bool synchronised;       /* as last told */
    bool no_majority;        /* likewise */
    bool ever_synchronised, local_activated;
    struct mono_time born, last_update; /* start; last update of the clock while synchronised */
    struct engine_corrections corrections;
    struct engine_before before;
    int leap_armed; /* enum packet_leap, for the end of this UTC day */
};

void engine_init(struct engine *e, const struct settings *settings,
                 const struct engine_start *start);

/* When engine_tick() is due next; may be in the past. */
struct mono_time engine_deadline(const struct engine *e);

void engine_tick(struct engine *e, struct instant now);

/* A packet came on the port of this request. If no better stamp came with it, `received` is the
 * clock right after receiving. Any bytes at all may come. */
void engine_receive(struct engine *e, struct instant now, uint16_t source, uint16_t serial,
                    const uint8_t *data, size_t length, struct stamped received);

/* The request left at this time: by the daemon when it sends, and again when a better stamp comes.
 * One that comes after the answer, but before the next request to this source, corrects the
 * measurement. */
void engine_sent(struct engine *e, struct instant now, uint16_t source, uint16_t serial,
                 struct stamped sent);

/* And from this address of ours, for reports. */
void engine_sent_from(struct engine *e, uint16_t source, uint16_t serial,
                      const struct address *local);

/* The request could not be sent at all, or the network sent it back (no route, refused by a
 * firewall, port closed). `error`: errno, kept for the reports; 0: not known. */
void engine_send_failed(struct engine *e, struct instant now, uint16_t source, uint16_t serial,
                        int error);

/* A packet came for this request, and our own access rules drop all that its address sends. */
void engine_restricted(struct engine *e, struct instant now, uint16_t source, uint16_t serial);

/* What the clock driver really did: `now` is read right after the change. error = 0, or errno. */
void engine_adjusted(struct engine *e, struct instant now, const struct clock_command *done,
                     int error);

/* The answer to EFFECT_LOOK_UP; count 0: the look-up failed. */
void engine_resolved(struct engine *e, struct instant now, uint16_t source,
                     const struct address *addresses, unsigned count);

/* Why that look-up failed, as the caller numbers it, for the reports; 0: it did not. To be told
 * before engine_resolved(). */
void engine_look_up_failed(struct engine *e, uint16_t source, int error);

/* The same for a look-up that failed, where somebody remembers which addresses worked in the last
 * run. */
void engine_remembered(struct engine *e, struct instant now, uint16_t source,
                       const struct address *addresses, unsigned count);

/* A sample of a reference clock. A fraction of a second counts only while another source is in use
 * that tells which second it is (core/pulse.h). */
void engine_refclock(struct engine *e, struct instant now, uint16_t source,
                     const struct reading *reading);

/* Asks this source at once, up to `requests` times in a row, until `answers` were good. False: it
 * cannot be asked. */
#define ENGINE_BURST_REQUESTS 4 /* usually, and all of them are wanted */
#define ENGINE_BURST_MAX 64
bool engine_burst(struct engine *e, struct instant now, uint16_t source, unsigned requests,
                  unsigned answers);

/* The names of all sources are looked up as soon as they may be. */
void engine_refresh(struct engine *e, struct instant now);

/* The system peer is chosen as if there had been none before. */
void engine_reselect(struct engine *e, struct instant now);

/* Drops all measurements, as after a foreign step, and polls all sources. */
void engine_forget(struct engine *e, struct instant now);

/* Steps the clock by all that it is known to be off, whatever the settings say of steps. False:
 * nothing is known yet, or the clock is not ours to set. */
bool engine_make_step(struct engine *e, struct instant now);

/* Replaces the settings; sources whose line did not change keep their samples. */
void engine_configure(struct engine *e, struct instant now, const struct settings *settings);

/* Next effect in order; false when there is none. */
bool engine_take_effect(struct engine *e, struct effect *out);

/* True offset of our clock now, as far as we know (s), and the bound of its error. */
double engine_clock_offset(const struct engine *e, struct mono_time now);

#endif

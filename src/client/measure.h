/* SPDX-License-Identifier: BSD-2-Clause */
/* Measures servers without a daemon, by the engine of tokid told to measure only: a reply that
 * tokid would reject is rejected here too, for the same reason. The one loop under `toki query`,
 * `toki trace` and ntpdate. Waits; for tools only. */
#ifndef TOKI_CLIENT_MEASURE_H
#define TOKI_CLIENT_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/source.h"
#include "os/names.h"

#define MEASURE_SAMPLES_MAX 8   /* a burst; more would be impolite */
#define MEASURE_ADDRESSES_MAX 4 /* of one host */

struct measure_options {
    uint16_t port;               /* where the host names none */
    uint8_t family;              /* enum address_family; ADDRESS_NONE: either */
    unsigned version;            /* of the requests, 1..4 */
    unsigned samples;            /* wanted of each target, 1..MEASURE_SAMPLES_MAX */
    double timeout_s;            /* for the first sample; each further one may take 2 s more */
    uint32_t key_id;             /* 0: requests are not authenticated */
    const struct mac_keys *keys; /* the caller's; NULL: none */
    void (*progress)(unsigned done, unsigned total); /* while it waits; NULL: not told */
};

enum measure_fate {
    MEASURE_NOT_ASKED,  /* not yet, or it was interrupted before */
    MEASURE_NO_ADDRESS, /* the look-up of its name failed: look_up_error */
    MEASURE_GOOD,       /* there are samples */
    MEASURE_REJECTED,   /* it answers, and no answer can be used: verdict */
    MEASURE_UNREACHED,  /* its network or ours sent the request back: error */
    MEASURE_SILENT
};

/* An offset is true time less our clock, as it shows now. */
struct measure_sample {
    double offset_s, delay_s;
};

/* One address of a host, and what was measured. Of numbers NAN means not known. */
struct measure_target {
    const char *host;       /* as it was asked for; the caller's */
    struct address address; /* with port; ADDRESS_NONE: see look_up_error */
    enum names_error look_up_error;

    enum measure_fate fate;
    enum reply_verdict verdict; /* of the last reply that was rejected; REPLY_ACCEPTED: none was */
    uint32_t kiss;              /* code of the kiss, with a verdict that is one */
    int error;                  /* errno; 0: none */
    unsigned sent;              /* requests */

    bool heard; /* the four below hold, from its last answer */
    uint8_t stratum, leap;
    int8_t precision; /* log2 s */
    uint32_t refid;
    double root_delay_s, root_dispersion_s; /* of the best sample, else of the last answer */

    unsigned sample_count; /* the newest first: */
    struct measure_sample samples[MEASURE_SAMPLES_MAX];
    /* The best one: the shortest delay disturbs the offset least. */
    double offset_s, delay_s, dispersion_s;
    double root_distance_s; /* bound of the error of offset_s */
    double jitter_s;        /* standard deviation of the offsets; of two and more */
};

/* Fills a target for each address of a host (at most `max`), or one that has none and says why:
 * their number. `host`: a name or an address, with or without a port: 192.0.2.1:123,
 * [2001:db8::1]:123, ntp.example:123. Blocks. */
unsigned measure_look_up(const char *host, const struct measure_options *options,
                         struct measure_target *out, unsigned max);

/* A target of a known address. */
void measure_target_init(struct measure_target *t, const char *host, const struct address *address);

/* Forgets what was measured of a target, and measures all that have an address, many at a time.
 * Ends early when all have their samples, or have said or done what asking again would not change.
 * False: interrupted (SIGNAL_END of os/process.h). */
bool measure_run(const struct measure_options *options, struct measure_target *targets,
                 unsigned count);

/* Is the result of this source certain, so that no further request is worth its while? `before`:
 * rejections.count when its last request was sent. Pure. */
bool measure_is_settled(const struct source *s, unsigned samples, uint32_t before);

/* The fate of a source that was asked, with verdict, kiss and error. Pure. */
void measure_judge(const struct source *s, struct measure_target *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Nonces and the list of clients; see the header. Clients of ours are known by monotonic instants
 * and told by wall time; all rows of one list use the same difference of the two, so that a row is
 * recognised when it comes back to go on from. */
#include "control/mode6/mode6_clients.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/siphash.h"
#include "wire/ntp_words.h"

#define NONCE_VALID_S 16
#define NONCE_LENGTH 24
#define ROWS_MAX 256
/* A row that comes back is the same if it is off by no more: clocks are slewed meanwhile. */
#define SAME_NS 1000000
/* The longest row; and what ends the list. */
#define ROW_LENGTH_MAX 270
#define END_LENGTH_MAX 70

/* ---- nonces ---- */

static uint32_t nonce_hash(const struct mode6 *mode6, uint64_t timestamp,
                           const struct address *peer)
{
    uint8_t data[8 + 16 + 2 + 1];

    memcpy(data, &timestamp, 8);
    memcpy(data + 8, peer->bytes, 16);
    memcpy(data + 24, &peer->port, 2);
    data[26] = peer->family;
    return (uint32_t)siphash(mode6->key, data, sizeof data);
}

static void format_nonce(const struct mode6 *mode6, struct wall_time now,
                         const struct address *peer, char out[NONCE_LENGTH + 1])
{
    uint64_t timestamp = ntp_from_wall(now);

    snprintf(out, NONCE_LENGTH + 1, "%016" PRIx64 "%08" PRIx32, timestamp,
             nonce_hash(mode6, timestamp, peer));
}

void mode6_put_nonce(struct mode6_list *list, const struct mode6 *mode6, struct wall_time now,
                     const struct address *peer)
{
    char text[NONCE_LENGTH + 1];

    format_nonce(mode6, now, peer, text);
    mode6_put_word(list, MODE6_DEFAULT, "nonce", text);
}

static bool nonce_is_good(const struct mode6 *mode6, const struct report_input *input,
                          const struct address *peer, const char *nonce)
{
    uint64_t timestamp;
    uint32_t hash;
    int64_t age_s;

    if (strlen(nonce) != NONCE_LENGTH || strspn(nonce, "0123456789abcdef") != NONCE_LENGTH ||
        sscanf(nonce, "%16" SCNx64 "%8" SCNx32, &timestamp, &hash) != 2) {
        return false;
    }
    age_s = (int64_t)(ntp_from_wall(input->now.wall) - timestamp) >> 32;
    return age_s >= 0 && age_s < NONCE_VALID_S && hash == nonce_hash(mode6, timestamp, peer);
}

/* ---- the rows ---- */

static uint64_t timestamp_of(const struct mode6 *mode6, struct mono_time at)
{
    return ntp_from_wall((struct wall_time){ns_add(at.ns, mode6->wall_minus_mono_ns)});
}

static uint32_t bits_of(const struct client *c)
{
    uint32_t bits = ntp_words_restrictions(c->flags);

    switch (c->outcome) {
    case CLIENTS_KISSED: return bits | NTP_WORDS_LIMITED | NTP_WORDS_KOD;
    case CLIENTS_LIMITED: return bits | NTP_WORDS_LIMITED;
    case CLIENTS_ANSWERED:
    case CLIENTS_REFUSED: return bits;
    }
    return bits;
}

/* Requests in a second, less the longer it has been silent. */
static double score_of(const struct client *c, struct mono_time now)
{
    double interval_s = fmax(c->interval_s, s_from_ns(ns_subtract(now.ns, c->last.ns)));

    return c->requests > 1 && interval_s > 0 ? fmin(1 / interval_s, 1e6) : 0;
}

/* A worker may have noted it after we looked at the clock. */
static double age_s_of(const struct client *c, struct mono_time now)
{
    return fmax(0, s_from_ns(ns_subtract(now.ns, c->last.ns)));
}

static bool is_wanted(const struct mode6_mru_request *q, const struct client *c,
                      struct mono_time now)
{
    double age_s = age_s_of(c, now);
    uint32_t restrictions = bits_of(c);

    return (int64_t)c->requests >= q->mincount && c->limited >= q->mindrop &&
           (q->minscore <= 0 || score_of(c, now) >= q->minscore) &&
           (restrictions & q->resall) == q->resall &&
           (q->resany == 0 || (restrictions & q->resany) != 0) &&
           (q->maxlstint < 0 || age_s <= (double)q->maxlstint) && age_s >= (double)q->minlstint;
}

static void put_row(struct mode6_list *list, int index, const struct mode6 *mode6,
                    const struct client *c, struct mono_time now)
{
    struct mode6_mru_row row = {.last = timestamp_of(mode6, c->last),
                                .first = timestamp_of(mode6, c->first),
                                .ct = (double)c->requests,
                                .dr = c->limited,
                                .sc = score_of(c, now),
                                .mv = c->mode + c->version * 8u,
                                .rs = bits_of(c)};

    address_format_port(&c->address, row.addr);
    mode6_mru_write_row(list, index, &row);
}

static bool is_same(const struct mode6 *mode6, const struct client *c, uint64_t last)
{
    int64_t fraction = (int64_t)(timestamp_of(mode6, c->last) - last);

    return fabs((double)fraction) / 4294967296.0 * 1e9 < SAME_NS;
}

/* Where to go on: the first of the client's points that is still as it was. False: none is. */
static bool find_resume(struct mode6_list *list, const struct mode6 *mode6,
                        const struct clients *clients, const struct mode6_mru_request *q,
                        struct mono_time *after)
{
    for (unsigned i = 0; i < MODE6_MRU_RESUME_MAX; i++) {
        const struct mode6_mru_point *point = &q->points[i];
        struct client c;

        if (point->address.family != ADDRESS_NONE && point->last != 0 && clients &&
            clients_find(clients, &point->address, &c) && is_same(mode6, &c, point->last)) {
            char address[ADDRESS_TEXT_MAX];

            mode6_put_time(list, MODE6_DEFAULT, "last.older", point->last);
            mode6_put_word(list, MODE6_DEFAULT, "addr.older",
                           address_format_port(&c.address, address));
            *after = c.last;
            return true;
        }
    }
    return false;
}

/* Just before the `recent` clients that asked last. */
static struct mono_time start_of_recent(const struct clients *clients, struct report *report,
                                        int64_t recent)
{
    size_t wanted = recent < REPORT_CLIENTS_MAX ? (size_t)recent : REPORT_CLIENTS_MAX;
    size_t count = clients_list(clients, CLIENTS_RECENT, report->clients, wanted);

    return (struct mono_time){count > 0 ? report->clients[count - 1].last.ns - 1 : INT64_MIN};
}

/* Rows up to the limits; the end of the list if it is reached. */
static void put_rows(struct mode6_list *list, const struct mode6 *mode6, struct report *report,
                     const struct mode6_mru_request *q, struct mono_time after)
{
    const struct report_input *input = &report->input;
    int64_t rows = q->limit;
    struct mono_time newest = {INT64_MIN};
    bool whole = false;
    int index = 0;

    while (!whole && index < rows) {
        size_t got = clients_list_after(input->clients, after, report->clients, ROWS_MAX), i = 0;

        whole = got < ROWS_MAX;
        for (; i < got && index < rows; i++) {
            const struct client *c = &report->clients[i];

            if (list->length + ROW_LENGTH_MAX + END_LENGTH_MAX > list->capacity) {
                rows = 0; /* no room */
                break;
            }
            after = c->last;
            if (is_wanted(q, c, input->now.mono)) {
                newest = c->last;
                put_row(list, index++, mode6, c, input->now.mono);
            }
        }
        whole = whole && i == got;
    }
    if (whole) {
        mode6_put_time(list, MODE6_DEFAULT, "now", timestamp_of(mode6, input->now.mono));
        mode6_put_time(list, MODE6_DEFAULT, "last.newest",
                       newest.ns != INT64_MIN ? timestamp_of(mode6, newest) : 0);
    }
}

/* Limits as the request gives them; false if they are out of range. */
static bool set_limits(struct mode6_mru_request *q, unsigned fragments_max)
{
    bool fragments = q->frags > 0 && q->frags <= MODE6_ANSWER_FRAGMENTS;
    bool limit = q->limit > 0 && q->limit <= ROWS_MAX;

    if (q->limit > ROWS_MAX || q->frags > MODE6_ANSWER_FRAGMENTS || (!fragments && !limit)) {
        return false;
    }
    q->limit = limit ? q->limit : ROWS_MAX;
    q->frags = fragments ? q->frags : MODE6_ANSWER_FRAGMENTS;
    q->frags = q->frags < fragments_max ? q->frags : fragments_max;
    return true;
}

enum mode6_error mode6_list_clients(struct mode6 *mode6, struct report *report,
                                    const struct address *peer, const uint8_t *data, size_t length,
                                    unsigned fragments_max, char *out, size_t *written)
{
    const struct report_input *input = &report->input;
    struct mono_time after = {INT64_MIN};
    struct mode6_list list;
    struct mode6_mru_request q;
    bool right = mode6_mru_read_request(&q, data, length);

    if (!nonce_is_good(mode6, input, peer, q.nonce)) {
        return MODE6_ERROR_UNSPECIFIED;
    }
    if (!right || !set_limits(&q, fragments_max)) {
        return MODE6_ERROR_VALUE;
    }
    mode6_list_begin(&list, out, (size_t)q.frags * MODE6_DATA_MAX, NULL);
    mode6_put_nonce(&list, mode6, input->now.wall, peer);
    if (q.resumes) {
        if (!find_resume(&list, mode6, input->clients, &q, &after)) {
            return MODE6_ERROR_VARIABLE;
        }
    } else {
        mode6->wall_minus_mono_ns = ns_subtract(input->now.wall.ns, input->now.mono.ns);
        if (q.recent > 0 && input->clients) {
            after = start_of_recent(input->clients, report, q.recent);
        }
    }
    if (input->clients) {
        put_rows(&list, mode6, report, &q, after);
    }
    mode6_list_end(&list);
    *written = list.length;
    return MODE6_NO_ERROR;
}

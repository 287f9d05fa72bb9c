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
#define ROWS_MAX 256
#define RESUME_POINTS 16
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
                         const struct address *peer, char out[25])
{
    uint64_t timestamp = ntp_from_wall(now);

    snprintf(out, 25, "%016" PRIx64 "%08" PRIx32, timestamp, nonce_hash(mode6, timestamp, peer));
}

void mode6_put_nonce(struct mode6_list *list, const struct mode6 *mode6, struct wall_time now,
                     const struct address *peer)
{
    char text[25];

    format_nonce(mode6, now, peer, text);
    mode6_put_word(list, MODE6_DEFAULT, "nonce", text);
}

/* ---- what is asked for ---- */

struct query {
    char nonce[25];
    int64_t limit, fragments, recent, min_count, min_drop, res_all, res_any, max_age_s, min_age_s;
    double min_score;
    struct {
        bool have_address, have_last;
        struct address address;
        uint64_t last;
    } resume[RESUME_POINTS];
};

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decimal, or hexadecimal after 0x. False if it is no number below 2^32. */
static bool parse_number(const char *text, int64_t *out)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    int base = hex ? 16 : 10, digit;
    int64_t value = 0;

    text += hex ? 2 : 0;
    if (*text == '\0') {
        return false;
    }
    for (; (digit = hex_digit(*text)) >= 0 && digit < base && value <= UINT32_MAX; text++) {
        value = value * base + digit;
    }
    *out = value;
    return *text == '\0' && value <= UINT32_MAX;
}

/* 0x01234567.89abcdef */
static bool parse_timestamp(const char *text, uint64_t *out)
{
    unsigned digits = 0;

    *out = 0;
    if (strncmp(text, "0x", 2) != 0) {
        return false;
    }
    for (text += 2; *text != '\0' && digits <= 16; text++) {
        if (digits == 8 && *text == '.') {
            continue;
        }
        if (hex_digit(*text) < 0) {
            return false;
        }
        *out = *out << 4 | (uint64_t)hex_digit(*text);
        digits++;
    }
    return digits == 16;
}

/* 192.0.2.1:123 or [2001:db8::1]:123; the port does not matter. */
static bool parse_address(const char *text, struct address *out)
{
    char address[ADDRESS_TEXT_MAX];
    const char *end;

    if (text[0] == '[') {
        text++;
        end = strchr(text, ']');
    } else {
        end = strchr(text, ':');
    }
    if (!end || (size_t)(end - text) >= sizeof address) {
        return false;
    }
    memcpy(address, text, (size_t)(end - text));
    address[end - text] = '\0';
    return address_parse(address, out);
}

/* The number behind "addr." or "last."; -1: it is something else. */
static int resume_index(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    int64_t index;

    return strncmp(name, prefix, length) == 0 && parse_number(name + length, &index) &&
                   index < RESUME_POINTS
               ? (int)index
               : -1;
}

static bool take_number(struct query *q, const char *name, const char *value)
{
    const struct {
        const char *name;
        int64_t *number;
    } numbers[] = {
        {"limit", &q->limit},        {"frags", &q->fragments},     {"recent", &q->recent},
        {"mincount", &q->min_count}, {"mindrop", &q->min_drop},    {"resall", &q->res_all},
        {"resany", &q->res_any},     {"maxlstint", &q->max_age_s}, {"minlstint", &q->min_age_s},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            return parse_number(value, numbers[i].number);
        }
    }
    return true; /* laddr, and names of clients to come */
}

/* "0.25": what is needed of it. */
static bool take_score(struct query *q, const char *value)
{
    double unit = 1;

    q->min_score = 0;
    for (; *value >= '0' && *value <= '9' && q->min_score < 1e9; value++) {
        q->min_score = q->min_score * 10 + (*value - '0');
    }
    for (value += *value == '.'; *value >= '0' && *value <= '9'; value++) {
        unit /= 10;
        q->min_score += unit * (*value - '0');
    }
    return *value == '\0';
}

static bool take_item(struct query *q, const char *name, const char *value)
{
    int index;

    if (strcmp(name, "nonce") == 0) {
        snprintf(q->nonce, sizeof q->nonce, "%s", value);
        return true;
    }
    if (strcmp(name, "minscore") == 0) {
        return take_score(q, value);
    }
    if ((index = resume_index(name, "addr.")) >= 0) {
        q->resume[index].have_address = true;
        return parse_address(value, &q->resume[index].address);
    }
    if ((index = resume_index(name, "last.")) >= 0) {
        q->resume[index].have_last = true;
        return parse_timestamp(value, &q->resume[index].last);
    }
    return take_number(q, name, value);
}

/* "name=value, ..."; false if a value makes no sense. */
static bool parse_query(const uint8_t *data, size_t length, struct query *q)
{
    char text[MODE6_DATA_MAX + 1];
    char *next = text;

    *q = (struct query){.max_age_s = -1};
    length = length < MODE6_DATA_MAX ? length : MODE6_DATA_MAX;
    memcpy(text, data, length);
    text[length] = '\0';
    while (*next != '\0') {
        char *name = next + strspn(next, " \t\r\n"), *value;
        size_t part = strcspn(name, ",");

        next = name + part + (name[part] == ',');
        name[part] = '\0';
        while (part > 0 && strchr(" \t\r\n", name[part - 1])) {
            name[--part] = '\0';
        }
        value = strchr(name, '=');
        if (!value) {
            continue;
        }
        *value++ = '\0';
        if (!take_item(q, name, value)) {
            return false;
        }
    }
    return true;
}

static bool nonce_is_good(const struct mode6 *mode6, const struct report_input *input,
                          const struct address *peer, const char *nonce)
{
    uint64_t timestamp = 0, hash = 0;
    int64_t age_s;

    if (strlen(nonce) != 24) {
        return false;
    }
    for (unsigned i = 0; i < 24; i++) {
        int digit = hex_digit(nonce[i]);
        uint64_t *to = i < 16 ? &timestamp : &hash;

        if (digit < 0) {
            return false;
        }
        *to = *to << 4 | (uint64_t)digit;
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
    case CLIENTS_KISSED:
        return bits | NTP_WORDS_LIMITED | NTP_WORDS_KOD;
    case CLIENTS_LIMITED:
        return bits | NTP_WORDS_LIMITED;
    case CLIENTS_ANSWERED:
    case CLIENTS_REFUSED:
        return bits;
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

static bool is_wanted(const struct query *q, const struct client *c, struct mono_time now)
{
    double age_s = age_s_of(c, now);
    uint32_t restrictions = bits_of(c);

    return (int64_t)c->requests >= q->min_count && c->limited >= q->min_drop &&
           (q->min_score <= 0 || score_of(c, now) >= q->min_score) &&
           (restrictions & q->res_all) == q->res_all &&
           (q->res_any == 0 || (restrictions & q->res_any) != 0) &&
           (q->max_age_s < 0 || age_s <= (double)q->max_age_s) && age_s >= (double)q->min_age_s;
}

static void put_row(struct mode6_list *list, const struct mode6 *mode6, const struct client *c,
                    struct mono_time now)
{
    char address[ADDRESS_TEXT_MAX];

    mode6_put_word(list, MODE6_DEFAULT, "addr", address_format_port(&c->address, address));
    mode6_put_time(list, MODE6_DEFAULT, "last", timestamp_of(mode6, c->last));
    mode6_put_time(list, MODE6_DEFAULT, "first", timestamp_of(mode6, c->first));
    mode6_put_integer(list, MODE6_DEFAULT, "ct", (int64_t)c->requests);
    mode6_put_integer(list, MODE6_DEFAULT, "mv", c->mode + c->version * 8);
    mode6_put_hex(list, MODE6_DEFAULT, "rs", bits_of(c));
    mode6_put_decimal(list, MODE6_DEFAULT, "sc", score_of(c, now), 3);
    mode6_put_integer(list, MODE6_DEFAULT, "dr", c->limited);
}

static bool is_same(const struct mode6 *mode6, const struct client *c, uint64_t last)
{
    int64_t fraction = (int64_t)(timestamp_of(mode6, c->last) - last);

    return fabs((double)fraction) / 4294967296.0 * 1e9 < SAME_NS;
}

/* Where to go on: the first of the client's points that is still as it was. False: none is. */
static bool find_resume(struct mode6_list *list, const struct mode6 *mode6,
                        const struct clients *clients, const struct query *q,
                        struct mono_time *after)
{
    for (unsigned i = 0; i < RESUME_POINTS; i++) {
        struct client c;

        if (q->resume[i].have_address && q->resume[i].have_last && clients &&
            clients_find(clients, &q->resume[i].address, &c) &&
            is_same(mode6, &c, q->resume[i].last)) {
            char address[ADDRESS_TEXT_MAX];

            mode6_put_time(list, MODE6_DEFAULT, "last.older", q->resume[i].last);
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
                     const struct query *q, struct mono_time after)
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
                list->index = index++;
                put_row(list, mode6, c, input->now.mono);
            }
        }
        whole = whole && i == got;
    }
    list->index = -1;
    if (whole) {
        mode6_put_time(list, MODE6_DEFAULT, "now", timestamp_of(mode6, input->now.mono));
        mode6_put_time(list, MODE6_DEFAULT, "last.newest",
                       newest.ns != INT64_MIN ? timestamp_of(mode6, newest) : 0);
    }
}

/* Limits as the request gives them; false if they are out of range. */
static bool set_limits(struct query *q, unsigned fragments_max)
{
    bool fragments = q->fragments > 0 && q->fragments <= MODE6_FRAGMENTS_MAX;
    bool limit = q->limit > 0 && q->limit <= ROWS_MAX;

    if (q->limit > ROWS_MAX || q->fragments > MODE6_FRAGMENTS_MAX || (!fragments && !limit)) {
        return false;
    }
    q->limit = limit ? q->limit : ROWS_MAX;
    q->fragments = fragments ? q->fragments : MODE6_FRAGMENTS_MAX;
    q->fragments = q->fragments < fragments_max ? q->fragments : fragments_max;
    return true;
}

enum mode6_error mode6_list_clients(struct mode6 *mode6, struct report *report,
                                    const struct address *peer, const uint8_t *data, size_t length,
                                    unsigned fragments_max, char *out, size_t *written)
{
    const struct report_input *input = &report->input;
    struct mono_time after = {INT64_MIN};
    struct mode6_list list;
    struct query q;
    bool right = parse_query(data, length, &q), resumes = false;

    if (!nonce_is_good(mode6, input, peer, q.nonce)) {
        return MODE6_ERROR_UNSPECIFIED;
    }
    if (!right || !set_limits(&q, fragments_max)) {
        return MODE6_ERROR_VALUE;
    }
    for (unsigned i = 0; i < RESUME_POINTS; i++) {
        resumes = resumes || q.resume[i].have_address || q.resume[i].have_last;
    }
    mode6_list_begin(&list, out, (size_t)q.fragments * MODE6_DATA_MAX, NULL);
    mode6_put_nonce(&list, mode6, input->now.wall, peer);
    if (resumes) {
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

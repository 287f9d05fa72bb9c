/* SPDX-License-Identifier: BSD-2-Clause */
/* The long lists of ntpq: clients last heard of (asked for piece by piece, with a nonce that proves
 * our address), interfaces and access rules (signed); and lines of configuration (signed). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/draw/render.h"
#include "cli/ntpq/ntpq.h"
#include "cli/ntpq/ntpq_format.h"
#include "core/address.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/names.h"
#include "wire/mode6_mru.h"
#include "wire/ntp_words.h"

#define ROWS_MAX 200000
#define TEXT_LENGTH 256
#define FRAGMENTS 32
#define NONCE_AGE_S 15.0
#define RESTARTS_MAX 8
#define ROUNDS_MAX 100000
#define CONFIG_FILE_MAX 65536

struct clients {
    struct mode6_mru_row *rows;
    size_t count, capacity;
    char nonce[MODE6_MRU_NONCE_MAX];
    struct mono_time nonce_at;
    uint64_t now; /* 0: not complete yet */
};

static bool fetch_nonce(struct ntpq *q, struct clients *c)
{
    int result = ntpq_ask_variables(q, MODE6_REQUEST_NONCE, 0, "");
    const char *nonce = variables_text(&q->variables, "nonce");

    if (result) {
        ntpq_complain(q, result);
        return false;
    }
    if (!*nonce || strlen(nonce) >= sizeof c->nonce) {
        fputs("***Unexpected nonce response format\n", stderr);
        return false;
    }
    snprintf(c->nonce, sizeof c->nonce, "%s", nonce);
    c->nonce_at = clock_now().mono;
    return true;
}

/* The value of `stem.index`, or NULL. */
static const char *member(const struct ntpq *q, const char *stem, unsigned index)
{
    char name[48];
    const struct variable *v;

    snprintf(name, sizeof name, "%s.%u", stem, index);
    v = variables_find(&q->variables, name);
    return v ? v->value : NULL;
}

static double member_number(const struct ntpq *q, const char *stem, unsigned index)
{
    const char *text = member(q, stem, index);

    return text ? variables_parse_number(text) : (double)NAN;
}

/* Where the row of this address is: clients that came again move to the end. */
static bool keep(struct clients *c, const struct mode6_mru_row *row)
{
    size_t back = c->count > 2000 ? c->count - 2000 : 0; /* only the newest can have come again */

    for (size_t i = c->count; i > back; i--) {
        if (strcmp(c->rows[i - 1].addr, row->addr) == 0) {
            memmove(&c->rows[i - 1], &c->rows[i], (c->count - i) * sizeof *c->rows);
            c->count--;
            break;
        }
    }
    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : 1024;
        struct mode6_mru_row *rows =
            capacity <= ROWS_MAX ? realloc(c->rows, capacity * sizeof *rows) : NULL;

        if (!rows) {
            return false;
        }
        c->rows = rows;
        c->capacity = capacity;
    }
    c->rows[c->count++] = *row;
    return true;
}

static unsigned small(double value)
{
    return value >= 0 && value <= 65535 ? (unsigned)value : 0;
}

/* The rows of one answer; false: no room. */
static bool take_rows(struct ntpq *q, struct clients *c)
{
    const char *nonce = variables_text(&q->variables, "nonce");
    struct mode6_mru_row row;

    if (!variables_parse_time(variables_text(&q->variables, "now"), &c->now)) {
        c->now = 0; /* there is more to come */
    }
    if (*nonce && strlen(nonce) < sizeof c->nonce) {
        snprintf(c->nonce, sizeof c->nonce, "%s", nonce);
        c->nonce_at = clock_now().mono;
    }
    for (unsigned i = 0; mode6_mru_read_row(&q->variables, i, &row); i++) {
        if (row.last != 0 && !keep(c, &row)) {
            return false;
        }
    }
    return true;
}

static bool collect(struct ntpq *q, struct clients *c, const char *filters)
{
    char request[MODE6_DATA_MAX + 1];
    unsigned restarts = 0;

    if (!fetch_nonce(q, c)) {
        return false;
    }
    for (unsigned round = 0; c->now == 0 && round < ROUNDS_MAX; round++) {
        int result;

        if (s_from_ns(ns_subtract(clock_now().mono.ns, c->nonce_at.ns)) >= NONCE_AGE_S &&
            !fetch_nonce(q, c)) {
            return false;
        }
        mode6_mru_write_request(c->nonce, FRAGMENTS, filters, c->rows, c->count, request);
        result = ntpq_ask_variables(q, MODE6_READ_CLIENTS, 0, request);
        if (result == NTPQ_REFUSED + MODE6_ERROR_VARIABLE && restarts++ < RESTARTS_MAX) {
            c->count = 0; /* none of our resume points is there any more */
        } else if (result) {
            ntpq_complain(q, result);
            return false;
        } else if (!take_rows(q, c)) {
            fprintf(stderr, "***More than %d clients\n", ROWS_MAX);
            return false;
        }
    }
    return true;
}

static double lfp_s(uint64_t t)
{
    return (double)t / 4294967296.0;
}

static double average_s(const struct mode6_mru_row *c)
{
    return c->ct > 1 ? lfp_s(c->last - c->first) / (c->ct - 1) : 0;
}

/* The name of the address without its port; "ADDRESS (NAME)" where the name does not lead back. */
static void name_client(const struct ntpq *q, const char *text, char out[TEXT_LENGTH])
{
    struct address a, found[NAMES_MAX];
    char name[TEXT_LENGTH / 2];
    unsigned count;

    snprintf(out, TEXT_LENGTH, "%s", text);
    if (!q->names || !address_parse(text, &a) || !names_find(&a, name, sizeof name)) {
        return;
    }
    count = names_look_up(name, a.family, found, NAMES_MAX, NULL);
    for (unsigned i = 0; i < count; i++) {
        if (address_equal(&found[i], &a)) {
            snprintf(out, TEXT_LENGTH, "%s", name);
            return;
        }
    }
    snprintf(out, TEXT_LENGTH, "%.60s (%s)", text, name);
}

static void print_client(const struct ntpq *q, const struct clients *c,
                         const struct mode6_mru_row *row)
{
    double average = average_s(row);
    char bare[ADDRESS_TEXT_MAX], name[TEXT_LENGTH], interval[16], points[16] = "-", drops[16] = "-";
    const char *port = strrchr(row->addr, ':'), *text = row->addr;
    size_t length = port ? (size_t)(port - text) : strlen(text);

    if (*text == '[' && length > 2) {
        text++;
        length -= 2;
    }
    snprintf(bare, sizeof bare, "%.*s", (int)length, text);
    name_client(q, bare, name);
    snprintf(interval, sizeof interval,
             average > 5 || row->ct <= 1 ? "%6.0f"
             : average >= 1              ? "%6.2f"
                                         : "%6.3f",
             average);
    if (row->sc > 0) {
        snprintf(points, sizeof points, "%8.*f",
                 row->sc > 1e5   ? 1
                 : row->sc > 1e4 ? 2
                                 : 3,
                 row->sc);
    }
    if (!isnan(row->dr)) {
        snprintf(drops, sizeof drops, "%4.0f", row->dr);
    }
    printf("%7.0f %s %4x %c %u %u %6.0f %8s %6s %5s %s\n",
           floor(lfp_s(c->now) - lfp_s(row->last) + 0.5), interval, row->rs,
           ntp_words_limit_letter(row->rs), row->mv & 7, row->mv >> 3 & 7, row->ct, points, drops,
           port ? port + 1 : "", name);
}

/* What `sort=` names, to be shown with the smallest first. */
static const char *sort_key;

static int compare(double a, double b)
{
    return (a > b) - (a < b);
}

static int in_order(const void *a, const void *b)
{
    const struct mode6_mru_row *x = a, *y = b;
    const char *key = sort_key + (*sort_key == '-');
    int order = 0;

    if (strcmp(key, "addr") == 0) {
        order = strcmp(x->addr, y->addr);
    } else if (strcmp(key, "count") == 0) {
        order = compare(x->ct, y->ct);
    } else if (strcmp(key, "avgint") == 0) {
        order = compare(average_s(x), average_s(y));
    } else if (strcmp(key, "score") == 0) {
        order = compare(x->sc, y->sc);
    } else if (strcmp(key, "drop") == 0) {
        order = compare(x->dr, y->dr);
    } else {
        order = compare(lfp_s(y->last), lfp_s(x->last)); /* lstint */
    }
    return *sort_key == '-' ? -order : order;
}

static bool is_sort_key(const char *text)
{
    static const char *const keys[] = {"addr", "count", "avgint", "score", "drop", "lstint"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(text + (*text == '-'), keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* `tag=value` words as the request has them; false: it has said what is wrong with one. */
static bool read_filters(const struct ntpq_line *line, char out[TEXT_LENGTH])
{
    size_t used = 0;

    out[0] = '\0';
    sort_key = "lstint";
    for (unsigned i = 0; i < line->count; i++) {
        const char *word = line->words[i];
        size_t length = strcspn(word, "=");

        if (strncmp(word, "sort=", 5) == 0 && is_sort_key(word + 5)) {
            sort_key = word + 5;
            continue;
        }
        if (!mode6_mru_is_filter(word, length) || word[length] == '\0' ||
            used + strlen(word) + 3 > TEXT_LENGTH) {
            fprintf(stderr, "***Unknown parameter '%s'\n", word);
            return false;
        }
        used += (size_t)snprintf(out + used, TEXT_LENGTH - used, ", %s", word);
    }
    return true;
}

void ntpq_mrulist(struct ntpq *q, const struct ntpq_line *line)
{
    static const char header[] =
        " lstint avgint rstr r m v  count    score   drop rport remote address";
    struct mono_time start = clock_now().mono;
    struct clients c = {.rows = NULL};
    char filters[TEXT_LENGTH];

    if (read_filters(line, filters) && collect(q, &c, filters)) {
        double spent = s_from_ns(ns_subtract(clock_now().mono.ns, start.ns));

        puts(header);
        for (size_t i = 1; i < sizeof header; i++) {
            putchar('=');
        }
        putchar('\n');
        if (c.count > 0) {
            qsort(c.rows, c.count, sizeof *c.rows, in_order);
        }
        for (size_t i = 0; i < c.count; i++) {
            print_client(q, &c, &c.rows[i]);
        }
        printf("# Collected %zu slots in %.3f seconds\n", c.count, spent);
        printf("# Processed %zu slots in %.3f seconds\n", c.count,
               s_from_ns(ns_subtract(clock_now().mono.ns, start.ns)));
    }
    free(c.rows);
}

/* A signed request for a list of numbered rows; false: it has said why there is none. */
static bool ask_list(struct ntpq *q, const char *what)
{
    int result;

    if (!ntpq_need_key(q)) {
        return false;
    }
    result = ntpq_ask(q, MODE6_READ_LIST, 0, what, true);
    if (result) {
        ntpq_complain(q, result);
        return false;
    }
    variables_read(&q->variables, q->reply.data);
    return true;
}

static void print_rule(unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        putchar('=');
    }
    putchar('\n');
}

void ntpq_ifstats(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    if (!ask_list(q, "ifstats")) {
        return;
    }
    puts(
        "    interface name                                  send\n"
        " #  address/broadcast     drop flag received sent failed peers   uptime");
    print_rule(74);
    for (unsigned i = 0; member(q, "addr", i); i++) {
        const char *name = member(q, "name", i), *broadcast = member(q, "bcast", i);

        printf("%3u %-24.24s %c %4x %6.0f %6.0f %6.0f %5.0f %8.0f\n    %s\n", i, name ? name : "?",
               member_number(q, "en", i) > 0 ? '.' : 'D', small(member_number(q, "flags", i)),
               member_number(q, "rx", i), member_number(q, "tx", i), member_number(q, "txerr", i),
               member_number(q, "pc", i), member_number(q, "up", i), member(q, "addr", i));
        if (broadcast && *broadcast) {
            printf("    %s\n", broadcast);
        }
    }
}

/* Bits that are set in a mask: the length of its prefix. */
static unsigned prefix_of(const char *mask)
{
    struct address a;
    unsigned bits = 0;

    if (address_parse(mask, &a)) {
        for (unsigned i = 0; i < sizeof a.bytes; i++) {
            for (unsigned b = a.bytes[i]; b; b &= b - 1) {
                bits++;
            }
        }
    }
    return bits;
}

void ntpq_reslist(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    if (!ask_list(q, "addr_restrictions")) {
        return;
    }
    puts("   hits    addr/prefix or addr mask\n           restrictions");
    print_rule(72);
    for (unsigned i = 0; member(q, "addr", i); i++) {
        const char *hits = member(q, "hits", i), *mask = member(q, "mask", i);
        const char *flags = member(q, "flags", i);

        printf("%10s %s/%u\n           %s\n", hits ? hits : "?", member(q, "addr", i),
               prefix_of(mask ? mask : ""), flags ? flags : "?");
    }
}

/* Sends one line of configuration and prints what the daemon says to it. */
static bool configure(struct ntpq *q, const char *text)
{
    int result = ntpq_ask(q, MODE6_CONFIGURE, 0, text, true);
    const char *column;
    size_t length;

    if (result) {
        ntpq_complain(q, result);
        return false;
    }
    length = strlen(q->reply.data);
    while (length > 0 && strchr("\r\n ", q->reply.data[length - 1])) {
        q->reply.data[--length] = '\0';
    }
    if (length == 0) {
        fputs("***Server disallowed request (authentication?)\n", stderr);
        return false;
    }
    column = strstr(q->reply.data, "column ");
    if (column && strstr(column, "syntax error")) {
        unsigned long at = strtoul(column + 7, NULL, 10);

        printf("%s\n", text);
        for (unsigned long i = 1; i < at && i < strlen(text); i++) {
            putchar('_');
        }
        puts("^");
    }
    for (const char *c = q->reply.data; *c; c++) {
        if (*c == '\n' || *c == '\t' || (*c >= ' ' && *c < 127)) {
            putchar(*c);
        }
    }
    putchar('\n');
    return true;
}

void ntpq_config(struct ntpq *q, const struct ntpq_line *line)
{
    if (ntpq_need_key(q)) {
        configure(q, line->rest);
    }
}

void ntpq_config_from_file(struct ntpq *q, const struct ntpq_line *line)
{
    char *text = NULL;
    size_t length;

    if (file_read(line->rest, CONFIG_FILE_MAX, &text, &length) != 0) {
        fprintf(stderr, "Could not read %s\n", line->rest);
        return;
    }
    if (ntpq_need_key(q)) {
        for (char *at = text; *at;) {
            char *end = at + strcspn(at, "\n");
            bool last = *end == '\0';

            *end = '\0';
            if (at[strspn(at, " \t\r")] && *at != '#' && !configure(q, at)) {
                break;
            }
            at = last ? end : end + 1;
        }
    }
    free(text);
}

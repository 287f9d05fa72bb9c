/* SPDX-License-Identifier: BSD-2-Clause */
/* The session of chronyc with a daemon: where to find it (a Unix socket, then the loopback
 * addresses), requests with repetitions, names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chronyc/chronyc.h"
#include "cli/chronyc/chronyc_format.h"
#include "os/clock.h"
#include "os/names.h"
#include "os/random.h"
#include "wire/chrony_words.h"

#define OWN_NAME "chronyc"
#define HOST_MAX 256
#define ADDRESSES_MAX 8

void chronyc_start(struct chronyc *c)
{
    uint8_t seed[RANDOM_SEED_LENGTH];

    *c = (struct chronyc){.exchange = {.fd = -1, .local = {.fd = -1}},
                          .hosts = CHRONYC_HOSTS,
                          .port = CHRONY_PORT,
                          .timeout_s = 1,
                          .retries = 2};
    random_system(seed, sizeof seed);
    random_seed(&c->random, seed);
}

/* The n-th of the hosts; false: there are fewer. */
static bool pick_host(const struct chronyc *c, unsigned n, char out[HOST_MAX])
{
    const char *at = c->hosts;

    for (; n > 0 && *at; n--) {
        at += strcspn(at, ",");
        at += *at == ',';
    }
    snprintf(out, HOST_MAX, "%.*s", (int)strcspn(at, ","), at);
    return out[0] != '\0';
}

static bool open_host(struct chronyc *c, const char *host)
{
    struct address found[ADDRESSES_MAX];
    unsigned count;

    if (*host == '/') {
        return exchange_open_local(&c->exchange, host, OWN_NAME) == 0;
    }
    count = exchange_look_up(host, c->family, found, ADDRESSES_MAX, NULL);
    if (count == 0) {
        fprintf(stderr, "Could not get IP address for %s\n", host);
        return false;
    }
    found[0].port = c->port;
    return exchange_open(&c->exchange, &found[0]) == 0;
}

/* Goes on to the next host that can be connected to. */
static bool open_next(struct chronyc *c)
{
    char host[HOST_MAX];

    exchange_close(&c->exchange);
    while (pick_host(c, c->tried, host)) {
        c->tried++;
        if (open_host(c, host)) {
            c->opened = true;
            return true;
        }
        exchange_close(&c->exchange);
    }
    return false;
}

/* Is the datagram the answer to this request? Then c->response and c->reply. */
static bool is_answer(struct chronyc *c, unsigned command, uint32_t sequence, size_t length)
{
    struct bytes_reader r = bytes_reader(c->answer, length);
    struct chrony_response a = chrony_packet_read_response(&r);
    size_t least = chrony_reply_length(a.reply);

    if (r.failed || a.version != CHRONY_VERSION || a.type != CHRONY_REPLY || a.zero1 || a.zero2 ||
        a.command != command || a.sequence != sequence || least == 0 || length < least) {
        return false;
    }
    c->response = a;
    chrony_reply_read(&r, (enum chrony_reply)a.reply, &c->reply);
    return true;
}

/* Until the deadline: 1 for an answer, 0 for none, or -errno. */
static int wait_for(struct chronyc *c, unsigned command, uint32_t sequence, double wait_s)
{
    struct mono_time deadline = mono_after(clock_now().mono, wait_s);

    for (;;) {
        long n = exchange_receive(&c->exchange, c->answer, sizeof c->answer, deadline, NULL);

        if (n <= 0) {
            return (int)n;
        }
        if (is_answer(c, command, sequence, (size_t)n)) {
            return 1;
        }
    }
}

static size_t build(struct chronyc *c, unsigned command, const union chrony_request_body *body,
                    unsigned attempt, uint32_t *sequence, uint8_t out[CHRONY_PACKET_MAX])
{
    struct bytes_writer w = bytes_writer(out, CHRONY_PACKET_MAX);
    size_t length = chrony_packet_request_length_now(command);

    *sequence = (uint32_t)random_u64(&c->random);
    chrony_packet_write_request(&w, &(struct chrony_request){.version = CHRONY_VERSION,
                                                             .type = CHRONY_REQUEST,
                                                             .command = (uint16_t)command,
                                                             .attempt = (uint16_t)attempt,
                                                             .sequence = *sequence});
    if (body) {
        chrony_packet_write_body(&w, (enum chrony_command)command, body);
    }
    if (w.at < length) {
        chrony_field_pad(&w, length - w.at);
    }
    return w.failed ? 0 : w.at;
}

bool chronyc_ask(struct chronyc *c, unsigned command, const union chrony_request_body *body)
{
    uint8_t request[CHRONY_PACKET_MAX];
    double wait_s = c->timeout_s;
    uint32_t sequence;

    for (unsigned attempt = 0;;) {
        size_t length;
        int result;

        if (attempt > c->retries) {
            exchange_close(&c->exchange); /* silent: the next host */
            attempt = 0;
            wait_s = c->timeout_s;
        }
        if (c->exchange.fd < 0 && !open_next(c)) {
            break;
        }
        length = build(c, command, body, attempt, &sequence, request);
        result = exchange_send(&c->exchange, request, length);
        if (result == 0) {
            result = wait_for(c, command, sequence, wait_s);
        }
        if (result > 0) {
            return true;
        }
        if (result < 0) {
            exchange_close(&c->exchange); /* no daemon there: the next host */
        } else {
            attempt++;
            wait_s *= 2;
        }
    }
    c->tried = 0;
    if (c->quiet) {
        return false;
    }
    fflush(stdout);
    fputs(c->opened ? "506 Cannot talk to daemon\n" : "Could not open connection to daemon\n",
          c->opened ? stdout : stderr);
    return false;
}

bool chronyc_print_status(const struct chronyc *c)
{
    puts(chrony_words_status(c->response.status));
    return c->response.status == CHRONY_SUCCESS || c->response.status == CHRONY_ACCESS_ALLOWED ||
           c->response.status == CHRONY_ACCESS_DENIED;
}

bool chronyc_ask_for(struct chronyc *c, unsigned command, const union chrony_request_body *body,
                     unsigned reply)
{
    if (!chronyc_ask(c, command, body)) {
        return false;
    }
    if (c->response.status != CHRONY_SUCCESS) {
        return chronyc_print_status(c);
    }
    if (c->response.reply != reply) {
        puts("508 Bad reply from daemon");
        return false;
    }
    return true;
}

bool chronyc_order(struct chronyc *c, unsigned command, const union chrony_request_body *body)
{
    return chronyc_ask(c, command, body) && chronyc_print_status(c);
}

bool chronyc_ask_number(struct chronyc *c, unsigned command, uint32_t number, unsigned reply)
{
    return chronyc_ask_for(c, command, &(union chrony_request_body){.number = number}, reply);
}

bool chronyc_has_option(const struct chronyc_line *line, const char *option)
{
    for (unsigned i = 1; i < line->count; i++) {
        if (strcmp(line->words[i], option) == 0) {
            return true;
        }
    }
    return false;
}

bool chronyc_count_sources(struct chronyc *c, uint32_t *count)
{
    if (!chronyc_ask_for(c, CHRONY_N_SOURCES, NULL, CHRONY_REPLY_N_SOURCES)) {
        return false;
    }
    *count = c->reply.sources;
    return true;
}

static void name_by_daemon(struct chronyc *c, const struct chrony_host *host,
                           char out[CHRONYC_NAME_SHOWN_MAX])
{
    if (chronyc_ask(c, CHRONY_SOURCE_NAME, &(union chrony_request_body){.host = *host}) &&
        c->response.reply == CHRONY_REPLY_SOURCE_NAME) {
        chrony_field_clean_name(c->reply.name);
        snprintf(out, CHRONYC_NAME_SHOWN_MAX, "%s", c->reply.name);
    }
}

const char *chronyc_name(struct chronyc *c, const struct chrony_host *host, uint32_t refid,
                         bool is_clock, size_t width, char out[CHRONYC_NAME_SHOWN_MAX])
{
    char text[CHRONYC_TEXT_MAX], address[ADDRESS_TEXT_MAX];

    if (is_clock) {
        snprintf(out, CHRONYC_NAME_SHOWN_MAX, "%s", chronyc_format_refid(refid, text));
        return out;
    }
    if (host->family == CHRONY_FAMILY_ID) {
        snprintf(out, CHRONYC_NAME_SHOWN_MAX, "ID#%010u", host->id);
    } else if (host->family == CHRONY_FAMILY_V4 || host->family == CHRONY_FAMILY_V6) {
        snprintf(out, CHRONYC_NAME_SHOWN_MAX, "%s", address_format(&host->address, address));
    } else {
        snprintf(out, CHRONYC_NAME_SHOWN_MAX, "[UNSPEC]");
        return out;
    }
    if (c->sources_by_name) {
        name_by_daemon(c, host, out);
    } else if (!c->numeric && host->family != CHRONY_FAMILY_ID) {
        char name[CHRONYC_NAME_SHOWN_MAX];

        if (names_find(&host->address, name, sizeof name)) {
            snprintf(out, CHRONYC_NAME_SHOWN_MAX, "%s", name);
        }
    }
    if (width > 0 && !c->numeric && strlen(out) > width && !strchr(out, ':')) {
        out[width - 1] = '>'; /* a name may be cut, an address never */
        out[width] = '\0';
    }
    return out;
}

bool chronyc_read_host(const struct chronyc *c, const char *word, struct chrony_host *out)
{
    struct address found[1];
    char *end;

    if (strncmp(word, "ID#", 3) == 0) {
        unsigned long id = strtoul(word + 3, &end, 10);

        *out = (struct chrony_host){.family = CHRONY_FAMILY_ID, .id = (uint32_t)id};
        return *end == '\0' && end != word + 3 && id <= UINT32_MAX;
    }
    if (exchange_look_up(word, c->family, found, 1, NULL) == 0) {
        return false;
    }
    *out = chrony_field_host(&found[0]);
    return true;
}

bool chronyc_syntax_error(const char *what)
{
    fflush(stdout);
    fprintf(stderr, "Invalid syntax for %s\n", what);
    return false;
}

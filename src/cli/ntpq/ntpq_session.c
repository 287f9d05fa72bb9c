/* SPDX-License-Identifier: BSD-2-Clause */
/* The session of ntpq with one host: requests with time-outs and one repetition, keys, and what is
 * said when something goes wrong. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/draw/render.h"
#include "cli/ntpq/ntpq.h"
#include "config/config.h"
#include "config/keys.h"
#include "core/bytes.h"
#include "core/packet.h"
#include "os/clock.h"
#include "os/file.h"
#include "wire/ntp_words.h"

#define TRIES 2
#define PASSWORD_HEX_OVER 20 /* longer passwords are hexadecimal, as in key files */

void ntpq_start(struct ntpq *q)
{
    q->exchange = (struct exchange){.fd = -1, .local = {.fd = -1}};
    q->keys = calloc(1, sizeof *q->keys);
    q->version = 2;
    q->timeout_s = 5;
    q->later_timeout_s = 3;
    q->names = true;
    q->width = render_width();
}

void ntpq_end(struct ntpq *q)
{
    exchange_close(&q->exchange);
    free(q->keys);
}

bool ntpq_open(struct ntpq *q, const char *host)
{
    struct address found[1];
    enum names_error problem;
    int error;

    exchange_close(&q->exchange);
    q->association_count = 0;
    snprintf(q->host, sizeof q->host, "%s", host);
    if (exchange_look_up(host, q->family, found, 1, &problem) == 0) {
        fprintf(stderr, "ntpq: standard-mode lookup of %s failed, %s\n", host,
                names_error_text(problem));
        return false;
    }
    found[0].port = NTP_PORT;
    error = exchange_open(&q->exchange, &found[0]);
    if (error) {
        fprintf(stderr, "ntpq: Error connecting to %s: %s [%d]\n", host, strerror(-error), -error);
    }
    return error == 0;
}

/* The request as it is sent; its length, 0 if there is no key to sign it with. */
static size_t build(struct ntpq *q, enum mode6_operation operation, uint16_t association,
                    const char *text, const struct mode6_seal *seal,
                    uint8_t out[MODE6_DATAGRAM_MAX])
{
    struct mode6_header header = {.version = q->version,
                                  .operation = (uint8_t)operation,
                                  .sequence = q->sequence,
                                  .association = association,
                                  .count = (uint16_t)strlen(text)};

    return mode6_encode(&header, text, q->keys, seal, out);
}

/* Until the answer is whole, or nothing came for a time-out. */
static int collect(struct ntpq *q)
{
    uint8_t datagram[1472];
    unsigned taken = 0;

    for (;;) {
        double timeout_s = q->reply.count == 0 ? q->timeout_s : q->later_timeout_s;
        struct mono_time deadline = mono_after(clock_now().mono, timeout_s);
        long n = exchange_receive(&q->exchange, datagram, sizeof datagram, deadline, NULL);

        if (n < 0) {
            q->socket_error = (int)n;
            return NTPQ_SOCKET;
        }
        if (n == 0) {
            return q->reply.count ? NTPQ_INCOMPLETE : NTPQ_TIMED_OUT;
        }
        switch (mode6_reply_take(&q->reply, datagram, (size_t)n)) {
        case MODE6_REPLY_DONE: return NTPQ_DONE;
        case MODE6_REPLY_ERROR: return NTPQ_REFUSED + q->reply.error;
        case MODE6_REPLY_BAD: return NTPQ_INCOMPLETE;
        case MODE6_REPLY_MORE:
        case MODE6_REPLY_IGNORED: break;
        }
        if (++taken > 2 * MODE6_FRAGMENTS_MAX) {
            return NTPQ_INCOMPLETE; /* a flood of fragments */
        }
    }
}

static int ask_once(struct ntpq *q, enum mode6_operation operation, uint16_t association,
                    const char *text, const struct mode6_seal *seal)
{
    uint8_t request[MODE6_DATAGRAM_MAX];
    size_t length;
    int error;

    q->sequence++;
    length = build(q, operation, association, text, seal, request);
    mode6_reply_start(&q->reply, (uint8_t)operation, q->sequence);
    error = exchange_send(&q->exchange, request, length);
    if (error) {
        q->socket_error = error;
        return NTPQ_SOCKET;
    }
    return collect(q);
}

int ntpq_ask(struct ntpq *q, enum mode6_operation operation, uint16_t association, const char *text,
             bool authenticated)
{
    struct mode6_seal seal = {.align_8 = true, .cut = true};
    int result = NTPQ_NO_HOST;

    if (q->exchange.fd < 0) {
        return result;
    }
    if (strlen(text) > MODE6_DATA_MAX) {
        return NTPQ_TOO_LONG;
    }
    if (authenticated || q->authenticate) {
        seal.key = mac_find(q->keys, q->key_id);
        if (!seal.key) {
            return NTPQ_NO_KEY;
        }
    }
    for (unsigned i = 0; i < TRIES; i++) {
        result = ask_once(q, operation, association, text, &seal);
        if (seal.key && result == NTPQ_REFUSED + MODE6_ERROR_PERMISSION && seal.align_8) {
            seal.align_8 = false; /* what the MAC covers is padded to 8 for some, to 4 for others */
            result = ask_once(q, operation, association, text, &seal);
        }
        if (result != NTPQ_TIMED_OUT && result != NTPQ_INCOMPLETE) {
            break;
        }
    }
    return result;
}

int ntpq_ask_variables(struct ntpq *q, enum mode6_operation operation, uint16_t association,
                       const char *names)
{
    int result = ntpq_ask(q, operation, association, names, false);

    q->variables.count = 0;
    if (result == NTPQ_DONE) {
        variables_read(&q->variables, q->reply.data);
    }
    return result;
}

static int by_id(const void *a, const void *b)
{
    const struct ntpq_association *x = a, *y = b;

    return (int)x->id - (int)y->id;
}

bool ntpq_ask_associations(struct ntpq *q)
{
    int result = ntpq_ask(q, MODE6_READ_STATUS, 0, "", false);
    struct bytes_reader r;

    q->association_count = 0;
    if (result) {
        ntpq_complain(q, result);
        return false;
    }
    if (q->reply.length % 4 != 0) {
        fputs("***Response length should have been a multiple of 4\n", stderr);
        return false;
    }
    r = bytes_reader((const uint8_t *)q->reply.data, q->reply.length);
    while (bytes_left(&r) > 0 && q->association_count < NTPQ_ASSOCIATIONS_MAX) {
        struct ntpq_association *a = &q->associations[q->association_count++];

        a->id = bytes_read_u16(&r);
        a->status = bytes_read_u16(&r);
    }
    if (q->association_count == 0) {
        if (q->host_count > 1) {
            printf("server=%s ", q->host);
        }
        puts("No association IDs returned");
        return false;
    }
    qsort(q->associations, q->association_count, sizeof q->associations[0], by_id);
    return true;
}

void ntpq_complain(const struct ntpq *q, int result)
{
    fflush(stdout);
    if (result >= NTPQ_REFUSED) {
        fprintf(stderr, "***Server error code %s\n",
                ntp_words_error((unsigned)(result - NTPQ_REFUSED)));
    } else if (result == NTPQ_TIMED_OUT) {
        fprintf(stderr, "%s: timed out, nothing received\n***Request timed out\n", q->host);
    } else if (result == NTPQ_INCOMPLETE) {
        fprintf(stderr,
                "%s: timed out with incomplete data\n***Response from server was incomplete\n",
                q->host);
    } else if (result == NTPQ_SOCKET) {
        fprintf(stderr, "ntpq: read: %s\n***Socket error; probably ntpd is not running\n",
                strerror(-q->socket_error));
    } else if (result == NTPQ_NO_HOST) {
        fputs("***No host open\n", stderr);
    } else if (result == NTPQ_NO_KEY) {
        fputs("***Key not found\n", stderr);
    } else if (result == NTPQ_TOO_LONG) {
        fprintf(stderr, "***Too long: a request holds %d characters\n", MODE6_DATA_MAX);
    }
}

/* Adds the keys of a file; false: it cannot be read. */
static bool read_keys(struct ntpq *q, const char *path)
{
    struct config *c = calloc(1, sizeof *c);
    char *text = NULL;
    size_t length = 0;
    bool read = c && file_read(path, KEYS_FILE_LIMIT, &text, &length) == 0;

    if (read) {
        keys_read_text(c, path, text, length, KEYS_NTP);
        *q->keys = c->keys;
    }
    free(text);
    free(c);
    return read;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c | 0x20);

    return at && c ? (int)(at - digits) : -1;
}

static bool add_password(struct ntpq *q, const char *text)
{
    uint8_t secret[MAC_SECRET_MAX];
    size_t length = strlen(text);

    if (length <= PASSWORD_HEX_OVER) {
        return mac_add(q->keys, q->key_id, q->key_type, text, length);
    }
    if (length % 2 || length / 2 > sizeof secret) {
        return false;
    }
    for (size_t i = 0; i < length / 2; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        secret[i] = (uint8_t)(high * 16 + low);
    }
    return mac_add(q->keys, q->key_id, q->key_type, secret, length / 2);
}

static bool ask_key_id(struct ntpq *q)
{
    char line[32] = "";

    if (q->key_id == 0 && isatty(STDIN_FILENO) == 1) {
        fputs("Keyid: ", stdout);
        fflush(stdout);
        if (fgets(line, sizeof line, stdin)) {
            unsigned long id = strtoul(line, NULL, 10);

            q->key_id = id <= UINT32_MAX ? (uint32_t)id : 0;
        }
    }
    if (q->key_id == 0) {
        fputs("***Invalid key identifier\n", stderr);
    }
    return q->key_id != 0;
}

bool ntpq_ask_password(struct ntpq *q)
{
    char prompt[64];
    char *text;

    if (!ask_key_id(q)) {
        return false;
    }
    snprintf(prompt, sizeof prompt, "%s Password: ", mac_algorithm_name(q->key_type));
    text = getpass(prompt);
    if (!text || !*text || !add_password(q, text)) {
        fputs("***Invalid password\n", stderr);
        return false;
    }
    return true;
}

bool ntpq_need_key(struct ntpq *q)
{
    static const char *const places[] = {"/etc/ntp.keys", "/etc/ntpsec/ntp.keys"};

    if (q->keys->count == 0 && q->key_file && !read_keys(q, q->key_file)) {
        fprintf(stderr, "ntpq: %s nonexistent or unreadable\n", q->key_file);
        return false;
    }
    for (size_t i = 0; i < 2 && q->keys->count == 0; i++) {
        read_keys(q, places[i]);
    }
    if (!ask_key_id(q)) {
        return false;
    }
    return mac_find(q->keys, q->key_id) || ntpq_ask_password(q);
}

long ntpq_read_association(struct ntpq *q, const char *word)
{
    char *end;
    unsigned long number = strtoul(word + (*word == '&'), &end, 10);

    if (*word == '\0' || *end || end == word + (*word == '&')) {
        fprintf(stderr, "Invalid %s literal.\n", *word == '&' ? "index" : "associd");
        return -1;
    }
    if (*word != '&') {
        if (number > UINT16_MAX) {
            fputs("Unknown associd.\n", stderr);
        }
        return number > UINT16_MAX ? -1 : (long)number;
    }
    if (q->association_count == 0 && !ntpq_ask_associations(q)) {
        return -1;
    }
    if (number == 0 || number > q->association_count) {
        fprintf(stderr, "No such association as %lu.\n", number);
        return -1;
    }
    return q->associations[number - 1].id;
}

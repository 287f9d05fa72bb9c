/* SPDX-License-Identifier: BSD-2-Clause */
/* The door of authentication, from both sides, by a method that is as unlike a MAC as Network Time
 * Security: identifier, cookies and proof in extension fields, random numbers in each request,
 * memory from one exchange to the next, a NAK. Source and responder are the ones that carry MACs,
 * and know nothing of it. (Its proof is a keyed hash, enough to tell right from wrong here.) */
#include "core/auth.h"

#include <math.h>
#include <string.h>

#include "core/field.h"
#include "core/respond.h"
#include "core/siphash.h"
#include "source_lab.h"

#define ID 0x0104
#define COOKIE 0x0204
#define PLACEHOLDER 0x0304
#define PROOF 0x0404
#define ID_LENGTH 32
#define COOKIE_LENGTH 100
#define PROOF_LENGTH 24 /* 28 with its header: the least that a last field has */
#define COOKIES_MAX 8

/* The memory of one side. */
struct ticket {
    uint64_t key[2];
    uint8_t id[ID_LENGTH]; /* of the exchange */
    uint8_t cookies[COOKIES_MAX][COOKIE_LENGTH];
    unsigned count;  /* client: cookies left; server: how many the client wants */
    uint8_t opens;   /* server: first byte of the cookies that it knows */
    unsigned asked;  /* client: placeholders in a request */
    unsigned more;   /* server: cookies beyond what was asked for */
    bool known, nak; /* server: what its check found */
};

static void put(struct bytes_writer *w, uint16_t type, const void *body, size_t length)
{
    bytes_write_u16(w, type);
    bytes_write_u16(w, (uint16_t)(4 + length));
    bytes_put(w, body, length);
}

static void put_proof(struct bytes_writer *w, const struct ticket *t)
{
    uint8_t body[PROOF_LENGTH] = {0};
    uint64_t hash = siphash(t->key, w->data, w->at);

    memcpy(body, &hash, sizeof hash);
    put(w, PROOF, body, sizeof body);
}

static bool is_proof(const struct ticket *t, const uint8_t *data, const struct field *f)
{
    uint64_t hash = siphash(t->key, data, f->at);

    return f->length == PROOF_LENGTH && memcmp(f->body, &hash, sizeof hash) == 0;
}

static size_t client_seal(struct auth *a, uint8_t *data, size_t length, size_t room)
{
    static const uint8_t nothing[COOKIE_LENGTH];
    struct bytes_writer w = bytes_writer(data, room);
    struct ticket *t = a->session;

    if (t->count == 0) {
        return 0;
    }
    w.at = length;
    random_fill(a->random, t->id, sizeof t->id);
    put(&w, ID, t->id, sizeof t->id);
    put(&w, COOKIE, t->cookies[--t->count], COOKIE_LENGTH);
    for (unsigned i = 0; i < t->asked; i++) {
        put(&w, PLACEHOLDER, nothing, sizeof nothing);
    }
    put_proof(&w, t);
    return w.failed ? 0 : w.at;
}

static enum auth_verdict client_check(struct auth *a, const uint8_t *data, const struct packet *p,
                                      const struct packet_trailer *trailer)
{
    struct field_reader r = field_reader_of(data, trailer);
    struct ticket *t = a->session, fresh = *t;
    bool same = false, proven = false;
    struct field f;

    while (field_next(&r, &f)) {
        if (f.type == ID) {
            same = f.length == ID_LENGTH && memcmp(f.body, t->id, ID_LENGTH) == 0;
        } else if (f.type == COOKIE && f.length == COOKIE_LENGTH && fresh.count < COOKIES_MAX) {
            memcpy(fresh.cookies[fresh.count++], f.body, COOKIE_LENGTH);
        } else if (f.type == PROOF) {
            proven = is_proof(t, data, &f);
        }
    }
    if (!same) {
        return AUTH_WRONG;
    }
    if (p->stratum == STRATUM_KISS && p->refid == a->method->nak) {
        return AUTH_NAK;
    }
    if (!proven) {
        return AUTH_WRONG;
    }
    *t = fresh;
    return AUTH_RIGHT;
}

static enum auth_verdict server_check(struct auth *a, const uint8_t *data, const struct packet *p,
                                      const struct packet_trailer *trailer)
{
    struct field_reader r = field_reader_of(data, trailer);
    struct ticket *t = a->session;
    bool proven = false;
    struct field f;

    (void)p;
    t->count = 0;
    t->known = t->nak = false;
    while (field_next(&r, &f)) {
        if (f.type == ID && f.length == ID_LENGTH) {
            memcpy(t->id, f.body, ID_LENGTH);
        } else if (f.type == COOKIE) {
            t->known = f.length == COOKIE_LENGTH && f.body[0] == t->opens;
            t->count++;
        } else if (f.type == PLACEHOLDER) {
            t->count++;
        } else if (f.type == PROOF) {
            proven = is_proof(t, data, &f);
        }
    }
    if (t->count == 0) {
        return AUTH_NONE;
    }
    t->nak = !t->known || !proven;
    return t->nak ? AUTH_NAK : AUTH_RIGHT;
}

static size_t server_seal(struct auth *a, uint8_t *data, size_t length, size_t room)
{
    struct bytes_writer w = bytes_writer(data, room);
    struct ticket *t = a->session;

    w.at = length;
    if (t->count > 0) {
        put(&w, ID, t->id, sizeof t->id);
    }
    for (unsigned i = 0; t->known && !t->nak && i < t->count + t->more; i++) {
        uint8_t cookie[COOKIE_LENGTH];

        random_fill(a->random, cookie, sizeof cookie);
        cookie[0] = t->opens;
        put(&w, COOKIE, cookie, sizeof cookie);
    }
    if (t->known && !t->nak) {
        put_proof(&w, t);
    }
    return w.failed ? 0 : w.at;
}

static const struct auth_method client_method = {
    .seal = client_seal, .check = client_check, .nak = REFID('N', 'T', 'S', 'N')};
static const struct auth_method server_method = {
    .seal = server_seal, .check = server_check, .nak = REFID('N', 'T', 'S', 'N')};

struct two_sides {
    struct source_lab lab;
    struct ticket client, server;
    struct random random;
    uint8_t request[PACKET_DATAGRAM_MAX], reply[PACKET_DATAGRAM_MAX];
    size_t request_length, reply_length;
};

/* A source with one cookie, asked once, its request sealed. */
static void start(struct two_sides *x, unsigned placeholders)
{
    const uint8_t seed[RANDOM_SEED_LENGTH] = {9};

    memset(x, 0, sizeof *x);
    lab_start(&x->lab);
    random_seed(&x->random, seed);
    x->client = (struct ticket){.key = {1, 2}, .count = 1, .asked = placeholders};
    x->client.cookies[0][0] = 77;
    x->server = (struct ticket){.key = {1, 2}, .opens = 77};
    x->lab.auth =
        (struct auth){.method = &client_method, .random = &x->lab.random, .session = &x->client};
}

static bool ask(struct two_sides *x)
{
    lab_ask(&x->lab);
    memcpy(x->request, x->lab.request, sizeof x->lab.request);
    x->request_length =
        auth_seal(&x->lab.auth, x->request, PACKET_HEADER_LENGTH, sizeof x->request);
    return x->request_length > 0;
}

static enum respond_verdict serve(struct two_sides *x, bool limited)
{
    const struct reference reference = {
        .stratum = 2, .precision = -24, .refid = 0xcb007105, .updated = x->lab.sent};
    struct auth auth = {.method = &server_method, .random = &x->random, .session = &x->server};
    const struct respond_auth how = {.auth = &auth, .required = true};
    const struct address from = lab_address("192.0.2.9");
    struct reference_wire wire;
    struct address port = from;

    reference_to_wire(&reference, &wire);
    port.port = 50000;
    memset(x->reply, 0xaa, sizeof x->reply);
    x->reply_length = 0;
    return respond_with_auth(&wire, &how, x->request, x->request_length, &port,
                             lab_later(x->lab.sent, LAB_WAY_S),
                             lab_later(x->lab.sent, LAB_WAY_S + LAB_STAY_S),
                             x->lab.context.now.mono, limited, 0, x->reply, &x->reply_length);
}

static enum reply_verdict judge(struct two_sides *x)
{
    return source_check_reply(&x->lab.source, &x->lab.context, x->reply, x->reply_length,
                              lab_received(&x->lab), &x->lab.sample);
}

/* A request may grow to a whole datagram, and its reply with it; cookies are spent and renewed from
 * exchange to exchange; identifiers are fresh. */
static void test_exchanges(void **state)
{
    uint8_t last[ID_LENGTH] = {0};
    struct two_sides x;

    (void)state;
    start(&x, 7);
    for (unsigned i = 0; i < 20; i++) {
        assert_true(ask(&x));
        assert_int_equal(x.request_length, 48 + 36 + 8 * 104 + 28);
        assert_memory_not_equal(x.client.id, last, sizeof last);
        memcpy(last, x.client.id, sizeof last);
        assert_int_equal(serve(&x, false), RESPOND_ANSWERED);
        assert_int_equal(x.reply_length, x.request_length);
        assert_int_equal(judge(&x), REPLY_ACCEPTED);
        assert_int_equal(x.client.count, COOKIES_MAX);
        assert_true(fabs(x.lab.sample.offset_s) < 1e-6);
        assert_int_equal(judge(&x), REPLY_UNEXPECTED); /* a replay brings no cookies */
        assert_int_equal(x.client.count, COOKIES_MAX);
        lab_pass(&x.lab, 64 * NS_PER_S);
    }
}

/* Replies that are spoilt in any byte, or without their proof, or of the exchange before: the
 * request waits on for the right one, and no cookie is taken from them. */
static void test_wrong_replies(void **state)
{
    struct two_sides x, before;

    (void)state;
    start(&x, 0);
    assert_true(ask(&x));
    assert_int_equal(serve(&x, false), RESPOND_ANSWERED);
    before = x;
    before.lab.auth.session = &before.client;
    for (size_t i = 0; i < x.reply_length - PROOF_LENGTH + 8; i++) {
        x.reply[i] ^= 1;
        assert_int_not_equal(judge(&x), REPLY_ACCEPTED);
        assert_true(x.lab.source.request.outstanding);
        assert_int_equal(x.client.count, 0);
        x.reply[i] ^= 1;
    }
    x.reply_length -= 4 + PROOF_LENGTH;
    assert_int_equal(judge(&x), REPLY_AUTH);
    x.reply_length = 48;
    assert_int_equal(judge(&x), REPLY_AUTH);
    assert_false(x.lab.source.rejections.nak);
    x.reply_length = before.reply_length;
    assert_int_equal(judge(&x), REPLY_ACCEPTED);
    assert_int_equal(x.client.count, 1);

    assert_true(ask(&x)); /* right in itself, but of another request */
    memcpy(x.reply, before.reply, sizeof x.reply);
    assert_int_equal(judge(&x), REPLY_ORIGIN);
    assert_int_equal(x.client.count, 0);
}

/* The server lost its keys: it says so by a kiss that proves nothing and is shorter than the
 * request; the source notes it and waits on. */
static void test_nak(void **state)
{
    struct packet_trailer t;
    struct two_sides x;
    struct packet p;

    (void)state;
    start(&x, 0);
    x.server.opens = 78;
    assert_true(ask(&x));
    assert_int_equal(serve(&x, false), RESPOND_KISS);
    assert_int_equal(x.reply_length, 48 + 36);
    assert_int_equal(packet_decode(x.reply, x.reply_length, &p, &t), PACKET_OK_TRAILER);
    assert_int_equal(p.refid, REFID('N', 'T', 'S', 'N'));
    assert_int_equal(p.stratum, STRATUM_KISS);
    assert_int_equal(p.leap, LEAP_UNSYNCHRONISED);
    assert_int_equal(p.origin, x.lab.source.request.nonce);
    assert_int_equal(judge(&x), REPLY_AUTH);
    assert_true(x.lab.source.rejections.nak);
    assert_true(x.lab.source.request.outstanding);

    x.server.opens = 77; /* the same request, when it has found them again */
    assert_int_equal(serve(&x, false), RESPOND_ANSWERED);
    assert_int_equal(judge(&x), REPLY_ACCEPTED);
    assert_false(x.lab.source.rejections.nak);
}

static void test_kiss_is_sealed(void **state)
{
    struct two_sides x;

    (void)state;
    start(&x, 0);
    assert_true(ask(&x));
    assert_int_equal(serve(&x, true), RESPOND_KISS);
    assert_int_equal(judge(&x), REPLY_KISS_RATE);
}

/* What cannot be proven does not go out: no cookie, no room; and a server whose seal would make
 * more of a request than came says nothing. */
static void test_no_room(void **state)
{
    struct two_sides x;

    (void)state;
    start(&x, 14); /* 15 cookies have 1560 bytes */
    assert_false(ask(&x));
    start(&x, 0);
    x.client.count = 0;
    assert_false(ask(&x));
    start(&x, 0);
    assert_true(ask(&x));
    assert_int_equal(serve(&x, false), RESPOND_ANSWERED);
    x.server.more = 1;
    assert_int_equal(serve(&x, false), RESPOND_DROPPED_AUTH);
    assert_int_equal(x.reply_length, 0);
}

/* A request that proves nothing: answered only where that is enough. */
static void test_required(void **state)
{
    struct two_sides x;

    (void)state;
    start(&x, 0);
    assert_true(ask(&x));
    x.request_length = 48;
    assert_int_equal(serve(&x, false), RESPOND_DROPPED_ACCESS);
}

/* MACs need the room of the longest. */
static void test_mac_room(void **state)
{
    static struct mac_keys keys;
    struct source_spec spec = {.key_id = 3, .version = 4};
    struct packet_trailer t = {.mac_at = 48, .mac_length = 20, .key_id = 3};
    uint8_t data[PACKET_DATAGRAM_MAX] = {0};
    const struct packet p = {.version = 4};
    struct auth client, server;

    (void)state;
    assert_true(mac_add(&keys, 3, MAC_MD5, "three", 5));
    client = auth_of_source(&spec, &keys, NULL);
    server = auth_of_server(&keys, NULL);
    assert_int_equal(auth_seal(&client, data, 48, 48), 0);
    assert_int_equal(auth_seal(&client, data, 48, sizeof data), 68);
    assert_int_equal(auth_check(&server, data, &p, &t), AUTH_RIGHT);
    assert_int_equal(auth_seal(&server, data, 48, 67), 0);
    assert_int_equal(auth_seal(&server, data, 48, 68), 68);
    assert_int_equal(auth_check(&client, data, &p, &t), AUTH_RIGHT);
    data[50] ^= 1;
    assert_int_equal(auth_check(&client, data, &p, &t), AUTH_RIGHT); /* decoded is decoded */
    data[60] ^= 1;
    assert_int_equal(auth_check(&client, data, &p, &t), AUTH_WRONG);
    t = (struct packet_trailer){0};
    assert_int_equal(auth_check(&client, data, &p, &t), AUTH_NONE);
    assert_int_equal(auth_check(&server, data, &p, &t), AUTH_NONE);
    t = (struct packet_trailer){.mac_at = 48, .mac_length = 4};
    assert_int_equal(auth_check(&client, data, &p, &t), AUTH_NAK);
    assert_int_equal(auth_check(&server, data, &p, &t), AUTH_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchanges), cmocka_unit_test(test_wrong_replies),
        cmocka_unit_test(test_nak),       cmocka_unit_test(test_kiss_is_sealed),
        cmocka_unit_test(test_no_room),   cmocka_unit_test(test_required),
        cmocka_unit_test(test_mac_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

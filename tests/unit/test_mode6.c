/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to control requests: what each operation gives, each name that clients of either lineage
 * ask for, errors, the list of clients over many requests, keys, and any bytes. */
#include "control/mode6/mode6.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/engine.h"

#define START_NS (INT64_C(1800000000) * NS_PER_S)
#define BUCKETS 256

static struct engine engine;
static struct report report;
static struct mode6 mode6;
static struct mode6_answer answer;
static struct clients *clients;
static struct config *config;
static struct instant now;
static struct address peer;
static struct mac_keys keys; /* the client's */

static struct address parsed(const char *text, uint16_t port)
{
    struct address a;

    assert_true(address_parse(text, &a));
    a.port = port;
    return a;
}

static void add_source(struct settings *settings, const char *name, const char *address)
{
    struct source_spec *spec = &settings->specs[settings->spec_count++];

    *spec = (struct source_spec){
        .kind = SOURCE_SERVER, .port = 123, .minpoll = -2, .maxpoll = 10, .max_sources = 1};
    memcpy(spec->name, name, strlen(name) + 1);
    spec->address = parsed(address, 123);
}

static void start(void)
{
    static const uint8_t key[16] = {7};
    struct settings settings;
    struct engine_start begin = {.now = {{START_NS}, {1000 * NS_PER_S}}, .precision_s = 1e-6};
    struct effect effect;

    now = begin.now;
    settings_default(&settings);
    add_source(&settings, "192.0.2.1", "192.0.2.1");
    add_source(&settings, "ntp2.example", "192.0.2.2");
    add_source(&settings, "2001:db8::3", "2001:db8::3");
    settings.specs[2].key_id = 5;
    engine_init(&engine, &settings, &begin);
    while (engine_take_effect(&engine, &effect)) {
    }
    mode6_init(&mode6, key, now.mono);
    if (!config) {
        config = calloc(1, sizeof *config);
        clients = aligned_alloc(64, clients_size(BUCKETS));
    }
    assert_true(config && clients);
    memset(config, 0, sizeof *config);
    memset(clients, 0, clients_size(BUCKETS));
    clients_init(clients, BUCKETS, key);
    clients_resize(clients, BUCKETS * sizeof(struct clients_bucket));
    peer = parsed("127.0.0.1", 40000);
}

static struct report_input input(void)
{
    struct report_input in = {.engine = &engine,
                              .now = now,
                              .uptime_s = 12,
                              .true_error_s = (double)NAN,
                              .config_file = "/etc/ntp.conf",
                              .language = "ntp.conf",
                              .driver = "none",
                              .config = config,
                              .clients = clients};

    in.server.received = 1234567;
    return in;
}

/* The text that came, all fragments together, and the header of the last one. */
static char text[MODE6_TEXT_MAX + 1];
static size_t text_length;
static struct mode6_header header;
static unsigned datagrams;

static enum mode6_result handle(const uint8_t *data, size_t length)
{
    struct report_input in = input();
    struct mode6_question question = {.peer = peer, .data = data, .length = length};

    return mode6_handle(&mode6, &in, &question, &report, &answer);
}

static void collect(bool keyed)
{
    uint8_t out[MODE6_DATAGRAM_MAX];
    struct mode6_parts parts;
    struct mode6_seal seal;
    size_t length;

    text_length = 0;
    datagrams = 0;
    while ((length = mode6_next(&answer, out)) > 0) {
        assert_true(length % 4 == 0 && length <= MODE6_DATAGRAM_MAX);
        assert_int_equal(mode6_decode(out, length, &header, &parts), MODE6_NO_ERROR);
        assert_true(header.response && header.sequence == 77);
        assert_int_equal(header.offset, text_length);
        memcpy(text + text_length, parts.data, header.count);
        text_length += header.count;
        datagrams++;
        assert_int_equal(mode6_find_seal(out, &parts, &keys, &seal), keyed);
        assert_true(header.more || mode6_next(&answer, out) == 0);
    }
    text[text_length] = '\0';
}

static size_t request(uint8_t out[MODE6_DATAGRAM_MAX], unsigned operation, unsigned association,
                      const char *data, uint32_t key_id)
{
    const struct mode6_header h = {.leap = 3,
                                   .version = 2,
                                   .operation = (uint8_t)operation,
                                   .sequence = 77,
                                   .association = (uint16_t)association,
                                   .count = (uint16_t)strlen(data)};
    const struct mode6_seal seal = {.key = key_id ? mac_find(&keys, key_id) : NULL};

    return mode6_encode(&h, data, &keys, &seal, out);
}

static enum mode6_error ask_keyed(unsigned operation, unsigned association, const char *data,
                                  uint32_t key_id, bool keyed)
{
    uint8_t out[MODE6_DATAGRAM_MAX];
    size_t length = request(out, operation, association, data, key_id);

    assert_int_equal(handle(out, length), MODE6_ANSWERED);
    collect(keyed);
    assert_true(datagrams > 0 && header.operation == operation && header.version == 2);
    assert_int_equal(header.association, association);
    if (header.error) {
        assert_true(datagrams == 1 && text_length == 0 && header.offset == 0);
        return (enum mode6_error)(header.status >> 8);
    }
    return MODE6_NO_ERROR;
}

static enum mode6_error ask(unsigned operation, unsigned association, const char *data)
{
    return ask_keyed(operation, association, data, 0, false);
}

/* The value of a name in the text, up to the next comma; NULL: it is not there. */
static const char *value(const char *name)
{
    static char found[400];
    size_t length = strlen(name);

    for (const char *at = text; (at = strstr(at, name)) != NULL; at++) {
        if (at[length] == '=' && (at == text || at[-1] == ' ' || at[-1] == '\n')) {
            size_t n = strcspn(at + length + 1, ",\r");

            memcpy(found, at + length + 1, n);
            found[n] = '\0';
            return found;
        }
    }
    return NULL;
}

static void assert_value(const char *name, const char *wanted)
{
    const char *is = value(name);

    if (!is || strcmp(is, wanted) != 0) {
        fail_msg("%s is %s, not %s, in:\n%s", name, is ? is : "missing", wanted, text);
    }
}

static void test_silence_and_errors(void **state)
{
    uint8_t out[MODE6_DATAGRAM_MAX];
    size_t length;

    (void)state;
    start();
    length = request(out, MODE6_READ_VARIABLES, 0, "", 0);
    assert_int_equal(length, 12);
    assert_int_equal(handle(out, 11), MODE6_SILENT);
    for (unsigned bit = 0x20; bit <= 0x80; bit *= 2) {
        out[1] = (uint8_t)(MODE6_READ_VARIABLES | bit);
        assert_int_equal(handle(out, length), MODE6_SILENT);
    }
    out[1] = MODE6_READ_VARIABLES;
    out[8] = 1; /* an offset */
    assert_int_equal(handle(out, length), MODE6_SILENT);
    out[8] = 0;
    out[0] = 0x27; /* mode 7 */
    assert_int_equal(handle(out, length), MODE6_SILENT);
    out[0] = 0x16;
    out[11] = 8; /* more data than there is */
    assert_int_equal(handle(out, length), MODE6_ANSWERED);
    collect(false);
    assert_true(header.error && header.status == MODE6_ERROR_FORMAT << 8 && datagrams == 1);
    for (unsigned operation = 0; operation < 32; operation++) {
        bool known = operation == 0 || operation == MODE6_READ_STATUS ||
                     operation == MODE6_READ_VARIABLES || operation == MODE6_REQUEST_NONCE;
        bool keyed = operation == MODE6_CONFIGURE || operation == MODE6_READ_LIST;

        if (operation != MODE6_READ_CLIENTS) {
            assert_int_equal(ask(operation, 0, ""), known   ? MODE6_NO_ERROR
                                                    : keyed ? MODE6_ERROR_PERMISSION
                                                    : operation == MODE6_READ_CLOCK
                                                        ? MODE6_ERROR_ASSOCIATION
                                                        : MODE6_ERROR_OPERATION);
        }
    }
    assert_int_equal(ask(MODE6_READ_VARIABLES, 9, ""), MODE6_ERROR_ASSOCIATION);
    assert_int_equal(ask(MODE6_READ_STATUS, 9, ""), MODE6_ERROR_ASSOCIATION);
    assert_int_equal(ask(MODE6_READ_VARIABLES, 0, "leap,nosuch"), MODE6_ERROR_VARIABLE);
    assert_int_equal(ask(MODE6_READ_VARIABLES, 1, "lea"), MODE6_ERROR_VARIABLE);
}

static void test_status_words(void **state)
{
    static const struct {
        enum source_status status;
        uint8_t reach;
        unsigned word;
    } rows[] = {{SOURCE_SELECTED, 0xff, 0x9600},    {SOURCE_COMBINED, 1, 0x9400},
                {SOURCE_OUTLYING, 7, 0x9300},       {SOURCE_FALSETICKER, 0x80, 0x9100},
                {SOURCE_TOO_DISTANT, 0xff, 0x9000}, {SOURCE_UNREACHABLE, 0, 0x8000}};
    const struct event selected = {.type = EVENT_SOURCE_SELECTED, .source = 0};
    const struct event synchronised = {.type = EVENT_SYNCHRONISED, .source = EVENT_NO_SOURCE};

    (void)state;
    start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        engine.sources[0].status = rows[i].status;
        engine.sources[0].reach = rows[i].reach;
        assert_int_equal(ask(MODE6_READ_STATUS, 0, ""), MODE6_NO_ERROR);
        assert_int_equal(text_length, 12);
        assert_memory_equal(text, "\0\1", 2);
        assert_int_equal((uint8_t)text[2] << 8 | (uint8_t)text[3], rows[i].word);
    }
    assert_memory_equal(text + 4, "\0\2\x80\0\0\3\xc0\0", 8); /* the third has a key */
    assert_int_equal(header.status, 0xc016); /* unsynchronised, one event: restart */
    for (unsigned i = 0; i < 40; i++) {
        mode6_note(&mode6, &selected, now.mono);
    }
    mode6_note(&mode6, &synchronised, now.mono);
    engine.sources[2].heard = true;
    engine.sources[2].last_verdict = REPLY_ACCEPTED;
    assert_int_equal(ask(MODE6_READ_STATUS, 0, ""), MODE6_NO_ERROR);
    assert_int_equal((uint8_t)text[3], 0xfa); /* 15 at most, the last: sys_peer */
    assert_int_equal((uint8_t)text[10], 0xe0);
    assert_int_equal(header.status, 0xc015); /* events of one kind are counted */
    engine.sources[2].last_verdict = REPLY_AUTH;
    assert_int_equal(ask(MODE6_READ_STATUS, 0, ""), MODE6_NO_ERROR);
    assert_int_equal((uint8_t)text[10], 0xc0);
}

static void assert_lines(void)
{
    const char *line = text;

    assert_string_equal(text + text_length - 2, "\r\n");
    while (*line) {
        size_t length = strcspn(line, "\r");

        assert_in_range(length, 1, strstr(line, "filt") == line ? 120 : 72);
        assert_int_equal(line[length + 1], '\n');
        assert_true(line[length + 2] == '\0' || line[length - 1] == ',');
        line += length + 2;
    }
}

static void test_source_variables(void **state)
{
    struct source *s = &engine.sources[0];

    (void)state;
    start();
    assert_int_equal(ask(MODE6_READ_VARIABLES, 1, ""), MODE6_NO_ERROR);
    assert_lines();
    assert_value("stratum", "16");
    assert_value("refid", "INIT");
    assert_value("rec", "0x00000000.00000000");
    assert_value("hpoll", "0"); /* never below, whatever it is */
    assert_value("reach", "0x0");
    assert_value("offset", "0.000000");
    assert_null(value("srchost")); /* it has no name */
    s->heard = true;
    s->heard_at = (struct mono_time){now.mono.ns - 3 * NS_PER_S};
    s->stratum = 2;
    s->refid = UINT32_C(0xc0000209);
    s->leap = LEAP_INSERT;
    s->reach = 0xff;
    s->poll = 6;
    s->root_delay_s = 0.0125;
    s->reference_time = (struct wall_time){START_NS - 10 * NS_PER_S};
    s->filter.count = 1;
    s->filter.window[s->filter.newest] = (struct sample){
        .offset_s = 0.25, .delay_s = 0.010, .dispersion_s = 1e-6, .at = {now.mono.ns}};
    s->last = s->filter.window[s->filter.newest];
    assert_int_equal(ask(MODE6_READ_VARIABLES, 1, ""), MODE6_NO_ERROR);
    assert_value("srcadr", "192.0.2.1");
    assert_value("srcport", "123");
    assert_value("stratum", "2");
    assert_value("refid", "192.0.2.9");
    assert_value("leap", "1");
    assert_value("reach", "0xff");
    assert_value("hpoll", "6");
    assert_value("ppoll", "6");
    assert_value("hmode", "3");
    assert_value("rootdelay", "12.500");
    assert_value("delay", "10.000000");
    assert_value("reftime", "0xeef45076.00000000");
    assert_value("rec", "0xeef4507d.00000000");
    /* what is kept are offsets of the free clock: 0.25 s on it are that on a clock never touched */
    assert_value("filtoffset", " 250.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00");
    /* an older one counts with what the oscillator did since: 100 s at 40 ppm are 4 ms */
    s->filter.window[s->filter.newest].at.ns =
        timeline_free(&engine.timeline, now.mono).ns - 100 * NS_PER_S;
    engine.discipline.drift = 40e-6;
    assert_int_equal(ask(MODE6_READ_VARIABLES, 1, ""), MODE6_NO_ERROR);
    assert_value("filtoffset", " 254.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00");
    engine.discipline.drift = 0;
    s->filter.window[s->filter.newest].at = s->last.at;
    assert_int_equal(ask(MODE6_READ_VARIABLES, 1, ""), MODE6_NO_ERROR);
    assert_true(strstr(text, "rec=") > strstr(text, "reftime="));
    assert_int_equal(ask(MODE6_READ_VARIABLES, 2, "srchost,filtdelay"), MODE6_NO_ERROR);
    assert_string_equal(text,
                        "srchost=\"ntp2.example\",\r\n"
                        "filtdelay= 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00\r\n");
    assert_int_equal(ask(MODE6_READ_VARIABLES, 3, ""), MODE6_NO_ERROR);
    assert_value("srcadr", "2001:db8::3");
    assert_value("keyid", "5");
}

/* Each alone: one that is not known spoils the list that it is in. */
static void test_names(void **state)
{
    static const char system_names[] =
        "version processor system leap stratum precision rootdelay rootdisp refid reftime clock "
        "peer tc mintc offset frequency sys_jitter clk_jitter clk_wander tai rootdist release "
        "peeradr peermode bcastdelay authdelay ss_uptime ss_reset ss_received ss_thisver ss_oldver "
        "ss_badformat ss_badauth ss_declined ss_restricted ss_limited ss_kodsent ss_processed "
        "ss_numctlreq ss_ver1 ss_ver1client ss_ver1zero ss_ver1symm ss_reset_r ss_received_r "
        "ss_thisver_r ss_oldver_r ss_badformat_r ss_badauth_r ss_declined_r ss_restricted_r "
        "ss_limited_r ss_kodsent_r ss_processed_r ss_ver1_r koffset kfreq kmaxerr kesterr kstflags "
        "ktimeconst kprecis kfreqtol kppsfreq kppsstab kppsjitter kppscalibdur kppscalibs "
        "kppsjitexc kppsstbexc kppscaliberrs iostats_reset total_rbuf free_rbuf used_rbuf "
        "rbuf_lowater io_dropped io_ignored io_received io_sent io_sendfailed io_wakeups "
        "io_goodwakeups authreset authkeys authfreek authklookups authknotfound authkuncached "
        "authkexpired authencrypts authdecrypts authdigestencrypts authcmacencrypts "
        "authdigestdecrypts authdigestfails authcmacdecrypts authcmacfails mru_enabled mru_depth "
        "mru_deepest mru_maxdepth mru_mindepth mru_maxage mru_mem mru_maxmem mru_hashslots "
        "mru_minage mru_exists mru_new mru_recycleold mru_recyclefull mru_none mru_oldest_age "
        "timerstats_reset timer_overruns timer_xmts ";
    static const char source_names[] =
        "srcadr srcport srchost dstadr dstport out in leap stratum precision rootdelay rootdisp "
        "refid reftime rec xmt reach unreach hmode pmode hpoll ppoll headway flash keyid ttl "
        "offset delay dispersion jitter xleave bias filtdelay filtoffset filtdisp mode ntscookies "
        "config authenable authentic timer received sent timerec timereach badauth bogusorg oldpkt "
        "seldisp selbroken candidate ";

    (void)state;
    start();
    for (unsigned association = 0; association < 2; association++) {
        const char *names = association == 0 ? system_names : source_names;
        char name[40];

        for (size_t n; *names; names += n + 1) {
            n = strcspn(names, " ");
            memcpy(name, names, n);
            name[n] = '\0';
            if (ask(MODE6_READ_VARIABLES, association, name) != MODE6_NO_ERROR || !value(name)) {
                fail_msg("no %s of %u: %s", name, association, text);
            }
            assert_null(strstr(text, "nan"));
            assert_null(strstr(text, "inf"));
            assert_null(strchr(text, 'e') == NULL ? NULL : strstr(text, "e+"));
        }
    }
    assert_int_equal(ask(MODE6_READ_VARIABLES, 0, ""), MODE6_NO_ERROR);
    assert_lines();
    assert_int_equal(ask(MODE6_READ_VARIABLES, 0, " ss_received , leap=3"), MODE6_NO_ERROR);
    assert_string_equal(text, "leap=3, ss_received=1234567\r\n");
}

/* ---- the list of clients ---- */

static void fill_clients(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct address a = {.family = ADDRESS_V4,
                            .bytes = {10, 0, (uint8_t)(i >> 8), (uint8_t)i},
                            .port = (uint16_t)(1000 + i)};

        for (unsigned n = 0; n <= i % 3; n++) {
            struct mono_time at = {now.mono.ns - (int64_t)(count - i) * 1000003 - 2 + n};

            clients_note(clients, &a, at, 0x23, ACCESS_LIMITED | ACCESS_NOQUERY,
                         n == 2 ? CLIENTS_LIMITED : CLIENTS_ANSWERED);
        }
    }
}

static char nonce[25];

static void take_nonce(void)
{
    assert_int_equal(ask(MODE6_REQUEST_NONCE, 0, ""), MODE6_NO_ERROR);
    assert_int_equal(strlen(value("nonce")), 24);
    memcpy(nonce, value("nonce"), sizeof nonce);
}

static enum mode6_error ask_clients(const char *more)
{
    char data[480];

    snprintf(data, sizeof data, "nonce=%s, %.400s", nonce, more);
    return ask(MODE6_READ_CLIENTS, 0, data);
}

static enum mode6_result ask_silently(const char *data)
{
    uint8_t out[MODE6_DATAGRAM_MAX];
    size_t length = request(out, MODE6_READ_CLIENTS, 0, data, 0);

    return handle(out, length);
}

static void test_nonce(void **state)
{
    char data[100];

    (void)state;
    start();
    fill_clients(3);
    take_nonce();
    snprintf(data, sizeof data, "nonce=%s, frags=1", nonce);
    assert_int_equal(ask_silently(data), MODE6_ANSWERED);
    peer.port++; /* another asks by it */
    assert_int_equal(ask_silently(data), MODE6_SILENT);
    peer.port--;
    now.wall.ns += 15 * NS_PER_S;
    assert_int_equal(ask_silently(data), MODE6_ANSWERED);
    now.wall.ns += 2 * NS_PER_S;
    assert_int_equal(ask_silently(data), MODE6_SILENT);
    now.wall.ns -= 18 * NS_PER_S;
    assert_int_equal(ask_silently(data), MODE6_SILENT);
    assert_int_equal(ask_silently("frags=1"), MODE6_SILENT);
    assert_int_equal(ask_silently("nonce=123, frags=1"), MODE6_SILENT);
    now.wall.ns = START_NS;
    assert_int_equal(ask_clients(""), MODE6_ERROR_VALUE);
    assert_int_equal(ask_clients("frags=129"), MODE6_ERROR_VALUE);
    assert_int_equal(ask_clients("limit=257"), MODE6_ERROR_VALUE);
    assert_int_equal(ask_clients("limit=x"), MODE6_ERROR_VALUE);
    assert_int_equal(ask_clients("limit=2, addr.0=10.0.9.9:1, last.0=0xeef45076.00000000"),
                     MODE6_ERROR_VARIABLE);
}

/* RES_LIMITED 0x20 and RES_KOD 0x400 of NTPsec, which its client shows as L and K; no flag says so
 * that merely holds for the address. */
static void test_limited_clients(void **state)
{
    static const struct {
        enum clients_outcome outcome;
        const char *bits;
    } rows[] = {{CLIENTS_ANSWERED, "0x1000"},
                {CLIENTS_KISSED, "0x1420"},
                {CLIENTS_LIMITED, "0x1020"},
                {CLIENTS_REFUSED, "0x1000"}};

    (void)state;
    start();
    for (unsigned i = 0; i < 4; i++) {
        struct address a = {.family = ADDRESS_V4, .bytes = {10, 0, 0, (uint8_t)i}, .port = 123};

        clients_note(clients, &a, (struct mono_time){now.mono.ns - 1000000 * (4 - i)}, 0x23,
                     ACCESS_LIMITED | ACCESS_KOD | ACCESS_FLAKE, rows[i].outcome);
    }
    take_nonce();
    assert_int_equal(ask_clients("frags=32"), MODE6_NO_ERROR);
    for (unsigned i = 0; i < 4; i++) {
        char name[8];

        snprintf(name, sizeof name, "rs.%u", i);
        assert_value(name, rows[i].bits);
    }
}

/* Of a table that is full, an answer looks at the sources that it tells of, and at no other. */
static void test_answers_fill_what_they_tell(void **state)
{
    static const struct {
        unsigned operation, association, filled;
    } rows[] = {{MODE6_READ_STATUS, 0, 0},
                {MODE6_READ_VARIABLES, 0, 1}, /* the selected one */
                {MODE6_READ_VARIABLES, 40, 1},
                {MODE6_READ_STATUS, 40, 1},
                {MODE6_REQUEST_NONCE, 0, 0}};

    (void)state;
    start();
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        engine.sources[i].status = i == 7 ? SOURCE_SELECTED : SOURCE_COMBINED;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned filled = 0;

        memset(report.sources, 0xa5, sizeof report.sources);
        assert_int_equal(ask(rows[i].operation, rows[i].association, ""), MODE6_NO_ERROR);
        assert_int_equal(report.source_count, SOURCES_MAX);
        for (unsigned k = 0; k < SOURCES_MAX; k++) {
            filled += (uint8_t)report.sources[k].name[0] != 0xa5;
        }
        assert_int_equal(filled, rows[i].filled);
    }
}

static void test_few_clients(void **state)
{
    (void)state;
    start();
    fill_clients(3);
    take_nonce();
    assert_int_equal(ask_clients("frags=32"), MODE6_NO_ERROR);
    assert_value("addr.0", "10.0.0.0:1000");
    assert_value("addr.2", "10.0.0.2:1002");
    assert_value("ct.2", "3");
    assert_value("mv.2", "35");
    assert_value("rs.0", "0x40");
    assert_value("rs.2", "0x60"); /* it was limited last */
    assert_value("dr.2", "1");
    assert_value("now", "0xeef45080.00000000");
    assert_non_null(value("last.newest"));
    now.mono.ns -= NS_PER_S / 10; /* others look at the clock later than we */
    now.wall.ns -= NS_PER_S / 10;
    take_nonce();
    assert_int_equal(ask_clients("frags=32"), MODE6_NO_ERROR);
    assert_value("addr.2", "10.0.0.2:1002");
    now.mono.ns += NS_PER_S / 10;
    now.wall.ns += NS_PER_S / 10;
    assert_int_equal(ask_clients("limit=10, mincount=2"), MODE6_NO_ERROR);
    assert_value("addr.0", "10.0.0.1:1001");
    assert_null(value("addr.2"));
    assert_int_equal(ask_clients("frags=3, recent=1"), MODE6_NO_ERROR);
    assert_value("addr.0", "10.0.0.2:1002");
    assert_null(value("addr.1"));
    assert_int_equal(ask_clients("frags=3, resall=0x20"), MODE6_NO_ERROR);
    assert_value("addr.0", "10.0.0.2:1002");
    assert_int_equal(ask_clients("frags=3, mindrop=2"), MODE6_NO_ERROR);
    assert_null(value("addr.0"));
    assert_value("last.newest", "0x00000000.00000000");
}

/* As ntpq does it: what has come, and on from there, until the end; clocks are slewed meanwhile. */
static void test_many_clients(void **state)
{
    bool seen[700] = {false};
    char more[400] = "";
    unsigned rows = 0, requests = 0;

    (void)state;
    start();
    fill_clients(700);
    assert_in_range(clients_count(clients), 650, 700);
    do {
        char data[420], name[20];

        take_nonce();
        snprintf(data, sizeof data, "frags=%u%s", 1 + requests % 40, more);
        assert_int_equal(ask_clients(data), MODE6_NO_ERROR);
        assert_in_range(datagrams, 1, 1 + requests % 40);
        for (unsigned i = 0;; i++) {
            unsigned a, b, port;

            snprintf(name, sizeof name, "addr.%u", i);
            if (!value(name)) {
                break;
            }
            assert_int_equal(sscanf(value(name), "10.0.%u.%u:%u", &a, &b, &port), 3);
            assert_true(a * 256 + b < 700 && !seen[a * 256 + b]);
            seen[a * 256 + b] = true;
            rows++;
            snprintf(data, sizeof data, ", addr.0=%.60s", value(name));
            snprintf(name, sizeof name, "last.%u", i);
            snprintf(more, sizeof more, "%.80s, last.0=%.60s", data, value(name));
        }
        now.wall.ns += NS_PER_S + 50000;
        now.mono.ns += NS_PER_S;
        assert_true(++requests < 300);
    } while (!value("now"));
    assert_int_equal(rows, clients_count(clients)); /* each once */
    assert_true(requests > 5);
}

/* ---- keys ---- */

static void add_keys(void)
{
    memset(&keys, 0, sizeof keys);
    assert_true(mac_add(&keys, 1, MAC_SHA1, "control", 7));
    assert_true(mac_add(&keys, 2, MAC_MD5, "other", 5));
    config->keys = keys;
    config->control_key = 1;
}

static void test_lists(void **state)
{
    struct address net = parsed("192.0.2.0", 0);

    (void)state;
    start();
    add_keys();
    acl_init(&config->access, ACCESS_NOQUERY | ACCESS_KOD | ACCESS_LIMITED);
    acl_set(&config->access, &net, 24, 0);
    mode6.interfaces[0] = parsed("0.0.0.0", 123);
    mode6.interfaces[1] = parsed("::1", 123);
    mode6.interface_count = 2;
    assert_int_equal(ask_keyed(MODE6_READ_LIST, 0, "ifstats", 2, false), MODE6_ERROR_PERMISSION);
    assert_int_equal(ask_keyed(MODE6_READ_LIST, 0, "ifstats", 1, true), MODE6_NO_ERROR);
    assert_value("addr.0", "0.0.0.0:123");
    assert_value("name.0", "\"v4wildcard\"");
    assert_value("rx.0", "1234567");
    assert_value("addr.1", "[::1]:123");
    assert_value("up.1", "12");
    assert_int_equal(ask_keyed(MODE6_READ_LIST, 0, "", 1, true), MODE6_NO_ERROR);
    assert_int_equal(ask_keyed(MODE6_READ_LIST, 0, "addr_restrictions", 1, true), MODE6_NO_ERROR);
    assert_value("addr.0", "192.0.2.0");
    assert_value("mask.0", "255.255.255.0");
    assert_value("flags.0", "");
    assert_value("mask.2", "::");
    assert_value("flags.1", "noquery limited kod");
    assert_int_equal(ask_keyed(MODE6_READ_LIST, 0, "all", 1, true), MODE6_ERROR_VARIABLE);
    config->control_key = 0;
    assert_int_equal(ask_keyed(MODE6_READ_LIST, 0, "ifstats", 1, false), MODE6_ERROR_PERMISSION);
}

static void test_configure(void **state)
{
    uint8_t out[MODE6_DATAGRAM_MAX];

    (void)state;
    start();
    add_keys();
    assert_int_equal(handle(out, request(out, MODE6_CONFIGURE, 0, "server ntp3.example iburst", 1)),
                     MODE6_ORDERED);
    assert_int_equal(answer.order.kind, ORDER_CHANGE);
    assert_int_equal(answer.order.change.kind, CHANGE_LINE);
    assert_string_equal(answer.order.change.text, "server ntp3.example iburst");
    mode6_finish(&answer, NULL);
    collect(true);
    assert_string_equal(text, "Config Succeeded\r\n");
    assert_int_equal(handle(out, request(out, MODE6_CONFIGURE, 0, "unpeer ntp3.example\r\n", 1)),
                     MODE6_ORDERED);
    assert_int_equal(answer.order.change.kind, CHANGE_DELETE);
    assert_string_equal(answer.order.change.text, "ntp3.example");
    mode6_finish(&answer, "no such source");
    collect(true);
    assert_string_equal(text, "no such source\r\n");
    assert_int_equal(ask_keyed(MODE6_CONFIGURE, 0, "server a", 2, false), MODE6_ERROR_PERMISSION);
    assert_int_equal(ask_keyed(MODE6_CONFIGURE, 0, " \r\n", 1, true), MODE6_ERROR_FORMAT);
    assert_int_equal(ask_keyed(MODE6_CONFIGURE, 0, "server a\nserver b", 1, true),
                     MODE6_ERROR_FORMAT);
}

/* Who is elsewhere and has no key gets one datagram, however much there is to tell. */
static void test_elsewhere(void **state)
{
    (void)state;
    start();
    add_keys();
    fill_clients(100);
    peer = parsed("198.51.100.7", 40000);
    for (unsigned association = 0; association < 4; association++) {
        assert_int_equal(ask(MODE6_READ_VARIABLES, association, ""), MODE6_NO_ERROR);
        assert_int_equal(datagrams, 1);
        assert_lines(); /* cut between items */
        assert_non_null(value(association == 0 ? "frequency" : "jitter"));
    }
    take_nonce();
    assert_int_equal(ask_clients("frags=32"), MODE6_NO_ERROR);
    assert_int_equal(datagrams, 1);
    assert_non_null(value("addr.0"));
    assert_int_equal(ask_keyed(MODE6_READ_LIST, 0, "ifstats", 1, true), MODE6_NO_ERROR);
}

static void test_any_bytes(void **state)
{
    struct dice dice = {11};
    uint8_t data[MODE6_DATAGRAM_MAX];

    (void)state;
    start();
    add_keys();
    fill_clients(20);
    for (unsigned n = 0; n < 30000; n++) {
        size_t length = dice_below(&dice, 2) ? dice_below(&dice, 40) : sizeof data;
        unsigned taken = 0;

        dice_fill(&dice, data, length);
        data[0] = (uint8_t)((data[0] & 0xc0) | 0x16);
        data[1] &= dice_below(&dice, 4) ? 0x0f : 0xff;
        memset(data + 8, 0, 2);
        data[10] = 0;
        data[6] = 0;
        data[7] &= 3;
        peer = parsed(n % 2 ? "127.0.0.1" : "198.51.100.7", 40000);
        if (handle(data, length) == MODE6_ANSWERED) {
            uint8_t out[MODE6_DATAGRAM_MAX];
            size_t got;

            while ((got = mode6_next(&answer, out)) > 0) {
                assert_true(got >= 12 && got <= sizeof out && got % 4 == 0);
                taken++;
            }
            assert_in_range(taken, 1, n % 2 ? 128 : 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence_and_errors),
        cmocka_unit_test(test_status_words),
        cmocka_unit_test(test_source_variables),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_nonce),
        cmocka_unit_test(test_limited_clients),
        cmocka_unit_test(test_answers_fill_what_they_tell),
        cmocka_unit_test(test_few_clients),
        cmocka_unit_test(test_many_clients),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_configure),
        cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

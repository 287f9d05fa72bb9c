/* SPDX-License-Identifier: BSD-2-Clause */
/* Refines a status by probes. The sentences come from the daemon's table: the answer is read back
 * into a report, its codes are refined, and its sentences written again. */
#include "cli/probe.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/daemon.h"
#include "control/explain.h"
#include "os/clock.h"
#include "os/random.h"
#include "os/stream.h"
#include "os/udp.h"
#include "os/wait.h"

#define PROBES_MAX 16
#define PROBE_S 1.5 /* to wait for answers */
/* A closed port: the first one of traceroute. The TCP port may be open or closed. */
#define CLOSED_PORT 33434
#define TCP_PORT 443

struct probe {
    json_t *source;
    unsigned index; /* in the report */
    struct address address;
    int request, knock, tcp; /* descriptors; < 0: none, or done */
    uint64_t nonce;
    bool answered; /* NTP */
    bool alive;    /* anything else of it answered */
    int error;     /* errno of the request */
};

static bool is_silent(const json_t *source)
{
    const char *code = daemon_text(source, "code");

    return strcmp(daemon_text(source, "kind"), "refclock") != 0 &&
           (strcmp(code, report_source_code_name(WHY_NO_REPLIES)) == 0 ||
            strcmp(code, report_source_code_name(WHY_WENT_SILENT)) == 0);
}

bool probe_is_wanted(const json_t *answer)
{
    const json_t *clock = json_object_get(answer, "clock"), *source;
    const char *code = daemon_text(clock, "code");
    size_t i;

    if (json_is_true(json_object_get(clock, "synchronised")) && strcmp(code, "holdover") != 0) {
        return false;
    }
    json_array_foreach(json_object_get(answer, "sources"), i, source)
    {
        if (is_silent(source)) {
            return true;
        }
    }
    return false;
}

/* ---- asking ---- */

static void finish(int *fd, struct wait_set *wait)
{
    if (*fd >= 0) {
        wait_remove(wait, *fd);
        stream_close(*fd);
        *fd = -1;
    }
}

static int open_udp(const struct address *to, uint16_t port, const uint8_t *data, size_t length,
                    struct wait_set *wait, int *error)
{
    static struct datagram datagram;
    struct address there = *to;
    int fd;

    there.port = port;
    fd = udp_connect(&there, NULL, NULL, 0);
    if (fd < 0) {
        *error = -fd;
        return -1;
    }
    datagram = (struct datagram){.peer = there, .length = length};
    memcpy(datagram.data, data, length);
    if (udp_send(fd, &datagram, 1, error) != 1 || !wait_add(wait, fd, WAIT_READ | WAIT_ERROR)) {
        udp_close(fd);
        return -1;
    }
    *error = 0;
    return fd;
}

static void begin(struct probe *p, struct wait_set *wait)
{
    static const uint8_t knock[8] = "toki";
    struct packet request = {.version = 4, .mode = MODE_CLIENT};
    uint8_t data[PACKET_HEADER_LENGTH];
    struct address there = p->address;
    int ignored;

    random_system(&p->nonce, sizeof p->nonce);
    request.transmit = p->nonce;
    packet_encode(&request, data);
    p->request = open_udp(&p->address, p->address.port, data, sizeof data, wait, &p->error);
    p->knock = open_udp(&p->address, CLOSED_PORT, knock, sizeof knock, wait, &ignored);
    there.port = TCP_PORT;
    p->tcp = stream_connect_tcp(&there);
    p->alive = p->tcp == -ECONNREFUSED;
    if (p->tcp >= 0 && !wait_add(wait, p->tcp, WAIT_WRITE | WAIT_ERROR)) {
        stream_close(p->tcp);
        p->tcp = -1;
    }
}

/* What a UDP socket has: > 0 a datagram, 0 nothing, or -errno. */
static int take(int fd, const struct wait_set *wait, struct datagram *out)
{
    struct stamped stamp;
    int received, error;

    if (!wait_ready(wait, fd)) {
        return 0;
    }
    udp_transmit_stamp(fd, &stamp);
    received = udp_receive(fd, out, 1);
    if (received > 0) {
        return received;
    }
    error = received < 0 && received != -EAGAIN ? -received : udp_error(fd);
    return error ? -error : 0;
}

static void look(struct probe *p, struct wait_set *wait)
{
    static struct datagram datagram;
    struct packet reply;
    int result;

    if (p->request >= 0 && (result = take(p->request, wait, &datagram)) != 0) {
        if (result < 0) {
            p->error = -result;
            finish(&p->request, wait);
        } else if (packet_decode(datagram.data, datagram.length, &reply, NULL) != PACKET_SHORT &&
                   reply.mode == MODE_SERVER && reply.origin == p->nonce) {
            p->answered = true;
            finish(&p->request, wait);
        }
    }
    if (p->knock >= 0 && (result = take(p->knock, wait, &datagram)) != 0) {
        p->alive = p->alive || result > 0 || result == -ECONNREFUSED;
        finish(&p->knock, wait);
    }
    if (p->tcp >= 0 && wait_ready(wait, p->tcp)) {
        result = stream_error(p->tcp);
        p->alive = p->alive || result == 0 || result == ECONNREFUSED;
        finish(&p->tcp, wait);
    }
}

static void ask(struct probe *probes, unsigned count)
{
    static struct wait_set wait;
    struct mono_time limit = mono_after(clock_now().mono, PROBE_S);
    bool open = true;

    for (unsigned i = 0; i < count; i++) {
        begin(&probes[i], &wait);
    }
    while (open && clock_now().mono.ns < limit.ns) {
        wait_until(&wait, limit);
        open = false;
        for (unsigned i = 0; i < count; i++) {
            look(&probes[i], &wait);
            open = open || probes[i].request >= 0;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        finish(&probes[i].request, &wait);
        finish(&probes[i].knock, &wait);
        finish(&probes[i].tcp, &wait);
    }
}

/* ---- telling ---- */

static unsigned count_of(const json_t *source, const char *key)
{
    double value = daemon_number(source, key);

    return value > 0 && value < (double)UINT32_MAX ? (unsigned)value : 0;
}

/* The codes of an answer must be among those of the table: the daemon may be a newer one. */
static unsigned code_index(const struct reason *rows, size_t count, const char *code,
                           unsigned otherwise)
{
    const struct reason *row = reason_find(rows, count, code);

    return row ? (unsigned)(row - rows) : otherwise;
}

static void read_source(struct report_source *out, const json_t *s)
{
    const char *status = daemon_text(s, "status");

    *out = (struct report_source){.port = (uint16_t)count_of(s, "port"),
                                  .reach = (uint8_t)count_of(s, "reach"),
                                  .sent = count_of(s, "sent"),
                                  .received = count_of(s, "received"),
                                  .missed = count_of(s, "missed"),
                                  .key = count_of(s, "key")};
    snprintf(out->name, sizeof out->name, "%s", daemon_text(s, "name"));
    snprintf(out->address, sizeof out->address, "%s", daemon_text(s, "address"));
    out->code = (enum report_source_code)code_index(reasons_of_source, SOURCE_CODES,
                                                    daemon_text(s, "code"), WHY_WAITING);
    for (unsigned i = 0; i < SOURCE_STATUSES; i++) {
        if (strcmp(status, source_status_name((enum source_status)i)) == 0) {
            out->status = (enum source_status)i;
        }
    }
}

static void read_report(struct report *out, const json_t *answer)
{
    const json_t *source;
    unsigned answering = 0;
    size_t i;

    memset(out, 0, sizeof *out);
    out->clock.selected = -1;
    out->clock.code = (enum report_clock_code)code_index(
        reasons_of_clock, CLOCK_CODES, daemon_text(json_object_get(answer, "clock"), "code"),
        CLOCK_UNUSABLE);
    json_array_foreach(json_object_get(answer, "sources"), i, source)
    {
        if (out->source_count < SOURCES_MAX) {
            read_source(&out->sources[out->source_count++], source);
        }
    }
    for (i = 0; i < out->source_count; i++) {
        answering += out->sources[i].reach != 0;
    }
    for (i = 0; i < out->source_count; i++) {
        out->sources[i].others = out->source_count - 1;
        out->sources[i].others_answering = answering - (out->sources[i].reach != 0);
    }
}

static void write_words(json_t *object, const char *code, const struct report_words *words)
{
    json_object_set_new(object, "code", json_string(code));
    json_object_set_new(object, "sentence", json_string(words->sentence));
    json_object_set_new(object, "cause", json_string(words->cause));
    json_object_set_new(object, "remedy",
                        words->remedy[0] ? json_string(words->remedy) : json_null());
}

static void judge(const struct probe *p, struct report_source *s)
{
    if (p->answered) {
        s->code = s->key ? WHY_KEY_DROPPED : WHY_PROBE_ANSWERED;
    } else if (p->error) {
        s->send_error = p->error;
        s->code = explain_error_code(p->error);
    } else if (p->alive) {
        s->code = s->others_answering ? WHY_SERVER_SILENT : WHY_UDP_FILTERED;
    } else {
        s->code = WHY_NETWORK_SILENT;
    }
}

static void tell(struct probe *probes, unsigned count, struct report *report, json_t *answer)
{
    enum report_clock_code common;

    for (unsigned i = 0; i < count; i++) {
        struct report_source *s = &report->sources[probes[i].index];
        const char *error = probes[i].error ? strerror(probes[i].error) : NULL;

        judge(&probes[i], s);
        explain_source_code(s);
        write_words(probes[i].source, report_source_code_name(s->code), &s->words);
        json_object_set_new(probes[i].source, "probe",
                            json_pack("{s:b, s:b, s:s?}", "ntp_answered", probes[i].answered,
                                      "host_answered", probes[i].alive || probes[i].answered,
                                      "error", error));
    }
    if (report->clock.code != CLOCK_NO_REPLIES) {
        return;
    }
    if (report_common_code(report, &common)) {
        report->clock.code = common;
    }
    explain_clock(report);
    write_words(json_object_get(answer, "clock"), report_clock_code_name(report->clock.code),
                &report->clock.words);
}

void probe_sources(json_t *answer)
{
    static struct report report;
    struct probe probes[PROBES_MAX];
    unsigned count = 0;
    json_t *source;
    size_t i;

    read_report(&report, answer);
    json_array_foreach(json_object_get(answer, "sources"), i, source)
    {
        struct probe *p = &probes[count];

        if (count < PROBES_MAX && i < report.source_count && is_silent(source)) {
            *p = (struct probe){.source = source, .index = (unsigned)i};
            if (address_parse(report.sources[i].address, &p->address)) {
                p->address.port = report.sources[i].port;
                count++;
            }
        }
    }
    if (count > 0) {
        ask(probes, count);
        tell(probes, count, &report, answer);
    }
}

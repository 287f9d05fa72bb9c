/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports of chronyc that a daemon gives to its own users only: single measurements, how sources
 * were selected, keys, counters and clients. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chronyc/chronyc.h"
#include "cli/chronyc/chronyc_format.h"
#include "core/packet.h"
#include "core/time.h"
#include "wire/chrony_words.h"

static void print_ntp_data(const struct chronyc *c, const struct chrony_ntp_data *d,
                           bool counts_stamps, const char *remote, const char *local,
                           const char *refid)
{
    char text[4][CHRONYC_TEXT_MAX];

    printf(
        c->csv
            ? "%s,%08X,%u,%s,%08X,%s,%u,%s,%u,%d,%.0f,%d,%.9f,%.6f,%.6f,%08X,%s,%s,%.9f,%.9f,%.9f,"
              "%.9f,%.2f,%s,%s,%s,%s,%s,%s,%s,%u,%u,%u,%u"
            : "Remote address  : %s (%08X)\n"
              "Remote port     : %u\n"
              "Local address   : %s (%08X)\n"
              "Leap status     : %s\n"
              "Version         : %u\n"
              "Mode            : %s\n"
              "Stratum         : %u\n"
              "Poll interval   : %d (%.0f seconds)\n"
              "Precision       : %d (%.9f seconds)\n"
              "Root delay      : %.6f seconds\n"
              "Root dispersion : %.6f seconds\n"
              "Reference ID    : %08X (%s)\n"
              "Reference time  : %s\n"
              "Offset          : %+.9f seconds\n"
              "Peer delay      : %.9f seconds\n"
              "Peer dispersion : %.9f seconds\n"
              "Response time   : %.9f seconds\n"
              "Jitter asymmetry: %+.2f\n"
              "NTP tests       : %s %s %s\n"
              "Interleaved     : %s\n"
              "Authenticated   : %s\n"
              "TX timestamping : %s\n"
              "RX timestamping : %s\n"
              "Total TX        : %u\n"
              "Total RX        : %u\n"
              "Total valid RX  : %u\n"
              "Total good RX   : %u\n",
        remote, address_refid(&d->remote.address), d->port, local, address_refid(&d->local.address),
        chrony_words_leap(d->leap), d->version, chrony_words_mode(d->mode), d->stratum, d->poll,
        s_from_log2(d->poll), d->precision, s_from_log2(d->precision), d->root_delay_s,
        d->root_dispersion_s, d->refid, refid,
        c->csv ? chronyc_format_stamp(d->reference_time, text[0])
               : chronyc_format_time(d->reference_time, text[0]),
        d->offset_s, d->delay_s, d->dispersion_s, d->response_s, d->asymmetry,
        chrony_words_test_digits(d->flags, 10, 3, text[1]),
        chrony_words_test_digits(d->flags, 7, 3, text[2]),
        chrony_words_test_digits(d->flags, 4, 4, text[3]),
        d->flags & CHRONY_FLAG_INTERLEAVED ? "Yes" : "No",
        d->flags & CHRONY_FLAG_AUTHENTICATED ? "Yes" : "No", chrony_words_stamp(d->transmit_stamp),
        chrony_words_stamp(d->receive_stamp), d->sent, d->received, d->valid, d->good);
    if (counts_stamps) {
        printf(c->csv ? ",%u,%u,%u,%u"
                      : "Total kernel TX : %u\n"
                        "Total kernel RX : %u\n"
                        "Total HW TX     : %u\n"
                        "Total HW RX     : %u\n",
               d->kernel_sent, d->kernel_received, d->hardware_sent, d->hardware_received);
    }
    if (c->csv) {
        putchar('\n');
    }
}

static bool ask_by_host(struct chronyc *c, unsigned command, const struct chrony_host *host)
{
    if (!chronyc_ask(c, command, &(union chrony_request_body){.host = *host})) {
        return false;
    }
    return c->response.status == CHRONY_SUCCESS || chronyc_print_status(c);
}

static bool show_ntp_data(struct chronyc *c, const struct chrony_host *host, bool gap)
{
    char remote[CHRONYC_NAME_SHOWN_MAX], local[CHRONYC_NAME_SHOWN_MAX], refid[CHRONYC_TEXT_MAX];
    bool numeric = c->numeric, by_name = c->sources_by_name, counts_stamps;
    struct chrony_ntp_data d;

    if (!ask_by_host(c, CHRONY_NTP_DATA, host)) {
        return false;
    }
    counts_stamps = c->response.reply == CHRONY_REPLY_NTP_DATA2;
    d = c->reply.ntp_data;
    c->numeric = true; /* addresses are what is asked for */
    c->sources_by_name = false;
    chronyc_name(c, &d.remote, 0, false, 0, remote);
    chronyc_name(c, &d.local, 0, false, 0, local);
    c->numeric = numeric;
    c->sources_by_name = by_name;
    chronyc_format_refid(d.stratum <= 1 ? d.refid : 0, refid);
    if (gap && !c->csv) {
        putchar('\n');
    }
    print_ntp_data(c, &d, counts_stamps, remote, local, refid);
    return true;
}

/* The n-th source; false: it has said why not. */
static bool ask_source(struct chronyc *c, uint32_t index, struct chrony_source *out)
{
    if (!chronyc_ask_number(c, CHRONY_SOURCE_DATA, index, CHRONY_REPLY_SOURCE_DATA)) {
        return false;
    }
    *out = c->reply.source;
    return true;
}

bool chronyc_ntpdata(struct chronyc *c, const struct chronyc_line *line)
{
    struct chrony_host host;
    uint32_t count;

    if (line->count > 1) {
        if (!chronyc_read_host(c, line->words[1], &host)) {
            fputs("Could not get address for hostname\n", stderr);
            return false;
        }
        return show_ntp_data(c, &host, false);
    }
    if (!chronyc_count_sources(c, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct chrony_source s;

        if (!ask_source(c, i, &s)) {
            return false;
        }
        if (s.mode != CHRONY_MODE_REFCLOCK && s.host.family != CHRONY_FAMILY_ID &&
            !show_ntp_data(c, &s.host, true)) {
            return false;
        }
    }
    return true;
}

/* "NPTR-", or with commas between: the last place is of an option that there is not any more. */
static const char *option_letters(unsigned options, bool csv, char text[CHRONYC_TEXT_MAX])
{
    char letters[CHRONY_SELECT_LETTERS + 1];

    chrony_words_select_letters(options, letters);
    snprintf(text, CHRONYC_TEXT_MAX, csv ? "%c,%c,%c,%c,-" : "%c%c%c%c-", letters[0], letters[1],
             letters[2], letters[3]);
    return text;
}

static void print_select(struct chronyc *c, const struct chrony_select *s)
{
    char name[CHRONYC_NAME_SHOWN_MAX], text[5][CHRONYC_TEXT_MAX];
    char state = s->state >= ' ' && s->state < 127 ? (char)s->state : '?';

    chronyc_name(c, &s->host, s->refid, s->host.family == CHRONY_FAMILY_NONE, 25, name);
    option_letters(s->configured, c->csv, text[0]);
    option_letters(s->effective, c->csv, text[1]);
    if (c->csv) {
        printf("%c,%s,%c,%s,%s,%u,%.1f,%.9f,%.9f,%s\n", state, name, s->authenticated ? 'Y' : 'N',
               text[0], text[1], s->last_sample_s, s->score, s->low_s, s->high_s,
               chrony_words_leap(s->leap));
        return;
    }
    printf("%c %-25s %c %s %s %s %5.1f %s %s  %c\n", state, name, s->authenticated ? 'Y' : 'N',
           text[0], text[1], chronyc_format_interval(s->last_sample_s, text[2]), s->score,
           chronyc_format_signed_seconds(s->low_s, text[3]),
           chronyc_format_signed_seconds(s->high_s, text[4]), chrony_words_leap_letter(s->leap));
}

bool chronyc_selectdata(struct chronyc *c, const struct chronyc_line *line)
{
    uint32_t count;

    if (!chronyc_count_sources(c, &count)) {
        return false;
    }
    if (!c->csv && chronyc_has_option(line, "-v")) {
        puts(
            "  S, state: N noselect, M missing samples, s not synchronised, d D too distant,\n"
            "  ~ too much jitter, w W waits for other sources, S stale, O orphan, T not trusted,\n"
            "  P another source is preferred, U waits for an update, r stratum out of range,\n"
            "  x falseticker, + combined, * selected.\n"
            "  COpts, EOpts: configured and effective options: N noselect, P prefer, T trust,\n"
            "  R require. Interval: of the offset, by this source.");
    }
    if (!c->csv) {
        puts(
            "S Name/IP Address        Auth COpts EOpts Last Score     Interval  Leap\n"
            "=======================================================================");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct chrony_select s;

        if (!chronyc_ask_number(c, CHRONY_SELECT_DATA, i, CHRONY_REPLY_SELECT_DATA)) {
            return false;
        }
        s = c->reply.select;
        if (s.host.family != CHRONY_FAMILY_ID || chronyc_has_option(line, "-a")) {
            print_select(c, &s);
        }
    }
    return true;
}

static void print_auth(struct chronyc *c, const struct chrony_host *host,
                       const struct chrony_auth *a)
{
    char name[CHRONYC_NAME_SHOWN_MAX], text[CHRONYC_TEXT_MAX];
    const char *mode = chrony_words_auth_mode(a->mode);

    chronyc_name(c, host, 0, false, 25, name);
    if (c->csv) {
        printf("%s,%s,%u,%u,%u,%u,%u,%u,%u,%u\n", name, mode, a->key_id, a->key_type, a->key_bits,
               a->last_s, a->attempts, a->nak, a->cookies, a->cookie_length);
        return;
    }
    printf("%-27s %4s %5u %4u %4u %s %4u %4u %4u %4u\n", name, mode, a->key_id, a->key_type,
           a->key_bits, chronyc_format_interval(a->last_s, text), a->attempts, a->nak, a->cookies,
           a->cookie_length);
}

bool chronyc_authdata(struct chronyc *c, const struct chronyc_line *line)
{
    uint32_t count;

    if (!chronyc_count_sources(c, &count)) {
        return false;
    }
    if (!c->csv && chronyc_has_option(line, "-v")) {
        puts(
            "  Mode: SK = symmetric key, NTS; KeyID, Type and KLen (bits) of the key;\n"
            "  Last and Atmp: when keys were last exchanged, and in how many attempts;\n"
            "  NAK: refused by the server; Cook, CLen: number of cookies, their length (bytes).");
    }
    if (!c->csv) {
        puts(
            "Name/IP address             Mode KeyID Type KLen Last Atmp  NAK Cook CLen\n"
            "=========================================================================");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct chrony_source s;
        struct chrony_auth a;

        if (!ask_source(c, i, &s)) {
            return false;
        }
        if (s.mode == CHRONY_MODE_REFCLOCK ||
            (s.host.family == CHRONY_FAMILY_ID && !chronyc_has_option(line, "-a"))) {
            continue;
        }
        if (!ask_by_host(c, CHRONY_AUTH_DATA, &s.host)) {
            return false;
        }
        a = c->reply.auth;
        print_auth(c, &s.host, &a);
    }
    return true;
}

/* How many of the counters the daemon has, in the order in which they are shown. */
static unsigned shown_counters(unsigned reply)
{
    return reply == CHRONY_REPLY_SERVER_STATS    ? 5
           : reply == CHRONY_REPLY_SERVER_STATS2 ? 8
           : reply == CHRONY_REPLY_SERVER_STATS3 ? 11
           : reply == CHRONY_REPLY_SERVER_STATS4 ? 17
                                                 : 0;
}

bool chronyc_serverstats(struct chronyc *c, const struct chronyc_line *line)
{
    const struct chrony_server_stats *s = &c->reply.server_stats;
    const struct {
        const char *name;
        const uint64_t *value;
    } rows[] = {{"NTP packets received       ", &s->ntp_received},
                {"NTP packets dropped        ", &s->ntp_dropped},
                {"Command packets received   ", &s->command_received},
                {"Command packets dropped    ", &s->command_dropped},
                {"Client log records dropped ", &s->log_dropped},
                {"NTS-KE connections accepted", &s->nke_accepted},
                {"NTS-KE connections dropped ", &s->nke_dropped},
                {"Authenticated NTP packets  ", &s->ntp_authenticated},
                {"Interleaved NTP packets    ", &s->ntp_interleaved},
                {"NTP timestamps held        ", &s->stamps_held},
                {"NTP timestamp span         ", &s->stamps_span_s},
                {"NTP daemon RX timestamps   ", &s->daemon_received},
                {"NTP daemon TX timestamps   ", &s->daemon_sent},
                {"NTP kernel RX timestamps   ", &s->kernel_received},
                {"NTP kernel TX timestamps   ", &s->kernel_sent},
                {"NTP hardware RX timestamps ", &s->hardware_received},
                {"NTP hardware TX timestamps ", &s->hardware_sent}};

    (void)line;
    if (!chronyc_ask(c, CHRONY_SERVER_STATS, NULL)) {
        return false;
    }
    if (c->response.status != CHRONY_SUCCESS) {
        return chronyc_print_status(c);
    }
    for (unsigned i = 0; i < shown_counters(c->response.reply); i++) {
        if (c->csv) {
            printf("%s%llu", i ? "," : "", (unsigned long long)*rows[i].value);
        } else {
            printf("%s: %llu\n", rows[i].name, (unsigned long long)*rows[i].value);
        }
    }
    if (c->csv) {
        putchar('\n');
    }
    return true;
}

static void print_client(struct chronyc *c, const struct chrony_client *client, bool nke)
{
    char name[CHRONYC_NAME_SHOWN_MAX], text[5][CHRONYC_TEXT_MAX];
    unsigned long long hits = nke ? client->nke : client->command, ntp = client->ntp;
    unsigned long long drops = nke ? client->nke_dropped : client->command_dropped;
    unsigned long long ntp_drops = client->ntp_dropped;
    int8_t interval = nke ? client->nke_interval : client->command_interval;
    uint32_t last_s = nke ? client->nke_last_s : client->command_last_s;

    chronyc_name(c, &client->host, 0, false, 25, name);
    if (c->csv) {
        printf("%s,%llu,%llu,%d,%d,%u,%llu,%llu,%d,%u\n", name, ntp, ntp_drops,
               client->ntp_interval, client->limited_interval, client->ntp_last_s, hits, drops,
               interval, last_s);
        return;
    }
    printf("%-25s  %6llu  %5llu  %s  %s  %s  %6llu  %5llu  %s  %s\n", name, ntp, ntp_drops,
           chronyc_format_log2(client->ntp_interval, text[0]),
           chronyc_format_log2(client->limited_interval, text[1]),
           chronyc_format_interval(client->ntp_last_s, text[2]), hits, drops,
           chronyc_format_log2(interval, text[3]), chronyc_format_interval(last_s, text[4]));
}

bool chronyc_clients(struct chronyc *c, const struct chronyc_line *line)
{
    bool nke = chronyc_has_option(line, "-k"), by_name = c->sources_by_name;
    uint32_t least = 0, first = 0, indices = 1;

    for (unsigned i = 1; i + 1 < line->count; i++) {
        if (strcmp(line->words[i], "-p") == 0) {
            least = (uint32_t)strtoul(line->words[i + 1], NULL, 10);
        }
    }
    if (!c->csv) {
        printf(
            "Hostname                      NTP   Drop Int IntL Last  %s   Drop Int  Last\n"
            "=================================================================="
            "=============\n",
            nke ? "NTS-KE" : "   Cmd");
    }
    c->sources_by_name = false; /* these are none */
    while (first < indices) {
        const union chrony_request_body body = {.list = {.first = first,
                                                         .count = CHRONY_CLIENTS_MAX,
                                                         .least_packets = least,
                                                         .reset = chronyc_has_option(line, "-r")}};
        struct chrony_clients list;

        if (!chronyc_ask_for(c, CHRONY_CLIENT_ACCESSES, &body, CHRONY_REPLY_CLIENT_ACCESSES)) {
            c->sources_by_name = by_name;
            return false;
        }
        list = c->reply.clients;
        for (uint32_t i = 0; i < list.count; i++) {
            if (list.clients[i].host.family != CHRONY_FAMILY_NONE) {
                print_client(c, &list.clients[i], nke);
            }
        }
        if (list.next <= first) {
            break; /* a daemon that does not get on */
        }
        first = list.next;
        indices = list.indices;
    }
    c->sources_by_name = by_name;
    return true;
}

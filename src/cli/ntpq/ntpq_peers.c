/* SPDX-License-Identifier: BSD-2-Clause */
/* The billboard of ntpq (peers, apeers, opeers) and its list of associations: columns as people's
 * scripts have cut them for decades. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/draw/render.h"
#include "cli/ntpq/ntpq.h"
#include "cli/ntpq/ntpq_format.h"
#include "core/address.h"
#include "core/packet.h"
#include "os/clock.h"
#include "os/names.h"
#include "wire/ntp_words.h"

#define NAME_WIDTH 15
#define SLACK_MAX 24 /* a wide screen gives the names this much more */
#define REFID_WIDTH 15
#define ASSOCIATION_WIDTH 7
#define PLAIN_WIDTH 79
#define MODE_BROADCAST_CLIENT 8
#define NAME_MAX_LENGTH 256

enum billboard { BILLBOARD_PEERS, BILLBOARD_APEERS, BILLBOARD_OPEERS };

struct board {
    enum billboard kind;
    int name_width;
};

static bool is_clock_address(const struct address *a)
{
    return a->family == ADDRESS_V4 && a->bytes[0] == 127 && a->bytes[1] == 127;
}

/* What stands in the first column. */
static void name_of(const struct ntpq *q, char out[NAME_MAX_LENGTH])
{
    const char *source = variables_text(&q->variables, "srcadr");
    const char *supplied = variables_text(&q->variables, "srchost");
    struct address a;
    bool numeric = address_parse(source, &a);

    snprintf(out, NAME_MAX_LENGTH, "%s", source);
    if (!numeric || !address_is_unicast(&a)) {
        if (*supplied) {
            snprintf(out, NAME_MAX_LENGTH, "%s", supplied);
        }
    } else if (is_clock_address(&a)) {
        snprintf(out, NAME_MAX_LENGTH, *supplied ? "%s" : "%s(%u)",
                 *supplied ? supplied : ntp_words_driver(a.bytes[2]), a.bytes[3]);
    } else if (q->supplied && *supplied) {
        snprintf(out, NAME_MAX_LENGTH, "%s", supplied);
    } else if (q->names) {
        char found[NAME_MAX_LENGTH];

        if (names_find(&a, found, sizeof found)) {
            snprintf(out, NAME_MAX_LENGTH, "%s", found);
        }
    }
}

static char type_of(const struct ntpq *q, const char *refid)
{
    const char *source = variables_text(&q->variables, "srcadr");
    double mode = variables_number(&q->variables, "hmode");
    double cookies = variables_number(&q->variables, "ntscookies");

    if (isnan(mode) || mode < 0 || mode > 8) {
        return '?';
    }
    switch ((unsigned)mode) {
    case MODE_CONTROL:
    case MODE_BROADCAST_CLIENT: return 'b';
    case MODE_BROADCAST: return strncmp(source, "224.", 4) == 0 ? 'M' : 'B';
    case MODE_CLIENT:
        return strchr(variables_text(&q->variables, "srchost"), '(') ||
                       strncmp(source, "127.127.", 8) == 0
                   ? 'l'
               : strcmp(refid, "POOL") == 0      ? 'p'
               : strncmp(source, "224.", 4) == 0 ? 'a'
               : cookies >= 0 && cookies <= 9    ? (char)('0' + (int)cookies)
                                                 : 'u';
    case MODE_SYMMETRIC_ACTIVE: return 's';
    case MODE_SYMMETRIC_PASSIVE: return 'S';
    default: return '?';
    }
}

/* Seconds since the last packet: of `rec`, or, where that is missing, `reftime`. */
static int64_t age_of(const struct ntpq *q)
{
    struct wall_time now = clock_now().wall;
    uint64_t timestamp;

    if ((!variables_parse_time(variables_text(&q->variables, "rec"), &timestamp) &&
         !variables_parse_time(variables_text(&q->variables, "reftime"), &timestamp)) ||
        timestamp == 0) {
        return 0;
    }
    return ns_subtract(now.ns, wall_from_ntp(timestamp, now).ns) / NS_PER_S;
}

static int64_t poll_of(const struct ntpq *q)
{
    double local = variables_number(&q->variables, "hpoll");
    double remote = variables_number(&q->variables, "ppoll");
    double least = isnan(remote) || local < remote ? local : remote;

    least = isnan(least) ? 0 : least < 0 ? 3 : least > 31 ? 31 : least;
    return INT64_C(1) << (int)least;
}

/* The column behind the name: reference id, or our address. */
static void print_second(const struct board *b, const char *text, unsigned association)
{
    int width = REFID_WIDTH, length;
    char visible[NTPQ_TEXT_MAX];

    snprintf(visible, sizeof visible, strpbrk(text, ".:") ? "%s" : ".%s.", text);
    length = (int)strlen(visible);
    if (b->kind == BILLBOARD_APEERS) {
        if (length >= width - ASSOCIATION_WIDTH) {
            snprintf(visible, sizeof visible, "...");
        }
        printf("%-*s%-6u", width - ASSOCIATION_WIDTH + 1, visible, association);
    } else if (length > width) {
        printf("-%s", visible + length - width + 1); /* addresses differ at their ends */
    } else {
        printf("%-*s", width, visible);
    }
}

static void print_peer(const struct ntpq *q, const struct board *b,
                       const struct ntpq_association *a)
{
    const struct variables *v = &q->variables;
    const char *delay = variables_text(v, "delay"), *dot = strchr(delay, '.');
    const char *refid = variables_text(v, "refid");
    const char *second = b->kind == BILLBOARD_OPEERS ? variables_text(v, "dstadr") : refid;
    unsigned decimals = dot && strlen(dot) == 7 ? 4 : 3;
    double stratum = variables_number(v, "stratum"), reach = variables_number(v, "reach");
    double last = variables_number(v, "jitter");
    char text[5][NTPQ_TEXT_MAX], name[NAME_MAX_LENGTH], clean[NAME_MAX_LENGTH];

    if (b->kind == BILLBOARD_OPEERS || isnan(last)) {
        last = variables_number(v, variables_find(v, "dispersion") ? "dispersion" : "rootdisp");
    }
    name_of(q, name);
    render_clean(name, clean, sizeof clean);
    if (q->wide && (int)strlen(clean) > b->name_width) {
        printf("%c%s\n%*s", ntp_words_tally(ntp_words_selection_of(q->reply.status)), clean,
               b->name_width + 2, "");
    } else {
        printf("%c%-*.*s ", ntp_words_tally(ntp_words_selection_of(q->reply.status)), b->name_width,
               b->name_width, clean);
    }
    print_second(b, second, a->id);
    printf(" %2.0f %c %4.4s %4.4s  %3o %s %s %s\n", isnan(stratum) ? 20 : stratum,
           type_of(q, second), ntpq_format_interval(age_of(q), text[0]),
           ntpq_format_interval(poll_of(q), text[1]),
           reach >= 0 && reach <= 65535 ? (unsigned)reach : 0,
           ntpq_format_number(variables_number(v, "delay"), decimals, ".", text[2]),
           ntpq_format_number(variables_number(v, "offset"), decimals, ".", text[3]),
           ntpq_format_number(last, decimals, ".", text[4]));
}

static void print_rule(int width)
{
    for (int i = 0; i < width; i++) {
        putchar('=');
    }
}

static void print_header(const struct ntpq *q, const struct board *b)
{
    static const char *const second[] = {[BILLBOARD_PEERS] = "       refid      ",
                                         [BILLBOARD_APEERS] = "   refid   assid  ",
                                         [BILLBOARD_OPEERS] = "       local      "};

    if (q->host_count > 1) {
        printf("%-*s ", (int)q->host_width, "server");
    }
    printf("%-*s%sst t when poll reach   delay   offset   %s\n", b->name_width, "     remote    ",
           second[b->kind], b->kind == BILLBOARD_OPEERS ? "  disp" : "jitter");
    if (q->host_count > 1) {
        print_rule((int)q->host_width + 1);
    }
    print_rule(PLAIN_WIDTH + b->name_width - NAME_WIDTH);
    putchar('\n');
}

static void print_billboard(struct ntpq *q, enum billboard kind)
{
    int slack = q->width > 80 ? (int)q->width - 80 : 0;
    struct board b = {.kind = kind,
                      .name_width = NAME_WIDTH + (slack < SLACK_MAX ? slack : SLACK_MAX)};

    if (!ntpq_ask_associations(q)) {
        return;
    }
    print_header(q, &b);
    for (unsigned i = 0; i < q->association_count; i++) {
        const struct ntpq_association *a = &q->associations[i];
        int result = ntpq_ask_variables(q, MODE6_READ_VARIABLES, a->id, "");

        if (result == NTPQ_REFUSED + MODE6_ERROR_ASSOCIATION) {
            continue; /* gone since we asked for the list */
        }
        if (result) {
            ntpq_complain(q, result);
            break;
        }
        if (q->variables.count == 0) {
            fprintf(stderr, "***No information returned for association %u\n", a->id);
            continue;
        }
        if (q->host_count > 1) {
            printf("%-*s ", (int)q->host_width, q->host);
        }
        print_peer(q, &b, a);
    }
}

void ntpq_peers(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    print_billboard(q, BILLBOARD_PEERS);
}

void ntpq_apeers(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    print_billboard(q, BILLBOARD_APEERS);
}

void ntpq_opeers(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    print_billboard(q, BILLBOARD_OPEERS);
}

void ntpq_passociations(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    if (q->association_count == 0) {
        puts("No association IDs in list");
        return;
    }
    puts(
        "\nind assid status  conf reach auth condition  last_event cnt\n"
        "===========================================================");
    for (unsigned i = 0; i < q->association_count; i++) {
        const struct ntpq_association *a = &q->associations[i];

        printf("%3u %5u  %04x   %3.3s  %4s  %4.4s %9.9s %11s %2u\n", i + 1, a->id, a->status,
               ntp_words_configured(a->status), ntp_words_reach(a->status),
               ntp_words_authentication(a->status),
               ntp_words_condition(ntp_words_selection_of(a->status)),
               ntpq_format_peer_event(a->status), ntp_words_count_of(a->status));
    }
}

void ntpq_associations(struct ntpq *q, const struct ntpq_line *line)
{
    if (ntpq_ask_associations(q)) {
        ntpq_passociations(q, line);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands of chronyc that change something in a daemon: what is behind the command becomes the
 * body of a request, and the daemon's status is printed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/chronyc/chronyc.h"
#include "cli/chronyc/chronyc_format.h"
#include "os/clock.h"
#include "wire/chrony_words.h"

#define DAY_S 86400

/* Commands that are one or two words and nothing else. */
static const struct {
    const char *word, *second;
    unsigned command;
} simple[] = {{"cyclelogs", NULL, CHRONY_CYCLE_LOGS}, {"dump", NULL, CHRONY_DUMP},
              {"onoffline", NULL, CHRONY_ONOFFLINE},  {"refresh", NULL, CHRONY_REFRESH},
              {"rekey", NULL, CHRONY_REKEY},          {"reload", "sources", CHRONY_RELOAD_SOURCES},
              {"reselect", NULL, CHRONY_RESELECT},    {"reset", "sources", CHRONY_RESET_SOURCES},
              {"shutdown", NULL, CHRONY_SHUTDOWN},    {"trimrtc", NULL, CHRONY_TRIM_RTC},
              {"writertc", NULL, CHRONY_WRITE_RTC}};

static bool syntax_of(const struct chronyc_line *line)
{
    char text[64];

    snprintf(text, sizeof text, "%.40s command", line->words[0]);
    return chronyc_syntax_error(text);
}

bool chronyc_simple(struct chronyc *c, const struct chronyc_line *line)
{
    for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++) {
        if (strcmp(line->words[0], simple[i].word) == 0 &&
            (!simple[i].second ||
             (line->count == 2 && strcmp(line->words[1], simple[i].second) == 0))) {
            return chronyc_order(c, simple[i].command, NULL);
        }
    }
    return syntax_of(line);
}

static bool read_number(const char *word, double *out)
{
    char *end;

    *out = strtod(word, &end);
    return *end == '\0' && end != word && isfinite(*out);
}

static bool read_integer(const char *word, long *out)
{
    char *end;

    *out = strtol(word, &end, 10);
    return *end == '\0' && end != word && *out >= INT32_MIN && *out <= INT32_MAX;
}

/* COMMAND NUMBER */
bool chronyc_number(struct chronyc *c, const struct chronyc_line *line)
{
    static const struct {
        const char *word;
        unsigned command, before; /* an older daemon knows this one */
    } rows[] = {{"dfreq", CHRONY_DFREQ, 0},
                {"doffset", CHRONY_DOFFSET, CHRONY_DOFFSET_OLD},
                {"maxupdateskew", CHRONY_MAXUPDATESKEW, 0},
                {"reselectdist", CHRONY_RESELECTDIST, 0}};
    union chrony_request_body body;

    if (line->count != 2 || !read_number(line->words[1], &body.real)) {
        fputs("Invalid value\n", stderr);
        return false;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(line->words[0], rows[i].word) != 0) {
            continue;
        }
        if (!chronyc_ask(c, rows[i].command, &body) ||
            (c->response.status == CHRONY_INVALID && rows[i].before &&
             !chronyc_ask(c, rows[i].before, &body))) {
            return false;
        }
        return chronyc_print_status(c);
    }
    return false;
}

/* COMMAND ADDRESS NUMBER */
bool chronyc_source_number(struct chronyc *c, const struct chronyc_line *line)
{
    static const enum chrony_command whole[] = {CHRONY_MINPOLL, CHRONY_MAXPOLL, CHRONY_MINSTRATUM,
                                                CHRONY_POLLTARGET};
    static const enum chrony_command real[] = {CHRONY_MAXDELAY, CHRONY_MAXDELAYRATIO,
                                               CHRONY_MAXDELAYDEVRATIO};
    struct chrony_host host;
    double value;
    long integer;

    if (line->count != 3 || !chronyc_read_host(c, line->words[1], &host) ||
        !read_number(line->words[2], &value)) {
        return chronyc_syntax_error("address value");
    }
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++) {
        if (strcmp(line->words[0], chrony_words_source_option(real[i])) == 0) {
            return chronyc_order(
                c, real[i],
                &(union chrony_request_body){.modify_real = {.host = host, .value = value}});
        }
    }
    if (!read_integer(line->words[2], &integer)) {
        return chronyc_syntax_error("address value");
    }
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        if (strcmp(line->words[0], chrony_words_source_option(whole[i])) == 0) {
            return chronyc_order(
                c, whole[i],
                &(union chrony_request_body){.modify = {.host = host, .value = (int32_t)integer}});
        }
    }
    return false;
}

/* A network as chrony writes it: ADDRESS, ADDRESS/BITS, and 10 or 10.1 for 10.0.0.0/8. */
static bool read_subnet(const struct chronyc *c, const char *word, struct chrony_host *host,
                        long *bits)
{
    char text[64];
    size_t length = strcspn(word, "/");
    unsigned dots = 0;

    if (length >= sizeof text - 8) {
        return false;
    }
    snprintf(text, sizeof text, "%.*s", (int)length, word);
    if (strspn(text, "0123456789.") == length && length > 0) {
        for (size_t i = 0; i < length; i++) {
            dots += text[i] == '.';
        }
        for (unsigned i = dots; i < 3; i++) {
            size_t used = strlen(text);

            snprintf(text + used, sizeof text - used, ".0");
        }
    }
    if (!chronyc_read_host(c, text, host)) {
        return false;
    }
    *bits = host->family == CHRONY_FAMILY_V4 ? (dots < 3 ? 8 * ((long)dots + 1) : 32) : 128;
    return word[length] == '\0' || (read_integer(word + length + 1, bits) && *bits >= 0 &&
                                    *bits <= (host->family == CHRONY_FAMILY_V4 ? 32 : 128));
}

/* allow|deny|cmdallow|cmddeny [all] [SUBNET] */
bool chronyc_access(struct chronyc *c, const struct chronyc_line *line)
{
    static const enum chrony_command commands[] = {CHRONY_ALLOW, CHRONY_DENY, CHRONY_CMDALLOW,
                                                   CHRONY_CMDDENY};
    bool all = line->count > 1 && strcmp(line->words[1], "all") == 0;
    const char *subnet = line->count > 1U + all ? line->words[1 + all] : NULL;
    struct chrony_host host = {.family = CHRONY_FAMILY_NONE};
    long bits = 0;

    if (subnet && strcmp(subnet, "0/0") == 0) {
        host = (struct chrony_host){.family = CHRONY_FAMILY_V4, .address.family = ADDRESS_V4};
    } else if (subnet && strcmp(subnet, "::/0") == 0) {
        host = (struct chrony_host){.family = CHRONY_FAMILY_V6, .address.family = ADDRESS_V6};
    } else if (subnet && !read_subnet(c, subnet, &host, &bits)) {
        fputs("Could not read address\n", stderr);
        return false;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(line->words[0], chrony_words_access(commands[i])) == 0) {
            return chronyc_order(
                c, commands[i] + all,
                &(union chrony_request_body){.access = {.host = host, .bits = (int32_t)bits}});
        }
    }
    return false;
}

bool chronyc_check_access(struct chronyc *c, const struct chronyc_line *line)
{
    union chrony_request_body body;

    if (line->count != 2 || !chronyc_read_host(c, line->words[1], &body.host)) {
        fputs("Could not read address\n", stderr);
        return false;
    }
    return chronyc_order(c, line->words[0][0] == 'c' ? CHRONY_CMDACCHECK : CHRONY_ACCHECK, &body);
}

static void fill_mask(struct chrony_host *mask, const struct chrony_host *host, long bits)
{
    *mask = *host;
    for (long i = 0; i < 16; i++) {
        long left = bits - 8 * i;

        mask->address.bytes[i] = left >= 8 ? 0xff : left > 0 ? (uint8_t)(0xff << (8 - left)) : 0;
    }
}

/* [[MASK/]ADDRESS] or ADDRESS/BITS */
static bool read_masked(const struct chronyc *c, const char *word, struct chrony_subnet *out)
{
    struct chrony_host host = {.family = CHRONY_FAMILY_NONE}, mask = host;
    const char *slash = word ? strchr(word, '/') : NULL;
    char first[64];
    long bits;

    if (slash) {
        snprintf(first, sizeof first, "%.*s", (int)(slash - word), word);
        if (read_integer(slash + 1, &bits) && bits >= 0) {
            if (!chronyc_read_host(c, first, &host) ||
                bits > (host.family == CHRONY_FAMILY_V4 ? 32 : 128)) {
                return false;
            }
            fill_mask(&mask, &host, bits);
        } else if (!chronyc_read_host(c, first, &mask) || !chronyc_read_host(c, slash + 1, &host) ||
                   mask.family != host.family) {
            return false;
        }
    } else if (word) {
        if (!chronyc_read_host(c, word, &host)) {
            return false;
        }
        if (host.family != CHRONY_FAMILY_ID) {
            fill_mask(&mask, &host, host.family == CHRONY_FAMILY_V4 ? 32 : 128);
        }
    }
    *out = (struct chrony_subnet){.mask = mask, .address = host};
    return true;
}

/* online|offline [[MASK/]ADDRESS] */
bool chronyc_switch(struct chronyc *c, const struct chronyc_line *line)
{
    union chrony_request_body body;

    if (!read_masked(c, line->count > 1 ? line->words[1] : NULL, &body.subnet)) {
        return chronyc_syntax_error("mask/address");
    }
    return chronyc_order(c, strcmp(line->words[0], "online") == 0 ? CHRONY_ONLINE : CHRONY_OFFLINE,
                         &body);
}

/* burst GOOD/TOTAL [[MASK/]ADDRESS] */
bool chronyc_burst(struct chronyc *c, const struct chronyc_line *line)
{
    union chrony_request_body body;
    const char *counts = line->count > 1 ? line->words[1] : "", *slash = strchr(counts, '/');
    char good_text[16];
    long good, total;

    if (!slash || slash - counts >= (long)sizeof good_text) {
        return syntax_of(line);
    }
    snprintf(good_text, sizeof good_text, "%.*s", (int)(slash - counts), counts);
    if (!read_integer(good_text, &good) || !read_integer(slash + 1, &total)) {
        return syntax_of(line);
    }
    if (!read_masked(c, line->count > 2 ? line->words[2] : NULL, &body.burst.subnet)) {
        return chronyc_syntax_error("mask/address");
    }
    body.burst.answers = (int32_t)good;
    body.burst.requests = (int32_t)total;
    return chronyc_order(c, CHRONY_BURST, &body);
}

/* makestep [THRESHOLD LIMIT] */
bool chronyc_makestep(struct chronyc *c, const struct chronyc_line *line)
{
    union chrony_request_body body;
    long limit;

    if (line->count == 1) {
        return chronyc_order(c, CHRONY_MAKESTEP, NULL);
    }
    if (line->count != 3 || !read_number(line->words[1], &body.makestep.threshold_s) ||
        !read_integer(line->words[2], &limit)) {
        fputs("Bad syntax for makestep command\n", stderr);
        return false;
    }
    body.makestep.limit = (int32_t)limit;
    return chronyc_order(c, CHRONY_MODIFY_MAKESTEP, &body);
}

bool chronyc_smoothtime(struct chronyc *c, const struct chronyc_line *line)
{
    const char *word = line->count == 2 ? line->words[1] : "";

    if (strcmp(word, "reset") != 0 && strcmp(word, "activate") != 0) {
        return syntax_of(line);
    }
    return chronyc_order(c, CHRONY_SMOOTHTIME,
                         &(union chrony_request_body){.number = *word == 'a'});
}

bool chronyc_delete(struct chronyc *c, const struct chronyc_line *line)
{
    union chrony_request_body body;

    if (line->count != 2 || !chronyc_read_host(c, line->words[1], &body.host)) {
        return chronyc_syntax_error("address");
    }
    return chronyc_order(c, CHRONY_DELETE_SOURCE, &body);
}

/* local off | local [stratum N] [distance S] [orphan] [activate S] [waitsynced S] [waitunsynced S]
 */
bool chronyc_local(struct chronyc *c, const struct chronyc_line *line)
{
    struct {
        const char *word;
        double value;
    } rows[] = {
        {"stratum", 10}, {"distance", 1}, {"activate", 0}, {"waitsynced", 0}, {"waitunsynced", 0}};
    bool off = line->count == 2 && strcmp(line->words[1], "off") == 0, orphan = false;
    union chrony_request_body body = {.number = 0};

    for (unsigned i = 1; i < line->count && !off; i++) {
        size_t row = 0;

        if (strcmp(line->words[i], "orphan") == 0) {
            orphan = true;
            continue;
        }
        while (row < 5 && strcmp(line->words[i], rows[row].word) != 0) {
            row++;
        }
        if (row == 5 || i + 1 == line->count || !read_number(line->words[++i], &rows[row].value)) {
            return syntax_of(line);
        }
    }
    if (!off) {
        body.local = (struct chrony_local){.on = 1,
                                           .stratum = (int32_t)rows[0].value,
                                           .distance_s = rows[1].value,
                                           .orphan = orphan,
                                           .activate_s = rows[2].value,
                                           .wait_synced_s = rows[3].value,
                                           .wait_unsynced_s = rows[4].value};
    }
    if (!chronyc_ask(c, CHRONY_LOCAL, &body) || /* a daemon before 4.6 has the other one */
        (c->response.status == CHRONY_INVALID && !chronyc_ask(c, CHRONY_LOCAL_OLD, &body))) {
        return false;
    }
    return chronyc_print_status(c);
}

/* UTC seconds of what people write: 16:30:05 (of today), with a date before it, or Sep 25, 2015. */
static bool read_time(const char *text, time_t *out)
{
    static const char *const forms[] = {"%H:%M:%S", "%H:%M", "%Y-%m-%d %H:%M:%S",
                                        "%b %d, %Y %H:%M:%S", "%d %b %Y %H:%M:%S"};
    time_t now = (time_t)(clock_now().wall.ns / NS_PER_S);

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm date = {0};
        const char *end;

        localtime_r(&now, &date);
        date.tm_sec = 0;
        end = strptime(text, forms[i], &date);
        if (end && *end == '\0') {
            date.tm_isdst = -1;
            *out = mktime(&date);
            return true;
        }
    }
    return false;
}

bool chronyc_settime(struct chronyc *c, const struct chronyc_line *line)
{
    const struct chrony_settime *reply = &c->reply.settime;
    union chrony_request_body body;
    char text[128] = "";
    size_t used = 0;
    time_t when;

    for (unsigned i = 1; i < line->count && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 1 ? " " : "",
                                 line->words[i]);
    }
    if (!read_time(text, &when)) {
        puts("510 - Could not parse date string");
        return false;
    }
    body.time = (struct wall_time){(int64_t)when * NS_PER_S};
    if (!chronyc_ask(c, CHRONY_SETTIME, &body)) {
        return false;
    }
    if (!chronyc_print_status(c) || c->response.reply != CHRONY_REPLY_MANUAL_TIMESTAMP) {
        return false;
    }
    printf("Clock was %.2f seconds fast.  Frequency change = %.2fppm, new frequency = %.2fppm\n",
           reply->offset_s, reply->frequency_change_ppm, reply->frequency_ppm);
    return true;
}

/* A source, or a reference clock by its letters. */
static bool read_source(const struct chronyc *c, const char *word, struct chrony_host *host,
                        uint32_t *refid)
{
    *host = (struct chrony_host){.family = CHRONY_FAMILY_NONE};
    *refid = 0;
    if (strlen(word) <= 4 && !strchr(word, '.') && !strchr(word, ':')) {
        for (size_t i = 0; i < 4; i++) {
            *refid = *refid << 8 | (i < strlen(word) ? (uint8_t)word[i] : 0);
        }
        return true;
    }
    return chronyc_read_host(c, word, host);
}

/* selectopts SOURCE [+-OPTION ...] */
bool chronyc_selectopts(struct chronyc *c, const struct chronyc_line *line)
{
    union chrony_request_body body = {.selectopts = {.mask = 0}};
    struct chrony_selectopts *wanted = &body.selectopts;

    if (line->count < 2 || !read_source(c, line->words[1], &wanted->host, &wanted->refid)) {
        return syntax_of(line);
    }
    for (unsigned i = 2; i < line->count; i++) {
        const char *word = line->words[i];
        uint32_t flag = 0;

        for (unsigned bit = 0; bit < CHRONY_SELECT_LETTERS; bit++) {
            enum chrony_select_flags option = (enum chrony_select_flags)(1u << bit);

            if (*word && strcmp(word + 1, chrony_words_select_option(option)) == 0) {
                flag = chrony_words_select_source_flag(option);
                wanted->mask |= option;
            }
        }
        if (!flag || (*word != '+' && *word != '-')) {
            return syntax_of(line);
        }
        wanted->options = *word == '+' ? wanted->options | flag : wanted->options & ~flag;
    }
    return chronyc_order(c, CHRONY_SELECTOPTS, &body);
}

/* offset SOURCE SECONDS */
bool chronyc_offset(struct chronyc *c, const struct chronyc_line *line)
{
    union chrony_request_body body;
    struct chrony_offset *wanted = &body.offset;

    if (line->count != 3 || !read_number(line->words[2], &wanted->offset_s) ||
        !read_source(c, line->words[1], &wanted->host, &wanted->refid)) {
        return syntax_of(line);
    }
    return chronyc_order(c, CHRONY_OFFSET, &body);
}

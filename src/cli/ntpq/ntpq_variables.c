/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of variables in ntpq: of the system, of associations and of reference clocks, cooked or as
 * they come; and the list of names that rl and cl ask for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ntpq/ntpq.h"
#include "cli/ntpq/ntpq_format.h"
#include "os/clock.h"

#define ITEM_MAX 4096

/* All of them, filled into lines of the screen's width. */
static void print_cooked(const struct ntpq *q)
{
    size_t width = q->width > 20 ? q->width - 2 : 18, used = 0;
    struct wall_time now = clock_now().wall;
    char item[ITEM_MAX];

    for (unsigned i = 0; i < q->variables.count; i++) {
        bool last = i + 1 == q->variables.count;
        size_t length;

        ntpq_format_variable(&q->variables.items[i], now, item, sizeof item);
        length = strlen(item) + 2;
        if (i > 0) {
            bool wraps = used + length > width;

            putchar(wraps ? '\n' : ' ');
            used = wraps ? 0 : used;
        }
        printf("%s%s", item, last ? "" : ",");
        used += length;
    }
    putchar('\n');
}

/* As it came, but for the ends of its lines and what a terminal must not get. */
static void print_raw(const struct ntpq *q)
{
    for (const char *c = q->reply.data; *c; c++) {
        if (*c == '\n' || *c == '\t' || (*c >= ' ' && *c < 127)) {
            putchar(*c);
        }
    }
}

static void print_status(const struct ntpq *q, enum ntpq_status_kind kind)
{
    char text[NTPQ_TEXT_MAX];

    if (q->raw) {
        printf("status=0x%04x,\n", q->reply.status);
    } else {
        printf("status=%04x %s,\n", q->reply.status,
               ntpq_format_status(kind, q->reply.status, text));
    }
}

struct wanted {
    enum mode6_operation opcode;
    uint16_t association;
    const char *names; /* with commas; "": all */
    bool silent;       /* without the number of the association */
};

static bool list(struct ntpq *q, const struct wanted *w)
{
    enum ntpq_status_kind kind = w->opcode == MODE6_READ_CLOCK ? NTPQ_STATUS_CLOCK
                                 : w->association == 0         ? NTPQ_STATUS_SYSTEM
                                                               : NTPQ_STATUS_PEER;
    int result = q->raw ? ntpq_ask(q, w->opcode, w->association, w->names, false)
                        : ntpq_ask_variables(q, w->opcode, w->association, w->names);

    if (result) {
        ntpq_complain(q, result);
        return false;
    }
    if (q->host_count > 1) {
        printf("server=%s ", q->host);
    }
    if (q->reply.length == 0) {
        printf(w->association == 0 ? "No system%s variables returned\n"
                                   : "No information returned for%s association %u\n",
               kind == NTPQ_STATUS_CLOCK ? " clock" : "", w->association);
        return true;
    }
    if (!w->silent) {
        printf("associd=%u ", w->association);
    }
    if (!*w->names) {
        print_status(q, kind);
    }
    if (q->raw) {
        print_raw(q);
    } else {
        print_cooked(q);
    }
    return true;
}

/* The words from `from` on, joined by commas. */
static const char *join(const struct ntpq_line *line, unsigned from, char out[MODE6_DATA_MAX + 2])
{
    size_t used = 0;

    out[0] = '\0';
    for (unsigned i = from; i < line->count && used < MODE6_DATA_MAX; i++) {
        used += (size_t)snprintf(out + used, MODE6_DATA_MAX + 2 - used, "%s%s", used ? "," : "",
                                 line->words[i]);
    }
    return out;
}

void ntpq_readvar(struct ntpq *q, const struct ntpq_line *line)
{
    char names[MODE6_DATA_MAX + 2];
    long id = line->count > 0 ? ntpq_read_association(q, line->words[0]) : 0;

    if (id >= 0) {
        list(q, &(struct wanted){.opcode = MODE6_READ_VARIABLES,
                                 .association = (uint16_t)id,
                                 .names = join(line, 1, names),
                                 .silent = line->count > 1});
    }
}

void ntpq_clockvar(struct ntpq *q, const struct ntpq_line *line)
{
    char names[MODE6_DATA_MAX + 2];
    long id = line->count > 0 ? ntpq_read_association(q, line->words[0]) : 0;

    if (id == 0) {
        fputs("This command requires the association ID of a clock.\n", stderr);
    } else if (id > 0) {
        list(q, &(struct wanted){.opcode = MODE6_READ_CLOCK,
                                 .association = (uint16_t)id,
                                 .names = join(line, 1, names)});
    }
}

static const char *listed_names(const struct ntpq *q, char out[MODE6_DATA_MAX + 2])
{
    size_t used = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < q->listed && used < MODE6_DATA_MAX; i++) {
        used += (size_t)snprintf(out + used, MODE6_DATA_MAX + 2 - used, "%s%.*s", used ? "," : "",
                                 (int)strcspn(q->list[i], "="), q->list[i]);
    }
    return out;
}

static void list_listed(struct ntpq *q, const struct ntpq_line *line, enum mode6_operation opcode)
{
    char names[MODE6_DATA_MAX + 2];
    long id = line->count > 0 ? ntpq_read_association(q, line->words[0]) : 0;

    if (id >= 0) {
        list(q, &(struct wanted){.opcode = opcode,
                                 .association = (uint16_t)id,
                                 .names = listed_names(q, names)});
    }
}

void ntpq_readlist(struct ntpq *q, const struct ntpq_line *line)
{
    list_listed(q, line, MODE6_READ_VARIABLES);
}

void ntpq_clocklist(struct ntpq *q, const struct ntpq_line *line)
{
    list_listed(q, line, MODE6_READ_CLOCK);
}

/* The associations from one to another. */
static void list_range(struct ntpq *q, const struct ntpq_line *line, const char *names)
{
    long low = ntpq_read_association(q, line->words[0]);
    long high = low < 0 ? -1 : ntpq_read_association(q, line->words[1]);

    for (long id = low; id >= 0 && id <= high; id++) {
        if (id != low) {
            putchar('\n');
        }
        if (!list(q, &(struct wanted){.opcode = MODE6_READ_VARIABLES,
                                      .association = (uint16_t)id,
                                      .names = names})) {
            return;
        }
    }
}

void ntpq_mreadvar(struct ntpq *q, const struct ntpq_line *line)
{
    char names[MODE6_DATA_MAX + 2];

    list_range(q, line, join(line, 2, names));
}

void ntpq_mreadlist(struct ntpq *q, const struct ntpq_line *line)
{
    char names[MODE6_DATA_MAX + 2];

    list_range(q, line, listed_names(q, names));
}

static int find_listed(const struct ntpq *q, const char *name, size_t length)
{
    for (unsigned i = 0; i < q->listed; i++) {
        if (strcspn(q->list[i], "=") == length && strncmp(q->list[i], name, length) == 0) {
            return (int)i;
        }
    }
    return -1;
}

void ntpq_addvars(struct ntpq *q, const struct ntpq_line *line)
{
    for (const char *at = line->rest; *at; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ", "), name = strcspn(at, "=, ");
        int found = find_listed(q, at, name);

        if (length == 0) {
            continue; /* a separator at the front: skipped above */
        }
        if (length >= sizeof q->list[0] || (found < 0 && q->listed == NTPQ_LIST_MAX)) {
            fputs("***Too many or too long\n", stderr);
            return;
        }
        snprintf(q->list[found < 0 ? (int)q->listed++ : found], sizeof q->list[0], "%.*s",
                 (int)length, at);
        at += length;
    }
}

void ntpq_rmvars(struct ntpq *q, const struct ntpq_line *line)
{
    for (const char *at = line->rest; *at; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ", ");
        int found = find_listed(q, at, length);

        if (found >= 0) {
            memmove(q->list[found], q->list[found + 1],
                    (q->listed - (unsigned)found - 1) * sizeof q->list[0]);
            q->listed--;
        } else if (length > 0) {
            fprintf(stderr, "%.*s is not in the variable list\n", (int)length, at);
        }
        at += length;
    }
}

void ntpq_clearvars(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    q->listed = 0;
}

void ntpq_showvars(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    for (unsigned i = 0; i < q->listed; i++) {
        puts(q->list[i]);
    }
    if (q->listed == 0) {
        puts("No variables on list.");
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of clients as JSON: totals, a histogram of how often they ask, and the first of them in
 * the order asked for. The histogram is of all, so that metrics need not fetch the list. */
#include "control/clients_json.h"

#include <math.h>
#include <string.h>

#include "control/report_json.h"

#define LISTED_DEFAULT 100

/* Upper ends of the classes of average intervals, s; above the last one: the rest. */
static const double bounds_s[] = {0.125, 1, 8, 64, 128, 256, 512, 1024, 4096};
#define BOUNDS (sizeof bounds_s / sizeof bounds_s[0])

static const char *const order_names[] = {
    [CLIENTS_BUSIEST] = "busiest", [CLIENTS_RECENT] = "recent", [CLIENTS_LIMITED_MOST] = "limited"};
#define ORDERS (sizeof order_names / sizeof order_names[0])

/* "[ORDER] [COUNT]", each at most once. */
static bool parse_words(const char *words, enum clients_order *order, size_t *count)
{
    size_t length = strcspn(words, " \t");

    for (size_t i = 0; i < ORDERS; i++) {
        if (strlen(order_names[i]) == length && strncmp(words, order_names[i], length) == 0) {
            *order = (enum clients_order)i;
            words += length + strspn(words + length, " \t");
            break;
        }
    }
    if (*words == '\0') {
        return true;
    }
    *count = 0;
    for (; *words >= '0' && *words <= '9' && *count < REPORT_CLIENTS_MAX; words++) {
        *count = *count * 10 + (size_t)(*words - '0');
    }
    words += strspn(words, "0123456789");
    *count = *count < REPORT_CLIENTS_MAX ? *count : REPORT_CLIENTS_MAX;
    return *words == '\0' && *count > 0;
}

/* Also the clients that there are. */
static size_t write_histogram(struct document *d, const struct clients *clients)
{
    uint64_t classes[BOUNDS + 1] = {0}, once = 0;
    double sum_s = 0;
    size_t room = clients ? clients_room(clients) : 0, known = 0;

    for (size_t i = 0; i < room; i++) {
        struct client client;
        size_t class = 0;

        if (!clients_get(clients, i, &client)) {
            continue;
        }
        known++;
        if (client.requests < 2) {
            once++;
            continue;
        }
        while (class < BOUNDS && client.interval_s > bounds_s[class]) {
            class ++;
        }
        classes[class]++;
        sum_s += client.interval_s;
    }
    document_integer(d, "asked_once", (int64_t)once);
    document_number(d, "interval_sum_s", sum_s);
    document_open_array(d, "interval_histogram");
    for (size_t i = 0; i <= BOUNDS; i++) {
        document_open_object(d, NULL);
        document_number(d, "up_to_s", i < BOUNDS ? bounds_s[i] : (double)NAN);
        document_integer(d, "clients", (int64_t)classes[i]);
        document_close_object(d);
    }
    document_close_array(d);
    return known;
}

static double age_s(struct mono_time now, struct mono_time then)
{
    double age = s_from_ns(ns_subtract(now.ns, then.ns));

    return age > 0 ? age : 0;
}

static void write_client(struct document *d, const struct client *c, struct mono_time now)
{
    char address[ADDRESS_TEXT_MAX];

    document_open_object(d, NULL);
    document_string(d, "address", address_format(&c->address, address));
    document_integer(d, "port", c->address.port);
    document_integer(d, "version", c->version);
    document_integer(d, "mode", c->mode);
    document_integer(d, "requests", (int64_t)c->requests);
    document_integer(d, "limited", c->limited);
    document_integer(d, "kisses", c->kisses);
    document_integer(d, "refused", c->refused);
    document_number(d, "interval_s", c->requests > 1 ? c->interval_s : (double)NAN);
    document_number(d, "first_age_s", age_s(now, c->first));
    document_number(d, "last_age_s", age_s(now, c->last));
    document_open_array(d, "flags");
    for (const struct acl_word *w = acl_words; w->word; w++) {
        if (c->flags & w->flag) {
            document_string(d, NULL, w->word);
        }
    }
    document_close_array(d);
    document_close_object(d);
}

static uint64_t counter(const _Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

bool clients_json_write(struct document *d, struct report *report, const char *words)
{
    const struct clients *clients = report->input.clients;
    enum clients_order order = CLIENTS_BUSIEST;
    size_t listed = LISTED_DEFAULT, room = clients ? clients_room(clients) : 0;

    if (!parse_words(words, &order, &listed)) {
        return false;
    }
    document_open_object(d, NULL);
    document_integer(d, "version", REPORT_JSON_VERSION);
    document_string(d, "command", "clients");
    document_instant(d, "now", report->input.now.wall);
    document_string(d, "order", order_names[order]);
    document_bool(d, "enabled", room > 0);
    document_integer(d, "room", (int64_t)room);
    document_integer(d, "fresh", clients ? (int64_t)counter(&clients->fresh) : 0);
    document_integer(d, "recycled", clients ? (int64_t)counter(&clients->recycled) : 0);
    document_integer(d, "lost", clients ? (int64_t)counter(&clients->lost) : 0);
    document_integer(d, "known", (int64_t)write_histogram(d, clients));
    listed = clients ? clients_list(clients, order, report->clients, listed) : 0;
    document_open_array(d, "clients");
    for (size_t i = 0; i < listed; i++) {
        write_client(d, &report->clients[i], report->input.now.mono);
    }
    document_close_array(d);
    document_close_object(d);
    return true;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of chrony's protocol that change something, turned into orders for the parent.
 * Options belong to lines of the configuration: what is asked of one server of a pool holds for
 * the pool. */
#include "control/chrony/chronyc_orders.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control/chrony/chronyc_source.h"
#include "wire/chrony_words.h"

/* ---- words ---- */

/* An order of this change; the text may have become too long. */
static enum chrony_status __attribute__((format(printf, 3, 4)))
order_change(struct chronyc_wish *w, enum change_kind kind, const char *format, ...)
{
    struct change *change = &w->order->change;
    va_list arguments;
    int length;

    w->order->kind = ORDER_CHANGE;
    change->kind = kind;
    va_start(arguments, format);
    length = vsnprintf(change->text, sizeof change->text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof change->text || !change_is_sound(change)) {
        return CHRONY_FAILED;
    }
    w->ordered = true;
    return CHRONY_SUCCESS;
}

static const struct report_source *find_source(struct chronyc_wish *w,
                                               const struct chrony_host *host)
{
    return chronyc_source_find(w->report, host);
}

/* A source by its address, or a reference clock by its letters. */
static const struct report_source *
find_source_or_clock(struct chronyc_wish *w, const struct chrony_host *host, uint32_t refid)
{
    if (host->family != CHRONY_FAMILY_NONE) {
        return find_source(w, host);
    }
    for (unsigned i = 0; i < w->report->source_count; i++) {
        const struct report_source *s = &w->report->sources[i];

        if (s->kind == SOURCE_REFCLOCK && s->spec->refclock_refid == refid) {
            return s;
        }
    }
    return NULL;
}

/* ---- sources of a subnet ---- */

static bool subnet_is_all(const struct chrony_subnet *subnet)
{
    return subnet->address.family == CHRONY_FAMILY_NONE;
}

static bool subnet_has(const struct chrony_subnet *subnet, struct report *report,
                       const struct report_source *s)
{
    const struct address *mask = &subnet->mask.address, *address = &subnet->address.address;

    if (s->kind == SOURCE_REFCLOCK) {
        return false;
    }
    if (subnet_is_all(subnet)) {
        return true;
    }
    if (subnet->address.family == CHRONY_FAMILY_ID) {
        return chronyc_source_find(report, &subnet->address) == s;
    }
    if (address->family != s->remote.family || mask->family != address->family) {
        return false;
    }
    for (unsigned i = 0; i < sizeof mask->bytes; i++) {
        if ((s->remote.bytes[i] ^ address->bytes[i]) & mask->bytes[i]) {
            return false;
        }
    }
    return true;
}

bool chronyc_orders_has_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; *at; at += strcspn(at, " "), at += *at == ' ') {
        if (strcspn(at, " ") == length && memcmp(at, word, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The names of their lines, each once. False: too many to say. */
static bool list_names(const struct chrony_subnet *subnet, struct report *report, char *out,
                       size_t capacity)
{
    size_t used = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < report->source_count; i++) {
        const struct report_source *s = &report->sources[i];

        if (subnet_has(subnet, report, s) && !chronyc_orders_has_word(out, s->spec->name)) {
            used += (size_t)snprintf(out + used, capacity - used, "%s%s", used ? " " : "",
                                     s->spec->name);
            if (used >= capacity) {
                return false;
            }
        }
    }
    return true;
}

enum chrony_status chronyc_orders_connect(struct chronyc_wish *w)
{
    const struct chrony_subnet *subnet = &w->request->subnet;
    char names[CHANGE_TEXT_MAX];

    if (!list_names(subnet, w->report, names, sizeof names)) {
        return CHRONY_FAILED;
    }
    if (names[0] == '\0') {
        return CHRONY_NO_SUCH_SOURCE;
    }
    return order_change(w, w->command == CHRONY_OFFLINE ? CHANGE_OFFLINE : CHANGE_ONLINE, "%s",
                        subnet_is_all(subnet) ? "" : names);
}

static unsigned limited_burst(int32_t count)
{
    return count < ENGINE_BURST_MAX ? (unsigned)count : ENGINE_BURST_MAX;
}

enum chrony_status chronyc_orders_burst(struct chronyc_wish *w)
{
    const struct chrony_burst *burst = &w->request->burst;

    if (burst->answers < 1 || burst->requests < burst->answers) {
        return CHRONY_INVALID;
    }
    w->order->kind = ORDER_BURST;
    w->order->requests = limited_burst(burst->requests);
    w->order->answers = limited_burst(burst->answers);
    for (unsigned i = 0; i < w->report->source_count; i++) {
        if (subnet_has(&burst->subnet, w->report, &w->report->sources[i])) {
            w->order->chosen |= UINT64_C(1) << w->report->sources[i].slot;
        }
    }
    w->ordered = w->order->chosen != 0;
    return w->ordered ? CHRONY_SUCCESS : CHRONY_NO_SUCH_SOURCE;
}

/* ---- one source ---- */

enum chrony_status chronyc_orders_modify(struct chronyc_wish *w)
{
    const struct report_source *s = find_source(w, &w->request->modify.host);

    return !s ? CHRONY_NO_SUCH_SOURCE
              : order_change(w, CHANGE_OPTION, "%s %s %d", s->spec->name,
                             chrony_words_source_option(w->command), (int)w->request->modify.value);
}

enum chrony_status chronyc_orders_modify_real(struct chronyc_wish *w)
{
    const struct report_source *s = find_source(w, &w->request->modify_real.host);

    return !s ? CHRONY_NO_SUCH_SOURCE
              : order_change(w, CHANGE_OPTION, "%s %s %.7g", s->spec->name,
                             chrony_words_source_option(w->command), w->request->modify_real.value);
}

enum chrony_status chronyc_orders_select(struct chronyc_wish *w)
{
    const struct chrony_selectopts *wanted = &w->request->selectopts;
    const struct report_source *s = find_source_or_clock(w, &wanted->host, wanted->refid);
    char words[128] = "";
    size_t used = 0;

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    for (unsigned i = 0; i < CHRONY_SELECT_LETTERS; i++) {
        enum chrony_select_flags option = (enum chrony_select_flags)(1u << i);

        if (wanted->mask & option) {
            used += (size_t)snprintf(
                words + used, sizeof words - used, " %s %d", chrony_words_select_option(option),
                (wanted->options & chrony_words_select_source_flag(option)) != 0);
        }
    }
    return used == 0 ? CHRONY_SUCCESS
                     : order_change(w, CHANGE_OPTION, "%s%s", s->spec->name, words);
}

enum chrony_status chronyc_orders_offset(struct chronyc_wish *w)
{
    const struct chrony_offset *wanted = &w->request->offset;
    const struct report_source *s = find_source_or_clock(w, &wanted->host, wanted->refid);

    return !s ? CHRONY_NO_SUCH_SOURCE
              : order_change(w, CHANGE_OPTION, "%s offset %.7g", s->spec->name, wanted->offset_s);
}

/* A pool has lines for all of its servers: to take away one of them would bring it back. */
enum chrony_status chronyc_orders_delete(struct chronyc_wish *w)
{
    const struct report_source *s = find_source(w, &w->request->host);

    if (!s) {
        return CHRONY_NO_SUCH_SOURCE;
    }
    if (s->kind == SOURCE_POOL && s->remote.family != ADDRESS_NONE) {
        return CHRONY_FAILED;
    }
    return order_change(w, CHANGE_DELETE, "%s", s->spec->name);
}

/* ---- a new source ---- */

#define ASYMMETRY_OFF 0.5    /* above it: not given */
#define DEVIATION_USUAL 10.0 /* what chronyc sends where nothing was said; here it is off then */

static bool is_host_text(const char *name)
{
    for (const char *c = name; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f || *c == '"' || *c == '#' || *c == '!' || *c == ';' ||
            *c == '%') {
            return false;
        }
    }
    return name[0] != '\0';
}

static bool is_known(const struct report *report, const struct chrony_new_source *n)
{
    struct address address;
    bool numeric = address_parse(n->name, &address);

    for (unsigned i = 0; i < report->source_count; i++) {
        const struct report_source *s = &report->sources[i];

        if (s->kind != SOURCE_REFCLOCK &&
            (strcmp(s->spec->name, n->name) == 0 ||
             (numeric && address_equal(&address, &s->remote) && s->remote.port == n->port))) {
            return true;
        }
    }
    return false;
}

struct words {
    char text[CHANGE_TEXT_MAX];
    size_t used;
};

static void __attribute__((format(printf, 2, 3))) say(struct words *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (out->used < sizeof out->text) {
        out->used += (size_t)vsnprintf(out->text + out->used, sizeof out->text - out->used, format,
                                       arguments);
    }
    va_end(arguments);
}

static void say_numbers(struct words *out, const struct chrony_new_source *n)
{
    say(out, " port %u minpoll %d maxpoll %d maxdelay %.7g", n->port, (int)n->minpoll,
        (int)n->maxpoll, n->max_delay_s);
    if (n->type == CHRONY_ADD_POOL) {
        say(out, " maxsources %u", n->max_sources);
    }
    if (n->min_stratum > 0) {
        say(out, " minstratum %u", n->min_stratum);
    }
    if (n->poll_target > 0) {
        say(out, " polltarget %u", n->poll_target);
    }
    if (n->version > 0) {
        say(out, " version %u", n->version);
    }
    if (n->key_id > 0) {
        say(out, " key %u", n->key_id);
    }
    if (n->max_delay_ratio > 0) {
        say(out, " maxdelayratio %.7g", n->max_delay_ratio);
    }
    if (n->max_delay_deviation > 0 && fabs(n->max_delay_deviation - DEVIATION_USUAL) > 1e-6) {
        say(out, " maxdelaydevratio %.7g", n->max_delay_deviation);
    }
    if (n->max_delay_quantile > 0) {
        say(out, " maxdelayquant %.7g", n->max_delay_quantile);
    }
    if (n->min_delay_s > 0) {
        say(out, " mindelay %.7g", n->min_delay_s);
    }
    if (fabs(n->asymmetry) <= ASYMMETRY_OFF) {
        say(out, " asymmetry %.7g", n->asymmetry);
    }
    if (fabs(n->offset_s) > 0) {
        say(out, " offset %.7g", n->offset_s);
    }
}

static void say_flags(struct words *out, uint32_t flags)
{
    for (unsigned i = 0; i < CHRONY_SOURCE_FLAGS; i++) {
        const char *word = chrony_words_source_flag((enum chrony_source_flags)(1u << i));

        if (word && flags & 1u << i) {
            say(out, " %s", word);
        }
    }
    if (!(flags & CHRONY_SOURCE_ONLINE)) {
        say(out, " offline");
    }
}

static enum chrony_status add_source(struct chronyc_wish *w, const struct chrony_new_source *n)
{
    static const char *const kinds[] = {
        [CHRONY_ADD_SERVER] = "server", [CHRONY_ADD_PEER] = "peer", [CHRONY_ADD_POOL] = "pool"};
    struct words line = {.used = 0};

    if (n->type < CHRONY_ADD_SERVER || n->type > CHRONY_ADD_POOL) {
        return CHRONY_INVALID;
    }
    if (strlen(n->name) >= CHRONY_NAME_LENGTH || !is_host_text(n->name)) {
        return CHRONY_INVALID_NAME;
    }
    if (n->flags & CHRONY_SOURCE_NTS) {
        return CHRONY_NOT_ENABLED;
    }
    if (is_known(w->report, n)) {
        return CHRONY_SOURCE_KNOWN;
    }
    if (w->report->spec_count == SOURCE_SPECS_MAX) {
        return CHRONY_TOO_MANY_SOURCES;
    }
    say(&line, "%s %s", kinds[n->type], n->name);
    say_numbers(&line, n);
    say_flags(&line, n->flags);
    return line.used < sizeof line.text ? order_change(w, CHANGE_CHRONY_LINE, "%s", line.text)
                                        : CHRONY_FAILED;
}

enum chrony_status chronyc_orders_add(struct chronyc_wish *w)
{
    return add_source(w, &w->request->new_source);
}

/* Before 4.0 a source had an address and no name. */
enum chrony_status chronyc_orders_add_old(struct chronyc_wish *w)
{
    struct chrony_new_source n = w->request->new_source;

    n.type = w->command == CHRONY_ADD_PEER_OLD ? CHRONY_ADD_PEER : CHRONY_ADD_SERVER;
    if (n.host.address.family != ADDRESS_NONE) {
        address_format(&n.host.address, n.name);
    }
    return add_source(w, &n);
}

/* ---- access ---- */

enum chrony_status chronyc_orders_access(struct chronyc_wish *w)
{
    const struct chrony_host *host = &w->request->access.host;
    int32_t length = w->request->access.bits;
    char text[ADDRESS_TEXT_MAX];

    if (host->family == CHRONY_FAMILY_NONE) { /* all of both families */
        return order_change(w, CHANGE_CHRONY_LINE, "%s", chrony_words_access(w->command));
    }
    if (host->family == CHRONY_FAMILY_ID || host->address.family == ADDRESS_NONE || length < 0 ||
        length > (host->family == CHRONY_FAMILY_V4 ? 32 : 128)) {
        return CHRONY_BAD_SUBNET;
    }
    return order_change(w, CHANGE_CHRONY_LINE, "%s %s/%d", chrony_words_access(w->command),
                        address_format(&host->address, text), (int)length);
}

/* ---- settings ---- */

enum chrony_status chronyc_orders_local(struct chronyc_wish *w)
{
    const struct chrony_local *l = &w->request->local;

    if (!l->on) {
        return order_change(w, CHANGE_CHRONY_LINE, "local off");
    }
    return order_change(w, CHANGE_CHRONY_LINE,
                        "local stratum %d distance %.7g activate %.7g waitsynced %.7g "
                        "waitunsynced %.7g%s",
                        (int)l->stratum, l->distance_s, l->activate_s, l->wait_synced_s,
                        l->wait_unsynced_s, l->orphan ? " orphan" : "");
}

/* In the file the limit counts the updates since the start; by hand it counts from now on. */
enum chrony_status chronyc_orders_makestep(struct chronyc_wish *w)
{
    int64_t limit = w->request->makestep.limit, done = w->report->clock.updates;

    limit = limit > 0 ? limit + done : limit;
    limit = limit < 1000000000 ? limit : 1000000000;
    return order_change(w, CHANGE_CHRONY_LINE, "makestep %.7g %lld",
                        w->request->makestep.threshold_s, (long long)limit);
}

enum chrony_status chronyc_orders_number(struct chronyc_wish *w)
{
    return order_change(w, CHANGE_CHRONY_LINE, "%s %.7g",
                        w->command == CHRONY_RESELECTDIST ? "reselectdist" : "maxupdateskew",
                        w->request->real);
}

enum chrony_status chronyc_orders_reload(struct chronyc_wish *w)
{
    return order_change(w, w->command == CHRONY_REKEY ? CHANGE_KEYS : CHANGE_SOURCES, "%s", "");
}

/* ---- the rest ---- */

enum chrony_status chronyc_orders_simple(struct chronyc_wish *w)
{
    static const struct {
        enum chrony_command command;
        enum order_kind kind;
    } kinds[] = {{CHRONY_MAKESTEP, ORDER_MAKE_STEP},   {CHRONY_DUMP, ORDER_KEEP},
                 {CHRONY_REFRESH, ORDER_REFRESH},      {CHRONY_RESELECT, ORDER_RESELECT},
                 {CHRONY_RESET_SOURCES, ORDER_FORGET}, {CHRONY_ONOFFLINE, ORDER_FOLLOW_ROUTES},
                 {CHRONY_SHUTDOWN, ORDER_END}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].command == w->command) {
            w->order->kind = kinds[i].kind;
            w->ordered = true;
            return CHRONY_SUCCESS;
        }
    }
    return CHRONY_INVALID;
}

enum { MANUAL_OFF, MANUAL_ON, MANUAL_RESET };

enum chrony_status chronyc_orders_manual(struct chronyc_wish *w)
{
    switch (w->request->number) {
    case MANUAL_OFF:
    case MANUAL_RESET: return CHRONY_SUCCESS; /* it is, there are no samples */
    case MANUAL_ON: return CHRONY_NOT_ENABLED;
    default: return CHRONY_INVALID;
    }
}

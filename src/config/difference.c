/* SPDX-License-Identifier: BSD-2-Clause */
/* See difference.h. Plain values are compared by a table of their places; sources and access rules
 * by hand. A value that no row knows yet is still seen, and said to be "another setting", so that a
 * change is never made in silence. */
#include "config/difference.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LENGTH 600

static void __attribute__((format(printf, 2, 3)))
add_line(struct difference *d, const char *format, ...)
{
    char line[LINE_MAX_LENGTH];
    va_list arguments;
    size_t length;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    d->count++;
    length = strlen(line);
    if (d->length + length + 2 > sizeof d->text) {
        return;
    }
    memcpy(d->text + d->length, line, length);
    d->length += length;
    d->text[d->length++] = '\n';
    d->text[d->length] = '\0';
    d->written++;
}

/* ---- plain values ---- */

enum value_type { VALUE_BOOL, VALUE_INT, VALUE_UNSIGNED, VALUE_SIZE, VALUE_DOUBLE, VALUE_TEXT };

struct field {
    const char *name, *unit;
    enum value_type type;
    size_t offset, size;
    double scale;    /* of a double, from what is kept to what is shown; 0: 1 */
    bool next_start; /* cannot change while the daemon runs */
};

#define FIELD(name_, unit_, type_, member)                                                         \
    .name = name_, .unit = unit_, .type = type_, .offset = offsetof(struct config, member),        \
    .size = sizeof(((struct config *)0)->member)

static const struct field fields[] = {
    {FIELD("names are looked up every", " s", VALUE_DOUBLE, settings.name_refresh_s)},
    {FIELD("least number of sources", "", VALUE_UNSIGNED, settings.min_sources)},
    {FIELD("greatest root distance", " s", VALUE_DOUBLE, settings.max_distance_s)},
    {FIELD("greatest jitter", " s", VALUE_DOUBLE, settings.max_jitter_s)},
    {FIELD("least stratum of a source", "", VALUE_UNSIGNED, settings.min_stratum)},
    {FIELD("greatest stratum of a source", "", VALUE_UNSIGNED, settings.max_stratum)},
    {FIELD("least root distance", " s", VALUE_DOUBLE, settings.min_distance_s)},
    {FIELD("limit of combined sources", "", VALUE_DOUBLE, settings.combine_limit)},
    {FIELD("advantage of the present source", " s", VALUE_DOUBLE, settings.reselect_s)},
    {FIELD("weight of a stratum", " s", VALUE_DOUBLE, settings.stratum_weight_s)},
    {FIELD("control of the clock", "", VALUE_BOOL, settings.clock_control)},
    {FIELD("step threshold", " s", VALUE_DOUBLE, settings.step_threshold_s)},
    {FIELD("step threshold ahead", " s", VALUE_DOUBLE, settings.step_forward_s)},
    {FIELD("step threshold back", " s", VALUE_DOUBLE, settings.step_backward_s)},
    {FIELD("updates that may step", "", VALUE_INT, settings.step_updates)},
    {FIELD("time before a later step", " s", VALUE_DOUBLE, settings.stepout_s)},
    {FIELD("panic threshold", " s", VALUE_DOUBLE, settings.panic_s)},
    {FIELD("first correction beyond it", "", VALUE_BOOL, settings.panic_first_allowed)},
    {FIELD("updates beyond it", "", VALUE_UNSIGNED, settings.panic_updates)},
    {FIELD("length of a correction", " intervals", VALUE_DOUBLE, settings.correction_ratio)},
    {FIELD("correction that is logged", " s", VALUE_DOUBLE, settings.log_correction_s)},
    {FIELD("fastest slew", " ppm", VALUE_DOUBLE, settings.max_slew_rate), .scale = 1e6},
    {FIELD("drift of an undisciplined clock", " ppm", VALUE_DOUBLE, settings.max_clock_error),
     .scale = 1e6},
    {FIELD("greatest skew that is applied", " ppm", VALUE_DOUBLE, settings.max_update_skew),
     .scale = 1e6},
    {FIELD("greatest frequency error", " ppm", VALUE_DOUBLE, settings.max_drift), .scale = 1e6},
    {FIELD("local reference", "", VALUE_BOOL, settings.local)},
    {FIELD("its stratum", "", VALUE_UNSIGNED, settings.local_stratum)},
    {FIELD("its distance", " s", VALUE_DOUBLE, settings.local_distance_s)},
    {FIELD("its activation below", " s", VALUE_DOUBLE, settings.local_activate_s)},
    {FIELD("its wait after an update", " s", VALUE_DOUBLE, settings.local_wait_synced_s)},
    {FIELD("its wait after the start", " s", VALUE_DOUBLE, settings.local_wait_unsynced_s)},
    {FIELD("orphan group", "", VALUE_BOOL, settings.local_orphan)},
    {FIELD("leap seconds from sources", "", VALUE_BOOL, settings.leap_from_sources)},
    {FIELD("rate limit", "", VALUE_BOOL, ratelimit.enabled)},
    {FIELD("rate limit interval", " s", VALUE_DOUBLE, ratelimit.interval_s)},
    {FIELD("rate limit burst", "", VALUE_DOUBLE, ratelimit.burst)},
    {FIELD("rate limit leak", " (log2)", VALUE_UNSIGNED, ratelimit.leak_log2)},
    {FIELD("rate limit kisses", " (log2)", VALUE_UNSIGNED, ratelimit.kod_log2)},
    {FIELD("rate limit minimum", " s", VALUE_DOUBLE, ratelimit.minimum_s)},
    {FIELD("memory of the rate limit", " bytes", VALUE_SIZE, client_log_bytes)},
    {FIELD("server port", "", VALUE_UNSIGNED, port)},
    {FIELD("second server port", "", VALUE_UNSIGNED, extra_port)},
    {FIELD("interface to serve on", "", VALUE_TEXT, bind_device)},
    {FIELD("port of requests", "", VALUE_UNSIGNED, acquisition_port), .next_start = true},
    {FIELD("interface of requests", "", VALUE_TEXT, acquisition_device), .next_start = true},
    {FIELD("command port", "", VALUE_UNSIGNED, command_port)},
    {FIELD("drift file", "", VALUE_TEXT, driftfile)},
    {FIELD("drift file interval", " s", VALUE_DOUBLE, drift_interval_s)},
    {FIELD("pid file", "", VALUE_TEXT, pidfile), .next_start = true},
    {FIELD("key file", "", VALUE_TEXT, keyfile)},
    {FIELD("key file cannot be read", "", VALUE_BOOL, keys_unreadable)},
    {FIELD("control key", "", VALUE_UNSIGNED, control_key)},
    {FIELD("frequency at the start given", "", VALUE_BOOL, have_frequency), .next_start = true},
    {FIELD("frequency at the start", " ppm", VALUE_DOUBLE, frequency), .scale = 1e6,
     .next_start = true},
    {FIELD("precision of the clock", " s", VALUE_DOUBLE, clock_precision_s), .next_start = true},
    {FIELD("locked memory", "", VALUE_BOOL, lock_memory), .next_start = true},
    {FIELD("priority", "", VALUE_INT, priority), .next_start = true},
    {FIELD("leap second zone", "", VALUE_TEXT, leap_zone)},
    {FIELD("log directory", "", VALUE_TEXT, log_directory)},
    {FIELD("user", "", VALUE_TEXT, user), .next_start = true},
    {FIELD("real-time clock", "", VALUE_BOOL, rtc_sync)},
    {FIELD("dscp", "", VALUE_INT, dscp)},
};

#define FIELDS (sizeof fields / sizeof *fields)

static void format_value(const struct field *f, const struct config *c, char *out, size_t capacity)
{
    const char *place = (const char *)c + f->offset;
    double number;
    size_t size;
    unsigned u;
    bool b;
    int i;
    switch (f->type) {
    case VALUE_BOOL:
        memcpy(&b, place, sizeof b);
        snprintf(out, capacity, "%s", b ? "yes" : "no");
        break;
    case VALUE_INT:
        memcpy(&i, place, sizeof i);
        snprintf(out, capacity, "%d%s", i, f->unit);
        break;
    case VALUE_UNSIGNED:
        memcpy(&u, place, sizeof u);
        snprintf(out, capacity, "%u%s", u, f->unit);
        break;
    case VALUE_SIZE:
        memcpy(&size, place, sizeof size);
        snprintf(out, capacity, "%zu%s", size, f->unit);
        break;
    case VALUE_DOUBLE:
        memcpy(&number, place, sizeof number);
        snprintf(out, capacity, "%.10g%s", number * (f->scale != 0 ? f->scale : 1), f->unit);
        break;
    case VALUE_TEXT:
        snprintf(out, capacity, "%.200s", place[0] != '\0' ? place : "none");
        break;
    }
}

static bool equal_values(const struct field *f, const struct config *a, const struct config *b)
{
    const char *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;
    return f->type == VALUE_TEXT ? strcmp(x, y) == 0 : memcmp(x, y, f->size) == 0;
}

static void compare_values(struct difference *d, const struct config *old, const struct config *new)
{
    char before[256], after[256];
    for (size_t i = 0; i < FIELDS; i++) {
        if (!equal_values(&fields[i], old, new)) {
            format_value(&fields[i], old, before, sizeof before);
            format_value(&fields[i], new, after, sizeof after);
            add_line(d, "~ %s: %s -> %s%s", fields[i].name, before, after,
                     fields[i].next_start ? " (from the next start on)" : "");
        }
    }
}

/* ---- sources ---- */

static const char *kind_name(const struct source_spec *s)
{
    static const char *const names[] = {[SOURCE_SERVER] = "server",
                                        [SOURCE_POOL] = "pool",
                                        [SOURCE_PEER] = "peer",
                                        [SOURCE_REFCLOCK] = "refclock"};
    return names[s->kind];
}

/* The words of a source line that say more than the defaults. */
static void describe_options(const struct source_spec *s, char *out, size_t capacity)
{
    static const struct {
        const char *name;
        size_t offset;
    } flags[] = {{"iburst", offsetof(struct source_spec, iburst)},
                 {"burst", offsetof(struct source_spec, burst)},
                 {"prefer", offsetof(struct source_spec, prefer)},
                 {"noselect", offsetof(struct source_spec, noselect)},
                 {"trust", offsetof(struct source_spec, trust)},
                 {"require", offsetof(struct source_spec, require)},
                 {"xleave", offsetof(struct source_spec, xleave)},
                 {"offline", offsetof(struct source_spec, offline)}};
    size_t used = (size_t)snprintf(out, capacity, " minpoll %d maxpoll %d", s->minpoll, s->maxpoll);
    for (size_t i = 0; i < sizeof flags / sizeof *flags && used < capacity; i++) {
        bool set;
        memcpy(&set, (const char *)s + flags[i].offset, sizeof set);
        if (set) {
            used += (size_t)snprintf(out + used, capacity - used, " %s", flags[i].name);
        }
    }
    if (used < capacity && s->key_id != 0) {
        used += (size_t)snprintf(out + used, capacity - used, " key %u", s->key_id);
    }
    if (used < capacity && s->kind == SOURCE_POOL) {
        used += (size_t)snprintf(out + used, capacity - used, " maxsources %u", s->max_sources);
    }
    if (used < capacity && s->family != ADDRESS_NONE && s->address.family == ADDRESS_NONE) {
        snprintf(out + used, capacity - used, " ipv%u", (unsigned)s->family);
    }
}

static void describe_source(const struct source_spec *s, char *out, size_t capacity)
{
    char port[16] = "";
    if (s->kind != SOURCE_REFCLOCK && s->port != 123) {
        snprintf(port, sizeof port, " port %u", (unsigned)s->port);
    }
    snprintf(out, capacity, "%s %.255s%s", kind_name(s), s->name, port);
}

/* The same host or clock, whatever its options. */
static bool same_source(const struct source_spec *a, const struct source_spec *b)
{
    return a->kind == b->kind && a->port == b->port && a->family == b->family &&
           strcmp(a->name, b->name) == 0;
}

static const struct source_spec *find_source(const struct settings *in, const struct source_spec *s)
{
    for (unsigned i = 0; i < in->spec_count; i++) {
        if (same_source(&in->specs[i], s)) {
            return &in->specs[i];
        }
    }
    return NULL;
}

static void compare_sources(struct difference *d, const struct settings *old,
                            const struct settings *new)
{
    char source[300], before[160], after[160];
    for (unsigned i = 0; i < old->spec_count; i++) {
        if (find_source(new, &old->specs[i]) == NULL) {
            describe_source(&old->specs[i], source, sizeof source);
            add_line(d, "- %s", source);
        }
    }
    for (unsigned i = 0; i < new->spec_count; i++) {
        const struct source_spec *now = &new->specs[i], *was = find_source(old, now);
        describe_source(now, source, sizeof source);
        describe_options(now, after, sizeof after);
        if (was == NULL) {
            add_line(d, "+ %s%s", source, after);
        } else if (memcmp(was, now, sizeof *now) != 0) {
            describe_options(was, before, sizeof before);
            if (strcmp(before, after) != 0) {
                add_line(d, "~ %s:%s ->%s", source, before, after);
            } else {
                add_line(d, "~ %s: other options", source);
            }
        }
    }
}

/* ---- access ---- */

static const char *describe_flags(uint32_t flags, char out[160])
{
    static const struct {
        uint32_t flag;
        const char *name;
    } words[] = {
        {ACCESS_IGNORE, "ignore"},     {ACCESS_LIMITED, "limited"}, {ACCESS_KOD, "kod"},
        {ACCESS_NOMODIFY, "nomodify"}, {ACCESS_NOQUERY, "noquery"}, {ACCESS_NOPEER, "nopeer"},
        {ACCESS_NOTRAP, "notrap"},     {ACCESS_NTPPORT, "ntpport"}, {ACCESS_VERSION, "version"},
        {ACCESS_NOTRUST, "notrust"},   {ACCESS_FLAKE, "flake"}};
    size_t used = (size_t)snprintf(out, 160, "%s",
                                   flags & (ACCESS_NOSERVE | ACCESS_IGNORE) ? "deny" : "allow");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if ((flags & words[i].flag) != 0) {
            used += (size_t)snprintf(out + used, 160 - used, " %s", words[i].name);
        }
    }
    return out;
}

static const struct acl_rule *find_rule(const struct acl *acl, const struct acl_rule *rule)
{
    for (unsigned i = 0; i < acl->count; i++) {
        const struct acl_rule *r = &acl->rules[i];
        if (r->length == rule->length && address_equal(&r->prefix, &rule->prefix) &&
            ((r->flags ^ rule->flags) & ACCESS_NTPPORT) == 0) {
            return r;
        }
    }
    return NULL;
}

static void compare_rules(struct difference *d, const char *what, const struct acl *old,
                          const struct acl *new)
{
    char address[ADDRESS_TEXT_MAX], before[160], after[160];
    const uint32_t defaults[2][2] = {{old->default_v4, new->default_v4},
                                     {old->default_v6, new->default_v6}};
    for (unsigned i = 0; i < 2; i++) {
        if (defaults[i][0] != defaults[i][1]) {
            add_line(d, "~ %s of all others by IPv%u: %s -> %s", what, i == 0 ? 4U : 6U,
                     describe_flags(defaults[i][0], before), describe_flags(defaults[i][1], after));
        }
    }
    for (unsigned i = 0; i < old->count; i++) {
        if (find_rule(new, &old->rules[i]) == NULL) {
            add_line(d, "- %s %s/%u: %s", what, address_format(&old->rules[i].prefix, address),
                     (unsigned)old->rules[i].length, describe_flags(old->rules[i].flags, before));
        }
    }
    for (unsigned i = 0; i < new->count; i++) {
        const struct acl_rule *now = &new->rules[i], *was = find_rule(old, now);
        if (was == NULL) {
            add_line(d, "+ %s %s/%u: %s", what, address_format(&now->prefix, address),
                     (unsigned)now->length, describe_flags(now->flags, after));
        } else if (was->flags != now->flags) {
            add_line(d, "~ %s %s/%u: %s -> %s", what, address_format(&now->prefix, address),
                     (unsigned)now->length, describe_flags(was->flags, before),
                     describe_flags(now->flags, after));
        }
    }
}

static void compare_access(struct difference *d, const struct config *old, const struct config *new)
{
    char before[160], after[160];
    compare_rules(d, "access", &old->access, &new->access);
    compare_rules(d, "command access", &old->command_access, &new->command_access);
    if (old->have_source_access != new->have_source_access ||
        old->source_access != new->source_access) {
        add_line(d, "~ access of our sources: %s -> %s",
                 old->have_source_access ? describe_flags(old->source_access, before)
                                         : "by their addresses",
                 new->have_source_access ? describe_flags(new->source_access, after)
                                         : "by their addresses");
    }
}

/* ---- addresses to serve on ---- */

static bool has_bind(const struct config *c, const struct address *a)
{
    for (unsigned i = 0; i < c->bind_count; i++) {
        if (address_equal(&c->bind[i], a)) {
            return true;
        }
    }
    return false;
}

static void compare_binds(struct difference *d, const struct config *old, const struct config *new)
{
    char address[ADDRESS_TEXT_MAX];
    for (unsigned i = 0; i < old->bind_count; i++) {
        if (!has_bind(new, &old->bind[i])) {
            add_line(d, "- serves on %s", address_format(&old->bind[i], address));
        }
    }
    for (unsigned i = 0; i < new->bind_count; i++) {
        if (!has_bind(old, &new->bind[i])) {
            add_line(d, "+ serves on %s", address_format(&new->bind[i], address));
        }
    }
    if (old->bind_count != new->bind_count && (old->bind_count == 0 || new->bind_count == 0)) {
        add_line(d, "~ serves on: %s -> %s", old->bind_count == 0 ? "all addresses" : "some",
                 new->bind_count == 0 ? "all addresses" : "some");
    }
}

/* ---- keys, by their numbers ---- */

static bool is_same_key(const struct mac_keys *a, const struct mac_key *x, const struct mac_keys *b,
                        const struct mac_key *y)
{
    return x->algorithm == y->algorithm && x->length == y->length &&
           memcmp(a->secrets + x->at, b->secrets + y->at, x->length) == 0;
}

static void compare_keys(struct difference *d, const struct mac_keys *old,
                         const struct mac_keys *new)
{
    for (unsigned i = 0; i < old->count; i++) {
        const struct mac_key *now = mac_find(new, old->keys[i].id);
        if (now == NULL) {
            add_line(d, "- key %u", old->keys[i].id);
        } else if (!is_same_key(old, &old->keys[i], new, now)) {
            add_line(d, "~ key %u", now->id);
        }
    }
    for (unsigned i = 0; i < new->count; i++) {
        if (mac_find(old, new->keys[i].id) == NULL) {
            add_line(d, "+ key %u", new->keys[i].id);
        }
    }
}

/* ---- what no row above knows ---- */

/* Leaves nothing in a copy but what nobody above has compared. */
static void blank_known(struct config *c)
{
    for (size_t i = 0; i < FIELDS; i++) {
        memset((char *)c + fields[i].offset, 0, fields[i].size);
    }
    memset(c->settings.specs, 0, sizeof c->settings.specs);
    c->settings.spec_count = 0;
    memset(&c->access, 0, sizeof c->access);
    memset(&c->command_access, 0, sizeof c->command_access);
    memset(c->bind, 0, sizeof c->bind);
    memset(&c->keys, 0, sizeof c->keys);
    memset(c->access_names, 0, sizeof c->access_names); /* their addresses are compared */
    c->access_name_count = 0;
    memset(c->messages, 0, sizeof c->messages);
    c->have_source_access = false;
    c->source_access = 0;
    c->bind_count = c->message_count = c->error_count = c->warning_count = 0;
    c->dialect = DIALECT_UNKNOWN;
    c->auth_select = AUTH_SELECT_MIX; /* is seen in the sources */
    c->drift_format = DRIFT_CHRONY;
}

static void compare_rest(struct difference *d, const struct config *old, const struct config *new)
{
    struct config *a = config_new(), *b = config_new();
    if (a != NULL && b != NULL) {
        *a = *old;
        *b = *new;
        blank_known(a);
        blank_known(b);
        if (memcmp(a, b, sizeof *a) != 0) {
            add_line(d, "~ other settings");
        }
    }
    config_free(a);
    config_free(b);
}

void difference_find(struct difference *d, const struct config *old, const struct config *new)
{
    *d = (struct difference){0};
    if (old->dialect != new->dialect) {
        add_line(d, "~ language: %s -> %s", config_dialect_name(old->dialect),
                 config_dialect_name(new->dialect));
    }
    compare_sources(d, &old->settings, &new->settings);
    compare_access(d, old, new);
    compare_binds(d, old, new);
    compare_values(d, old, new);
    compare_keys(d, &old->keys, &new->keys);
    compare_rest(d, old, new);
}

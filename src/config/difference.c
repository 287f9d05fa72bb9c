/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain values are compared by a table of their places; sources and access rules
 * by hand. A value that no row knows yet is still seen, and said to be "another setting", so that a
 * change is never made in silence. */
#include "config/difference.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/describe.h"
#include "config/fields.h"

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

static void compare_values(struct difference *d, const struct config *old, const struct config *new)
{
    char before[256], after[256];

    for (size_t i = 0; i < config_field_count; i++) {
        const struct config_field *f = &config_fields[i];

        if (!config_field_equal(f, old, new)) {
            config_field_format(f, old, before, sizeof before);
            config_field_format(f, new, after, sizeof after);
            add_line(d, "~ %s: %s -> %s%s", f->name, before, after,
                     f->next_start ? " (after a restart)" : "");
        }
    }
}

/* ---- sources ---- */

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

#define OPTION(name_, unit_, type_, member)                                                        \
    .name = name_, .unit = unit_, .type = type_, .offset = offsetof(struct source_spec, member),   \
    .size = sizeof(((struct source_spec *)0)->member)

/* What describe_options() never says, ... */
static const struct config_field silent_options[] = {
    {OPTION("version", "", VALUE_UNSIGNED, version)},
    {OPTION("long digests", "", VALUE_BOOL, long_mac)},
    {OPTION("maxdelayquant", "", VALUE_DOUBLE, max_delay_quantile), .zero = "none"},
    {OPTION("mindelay", " s", VALUE_DOUBLE, min_delay_s), .zero = "measured"},
    {OPTION("asymmetry given", "", VALUE_BOOL, has_asymmetry)},
    {OPTION("asymmetry", "", VALUE_DOUBLE, asymmetry)},
    {OPTION("weight", "", VALUE_UNSIGNED, weight), .zero = "1"},
    {OPTION("unit", "", VALUE_UNSIGNED, refclock_unit)},
    {OPTION("mode", "", VALUE_UNSIGNED, refclock_mode)},
    {OPTION("interval of samples", " (log2 s)", VALUE_INT, refclock_poll)},
    {OPTION("stratum", "", VALUE_UNSIGNED, refclock_stratum)},
    {OPTION("refid as a number", "", VALUE_UNSIGNED, refclock_refid), .zero = "of its kind"},
    {OPTION("precision", " s", VALUE_DOUBLE, refclock_precision_s), .zero = "its resolution"},
    {OPTION("delay", " s", VALUE_DOUBLE, refclock_delay_s)},
};

/* ... and what it does not say where it is usual, or of no use to such a source. */
static const struct config_field usual_options[] = {
    {OPTION("maxdelay", " s", VALUE_DOUBLE, max_delay_s)},
    {OPTION("polltarget", "", VALUE_UNSIGNED, poll_target), .zero = "8"},
    {OPTION("maxsources", "", VALUE_UNSIGNED, max_sources)},
};

static void compare_options(struct difference *d, const char *source,
                            const struct config_field *options, size_t count,
                            const struct source_spec *was, const struct source_spec *now)
{
    char before[64], after[64];

    for (size_t i = 0; i < count; i++) {
        if (!config_field_equal(&options[i], was, now)) {
            config_field_format(&options[i], was, before, sizeof before);
            config_field_format(&options[i], now, after, sizeof after);
            add_line(d, "~ %s: %s %s -> %s", source, options[i].name, before, after);
        }
    }
}

static void compare_own_addresses(struct difference *d, const char *what,
                                  const struct address was[2], const struct address now[2])
{
    char before[ADDRESS_TEXT_MAX], after[ADDRESS_TEXT_MAX];

    for (unsigned i = 0; i < 2; i++) {
        if (!address_equal(&was[i], &now[i])) {
            add_line(d, "~ %s by IPv%u from %s -> %s", what, i == 0 ? 4U : 6U,
                     was[i].family != ADDRESS_NONE ? address_format(&was[i], before) : "any",
                     now[i].family != ADDRESS_NONE ? address_format(&now[i], after) : "any");
        }
    }
}

/* The same source, but not in every byte. */
static void compare_source(struct difference *d, const char *source, const struct source_spec *was,
                           const struct source_spec *now)
{
    char before[160], after[160];
    unsigned count = d->count;

    describe_options(was, before, sizeof before);
    describe_options(now, after, sizeof after);
    if (strcmp(before, after) != 0) {
        add_line(d, "~ %s:%s ->%s", source, before, after);
    } else {
        compare_options(d, source, usual_options, sizeof usual_options / sizeof *usual_options, was,
                        now);
    }
    compare_options(d, source, silent_options, sizeof silent_options / sizeof *silent_options, was,
                    now);
    compare_own_addresses(d, source, was->from, now->from);
    if (d->count == count) {
        add_line(d, "~ %s: other options", source);
    }
}

static void compare_sources(struct difference *d, const struct settings *old,
                            const struct settings *new)
{
    char source[300], after[160];

    for (unsigned i = 0; i < old->spec_count; i++) {
        if (!find_source(new, &old->specs[i])) {
            describe_source(&old->specs[i], source, sizeof source);
            add_line(d, "- %s", source);
        }
    }
    for (unsigned i = 0; i < new->spec_count; i++) {
        const struct source_spec *now = &new->specs[i], *was = find_source(old, now);

        describe_source(now, source, sizeof source);
        describe_options(now, after, sizeof after);
        if (!was) {
            add_line(d, "+ %s%s", source, after);
        } else if (memcmp(was, now, sizeof *now) != 0) {
            compare_source(d, source, was, now);
        }
    }
}

/* ---- access ---- */

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
            add_line(d, "~ %s of all other hosts by IPv%u: %s -> %s", what, i == 0 ? 4U : 6U,
                     describe_flags(defaults[i][0], before), describe_flags(defaults[i][1], after));
        }
    }
    for (unsigned i = 0; i < old->count; i++) {
        if (!find_rule(new, &old->rules[i])) {
            add_line(d, "- %s %s/%u: %s", what, address_format(&old->rules[i].prefix, address),
                     (unsigned)old->rules[i].length, describe_flags(old->rules[i].flags, before));
        }
    }
    for (unsigned i = 0; i < new->count; i++) {
        const struct acl_rule *now = &new->rules[i], *was = find_rule(old, now);

        if (!was) {
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
        add_line(d, "~ access of sources: %s -> %s",
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

static void compare_command_binds(struct difference *d, const struct config *old,
                                  const struct config *new)
{
    char before[ADDRESS_TEXT_MAX], after[ADDRESS_TEXT_MAX];

    for (unsigned i = 0; i < 2; i++) {
        const struct address *a = &old->command_bind[i], *b = &new->command_bind[i];

        if (!address_equal(a, b)) {
            add_line(d, "~ commands on: %s -> %s",
                     a->family != ADDRESS_NONE ? address_format(a, before) : "loopback",
                     b->family != ADDRESS_NONE ? address_format(b, after) : "loopback");
        }
    }
}

/* Their order matters, so they are compared as a whole. */
static void compare_listen_rules(struct difference *d, const struct config *old,
                                 const struct config *new)
{
    bool equal = old->listen_rule_count == new->listen_rule_count;
    char text[ADDRESS_TEXT_MAX + 8];

    for (unsigned i = 0; equal && i < old->listen_rule_count; i++) {
        const struct listen_rule *a = &old->listen_rules[i], *b = &new->listen_rules[i];

        equal = a->listen == b->listen && a->what == b->what && a->length == b->length &&
                address_equal(&a->prefix, &b->prefix) && strcmp(a->device, b->device) == 0;
    }
    for (unsigned i = 0; !equal && i < old->listen_rule_count; i++) {
        add_line(d, "- %s on %s", old->listen_rules[i].listen ? "serves" : "does not serve",
                 describe_listen_rule(&old->listen_rules[i], text));
    }
    for (unsigned i = 0; !equal && i < new->listen_rule_count; i++) {
        add_line(d, "+ %s on %s", new->listen_rules[i].listen ? "serves" : "does not serve",
                 describe_listen_rule(&new->listen_rules[i], text));
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

        if (!now) {
            add_line(d, "- key %u", old->keys[i].id);
        } else if (!is_same_key(old, &old->keys[i], new, now)) {
            add_line(d, "~ key %u", now->id);
        }
    }
    for (unsigned i = 0; i < new->count; i++) {
        if (!mac_find(old, new->keys[i].id)) {
            add_line(d, "+ key %u", new->keys[i].id);
        }
    }
}

/* ---- what no row above knows ---- */

/* Clears all that was compared above from a copy. */
static void blank_known(struct config *c)
{
    for (size_t i = 0; i < config_field_count; i++) {
        memset((char *)c + config_fields[i].offset, 0, config_fields[i].size);
    }
    memset(&c->places, 0, sizeof c->places);
    memset(c->settings.specs, 0, sizeof c->settings.specs);
    c->settings.spec_count = 0;
    memset(&c->access, 0, sizeof c->access);
    memset(&c->command_access, 0, sizeof c->command_access);
    memset(c->bind, 0, sizeof c->bind);
    memset(c->command_bind, 0, sizeof c->command_bind);
    memset(c->acquisition_address, 0, sizeof c->acquisition_address);
    memset(c->statistics, 0, sizeof c->statistics); /* their descriptions have it all */
    memset(&c->keys, 0, sizeof c->keys);
    memset(c->listen_rules, 0, sizeof c->listen_rules);
    c->listen_rule_count = 0;
    memset(c->access_names, 0, sizeof c->access_names); /* their addresses are compared */
    c->access_name_count = 0;
    memset(c->messages, 0, sizeof c->messages);
    c->have_source_access = false;
    c->source_access = 0;
    c->bind_count = c->message_count = c->error_count = c->warning_count = 0;
    c->dialect = DIALECT_UNKNOWN;
    c->auth_select = AUTH_SELECT_MIX;  /* is seen in the sources */
    c->settings.serves_nobody = false; /* and this in the access rules */
    c->drift_format = DRIFT_CHRONY;
}

static void compare_rest(struct difference *d, const struct config *old, const struct config *new)
{
    struct config *a = config_new(), *b = config_new();

    if (a && b) {
        memcpy(a, old, sizeof *a); /* with the padding, which an assignment need not copy */
        memcpy(b, new, sizeof *b);
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
    compare_command_binds(d, old, new);
    compare_own_addresses(d, "requests", old->acquisition_address, new->acquisition_address);
    compare_listen_rules(d, old, new);
    compare_values(d, old, new);
    compare_keys(d, &old->keys, &new->keys);
    compare_rest(d, old, new);
}

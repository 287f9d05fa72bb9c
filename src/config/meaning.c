/* SPDX-License-Identifier: BSD-2-Clause */
/* What distributions ship and what plain clients write must stay silent: each check
 * asks for lines that were written on purpose. */
#include "config/meaning.h"

#include <string.h>

#include "config/text.h"

static const struct origin nowhere = {.file = NULL};

static unsigned source_limit(const struct source_spec *spec)
{
    return spec->kind == SOURCE_POOL ? spec->max_sources : 1;
}

static void check_counts(struct reader *r)
{
    const struct settings *s = &r->config->settings;
    unsigned total = 0, selectable = 0;
    bool decided = false; /* who is right where two disagree */

    for (unsigned i = 0; i < s->spec_count; i++) {
        const struct source_spec *spec = &s->specs[i];

        total += source_limit(spec);
        selectable += spec->noselect ? 0 : source_limit(spec);
        decided = decided || spec->trust || spec->prefer || spec->offline ||
                  spec->kind == SOURCE_REFCLOCK;
    }
    if (s->spec_count == 0 && !s->local) {
        reader_message_at(r, CONFIG_WARNING, &nowhere, "add a line such as: server HOST iburst",
                          "W013 no time source: the clock will not be corrected");
    } else if (total > SOURCES_MAX) {
        reader_message_at(r, CONFIG_WARNING, &nowhere, "",
                          "W014 up to %u sources are configured; only %d can be used at a time",
                          total, SOURCES_MAX);
    }
    if (s->spec_count > 0 && s->min_sources > selectable) {
        reader_message_at(
            r, CONFIG_WARNING, &nowhere, "",
            "W015 %u sources must agree, but there are at most %u: the clock will never be set",
            s->min_sources, selectable);
    } else if (selectable == 2 && !decided) {
        reader_message_at(r, CONFIG_WARNING, &r->spec_seen[s->spec_count - 1],
                          "use three or more, or mark one of the two 'prefer'",
                          "W001 with two sources, a falseticker cannot be identified");
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);

    return length >= wanted && text_equal_any_case(text + length - wanted, end);
}

static bool is_local_name(const char *name)
{
    return text_equal_any_case(name, "localhost") || ends_with(name, ".localhost");
}

/* Might this rule be about a host that is known by its name only? Loopback rules are not. */
static bool may_hold_host(const struct acl_rule *rule, const struct source_spec *spec)
{
    return (spec->family == ADDRESS_NONE || spec->family == rule->prefix.family) &&
           !address_is_loopback(&rule->prefix);
}

/* Of a name only what is certain is said: no rule that exempts a host may be about it. */
static bool is_name_dropped(const struct config *c, const struct source_spec *spec)
{
    bool v4 = spec->family != ADDRESS_V6, v6 = spec->family != ADDRESS_V4;

    if ((v4 && (c->access.default_v4 & ACCESS_IGNORE) == 0) ||
        (v6 && (c->access.default_v6 & ACCESS_IGNORE) == 0) || is_local_name(spec->name)) {
        return false;
    }
    for (unsigned i = 0; i < c->access.count; i++) {
        const struct acl_rule *rule = &c->access.rules[i];

        if ((rule->flags & ACCESS_IGNORE) == 0 && may_hold_host(rule, spec)) {
            return false;
        }
    }
    for (unsigned i = 0; i < c->access_name_count; i++) {
        const struct access_name *rule = &c->access_names[i];

        if (!rule->command && (rule->flags & ACCESS_IGNORE) == 0 &&
            text_equal_any_case(rule->name, spec->name)) {
            return false;
        }
    }
    return true;
}

static bool is_dropped(const struct config *c, const struct source_spec *spec)
{
    if (spec->kind == SOURCE_REFCLOCK) {
        return false;
    }
    if (c->have_source_access) {
        return (c->source_access & ACCESS_IGNORE) != 0 && spec->address.family != ADDRESS_NONE;
    }
    return spec->address.family != ADDRESS_NONE
               ? (acl_flags(&c->access, &spec->address) & ACCESS_IGNORE) != 0
               : is_name_dropped(c, spec);
}

/* A source whose replies the access rules drop. */
static void check_ignored_sources(struct reader *r)
{
    const struct config *c = r->config;

    for (unsigned i = 0; i < c->settings.spec_count; i++) {
        const struct source_spec *spec = &c->settings.specs[i];

        if (is_dropped(c, spec)) {
            reader_message_at(
                r, CONFIG_WARNING, &r->spec_seen[i], "add: restrict source nomodify noquery",
                "W012 'restrict ... ignore' drops the replies of '%.100s'", spec->name);
        }
    }
}

static bool gives_time(uint32_t flags)
{
    return (flags & (ACCESS_NOSERVE | ACCESS_IGNORE)) == 0;
}

/* Was it made to serve the whole world? In ntp.conf a client does so by default, so a bare file
 * says nothing. */
static bool serves_the_world(const struct reader *r)
{
    const struct acl *access = &r->config->access;

    return r->config->dialect != DIALECT_NTP && r->config->port != 0 &&
           (gives_time(access->default_v4) || gives_time(access->default_v6));
}

static void check_world_server(struct reader *r)
{
    const struct config *c = r->config;

    if (!serves_the_world(r)) {
        return;
    }
    for (unsigned i = 0; i < c->settings.spec_count; i++) {
        if (ends_with(c->settings.specs[i].name, "pool.ntp.org")) {
            reader_message_at(r, CONFIG_WARNING, &r->spec_seen[i],
                              "configure four to seven selected servers",
                              "W002 pool servers ('%.100s') are the sources of a public server",
                              c->settings.specs[i].name);
            break;
        }
    }
    if (!c->ratelimit.enabled && r->open_seen.file) {
        reader_message_at(r, CONFIG_WARNING, &r->open_seen,
                          "add: ratelimit interval 1 burst 16; or allow your own networks only",
                          "W003 any host is served, without a rate limit");
    }
}

/* ntp.conf: `restrict default` without any flag, or one without exceptions. */
static void check_restrict_default(struct reader *r)
{
    static const struct address own = {.family = ADDRESS_V4, .bytes = {127, 0, 0, 1}};
    const uint32_t closing = ACCESS_NOQUERY | ACCESS_IGNORE | ACCESS_NOSERVE;
    const struct acl *access = &r->config->access;

    if (r->default_seen.file && r->default_flags == 0) {
        reader_message_at(r, CONFIG_WARNING, &r->default_seen,
                          "use: restrict default limited kod nomodify notrap nopeer noquery",
                          "W003 any host may send any query, without a rate limit");
    }
    if (r->own_seen.file) {
        reader_message_at(r, CONFIG_WARNING, &r->own_seen, "use: restrict 127.0.0.1",
                          "W006 queries from this host itself are denied");
    } else if (r->default_seen.file && (r->default_flags & closing) != 0 &&
               (acl_flags(access, &own) & closing & r->default_flags) != 0) {
        reader_message_at(r, CONFIG_WARNING, &r->default_seen,
                          "add: restrict 127.0.0.1, and: restrict ::1",
                          "W006 queries from this host itself are denied");
    }
}

void meaning_check(struct reader *r)
{
    check_counts(r);
    check_ignored_sources(r);
    check_world_server(r);
    if (r->config->dialect == DIALECT_NTP) {
        check_restrict_default(r);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources, access rules and addresses in words. */
#include "config/describe.h"

#include <stdio.h>
#include <string.h>

const char *describe_kind(const struct source_spec *s)
{
    switch (s->kind) {
    case SOURCE_SERVER: return "server";
    case SOURCE_POOL: return "pool";
    case SOURCE_PEER: return "peer";
    case SOURCE_REFCLOCK: return "refclock";
    }
    return "";
}

/* What all languages' defaults are, where they have the option at all. */
#define USUAL_POLL_TARGET 8

static bool is_usual_delay(double s)
{
    return (s >= 3 && s <= 3) || (s >= 16 && s <= 16); /* chrony.conf's, and that of the others */
}

/* Numbers that are another than usual. */
static void describe_numbers(const struct source_spec *s, char *out, size_t capacity)
{
    const struct {
        const char *name;
        double value;
        bool shown;
    } numbers[] = {
        {"maxdelay", s->max_delay_s, s->kind != SOURCE_REFCLOCK && !is_usual_delay(s->max_delay_s)},
        {"maxdelayratio", s->max_delay_ratio, s->max_delay_ratio > 0},
        {"maxdelaydevratio", s->max_delay_deviation, s->max_delay_deviation > 0},
        {"minstratum", s->min_stratum, s->min_stratum > 0},
        {"polltarget", s->poll_target, s->poll_target != 0 && s->poll_target != USUAL_POLL_TARGET},
        {"offset", s->offset_correction_s,
         s->offset_correction_s < 0 || s->offset_correction_s > 0}};
    size_t used = 0;

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && used < capacity; i++) {
        if (numbers[i].shown) {
            used += (size_t)snprintf(out + used, capacity - used, " %s %.10g", numbers[i].name,
                                     numbers[i].value);
        }
    }
}

/* The words of a source line that say more than the defaults. */
void describe_options(const struct source_spec *s, char *out, size_t capacity)
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
        const bool *set = (const void *)((const char *)s + flags[i].offset);

        if (*set) {
            used += (size_t)snprintf(out + used, capacity - used, " %s", flags[i].name);
        }
    }
    if (used < capacity && s->key_id != 0) {
        used += (size_t)snprintf(out + used, capacity - used, " key %u", s->key_id);
    }
    if (used < capacity && s->kind == SOURCE_POOL) {
        used += (size_t)snprintf(out + used, capacity - used, " maxsources %u", s->max_sources);
    }
    if (used < capacity) {
        describe_numbers(s, out + used, capacity - used);
        used += strlen(out + used);
    }
    if (used < capacity && s->family != ADDRESS_NONE && s->address.family == ADDRESS_NONE) {
        snprintf(out + used, capacity - used, " ipv%u", (unsigned)s->family);
    }
}

void describe_source(const struct source_spec *s, char *out, size_t capacity)
{
    char port[16] = "";

    if (s->kind != SOURCE_REFCLOCK && s->port != 123) {
        snprintf(port, sizeof port, " port %u", (unsigned)s->port);
    }
    snprintf(out, capacity, "%s %.255s%s", describe_kind(s), s->name, port);
}

const char *describe_flags(uint32_t flags, char out[160])
{
    bool deny = (flags & (ACCESS_NOSERVE | ACCESS_IGNORE)) != 0;
    char words[120];

    acl_format_flags(flags & ~(uint32_t)ACCESS_NOSERVE, words, sizeof words);
    snprintf(out, 160, "%s%s%s", deny ? "deny" : "allow", words[0] ? " " : "", words);
    return out;
}

const char *describe_listen_rule(const struct listen_rule *rule, char out[ADDRESS_TEXT_MAX + 8])
{
    char address[ADDRESS_TEXT_MAX];

    switch (rule->what) {
    case LISTEN_ALL: return "all addresses";
    case LISTEN_FAMILY: return rule->prefix.family == ADDRESS_V4 ? "IPv4" : "IPv6";
    case LISTEN_DEVICE: snprintf(out, ADDRESS_TEXT_MAX + 8, "%s", rule->device); break;
    case LISTEN_PREFIX:
        snprintf(out, ADDRESS_TEXT_MAX + 8, "%s/%u", address_format(&rule->prefix, address),
                 rule->length);
        break;
    }
    return out;
}

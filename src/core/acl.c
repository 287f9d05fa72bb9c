/* SPDX-License-Identifier: BSD-2-Clause */
/* Longest-prefix match over a sorted array. Rules of one length are neighbours, so a look-up is a
 * binary search in each length that occurs, longest first: three or four comparisons for the usual
 * handful of rules, and no pointers to chase. Changes are slow (a shift of the array), and come
 * from the configuration only. */
#include "core/acl.h"

#include <string.h>

#include "core/packet.h"

#define MAPPED_BITS 96

static unsigned width_of(uint8_t family)
{
    return family == ADDRESS_V4 ? 32 : 128;
}

static bool is_mapped(const struct address *a)
{
    static const uint8_t mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

    return a->family == ADDRESS_V6 && memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

/* The bare address: no port, no scope, v4-mapped as v4. */
static struct address plain(const struct address *a)
{
    struct address out = {.family = a->family};

    if (is_mapped(a)) {
        out.family = ADDRESS_V4;
        memcpy(out.bytes, a->bytes + MAPPED_BITS / 8, 4);
    } else {
        memcpy(out.bytes, a->bytes, a->family == ADDRESS_V4 ? 4 : 16);
    }
    return out;
}

static void clear_host_bits(struct address *a, unsigned length)
{
    unsigned first = length / 8;

    if (first < sizeof a->bytes) {
        a->bytes[first] &= (uint8_t)(0xff00u >> length % 8);
        memset(a->bytes + first + 1, 0, sizeof a->bytes - first - 1);
    }
}

/* Prefix and length as they stand in the table; false if there is no such prefix. */
static bool normalise(const struct address *prefix, unsigned *length, struct address *out)
{
    if (prefix->family != ADDRESS_V4 && prefix->family != ADDRESS_V6) {
        return false;
    }
    if (*length > width_of(prefix->family)) {
        return false;
    }
    if (is_mapped(prefix) && *length >= MAPPED_BITS) {
        *out = plain(prefix);
        *length -= MAPPED_BITS;
    } else {
        *out = (struct address){.family = prefix->family};
        memcpy(out->bytes, prefix->bytes, width_of(prefix->family) / 8);
    }
    clear_host_bits(out, *length);
    return true;
}

static bool is_for_ntp_port(const struct acl_rule *rule)
{
    return (rule->flags & ACCESS_NTPPORT) != 0;
}

/* Order of the table: below 0 if `a` comes first, 0 if they are the same rule. */
static int compare(const struct acl_rule *a, const struct acl_rule *b)
{
    int order = (int)a->prefix.family - (int)b->prefix.family;

    if (order == 0) {
        order = (int)b->length - (int)a->length;
    }
    if (order == 0) {
        order = memcmp(a->prefix.bytes, b->prefix.bytes, sizeof a->prefix.bytes);
    }
    if (order == 0) {
        order = (int)is_for_ntp_port(b) - (int)is_for_ntp_port(a);
    }
    return order;
}

static void rebuild_groups(struct acl *acl)
{
    struct acl_group *group = NULL;

    acl->group_count = 0;
    for (unsigned i = 0; i < acl->count; i++) {
        const struct acl_rule *rule = &acl->rules[i];

        if (!group || group->family != rule->prefix.family || group->length != rule->length) {
            group = &acl->groups[acl->group_count++];
            *group = (struct acl_group){
                .family = rule->prefix.family, .length = rule->length, .first = (uint16_t)i};
        }
        group->count++;
    }
}

/* Where a rule is, or would be inserted. */
static unsigned find_place(const struct acl *acl, const struct acl_rule *rule, bool *found)
{
    unsigned i = 0;

    while (i < acl->count && compare(&acl->rules[i], rule) < 0) {
        i++;
    }
    *found = i < acl->count && compare(&acl->rules[i], rule) == 0;
    return i;
}

const struct acl_word acl_words[] = {
    {ACCESS_IGNORE, "ignore"},
    {ACCESS_NOSERVE, "noserve"},
    {ACCESS_NOTRUST, "notrust"},
    {ACCESS_VERSION, "version"},
    {ACCESS_NOQUERY, "noquery"},
    {ACCESS_NOMODIFY, "nomodify"},
    {ACCESS_NOPEER, "nopeer"},
    {ACCESS_NOTRAP, "notrap"},
    {ACCESS_LIMITED, "limited"},
    {ACCESS_KOD, "kod"},
    {ACCESS_FLAKE, "flake"},
    {ACCESS_NTPPORT, "ntpport"},
    {0, NULL},
};

size_t acl_format_flags(uint32_t flags, char *out, size_t capacity)
{
    size_t used = 0;

    for (const struct acl_word *w = acl_words; w->word; w++) {
        size_t length = strlen(w->word);

        if ((flags & w->flag) != 0 && used + length + 2 <= capacity) {
            if (used > 0) {
                out[used++] = ' ';
            }
            memcpy(out + used, w->word, length);
            used += length;
        }
    }
    out[used] = '\0';
    return used;
}

void acl_init(struct acl *acl, uint32_t default_flags)
{
    memset(acl, 0, sizeof *acl);
    acl->default_v4 = default_flags;
    acl->default_v6 = default_flags;
}

bool acl_set(struct acl *acl, const struct address *prefix, unsigned length, uint32_t flags)
{
    struct acl_rule rule = {.flags = flags};
    bool found;
    unsigned at;

    if (!normalise(prefix, &length, &rule.prefix)) {
        return false;
    }
    rule.length = (uint8_t)length;
    at = find_place(acl, &rule, &found);
    if (!found) {
        if (acl->count == ACL_RULES_MAX) {
            return false;
        }
        memmove(&acl->rules[at + 1], &acl->rules[at], (acl->count - at) * sizeof rule);
        acl->count++;
    }
    acl->rules[at] = rule;
    rebuild_groups(acl);
    return true;
}

bool acl_get(const struct acl *acl, const struct address *prefix, unsigned length, uint32_t *flags)
{
    struct acl_rule rule = {0};
    bool found;
    unsigned at;

    if (!normalise(prefix, &length, &rule.prefix)) {
        return false;
    }
    rule.length = (uint8_t)length;
    at = find_place(acl, &rule, &found);
    if (!found) {
        rule.flags = ACCESS_NTPPORT;
        at = find_place(acl, &rule, &found);
    }
    if (found) {
        *flags = acl->rules[at].flags;
    }
    return found;
}

bool acl_remove(struct acl *acl, const struct address *prefix, unsigned length)
{
    struct acl_rule rule = {0};
    unsigned kept = 0, before = acl->count;

    if (!normalise(prefix, &length, &rule.prefix)) {
        return false;
    }
    for (unsigned i = 0; i < acl->count; i++) {
        if (acl->rules[i].length != length || !address_equal(&acl->rules[i].prefix, &rule.prefix)) {
            acl->rules[kept++] = acl->rules[i];
        }
    }
    acl->count = kept;
    rebuild_groups(acl);
    return kept < before;
}

void acl_clear_within(struct acl *acl, const struct address *prefix, unsigned length)
{
    struct address within;
    unsigned kept = 0;

    if (!normalise(prefix, &length, &within)) {
        return;
    }
    for (unsigned i = 0; i < acl->count; i++) {
        const struct acl_rule *rule = &acl->rules[i];

        if (rule->length < length || !address_in_prefix(&rule->prefix, &within, length)) {
            acl->rules[kept++] = *rule;
        }
    }
    acl->count = kept;
    rebuild_groups(acl);
}

/* The first rule of the group with this address, or NULL. */
static const struct acl_rule *search_group(const struct acl *acl, const struct acl_group *group,
                                           const struct address *prefix)
{
    const struct acl_rule *rules = &acl->rules[group->first];
    unsigned low = 0, high = group->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (memcmp(rules[middle].prefix.bytes, prefix->bytes, sizeof prefix->bytes) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == group->count ||
        memcmp(rules[low].prefix.bytes, prefix->bytes, sizeof prefix->bytes) != 0) {
        return NULL;
    }
    return &rules[low];
}

/* The longest rule for this address, or NULL. */
static const struct acl_rule *find_rule(const struct acl *acl, const struct address *a)
{
    struct address masked = plain(a);

    for (unsigned i = 0; i < acl->group_count; i++) {
        const struct acl_group *group = &acl->groups[i];
        const struct acl_rule *rule, *end = &acl->rules[group->first + group->count];

        if (group->family != masked.family) {
            continue;
        }
        clear_host_bits(&masked, group->length); /* lengths only fall from group to group */
        rule = search_group(acl, group, &masked);
        if (rule && is_for_ntp_port(rule) && a->port != NTP_PORT) {
            /* Its neighbour may be the rule for all ports. */
            rule++;
            if (rule == end || !address_equal(&rule->prefix, &masked)) {
                rule = NULL;
            }
        }
        if (rule) {
            return rule;
        }
    }
    return NULL;
}

uint32_t acl_flags(const struct acl *acl, const struct address *a)
{
    const struct acl_rule *rule = find_rule(acl, a);

    if (rule) {
        return rule->flags;
    }
    return plain(a).family == ADDRESS_V4 ? acl->default_v4 : acl->default_v6;
}

bool acl_has_rule(const struct acl *acl, const struct address *a)
{
    return find_rule(acl, a) != NULL;
}

static bool gives_time(uint32_t flags)
{
    return (flags & (ACCESS_NOSERVE | ACCESS_IGNORE)) == 0;
}

uint32_t acl_flags_of_source(const struct acl *acl, const struct address *a, uint32_t source_flags)
{
    struct address host = plain(a);
    uint32_t flags = source_flags;

    (void)acl_get(acl, &host, width_of(host.family), &flags);
    return flags;
}

bool acl_allows(const struct acl *acl, const struct address *a)
{
    return gives_time(acl_flags(acl, a));
}

/* Is there an address of this family that no rule matches? */
static bool default_in_use(const struct acl *acl, uint8_t family)
{
    uint32_t flags;

    return !acl_get(acl, &(struct address){.family = family}, 0, &flags) ||
           (flags & ACCESS_NTPPORT) != 0;
}

bool acl_allows_nobody(const struct acl *acl)
{
    for (unsigned i = 0; i < acl->count; i++) {
        if (gives_time(acl->rules[i].flags)) {
            return false;
        }
    }
    return !(gives_time(acl->default_v4) && default_in_use(acl, ADDRESS_V4)) &&
           !(gives_time(acl->default_v6) && default_in_use(acl, ADDRESS_V6));
}

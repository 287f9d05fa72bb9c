/* SPDX-License-Identifier: BSD-2-Clause */
/* What addresses there are is for the caller to know: no system call here. */
#include "config/listen.h"

#include <string.h>

static bool matches(const struct listen_rule *rule, const char *device, const struct address *a)
{
    switch (rule->what) {
    case LISTEN_ALL: return true;
    case LISTEN_FAMILY: return rule->prefix.family == a->family;
    case LISTEN_DEVICE: return device && strcmp(rule->device, device) == 0;
    case LISTEN_PREFIX: return address_in_prefix(a, &rule->prefix, rule->length);
    }
    return false;
}

bool listen_is_everywhere(const struct config *c, uint8_t family)
{
    for (unsigned i = c->listen_rule_count; i-- > 0;) {
        const struct listen_rule *rule = &c->listen_rules[i];
        bool whole = rule->what == LISTEN_ALL ||
                     (rule->what == LISTEN_FAMILY && rule->prefix.family == family);
        bool touches = whole || rule->what == LISTEN_DEVICE ||
                       (rule->what == LISTEN_PREFIX && rule->prefix.family == family);

        if (touches && !rule->listen) {
            return false;
        }
        if (whole) {
            return true;
        }
    }
    return true;
}

bool listen_allows(const struct config *c, const char *device, const struct address *a)
{
    for (unsigned i = c->listen_rule_count; i-- > 0;) {
        if (matches(&c->listen_rules[i], device, a)) {
            return c->listen_rules[i].listen;
        }
    }
    return true;
}

unsigned listen_named(const struct config *c, struct address *out, unsigned max)
{
    unsigned count = 0;

    for (unsigned i = 0; i < c->listen_rule_count && count < max; i++) {
        const struct listen_rule *rule = &c->listen_rules[i];
        unsigned whole = rule->prefix.family == ADDRESS_V4 ? 32 : 128;
        bool again = false;

        if (rule->what != LISTEN_PREFIX || rule->length != whole || !rule->listen ||
            !listen_allows(c, NULL, &rule->prefix)) {
            continue;
        }
        for (unsigned j = 0; j < count; j++) {
            again = again || address_equal(&out[j], &rule->prefix);
        }
        if (!again) {
            out[count++] = rule->prefix;
        }
    }
    return count;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A prefix of length 0 is kept as the default of its family. Where ntp's branches differ NTPsec is
 * followed: a later line for the same address adds its flags to the earlier ones, and to those that
 * all hosts have from the start (classic ntpd: it replaces them). */
#include "config/access.h"

#include <stdio.h>
#include <string.h>

#include "config/place.h"
#include "config/rows.h"
#include "config/source_line.h"
#include "config/text.h"

#define SUBNET_TEXT_MAX 128

/* ---- prefixes ---- */

/* 0..`limit` in decimal digits, or -1. */
static int small_number(const char *text, int limit)
{
    int value = 0;

    if (*text == '\0' || strlen(text) > 3) {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (!text_is_digit(*text)) {
            return -1;
        }
        value = value * 10 + (*text - '0');
    }
    return value <= limit ? value : -1;
}

static bool only_of(const char *text, const char *characters)
{
    return text[strspn(text, characters)] == '\0';
}

/* "1.2" is 1.2.0.0 with 16 bits; "10" is 10.0.0.0 with 8. */
static bool parse_short_v4(const char *text, struct address *prefix, unsigned *length)
{
    char part[4];
    unsigned count = 0;

    memset(prefix, 0, sizeof *prefix);
    prefix->family = ADDRESS_V4;
    for (;;) {
        size_t digits = strspn(text, "0123456789");

        if (digits == 0 || digits > 3 || count == 4) {
            return false;
        }
        memcpy(part, text, digits);
        part[digits] = '\0';
        int value = small_number(part, 255);
        if (value < 0) {
            return false;
        }
        prefix->bytes[count++] = (uint8_t)value;
        text += digits;
        if (*text == '\0') {
            *length = 8 * count;
            return true;
        }
        if (*text != '.') {
            return false;
        }
        text++;
    }
}

bool access_parse_prefix(const char *text, bool short_forms, struct address *prefix,
                         unsigned *length, const char **problem)
{
    char address[SUBNET_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t bytes = slash ? (size_t)(slash - text) : strlen(text);

    *problem = NULL;
    if (bytes >= sizeof address) {
        *problem = slash ? "write ADDRESS or ADDRESS/LENGTH" : NULL;
        return false;
    }
    memcpy(address, text, bytes);
    address[bytes] = '\0';
    if (address[0] == '[' && address[bytes - 1] == ']') { /* [::1], as ntpd takes it too */
        memmove(address, address + 1, bytes - 2);
        address[bytes - 2] = '\0';
    }
    if (address_parse(address, prefix)) {
        *length = prefix->family == ADDRESS_V4 ? 32 : 128;
    } else if (!short_forms || !parse_short_v4(address, prefix, length)) {
        bool numeric = slash || only_of(address, "0123456789.") || strchr(address, ':');

        *problem = numeric ? "write ADDRESS or ADDRESS/LENGTH" : NULL;
        return false;
    }
    if (!slash) {
        return true;
    }
    int limit = prefix->family == ADDRESS_V4 ? 32 : 128;
    int given = small_number(slash + 1, limit);
    if (given < 0) {
        *problem = limit == 32 ? "a prefix length is 0 to 32" : "a prefix length is 0 to 128";
        return false;
    }
    *length = (unsigned)given;
    return true;
}

/* Length of a mask of ones followed by zeros, or -1. */
static int mask_length(const struct address *mask)
{
    int bytes = mask->family == ADDRESS_V4 ? 4 : 16, length = 0;
    bool ended = false;

    for (int bit = 0; bit < 8 * bytes; bit++) {
        bool one = (mask->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;

        if (one && ended) {
            return -1;
        }
        length += one;
        ended = ended || !one;
    }
    return length;
}

/* ---- the table ---- */

static uint32_t get_flags(const struct acl *acl, const struct address *prefix, unsigned length)
{
    uint32_t flags = 0;

    if (length == 0) {
        return prefix->family == ADDRESS_V4 ? acl->default_v4 : acl->default_v6;
    }
    return acl_get(acl, prefix, length, &flags) ? flags : 0;
}

static bool set_flags(struct acl *acl, const struct address *prefix, unsigned length,
                      uint32_t flags)
{
    if (length == 0) {
        *(prefix->family == ADDRESS_V4 ? &acl->default_v4 : &acl->default_v6) = flags;
        return true;
    }
    return acl_set(acl, prefix, length, flags);
}

static void set_or_complain(struct reader *r, const struct word *word, struct acl *acl,
                            const struct address *prefix, unsigned length, uint32_t flags)
{
    place_note_access(r, acl == &r->config->command_access, prefix, length,
                      (flags & ACCESS_NTPPORT) != 0);
    if (!set_flags(acl, prefix, length, flags)) {
        reader_error(r, word, "", "E015 more than %d access rules", ACL_RULES_MAX);
    }
}

void access_add_flags(struct acl *acl, uint32_t flags)
{
    acl->default_v4 |= flags;
    acl->default_v6 |= flags;
    for (unsigned i = 0; i < acl->count; i++) {
        acl->rules[i].flags |= flags;
    }
}

bool access_any_flag(const struct acl *acl, uint32_t flags)
{
    bool any = ((acl->default_v4 | acl->default_v6) & flags) != 0;

    for (unsigned i = 0; i < acl->count; i++) {
        any = any || (acl->rules[i].flags & flags) != 0;
    }
    return any;
}

static const struct address everywhere[] = {{.family = ADDRESS_V4}, {.family = ADDRESS_V6}};

/* ---- chrony: allow, deny, cmdallow, cmddeny ---- */

const struct parameter access_chrony_arguments[] = {
    {.name = "subnet",
     .type = PARAMETER_REST,
     .optional = true,
     .fallback = "all hosts",
     .doc =
         "[all] address, address/length, 10, 192.168, 1.2.3/22; 'all' removes more specific rules"},
    {0},
};

/* A host by its name is kept for the daemon to look up; what is none is an error. */
static void keep_name(struct reader *r, const struct word *word, const char *problem,
                      const struct access_name *rule)
{
    struct config *c = r->config;
    const char *hint;

    if (!problem) {
        problem = source_line_find_problem(word->text, &hint);
        problem = problem ? hint : NULL;
    }
    if (problem) {
        reader_error(r, word, problem, "E008 '%.100s' is not an address", word->text);
    } else if (c->access_name_count == CONFIG_ACCESS_NAMES_MAX) {
        reader_error(r, word, "write its address", "E015 more than %d host names in access rules",
                     CONFIG_ACCESS_NAMES_MAX);
    } else {
        struct access_name *name = &c->access_names[c->access_name_count++];

        *name = *rule;
        name->place = place_here(r);
        memcpy(name->name, word->text, strlen(word->text) + 1);
    }
}

bool access_apply_name(struct config *c, const struct access_name *rule,
                       const struct address *addresses, unsigned count)
{
    struct acl *acl = rule->command ? &c->command_access : &c->access;
    uint32_t limited = c->ratelimit.enabled && !rule->command && !rule->merge
                           ? ACCESS_LIMITED | (c->ratelimit.kod_log2 > 0 ? ACCESS_KOD : 0)
                           : 0;
    bool all = true;

    for (unsigned i = 0; i < count; i++) {
        unsigned length = addresses[i].family == ADDRESS_V4 ? 32 : 128;
        uint32_t old = rule->merge ? get_flags(acl, &addresses[i], length) : 0;

        all = set_flags(acl, &addresses[i], length, old | rule->flags | limited) && all;
    }
    return all;
}

static void apply_chrony(struct reader *r, struct acl *acl, uint32_t flags)
{
    const struct word *words = r->line.words;
    unsigned next = r->rest, length;
    struct address prefix;
    const char *problem;
    bool all = next < r->line.count && text_equal_any_case(words[next].text, "all");

    next += all;
    if (next == r->line.count) {
        for (unsigned i = 0; i < 2; i++) {
            if (all) {
                acl_clear_within(acl, &everywhere[i], 0);
            }
            set_or_complain(r, &words[next - all], acl, &everywhere[i], 0, flags);
        }
        if (flags == 0 && acl == &r->config->access) {
            r->open_seen = reader_here(r);
        }
        return;
    }
    if (next + 1 < r->line.count) {
        reader_error(r, &words[next + 1], "write one line per subnet",
                     "E006 '%.100s' is an unexpected argument", words[next + 1].text);
        return;
    }
    if (!access_parse_prefix(words[next].text, true, &prefix, &length, &problem)) {
        struct access_name rule = {.flags = flags, .command = acl == &r->config->command_access};

        keep_name(r, &words[next], problem, &rule);
        return;
    }
    if (all) {
        acl_clear_within(acl, &prefix, length);
    }
    set_or_complain(r, &words[next], acl, &prefix, length, flags);
    if (length == 0 && flags == 0 && acl == &r->config->access) {
        r->open_seen = reader_here(r);
    }
}

void access_allow(struct reader *r)
{
    apply_chrony(r, &r->config->access, 0);
}

void access_deny(struct reader *r)
{
    apply_chrony(r, &r->config->access, ACCESS_NOSERVE);
}

void access_command_allow(struct reader *r)
{
    apply_chrony(r, &r->config->command_access, 0);
}

void access_command_deny(struct reader *r)
{
    apply_chrony(r, &r->config->command_access, ACCESS_NOSERVE);
}

/* ---- ntp: restrict, unrestrict ---- */

const struct parameter access_restrict_arguments[] = {
    {.name = "address",
     .type = PARAMETER_WORD,
     .doc = "default, source, an address, or address/length"},
    {0},
};

#define FLAG(word, text)                                                                           \
    {                                                                                              \
        .name = word, .type = PARAMETER_FLAG, .doc = text                                          \
    }

#define NO_FLAG(word, why)                                                                         \
    {                                                                                              \
        .name = word, .type = PARAMETER_FLAG, .verdict = VERDICT_NOTHING, .reason = why            \
    }

const struct parameter access_restrict_options[] = {
    {.name = "mask", .type = PARAMETER_WORD, .doc = "a mask of ones followed by zeros"},
    FLAG("flake", "1 in 10 packets is dropped"),
    FLAG("ignore", "all packets are dropped"),
    FLAG("kod", "some packets over the limit get a KoD response"),
    {.name = "limited",
     .type = PARAMETER_FLAG,
     SETS(SET(ratelimit.enabled)),
     .doc = "the rate limit applies"},
    NO_FLAG("nomodify", "packets cannot change the configuration"),
    NO_FLAG("nopeer", "packets never create associations"),
    FLAG("noquery", "queries by the control protocols are denied"),
    FLAG("noserve", "time requests are denied"),
    NO_FLAG("notrap", "traps are not supported"),
    FLAG("notrust", "unauthenticated packets are denied"),
    FLAG("ntpport", "the rule applies to source port 123 only"),
    FLAG("version", "packets of other NTP versions are denied"),
    NO_FLAG("lowpriotrap", "traps are not supported"),
    NO_FLAG("nomrulist", "the client list is not available to other hosts"),
    NO_FLAG("noepeer", "packets never create associations"),
    {.name = "epeer",
     .type = PARAMETER_FLAG,
     .verdict = VERDICT_LATER,
     .reason = "it would let packets create associations"},
    {.name = "ippeerlimit",
     .type = PARAMETER_INTEGER,
     .minimum = -1,
     .maximum = 1e6,
     .verdict = VERDICT_NOTHING,
     .reason = "packets never create associations"},
    {.name = "mssntp",
     .type = PARAMETER_FLAG,
     .verdict = VERDICT_LATER,
     .reason = "it would have replies to Windows clients signed by Samba"},
    {.name = "serverresponse",
     .type = PARAMETER_WORD,
     .verdict = VERDICT_LATER,
     .reason = "it would obscure the reference time in replies"},
    {0},
};

static uint32_t given_flags(const struct reader *r)
{
    uint32_t given = 0;

    for (const struct acl_word *w = acl_words; w->word; w++) {
        given |= directive_value(r, w->word) ? w->flag : 0;
    }
    return given;
}

/* The prefixes that a restrict line speaks of. */
struct target {
    struct address prefixes[2];
    unsigned lengths[2], count;
    bool source; /* `restrict source` */
};

/* Narrows the prefix by `mask M`. */
static bool apply_mask(struct reader *r, struct target *t)
{
    const struct value *value = directive_value(r, "mask");
    struct address mask;

    if (!value) {
        return true;
    }
    bool address = address_parse(value->word->text, &mask);
    if (!address || mask.family != t->prefixes[0].family || mask_length(&mask) < 0) {
        reader_error(r, value->word, "a mask is ones followed by zeros, for example 255.255.255.0",
                     "E008 '%.100s' is not a mask for '%.100s'", value->word->text,
                     directive_value(r, "address")->word->text);
        return false;
    }
    t->lengths[0] = (unsigned)mask_length(&mask);
    return true;
}

/* A slip in `default` or `source` must not pass for the name of a host. */
static bool complain_of_slip(struct reader *r, const struct word *word)
{
    static const struct {
        const char *word, *hint;
    } words[] = {{"default", "did you mean 'default'?"}, {"source", "did you mean 'source'?"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_distance(word->text, words[i].word) <= 2) {
            reader_error(r, word, words[i].hint, "E008 '%.100s' is not an address", word->text);
            return true;
        }
    }
    return false;
}

/* False: said why, or kept by its name. */
static bool find_target(struct reader *r, struct target *t, uint32_t flags)
{
    const struct word *word = directive_value(r, "address")->word;
    const char *problem;

    memset(t, 0, sizeof *t);
    if (strcmp(word->text, "source") == 0) {
        t->source = true;
        return true;
    }
    if (strcmp(word->text, "default") == 0) {
        for (unsigned i = 0; i < 2; i++) {
            if (r->family == ADDRESS_NONE || r->family == everywhere[i].family) {
                t->prefixes[t->count++] = everywhere[i];
            }
        }
        return true;
    }
    if (!access_parse_prefix(word->text, false, &t->prefixes[0], &t->lengths[0], &problem)) {
        if (problem || !complain_of_slip(r, word)) {
            struct access_name rule = {.flags = flags, .merge = true};

            keep_name(r, word, problem, &rule);
        }
        return false;
    }
    if (r->family != ADDRESS_NONE && r->family != t->prefixes[0].family) {
        reader_error(r, word, "",
                     "E008 '%.100s' is not an address of the family selected by -4 or -6",
                     word->text);
        return false;
    }
    t->count = 1;
    return apply_mask(r, t);
}

/* Remembers the lines that later warnings are about. */
static void note_target(struct reader *r, const struct target *target, uint32_t flags)
{
    if (target->count > 0 && target->lengths[0] == 0) {
        r->default_flags |= flags;
        r->default_seen = reader_here(r);
    } else if (target->count > 0 && address_is_loopback(&target->prefixes[0]) &&
               (flags & (ACCESS_NOQUERY | ACCESS_IGNORE | ACCESS_NOSERVE)) != 0) {
        r->own_seen = reader_here(r);
    }
}

void access_restrict(struct reader *r)
{
    const struct word *word = directive_value(r, "address")->word;
    uint32_t flags = given_flags(r);
    struct acl *acl = &r->config->access;
    struct target target;

    if (!find_target(r, &target, flags)) {
        return;
    }
    if ((flags & ACCESS_NOTRUST) != 0) {
        r->notrust_seen = reader_here(r);
    }
    if (target.source) {
        r->config->have_source_access = true;
        r->config->source_access |= flags;
        r->config->places.source_access = place_here(r);
    }
    note_target(r, &target, flags);
    for (unsigned i = 0; i < target.count; i++) {
        const struct address *prefix = &target.prefixes[i];
        uint32_t old = get_flags(acl, prefix, target.lengths[i]), new = flags;

        if (target.lengths[i] == 0) {
            new &= ~(uint32_t)ACCESS_NTPPORT; /* there is one default only: it holds for all */
        } else if ((flags & ACCESS_NTPPORT) != 0) {
            old = 0; /* a rule of its own, beside the one for other ports */
        }
        set_or_complain(r, word, acl, prefix, target.lengths[i], old | new);
    }
}

/* `unrestrict X` without flags: there is no rule for X any more, as before the first `restrict X`.
 * */
static void remove_rules(struct reader *r, const struct target *target)
{
    const struct word *word = directive_value(r, "address")->word;
    struct acl *acl = &r->config->access;

    if (target->source) {
        r->config->have_source_access = false;
        r->config->source_access = 0;
    }
    for (unsigned i = 0; i < target->count; i++) {
        const struct address *prefix = &target->prefixes[i];

        if (target->lengths[i] == 0) {
            set_flags(acl, prefix, 0, ACCESS_NOQUERY); /* the default */
        } else if (!acl_remove(acl, prefix, target->lengths[i])) {
            reader_warning(r, word, "", "W019 there is no rule for '%.100s'", word->text);
        }
    }
}

static void take_flags_away(struct reader *r, const struct target *target, uint32_t flags)
{
    const struct word *word = directive_value(r, "address")->word;
    struct acl *acl = &r->config->access;

    if (target->source) {
        r->config->source_access &= ~flags;
    }
    for (unsigned i = 0; i < target->count; i++) {
        uint32_t old;
        const struct address *prefix = &target->prefixes[i];

        if (target->lengths[i] > 0 && !acl_get(acl, prefix, target->lengths[i], &old)) {
            reader_warning(r, word, "", "W019 there is no rule for '%.100s'", word->text);
            continue;
        }
        set_flags(acl, prefix, target->lengths[i],
                  get_flags(acl, prefix, target->lengths[i]) & ~flags);
    }
}

void access_unrestrict(struct reader *r)
{
    uint32_t flags = given_flags(r);
    struct target target;

    if (!find_target(r, &target, 0)) {
        return;
    }
    if (flags == 0) {
        remove_rules(r, &target);
    } else {
        take_flags_away(r, &target, flags);
    }
}

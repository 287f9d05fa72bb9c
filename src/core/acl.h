/* SPDX-License-Identifier: BSD-2-Clause */
/* Access control: a table of prefixes with flags, longest match wins. Both access languages are
 * compiled to it (src/config): `deny` is ACCESS_NOSERVE, `restrict` sets its flags as they are;
 * chrony's `ratelimit`, which holds for everybody, is ACCESS_LIMITED (and ACCESS_KOD with its
 * option `kod`) in the flags of every rule and of both defaults. Fixed size, no allocation. */
#ifndef TOKI_CORE_ACL_H
#define TOKI_CORE_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"

#define ACL_RULES_MAX 1024
#define ACL_GROUPS_MAX (33 + 129) /* lengths of v4 and v6 prefixes */

enum access_flags {
    ACCESS_NOSERVE = 1 << 0,  /* no time */
    ACCESS_NOQUERY = 1 << 1,  /* no status (control protocols) */
    ACCESS_NOMODIFY = 1 << 2, /* no change by the control protocols */
    ACCESS_LIMITED = 1 << 3,  /* rate limit applies */
    ACCESS_KOD = 1 << 4,      /* and sometimes gets a kiss */
    ACCESS_IGNORE = 1 << 5,   /* nothing at all, replies of sources included */
    ACCESS_NOPEER = 1 << 6,   /* kept for reports: no association ever comes from a packet */
    ACCESS_NOTRAP = 1 << 7,   /* likewise */
    ACCESS_NTPPORT = 1 << 8,  /* rule holds for source port 123 only */
    ACCESS_VERSION = 1 << 9,  /* only our version is answered */
    ACCESS_NOTRUST = 1 << 10, /* only authenticated packets */
    ACCESS_FLAKE = 1 << 11    /* one in ten is dropped */
};

/* The words of ntp.conf for the flags, in the order of ntpd's list of rules; ends with NULL. */
struct acl_word {
    uint32_t flag;
    const char *word;
};
extern const struct acl_word acl_words[];

/* Writes the words of the flags with blanks between them and a NUL, as many as there is room for;
 * returns the length. `capacity` > 0. */
size_t acl_format_flags(uint32_t flags, char *out, size_t capacity);

struct acl_rule {
    struct address prefix;
    uint8_t length; /* bits: 0..32 or 0..128 */
    uint32_t flags; /* enum access_flags */
};

/* Neighbours in the table of one family and length. */
struct acl_group {
    uint8_t family, length;
    uint16_t first, count;
};

struct acl {
    struct acl_rule rules[ACL_RULES_MAX]; /* sorted: family, then longest first, then address */
    unsigned count;
    struct acl_group groups[ACL_GROUPS_MAX]; /* in the order of the rules */
    unsigned group_count;
    uint32_t default_v4, default_v6; /* flags where no rule matches */
};

/* Empty table with these flags for everybody. */
void acl_init(struct acl *acl, uint32_t default_flags);

/* Adds a rule or replaces the flags of an equal prefix. Host bits of `prefix` are cleared, its port
 * and scope do not count; a v4-mapped prefix of 96 bits or more becomes one of v4. A rule with
 * ACCESS_NTPPORT stands beside one without, and is tried first. False if the table is full or the
 * length is out of range. */
bool acl_set(struct acl *acl, const struct address *prefix, unsigned length, uint32_t flags);

/* The flags of an equal prefix, of the rule without ACCESS_NTPPORT if there are two; false if there
 * is none. */
bool acl_get(const struct acl *acl, const struct address *prefix, unsigned length, uint32_t *flags);

/* Removes the rules of an equal prefix, for all ports and for 123 only; false if there is none. */
bool acl_remove(struct acl *acl, const struct address *prefix, unsigned length);

/* Removes all rules within the prefix (chrony's "all"). */
void acl_clear_within(struct acl *acl, const struct address *prefix, unsigned length);

/* The flags that hold for this address (its port counts for ACCESS_NTPPORT). v4-mapped v6 addresses
 * count as v4. */
uint32_t acl_flags(const struct acl *acl, const struct address *a);

/* Is there a rule for this address, beside the defaults? */
bool acl_has_rule(const struct acl *acl, const struct address *a);

/* The flags of an address that is one of our sources, where `source_flags` hold for all of them
 * (ntp.conf's `restrict source`): a rule for this very host comes first. */
uint32_t acl_flags_of_source(const struct acl *acl, const struct address *a, uint32_t source_flags);

/* May this address have the time? */
bool acl_allows(const struct acl *acl, const struct address *a);

/* True if no address at all gets the time: then no server socket is opened. (False also where
 * longer rules deny every address that others allow: harmless.) */
bool acl_allows_nobody(const struct acl *acl);

#endif

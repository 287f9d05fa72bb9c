/* SPDX-License-Identifier: BSD-2-Clause */
/* Both languages of access control, compiled to struct acl: chrony's allow, deny, cmdallow and
 * cmddeny; ntp.conf's restrict and unrestrict. */
#ifndef TOKI_CONFIG_ACCESS_H
#define TOKI_CONFIG_ACCESS_H

#include "config/directive.h"

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32"; with `short_forms` also chrony's "10", "192.168",
 * "1.2.3/22". True: a prefix. Else *problem is NULL if the text may be a host name, or says what is
 * wrong with it. */
bool access_parse_prefix(const char *text, bool short_forms, struct address *prefix,
                         unsigned *length, const char **problem);

extern const struct parameter access_chrony_arguments[];   /* [all] [subnet] */
extern const struct parameter access_restrict_arguments[]; /* address */
extern const struct parameter access_restrict_options[];   /* mask, flags */

/* Functions of rows. */
void access_allow(struct reader *r);
void access_deny(struct reader *r);
void access_command_allow(struct reader *r);
void access_command_deny(struct reader *r);
void access_restrict(struct reader *r);
void access_unrestrict(struct reader *r);

/* Puts a rule of c->access_names in force for the addresses that its name has. False: no room. */
bool access_apply_name(struct config *c, const struct access_name *rule,
                       const struct address *addresses, unsigned count);

/* ORs flags into every rule and both defaults. */
void access_add_flags(struct acl *acl, uint32_t flags);

/* Does any rule or default have one of the flags? */
bool access_any_flag(const struct acl *acl, uint32_t flags);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources and access rules in words that are the same for every language. */
#ifndef TOKI_CONFIG_DESCRIBE_H
#define TOKI_CONFIG_DESCRIBE_H

#include "config/config.h"

const char *describe_kind(const struct source_spec *s);

/* "server ntp.example.org port 1123" */
void describe_source(const struct source_spec *s, char *out, size_t capacity);

/* The words of a source line that say more than the defaults, each with a blank in front. */
void describe_options(const struct source_spec *s, char *out, size_t capacity);

/* "eth0", "192.0.2.0/24", "IPv4", "all addresses" */
const char *describe_listen_rule(const struct listen_rule *rule, char out[ADDRESS_TEXT_MAX + 8]);

/* "allow limited kod" */
const char *describe_flags(uint32_t flags, char out[160]);

#endif

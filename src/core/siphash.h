/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash for tables filled by unknown hosts.
 * Without the key an attacker cannot choose addresses of one bucket. */
#ifndef TOKI_CORE_SIPHASH_H
#define TOKI_CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const uint8_t *data, size_t length);

#endif

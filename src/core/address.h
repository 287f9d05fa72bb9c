/* SPDX-License-Identifier: BSD-2-Clause */
/* An IP address with a port, as plain data: comparable, hashable, printable without the system. */
#ifndef TOKI_CORE_ADDRESS_H
#define TOKI_CORE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum address_family { ADDRESS_NONE = 0, ADDRESS_V4 = 4, ADDRESS_V6 = 6 };

struct address {
    uint8_t family;    /* enum address_family */
    uint8_t bytes[16]; /* network order; v4 uses the first four, the rest is 0 */
    uint16_t port;     /* host order; 0 = none */
    uint32_t scope;    /* v6 interface index of a link-local address; 0 = none */
};

/* Longest text: "[ipv6%4294967295]:65535" and a NUL. */
#define ADDRESS_TEXT_MAX 64

/* Numeric address, v4 dotted quad or v6 with an optional %scope number; no port, no name, no
 * brackets. False if the text is anything else; *out is then ADDRESS_NONE. */
bool address_parse(const char *text, struct address *out);

/* Without port ("192.0.2.1", "2001:db8::1", "fe80::1%2"); returns text. */
const char *address_format(const struct address *a, char text[ADDRESS_TEXT_MAX]);

/* With port ("192.0.2.1:123", "[2001:db8::1]:123"); returns text. */
const char *address_format_port(const struct address *a, char text[ADDRESS_TEXT_MAX]);

/* Family, bytes and scope equal; the port does not count. */
bool address_equal(const struct address *a, const struct address *b);

bool address_is_loopback(const struct address *a);

/* An address that one host can have: not unspecified, not in 0.0.0.0/8, no multicast, class E or
 * broadcast. */
bool address_is_unicast(const struct address *a);

/* RFC 5905 section 7.3 "Reference ID": the v4 address, or the first four bytes of the MD5 of a v6
 * address. Host order. 0 for ADDRESS_NONE. */
uint32_t address_refid(const struct address *a);

/* The first `length` bits of both are equal and the families are too. */
bool address_in_prefix(const struct address *a, const struct address *prefix, unsigned length);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The control messages of NTP (mode 6: RFC 1305 appendix B, RFC 9327; ntpq speaks them), as bytes.
 * One request is one datagram; an answer is a text cut into fragments of 468 bytes. Used by the
 * daemon that answers and by `toki` that asks. Any bytes may be given to the decoders. */
#ifndef TOKI_WIRE_MODE6_PACKET_H
#define TOKI_WIRE_MODE6_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mac.h"

#define MODE6_HEADER_LENGTH 12
#define MODE6_DATA_MAX 468 /* of one datagram */
/* Header, data padded to eight, MAC. */
#define MODE6_DATAGRAM_MAX (480 + MAC_LENGTH_MAX)

enum mode6_operation {
    MODE6_UNSPECIFIED = 0,
    MODE6_READ_STATUS = 1,
    MODE6_READ_VARIABLES = 2,
    MODE6_WRITE_VARIABLES = 3,
    MODE6_READ_CLOCK = 4,
    MODE6_WRITE_CLOCK = 5,
    MODE6_CONFIGURE = 8,
    MODE6_SAVE_CONFIG = 9,
    MODE6_READ_CLIENTS = 10, /* "most recently used" */
    MODE6_READ_LIST = 11,    /* interfaces, access rules */
    MODE6_REQUEST_NONCE = 12
};

enum mode6_error {
    MODE6_ERROR_UNSPECIFIED = 0,
    MODE6_ERROR_PERMISSION = 1,
    MODE6_ERROR_FORMAT = 2,
    MODE6_ERROR_OPERATION = 3,
    MODE6_ERROR_ASSOCIATION = 4,
    MODE6_ERROR_VARIABLE = 5,
    MODE6_ERROR_VALUE = 6,
    MODE6_ERROR_RESTRICTED = 7,
    MODE6_NO_ERROR = 8 /* not of the wire */
};

struct mode6_header {
    uint8_t leap, version;
    bool response, error, more;
    uint8_t operation; /* enum mode6_operation, or anything up to 31 */
    uint16_t sequence, status, association;
    uint16_t offset, count; /* of the data in the whole answer; bytes of it here */
};

/* Where the parts of a datagram lie. */
struct mode6_parts {
    const uint8_t *data; /* header.count bytes */
    /* What is behind the data: a MAC at one of two places (data padded to 4 or, all together, to
     * 8), or nothing. 0: it cannot be there. */
    size_t mac_at[2], mac_length[2];
};

/* Header and parts of any datagram; MODE6_ERROR_FORMAT if its lengths do not fit (the header is
 * then still there if there are 12 bytes), MODE6_ERROR_UNSPECIFIED if it is no control message at
 * all: not to be answered. Else MODE6_NO_ERROR. */
enum mode6_error mode6_decode(const uint8_t *datagram, size_t length, struct mode6_header *header,
                              struct mode6_parts *parts) __attribute__((warn_unused_result));

/* How a datagram is signed. */
struct mode6_seal {
    const struct mac_key *key; /* NULL: not at all */
    bool align_8;              /* the MAC is behind header and data padded to eight, not four */
    bool cut;                  /* its digest is cut to MAC_DIGEST_SHORT */
};

/* Writes header and data, padding and, if `seal` has a key, a MAC. `data` has header->count bytes,
 * at most MODE6_DATA_MAX. Length of the whole. */
size_t mode6_encode(const struct mode6_header *header, const void *data,
                    const struct mac_keys *keys, const struct mode6_seal *seal,
                    uint8_t out[MODE6_DATAGRAM_MAX]);

/* False: the datagram has no right MAC of any of `keys`; *seal then has no key. */
bool mode6_find_seal(const uint8_t *datagram, const struct mode6_parts *parts,
                     const struct mac_keys *keys, struct mode6_seal *seal);

#endif

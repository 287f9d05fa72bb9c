/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of clients last heard of ("most recently used"), which mode 6 gives piece by piece: what
 * a request asks for and what a row holds, read and written by the same names. A client goes on
 * from rows that it has; a nonce proves that it receives what is sent to its address. Pure. */
#ifndef TOKI_WIRE_MODE6_MRU_H
#define TOKI_WIRE_MODE6_MRU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "wire/mode6_list.h"
#include "wire/mode6_variables.h"

#define MODE6_MRU_NONCE_MAX 128 /* with its NUL */
#define MODE6_MRU_RESUME_MAX 16

/* ---- requests ---- */

/* A row that the client has: "addr.N=ADDRESS:PORT, last.N=TIMESTAMP". */
struct mode6_mru_point {
    struct address address; /* ADDRESS_NONE: not given */
    uint64_t last;          /* 0: not given */
};

/* Named as on the wire. */
struct mode6_mru_request {
    char nonce[MODE6_MRU_NONCE_MAX]; /* "": not given */
    int64_t frags, limit;            /* datagrams and rows at most; 0: not given */
    int64_t recent;                  /* only this number of the latest; 0: all */
    int64_t mincount, mindrop;       /* requests, and dropped ones, at least */
    int64_t resall, resany;          /* bits that all, of which one must be set */
    int64_t maxlstint, minlstint;    /* s since the last request; -1: any */
    double minscore;                 /* requests a second; 0: any */
    struct mode6_mru_point points[MODE6_MRU_RESUME_MAX]; /* the newest first */
    bool resumes;                                        /* there was a point */
};

/* Reads what a request holds; names that are not known count for nothing. False: a value makes no
 * sense. */
bool mode6_mru_read_request(struct mode6_mru_request *r, const uint8_t *data, size_t length);

/* Is this a name by which people may choose rows? */
bool mode6_mru_is_filter(const char *name, size_t length);

/* A row as the client keeps it. */
struct mode6_mru_row {
    char addr[ADDRESS_TEXT_MAX]; /* with its port, as it came */
    uint64_t last, first;        /* requests */
    double ct, dr, sc;           /* requests, dropped ones, requests a second; NAN: not told */
    unsigned mv, rs;             /* mode + 8 * version; restrictions (wire/ntp_words.h) */
};

/* Writes a request for what follows the newest of `rows`, with as many of them as there is room
 * for. `filters`: ", NAME=VALUE" each, as the user wrote them. */
void mode6_mru_write_request(const char *nonce, unsigned frags, const char *filters,
                             const struct mode6_mru_row *rows, size_t count,
                             char out[MODE6_DATA_MAX + 1]);

/* ---- rows ---- */

void mode6_mru_write_row(struct mode6_list *list, int index, const struct mode6_mru_row *row);

/* False: there is none of this index. `last` is 0 if its times cannot be read. */
bool mode6_mru_read_row(const struct variables *v, unsigned index, struct mode6_mru_row *row);

#endif

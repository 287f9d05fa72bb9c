/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings that are plain values in struct config, each with a name that means the same in every
 * language: what a difference compares and `toki config show` shows. */
#ifndef TOKI_CONFIG_FIELDS_H
#define TOKI_CONFIG_FIELDS_H

#include "config/config.h"

enum value_type { VALUE_BOOL, VALUE_INT, VALUE_UNSIGNED, VALUE_SIZE, VALUE_DOUBLE, VALUE_TEXT };

struct config_field {
    const char *name, *unit;
    enum value_type type;
    size_t offset, size;
    double scale;     /* of a double, from what is kept to what is shown; 0: 1 */
    const char *zero; /* what 0 stands for, in words; NULL: 0 */
    bool next_start;  /* cannot change while the daemon runs */
};

extern const struct config_field config_fields[]; /* at most CONFIG_FIELDS_MAX */
extern const size_t config_field_count;

/* "3 s", "yes", ... `base` is a struct config, or what else the table of the field is of. */
void config_field_format(const struct config_field *f, const void *base, char *out,
                         size_t capacity);

bool config_field_equal(const struct config_field *f, const void *a, const void *b);

#endif

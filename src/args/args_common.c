/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions of the rows in the header. */
#include "args/args_common.h"

#include <stdint.h>
#include <string.h>

#include "args/args_value.h"
#include "config/config.h"
#include "config/language.h"
#include "core/address.h"

const char *args_language(size_t i)
{
    const struct language *l = language_next(NULL);

    while (l && i-- > 0) {
        l = language_next(l);
    }
    return l ? l->label : NULL;
}

bool args_set_language(const struct args_option *option, const char *text, void *out, char *problem,
                       size_t capacity)
{
    enum config_dialect dialect;

    if (!args_value_choose(option, text, &text, problem, capacity)) {
        return false;
    }
    dialect = config_dialect_parse(text);
    memcpy((char *)out + option->offset, &dialect, sizeof dialect);
    return true;
}

bool args_set_family(const struct args_option *option, const char *text, void *out, char *problem,
                     size_t capacity)
{
    uint8_t family = option->letter == '4' ? ADDRESS_V4 : ADDRESS_V6;

    (void)text;
    (void)problem;
    (void)capacity;
    memcpy((char *)out + option->offset, &family, sizeof family);
    return true;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of the languages, made from the rows of CONFIG_LANGUAGES. */
#include "config/language.h"

const struct language *language_of(enum config_dialect dialect)
{
#define LANGUAGE_ROW(dialect, row) [dialect] = &(row),
    static const struct language *const languages[CONFIG_DIALECTS] = {
        CONFIG_LANGUAGES(LANGUAGE_ROW)};
#undef LANGUAGE_ROW

    return (unsigned)dialect < CONFIG_DIALECTS ? languages[dialect] : NULL;
}

const struct language *language_next(const struct language *language)
{
    return language_of((enum config_dialect)((language ? language->dialect : DIALECT_UNKNOWN) + 1));
}

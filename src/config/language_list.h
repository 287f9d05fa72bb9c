/* SPDX-License-Identifier: BSD-2-Clause */
/* Which languages of configurations there are; config/language.h has what each is. */
#ifndef TOKI_CONFIG_LANGUAGE_LIST_H
#define TOKI_CONFIG_LANGUAGE_LIST_H

/* identifier, and the name of its struct language */
#define CONFIG_LANGUAGES(X)                                                                        \
    X(DIALECT_CHRONY, chrony_conf)                                                                 \
    X(DIALECT_NTP, ntp_conf)                                                                       \
    X(DIALECT_OPENNTPD, openntpd_conf)

#define CONFIG_DIALECT_ENUM(dialect, language) dialect,
enum config_dialect { DIALECT_UNKNOWN, CONFIG_LANGUAGES(CONFIG_DIALECT_ENUM) CONFIG_DIALECTS };
#undef CONFIG_DIALECT_ENUM

#endif

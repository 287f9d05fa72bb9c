/* SPDX-License-Identifier: BSD-2-Clause */
/* Options that several commands have. */
#ifndef TOKI_ARGS_ARGS_COMMON_H
#define TOKI_ARGS_ARGS_COMMON_H

#include "args/args.h"

/* A row each; `type` is the struct that args_parse() fills. */
#define ARGS_JSON(type, member)                                                                    \
    {                                                                                              \
        'j', "json", ARGS_FLAG, offsetof(type, member), .help = "print JSON, for programs"         \
    }
#define ARGS_CONTROL(type, member)                                                                 \
    {                                                                                              \
        .name = "control", .kind = ARGS_PATH, .offset = offsetof(type, member),                    \
        .fallback = "/run/toki/tokid.sock", .help = "control socket of the daemon"                 \
    }
/* The member is an enum config_dialect. */
#define ARGS_LANGUAGE(type, member)                                                                \
    {                                                                                              \
        .name = "language", .kind = ARGS_CHOICE, .offset = offsetof(type, member),                 \
        .choice = args_language, .set = args_set_language,                                         \
        .help = "language of the configuration; without it, its content decides"                   \
    }
/* The member is an uint8_t, enum address_family. */
#define ARGS_IPV4(type, member, text)                                                              \
    {                                                                                              \
        '4', NULL, ARGS_FLAG, offsetof(type, member), .set = args_set_family, .help = text         \
    }
#define ARGS_IPV6(type, member, text)                                                              \
    {                                                                                              \
        '6', NULL, ARGS_FLAG, offsetof(type, member), .set = args_set_family, .help = text         \
    }

const char *args_language(size_t i);
args_setter args_set_language, args_set_family;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Shorthand for the rows of all tables, so that a row fits in a line or two. */
#ifndef TOKI_CONFIG_ROWS_H
#define TOKI_CONFIG_ROWS_H

#include "config/directive.h"

/* Arguments or options of a row, in place. */
#define PARAMETERS(...)                                                                            \
    (const struct parameter[])                                                                     \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* Numbers: name, range, unit, what holds without it. */
#define INTEGER(name_, low, high, unit_, fallback_)                                                \
    .name = name_, .type = PARAMETER_INTEGER, .minimum = (low), .maximum = (high), .unit = unit_,  \
    .fallback = fallback_
#define REAL(name_, low, high, unit_, fallback_)                                                   \
    .name = name_, .type = PARAMETER_REAL, .minimum = (low), .maximum = (high), .unit = unit_,     \
    .fallback = fallback_
#define WORD(name_, fallback_) .name = name_, .type = PARAMETER_WORD, .fallback = fallback_
#define OPTION_FLAG(name_) .name = name_, .type = PARAMETER_FLAG

/* Where it goes. */
#define TO_CONFIG(kind, field) .store = kind, .offset = offsetof(struct config, field)
#define TO_SPEC(kind, field) .store = kind, .offset = offsetof(struct source_spec, field)
#define TO_LIVE_SPEC(kind, field) .live = true, TO_SPEC(kind, field)
#define TEXT_TO(field)                                                                             \
    .store = STORE_TEXT, .offset = offsetof(struct config, field),                                 \
    .capacity = sizeof(((struct config *)0)->field)

/* What the row's function makes of it; SETS() of one member, SET() for lists of them. */
#define SET(field) offsetof(struct config, field)
#define SETS(...)                                                                                  \
    .sets = (const size_t[])                                                                       \
    {                                                                                              \
        __VA_ARGS__, 0                                                                             \
    }

/* Verdicts of options and arguments ... */
#define IS_LATER(why) .verdict = VERDICT_LATER, .reason = why, .doc = why
#define IS_NOTHING(why) .verdict = VERDICT_NOTHING, .reason = why, .doc = why
#define IS_OBSOLETE(why) .verdict = VERDICT_OBSOLETE, .reason = why, .doc = why
#define IS_REFUSED(why) .verdict = VERDICT_REFUSED, .reason = why, .doc = why
#define INSTEAD(what) .instead = what

/* Reasons that several rows have. */
#define NO_WINDOW "there is no fixed window of samples: the filter adapts to the clock"
#define UNREACHABLE_UNUSED "a source that has not answered eight requests is never used"
#define UNAUTHENTICATED "the packets of this source would not be authenticated"
#define OUTVOTE INSTEAD("remove it and use four servers, which outvote a falseticker, or use 'key'")
#define ONLY_NTS "it only applies to sources with 'nts', which are refused"

/* An argument that is all further words. */
#define WORDS(name_, fallback_)                                                                    \
    {                                                                                              \
        .name = name_, .type = PARAMETER_REST, .fallback = fallback_                               \
    }

/* ... and whole rows: those whose arguments go to their places, ... */
#define SETTING(word, text, ...)                                                                   \
    {                                                                                              \
        .keyword = word, .arguments = PARAMETERS(__VA_ARGS__), .doc = text                         \
    }

/* ... those whose words are read and checked, ... */
#define LATER_OF(word, why, ...)                                                                   \
    {                                                                                              \
        .keyword = word, .arguments = PARAMETERS(__VA_ARGS__), .repeats = true, IS_LATER(why)      \
    }
#define NOTHING_OF(word, why, ...)                                                                 \
    {                                                                                              \
        .keyword = word, .arguments = PARAMETERS(__VA_ARGS__), .repeats = true, IS_NOTHING(why)    \
    }

/* ... and those whose words are not looked at. */
#define LATER(word, why)                                                                           \
    {                                                                                              \
        .keyword = word, .repeats = true, IS_LATER(why)                                            \
    }
#define NOTHING(word, why)                                                                         \
    {                                                                                              \
        .keyword = word, .repeats = true, IS_NOTHING(why)                                          \
    }
#define OBSOLETE(word, why)                                                                        \
    {                                                                                              \
        .keyword = word, .repeats = true, IS_OBSOLETE(why)                                         \
    }
#define REFUSED(word, why, cure)                                                                   \
    {                                                                                              \
        .keyword = word, .repeats = true, IS_REFUSED(why), INSTEAD(cure)                           \
    }

#endif

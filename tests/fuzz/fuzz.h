/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the fuzz targets: the entry point that libFuzzer calls, and a check that stays in force
 * whatever NDEBUG says. A target takes any bytes, feeds one codec, and requires what must hold. */
#ifndef TOKI_TESTS_FUZZ_FUZZ_H
#define TOKI_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_REQUIRE(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of addresses of the last run: what is taken from any bytes can be written and is read
 * again as the same. */
#include "fuzz.h"

#include <string.h>

#include "daemon/addresses.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct addresses a, again;
    static char text[ADDRESSES_TEXT_MAX], second[ADDRESSES_TEXT_MAX];
    size_t length;

    if (!addresses_parse(&a, (const char *)data, size)) {
        return 0;
    }
    FUZZ_REQUIRE(a.count <= SOURCE_SPECS_MAX);
    for (unsigned i = 0; i < a.count; i++) {
        FUZZ_REQUIRE(addresses_record_is_sound(&a.records[i]));
    }
    length = addresses_format(&a, text, sizeof text);
    FUZZ_REQUIRE(length > 0 && length == strlen(text));
    FUZZ_REQUIRE(addresses_parse(&again, text, length));
    FUZZ_REQUIRE(again.count == a.count);
    FUZZ_REQUIRE(addresses_format(&again, second, sizeof second) == length);
    FUZZ_REQUIRE(memcmp(text, second, length) == 0);
    return 0;
}

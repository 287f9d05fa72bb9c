/* SPDX-License-Identifier: BSD-2-Clause */
/* address_parse() on any text: what it accepts comes back the same after printing. */
#include <string.h>

#include "core/address.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256], printed[ADDRESS_TEXT_MAX], again[ADDRESS_TEXT_MAX];
    struct address a, b;

    if (size >= sizeof text) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    if (!address_parse(text, &a)) {
        FUZZ_REQUIRE(a.family == ADDRESS_NONE);
        return 0;
    }
    FUZZ_REQUIRE(a.family == ADDRESS_V4 || a.family == ADDRESS_V6);
    FUZZ_REQUIRE(address_parse(address_format(&a, printed), &b));
    FUZZ_REQUIRE(address_equal(&a, &b));
    FUZZ_REQUIRE(strcmp(printed, address_format(&b, again)) == 0);
    a.port = 65535;
    FUZZ_REQUIRE(strlen(address_format_port(&a, printed)) < sizeof printed);
    return 0;
}

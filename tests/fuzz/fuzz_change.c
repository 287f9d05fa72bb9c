/* SPDX-License-Identifier: BSD-2-Clause */
/* Directives by hand: the first byte chooses what is done and in which language, the rest is the
 * text. Whatever it is, no file is named by it, and a change that is refused says why. */
#include "fuzz.h"

#include <string.h>

#include "config/change.h"
#include "config/difference.h"

static const char *const bases[] = {
    "server ntp1.example iburst\nallow 192.0.2.0/24\nratelimit\n",
    "server ntp1.example iburst\nrestrict default limited kod noquery\n"
    "restrict 192.0.2.0/24 noserve\n"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config *old, *new;
    static struct difference difference;
    struct change change = {0};
    unsigned base;

    if (!old) {
        old = config_new();
        new = config_new();
        FUZZ_REQUIRE(old && new);
    }
    if (size == 0) {
        return 0;
    }
    base = data[0] & 1;
    change.kind = (data[0] >> 1) % (CHANGE_KINDS + 1);
    memcpy(change.text, data + 1, size - 1 < sizeof change.text ? size - 1 : sizeof change.text);
    FUZZ_REQUIRE(config_load_text(old, "base", bases[base], strlen(bases[base]),
                                  base ? DIALECT_NTP : DIALECT_CHRONY));
    *new = *old;
    if (!change_apply(new, &change)) {
        FUZZ_REQUIRE(new->error_count > 0 && new->message_count > 0);
        return 0;
    }
    FUZZ_REQUIRE(change_is_sound(&change) && change.kind != CHANGE_RELOAD);
    FUZZ_REQUIRE(strcmp(old->driftfile, new->driftfile) == 0);
    FUZZ_REQUIRE(strcmp(old->pidfile, new->pidfile) == 0);
    FUZZ_REQUIRE(strcmp(old->keyfile, new->keyfile) == 0);
    FUZZ_REQUIRE(strcmp(old->user, new->user) == 0);
    FUZZ_REQUIRE(old->port == new->port && old->bind_count == new->bind_count);
    FUZZ_REQUIRE(new->settings.spec_count <= SOURCE_SPECS_MAX);
    difference_find(&difference, old, new);
    FUZZ_REQUIRE(difference.length == strlen(difference.text));
    return 0;
}

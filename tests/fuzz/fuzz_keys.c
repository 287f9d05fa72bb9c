/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files. The first byte chooses the format, the rest is the file: whatever is in it, the table
 * is sound, messages can be shown, and each key can be written and read again. */
#include "fuzz.h"

#include <string.h>

#include "config/keys.h"

static struct config *c, *again;

static void forget(struct config *config)
{
    config->message_count = config->warning_count = config->error_count = 0;
    config->keys.count = config->keys.used = 0;
}

static void check_table(const struct mac_keys *keys)
{
    FUZZ_REQUIRE(keys->count <= MAC_KEYS_MAX && keys->used <= MAC_SECRETS_MAX);
    for (unsigned i = 0; i < keys->count; i++) {
        const struct mac_key *k = &keys->keys[i];
        size_t wanted;

        FUZZ_REQUIRE(k->id != 0 && (i == 0 || keys->keys[i - 1].id < k->id));
        FUZZ_REQUIRE(k->algorithm < MAC_ALGORITHMS && k->length > 0);
        FUZZ_REQUIRE(k->length <= MAC_SECRET_MAX && k->at + k->length <= keys->used);
        wanted = mac_secret_length(k->algorithm);
        FUZZ_REQUIRE(wanted == 0 || wanted == k->length);
        FUZZ_REQUIRE(mac_find(keys, k->id) == k);
    }
}

static void check_messages(void)
{
    char out[4096];

    FUZZ_REQUIRE(c->error_count == 0);
    for (unsigned i = 0; i < c->message_count; i++) {
        const struct config_message *m = &c->messages[i];

        FUZZ_REQUIRE(m->severity == CONFIG_WARNING && m->line > 0 && m->width >= 1);
        FUZZ_REQUIRE(config_message_format(m, out, sizeof out) == strlen(out));
        for (const char *p = m->source; *p != '\0'; p++) {
            FUZZ_REQUIRE((unsigned char)*p >= 0x20 && *p != 0x7f);
        }
    }
}

/* One key, written in the format, is the same key when it is read. */
static void check_written(const struct mac_keys *keys, const struct mac_key *k,
                          enum keys_format format)
{
    char line[2 * MAC_SECRET_MAX + 64];
    const struct mac_key *other;
    size_t length = keys_write_line(format, k->id, k->algorithm, keys->secrets + k->at, k->length,
                                    line, sizeof line);

    if (length == 0) {
        return;
    }
    forget(again);
    keys_read_text(again, "k", line, length, format);
    other = mac_find(&again->keys, k->id);
    FUZZ_REQUIRE(other && other->algorithm == k->algorithm && other->length == k->length);
    FUZZ_REQUIRE(memcmp(again->keys.secrets + other->at, keys->secrets + k->at, k->length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum keys_format format;

    c = c ? c : config_new();
    again = again ? again : config_new();
    FUZZ_REQUIRE(c && again);
    if (size == 0) {
        return 0;
    }
    format = data[0] & 1 ? KEYS_NTP : KEYS_CHRONY;
    forget(c);
    keys_read_text(c, "k", (const char *)data + 1, size - 1, format);
    check_table(&c->keys);
    check_messages();
    for (unsigned i = 0; i < c->keys.count; i++) {
        check_written(&c->keys, &c->keys.keys[i], KEYS_CHRONY);
        check_written(&c->keys, &c->keys.keys[i], KEYS_NTP);
    }
    return 0;
}

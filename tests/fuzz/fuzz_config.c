/* SPDX-License-Identifier: BSD-2-Clause */
/* Both configuration languages. The first byte chooses the language; the text is cut at 0x1e into
 * files, which includes reach under the names 0, 1, 2, ... through a file system of our own here:
 * nothing of the machine's is read. The drift file's text is tried on the same bytes. */
#include "fuzz.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "config/config.h"
#include "config/drift.h"
#include "os/file.h"

#define FILES_MAX 4

static struct {
    const char *text;
    size_t length;
} files[FILES_MAX];
static unsigned file_count;
static unsigned reads; /* of one run: storms of includes are for the unit tests */

/* ---- os/file.h ---- */

int file_read(const char *path, size_t limit, char **text, size_t *length)
{
    unsigned number = (unsigned)(path[0] - '0');
    if (path[0] == 'd') {
        return -EISDIR;
    }
    if (++reads > 40 || number >= file_count || path[1] != '\0') {
        return -ENOENT;
    }
    FUZZ_REQUIRE(files[number].length <= limit);
    *text = malloc(files[number].length + 1);
    FUZZ_REQUIRE(*text != NULL);
    memcpy(*text, files[number].text, files[number].length);
    (*text)[files[number].length] = '\0';
    *length = files[number].length;
    return 0;
}

long file_mode(const char *path)
{
    return path[0] & 1 ? 0644 : 0600;
}

/* Every pattern matches every file. */
int file_glob(const char *pattern, struct file_list *out)
{
    (void)pattern;
    out->count = 0;
    out->paths = calloc(FILES_MAX, sizeof *out->paths);
    FUZZ_REQUIRE(out->paths != NULL);
    for (unsigned i = 0; i < file_count; i++) {
        char name[2] = {(char)('0' + i), '\0'};
        out->paths[out->count++] = strdup(name);
    }
    return 0;
}

bool file_is_directory(const char *path)
{
    (void)path;
    return true;
}

void file_list_free(struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->paths[i]);
    }
    free(list->paths);
}

/* ---- what must hold ---- */

static void check_settings(const struct config *c)
{
    const struct settings *s = &c->settings;
    FUZZ_REQUIRE(s->spec_count <= SOURCE_SPECS_MAX && c->bind_count <= CONFIG_BIND_MAX);
    FUZZ_REQUIRE(c->port <= 65535 && c->command_port <= 65535 && c->dscp >= 0 && c->dscp <= 63);
    FUZZ_REQUIRE(s->min_sources >= 1 && s->local_stratum >= 1 && s->local_stratum <= 15);
    FUZZ_REQUIRE(isfinite(s->step_threshold_s) && s->step_threshold_s >= 0);
    FUZZ_REQUIRE(isfinite(s->panic_s) && s->panic_s >= 0);
    FUZZ_REQUIRE(isfinite(s->max_slew_rate) && s->max_slew_rate > 0);
    FUZZ_REQUIRE(isfinite(c->ratelimit.interval_s) && c->ratelimit.interval_s > 0);
    FUZZ_REQUIRE(c->ratelimit.burst >= 1);
    FUZZ_REQUIRE(s->step_updates >= -1);
    for (unsigned i = 0; i < s->spec_count; i++) {
        const struct source_spec *spec = &s->specs[i];
        FUZZ_REQUIRE(spec->name[0] != '\0' && strlen(spec->name) <= 253);
        FUZZ_REQUIRE(spec->minpoll >= POLL_MIN && spec->minpoll <= spec->maxpoll &&
                     spec->maxpoll <= POLL_MAX);
        FUZZ_REQUIRE(spec->version >= 1 && spec->version <= 4);
        FUZZ_REQUIRE(spec->key_id == 0 || spec->kind == SOURCE_REFCLOCK ||
                     mac_find(&c->keys, spec->key_id) != NULL);
        FUZZ_REQUIRE(spec->max_sources >= 1 && spec->max_sources <= 16 && spec->port > 0);
    }
}

static void check_messages(const struct config *c)
{
    char out[4096];
    unsigned errors = 0;
    FUZZ_REQUIRE(c->message_count <= CONFIG_MESSAGES_MAX);
    FUZZ_REQUIRE(c->message_count <= c->error_count + c->warning_count);
    for (unsigned i = 0; i < c->message_count; i++) {
        const struct config_message *m = &c->messages[i];
        size_t length = config_message_format(m, out, sizeof out);
        FUZZ_REQUIRE(length == strlen(out) && length > 0 && length < sizeof out - 1);
        FUZZ_REQUIRE(m->width >= 1 && (m->line == 0) == (m->column == 0));
        for (const char *p = m->source; *p != '\0'; p++) {
            FUZZ_REQUIRE((unsigned char)*p >= 0x20 && *p != 0x7f);
        }
        errors += m->severity == CONFIG_ERROR;
    }
    FUZZ_REQUIRE(errors ==
                 (c->error_count < CONFIG_MESSAGES_MAX ? c->error_count : CONFIG_MESSAGES_MAX));
}

static void check_drift(const char *text, size_t length)
{
    for (enum drift_format format = DRIFT_CHRONY; format <= DRIFT_NTP; format++) {
        double rate = 7, skew = 7;
        char out[128];
        if (drift_parse(text, length, format, &rate, &skew)) {
            FUZZ_REQUIRE(fabs(rate) <= 501e-6 && skew >= 0 && skew <= 1.1);
            FUZZ_REQUIRE(drift_format_text(out, sizeof out, format, rate, skew) > 0);
        } else {
            FUZZ_REQUIRE(rate == 7 && skew == 7);
        }
    }
}

static void cut_files(const char *text, size_t length)
{
    file_count = 0;
    reads = 0;
    while (file_count < FILES_MAX) {
        const char *end = length > 0 ? memchr(text, 0x1e, length) : NULL;
        files[file_count].text = text;
        files[file_count].length = end != NULL ? (size_t)(end - text) : length;
        file_count++;
        if (end == NULL) {
            return;
        }
        length -= (size_t)(end - text) + 1;
        text = end + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config *c;
    static const enum config_dialect languages[] = {DIALECT_UNKNOWN, DIALECT_CHRONY, DIALECT_NTP,
                                                    DIALECT_OPENNTPD};
    if (size == 0) {
        return 0;
    }
    c = c != NULL ? c : config_new();
    FUZZ_REQUIRE(c != NULL);
    cut_files((const char *)data + 1, size - 1);
    bool right = config_load(c, "0", languages[data[0] % 4]);
    FUZZ_REQUIRE(right == (c->error_count == 0));
    check_messages(c);
    if (right) {
        FUZZ_REQUIRE(c->dialect != DIALECT_UNKNOWN);
        check_settings(c);
    }
    check_drift((const char *)data + 1, size - 1);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Names are only checked for their form here: to look them up is the daemon's. */
#include "config/source_line.h"

#include <string.h>

#include "config/keys.h"
#include "config/place.h"
#include "config/text.h"

const struct parameter source_line_arguments[] = {
    {.name = "host", .type = PARAMETER_WORD, .doc = "a name or an address"},
    {0},
};

static bool is_host_character(char c)
{
    return text_is_digit(c) || (text_lower(c) >= 'a' && text_lower(c) <= 'z') || c == '-' ||
           c == '.' || c == '_';
}

const char *source_line_find_problem(const char *host, const char **hint)
{
    size_t length = strlen(host);
    const char *percent = strchr(host, '%');

    *hint = "";
    if (length > 253) {
        return "longer than a host name can be (253 characters)";
    }
    if (host[0] == '[') {
        *hint = "use the address without brackets";
        return "neither an address nor a host name";
    }
    if (strchr(host, ':')) {
        struct address address;
        char head[ADDRESS_TEXT_MAX];
        size_t bytes = percent ? (size_t)(percent - host) : length;

        if (percent && percent[1] != '\0' && bytes < sizeof head) {
            memcpy(head, host, bytes);
            head[bytes] = '\0';
            if (address_parse(head, &address)) {
                return NULL; /* fe80::1%eth0: the system knows the number of eth0 */
            }
        }
        *hint = strchr(host, ':') == strrchr(host, ':') ? "the port is an option of its own" : "";
        return "neither an address nor a host name";
    }
    if (host[strspn(host, "0123456789.")] == '\0') {
        *hint = "an IPv4 address has four numbers from 0 to 255";
        return "not an address";
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_host_character(host[i])) {
            *hint = (signed char)host[i] < 0 ? "use the ASCII form of the name (xn--...)" : "";
            return "neither an address nor a host name";
        }
    }
    return NULL;
}

static bool read_host(struct reader *r, const struct word *word)
{
    struct source_spec *spec = &r->spec;
    const char *hint;

    if (!address_parse(word->text, &spec->address)) {
        const char *problem = source_line_find_problem(word->text, &hint);

        if (problem) {
            reader_error(r, word, hint, "E008 '%.100s' is %s", word->text, problem);
            return false;
        }
        memset(&spec->address, 0, sizeof spec->address);
    } else if (spec->family != ADDRESS_NONE && spec->family != spec->address.family) {
        reader_error(r, word, "", "E008 '%.100s' is not an IPv%u address", word->text,
                     (unsigned)spec->family);
        return false;
    } else if (spec->kind == SOURCE_POOL) {
        reader_warning(r, word, "use 'server' for a single address",
                       "W017 '%.100s' is a single address, not a pool", word->text);
    }
    if (strlen(word->text) >= sizeof spec->name) {
        reader_error(r, word, "", "E019 '%.100s...' is too long", word->text);
        return false;
    }
    memcpy(spec->name, word->text, strlen(word->text) + 1);
    return true;
}

/* minpoll and maxpoll in the right order, as both languages do it: who was given wins. */
static void order_polls(struct reader *r)
{
    struct source_spec *spec = &r->spec;
    const struct value *least = directive_value(r, "minpoll");
    const struct value *most = directive_value(r, "maxpoll");

    if (spec->minpoll <= spec->maxpoll) {
        return;
    }
    if (least && most) {
        reader_warning(r, most->word, "", "W016 maxpoll %d is less than minpoll: %d is used",
                       spec->maxpoll, spec->minpoll);
    }
    if (least) {
        spec->maxpoll = spec->minpoll;
    } else {
        spec->minpoll = spec->maxpoll;
    }
}

static bool is_same(const struct source_spec *a, const struct source_spec *b)
{
    if (a->kind == SOURCE_REFCLOCK || b->kind == SOURCE_REFCLOCK) {
        return a->kind == b->kind && a->refclock_kind == b->refclock_kind &&
               a->refclock_unit == b->refclock_unit &&
               strcmp(a->refclock_path, b->refclock_path) == 0;
    }
    return a->port == b->port &&
           (a->address.family != ADDRESS_NONE
                ? address_equal(&a->address, &b->address)
                : b->address.family == ADDRESS_NONE && a->family == b->family &&
                      text_equal_any_case(a->name, b->name));
}

/* The line before may be of a file that was read long ago, or of none. */
static void warn_of_second(struct reader *r, const struct word *word, unsigned first)
{
    const struct config_place *place = &r->config->places.specs[first];
    const char *file = place_file(r->config, place);

    if (file && place->line > 0) {
        reader_warning(r, word, "", "W008 '%.100s' repeated: this line replaces %.80s:%u",
                       word->text, file, place->line);
    } else {
        reader_warning(r, word, "", "W008 '%.100s' repeated: this line replaces the previous one",
                       word->text);
    }
}

void source_line_add(struct reader *r, const struct word *word)
{
    struct settings *settings = &r->config->settings;

    for (unsigned i = 0; i < settings->spec_count; i++) {
        if (is_same(&settings->specs[i], &r->spec)) {
            warn_of_second(r, word, i);
            memcpy(&settings->specs[i], &r->spec, sizeof r->spec);
            r->spec_seen[i] = reader_here(r);
            keys_note_source(r, i);
            place_note_source(r, i);
            return;
        }
    }
    if (settings->spec_count == SOURCE_SPECS_MAX) {
        reader_error(r, word, "", "E015 more than %d sources", SOURCE_SPECS_MAX);
        return;
    }
    r->spec_seen[settings->spec_count] = reader_here(r);
    keys_note_source(r, settings->spec_count);
    place_note_source(r, settings->spec_count);
    /* with its padding: lines are compared as bytes */
    memcpy(&settings->specs[settings->spec_count++], &r->spec, sizeof r->spec);
}

static void add_source(struct reader *r, enum source_kind kind)
{
    const struct word *word = directive_value(r, "host")->word;

    r->spec.kind = kind;
    if (r->family != ADDRESS_NONE) {
        r->spec.family = (uint8_t)r->family;
    } else if (directive_value(r, "ipv4") || directive_value(r, "ipv6")) {
        r->spec.family = directive_value(r, "ipv4") ? ADDRESS_V4 : ADDRESS_V6;
    }
    r->spec.has_asymmetry = directive_value(r, "asymmetry") != NULL;
    if (!read_host(r, word)) {
        return;
    }
    order_polls(r);
    source_line_add(r, word);
}

void source_line_server(struct reader *r)
{
    add_source(r, SOURCE_SERVER);
}

void source_line_pool(struct reader *r)
{
    add_source(r, SOURCE_POOL);
}

void source_line_peer(struct reader *r)
{
    add_source(r, SOURCE_PEER);
}

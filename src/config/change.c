/* SPDX-License-Identifier: BSD-2-Clause */
/* See change.h. A line goes through the same walker as the lines of a file; what the languages do
 * after the last line of a file is done by their `settle` where it matters for such a line. */
#include "config/change.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/access.h"
#include "config/directive.h"
#include "config/include.h"
#include "config/keys.h"
#include "config/message.h"
#include "config/text.h"

#define COMMAND_NAME "command" /* in place of the name of a file */
#define POOL_SOURCES_BY_HAND 4 /* ntp.conf's `tos maxclock` is shared out when a file is read */

static const char *const keywords[] = {"server", "pool",     "peer",      "allow",
                                       "deny",   "restrict", "unrestrict"};

static void __attribute__((format(printf, 3, 4)))
complain(struct config *c, const char *hint, const char *format, ...)
{
    struct message_place place = {.file = COMMAND_NAME};
    va_list arguments;
    va_start(arguments, format);
    message_add(c, CONFIG_ERROR, &place, hint, format, arguments);
    va_end(arguments);
}

bool change_is_sound(const struct change *change)
{
    const char *end = memchr(change->text, '\0', sizeof change->text);
    if (change->kind >= CHANGE_KINDS || end == NULL) {
        return false;
    }
    for (const char *p = change->text; p < end; p++) {
        if (*p == '\n' || *p == '\r') {
            return false; /* one line is one line */
        }
    }
    return true;
}

/* ---- one line ---- */

/* Is the first word one that may be given by hand? */
static bool is_permitted(const char *line, char word[32])
{
    size_t length = strcspn(line, " \t");
    snprintf(word, 32, "%.*s", length < 31 ? (int)length : 31, line);
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (length < 31 && strcmp(word, keywords[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void describe_keyword_flags(uint32_t flags, char *out, size_t capacity)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } words[] = {{ACCESS_KOD, "kod"},           {ACCESS_LIMITED, "limited"},
                 {ACCESS_NOMODIFY, "nomodify"}, {ACCESS_NOQUERY, "noquery"},
                 {ACCESS_NOPEER, "nopeer"},     {ACCESS_NOTRAP, "notrap"},
                 {ACCESS_VERSION, "version"},   {ACCESS_FLAKE, "flake"}};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words && used < capacity; i++) {
        if ((flags & words[i].flag) != 0) {
            used += (size_t)snprintf(out + used, capacity - used, " %s", words[i].name);
        }
    }
}

/* `allow X` and `deny X` in the words of ntp.conf: the other flags of X stay as they are. False: X
 * is no address. */
static bool translate_to_restrict(const struct config *c, const char *line, char *out,
                                  size_t capacity)
{
    bool allow = line[0] == 'a';
    const char *subnet = line + strcspn(line, " \t"), *problem;
    char target[CHANGE_TEXT_MAX], flags[160];
    struct address prefix;
    unsigned length;
    uint32_t old = c->access.default_v4 & c->access.default_v6;
    subnet += strspn(subnet, " \t");
    snprintf(target, sizeof target, "%s", subnet[0] != '\0' ? subnet : "default");
    target[strcspn(target, " \t")] = '\0';
    if (strcmp(target, "default") != 0) {
        char text[ADDRESS_TEXT_MAX];
        if (!access_parse_prefix(target, true, &prefix, &length, &problem)) {
            return false;
        }
        if (!acl_get(&c->access, &prefix, length, &old)) {
            old = acl_flags(&c->access, &prefix);
        }
        snprintf(target, sizeof target, "%s/%u", address_format(&prefix, text), length);
    }
    describe_keyword_flags(old, flags, sizeof flags);
    if (allow) {
        snprintf(out, capacity, "restrict %s%s\nunrestrict %s noserve ignore notrust\n", target,
                 flags, target);
    } else {
        snprintf(out, capacity, "restrict %s%s noserve\n", target, flags);
    }
    return true;
}

static void read_lines(struct config *c, const struct language *language, const char *text)
{
    static const struct origin running = {.file = "the configuration in force"};
    struct reader *r = calloc(1, sizeof *r);
    unsigned before = c->settings.spec_count;
    if (r == NULL) {
        complain(c, "", "E018 out of memory");
        return;
    }
    r->config = c;
    r->language = language;
    for (unsigned i = 0; i < before; i++) {
        r->spec_seen[i] = running;
    }
    include_text(r, COMMAND_NAME, text, strlen(text));
    if (language->settle != NULL && c->error_count == 0) {
        language->settle(r);
    }
    keys_check_sources(r);
    for (unsigned i = before; i < c->settings.spec_count; i++) {
        struct source_spec *spec = &c->settings.specs[i];
        if (spec->kind == SOURCE_POOL && spec->max_sources > POOL_SOURCES_BY_HAND &&
            c->dialect == DIALECT_NTP) {
            spec->max_sources = POOL_SOURCES_BY_HAND;
        }
    }
    for (unsigned i = 0; i < r->file_count; i++) {
        free(r->files[i]);
    }
    free(r);
}

static void apply_line(struct config *c, const char *line)
{
    const struct language *language = config_language(c->dialect);
    char word[32], text[3 * CHANGE_TEXT_MAX];
    if (!is_permitted(line, word)) {
        complain(c, "server, pool, peer, allow, deny, restrict and unrestrict can be",
                 "E020 '%s' cannot be given while the daemon runs: change the file and reload it",
                 word);
        return;
    }
    snprintf(text, sizeof text, "%s\n", line);
    if (language != NULL && directive_find(language, word) == NULL &&
        (word[0] == 'a' || word[0] == 'd') && directive_find(language, "restrict") != NULL &&
        !translate_to_restrict(c, line, text, sizeof text)) {
        complain(c, "an address, or address/length", "E008 '%.200s' names no subnet", line);
        return;
    }
    if (language == NULL) {
        complain(c, "", "E020 no language is in force");
        return;
    }
    read_lines(c, language, text);
}

/* ---- sources by name ---- */

/* `host` as it was written, or its address in any spelling. */
static bool is_host(const struct source_spec *spec, const char *host)
{
    struct address address;
    if (text_equal_any_case(spec->name, host)) {
        return true;
    }
    return spec->address.family != ADDRESS_NONE && address_parse(host, &address) &&
           address_equal(&spec->address, &address);
}

static void complain_of_host(struct config *c, const char *host)
{
    const struct settings *s = &c->settings;
    const char *best = NULL;
    unsigned least = text_distance_limit(host) + 1;
    char hint[256] = "";
    for (unsigned i = 0; i < s->spec_count; i++) {
        unsigned distance = text_distance(host, s->specs[i].name);
        if (distance < least) {
            least = distance;
            best = s->specs[i].name;
        }
    }
    if (best != NULL) {
        snprintf(hint, sizeof hint, "did you mean '%.200s'?", best);
    }
    complain(c, hint, "E020 no source is called '%.200s'", host);
}

static void delete_source(struct config *c, const char *host)
{
    struct settings *s = &c->settings;
    unsigned kept = 0;
    for (unsigned i = 0; i < s->spec_count; i++) {
        if (!is_host(&s->specs[i], host)) {
            if (kept != i) {
                s->specs[kept] = s->specs[i];
            }
            kept++;
        }
    }
    if (kept == s->spec_count) {
        complain_of_host(c, host);
        return;
    }
    memset(&s->specs[kept], 0, (s->spec_count - kept) * sizeof s->specs[0]);
    s->spec_count = kept;
}

static void set_offline(struct config *c, const char *host, bool offline)
{
    struct settings *s = &c->settings;
    bool found = false;
    for (unsigned i = 0; i < s->spec_count; i++) {
        if (s->specs[i].kind != SOURCE_REFCLOCK &&
            (host[0] == '\0' || is_host(&s->specs[i], host))) {
            s->specs[i].offline = offline;
            found = true;
        }
    }
    if (!found && host[0] != '\0') {
        complain_of_host(c, host);
    }
}

bool change_apply(struct config *c, const struct change *change)
{
    memset(c->messages, 0, sizeof c->messages);
    c->message_count = c->error_count = c->warning_count = 0;
    if (!change_is_sound(change)) {
        complain(c, "", "E020 not a change");
        return false;
    }
    switch ((enum change_kind)change->kind) {
    case CHANGE_LINE:
        apply_line(c, change->text);
        break;
    case CHANGE_DELETE:
        delete_source(c, change->text);
        break;
    case CHANGE_OFFLINE:
    case CHANGE_ONLINE:
        set_offline(c, change->text, change->kind == CHANGE_OFFLINE);
        break;
    case CHANGE_RELOAD:
    case CHANGE_KINDS:
        complain(c, "", "E020 not a change of what is in force");
        break;
    }
    return c->error_count == 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A line goes through the same walker as the lines of a file; what the languages do
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
#include "config/option.h"
#include "config/place.h"
#include "config/text.h"

#define COMMAND_NAME "command" /* in place of the name of a file */
#define POOL_SOURCES_BY_HAND 4 /* ntp.conf's `tos maxclock` is shared out when a file is read */

static const char *const keywords[] = {"server", "pool",     "peer",       "allow",
                                       "deny",   "restrict", "unrestrict", NULL};

static const char *const chrony_keywords[] = {
    "server",  "pool",     "peer",          "allow",        "deny",  "cmdallow",
    "cmddeny", "makestep", "maxupdateskew", "reselectdist", "local", NULL};

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

    if (change->kind >= CHANGE_KINDS || !end) {
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

/* Is the first word one of these? */
static bool is_permitted(const char *line, const char *const *permitted, char word[32])
{
    size_t length = strcspn(line, " \t");

    snprintf(word, 32, "%.*s", length < 31 ? (int)length : 31, line);
    for (; *permitted; permitted++) {
        if (length < 31 && strcmp(word, *permitted) == 0) {
            return true;
        }
    }
    return false;
}

/* Flags that `allow X` and `deny X` leave as they are; ntpport is of another rule. */
#define OTHER_FLAGS ~(uint32_t)(ACCESS_NOSERVE | ACCESS_IGNORE | ACCESS_NOTRUST | ACCESS_NTPPORT)

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
    acl_format_flags(old & OTHER_FLAGS, flags, sizeof flags);
    if (allow) {
        snprintf(out, capacity, "restrict %s %s\nunrestrict %s noserve ignore notrust\n", target,
                 flags, target);
    } else {
        snprintf(out, capacity, "restrict %s %s noserve\n", target, flags);
    }
    return true;
}

/* Lines of a language, which may be another than that of the file. */
static void read_lines(struct config *c, const struct language *language, const char *text)
{
    static const struct origin running = {.file = "the active configuration"};
    struct reader *r = calloc(1, sizeof *r);
    unsigned before = c->settings.spec_count;

    if (!r) {
        complain(c, "", "E018 out of memory");
        return;
    }
    r->config = c;
    r->language = language;
    r->by_hand = true;
    for (unsigned i = 0; i < before; i++) {
        r->spec_seen[i] = running;
    }
    include_text(r, COMMAND_NAME, text, strlen(text));
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

/* What the lines do together is settled anew, as in the language of the file. */
static void settle(struct config *c)
{
    const struct language *own = language_of(c->dialect);
    struct reader *r = own && own->settle ? calloc(1, sizeof *r) : NULL;

    if (r) {
        r->config = c;
        r->language = own;
        own->settle(r);
        free(r);
    }
}

/* Options that a source has not by its own line: whatever changes now may take them away. */
static void take_back_added(struct config *c)
{
    for (unsigned i = 0; i < c->settings.spec_count; i++) {
        struct source_spec *spec = &c->settings.specs[i];

        spec->noselect = spec->noselect && !spec->added_noselect;
        spec->trust = spec->trust && !spec->added_trust;
        spec->require = spec->require && !spec->added_require;
        spec->added_noselect = spec->added_trust = spec->added_require = false;
    }
}

static void apply_line(struct config *c, const char *line)
{
    const struct language *language = language_of(c->dialect);
    char word[32], text[3 * CHANGE_TEXT_MAX];

    if (!is_permitted(line, keywords, word)) {
        complain(c, "server, pool, peer, allow, deny, restrict and unrestrict are accepted",
                 "E020 '%s' cannot be changed while the daemon runs: edit the file and reload it",
                 word);
        return;
    }
    snprintf(text, sizeof text, "%s\n", line);
    if (language && !directive_find(language, word) && (word[0] == 'a' || word[0] == 'd') &&
        directive_find(language, "restrict") &&
        !translate_to_restrict(c, line, text, sizeof text)) {
        complain(c, "an address, or address/length", "E008 '%.200s' does not contain a subnet",
                 line);
        return;
    }
    if (!language) {
        complain(c, "", "E020 there is no active configuration");
        return;
    }
    read_lines(c, language, text);
}

/* ---- one line of chrony.conf ---- */

/* What chrony.conf's "all" means in ntp.conf: a host with a rule of its own within the subnet is
 * served, or not; the other flags stay. */
static void serve_within(struct acl *acl, const struct address *prefix, unsigned length, bool serve)
{
    for (unsigned i = 0; i < acl->count; i++) {
        struct acl_rule *rule = &acl->rules[i];

        if (rule->length >= length && address_in_prefix(&rule->prefix, prefix, length)) {
            rule->flags =
                serve ? rule->flags & ~(uint32_t)(ACCESS_NOSERVE | ACCESS_IGNORE | ACCESS_NOTRUST)
                      : rule->flags | ACCESS_NOSERVE;
        }
    }
}

/* "allow [all] [subnet]" where access is in the words of ntp.conf. */
static void apply_access_to_ntp(struct config *c, const char *line)
{
    static const struct address everywhere[] = {{.family = ADDRESS_V4}, {.family = ADDRESS_V6}};
    bool serve = line[0] == 'a';
    const char *rest = line + strcspn(line, " "), *problem;
    char plain[CHANGE_TEXT_MAX];
    struct address prefix;
    unsigned length;

    rest += strspn(rest, " ");
    if (strncmp(rest, "all", 3) == 0 && (rest[3] == ' ' || rest[3] == '\0')) {
        rest += 3 + strspn(rest + 3, " ");
        if (rest[0] == '\0') {
            serve_within(&c->access, &everywhere[0], 0, serve);
            serve_within(&c->access, &everywhere[1], 0, serve);
        } else if (access_parse_prefix(rest, true, &prefix, &length, &problem)) {
            serve_within(&c->access, &prefix, length, serve);
        }
    }
    snprintf(plain, sizeof plain, "%s%s%s", serve ? "allow" : "deny", rest[0] ? " " : "", rest);
    apply_line(c, plain);
}

static void apply_chrony_line(struct config *c, const char *line)
{
    char word[32], text[CHANGE_TEXT_MAX + 2];

    if (!is_permitted(line, chrony_keywords, word)) {
        complain(c, "", "E020 '%s' cannot be changed while the daemon runs", word);
        return;
    }
    if (strcmp(line, "local off") == 0) {
        c->settings.local = c->settings.local_orphan = false;
        return;
    }
    if (c->dialect == DIALECT_NTP && (strcmp(word, "allow") == 0 || strcmp(word, "deny") == 0)) {
        apply_access_to_ntp(c, line);
        return;
    }
    snprintf(text, sizeof text, "%s\n", line);
    read_lines(c, language_of(DIALECT_CHRONY), text);
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
    if (best) {
        snprintf(hint, sizeof hint, "did you mean '%.200s'?", best);
    }
    complain(c, hint, "E020 there is no source '%.200s'", host);
}

static void delete_source(struct config *c, const char *host)
{
    struct settings *s = &c->settings;
    unsigned kept = 0;

    for (unsigned i = 0; i < s->spec_count; i++) {
        if (!is_host(&s->specs[i], host)) {
            if (kept != i) {
                memcpy(&s->specs[kept], &s->specs[i], sizeof s->specs[i]);
                c->places.specs[kept] = c->places.specs[i];
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

/* The next word of a text without its end; false: there is none. */
static bool next_word(const char **text, char *word, size_t capacity)
{
    const char *at = *text + strspn(*text, " ");
    size_t length = strcspn(at, " ");

    *text = at + length;
    snprintf(word, capacity, "%.*s", length < capacity ? (int)length : (int)capacity - 1, at);
    return length > 0;
}

static bool is_one_of(const struct source_spec *spec, const char *hosts)
{
    char host[SOURCE_NAME_MAX];

    while (next_word(&hosts, host, sizeof host)) {
        if (is_host(spec, host)) {
            return true;
        }
    }
    return false;
}

/* Each of the hosts must be there. */
static bool find_hosts(struct config *c, const char *hosts)
{
    char host[SOURCE_NAME_MAX];

    while (next_word(&hosts, host, sizeof host)) {
        bool found = false;

        for (unsigned i = 0; i < c->settings.spec_count && !found; i++) {
            found = is_host(&c->settings.specs[i], host);
        }
        if (!found) {
            complain_of_host(c, host);
            return false;
        }
    }
    return true;
}

static void set_offline(struct config *c, const char *hosts, enum change_kind kind)
{
    struct settings *s = &c->settings;
    bool all = hosts[0] == '\0' && kind != CHANGE_ROUTES;

    if (!find_hosts(c, hosts)) {
        return;
    }
    for (unsigned i = 0; i < s->spec_count; i++) {
        bool meant = all || is_one_of(&s->specs[i], hosts);

        if (s->specs[i].kind != SOURCE_REFCLOCK && (meant || kind == CHANGE_ROUTES)) {
            s->specs[i].offline = kind == CHANGE_ROUTES ? !meant : kind == CHANGE_OFFLINE;
        }
    }
}

static void set_options(struct config *c, const char *text)
{
    char host[SOURCE_NAME_MAX], name[64], value[64], problem[200];
    struct settings *s = &c->settings;
    const char *options = text;

    if (!next_word(&options, host, sizeof host) || !find_hosts(c, host)) {
        return;
    }
    while (next_word(&options, name, sizeof name)) {
        if (!next_word(&options, value, sizeof value)) {
            complain(c, "", "E020 '%s' has no value", name);
            return;
        }
        for (unsigned i = 0; i < s->spec_count; i++) {
            if (is_host(&s->specs[i], host) &&
                !option_set(&s->specs[i], name, value, problem, sizeof problem)) {
                complain(c, "", "E020 %s", problem);
                return;
            }
        }
    }
}

/* ---- what is taken from the file alone ---- */

bool change_reads_file(const struct change *change)
{
    return change->kind == CHANGE_RELOAD || change->kind == CHANGE_KEYS ||
           change->kind == CHANGE_SOURCES;
}

static bool is_of_sources_file(const struct config *c, unsigned spec)
{
    static const char suffix[] = ".sources";
    const char *file = place_file(c, &c->places.specs[spec]);
    size_t length = file ? strlen(file) : 0;

    return length > sizeof suffix - 1 && strcmp(file + length - (sizeof suffix - 1), suffix) == 0;
}

static void drop_sources_files(struct config *c)
{
    struct settings *s = &c->settings;
    unsigned kept = 0;

    for (unsigned i = 0; i < s->spec_count; i++) {
        if (!is_of_sources_file(c, i)) {
            s->specs[kept] = s->specs[i];
            c->places.specs[kept++] = c->places.specs[i];
        }
    }
    memset(&s->specs[kept], 0, (s->spec_count - kept) * sizeof s->specs[0]);
    s->spec_count = kept;
}

void change_take(struct config *c, const struct config *file, const struct change *change)
{
    struct settings *s = &c->settings;

    if (change->kind == CHANGE_KEYS) {
        c->keys = file->keys;
        c->keys_unreadable = file->keys_unreadable;
        return;
    }
    drop_sources_files(c);
    for (unsigned i = 0; i < file->settings.spec_count && s->spec_count < SOURCE_SPECS_MAX; i++) {
        if (is_of_sources_file(file, i)) {
            c->places.specs[s->spec_count] = place_copy(c, file, &file->places.specs[i]);
            s->specs[s->spec_count++] = file->settings.specs[i];
        }
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
    take_back_added(c);
    switch ((enum change_kind)change->kind) {
    case CHANGE_LINE: apply_line(c, change->text); break;
    case CHANGE_DELETE: delete_source(c, change->text); break;
    case CHANGE_OFFLINE:
    case CHANGE_ONLINE:
    case CHANGE_ROUTES: set_offline(c, change->text, (enum change_kind)change->kind); break;
    case CHANGE_OPTION: set_options(c, change->text); break;
    case CHANGE_CHRONY_LINE: apply_chrony_line(c, change->text); break;
    case CHANGE_RELOAD:
    case CHANGE_KEYS:
    case CHANGE_SOURCES:
    case CHANGE_KINDS: complain(c, "", "E020 not a change of the active configuration"); break;
    }
    if (c->error_count == 0) {
        settle(c);
    }
    return c->error_count == 0;
}

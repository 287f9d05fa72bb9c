/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration in force as JSON: sources, then access and listening addresses, then single
 * values. */
#include "control/config_json.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "config/describe.h"
#include "config/fields.h"
#include "config/place.h"
#include "control/report_json.h"

#define TEXT_MAX 600

/* `offset` in struct config, for the directive of a default. */
static void write_item(struct document *d, const struct config *c, const char *group,
                       const char *name, const char *value, const struct config_place *place,
                       size_t offset)
{
    const char *file = place_file(c, place);
    char directive[64];

    document_open_object(d, NULL);
    document_string(d, "group", group);
    document_string(d, "name", name);
    document_string(d, "value", value);
    place_directive(c, place, offset, directive, sizeof directive);
    document_string(d, "directive", directive[0] ? directive : NULL);
    document_string(d, "file", file);
    if (file && place->line > 0) {
        document_integer(d, "line", place->line);
    } else {
        document_null(d, "line");
    }
    document_close_object(d);
}

static void write_sources(struct document *d, const struct config *c)
{
    char name[TEXT_MAX], options[TEXT_MAX];

    for (unsigned i = 0; i < c->settings.spec_count; i++) {
        describe_source(&c->settings.specs[i], name, sizeof name);
        describe_options(&c->settings.specs[i], options, sizeof options);
        write_item(d, c, "source", name, options + (options[0] == ' '), &c->places.specs[i],
                   offsetof(struct config, settings.specs));
    }
}

static void write_rule(struct document *d, const struct config *c, bool command,
                       const struct address *prefix, unsigned length, uint32_t flags)
{
    struct config_place place =
        place_of_access(c, command, prefix, length, (flags & ACCESS_NTPPORT) != 0);
    char address[ADDRESS_TEXT_MAX], name[TEXT_MAX], words[160];

    snprintf(name, sizeof name, "%s/%u", address_format(prefix, address), length);
    write_item(d, c, command ? "command access" : "access", name, describe_flags(flags, words),
               &place,
               command ? offsetof(struct config, command_access) : offsetof(struct config, access));
}

static void write_rules(struct document *d, const struct config *c, bool command)
{
    const struct acl *acl = command ? &c->command_access : &c->access;
    const struct address everywhere[] = {{.family = ADDRESS_V4}, {.family = ADDRESS_V6}};

    write_rule(d, c, command, &everywhere[0], 0, acl->default_v4);
    write_rule(d, c, command, &everywhere[1], 0, acl->default_v6);
    for (unsigned i = 0; i < acl->count; i++) {
        write_rule(d, c, command, &acl->rules[i].prefix, acl->rules[i].length, acl->rules[i].flags);
    }
}

/* Access rules that are not by an address. */
static void write_special_rules(struct document *d, const struct config *c)
{
    char words[160];

    if (c->have_source_access) {
        write_item(d, c, "access", "sources", describe_flags(c->source_access, words),
                   &c->places.source_access, offsetof(struct config, source_access));
    }
    for (unsigned i = 0; i < c->access_name_count; i++) {
        const struct access_name *rule = &c->access_names[i];

        write_item(d, c, rule->command ? "command access" : "access", rule->name,
                   describe_flags(rule->flags, words), &rule->place,
                   offsetof(struct config, access_names));
    }
}

static void write_addresses(struct document *d, const struct config *c)
{
    char text[ADDRESS_TEXT_MAX + 8];

    for (unsigned i = 0; i < c->bind_count; i++) {
        write_item(d, c, "setting", "server address", address_format(&c->bind[i], text),
                   &c->places.bind[i], offsetof(struct config, bind));
    }
    for (unsigned i = 0; i < c->listen_rule_count; i++) {
        const struct listen_rule *rule = &c->listen_rules[i];

        write_item(d, c, "setting", rule->listen ? "serves on" : "does not serve on",
                   describe_listen_rule(rule, text), &rule->place,
                   offsetof(struct config, listen_rules));
    }
}

void config_json_write(struct document *d, const struct config *c, const char *file)
{
    char value[TEXT_MAX];

    document_open_object(d, NULL);
    document_integer(d, "version", REPORT_JSON_VERSION);
    document_string(d, "command", "config");
    document_string(d, "file", file);
    document_string(d, "language", config_dialect_name(c->dialect));
    document_open_array(d, "items");
    write_sources(d, c);
    write_rules(d, c, false);
    write_special_rules(d, c);
    write_rules(d, c, true);
    write_addresses(d, c);
    for (size_t i = 0; i < config_field_count; i++) {
        config_field_format(&config_fields[i], c, value, sizeof value);
        write_item(d, c, "setting", config_fields[i].name, value, &c->places.fields[i],
                   config_fields[i].offset);
    }
    document_close_array(d);
    document_close_object(d);
}

/* ---- what is wrong with a file ---- */

static void write_message(struct document *d, const struct config_message *m)
{
    document_open_object(d, NULL);
    document_string(d, "severity", m->severity == CONFIG_ERROR ? "error" : "warning");
    document_string(d, "code", m->code[0] ? m->code : NULL);
    document_string(d, "file", m->file);
    document_integer(d, "line", m->line);
    document_integer(d, "column", m->column);
    document_integer(d, "width", m->width);
    document_string(d, "text", m->text);
    document_string(d, "hint", m->hint[0] ? m->hint : NULL);
    document_close_object(d);
}

void config_json_write_check(struct document *d, const struct config *c, const char *file)
{
    bool right = c->error_count == 0;

    document_open_object(d, NULL);
    document_integer(d, "version", REPORT_JSON_VERSION);
    document_string(d, "command", "check");
    document_string(d, "file", file);
    document_bool(d, "ok", right);
    document_string(d, "language", right ? config_dialect_name(c->dialect) : NULL);
    document_integer(d, "errors", c->error_count);
    document_integer(d, "warnings", c->warning_count);
    document_open_array(d, "messages");
    for (unsigned i = 0; i < c->message_count; i++) {
        write_message(d, &c->messages[i]);
    }
    document_close_array(d);
    document_close_object(d);
}

/* ---- what differs ---- */

void config_json_write_difference(struct document *d, const struct difference *difference,
                                  const char *const files[2], const struct config *const configs[2])
{
    document_open_object(d, NULL);
    document_integer(d, "version", REPORT_JSON_VERSION);
    document_string(d, "command", "config-diff");
    document_open_array(d, "files");
    for (unsigned i = 0; i < 2; i++) {
        document_open_object(d, NULL);
        document_string(d, "file", files[i]);
        document_string(d, "language", config_dialect_name(configs[i]->dialect));
        document_close_object(d);
    }
    document_close_array(d);
    document_integer(d, "change_count", difference->count);
    document_lines(d, "changes", difference->text);
    document_close_object(d);
}

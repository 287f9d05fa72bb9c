/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces and access rules as rows. Hits of a rule are not counted, because the table is only
 * read. Packets are counted for all sockets together, and reported for the first. */
#include "control/mode6/mode6_lists.h"

#include <string.h>

#include "core/acl.h"

static bool is_named(const char *wanted, const uint8_t *name, size_t length)
{
    while (length > 0 && (name[length - 1] == '\0' || name[length - 1] == ' ')) {
        length--;
    }
    return strlen(wanted) == length && memcmp(wanted, name, length) == 0;
}

/* Clients know these bits: interface is up, wildcard, loopback. */
#define INTERFACE_UP 0x1
#define INTERFACE_LOOPBACK 0x4
#define INTERFACE_WILDCARD 0x80

static bool is_wildcard(const struct address *a)
{
    static const uint8_t zeros[16];

    return memcmp(a->bytes, zeros, sizeof zeros) == 0;
}

static void put_interface(struct mode6_list *list, const struct mode6_scope *scope, int index)
{
    const struct report *report = scope->report;
    const struct report_server *server = &report->input.server;
    const struct address *a = &scope->mode6->interfaces[index];
    bool wildcard = is_wildcard(a), first = index == 0, v4 = a->family == ADDRESS_V4;
    char text[ADDRESS_TEXT_MAX];

    list->index = index;
    mode6_put_word(list, MODE6_DEFAULT, "addr", address_format_port(a, text));
    mode6_put_word(list, MODE6_DEFAULT, "bcast", "");
    mode6_put_integer(list, MODE6_DEFAULT, "en", 1);
    mode6_put_string(list, MODE6_DEFAULT, "name",
                     !wildcard ? address_format(a, text)
                     : v4      ? "v4wildcard"
                               : "v6wildcard");
    mode6_put_hex(list, MODE6_DEFAULT, "flags",
                  INTERFACE_UP | (wildcard ? INTERFACE_WILDCARD : 0) |
                      (address_is_loopback(a) ? INTERFACE_LOOPBACK : 0));
    mode6_put_integer(list, MODE6_DEFAULT, "tl", 0);
    mode6_put_integer(list, MODE6_DEFAULT, "mc", 0);
    mode6_put_integer(list, MODE6_DEFAULT, "rx", first ? (int64_t)server->received : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "tx",
                      first ? (int64_t)(server->answered + server->counters[RESPOND_KISS]) : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "txerr", first ? (int64_t)server->send_errors : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "pc", first ? report->source_count : 0);
    mode6_put_integer(list, MODE6_DEFAULT, "up", (int64_t)report->input.uptime_s);
}

static void mask_of(uint8_t family, unsigned length, struct address *mask)
{
    *mask = (struct address){.family = family};
    for (unsigned bit = 0; bit < length && bit < 128; bit++) {
        mask->bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    }
}

static void put_rule(struct mode6_list *list, int index, const struct address *prefix,
                     unsigned length, uint32_t flags)
{
    char text[160], address[ADDRESS_TEXT_MAX];
    struct address mask;

    acl_format_flags(flags, text, sizeof text);
    mask_of(prefix->family, length, &mask);

    list->index = index;
    mode6_put_word(list, MODE6_DEFAULT, "addr", address_format(prefix, address));
    mode6_put_word(list, MODE6_DEFAULT, "mask", address_format(&mask, address));
    mode6_put_integer(list, MODE6_DEFAULT, "hits", 0);
    mode6_put_word(list, MODE6_DEFAULT, "flags", text);
}

static void put_rules(struct mode6_list *list, const struct acl *acl)
{
    static const struct address everybody[2] = {{.family = ADDRESS_V4}, {.family = ADDRESS_V6}};
    int index = 0;

    for (unsigned i = 0; i < acl->count; i++) {
        put_rule(list, index++, &acl->rules[i].prefix, acl->rules[i].length, acl->rules[i].flags);
    }
    put_rule(list, index++, &everybody[0], 0, acl->default_v4);
    put_rule(list, index, &everybody[1], 0, acl->default_v6);
}

bool mode6_list_named(struct mode6_list *list, const struct mode6_scope *scope, const uint8_t *name,
                      size_t length)
{
    if (is_named("", name, length) || is_named("ifstats", name, length)) {
        for (unsigned i = 0; i < scope->mode6->interface_count; i++) {
            put_interface(list, scope, (int)i);
        }
    } else if (is_named("addr_restrictions", name, length) && scope->report->input.config) {
        put_rules(list, &scope->report->input.config->access);
    } else {
        return false;
    }
    list->index = -1;
    return true;
}

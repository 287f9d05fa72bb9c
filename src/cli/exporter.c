/* SPDX-License-Identifier: BSD-2-Clause */
/* toki exporter: metrics for Prometheus, over HTTP or as a file for node_exporter. It only reads
 * tokid's control socket, as anybody may, and needs no rights. */
#include "cli/exporter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/daemon.h"
#include "cli/exporter_http.h"
#include "cli/toki.h"
#include "os/file.h"

#define DEFAULT_LISTEN "127.0.0.1:9923"
#define DEFAULT_PORT 9923

char *exporter_look(const char *control, enum metrics_format format, size_t *length)
{
    char problem[512], *text;
    json_t *status = daemon_ask_json(control, "status", problem, sizeof problem);
    json_t *clients =
        status ? daemon_ask_json(control, "clients busiest 1", problem, sizeof problem) : NULL;

    text = metrics_write(status, clients, format, length);
    json_decref(status);
    json_decref(clients);
    return text;
}

static int write_file(const char *path, const char *control)
{
    size_t length;
    char *text = exporter_look(control, METRICS_TEXT, &length);
    int error = text ? file_replace(path, text, length, 0644) : -ENOMEM;

    free(text);
    if (error < 0) {
        fprintf(stderr, "toki: cannot write %s: %s\n", path,
                error == -EINVAL ? "not a regular file" : strerror(-error));
        return EXIT_USAGE;
    }
    return EXIT_GOOD;
}

/* "127.0.0.1:9923", "[::1]:9923", "127.0.0.1", "::1" */
static bool parse_listen(const char *text, struct address *out)
{
    const char *colon = strrchr(text, ':'), *end = text + strlen(text);
    char host[ADDRESS_TEXT_MAX], *rest;
    unsigned long port = DEFAULT_PORT;

    if (colon && (strchr(text, ':') == colon || colon[-1] == ']')) {
        port = strtoul(colon + 1, &rest, 10);
        if (colon[1] < '0' || colon[1] > '9' || *rest != '\0' || port < 1 || port > 65535) {
            return false;
        }
        end = colon;
    }
    if (*text == '[' && end[-1] == ']') {
        text++;
        end--;
    }
    if (end <= text || (size_t)(end - text) >= sizeof host) {
        return false;
    }
    memcpy(host, text, (size_t)(end - text));
    host[end - text] = '\0';
    if (!address_parse(host, out)) {
        return false;
    }
    out->port = (uint16_t)port;
    return true;
}

struct wanted {
    const char *textfile, *control;
    struct address listen;
};

static bool set_listen(const struct args_option *option, const char *text, void *out, char *problem,
                       size_t capacity)
{
    struct wanted *wanted = out;

    if (!parse_listen(text, &wanted->listen)) {
        snprintf(problem, capacity, "'%.80s' cannot be used: expected %s", text, option->expected);
        return false;
    }
    return true;
}

static const struct args_option options[] = {
    {0, "listen", ARGS_WORD, .value = "ADDRESS[:PORT]", .set = set_listen,
     .expected = "an address with a port, such as " DEFAULT_LISTEN, .fallback = DEFAULT_LISTEN,
     .excludes = "textfile", .help = "address to serve HTTP on"},
    {0, "textfile", ARGS_PATH, offsetof(struct wanted, textfile),
     .help = "write the metrics once, into this file for node_exporter"},
    ARGS_CONTROL(struct wanted, control),
    {.help = NULL}};

static int run(const struct args_command *self, int argc, char **argv)
{
    struct wanted wanted = {.textfile = NULL};
    int code;

    parse_listen(DEFAULT_LISTEN, &wanted.listen);
    if (!args_parse(self, argc, argv, &wanted, &code)) {
        return code;
    }
    if (wanted.textfile) {
        return write_file(wanted.textfile, wanted.control);
    }
    return exporter_http_run(&wanted.listen, wanted.control);
}

const struct args_command exporter_command = {
    .name = "exporter",
    .summary = "Serve the metrics of the daemon for Prometheus",
    .help = "Over HTTP, or once into a file for node_exporter; see doc/exporter.md.",
    .options = options,
    .exits = {"ended by a signal, or the file is written", NULL,
              "wrong usage, or the address or the file cannot be used"},
    .examples =
        "toki exporter --listen 127.0.0.1:9923\n"
        "toki exporter --textfile /var/lib/prometheus/node-exporter/toki.prom",
    .run = run,
    .group = GROUP_STATE,
};

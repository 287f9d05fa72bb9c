/* SPDX-License-Identifier: BSD-2-Clause */
/* toki exporter: metrics for Prometheus, over HTTP or as a file for node_exporter. It only reads
 * tokid's control socket, as anybody may, and needs no rights. */
#include "cli/exporter.h"

#include <errno.h>
#include <getopt.h>
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
                error == -EINVAL ? "it is no regular file" : strerror(-error));
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

int exporter_run(int argc, char **argv)
{
    static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                            {"textfile", required_argument, NULL, 't'},
                                            {"control", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    const char *listen = NULL, *textfile = NULL, *control = NULL;
    struct address address;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        listen = option == 'l' ? optarg : listen;
        textfile = option == 't' ? optarg : textfile;
        control = option == 'c' ? optarg : control;
        if (option == '?') {
            return EXIT_USAGE;
        }
    }
    if (optind < argc || (listen && textfile)) {
        fprintf(stderr,
                "toki: usage: toki exporter [--listen ADDRESS[:PORT] | --textfile PATH] "
                "[--control PATH]\n");
        return EXIT_USAGE;
    }
    if (textfile) {
        return write_file(textfile, control);
    }
    if (!parse_listen(listen ? listen : DEFAULT_LISTEN, &address)) {
        fprintf(stderr, "toki: '%s' is not an address with a port, as " DEFAULT_LISTEN "\n",
                listen);
        return EXIT_USAGE;
    }
    return exporter_http_run(&address, control);
}

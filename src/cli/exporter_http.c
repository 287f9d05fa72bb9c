/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP for the exporter; see the header. One thread, one request after the other; who is slow or
 * many is cut off by limits of the library. Nothing of a request is believed but its path, its
 * method and whether it asks for OpenMetrics. */
#include "cli/exporter_http.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "cli/exporter.h"
#include "cli/toki.h"
#include "os/process.h"

#define CONNECTIONS_MAX 16U
#define CONNECTION_TIMEOUT_S 10U
#define CONNECTION_MEMORY 8192U /* for the head of a request */
#define WAIT_MS 500

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
                              enum MHD_ResponseMemoryMode mode, char *text, size_t length,
                              const char *type)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(length, text, mode);
    enum MHD_Result result;

    if (!response) {
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_in_words(struct MHD_Connection *connection, unsigned status,
                                       const char *words)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%s\n", words);

    return answer(connection, status, MHD_RESPMEM_MUST_COPY, text, (size_t)length,
                  "text/plain; charset=utf-8");
}

static enum MHD_Result handle(void *control, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_length, void **state)
{
    const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
    enum metrics_format format = accept && strstr(accept, "application/openmetrics-text")
                                     ? METRICS_OPENMETRICS
                                     : METRICS_TEXT;
    size_t length;
    char *text;

    (void)version;
    (void)upload;
    (void)state;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        *upload_length = 0;
        return answer_in_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET it");
    }
    if (strcmp(url, "/") == 0) {
        return answer_in_words(connection, MHD_HTTP_OK, "toki exporter: see /metrics");
    }
    if (strcmp(url, "/metrics") != 0) {
        return answer_in_words(connection, MHD_HTTP_NOT_FOUND, "see /metrics");
    }
    text = exporter_look(control, format, &length);
    return text ? answer(connection, MHD_HTTP_OK, MHD_RESPMEM_MUST_FREE, text, length,
                         metrics_content_type(format))
                : MHD_NO;
}

/* The address as the library takes it. */
static const struct sockaddr *socket_address(const struct address *a,
                                             struct sockaddr_storage *storage)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};

    memset(storage, 0, sizeof *storage);
    if (a->family == ADDRESS_V4) {
        memcpy(&v4.sin_addr, a->bytes, sizeof v4.sin_addr);
        memcpy(storage, &v4, sizeof v4);
    } else {
        memcpy(&v6.sin6_addr, a->bytes, sizeof v6.sin6_addr);
        memcpy(storage, &v6, sizeof v6);
    }
    return (const struct sockaddr *)storage;
}

int exporter_http_run(const struct address *listen, const char *control)
{
    unsigned flags = MHD_USE_EPOLL | (listen->family == ADDRESS_V6 ? MHD_USE_IPv6 : 0);
    char text[ADDRESS_TEXT_MAX];
    struct sockaddr_storage storage;
    struct MHD_Daemon *daemon;

    process_signals();
    daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, (void *)(uintptr_t)control, MHD_OPTION_SOCK_ADDR,
        socket_address(listen, &storage), MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
    if (!daemon) {
        fprintf(stderr,
                "toki: cannot listen on %s: is it an address of this host, and is the "
                "port free?\n",
                address_format_port(listen, text));
        return EXIT_USAGE;
    }
    fprintf(stderr, "toki: metrics on http://%s/metrics\n", address_format_port(listen, text));
    process_notify("READY=1");
    while (!process_take_signal(SIGNAL_END)) {
        MHD_run_wait(daemon, WAIT_MS);
    }
    MHD_stop_daemon(daemon);
    return EXIT_GOOD;
}

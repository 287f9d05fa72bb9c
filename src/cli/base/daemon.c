/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking a running tokid; see the header. */
#include "cli/base/daemon.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/stream.h"
#include "os/wait.h"

#define ANSWER_MAX (1 << 20)
#define REQUEST_MAX 1200
#define TIMEOUT_S 5.0
#define ORDER_TIMEOUT_S 25.0

static int connect_first(const char *path, char *tried, size_t capacity)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char own[256], temporary[64];
    const char *paths[3] = {"/run/toki/tokid.sock", own, temporary};
    int fd = -ENOENT;

    snprintf(own, sizeof own, "%s/toki/tokid.sock", runtime ? runtime : "");
    snprintf(temporary, sizeof temporary, "/tmp/toki-%ld/tokid.sock", (long)getuid());
    if (path) {
        snprintf(tried, capacity, "%s", path);
        return stream_connect_unix(path);
    }
    snprintf(tried, capacity, "%s", paths[0]);
    for (size_t i = 0; i < 3 && fd < 0; i++) {
        fd = stream_connect_unix(paths[i]);
    }
    return fd;
}

static bool send_line(int fd, struct wait_set *wait, struct mono_time limit, const char *request)
{
    char line[REQUEST_MAX];
    size_t length = (size_t)snprintf(line, sizeof line, "%s\n", request), sent = 0;

    wait_add(wait, fd, WAIT_WRITE);
    while (sent < length && clock_now().mono.ns < limit.ns) {
        long n = stream_write(fd, line + sent, length - sent);

        if (n < 0 && n != -EAGAIN) {
            return false;
        }
        sent += n > 0 ? (size_t)n : 0;
        if (sent < length) {
            wait_until(wait, limit);
        }
    }
    return sent == length;
}

static char *ask(const char *path, const char *request, double timeout_s, char *problem,
                 size_t capacity)
{
    struct wait_set wait = {0};
    struct mono_time limit = mono_after(clock_now().mono, timeout_s);
    char tried[256], *answer = malloc(ANSWER_MAX);
    size_t length = 0;
    long n = -EAGAIN;
    int fd = connect_first(path, tried, sizeof tried);

    if (fd < 0 || !answer) {
        snprintf(problem, capacity, "cannot reach tokid at %s: %s", tried,
                 fd == -ECONNREFUSED ? "it is not running" : strerror(fd < 0 ? -fd : ENOMEM));
        free(answer);
        return NULL;
    }
    if (send_line(fd, &wait, limit, request)) {
        wait_add(&wait, fd, WAIT_READ);
        while (n != 0 && length < ANSWER_MAX - 1 && clock_now().mono.ns < limit.ns) {
            n = stream_read(fd, answer + length, ANSWER_MAX - 1 - length);
            length += n > 0 ? (size_t)n : 0;
            if (n == -EAGAIN) {
                wait_until(&wait, limit);
            } else if (n < 0) {
                break;
            }
        }
    }
    stream_close(fd);
    if (n != 0 || length == 0) {
        snprintf(problem, capacity, "tokid at %s does not answer", tried);
        free(answer);
        return NULL;
    }
    answer[length] = '\0';
    return answer;
}

char *daemon_ask(const char *path, const char *request, char *problem, size_t capacity)
{
    return ask(path, request, TIMEOUT_S, problem, capacity);
}

char *daemon_order(const char *path, const char *request, char *problem, size_t capacity)
{
    return ask(path, request, ORDER_TIMEOUT_S, problem, capacity);
}

json_t *daemon_ask_json(const char *path, const char *request, char *problem, size_t capacity)
{
    char *text = daemon_ask(path, request, problem, capacity);
    json_error_t error;
    json_t *answer;

    if (!text) {
        return NULL;
    }
    answer = json_loads(text, 0, &error);
    free(text);
    if (!answer) {
        snprintf(problem, capacity, "invalid answer from tokid: %s", error.text);
    } else if (json_object_get(answer, "error")) {
        snprintf(problem, capacity, "tokid says: %s", daemon_text(answer, "message"));
        json_decref(answer);
        answer = NULL;
    }
    return answer;
}

json_t *daemon_report(const char *path, const char *request)
{
    char problem[512];
    json_t *answer = daemon_ask_json(path, request, problem, sizeof problem);

    if (!answer) {
        fprintf(stderr, "toki: %s\n", problem);
    }
    return answer;
}

double daemon_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

const char *daemon_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

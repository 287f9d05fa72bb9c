/* SPDX-License-Identifier: BSD-2-Clause */
/* toki reload, add, delete, allow, deny, restrict, unrestrict, offline, online, burst, makestep:
 * what changes a running tokid. The words go to the daemon as they are: it knows its own language,
 * and says what it made of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/daemon.h"
#include "cli/draw/render.h"
#include "cli/toki.h"
#include "config/change.h"

#define EXIT_REFUSED 1

static void print_changes(const json_t *answer)
{
    const json_t *changes = json_object_get(answer, "changes"), *line;
    double count = daemon_number(answer, "change_count");
    char text[RENDER_TEXT_MAX];
    size_t i;

    json_array_foreach(changes, i, line)
    {
        puts(render_clean(json_string_value(line), text, sizeof text));
    }
    if (count > (double)json_array_size(changes)) {
        printf("... and %.0f more\n", count - (double)json_array_size(changes));
    } else if (changes && json_array_size(changes) == 0) {
        puts("nothing has changed");
    }
    if (daemon_text(answer, "note")[0] != '\0') {
        printf("(%s)\n", render_clean(daemon_text(answer, "note"), text, sizeof text));
    }
}

/* Messages of a configuration have lines of their own, with a caret; they are the daemon's, cleaned
 * by it. */
static void print_messages(const json_t *answer)
{
    const json_t *messages = json_object_get(answer, "messages"), *message;
    size_t i;

    json_array_foreach(messages, i, message)
    {
        fputs(json_string_value(message) ? json_string_value(message) : "", stderr);
    }
}

static int show(const char *text, bool raw)
{
    json_t *answer = json_loads(text, 0, NULL);
    char clean[RENDER_TEXT_MAX];
    int code = EXIT_GOOD;

    if (!answer) {
        fputs("toki: cannot understand tokid's answer\n", stderr);
        return EXIT_USAGE;
    }
    if (raw) {
        fputs(text, stdout);
    } else {
        print_messages(answer);
    }
    if (json_object_get(answer, "error")) {
        code = EXIT_REFUSED;
        if (!raw) {
            fprintf(stderr, "toki: tokid says: %s\n",
                    render_clean(daemon_text(answer, "message"), clean, sizeof clean));
        }
    } else if (!raw) {
        print_changes(answer);
    }
    json_decref(answer);
    return code;
}

/* One line of all words but our own options. False: it is too long for a request. */
static bool join(int argc, char **argv, char *line, size_t capacity, const char **control,
                 bool *raw)
{
    size_t used = (size_t)snprintf(line, capacity, "%s", argv[0]);

    for (int i = 1; i < argc && used < capacity; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            *raw = true;
        } else if (strcmp(argv[i], "--control") == 0 && i + 1 < argc) {
            *control = argv[++i];
        } else {
            used += (size_t)snprintf(line + used, capacity - used, " %s", argv[i]);
        }
    }
    return used < capacity && !strpbrk(line, "\r\n");
}

int change_run(int argc, char **argv)
{
    char line[CHANGE_TEXT_MAX + 64], problem[512];
    const char *control = NULL;
    bool raw = false;
    char *text;
    int code;

    if (!join(argc, argv, line, sizeof line, &control, &raw)) {
        fputs("toki: this is too long for one line\n", stderr);
        return EXIT_USAGE;
    }
    text = daemon_order(control, line, problem, sizeof problem);
    if (!text) {
        fprintf(stderr, "toki: %s\n", problem);
        return EXIT_USAGE;
    }
    code = show(text, raw);
    free(text);
    return code;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of the control socket: one row for each. */
#include "control/command.h"

#include <string.h>

#include "control/report_json.h"

static const struct {
    const char *verb;
    void (*write)(struct document *d, const struct report *report);
} verbs[] = {
    {"status", report_json_status},
    {"sources", report_json_sources},
};

size_t command_run(const char *line, const struct report_input *input, struct report *report,
                   char *out, size_t capacity)
{
    struct document d;
    size_t length;

    document_begin(&d, out, capacity);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(line, verbs[i].verb) == 0) {
            report_fill(report, input);
            verbs[i].write(&d, report);
            length = document_finish(&d);
            if (length > 0) {
                return length;
            }
            document_begin(&d, out, capacity);
            report_json_error(&d, "too-long", "the answer is longer than the daemon's buffer");
            return document_finish(&d);
        }
    }
    report_json_error(&d, "unknown-command", "known commands: status, sources");
    return document_finish(&d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to ntpq: any datagrams in any order make a whole answer or none, and any text of
 * variables is taken apart and shown without a byte that a terminal would obey. */
#include <string.h>

#include "cli/ntpq/ntpq_format.h"
#include "fuzz.h"
#include "wire/mode6_reply.h"
#include "wire/mode6_variables.h"

static struct mode6_reply reply;
static struct variables variables;

static void require_plain(const char *text)
{
    for (; *text; text++) {
        FUZZ_REQUIRE(*text == '\t' || (*text >= ' ' && *text < 127));
    }
}

static void show(char *text)
{
    struct wall_time now = {INT64_C(1795313048) * NS_PER_S};
    char out[512];
    uint64_t timestamp;

    variables_read(&variables, text);
    FUZZ_REQUIRE(variables.count <= VARIABLES_MAX);
    for (unsigned i = 0; i < variables.count; i++) {
        const struct variable *v = &variables.items[i];

        require_plain(v->name);
        require_plain(v->value);
        FUZZ_REQUIRE(*v->name != '\0');
        ntpq_format_variable(v, now, out, sizeof out);
        require_plain(out);
        variables_parse_time(v->value, &timestamp);
        ntpq_format_number(variables_parse_number(v->value), 4, ".", out);
        FUZZ_REQUIRE(strlen(out) >= 8);
    }
}

/* The input: an opcode, then datagrams with two bytes of length in front. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char words[NTPQ_TEXT_MAX];
    size_t at = 3;

    if (size < 3) {
        return 0;
    }
    mode6_reply_start(&reply, data[0] & 31, (uint16_t)(data[1] << 8 | data[2]));
    while (at + 2 <= size) {
        size_t length = (size_t)(data[at] << 8 | data[at + 1]);
        enum mode6_reply_verdict verdict;
        unsigned before = reply.count;

        at += 2;
        length = length < size - at ? length : size - at;
        verdict = mode6_reply_take(&reply, data + at, length);
        at += length;
        FUZZ_REQUIRE(reply.count ==
                     before + (verdict == MODE6_REPLY_MORE || verdict == MODE6_REPLY_DONE));
        if (verdict == MODE6_REPLY_DONE) {
            size_t end = 0;

            for (unsigned i = 0; i < reply.count; i++) {
                FUZZ_REQUIRE(reply.fragments[i].offset == end);
                end += reply.fragments[i].count;
            }
            FUZZ_REQUIRE(end == reply.length && reply.length <= MODE6_REPLY_MAX);
            FUZZ_REQUIRE(reply.data[reply.length] == '\0');
            ntpq_format_status(NTPQ_STATUS_SYSTEM, reply.status, words);
            ntpq_format_status(NTPQ_STATUS_PEER, reply.status, words);
            ntpq_format_status(NTPQ_STATUS_CLOCK, reply.status, words);
            show(reply.data);
            return 0;
        }
    }
    return 0;
}

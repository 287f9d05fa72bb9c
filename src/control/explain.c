/* SPDX-License-Identifier: BSD-2-Clause */
/* From a report to its reason, and from the reason's {words} to sentences; see the header.
 * tests/unit/test_explain.c holds each row to the words that are known here. */
#include "control/explain.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 400

/* ---- choice ---- */

static enum report_source_code code_of_name(enum names_error error)
{
    switch (error) {
    case NAMES_FOUND: return WHY_LOOKING_UP;
    case NAMES_UNKNOWN: return WHY_NAME_UNKNOWN;
    case NAMES_NO_ADDRESS: return WHY_NAME_WITHOUT_ADDRESS;
    case NAMES_SILENT: return WHY_NAME_SERVICE_SILENT;
    case NAMES_BROKEN: break;
    }
    return WHY_LOOK_UP_FAILED;
}

enum report_source_code explain_error_code(int error)
{
    switch (error) {
    case ENETUNREACH:
    case ENETDOWN: return WHY_NO_ROUTE;
    case EHOSTUNREACH:
    case EHOSTDOWN: return WHY_HOST_UNREACHABLE;
    case ECONNREFUSED: return WHY_PORT_CLOSED;
    case EPERM:
    case EACCES: return WHY_SEND_FORBIDDEN;
    default: return WHY_SEND_FAILED;
    }
}

static enum report_source_code code_of_rejection(enum reply_verdict rejection)
{
    switch (rejection) {
    case REPLY_AUTH: return WHY_WRONG_KEY;
    case REPLY_RESTRICTED: return WHY_OWN_RULES;
    case REPLY_KISS_RATE: return WHY_RATE_LIMITED;
    case REPLY_KISS_DENY: return WHY_REFUSED;
    case REPLY_UNSYNCHRONISED: return WHY_SERVER_UNSYNCHRONISED;
    case REPLY_LOOP: return WHY_LOOP;
    case REPLY_ACCEPTED:
    case REPLY_UNEXPECTED:
    case REPLY_MALFORMED:
    case REPLY_MODE:
    case REPLY_VERSION:
    case REPLY_ORIGIN:
    case REPLY_ZERO:
    case REPLY_KISS_OTHER:
    case REPLY_STRATUM:
    case REPLY_DISTANCE:
    case REPLY_TURNAROUND:
    case REPLY_DELAY:
    case REPLY_DATE:
    case REPLY_LATE:
    case REPLY_VERDICTS: return WHY_BAD_REPLIES;
    }
    return WHY_BAD_REPLIES;
}

/* Of a source from which there is nothing usable (yet). */
static enum report_source_code code_of_silence(const struct report_source *s)
{
    if (s->send_error) {
        return explain_error_code(s->send_error);
    }
    /* an old refusal does not explain a long silence */
    if (s->rejected > 0 && s->rejected >= s->missed / 2 &&
        (s->status == SOURCE_UNREACHABLE || s->rejection != REPLY_LATE)) {
        return code_of_rejection(s->rejection);
    }
    if (s->status == SOURCE_WAITING) {
        return WHY_WAITING;
    }
    return s->verdicts[REPLY_ACCEPTED] > 0 ? WHY_WENT_SILENT : WHY_NO_REPLIES;
}

static enum report_source_code choose(const struct report_source *s)
{
    switch (s->status) {
    case SOURCE_UNRESOLVED: return code_of_name(s->lookup_error);
    case SOURCE_WAITING:
    case SOURCE_UNREACHABLE: return code_of_silence(s);
    case SOURCE_NO_MAJORITY: return s->rival ? WHY_TWO_DISAGREE : WHY_NO_MAJORITY;
    case SOURCE_UNUSED: return WHY_UNUSED;
    case SOURCE_DUPLICATE: return WHY_DUPLICATE;
    case SOURCE_OFFLINE: return WHY_OFFLINE;
    case SOURCE_SERVER_UNSYNCHRONISED: return WHY_SERVER_UNSYNCHRONISED;
    case SOURCE_REFUSED: return WHY_REFUSED;
    case SOURCE_LOOPED: return WHY_LOOP;
    case SOURCE_FEW_SAMPLES: return WHY_FEW_SAMPLES;
    case SOURCE_TOO_DISTANT: return WHY_TOO_DISTANT;
    case SOURCE_TOO_JITTERY: return WHY_TOO_JITTERY;
    case SOURCE_WRONG_STRATUM: return WHY_WRONG_STRATUM;
    case SOURCE_ORPHAN: return WHY_ORPHAN;
    case SOURCE_FALSETICKER: return WHY_FALSETICKER;
    case SOURCE_HELD: return WHY_HELD;
    case SOURCE_UNTRUSTED: return WHY_UNTRUSTED;
    case SOURCE_NOSELECT: return WHY_NOSELECT;
    case SOURCE_SAME_NETWORK: return WHY_SAME_NETWORK;
    case SOURCE_OUTLYING: return WHY_OUTLYING;
    case SOURCE_COMBINED: return WHY_COMBINED;
    case SOURCE_SELECTED: return WHY_SELECTED;
    case SOURCE_STATUSES: break;
    }
    return WHY_UNUSED;
}

/* ---- words ---- */

/* Where expand() finds the numbers. */
struct words {
    const struct report_source *source;
    const struct report *report;
};

const char *explain_seconds(double s, char text[32])
{
    static const struct {
        double below, unit;
        const char *name;
    } rows[] = {{1e-6, 1e-9, "ns"}, {1e-3, 1e-6, "us"}, {1, 1e-3, "ms"},
                {120, 1, "s"},      {7200, 60, "min"},  {172800, 3600, "h"}};
    double size = fabs(s);
    double value = s / 86400;
    const char *name = "days";

    if (isnan(s)) {
        return "unknown";
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (size < rows[i].below) {
            value = s / rows[i].unit;
            name = rows[i].name;
            break;
        }
    }
    snprintf(text, 32,
             fabs(value) < 10    ? "%.2f %s"
             : fabs(value) < 100 ? "%.1f %s"
                                 : "%.0f %s",
             value, name);
    return text;
}

/* "1.20 ms slow" */
static const char *direction(double offset_s, char text[32])
{
    char size[32];

    if (isnan(offset_s)) {
        return "unknown";
    }
    explain_seconds(fabs(offset_s), size);
    snprintf(text, 32, "%.20s %s", size, offset_s < 0 ? "fast" : "slow");
    return text;
}

/* The commonest reason for which replies were thrown away: ", most often because ...". */
static const char *common_verdict(const struct report_source *s, char text[WORD_MAX])
{
    unsigned best = 0;

    for (unsigned v = 1; v < REPLY_VERDICTS; v++) {
        if (s->verdicts[v] > 0 && (best == 0 || s->verdicts[v] > s->verdicts[best])) {
            best = v;
        }
    }
    text[0] = '\0';
    if (best) {
        snprintf(text, WORD_MAX, ", most often dropped as '%s'",
                 reply_verdict_name((enum reply_verdict)best));
    }
    return text;
}

static const char *rejection_words(enum reply_verdict v)
{
    switch (v) {
    case REPLY_ACCEPTED: return "nothing";
    case REPLY_UNEXPECTED: return "no request was outstanding";
    case REPLY_MALFORMED: return "not an NTP packet";
    case REPLY_MODE: return "not a reply of a server";
    case REPLY_VERSION: return "unexpected version of NTP";
    case REPLY_ORIGIN: return "not an answer to our request";
    case REPLY_ZERO: return "missing timestamps";
    case REPLY_AUTH: return "authentication";
    case REPLY_KISS_RATE:
    case REPLY_KISS_DENY:
    case REPLY_KISS_OTHER: return "a kiss code";
    case REPLY_UNSYNCHRONISED: return "not synchronised";
    case REPLY_STRATUM: return "a stratum of 0 or above 16";
    case REPLY_DISTANCE: return "a root distance of 16 s or more";
    case REPLY_TURNAROUND: return "contradictory timestamps";
    case REPLY_DELAY: return "a delay above the limit (maxdelay), or negative";
    case REPLY_LOOP: return "a synchronisation loop";
    case REPLY_DATE: return "an implausible date";
    case REPLY_LATE: return "the clock was stepped in the meantime";
    case REPLY_RESTRICTED: return "denied by an access rule (restricted)";
    case REPLY_VERDICTS: break;
    }
    return "unknown";
}

/* "; the other 3 sources answer, so this server is down or blocks you" */
static const char *others_words(const struct report_source *s, char text[WORD_MAX])
{
    text[0] = '\0';
    if (s->others_answering > 0 && s->others_answering == s->others) {
        snprintf(text, WORD_MAX,
                 s->others == 1 ? "; the other source answers, so this server is down or blocks you"
                                : "; the other %u sources answer, so this server is down or blocks "
                                  "you",
                 s->others);
    } else if (s->others_answering > 0) {
        snprintf(text, WORD_MAX,
                 "; %u of the other %u sources answer%s, so this server is down or blocks you",
                 s->others_answering, s->others, s->others_answering == 1 ? "s" : "");
    } else if (s->others > 0) {
        snprintf(text, WORD_MAX, "; no other source answers either");
    }
    return text;
}

static const char *auth_words(const struct report_source *s, char text[WORD_MAX])
{
    if (s->key == 0) {
        return "they are authenticated, but no key is configured for this source";
    }
    snprintf(text, WORD_MAX,
             s->crypto_nak ? "it does not accept our key %u (crypto-NAK)"
                           : "their authentication code is missing or not made with key %u",
             s->key);
    return text;
}

static const char *source_word(const struct report_source *s, const char *word, char text[WORD_MAX])
{
    const struct {
        const char *word;
        double seconds;
        bool directed;
    } seconds[] = {{"offset", s->offset_s, true},
                   {"combined", s->combined_offset_s, true},
                   {"distance", s->root_distance_s, false},
                   {"max_distance", s->max_distance_s, false},
                   {"dispersion", s->root_dispersion_s, false},
                   {"jitter", s->jitter_s, false},
                   {"max_jitter", s->max_jitter_s, false},
                   {"poll", s_from_log2(s->poll), false},
                   {"delay", s->delay_s, false}};
    const struct {
        const char *word;
        unsigned value;
    } counts[] = {{"sent", s->sent},         {"received", s->received},
                  {"missed", s->missed},     {"port", s->port},
                  {"stratum", s->stratum},   {"samples", s->samples},
                  {"rejected", s->rejected}, {"key", s->key}};
    const struct {
        const char *word, *value;
    } texts[] = {{"name", s->name},
                 {"address", s->address},
                 {"kiss", s->kiss},
                 {"words", names_error_text(s->lookup_error)},
                 {"error", strerror(s->send_error)},
                 {"rejection", rejection_words(s->rejection)}};

    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        if (strcmp(word, seconds[i].word) == 0) {
            return seconds[i].directed ? direction(seconds[i].seconds, text)
                                       : explain_seconds(seconds[i].seconds, text);
        }
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (strcmp(word, counts[i].word) == 0) {
            snprintf(text, WORD_MAX, "%u", counts[i].value);
            return text;
        }
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(word, texts[i].word) == 0) {
            return texts[i].value;
        }
    }
    return strcmp(word, "verdict") == 0  ? common_verdict(s, text)
           : strcmp(word, "others") == 0 ? others_words(s, text)
           : strcmp(word, "auth") == 0   ? auth_words(s, text)
           : strcmp(word, "alone") == 0  ? (s->others ? "" : " or by the server itself")
                                         : NULL;
}

/* ": 2 no-replies, 1 wrong-key" */
static const char *counts_words(const struct report *r, char text[WORD_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned code = 0; code < SOURCE_CODES; code++) {
        unsigned n = 0;

        for (unsigned i = 0; i < r->source_count; i++) {
            n += r->sources[i].code == code;
        }
        if (n > 0 && used < WORD_MAX) {
            int length = snprintf(text + used, WORD_MAX - used, "%s%u %s", used ? ", " : ": ", n,
                                  report_source_code_name((enum report_source_code)code));
            used += length > 0 ? (size_t)length : 0;
        }
    }
    return text;
}

/* What each of two that disagree says. */
static const char *offsets_words(const struct report *r, char text[WORD_MAX])
{
    size_t used = 0;
    char offset[32];

    text[0] = '\0';
    for (unsigned i = 0; i < r->source_count && used < WORD_MAX; i++) {
        if (r->sources[i].rival) {
            int length =
                snprintf(text + used, WORD_MAX - used, "%s%.120s says %s", used ? ", " : "",
                         r->sources[i].name, direction(r->sources[i].offset_s, offset));
            used += length > 0 ? (size_t)length : 0;
        }
    }
    return text;
}

static const char *liars_words(const struct report *r, char text[WORD_MAX])
{
    unsigned n = 0;

    for (unsigned i = 0; i < r->source_count; i++) {
        n += r->sources[i].status == SOURCE_FALSETICKER;
    }
    snprintf(text, WORD_MAX, n ? ", %u rejected as wrong" : "", n);
    return text;
}

static unsigned count_source_code(const struct report *r, enum report_source_code code)
{
    unsigned n = 0;

    for (unsigned i = 0; i < r->source_count; i++) {
        n += r->sources[i].code == code;
    }
    return n;
}

/* The first source that is wanted and not used: an example. */
static const struct report_source *example_of(const struct report *r)
{
    static const struct report_source none = {.max_distance_s = (double)NAN};

    for (unsigned i = 0; i < r->source_count; i++) {
        const struct report_source *s = &r->sources[i];

        if (s->status != SOURCE_OFFLINE && s->status != SOURCE_DUPLICATE &&
            s->status != SOURCE_NOSELECT && s->status < SOURCE_OUTLYING) {
            return s;
        }
    }
    return &none;
}

static const char *clock_word(const struct report *r, const char *word, char text[WORD_MAX])
{
    const struct report_clock *c = &r->clock;
    const struct {
        const char *word;
        unsigned value;
    } counts[] = {
        {"stratum", c->stratum},         {"used", c->used},
        {"sources", r->source_count},    {"selectable", c->selectable},
        {"min_sources", c->min_sources}, {"reached", count_source_code(r, WHY_UDP_FILTERED)}};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (strcmp(word, counts[i].word) == 0) {
            snprintf(text, WORD_MAX, "%u", counts[i].value);
            return text;
        }
    }
    if (strcmp(word, "selected") == 0) {
        return c->selected < 0 ? "its sources" : r->sources[c->selected].name;
    }
    if (strcmp(word, "name") == 0 || strcmp(word, "address") == 0 || strcmp(word, "error") == 0 ||
        strcmp(word, "max_distance") == 0) {
        return source_word(example_of(r), word, text);
    }
    return strcmp(word, "bound") == 0     ? explain_seconds(c->error_bound_s, text)
           : strcmp(word, "offset") == 0  ? direction(c->offset_s, text)
           : strcmp(word, "refused") == 0 ? direction(c->refused_s, text)
           : strcmp(word, "counts") == 0  ? counts_words(r, text)
           : strcmp(word, "offsets") == 0 ? offsets_words(r, text)
           : strcmp(word, "liars") == 0   ? liars_words(r, text)
                                          : NULL;
}

/* ---- sentences ---- */

/* Copies the template with its {words} replaced; an unknown word stays as it is, for the test to
 * find. */
static void expand(const char *template, const struct words *words, char *out, size_t capacity)
{
    size_t length = 0;

    while (*template && length + 1 < capacity) {
        const char *end = *template == '{' ? strchr(template, '}') : NULL;
        char word[24], text[WORD_MAX];
        const char *value = NULL;

        if (end && (size_t)(end - template) <= sizeof word) {
            memcpy(word, template + 1, (size_t)(end - template) - 1);
            word[end - template - 1] = '\0';
            value = words->source ? source_word(words->source, word, text)
                                  : clock_word(words->report, word, text);
        }
        if (value) {
            int n = snprintf(out + length, capacity - length, "%s", value);

            length += n < 0 ? 0 : (size_t)n;
            length = length < capacity ? length : capacity - 1;
            template = end + 1;
        } else {
            out[length++] = *template ++;
        }
    }
    out[length] = '\0';
}

static void write_words(struct report_words *out, const char *cause, const char *remedy,
                        const char *joint, const struct words *words)
{
    expand(cause, words, out->cause, sizeof out->cause);
    out->remedy[0] = '\0';
    if (remedy) {
        expand(remedy, words, out->remedy, sizeof out->remedy);
    }
    snprintf(out->sentence, sizeof out->sentence, "%s%s%s", out->cause, remedy ? joint : "",
             out->remedy);
}

void explain_source_code(struct report_source *source)
{
    struct words words = {.source = source};
    const struct reason *reason = &reasons_of_source[source->code];
    bool other = source->kind == SOURCE_REFCLOCK && reason->refclock_cause;

    write_words(&source->words, other ? reason->refclock_cause : reason->cause,
                other ? reason->refclock_remedy : reason->remedy, "; ", &words);
}

void explain_source(struct report_source *source)
{
    source->code = choose(source);
    explain_source_code(source);
}

void explain_clock(struct report *report)
{
    struct words words = {.report = report};
    const struct reason *reason = &reasons_of_clock[report->clock.code];

    write_words(&report->clock.words, reason->cause, reason->remedy, " ", &words);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Sentences; see the header. The two tables are the whole vocabulary; {words} in them are numbers
 * of the report, filled in by expand(). tests/unit/test_explain.c holds every row to the words that
 * are known and every code to a row. */
#include "control/explain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const source_sentences[SOURCE_STATUSES] = {
    [SOURCE_UNUSED] = "not in use",
    [SOURCE_UNRESOLVED] =
        "no address found for '{name}' yet: check the spelling and the name service "
        "(getent ahosts {name}); it is tried again by and by",
    [SOURCE_DUPLICATE] =
        "'{name}' has no address that no other source has already, or none that can be asked: one "
        "of "
        "the two lines is superfluous",
    [SOURCE_OFFLINE] = "not asked: it is set offline (toki online {name}, or leave the option out)",
    [SOURCE_WAITING] = "requests sent: {sent}, replies so far: {received}; wait a few seconds",
    [SOURCE_UNREACHABLE] =
        "no usable reply: {sent} requests sent to {address}, {received} packets received, the last "
        "{missed} requests without an answer{verdict}; look whether a firewall stops UDP port "
        "{port} "
        "and whether the server is up (toki query {address})",
    [SOURCE_SERVER_UNSYNCHRONISED] =
        "it answers that it does not know the time itself (stratum "
        "{stratum}): it has to be synchronised first, or replaced",
    [SOURCE_REFUSED] =
        "it refuses us by the kiss code {kiss}: we may not ask this server; remove it "
        "from the configuration or ask its operator",
    [SOURCE_LOOPED] =
        "it takes its time from us: following it would be a loop; give it another "
        "source, or leave it out here",
    [SOURCE_FEW_SAMPLES] =
        "answers, but {samples} samples are too few to judge it: wait a little "
        "(the option iburst makes it quicker)",
    [SOURCE_TOO_DISTANT] =
        "its error can be as large as {distance}, more than the limit of "
        "{max_distance} (delay {delay}, its own dispersion {dispersion}): use a "
        "nearer server, or raise the limit (maxdistance)",
    [SOURCE_TOO_JITTERY] =
        "its offsets scatter by {jitter}, more than the limit of {max_jitter}: the "
        "path to it is bad",
    [SOURCE_FALSETICKER] =
        "rejected: it says {offset}, while the majority says {combined}; its clock "
        "is wrong, or the path to it is lopsided",
    [SOURCE_NO_MAJORITY] =
        "it says {offset}, and the sources disagree with no side in the majority: "
        "add sources (four or more outvote a liar)",
    [SOURCE_HELD] =
        "it says {offset}, but the clock is not touched without others that the configuration "
        "demands (minsources, minsane, require)",
    [SOURCE_WRONG_STRATUM] =
        "its stratum {stratum} is not among those that the configuration allows (minstratum, "
        "maxstratum, tos floor, ceiling)",
    [SOURCE_ORPHAN] =
        "it serves its own clock for want of a better one, as we may have to (orphan): another one "
        "leads the group, or we do",
    [SOURCE_NOSELECT] = "measured only, as configured (noselect): it says {offset}",
    [SOURCE_SAME_NETWORK] =
        "good, but it has no vote beside two others of its network (/24, /48) while other networks "
        "are there: whoever owns one must not outvote the rest; it says {offset}",
    [SOURCE_OUTLYING] =
        "good, but it adds nothing beside better sources: it says {offset} with a "
        "jitter of {jitter}",
    [SOURCE_COMBINED] =
        "used beside the selected source: it says {offset}, with a jitter of {jitter} "
        "over a delay of {delay}",
    [SOURCE_SELECTED] =
        "used, the best of all: it says {offset}, with a jitter of {jitter} over a "
        "delay of {delay}",
};

/* Of reference clocks, where it is another thing to say; NULL: as above. */
static const char *const refclock_sentences[SOURCE_STATUSES] = {
    [SOURCE_WAITING] = "no sample so far: wait a few seconds",
    [SOURCE_UNREACHABLE] =
        "no usable sample in the last {missed} polls, {received} samples since the start{verdict}; "
        "look whether the program that feeds {name} runs (gpsd, for example) and whether both may "
        "use the same memory",
    [SOURCE_SERVER_UNSYNCHRONISED] =
        "it says that it has no time itself (leap 3): a receiver without satellites, for example",
    [SOURCE_FEW_SAMPLES] = "{samples} samples are too few to judge it: wait a few seconds",
    [SOURCE_TOO_DISTANT] =
        "its error can be as large as {distance}, more than the limit of {max_distance}: configure "
        "a smaller delay for it, if that is the truth, or raise the limit (maxdistance)",
    [SOURCE_TOO_JITTERY] =
        "its offsets scatter by {jitter}, more than the limit of {max_jitter}: they are not worth "
        "a "
        "clock",
    [SOURCE_FALSETICKER] =
        "rejected: it says {offset}, while the majority says {combined}; it is wrong, or it is "
        "late "
        "by a constant time that its line should correct (offset, time1)",
    [SOURCE_COMBINED] =
        "used beside the selected source: it says {offset}, with a jitter of {jitter}",
    [SOURCE_SELECTED] = "used, the best of all: it says {offset}, with a jitter of {jitter}",
};

static const char *const clock_sentences[CLOCK_CODES] = {
    [CLOCK_SYNCHRONISED] =
        "The clock is synchronised to {selected} (stratum {stratum}, {used} of "
        "{sources} sources used) and within {bound} of the true time.",
    [CLOCK_MEASURING] =
        "The clock is {offset} against {selected}, but tokid does not set it: it was "
        "started with -x or may not set the clock (CAP_SYS_TIME).",
    [CLOCK_LOCAL] =
        "The clock is not synchronised to anything; it is served as it is (stratum "
        "{stratum}), as configured (local).",
    [CLOCK_HOLDOVER] =
        "No source is usable at the moment; the clock runs on at its last known "
        "frequency and is within {bound} of the true time.",
    [CLOCK_STEP_WAITING] =
        "The sources say that the clock is off by {offset}, more than may be slewed; "
        "it is stepped if that lasts.",
    [CLOCK_PANICKED] =
        "The clock is off by {refused}, more than may be corrected without being told: "
        "check the sources, then set it once with tokid -g -q.",
    [CLOCK_NO_SOURCES] = "No source is configured: add lines like 'server ntp.example.org iburst'.",
    [CLOCK_UNRESOLVED] =
        "None of the {sources} source names has an address: the name service does not "
        "answer, or the names are wrong.",
    [CLOCK_NO_REPLIES] =
        "None of the {sources} sources answers: probably the network is down or a "
        "firewall stops UDP port 123.",
    [CLOCK_DISAGREEMENT] =
        "The sources disagree, and no side has the majority: more sources are "
        "needed (four or more outvote a liar).",
    [CLOCK_TOO_FEW] = "{selectable} usable sources, but {min_sources} are required (minsources).",
    [CLOCK_UNUSABLE] =
        "The sources answer, but none of the {sources} is usable: see the reason of "
        "each below.",
    [CLOCK_STARTING] = "Not synchronised yet: the first measurements are being made.",
};

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
static const char *common_verdict(const struct report_source *s, char text[64])
{
    unsigned best = 0;

    for (unsigned v = 1; v < REPLY_VERDICTS; v++) {
        if (s->verdicts[v] > 0 && (best == 0 || s->verdicts[v] > s->verdicts[best])) {
            best = v;
        }
    }
    text[0] = '\0';
    if (best) {
        snprintf(text, 64, ", most often dropped as '%s'",
                 reply_verdict_name((enum reply_verdict)best));
    }
    return text;
}

static const char *source_word(const struct report_source *s, const char *word, char text[64])
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
                   {"delay", s->delay_s, false}};
    const struct {
        const char *word;
        unsigned value;
    } counts[] = {{"sent", s->sent}, {"received", s->received}, {"missed", s->missed},
                  {"port", s->port}, {"stratum", s->stratum},   {"samples", s->samples}};

    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        if (strcmp(word, seconds[i].word) == 0) {
            return seconds[i].directed ? direction(seconds[i].seconds, text)
                                       : explain_seconds(seconds[i].seconds, text);
        }
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (strcmp(word, counts[i].word) == 0) {
            snprintf(text, 64, "%u", counts[i].value);
            return text;
        }
    }
    return strcmp(word, "name") == 0      ? s->name
           : strcmp(word, "address") == 0 ? s->address
           : strcmp(word, "kiss") == 0    ? s->kiss
           : strcmp(word, "verdict") == 0 ? common_verdict(s, text)
                                          : NULL;
}

static const char *clock_word(const struct report *r, const char *word, char text[64])
{
    const struct report_clock *c = &r->clock;
    const struct {
        const char *word;
        unsigned value;
    } counts[] = {{"stratum", c->stratum},
                  {"used", c->used},
                  {"sources", r->source_count},
                  {"selectable", c->selectable},
                  {"min_sources", c->min_sources}};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (strcmp(word, counts[i].word) == 0) {
            snprintf(text, 64, "%u", counts[i].value);
            return text;
        }
    }
    if (strcmp(word, "selected") == 0) {
        return c->selected < 0 ? "its sources" : r->sources[c->selected].name;
    }
    return strcmp(word, "bound") == 0     ? explain_seconds(c->error_bound_s, text)
           : strcmp(word, "offset") == 0  ? direction(c->offset_s, text)
           : strcmp(word, "refused") == 0 ? direction(c->refused_s, text)
                                          : NULL;
}

/* Copies the template with its {words} replaced; an unknown word stays as it is, for the test to
 * find. */
static void expand(const char *template, const struct words *words, char *out, size_t capacity)
{
    size_t length = 0;

    while (*template && length + 1 < capacity) {
        const char *end = *template == '{' ? strchr(template, '}') : NULL;
        char word[24], text[64];
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

void explain_source(struct report_source *source)
{
    struct words words = {.source = source};
    const char *template = source_sentences[source->status];

    if (source->kind == SOURCE_REFCLOCK && refclock_sentences[source->status]) {
        template = refclock_sentences[source->status];
    }
    expand(template, &words, source->sentence, sizeof source->sentence);
}

void explain_clock(struct report *report)
{
    struct words words = {.report = report};

    expand(clock_sentences[report->clock.code], &words, report->clock.sentence,
           sizeof report->clock.sentence);
}

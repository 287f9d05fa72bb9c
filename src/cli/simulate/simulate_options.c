/* SPDX-License-Identifier: BSD-2-Clause */
/* The options as rows of a table. What is particular to them: lists for comparisons, and values of
 * two numbers. */
#include "cli/simulate/simulate_options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "args/args_common.h"
#include "args/args_value.h"

#define WORD_MAX 64

/* Values that one number does not make. */
struct shape {
    const char *separator;     /* between two numbers; NULL: it is one */
    struct args_option second; /* kind and range of the second one */
    bool optional;             /* the second may be missing: it is the first then */
    bool list;                 /* several values with commas between them */
    const char *zero;          /* word for 0, which is out of range; NULL: none */
};

static const struct shape list = {.list = true};

static bool complain(const struct args_option *o, const char *word, const char *fault,
                     char *problem, size_t capacity)
{
    snprintf(problem, capacity, "'%.60s' is %s: expected %s", word, fault, o->expected);
    return false;
}

/* One value: a number or two. */
static bool read_value(const struct args_option *o, const char *word, struct simulate_value *out,
                       char *problem, size_t capacity)
{
    const struct shape *shape = o->more;
    const char *second = shape->separator ? strstr(word, shape->separator) : NULL;
    char first[WORD_MAX];

    out->second = 0;
    if (shape->zero && strcmp(word, shape->zero) == 0) {
        out->value = 0;
        return true;
    }
    if (!second) {
        if (shape->separator && !shape->optional) {
            return complain(o, word, "not two values separated by '/'", problem, capacity);
        }
        if (!args_value_read(o, word, &out->value, problem, capacity)) {
            return false;
        }
        out->second = shape->optional ? out->value : 0;
        return true;
    }
    snprintf(first, sizeof first, "%.*s", (int)(second - word), word);
    if (!args_value_read(o, first, &out->value, problem, capacity) ||
        !args_value_read(&shape->second, second + strlen(shape->separator), &out->second, problem,
                         capacity)) {
        return false;
    }
    return !shape->optional || out->value <= out->second ||
           complain(o, word, "a range that ends before it begins", problem, capacity);
}

static bool read_list(const struct args_option *o, const char *text, struct simulate_list *values,
                      char *problem, size_t capacity)
{
    while (true) {
        size_t length = strcspn(text, ",");
        char word[WORD_MAX];

        if (values->count == SIMULATE_VALUES_MAX) {
            snprintf(problem, capacity, "more than %d values", SIMULATE_VALUES_MAX);
            return false;
        }
        snprintf(word, sizeof word, "%.*s", (int)(length < WORD_MAX ? length : WORD_MAX), text);
        if (!read_value(o, word, &values->values[values->count], problem, capacity)) {
            return false;
        }
        values->count++;
        if (text[length] == '\0') {
            return true;
        }
        text += length + 1;
    }
}

static bool set(const struct args_option *o, const char *text, void *out, char *problem,
                size_t capacity)
{
    const struct shape *shape = o->more;
    void *to = (char *)out + o->offset;

    return shape->list ? read_list(o, text, to, problem, capacity)
                       : read_value(o, text, to, problem, capacity);
}

static bool set_seed(const struct args_option *o, const char *text, void *out, char *problem,
                     size_t capacity)
{
    struct simulate_options *options = out;
    double number;

    if (!args_value_read(o, text, &number, problem, capacity)) {
        return false;
    }
    options->seed = (uint64_t)number;
    return true;
}

#define AT(member) offsetof(struct simulate_options, member)
#define AXIS(axis) .offset = offsetof(struct simulate_options, axes[axis]), .repeats = true
#define LIST .value = "LIST", .set = set, .more = &list
#define POLLS                                                                                      \
    .kind = ARGS_COUNT, .least = -6, .most = 17,                                                   \
    .expected = "log2 seconds from -6 to 17, such as 6, or 6..10 for a range"
#define SPIKES "a part of the packets and a mean time up to 10 s, such as 5%/20ms"
#define TEMPERATURE "a rate up to 1000 ppm and a period from 1 min to 400 d, such as 0.5ppm/24h"
#define OUTAGE "a start and a length, such as 36h/6h"
#define DAYS_400_S (400 * 86400.0)

static const struct shape polls = {
    .separator = "..", .second = {POLLS}, .optional = true, .list = true};
static const struct shape ratios = {.list = true, .zero = "auto"};
static const struct shape part_and_time = {
    .separator = "/", .second = {.kind = ARGS_TIME, .most = 10, .expected = SPIKES}};
static const struct shape rate_and_period = {
    .separator = "/",
    .second = {.kind = ARGS_TIME, .least = 60, .most = DAYS_400_S, .expected = TEMPERATURE}};
static const struct shape start_and_length = {
    .separator = "/", .second = {.kind = ARGS_TIME, .most = DAYS_400_S, .expected = OUTAGE}};

const struct args_option simulate_option_rows[] = {
    {0, "config", ARGS_PATH, .heading = "Configuration", .offset = AT(config),
     .help = "chrony.conf or ntp.conf: its servers, pools, reference clocks, polls, iburst, "
             "makestep and so on. Names are not looked up: each source is simulated. Without it: "
             "server HOST iburst, makestep 1 3"},
    {0, "servers", ARGS_COUNT, .most = 15, AXIS(AXIS_SERVERS), LIST,
     .expected = "a whole number from 0 to 15",
     .help = "number of servers: the first ones of the file, or copies of its last"},
    {0, "poll", POLLS, AXIS(AXIS_POLL), .value = "LIST", .set = set, .more = &polls,
     .help = "poll interval of all servers, in log2 seconds: 6 is 64 s"},
    {0, "corrtimeratio", ARGS_NUMBER, .least = 1e-3, .most = 1e6, AXIS(AXIS_CORRECTION),
     .expected = "auto, or a ratio from 0.001 to 1e6, such as 3", .value = "LIST", .set = set,
     .more = &ratios,
     .help = "duration of a correction relative to the update interval, as the directive of "
             "chrony.conf sets it: a longer one makes the frequency steadier and the time worse. "
             "auto, tokid's default, follows the noise; chronyd's default is 3. Default: that of "
             "the file. Without this option, a short simulation of one case also tells what other "
             "values would give"},
    {0, "delay", ARGS_TIME, .heading = "Network, the same to each server", .most = 4,
     .expected = "a time from 0 to 4 s, such as 20ms", AXIS(AXIS_DELAY), LIST, .fallback = "10ms",
     .help = "round-trip delay without queues, as ping shows it at best"},
    {0, "jitter", ARGS_TIME, .most = 2, AXIS(AXIS_JITTER), LIST, .fallback = "0.3ms",
     .expected = "a time from 0 to 2 s, such as 0.5ms",
     .help = "mean time that a packet waits in queues, each way: about 0.7 of ping's mdev"},
    {0, "loss", ARGS_PART, .most = 0.95, AXIS(AXIS_LOSS), LIST, .fallback = "0",
     .expected = "a part from 0 to 95 %, such as 1%",
     .help = "share of the packets lost, each way"},
    {0, "asymmetry", ARGS_TIME, .least = -4, .most = 4, AXIS(AXIS_ASYMMETRY), LIST,
     .expected = "a time from -4 to 4 s, such as 2ms", .fallback = "0",
     .help = "difference between the delays to and from the server. It cannot be measured from the "
             "ends: half of it remains as an error"},
    {0, "spikes", ARGS_PART, .most = 1, .expected = SPIKES, .offset = AT(spikes),
     .value = "PART/TIME", .set = set, .more = &part_and_time,
     .help = "share of the packets that wait much longer, and their mean wait"},
    {0, "outage", ARGS_TIME, .most = DAYS_400_S, .expected = OUTAGE, .offset = AT(outage),
     .value = "START/LENGTH", .set = set, .more = &start_and_length,
     .help = "no server is reachable: start and length of the outage"},
    {0, "wander", ARGS_RATE, .heading = "Machine", .most = 1e-5, AXIS(AXIS_WANDER), LIST,
     .expected = "a rate from 0 to 1e-5, such as 1e-9", .fallback = "1e-9",
     .help = "deviation of the random step that the oscillator's frequency takes each second; over "
             "an hour it strays by 60 times that. It is what makes a good clock need packets"},
    {0, "temperature", ARGS_RATE, .most = 1e-3, .expected = TEMPERATURE, .offset = AT(temperature),
     .value = "RATE/PERIOD", .set = set, .more = &rate_and_period,
     .help = "the frequency swings by this rate in this period"},
    {0, "offset", ARGS_TIME, .least = -86400, .most = 86400, .offset = AT(offset_s),
     .expected = "a time from -1 d to 1 d, such as 0.5s", .fallback = "0.5s",
     .help = "offset of the clock at the start; positive: slow"},
    {0, "freq", ARGS_RATE, .least = -5e-4, .most = 5e-4, .offset = AT(freq),
     .expected = "a rate from -500 ppm to 500 ppm, such as 20ppm", .fallback = "20ppm",
     .help = "rate at which it loses time; negative: gains"},
    {0, "refclock-noise", ARGS_TIME, .most = 1, .offset = AT(refclock_noise_s),
     .expected = "a time from 0 to 1 s, such as 1us", .fallback = "1us",
     .help = "deviation of a sample of the reference clocks of the file"},
    {0, "days", ARGS_DAYS, .heading = "Simulation", .least = 600, .most = DAYS_400_S,
     .offset = AT(length_s), .expected = "a length from 10 min to 400 days, such as 3 or 12h",
     .fallback = "3",
     .help = "length. Its first quarter, at most 6 h, does not count for the accuracy"},
    {0, "runs", ARGS_COUNT, .least = 1, .most = 100, .offset = AT(runs),
     .fallback = "5, fewer if the samples are many",
     .help = "runs with different random numbers, which are summarised"},
    {0, "seed", ARGS_COUNT, .most = 1e15, .set = set_seed, .fallback = "1",
     .expected = "a whole number from 0 to 1e15",
     .help = "first seed: the same seed gives the same numbers"},
    {0, "plot", ARGS_PATH, AT(plot), .value = "FILE.svg",
     .help = "draw the error of the clock over time, of the first run, into an SVG file"},
    ARGS_JSON(struct simulate_options, json),
    {.help = NULL}};

/* Single values before the command line is read; lists, to which values are added, behind it. */
static bool read_defaults(struct simulate_options *o, bool lists)
{
    char problem[256];
    bool good = true;

    for (const struct args_option *row = simulate_option_rows; row->help; row++) {
        const struct shape *shape = row->more;
        bool is_list = shape && shape->list, number = is_list || row->kind >= ARGS_TIME;
        const struct simulate_list *values = (const void *)((const char *)o + row->offset);

        if (row->fallback && number && is_list == lists && !(lists && values->count > 0)) {
            good = good && args_value_store(row, row->fallback, o, problem, sizeof problem);
        }
    }
    return good;
}

bool simulate_options_read(const struct args_command *command, int argc, char **argv,
                           struct simulate_options *out, int *exit_code)
{
    *out = (struct simulate_options){.seed = 1};
    return read_defaults(out, false) && args_parse(command, argc, argv, out, exit_code) &&
           read_defaults(out, true);
}

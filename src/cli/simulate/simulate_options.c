/* SPDX-License-Identifier: BSD-2-Clause */
/* The options as a table of rows: name, kind of number, range, default. What is wrong is said with
 * the option, the word, and what was expected. */
#include "cli/simulate/simulate_options.h"

#include <ctype.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/exits.h"
#include "cli/draw/render.h"
#include "core/units.h"

#define WORD_MAX 64

enum kind { KIND_TIME, KIND_LENGTH, KIND_PART, KIND_RATE, KIND_COUNT, KINDS };

/* What a number without a unit counts; 0: none but 0 may be without. */
static const struct {
    const char *fault; /* "'x' is ..." */
    double plain;
} kinds[KINDS] = {
    [KIND_TIME] = {"not a time (a number with ns, us, ms, s, min, h or d)", 0},
    [KIND_LENGTH] = {"not a length (days, or a number with s, min, h or d)", 86400},
    [KIND_PART] = {"not a part (such as 0.01 or 1%)", 1},
    [KIND_RATE] = {"not a rate (a number, or one with ppm or ppb)", 1},
    [KIND_COUNT] = {"not a whole number", 1},
};

/* One number of an option. */
struct range {
    enum kind kind;
    double least, most;
    const char *words; /* the range for people, and an example */
};

struct row {
    const char *name;
    struct range first, second; /* the second of a pair, if `separator` */
    const char *separator;      /* between both, or NULL */
    bool optional;              /* the second may be missing: it is the first then */
    int axis;                   /* a list; or -1, and then: */
    size_t offset;              /* of a struct simulate_value or a double in the options */
    const char *fallback;       /* or NULL */
};

#define AT(member) .axis = -1, .offset = offsetof(struct simulate_options, member)

#define POLL_RANGE                                                                                 \
    {                                                                                              \
        KIND_COUNT, -6, 17, "from -6 to 17 (log2 s), such as 6, or 6..10 for a range"              \
    }

static const struct row rows[] = {
    {"delay",
     {KIND_TIME, 0, 4, "from 0 to 4 s, such as 20ms"},
     .axis = AXIS_DELAY,
     .fallback = "10ms"},
    {"jitter",
     {KIND_TIME, 0, 2, "from 0 to 2 s, such as 0.5ms"},
     .axis = AXIS_JITTER,
     .fallback = "0.3ms"},
    {"loss",
     {KIND_PART, 0, 0.95, "from 0 to 95 %, such as 1%"},
     .axis = AXIS_LOSS,
     .fallback = "0"},
    {"asymmetry",
     {KIND_TIME, -4, 4, "from -4 to 4 s, such as 2ms"},
     .axis = AXIS_ASYMMETRY,
     .fallback = "0"},
    {"wander",
     {KIND_RATE, 0, 1e-5, "from 0 to 1e-5, such as 1e-9"},
     .axis = AXIS_WANDER,
     .fallback = "1e-9"},
    {"poll", POLL_RANGE, POLL_RANGE, "..", true, .axis = AXIS_POLL},
    {"servers", {KIND_COUNT, 0, 15, "from 0 to 15"}, .axis = AXIS_SERVERS},
    {"spikes",
     {KIND_PART, 0, 1, "a part of the packets and a mean time, such as 5%/20ms"},
     {KIND_TIME, 0, 10, "a part of the packets and a mean time (to 10 s), such as 5%/20ms"},
     "/",
     AT(spikes)},
    {"temperature",
     {KIND_RATE, 0, 1e-3, "up to 1000 ppm and a period, such as 0.5ppm/24h"},
     {KIND_TIME, 60, 400 * 86400.0, "a period from 1 min to 400 d, such as 0.5ppm/24h"},
     "/",
     AT(temperature)},
    {"outage",
     {KIND_TIME, 0, 400 * 86400.0, "a begin and a length, such as 36h/6h"},
     {KIND_TIME, 0, 400 * 86400.0, "a begin and a length, such as 36h/6h"},
     "/",
     AT(outage)},
    {"offset",
     {KIND_TIME, -86400, 86400, "from -1 d to 1 d, such as 0.5s"},
     AT(offset_s),
     .fallback = "0.5s"},
    {"freq",
     {KIND_RATE, -5e-4, 5e-4, "from -500 ppm to 500 ppm, such as 20ppm"},
     AT(freq),
     .fallback = "20ppm"},
    {"refclock-noise",
     {KIND_TIME, 0, 1, "from 0 to 1 s, such as 1us"},
     AT(refclock_noise_s),
     .fallback = "1us"},
    {"days",
     {KIND_LENGTH, 600, 400 * 86400.0, "from 10 min to 400 days, such as 3 or 12h"},
     AT(length_s),
     .fallback = "3"},
};

#define ROWS (sizeof rows / sizeof rows[0])

/* ---- numbers ---- */

static bool complain(const char *option, const char *word, const char *fault,
                     const struct range *range)
{
    char clean[WORD_MAX];

    fprintf(stderr, "toki: --%s: '%s' is %s: expected %s\n", option,
            render_clean(word, clean, sizeof clean), fault, range->words);
    return false;
}

/* 0: the kind has no such unit. */
static double unit_size(enum kind kind, const char *unit)
{
    if (*unit == '\0') {
        return kinds[kind].plain;
    }
    switch (kind) {
    case KIND_TIME:
    case KIND_LENGTH:
        return units_time_s(unit);
    case KIND_PART:
    case KIND_RATE:
        return units_ratio(unit);
    case KIND_COUNT:
    case KINDS:
        break;
    }
    return 0;
}

/* A number with a unit. 0 needs none. */
static bool parse_number(const char *text, enum kind kind, double *out)
{
    char *end;
    double number, size;

    if (!isdigit((unsigned char)text[strspn(text, "+-.")]) || strpbrk(text, "xX")) {
        return false; /* strtod() would take inf and nan too */
    }
    number = strtod(text, &end);
    while (*end == ' ') {
        end++;
    }
    size = unit_size(kind, end);
    *out = number * size;
    return isfinite(*out) && (size > 0 || (*end == '\0' && !(number < 0 || number > 0))) &&
           (kind != KIND_COUNT || !(floor(number) < number));
}

static bool read_number(const char *option, const char *word, const struct range *range,
                        double *out)
{
    if (!parse_number(word, range->kind, out)) {
        return complain(option, word, kinds[range->kind].fault, range);
    }
    return (*out >= range->least && *out <= range->most) ||
           complain(option, word, "out of range", range);
}

/* One value of a row: a number or two. */
static bool read_value(const struct row *row, const char *word, struct simulate_value *out)
{
    const char *second = row->separator ? strstr(word, row->separator) : NULL;
    char first[WORD_MAX];

    out->second = 0;
    if (!second) {
        if (row->separator && !row->optional) {
            return complain(row->name, word, "not two values with '/' between them", &row->first);
        }
        if (!read_number(row->name, word, &row->first, &out->value)) {
            return false;
        }
        out->second = row->optional ? out->value : 0;
        return true;
    }
    snprintf(first, sizeof first, "%.*s", (int)(second - word), word);
    if (!read_number(row->name, first, &row->first, &out->value) ||
        !read_number(row->name, second + strlen(row->separator), &row->second, &out->second)) {
        return false;
    }
    return !row->optional || out->value <= out->second ||
           complain(row->name, word, "a range that ends before it begins", &row->first);
}

static bool read_list(const struct row *row, const char *text, struct simulate_list *list)
{
    while (true) {
        size_t length = strcspn(text, ",");
        char word[WORD_MAX];

        if (list->count == SIMULATE_VALUES_MAX) {
            fprintf(stderr, "toki: --%s: more than %d values\n", row->name, SIMULATE_VALUES_MAX);
            return false;
        }
        snprintf(word, sizeof word, "%.*s", (int)(length < WORD_MAX ? length : WORD_MAX), text);
        if (!read_value(row, word, &list->values[list->count])) {
            return false;
        }
        list->count++;
        if (text[length] == '\0') {
            return true;
        }
        text += length + 1;
    }
}

static bool read_row(const struct row *row, const char *text, struct simulate_options *o)
{
    struct simulate_value value;

    if (row->axis >= 0) {
        return read_list(row, text, &o->axes[row->axis]);
    }
    if (!read_value(row, text, &value)) {
        return false;
    }
    memcpy((char *)o + row->offset, &value, row->separator ? sizeof value : sizeof value.value);
    return true;
}

/* ---- the rest ---- */

static const char help[] =
    "Usage: toki simulate [--config FILE] [options]\n"
    "\n"
    "Predicts how well tokid would keep a clock with your configuration on your network, with "
    "tokid's\n"
    "own engine in a simulated world: accuracy, the bound that clients are told, packets, and how\n"
    "soon after the start the clock is right. Nothing is sent, and no clock is touched.\n"
    "\n"
    "  --config FILE      chrony.conf or ntp.conf: its servers, pools, reference clocks, polls,\n"
    "                     iburst, makestep and so on. Names are not looked up: each source is\n"
    "                     simulated. Without it: server HOST iburst, makestep 1 3\n"
    "  --servers LIST     so many servers instead: the first ones of FILE, or copies of the last\n"
    "  --poll LIST        poll interval for all servers, log2 seconds: 6 (64 s), or 6..10\n"
    "\n"
    "The network (the same kind of path to each server)\n"
    "  --delay LIST       there and back without queues, as ping shows at best (10ms)\n"
    "  --jitter LIST      mean time that a packet waits in queues, each way: about 0.7 of ping's\n"
    "                     mdev (0.3ms)\n"
    "  --loss LIST        part of the packets lost, each way (0)\n"
    "  --asymmetry LIST   the way there takes so much longer than the way back (0). Nobody can "
    "see\n"
    "                     it from the ends: half of it is an error that stays\n"
    "  --spikes PART/TIME part of the packets that wait much longer, and how long on average\n"
    "  --outage AT/FOR    no server can be reached: from when, and how long\n"
    "\n"
    "The machine\n"
    "  --wander LIST      how restless the oscillator is (1e-9): each second its frequency takes "
    "a\n"
    "                     random step of this deviation, so over an hour it strays by 60 times\n"
    "                     that. It is what makes a good clock need packets\n"
    "  --temperature RATE/PERIOD   its frequency swings by so much, say 0.5ppm/24h (none)\n"
    "  --offset TIME      the clock starts so wrong; positive: slow (0.5s)\n"
    "  --freq RATE        and loses so much; negative: gains (20ppm)\n"
    "  --refclock-noise TIME   deviation of a sample of the reference clocks of FILE (1us)\n"
    "\n"
    "The simulation\n"
    "  --days LENGTH      how long (3); also 12h. Its first quarter, at most 6 h, does not count "
    "for\n"
    "                     the accuracy\n"
    "  --runs N           runs with other dice that are summed up (5; fewer if samples are many)\n"
    "  --seed N           first seed: the same seed gives the same numbers (1)\n"
    "  --plot FILE        an SVG picture of the clock's error over time (of the first run)\n"
    "  --json             the numbers for programs\n"
    "\n"
    "A LIST compares: --poll 6,8,10 --servers 1,4 gives a row, and a curve, for each combination.\n"
    "Units: ns us ms s min h d; % for parts; ppm, ppb or nothing for rates.\n"
    "\n"
    "Typical values            --delay          --jitter\n"
    "  LAN                     0.1ms to 0.3ms   5us to 50us\n"
    "  internet, same country  5ms to 20ms      0.1ms to 1ms\n"
    "  internet, far away      80ms to 300ms    0.5ms to 3ms\n"
    "  cable, ADSL             15ms to 40ms     0.5ms to 5ms    --asymmetry 2ms to 10ms\n"
    "  Wi-Fi                   2ms to 5ms       0.5ms to 3ms    --spikes 5%/20ms\n"
    "  LTE                     30ms to 60ms     5ms to 15ms     --spikes 3%/50ms\n"
    "  satellite               600ms            5ms to 30ms     --loss 1%\n"
    "  reference clock         PPS: --refclock-noise 1us; NMEA over a serial line: 10ms\n"
    "Typical --wander: ordinary quartz 1e-9, the same in a busy laptop 1e-8, TCXO 1e-10, OCXO "
    "1e-11.\n"
    "\n"
    "  toki simulate --config /etc/chrony.conf --delay 20ms --jitter 1ms --plot clock.svg\n"
    "  toki simulate --poll 6,8,10 --servers 1,4 --delay 20ms --jitter 1ms\n"
    "\n"
    "Exit code 0: done, 2: wrong use or a configuration with errors.\n";

/* Whole numbers of the simulation itself. */
static bool read_whole(const char *option, const char *text, double least, double most,
                       const char *words, double *out)
{
    const struct range range = {KIND_COUNT, least, most, words};

    return read_number(option, text, &range, out);
}

enum { OPTION_CONFIG = 1000, OPTION_PLOT, OPTION_JSON, OPTION_RUNS, OPTION_SEED, OPTION_HELP };

static bool read_other(int option, struct simulate_options *o)
{
    double number;

    switch (option) {
    case OPTION_CONFIG:
        o->config = optarg;
        return true;
    case OPTION_PLOT:
        o->plot = optarg;
        return true;
    case OPTION_JSON:
        o->json = true;
        return true;
    case OPTION_RUNS:
        if (!read_whole("runs", optarg, 1, 100, "from 1 to 100", &number)) {
            return false;
        }
        o->runs = (unsigned)number;
        return true;
    default:
        if (!read_whole("seed", optarg, 0, 1e15, "from 0 to 1e15", &number)) {
            return false;
        }
        o->seed = (uint64_t)number;
        return true;
    }
}

/* The options as getopt wants them: row i is option i + 1. */
static void make_known(struct option known[ROWS + 7])
{
    static const struct option others[] = {{"config", required_argument, NULL, OPTION_CONFIG},
                                           {"plot", required_argument, NULL, OPTION_PLOT},
                                           {"json", no_argument, NULL, OPTION_JSON},
                                           {"runs", required_argument, NULL, OPTION_RUNS},
                                           {"seed", required_argument, NULL, OPTION_SEED},
                                           {"help", no_argument, NULL, OPTION_HELP},
                                           {NULL, 0, NULL, 0}};

    for (size_t i = 0; i < ROWS; i++) {
        known[i] = (struct option){rows[i].name, required_argument, NULL, (int)i + 1};
    }
    memcpy(known + ROWS, others, sizeof others);
}

static bool read_defaults(struct simulate_options *o)
{
    bool good = true;

    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];

        if (row->fallback && (row->axis < 0 || o->axes[row->axis].count == 0)) {
            good = good && read_row(row, row->fallback, o);
        }
    }
    return good;
}

static bool usage_error(const char *what, const char *word)
{
    char clean[WORD_MAX];

    fprintf(stderr, "toki: simulate: %s '%s'; try 'toki simulate --help'\n", what,
            render_clean(word, clean, sizeof clean));
    return false;
}

static bool read_options(int argc, char **argv, struct simulate_options *o, int *exit_code)
{
    struct option known[ROWS + 7];
    int option;

    make_known(known);
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (option == OPTION_HELP) {
            fputs(help, stdout);
            *exit_code = EXIT_GOOD;
            return false;
        }
        if (option == ':') {
            return usage_error("a value is missing after", argv[optind - 1]);
        }
        if (option == '?') {
            return usage_error("there is no option", argv[optind - 1]);
        }
        if (option < OPTION_CONFIG ? !read_row(&rows[option - 1], optarg, o)
                                   : !read_other(option, o)) {
            return false;
        }
    }
    return optind == argc || usage_error("a file is given by --config, so what is", argv[optind]);
}

bool simulate_options_read(int argc, char **argv, struct simulate_options *out, int *exit_code)
{
    struct simulate_options defaults = {.seed = 1};

    *out = defaults;
    *exit_code = EXIT_USAGE;
    if (!read_defaults(&defaults)) {
        return false;
    }
    /* single values are overwritten; lists are appended to, so they get theirs at the end */
    *out = defaults;
    memset(out->axes, 0, sizeof out->axes);
    if (!read_options(argc, argv, out, exit_code)) {
        return false;
    }
    for (unsigned i = 0; i < SIMULATE_AXES; i++) {
        if (out->axes[i].count == 0) {
            out->axes[i] = defaults.axes[i];
        }
    }
    return true;
}

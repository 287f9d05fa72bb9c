/* SPDX-License-Identifier: BSD-2-Clause */
/* How well the engine keeps a clock, beside what could be known: runs the accuracy scenarios for
 * some seeds and prints one table. Lower is better everywhere; x limit = 1 is a clock that knows
 * the noise of its paths and of its oscillator beforehand. */
#include <fnmatch.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/accuracy_table.h"

#define SEEDS_MAX 200
#define ONLY_MAX 16
#define OUTSIDE_MAX 0.001 /* part of the synchronised seconds */
#define SAID_MIN 0.5      /* error admitted / true error */
#define SAID_MAX 3.0

struct options {
    unsigned seeds, jobs;
    uint64_t first_seed;
    struct accuracy_scale scale;
    const char *only[ONLY_MAX];
    unsigned only_count;
    bool markdown, list, bounds;
    double fail_above, fail_above_64; /* x limit, x limit at 64 s; 0: never */
};

/* Shared by the processes that run scenarios. */
struct board {
    _Atomic unsigned next;
    struct scenario_result results[ACCURACY_SCENARIOS_MAX][SEEDS_MAX];
};

#define LINES_MAX (ACCURACY_SCENARIOS_MAX * SCENARIO_WINDOWS_MAX)

/* One line of the table, over all seeds. */
struct line {
    const struct scenario *scenario;
    const struct scenario_window *window;
    double rms_s, max_s, settle_s, limit_s, limit_64_s, x_limit, x_limit_64, x_chronyd, poll_s;
    double freq, freq_limit, x_freq;
    double outside, unsynchronised, estimate; /* estimate: rms admitted / true rms */
    double outside_worst;                     /* of one seed */
};

static const char usage[] =
    "usage: toki-accuracy [options]\n"
    "  --seeds N          seeds to run (6)\n"
    "  --first-seed N     the first of them (1)\n"
    "  --only PATTERN     scenarios or groups that match; may be repeated\n"
    "  --scale-jitter F   all jitters times F (typical tests: 0.3, 3)\n"
    "  --scale-wander F   all wanders times F\n"
    "  --scale-delay F    all delays times F\n"
    "  --jobs N           processes (number of CPUs)\n"
    "  --markdown         a table for a document\n"
    "  --fail-above R     exit 1 if the geometric mean of 'x limit' is above R\n"
    "  --fail-above-64 R  the same with 'x limit at 64 s', which fewer packets do not lower\n"
    "  --bounds           exit 1 if what the clock says of itself is wrong: the error is beyond "
    "its\n"
    "                     bound for more than 0.1 % of a run, or, where nothing happens, what it\n"
    "                     says is below half or above three times the true error\n"
    "  --list             names of the scenarios\n";

static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= 0)) {
        fprintf(stderr, "toki-accuracy: %s is not a number\n", text);
        exit(2);
    }
    return value;
}

static void set_option(struct options *o, int option)
{
    switch (option) {
    case 's':
        o->seeds = (unsigned)number(optarg);
        o->seeds = o->seeds < 1 ? 1 : o->seeds > SEEDS_MAX ? SEEDS_MAX : o->seeds;
        break;
    case 'f': o->first_seed = (uint64_t)number(optarg); break;
    case 'o':
        if (o->only_count < ONLY_MAX) {
            o->only[o->only_count++] = optarg;
        }
        break;
    case 'j': o->scale.jitter = number(optarg); break;
    case 'w': o->scale.wander = number(optarg); break;
    case 'd': o->scale.delay = number(optarg); break;
    case 'J': o->jobs = (unsigned)number(optarg); break;
    case 'm': o->markdown = true; break;
    case 'x': o->fail_above = number(optarg); break;
    case 'X': o->fail_above_64 = number(optarg); break;
    case 'b': o->bounds = true; break;
    case 'l': o->list = true; break;
    default: fputs(usage, option == 'h' ? stdout : stderr); exit(option == 'h' ? 0 : 2);
    }
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {{"seeds", required_argument, NULL, 's'},
                                          {"first-seed", required_argument, NULL, 'f'},
                                          {"only", required_argument, NULL, 'o'},
                                          {"scale-jitter", required_argument, NULL, 'j'},
                                          {"scale-wander", required_argument, NULL, 'w'},
                                          {"scale-delay", required_argument, NULL, 'd'},
                                          {"jobs", required_argument, NULL, 'J'},
                                          {"markdown", no_argument, NULL, 'm'},
                                          {"fail-above", required_argument, NULL, 'x'},
                                          {"fail-above-64", required_argument, NULL, 'X'},
                                          {"bounds", no_argument, NULL, 'b'},
                                          {"list", no_argument, NULL, 'l'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    struct options o = {.seeds = 6, .first_seed = 1, .scale = {1, 1, 1}};
    int option;

    o.jobs = cpus > 0 ? (unsigned)cpus : 1;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        set_option(&o, option);
    }
    return o;
}

static unsigned choose(const struct options *o, struct scenario *scenarios, unsigned count)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        bool wanted = o->only_count == 0;

        for (unsigned k = 0; k < o->only_count; k++) {
            wanted = wanted || fnmatch(o->only[k], scenarios[i].name, 0) == 0 ||
                     strcmp(o->only[k], scenarios[i].group) == 0;
        }
        if (wanted) {
            scenarios[kept++] = scenarios[i];
        }
    }
    return kept;
}

/* Takes one job after another until there is none. */
static void work(const struct options *o, const struct scenario *scenarios, unsigned count,
                 struct board *board)
{
    for (;;) {
        unsigned job = board->next++;

        if (job >= count * o->seeds) {
            return;
        }
        scenario_run(&scenarios[job / o->seeds], o->first_seed + job % o->seeds, NULL,
                     &board->results[job / o->seeds][job % o->seeds]);
    }
}

static bool run_all(const struct options *o, const struct scenario *scenarios, unsigned count,
                    struct board *board)
{
    bool good = true;

    for (unsigned i = 1; i < o->jobs; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            work(o, scenarios, count, board);
            _exit(0);
        }
    }
    work(o, scenarios, count, board);
    for (;;) {
        int status;

        if (wait(&status) < 0) {
            break;
        }
        good = good && status == 0;
    }
    return good;
}

static double score_s(const struct scenario *s, const struct scenario_window *window,
                      const struct scenario_window_result *r)
{
    if (!s->score_settle) {
        return r->rms_s;
    }
    return r->settle_s < 0 ? window->settle_to_s - window->settle_from_s : fmax(1, r->settle_s);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* A scenario without servers has no limit for them. */
static double times_limit(double value, double limit)
{
    return limit > 0 ? value / limit : HUGE_VAL;
}

static struct line summarise(const struct scenario *s, unsigned window,
                             const struct scenario_result *results, unsigned seeds)
{
    struct line l = {.scenario = s, .window = &s->windows[window]};
    double settle[SEEDS_MAX], estimates = 0, logs = 0, logs_64 = 0, logs_chronyd = 0, n = seeds;
    double limits = 0, limits_64 = 0, logs_freq = 0;

    for (unsigned i = 0; i < seeds; i++) {
        const struct scenario_window_result *r = &results[i].windows[window];

        l.rms_s += r->rms_s * r->rms_s / n;
        l.max_s = fmax(l.max_s, r->max_s);
        l.freq += r->freq_rms * r->freq_rms / n;
        l.freq_limit += r->freq_limit * r->freq_limit / n;
        logs_freq += log(times_limit(r->freq_rms, r->freq_limit)) / n;
        settle[i] = r->settle_s < 0 ? HUGE_VAL : r->settle_s;
        limits += r->limit_s * r->limit_s / n;
        limits_64 += r->limit_64_s * r->limit_64_s / n;
        logs += log(times_limit(r->rms_s, r->limit_s)) / n;
        logs_64 += log(times_limit(r->rms_s, r->limit_64_s)) / n;
        logs_chronyd += log(score_s(s, &s->windows[window], r)) / n;
        l.poll_s += results[i].poll_s / n;
        l.outside += r->outside / n;
        l.outside_worst = fmax(l.outside_worst, r->outside);
        l.unsynchronised += r->unsynchronised / n;
        estimates += r->estimate_s * r->estimate_s / n;
    }
    qsort(settle, seeds, sizeof *settle, by_size);
    l.settle_s = settle[seeds / 2];
    l.rms_s = sqrt(l.rms_s);
    l.freq = sqrt(l.freq);
    l.freq_limit = sqrt(l.freq_limit);
    l.x_freq = exp(logs_freq);
    l.limit_s = sqrt(limits);
    l.limit_64_s = sqrt(limits_64);
    l.x_limit = exp(logs);
    l.x_limit_64 = s->server_count > 0 ? exp(logs_64) : 0;
    l.x_chronyd = s->windows[window].chronyd > 0
                      ? (s->score_settle ? exp(logs_chronyd) : l.rms_s) / s->windows[window].chronyd
                      : 0;
    l.estimate = sqrt(estimates) / l.rms_s;
    return l;
}

/* Seconds in three digits with a unit. */
static const char *human(double value, char text[16])
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    unsigned unit = 0;

    if (!isfinite(value) || value == 0) {
        snprintf(text, 16, "%s", value == 0 ? "0" : "never");
        return text;
    }
    while (unit < 3 && fabs(value) < 1) {
        value *= 1000;
        unit++;
    }
    snprintf(text, 16, "%.3g %s", value, units[unit]);
    return text;
}

/* A frequency error in three digits. */
static const char *frequency(double value, char text[16])
{
    snprintf(text, 16, value < 1e-7 ? "%.3g ppb" : "%.3g ppm", value * (value < 1e-7 ? 1e9 : 1e6));
    return text;
}

static const char *ratio(double value, char text[16])
{
    snprintf(text, 16, value > 0 ? "%.2f" : "-", value);
    return text;
}

static void print_head(const struct options *o)
{
    if (o->markdown) {
        printf(
            "| scenario | rms | max | settle | poll (s) | limit | x limit | limit at 64 s | "
            "x limit at 64 s | frequency | limit | x limit | x chronyd | outside bound | said/true "
            "|\n"
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    } else {
        printf("%-34s %9s %9s %8s %6s %9s %7s %9s %6s %9s %6s %9s %8s %6s\n", "scenario", "rms",
               "max", "settle", "poll", "limit", "x limit", "at 64 s", "x 64", "freq", "x freq",
               "x chronyd", "outside", "said");
    }
}

static void print_line(const struct options *o, const struct line *l)
{
    char t[11][16], name[100];
    const char *window = l->window->name;
    bool starts = l->scenario->score_settle; /* an rms over the start says nothing */

    snprintf(name, sizeof name, "%.63s%s%.30s", l->scenario->name, window ? " / " : "",
             window ? window : "");
    human(l->rms_s, t[0]);
    human(l->max_s, t[1]);
    human(l->settle_s, t[2]);
    human(l->limit_s, t[3]);
    ratio(starts ? 0 : l->x_limit, t[4]);
    human(l->limit_64_s, t[5]);
    if (starts) {
        snprintf(t[3], sizeof t[3], "-");
        snprintf(t[5], sizeof t[5], "-");
    }
    ratio(starts ? 0 : l->x_limit_64, t[6]);
    ratio(l->x_chronyd, t[7]);
    frequency(l->freq, t[8]);
    frequency(l->freq_limit, t[9]);
    ratio(starts ? 0 : l->x_freq, t[10]);
    if (o->markdown) {
        printf(
            "| %s | %s | %s | %s | %.3g | %s | %s | %s | %s | %s | %s | %s | %s%s | %.2f %% | %.2f "
            "|\n",
            name, t[0], t[1], t[2], l->poll_s, t[3], t[4], t[5], t[6], t[8], starts ? "-" : t[9],
            t[10], t[7], starts ? "*" : "", l->outside * 100, l->estimate);
    } else {
        printf("%-34s %9s %9s %8s %6.3g %9s %7s %9s %6s %9s %6s %8s%1s %6.2f %% %6.2f\n", name,
               t[0], t[1], t[2], l->poll_s, t[3], t[4], t[5], t[6], t[8], t[10], t[7],
               starts ? "*" : "", l->outside * 100, l->estimate);
    }
}

static void print_group(const struct line *lines, unsigned count, const char *group)
{
    double limit = 0, freq = 0, chronyd = 0, n = 0, n_chronyd = 0;

    for (unsigned i = 0; i < count; i++) {
        if (strcmp(lines[i].scenario->group, group) != 0) {
            continue;
        }
        limit += lines[i].scenario->score_settle ? 0 : log(lines[i].x_limit);
        freq += lines[i].scenario->score_settle ? 0 : log(lines[i].x_freq);
        n++;
        if (lines[i].x_chronyd > 0) {
            chronyd += log(lines[i].x_chronyd);
            n_chronyd++;
        }
    }
    printf("%-10s geometric mean of %2.0f: x limit %6.2f   frequency %6.2f   x chronyd %6.2f\n",
           group, n, exp(limit / n), exp(freq / n), n_chronyd > 0 ? exp(chronyd / n_chronyd) : 0.0);
}

/* Geometric means of each group, in the order of the table. */
static void print_groups(const struct line *lines, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool first = true;

        for (unsigned k = 0; k < i; k++) {
            first = first && strcmp(lines[k].scenario->group, lines[i].scenario->group) != 0;
        }
        if (first) {
            print_group(lines, count, lines[i].scenario->group);
        }
    }
}

/* Is the geometric mean of all but the starts above what is allowed? */
static bool worse_than_allowed(const struct options *o, const struct line *lines, unsigned count)
{
    double sum = 0, sum_64 = 0, n = 0, n_64 = 0;
    bool worse = false;

    for (unsigned i = 0; i < count; i++) {
        if (lines[i].scenario->score_settle) {
            continue;
        }
        sum += log(lines[i].x_limit);
        n++;
        if (lines[i].x_limit_64 > 0) {
            sum_64 += log(lines[i].x_limit_64);
            n_64++;
        }
    }
    if (o->fail_above > 0 && n > 0 && exp(sum / n) > o->fail_above) {
        printf("TOO FAR FROM THE LIMIT: %.3f times, %.3f are allowed\n", exp(sum / n),
               o->fail_above);
        worse = true;
    }
    if (o->fail_above_64 > 0 && n_64 > 0 && exp(sum_64 / n_64) > o->fail_above_64) {
        printf("TOO FAR FROM THE LIMIT AT 64 s: %.3f times, %.3f are allowed\n", exp(sum_64 / n_64),
               o->fail_above_64);
        worse = true;
    }
    return worse;
}

/* Does nothing happen in this line's time that a clock cannot know? */
static bool steady(const struct line *l)
{
    return !l->scenario->score_settle && !l->window->name && !(fabs(l->scenario->clock.jump) > 0);
}

static bool wrong_bounds(const struct line *lines, unsigned count)
{
    bool wrong = false;

    for (unsigned i = 0; i < count; i++) {
        const struct line *l = &lines[i];
        const char *window = l->window->name ? l->window->name : "";

        if (l->outside_worst > OUTSIDE_MAX) {
            printf("BOUND: %s %s: the error is beyond it in %.2f %% of a run\n", l->scenario->name,
                   window, l->outside_worst * 100);
            wrong = true;
        }
        if (steady(l) && !(l->estimate >= SAID_MIN && l->estimate <= SAID_MAX)) {
            printf("SAID: %s %s: %.2f times the true error\n", l->scenario->name, window,
                   l->estimate);
            wrong = true;
        }
    }
    return wrong;
}

/* Faults that no table row may hide. */
static bool engine_faults(const struct options *o, const struct board *board, unsigned count)
{
    uint64_t stuck = 0, lost = 0;

    for (unsigned i = 0; i < count * o->seeds; i++) {
        stuck += board->results[i / o->seeds][i % o->seeds].stuck;
        lost += board->results[i / o->seeds][i % o->seeds].effects_lost;
    }
    if (stuck || lost) {
        printf("ENGINE FAULT: deadline stuck %llu times, %llu effects lost\n",
               (unsigned long long)stuck, (unsigned long long)lost);
    }
    return stuck || lost;
}

int main(int argc, char **argv)
{
    static struct scenario scenarios[ACCURACY_SCENARIOS_MAX];
    static struct line lines[LINES_MAX];
    struct options o = read_options(argc, argv);
    unsigned count = choose(&o, scenarios, accuracy_table(&o.scale, scenarios)), line_count = 0;
    struct board *board =
        mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool bad;

    for (unsigned i = 0; o.list && i < count; i++) {
        printf("%-9s %s\n", scenarios[i].group, scenarios[i].name);
    }
    if (o.list || count == 0) {
        return o.list ? 0 : 2;
    }
    if (board == MAP_FAILED || !run_all(&o, scenarios, count, board)) {
        fprintf(stderr, "toki-accuracy: a run failed\n");
        return 1;
    }
    print_head(&o);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned w = 0; w < scenarios[i].window_count; w++) {
            lines[line_count] = summarise(&scenarios[i], w, board->results[i], o.seeds);
            print_line(&o, &lines[line_count++]);
        }
    }
    printf("\n");
    print_groups(lines, line_count);
    printf("\n%u seeds from %llu; settle is the median; * ratio of settling times\n", o.seeds,
           (unsigned long long)o.first_seed);
    bad = engine_faults(&o, board, count);
    bad = worse_than_allowed(&o, lines, line_count) || bad;
    return (o.bounds && wrong_bounds(lines, line_count)) || bad;
}

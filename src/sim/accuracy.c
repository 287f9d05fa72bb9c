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

#include "sim/accuracy_report.h"
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
    bool markdown, list, bounds, worst;
    double fail_above, fail_above_64; /* x limit, x limit at 64 s; 0: never */
    double fail_worst;                /* x honest; 0: never */
};

/* Shared by the processes that run scenarios. */
struct board {
    _Atomic unsigned next;
    struct scenario_result results[ACCURACY_SCENARIOS_MAX][SEEDS_MAX];
};

#define LINES_MAX (ACCURACY_SCENARIOS_MAX * SCENARIO_WINDOWS_MAX)

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
    "  --worst N          run N seeds, and print the largest error of each scenario, its seed, "
    "and\n"
    "                     how many times that of the same world it is in which nobody misleads\n"
    "  --fail-worst R     exit 1 if that is above R times in a scenario that misleads\n"
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
    case 'W':
    case 's':
        o->worst = o->worst || option == 'W';
        o->seeds = (unsigned)fmax(1, fmin(number(optarg), SEEDS_MAX));
        break;
    case 'H': o->fail_worst = number(optarg); break;
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
                                          {"worst", required_argument, NULL, 'W'},
                                          {"fail-worst", required_argument, NULL, 'H'},
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

static bool wanted(const struct options *o, const struct scenario *s)
{
    bool found = o->only_count == 0;

    for (unsigned k = 0; k < o->only_count; k++) {
        found = found || fnmatch(o->only[k], s->name, 0) == 0 || strcmp(o->only[k], s->group) == 0;
    }
    return found;
}

/* The scenarios wanted, and the honest worlds that those are compared with. */
static unsigned choose(const struct options *o, struct scenario *scenarios, unsigned count)
{
    bool keep[ACCURACY_SCENARIOS_MAX];
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        keep[i] = wanted(o, &scenarios[i]);
        for (unsigned k = 0; k < count && !keep[i]; k++) {
            keep[i] =
                strcmp(scenarios[k].honest, scenarios[i].name) == 0 && wanted(o, &scenarios[k]);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (keep[i]) {
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

static struct accuracy_line summarise(const struct options *o, const struct scenario *s,
                                      unsigned window, const struct scenario_result *results)
{
    unsigned seeds = o->seeds;
    struct accuracy_line l = {.scenario = s,
                              .window = &s->windows[window],
                              .has_limit = !s->score_settle && !s->honest[0]};
    double settle[SEEDS_MAX], estimates = 0, logs = 0, logs_64 = 0, logs_chronyd = 0, n = seeds;
    double limits = 0, limits_64 = 0, logs_freq = 0;

    for (unsigned i = 0; i < seeds; i++) {
        const struct scenario_window_result *r = &results[i].windows[window];

        l.rms_s += r->rms_s * r->rms_s / n;
        if (r->max_s > l.max_s) {
            l.max_s = r->max_s;
            l.max_seed = o->first_seed + i;
        }
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

/* Holds the worst of each world that misleads against the worst of the one without that. */
static void compare_honest(struct accuracy_line *lines, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < count; k++) {
            if (strcmp(lines[i].scenario->honest, lines[k].scenario->name) == 0) {
                lines[i].x_honest = lines[i].max_s / lines[k].max_s;
            }
        }
    }
}

/* Is the geometric mean of all that has a limit above what is allowed? */
static bool worse_than_allowed(const struct options *o, const struct accuracy_line *lines,
                               unsigned count)
{
    double sum = 0, sum_64 = 0, n = 0, n_64 = 0;
    bool worse = false;

    for (unsigned i = 0; i < count; i++) {
        if (!lines[i].has_limit) {
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

static bool misled_too_far(const struct options *o, const struct accuracy_line *lines,
                           unsigned count)
{
    bool worse = false;

    for (unsigned i = 0; o->fail_worst > 0 && i < count; i++) {
        char max[16];

        if (lines[i].x_honest > o->fail_worst) {
            printf("MISLED: %s, seed %llu: %s, %.2f times the worst of '%s', %.2f are allowed\n",
                   lines[i].scenario->name, (unsigned long long)lines[i].max_seed,
                   accuracy_report_seconds(lines[i].max_s, max), lines[i].x_honest,
                   lines[i].scenario->honest, o->fail_worst);
            worse = true;
        }
    }
    return worse;
}

/* Does nothing happen in this line's time that a clock cannot know? */
static bool steady(const struct accuracy_line *l)
{
    return l->has_limit && !l->window->name && !(fabs(l->scenario->clock.jump) > 0);
}

static bool wrong_bounds(const struct accuracy_line *lines, unsigned count)
{
    bool wrong = false;

    for (unsigned i = 0; i < count; i++) {
        const struct accuracy_line *l = &lines[i];
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
    static struct accuracy_line lines[LINES_MAX];
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
    for (unsigned i = 0; i < count; i++) {
        for (unsigned w = 0; w < scenarios[i].window_count; w++) {
            lines[line_count++] = summarise(&o, &scenarios[i], w, board->results[i]);
        }
    }
    compare_honest(lines, line_count);
    if (o.worst) {
        accuracy_report_worst(lines, line_count);
    } else {
        accuracy_report_table(lines, line_count, o.markdown);
        printf(
            "\n%u seeds from %llu; settle is the median; * ratio of settling times; x honest: max, "
            "as a multiple of that in the same world without what misleads\n",
            o.seeds, (unsigned long long)o.first_seed);
    }
    bad = engine_faults(&o, board, count);
    bad = worse_than_allowed(&o, lines, line_count) || bad;
    bad = misled_too_far(&o, lines, line_count) || bad;
    return (o.bounds && wrong_bounds(lines, line_count)) || bad;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The Kalman filter against a textbook one written here in long double, in regimes where the bank
 * of
 * models must agree with a single one: noise that hides every wander, and wander that only one
 * model explains. Then the properties that the rest of core builds on, and hostile input. */
#include "core/kalman.h"

#include <math.h>

#include "check.h"

#define N_MAX 6

/* dx = y dt, dy = w dW, biases constant; nothing is shared with the code under test. */
struct textbook {
    unsigned n;
    long double at, w, x[N_MAX], p[N_MAX][N_MAX];
};

static void textbook_init(struct textbook *t, unsigned biases, double sd, double rate_sd,
                          double bias_sd, double w)
{
    *t = (struct textbook){.n = 2 + biases, .w = (long double)w};
    t->p[0][0] = (long double)(sd * sd);
    t->p[1][1] = (long double)(rate_sd * rate_sd);
    for (unsigned i = 2; i < t->n; i++) {
        t->p[i][i] = (long double)(bias_sd * bias_sd);
    }
}

/* P <- F P F' + Q, spelled out as matrix products. */
static void textbook_advance(struct textbook *t, long double dt)
{
    long double f[N_MAX][N_MAX] = {{0}}, fp[N_MAX][N_MAX] = {{0}}, q = t->w * t->w;

    for (unsigned i = 0; i < t->n; i++) {
        f[i][i] = 1;
    }
    f[0][1] = dt;
    for (unsigned i = 0; i < t->n; i++) {
        for (unsigned j = 0; j < t->n; j++) {
            for (unsigned k = 0; k < t->n; k++) {
                fp[i][j] += f[i][k] * t->p[k][j];
            }
        }
    }
    for (unsigned i = 0; i < t->n; i++) {
        for (unsigned j = 0; j < t->n; j++) {
            t->p[i][j] = 0;
            for (unsigned k = 0; k < t->n; k++) {
                t->p[i][j] += fp[i][k] * f[j][k];
            }
        }
    }
    t->p[0][0] += q * dt * dt * dt / 3;
    t->p[0][1] += q * dt * dt / 2;
    t->p[1][0] += q * dt * dt / 2;
    t->p[1][1] += q * dt;
    t->x[0] += t->x[1] * dt;
    t->at += dt;
}

static void textbook_update(struct textbook *t, long double at, int bias, long double z,
                            long double r)
{
    long double h[N_MAX] = {0}, ph[N_MAX] = {0}, s = r, innovation = z;

    if (at > t->at) {
        textbook_advance(t, at - t->at);
    }
    h[0] = 1;
    h[1] = at - t->at;
    if (bias >= 0) {
        h[2 + bias] = 1;
    }
    for (unsigned i = 0; i < t->n; i++) {
        for (unsigned j = 0; j < t->n; j++) {
            ph[i] += t->p[i][j] * h[j];
        }
    }
    for (unsigned i = 0; i < t->n; i++) {
        s += h[i] * ph[i];
        innovation -= h[i] * t->x[i];
    }
    for (unsigned i = 0; i < t->n; i++) {
        t->x[i] += ph[i] / s * innovation;
        for (unsigned j = 0; j < t->n; j++) {
            t->p[i][j] -= ph[i] * ph[j] / s;
        }
    }
}

static struct free_time after(double s)
{
    return (struct free_time){ns_from_s(s)};
}

static double gauss(struct dice *d)
{
    double sum = 0;

    for (unsigned i = 0; i < 12; i++) {
        sum += (double)(dice_u64(d) >> 11) / 9007199254740992.0;
    }
    return sum - 6;
}

static bool near(double a, double b, double relative)
{
    return fabs(a - b) <= relative * fmax(fabs(a), fabs(b)) + 1e-300;
}

/* Deviation of the clock as the best known source tells it: of x + b, or of x without biases. */
static double textbook_offset_sd(const struct textbook *t)
{
    long double least = t->p[0][0];

    for (unsigned i = 2; i < t->n; i++) {
        long double v = t->p[0][0] + 2 * t->p[0][i] + t->p[i][i];

        least = i == 2 || v < least ? v : least;
    }
    return (double)sqrtl(least);
}

static void check_same(const struct kalman *k, const struct textbook *t, double relative)
{
    struct estimate e = kalman_estimate(k);

    assert_true(fabs(e.offset_s - (double)t->x[0]) < relative * (double)sqrtl(t->p[0][0]));
    assert_true(fabs(e.rate - (double)t->x[1]) < relative * (double)sqrtl(t->p[1][1]));
    assert_true(near(e.offset_sd_s, textbook_offset_sd(t), relative));
    assert_true(near(kalman_predict(k, k->at, -1).variance_s2, (double)t->p[0][0], relative));
    assert_true(near(e.rate_sd, (double)sqrtl(t->p[1][1]), relative));
    assert_true(fabs(e.covariance_s - (double)t->p[0][1]) <
                relative * (double)sqrtl(t->p[0][0] * t->p[1][1]));
    for (unsigned i = 0; i < k->biases; i++) {
        double sd, bias = kalman_bias(k, i, &sd);

        assert_true(fabs(bias - (double)t->x[2 + i]) <
                    relative * (double)sqrtl(t->p[2 + i][2 + i]));
        assert_true(near(sd, (double)sqrtl(t->p[2 + i][2 + i]), relative));
    }
}

/* Noise of 100 s: no wander of the grid shows within the run, so all models are the textbook's.
 * Times go back now and then, as replies overtake each other. */
static void test_noise_above_all_wander(void **state)
{
    struct dice dice = {5};

    (void)state;
    for (unsigned biases = 0; biases <= 4; biases++) {
        struct kalman k;
        struct textbook t;
        double at = 0;

        kalman_init(&k, after(0), 0, 1e4, 0, 0.5);
        textbook_init(&t, biases, 1e4, 0.5, 30, 0);
        for (unsigned i = 0; i < biases; i++) {
            assert_int_equal(kalman_add_bias(&k, 30), i);
        }
        for (unsigned i = 0; i < 400; i++) {
            int bias = biases ? (int)dice_below(&dice, biases) : -1;
            double z, r = 1e4 * (1 + dice_below(&dice, 9));

            at += dice_below(&dice, 5) == 0 ? -0.25 : (double)dice_below(&dice, 8);
            z = 3 + 0.02 * at + sqrt(r) * gauss(&dice);
            kalman_update(&k, &(struct kalman_measurement){after(at), bias, z, r});
            textbook_update(&t, (long double)ns_from_s(at) * 1e-9L, bias, (long double)z,
                            (long double)r);
            check_same(&k, &t, 1e-5);
        }
    }
}

/* Wander of 1e-6 and noise of 0.1 us each second: only the last model explains it. */
static void test_the_model_that_explains_the_data_wins(void **state)
{
    struct dice dice = {6};
    struct kalman k;
    struct textbook t;
    double x = 0, y = 0, apart = 0;

    (void)state;
    kalman_init(&k, after(0), 0, 1e-3, 0, 1e-4);
    textbook_init(&t, 0, 1e-3, 1e-4, 0, 1e-6);
    for (unsigned i = 1; i <= 3000; i++) {
        double a = gauss(&dice), b = gauss(&dice), z;

        x += y + 1e-6 * (a / 2 + b / sqrt(12.0));
        y += 1e-6 * a;
        z = x + 1e-7 * gauss(&dice);
        kalman_update(&k, &(struct kalman_measurement){after(i), -1, z, 1e-14});
        textbook_update(&t, i, -1, (long double)z, 1e-14L);
        if (i > 300) {
            double d = (kalman_estimate(&k).rate - (double)t.x[1]);

            assert_true(k.weight[KALMAN_MODELS - 1] > 0.5);
            apart += d * d / (double)t.p[1][1];
        }
    }
    assert_true(apart / 2700 < 0.1 * 0.1);
    assert_true(kalman_wander(&k) > 7e-7);
}

/* Mean square error of the bank over that of the filter that was told the wander. */
static void test_unknown_wander_costs_little(void **state)
{
    static const double wanders[] = {1e-10, 1e-9, 1e-8};
    struct dice dice = {7};

    (void)state;
    for (unsigned w = 0; w < 3; w++) {
        double bank = 0, told = 0;

        for (unsigned run = 0; run < 20; run++) {
            struct kalman k;
            struct textbook t;
            double x = 0, y = 1e-5 * gauss(&dice), dt = 64;

            kalman_init(&k, after(0), 0, 1e-3, 0, 1e-4);
            textbook_init(&t, 0, 1e-3, 1e-4, 0, wanders[w]);
            for (unsigned i = 1; i <= 400; i++) {
                double a = gauss(&dice), b = gauss(&dice), z;

                x += y * dt + wanders[w] * sqrt(dt * dt * dt) * (a / 2 + b / sqrt(12.0));
                y += wanders[w] * sqrt(dt) * a;
                z = x + 1e-5 * gauss(&dice);
                kalman_update(&k, &(struct kalman_measurement){after(dt * i), -1, z, 1e-10});
                textbook_update(&t, (long double)(dt * i), -1, (long double)z, 1e-10L);
                if (i > 100) {
                    double e = kalman_estimate(&k).offset_s - x, f = (double)t.x[0] - x;

                    bank += e * e;
                    told += f * f;
                }
            }
        }
        assert_true(bank < 1.2 * told);
    }
}

/* A filter in the middle of its work, with `biases` biases. */
static void make_busy(struct kalman *k, unsigned biases, uint64_t seed)
{
    struct dice dice = {seed};

    kalman_init(k, after(0), 0.1, 1e-3, 1e-5, 1e-5);
    for (unsigned i = 0; i < biases; i++) {
        (void)kalman_add_bias(k, 1e-4);
    }
    for (unsigned i = 1; i < 60; i++) {
        kalman_update(k, &(struct kalman_measurement){
                             after(16 * i), biases ? (int)dice_below(&dice, biases) : -1,
                             0.1 + 16e-5 * i + 1e-5 * gauss(&dice), 1e-10});
    }
}

/* x and y alone, whatever biases there are. */
static struct estimate marginals(const struct kalman *k)
{
    struct estimate e = kalman_estimate(k);

    e.offset_sd_s = sqrt(kalman_predict(k, k->at, -1).variance_s2);
    return e;
}

static void check_marginals(const struct kalman *k, const struct estimate *wanted)
{
    struct estimate e = marginals(k);

    assert_int_equal(e.at.ns, wanted->at.ns);
    assert_true(near(e.offset_s, wanted->offset_s, 1e-12));
    assert_true(near(e.rate, wanted->rate, 1e-12));
    assert_true(near(e.offset_sd_s, wanted->offset_sd_s, 1e-9));
    assert_true(near(e.rate_sd, wanted->rate_sd, 1e-9));
    assert_true(near(e.covariance_s, wanted->covariance_s, 1e-6));
}

static void test_biases_come_and_go_without_a_trace(void **state)
{
    struct kalman k;
    struct estimate before;
    double sd, biases[3], sds[3];

    (void)state;
    make_busy(&k, 3, 8);
    before = marginals(&k);
    for (unsigned i = 0; i < 3; i++) {
        biases[i] = kalman_bias(&k, i, &sds[i]);
    }
    assert_int_equal(kalman_add_bias(&k, 1e-3), 3);
    k.bias_drift[3] = 4;
    check_marginals(&k, &before);
    assert_true(near(kalman_bias(&k, 3, &sd), 0, 0) && near(sd, 1e-3, 1e-12));
    k.bias_drift[0] = 1;
    k.bias_drift[2] = 3;
    kalman_remove_bias(&k, 1);
    check_marginals(&k, &before);
    assert_int_equal(k.biases, 3);
    assert_true(k.bias_drift[0] == 1 && k.bias_drift[1] == 3 && k.bias_drift[2] == 4);
    assert_true(near(kalman_bias(&k, 0, &sd), biases[0], 1e-12) && near(sd, sds[0], 1e-9));
    assert_true(near(kalman_bias(&k, 1, &sd), biases[2], 1e-12) && near(sd, sds[2], 1e-9));
    kalman_remove_bias(&k, 0);
    kalman_remove_bias(&k, 1);
    kalman_remove_bias(&k, 0);
    check_marginals(&k, &before);
    assert_int_equal(k.biases, 0);
}

/* What was never measured through it must not matter: add, remove, go on, all as without. */
static void test_an_unused_bias_changes_nothing_later(void **state)
{
    struct kalman with, without;

    (void)state;
    make_busy(&with, 2, 9);
    without = with;
    (void)kalman_add_bias(&with, 1e-2);
    for (unsigned i = 61; i < 120; i++) {
        struct kalman_measurement z = {after(16 * i), (int)(i % 2), 0.1 + 16e-5 * i, 1e-10};
        struct estimate e;

        if (i == 90) {
            kalman_remove_bias(&with, 2);
        }
        kalman_update(&with, &z);
        kalman_update(&without, &z);
        e = marginals(&without);
        check_marginals(&with, &e);
    }
}

static void test_prediction_is_what_the_update_weighs(void **state)
{
    (void)state;
    for (unsigned biases = 0; biases < 3; biases++) {
        struct kalman k;
        struct kalman_prediction p, later;
        struct estimate e;

        make_busy(&k, biases, 10);
        /* without a bias and at its own time it is the estimate */
        p = kalman_predict(&k, k.at, -1);
        e = kalman_estimate(&k);
        assert_true(near(p.offset_s, e.offset_s, 1e-12));
        assert_true(biases > 0 || near(sqrt(p.variance_s2), e.offset_sd_s, 1e-9));
        assert_true(p.widest_variance_s2 >= p.variance_s2 * (1 - 1e-9));
        /* later it grows, the widest most */
        later = kalman_predict(&k, after(960 + 1000), -1);
        assert_true(later.variance_s2 > p.variance_s2);
        assert_true(later.widest_variance_s2 > 1e-12 * 1e9 / 3);
        /* a measurement far less noisy than the prediction is taken nearly whole */
        kalman_update(&k, &(struct kalman_measurement){after(1960), biases ? 0 : -1, 0.2, 1e-20});
        p = kalman_predict(&k, k.at, biases ? 0 : -1);
        assert_true(fabs(p.offset_s - 0.2) < 1e-7);
    }
}

static void test_estimate_later_follows_the_model(void **state)
{
    struct kalman k;
    struct estimate now, later;
    double dt = 4096, variance;

    (void)state;
    make_busy(&k, 0, 11);
    now = kalman_estimate(&k);
    later = kalman_estimate_at(&k, after(59 * 16 + dt));
    assert_true(near(later.offset_s, now.offset_s + dt * now.rate, 1e-12));
    variance = now.offset_sd_s * now.offset_sd_s + 2 * dt * now.covariance_s +
               dt * dt * now.rate_sd * now.rate_sd;
    assert_true(later.offset_sd_s * later.offset_sd_s > variance * (1 - 1e-9));
    assert_true(later.rate_sd > now.rate_sd);
    /* not back in time: the state as it is */
    later = kalman_estimate_at(&k, after(1));
    assert_int_equal(later.at.ns, k.at.ns);
}

static void test_shift_moves_the_offset_alone(void **state)
{
    struct kalman k, moved;
    struct estimate e;

    (void)state;
    make_busy(&k, 2, 12);
    moved = k;
    kalman_shift(&moved, 37.25);
    e = marginals(&k);
    e.offset_s -= 37.25;
    check_marginals(&moved, &e);
    for (unsigned i = 60; i < 90; i++) {
        double z = 0.1 + 16e-5 * i;

        kalman_update(&k, &(struct kalman_measurement){after(16 * i), 0, z, 1e-10});
        kalman_update(&moved, &(struct kalman_measurement){after(16 * i), 0, z - 37.25, 1e-10});
    }
    assert_true(fabs(kalman_estimate(&k).offset_s - kalman_estimate(&moved).offset_s - 37.25) <
                1e-12);
    assert_true(near(kalman_estimate(&k).rate, kalman_estimate(&moved).rate, 1e-6));
}

/* Finite, symmetric, no variance below zero, no correlation beyond one, weights a distribution. */
static void check_sound(const struct kalman *k)
{
    double sum = 0, sd;
    struct estimate e = kalman_estimate(k), later = kalman_estimate_at(k, after(1e6));

    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        const struct kalman_model *s = &k->models[m];

        assert_true(k->weight[m] >= 0 && k->weight[m] <= 1 + 1e-9);
        sum += k->weight[m];
        for (unsigned i = 0; i < 2 + k->biases; i++) {
            assert_true(isfinite(s->mean[i]));
            assert_true(s->covariance[i][i] > 0);
            for (unsigned j = 0; j < 2 + k->biases; j++) {
                assert_true(isfinite(s->covariance[i][j]));
                assert_true(near(s->covariance[i][j], s->covariance[j][i], 1e-12));
            }
        }
    }
    assert_true(fabs(sum - 1) < 1e-9);
    assert_true(isfinite(e.offset_s) && isfinite(e.rate) && e.offset_sd_s > 0 && e.rate_sd > 0);
    assert_true(isfinite(later.offset_s) && isfinite(later.offset_sd_s));
    for (unsigned i = 0; i < k->biases; i++) {
        struct kalman_prediction p = kalman_predict(k, k->at, (int)i);

        assert_true(isfinite(kalman_bias(k, i, &sd)) && isfinite(sd));
        assert_true(isfinite(p.offset_s) && p.variance_s2 >= 0 && p.widest_variance_s2 >= 0);
    }
}

static double pick(struct dice *d, const double *from, unsigned n)
{
    return from[dice_below(d, n)];
}

static void test_hostile_measurements(void **state)
{
    static const double jumps[] = {0, 1e-9, -1e-3, 1, -86400, 2e9, -4e9, 9e9};
    static const double variances[] = {0, 1e-30, 1e-20, 1e-12, 1, 256, 1e18};
    static const double steps[] = {0, 0, 1e-9, 1e-3, 1, 64, -1e-3, -1, -1000, 1e5};
    struct dice dice = {13};

    (void)state;
    for (unsigned run = 0; run < 30; run++) {
        struct kalman k;
        double at = 0;

        kalman_init(&k, after(0), pick(&dice, jumps, 8), sqrt(pick(&dice, variances, 7)), 1e-5,
                    1e-4);
        for (unsigned i = 0; i < 2500; i++) {
            unsigned dare = dice_below(&dice, 100);
            struct kalman_measurement z;

            if (dare == 0 && k.biases < KALMAN_BIASES_MAX) {
                unsigned bias = kalman_add_bias(&k, pick(&dice, jumps, 4));

                k.bias_drift[bias] = dice_below(&dice, 2) ? 1e-18 : 0;
            } else if (dare == 1 && k.biases > 0) {
                kalman_remove_bias(&k, dice_below(&dice, k.biases));
            } else if (dare == 2) {
                kalman_shift(&k, pick(&dice, jumps, 8));
            } else if (dare == 3) {
                at += 1e9 * (dice_below(&dice, 2) ? 1 : -1) * (fabs(at) < 5e9);
            }
            at += pick(&dice, steps, 10);
            z = (struct kalman_measurement){after(at), (int)dice_below(&dice, k.biases + 1) - 1,
                                            pick(&dice, jumps, 8) *
                                                (dice_below(&dice, 10) ? 1e-6 : 1),
                                            pick(&dice, variances, 7)};
            kalman_update(&k, &z);
            if (i % 8 == 0) {
                check_sound(&k);
            }
        }
        check_sound(&k);
    }
}

/* Ten thousand exact measurements of one moment: variances end at their floor, not below zero. */
static void test_certainty_does_not_break_it(void **state)
{
    struct kalman k;

    (void)state;
    kalman_init(&k, after(0), 0, 1e3, 0, 1e-3);
    for (unsigned i = 0; i < 4; i++) {
        (void)kalman_add_bias(&k, 1e-3);
    }
    for (unsigned i = 0; i < 10000; i++) {
        kalman_update(&k, &(struct kalman_measurement){after(0), (int)(i % 5) - 1, 5, 1e-20});
        check_sound(&k);
    }
    assert_true(fabs(kalman_estimate(&k).offset_s - 5) < 1e-6);
}

/* What is not a number must leave no trace at all. */
static void test_not_a_number_is_not_taken(void **state)
{
    static const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    struct kalman k;
    struct estimate before, e;

    (void)state;
    make_busy(&k, 1, 14);
    before = kalman_estimate(&k);
    for (unsigned i = 0; i < 3; i++) {
        kalman_update(&k, &(struct kalman_measurement){after(960), 0, bad[i], 1e-10});
        kalman_update(&k, &(struct kalman_measurement){after(960), 0, 0.1, bad[i]});
        kalman_update(&k, &(struct kalman_measurement){after(960), 0, 0.1, -1});
    }
    e = kalman_estimate(&k);
    assert_true(near(e.offset_s, before.offset_s, 1e-12));
    assert_true(near(e.offset_sd_s, before.offset_sd_s, 1e-12));
    check_sound(&k);
}

/* An offset of decades keeps its digits: the weights of the models are 1 in all. */
static void test_a_large_offset_is_exact(void **state)
{
    static const double offsets_s[] = {100, -3600, 1e6, -1e9};
    struct kalman k;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        kalman_init(&k, (struct free_time){0}, offsets_s[i], 1e-6, 0, 1e-6);
        assert_true(fabs(kalman_predict(&k, (struct free_time){0}, -1).offset_s - offsets_s[i]) <
                    1e-15 * fabs(offsets_s[i]) + 1e-9);
    }
}

static void test_restraint(void **state)
{
    struct kalman k;
    double most[KALMAN_MODELS], sum = 0;

    (void)state;
    kalman_init(&k, (struct free_time){0}, 0, 1e-6, 0, 1e-6);
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        most[m] = k.weight[m]; /* as common as they are; and then the wildest alone */
        k.weight[m] = m == KALMAN_MODELS - 1 ? 1 : 0;
    }
    kalman_restrain(&k, most);
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        assert_true(k.weight[m] > 0);
        sum += k.weight[m];
    }
    assert_true(fabs(sum - 1) < 1e-9);
    assert_true(k.weight[KALMAN_MODELS - 1] <= 2 * most[KALMAN_MODELS - 1]);
    kalman_init(&k, (struct free_time){0}, 0, 1e-6, 0, 1e-6);
    kalman_restrain(&k, most); /* within: nothing changes */
    for (unsigned m = 0; m < KALMAN_MODELS; m++) {
        assert_true(k.weight[m] == most[m]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise_above_all_wander),
        cmocka_unit_test(test_the_model_that_explains_the_data_wins),
        cmocka_unit_test(test_unknown_wander_costs_little),
        cmocka_unit_test(test_biases_come_and_go_without_a_trace),
        cmocka_unit_test(test_an_unused_bias_changes_nothing_later),
        cmocka_unit_test(test_prediction_is_what_the_update_weighs),
        cmocka_unit_test(test_estimate_later_follows_the_model),
        cmocka_unit_test(test_shift_moves_the_offset_alone),
        cmocka_unit_test(test_hostile_measurements),
        cmocka_unit_test(test_certainty_does_not_break_it),
        cmocka_unit_test(test_not_a_number_is_not_taken),
        cmocka_unit_test(test_a_large_offset_is_exact),
        cmocka_unit_test(test_restraint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

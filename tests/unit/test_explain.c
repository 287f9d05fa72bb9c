/* SPDX-License-Identifier: BSD-2-Clause */
/* control/explain: each code has its own sentence, made of words that are known, with the numbers
 * of the case in it. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "control/explain.h"

static struct report_source example(enum source_status status)
{
    return (struct report_source){.name = "ntp1.example",
                                  .address = "192.0.2.1",
                                  .port = 123,
                                  .status = status,
                                  .stratum = 2,
                                  .kiss = "DENY",
                                  .sent = 8,
                                  .received = 3,
                                  .missed = 5,
                                  .samples = 2,
                                  .offset_s = 0.08,
                                  .combined_offset_s = -12e-6,
                                  .delay_s = 0.0102,
                                  .jitter_s = 45e-6,
                                  .root_distance_s = 3.5,
                                  .root_dispersion_s = 1.25,
                                  .max_distance_s = 1.5,
                                  .max_jitter_s = 1};
}

static void test_each_status_has_a_sentence(void **state)
{
    static struct report_source s[SOURCE_STATUSES];

    (void)state;
    for (unsigned i = 0; i < SOURCE_STATUSES; i++) {
        s[i] = example((enum source_status)i);
        explain_source(&s[i]);
        assert_true(strlen(s[i].sentence) > 5);
        assert_null(strpbrk(s[i].sentence, "{}"));
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(s[i].sentence, s[k].sentence);
        }
    }
}

static void test_reference_clocks_have_sentences_of_their_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SOURCE_STATUSES; i++) {
        struct report_source s = example((enum source_status)i);

        s.kind = SOURCE_REFCLOCK;
        explain_source(&s);
        assert_true(strlen(s.sentence) > 5);
        assert_null(strpbrk(s.sentence, "{}"));
        /* names, firewalls and kisses are not among them; "server" of other rows may stay */
        if (i != SOURCE_UNRESOLVED && i != SOURCE_REFUSED && i != SOURCE_LOOPED) {
            assert_null(strstr(s.sentence, "request"));
            assert_null(strstr(s.sentence, "firewall"));
            assert_null(strstr(s.sentence, "server"));
        }
    }
}

static void test_each_clock_code_has_a_sentence(void **state)
{
    static struct report r;
    char last[CLOCK_CODES][REPORT_SENTENCE_MAX];

    (void)state;
    for (unsigned i = 0; i < CLOCK_CODES; i++) {
        r.clock = (struct report_clock){
            .code = (enum report_clock_code)i, .selected = -1, .error_bound_s = 0.001};
        r.source_count = 4;
        explain_clock(&r);
        assert_true(strlen(r.clock.sentence) > 20);
        assert_null(strpbrk(r.clock.sentence, "{}"));
        assert_true(r.clock.sentence[strlen(r.clock.sentence) - 1] == '.');
        assert_string_not_equal(report_clock_code_name((enum report_clock_code)i), "unknown");
        memcpy(last[i], r.clock.sentence, sizeof last[i]);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(last[i], last[k]);
            assert_string_not_equal(report_clock_code_name((enum report_clock_code)i),
                                    report_clock_code_name((enum report_clock_code)k));
        }
    }
}

static void test_the_numbers_are_in_it(void **state)
{
    struct report_source s = example(SOURCE_UNREACHABLE);

    (void)state;
    s.verdicts[REPLY_ORIGIN] = 2;
    s.verdicts[REPLY_MALFORMED] = 1;
    explain_source(&s);
    assert_non_null(strstr(s.sentence, "8 requests sent to 192.0.2.1, 3 packets received"));
    assert_non_null(strstr(s.sentence, "last 5 requests"));
    assert_non_null(strstr(s.sentence, reply_verdict_name(REPLY_ORIGIN)));
    assert_null(strstr(s.sentence, reply_verdict_name(REPLY_MALFORMED)));

    s = example(SOURCE_FALSETICKER);
    explain_source(&s);
    assert_non_null(strstr(s.sentence, "80.0 ms slow"));
    assert_non_null(strstr(s.sentence, "12.0 us fast"));

    s = example(SOURCE_TOO_DISTANT);
    explain_source(&s);
    assert_non_null(strstr(s.sentence, "3.50 s"));
    assert_non_null(strstr(s.sentence, "1.50 s"));
}

/* The longest name and wild numbers: cut, never over the end. */
static void test_long_names_are_cut(void **state)
{
    struct report_source s = example(SOURCE_UNRESOLVED);

    (void)state;
    memset(s.name, 'n', sizeof s.name - 1);
    explain_source(&s);
    assert_true(strlen(s.sentence) == sizeof s.sentence - 1);
    s = example(SOURCE_SELECTED);
    s.offset_s = (double)NAN;
    s.jitter_s = (double)INFINITY;
    s.delay_s = -1e300;
    explain_source(&s);
    assert_non_null(strstr(s.sentence, "unknown"));
}

static void test_durations(void **state)
{
    static const struct {
        double s;
        const char *text;
    } rows[] = {{0, "0.00 ns"},      {12.34e-9, "12.3 ns"}, {3.456e-6, "3.46 us"},
                {-0.08, "-80.0 ms"}, {37.01, "37.0 s"},     {3600, "60.0 min"},
                {86400, "24.0 h"},   {864000, "10.0 days"}, {1e-3, "1.00 ms"}};
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(explain_seconds(rows[i].s, text), rows[i].text);
    }
    assert_string_equal(explain_seconds((double)NAN, text), "unknown");
    assert_true(strlen(explain_seconds(1e300, text)) < 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_status_has_a_sentence),
        cmocka_unit_test(test_reference_clocks_have_sentences_of_their_own),
        cmocka_unit_test(test_each_clock_code_has_a_sentence),
        cmocka_unit_test(test_the_numbers_are_in_it),
        cmocka_unit_test(test_long_names_are_cut),
        cmocka_unit_test(test_durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

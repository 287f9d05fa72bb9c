/* SPDX-License-Identifier: BSD-2-Clause */
/* control/reasons and control/explain: each code has a row of its own, made of words that are
 * known, and each case finds its code and has its numbers in the sentence. */
#include <errno.h>
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

static void assert_row(const struct reason *row)
{
    assert_non_null(row->code);
    assert_true(strlen(row->code) > 3 && strlen(row->code) < 24);
    assert_true(strspn(row->code, "abcdefghijklmnopqrstuvwxyz-") == strlen(row->code));
    assert_non_null(row->cause);
    assert_true(strlen(row->meaning) > (strcmp(row->code, "unused") == 0 ? 5u : 20u));
}

static void test_each_source_code_has_a_row_and_a_sentence(void **state)
{
    static struct report_source s[SOURCE_CODES];

    (void)state;
    for (unsigned i = 0; i < SOURCE_CODES; i++) {
        assert_row(&reasons_of_source[i]);
        assert_ptr_equal(reason_find(reasons_of_source, SOURCE_CODES, reasons_of_source[i].code),
                         &reasons_of_source[i]);
        s[i] = example(SOURCE_UNREACHABLE);
        s[i].code = (enum report_source_code)i;
        explain_source_code(&s[i]);
        assert_true(strlen(s[i].words.cause) > 5);
        assert_null(strpbrk(s[i].words.sentence, "{}"));
        assert_int_equal(s[i].words.remedy[0] == '\0', reasons_of_source[i].remedy == NULL);
        assert_non_null(strstr(s[i].words.sentence, s[i].words.remedy));
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(s[i].words.sentence, s[k].words.sentence);
        }
    }
}

static void test_each_status_has_a_code_of_its_own(void **state)
{
    struct report_source a, b;

    (void)state;
    for (unsigned i = 0; i < SOURCE_STATUSES; i++) {
        a = example((enum source_status)i);
        explain_source(&a);
        for (unsigned k = 0; k < i; k++) {
            b = example((enum source_status)k);
            explain_source(&b);
            assert_int_not_equal(a.code, b.code);
        }
    }
}

/* Refclocks know nothing of names, firewalls and kisses. */
static void test_reference_clocks_have_sentences_of_their_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SOURCE_STATUSES; i++) {
        struct report_source s = example((enum source_status)i);

        s.kind = SOURCE_REFCLOCK;
        s.send_error = 0;
        explain_source(&s);
        assert_true(strlen(s.words.sentence) > 5);
        assert_null(strpbrk(s.words.sentence, "{}"));
        /* names, firewalls and kisses are not among them; "server" of other rows may stay */
        if (i != SOURCE_UNRESOLVED && i != SOURCE_REFUSED && i != SOURCE_LOOPED) {
            assert_null(strstr(s.words.sentence, "request"));
            assert_null(strstr(s.words.sentence, "firewall"));
            assert_null(strstr(s.words.sentence, "server"));
        }
    }
}

/* What the daemon met decides which kind of silence it is. */
static void test_silence_has_many_causes(void **state)
{
    static const struct {
        enum source_status status;
        int error;
        enum names_error names;
        uint32_t rejected, missed, accepted;
        enum reply_verdict rejection;
        enum report_source_code code;
    } rows[] = {
        {SOURCE_UNRESOLVED, 0, NAMES_FOUND, 0, 0, 0, REPLY_ACCEPTED, WHY_LOOKING_UP},
        {SOURCE_UNRESOLVED, 0, NAMES_SILENT, 0, 0, 0, REPLY_ACCEPTED, WHY_NAME_SERVICE_SILENT},
        {SOURCE_UNRESOLVED, 0, NAMES_UNKNOWN, 0, 0, 0, REPLY_ACCEPTED, WHY_NAME_UNKNOWN},
        {SOURCE_UNRESOLVED, 0, NAMES_NO_ADDRESS, 0, 0, 0, REPLY_ACCEPTED, WHY_NAME_WITHOUT_ADDRESS},
        {SOURCE_UNRESOLVED, 0, NAMES_BROKEN, 0, 0, 0, REPLY_ACCEPTED, WHY_LOOK_UP_FAILED},
        {SOURCE_WAITING, 0, NAMES_FOUND, 0, 1, 0, REPLY_ACCEPTED, WHY_WAITING},
        {SOURCE_WAITING, ENETUNREACH, NAMES_FOUND, 0, 1, 0, REPLY_ACCEPTED, WHY_NO_ROUTE},
        {SOURCE_UNREACHABLE, EHOSTUNREACH, NAMES_FOUND, 0, 8, 0, REPLY_ACCEPTED,
         WHY_HOST_UNREACHABLE},
        {SOURCE_UNREACHABLE, ECONNREFUSED, NAMES_FOUND, 0, 8, 3, REPLY_ACCEPTED, WHY_PORT_CLOSED},
        {SOURCE_UNREACHABLE, EPERM, NAMES_FOUND, 0, 8, 0, REPLY_ACCEPTED, WHY_SEND_FORBIDDEN},
        {SOURCE_UNREACHABLE, EADDRNOTAVAIL, NAMES_FOUND, 0, 8, 0, REPLY_ACCEPTED, WHY_SEND_FAILED},
        {SOURCE_UNREACHABLE, 0, NAMES_FOUND, 0, 8, 0, REPLY_ACCEPTED, WHY_NO_REPLIES},
        {SOURCE_UNREACHABLE, 0, NAMES_FOUND, 0, 8, 3, REPLY_ACCEPTED, WHY_WENT_SILENT},
        {SOURCE_WAITING, 0, NAMES_FOUND, 1, 1, 0, REPLY_AUTH, WHY_WRONG_KEY},
        {SOURCE_UNREACHABLE, 0, NAMES_FOUND, 7, 8, 0, REPLY_AUTH, WHY_WRONG_KEY},
        /* long ago */
        {SOURCE_UNREACHABLE, 0, NAMES_FOUND, 1, 8, 0, REPLY_AUTH, WHY_NO_REPLIES},
        {SOURCE_UNREACHABLE, 0, NAMES_FOUND, 7, 8, 0, REPLY_ORIGIN, WHY_BAD_REPLIES},
        {SOURCE_UNREACHABLE, 0, NAMES_FOUND, 1, 0, 0, REPLY_KISS_RATE, WHY_RATE_LIMITED},
        {SOURCE_UNREACHABLE, 0, NAMES_FOUND, 3, 0, 0, REPLY_RESTRICTED, WHY_OWN_RULES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct report_source s = example(rows[i].status);

        s.send_error = rows[i].error;
        s.lookup_error = rows[i].names;
        s.rejected = rows[i].rejected;
        s.rejection = rows[i].rejection;
        s.missed = rows[i].missed;
        s.verdicts[REPLY_ACCEPTED] = rows[i].accepted;
        explain_source(&s);
        assert_string_equal(report_source_code_name(s.code), report_source_code_name(rows[i].code));
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
        assert_row(&reasons_of_clock[i]);
        explain_clock(&r);
        assert_true(strlen(r.clock.words.sentence) > 20);
        assert_null(strpbrk(r.clock.words.sentence, "{}"));
        assert_true(r.clock.words.sentence[strlen(r.clock.words.sentence) - 1] == '.');
        assert_string_not_equal(report_clock_code_name((enum report_clock_code)i), "unknown");
        memcpy(last[i], r.clock.words.sentence, sizeof last[i]);
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
    s.received = 0;
    s.others = s.others_answering = 3;
    explain_source(&s);
    assert_non_null(strstr(s.words.cause,
                           "no replies: 8 sent to 192.0.2.1:123, 0 received; the "
                           "other 3 sources answer, so this server is down or "
                           "blocks you"));
    assert_non_null(strstr(s.words.remedy, "toki query 192.0.2.1"));
    s.others_answering = 1;
    explain_source(&s);
    assert_non_null(strstr(s.words.cause, "1 of the other 3 sources answers, so this server is"));
    s.others_answering = 0;
    explain_source(&s);
    assert_non_null(strstr(s.words.cause, "no other source answers either"));

    s = example(SOURCE_UNREACHABLE);
    s.key = 10;
    s.rejected = 4;
    s.rejection = REPLY_AUTH;
    s.crypto_nak = true;
    explain_source(&s);
    assert_non_null(strstr(s.words.cause, "4 in a row; it does not accept our key 10"));

    s = example(SOURCE_UNREACHABLE);
    s.send_error = ENETUNREACH;
    explain_source(&s);
    assert_non_null(strstr(s.words.cause, strerror(ENETUNREACH)));

    s = example(SOURCE_FALSETICKER);
    explain_source(&s);
    assert_non_null(strstr(s.words.sentence, "80.0 ms slow"));
    assert_non_null(strstr(s.words.sentence, "12.0 us fast"));

    s = example(SOURCE_TOO_DISTANT);
    explain_source(&s);
    assert_non_null(strstr(s.words.sentence, "3.50 s"));
    assert_non_null(strstr(s.words.sentence, "1.50 s"));
}

/* The longest name and wild numbers: cut, never over the end. */
static void test_long_names_are_cut(void **state)
{
    struct report_source s = example(SOURCE_UNRESOLVED);

    (void)state;
    memset(s.name, 'n', sizeof s.name - 1);
    for (unsigned i = 0; i < SOURCE_CODES; i++) {
        s.code = (enum report_source_code)i;
        explain_source_code(&s);
        assert_true(strlen(s.words.cause) < sizeof s.words.cause);
        assert_true(strlen(s.words.remedy) < sizeof s.words.remedy);
        assert_true(strlen(s.words.sentence) < sizeof s.words.sentence);
    }
    s = example(SOURCE_SELECTED);
    s.offset_s = (double)NAN;
    s.jitter_s = (double)INFINITY;
    s.delay_s = -1e300;
    explain_source(&s);
    assert_non_null(strstr(s.words.sentence, "unknown"));
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
        cmocka_unit_test(test_each_source_code_has_a_row_and_a_sentence),
        cmocka_unit_test(test_each_status_has_a_code_of_its_own),
        cmocka_unit_test(test_silence_has_many_causes),
        cmocka_unit_test(test_reference_clocks_have_sentences_of_their_own),
        cmocka_unit_test(test_each_clock_code_has_a_sentence),
        cmocka_unit_test(test_the_numbers_are_in_it),
        cmocka_unit_test(test_long_names_are_cut),
        cmocka_unit_test(test_durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

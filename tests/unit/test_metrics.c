/* SPDX-License-Identifier: BSD-2-Clause */
/* Metrics of made-up answers: names from the network in labels, sources that look the same, what is
 * not known, and both formats. */
#include "cli/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static char *write_text(const char *status, const char *clients, enum metrics_format format)
{
    json_t *s = status ? json_loads(status, 0, NULL) : NULL;
    json_t *c = clients ? json_loads(clients, 0, NULL) : NULL;
    size_t length;
    char *text = metrics_write(s, c, format, &length);

    assert_non_null(text);
    assert_int_equal(length, strlen(text));
    assert_true(!status == !s && !clients == !c);
    json_decref(s);
    json_decref(c);
    return text;
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;

    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) {
        n++;
    }
    return n;
}

static void test_down(void **state)
{
    char *text = write_text(NULL, NULL, METRICS_OPENMETRICS);

    (void)state;
    assert_non_null(strstr(text, "\ntoki_up 0\n"));
    assert_null(strstr(text, "toki_synchronised"));
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    free(text);
}

static void test_clock(void **state)
{
    static const char status[] =
        "{\"daemon\":\"tokid "
        "1.2.3\",\"now\":1000.5,\"clock\":{\"synchronised\":true,\"code\":\"synchronised\","
        "\"offset_s\":-1.5e-6,\"frequency_ppm\":20.5,\"root_delay_s\":null,\"steps\":2,"
        "\"reference_time\":990,\"leap\":\"delete\"}}";
    char *text = write_text(status, NULL, METRICS_TEXT);

    (void)state;
    assert_non_null(strstr(text, "toki_daemon_info{version=\"1.2.3\","));
    assert_non_null(strstr(text, "\ntoki_synchronised 1\n"));
    assert_non_null(strstr(text, "\ntoki_clock_offset_seconds -1.5e-06\n"));
    assert_non_null(strstr(text, "\ntoki_clock_frequency_ratio 2.05e-05\n"));
    assert_non_null(
        strstr(text, "# TYPE toki_clock_steps_total counter\ntoki_clock_steps_total 2\n"));
    assert_non_null(strstr(text, "\ntoki_reference_age_seconds 10.5\n"));
    assert_non_null(strstr(text, "\ntoki_leap_announced -1\n"));
    assert_null(strstr(text, "\ntoki_root_delay_seconds")); /* not known: no sample */
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "# EOF"));
    free(text);
    text = write_text(status, NULL, METRICS_OPENMETRICS);
    assert_non_null(strstr(text, "# TYPE toki_clock_steps counter\ntoki_clock_steps_total 2\n"));
    free(text);
}

static void test_sources(void **state)
{
    static const char status[] =
        "{\"sources\":["
        "{\"name\":\"a\\\"b\\\\c\\nd\",\"address\":\"192.0.2.1\",\"port\":123,\"status\":"
        "\"selected\","
        "\"code\":\"selected\",\"reach\":7,\"poll\":6,\"verdicts\":{\"accepted\":3,\"origin\":1}},"
        "{\"name\":\"p\",\"address\":null,\"port\":123,\"status\":\"unresolved\",\"reach\":0},"
        "{\"name\":\"p\",\"address\":null,\"port\":123,\"status\":\"unresolved\",\"reach\":0},"
        "{\"name\":\"q\",\"address\":\"::1\",\"port\":1123,\"status\":\"waiting\",\"reach\":0}]}";
    char *text = write_text(status, NULL, METRICS_TEXT);

    (void)state;
    assert_non_null(strstr(text,
                           "toki_source_reach_ratio{source=\"a\\\"b\\\\c d\","
                           "address=\"192.0.2.1\"} 0.375\n"));
    assert_int_equal(count(text, "toki_source_used{source=\"p\",address=\"\"} 0\n"), 1);
    assert_non_null(strstr(text, "{source=\"q\",address=\"::1 port 1123\"}"));
    assert_non_null(strstr(text, "address=\"192.0.2.1\",verdict=\"origin\"} 1\n"));
    assert_non_null(strstr(text, "address=\"192.0.2.1\"} 64\n"));
    free(text);
}

static void test_histogram(void **state)
{
    static const char clients[] =
        "{\"enabled\":true,\"known\":6,\"fresh\":9,\"interval_sum_s\":70.5,\"interval_histogram\":["
        "{\"up_to_s\":0.125,\"clients\":1},{\"up_to_s\":8,\"clients\":2},"
        "{\"up_to_s\":null,\"clients\":3}]}";
    char *text = write_text("{}", clients, METRICS_TEXT);

    (void)state;
    assert_non_null(strstr(text,
                           "toki_client_interval_seconds_bucket{le=\"0.125\"} 1\n"
                           "toki_client_interval_seconds_bucket{le=\"8\"} 3\n"
                           "toki_client_interval_seconds_bucket{le=\"+Inf\"} 6\n"
                           "toki_client_interval_seconds_sum 70.5\n"
                           "toki_client_interval_seconds_count 6\n"));
    free(text);
    text = write_text("{}", clients, METRICS_OPENMETRICS);
    assert_non_null(strstr(text, "# TYPE toki_client_interval_seconds gaugehistogram\n"));
    assert_non_null(strstr(text, "_bucket{le=\"8.0\"} 3\n"));
    assert_non_null(strstr(text, "_gsum 70.5\ntoki_client_interval_seconds_gcount 6\n"));
    free(text);
    text = write_text("{}", "{\"enabled\":false}", METRICS_TEXT);
    assert_null(strstr(text, "toki_clients_known"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_down),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_histogram),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

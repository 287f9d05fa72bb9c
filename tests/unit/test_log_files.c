/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of measurements: names by type, headings, links, and lines that no daemon of ours sent. */
#include "daemon/log_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define NOV_22 (INT64_C(1795312800) * NS_PER_S) /* 2026-11-22 02:00 UTC */

static struct config *config;
static char folder[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/toki-logs-XXXXXX");
    config = config_new();
    if (!config || !mkdtemp(folder)) {
        return -1;
    }
    statistics_default(config->statistics);
    snprintf(config->log_directory, sizeof config->log_directory, "%s", folder);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    config_free(config);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *text_of(const char *name)
{
    static char text[4096];
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "r");
    if (!f) {
        return NULL;
    }
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static const char *name_of(enum statistics_rotation rotation, double uptime_s)
{
    static char path[256];

    config->statistics[STATISTICS_LOOPSTATS].rotation = rotation;
    assert_true(log_files_name(config, STATISTICS_LOOPSTATS, (struct wall_time){NOV_22}, uptime_s,
                               42, path, sizeof path));
    return strrchr(path, '/') + 1;
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(name_of(ROTATION_NONE, 0), "loopstats");
    assert_string_equal(name_of(ROTATION_PID, 0), "loopstats.42");
    assert_string_equal(name_of(ROTATION_DAY, 0), "loopstats.20261122");
    assert_string_equal(name_of(ROTATION_WEEK, 0), "loopstats.2026w46");
    assert_string_equal(name_of(ROTATION_MONTH, 0), "loopstats.202611");
    assert_string_equal(name_of(ROTATION_YEAR, 0), "loopstats.2026");
    assert_string_equal(name_of(ROTATION_AGE, 86399), "loopstats.a00000000");
    assert_string_equal(name_of(ROTATION_AGE, 200000), "loopstats.a00172800");
}

static void append(enum statistics_kind kind, int64_t at_ns, const char *text)
{
    struct log_record r = {.kind = (uint32_t)kind, .at = {at_ns}};

    snprintf(r.text, sizeof r.text, "%s", text);
    log_files_append(config, &r);
}

static void test_rotation(void **state)
{
    (void)state;
    config->statistics[STATISTICS_PEERSTATS].on = true;
    append(STATISTICS_PEERSTATS, NOV_22, "one");
    append(STATISTICS_PEERSTATS, NOV_22 + 3600 * NS_PER_S, "two");
    append(STATISTICS_PEERSTATS, NOV_22 + 86400 * NS_PER_S, "three");
    assert_string_equal(text_of("peerstats.20261122"), "one\ntwo\n");
    assert_string_equal(text_of("peerstats.20261123"), "three\n");
    assert_string_equal(text_of("peerstats"), "three\n");
    append(STATISTICS_LOOPSTATS, NOV_22, "off");
    assert_null(text_of("loopstats"));
}

static void test_headings(void **state)
{
    const char *text;

    (void)state;
    config->statistics[STATISTICS_TRACKING].on = true;
    config->log_banner = 2;
    for (int i = 0; i < 3; i++) {
        append(STATISTICS_TRACKING, NOV_22, "line");
    }
    text = text_of("tracking.log");
    assert_non_null(text);
    assert_int_equal(text[0], '=');
    assert_non_null(strstr(text, "\nline\nline\n="));
    assert_non_null(strstr(text, "=\nline\n"));
    config->log_banner = 0;
}

/* chronyd makes a folder that is missing, ntpd does not. */
static void test_folder(void **state)
{
    (void)state;
    snprintf(config->log_directory, sizeof config->log_directory, "%s/new", folder);
    append(STATISTICS_PEERSTATS, NOV_22, "line");
    assert_null(text_of("new/peerstats"));
    append(STATISTICS_TRACKING, NOV_22, "line");
    assert_string_equal(text_of("new/tracking.log"), "line\n");
    snprintf(config->log_directory, sizeof config->log_directory, "%s", folder);
}

/* A sync that was taken over. */
static void test_unsound_records(void **state)
{
    struct log_record r = {.kind = STATISTICS_KINDS, .at = {NOV_22}, .text = "x"};

    (void)state;
    config->statistics[STATISTICS_RAWSTATS].on = true;
    log_files_append(config, &r);
    r.kind = STATISTICS_RAWSTATS;
    strcpy(r.text, "two\nlines");
    log_files_append(config, &r);
    strcpy(r.text, "\033[2J");
    log_files_append(config, &r);
    memset(r.text, 'x', sizeof r.text);
    log_files_append(config, &r);
    r.text[0] = '\0';
    log_files_append(config, &r);
    assert_null(text_of("rawstats"));
    strcpy(r.text, "good");
    log_files_append(config, &r);
    assert_string_equal(text_of("rawstats"), "good\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),           cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_headings),        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_unsound_records),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}

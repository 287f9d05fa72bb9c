/* SPDX-License-Identifier: BSD-2-Clause */
/* The published page: what is read is what was published, whole, and not for longer than it holds;
 * with a writer that publishes as fast as it can in another process. */
#include "serve/page.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static struct reference numbered(uint32_t n)
{
    return (struct reference){
        .leap = LEAP_NONE,
        .stratum = (uint8_t)(1 + n % 15),
        .precision = -20,
        .refid = n,
        .updated = {n},
        .at = {n},
        .root_delay_s = n,
        .root_dispersion_s = n,
        .dispersion_rate = n,
        .offset_s = n,
        .offset_sd_s = n,
    };
}

static unsigned leap_of(const struct reference_wire *w)
{
    return w->head[0] >> 6;
}

static uint32_t number_of(const struct reference_wire *w)
{
    const uint8_t *refid = w->head + 12;

    return (uint32_t)refid[0] << 24 | (uint32_t)refid[1] << 16 | (uint32_t)refid[2] << 8 | refid[3];
}

static void assert_whole(const struct reference_wire *w)
{
    struct reference r = numbered(number_of(w));
    struct reference_wire expected;

    reference_to_wire(&r, &expected);
    assert_memory_equal(w, &expected, sizeof expected);
}

static struct serve_page page;

static void test_publish_and_read(void **state)
{
    struct reference_wire out;
    struct reference first = numbered(1);

    (void)state;
    memset(&page, 0xff, sizeof page);
    page_init(&page, &first);
    assert_int_equal(page.magic, PAGE_MAGIC);
    assert_int_equal(page.version, PAGE_VERSION);
    assert_int_equal(page.size, sizeof page);
    assert_int_equal(page.counters[PAGE_WORKERS_MAX - 1].received, 0);
    page_read(&page, (struct mono_time){0}, &out);
    assert_int_equal(leap_of(&out), LEAP_UNSYNCHRONISED); /* nothing was published yet */
    for (uint32_t n = 2; n < 100; n++) {
        struct reference r = numbered(n);

        page_publish(&page, &r, (struct mono_time){1000});
        page_read(&page, (struct mono_time){999}, &out);
        assert_int_equal(number_of(&out), n);
        assert_whole(&out);
    }
}

static void test_runs_out(void **state)
{
    struct reference r = numbered(5);
    struct reference_wire out;

    (void)state;
    page_init(&page, &r);
    page_publish(&page, &r, (struct mono_time){1000});
    page_read(&page, (struct mono_time){1000}, &out);
    assert_int_equal(out.head[1], 6);
    page_read(&page, (struct mono_time){1001}, &out);
    assert_int_equal(leap_of(&out), LEAP_UNSYNCHRONISED);
    assert_int_equal(out.head[1], 0);
    assert_int_equal((int8_t)out.head[3], -20);
    assert_int_equal(number_of(&out), REFID('I', 'N', 'I', 'T'));
    assert_int_equal(reference_wire_dispersion(&out, (struct mono_time){INT64_MAX}), 16 << 16);
    page_publish(&page, &r, (struct mono_time){2000});
    page_read(&page, (struct mono_time){1001}, &out);
    assert_int_equal(out.head[1], 6);
}

/* Until its parent, which may end in a failed assertion, is gone. */
static void write_on(struct serve_page *shared, pid_t parent)
{
    for (uint32_t n = 1; n % 4096 != 0 || getppid() == parent; n++) {
        struct reference r = numbered(n);

        page_publish(shared, &r, (struct mono_time){INT64_MAX});
    }
    _exit(0);
}

static void test_while_written(void **state)
{
    struct serve_page *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct reference first = numbered(0);
    struct reference_wire out;
    uint32_t last = 0, changes = 0, failed = 0, reads = 0;
    pid_t reader = getpid(), writer;

    (void)state;
    assert_true(shared != MAP_FAILED);
    page_init(shared, &first);
    page_publish(shared, &first, (struct mono_time){INT64_MAX});
    writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        write_on(shared, reader);
    }
    for (unsigned i = 0; atomic_load(&shared->sequence) < 200; i++) {
        assert_true(i < 1000000);
        usleep(100);
    }
    for (; reads < 300000 || changes < 100; reads++) {
        uint32_t sequence = atomic_load(&shared->sequence);

        page_read(shared, (struct mono_time){0}, &out);
        if (leap_of(&out) == LEAP_UNSYNCHRONISED) { /* lost every race: allowed, but whole */
            /* or the writer lost the processor in the middle: that is nobody's fault */
            failed += atomic_load(&shared->sequence) != sequence;
            usleep(100);
            continue;
        }
        assert_whole(&out);
        assert_true((int32_t)(number_of(&out) - last) >= 0); /* never back */
        changes += number_of(&out) != last;
        last = number_of(&out);
    }
    kill(writer, SIGKILL);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    munmap(shared, sizeof *shared);
    assert_true(failed < reads / 100);
}

static struct address parsed(const char *text)
{
    struct address a;

    assert_true(address_parse(text, &a));
    return a;
}

static void test_sources(void **state)
{
    struct reference reference = numbered(0);
    struct address own[PAGE_SOURCES_MAX + 5] = {parsed("192.0.2.1"), {0}, parsed("2001:db8::1")};

    (void)state;
    page_init(&page, &reference);
    assert_false(page_is_source(&page, &own[0]));
    page_set_sources(&page, own, 3);
    assert_true(page_is_source(&page, &own[0]));
    assert_true(page_is_source(&page, &own[2]));
    own[0].port = 123;
    assert_true(page_is_source(&page, &own[0])); /* the port does not count */
    assert_true(
        page_is_source(&page, &(struct address){.family = ADDRESS_V6,
                                                .bytes = {[10] = 0xff, 0xff, 192, 0, 2, 1}}));
    assert_false(page_is_source(&page, &(struct address){.family = ADDRESS_V4}));
    assert_false(page_is_source(&page, &(struct address){0}));
    own[3] = parsed("192.0.2.2");
    assert_false(page_is_source(&page, &own[3]));
    page_set_sources(&page, own + 2, 2);
    assert_true(page_is_source(&page, &own[3]));
    assert_false(page_is_source(&page, &own[0]));

    for (unsigned i = 0; i < PAGE_SOURCES_MAX + 5; i++) {
        own[i] = (struct address){.family = ADDRESS_V4, .bytes = {192, 0, 2, (uint8_t)(i + 1)}};
    }
    page_set_sources(&page, own, PAGE_SOURCES_MAX + 5);
    assert_true(page_is_source(&page, &own[PAGE_SOURCES_MAX - 1]));
    assert_false(page_is_source(&page, &own[PAGE_SOURCES_MAX]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publish_and_read),
        cmocka_unit_test(test_runs_out),
        cmocka_unit_test(test_while_written),
        cmocka_unit_test(test_sources),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

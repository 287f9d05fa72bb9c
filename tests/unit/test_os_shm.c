/* SPDX-License-Identifier: BSD-2-Clause */
/* os/shm on this machine, and the SHM driver on top of it with a feeder in another process that
 * writes as fast as it can: no reading may mix two of its samples. The key is out of the way of all
 * clocks, and the segment is removed. */
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/shm.h"
#include "refclock/shm.h"

#define UNIT 254u

static int remove_segment(void **state)
{
    int id = shmget((key_t)(SHM_KEY + UNIT), 0, 0);

    (void)state;
    return id < 0 ? 0 : shmctl(id, IPC_RMID, NULL);
}

static void a_segment_is_made_and_shared(void **state)
{
    struct shmid_ds about;
    void *one = NULL, *two = NULL;
    (void)state;

    assert_int_equal(shm_attach(SHM_KEY + UNIT, 96, 0600, &one), 0);
    for (int i = 0; i < 96; i++) {
        assert_int_equal(((char *)one)[i], 0);
    }
    assert_int_equal(shmctl(shmget((key_t)(SHM_KEY + UNIT), 0, 0), IPC_STAT, &about), 0);
    assert_int_equal(about.shm_perm.mode & 0777, 0600);
    assert_int_equal(about.shm_segsz, 96);
    assert_int_equal(shm_attach(SHM_KEY + UNIT, 96, 0666, &two), 0);
    ((char *)one)[5] = 7;
    assert_int_equal(((char *)two)[5], 7);
    assert_int_equal(shm_attach(SHM_KEY + UNIT, 97, 0600, &two), -EINVAL); /* too small for us */
    shm_detach(one);
    shm_detach(two);
    shm_detach(NULL);
}

static void linger(int turns)
{
    for (volatile int left = turns; left > 0; left--) {
    }
}

/* Both stamps of sample n say n in each field. Slow between the two, so that there is something to
 * see for a reader that does not count. */
static void feed_for_ever(struct shm_time *m)
{
    for (int n = 0;; n = (n + 1) % 1000000) {
        m->valid = 0;
        m->count++;
        m->clock_s = n;
        m->clock_us = n;
        m->clock_ns = (unsigned)n * 1000;
        linger(300);
        m->receive_s = n;
        m->receive_us = n;
        m->receive_ns = (unsigned)n * 1000;
        m->count++;
        m->valid = 1;
        linger(n * 7 % 3000);
    }
}

static void no_reading_mixes_two_samples(void **state)
{
    struct refclock_place place = {.unit = UNIT, .mode = 0600};
    struct refclock_reading r;
    unsigned taken = 0;
    time_t end = time(NULL) + 3;
    void *segment;
    pid_t feeder;
    (void)state;

    assert_int_equal(refclock_shm.open(&place, &segment), 0);
    ((struct shm_time *)segment)->mode = 1;
    feeder = fork();
    if (feeder == 0) {
        feed_for_ever(segment);
    }
    assert_true(feeder > 0);
    while (taken < 20000 && (taken < 20 || time(NULL) < end)) {
        if (refclock_shm.read(segment, &r)) {
            int64_t n = r.truth.ns / NS_PER_S;

            taken++;
            if (r.truth.ns != n * NS_PER_S + n * 1000 || r.received.ns != r.truth.ns) {
                kill(feeder, SIGKILL);
                fail_msg("truth %lld received %lld", (long long)r.truth.ns,
                         (long long)r.received.ns);
            }
        }
    }
    kill(feeder, SIGKILL);
    waitpid(feeder, NULL, 0);
    refclock_shm.close(segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_segment_is_made_and_shared, remove_segment,
                                        remove_segment),
        cmocka_unit_test_setup_teardown(no_reading_mixes_two_samples, remove_segment,
                                        remove_segment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

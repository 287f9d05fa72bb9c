/* SPDX-License-Identifier: BSD-2-Clause */
/* Preloaded into OpenNTPD by the system tests. Without the right to set the clock OpenNTPD never
 * calls itself synchronised, so it is told that its adjustments succeeded; nothing is adjusted
 * (its clock is the machine's, which is the truth of the tests anyway). It also waits minutes
 * between its queries: here its monotonic time runs SPEED times as fast. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <stddef.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

#define SPEED 8

static struct timespec read_real(clockid_t id)
{
    static int (*real)(clockid_t, struct timespec *);
    struct timespec t = {0, 0};
    if (real == NULL) {
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    }
    (void)real(id, &t);
    return t;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    *t = read_real(id);
    if (id == CLOCK_MONOTONIC) {
        long long ns = ((long long)t->tv_sec * 1000000000LL + t->tv_nsec) * SPEED;
        t->tv_sec = (time_t)(ns / 1000000000LL);
        t->tv_nsec = (long)(ns % 1000000000LL);
    }
    return 0;
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    static int (*real)(struct pollfd *, nfds_t, int);
    if (real == NULL) {
        real = (int (*)(struct pollfd *, nfds_t, int))dlsym(RTLD_NEXT, "poll");
    }
    return real(fds, count, timeout > 0 ? timeout / SPEED + 1 : timeout);
}

int adjtime(const struct timeval *delta, struct timeval *old)
{
    (void)delta;
    if (old != NULL) {
        old->tv_sec = 0;
        old->tv_usec = 0;
    }
    return 0;
}

int adjtimex(struct timex *t)
{
    t->modes = 0;
    return TIME_OK;
}

int ntp_adjtime(struct timex *t)
{
    return adjtimex(t);
}

int settimeofday(const struct timeval *tv, const struct timezone *zone)
{
    (void)tv;
    (void)zone;
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* os/wait.h over poll(2), the one waiting call that both Linux and clknetsim carry. The time-out is
 * always finite (clknetsim aborts on an endless wait) and rounds up, so that a deadline has passed
 * when we return and the loop does not spin through its last millisecond. */
#include "os/wait.h"

#include <assert.h>
#include <poll.h>

#include "os/clock.h"
#include "os/posix/clock_driver.h"

#define NS_PER_MS INT64_C(1000000)
#define WAIT_LONGEST_MS INT64_C(3600000)

static int timeout_ms(struct mono_time deadline)
{
    int64_t left = clock_host_duration(ns_subtract(deadline.ns, clock_now().mono.ns));

    if (left <= 0) {
        return 0;
    }
    if (left >= WAIT_LONGEST_MS * NS_PER_MS) {
        return (int)WAIT_LONGEST_MS;
    }
    return (int)((left + NS_PER_MS - 1) / NS_PER_MS);
}

static short events_of(unsigned want)
{
    return (short)((want & WAIT_READ ? POLLIN : 0) | (want & WAIT_WRITE ? POLLOUT : 0) |
                   (want & WAIT_ERROR ? POLLPRI : 0));
}

/* Linux announces a transmit stamp by POLLERR, clknetsim by POLLPRI. A peer that hangs up is also
 * readable: the reader then meets the end of the stream. */
static unsigned ready_of(short revents, unsigned want)
{
    unsigned ready = 0;

    if (revents & POLLIN) {
        ready |= WAIT_READ;
    }
    if (revents & POLLOUT) {
        ready |= WAIT_WRITE;
    }
    if (revents & (POLLPRI | POLLERR | POLLHUP)) {
        ready |= WAIT_ERROR;
    }
    if (revents & POLLHUP) {
        ready |= want & WAIT_READ;
    }
    return ready;
}

int wait_until(struct wait_set *set, struct mono_time deadline)
{
    struct pollfd fds[WAIT_MAX];
    int ready;

    for (unsigned i = 0; i < set->count; i++) {
        set->entries[i].ready = 0;
        fds[i] =
            (struct pollfd){.fd = set->entries[i].fd, .events = events_of(set->entries[i].want)};
    }
    ready = poll(fds, set->count, timeout_ms(deadline));
    if (ready <= 0) { /* time-out, a signal, or (ENOMEM) try again later */
        return 0;
    }
    for (unsigned i = 0; i < set->count; i++) {
        assert(!(fds[i].revents & POLLNVAL));
        set->entries[i].ready = ready_of(fds[i].revents, set->entries[i].want);
    }
    return ready;
}

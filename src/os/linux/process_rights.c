/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving up root: another user, and of the capabilities only those asked for. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "os/process.h"

#define GROUPS_MAX 256

static const struct {
    unsigned right;
    cap_value_t capability;
} capabilities[] = {{RIGHT_SET_CLOCK, CAP_SYS_TIME},
                    {RIGHT_BIND_PORT, CAP_NET_BIND_SERVICE},
                    {RIGHT_RAW_DEVICE, CAP_NET_RAW}};

/* What a program that we might execute could ever get back: nothing. Refused only where there is no
 * CAP_SETPCAP (containers); then no-new-privileges has to do. */
static void empty_bounding_set(void)
{
    for (int c = 0; prctl(PR_CAPBSET_READ, c) >= 0; c++) {
        prctl(PR_CAPBSET_DROP, c);
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/* Keeps those of the wanted rights that we have. */
static int keep_only(unsigned rights)
{
    cap_t held = cap_get_proc(), kept = cap_init();
    int error = held && kept ? 0 : -ENOMEM;

    for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]) && !error; i++) {
        cap_value_t c = capabilities[i].capability;
        cap_flag_value_t has = CAP_CLEAR;

        if (!(rights & capabilities[i].right) || cap_get_flag(held, c, CAP_PERMITTED, &has) ||
            has != CAP_SET) {
            continue;
        }
        if (cap_set_flag(kept, CAP_PERMITTED, 1, &c, CAP_SET) ||
            cap_set_flag(kept, CAP_EFFECTIVE, 1, &c, CAP_SET)) {
            error = -errno;
        }
    }
    if (!error && cap_set_proc(kept)) {
        error = -errno;
    }
    cap_free(held);
    cap_free(kept);
    return error;
}

static gid_t joined = (gid_t)-1; /* beside the groups of the user; -1: none */

void process_join_group(long group)
{
    joined = (gid_t)group;
}

/* The groups of the user, and the one that we are to be in besides. */
static int set_groups(const struct passwd *who, const char *user)
{
    gid_t groups[GROUPS_MAX];
    int count;

    if (initgroups(user, who->pw_gid)) {
        return -errno;
    }
    if (joined == (gid_t)-1) {
        return 0;
    }
    count = getgroups(GROUPS_MAX - 1, groups);
    if (count < 0) {
        return -errno;
    }
    groups[count++] = joined;
    return setgroups((size_t)count, groups) ? -errno : 0;
}

static int become(const struct passwd *who, const char *user)
{
    int error;

    prctl(PR_SET_KEEPCAPS, 1);
    error = set_groups(who, user);
    if (error) {
        return error;
    }
    if (setgid(who->pw_gid) || setuid(who->pw_uid)) {
        return -errno;
    }
    prctl(PR_SET_KEEPCAPS, 0);
    return 0;
}

int process_drop(const char *user, unsigned rights)
{
    bool root = geteuid() == 0;
    const struct passwd *who = NULL;
    int death_signal = 0, error = 0;

    if (user && root) {
        errno = 0;
        who = getpwnam(user);
        if (!who) {
            return errno && errno != ESRCH ? -errno : -ENOENT;
        }
    }
    prctl(PR_GET_PDEATHSIG, &death_signal);
    empty_bounding_set();
    if (who && who->pw_uid != 0) {
        error = become(who, user);
    }
    if (!error) {
        error = keep_only(rights);
    }
    if (!error && who && who->pw_uid != 0 && !setuid(0)) {
        return -EPERM; /* we could still become root */
    }
    /* A change of identity makes the kernel forget that we die with our parent. */
    if (death_signal) {
        prctl(PR_SET_PDEATHSIG, death_signal);
    }
    return error;
}

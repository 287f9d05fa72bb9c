/* SPDX-License-Identifier: BSD-2-Clause */
/* os/sandbox.h by seccomp. Calls that a hijacked role would try (programs, mounts, modules, raw
 * sockets) end the process at once. Other calls that a role has no use for fail with EPERM, so that
 * another libc that probes for something survives. sync and serve have lists of what they may do;
 * lookup carries the name service modules of the system, which nobody can list, so there it is a
 * list of what it may not do. */
#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define TYPE_MASK 0xfu /* of socket(2): what is left are SOCK_CLOEXEC and SOCK_NONBLOCK */
#define DENY SCMP_ACT_ERRNO(EPERM)

/* Signs of an attack in any role. */
static const int hostile[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(bpf),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(acct),
    SCMP_SYS(sethostname),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
};

/* Setting the clock is hostile in every role but sync. */
static const int clock_setting[] = {SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime)};

/* What both sync and serve live on. */
static const int common[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(shutdown),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrusage),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
};

/* sync besides keeps files (drift, pid), control clients and client sockets. */
static const int sync_only[] = {
    SCMP_SYS(adjtimex),   SCMP_SYS(open),       SCMP_SYS(openat),    SCMP_SYS(stat),
    SCMP_SYS(lstat),      SCMP_SYS(newfstatat), SCMP_SYS(statx),     SCMP_SYS(access),
    SCMP_SYS(faccessat),  SCMP_SYS(faccessat2), SCMP_SYS(readlink),  SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64), SCMP_SYS(getcwd),     SCMP_SYS(pread64),   SCMP_SYS(pwrite64),
    SCMP_SYS(unlink),     SCMP_SYS(unlinkat),   SCMP_SYS(rename),    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),  SCMP_SYS(fsync),      SCMP_SYS(fdatasync), SCMP_SYS(ftruncate),
    SCMP_SYS(fchmod),     SCMP_SYS(mkdir),      SCMP_SYS(mkdirat),   SCMP_SYS(umask),
    SCMP_SYS(bind),       SCMP_SYS(connect),    SCMP_SYS(listen),    SCMP_SYS(accept),
    SCMP_SYS(accept4),    SCMP_SYS(dup),        SCMP_SYS(wait4),     SCMP_SYS(fadvise64),
    SCMP_SYS(link),       SCMP_SYS(linkat),
};

/* Changes to files that no name look-up makes. */
static const int changes[] = {
    SCMP_SYS(creat),    SCMP_SYS(unlink),    SCMP_SYS(unlinkat),    SCMP_SYS(rename),
    SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link),        SCMP_SYS(linkat),
    SCMP_SYS(symlink),  SCMP_SYS(symlinkat), SCMP_SYS(mkdir),       SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),    SCMP_SYS(mknod),     SCMP_SYS(mknodat),     SCMP_SYS(chmod),
    SCMP_SYS(fchmod),   SCMP_SYS(fchmodat),  SCMP_SYS(chown),       SCMP_SYS(fchown),
    SCMP_SYS(lchown),   SCMP_SYS(fchownat),  SCMP_SYS(truncate),    SCMP_SYS(ftruncate),
    SCMP_SYS(setxattr), SCMP_SYS(fsetxattr), SCMP_SYS(lsetxattr),   SCMP_SYS(fork),
    SCMP_SYS(vfork),    SCMP_SYS(shmget),    SCMP_SYS(shmat),       SCMP_SYS(setuid),
    SCMP_SYS(setgid),   SCMP_SYS(setresuid), SCMP_SYS(setresgid),   SCMP_SYS(setgroups),
    SCMP_SYS(tkill),    SCMP_SYS(kill),      SCMP_SYS(personality), SCMP_SYS(listen),
};

/* Rules are collected into one filter; the first error stays. */
struct sandbox {
    scmp_filter_ctx filter;
    int error;
};

static void add_all(struct sandbox *s, uint32_t action, const int *calls, size_t count)
{
    for (size_t i = 0; i < count && !s->error; i++) {
        s->error = seccomp_rule_add(s->filter, action, calls[i], 0);
    }
}

/* Where these bits of an argument have this value. */
static void add_if(struct sandbox *s, uint32_t action, int call, unsigned argument, uint64_t mask,
                   uint64_t value)
{
    if (!s->error) {
        struct scmp_arg_cmp where = SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, mask, value);

        s->error = seccomp_rule_add(s->filter, action, call, 1, where);
    }
}

static void add_socket(struct sandbox *s, uint32_t action, int family, int type)
{
    if (!s->error) {
        s->error = seccomp_rule_add(s->filter, action, SCMP_SYS(socket), 2,
                                    SCMP_A0(SCMP_CMP_EQ, (uint64_t)family, 0),
                                    SCMP_A1(SCMP_CMP_MASKED_EQ, TYPE_MASK, (uint64_t)type));
    }
}

static void add_raw_sockets(struct sandbox *s)
{
    add_if(s, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 0, UINT64_MAX, AF_PACKET);
    add_socket(s, SCMP_ACT_KILL_PROCESS, AF_INET, SOCK_RAW);
    add_socket(s, SCMP_ACT_KILL_PROCESS, AF_INET6, SOCK_RAW);
}

/* Allowed in sync and serve with these arguments only. */
static void add_narrow(struct sandbox *s)
{
    static const int fcntls[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK};

    for (size_t i = 0; i < COUNT(fcntls); i++) {
        add_if(s, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, UINT64_MAX, (uint64_t)fcntls[i]);
    }
    /* stdio asks whether it writes to a terminal */
    add_if(s, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS);
    add_if(s, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, PROT_EXEC, 0);
    /* signals to ourselves: abort(), and clknetsim's SIGTERM at the end of a run */
    add_if(s, SCMP_ACT_ALLOW, SCMP_SYS(kill), 0, UINT32_MAX, (uint64_t)getpid());
}

static void build_sync(struct sandbox *s)
{
    static const int types[] = {SOCK_DGRAM, SOCK_STREAM};

    add_all(s, SCMP_ACT_ALLOW, common, COUNT(common));
    add_all(s, SCMP_ACT_ALLOW, sync_only, COUNT(sync_only));
    add_narrow(s);
    add_if(s, SCMP_ACT_ALLOW, SCMP_SYS(clock_adjtime), 0, UINT32_MAX, CLOCK_REALTIME);
    add_if(s, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
    add_raw_sockets(s);
    add_socket(s, SCMP_ACT_ALLOW, AF_INET, SOCK_DGRAM);
    add_socket(s, SCMP_ACT_ALLOW, AF_INET6, SOCK_DGRAM);
    add_socket(s, SCMP_ACT_ALLOW, AF_NETLINK, SOCK_RAW); /* getifaddrs */
    for (size_t i = 0; i < COUNT(types); i++) {
        add_socket(s, SCMP_ACT_ALLOW, AF_UNIX, types[i]);
    }
}

/* Its sockets are opened before. No mprotect: the page of server state stays read-only. */
static void build_serve(struct sandbox *s)
{
    static const int families[] = {AF_INET, AF_INET6, AF_PACKET, AF_NETLINK};

    add_all(s, SCMP_ACT_ALLOW, common, COUNT(common));
    add_narrow(s);
    for (size_t i = 0; i < COUNT(families); i++) {
        add_if(s, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 0, UINT64_MAX, (uint64_t)families[i]);
    }
}

static void build_lookup(struct sandbox *s)
{
    add_all(s, DENY, changes, COUNT(changes));
    add_raw_sockets(s);
    add_if(s, DENY, SCMP_SYS(open), 1, O_ACCMODE, O_WRONLY);
    add_if(s, DENY, SCMP_SYS(open), 1, O_ACCMODE, O_RDWR);
    add_if(s, DENY, SCMP_SYS(openat), 2, O_ACCMODE, O_WRONLY);
    add_if(s, DENY, SCMP_SYS(openat), 2, O_ACCMODE, O_RDWR);
    /* Threads, yes; processes, no. The filter cannot see the arguments of the newer calls, and libc
     * falls back to the older ones. */
    add_if(s, DENY, SCMP_SYS(clone), 0, CLONE_THREAD, 0);
    if (!s->error) {
        s->error = seccomp_rule_add(s->filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    }
    if (!s->error) {
        s->error = seccomp_rule_add(s->filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
    }
}

int sandbox_enter(enum sandbox_role role)
{
    struct sandbox s = {.error = 0};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
        return -errno;
    }
    if (prctl(PR_GET_SECCOMP) < 0) {
        return -ENOSYS;
    }
    s.filter = seccomp_init(role == SANDBOX_LOOKUP ? SCMP_ACT_ALLOW : DENY);
    if (!s.filter) {
        return -ENOMEM;
    }
    add_all(&s, SCMP_ACT_KILL_PROCESS, hostile, COUNT(hostile));
    if (role != SANDBOX_SYNC) {
        add_all(&s, SCMP_ACT_KILL_PROCESS, clock_setting, COUNT(clock_setting));
    }
    if (role == SANDBOX_SYNC) {
        build_sync(&s);
    } else if (role == SANDBOX_SERVE) {
        build_serve(&s);
    } else {
        build_lookup(&s);
    }
    if (!s.error) {
        s.error = seccomp_load(s.filter);
    }
    seccomp_release(s.filter);
    return s.error;
}

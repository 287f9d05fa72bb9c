/* SPDX-License-Identifier: BSD-2-Clause */
/* Files: reading within limits, replacing as a whole, links laid by somebody else, locks. */
#include "os/file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/toki-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static const char *in(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void assert_holds(const char *path, const char *text)
{
    char buffer[64];

    assert_int_equal(file_read_into(path, buffer, sizeof(buffer)), strlen(text));
    assert_string_equal(buffer, text);
}

static void test_read(void **state)
{
    char *text;
    size_t length;

    (void)state;
    put(in("a"), "server ntp.example\n");
    assert_int_equal(file_read(in("a"), 19, &text, &length), 0);
    assert_int_equal(length, 19);
    assert_string_equal(text, "server ntp.example\n");
    free(text);
    assert_int_equal(file_read(in("a"), 18, &text, &length), -EFBIG);
    assert_null(text);
    put(in("empty"), "");
    assert_int_equal(file_read(in("empty"), 10, &text, &length), 0);
    assert_int_equal(length, 0);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(symlink(in("a"), in("link")), 0); /* reading may follow */
    assert_int_equal(file_read(in("link"), 100, &text, &length), 0);
    free(text);
}

/* Larger than any first buffer, with a NUL inside; a file of /proc, whose size is said to be 0. */
static void test_read_large(void **state)
{
    enum { LENGTH = 300001 };
    char *bytes = malloc(LENGTH), *text;
    size_t length;
    struct dice d = {3};

    (void)state;
    dice_fill(&d, (uint8_t *)bytes, LENGTH);
    bytes[5] = '\0';
    assert_int_equal(file_replace(in("large"), bytes, LENGTH, 0600), 0);
    assert_int_equal(file_read(in("large"), LENGTH, &text, &length), 0);
    assert_int_equal(length, LENGTH);
    assert_memory_equal(text, bytes, LENGTH);
    assert_int_equal(text[LENGTH], '\0');
    free(text);
    free(bytes);
    assert_int_equal(file_read(in("large"), LENGTH - 1, &text, &length), -EFBIG);
    assert_int_equal(file_read("/proc/self/status", 100000, &text, &length), 0);
    assert_true(length > 100);
    free(text);
}

/* None of these may block or succeed. */
static void test_read_errors(void **state)
{
    char *text, buffer[16];
    size_t length;

    (void)state;
    assert_int_equal(file_read(in("none"), 10, &text, &length), -ENOENT);
    assert_int_equal(file_read(folder, 10, &text, &length), -EISDIR);
    assert_int_equal(mkfifo(in("fifo"), 0600), 0);
    assert_int_equal(file_read(in("fifo"), 10, &text, &length), -EINVAL);
    assert_int_equal(file_read_into(in("fifo"), buffer, sizeof(buffer)), -EINVAL);
    assert_int_equal(file_read("/dev/zero", 10, &text, &length), -EINVAL);
    assert_int_equal(file_read(in("fifo/x"), 10, &text, &length), -ENOTDIR);
    assert_int_equal(symlink("loop", in("loop")), 0);
    assert_int_equal(file_read(in("loop"), 10, &text, &length), -ELOOP);
}

static void test_read_into(void **state)
{
    char buffer[8];

    (void)state;
    put(in("a"), "0123456789");
    assert_int_equal(file_read_into(in("a"), buffer, sizeof(buffer)), 7);
    assert_string_equal(buffer, "0123456");
    assert_int_equal(file_read_into(in("a"), buffer, 1), 0);
    assert_string_equal(buffer, "");
    assert_int_equal(file_read_into(in("none"), buffer, sizeof(buffer)), -ENOENT);
    assert_string_equal(buffer, "");
}

static void test_replace(void **state)
{
    struct stat s;

    (void)state;
    assert_int_equal(file_replace(in("drift"), "1.5\n", 4, 0644), 0);
    assert_holds(in("drift"), "1.5\n");
    assert_int_equal(stat(in("drift"), &s), 0);
    assert_int_equal(s.st_mode & 0777, 0644);
    assert_int_equal(file_replace(in("drift"), "2", 1, 0600), 0);
    assert_holds(in("drift"), "2");
    assert_int_equal(stat(in("drift"), &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(access(in("drift.tmp"), F_OK), -1); /* nothing is left beside it */
    assert_int_equal(file_replace(in("drift"), "", 0, 0600), 0);
    assert_holds(in("drift"), "");
}

/* Whatever happens, the old file stays. */
static void test_replace_errors(void **state)
{
    char name[5000];
    struct stat s;

    (void)state;
    assert_int_equal(file_replace(in("none/drift"), "x", 1, 0644), -ENOENT);
    assert_int_equal(mkdir(in("d"), 0755), 0);
    assert_int_equal(file_replace(in("d"), "x", 1, 0644), -EISDIR);
    assert_int_equal(access(in("d.tmp"), F_OK), -1);
    assert_int_equal(mkfifo(in("pipe"), 0600), 0); /* a device is left what it is, too */
    assert_int_equal(file_replace(in("pipe"), "x", 1, 0644), -EINVAL);
    assert_int_equal(lstat(in("pipe"), &s), 0);
    assert_true(S_ISFIFO(s.st_mode));
    put(in("drift"), "old");
    assert_int_equal(mkdir(in("drift.tmp"), 0755), 0); /* in the way, and not a file */
    assert_true(file_replace(in("drift"), "new", 3, 0644) < 0);
    assert_holds(in("drift"), "old");
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(file_replace(name, "x", 1, 0644), -ENAMETOOLONG);
}

/* No room for the new file (a limit of file size stands in for the full disk): the old one stays,
 * and the half-written one goes. */
static void test_replace_no_space(void **state)
{
    static char large[20000];
    int status = -1;
    pid_t child;

    (void)state;
    put(in("drift"), "old");
    child = fork();
    if (child == 0) {
        struct rlimit limit = {10000, 10000};

        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(file_replace(in("drift"), large, sizeof(large), 0644) == -EFBIG ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_holds(in("drift"), "old");
    assert_int_equal(access(in("drift.tmp"), F_OK), -1);
}

/* Somebody who may write to the folder lays links where we are going to write. */
static void test_replace_follows_no_link(void **state)
{
    struct stat s;
    long holder;

    (void)state;
    put(in("victim"), "precious");
    assert_int_equal(symlink(in("victim"), in("drift.tmp")), 0);
    assert_int_equal(file_replace(in("drift"), "1", 1, 0644), 0);
    assert_holds(in("victim"), "precious");
    assert_holds(in("drift"), "1");
    assert_int_equal(unlink(in("drift")), 0);
    assert_int_equal(symlink(in("victim"), in("drift")), 0); /* the file itself is a link */
    assert_int_equal(file_replace(in("drift"), "2", 1, 0644), 0);
    assert_holds(in("victim"), "precious");
    assert_int_equal(lstat(in("drift"), &s), 0);
    assert_true(S_ISREG(s.st_mode));
    assert_int_equal(symlink(in("victim"), in("pid")), 0);
    assert_int_equal(file_lock_pid(in("pid"), &holder), -ELOOP);
    assert_holds(in("victim"), "precious");
}

/* The same by somebody quick, who lays the link again whenever it goes. Each call either succeeds
 * or says no; nothing is ever written through the link. */
static void test_replace_in_a_race(void **state)
{
    pid_t attacker;

    (void)state;
    put(in("victim"), "precious");
    attacker = fork();
    if (attacker == 0) {
        char victim[128], temporary[128];

        strcpy(victim, in("victim"));
        strcpy(temporary, in("drift.tmp"));
        for (;;) {
            (void)!symlink(victim, temporary);
        }
    }
    for (int i = 0; i < 300; i++) {
        int error = file_replace(in("drift"), "1", 1, 0644);

        assert_true(error == 0 || error == -EEXIST);
    }
    kill(attacker, SIGKILL);
    waitpid(attacker, NULL, 0);
    assert_holds(in("victim"), "precious");
}

/* What a killed daemon left beside the file does not stop the next one. */
static void test_replace_after_crash(void **state)
{
    (void)state;
    put(in("drift.tmp"), "half");
    assert_int_equal(file_replace(in("drift"), "whole", 5, 0644), 0);
    assert_holds(in("drift"), "whole");
    assert_int_equal(access(in("drift.tmp"), F_OK), -1);
}

static void test_append(void **state)
{
    size_t before = 1;
    struct stat s;

    (void)state;
    assert_int_equal(file_append(in("log"), "one\n", 4, 0640, &before), 0);
    assert_int_equal(before, 0);
    assert_int_equal(file_append(in("log"), "two\n", 4, 0640, &before), 0);
    assert_int_equal(before, 4);
    assert_holds(in("log"), "one\ntwo\n");
    assert_int_equal(stat(in("log"), &s), 0);
    assert_int_equal(s.st_mode & 07777, 0640);
    /* moved away: the next line begins a new one */
    assert_int_equal(rename(in("log"), in("log.1")), 0);
    assert_int_equal(file_append(in("log"), "three\n", 6, 0640, &before), 0);
    assert_int_equal(before, 0);
    assert_holds(in("log.1"), "one\ntwo\n");
    assert_holds(in("log"), "three\n");
}

static void test_append_only_to_logs(void **state)
{
    size_t before;

    (void)state;
    put(in("victim"), "keep\n");
    assert_int_equal(symlink(in("victim"), in("link")), 0);
    assert_int_equal(file_append(in("link"), "x", 1, 0644, &before), -ELOOP);
    assert_int_equal(mkfifo(in("pipe"), 0600), 0);
    assert_true(file_append(in("pipe"), "x", 1, 0644, &before) < 0); /* and does not wait */
    assert_int_equal(file_append(folder, "x", 1, 0644, &before), -EISDIR);
    assert_int_equal(link(in("victim"), in("second")), 0);
    assert_int_equal(link(in("victim"), in("third")), 0);
    assert_int_equal(file_append(in("third"), "x", 1, 0644, &before), -EINVAL);
    assert_int_equal(file_append(in("no/such"), "x", 1, 0644, &before), -ENOENT);
    assert_holds(in("victim"), "keep\n");
}

/* Half a line is worse than none. */
static void test_append_no_space(void **state)
{
    struct rlimit limit = {.rlim_cur = 6, .rlim_max = RLIM_INFINITY};
    size_t before;
    int status;

    (void)state;
    put(in("full"), "one\n");
    if (fork() == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(file_append(in("full"), "two\n", 4, 0644, &before) == -EFBIG ? 0 : 1);
    }
    wait(&status);
    assert_int_equal(status, 0);
    assert_holds(in("full"), "one\n");
}

static void test_link(void **state)
{
    struct stat a, b;

    (void)state;
    put(in("stats.1"), "first\n");
    put(in("stats.2"), "second\n");
    put(in("stats"), "of somebody else\n");
    assert_int_equal(file_link(in("stats.1"), in("stats"), in("stats.aside")), 0);
    assert_holds(in("stats"), "first\n");
    assert_holds(in("stats.aside"), "of somebody else\n");
    assert_int_equal(file_link(in("stats.2"), in("stats"), in("stats.aside2")), 0);
    assert_holds(in("stats"), "second\n");
    assert_int_equal(access(in("stats.aside2"), F_OK), -1); /* it was but a link */
    assert_int_equal(file_link(in("stats.2"), in("stats"), in("stats.aside2")), 0);
    assert_true(stat(in("stats"), &a) == 0 && stat(in("stats.2"), &b) == 0);
    assert_true(a.st_ino == b.st_ino && a.st_nlink == 2);
    assert_int_equal(file_link(in("none"), in("stats"), in("x")), -ENOENT);
}

static void test_lock(void **state)
{
    char expected[32], text[32];
    long holder = -1;
    int fd = file_lock_pid(in("pid"), &holder), status = -1;
    pid_t child;

    (void)state;
    assert_true(fd >= 0);
    snprintf(expected, sizeof(expected), "%ld\n", (long)getpid());
    child = fork();
    if (child == 0) {
        int again = file_lock_pid(in("pid"), &holder);

        _exit(again == -EWOULDBLOCK && holder == getppid() ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    /* The loser has not written. (Read by this descriptor: closing another would end the lock.) */
    assert_int_equal(pread(fd, text, sizeof(text), 0), strlen(expected));
    assert_memory_equal(text, expected, strlen(expected));
    file_unlock_pid(fd, in("pid"));
}

static void test_unlock(void **state)
{
    long holder = -1;
    int fd = file_lock_pid(in("pid"), &holder);

    (void)state;
    assert_true(fd >= 0);
    file_unlock_pid(fd, in("pid"));
    assert_int_equal(access(in("pid"), F_OK), -1);
    put(in("pid"), "999999999 left by a dead daemon\n");
    fd = file_lock_pid(in("pid"), &holder);
    assert_true(fd >= 0);
    assert_int_equal(unlink(in("pid")), 0);
    put(in("pid"), "somebody else's");
    file_unlock_pid(fd, in("pid"));
    assert_holds(in("pid"), "somebody else's");
    assert_int_equal(file_lock_pid(in("none/pid"), &holder), -ENOENT);
}

static void test_glob(void **state)
{
    struct file_list list;

    (void)state;
    put(in("b.conf"), "");
    put(in("a.conf"), "");
    put(in("c.txt"), "");
    assert_int_equal(file_glob(in("*.conf"), &list), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.paths[0], in("a.conf"));
    assert_string_equal(list.paths[1], in("b.conf"));
    file_list_free(&list);
    assert_int_equal(list.count, 0);
    assert_int_equal(file_glob(in("*.none"), &list), 0);
    assert_int_equal(list.count, 0);
    file_list_free(&list);
    assert_int_equal(file_glob(in("nowhere/*.conf"), &list), 0);
    assert_int_equal(list.count, 0);
    file_list_free(&list);
}

static void test_directories(void **state)
{
    struct stat s;

    (void)state;
    assert_int_equal(file_make_directory(in("run"), 0750, NULL), 0);
    assert_int_equal(stat(in("run"), &s), 0);
    assert_int_equal(s.st_mode & 0777, 0750);
    assert_int_equal(file_make_directory(in("run"), 0700, NULL), 0); /* stays as it is */
    assert_int_equal(stat(in("run"), &s), 0);
    assert_int_equal(s.st_mode & 0777, 0750);
    assert_true(file_is_directory(in("run")));
    put(in("file"), "");
    assert_int_equal(file_make_directory(in("file"), 0750, NULL), -EEXIST);
    assert_false(file_is_directory(in("file")));
    assert_false(file_is_directory(in("none")));
    assert_int_equal(file_make_directory(in("none/run"), 0750, NULL), -ENOENT);
    file_remove(in("file"));
    assert_int_equal(access(in("file"), F_OK), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_read),
        TEST(test_read_large),
        TEST(test_read_errors),
        TEST(test_read_into),
        TEST(test_replace),
        TEST(test_replace_errors),
        TEST(test_replace_no_space),
        TEST(test_replace_follows_no_link),
        TEST(test_replace_in_a_race),
        TEST(test_replace_after_crash),
        TEST(test_append),
        TEST(test_append_only_to_logs),
        TEST(test_append_no_space),
        TEST(test_link),
        TEST(test_lock),
        TEST(test_unlock),
        TEST(test_glob),
        TEST(test_directories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

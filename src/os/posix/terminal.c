/* SPDX-License-Identifier: BSD-2-Clause */
/* os/terminal.h over termios(3). What was changed is put back on every way out that a process can
 * notice: its end, and the signals by which a user or the terminal ends it. */
#include "os/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static volatile sig_atomic_t changed, resized;
static const char *farewell;

bool terminal_is(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

bool terminal_is_stderr(void)
{
    return isatty(STDERR_FILENO) == 1;
}

bool terminal_size(unsigned *columns, unsigned *rows)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0 || size.ws_row == 0) {
        return false;
    }
    *columns = size.ws_col;
    *rows = size.ws_row;
    return true;
}

bool terminal_is_utf8(void)
{
    static int utf8 = -1;

    if (utf8 < 0) {
        /* of letters alone, and for this thread: numbers keep their point */
        locale_t letters = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

        if (letters) {
            uselocale(letters);
        }
        utf8 = letters && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    }
    return utf8;
}

void terminal_end(void)
{
    int error = errno;

    if (changed) {
        changed = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
        if (write(STDOUT_FILENO, farewell, strlen(farewell)) < 0) {
            errno = error; /* the terminal is gone: nothing to put back */
        }
    }
    errno = error;
}

static void on_end(int number)
{
    terminal_end();
    signal(number, SIG_DFL);
    raise(number);
}

static void on_resize(int number)
{
    (void)number;
    resized = 1;
}

bool terminal_begin(const char *leave)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE};
    struct sigaction end = {.sa_handler = on_end}, resize = {.sa_handler = on_resize};
    struct termios now;

    if (!terminal_is() || tcgetattr(STDIN_FILENO, &before)) {
        return false;
    }
    farewell = leave;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        sigaction(ends[i], &end, NULL);
    }
    sigaction(SIGWINCH, &resize, NULL);
    now = before;
    now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    now.c_cc[VSUSP] = _POSIX_VDISABLE; /* a stopped program could not put anything back */
    changed = 1;
    atexit(terminal_end);
    return tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0;
}

int terminal_key(void)
{
    struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned char key;
    ssize_t n;

    if (poll(&wait, 1, 0) <= 0) {
        return 0;
    }
    n = read(STDIN_FILENO, &key, 1);
    return n == 1 ? key : n < 0 && errno == EINTR ? 0 : -1;
}

bool terminal_was_resized(void)
{
    bool was = resized;

    resized = 0;
    return was;
}

int terminal_descriptor(void)
{
    return STDIN_FILENO;
}

int terminal_end_output(void)
{
    errno = 0;
    if (!fflush(stdout) && !ferror(stdout)) {
        return 0;
    }
    return errno == EPIPE ? 0 : errno ? -errno : -EIO;
}

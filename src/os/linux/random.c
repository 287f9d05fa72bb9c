/* SPDX-License-Identifier: BSD-2-Clause */
/* os/random.h over getrandom(2), which waits until the kernel's generator is seeded. */
#include "os/random.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

void random_system(void *out, size_t length)
{
    uint8_t *p = out;

    while (length > 0) {
        ssize_t n = getrandom(p, length, 0);

        if (n > 0) {
            p += n;
            length -= (size_t)n;
        } else if (errno != EINTR) {
            abort();
        }
    }
}

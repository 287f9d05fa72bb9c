/* SPDX-License-Identifier: BSD-2-Clause */
/* What udp.c needs to know of a socket that udp_socket.c opened. */
#ifndef TOKI_OS_LINUX_UDP_SOCKET_H
#define TOKI_OS_LINUX_UDP_SOCKET_H

#include <stdbool.h>

bool udp_socket_is_connected(int fd);

#endif

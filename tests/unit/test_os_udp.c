/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams over loopback in both families: stamps, packet info, ports, errors, batches. */
#include "os/udp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "os/clock.h"
#include "os/posix/sockaddr.h"
#include "os/wait.h"

static struct address address(const char *text, uint16_t port)
{
    struct address a;

    assert_true(address_parse(text, &a));
    a.port = port;
    return a;
}

static struct address name_of(int fd)
{
    union socket_address s;
    socklen_t length = sizeof(s);

    assert_int_equal(getsockname(fd, &s.any, &length), 0);
    return sockaddr_to_address(&s);
}

static unsigned wait_for(int fd, unsigned want)
{
    struct wait_set set = {.count = 0};

    wait_add(&set, fd, want);
    wait_until(&set, mono_after(clock_now().mono, 60));
    return wait_ready(&set, fd);
}

static bool have_v6(void)
{
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    struct address a = address("::1", 0);
    union socket_address s;
    bool have = fd >= 0 && !bind(fd, &s.any, sockaddr_from_address(&a, &s));

    close(fd);
    return have;
}

static struct datagram message(const char *text)
{
    struct datagram d = {.length = strlen(text)};

    memcpy(d.data, text, d.length);
    return d;
}

/* A request to `to` at a server on `any`, and the answer from the address that was asked. */
static void exchange(const char *any, const char *to)
{
    static struct datagram in[2], out;
    struct address bound = address(any, 0), asked;
    struct wall_time start = clock_now().wall, end;
    struct stamped stamp = {0};
    int server = udp_listen(&bound, NULL, false, 46), client, error = -1;

    assert_true(server >= 0);
    asked = address(to, name_of(server).port);
    client = udp_connect(&asked, NULL, NULL, 46);
    assert_true(client >= 0);
    assert_int_equal(fcntl(client, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(client, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(udp_receive(server, in, 2), 0);
    assert_false(udp_transmit_stamp(client, &stamp));
    assert_int_equal(udp_receive(client, in, 2), 0);

    out = message("request");
    out.peer = address("192.0.2.1", 9); /* is ignored: the socket is connected */
    assert_int_equal(udp_send(client, &out, 1, &error), 1);
    assert_int_equal(error, 0);
    assert_int_equal(wait_for(client, WAIT_READ | WAIT_ERROR), WAIT_ERROR);
    assert_true(udp_transmit_stamp(client, &stamp));
    assert_int_equal(stamp.by, STAMP_KERNEL);
    assert_false(udp_transmit_stamp(client, &(struct stamped){0}));

    assert_int_equal(wait_for(server, WAIT_READ), WAIT_READ);
    assert_int_equal(udp_receive(server, in, 2), 1);
    end = clock_now().wall;
    assert_int_equal(in[0].length, 7);
    assert_memory_equal(in[0].data, "request", 7);
    assert_int_equal(in[0].stamped_by, STAMP_KERNEL);
    assert_true(start.ns <= stamp.at.ns && stamp.at.ns <= in[0].stamp.ns &&
                in[0].stamp.ns <= end.ns);
    assert_true(address_equal(&in[0].local, &asked));
    assert_true(in[0].interface > 0);
    assert_int_equal(in[0].peer.port, name_of(client).port);

    out = message("reply");
    out.peer = in[0].peer;
    out.local = in[0].local;
    assert_int_equal(udp_send(server, &out, 1, NULL), 1);
    assert_int_equal(wait_for(client, WAIT_READ) & WAIT_READ, WAIT_READ);
    assert_int_equal(udp_receive(client, in, 2), 1);
    assert_memory_equal(in[0].data, "reply", 5);
    assert_int_equal(in[0].stamped_by, STAMP_KERNEL);
    assert_true(address_equal(&in[0].peer, &asked));
    assert_int_equal(in[0].peer.port, asked.port);
    assert_int_equal(udp_error(client), 0);
    udp_close(client);
    udp_close(server);
}

static void test_v4(void **state)
{
    (void)state;
    exchange("127.0.0.1", "127.0.0.1");
    exchange("0.0.0.0", "127.0.0.1");
    exchange("0.0.0.0", "127.9.8.7"); /* answered from there, or the client would not hear it */
}

static void test_v6(void **state)
{
    struct address any = address("::", 0);
    int v6, v4;

    (void)state;
    if (!have_v6()) {
        skip();
    }
    exchange("::1", "::1");
    exchange("::", "::1");
    v6 = udp_listen(&any, NULL, false, 0); /* v6 only: the same port is free for v4 */
    any = address("0.0.0.0", name_of(v6).port);
    v4 = udp_listen(&any, NULL, false, 0);
    assert_true(v6 >= 0 && v4 >= 0);
    udp_close(v6);
    udp_close(v4);
}

/* On a virtual clock, stamps are readings of that clock. */
static void test_virtual_stamps(void **state)
{
    static struct datagram in, out;
    struct clock_options wrong = {.kind = CLOCK_VIRTUAL, .virtual_offset_s = 1e6};
    struct clock_options none = {.kind = CLOCK_NONE};
    struct address to = address("127.0.0.1", 0);
    struct stamped stamp;
    struct wall_time start, end;
    int server = udp_listen(&to, NULL, false, 0), client;

    (void)state;
    assert_int_equal(clock_open(&wrong), 0);
    to.port = name_of(server).port;
    client = udp_connect(&to, NULL, NULL, 0);
    start = clock_now().wall;
    out = message("x");
    assert_int_equal(udp_send(client, &out, 1, NULL), 1);
    assert_true(wait_for(client, WAIT_ERROR) & WAIT_ERROR);
    assert_true(udp_transmit_stamp(client, &stamp));
    assert_int_equal(wait_for(server, WAIT_READ), WAIT_READ);
    assert_int_equal(udp_receive(server, &in, 1), 1);
    assert_int_equal(in.stamped_by, STAMP_KERNEL);
    end = clock_now().wall;
    assert_true(stamp.at.ns >= start.ns - 100000 && stamp.at.ns <= end.ns + 100000);
    assert_true(in.stamp.ns >= stamp.at.ns - 100000 && in.stamp.ns <= end.ns + 100000);
    clock_open(&none);
    udp_close(client);
    udp_close(server);
}

static void test_batches(void **state)
{
    static struct datagram in[UDP_BATCH], out[UDP_BATCH];
    struct address to = address("127.0.0.1", 0);
    int server = udp_listen(&to, NULL, false, 0), client, error = -1, got = 0;

    (void)state;
    to.port = name_of(server).port;
    client = udp_connect(&to, NULL, NULL, 0);
    for (int i = 0; i < UDP_BATCH; i++) {
        out[i] = message("number ?");
        out[i].data[7] = (uint8_t)i;
    }
    assert_int_equal(udp_send(client, out, UDP_BATCH, &error), UDP_BATCH);
    assert_int_equal(error, 0);
    assert_int_equal(wait_for(server, WAIT_READ), WAIT_READ);
    for (int n = 1; n > 0; got += n) {
        n = udp_receive(server, in + got, UDP_BATCH);
        assert_true(n >= 0 && got + n <= UDP_BATCH);
        if (got + n == UDP_BATCH) {
            got += n;
            break;
        }
    }
    assert_int_equal(got, UDP_BATCH);
    for (int i = 0; i < UDP_BATCH; i++) {
        assert_int_equal(in[i].data[7], i);
        out[i].peer = in[i].peer;
        out[i].local = in[i].local;
    }
    /* Two that cannot be sent do not stop the rest; the first error is told. */
    out[0].peer.port = 0;
    out[5].peer.family = ADDRESS_NONE;
    assert_int_equal(udp_send(server, out, UDP_BATCH, &error), UDP_BATCH - 2);
    assert_int_equal(error, EINVAL);
    for (int i = 0; i < UDP_BATCH - 2; i++) { /* one at a time on a connected socket */
        assert_true(wait_for(client, WAIT_READ) & WAIT_READ);
        assert_int_equal(udp_receive(client, in, UDP_BATCH), 1);
    }
    assert_int_equal(udp_receive(client, in, UDP_BATCH), 0);
    assert_int_equal(udp_send(server, out, 0, &error), 0);
    udp_close(client);
    udp_close(server);
}

/* Datagrams above the limit are dropped, those around them kept. */
static void test_truncated(void **state)
{
    static struct datagram in[4];
    static char large[UDP_DATAGRAM_MAX + 1];
    struct address to = address("127.0.0.1", 0);
    int server = udp_listen(&to, NULL, false, 0), client, received = 0;

    (void)state;
    to.port = name_of(server).port;
    client = udp_connect(&to, NULL, NULL, 0);
    assert_int_equal(send(client, "first", 5, 0), 5);
    assert_int_equal(send(client, large, sizeof(large), 0), sizeof(large));
    assert_int_equal(send(client, large, UDP_DATAGRAM_MAX, 0), UDP_DATAGRAM_MAX);
    assert_int_equal(send(client, "", 0, 0), 0);
    assert_int_equal(wait_for(server, WAIT_READ), WAIT_READ);
    received = udp_receive(server, in, 4);
    assert_int_equal(received, 3);
    assert_int_equal(in[0].length, 5);
    assert_memory_equal(in[0].data, "first", 5);
    assert_int_equal(in[1].length, UDP_DATAGRAM_MAX);
    assert_int_equal(in[2].length, 0);
    udp_close(client);
    udp_close(server);
}

/* RFC 9109: ports differ and are spread; no two open sockets share one. */
static void test_random_ports(void **state)
{
    enum { COUNT = 200 };
    struct address to = address("127.0.0.1", 9);
    unsigned low = 0, equal = 0;
    int fds[COUNT];
    uint16_t ports[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        fds[i] = udp_connect(&to, NULL, NULL, 0);
        assert_true(fds[i] >= 0);
        ports[i] = name_of(fds[i]).port;
        assert_true(ports[i] >= 1024);
        low += ports[i] < 33280; /* half of the range */
        for (int k = 0; k < i; k++) {
            equal += ports[i] == ports[k];
        }
    }
    assert_int_equal(equal, 0);
    assert_in_range(low, 50, 150); /* 100 +- 7 standard deviations */
    for (int i = 0; i < COUNT; i++) {
        udp_close(fds[i]);
    }
}

static void test_local_address(void **state)
{
    struct address to = address("127.0.0.1", 9), local = address("127.1.2.3", 0);
    struct address far = address("192.0.2.1", 0), got;
    int fd = udp_connect(&to, &local, NULL, 0);

    (void)state;
    assert_true(fd >= 0);
    got = name_of(fd);
    assert_true(address_equal(&got, &local));
    udp_close(fd);
    assert_int_equal(udp_connect(&to, &far, NULL, 0), -EADDRNOTAVAIL);
    assert_int_equal(udp_listen(&far, NULL, false, 0), -EADDRNOTAVAIL);
    assert_int_equal(udp_listen(&to, "no-such-device", false, 0), -ENODEV);
    fd = udp_listen(&local, "lo", false, 0);
    assert_true(fd >= 0);
    udp_close(fd);
}

static void test_in_use(void **state)
{
    struct address a = address("127.0.0.1", 0), none = {.family = ADDRESS_NONE};
    int first = udp_listen(&a, NULL, false, 0), second;

    (void)state;
    a.port = name_of(first).port;
    assert_int_equal(udp_listen(&a, NULL, false, 0), -EADDRINUSE);
    assert_int_equal(udp_listen(&a, NULL, true, 0), -EADDRINUSE);
    udp_close(first);
    first = udp_listen(&a, NULL, true, 0);
    second = udp_listen(&a, NULL, true, 0);
    assert_true(first >= 0 && second >= 0);
    udp_close(first);
    udp_close(second);
    assert_int_equal(udp_listen(&none, NULL, false, 0), -EAFNOSUPPORT);
    assert_int_equal(udp_connect(&none, NULL, NULL, 0), -EAFNOSUPPORT);
}

/* Nobody listens: ICMP says so, once, by the wait and by receiving. */
/* A socket that is in the way of another: what came before is still there, what comes goes on. */
static void test_retired(void **state)
{
    static struct datagram batch[UDP_BATCH];
    struct address any = address("0.0.0.0", 0), one = address("127.0.0.1", 0), to;
    int wide = udp_listen(&any, NULL, false, 0), narrow, client;
    struct datagram early = message("early"), late = message("late");

    (void)state;
    one.port = any.port = name_of(wide).port;
    assert_true(udp_listen(&one, NULL, true, 0) == -EADDRINUSE);
    udp_share(wide, true);
    narrow = udp_listen(&one, NULL, true, 0);
    assert_true(narrow >= 0);
    udp_share(wide, false);
    udp_share(narrow, false);
    assert_true(udp_listen(&one, NULL, true, 0) == -EADDRINUSE); /* nobody else */
    to = one;
    client = udp_connect(&to, NULL, NULL, 0);
    assert_int_equal(udp_send(client, &early, 1, NULL), 1);
    assert_true(wait_for(narrow, WAIT_READ) & WAIT_READ); /* the narrower one is preferred */
    udp_retire(narrow, &one);
    assert_int_equal(udp_send(client, &late, 1, NULL), 1);
    assert_true(wait_for(wide, WAIT_READ) & WAIT_READ);
    assert_int_equal(udp_receive(wide, batch, UDP_BATCH), 1);
    assert_memory_equal(batch[0].data, "late", 4);
    assert_int_equal(udp_receive(narrow, batch, UDP_BATCH), 1);
    assert_memory_equal(batch[0].data, "early", 5);
    batch[1] = message("answer"); /* and it can still answer */
    batch[1].peer = batch[0].peer;
    assert_int_equal(udp_send(narrow, &batch[1], 1, NULL), 1);
    assert_true(wait_for(client, WAIT_READ) & WAIT_READ);
    assert_int_equal(udp_receive(client, batch, UDP_BATCH), 1);
    udp_retire(wide, &any);
    assert_int_equal(udp_send(client, &late, 1, NULL), 1);
    wait_for(client, WAIT_READ | WAIT_ERROR);
    assert_true(udp_receive(wide, batch, UDP_BATCH) <= 0);
    udp_close(wide);
    udp_close(narrow);
    udp_close(client);
}

static void test_refused(void **state)
{
    static struct datagram in, out;
    struct address to = address("127.0.0.1", 0);
    struct stamped stamp;
    int closed = udp_listen(&to, NULL, false, 0), client;

    (void)state;
    to.port = name_of(closed).port;
    udp_close(closed);
    client = udp_connect(&to, NULL, NULL, 0);
    out = message("hello?");
    assert_int_equal(udp_send(client, &out, 1, NULL), 1);
    assert_true(wait_for(client, WAIT_READ | WAIT_ERROR) & WAIT_ERROR);
    udp_transmit_stamp(client, &stamp);
    assert_int_equal(udp_receive(client, &in, 1), -ECONNREFUSED);
    assert_int_equal(udp_receive(client, &in, 1), 0);
    assert_int_equal(udp_send(client, &out, 1, NULL), 1);
    usleep(20000);
    assert_int_equal(udp_error(client), ECONNREFUSED);
    assert_int_equal(udp_error(client), 0);
    udp_close(client);
}

/* A request to everybody is answered by nobody. */
static void test_multicast_is_dropped(void **state)
{
    static struct datagram in[2];
    struct address any = address("0.0.0.0", 0), group;
    struct in_addr lo = {htonl(INADDR_LOOPBACK)};
    struct ip_mreq join = {.imr_multiaddr = {htonl(0xe0000101)}, .imr_interface = lo};
    union socket_address s;
    socklen_t length;
    int server = udp_listen(&any, NULL, false, 0), client = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    assert_int_equal(setsockopt(server, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)), 0);
    assert_int_equal(setsockopt(client, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo)), 0);
    group = address("224.0.1.1", name_of(server).port);
    length = sockaddr_from_address(&group, &s);
    assert_int_equal(sendto(client, "all", 3, 0, &s.any, length), 3);
    group = address("127.0.0.1", group.port);
    length = sockaddr_from_address(&group, &s);
    assert_int_equal(sendto(client, "one", 3, 0, &s.any, length), 3);
    assert_int_equal(wait_for(server, WAIT_READ), WAIT_READ);
    assert_int_equal(udp_receive(server, in, 2), 1);
    assert_memory_equal(in[0].data, "one", 3);
    close(client);
    udp_close(server);
}

static void test_own_addresses(void **state)
{
    struct address list[64], lo = address("127.0.0.1", 0);
    unsigned count = udp_own_addresses(list, 64), found = 0;

    (void)state;
    for (unsigned i = 0; i < count; i++) {
        found += address_equal(&list[i], &lo);
        assert_int_equal(list[i].port, 0);
    }
    assert_int_equal(found, 1);
    assert_int_equal(udp_own_addresses(list, 1), 1);
    assert_int_equal(udp_own_addresses(list, 0), 0);
}

/* A client that has no server socket: its sockets come and go, and on each the first packet is
 * stamped, however soon it comes. (The kernel needs a moment to begin stamping.) */
static void test_stamping_stays_on(void **state)
{
    static struct datagram in;
    int server = socket(AF_INET, SOCK_DGRAM, 0), client;
    struct address to = address("127.0.0.1", 0), back;
    union socket_address s;
    socklen_t length = sockaddr_from_address(&to, &s);

    (void)state;
    assert_int_equal(bind(server, &s.any, length), 0);
    to.port = name_of(server).port;
    for (int i = 0; i < 5; i++) {
        usleep(20000);
        client = udp_connect(&to, NULL, NULL, 0);
        back = name_of(client);
        length = sockaddr_from_address(&back, &s);
        assert_int_equal(sendto(server, "y", 1, 0, &s.any, length), 1);
        assert_true(wait_for(client, WAIT_READ) & WAIT_READ);
        assert_int_equal(udp_receive(client, &in, 1), 1);
        assert_int_equal(in.stamped_by, STAMP_KERNEL);
        udp_close(client);
    }
    close(server);
}

/* Waits until the kernel has begun to stamp. */
static int set_up(void **state)
{
    static struct datagram in, out;
    struct address to = address("127.0.0.1", 0);
    int server = udp_listen(&to, NULL, false, 0), client;

    (void)state;
    to.port = name_of(server).port;
    client = udp_connect(&to, NULL, NULL, 0);
    out = message("x");
    for (int i = 0; i < 6000 && in.stamped_by != STAMP_KERNEL; i++) {
        usleep(10000);
        udp_send(client, &out, 1, NULL);
        udp_receive(server, &in, 1);
    }
    udp_close(client);
    udp_close(server);
    return in.stamped_by == STAMP_KERNEL ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stamping_stays_on),
        cmocka_unit_test(test_v4),
        cmocka_unit_test(test_v6),
        cmocka_unit_test(test_virtual_stamps),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_random_ports),
        cmocka_unit_test(test_local_address),
        cmocka_unit_test(test_in_use),
        cmocka_unit_test(test_retired),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_multicast_is_dropped),
        cmocka_unit_test(test_own_addresses),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}

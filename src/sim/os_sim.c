/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated clock, sockets, waiting, names and entropy. What a kernel would stamp is exact here; a
 * transmit stamp is announced at once, as a fast network card does. */
#include "sim/os_sim.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "os/clock.h"
#include "os/names.h"
#include "os/random.h"
#include "os/udp.h"

static struct os_sim *current;

void os_sim_init(struct os_sim *os, struct world *world, struct node *node)
{
    memset(os, 0, sizeof *os);
    os->world = world;
    os->node = node;
    for (unsigned i = 0; i < OS_SIM_BACKLOG; i++) {
        os->backlog[i].fd = -1;
    }
}

void os_sim_enter(struct os_sim *os)
{
    current = os;
}

struct os_sim *os_sim_current(void)
{
    return current;
}

/* ---- os/clock.h ---- */

int clock_open(const struct clock_options *options)
{
    (void)options;
    return 0;
}

double clock_initial_rate(void)
{
    return current->node->clock.rate;
}

struct instant clock_now(void)
{
    return world_read_clock(current->world, current->node);
}

struct wall_time clock_from_kernel(struct wall_time stamp)
{
    return stamp;
}

int clock_adjust(const struct clock_command *command, struct clock_command *done,
                 struct instant *after)
{
    int error = world_adjust_clock(current->world, current->node, command, done);

    *after = clock_now();
    return -error;
}

int clock_set_status(bool synchronised, double max_error_s, double est_error_s, int leap,
                     bool rtc_sync)
{
    (void)max_error_s;
    (void)est_error_s;
    (void)leap;
    (void)rtc_sync;
    current->status_synchronised = synchronised;
    return 0;
}

int clock_get_status(struct clock_status *out)
{
    *out = (struct clock_status){.synchronised = current->status_synchronised,
                                 .rate = current->node->clock.rate};
    return 0;
}

double clock_precision(void)
{
    return 1e-7;
}

bool clock_true_error(double *error_s)
{
    *error_s = world_error_s(current->world, current->node->index);
    return true;
}

double clock_max_rate(void)
{
    return WORLD_KERNEL_RATE_MAX;
}

/* ---- os/random.h, os/names.h ---- */

void random_system(void *out, size_t length)
{
    prng_fill(&current->node->prng, out, length);
}

unsigned names_look_up(const char *name, uint8_t family, struct address *out, unsigned max,
                       enum names_error *error)
{
    unsigned count = family == ADDRESS_V6 ? 0 : world_look_up(current->world, name, out, max);

    if (error) {
        *error = count > 0 ? NAMES_FOUND : NAMES_UNKNOWN;
    }
    return count;
}

const char *names_error_text(enum names_error error)
{
    return error == NAMES_FOUND ? "found" : "no such name";
}

/* ---- os/udp.h ---- */

static struct os_sim_socket *socket_of(int fd)
{
    assert(fd >= OS_SIM_FIRST_FD && fd < OS_SIM_FIRST_FD + OS_SIM_SOCKETS);
    assert(current->sockets[fd - OS_SIM_FIRST_FD].open);
    return &current->sockets[fd - OS_SIM_FIRST_FD];
}

static int open_socket(void)
{
    for (int i = 0; i < OS_SIM_SOCKETS; i++) {
        if (!current->sockets[i].open) {
            current->sockets[i] = (struct os_sim_socket){.open = true};
            return OS_SIM_FIRST_FD + i;
        }
    }
    return -EMFILE;
}

int udp_listen(const struct address *local, const char *device, bool reuse, int dscp)
{
    int fd = open_socket();

    (void)device;
    (void)reuse;
    (void)dscp;
    if (fd >= 0) {
        socket_of(fd)->listening = true;
        socket_of(fd)->port = local->port;
    }
    return fd;
}

int udp_connect(const struct address *to, const struct address *local, const char *device, int dscp)
{
    int fd = open_socket();

    (void)local;
    (void)device;
    (void)dscp;
    if (fd >= 0) {
        socket_of(fd)->peer = *to;
        socket_of(fd)->port = (uint16_t)(1024 + prng_below(&current->node->prng, 64512));
    }
    return fd;
}

/* The datagram for fd that waits longest, or NULL. */
static struct os_sim_datagram *oldest(const struct os_sim *os, int fd)
{
    const struct os_sim_datagram *first = NULL;

    for (unsigned i = 0; i < OS_SIM_BACKLOG; i++) {
        const struct os_sim_datagram *d = &os->backlog[i];

        if (d->fd == fd && (!first || d->order < first->order)) {
            first = d;
        }
    }
    return first ? &current->backlog[first - os->backlog] : NULL;
}

/* Remembers a client, so that an answer to anybody else is noticed. */
static void note_asked(const struct address *from)
{
    for (unsigned i = 0; i < OS_SIM_BACKLOG; i++) {
        if (current->asked[i].family == ADDRESS_NONE) {
            current->asked[i] = *from;
            return;
        }
    }
    current->asked[current->order % OS_SIM_BACKLOG] = *from;
}

static void note_answered(const struct address *to)
{
    for (unsigned i = 0; i < OS_SIM_BACKLOG; i++) {
        if (current->asked[i].port == to->port && address_equal(&current->asked[i], to)) {
            current->asked[i] = (struct address){.family = ADDRESS_NONE};
            return;
        }
    }
    current->node->counters.unasked++;
}

int udp_receive(int fd, struct datagram *batch, unsigned count)
{
    struct os_sim_socket *s = socket_of(fd);
    unsigned received = 0;

    while (received < (s->listening ? count : 1)) {
        struct os_sim_datagram *d = oldest(current, fd);
        struct datagram *out = &batch[received];

        if (!d) {
            break;
        }
        out->peer = d->packet.from;
        out->local = d->packet.to;
        out->interface = 1;
        out->stamp = d->stamp;
        out->stamped_by = STAMP_KERNEL;
        out->length = d->packet.length;
        memcpy(out->data, d->packet.data, d->packet.length);
        d->fd = -1;
        received++;
        if (s->listening) {
            note_asked(&out->peer);
        } else {
            world_exchanged(current->world, current->node, &d->packet);
            s->have_stamp = s->have_stamp || s->stamp_held;
            s->stamp_held = false;
        }
    }
    return (int)received;
}

unsigned udp_send(int fd, const struct datagram *batch, unsigned count, int *error)
{
    struct os_sim_socket *s = socket_of(fd);
    unsigned sent = 0;

    (void)error;
    for (unsigned i = 0; i < count; i++) {
        struct world_packet packet;

        world_packet_make(&packet, &current->node->address,
                          s->listening ? &batch[i].peer : &s->peer, batch[i].data, batch[i].length);
        packet.from.port = s->port;
        if (s->listening) {
            note_answered(&packet.to);
        } else {
            s->stamp.ns = ns_add(clock_now().wall.ns, ns_from_s(current->queue_s));
            s->stamp_held = current->queue_s > 0;
            s->have_stamp = !s->stamp_held;
        }
        world_send(current->world, current->node, &packet, !s->listening);
        sent++;
    }
    return sent;
}

bool udp_transmit_stamp(int fd, struct stamped *stamp)
{
    struct os_sim_socket *s = socket_of(fd);
    bool had = s->have_stamp;

    *stamp = (struct stamped){.at = s->stamp, .by = STAMP_KERNEL};
    s->have_stamp = false;
    return had;
}

struct address udp_local(int fd)
{
    (void)socket_of(fd);
    return (struct address){.family = ADDRESS_NONE};
}

int udp_error(int fd)
{
    (void)socket_of(fd);
    return 0;
}

void udp_close(int fd)
{
    struct os_sim_datagram *d;

    socket_of(fd)->open = false;
    while ((d = oldest(current, fd)) != NULL) {
        d->fd = -1;
    }
}

unsigned udp_own_addresses(struct address *out, unsigned max)
{
    if (max == 0) {
        return 0;
    }
    out[0] = current->node->address;
    return 1;
}

static bool socket_wants(const struct os_sim_socket *s, const struct world_packet *packet)
{
    return s->open && s->port == packet->to.port &&
           (s->listening ||
            (address_equal(&s->peer, &packet->from) && s->peer.port == packet->from.port));
}

void os_sim_deliver(struct os_sim *os, const struct world_packet *packet)
{
    for (int i = 0; i < OS_SIM_SOCKETS; i++) {
        if (!socket_wants(&os->sockets[i], packet)) {
            continue;
        }
        for (unsigned k = 0; k < OS_SIM_BACKLOG; k++) {
            struct os_sim_datagram *d = &os->backlog[k];

            if (d->fd < 0) {
                d->fd = OS_SIM_FIRST_FD + i;
                d->order = os->order++;
                d->stamp = world_read_clock(os->world, os->node).wall;
                world_packet_copy(&d->packet, packet);
                return;
            }
        }
        os->dropped++;
        return;
    }
}

/* ---- os/wait.h ---- */

bool os_sim_poll(struct os_sim *os, struct wait_set *set)
{
    bool any = false;

    for (unsigned i = 0; i < set->count; i++) {
        struct wait_entry *e = &set->entries[i];
        const struct os_sim_socket *s = socket_of(e->fd);
        unsigned ready = (oldest(os, e->fd) ? WAIT_READ : 0u) | (s->have_stamp ? WAIT_ERROR : 0u);

        e->ready = ready & e->want;
        any = any || e->ready;
    }
    return any;
}

/* Time does not pass while a daemon runs: what is ready is ready, and the world runs a daemon that
 * waits for more again. */
int wait_until(struct wait_set *set, struct mono_time deadline)
{
    int ready = 0;

    (void)deadline;
    os_sim_poll(current, set);
    for (unsigned i = 0; i < set->count; i++) {
        ready += set->entries[i].ready != 0;
    }
    return ready;
}

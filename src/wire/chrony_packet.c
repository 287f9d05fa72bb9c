/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of the fields of chrony's requests, which list and which replies a command has, and headers
 * of both. */
#include "wire/chrony_packet.h"

#define R(member) CHRONY_FIELD(union chrony_request_body, member)
#define ZERO(bytes) CHRONY_FIELD_FILL(ZERO, bytes)

static const struct chrony_field nothing[] = {ZERO(0)};
static const struct chrony_field host[] = {R(host)};
static const struct chrony_field subnet[] = {R(subnet.mask), R(subnet.address)};
static const struct chrony_field burst[] = {R(burst.subnet.mask), R(burst.subnet.address),
                                            R(burst.answers), R(burst.requests)};
static const struct chrony_field modify[] = {R(modify.host), R(modify.value)};
static const struct chrony_field modify_real[] = {R(modify_real.host), R(modify_real.value)};
static const struct chrony_field access[] = {R(access.host), R(access.bits)};
static const struct chrony_field selectopts[] = {R(selectopts.host), R(selectopts.refid),
                                                 R(selectopts.mask), R(selectopts.options)};
static const struct chrony_field offset[] = {R(offset.host), R(offset.refid), R(offset.offset_s)};
static const struct chrony_field makestep[] = {R(makestep.limit), R(makestep.threshold_s)};
static const struct chrony_field local_old[] = {R(local.on), R(local.stratum), R(local.distance_s),
                                                R(local.orphan)};
static const struct chrony_field local[] = {
    R(local.on),         R(local.stratum),       R(local.distance_s),     R(local.orphan),
    R(local.activate_s), R(local.wait_synced_s), R(local.wait_unsynced_s)};
static const struct chrony_field list_old[] = {R(list.first), R(list.count)};
static const struct chrony_field list[] = {R(list.first), R(list.count), R(list.least_packets),
                                           R(list.reset)};
static const struct chrony_field time[] = {R(time)};
static const struct chrony_field number[] = {R(number)};
static const struct chrony_field real[] = {R(real)};

#define NEW_SOURCE_POLLS                                                                           \
    R(new_source.port), R(new_source.minpoll), R(new_source.maxpoll), R(new_source.presend),       \
        R(new_source.min_stratum), R(new_source.poll_target), R(new_source.version),               \
        R(new_source.max_sources), R(new_source.min_samples), R(new_source.max_samples),           \
        R(new_source.key_id)
#define NEW_SOURCE_DELAYS                                                                          \
    R(new_source.max_delay_s), R(new_source.max_delay_ratio), R(new_source.max_delay_deviation),   \
        R(new_source.min_delay_s), R(new_source.asymmetry), R(new_source.offset_s),                \
        R(new_source.flags), R(new_source.filter)
static const struct chrony_field new_source_old[] = {R(new_source.host), NEW_SOURCE_POLLS,
                                                     NEW_SOURCE_DELAYS, ZERO(12)};
static const struct chrony_field new_source[] = {R(new_source.type),
                                                 R(new_source.name),
                                                 NEW_SOURCE_POLLS,
                                                 R(new_source.nts_port),
                                                 NEW_SOURCE_DELAYS,
                                                 R(new_source.certificates),
                                                 R(new_source.max_delay_quantile),
                                                 R(new_source.max_unreachable)};

/* What belongs to a command: its body, and the shortest and the longest reply to it. */
struct shape {
    bool known;
    struct chrony_layout body;
    enum chrony_reply least, most;
};

#define CASE(name, number, body, shortest, longest)                                                \
    case CHRONY_##name:                                                                            \
        return (struct shape){true, CHRONY_LAYOUT(body), CHRONY_REPLY_##shortest,                  \
                              CHRONY_REPLY_##longest};

static struct shape shape_of(enum chrony_command command)
{
    switch (command) {
        CHRONY_COMMAND_LIST(CASE)
    case CHRONY_COMMANDS: break;
    }
    return (struct shape){.known = false};
}

/* Room for the body, and for the reply. */
static size_t request_length(const struct shape *shape, enum chrony_reply reply)
{
    size_t length = CHRONY_REQUEST_HEADER + chrony_field_length(&shape->body);
    size_t answer = chrony_reply_length(reply);

    return !shape->known ? 0 : length > answer ? length : answer;
}

size_t chrony_packet_request_length(unsigned command)
{
    struct shape shape = shape_of((enum chrony_command)command);

    return request_length(&shape, shape.least);
}

size_t chrony_packet_request_length_now(unsigned command)
{
    struct shape shape = shape_of((enum chrony_command)command);

    return request_length(&shape, shape.most);
}

void chrony_packet_write_body(struct bytes_writer *w, enum chrony_command command,
                              const union chrony_request_body *body)
{
    struct shape shape = shape_of(command);

    chrony_field_write(w, &shape.body, body);
}

void chrony_packet_read_body(struct bytes_reader *r, enum chrony_command command,
                             union chrony_request_body *body)
{
    struct shape shape = shape_of(command);

    chrony_field_read(r, &shape.body, body);
}

/* ---- headers ---- */

#define Q(member) CHRONY_FIELD(struct chrony_request, member)
#define A(member) CHRONY_FIELD(struct chrony_response, member)

static const struct chrony_field request_fields[] = {Q(version), Q(type),    Q(zero1),    Q(zero2),
                                                     Q(command), Q(attempt), Q(sequence), ZERO(8)};
static const struct chrony_field response_fields[] = {A(version),  A(type),  A(zero1),  A(zero2),
                                                      A(command),  A(reply), A(status), ZERO(6),
                                                      A(sequence), ZERO(8)};
static const struct chrony_layout request_header = CHRONY_LAYOUT(request_fields);
static const struct chrony_layout response_header = CHRONY_LAYOUT(response_fields);

struct chrony_request chrony_packet_read_request(struct bytes_reader *r)
{
    struct chrony_request request;

    chrony_field_read(r, &request_header, &request);
    return request;
}

void chrony_packet_write_request(struct bytes_writer *w, const struct chrony_request *request)
{
    chrony_field_write(w, &request_header, request);
}

struct chrony_response chrony_packet_read_response(struct bytes_reader *r)
{
    struct chrony_response response;

    chrony_field_read(r, &response_header, &response);
    return response;
}

void chrony_packet_write_response(struct bytes_writer *w, const struct chrony_response *response)
{
    chrony_field_write(w, &response_header, response);
}

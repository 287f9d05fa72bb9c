/* SPDX-License-Identifier: BSD-2-Clause */
/* Dispatch of chrony's protocol: one row for each command says whether it is a report or an order,
 * and which opencommands make it open to all. */
#include "control/chrony/chronyc.h"

#include <string.h>

#include "control/chrony/chronyc_orders.h"
#include "control/chrony/chronyc_source.h"

struct row {
    const char *open; /* the word of opencommands that gives it to everybody; NULL: none does */
    /* Either it is answered at once ... */
    enum chrony_status (*report)(struct chronyc_exchange *x);
    /* ... or it may become an order ... */
    enum chrony_status (*order)(struct chronyc_wish *w);
    /* ... or the answer is always the same: there is nothing to do, or toki cannot do it. */
    enum chrony_status status;
};

#define REPORT(word, function)                                                                     \
    (struct row)                                                                                   \
    {                                                                                              \
        .open = word, .report = function                                                           \
    }
#define ORDER(function)                                                                            \
    (struct row)                                                                                   \
    {                                                                                              \
        .order = function                                                                          \
    }
#define ALWAYS(word, answer)                                                                       \
    (struct row)                                                                                   \
    {                                                                                              \
        .open = word, .status = answer                                                             \
    }

#define ROW(name, row)                                                                             \
    case CHRONY_##name: return row;

static struct row row_of(enum chrony_command command)
{
    switch (command) {
        ROW(NULL, ALWAYS(NULL, CHRONY_SUCCESS))
        ROW(ONLINE, ORDER(chronyc_orders_connect))
        ROW(OFFLINE, ORDER(chronyc_orders_connect))
        ROW(BURST, ORDER(chronyc_orders_burst))
        ROW(MINPOLL, ORDER(chronyc_orders_modify))
        ROW(MAXPOLL, ORDER(chronyc_orders_modify))
        ROW(DUMP, ORDER(chronyc_orders_simple))
        ROW(MAXDELAY, ORDER(chronyc_orders_modify_real))
        ROW(MAXDELAYRATIO, ORDER(chronyc_orders_modify_real))
        ROW(MAXUPDATESKEW, ORDER(chronyc_orders_number))
        ROW(SETTIME, ALWAYS(NULL, CHRONY_NOT_ENABLED))
        ROW(MANUAL, ORDER(chronyc_orders_manual))
        ROW(N_SOURCES, REPORT("sources", chronyc_source_count))
        ROW(SOURCE_DATA, REPORT("sources", chronyc_source_data))
        ROW(REKEY, ORDER(chronyc_orders_reload))
        ROW(ALLOW, ORDER(chronyc_orders_access))
        ROW(ALLOW_ALL, ORDER(chronyc_orders_access))
        ROW(DENY, ORDER(chronyc_orders_access))
        ROW(DENY_ALL, ORDER(chronyc_orders_access))
        ROW(CMDALLOW, ORDER(chronyc_orders_access))
        ROW(CMDALLOW_ALL, ORDER(chronyc_orders_access))
        ROW(CMDDENY, ORDER(chronyc_orders_access))
        ROW(CMDDENY_ALL, ORDER(chronyc_orders_access))
        ROW(ACCHECK, REPORT(NULL, chronyc_report_access))
        ROW(CMDACCHECK, REPORT(NULL, chronyc_report_command_access))
        ROW(DELETE_SOURCE, ORDER(chronyc_orders_delete))
        ROW(WRITE_RTC, ALWAYS(NULL, CHRONY_NO_RTC))
        ROW(DFREQ, ALWAYS(NULL, CHRONY_FAILED))
        ROW(DOFFSET_OLD, ALWAYS(NULL, CHRONY_FAILED))
        ROW(TRACKING, REPORT("tracking", chronyc_report_tracking))
        ROW(SOURCESTATS, REPORT("sourcestats", chronyc_source_statistics))
        ROW(RTC_REPORT, ALWAYS("rtcdata", CHRONY_NO_RTC))
        ROW(TRIM_RTC, ALWAYS(NULL, CHRONY_NO_RTC))
        ROW(CYCLE_LOGS, ALWAYS(NULL, CHRONY_SUCCESS))
        ROW(MANUAL_LIST, REPORT("manual", chronyc_report_manual))
        ROW(MANUAL_DELETE, ALWAYS(NULL, CHRONY_BAD_SAMPLE))
        ROW(MAKESTEP, ORDER(chronyc_orders_simple))
        ROW(ACTIVITY, REPORT("activity", chronyc_report_activity))
        ROW(MINSTRATUM, ORDER(chronyc_orders_modify))
        ROW(POLLTARGET, ORDER(chronyc_orders_modify))
        ROW(MAXDELAYDEVRATIO, ORDER(chronyc_orders_modify_real))
        ROW(RESELECT, ORDER(chronyc_orders_simple))
        ROW(RESELECTDIST, ORDER(chronyc_orders_number))
        ROW(MODIFY_MAKESTEP, ORDER(chronyc_orders_makestep))
        ROW(SMOOTHING, ALWAYS("smoothing", CHRONY_NOT_ENABLED))
        ROW(SMOOTHTIME, ALWAYS(NULL, CHRONY_NOT_ENABLED))
        ROW(REFRESH, ORDER(chronyc_orders_simple))
        ROW(SERVER_STATS, REPORT("serverstats", chronyc_report_server))
        ROW(CLIENT_ACCESSES_OLD, REPORT("clients", chronyc_report_clients_old))
        ROW(LOCAL_OLD, ORDER(chronyc_orders_local))
        ROW(NTP_DATA, REPORT("ntpdata", chronyc_source_packets))
        ROW(ADD_SERVER_OLD, ORDER(chronyc_orders_add_old))
        ROW(ADD_PEER_OLD, ORDER(chronyc_orders_add_old))
        ROW(SHUTDOWN, ORDER(chronyc_orders_simple))
        ROW(ONOFFLINE, ORDER(chronyc_orders_simple))
        ROW(ADD_SOURCE, ORDER(chronyc_orders_add))
        ROW(SOURCE_NAME, REPORT("sourcename", chronyc_source_name))
        ROW(RESET_SOURCES, ORDER(chronyc_orders_simple))
        ROW(AUTH_DATA, REPORT("authdata", chronyc_source_authentication))
        ROW(CLIENT_ACCESSES, REPORT("clients", chronyc_report_clients))
        ROW(SELECT_DATA, REPORT("selectdata", chronyc_source_selection))
        ROW(RELOAD_SOURCES, ORDER(chronyc_orders_reload))
        ROW(DOFFSET, ALWAYS(NULL, CHRONY_FAILED))
        ROW(SELECTOPTS, ORDER(chronyc_orders_select))
        ROW(OFFSET, ORDER(chronyc_orders_offset))
        ROW(LOCAL, ORDER(chronyc_orders_local))
    case CHRONY_COMMANDS: break;
    }
    return (struct row){.open = NULL};
}

static size_t write_reply(const struct chrony_request *request, enum chrony_reply kind,
                          enum chrony_status status, uint8_t reply[CHRONY_REPLY_MAX])
{
    struct bytes_writer w = bytes_writer(reply, CHRONY_REPLY_MAX);

    chrony_packet_write_response(&w, &(struct chrony_response){.version = CHRONY_VERSION,
                                                               .type = CHRONY_REPLY,
                                                               .command = request->command,
                                                               .reply = (uint16_t)kind,
                                                               .status = (uint16_t)status,
                                                               .sequence = request->sequence});
    return chrony_reply_length(kind);
}

static enum chrony_status check(const struct chronyc_context *context,
                                const struct chrony_request *request, size_t length)
{
    struct row row = row_of((enum chrony_command)request->command);

    if (request->version != CHRONY_VERSION) {
        return CHRONY_BAD_VERSION;
    }
    if (chrony_packet_request_length(request->command) == 0) {
        return CHRONY_INVALID;
    }
    if (length < chrony_packet_request_length(request->command)) {
        return CHRONY_BAD_LENGTH;
    }
    return context->may_change || (row.open && context->open_commands &&
                                   chronyc_orders_has_word(context->open_commands, row.open))
               ? CHRONY_SUCCESS
               : CHRONY_UNAUTHORISED;
}

/* Writes the body of the reply; its kind is in *kind. */
static enum chrony_status run_report(struct chronyc_context *context, const struct row *row,
                                     const union chrony_request_body *body, size_t length,
                                     uint8_t *reply, enum chrony_reply *kind)
{
    struct chronyc_exchange x = {.report = context->report,
                                 .requests = context->requests,
                                 .refused = context->refused,
                                 .length = length,
                                 .request = body,
                                 .reply = CHRONY_REPLY_NULL};
    struct bytes_writer w =
        bytes_writer(reply + CHRONY_REPLY_HEADER, CHRONY_REPLY_MAX - CHRONY_REPLY_HEADER);
    enum chrony_status status;

    status = row->report(&x);
    if (status == CHRONY_SUCCESS && chrony_reply_length(x.reply) > length) {
        status = CHRONY_FAILED;
    }
    *kind = status == CHRONY_SUCCESS ? x.reply : CHRONY_REPLY_NULL;
    chrony_reply_write(&w, *kind, &x.out);
    return status;
}

enum chronyc_result chronyc_respond(struct chronyc_context *context, const uint8_t *request,
                                    size_t length, struct command_order *order,
                                    uint8_t reply[CHRONY_REPLY_MAX], size_t *reply_length)
{
    struct bytes_reader r = bytes_reader(request, length);
    struct chrony_request header = chrony_packet_read_request(&r);
    enum chrony_reply kind = CHRONY_REPLY_NULL;
    union chrony_request_body body;
    struct row row = row_of((enum chrony_command)header.command);
    struct chronyc_wish wish;
    enum chrony_status status;

    if (length < CHRONY_PACKET_MIN || length > CHRONY_PACKET_MAX || header.type != CHRONY_REQUEST ||
        header.zero1 != 0 || header.zero2 != 0 || header.version < CHRONY_VERSION_ANSWERED) {
        context->refused++;
        return CHRONYC_IGNORED;
    }
    status = check(context, &header, length);
    if (status == CHRONY_SUCCESS && !context->started) {
        report_start(context->report, context->input);
        report_fill_clock(context->report);
        context->started = true;
    }
    context->requests++;
    context->refused += status != CHRONY_SUCCESS;
    if (status == CHRONY_SUCCESS) {
        memset(&body, 0, sizeof body);
        chrony_packet_read_body(&r, (enum chrony_command)header.command, &body);
    }
    if (status == CHRONY_SUCCESS && row.report) {
        status = run_report(context, &row, &body, length, reply, &kind);
    } else if (status == CHRONY_SUCCESS && !row.order) {
        status = row.status;
    } else if (status == CHRONY_SUCCESS) {
        memset(order, 0, sizeof *order);
        wish = (struct chronyc_wish){.command = (enum chrony_command)header.command,
                                     .request = &body,
                                     .report = context->report,
                                     .order = order};
        order->verb = "chronyc";
        status = row.order(&wish);
        if (wish.ordered && status == CHRONY_SUCCESS) {
            return CHRONYC_ORDERED;
        }
    }
    *reply_length = write_reply(&header, kind, status, reply);
    return CHRONYC_ANSWERED;
}

size_t chronyc_answer(const uint8_t request[CHRONY_REQUEST_HEADER],
                      const struct command_outcome *outcome, uint8_t reply[CHRONY_REPLY_MAX])
{
    struct bytes_reader r = bytes_reader(request, CHRONY_REQUEST_HEADER);
    struct chrony_request header = chrony_packet_read_request(&r);

    return write_reply(&header, CHRONY_REPLY_NULL, outcome->error ? CHRONY_FAILED : CHRONY_SUCCESS,
                       reply);
}

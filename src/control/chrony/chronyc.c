/* SPDX-License-Identifier: BSD-2-Clause */
/* One row for each command of chrony's protocol; see the header. */
#include "control/chrony/chronyc.h"

#include <string.h>

#include "control/chrony/chronyc_orders.h"
#include "control/chrony/chronyc_source.h"

struct row {
    const char *open; /* the word of opencommands that gives it to everybody; NULL: none does */
    /* Either it is answered at once ... */
    enum chronyc_status (*report)(struct chronyc_exchange *x);
    /* ... or it may become an order. */
    enum chronyc_status (*order)(struct chronyc_wish *w);
};

#define REPORT(word, function)                                                                     \
    {                                                                                              \
        .open = word, .report = function                                                           \
    }
#define ORDER(function)                                                                            \
    {                                                                                              \
        .order = function                                                                          \
    }

static const struct row rows[CHRONYC_COMMANDS] = {
    [CHRONYC_NULL] = ORDER(chronyc_orders_nothing),
    [CHRONYC_ONLINE] = ORDER(chronyc_orders_connect),
    [CHRONYC_OFFLINE] = ORDER(chronyc_orders_connect),
    [CHRONYC_BURST] = ORDER(chronyc_orders_burst),
    [CHRONYC_MINPOLL] = ORDER(chronyc_orders_modify),
    [CHRONYC_MAXPOLL] = ORDER(chronyc_orders_modify),
    [CHRONYC_DUMP] = ORDER(chronyc_orders_simple),
    [CHRONYC_MAXDELAY] = ORDER(chronyc_orders_modify),
    [CHRONYC_MAXDELAYRATIO] = ORDER(chronyc_orders_modify),
    [CHRONYC_MAXUPDATESKEW] = ORDER(chronyc_orders_number),
    [CHRONYC_SETTIME] = ORDER(chronyc_orders_disabled),
    [CHRONYC_MANUAL] = ORDER(chronyc_orders_manual),
    [CHRONYC_N_SOURCES] = REPORT("sources", chronyc_source_count),
    [CHRONYC_SOURCE_DATA] = REPORT("sources", chronyc_source_data),
    [CHRONYC_REKEY] = ORDER(chronyc_orders_reload),
    [CHRONYC_ALLOW] = ORDER(chronyc_orders_access),
    [CHRONYC_ALLOW_ALL] = ORDER(chronyc_orders_access),
    [CHRONYC_DENY] = ORDER(chronyc_orders_access),
    [CHRONYC_DENY_ALL] = ORDER(chronyc_orders_access),
    [CHRONYC_CMDALLOW] = ORDER(chronyc_orders_access),
    [CHRONYC_CMDALLOW_ALL] = ORDER(chronyc_orders_access),
    [CHRONYC_CMDDENY] = ORDER(chronyc_orders_access),
    [CHRONYC_CMDDENY_ALL] = ORDER(chronyc_orders_access),
    [CHRONYC_ACCHECK] = REPORT(NULL, chronyc_report_access),
    [CHRONYC_CMDACCHECK] = REPORT(NULL, chronyc_report_command_access),
    [CHRONYC_DELETE_SOURCE] = ORDER(chronyc_orders_delete),
    [CHRONYC_WRITE_RTC] = ORDER(chronyc_orders_no_rtc),
    [CHRONYC_DFREQ] = ORDER(chronyc_orders_refuse),
    [CHRONYC_DOFFSET_OLD] = ORDER(chronyc_orders_refuse),
    [CHRONYC_TRACKING] = REPORT("tracking", chronyc_report_tracking),
    [CHRONYC_SOURCESTATS] = REPORT("sourcestats", chronyc_source_statistics),
    [CHRONYC_RTC_REPORT] = REPORT("rtcdata", chronyc_report_rtc),
    [CHRONYC_TRIM_RTC] = ORDER(chronyc_orders_no_rtc),
    [CHRONYC_CYCLE_LOGS] = ORDER(chronyc_orders_nothing), /* each line opens its file anew */
    [CHRONYC_MANUAL_LIST] = REPORT("manual", chronyc_report_manual),
    [CHRONYC_MANUAL_DELETE] = ORDER(chronyc_orders_no_sample),
    [CHRONYC_MAKESTEP] = ORDER(chronyc_orders_simple),
    [CHRONYC_ACTIVITY] = REPORT("activity", chronyc_report_activity),
    [CHRONYC_MINSTRATUM] = ORDER(chronyc_orders_modify),
    [CHRONYC_POLLTARGET] = ORDER(chronyc_orders_modify),
    [CHRONYC_MAXDELAYDEVRATIO] = ORDER(chronyc_orders_modify),
    [CHRONYC_RESELECT] = ORDER(chronyc_orders_simple),
    [CHRONYC_RESELECTDIST] = ORDER(chronyc_orders_number),
    [CHRONYC_MODIFY_MAKESTEP] = ORDER(chronyc_orders_makestep),
    [CHRONYC_SMOOTHING] = REPORT("smoothing", chronyc_report_smoothing),
    [CHRONYC_SMOOTHTIME] = ORDER(chronyc_orders_disabled),
    [CHRONYC_REFRESH] = ORDER(chronyc_orders_simple),
    [CHRONYC_SERVER_STATS] = REPORT("serverstats", chronyc_report_server),
    [CHRONYC_CLIENT_ACCESSES_OLD] = REPORT("clients", chronyc_report_clients_old),
    [CHRONYC_LOCAL_OLD] = ORDER(chronyc_orders_local),
    [CHRONYC_NTP_DATA] = REPORT("ntpdata", chronyc_source_packets),
    [CHRONYC_ADD_SERVER_OLD] = ORDER(chronyc_orders_add_old),
    [CHRONYC_ADD_PEER_OLD] = ORDER(chronyc_orders_add_old),
    [CHRONYC_SHUTDOWN] = ORDER(chronyc_orders_simple),
    [CHRONYC_ONOFFLINE] = ORDER(chronyc_orders_simple),
    [CHRONYC_ADD_SOURCE] = ORDER(chronyc_orders_add),
    [CHRONYC_SOURCE_NAME] = REPORT("sourcename", chronyc_source_name),
    [CHRONYC_RESET_SOURCES] = ORDER(chronyc_orders_simple),
    [CHRONYC_AUTH_DATA] = REPORT("authdata", chronyc_source_authentication),
    [CHRONYC_CLIENT_ACCESSES] = REPORT("clients", chronyc_report_clients),
    [CHRONYC_SELECT_DATA] = REPORT("selectdata", chronyc_source_selection),
    [CHRONYC_RELOAD_SOURCES] = ORDER(chronyc_orders_reload),
    [CHRONYC_DOFFSET] = ORDER(chronyc_orders_refuse),
    [CHRONYC_SELECTOPTS] = ORDER(chronyc_orders_select),
    [CHRONYC_OFFSET] = ORDER(chronyc_orders_offset),
    [CHRONYC_LOCAL] = ORDER(chronyc_orders_local),
};

static size_t write_reply(const struct chronyc_request *request, enum chronyc_reply kind,
                          enum chronyc_status status, uint8_t reply[CHRONYC_REPLY_MAX])
{
    struct bytes_writer w = bytes_writer(reply, CHRONYC_REPLY_MAX);

    chronyc_packet_write_response(&w, &(struct chronyc_response){.version = CHRONYC_VERSION,
                                                                 .type = CHRONYC_REPLY,
                                                                 .command = request->command,
                                                                 .reply = (uint16_t)kind,
                                                                 .status = (uint16_t)status,
                                                                 .sequence = request->sequence});
    return chronyc_packet_reply_length(kind);
}

/* Is the word in the list? */
static bool is_open(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; at && *at; at += strcspn(at, " "), at += *at == ' ') {
        if (strcspn(at, " ") == length && memcmp(at, word, length) == 0) {
            return true;
        }
    }
    return false;
}

static enum chronyc_status check(const struct chronyc_context *context,
                                 const struct chronyc_request *request, size_t length)
{
    const struct row *row;

    if (request->version != CHRONYC_VERSION) {
        return CHRONYC_BAD_VERSION;
    }
    if (chronyc_packet_request_length(request->command) == 0) {
        return CHRONYC_INVALID;
    }
    if (length < chronyc_packet_request_length(request->command)) {
        return CHRONYC_BAD_LENGTH;
    }
    row = &rows[request->command];
    return context->may_change || (row->open && is_open(context->open_commands, row->open))
               ? CHRONYC_SUCCESS
               : CHRONYC_UNAUTHORISED;
}

/* Fills the body of the reply; its kind is in *kind. */
static enum chronyc_status run_report(struct chronyc_context *context, const struct row *row,
                                      const struct bytes_reader *body, size_t length,
                                      uint8_t *reply, enum chronyc_reply *kind)
{
    struct chronyc_exchange x = {
        .report = context->report,
        .requests = context->requests,
        .refused = context->refused,
        .length = length,
        .body = *body,
        .out = bytes_writer(reply + CHRONYC_REPLY_HEADER, CHRONYC_REPLY_MAX - CHRONYC_REPLY_HEADER),
        .reply = CHRONYC_REPLY_NULL};
    enum chronyc_status status;

    if (!context->filled) {
        report_fill(context->report, context->input);
        context->filled = true;
    }
    status = row->report(&x);
    if (status != CHRONYC_SUCCESS) {
        *kind = CHRONYC_REPLY_NULL;
        return status;
    }
    *kind = x.reply;
    if (x.out.failed || x.body.failed ||
        x.out.at + CHRONYC_REPLY_HEADER != chronyc_packet_reply_length(x.reply) ||
        chronyc_packet_reply_length(x.reply) > length) {
        *kind = CHRONYC_REPLY_NULL;
        return CHRONYC_FAILED;
    }
    return CHRONYC_SUCCESS;
}

enum chronyc_result chronyc_respond(struct chronyc_context *context, const uint8_t *request,
                                    size_t length, struct command_order *order,
                                    uint8_t reply[CHRONYC_REPLY_MAX], size_t *reply_length)
{
    struct bytes_reader body = bytes_reader(request, length);
    struct chronyc_request header = chronyc_packet_read_request(&body);
    enum chronyc_reply kind = CHRONYC_REPLY_NULL;
    struct chronyc_wish wish;
    enum chronyc_status status;

    if (length < CHRONYC_PACKET_MIN || length > CHRONYC_PACKET_MAX ||
        header.type != CHRONYC_REQUEST || header.zero1 != 0 || header.zero2 != 0 ||
        header.version < CHRONYC_VERSION_ANSWERED) {
        context->refused++;
        return CHRONYC_IGNORED;
    }
    status = check(context, &header, length);
    context->requests++;
    context->refused += status != CHRONYC_SUCCESS;
    if (status == CHRONYC_SUCCESS && rows[header.command].report) {
        status = run_report(context, &rows[header.command], &body, length, reply, &kind);
    } else if (status == CHRONYC_SUCCESS) {
        memset(order, 0, sizeof *order);
        wish = (struct chronyc_wish){.command = (enum chronyc_command)header.command,
                                     .body = body,
                                     .input = context->input,
                                     .order = order};
        order->verb = "chronyc";
        status = rows[header.command].order(&wish);
        if (wish.ordered && status == CHRONYC_SUCCESS) {
            return CHRONYC_ORDERED;
        }
    }
    *reply_length = write_reply(&header, kind, status, reply);
    return CHRONYC_ANSWERED;
}

size_t chronyc_answer(const uint8_t request[CHRONYC_REQUEST_HEADER],
                      const struct command_outcome *outcome, uint8_t reply[CHRONYC_REPLY_MAX])
{
    struct bytes_reader r = bytes_reader(request, CHRONYC_REQUEST_HEADER);
    struct chronyc_request header = chronyc_packet_read_request(&r);

    return write_reply(&header, CHRONYC_REPLY_NULL,
                       outcome->error ? CHRONYC_FAILED : CHRONYC_SUCCESS, reply);
}

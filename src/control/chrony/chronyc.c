/* SPDX-License-Identifier: BSD-2-Clause */
/* One row for each command of chrony's protocol; see the header. */
#include "control/chrony/chronyc.h"

#include <string.h>

#include "control/chrony/chronyc_orders.h"
#include "control/chrony/chronyc_source.h"

struct row {
    const char *open; /* the word of opencommands that gives it to everybody; NULL: none does */
    /* Either it is answered at once ... */
    enum chrony_status (*report)(struct chronyc_exchange *x);
    /* ... or it may become an order. */
    enum chrony_status (*order)(struct chronyc_wish *w);
};

#define REPORT(word, function)                                                                     \
    {                                                                                              \
        .open = word, .report = function                                                           \
    }
#define ORDER(function)                                                                            \
    {                                                                                              \
        .order = function                                                                          \
    }

static const struct row rows[CHRONY_COMMANDS] = {
    [CHRONY_NULL] = ORDER(chronyc_orders_nothing),
    [CHRONY_ONLINE] = ORDER(chronyc_orders_connect),
    [CHRONY_OFFLINE] = ORDER(chronyc_orders_connect),
    [CHRONY_BURST] = ORDER(chronyc_orders_burst),
    [CHRONY_MINPOLL] = ORDER(chronyc_orders_modify),
    [CHRONY_MAXPOLL] = ORDER(chronyc_orders_modify),
    [CHRONY_DUMP] = ORDER(chronyc_orders_simple),
    [CHRONY_MAXDELAY] = ORDER(chronyc_orders_modify_real),
    [CHRONY_MAXDELAYRATIO] = ORDER(chronyc_orders_modify_real),
    [CHRONY_MAXUPDATESKEW] = ORDER(chronyc_orders_number),
    [CHRONY_SETTIME] = ORDER(chronyc_orders_disabled),
    [CHRONY_MANUAL] = ORDER(chronyc_orders_manual),
    [CHRONY_N_SOURCES] = REPORT("sources", chronyc_source_count),
    [CHRONY_SOURCE_DATA] = REPORT("sources", chronyc_source_data),
    [CHRONY_REKEY] = ORDER(chronyc_orders_reload),
    [CHRONY_ALLOW] = ORDER(chronyc_orders_access),
    [CHRONY_ALLOW_ALL] = ORDER(chronyc_orders_access),
    [CHRONY_DENY] = ORDER(chronyc_orders_access),
    [CHRONY_DENY_ALL] = ORDER(chronyc_orders_access),
    [CHRONY_CMDALLOW] = ORDER(chronyc_orders_access),
    [CHRONY_CMDALLOW_ALL] = ORDER(chronyc_orders_access),
    [CHRONY_CMDDENY] = ORDER(chronyc_orders_access),
    [CHRONY_CMDDENY_ALL] = ORDER(chronyc_orders_access),
    [CHRONY_ACCHECK] = REPORT(NULL, chronyc_report_access),
    [CHRONY_CMDACCHECK] = REPORT(NULL, chronyc_report_command_access),
    [CHRONY_DELETE_SOURCE] = ORDER(chronyc_orders_delete),
    [CHRONY_WRITE_RTC] = ORDER(chronyc_orders_no_rtc),
    [CHRONY_DFREQ] = ORDER(chronyc_orders_refuse),
    [CHRONY_DOFFSET_OLD] = ORDER(chronyc_orders_refuse),
    [CHRONY_TRACKING] = REPORT("tracking", chronyc_report_tracking),
    [CHRONY_SOURCESTATS] = REPORT("sourcestats", chronyc_source_statistics),
    [CHRONY_RTC_REPORT] = REPORT("rtcdata", chronyc_report_rtc),
    [CHRONY_TRIM_RTC] = ORDER(chronyc_orders_no_rtc),
    [CHRONY_CYCLE_LOGS] = ORDER(chronyc_orders_nothing), /* each line opens its file anew */
    [CHRONY_MANUAL_LIST] = REPORT("manual", chronyc_report_manual),
    [CHRONY_MANUAL_DELETE] = ORDER(chronyc_orders_no_sample),
    [CHRONY_MAKESTEP] = ORDER(chronyc_orders_simple),
    [CHRONY_ACTIVITY] = REPORT("activity", chronyc_report_activity),
    [CHRONY_MINSTRATUM] = ORDER(chronyc_orders_modify),
    [CHRONY_POLLTARGET] = ORDER(chronyc_orders_modify),
    [CHRONY_MAXDELAYDEVRATIO] = ORDER(chronyc_orders_modify_real),
    [CHRONY_RESELECT] = ORDER(chronyc_orders_simple),
    [CHRONY_RESELECTDIST] = ORDER(chronyc_orders_number),
    [CHRONY_MODIFY_MAKESTEP] = ORDER(chronyc_orders_makestep),
    [CHRONY_SMOOTHING] = REPORT("smoothing", chronyc_report_smoothing),
    [CHRONY_SMOOTHTIME] = ORDER(chronyc_orders_disabled),
    [CHRONY_REFRESH] = ORDER(chronyc_orders_simple),
    [CHRONY_SERVER_STATS] = REPORT("serverstats", chronyc_report_server),
    [CHRONY_CLIENT_ACCESSES_OLD] = REPORT("clients", chronyc_report_clients_old),
    [CHRONY_LOCAL_OLD] = ORDER(chronyc_orders_local),
    [CHRONY_NTP_DATA] = REPORT("ntpdata", chronyc_source_packets),
    [CHRONY_ADD_SERVER_OLD] = ORDER(chronyc_orders_add_old),
    [CHRONY_ADD_PEER_OLD] = ORDER(chronyc_orders_add_old),
    [CHRONY_SHUTDOWN] = ORDER(chronyc_orders_simple),
    [CHRONY_ONOFFLINE] = ORDER(chronyc_orders_simple),
    [CHRONY_ADD_SOURCE] = ORDER(chronyc_orders_add),
    [CHRONY_SOURCE_NAME] = REPORT("sourcename", chronyc_source_name),
    [CHRONY_RESET_SOURCES] = ORDER(chronyc_orders_simple),
    [CHRONY_AUTH_DATA] = REPORT("authdata", chronyc_source_authentication),
    [CHRONY_CLIENT_ACCESSES] = REPORT("clients", chronyc_report_clients),
    [CHRONY_SELECT_DATA] = REPORT("selectdata", chronyc_source_selection),
    [CHRONY_RELOAD_SOURCES] = ORDER(chronyc_orders_reload),
    [CHRONY_DOFFSET] = ORDER(chronyc_orders_refuse),
    [CHRONY_SELECTOPTS] = ORDER(chronyc_orders_select),
    [CHRONY_OFFSET] = ORDER(chronyc_orders_offset),
    [CHRONY_LOCAL] = ORDER(chronyc_orders_local),
};

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
    return chrony_packet_reply_length(kind);
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

static enum chrony_status check(const struct chronyc_context *context,
                                const struct chrony_request *request, size_t length)
{
    const struct row *row;

    if (request->version != CHRONY_VERSION) {
        return CHRONY_BAD_VERSION;
    }
    if (chrony_packet_request_length(request->command) == 0) {
        return CHRONY_INVALID;
    }
    if (length < chrony_packet_request_length(request->command)) {
        return CHRONY_BAD_LENGTH;
    }
    row = &rows[request->command];
    return context->may_change || (row->open && is_open(context->open_commands, row->open))
               ? CHRONY_SUCCESS
               : CHRONY_UNAUTHORISED;
}

/* Fills the body of the reply; its kind is in *kind. */
static enum chrony_status run_report(struct chronyc_context *context, const struct row *row,
                                     const struct bytes_reader *body, size_t length, uint8_t *reply,
                                     enum chrony_reply *kind)
{
    struct chronyc_exchange x = {
        .report = context->report,
        .requests = context->requests,
        .refused = context->refused,
        .length = length,
        .body = *body,
        .out = bytes_writer(reply + CHRONY_REPLY_HEADER, CHRONY_REPLY_MAX - CHRONY_REPLY_HEADER),
        .reply = CHRONY_REPLY_NULL};
    enum chrony_status status;

    status = row->report(&x);
    if (status != CHRONY_SUCCESS) {
        *kind = CHRONY_REPLY_NULL;
        return status;
    }
    *kind = x.reply;
    if (x.out.failed || x.body.failed ||
        x.out.at + CHRONY_REPLY_HEADER != chrony_packet_reply_length(x.reply) ||
        chrony_packet_reply_length(x.reply) > length) {
        *kind = CHRONY_REPLY_NULL;
        return CHRONY_FAILED;
    }
    return CHRONY_SUCCESS;
}

enum chronyc_result chronyc_respond(struct chronyc_context *context, const uint8_t *request,
                                    size_t length, struct command_order *order,
                                    uint8_t reply[CHRONY_REPLY_MAX], size_t *reply_length)
{
    struct bytes_reader body = bytes_reader(request, length);
    struct chrony_request header = chrony_packet_read_request(&body);
    enum chrony_reply kind = CHRONY_REPLY_NULL;
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
    if (status == CHRONY_SUCCESS && rows[header.command].report) {
        status = run_report(context, &rows[header.command], &body, length, reply, &kind);
    } else if (status == CHRONY_SUCCESS) {
        memset(order, 0, sizeof *order);
        wish = (struct chronyc_wish){.command = (enum chrony_command)header.command,
                                     .body = body,
                                     .report = context->report,
                                     .order = order};
        order->verb = "chronyc";
        status = rows[header.command].order(&wish);
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

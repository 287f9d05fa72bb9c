/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports of chrony's command protocol on the clock and the daemon as a whole; those on sources are
 * in chronyc_source.h. Each function fills the body of a reply, or gives the status that says why
 * there is none. Signs are those of the wire (wire/chrony_reply.h). Pure. */
#ifndef TOKI_CONTROL_CHRONY_CHRONYC_REPORT_H
#define TOKI_CONTROL_CHRONY_CHRONYC_REPORT_H

#include "control/report.h"
#include "wire/chrony_packet.h"

/* One request that is being answered. */
struct chronyc_exchange {
    struct report *report;      /* started just now, the clock is filled */
    uint64_t requests, refused; /* of this protocol, since the start */
    size_t length;              /* of the whole request: it chooses the layout */
    const union chrony_request_body *request;
    enum chrony_reply reply;     /* what the answer is */
    union chrony_reply_body out; /* zeroed */
};

enum chrony_status chronyc_report_tracking(struct chronyc_exchange *x);
enum chrony_status chronyc_report_activity(struct chronyc_exchange *x);
enum chrony_status chronyc_report_server(struct chronyc_exchange *x);
enum chrony_status chronyc_report_clients(struct chronyc_exchange *x);
enum chrony_status chronyc_report_clients_old(struct chronyc_exchange *x);
enum chrony_status chronyc_report_access(struct chronyc_exchange *x);
enum chrony_status chronyc_report_command_access(struct chronyc_exchange *x);
enum chrony_status chronyc_report_manual(struct chronyc_exchange *x);

#endif

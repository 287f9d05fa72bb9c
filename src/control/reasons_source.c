/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of sources; see control/reasons.h. Cause and remedy are joined by a semicolon. */
#include "control/reasons.h"

#define NO_NAME_YET "; the lookup is retried automatically"

const struct reason reasons_of_source[SOURCE_CODES] = {
    [WHY_UNUSED] = {.code = "unused", .cause = "not in use", .meaning = "A free slot."},
    [WHY_LOOKING_UP] = {.code = "looking-up",
                        .cause = "the address of '{name}' is being looked up",
                        .remedy = "wait a few seconds",
                        .meaning = "The system's resolver has been asked. If its name servers are "
                                   "down, it can take ten seconds or more until it reports that."},
    [WHY_NAME_SERVICE_SILENT] =
        {.code = "name-service-silent",
         .cause = "'{name}' has no address, because the name service does not answer ('{words}')",
         .remedy = "check that the network is up and that /etc/resolv.conf names a server that "
                   "answers (getent ahosts {name})" NO_NAME_YET,
         .meaning = "The name servers of this system do not answer, or report a temporary failure. "
                    "The name may well be right."},
    [WHY_NAME_UNKNOWN] = {.code = "name-unknown",
                          .cause = "there is no such name as '{name}' ('{words}')",
                          .remedy = "check the spelling (getent ahosts {name})" NO_NAME_YET,
                          .meaning =
                              "The name service works, but says that the name does not exist."},
    [WHY_NAME_WITHOUT_ADDRESS] = {.code = "name-without-address",
                                  .cause = "'{name}' has no usable address ('{words}')",
                                  .remedy = "check the name, or remove the option that restricts "
                                            "the address family (-4, -6, ipv4, ipv6)" NO_NAME_YET,
                                  .meaning =
                                      "The name exists, but has no IPv4 or IPv6 address, or none "
                                      "of the address family that the configuration asks for."},
    [WHY_LOOK_UP_FAILED] =
        {.code = "look-up-failed",
         .cause = "'{name}' could not be looked up ('{words}')",
         .remedy =
             "check /etc/resolv.conf and /etc/nsswitch.conf (getent ahosts {name})" NO_NAME_YET,
         .meaning = "The resolver of this system failed for a reason other than an answer from the "
                    "name service."},
    [WHY_DUPLICATE] = {.code = "duplicate",
                       .cause = "'{name}' has no usable address that no other source has already",
                       .remedy = "remove one of the two lines",
                       .meaning = "Two lines lead to the same server. It gets one vote and one "
                                  "stream of requests, not two."},
    [WHY_OFFLINE] = {.code = "offline",
                     .cause = "not polled: it is set offline",
                     .remedy = "toki online {name}, or remove the option",
                     .meaning = "The line says 'offline', or it was set offline at run time. No "
                                "requests are sent, and its samples are kept."},
    [WHY_WAITING] = {.code = "waiting",
                     .cause = "requests sent: {sent}, replies so far: {received}",
                     .remedy = "wait a few seconds",
                     .refclock_cause = "no sample so far",
                     .refclock_remedy = "wait a few seconds",
                     .meaning = "The first requests are on their way."},
    [WHY_NO_ROUTE] = {.code = "no-route",
                      .cause =
                          "no route to {address}: '{error}', {sent} requests could not be sent",
                      .remedy = "check that the interface is up and that there is a default route "
                                "(ip route get {address})",
                      .meaning =
                          "The kernel of this computer has no route for the request, or a router "
                          "near it reports by ICMP that it has none (network unreachable)."},
    [WHY_HOST_UNREACHABLE] =
        {.code = "host-unreachable",
         .cause = "{address} cannot be reached: the network answers our requests with '{error}'",
         .remedy =
             "check that the server is up and that no router along the path blocks UDP port {port}",
         .meaning = "The next hop does not answer on the local network, or a router along the path "
                    "reports that it cannot reach the host or may not forward the packet."},
    [WHY_PORT_CLOSED] =
        {.code = "port-closed",
         .cause = "{address} is up, but nothing listens on its UDP port {port} ('{error}'), or a "
                  "firewall says so",
         .remedy = "start the NTP server there, open the port, or use another server",
         .meaning = "Our requests come back as ICMP 'port unreachable': the computer of the server "
                    "is up but its NTP server is not running, or a firewall rejects our requests."},
    [WHY_SEND_FORBIDDEN] =
        {.code = "send-forbidden",
         .cause = "the firewall of this computer blocks requests to {address} ('{error}')",
         .remedy = "allow outgoing UDP to port {port} (nft list ruleset, iptables -S OUTPUT)",
         .meaning = "Sending failed with EPERM or EACCES: the local packet filter, a filter of the "
                    "control group, or a security module."},
    [WHY_SEND_FAILED] = {.code = "send-failed",
                         .cause = "requests to {address} cannot be sent ('{error}')",
                         .remedy = "check the interfaces and addresses of this computer (ip "
                                   "address), and the configuration lines that choose one",
                         .meaning = "Sending failed for a reason other than those above; the "
                                    "message of the system is shown."},
    [WHY_NO_REPLIES] =
        {.code = "no-replies",
         .cause = "no replies: {sent} sent to {address}:{port}, {received} received{others}",
         .remedy = "check that the server is up and that no firewall blocks UDP port {port} (toki "
                   "query {address})",
         .refclock_cause = "no usable sample in the last {missed} polls, {received} samples since "
                           "the start{verdict}",
         .refclock_remedy = "check that the program that feeds {name} is running (gpsd, for "
                            "example) and that both may access the same memory",
         .meaning = "Requests are sent and nothing comes back. If other sources answer, this "
                    "server is down or blocks us; if none does, the cause is nearer: see the "
                    "reason given for the clock."},
    [WHY_WENT_SILENT] =
        {.code = "went-silent",
         .cause = "it answered {received} times, but not to the last {missed} requests to "
                  "{address}:{port}{others}",
         .remedy = "check that the server and the path to it are still up (toki query {address})",
         .refclock_cause = "no usable sample in the last {missed} polls, {received} samples since "
                           "the start{verdict}",
         .refclock_remedy =
             "check that the program that feeds {name} is still running (gpsd, for example)",
         .meaning = "The server used to answer and then stopped: it went down, its address "
                    "changed, or the path to it did. Names are looked up again after a minute."},
    [WHY_UDP_FILTERED] =
        {.code = "udp-filtered",
         .cause = "UDP port {port} is filtered along the path{alone}: {sent} sent to "
                  "{address}:{port}, {received} received, but a probe to another port is answered",
         .remedy = "allow UDP port {port} in the firewall in between",
         .meaning = "Determined by a probe from toki status, and reported only where no source "
                    "answers: the computer of the server answers a packet to a closed port, so the "
                    "path is open except for NTP."},
    [WHY_SERVER_SILENT] = {.code = "server-silent",
                           .cause =
                               "{address} is up (a probe to another port is answered) but does not "
                               "answer on UDP port {port}: {sent} sent, {received} received; other "
                               "sources answer, so it runs no NTP server or blocks you",
                           .remedy = "check the server and its firewall, or use another server",
                           .meaning = "Determined by a probe from toki status: other sources show "
                                      "that NTP gets through, so this server drops it."},
    [WHY_NETWORK_SILENT] =
        {.code = "network-silent",
         .cause = "no replies: {sent} sent to {address}:{port}, {received} received, and a probe "
                  "to another port is not answered either{others}",
         .remedy = "check that the server and the path to it are up (ping {address})",
         .meaning =
             "Determined by a probe from toki status: the computer of the server does not answer "
             "at all. It is down or drops everything, or the network in between is down."},
    [WHY_KEY_DROPPED] =
        {.code = "key-dropped",
         .cause = "it drops our requests with key {key} but answers one without a key: the key "
                  "differs between both sides",
         .remedy = "compare the number, type and value of key {key} in both key files",
         .meaning = "Determined by a probe from toki status. Some servers do not answer a request "
                    "with a wrong authentication code, which looks as if the server were down."},
    [WHY_PROBE_ANSWERED] =
        {.code = "probe-answered",
         .cause = "requests of the daemon are lost ({sent} sent, {received} received), but one "
                  "that toki sent from another port was just answered",
         .remedy =
             "if this persists, a firewall drops packets by their source port or address (see "
             "acquisitionport, bindacqaddress), or the server limits the rate of requests",
         .meaning = "Determined by a probe from toki status. Either the server has just recovered, "
                    "or something treats the two requests differently."},
    [WHY_OWN_RULES] = {.code = "own-rules",
                       .cause = "it answers, but its replies are denied by an access rule of our "
                                "own for {address} (restricted)",
                       .remedy = "add: restrict source nomodify noquery",
                       .meaning = "In an ntp.conf 'restrict ... ignore' drops replies too."},
    [WHY_WRONG_KEY] =
        {.code = "wrong-key",
         .cause = "its replies fail authentication ({rejected} in a row; {auth})",
         .remedy = "compare the number, type and value of the key in both key files",
         .meaning = "The reply belongs to our request, but its message authentication code is "
                    "missing, wrong, or made with another key; or the server reports with a "
                    "crypto-NAK that ours is. Both sides need the same line in their key files."},
    [WHY_BAD_REPLIES] =
        {.code = "bad-replies",
         .cause = "it answers, but its replies cannot be used ({rejected} in a row, the last "
                  "because of: {rejection})",
         .remedy = "check what answers there (toki query {address})",
         .refclock_cause =
             "its samples cannot be used ({rejected} in a row, the last because of: {rejection})",
         .refclock_remedy = "check the receiver and the program that feeds {name}",
         .meaning = "Each packet is tested before it is used: it must belong to one of our "
                    "requests, its timestamps must be plausible, and its delay must be within the "
                    "limits. The failed test is named."},
    [WHY_SERVER_UNSYNCHRONISED] =
        {.code = "server-unsynchronised",
         .cause = "it reports that it is not synchronised itself (leap 3, stratum {stratum})",
         .remedy = "synchronise it first, or replace it",
         .refclock_cause = "it reports that it has no time (leap 3)",
         .refclock_remedy = "it may be a receiver without satellites: check its antenna",
         .meaning = "The server is up, but reports that its own clock is not synchronised. This is "
                    "normal for some minutes after it was started."},
    [WHY_REFUSED] = {.code = "refused",
                     .cause =
                         "it denies us service with kiss code {kiss}: we may not use this server",
                     .remedy = "remove it from the configuration or ask its operator",
                     .meaning = "DENY and RSTR are answers of a server that does not serve this "
                                "address. It is queried only once a day."},
    [WHY_RATE_LIMITED] =
        {.code = "rate-limited",
         .cause = "it asks for fewer requests (kiss code {kiss}), so it is now polled every {poll}",
         .remedy = "raise minpoll on its line, and check whether other computers behind the same "
                   "address query it too",
         .meaning = "A server that is queried too often may answer with RATE instead of the time. "
                    "The interval has been doubled, and no burst is sent to it."},
    [WHY_LOOP] = {.code = "loop",
                  .cause = "it takes its time from us: following it would be a loop",
                  .remedy = "give it another source, or remove it here",
                  .meaning = "The reference ID of the server is one of our own addresses."},
    [WHY_FEW_SAMPLES] = {.code = "few-samples",
                         .cause = "answers, but {samples} samples are too few to judge it",
                         .remedy = "wait a little (the option iburst is faster)",
                         .refclock_cause = "{samples} samples are too few to judge it",
                         .refclock_remedy = "wait a few seconds",
                         .meaning = "A source votes once it has three samples, or when the last "
                                    "one is consistent with those before."},
    [WHY_TOO_DISTANT] =
        {.code = "too-distant",
         .cause = "its error can be as large as {distance}, more than the limit of {max_distance} "
                  "(delay {delay}, its own dispersion {dispersion})",
         .remedy = "use a nearer server, or raise the limit (maxdistance, tos maxdist)",
         .refclock_cause =
             "its error can be as large as {distance}, more than the limit of {max_distance}",
         .refclock_remedy = "configure a smaller delay for it, if that is accurate, or raise the "
                            "limit (maxdistance)",
         .meaning = "The root distance: half of the whole round trip to the primary clock plus the "
                    "dispersion accumulated along the path. A long delay comes from the network, a "
                    "large dispersion from the server."},
    [WHY_TOO_JITTERY] = {.code = "too-jittery",
                         .cause =
                             "its offsets scatter by {jitter}, more than the limit of {max_jitter}",
                         .remedy = "the path to it is bad: use another server",
                         .refclock_remedy = "check the receiver",
                         .refclock_cause =
                             "its offsets scatter by {jitter}, more than the limit of {max_jitter}",
                         .meaning = "Successive measurements contradict each other by more than "
                                    "the configuration allows (maxjitter)."},
    [WHY_WRONG_STRATUM] = {.code = "wrong-stratum",
                           .cause = "its stratum {stratum} is not allowed by the configuration",
                           .remedy = "see minstratum and maxstratum (tos floor, ceiling)",
                           .meaning = "The configuration asks for servers that are nearer to, or "
                                      "farther from, a primary clock."},
    [WHY_ORPHAN] = {.code = "orphan",
                    .cause = "it serves its own clock because it has no source (orphan): another "
                             "member leads the group, or this computer does",
                    .meaning = "In a group that lost its sources one member leads, chosen by the "
                               "order of addresses, and the others follow only that one."},
    [WHY_FALSETICKER] =
        {.code = "falseticker",
         .cause = "rejected: it says {offset}, while the majority says {combined}",
         .remedy = "its clock is wrong, or the path to it is asymmetric: use another server",
         .refclock_cause = "rejected: it says {offset}, while the majority says {combined}",
         .refclock_remedy =
             "it is wrong, or late by a constant time that its line should correct (offset, time1)",
         .meaning =
             "The interval in which this source places the true time does not overlap the one on "
             "which most sources agree. It is still measured, and used again once it agrees."},
    [WHY_TWO_DISAGREE] = {.code = "two-disagree",
                          .cause = "it says {offset}, the other source contradicts it, and with "
                                   "only two sources there is no way to tell which one is wrong",
                          .remedy = "add sources: three outvote one falseticker",
                          .meaning =
                              "Two sources whose intervals do not overlap: one of them is wrong. "
                              "Neither is used, unless one is marked 'trust' ('true' in "
                              "ntp.conf)."},
    [WHY_NO_MAJORITY] =
        {.code = "no-majority",
         .cause = "it says {offset}, and the sources disagree with no side in the majority",
         .remedy = "add sources (four or more outvote a falseticker)",
         .meaning = "More than half of the sources must agree before any of them is used."},
    [WHY_HELD] = {.code = "held",
                  .cause = "it says {offset}, but the clock is not adjusted without other sources "
                           "that the configuration requires (minsources, minsane, require)",
                  .remedy = "see the other sources, or change that requirement",
                  .meaning = "The source is good, but the configuration requires more sources, or "
                             "one that is not available."},
    [WHY_UNTRUSTED] =
        {.code = "untrusted",
         .cause = "not used beside the trusted sources, because it may be further off than they "
                  "allow: it says {offset}",
         .meaning = "Where sources are marked 'trust' ('true' in ntp.conf), only these vote. "
                    "Another one is used with them if its interval lies within theirs, so that it "
                    "cannot lead the clock out of it."},
    [WHY_NOSELECT] = {.code = "noselect",
                      .cause = "measured only, as configured (noselect): it says {offset}",
                      .meaning = "The line says that this source is measured but never followed."},
    [WHY_SAME_NETWORK] =
        {.code = "same-network",
         .cause = "good, but two others of its network (/24, /48) vote already, and the owner of "
                  "one network must not outvote the others; it says {offset}",
         .meaning = "Of the servers of a pool at most two of one network vote. Servers that are "
                    "configured by name or address always do."},
    [WHY_OUTLYING] = {.code = "outlying",
                      .cause = "good, but better sources make it unnecessary: it says {offset} "
                               "with a jitter of {jitter}",
                      .meaning = "The source is correct, but its error is so much larger than that "
                                 "of the best source that it is not included in the average."},
    [WHY_COMBINED] =
        {.code = "combined",
         .cause = "combined with the selected source: it says {offset}, with a jitter of {jitter} "
                  "over a delay of {delay}",
         .refclock_cause =
             "combined with the selected source: it says {offset}, with a jitter of {jitter}",
         .meaning =
             "The clock follows this source together with others, each weighted by its accuracy."},
    [WHY_SELECTED] =
        {.code = "selected",
         .cause = "selected as the best source: it says {offset}, with a jitter of {jitter} over a "
                  "delay of {delay}",
         .refclock_cause =
             "selected as the best source: it says {offset}, with a jitter of {jitter}",
         .meaning = "The source whose stratum and reference ID are passed on to clients."},
};

const char *report_source_code_name(enum report_source_code code)
{
    return code < SOURCE_CODES ? reasons_of_source[code].code : "unknown";
}

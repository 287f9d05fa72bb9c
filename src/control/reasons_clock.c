/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the clock; see control/reasons.h. Causes and remedies are whole sentences. */
#include <strings.h>

#include "control/reasons.h"

const struct reason reasons_of_clock[CLOCK_CODES] = {
    [CLOCK_SYNCHRONISED] =
        {.code = "synchronised",
         .cause = "The clock is synchronised to {selected} (stratum {stratum}, {used} of {sources} "
                  "sources used{liars}) and within {bound} of the true time.",
         .meaning =
             "A majority of the sources agrees, and the clock follows them. The bound is the root "
             "distance: half the round-trip delay to the primary clock plus the dispersion "
             "accumulated along the path; the true error is almost always far smaller."},
    [CLOCK_MEASURING] =
        {.code = "measuring",
         .cause = "The clock is {offset} relative to {selected}, but tokid does not set it: it was "
                  "started with -x or may not set the clock (CAP_SYS_TIME).",
         .remedy = "To let it set the clock, start it as root or with that capability, without -x; "
                   "in a container the clock is the host's.",
         .meaning =
             "The sources agree on the time, but tokid only measures. A server in a container may "
             "run like this on purpose: its clients receive the measured error as dispersion."},
    [CLOCK_LOCAL] =
        {.code = "local",
         .cause = "The clock is not synchronised; it is served as it is (stratum {stratum}), as "
                  "configured (local, tos orphan).",
         .remedy = "To synchronise it, see the reason given for each source below.",
         .meaning = "No source is usable, and the configuration says that this computer then acts "
                    "as the reference: its clients agree with each other, not with true time."},
    [CLOCK_HOLDOVER] =
        {.code = "holdover",
         .cause = "No source is usable at the moment; the clock continues at its last known "
                  "frequency and is within {bound} of the true time.",
         .remedy = "See the reason given for each source below.",
         .meaning = "The clock was synchronised and lost its sources. It keeps the frequency that "
                    "was measured, and the bound of its error grows until a source comes back."},
    [CLOCK_STEP_WAITING] = {.code = "step-waiting",
                            .cause = "The sources say that the clock is {offset}, more than may be "
                                     "slewed; it will be stepped if the offset persists.",
                            .remedy = "Wait, or step it now: toki makestep.",
                            .meaning =
                                "A sudden large offset may be caused by the network. The clock is "
                                "stepped only if the offset persists for the stepout time."},
    [CLOCK_PANICKED] =
        {.code = "panic",
         .cause = "The clock is {refused}, more than the panic threshold, and is not corrected.",
         .remedy = "Check that the sources are right, then step the clock once: toki makestep, or "
                   "tokid -g -q at the next start.",
         .meaning = "The correction is beyond the panic threshold (ntp.conf: tinker panic; "
                    "chrony.conf: maxchange). The clock is left alone and the daemon keeps "
                    "measuring: either the clock was set wrongly or all sources are wrong."},
    [CLOCK_NO_SOURCES] =
        {.code = "no-sources",
         .cause = "No source is configured.",
         .remedy = "Add lines like 'server ntp.example.org iburst'.",
         .meaning =
             "The configuration has no server, pool, peer or refclock line, or all of them were "
             "deleted at run time. 'toki config show --daemon' shows what is in force."},
    [CLOCK_NAME_SERVICE_SILENT] =
        {.code = "name-service-silent",
         .cause = "None of the {sources} source names has an address, because the name service "
                  "(DNS) does not answer.",
         .remedy = "Check that the network is up and that /etc/resolv.conf names a server that "
                   "answers (getent ahosts {name}); or configure an address.",
         .meaning = "The resolver of this system queried its name servers and got no answer, or a "
                    "temporary failure. Each lookup is retried after 2 s, doubling to 34 min; no "
                    "restart is needed."},
    [CLOCK_NAMES_UNKNOWN] =
        {.code = "names-unknown",
         .cause = "The name service says that none of the {sources} source names exists.",
         .remedy = "Check their spelling (getent ahosts {name}).",
         .meaning = "DNS works, but the names do not exist: a typing error, or names of a private "
                    "zone that this name server does not know."},
    [CLOCK_UNRESOLVED] = {.code = "unresolved",
                          .cause = "None of the {sources} source names has an address.",
                          .remedy = "See the reason given for each below.",
                          .meaning = "Names are looked up by the system's resolver. Until one of "
                                     "them has an address, no server can be queried."},
    [CLOCK_NO_ROUTE] =
        {.code = "no-route",
         .cause = "None of the {sources} sources can be reached: this computer has no route to "
                  "them ({error}).",
         .remedy = "Check that the interface is up and that there is a default route (ip route get "
                   "{address}).",
         .meaning = "The kernel of this computer refused to send the requests: no interface is up "
                    "towards these addresses, or there is no default route. Nothing was sent, so "
                    "neither a firewall along the path nor the servers are the cause."},
    [CLOCK_HOSTS_UNREACHABLE] =
        {.code = "hosts-unreachable",
         .cause = "None of the {sources} sources can be reached: the network reports '{error}' for "
                  "each of them.",
         .remedy = "Check that the gateway is up (ip neigh, ip route get {address}) and that it "
                   "passes UDP port 123.",
         .meaning = "The next hop does not answer on the local network, or a router along the path "
                    "reports by ICMP that it cannot or may not forward the packets."},
    [CLOCK_SEND_FORBIDDEN] = {.code = "send-forbidden",
                              .cause = "The firewall of this computer blocks the requests to all "
                                       "{sources} sources ({error}).",
                              .remedy =
                                  "Allow outgoing UDP to port 123 (nft list ruleset, iptables -S "
                                  "OUTPUT), or relax the restrictions of the service or container.",
                              .meaning =
                                  "Sending failed with EPERM or EACCES: a rule of the local packet "
                                  "filter, a control group's filter, or a security module."},
    [CLOCK_UDP_REJECTED] =
        {.code = "udp-rejected",
         .cause = "All {sources} sources seem to have UDP port 123 closed: most likely a firewall "
                  "along the path rejects NTP.",
         .remedy = "Allow UDP port 123 there, or configure the time server of this network.",
         .meaning = "Each request came back as 'port unreachable'. One server may be down; when "
                    "all of them are, a device near this computer answers on their behalf."},
    [CLOCK_UDP_FILTERED] =
        {.code = "udp-filtered",
         .cause = "UDP port 123 is filtered along the path: none of the {sources} sources answers "
                  "there, but {reached} of them answered a probe to another port.",
         .remedy = "Allow UDP port 123 in the firewall in between, or configure the time server of "
                   "this network.",
         .meaning = "Determined by a probe from toki status: NTP requests are lost, while a packet "
                    "to a closed port of the same computers comes back as refused. So the network "
                    "and the servers are up, and NTP is dropped somewhere in between."},
    [CLOCK_NETWORK_SILENT] =
        {.code = "network-silent",
         .cause = "None of the {sources} sources answers, neither to NTP nor to a probe of another "
                  "port: the network beyond this computer is most likely down.",
         .remedy = "Check whether other computers can be reached (ping, ip neigh); a firewall that "
                   "drops everything looks the same.",
         .meaning = "Packets leave this computer and nothing at all comes back, not even an ICMP "
                    "error from a closed port. A dead uplink causes this, and so does a firewall "
                    "that blocks all outgoing traffic."},
    [CLOCK_PROBE_ANSWERED] =
        {.code = "probe-answered",
         .cause = "No request of the daemon to the {sources} sources is answered, but each of them "
                  "answered a query that toki sent from another port: the source port of the "
                  "daemon is filtered along the path, or the network has just recovered.",
         .remedy = "Use a random source port for each request (no acquisitionport, no "
                   "bindacqaddress); or wait for the next requests.",
         .meaning =
             "Determined by a probe from toki status: the servers are up and answer this computer. "
             "Some networks drop NTP from source port 123, because abused servers send from it."},
    [CLOCK_NO_REPLIES] = {.code = "no-replies",
                          .cause = "None of the {sources} sources answers{counts}.",
                          .remedy = "The network is down, or a firewall blocks UDP port 123: toki "
                                    "status without --no-probe tells which.",
                          .meaning =
                              "Requests leave this computer but no usable reply comes back. toki "
                              "status probes the silent servers, on other ports too, and names a "
                              "more specific cause where there is evidence for one."},
    [CLOCK_WRONG_KEY] = {.code = "wrong-key",
                         .cause = "No source shares a key with this computer: authentication fails "
                                  "with all {sources} of them.",
                         .remedy = "Compare the number, type and value of the keys on both sides.",
                         .meaning =
                             "A symmetric key must be the same line in both key files. Replies "
                             "whose authentication code does not match are never used."},
    [CLOCK_SOURCES_UNSYNCHRONISED] =
        {.code = "sources-unsynchronised",
         .cause = "All {sources} sources report that they are not synchronised themselves.",
         .remedy = "Synchronise them first, or add other servers.",
         .meaning =
             "A server that does not know the time says so (leap 3 or stratum 16), and its time is "
             "not used. A server may do this for some minutes after it was started."},
    [CLOCK_TOO_DISTANT] =
        {.code = "too-distant",
         .cause =
             "All {sources} sources are too far away: none can bound its error by {max_distance}.",
         .remedy = "Use nearer servers, or raise the limit (chrony.conf: maxdistance; ntp.conf: "
                   "tos maxdist).",
         .meaning = "The root distance is half the round trip to the primary clock plus all the "
                    "dispersion along the path: the maximum error of the source's time. Slow links "
                    "and servers that lost their own sources make it large."},
    [CLOCK_REFUSED] = {.code = "refused",
                       .cause = "All {sources} sources deny us service by a kiss code.",
                       .remedy = "Ask their operators, or configure servers that you may use.",
                       .meaning =
                           "DENY and RSTR mean that this computer may not use the server. It is "
                           "queried only once a day, to find out whether that has changed."},
    [CLOCK_TWO_DISAGREE] =
        {.code = "two-disagree",
         .cause = "The two sources contradict each other ({offsets}), and with only two sources "
                  "there is no way to tell which one is wrong.",
         .remedy = "Add sources: three outvote one falseticker, four do so even while one is down.",
         .meaning = "The intervals in which each of them places the true time do not overlap. The "
                    "clock is left alone rather than set wrongly; marking one of the lines "
                    "'trust' ('true' in ntp.conf) also decides."},
    [CLOCK_DISAGREEMENT] = {.code = "no-majority",
                            .cause = "The sources disagree, and no side has the majority.",
                            .remedy = "Add sources (four or more outvote a falseticker).",
                            .meaning = "The true time must lie where the intervals of more than "
                                       "half of the sources overlap, and there is no such place."},
    [CLOCK_TOO_FEW] = {.code = "too-few-sources",
                       .cause = "{selectable} of the {sources} sources can be used, but "
                                "{min_sources} must agree (minsources, tos minsane).",
                       .remedy = "Add sources, or lower the number.",
                       .meaning = "The configuration requires this number of sources to agree "
                                  "before the clock is adjusted."},
    [CLOCK_UNUSABLE] = {.code = "none-usable",
                        .cause = "None of the {sources} sources is usable{counts}.",
                        .remedy = "See the reason given for each below.",
                        .meaning =
                            "Each source has its own reason; the most common ones are counted."},
    [CLOCK_STARTING] =
        {.code = "starting",
         .cause = "Not synchronised yet: the first measurements are being made.",
         .remedy = "Wait a few seconds: toki wait.",
         .meaning = "Sources have been asked and have not answered often enough to be judged. With "
                    "the option iburst that takes some seconds, without it some minutes."},
};

const struct reason *reason_find(const struct reason *rows, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(rows[i].code, code) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *report_clock_code_name(enum report_clock_code code)
{
    return code < CLOCK_CODES ? reasons_of_clock[code].code : "unknown";
}

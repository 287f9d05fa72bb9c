/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the clock; see control/reasons.h. Causes and remedies are whole sentences. */
#include <strings.h>

#include "control/reasons.h"

const struct reason reasons_of_clock[CLOCK_CODES] = {
    [CLOCK_SYNCHRONISED] =
        {.code = "synchronised",
         .cause = "The clock is synchronised to {selected} (stratum {stratum}, {used} of {sources} "
                  "sources used{liars}) and within {bound} of the true time.",
         .meaning = "A majority of the sources agrees, and the clock follows them. The bound is "
                    "the root distance: half the way to the primary clock and back, and what may "
                    "have been gathered of errors on that way; the true error is almost always far "
                    "smaller."},
    [CLOCK_MEASURING] =
        {.code = "measuring",
         .cause = "The clock is {offset} against {selected}, but tokid does not set it: it was "
                  "started with -x or may not set the clock (CAP_SYS_TIME).",
         .remedy = "If it should: start it as root or with that capability, without -x; in a "
                   "container the clock is the host's.",
         .meaning = "The sources agree on the time, and tokid only watches. Servers of a container "
                    "can do that on purpose: clients are told the measured error as dispersion."},
    [CLOCK_LOCAL] =
        {.code = "local",
         .cause = "The clock is not synchronised to anything; it is served as it is (stratum "
                  "{stratum}), as configured (local, tos orphan).",
         .remedy = "For true time, see the reason of each source below.",
         .meaning = "No source is usable, and the configuration says that this computer then "
                    "leads: its clients agree with each other, not with the world."},
    [CLOCK_HOLDOVER] =
        {.code = "holdover",
         .cause =
             "No source is usable at the moment; the clock runs on at its last known frequency "
             "and is within {bound} of the true time.",
         .remedy = "See the reason of each source below.",
         .meaning = "The clock was synchronised and lost its sources. It keeps the frequency that "
                    "was measured, and the bound of its error grows until a source comes back."},
    [CLOCK_STEP_WAITING] =
        {.code = "step-waiting",
         .cause = "The sources say that the clock is off by {offset}, more than may be slewed; it "
                  "is stepped if that lasts.",
         .remedy = "Wait, or step it now: toki makestep.",
         .meaning = "A sudden large offset may be a disturbance of the network. Only if it stays "
                    "for the stepout time is the clock set."},
    [CLOCK_PANICKED] =
        {.code = "panic",
         .cause = "The clock is off by {refused}, more than may be corrected without being told.",
         .remedy = "Check that the sources are right, then set it once: toki makestep, or tokid -g "
                   "-q at the next start.",
         .meaning = "The correction is beyond the panic threshold (ntp.conf: tinker panic; "
                    "chrony.conf: maxchange). Nothing is changed, and the daemon goes on "
                    "measuring, for either the clock was set wrongly or all sources are wrong."},
    [CLOCK_NO_SOURCES] =
        {.code = "no-sources",
         .cause = "No source is configured.",
         .remedy = "Add lines like 'server ntp.example.org iburst'.",
         .meaning = "The configuration has no server, pool, peer or refclock line, or all of them "
                    "were deleted by hand. 'toki config show --daemon' shows what is in force."},
    [CLOCK_NAME_SERVICE_SILENT] =
        {.code = "name-service-silent",
         .cause = "None of the {sources} source names has an address, because the name service "
                  "(DNS) does not answer.",
         .remedy = "Look whether the network is up and whether /etc/resolv.conf names a server "
                   "that answers (getent ahosts {name}); or configure an address.",
         .meaning = "The resolver of this system asked its name servers and got no answer, or an "
                    "answer that it is to try again later. Each name is tried again after 2 s, "
                    "doubling to 34 min; no restart is needed."},
    [CLOCK_NAMES_UNKNOWN] =
        {.code = "names-unknown",
         .cause = "The name service says that none of the {sources} source names exists.",
         .remedy = "Check their spelling (getent ahosts {name}).",
         .meaning = "DNS works and denies the names: a slip of the fingers, or names of a private "
                    "zone that this name server does not know."},
    [CLOCK_UNRESOLVED] =
        {.code = "unresolved",
         .cause = "None of the {sources} source names has an address.",
         .remedy = "See the reason of each below.",
         .meaning = "Names are looked up by the system's resolver. Until one of them has an "
                    "address, nobody can be asked for the time."},
    [CLOCK_NO_ROUTE] =
        {.code = "no-route",
         .cause = "None of the {sources} sources can be reached: this computer has no route to "
                  "them ({error}).",
         .remedy = "Look whether the interface is up and there is a default route (ip route get "
                   "{address}).",
         .meaning = "The kernel of this computer refused to send the requests: no interface is up "
                    "towards these addresses, or there is no default route. Nothing was sent, so "
                    "neither firewalls on the way nor servers have a part in it."},
    [CLOCK_HOSTS_UNREACHABLE] =
        {.code = "hosts-unreachable",
         .cause = "None of the {sources} sources can be reached: the network says of each "
                  "'{error}'.",
         .remedy = "Look whether the gateway is up (ip neigh, ip route get {address}) and whether "
                   "it lets UDP port 123 pass.",
         .meaning = "The next hop does not answer on the local network, or a router on the way "
                    "says by ICMP that it cannot or may not pass the packets on."},
    [CLOCK_SEND_FORBIDDEN] =
        {.code = "send-forbidden",
         .cause = "The firewall of this computer forbids the requests to all {sources} sources "
                  "({error}).",
         .remedy = "Let UDP to port 123 out (nft list ruleset, iptables -S OUTPUT), or lift the "
                   "limits of the service or container.",
         .meaning = "The system call that sends was refused with EPERM or EACCES: a rule of the "
                    "local packet filter, a control group's filter, or a security module."},
    [CLOCK_UDP_REJECTED] =
        {.code = "udp-rejected",
         .cause = "All {sources} sources seem to have UDP port 123 closed: most likely a firewall "
                  "on the way rejects NTP.",
         .remedy = "Let UDP port 123 pass there, or configure the time server of this network.",
         .meaning = "Each request came back as 'port unreachable'. One server may be down; when "
                    "all of them are, something near this computer answers in their name."},
    [CLOCK_UDP_FILTERED] =
        {.code = "udp-filtered",
         .cause = "UDP port 123 is filtered on the way: none of the {sources} sources answers "
                  "there, and a probe to another port of {reached} of them does get an answer.",
         .remedy = "Let UDP port 123 pass in the firewall between, or configure the time server of "
                   "this network.",
         .meaning = "Found out by a probe of toki status: NTP requests are lost, while a packet to "
                    "a closed port of the same computers comes back as refused. So network and "
                    "servers are up, and what drops NTP lies between."},
    [CLOCK_NETWORK_SILENT] =
        {.code = "network-silent",
         .cause = "None of the {sources} sources answers, neither to NTP nor to a probe of another "
                  "port: the network beyond this computer is most likely down.",
         .remedy = "Look whether other computers can be reached (ping, ip neigh); a firewall that "
                   "drops everything looks the same.",
         .meaning = "Packets leave this computer and nothing at all comes back, not even a refusal "
                    "of a closed port. A dead uplink does that, and a firewall that lets nothing "
                    "out."},
    [CLOCK_PROBE_ANSWERED] =
        {.code = "probe-answered",
         .cause = "No request of the daemon to the {sources} sources is answered, but a query of "
                  "toki from another port was, by each of them: the port that requests leave from "
                  "is filtered on the way, or the network is back this very moment.",
         .remedy = "Have each request leave from a port of its own (no acquisitionport, no "
                   "bindacqaddress); or wait for the next requests.",
         .meaning = "Found out by a probe of toki status: the servers are up and answer this "
                    "computer. Some networks drop NTP from source port 123, for it is the port "
                    "of servers that are abused."},
    [CLOCK_NO_REPLIES] =
        {.code = "no-replies",
         .cause = "None of the {sources} sources answers{counts}.",
         .remedy = "The network is down, or a firewall stops UDP port 123: toki status without "
                   "--no-probe finds out which.",
         .meaning = "Requests leave this computer and no usable reply comes back. toki status asks "
                    "the silent servers by itself, on other ports too, and then names a closer "
                    "cause where there is evidence for one."},
    [CLOCK_WRONG_KEY] =
        {.code = "wrong-key",
         .cause = "No source shares a key with this computer: all {sources} answer, or drop, our "
                  "requests because of their authentication.",
         .remedy = "Compare number, type and value of the keys on both sides.",
         .meaning = "Symmetric keys have to be the same line in both key files. Replies whose "
                    "code does not fit are never used."},
    [CLOCK_SOURCES_UNSYNCHRONISED] =
        {.code = "sources-unsynchronised",
         .cause = "All {sources} sources answer that they are not synchronised themselves.",
         .remedy = "Have them synchronised first, or add other servers.",
         .meaning = "A server that does not know the time says so (leap 3 or stratum 16), and what "
                    "its clock shows is not used. After its start a server may do that for some "
                    "minutes."},
    [CLOCK_TOO_DISTANT] =
        {.code = "too-distant",
         .cause = "All {sources} sources are too far away: none can bound its error by "
                  "{max_distance}.",
         .remedy = "Use nearer servers, or raise the limit (chrony.conf: maxdistance; ntp.conf: "
                   "tos maxdist).",
         .meaning = "The root distance is half the round trip to the primary clock and all the "
                    "dispersion on the way: by so much the time of the source may be wrong. Slow "
                    "links and servers that lost their own sources make it large."},
    [CLOCK_REFUSED] =
        {.code = "refused",
         .cause = "All {sources} sources refuse us by a kiss code.",
         .remedy = "Ask their operators, or configure servers that may be used.",
         .meaning = "DENY and RSTR mean that this computer may not use the server. It is asked "
                    "once a day only, to find out if that has changed."},
    [CLOCK_TWO_DISAGREE] =
        {.code = "two-disagree",
         .cause = "The two sources contradict each other ({offsets}), and of two nobody can tell "
                  "which one is wrong.",
         .remedy = "Add sources: three outvote one liar, four do so while one is down.",
         .meaning = "The intervals in which each of them says that the true time lies do not "
                    "overlap. The clock is not touched rather than set wrongly; a line marked "
                    "'prefer' or 'trust' decides too."},
    [CLOCK_DISAGREEMENT] =
        {.code = "no-majority",
         .cause = "The sources disagree, and no side has the majority.",
         .remedy = "Add sources (four or more outvote a liar).",
         .meaning = "The true time must lie where the intervals of more than half of the sources "
                    "overlap, and there is no such place."},
    [CLOCK_TOO_FEW] =
        {.code = "too-few-sources",
         .cause = "{selectable} of the {sources} sources can be used, but {min_sources} have to "
                  "agree (minsources, tos minsane).",
         .remedy = "Add sources, or lower the number.",
         .meaning = "The configuration demands that so many sources agree before the clock is "
                    "touched."},
    [CLOCK_UNUSABLE] = {.code = "none-usable",
                        .cause = "None of the {sources} sources is usable{counts}.",
                        .remedy = "See the reason of each below.",
                        .meaning =
                            "Each source has a reason of its own; the commonest ones are counted."},
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

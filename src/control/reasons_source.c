/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of sources; see control/reasons.h. Cause and remedy are joined by a semicolon. */
#include "control/reasons.h"

#define NO_NAME_YET "; it is tried again by and by"

const struct reason reasons_of_source[SOURCE_CODES] = {
    [WHY_UNUSED] = {.code = "unused", .cause = "not in use", .meaning = "A free place."},
    [WHY_LOOKING_UP] =
        {.code = "looking-up",
         .cause = "the address of '{name}' is being looked up",
         .remedy = "wait some seconds",
         .meaning = "The system's resolver has been asked. If its name servers are dead, it can "
                    "take ten seconds and more until it says so."},
    [WHY_NAME_SERVICE_SILENT] =
        {.code = "name-service-silent",
         .cause = "'{name}' has no address, because the name service does not answer ('{words}')",
         .remedy = "look whether the network is up and whether /etc/resolv.conf names a server "
                   "that answers (getent ahosts {name})" NO_NAME_YET,
         .meaning = "The name servers of this system are silent, or answer that they cannot say "
                    "now. The name may well be right."},
    [WHY_NAME_UNKNOWN] = {.code = "name-unknown",
                          .cause = "there is no such name as '{name}' ('{words}')",
                          .remedy = "check the spelling (getent ahosts {name})" NO_NAME_YET,
                          .meaning =
                              "The name service works, and says that the name does not exist."},
    [WHY_NAME_WITHOUT_ADDRESS] =
        {.code = "name-without-address",
         .cause = "'{name}' has no address that can be asked ('{words}')",
         .remedy = "check the name, or leave out the option that wants one family of addresses "
                   "(-4, -6, ipv4, ipv6)" NO_NAME_YET,
         .meaning = "The name exists, and has no IPv4 or IPv6 address, or none of the family that "
                    "the configuration wants."},
    [WHY_LOOK_UP_FAILED] =
        {.code = "look-up-failed",
         .cause = "'{name}' could not be looked up ('{words}')",
         .remedy = "look into /etc/resolv.conf and /etc/nsswitch.conf (getent ahosts "
                   "{name})" NO_NAME_YET,
         .meaning = "The resolver of this system failed for another reason than an answer of the "
                    "name service."},
    [WHY_DUPLICATE] =
        {.code = "duplicate",
         .cause = "'{name}' has no address that no other source has already, or none that can be "
                  "asked",
         .remedy = "one of the two lines is superfluous",
         .meaning = "Two lines lead to the same server. It gets one vote and one stream of "
                    "requests, not two."},
    [WHY_OFFLINE] = {.code = "offline",
                     .cause = "not asked: it is set offline",
                     .remedy = "toki online {name}, or leave the option out",
                     .meaning = "The line says 'offline', or somebody said it by hand. Nothing is "
                                "sent, and its samples stay."},
    [WHY_WAITING] = {.code = "waiting",
                     .cause = "requests sent: {sent}, replies so far: {received}",
                     .remedy = "wait a few seconds",
                     .refclock_cause = "no sample so far",
                     .refclock_remedy = "wait a few seconds",
                     .meaning = "The first requests are on their way."},
    [WHY_NO_ROUTE] =
        {.code = "no-route",
         .cause = "no route to {address}: '{error}', {sent} requests could not be sent",
         .remedy = "look whether the interface is up and there is a default route (ip route get "
                   "{address})",
         .meaning = "This computer's own kernel does not know where to send the request, or a "
                    "router near it says so by ICMP (network unreachable)."},
    [WHY_HOST_UNREACHABLE] =
        {.code = "host-unreachable",
         .cause = "{address} cannot be reached: the network says '{error}' to our requests",
         .remedy = "look whether the server is up, and whether a router on the way forbids UDP "
                   "port {port}",
         .meaning = "The next hop does not answer on the local network, or a router on the way "
                    "sends back that it cannot reach the host or may not pass the packet on."},
    [WHY_PORT_CLOSED] =
        {.code = "port-closed",
         .cause = "{address} is up, but nothing listens on its UDP port {port} ('{error}'), or a "
                  "firewall says so",
         .remedy = "start the NTP server there, open the port, or use another server",
         .meaning = "Our requests come back as ICMP 'port unreachable': the server's computer "
                    "runs, its NTP server does not, or a firewall rejects us."},
    [WHY_SEND_FORBIDDEN] =
        {.code = "send-forbidden",
         .cause = "this computer's own firewall forbids requests to {address} ('{error}')",
         .remedy = "let UDP to port {port} out (nft list ruleset, iptables -S OUTPUT)",
         .meaning = "Sending was refused with EPERM or EACCES: the local packet filter, a filter "
                    "of the control group, or a security module."},
    [WHY_SEND_FAILED] =
        {.code = "send-failed",
         .cause = "requests to {address} cannot be sent ('{error}')",
         .remedy = "look at the interfaces and addresses of this computer (ip address), and at "
                   "the lines of the configuration that choose one",
         .meaning = "The system refused to send for a reason that has no row of its own; its words "
                    "are shown."},
    [WHY_NO_REPLIES] =
        {.code = "no-replies",
         .cause = "no replies: {sent} sent to {address}:{port}, {received} received{others}",
         .remedy = "look whether the server is up and a firewall lets UDP port {port} pass (toki "
                   "query {address})",
         .refclock_cause = "no usable sample in the last {missed} polls, {received} samples since "
                           "the start{verdict}",
         .refclock_remedy = "look whether the program that feeds {name} runs (gpsd, for example) "
                            "and whether both may use the same memory",
         .meaning = "Requests leave and nothing comes back. If other sources answer, this server "
                    "is down or blocks us; if none does, the cause is nearer: see the clock's "
                    "sentence."},
    [WHY_WENT_SILENT] =
        {.code = "went-silent",
         .cause = "it answered {received} times, but not to the last {missed} requests to "
                  "{address}:{port}{others}",
         .remedy = "look whether the server is still up and the way to it open (toki query "
                   "{address})",
         .refclock_cause = "no usable sample in the last {missed} polls, {received} samples since "
                           "the start{verdict}",
         .refclock_remedy = "look whether the program that feeds {name} still runs (gpsd, for "
                            "example)",
         .meaning = "The server was fine and stopped answering: it went down, its address "
                    "changed, or something on the way did. Names are looked up again after a "
                    "minute."},
    [WHY_UDP_FILTERED] =
        {.code = "udp-filtered",
         .cause = "UDP port {port} is filtered on the way{alone}: {sent} sent to {address}:{port}, "
                  "{received} received, and a probe to another port of it is answered",
         .remedy = "let UDP port {port} pass in the firewall between",
         .meaning = "Found out by a probe of toki status, and only said where no source answers: "
                    "the server's computer answers a packet to a closed port, so the way is open "
                    "but for NTP."},
    [WHY_SERVER_SILENT] =
        {.code = "server-silent",
         .cause = "{address} is up, for a probe to another port is answered, but not on UDP port "
                  "{port}: {sent} sent, {received} received; other sources answer, so it has no "
                  "NTP server running or blocks you",
         .remedy = "look at the server and its firewall, or use another one",
         .meaning = "Found out by a probe of toki status: other sources show that NTP passes, so "
                    "it is this server that drops it."},
    [WHY_NETWORK_SILENT] =
        {.code = "network-silent",
         .cause = "no replies: {sent} sent to {address}:{port}, {received} received, and a probe "
                  "to another port is not answered either{others}",
         .remedy = "look whether the server and the way to it are up (ping {address})",
         .meaning = "Found out by a probe of toki status: the server's computer answers nothing at "
                    "all. It is down, drops everything, or the network between is."},
    [WHY_KEY_DROPPED] =
        {.code = "key-dropped",
         .cause = "it drops our requests with key {key} and answers one without a key: the key is "
                  "not the same on both sides",
         .remedy = "compare number, type and value of key {key} in both key files",
         .meaning = "Found out by a probe of toki status. Some servers stay silent when the code "
                    "of a request is wrong; the silence looks like a dead server."},
    [WHY_PROBE_ANSWERED] =
        {.code = "probe-answered",
         .cause = "requests of the daemon are lost ({sent} sent, {received} received), but one of "
                  "toki from another port was answered just now",
         .remedy = "if that lasts: a firewall drops packets by their source port or address (see "
                   "acquisitionport, bindacqaddress), or the server limits how often you may ask",
         .meaning = "Found out by a probe of toki status. Either the server is back this very "
                    "moment, or something tells the two requests apart."},
    [WHY_OWN_RULES] =
        {.code = "own-rules",
         .cause = "it answers, but our own access rules drop all that {address} sends (restricted)",
         .remedy = "add: restrict source nomodify noquery",
         .meaning = "In an ntp.conf 'restrict ... ignore' drops replies too."},
    [WHY_WRONG_KEY] =
        {.code = "wrong-key",
         .cause = "its replies fail authentication ({rejected} in a row; {auth})",
         .remedy = "compare number, type and value of the key in both key files",
         .meaning = "The reply belongs to our request, and its message authentication code is "
                    "missing, of another key, or wrong; or the server says by a crypto-NAK that "
                    "ours is. Both sides need the same line in their key files."},
    [WHY_BAD_REPLIES] =
        {.code = "bad-replies",
         .cause = "it answers, but its replies cannot be used ({rejected} in a row, the last for: "
                  "{rejection})",
         .remedy = "look what answers there (toki query {address})",
         .refclock_cause = "its samples cannot be used ({rejected} in a row, the last for: "
                           "{rejection})",
         .refclock_remedy = "look at the receiver and the program that feeds {name}",
         .meaning = "Each packet is tested before it is used: that it belongs to a request of "
                    "ours, that its times make sense, that it took no longer than allowed. The "
                    "test that failed is named."},
    [WHY_SERVER_UNSYNCHRONISED] =
        {.code = "server-unsynchronised",
         .cause = "it answers that it does not know the time itself (leap 3, stratum {stratum})",
         .remedy = "it has to be synchronised first, or replaced",
         .refclock_cause = "it says that it has no time itself (leap 3)",
         .refclock_remedy = "a receiver without satellites, for example: look at its antenna",
         .meaning = "The server is up and says that its own clock is not synchronised. After its "
                    "start that is normal for some minutes."},
    [WHY_REFUSED] =
        {.code = "refused",
         .cause = "it refuses us by the kiss code {kiss}: we may not ask this server",
         .remedy = "remove it from the configuration or ask its operator",
         .meaning = "DENY and RSTR are answers of a server that does not serve this address. It "
                    "is asked once a day only."},
    [WHY_RATE_LIMITED] =
        {.code = "rate-limited",
         .cause = "it asks us to come less often (kiss code {kiss}), so it is asked each {poll} "
                  "now",
         .remedy = "raise minpoll of its line, and look whether other computers behind the same "
                   "address ask it too",
         .meaning = "A server that is asked too often may answer with RATE instead of the time. "
                    "The interval has been doubled, and no burst is sent to it."},
    [WHY_LOOP] = {.code = "loop",
                  .cause = "it takes its time from us: following it would be a loop",
                  .remedy = "give it another source, or leave it out here",
                  .meaning = "The reference ID of the server is one of our own addresses."},
    [WHY_FEW_SAMPLES] =
        {.code = "few-samples",
         .cause = "answers, but {samples} samples are too few to judge it",
         .remedy = "wait a little (the option iburst makes it quicker)",
         .refclock_cause = "{samples} samples are too few to judge it",
         .refclock_remedy = "wait a few seconds",
         .meaning = "A source votes when it has three samples, or when the last one fits what it "
                    "said before."},
    [WHY_TOO_DISTANT] =
        {.code = "too-distant",
         .cause = "its error can be as large as {distance}, more than the limit of {max_distance} "
                  "(delay {delay}, its own dispersion {dispersion})",
         .remedy = "use a nearer server, or raise the limit (maxdistance, tos maxdist)",
         .refclock_cause = "its error can be as large as {distance}, more than the limit of "
                           "{max_distance}",
         .refclock_remedy = "configure a smaller delay for it, if that is the truth, or raise the "
                            "limit (maxdistance)",
         .meaning = "The root distance: half of the whole round trip to the primary clock, and "
                    "the dispersion gathered on the way. A long delay is the network's, a large "
                    "dispersion the server's."},
    [WHY_TOO_JITTERY] =
        {.code = "too-jittery",
         .cause = "its offsets scatter by {jitter}, more than the limit of {max_jitter}",
         .remedy = "the path to it is bad: use another server",
         .refclock_remedy = "they are not worth a clock: look at the receiver",
         .refclock_cause = "its offsets scatter by {jitter}, more than the limit of {max_jitter}",
         .meaning = "Successive measurements contradict each other by more than the configuration "
                    "allows (maxjitter)."},
    [WHY_WRONG_STRATUM] =
        {.code = "wrong-stratum",
         .cause = "its stratum {stratum} is not among those that the configuration allows",
         .remedy = "see minstratum and maxstratum (tos floor, ceiling)",
         .meaning = "The configuration wants servers that are nearer to, or farther from, a "
                    "primary clock."},
    [WHY_ORPHAN] =
        {.code = "orphan",
         .cause = "it serves its own clock for want of a better one, as we may have to (orphan): "
                  "another one leads the group, or we do",
         .meaning = "In a group that lost its sources one member leads, by the order of addresses, "
                    "and the others follow it alone."},
    [WHY_FALSETICKER] =
        {.code = "falseticker",
         .cause = "rejected: it says {offset}, while the majority says {combined}",
         .remedy = "its clock is wrong, or the path to it is lopsided: use another server",
         .refclock_cause = "rejected: it says {offset}, while the majority says {combined}",
         .refclock_remedy = "it is wrong, or it is late by a constant time that its line should "
                            "correct (offset, time1)",
         .meaning = "The interval in which this source says the true time lies does not touch the "
                    "one on which most sources agree. It is measured on and used again when it "
                    "tells the truth."},
    [WHY_TWO_DISAGREE] =
        {.code = "two-disagree",
         .cause = "it says {offset}, the other source contradicts it, and of two nobody can tell "
                  "which one is wrong",
         .remedy = "add sources: three outvote one liar",
         .meaning = "Two sources whose intervals do not overlap: one of them is wrong. Neither is "
                    "used, unless one is marked 'prefer' or 'trust'."},
    [WHY_NO_MAJORITY] =
        {.code = "no-majority",
         .cause = "it says {offset}, and the sources disagree with no side in the majority",
         .remedy = "add sources (four or more outvote a liar)",
         .meaning = "More than half of the sources have to agree before any of them is used."},
    [WHY_HELD] =
        {.code = "held",
         .cause = "it says {offset}, but the clock is not touched without others that the "
                  "configuration demands (minsources, minsane, require)",
         .remedy = "see the other sources, or change the demand",
         .meaning = "The source is good. The configuration wants more of them, or one that is not "
                    "there."},
    [WHY_NOSELECT] = {.code = "noselect",
                      .cause = "measured only, as configured (noselect): it says {offset}",
                      .meaning = "The line says that this source is watched and never followed."},
    [WHY_SAME_NETWORK] =
        {.code = "same-network",
         .cause = "good, but it has no vote beside two others of its network (/24, /48) while "
                  "other networks are there: whoever owns one must not outvote the rest; it says "
                  "{offset}",
         .meaning = "Of the servers of a pool at most two of one network vote. Servers that "
                    "somebody wrote down by hand always do."},
    [WHY_OUTLYING] =
        {.code = "outlying",
         .cause = "good, but it adds nothing beside better sources: it says {offset} with a jitter "
                  "of {jitter}",
         .meaning = "The source tells the truth, and its error is so much larger than that of the "
                    "best that it is left out of the average."},
    [WHY_COMBINED] =
        {.code = "combined",
         .cause = "used beside the selected source: it says {offset}, with a jitter of {jitter} "
                  "over a delay of {delay}",
         .refclock_cause = "used beside the selected source: it says {offset}, with a jitter of "
                           "{jitter}",
         .meaning =
             "The clock follows this source together with others, each by what it is worth."},
    [WHY_SELECTED] =
        {.code = "selected",
         .cause = "used, the best of all: it says {offset}, with a jitter of {jitter} over a delay "
                  "of {delay}",
         .refclock_cause = "used, the best of all: it says {offset}, with a jitter of {jitter}",
         .meaning = "The source whose stratum and reference clients are told."},
};

const char *report_source_code_name(enum report_source_code code)
{
    return code < SOURCE_CODES ? reasons_of_source[code].code : "unknown";
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of codes; see the header. tests/unit/test_config_codes.c holds it against the calls. */
#include "config/codes.h"

#include <stddef.h>

#include "config/text.h"

const struct message_code message_codes[] = {
    {"E001", "unknown directive",
     "The first word of the line is not a directive of the language in which the file is read. It "
     "is usually a typing error, and the hint suggests the right word; or the word belongs to "
     "another language: 'makestep' is a directive of chrony.conf, 'restrict' of ntp.conf, "
     "'servers' of OpenNTPD's ntpd.conf. Use the word of this language, or select the language "
     "with --language."},
    {"E002", "unknown option",
     "The directive has no such option. The hint suggests the most similar one. A comment at the "
     "end of a line of chrony.conf needs a space before its '#': write 'server a iburst # office', "
     "not 'server a iburst# office'."},
    {"E003", "not a number",
     "A number is expected here; the hint gives its unit. Numbers are written without a unit: "
     "'maxdelay 0.3' instead of 'maxdelay 300ms'. Poll intervals are powers of two: 'minpoll 6' is "
     "64 s."},
    {"E004", "out of range",
     "The number is outside the range that the language allows or that makes sense; the hint gives "
     "the range. For example, ntp.conf accepts 'maxpoll 17' but not 'maxpoll 99'."},
    {"E005", "missing argument",
     "The directive needs more arguments; the hint shows its usage. For 'makestep 1' write "
     "'makestep 1 3': step offsets above 1 s during the first 3 updates."},
    {"E006", "unexpected argument",
     "The line has more words than the directive accepts. Write each directive on a line of its "
     "own, and quote paths that contain spaces (ntp.conf): driftfile \"/var/my drift\"."},
    {"E007", "not allowed here",
     "Files of a 'sourcedir' (*.sources) may only contain server, pool and peer lines. Move the "
     "line to the main file or to a *.conf file of a 'confdir'."},
    {"E008", "not an address or name",
     "The word is not an address, prefix, mask, interface or host name of the expected kind. Write "
     "192.0.2.1, 2001:db8::1, 192.0.2.0/24 or ntp.example.org; a port is an option of its own, and "
     "a mask is ones followed by zeros: mask 255.255.255.0."},
    {"E009", "unknown keyword",
     "One of a few words is expected here; the hint lists them. For 'leapsecmode smear' write "
     "'leapsecmode system'."},
    {"E010", "two languages in one file",
     "Some lines are valid in chrony.conf only, and others in ntp.conf or OpenNTPD's ntpd.conf "
     "only. The meaning of the others would be a guess, so nothing is read. The first line of each "
     "language is shown: translate one of them (doc/directives.md lists both), for example "
     "'restrict 192.0.2.0 mask 255.255.255.0' as 'allow 192.0.2.0/24'."},
    {"E011", "file cannot be read",
     "A file of the configuration is missing, is not readable, is a directory or a device, or is "
     "too large. tokid does not start with an incomplete configuration. Check the path, and the "
     "permissions of the user that starts tokid."},
    {"E012", "included files",
     "A file includes itself, directly or through other files (the chain is shown), or the nesting "
     "is too deep, or there are too many files. Remove one of the 'include' lines of the chain."},
    {"E013", "not a line of text",
     "A quote is unterminated, a line is too long, or the file contains characters that are not "
     "allowed in text: NUL bytes (files saved as UTF-16), control characters, wide spaces. Save "
     "the file as plain UTF-8."},
    {"E014", "not supported yet",
     "Ignoring this would be dangerous or would change the meaning of the configuration: packets "
     "would not be authenticated, a source would be missing, clients would get a different time. "
     "tokid therefore does not start. The hint gives the closest alternative; a source with 'nts' "
     "can be replaced by several plain sources, of which the majority is used, or by one with a "
     "key: server ntp.example.org key 10."},
    {"E015", "too many",
     "The number of such lines is limited, far above what a real configuration needs. Check "
     "whether a file is included twice."},
    {"E016", "reference clock",
     "The parameters of the reference clock are not valid. Write 'refclock SHM 0 refid GPS offset "
     "0.1' in chrony.conf, 'refclock shm unit 0 refid GPS time1 0.1' or 'server 127.127.28.0' with "
     "'fudge 127.127.28.0 time1 0.1 refid GPS' in ntp.conf."},
    {"E017", "key of a source",
     "The key of the source cannot be used: it is not in the key file, it is not trusted, or its "
     "number is not valid. Create one with 'toki keygen', install it at both ends, and configure "
     "it: 'keyfile /etc/chrony.keys' and 'server a key 1' in chrony.conf; 'keys /etc/ntp.keys', "
     "'trustedkey 1' and 'server a key 1' in ntp.conf."},
    {"E018", "out of memory",
     "There is not enough memory to read the configuration. Check which processes use it."},
    {"E019", "too long",
     "The name or path is longer than any system allows. Usually a quote is missing or in the "
     "wrong place, or two lines were joined: write one directive per line."},
    {"E020", "not while the daemon runs",
     "Only sources and access rules can be changed by hand while tokid runs. For anything else, "
     "edit the file and reload it: toki reload."},
    {"W001", "two sources",
     "If two sources disagree, there is no majority that identifies the wrong one, and the clock "
     "is not corrected. A single source is always used, three can outvote one falseticker, and "
     "four still can when one of them is down. Add one or two sources: 'server ntp3.example.org "
     "iburst' or 'pool pool.ntp.org iburst'; or mark the one to trust: 'server ntp1.example.org "
     "iburst trust' ('true' in ntp.conf)."},
    {"W002", "pool servers as the sources of a public server",
     "This public server takes its time from pool.ntp.org, whose names return arbitrary servers of "
     "volunteers, possibly including this one. The rules for pool members ask for four to seven "
     "selected servers: 'server ntp1.example.org iburst', ..."},
    {"W003", "public server without a rate limit",
     "Any host can send any number of requests: an attacker that forges the address of a victim "
     "can use this server to flood it, and broken clients that send a request each second all get "
     "responses. Use 'ratelimit interval 1 burst 16' in chrony.conf, or in ntp.conf 'restrict "
     "default limited kod nomodify notrap nopeer noquery'; or allow your own network only: 'allow "
     "192.0.2.0/24'."},
    {"W004", "unusable key",
     "A line of the key file is ignored, the file cannot be read, or a key is configured that is "
     "not in it. A source with such a key is an error; a client that uses the key gets no "
     "response. The format of a line is 'NUMBER TYPE HEX:DIGITS' in files of chrony, 'NUMBER TYPE "
     "TEXT-OR-DIGITS' in files of ntpd; 'toki keygen' writes either."},
    {"W005", "weak key",
     "The key can be discovered: it is short, its algorithm is broken (MD5), or any user on this "
     "host can read it. Create a new one with 'toki keygen --type AES128', install it at both "
     "ends, and restrict access to the file: chmod 600 /etc/chrony.keys."},
    {"W006", "this host is locked out",
     "The access rules deny queries from the host's own address, so tools like ntpq get no "
     "response on this host. Usually the lines that exempt it are missing: 'restrict 127.0.0.1' "
     "and 'restrict ::1'."},
    {"W007", "overridden by a later line",
     "The directive is given twice, and only the later line takes effect. The message names the "
     "other line; remove one of them. If the file of a distribution is included, this is the "
     "normal way to change its defaults."},
    {"W008", "duplicate source",
     "Two lines name the same server. It is queried once, with the options of the later line: the "
     "same server does not count as two sources. Remove one of the lines."},
    {"W009", "option given twice",
     "The line has the same option twice; the last one takes effect. Remove one."},
    {"W010", "not supported yet, ignored",
     "toki reads and checks the words and does nothing with them. Ignoring them is harmless, so "
     "tokid starts; the message describes the missing function. doc/directives.md lists what is "
     "supported."},
    {"W011", "no effect",
     "The words no longer have an effect, either in the daemon that they come from or on this "
     "system. Remove them."},
    {"W012", "replies of a source are dropped",
     "'restrict ... ignore' drops all packets from an address, including the replies of a source, "
     "which can then never be used. Add 'restrict source nomodify noquery', which applies to all "
     "sources, or a rule for this one: 'restrict ntp1.example.org nomodify noquery'."},
    {"W013", "no source",
     "No source is configured, so the clock is not corrected. Add 'server ntp.example.org iburst', "
     "or 'local stratum 10' if this clock itself is to be served."},
    {"W014", "too many sources",
     "The pools ask for more sources than can be used at a time. The first ones are used; more "
     "than a dozen do not improve the clock. Set 'maxsources 4' on the pool lines ('tos maxclock' "
     "in ntp.conf)."},
    {"W015", "more sources must agree than there are",
     "'minsources' ('tos minsane' in ntp.conf) is larger than the number of selectable sources, so "
     "the clock will never be set. Reduce it or add sources; sources with 'noselect' do not "
     "count."},
    {"W016", "poll interval",
     "'maxpoll' is less than 'minpoll', so both get the same value. For requests every 16 s use "
     "'minpoll 4 maxpoll 4'."},
    {"W017", "pool of one address",
     "'pool' is for a name with many addresses, of which several are used; an address is a single "
     "server. Use 'server 192.0.2.1'."},
    {"W018", "file is missing",
     "The file of an 'includefile' line does not exist. It is skipped, as by ntpd. Create an empty "
     "file, or remove the line."},
    {"W019", "the line has no effect",
     "The line changes something that does not exist: there is no access rule for this address, or "
     "no such reference clock. Correct the address or the unit, or remove the line."},
    {"W020", "works differently",
     "The directive is supported, but not exactly as in the daemon that it comes from; the message "
     "describes the difference."},
    {NULL, NULL, NULL},
};

const struct message_code *message_code_find(const char *code)
{
    for (const struct message_code *c = message_codes; c->code; c++) {
        if (text_equal_any_case(c->code, code)) {
            return c;
        }
    }
    return NULL;
}

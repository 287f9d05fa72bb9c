/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of codes; see the header. tests/unit/test_config_codes.c holds it against the calls. */
#include "config/codes.h"

#include <stddef.h>

#include "config/text.h"

const struct message_code message_codes[] = {
    {"E001", "unknown directive",
     "The first word of the line is not a directive of the language that the file is read in. "
     "Often "
     "it is a slip of the fingers, and the hint names the word that is meant; or it belongs to "
     "another language: 'makestep' is a word of chrony.conf, 'restrict' of ntp.conf, 'servers' of "
     "OpenNTPD's ntpd.conf. Write the word of this language, or name the language with "
     "--language."},
    {"E002", "unknown option",
     "The directive is known, this option of it is not. The hint names the likeliest one. A "
     "comment "
     "at the end of a line of chrony.conf needs a blank in front of its '#': write 'server a "
     "iburst "
     "# office', not 'server a iburst# office'."},
    {"E003", "not a number",
     "A number is expected here, and the hint says in which unit. Units are not written: for "
     "'maxdelay "
     "300ms' write 'maxdelay 0.3'. Poll intervals are powers of two: 'minpoll 6' is 64 s."},
    {"E004", "out of range",
     "The number is outside of what makes sense or what the language allows; the hint gives the "
     "range. Write a number within it: 'maxpoll 17' in ntp.conf, not 'maxpoll 99'."},
    {"E005", "something is missing",
     "The directive needs more words than the line has; the hint shows its usage. For 'makestep 1' "
     "write 'makestep 1 3': step offsets above 1 s during the first 3 updates."},
    {"E006", "a word too many",
     "The line has more words than the directive takes. Directives stand on lines of their own, "
     "and a "
     "path with a blank needs quotes in ntp.conf: driftfile \"/var/my drift\"."},
    {"E007", "no place here",
     "Files of a 'sourcedir' (*.sources) may have server, pool and peer lines only. Move the line "
     "to "
     "the main file or to a *.conf file of a 'confdir'."},
    {"E008", "not an address or name",
     "The word is no address, prefix, mask, interface or host name of the kind that is expected. "
     "Write 192.0.2.1, 2001:db8::1, 192.0.2.0/24 or ntp.example.org; a port is an option of its "
     "own, "
     "and masks are ones followed by zeros: mask 255.255.255.0."},
    {"E009", "unknown word",
     "One of a few words is expected here, and the hint lists them. For 'leapsecmode smear' write "
     "'leapsecmode system'."},
    {"E010", "two languages in one file",
     "The file has lines that only chrony.conf has and lines that only ntp.conf, or OpenNTPD's "
     "ntpd.conf, has. What the rest of it means would be a guess, so nothing is read. The first "
     "line of "
     "each is shown: translate one of them (doc/directives.md has both), for example 'restrict "
     "192.0.2.0 mask 255.255.255.0' as 'allow 192.0.2.0/24'."},
    {"E011", "file cannot be read",
     "A file that the configuration consists of is missing, may not be read, is a folder or a "
     "device, "
     "or is larger than a configuration ever is. Nothing starts with half of a configuration. "
     "Check "
     "the path, and the rights of the user who starts tokid."},
    {"E012", "files within files",
     "A file includes itself, directly or by way of others (the chain is shown), or files are "
     "included too deep or are too many. Remove one of the 'include' lines of the chain."},
    {"E013", "not a line of text",
     "A quote is not closed, a line is too long, or there are characters that no line of text has: "
     "NUL bytes (UTF-16 as some editors save it), control characters, a wide blank. Save the file "
     "as "
     "plain UTF-8."},
    {"E014", "not supported yet",
     "To leave this out would be dangerous, or not at all what was meant: packets would not be "
     "authenticated, a source would be missing, clients would get another time. So tokid does not "
     "start with it. The hint names the nearest thing that works; a source with 'nts' can be "
     "replaced by several plain ones, of which the majority is believed, or by one with a key: "
     "server ntp.example.org key 10."},
    {"E015", "too many",
     "There is room for a fixed number of such lines, which no real configuration comes near. Look "
     "whether a file is included twice."},
    {"E016", "reference clock",
     "The parameters of the reference clock cannot be understood. Write 'refclock SHM 0 refid GPS "
     "offset 0.1' in chrony.conf, 'refclock shm unit 0 refid GPS time1 0.1' or 'server "
     "127.127.28.0' "
     "with 'fudge 127.127.28.0 time1 0.1 refid GPS' in ntp.conf."},
    {"E017", "key of a source",
     "The source shall be authenticated by a key that cannot be used: its number is not in the "
     "file of "
     "keys, not trusted, or no number. Make one with 'toki keygen', give it to both ends, and name "
     "it: "
     "'keyfile /etc/chrony.keys' and 'server a key 1' in chrony.conf; 'keys /etc/ntp.keys', "
     "'trustedkey 1' and 'server a key 1' in ntp.conf."},
    {"E018", "out of memory",
     "The machine has no memory left to read the configuration with. Look at what else runs "
     "there."},
    {"E019", "too long",
     "The name or path is longer than any system allows. Mostly a quote is missing or stands too "
     "late, or two lines became one: write one directive on each line."},
    {"E020", "not while the daemon runs",
     "Only sources and access rules can be changed by hand while tokid runs. Change the file for "
     "anything else, and let it be read again: toki reload."},

    {"W001", "two sources",
     "With two sources nobody can tell which one lies when they disagree, and then the clock is "
     "left "
     "alone. One source is simply believed, three outvote one liar, four still do when one is "
     "down. "
     "Add one or two: 'server ntp3.example.org iburst', or 'pool pool.ntp.org iburst'; or mark the "
     "one to believe: 'server ntp1.example.org iburst trust' ('true' in ntp.conf)."},
    {"W002", "pool servers as the sources of a public server",
     "This server gives time to the whole world and takes it from pool.ntp.org, that is from "
     "whatever "
     "volunteers the pool hands out: the same names give other servers, maybe your own, the next "
     "time. The pool's rules for members ask for four to seven servers that are chosen by hand: "
     "'server ntp1.example.org iburst', ..."},
    {"W003", "open to the world without a limit",
     "Everybody may ask for the time as often as they like: somebody who forges the address of a "
     "victim can use this server to flood it, and broken clients that ask each second are "
     "answered. "
     "Write 'ratelimit interval 1 burst 16' in chrony.conf, or in ntp.conf 'restrict default "
     "limited kod "
     "nomodify notrap nopeer noquery'; or open it to your own network only: 'allow 192.0.2.0/24'."},
    {"W004", "unusable key",
     "A line of the file of keys is not used, or the file cannot be read, or a key is named that "
     "is not "
     "in it. Sources with such a key are errors; clients that use it get no answer. The lines of "
     "chrony's "
     "file are 'NUMBER TYPE HEX:DIGITS', of ntpd's 'NUMBER TYPE TEXT-OR-DIGITS'; 'toki keygen' "
     "writes "
     "either."},
    {"W005", "weak key",
     "The key can be found out: it is short, its kind is broken (MD5), or everybody on this "
     "machine "
     "may read it. Make a new one with 'toki keygen --type AES128', change it at both ends, and "
     "keep "
     "the file to its user: chmod 600 /etc/chrony.keys."},
    {"W006", "this computer locks itself out",
     "The access rules keep out the computer's own address: tools like ntpq get no answer on the "
     "very "
     "machine. Mostly the lines that make an exception of it were forgotten: 'restrict 127.0.0.1' "
     "and "
     "'restrict ::1'."},
    {"W007", "overridden by a later line",
     "The directive stands twice and only one line can hold: the later one. The place of the other "
     "is "
     "named; remove one of them. Where a distribution's file is included, this is how its defaults "
     "are "
     "meant to be changed."},
    {"W008", "the same source again",
     "Two lines name the same server. It is asked once, by the later line: a server does not "
     "become "
     "two witnesses by being named twice. Remove one of them."},
    {"W009", "option given twice",
     "The line has the same option twice; the last one holds. Remove one."},
    {"W010", "not supported yet, ignored",
     "toki reads and checks the words and does nothing with them. It is harmless to leave it out, "
     "which is why tokid starts all the same; the message says what it would do. doc/directives.md "
     "lists what works."},
    {"W011", "has no effect",
     "The words do nothing any more, in the daemon that they come from or on this system. Remove "
     "them."},
    {"W012", "a source's replies are dropped",
     "'restrict ... ignore' drops every packet of an address, the replies of a source of ours "
     "included, so that it can never be used. Add 'restrict source nomodify noquery', which holds "
     "for "
     "all sources, or a rule for this one: 'restrict ntp1.example.org nomodify noquery'."},
    {"W013", "no source",
     "No line names a source, so the clock is left as it is. Add 'server ntp.example.org iburst', "
     "or "
     "'local stratum 10' if this clock itself shall be served."},
    {"W014", "more sources than there is room for",
     "Pools may ask for more sources than can be had at a time. The first ones come first; more "
     "than a "
     "dozen do not make the clock better. Use 'maxsources 4' on the pool lines ('tos maxclock' in "
     "ntp.conf)."},
    {"W015", "more sources must agree than there are",
     "'minsources' ('tos minsane' in ntp.conf) is larger than the number of sources that can be "
     "selected, so the clock will never be set. Lower it or add sources; 'noselect' ones do not "
     "count."},
    {"W016", "poll interval",
     "'maxpoll' is below 'minpoll', so both become the same. For requests each 16 s write 'minpoll "
     "4 "
     "maxpoll 4'."},
    {"W017", "a pool of one address",
     "'pool' is for a name that has many addresses, of which several are used; an address is a "
     "single "
     "server. Write 'server 192.0.2.1'."},
    {"W018", "file is missing",
     "The file that 'includefile' names is not there. ntpd goes on without it, and so does toki. "
     "Make "
     "an empty one, or remove the line."},
    {"W019", "the line does nothing",
     "What the line changes does not exist: no access rule for this address to take flags from, no "
     "reference clock to fudge. Correct the address or the unit, or remove the line."},
    {"W020", "works in another way",
     "The directive works, but not quite as in the daemon that it comes from; the message says "
     "what "
     "differs."},
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

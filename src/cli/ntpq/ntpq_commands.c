/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of ntpq: the table, and those that only set or show something of our own. */
#include "cli/ntpq/ntpq_commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "toki_build.h"

#define VERSION_MIN 1
#define VERSION_MAX 4

static void set_number(const char *what, const char *word, double *value)
{
    char *end;
    unsigned long ms;

    if (word) {
        ms = strtoul(word, &end, 10);
        if (*end || end == word || ms == 0 || ms > 3600000) {
            fputs("What?\n", stderr);
        } else {
            *value = (double)ms / 1000;
        }
    }
    printf("%s %.0f ms\n", what, *value * 1000);
}

static void timeout(struct ntpq *q, const struct ntpq_line *line)
{
    set_number("primary timeout", line->words[0], &q->timeout_s);
}

static void host(struct ntpq *q, const struct ntpq_line *line)
{
    unsigned at = 0;

    if (line->count > 0 && (strcmp(line->words[0], "-4") == 0 || !strcmp(line->words[0], "-6"))) {
        q->family = line->words[0][1] == '4' ? ADDRESS_V4 : ADDRESS_V6;
        at = 1;
    }
    if (at == line->count) {
        printf(q->exchange.fd < 0 ? "no current host\n" : "current host is %s\n", q->host);
    } else if (ntpq_open(q, line->words[at])) {
        printf("current host set to %s\n", q->host);
    } else {
        puts("still no current host");
    }
}

static void hostnames(struct ntpq *q, const struct ntpq_line *line)
{
    const char *word = line->count ? line->words[0] : "";

    if (strcmp(word, "yes") == 0 || strcmp(word, "no") == 0) {
        q->names = *word == 'y';
        q->supplied = false;
    } else if (strcmp(word, "hostname") == 0 || strcmp(word, "hostnum") == 0) {
        q->names = strcmp(word, "hostname") == 0;
        q->supplied = true;
    } else if (*word) {
        puts("What?");
    }
    printf("resolved hostnames%s being shown\nsupplied hostnames%s being shown\n",
           q->names ? "" : " not", q->supplied ? "" : " not");
}

static void keyid(struct ntpq *q, const struct ntpq_line *line)
{
    char *end;

    if (line->count > 0) {
        unsigned long id = strtoul(line->words[0], &end, 10);

        if (*end || id == 0 || id > UINT32_MAX) {
            fputs("What?\n", stderr);
        } else {
            q->key_id = (uint32_t)id;
        }
    }
    printf(q->key_id ? "keyid is %u\n" : "no keyid defined\n", q->key_id);
}

static void keytype(struct ntpq *q, const struct ntpq_line *line)
{
    enum mac_algorithm type;

    if (line->count == 0) {
        printf("Keytype: %s\n", mac_algorithm_name(q->key_type));
        return;
    }
    type = keys_find_type(line->words[0]);
    if (type == MAC_ALGORITHMS) {
        fprintf(stderr, "Keytype %s is not supported by ntpq.\n", line->words[0]);
    } else {
        q->key_type = type;
    }
}

static void passwd(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    ntpq_ask_password(q);
}

static void raw(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    q->raw = true;
    puts("Output set to raw");
}

static void cooked(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    q->raw = false;
    puts("Output set to cooked");
}

static void direct(struct ntpq *q, const struct ntpq_line *line)
{
    (void)line;
    q->direct = !q->direct;
    printf("Direct mode is %s\n", q->direct ? "on" : "off");
}

static void authenticate(struct ntpq *q, const struct ntpq_line *line)
{
    const char *word = line->count ? line->words[0] : "";

    if (strcmp(word, "yes") == 0) {
        q->authenticate = ntpq_need_key(q);
    } else if (strcmp(word, "no") == 0) {
        q->authenticate = false;
    } else if (*word) {
        fputs("What?\n", stderr);
    }
    printf("%sauthenticated requests being sent\n", q->authenticate ? "" : "un");
}

static void ntpversion(struct ntpq *q, const struct ntpq_line *line)
{
    if (line->count > 0) {
        char *end;
        unsigned long version = strtoul(line->words[0], &end, 10);

        if (*end || version < VERSION_MIN || version > VERSION_MAX) {
            fprintf(stderr, "versions %d to %d, please\n", VERSION_MIN, VERSION_MAX);
        } else {
            q->version = (uint8_t)version;
        }
    }
    printf("NTP version being claimed is %u\n", q->version);
}

static void version(struct ntpq *q, const struct ntpq_line *line)
{
    (void)q;
    (void)line;
    puts("toki-" TOKI_VERSION);
}

static ntpq_function help;

struct command {
    const char *name;
    ntpq_function *run; /* NULL: leaves */
    unsigned least;     /* words that it needs */
    const char *usage, *function;
};

static const struct command commands[] = {
    {":config", ntpq_config, 1, "LINE", "send a line of configuration to the daemon (signed)"},
    {"addvars", ntpq_addvars, 1, "name[=value][,...]", "add to the list of rl and cl"},
    {"apeers", ntpq_apeers, 0, "", "print the peers with the numbers of their associations"},
    {"associations", ntpq_associations, 0, "", "print the associations with their status"},
    {"authenticate", authenticate, 0, "[yes|no]", "sign all requests"},
    {"authinfo", ntpq_group, 0, "", "print counters of authentication"},
    {"cl", ntpq_clocklist, 0, "assocID", "read the listed variables of a reference clock"},
    {"clearvars", ntpq_clearvars, 0, "", "forget the list of rl and cl"},
    {"clocklist", ntpq_clocklist, 0, "assocID", "read the listed variables of a reference clock"},
    {"clockvar", ntpq_clockvar, 0, "assocID [name,...]", "read variables of a reference clock"},
    {"config-from-file", ntpq_config_from_file, 1, "FILE", "send a file, line by line (signed)"},
    {"cooked", cooked, 0, "", "print variables for people"},
    {"cv", ntpq_clockvar, 0, "assocID [name,...]", "read variables of a reference clock"},
    {"direct", direct, 0, "", "print rows of mrulist as they come"},
    {"exit", NULL, 0, "", "leave"},
    {"help", help, 0, "[command]", "list the commands, or explain one"},
    {"host", host, 0, "[-4|-6] [hostname]", "the host to ask"},
    {"hostnames", hostnames, 0, "[yes|no|hostname|hostnum]", "print names or addresses"},
    {"ifstats", ntpq_ifstats, 0, "", "print counters of the daemon's addresses (signed)"},
    {"iostats", ntpq_group, 0, "", "print counters of packets"},
    {"kerninfo", ntpq_group, 0, "", "print the state of the kernel's clock"},
    {"keyid", keyid, 0, "[number]", "the key to sign with"},
    {"keytype", keytype, 0, "[name]", "the algorithm of a key that is typed in"},
    {"lassociations", ntpq_associations, 0, "", "print the associations with their status"},
    {"lopeers", ntpq_opeers, 0, "", "print the peers with our own addresses"},
    {"lpassociations", ntpq_passociations, 0, "", "print the associations as last asked for"},
    {"lpeers", ntpq_peers, 0, "", "print the peers"},
    {"monstats", ntpq_group, 0, "", "print counters and limits of the list of clients"},
    {"mreadlist", ntpq_mreadlist, 2, "assocIDlow assocIDhigh", "rl for several associations"},
    {"mreadvar", ntpq_mreadvar, 2, "assocIDlow assocIDhigh [name ...]", "rv for several"},
    {"mrl", ntpq_mreadlist, 2, "assocIDlow assocIDhigh", "rl for several associations"},
    {"mrulist", ntpq_mrulist, 0, "[tag=value ...]", "print the clients last heard of"},
    {"mrv", ntpq_mreadvar, 2, "assocIDlow assocIDhigh [name ...]", "rv for several"},
    {"ntpversion", ntpversion, 0, "[version]", "the version that requests claim"},
    {"ntsinfo", ntpq_group, 0, "", "print counters of NTS"},
    {"opeers", ntpq_opeers, 0, "", "print the peers with our own addresses"},
    {"passociations", ntpq_passociations, 0, "", "print the associations as last asked for"},
    {"passwd", passwd, 0, "", "type in a key"},
    {"peers", ntpq_peers, 0, "", "print the peers"},
    {"pstats", ntpq_pstats, 1, "assocID", "print counters of an association"},
    {"quit", NULL, 0, "", "leave"},
    {"raw", raw, 0, "", "print variables as they come"},
    {"readlist", ntpq_readlist, 0, "[assocID]", "read the listed variables"},
    {"readvar", ntpq_readvar, 0, "[assocID] [name ...]", "read variables"},
    {"reslist", ntpq_reslist, 0, "", "print the daemon's access rules (signed)"},
    {"rl", ntpq_readlist, 0, "[assocID]", "read the listed variables"},
    {"rmvars", ntpq_rmvars, 1, "name[,...]", "remove from the list of rl and cl"},
    {"rv", ntpq_readvar, 0, "[assocID] [name ...]", "read variables"},
    {"showvars", ntpq_showvars, 0, "", "print the list of rl and cl"},
    {"sysinfo", ntpq_group, 0, "", "print a summary of the daemon"},
    {"sysstats", ntpq_sysstats, 0, "", "print uptime and counters of packets"},
    {"timeout", timeout, 0, "[ms]", "how long to wait for an answer"},
    {"timerstats", ntpq_group, 0, "", "print counters of the timer"},
    {"version", version, 0, "", "print the version"},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

/* The command of this name, or the only one that starts so. NULL: it has said what is wrong. */
static const struct command *find(const char *name)
{
    const struct command *found = NULL;
    unsigned count = 0;

    if (strcmp(name, "?") == 0) {
        name = "help";
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
        if (strncmp(commands[i].name, name, strlen(name)) == 0) {
            found = &commands[i];
            count++;
        }
    }
    if (count != 1) {
        fflush(stdout);
        fprintf(stderr, "***Command `%s' %s\n", name, count ? "ambiguous" : "unknown");
    }
    return count == 1 ? found : NULL;
}

static void help(struct ntpq *q, const struct ntpq_line *line)
{
    const struct command *command;

    (void)q;
    if (line->count > 0) {
        command = find(line->words[0]);
        if (command) {
            printf("function: %s\nusage: %s %s\n", command->function, command->name,
                   command->usage);
        }
        return;
    }
    puts("ntpq commands:");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("%-18s%s", commands[i].name, i % 4 == 3 || i + 1 == COMMANDS ? "\n" : "");
    }
}

/* Words and what is behind the first; blanks at both ends are gone. */
static char *split(char *text, struct ntpq_line *line)
{
    static char rest[4096];
    char *name = text + strspn(text, " \t"), *at;

    text[strcspn(text, "\r\n")] = '\0';
    at = name + strcspn(name, " \t");
    if (*at) {
        *at++ = '\0';
    }
    at += strspn(at, " \t");
    snprintf(rest, sizeof rest, "%s", at);
    for (size_t end = strlen(rest); end > 0 && (rest[end - 1] == ' ' || rest[end - 1] == '\t');) {
        rest[--end] = '\0';
    }
    *line = (struct ntpq_line){.rest = rest};
    while (*at && line->count + 1 < NTPQ_LIST_MAX) {
        line->words[line->count++] = at;
        at += strcspn(at, " \t");
        if (*at) {
            *at++ = '\0';
            at += strspn(at, " \t");
        }
    }
    return name;
}

bool ntpq_command_run(struct ntpq *q, char *text)
{
    struct ntpq_line line;
    char *name = split(text, &line);
    const struct command *command;

    if (*name == '\0') {
        return true;
    }
    command = find(name);
    if (!command) {
        return true;
    }
    if (line.count < command->least) {
        fprintf(stderr, "usage: %s %s\n", command->name, command->usage);
        return true;
    }
    if (!command->run) {
        return false;
    }
    line.command = command->name;
    command->run(q, &line);
    return true;
}

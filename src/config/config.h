/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration text -> struct config. Reads chrony.conf, ntp.conf and OpenNTPD's ntpd.conf, told
 * apart by content, each with its own defaults; knows no daemon. Everything wrong in a file is
 * reported in one run. */
#ifndef TOKI_CONFIG_CONFIG_H
#define TOKI_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "config/language_list.h"
#include "config/statistics.h"
#include "core/acl.h"
#include "core/mac.h"
#include "core/ratelimit.h"
#include "core/settings.h"

#define CONFIG_PATH_MAX 512
#define CONFIG_PIDFILE "/run/tokid.pid" /* where none is named, and root starts the daemon */
#define CONFIG_USER "toki"              /* where none is named, if there is such a user */
#define CONFIG_BIND_MAX 16
#define CONFIG_DEVICE_MAX 16 /* IFNAMSIZ */
#define CONFIG_LISTEN_RULES_MAX 32
#define CONFIG_MESSAGES_MAX 200   /* then "N more" */
#define CONFIG_FILE_LIMIT 1000000 /* bytes of one file */
#define CONFIG_INCLUDE_DEPTH 10

enum drift_format {
    DRIFT_CHRONY, /* the clock's error in ppm (positive: fast), and its skew */
    DRIFT_NTP     /* the correction in ppm (positive: the clock is slow) */
};

/* chrony.conf's authselectmode: what sources without a key may do beside those that have one. */
enum auth_select {
    AUTH_SELECT_MIX,     /* be used, but not against the others nor without them */
    AUTH_SELECT_PREFER,  /* be used if there are no others */
    AUTH_SELECT_REQUIRE, /* nothing */
    AUTH_SELECT_IGNORE   /* what the others may */
};

enum config_severity { CONFIG_ERROR, CONFIG_WARNING };

struct config_message {
    enum config_severity severity;
    char code[8]; /* "E001": what kind of message it is (config/codes.h); "": of none */
    char file[CONFIG_PATH_MAX];
    unsigned line, column; /* from 1; 0: the file as a whole. column counts characters (UTF-8) */
    unsigned width;        /* characters of the word that the caret underlines; >= 1 */
    unsigned caret;        /* the same column within `source`, which may be cut in front */
    char text[256];        /* "unknown directive 'sever'" */
    char hint[256];        /* "did you mean 'server'?", or "" */
    char source[256];      /* the line itself, cleaned of control characters, maybe cut */
};

/* Where something in a configuration comes from. */
struct config_place {
    uint32_t file; /* in config_places.names, plus 1; 0: the default of the language */
    uint32_t line; /* 0: of the file as a whole */
    uint16_t row;  /* of the table of `dialect`, plus 1; 0: of no directive */
    uint16_t dialect;
};

/* An access rule for a host by its name: known to be looked up by the daemon, not here. */
#define CONFIG_ACCESS_NAMES_MAX 64
struct access_name {
    char name[SOURCE_NAME_MAX];
    uint32_t flags;
    bool command; /* of cmdallow and cmddeny */
    bool merge;   /* the flags come to those that its addresses have already */
    struct config_place place;
};

/* One `interface` line of ntp.conf; the last one that matches an address of ours decides. */
enum listen_what { LISTEN_ALL, LISTEN_FAMILY, LISTEN_DEVICE, LISTEN_PREFIX };

struct listen_rule {
    bool listen; /* false: ignore */
    enum listen_what what;
    struct address prefix; /* LISTEN_FAMILY: its family only */
    unsigned length;
    char device[CONFIG_DEVICE_MAX];
    struct config_place place;
};

#define CONFIG_FIELDS_MAX 96
#define CONFIG_ACCESS_PLACES_MAX 256
struct config_access_place {
    struct config_place place;
    struct address prefix;
    uint8_t length;
    bool command, ntp_port;
};

struct config_places {
    struct config_place fields[CONFIG_FIELDS_MAX]; /* of config/fields.h */
    struct config_place specs[SOURCE_SPECS_MAX];
    struct config_place bind[CONFIG_BIND_MAX];
    struct config_place source_access;
    struct config_access_place access[CONFIG_ACCESS_PLACES_MAX];
    unsigned access_count;
    char names[8192]; /* each with a NUL */
    unsigned names_length;
};

struct config {
    enum config_dialect dialect;
    struct settings settings;
    struct acl access;         /* who gets time, and ntp.conf's other flags */
    bool have_source_access;   /* `restrict source`: these flags, not those of `access`, ... */
    uint32_t source_access;    /* ... hold for replies of our sources (ACCESS_IGNORE) */
    struct acl command_access; /* who may use the UDP control protocols */
    struct access_name access_names[CONFIG_ACCESS_NAMES_MAX]; /* beside both */
    unsigned access_name_count;
    struct ratelimit_settings ratelimit;
    size_t client_log_bytes;              /* memory of the limiter */
    unsigned port;                        /* of the server; 0: none */
    struct address bind[CONFIG_BIND_MAX]; /* addresses to serve on; none: any */
    unsigned bind_count;
    struct listen_rule listen_rules[CONFIG_LISTEN_RULES_MAX]; /* if any: they choose, not `bind` */
    unsigned listen_rule_count;
    char bind_device[CONFIG_DEVICE_MAX];        /* serve on this interface only; "": on all */
    unsigned extra_port;                        /* a second one of the server; 0: none */
    unsigned acquisition_port;                  /* requests leave from; 0: a fresh one for each */
    char acquisition_device[CONFIG_DEVICE_MAX]; /* and by this interface; "": any */
    struct address acquisition_address[2];      /* and from, IPv4 and IPv6; ADDRESS_NONE: any */
    unsigned command_port;                      /* of chrony's protocol; 0: off */
    struct address command_bind[2];             /* IPv4, IPv6; ADDRESS_NONE: the loopback address */
    char command_device[CONFIG_DEVICE_MAX];     /* on this interface only; "": on all */
    char command_socket[CONFIG_PATH_MAX];       /* its Unix socket; "": none */
    struct ratelimit_settings command_ratelimit;
    char open_commands[160]; /* reports that its port gives, by their names */
    char driftfile[CONFIG_PATH_MAX];
    enum drift_format drift_format;
    double drift_interval_s;
    char pidfile[CONFIG_PATH_MAX]; /* "": the default; "/": none */
    char keyfile[CONFIG_PATH_MAX];
    bool keys_unreadable; /* the file is there and could not be read: to have no keys is a fault */
    struct mac_keys keys; /* the usable and trusted ones */
    uint32_t control_key; /* 0: none */
    enum auth_select auth_select;
    char log_directory[CONFIG_PATH_MAX]; /* of the files below; "": none are written */
    struct statistics_file statistics[STATISTICS_KINDS];
    bool statistics_disabled;       /* `disable stats` */
    bool log_raw_measurements;      /* packets that were not accepted, too */
    unsigned log_banner;            /* lines between two headings; 0: none */
    char log_file[CONFIG_PATH_MAX]; /* messages go there, not to the system's log; "": do not */
    char user[64];
    bool rtc_sync;
    bool have_frequency; /* `tinker freq`: begin with this, whatever the drift file says, ... */
    double frequency;    /* ... the correction of the oscillator */
    double clock_precision_s; /* of reading the clock; 0: it is measured */
    bool lock_memory;         /* never be swapped out */
    int priority;             /* real-time priority, 1..99; 0: an ordinary process */
    int dscp;
    struct config_places places;
    struct config_message messages[CONFIG_MESSAGES_MAX];
    unsigned message_count, error_count, warning_count; /* counts go on past the table's end */
};

/* Both kinds of config need megabytes: allocate it (config_new), free it. */
struct config *config_new(void);
void config_free(struct config *c);

/* Loads a file and what it includes. True: no error (there may be warnings). False: error_count >
 * 0, and nothing of `c` but its messages may be used. `force` DIALECT_UNKNOWN: by content. */
bool config_load(struct config *c, const char *path, enum config_dialect force);

/* The same from text; `name` is the file's name in messages. Includes are read relative to the
 * working folder, as both languages do. */
bool config_load_text(struct config *c, const char *name, const char *text, size_t length,
                      enum config_dialect force);

/* One message as text:
 *   ntp.conf:3:1: error: unknown directive 'sever' [E001]
 *       sever ntp1.example.org iburst
 *       ^~~~~
 *     did you mean 'server'?
 * Writes at most `capacity` bytes with a NUL, returns the length. */
size_t config_message_format(const struct config_message *m, char *out, size_t capacity);

/* "chrony.conf", "ntp.conf", "OpenNTPD's ntpd.conf" */
const char *config_dialect_name(enum config_dialect d);

/* "chrony", "ntp" or "openntpd", as in options of commands; DIALECT_UNKNOWN: none of them. */
enum config_dialect config_dialect_parse(const char *text);

#endif

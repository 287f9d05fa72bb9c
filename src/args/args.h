/* SPDX-License-Identifier: BSD-2-Clause */
/* Command lines as tables. One struct args_command describes a command: its arguments, options,
 * help, exit codes and examples. From it come parsing and usage errors (here), --help (args_help),
 * and the man pages and the completion of shells (args_json, tools/manual.py).
 *
 * Options are GNU's: they may stand behind arguments, long ones may be abbreviated and take their
 * value behind '=' or as the next word, letters may be joined, and '--' ends them. */
#ifndef TOKI_ARGS_ARGS_H
#define TOKI_ARGS_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#define ARGS_WRONG 2 /* exit code of a usage error, unless the command has another one */

/* What a value is, and where it goes. */
enum args_kind {
    ARGS_FLAG,    /* bool: an option without a value */
    ARGS_WORD,    /* const char *, and so on to ARGS_CHOICE: any word */
    ARGS_PATH,    /* a file */
    ARGS_FOLDER,  /* a folder */
    ARGS_HOST,    /* a name or an address */
    ARGS_SOURCE,  /* a source of the running daemon */
    ARGS_TOPIC,   /* what `toki explain` knows */
    ARGS_COMMAND, /* a command of toki */
    ARGS_CHOICE,  /* one of `choices` */
    ARGS_COUNT,   /* unsigned: a whole number */
    ARGS_NUMBER,  /* double: a number without a unit */
    ARGS_TIME,    /* double, in s: a number with a unit */
    ARGS_SECONDS, /* likewise; seconds without a unit */
    ARGS_DAYS,    /* likewise; days without a unit */
    ARGS_PART,    /* double: 0.01 or 1% */
    ARGS_RATE     /* double: a number, or one with ppm or ppb */
};

struct args_option;

/* Takes the value of an option (NULL: a flag) into the struct that args_parse() fills, all of it.
 * False, with the problem in words ("'x' is ..."), if it cannot. */
typedef bool args_setter(const struct args_option *option, const char *text, void *out,
                         char *problem, size_t capacity);

/* A table of them ends with a row without help. */
struct args_option {
    char letter;      /* -j; 0: none */
    const char *name; /* --json; NULL: none */
    enum args_kind kind;
    size_t offset;              /* of its value in the struct that args_parse() fills */
    const char *value;          /* its value in the help; NULL: by the kind */
    double least, most;         /* of a number; both 0: any */
    const char *expected;       /* its values in words: "a time above 0, such as 50ms"; NULL: by
                                   the kind and the range */
    const char *const *choices; /* ends with NULL */
    const char *(*choice)(size_t i); /* instead of choices: the one of this number, or NULL */
    const char *fallback;            /* the default in words; NULL: none */
    const char *excludes;            /* name or letter of an option that cannot be given too */
    const char *heading;             /* begins a part of the help; NULL: does not */
    args_setter *set;                /* NULL: stored by the kind */
    const void *more;                /* for set */
    bool repeats;                    /* each time adds something */
    const char *help;
};

/* The choice of this number; NULL: there are no more. */
const char *args_choice(const struct args_option *o, size_t i);

/* Words behind each other, in argv. */
struct args_words {
    char **words;
    int count;
};

/* An argument; stored as const char *, or as struct args_words if it repeats. A table of them ends
 * with a row without name. Those that may be missing come last, one that repeats is the last. */
struct args_argument {
    const char *name; /* "HOST" */
    enum args_kind kind;
    size_t offset;
    const char *const *choices; /* as of an option */
    const char *(*choice)(size_t i);
    bool optional, repeats;
    const char *help; /* NULL: nothing to tell */
};

struct args_command {
    const char *name;    /* "config show" */
    const char *summary; /* what it does, in a line; no dot at its end */
    const struct args_argument *arguments;
    const struct args_option *options;
    const char *help;     /* more of it, a line for each paragraph; NULL: nothing */
    const char *notes;    /* as it is, at the end; NULL: nothing */
    const char *exits[3]; /* what the exit codes mean; NULL: it does not happen */
    const char *examples; /* a line for each */
    int (*run)(const struct args_command *self, int argc, char **argv);
    const struct args_command *const *parts; /* sub-commands, ends with NULL; or NULL */
    unsigned group;                          /* of the overview */
    bool program;                            /* it is called by its name alone: tokid, ntpq */
    bool options_first;                      /* the first argument ends the options */
    int wrong;                               /* exit code of a usage error; 0: ARGS_WRONG */
    const char *version;                     /* what --version prints; NULL: there is none */
    char version_letter;                     /* 0: V */
};

/* Fills `out`, which holds the defaults, with what follows argv[0], and moves the arguments to
 * argv[1] and on. False: *exit_code is the end, because help was printed or a usage error was told
 * on stderr. True: it is 0. */
bool args_parse(const struct args_command *c, int argc, char **argv, void *out, int *exit_code);

/* Tells a usage error: "toki wait: ...". Returns the exit code. */
int args_complain(const struct args_command *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The sub-command of this name, or NULL after telling what is wrong or printing the help, with the
 * exit code. */
const struct args_command *args_part(const struct args_command *c, int argc, char **argv,
                                     int *exit_code);

#endif

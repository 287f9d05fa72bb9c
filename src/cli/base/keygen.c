/* SPDX-License-Identifier: BSD-2-Clause */
/* toki keygen: one line for a key file, from the system's entropy. It is printed and kept nowhere:
 * `toki keygen --id 5 >>/etc/chrony/chrony.keys`. */
#include "cli/base/keygen.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/exits.h"
#include "config/keys.h"
#include "os/random.h"

#define LINE_CAPACITY (2 * MAC_SECRET_MAX + 64)
#define BITS_LEAST 80       /* less can be found by trying */
#define NTP_BITS_LEAST 88   /* shorter hexadecimal words would be read as text */
#define NTP_BITS_MOST 256   /* ntpd uses no more */
#define USUAL_BITS_MOST 256 /* no use in more, whatever the digest */

struct wish {
    enum keys_format format;
    enum mac_algorithm algorithm;
    unsigned long id, bits; /* bits 0: as the type suggests */
};

static int complain(const char *what)
{
    fprintf(stderr, "toki: %s\n", what);
    return EXIT_USAGE;
}

static bool read_number(const char *text, unsigned long most, unsigned long *number)
{
    char *end;

    *number = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *number <= most;
}

/* False: a word that is none. */
static bool read_option(int option, const char *text, struct wish *wish)
{
    switch (option) {
    case 't':
        wish->algorithm = keys_find_type(text);
        return wish->algorithm != MAC_ALGORITHMS;
    case 'i':
        return read_number(text, UINT32_MAX, &wish->id) && wish->id > 0;
    case 'b':
        return read_number(text, 8 * MAC_SECRET_MAX, &wish->bits) && wish->bits > 0;
    case 'f':
        wish->format = strcmp(text, "ntp") == 0 ? KEYS_NTP : KEYS_CHRONY;
        return wish->format == KEYS_NTP || strcmp(text, "chrony") == 0;
    default:
        return false;
    }
}

static unsigned long usual_bits(enum mac_algorithm a)
{
    unsigned long bits = 8 * mac_digest_length(a);

    if (mac_secret_length(a) != 0) {
        return 8 * mac_secret_length(a);
    }
    return bits < USUAL_BITS_MOST ? bits : USUAL_BITS_MOST;
}

/* What is wrong with the wish as a whole, NULL if it can be fulfilled. */
static const char *find_problem(const struct wish *wish)
{
    static char text[160];
    size_t wanted = mac_secret_length(wish->algorithm);
    unsigned long least = wish->format == KEYS_NTP ? NTP_BITS_LEAST : BITS_LEAST;
    unsigned long most = wish->format == KEYS_NTP ? NTP_BITS_MOST : 8UL * MAC_SECRET_MAX;

    if (!keys_type_name(wish->format, wish->algorithm)) {
        snprintf(text, sizeof text, "chronyd has no keys of type %s; see --format",
                 mac_algorithm_name(wish->algorithm));
        return text;
    }
    if (wish->format == KEYS_NTP && wish->id > 65535) {
        return "in ntp's key files a key has a number from 1 to 65535";
    }
    if (wanted != 0 && wish->bits != 8 * wanted) {
        snprintf(text, sizeof text, "a key of type %s has %zu bits",
                 mac_algorithm_name(wish->algorithm), 8 * wanted);
        return text;
    }
    if (wish->bits < least || wish->bits > most || wish->bits % 8 != 0) {
        snprintf(text, sizeof text, "--bits is a multiple of 8 from %lu to %lu here", least, most);
        return text;
    }
    return NULL;
}

int keygen_run(int argc, char **argv)
{
    static const struct option options[] = {{"type", required_argument, NULL, 't'},
                                            {"id", required_argument, NULL, 'i'},
                                            {"bits", required_argument, NULL, 'b'},
                                            {"format", required_argument, NULL, 'f'},
                                            {NULL, 0, NULL, 0}};
    struct wish wish = {.format = KEYS_CHRONY, .algorithm = MAC_AES128, .id = 1};
    uint8_t secret[MAC_SECRET_MAX];
    char line[LINE_CAPACITY];
    const char *problem;
    size_t length;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != '?' && !read_option(option, optarg, &wish)) {
            fprintf(stderr, "toki: '%s' is not possible here\n", optarg);
            option = '?';
        }
        if (option == '?') {
            optind = argc + 1;
            break;
        }
    }
    if (optind != argc) {
        return complain(
            "usage: toki keygen [--type AES128|AES256|SHA256|SHA1|...] [--id N] "
            "[--bits N] [--format chrony|ntp]");
    }
    wish.bits = wish.bits != 0 ? wish.bits : usual_bits(wish.algorithm);
    problem = find_problem(&wish);
    if (problem) {
        return complain(problem);
    }
    random_system(secret, sizeof secret);
    length = keys_write_line(wish.format, (uint32_t)wish.id, wish.algorithm, secret, wish.bits / 8,
                             line, sizeof line);
    if (length == 0 || puts(line) < 0 || fflush(stdout) != 0) {
        return complain("the key could not be written");
    }
    return EXIT_GOOD;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* toki keygen: one line for a key file, from the system's entropy. It is printed and kept nowhere:
 * `toki keygen --id 5 >>/etc/chrony/chrony.keys`. */
#include "cli/base/keygen.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/args_value.h"
#include "cli/base/command.h"
#include "config/keys.h"
#include "os/random.h"

#define LINE_CAPACITY (2 * MAC_SECRET_MAX + 64)
#define BITS_LEAST 80       /* less can be found by trying */
#define NTP_BITS_LEAST 88   /* shorter hexadecimal words would be read as text */
#define NTP_BITS_MOST 256   /* ntpd uses no more */
#define USUAL_BITS_MOST 256 /* no use in more, whatever the digest */

struct wish {
    enum keys_format format;
    const char *format_name;
    enum mac_algorithm algorithm;
    unsigned id, bits; /* bits 0: as the type suggests */
};

static bool set_type(const struct args_option *option, const char *text, void *out, char *problem,
                     size_t capacity)
{
    struct wish *wish = out;
    const char *name;

    wish->algorithm = keys_find_type(text); /* in capitals or not, and under other names too */
    return wish->algorithm != MAC_ALGORITHMS ||
           args_value_choose(option, text, &name, problem, capacity);
}

static const char *type_name(size_t i)
{
    return i < MAC_ALGORITHMS - MAC_MD5 ? mac_algorithm_name((enum mac_algorithm)(MAC_MD5 + i))
                                        : NULL;
}

static const char *const formats[] = {"chrony", "ntp", NULL};

static const struct args_option options[] = {
    {0, "type", ARGS_CHOICE, .value = "TYPE", .set = set_type, .choice = type_name,
     .fallback = "AES128", .help = "algorithm, such as AES256, SHA256 or SHA1"},
    {0, "id", ARGS_COUNT, offsetof(struct wish, id), .least = 1, .most = UINT32_MAX,
     .fallback = "1", .help = "number of the key"},
    {0, "bits", ARGS_COUNT, offsetof(struct wish, bits), .least = 1, .most = 8 * MAC_SECRET_MAX,
     .fallback = "as suits the type", .help = "length of the key"},
    {0, "format", ARGS_CHOICE, offsetof(struct wish, format_name), .choices = formats,
     .fallback = "chrony",
     .help = "chrony: a line for the keyfile of chrony.conf; ntp: for the keys file of ntp.conf"},
    {.help = NULL}};

static unsigned usual_bits(enum mac_algorithm a)
{
    unsigned bits = 8 * (unsigned)mac_digest_length(a);

    if (mac_secret_length(a) != 0) {
        return 8 * (unsigned)mac_secret_length(a);
    }
    return bits < USUAL_BITS_MOST ? bits : USUAL_BITS_MOST;
}

/* What is wrong with the wish as a whole, NULL if it can be fulfilled. */
static const char *find_problem(const struct wish *wish)
{
    static char text[160];
    size_t wanted = mac_secret_length(wish->algorithm);
    unsigned least = wish->format == KEYS_NTP ? NTP_BITS_LEAST : BITS_LEAST;
    unsigned most = wish->format == KEYS_NTP ? NTP_BITS_MOST : 8 * MAC_SECRET_MAX;

    if (!keys_type_name(wish->format, wish->algorithm)) {
        snprintf(text, sizeof text, "chronyd has no keys of type %s; see --format",
                 mac_algorithm_name(wish->algorithm));
        return text;
    }
    if (wish->format == KEYS_NTP && wish->id > 65535) {
        return "in ntpd's key files key numbers are 1 to 65535";
    }
    if (wanted != 0 && wish->bits != 8 * wanted) {
        snprintf(text, sizeof text, "a key of type %s has %zu bits",
                 mac_algorithm_name(wish->algorithm), 8 * wanted);
        return text;
    }
    if (wish->bits < least || wish->bits > most || wish->bits % 8 != 0) {
        snprintf(text, sizeof text, "--bits is a multiple of 8 from %u to %u here", least, most);
        return text;
    }
    return NULL;
}

static int run(const struct args_command *self, int argc, char **argv)
{
    struct wish wish = {.format_name = formats[KEYS_CHRONY], .algorithm = MAC_AES128, .id = 1};
    uint8_t secret[MAC_SECRET_MAX];
    char line[LINE_CAPACITY];
    const char *problem;
    size_t length;
    int code;

    if (!args_parse(self, argc, argv, &wish, &code)) {
        return code;
    }
    wish.format = strcmp(wish.format_name, formats[KEYS_NTP]) == 0 ? KEYS_NTP : KEYS_CHRONY;
    wish.bits = wish.bits != 0 ? wish.bits : usual_bits(wish.algorithm);
    problem = find_problem(&wish);
    if (problem) {
        return args_complain(self, "%s", problem);
    }
    random_system(secret, sizeof secret);
    length = keys_write_line(wish.format, wish.id, wish.algorithm, secret, wish.bits / 8, line,
                             sizeof line);
    if (length == 0 || puts(line) < 0 || fflush(stdout) != 0) {
        fprintf(stderr, "toki: the key could not be written\n");
        return EXIT_USAGE;
    }
    return EXIT_GOOD;
}

const struct args_command keygen_command = {
    .name = "keygen",
    .summary = "Print a line with a new key for a key file",
    .help =
        "Both sides need the same line, in the file that 'keyfile' (chrony.conf) or 'keys' "
        "(ntp.conf) names. The key is stored nowhere else.",
    .options = options,
    .exits = {"printed", NULL, "wrong usage, or such a key does not exist"},
    .examples = "toki keygen --type AES256 --id 5 >> /etc/chrony/chrony.keys",
    .run = run,
    .group = GROUP_CONFIGURATION,
};

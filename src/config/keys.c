/* SPDX-License-Identifier: BSD-2-Clause */
/* The file is read as bytes that may be anything; its lines are shown in messages with
 * stars in place of all that might be a secret. */
#include "config/keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/include.h"
#include "config/message.h"
#include "config/text.h"
#include "os/file.h"

#define KEY_LINE_MAX 2047
#define KEY_WORDS_MAX 5
#define NTP_KEY_MAX 65535U
#define NTP_TEXT_MAX 20   /* longer words are hexadecimal digits */
#define NTP_SECRET_MAX 32 /* ntpd uses no more */
#define WEAK_SECRET 10    /* bytes, below which a key can be found by trying */

/* ---- types ---- */

/* The first name of an algorithm is the one for lines that toki writes: chrony, ntp. */
static const struct {
    const char *chrony, *ntp;
} written[MAC_ALGORITHMS] = {
    [MAC_MD5] = {"MD5", "MD5"},
    [MAC_SHA1] = {"SHA1", "SHA1"},
    [MAC_SHA224] = {NULL, "SHA224"},
    [MAC_SHA256] = {"SHA256", "SHA256"},
    [MAC_SHA384] = {"SHA384", "SHA384"},
    [MAC_SHA512] = {"SHA512", "SHA512"},
    [MAC_SHA3_224] = {"SHA3-224", "SHA3-224"},
    [MAC_SHA3_256] = {"SHA3-256", "SHA3-256"},
    [MAC_SHA3_384] = {"SHA3-384", "SHA3-384"},
    [MAC_SHA3_512] = {"SHA3-512", "SHA3-512"},
    [MAC_RIPEMD160] = {NULL, "RIPEMD160"},
    [MAC_AES128] = {"AES128", "AES128CMAC"},
    [MAC_AES256] = {"AES256", "AES-256"},
};

static const struct {
    const char *name;
    enum mac_algorithm algorithm;
} others[] = {
    {"M", MAC_MD5},
    {"RMD160", MAC_RIPEMD160},
    {"RIPEMD", MAC_RIPEMD160},
    {"AES", MAC_AES128},
    {"AES-128", MAC_AES128},
    {"AES-CMAC", MAC_AES128},
    {"AES128", MAC_AES128},
    {"AES-128-CMAC", MAC_AES128},
    {"AES256", MAC_AES256},
    {"AES256CMAC", MAC_AES256},
    {"AES-256-CMAC", MAC_AES256},
};

static const char *const unsupported[] = {"TIGER", "WHIRLPOOL", "AES192", "AES-192",   "SM3",
                                          "MD4",   "MDC2",      "SHA",    "SHA512-256"};

const char *keys_type_name(enum keys_format format, enum mac_algorithm algorithm)
{
    if ((unsigned)algorithm >= MAC_ALGORITHMS) {
        return NULL;
    }
    return format == KEYS_CHRONY ? written[algorithm].chrony : written[algorithm].ntp;
}

enum mac_algorithm keys_find_type(const char *name)
{
    for (enum mac_algorithm a = MAC_MD5; a < MAC_ALGORITHMS; a++) {
        if (text_equal_any_case(name, mac_algorithm_name(a)) ||
            text_equal_any_case(name, written[a].ntp)) {
            return a;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (text_equal_any_case(name, others[i].name)) {
            return others[i].algorithm;
        }
    }
    return MAC_ALGORITHMS;
}

static bool is_unsupported(const char *name)
{
    for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++) {
        if (text_equal_any_case(name, unsupported[i])) {
            return true;
        }
    }
    return false;
}

/* ---- a line written ---- */

size_t keys_write_line(enum keys_format format, uint32_t id, enum mac_algorithm algorithm,
                       const uint8_t *secret, size_t length, char *out, size_t capacity)
{
    const char *type = keys_type_name(format, algorithm);
    bool ntp = format == KEYS_NTP;
    size_t least = ntp ? NTP_TEXT_MAX / 2 + 1 : 1, most = ntp ? NTP_SECRET_MAX : MAC_SECRET_MAX;
    size_t wanted = type ? mac_secret_length(algorithm) : 0, used;

    if (!type || id == 0 || (ntp && id > NTP_KEY_MAX) || length < least || length > most ||
        (wanted != 0 && length != wanted)) {
        return 0;
    }
    used = (size_t)snprintf(out, capacity, "%u %s %s", id, type, ntp ? "" : "HEX:");
    if (used + 2 * length >= capacity) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        used += (size_t)snprintf(out + used, capacity - used, "%02X", secret[i]);
    }
    return used;
}

/* ---- one line ---- */

struct key_word {
    char text[KEY_LINE_MAX + 1];
    size_t at, length; /* in the line, bytes */
};

struct key_line {
    struct config *config;
    const char *name; /* of the file */
    enum keys_format format;
    unsigned number;
    const char *text;
    size_t length;
    struct key_word words[KEY_WORDS_MAX];
    unsigned count;
    unsigned shown; /* number of words that are not secret */
    bool hash;      /* a '#' ends the last word and begins a comment */
    bool md5_told;  /* it is said once for a file */
    uint32_t id;
};

/* The line as messages may show it: stars in place of all that may be secret. */
static size_t mask_line(const struct key_line *l, char out[KEY_LINE_MAX + 1])
{
    size_t used = 0, bytes;

    for (size_t at = 0; at < l->length; at += bytes) {
        uint32_t code;
        bool shown = text_is_blank(l->text[at]);

        bytes = text_character(l->text + at, l->length - at, &code);
        for (unsigned i = 0; i < l->count && i < l->shown; i++) {
            shown = shown || (at >= l->words[i].at && at - l->words[i].at < l->words[i].length);
        }
        memcpy(out + used, shown ? l->text + at : "*", shown ? bytes : 1);
        used += shown ? bytes : 1;
    }
    return used;
}

/* Says what is wrong with word `word` (from 0) of the line; behind the last one: with its end. */
static void __attribute__((format(printf, 4, 5)))
warn(const struct key_line *l, unsigned word, const char *hint, const char *format, ...)
{
    char source[KEY_LINE_MAX + 1];
    struct message_place place = {.file = l->name, .line = l->number, .column = 1, .width = 1};
    va_list arguments;

    if (l->length <= KEY_LINE_MAX) {
        place.source = source;
        place.source_length = mask_line(l, source);
    }
    if (word < l->count) {
        place.column = text_length(l->text, l->words[word].at) + 1;
        place.width = text_length(l->text + l->words[word].at, l->words[word].length);
    } else if (l->count > 0) {
        const struct key_word *last = &l->words[l->count - 1];

        place.column = text_length(l->text, last->at + last->length) + 1;
    }
    va_start(arguments, format);
    message_add(l->config, CONFIG_WARNING, &place, hint, format, arguments);
    va_end(arguments);
}

static bool is_comment(const struct key_line *l, char first)
{
    return first == '#' ||
           (l->format == KEYS_CHRONY && (first == '!' || first == ';' || first == '%'));
}

/* In ntpd's files a '#' begins a comment wherever it is; in chronyd's as the first character of the
 * line, and here also where a fourth word would be. */
static void split(struct key_line *l)
{
    size_t at = 0;

    l->count = 0;
    l->hash = false;
    while (l->count < KEY_WORDS_MAX) {
        struct key_word *word = &l->words[l->count];

        while (at < l->length && text_is_blank(l->text[at])) {
            at++;
        }
        if (at == l->length || (l->count == 0 && is_comment(l, l->text[at])) ||
            (l->text[at] == '#' && (l->format == KEYS_NTP || l->count == 3))) {
            return;
        }
        word->at = at;
        while (at < l->length && !text_is_blank(l->text[at]) &&
               (l->format == KEYS_CHRONY || l->text[at] != '#')) {
            at++;
        }
        word->length = at - word->at;
        memcpy(word->text, l->text + word->at, word->length);
        word->text[word->length] = '\0';
        l->count++;
        if (at < l->length && l->text[at] == '#') {
            l->hash = true;
            return;
        }
    }
}

static bool read_id(struct key_line *l)
{
    const char *text = l->words[0].text;
    uint64_t id = 0, most = l->format == KEYS_NTP ? NTP_KEY_MAX : UINT32_MAX;
    char hint[80];

    snprintf(hint, sizeof hint, "a line starts with a key number from 1 to %llu",
             (unsigned long long)most);
    if (strspn(text, "0123456789") != l->words[0].length) {
        warn(l, 0, hint, "W004 not a key number; the line is ignored");
        return false;
    }
    l->shown = 1;
    for (; *text != '\0' && id <= most; text++) {
        id = id * 10 + (uint64_t)(*text - '0');
    }
    if (id == 0 || id > most) {
        warn(l, 0, hint, "W004 '%.20s' is not a valid key number; the line is ignored",
             l->words[0].text);
        return false;
    }
    l->id = (uint32_t)id;
    return true;
}

/* Which word is the secret, and of which type. */
static bool read_type(struct key_line *l, enum mac_algorithm *type, unsigned *secret)
{
    const char *usage =
        l->format == KEYS_NTP ? "a line is: ID TYPE KEY" : "a line is: ID [TYPE] KEY";
    const char *word = l->words[1].text;

    *type = MAC_MD5;
    *secret = 1;
    if (l->count == 1 || (l->count == 2 && l->format == KEYS_NTP)) {
        warn(l, l->count, usage, "W004 key %u has no %s; it is not used", l->id,
             l->count == 1 && l->format == KEYS_NTP ? "type" : "secret");
        return false;
    }
    if (l->count == 2) {
        return true;
    }
    *secret = 2;
    *type = keys_find_type(word);
    if (*type == MAC_ALGORITHMS && l->format == KEYS_NTP && text_lower(word[0]) == 'm' &&
        !is_unsupported(word)) {
        *type = MAC_MD5; /* as ntpd takes it, since there was nothing else */
    }
    l->shown = *type != MAC_ALGORITHMS || is_unsupported(word) ? 2 : 1;
    if (*type == MAC_ALGORITHMS) {
        warn(l, 1, "MD5, SHA1, SHA256, SHA384, SHA512, SHA3-256, AES128, AES256, ...",
             l->shown == 2 ? "W004 the type of key %u is not supported; it is not used"
                           : "W004 the type of key %u is not known; it is not used",
             l->id);
        return false;
    }
    if (l->count > 3) {
        warn(l, 3, usage,
             l->format == KEYS_NTP
                 ? "W004 key %u is limited to addresses, which is not supported; it is not used"
                 : "W004 unexpected argument after key %u; it is not used",
             l->id);
        return false;
    }
    return true;
}

/* Hexadecimal digits -> bytes. */
static bool read_hex(const struct key_line *l, unsigned word, const char *text, uint8_t *out,
                     size_t *length)
{
    static const char digits[] = "0123456789abcdef";
    size_t count = strlen(text);

    for (size_t i = 0; i < count; i++) {
        const char *digit = strchr(digits, text_lower(text[i]));

        if (!digit) {
            warn(l, word,
                 l->format == KEYS_NTP ? "a key of more than 20 characters is hexadecimal"
                                       : "0-9 and a-f",
                 "W004 key %u has characters that are not hexadecimal digits; it is not used",
                 l->id);
            return false;
        }
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit - digits));
    }
    if (count % 2 != 0) {
        warn(l, word, "two digits make a byte",
             "W004 key %u has an odd number of hexadecimal digits; it is not used", l->id);
        return false;
    }
    *length = count / 2;
    return true;
}

/* The secret as it is written -> bytes. */
static bool read_secret(const struct key_line *l, unsigned word, uint8_t *out, size_t *length)
{
    const struct key_word *w = &l->words[word];
    const char *text = w->text;

    if (l->hash) {
        warn(l, word, "write the key as hexadecimal digits",
             "W004 key %u has a '#', which starts a comment; it is not used", l->id);
        return false;
    }
    if (l->format == KEYS_NTP ? w->length > NTP_TEXT_MAX : strncmp(text, "HEX:", 4) == 0) {
        return read_hex(l, word, l->format == KEYS_NTP ? text : text + 4, out, length);
    }
    if (l->format == KEYS_CHRONY && strncmp(text, "ASCII:", 6) == 0) {
        text += 6;
    }
    *length = strlen(text);
    memcpy(out, text, *length);
    return true;
}

/* What is wrong with the length, or only doubtful. ntpd makes any secret fit. */
static bool fit_secret(const struct key_line *l, unsigned word, enum mac_algorithm type,
                       size_t *length)
{
    size_t wanted = mac_secret_length(type);

    if (*length == 0) {
        warn(l, word, "", "W004 key %u is empty; it is not used", l->id);
        return false;
    }
    if (l->format == KEYS_NTP && *length > NTP_SECRET_MAX) {
        warn(l, word, "ntpd does the same", "W004 only the first %d bytes of key %u are used",
             NTP_SECRET_MAX, l->id);
        *length = NTP_SECRET_MAX;
    }
    if (wanted != 0 && *length != wanted && l->format == KEYS_CHRONY) {
        warn(l, word, "", "W004 key %u has %zu bytes, but %s takes %zu; it is not used", l->id,
             *length, l->words[1].text, wanted);
        return false;
    }
    if (*length > MAC_SECRET_MAX) {
        warn(l, word, "", "W004 key %u has more than %d bytes; it is not used", l->id,
             MAC_SECRET_MAX);
        return false;
    }
    if (*length < WEAK_SECRET) {
        warn(l, word, "make a better one: toki keygen",
             "W005 key %u has %zu byte%s: it can be found by brute force", l->id, *length,
             *length == 1 ? "" : "s");
    }
    if (wanted != 0 && *length != wanted) {
        warn(l, word, "ntpd does the same", "W004 key %u has %zu bytes: it is %s to %zu", l->id,
             *length, *length < wanted ? "padded with zeros" : "truncated", wanted);
        *length = wanted;
    }
    return true;
}

static void read_key(struct key_line *l)
{
    uint8_t secret[KEY_LINE_MAX + 1] = {0};
    enum mac_algorithm type;
    size_t length;
    unsigned word;

    l->shown = 0;
    split(l);
    if (l->count == 0 || !read_id(l) || !read_type(l, &type, &word) ||
        !read_secret(l, word, secret, &length) || !fit_secret(l, word, type, &length)) {
        return;
    }
    if (type == MAC_MD5 && !l->md5_told) {
        l->md5_told = true;
        warn(l, word - 1, "a better type is AES128 (toki keygen --type AES128)",
             "W005 key %u is used with MD5, which RFC 8573 advises against", l->id);
    }
    if (mac_find(&l->config->keys, l->id)) {
        warn(l, 0, "", "W004 key %u repeated: this line takes effect", l->id);
    }
    if (!mac_add(&l->config->keys, l->id, type, secret, length)) {
        warn(l, 0, "",
             "W004 key %u exceeds the limit for all keys (%d keys, %d bytes); it is not used",
             l->id, MAC_KEYS_MAX, MAC_SECRETS_MAX);
    }
}

void keys_read_text(struct config *c, const char *name, const char *text, size_t length,
                    enum keys_format format)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8 */
    struct key_line line = {.config = c, .name = name, .format = format};

    if (length >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        length -= 3;
    }
    while (length > 0) {
        const char *end = memchr(text, '\n', length);

        line.number++;
        line.text = text;
        line.length = end ? (size_t)(end - text) : length;
        line.count = 0;
        if (memchr(text, '\0', line.length)) {
            line.length = 0;
            warn(&line, 0, "the keys from here on are ignored",
                 "W004 a NUL byte: this is not a text file");
            return;
        }
        if (line.length > KEY_LINE_MAX) {
            warn(&line, 0, "", "W004 the line is longer than %d bytes; it is not used",
                 KEY_LINE_MAX);
        } else {
            read_key(&line);
        }
        text += line.length + (end != NULL);
        length -= line.length + (end != NULL);
    }
}

/* ---- rows ---- */

static struct origin place_of(const struct reader *r, const struct word *word)
{
    return (struct origin){.file = r->frame->path,
                           .line = r->frame->line,
                           .column = word->column,
                           .width = word->width};
}

void keys_file(struct reader *r)
{
    r->key_file_seen = place_of(r, directive_value(r, "file")->word);
}

void keys_note_source(struct reader *r, unsigned spec)
{
    struct key_use *use = &r->key_uses[spec];
    const struct value *key = directive_value(r, "key");

    memset(use, 0, sizeof *use);
    if (!key) {
        return;
    }
    use->at = place_of(r, key->word);
    use->version_given = directive_value(r, "version") != NULL;
    if (r->frame->source_length < sizeof use->line) {
        use->line_length = r->frame->source_length;
        memcpy(use->line, r->frame->source, use->line_length);
    }
}

/* trustedkey 1 3 (5 ... 9): a number, parentheses and dots may stand in one word or in several. */
struct trust_reader {
    struct reader *r;
    const struct word *word;
    const char *at; /* in the word */
    unsigned left;  /* words behind it */
    char kind;      /* '1': a number, '(', ')', '.': three dots, 0: the end, '?' */
    uint32_t number;
};

static void next_token(struct trust_reader *t)
{
    while (*t->at == '\0' && t->left > 0) {
        t->left--;
        t->word++;
        t->at = t->word->text;
    }
    t->kind = *t->at == '\0' ? '\0' : '?';
    if (text_is_digit(*t->at)) {
        t->kind = '1';
        for (t->number = 0; text_is_digit(*t->at); t->at++) {
            if (t->number <= NTP_KEY_MAX) {
                t->number = t->number * 10 + (uint32_t)(*t->at - '0');
            }
        }
    } else if (*t->at == '(' || *t->at == ')') {
        t->kind = *t->at++;
    } else if (strncmp(t->at, "...", 3) == 0) {
        t->kind = '.';
        t->at += 3;
    }
}

static const char trust_usage[] = "usage: trustedkey 1 3 (5 ... 9)";

/* The number at hand, if it is one; moves on. */
static bool take_number(struct trust_reader *t, uint32_t *number)
{
    if (t->kind != '1') {
        reader_error(t->r, t->kind != '\0' ? t->word : NULL, trust_usage,
                     "E005 expected a key number");
        return false;
    }
    if (t->number == 0 || t->number > NTP_KEY_MAX) {
        reader_error(t->r, t->word, "a whole number from 1 to 65535",
                     "E017 '%.40s' is not a valid key number", t->word->text);
        return false;
    }
    *number = t->number;
    next_token(t);
    return true;
}

static bool take_mark(struct trust_reader *t, char kind, const char *mark)
{
    if (t->kind != kind) {
        reader_error(t->r, t->kind != '\0' ? t->word : NULL, trust_usage, "E005 expected '%s'",
                     mark);
        return false;
    }
    next_token(t);
    return true;
}

void keys_trusted(struct reader *r)
{
    struct trust_reader t = {.r = r,
                             .word = &r->line.words[r->rest],
                             .at = r->line.words[r->rest].text,
                             .left = r->line.count - r->rest - 1};

    next_token(&t);
    while (t.kind != '\0') {
        struct key_range range = {.at = place_of(r, t.word)};
        const struct word *first = t.word;
        bool several = t.kind == '(';

        if (several) {
            next_token(&t);
        }
        if (!take_number(&t, &range.low)) {
            return;
        }
        range.high = range.low;
        if (several && (!take_mark(&t, '.', "...") || !take_number(&t, &range.high) ||
                        !take_mark(&t, ')', ")"))) {
            return;
        }
        if (range.high < range.low) {
            reader_error(r, first, trust_usage, "E017 the end of the range is before its start");
            return;
        }
        if (r->trusted_count == KEY_RANGES_MAX) {
            reader_error(r, first, "", "E015 more than %d numbers and ranges", KEY_RANGES_MAX);
            return;
        }
        r->trusted[r->trusted_count++] = range;
    }
}

/* ---- the whole ---- */

static bool is_trusted(const struct reader *r, uint32_t id)
{
    if (r->config->dialect != DIALECT_NTP) {
        return true;
    }
    for (unsigned i = 0; i < r->trusted_count; i++) {
        if (id >= r->trusted[i].low && id <= r->trusted[i].high) {
            return true;
        }
    }
    return false;
}

static void __attribute__((format(printf, 4, 5)))
complain_of_use(struct reader *r, const struct key_use *use, const char *hint, const char *format,
                ...)
{
    struct message_place place = {.file = use->at.file,
                                  .line = use->at.line,
                                  .column = use->at.column,
                                  .width = use->at.width,
                                  .source = use->line_length > 0 ? use->line : NULL,
                                  .source_length = use->line_length};
    va_list arguments;

    va_start(arguments, format);
    message_add(r->config, CONFIG_ERROR, &place, hint, format, arguments);
    va_end(arguments);
}

/* Why a source has not the key that it names. */
static void complain_of_missing(struct reader *r, const struct key_use *use, uint32_t id)
{
    const struct config *c = r->config;
    const char *row = c->dialect == DIALECT_NTP ? "keys" : "keyfile";
    char hint[CONFIG_PATH_MAX + 40];

    if (c->keyfile[0] == '\0') {
        snprintf(hint, sizeof hint, "add a line: %s FILE", row);
        complain_of_use(r, use, hint, "E017 key %u is unknown: no key file is configured", id);
    } else if (r->key_file_error != 0) {
        complain_of_use(r, use, "", "E017 key %u is unknown: '%.180s': %s", id, c->keyfile,
                        include_explain(r->key_file_error));
    } else {
        complain_of_use(r, use, "", "E017 there is no usable key %u in '%.180s'", id, c->keyfile);
    }
}

void keys_check_sources(struct reader *r)
{
    struct settings *s = &r->config->settings;

    for (unsigned i = 0; i < s->spec_count; i++) {
        struct source_spec *spec = &s->specs[i];
        const struct key_use *use = &r->key_uses[i];
        const struct mac_key *key = mac_find(&r->config->keys, spec->key_id);
        char hint[40];

        if (spec->key_id == 0 || spec->kind == SOURCE_REFCLOCK || !use->at.file) {
            continue; /* without a key, or not of the lines that were read */
        }
        if (!key) {
            complain_of_missing(r, use, spec->key_id);
        } else if (r->keys_unsifted && !is_trusted(r, spec->key_id)) {
            snprintf(hint, sizeof hint, "add a line: trustedkey %u", spec->key_id);
            complain_of_use(r, use, hint, "E017 key %u is not trusted", spec->key_id);
        } else if (spec->long_mac && !use->version_given &&
                   mac_digest_length(key->algorithm) > MAC_DIGEST_SHORT) {
            spec->version = 3; /* as chronyd: older ones know no short MACs */
        }
    }
}

/* Does anything ask for a key? */
static bool is_wanted(const struct reader *r)
{
    const struct settings *s = &r->config->settings;
    bool wanted = r->trusted_count > 0 || r->config->control_key != 0 || r->notrust_seen.file;

    for (unsigned i = 0; i < s->spec_count; i++) {
        wanted = wanted || s->specs[i].key_id != 0;
    }
    return wanted;
}

static void read_file(struct reader *r)
{
    struct config *c = r->config;
    char *text = NULL, hint[CONFIG_PATH_MAX + 40];
    size_t length = 0;
    int error = file_read(c->keyfile, KEYS_FILE_LIMIT, &text, &length);
    long mode = file_mode(c->keyfile);

    r->key_file_error = error;
    c->keys_unreadable = error != 0 && error != -ENOENT;
    if (error != 0) {
        /* the usual file names one, whether there are keys or not */
        if (is_wanted(r) || error != -ENOENT) {
            reader_message_at(r, CONFIG_WARNING, &r->key_file_seen, "no key can be used",
                              "W004 '%.180s': %s", c->keyfile, include_explain(error));
        }
        return;
    }
    if (mode > 0 && (mode & 07) != 0) {
        snprintf(hint, sizeof hint, "chmod 640 '%.200s'", c->keyfile);
        reader_message_at(r, CONFIG_WARNING, &r->key_file_seen, hint,
                          "W005 any user on this host can %s the keys in '%.180s'",
                          (mode & 02) != 0 ? "write" : "read", c->keyfile);
    }
    keys_read_text(c, c->keyfile, text, length, c->dialect == DIALECT_NTP ? KEYS_NTP : KEYS_CHRONY);
    memset(text, 0, length);
    free(text);
}

/* Numbers without keys. */
static void check_trusted(struct reader *r)
{
    const struct config *c = r->config;

    for (unsigned i = 0; i < r->trusted_count; i++) {
        const struct key_range *range = &r->trusted[i];

        if (c->keyfile[0] == '\0') {
            reader_message_at(r, CONFIG_WARNING, &range->at, "add a line: keys FILE",
                              "W004 a key is trusted, but no key file is configured");
            return;
        }
        if (r->key_file_error == 0 && range->low == range->high &&
            !mac_find(&c->keys, range->low)) {
            reader_message_at(r, CONFIG_WARNING, &range->at, "",
                              "W004 there is no usable key %u in '%.180s'", range->low, c->keyfile);
        }
    }
}

static void drop_untrusted(struct reader *r)
{
    struct config *c = r->config;
    struct mac_keys *all = c->keys.count > 0 ? malloc(sizeof *all) : NULL;

    if (all) {
        *all = c->keys;
    }
    memset(&c->keys, 0, sizeof c->keys);
    for (unsigned i = 0; all && i < all->count; i++) {
        const struct mac_key *key = &all->keys[i];

        if (is_trusted(r, key->id)) {
            mac_add(&c->keys, key->id, key->algorithm, all->secrets + key->at, key->length);
        }
    }
    free(all);
}

void keys_control(struct reader *r)
{
    r->control_seen = reader_here(r);
}

/* A control key that is not usable opens nothing. */
static void check_control(struct reader *r)
{
    uint32_t id = r->config->control_key;
    char hint[60];

    if (id != 0 && r->control_seen.file && !mac_find(&r->config->keys, id)) {
        snprintf(hint, sizeof hint, "add the lines: keys FILE and trustedkey %u", id);
        reader_message_at(
            r, CONFIG_WARNING, &r->control_seen, hint,
            "W004 key %u, which allows ntpq to make changes, is not usable and trusted", id);
    }
}

void keys_load(struct reader *r)
{
    struct config *c = r->config;

    if (c->keyfile[0] != '\0') {
        read_file(r);
    }
    r->keys_unsifted = true;
    check_trusted(r);
    keys_check_sources(r);
    r->keys_unsifted = false;
    drop_untrusted(r);
    check_control(r);
    if (r->notrust_seen.file && c->keys.count == 0) {
        reader_message_at(r, CONFIG_WARNING, &r->notrust_seen, "to deny all of them, use 'noserve'",
                          "W020 there are no keys, so no packet can satisfy 'notrust'");
    }
}

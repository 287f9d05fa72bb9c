/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of a file go to directive_parse() one by one; a row of the table may
 * come back here for another file, at most CONFIG_INCLUDE_DEPTH deep. */
#include "config/include.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/text.h"
#include "os/file.h"

const char *include_explain(int error)
{
    switch (-error) {
    case ENOENT:
    case ENOTDIR: return "no such file";
    case EACCES:
    case EPERM: return "permission denied";
    case EISDIR: return "is a directory";
    case EINVAL: return "not a regular file";
    case EFBIG: return "larger than 1000000 bytes";
    case ELOOP: return "too many symbolic links";
    case ENAMETOOLONG: return "file name too long";
    default: return "cannot be read";
    }
}

static void complain_of_line(struct reader *r, enum line_verdict verdict)
{
    struct word at = {.column = r->line.fault_column, .width = 1};

    switch (verdict) {
    case LINE_QUOTE_OPEN: reader_error(r, &at, "", "E013 unterminated quote"); break;
    case LINE_TOO_LONG:
        reader_error(r, &at, "", "E013 the line is longer than %d bytes", LINE_BYTES_MAX);
        break;
    case LINE_TOO_MANY_WORDS:
        reader_error(r, &at, "", "E013 the line has more than %d words", LINE_WORDS_MAX);
        break;
    case LINE_BAD_CHARACTER: reader_error(r, &at, "", "E013 invalid control character"); break;
    case LINE_WIDE_BLANK:
        reader_error(r, &at, "use an ASCII space",
                     "E013 a wide or non-breaking space (U+3000, U+00A0) does not separate words");
        break;
    case LINE_WORDS: break;
    }
}

static void read_line(struct reader *r)
{
    enum line_verdict verdict =
        line_split(&r->line, r->frame->source, r->frame->source_length, &r->language->style);

    if (verdict != LINE_WORDS) {
        complain_of_line(r, verdict);
    } else if (r->line.count > 0) {
        directive_parse(r);
    }
}

/* The line's words are gone after an include within it: nothing may use them then. */
static void read_lines(struct reader *r, const char *text, size_t length)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, as some editors write it */

    if (length >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        length -= 3;
    }
    const char *nul = length > 0 ? memchr(text, 0, length) : NULL;
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t line_length = end ? (size_t)(end - text) : length;

        r->frame->line++;
        r->frame->source = text;
        r->frame->source_length = line_length;
        if (!nul) {
            read_line(r);
        } else if (nul < text + line_length) {
            struct word at = {.column = text_length(text, (size_t)(nul - text)) + 1, .width = 1};

            reader_error(r, &at, "save it as UTF-8; nothing was read",
                         "E013 a NUL byte: this is not a text file");
            return;
        }
        text += line_length + (end != NULL);
        length -= line_length + (end != NULL);
    }
}

/* A copy of the path that lives as long as the reader; NULL: too many files or no memory. */
static const char *keep_path(struct reader *r, const char *path)
{
    char *copy = r->file_count < READER_FILES_MAX ? strdup(path) : NULL;

    if (copy) {
        r->files[r->file_count++] = copy;
    }
    return copy;
}

void include_text(struct reader *r, const char *path, const char *text, size_t length)
{
    struct frame frame = {.path = keep_path(r, path), .up = r->frame};

    if (!frame.path) {
        return;
    }
    r->frame = &frame;
    r->depth++;
    read_lines(r, text, length);
    r->depth--;
    /* the outer frame is a local of the call that led here */
    r->frame = frame.up;
}

static bool is_open(const struct reader *r, const char *path)
{
    for (const struct frame *f = r->frame; f; f = f->up) {
        if (strcmp(f->path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* "a.conf:1 -> b.conf:7 -> a.conf", outermost first, as far as it fits. */
static void describe_chain(const struct reader *r, const char *path, char *out, size_t capacity)
{
    const struct frame *frames[CONFIG_INCLUDE_DEPTH + 1];
    unsigned count = 0;
    size_t used = 0;

    for (const struct frame *f = r->frame; f && count <= CONFIG_INCLUDE_DEPTH; f = f->up) {
        frames[count++] = f;
    }
    while (count > 0 && used < capacity) {
        count--;
        used += (size_t)snprintf(out + used, capacity - used, "%s:%u -> ", frames[count]->path,
                                 frames[count]->line);
    }
    if (used < capacity) {
        snprintf(out + used, capacity - used, "%s", path);
    }
}

/* May one more file be opened? Says so once if not. */
static bool has_room(struct reader *r, const struct word *word, const char *path)
{
    char hint[256];

    if (r->too_much) {
        return false;
    }
    if (is_open(r, path)) {
        describe_chain(r, path, hint, sizeof hint);
        reader_error(r, word, hint, "E012 '%.200s' includes itself", path);
        return false;
    }
    if (r->depth > CONFIG_INCLUDE_DEPTH) {
        describe_chain(r, path, hint, sizeof hint);
        reader_error(r, word, hint, "E012 files are included more than %d deep",
                     CONFIG_INCLUDE_DEPTH);
        return false;
    }
    if (r->file_count >= READER_FILES_MAX || r->bytes_read > READER_BYTES_MAX) {
        reader_error(r, word, "", "E012 more than %d files or %u bytes are included",
                     READER_FILES_MAX, READER_BYTES_MAX);
        r->too_much = true;
        return false;
    }
    return true;
}

/* `word` is where a message points. */
static void include_file(struct reader *r, const struct word *word, const char *path,
                         enum config_severity if_missing)
{
    char *text = NULL;
    size_t length = 0;

    if (!has_room(r, word, path)) {
        return;
    }
    int error = strlen(path) < CONFIG_PATH_MAX ? file_read(path, CONFIG_FILE_LIMIT, &text, &length)
                                               : -ENAMETOOLONG;
    if (error != 0 && error == -ENOENT && if_missing == CONFIG_WARNING) {
        reader_warning(r, word, "the file is skipped, as by ntpd", "W018 '%.180s': %s", path,
                       include_explain(error));
        return;
    }
    if (error != 0) {
        reader_error(r, word, "", "E011 '%.180s': %s", path, include_explain(error));
        return;
    }
    r->bytes_read += length;
    include_text(r, path, text, length);
    free(text);
}

/* The words of an include line are overwritten by the lines of the file: keep what is needed. */
static struct word keep_place(const struct word *word)
{
    return (struct word){.text = "", .column = word->column, .width = word->width};
}

void include_one(struct reader *r)
{
    const struct word *word = directive_value(r, "file")->word;
    char path[CONFIG_PATH_MAX + 1];
    struct word at = keep_place(word);

    snprintf(path, sizeof path, "%s", word->text);
    include_file(r, &at, path, CONFIG_WARNING);
}

void include_pattern(struct reader *r)
{
    const struct word *word = directive_value(r, "pattern")->word;
    char pattern[CONFIG_PATH_MAX + 1];
    struct word at = keep_place(word);
    struct file_list list = {0};

    snprintf(pattern, sizeof pattern, "%s", word->text);
    if (!strpbrk(pattern, "*?[")) {
        include_file(r, &at, pattern, CONFIG_ERROR);
        return;
    }
    if (r->too_much || file_glob(pattern, &list) != 0) {
        return; /* like a pattern that nothing matches */
    }
    for (size_t i = 0; i < list.count; i++) {
        include_file(r, &at, list.paths[i], CONFIG_ERROR);
    }
    file_list_free(&list);
}

/* ---- folders ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int compare_base_names(const void *a, const void *b)
{
    char *const *x = a, *const *y = b;

    return strcmp(base_name(*x), base_name(*y));
}

static bool has_base_name(char *const *paths, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(base_name(paths[i]), name) == 0) {
            return true;
        }
    }
    return false;
}

/* Paths of all files with the suffix, sorted by name; for equal names the first folder's. */
struct gathered {
    char *paths[READER_FILES_MAX];
    size_t count;
};

static void gather(struct gathered *g, const char *folder, const char *suffix)
{
    char pattern[CONFIG_PATH_MAX + 16];
    struct file_list list = {0};
    size_t before = g->count;

    if (strlen(folder) >= CONFIG_PATH_MAX) {
        return; /* no such folder can be opened */
    }
    snprintf(pattern, sizeof pattern, "%s/*%s", folder, suffix);
    if (file_glob(pattern, &list) != 0) {
        return; /* as chronyd: a folder may be missing */
    }
    for (size_t i = 0; i < list.count && g->count < READER_FILES_MAX; i++) {
        if (!has_base_name(g->paths, before, base_name(list.paths[i]))) {
            char *copy = strdup(list.paths[i]);

            if (copy) {
                g->paths[g->count++] = copy;
            }
        }
    }
    file_list_free(&list);
}

static void include_gathered(struct reader *r, const struct word *at, struct gathered *g)
{
    qsort(g->paths, g->count, sizeof *g->paths, compare_base_names);
    for (size_t i = 0; i < g->count; i++) {
        include_file(r, at, g->paths[i], CONFIG_ERROR);
        free(g->paths[i]);
    }
}

static void include_folders(struct reader *r, const char *suffix)
{
    struct word at = keep_place(&r->line.words[r->rest]);

    if (r->line.count - r->rest > READER_DIRECTORIES_MAX) {
        reader_error(r, &r->line.words[r->rest + READER_DIRECTORIES_MAX], "",
                     "E012 more than %d directories in one line", READER_DIRECTORIES_MAX);
        return;
    }
    struct gathered *g = r->too_much ? NULL : calloc(1, sizeof *g);
    if (!g) {
        return;
    }
    for (unsigned i = r->rest; i < r->line.count; i++) {
        gather(g, r->line.words[i].text, suffix);
    }
    include_gathered(r, &at, g);
    free(g);
}

void include_main(struct reader *r, const char *path, const char *text, size_t length)
{
    struct frame frame = {.path = keep_path(r, path)};
    const char *beside = r->language->folder_beside, *slash = strrchr(path, '/');
    char folder[CONFIG_PATH_MAX];

    if (!frame.path) {
        return;
    }
    r->frame = &frame;
    r->depth++;
    read_lines(r, text, length);
    if (beside && strlen(path) + strlen(beside) < sizeof folder) {
        struct word at = {.text = "", .column = 1, .width = 1};
        struct gathered *g = calloc(1, sizeof *g);

        snprintf(folder, sizeof folder, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path,
                 beside);
        if (g) {
            gather(g, folder, ".conf");
            include_gathered(r, &at, g);
        }
        free(g);
    }
    r->depth--;
    r->frame = NULL;
}

void include_directories(struct reader *r)
{
    include_folders(r, ".conf");
}

void include_sources(struct reader *r)
{
    bool outer = r->sources_only;

    r->sources_only = true;
    include_folders(r, ".sources");
    r->sources_only = outer;
}

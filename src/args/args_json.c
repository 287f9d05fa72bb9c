/* SPDX-License-Identifier: BSD-2-Clause */
/* One object for each row of each table. */
#include "args/args_json.h"

#include <math.h>
#include <stdio.h>

#include "args/args_help.h"
#include "args/args_value.h"
#include "control/document.h"

#define JSON_MAX (1 << 19)

static const char *kind_name(enum args_kind kind)
{
    switch (kind) {
    case ARGS_FLAG: return "flag";
    case ARGS_WORD: return "word";
    case ARGS_PATH: return "file";
    case ARGS_FOLDER: return "folder";
    case ARGS_HOST: return "host";
    case ARGS_SOURCE: return "source";
    case ARGS_TOPIC: return "topic";
    case ARGS_COMMAND: return "command";
    case ARGS_CHOICE: return "choice";
    case ARGS_COUNT: return "count";
    case ARGS_NUMBER: return "number";
    case ARGS_TIME:
    case ARGS_SECONDS:
    case ARGS_DAYS: return "time";
    case ARGS_PART: return "part";
    case ARGS_RATE: return "rate";
    }
    return NULL;
}

static void write_choices(struct document *d, const struct args_option *o)
{
    const char *word;

    document_open_array(d, "choices");
    for (size_t i = 0; (word = args_choice(o, i)) != NULL; i++) {
        document_string(d, NULL, word);
    }
    document_close_array(d);
}

static void write_option(struct document *d, const struct args_option *o)
{
    const char letter[2] = {o->letter, '\0'};
    char text[ARGS_VALUE_MAX];
    bool ranged = o->least < 0 || o->most > 0;

    document_open_object(d, NULL);
    document_string(d, "letter", o->letter ? letter : NULL);
    document_string(d, "name", o->name);
    document_string(d, "kind", kind_name(o->kind));
    document_bool(d, "checked", o->kind >= ARGS_CHOICE || o->expected);
    document_string(d, "value", o->kind == ARGS_FLAG ? NULL : args_value_name(o, text));
    document_string(d, "expected", o->kind == ARGS_FLAG ? NULL : args_value_expected(o, text));
    document_number(d, "minimum", ranged ? o->least : (double)HUGE_VALF);
    document_number(d, "maximum", ranged ? o->most : (double)HUGE_VALF);
    document_string(d, "default", o->fallback);
    document_string(d, "excludes", o->excludes);
    document_string(d, "heading", o->heading);
    document_bool(d, "repeats", o->repeats);
    document_string(d, "help", o->help);
    write_choices(d, o);
    document_close_object(d);
}

static void write_argument(struct document *d, const struct args_argument *a)
{
    document_open_object(d, NULL);
    document_string(d, "name", a->name);
    document_string(d, "kind", kind_name(a->kind));
    document_bool(d, "optional", a->optional);
    document_bool(d, "repeats", a->repeats);
    document_string(d, "help", a->help);
    write_choices(d, &(struct args_option){.choices = a->choices, .choice = a->choice});
    document_close_object(d);
}

static void write_command(struct document *d, const struct args_command *c)
{
    char usage[ARGS_VALUE_MAX];

    document_open_object(d, NULL);
    document_string(d, "name", c->name);
    document_string(d, "usage", args_help_usage(c, usage));
    document_string(d, "summary", c->summary);
    document_string(d, "help", c->help);
    document_string(d, "notes", c->notes);
    document_string(d, "examples", c->examples);
    document_bool(d, "program", c->program);
    document_bool(d, "parts", c->parts);
    document_integer(d, "usage_error", c->wrong ? c->wrong : ARGS_WRONG);
    document_string(d, "version_letter", !c->version ? NULL : c->version_letter == 'v' ? "v" : "V");
    document_open_array(d, "exits");
    for (int i = 0; i < 3; i++) {
        document_string(d, NULL, c->exits[i]);
    }
    document_close_array(d);
    document_open_array(d, "arguments");
    for (const struct args_argument *a = c->arguments; a && a->name; a++) {
        write_argument(d, a);
    }
    document_close_array(d);
    document_open_array(d, "options");
    for (const struct args_option *o = c->options; o && o->help; o++) {
        write_option(d, o);
    }
    document_close_array(d);
    document_close_object(d);
}

void args_json_print(const struct args_command *const *commands, size_t count)
{
    static char out[JSON_MAX];
    struct document d;

    document_begin(&d, out, sizeof out);
    document_open_object(&d, NULL);
    document_integer(&d, "version", 1);
    document_open_array(&d, "commands");
    for (size_t i = 0; i < count; i++) {
        write_command(&d, commands[i]);
        for (const struct args_command *const *p = commands[i]->parts; p && *p; p++) {
            write_command(&d, *p);
        }
    }
    document_close_array(&d);
    document_close_object(&d);
    if (document_finish(&d)) {
        fputs(out, stdout);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in effect and where it comes from: control/config_json over config/place, and that a
 * difference of files in two languages is about what they mean. */
#include "check.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/difference.h"
#include "control/config_json.h"

static char text[1 << 20];

static json_t *show(struct config *c, const char *name)
{
    struct document d;
    json_error_t error;

    document_begin(&d, text, sizeof text);
    config_json_write(&d, c, name);
    assert_true(document_finish(&d) > 0);
    json_t *root = json_loads(text, 0, &error);
    if (root == NULL) {
        fail_msg("%s", error.text);
    }
    return root;
}

static json_t *show_text(const char *conf, enum config_dialect dialect)
{
    struct config *c = config_new();

    if (!config_load_text(c, "x.conf", conf, strlen(conf), dialect)) {
        fail_msg("%s", c->messages[0].text);
    }
    json_t *root = show(c, "x.conf");
    config_free(c);
    return root;
}

/* "value at file:line", of the item of this name. */
static const char *item(const json_t *root, const char *name)
{
    static char out[700];
    const json_t *items = json_object_get(root, "items"), *one;
    size_t i;

    json_array_foreach(items, i, one)
    {
        const char *file = json_string_value(json_object_get(one, "file"));
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) {
            int line = (int)json_integer_value(json_object_get(one, "line"));
            snprintf(out, sizeof out, "%s at %s:%d",
                     json_string_value(json_object_get(one, "value")),
                     file != NULL ? file : "default", line);
            return out;
        }
    }
    return "nothing";
}

/* The directive of the item of this name, "-" for none. */
static const char *directive(const json_t *root, const char *name)
{
    const json_t *items = json_object_get(root, "items"), *one;
    size_t i;

    json_array_foreach(items, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) {
            const char *keyword = json_string_value(json_object_get(one, "directive"));

            return keyword ? keyword : "-";
        }
    }
    return "nothing";
}

static void each_item_names_its_directive(void **state)
{
    (void)state;
    json_t *root = show_text(
        "pool a.example\nallow 192.0.2.0/24\ndeny 10.0.0.0/8\nratelimit\n"
        "initstepslew 5 a.example\nbindaddress 192.0.2.1\nlog tracking\n",
        DIALECT_CHRONY);

    assert_string_equal(directive(root, "pool a.example"), "pool");
    assert_string_equal(directive(root, "192.0.2.0/24"), "allow");
    assert_string_equal(directive(root, "10.0.0.0/8"), "deny");
    assert_string_equal(directive(root, "127.0.0.1/32"), "cmdallow"); /* a default */
    assert_string_equal(directive(root, "step threshold"), "initstepslew");
    assert_string_equal(directive(root, "panic threshold"), "maxchange");
    assert_string_equal(directive(root, "maximum root distance"), "maxdistance");
    assert_string_equal(directive(root, "rate limit"), "ratelimit");
    assert_string_equal(directive(root, "rate limit burst"), "ratelimit burst");
    assert_string_equal(directive(root, "drift file interval"), "driftfile interval");
    assert_string_equal(directive(root, "server address"), "bindaddress");
    assert_string_equal(directive(root, "log of tracking"), "log");
    assert_string_equal(directive(root, "second server port"), "-");
    json_decref(root);

    root = show_text(
        "server 192.0.2.1\nserver 127.127.1.0\nrestrict 10.0.0.0/8 noserve\n"
        "tinker step 0.5\ninterface ignore all\n",
        DIALECT_NTP);
    assert_string_equal(directive(root, "server 192.0.2.1"), "server");
    assert_string_equal(directive(root, "10.0.0.0/8"), "restrict");
    assert_string_equal(directive(root, "step threshold"), "tinker step");
    assert_string_equal(directive(root, "panic threshold"), "tinker panic");
    assert_string_equal(directive(root, "rate limit"), "restrict limited");
    assert_string_equal(directive(root, "does not serve on"), "interface");
    assert_string_equal(directive(root, "local reference"), "-"); /* of the file as a whole */
    assert_string_equal(directive(root, "orphan group"), "tos orphan");
    json_decref(root);

    root = show_text("servers a.example\nlisten on *\n", DIALECT_OPENNTPD);
    assert_string_equal(directive(root, "pool a.example"), "servers");
    assert_string_equal(directive(root, "server address"), "listen");
    assert_string_equal(directive(root, "step threshold"), "-");
    json_decref(root);
}

static void each_item_has_its_line(void **state)
{
    (void)state;
    json_t *root = show_text(
        "# comment\nserver a.example iburst\nmaxslewrate 500\n"
        "makestep 1 3\nallow 192.0.2.0/24\nmaxdistance 3\nlocal stratum 5\n"
        "bindaddress 192.0.2.1\nallow b.example\nmakestep 2 3\n",
        DIALECT_CHRONY);
    assert_string_equal(json_string_value(json_object_get(root, "language")), "chrony.conf");
    assert_string_equal(item(root, "server a.example"), "minpoll 6 maxpoll 10 iburst at x.conf:2");
    assert_string_equal(item(root, "maximum slew rate"), "500 ppm at x.conf:3");
    assert_string_equal(item(root, "step threshold"), "2 s at x.conf:10");  /* the later one */
    assert_string_equal(item(root, "updates with steps"), "3 at x.conf:4"); /* as it was */
    assert_string_equal(item(root, "192.0.2.0/24"), "allow at x.conf:5");
    assert_string_equal(item(root, "0.0.0.0/0"), "deny at default:0");
    assert_string_equal(item(root, "b.example"), "allow at x.conf:9");
    assert_string_equal(item(root, "maximum root distance"), "3 s at x.conf:6"); /* the default */
    assert_string_equal(item(root, "maximum jitter"), "1 s at default:0");
    assert_string_equal(item(root, "local reference"), "yes at x.conf:7");
    assert_string_equal(item(root, "local stratum"), "5 at x.conf:7");
    assert_string_equal(item(root, "server address"), "192.0.2.1 at x.conf:8");
    assert_string_equal(item(root, "panic threshold"), "none at default:0");
    json_decref(root);

    root = show_text(
        "server a.example\nrestrict default limited\nrestrict 10.0.0.0/8 noserve\n"
        "restrict source nomodify\ninterface ignore all\ninterface listen eth0\n"
        "tinker step 0.5 panic 0\nserver 127.127.1.0\n",
        DIALECT_NTP);
    assert_string_equal(item(root, "0.0.0.0/0"), "allow noquery limited at x.conf:2");
    assert_string_equal(item(root, "10.0.0.0/8"), "deny at x.conf:3");
    assert_string_equal(item(root, "sources"), "allow nomodify at x.conf:4");
    assert_string_equal(item(root, "does not serve on"), "all addresses at x.conf:5");
    assert_string_equal(item(root, "serves on"), "eth0 at x.conf:6");
    assert_string_equal(item(root, "step threshold"), "0.5 s at x.conf:7");
    assert_string_equal(item(root, "panic threshold"), "none at x.conf:7");
    assert_string_equal(item(root, "local reference"), "yes at x.conf:0"); /* of the whole */
    assert_string_equal(item(root, "maximum jitter"), "1 s at default:0");
    json_decref(root);

    root = show_text("server a weight 3\nlisten on *\n", DIALECT_OPENNTPD);
    assert_string_equal(item(root, "server address"), "0.0.0.0 at x.conf:2");
    assert_string_equal(item(root, "step threshold"), "60 s at default:0");
    json_decref(root);
}

static void write_file(const char *path, const char *content)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(content, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void included_files_are_named(void **state)
{
    char folder[] = "/tmp/toki-show-XXXXXX";
    struct config *c = config_new();
    (void)state;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("d", 0700), 0);
    write_file("main.conf", "server a\nconfdir d\nmaxslewrate 300\n");
    write_file("d/a.conf", "\nmaxslewrate 400\nserver b\nmaxjitter 0.5\n");
    assert_true(config_load(c, "main.conf", DIALECT_UNKNOWN));
    json_t *root = show(c, "main.conf");
    assert_string_equal(item(root, "server b"), "minpoll 6 maxpoll 10 at d/a.conf:3");
    assert_string_equal(item(root, "maximum jitter"), "0.5 s at d/a.conf:4");
    assert_string_equal(item(root, "maximum slew rate"), "300 ppm at main.conf:3");
    json_decref(root);
    config_free(c);
    unlink("main.conf");
    unlink("d/a.conf");
    rmdir("d");
    assert_int_equal(chdir("/"), 0);
    rmdir(folder);
}

static void files_of_two_languages_are_compared_by_effect(void **state)
{
    static const char chrony[] =
        "server 192.0.2.1 iburst\nmaxdistance 1.5\nallow\ndriftfile /d\nminsources 2\n";
    static const char ntp[] = "driftfile /d\nserver 192.0.2.1 iburst\ntos minsane 3\n";
    static struct difference d;
    struct config *a = config_new(), *b = config_new();
    (void)state;

    assert_true(config_load_text(a, "a", chrony, strlen(chrony), DIALECT_UNKNOWN));
    assert_true(config_load_text(b, "b", ntp, strlen(ntp), DIALECT_UNKNOWN));
    difference_find(&d, a, b);
    assert_non_null(strstr(d.text, "~ language: chrony.conf -> ntp.conf\n"));
    assert_non_null(strstr(d.text, "~ minimum number of sources: 2 -> 3\n"));
    assert_non_null(strstr(d.text, "~ step threshold: never -> 0.128 s\n"));
    assert_null(strstr(d.text, "maximum root distance")); /* both have 1.5 s */
    assert_null(strstr(d.text, "drift file:"));
    assert_null(strstr(d.text, "- server 192.0.2.1")); /* it is the same one */
    assert_null(strstr(d.text, "other settings"));     /* where things stand makes no difference */

    /* the same file with its lines moved is the same */
    static const char moved[] =
        "minsources 2\ndriftfile /d\nallow\n\n\nmaxdistance 1.5\n"
        "server 192.0.2.1 iburst\n";
    assert_true(config_load_text(b, "b", moved, strlen(moved), DIALECT_UNKNOWN));
    memset(&d, 0, sizeof d);
    difference_find(&d, a, b);
    assert_int_equal(d.count, 0);
    config_free(a);
    config_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_has_its_line),
        cmocka_unit_test(each_item_names_its_directive),
        cmocka_unit_test(included_files_are_named),
        cmocka_unit_test(files_of_two_languages_are_compared_by_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_event_text.c - events as lines for people: the columns of each width, the date lines, the
 * column of lists, colours, and hostile text.  What the cells say is tested in test_event_words.c.
 *
 * JSON is written with ' for ".
 */
#include "command/event-text.h"
#include "support/support.h"

#include <glib.h>
#include <locale.h>
#include <time.h>
#include <wchar.h>

#define ELLIPSIS "\xe2\x80\xa6"

static char written[65536];

/* Writes events, one in each of the lines of TEXT; returns the output. */
static const char *lines_of(const char *text, struct event_style *style) {
    char *json = strdup(text), *rest = json, *line;
    FILE *stream = fmemopen(written, sizeof(written), "w");

    ck_assert_ptr_nonnull(stream);
    for (char *at = json; (at = strchr(at, '\'')); at++)
        *at = '"';
    while ((line = strsep(&rest, "\n")))
        if (*line)
            ck_assert(event_text_write(stream, line, strlen(line), style));
    fclose(stream);
    free(json);
    return written;
}

/* Returns the width of a line of LENGTH bytes, by the C library. */
static int width_of(const char *line, size_t length) {
    int width = 0;
    wchar_t character;

    for (size_t size; length > 0; line += size, length -= size) {
        int columns;

        size = (size_t)mbtowc(&character, line, length);
        ck_assert_msg((ssize_t)size > 0, "not UTF-8: %s", line);
        columns = wcwidth(character);
        ck_assert_msg(columns >= 0, "U+%04X is not printable", (unsigned)character);
        width += columns;
    }
    return width;
}

#define ID "s1-bbbbbbbbbbbbbbbb"
#define AT(time, list, type, data)                                                           \
    "{'type':'patchmark." type ".v1','time':'" time "','list':'" list ".lists.example.org'," \
    "'source':'https://h.example.org/patchmark','data':{" data "}}\n"
#define SEEN(time, list, title)                                              \
    AT(time, list, "message.seen",                                           \
       "'message':{'kind':'patch','title':'" title "','version':1,'part':1," \
       "'author':{'name':'Ada'}},'series':{'id':'" ID "','total':1}")

/* A morning on a list; the same events at each width. */
#define ADA     "'author':{'name':'Ada Example'}"
#define SERIES2 "'series':{'id':'" ID "','version':2,'total':12," ADA ",'title':'dim slowly'}"
#define PART2                                                                     \
    "'message':{'kind':'patch','version':2,'part':2," ADA                         \
    ",'title':'lamp: name the steps, and print their names in the manual page'}," \
    "'series':{'id':'" ID "','version':2,'total':12}"
#define MORNING                                                                         \
    AT("2026-05-07T13:42:09Z", "net", "message.seen", PART2)                            \
    AT("2026-05-07T13:42:10Z", "net", "series.completed", SERIES2 ",'elapsed':7200")    \
    AT("2026-05-07T13:42:10Z", "net", "series.superseded",                              \
       SERIES2 ",'old':{'title':'dim it at once'},'scope':'all','how':'title'")         \
    AT("2026-05-07T14:10:00Z", "net", "trailer.given",                                  \
       "'message':{'author':{'name':'Bartholomew Sample'},'title':'name the steps'},"   \
       "'trailer':{'name':'Reviewed-by'},'meaning':'approve','scope':'part','target':{" \
       "'part':2},'series':{'id':'" ID "','total':12}")                                 \
    AT("2026-05-08T09:00:00Z", "net", "report.raised",                                  \
       "'message':{'author':{'name':'kernel test robot'},'title':'name the steps'},"    \
       "'robot':'kernel-test-robot','verdict':'fail','target':{'part':2},"              \
       "'series':{'id':'" ID "','total':12}")

static const struct {
    int columns;
    bool lists;
    const char *lines;
} layouts[] = {
    /* 80: time 5, title 40, words 17, author 12, with two columns between. */
    {80, false,
     "-- Thu 2026-05-07 --\n"
     "13:42  lamp: name the steps, and print their n" ELLIPSIS "  v2 2/12            Ada Example\n"
     "13:42  dim slowly                                complete v2 12/12  Ada Example\n"
     "13:42  dim it at once                            superseded by v2   Ada Example\n"
     "14:10  name the steps                            Reviewed-by 2/12   Bartholomew" ELLIPSIS "\n"
     "-- Fri 2026-05-08 --\n"
     "09:00  name the steps                            fail 2/12          kernel test" ELLIPSIS
     "\n"},
    /* With lists: title 30, words 17, list 8, author 12. */
    {80, true,
     "-- Thu 2026-05-07 --\n"
     "13:42  lamp: name the steps, and pri" ELLIPSIS "  v2 2/12            net       Ada Example\n"
     "13:42  dim slowly                      complete v2 12/12  net       Ada Example\n"
     "13:42  dim it at once                  superseded by v2   net       Ada Example\n"
     "14:10  name the steps                  Reviewed-by 2/12   net       Bartholomew" ELLIPSIS "\n"
     "-- Fri 2026-05-08 --\n"
     "09:00  name the steps                  fail 2/12          net       kernel test" ELLIPSIS
     "\n"},
    /* 120: time 8, title 64, words 24, author 18. */
    {120, false,
     "-- Thu 2026-05-07 --\n"
     "13:42:09  lamp: name the steps, and print their names in the manual page    "
     "v2 2/12                   Ada Example\n"
     "13:42:10  dim slowly                                                        "
     "complete v2 12/12 in 2 h  Ada Example\n"
     "13:42:10  dim it at once                                                    "
     "superseded by v2 (title)  Ada Example\n"
     "14:10:00  name the steps                                                    "
     "Reviewed-by 2/12          Bartholomew Sample\n"
     "-- Fri 2026-05-08 --\n"
     "09:00:00  name the steps                                                    "
     "fail 2/12                 kernel test robot\n"},
    /* With lists: title 48, words 24, list 14, author 18. */
    {120, true,
     "-- Thu 2026-05-07 --\n"
     "13:42:09  lamp: name the steps, and print their names in " ELLIPSIS "  "
     "v2 2/12                   net             Ada Example\n"
     "13:42:10  dim slowly                                        "
     "complete v2 12/12 in 2 h  net             Ada Example\n"
     "13:42:10  dim it at once                                    "
     "superseded by v2 (title)  net             Ada Example\n"
     "14:10:00  name the steps                                    "
     "Reviewed-by 2/12          net             Bartholomew Sample\n"
     "-- Fri 2026-05-08 --\n"
     "09:00:00  name the steps                                    "
     "fail 2/12                 net             kernel test robot\n"},
    /* 40: time 5, title 21, words 10. */
    {40, true,
     "-- Thu 2026-05-07 --\n"
     "13:42  lamp: name the steps" ELLIPSIS "  v2 2/12\n"
     "13:42  dim slowly             complete " ELLIPSIS "\n"
     "13:42  dim it at once         supersede" ELLIPSIS "\n"
     "14:10  name the steps         Reviewed-" ELLIPSIS "\n"
     "-- Fri 2026-05-08 --\n"
     "09:00  name the steps         fail 2/12\n"},
    {12, false,
     "-- Thu 2026" ELLIPSIS "\n"
     "lamp: name " ELLIPSIS "\n"
     "dim slowly\n"
     "dim it at o" ELLIPSIS "\n"
     "name the st" ELLIPSIS "\n"
     "-- Fri 2026" ELLIPSIS "\n"
     "name the st" ELLIPSIS "\n"},
    /* Without a width: times 20 with their date, titles 60, words 28, List-Ids 36, authors 20.  The
     * first title is longer, which moves the next cell only. */
    {0, false,
     "2026-05-07T13:42:09Z  lamp: name the steps, and print their names in the manual page  "
     "v2 2/12                     net.lists.example.org                 Ada Example           " ID
     "\n"
     "2026-05-07T13:42:10Z  dim slowly                                                    "
     "complete v2 12/12 in 2 h      net.lists.example.org                 Ada Example           " ID
     "\n"
     "2026-05-07T13:42:10Z  dim it at once                                                "
     "superseded by v2 (title)      net.lists.example.org                 Ada Example           " ID
     "\n"
     "2026-05-07T14:10:00Z  name the steps                                                "
     "Reviewed-by 2/12              net.lists.example.org                 Bartholomew Sample    " ID
     "\n"
     "2026-05-08T09:00:00Z  name the steps                                                "
     "fail 2/12 kernel-test-robot   net.lists.example.org                 kernel test robot     " ID
     "\n"},
};

/* Line by line, because Check limits the length of its messages. */
START_TEST(each_width_has_its_columns) {
    struct event_style style = {.columns = layouts[_i].columns, .lists = layouts[_i].lists};
    g_auto(GStrv) lines = g_strsplit(lines_of(MORNING, &style), "\n", -1);
    g_auto(GStrv) wanted = g_strsplit(layouts[_i].lines, "\n", -1);

    for (size_t i = 0; lines[i] && wanted[i]; i++)
        ck_assert_str_eq(lines[i], wanted[i]);
    ck_assert_uint_eq(g_strv_length(lines), g_strv_length(wanted));
}
END_TEST

/* ---- days ------------------------------------------------------------------------------------ */

START_TEST(a_date_line_stands_before_each_other_day) {
    struct event_style style = {.columns = 60};

    ck_assert_str_eq(lines_of(SEEN("2026-05-07T23:59:59Z", "net", "before")
                                  SEEN("2026-05-08T00:00:00Z", "net", "midnight")
                                      SEEN("2026-05-08T23:59:59Z", "net", "same day")
                                          SEEN("2026-05-07T10:00:00Z", "net", "older"),
                              &style),
                     "-- Thu 2026-05-07 --\n"
                     "23:59  before                              patch\n"
                     "-- Fri 2026-05-08 --\n"
                     "00:00  midnight                            patch\n"
                     "23:59  same day                            patch\n"
                     "-- Thu 2026-05-07 --\n"
                     "10:00  older                               patch\n");
}
END_TEST

START_TEST(midnight_is_that_of_the_time_zone) {
    struct event_style style = {.columns = 60};

    setenv("TZ", "XXX-02:00", 1); /* two hours ahead of UTC */
    tzset();
    ck_assert_str_eq(lines_of(SEEN("2026-05-07T21:59:59Z", "net", "before")
                                  SEEN("2026-05-07T22:00:00Z", "net", "midnight"),
                              &style),
                     "-- Thu 2026-05-07 --\n"
                     "23:59  before                              patch\n"
                     "-- Fri 2026-05-08 --\n"
                     "00:00  midnight                            patch\n");
}
END_TEST

START_TEST(an_event_without_a_valid_time_has_no_date_line) {
    static const char *const times[] = {"", "x", "2026-13-07T10:00:00Z", "2026-05-07T10:00\\u001b"};

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct event_style style = {.columns = 60};
        char json[512];

        snprintf(
            json, sizeof(json),
            "{'type':'patchmark.topic.closed.v1','time':'%s','data':{'message':{'title':'t'}}}",
            times[i]);
        ck_assert_str_eq(lines_of(json, &style),
                         "       t                                   topic.closed\n");
    }
}
END_TEST

/* ---- lists ------------------------------------------------------------------------------------
 */

START_TEST(the_column_of_lists_appears_with_the_second_list_and_stays) {
    struct event_style style = {.columns = 60};

    ck_assert_str_eq(lines_of(SEEN("2026-05-07T10:00:00Z", "net", "first")
                                  SEEN("2026-05-07T10:01:00Z", "net", "same list")
                                      SEEN("2026-05-07T10:02:00Z", "kvm", "second")
                                          SEEN("2026-05-07T10:03:00Z", "net", "first again"),
                              &style),
                     "-- Thu 2026-05-07 --\n"
                     "10:00  first                               patch\n"
                     "10:01  same list                           patch\n"
                     "10:02  second                    patch              kvm\n"
                     "10:03  first again               patch              net\n");
}
END_TEST

START_TEST(lists_can_be_noted_before) {
    struct event_style style = {.columns = 60};

    event_text_note_list(&style, "");
    event_text_note_list(&style, "net.lists.example.org");
    event_text_note_list(&style, "");
    event_text_note_list(&style, "net.lists.example.org");
    ck_assert(!style.lists);
    event_text_note_list(&style, "kvm.lists.example.org");
    ck_assert(style.lists);
}
END_TEST

START_TEST(a_list_id_of_any_length_is_noted) {
    struct event_style style = {.columns = 0};
    char list[2 * EVENT_LIST_SIZE];

    memset(list, 'a', sizeof(list) - 1);
    list[sizeof(list) - 1] = '\0';
    event_text_note_list(&style, list);
    event_text_note_list(&style, list);
    ck_assert(!style.lists);
}
END_TEST

/* ---- colours -------------------------------------------------------------------------------- */

static const struct {
    const char *event, *line;
} coloured[] = {
    {AT("2026-05-07T13:42:09Z", "net", "report.raised",
        "'message':{'title':'it broke'},'verdict':'fail'"),
     "\033[2m13:42\033[0m  it broke                            \033[31mfail\033[0m\n"},
    {AT("2026-05-07T13:42:09Z", "net", "message.seen",
        "'message':{'title':'no','kind':'reply','flags':['nack']}"),
     "\033[2m13:42\033[0m  no                                  \033[31mnack\033[0m\n"},
    {SEEN("2026-05-07T13:42:09Z", "net", "dim"),
     "\033[2m13:42\033[0m  dim                                 \033[32mpatch\033[0m\n"},
    /* A series that was superseded is over: all of its line is dim. */
    {AT("2026-05-07T13:42:09Z", "net", "series.superseded",
        "'series':{'title':'new','version':2},'old':{'title':'old'},'scope':'all'"),
     "\033[2m13:42\033[0m  \033[2mold\033[0m                                 "
     "\033[2msuperseded by v2\033[0m\n"},
    /* One of which some parts were replaced lives on. */
    {AT("2026-05-07T13:42:09Z", "net", "series.superseded",
        "'series':{'title':'new','version':2},'old':{'title':'old'},'scope':'part'"),
     "\033[2m13:42\033[0m  old                                 \033[34mpart replaced\033[0m\n"},
};

START_TEST(colours_show_what_matters) {
    struct event_style style = {.columns = 60, .colours = true};
    static const char day[] = "\033[1m-- Thu 2026-05-07 --\033[0m\n";
    const char *lines = lines_of(coloured[_i].event, &style);

    ck_assert_int_eq(strncmp(lines, day, strlen(day)), 0);
    ck_assert_str_eq(lines + strlen(day), coloured[_i].line);
}
END_TEST

START_TEST(colours_take_no_columns) {
    struct event_style plain = {.columns = 120}, coloured_style = {.columns = 120, .colours = true};
    char *text = strdup(lines_of(MORNING, &coloured_style)), *out = text;

    for (const char *at = text; *at; at++)
        if (*at == '\033')
            at = strchr(at, 'm');
        else
            *out++ = *at;
    *out = '\0';
    ck_assert_str_eq(text, lines_of(MORNING, &plain));
    free(text);
}
END_TEST

/* ---- hostile text ---------------------------------------------------------------------------- */

#define WIDE       "\xe5\x9b\x9e" /* a letter of two columns */
#define NINE(text) text text text text text text text text text
#define TEN(text)  text text text text text text text text text text

/* Titles, and how the first 40 columns of them are shown at a width of 80. */
static const struct {
    const char *title, *shown;
} hostile[] = {
    {"\\u001b]0;owned\\u0007 \\u001b[31m", "\\x1b]0;owned\\x07 \\x1b[31m               "},
    {"<script>alert(1)</script>", "<script>alert(1)</script>               "},
    {"\\u202edesrever\\u202c", "\\u202edesrever\\u202c                    "},
    {"\\n2026-05-07 forged", "\\x0a2026-05-07 forged                   "},
    {TEN("0123456789"), "012345678901234567890123456789012345678" ELLIPSIS},
    /* 39 columns are left before the ellipsis: 19 wide letters, or one narrow and 19 wide ones. */
    {TEN(WIDE WIDE WIDE), NINE(WIDE) TEN(WIDE) ELLIPSIS " "},
    {"a" TEN(WIDE WIDE WIDE), "a" NINE(WIDE) TEN(WIDE) ELLIPSIS},
    /* Accents take no column; more than four on one letter are escaped. */
    {"cafe\xcc\x81", "cafe\xcc\x81                                    "},
    {"e" TEN("\xcc\x81"), "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
                          "\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301   "},
    {"a\\u200b\\u200bb", "a\\u200b\\u200bb                          "},
};

START_TEST(hostile_text_stays_in_its_column) {
    struct event_style style = {.columns = 80};
    char event[4096], wanted[4096];

    snprintf(event, sizeof(event), SEEN("2026-05-07T13:42:09Z", "net", "%s"), hostile[_i].title);
    snprintf(wanted, sizeof(wanted), "13:42  %s  patch              Ada\n", hostile[_i].shown);
    ck_assert_str_eq(strchr(lines_of(event, &style), '\n') + 1, wanted);
}
END_TEST

/* At every width, with hostile text in every cell. */
START_TEST(no_line_is_wider_than_the_terminal) {
    static const char json[] =
        "{'type':'a\\u001bb','time':'2026-05-07T13:42:09Z','list':'\xe5\x9b\x9e\\u0301\\u0301',"
        "'data':{'message':{'author':{'name':'" TEN("\xe5\x9b\x9e\\u0000\\ud83d\\ude00")
            TEN("\\u200d") "'},'title':'" TEN(
                TEN("\\u001b[2J\\u202e\xe5\x9b\x9e")) "'},"
                                                      "'series':{'id':'" TEN(
                                                          TEN("\xe5\x9b\x9e")) "'}}}";

    for (int columns = 1; columns <= 300; columns++) {
        struct event_style style = {.columns = columns, .lists = columns % 2};
        const char *line = lines_of(json, &style), *end;

        for (; (end = strchr(line, '\n')); line = end + 1) {
            int width = width_of(line, (size_t)(end - line));

            ck_assert_msg(width <= columns, "%d columns of %d: %s", width, columns, line);
        }
        ck_assert_str_eq(line, "");
    }
}
END_TEST

/* ---- invalid events -------------------------------------------------------------------------- */

START_TEST(an_invalid_event_is_reported) {
    static const char *const texts[] = {
        "", "{", "[]", "1", "{\"data\":1}", "{\"type\":{}}", "\xff", "{\"type\":\"x\"} x"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct event_style style = {.columns = 0};
        FILE *stream = fmemopen(written, sizeof(written), "w");

        ck_assert_ptr_nonnull(stream);
        ck_assert_msg(!event_text_write(stream, texts[i], strlen(texts[i]), &style), "%s",
                      texts[i]);
        fclose(stream);
        ck_assert_str_eq(written, "                      (not an event that can be read)\n");
    }
}
END_TEST

static void setup(void) {
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    setenv("TZ", "UTC", 1);
    tzset();
}

SUITE(event_text_suite) {
    Suite *suite = suite_create("event-text");
    TCase *tests = tcase_create("event-text");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, each_width_has_its_columns, 0, sizeof(layouts) / sizeof(layouts[0]));
    tcase_add_test(tests, a_date_line_stands_before_each_other_day);
    tcase_add_test(tests, midnight_is_that_of_the_time_zone);
    tcase_add_test(tests, an_event_without_a_valid_time_has_no_date_line);
    tcase_add_test(tests, the_column_of_lists_appears_with_the_second_list_and_stays);
    tcase_add_test(tests, lists_can_be_noted_before);
    tcase_add_test(tests, a_list_id_of_any_length_is_noted);
    tcase_add_loop_test(tests, colours_show_what_matters, 0,
                        sizeof(coloured) / sizeof(coloured[0]));
    tcase_add_test(tests, colours_take_no_columns);
    tcase_add_loop_test(tests, hostile_text_stays_in_its_column, 0,
                        sizeof(hostile) / sizeof(hostile[0]));
    tcase_add_test(tests, no_line_is_wider_than_the_terminal);
    tcase_add_test(tests, an_invalid_event_is_reported);
    suite_add_tcase(suite, tests);
    return suite;
}

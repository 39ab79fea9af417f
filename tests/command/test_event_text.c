/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_event_text.c - events as lines for people.
 *
 * JSON is written with ' for ".  The columns are those of event-text.c: time 20, type 17, series
 * 19, author 28 and kind 8 characters wide, with two spaces after each.
 */
#include "command/event-text.h"
#include "support/support.h"

#include <locale.h>

static char written[8192];

/* Returns the line of an event, without its newline. */
static const char *line_of(const char *text, struct event_style style) {
    char *json = strdup(text);
    FILE *stream = fmemopen(written, sizeof(written), "w");

    ck_assert_ptr_nonnull(stream);
    for (char *at = json; (at = strchr(at, '\'')); at++)
        *at = '"';
    ck_assert(event_text_write(stream, json, strlen(json), &style));
    fclose(stream);
    free(json);
    ck_assert_ptr_eq(strchr(written, '\n'), written + strlen(written) - 1);
    written[strlen(written) - 1] = '\0';
    return written;
}

#define STAMP     "2026-05-07T13:42:09Z"
#define ID        "s1-bbbbbbbbbbbbbbbb"
#define OLD       "s1-aaaaaaaaaaaaaaaa"
#define NO_SERIES "                   "
#define ADA       "ada@example.org             " /* 28 characters */
#define NOBODY    "                            "
#define EVENT(type, data)                            \
    "{'type':'patchmark." type ".v1','time':'" STAMP \
    "','source':'https://h.example.org/patchmark',"  \
    "'data':{" data "}}"
#define PERSON   "{'name':'Ada','address':'ada@example.org'}"
#define MESSAGE  "'message':{'author':" PERSON ",'title':'dim it slowly'}"
#define BY(rest) MESSAGE "," rest
/* Of events of series, the title is that of the series. */
#define SERIES(rest) "'series':{'title':'dim slowly','author':" PERSON "," rest "}," MESSAGE

static const struct {
    const char *json, *line;
} lines[] = {
    {EVENT("message.seen",
           "'message':{'kind':'patch','subject':'[PATCH v3 1/2] dim slowly','author':" PERSON
           "},'series':{'id':'" ID "','version':3,'part':1,'total':2}"),
     STAMP "  message.seen       " ID "  " ADA "  patch     [PATCH v3 1/2] dim slowly"},
    {EVENT("message.posted", "'message':{'kind':'announce','subject':'Hi'},'list':'l'"),
     STAMP "  message.posted     " NO_SERIES "  " NOBODY "  announce  Hi"},
    /* An author without address is shown by name. */
    {EVENT("message.seen", "'message':{'kind':'other','title':'Hi','author':{'name':'Ada'}}"),
     STAMP "  message.seen       " NO_SERIES "  Ada                           other     Hi"},

    {EVENT("series.opened", SERIES("'id':'" ID "','version':3,'total':2")),
     STAMP "  series.opened      " ID "  " ADA "  v3, 2 parts: dim slowly"},
    {EVENT("series.opened", SERIES("'id':'" ID "','version':1,'total':1")),
     STAMP "  series.opened      " ID "  " ADA "  v1, 1 part: dim slowly"},
    {EVENT("series.opened", SERIES("'id':'" ID "','version':2")),
     STAMP "  series.opened      " ID "  " ADA "  v2: dim slowly"},
    {EVENT("series.opened", SERIES("'id':'" ID "','total':4")),
     STAMP "  series.opened      " ID "  " ADA "  4 parts: dim slowly"},
    {EVENT("series.opened", SERIES("'id':'" ID "'")),
     STAMP "  series.opened      " ID "  " ADA "  dim slowly"},

    {EVENT("series.completed", SERIES("'id':'" ID "','version':1,'total':12") ",'elapsed':2"),
     STAMP "  series.completed   " ID "  " ADA "  v1, 12 parts in 2 s: dim slowly"},
    /* A unit is used from twice its length. */
    {EVENT("series.completed", SERIES("'total':2") ",'elapsed':119"),
     STAMP "  series.completed   " NO_SERIES "  " ADA "  2 parts in 119 s: dim slowly"},
    {EVENT("series.completed", SERIES("'total':2") ",'elapsed':120"),
     STAMP "  series.completed   " NO_SERIES "  " ADA "  2 parts in 2 min: dim slowly"},
    {EVENT("series.completed", SERIES("'total':2") ",'elapsed':10800"),
     STAMP "  series.completed   " NO_SERIES "  " ADA "  2 parts in 3 h: dim slowly"},
    {EVENT("series.completed", SERIES("'total':2") ",'elapsed':864000"),
     STAMP "  series.completed   " NO_SERIES "  " ADA "  2 parts in 10 d: dim slowly"},

    /* The cover is not counted as a part.  No mail caused the event: the author is that of the
     * series. */
    {EVENT("series.incomplete",
           "'series':{'id':'" ID "','title':'dim slowly','author':" PERSON ",'version':1,'total':9,"
           "'parts':[{'part':0},{'part':2},{'part':7}],'missing':[1,3,4,5,6,8,9]}"),
     STAMP "  series.incomplete  " ID "  " ADA
           "  v1, 2 of 9 parts, missing 1, 3-6, 8-9: dim slowly"},

    {EVENT("series.amended",
           SERIES("'id':'" ID "','version':1,'total':3") ",'reason':'added','parts':[4]"),
     STAMP "  series.amended     " ID "  " ADA "  v1, 3 parts, part 4 added: dim slowly"},
    {EVENT("series.amended",
           SERIES("'id':'" ID "','version':1") ",'reason':'replaced','parts':[2,3]"),
     STAMP "  series.amended     " ID "  " ADA "  v1, part 2-3 replaced: dim slowly"},
    {EVENT("series.amended", SERIES("'id':'" ID "','version':1") ",'reason':'cover','parts':[0]"),
     STAMP "  series.amended     " ID "  " ADA "  v1, cover added: dim slowly"},

    {EVENT("series.superseded",
           SERIES("'id':'" ID "'") ",'old':{'id':'" OLD "'},'scope':'all','how':'change-id'"),
     STAMP "  series.superseded  " ID "  " ADA "  " OLD " -> " ID " by change-id: dim slowly"},
    {EVENT("series.superseded",
           SERIES("'id':'" ID "'") ",'old':{'id':'" OLD
                                   "'},'scope':'part','replaced':[{'part':1},{'part':3}]"),
     STAMP "  series.superseded  " ID "  " ADA "  " OLD " -> " ID ", part 1, 3: dim slowly"},
    {EVENT("series.aliased",
           SERIES("'id':'" ID "'") ",'same_as':['" OLD "','s1-cccccccccccccccc']"),
     STAMP "  series.aliased     " ID "  " ADA "  " ID " = " OLD
           ", s1-cccccccccccccccc: dim slowly"},

    {EVENT("trailer.given", BY("'trailer':{'name':'Reviewed-by','value':'Ada <ada@example.org>'},"
                               "'from_sender':true,'scope':'part',"
                               "'target':{'message_id':'m@example.org','part':2},"
                               "'series':{'id':'" ID "','total':5}")),
     STAMP "  trailer.given      " ID "  " ADA
           "  Reviewed-by Ada <ada@example.org> on 2/5: dim it slowly"},
    {EVENT("trailer.given", BY("'trailer':{'name':'Acked-by','value':'Bob <bob@example.com>'},"
                               "'from_sender':false,'scope':'part','target':{'part':2}")),
     STAMP "  trailer.given      " NO_SERIES "  " ADA
           "  Acked-by Bob <bob@example.com> on part 2 (sent by another): dim it slowly"},
    {EVENT("trailer.given", BY("'trailer':{'name':'Tested-by','value':'A'},"
                               "'scope':'series','range':'all','target':{'part':0},"
                               "'series':{'total':5}")),
     STAMP "  trailer.given      " NO_SERIES "  " ADA "  Tested-by A on all parts: dim it slowly"},
    {EVENT("trailer.given", BY("'trailer':{'name':'Tested-by','value':'A'},"
                               "'scope':'range','range':'2-4','target':{'part':0}")),
     STAMP "  trailer.given      " NO_SERIES "  " ADA "  Tested-by A on 2-4: dim it slowly"},
    {EVENT("trailer.given", "'trailer':{'name':'Tested-by','value':'A'},'scope':'mail'"),
     STAMP "  trailer.given      " NO_SERIES "  " NOBODY "  Tested-by A"},

    {EVENT("pull.requested", BY("'pull':{'url':'https://git.example.org/x.git',"
                                "'ref':'tags/x-1','signed':true}")),
     STAMP "  pull.requested     " NO_SERIES "  " ADA
           "  https://git.example.org/x.git tags/x-1, signed: dim it slowly"},
    {EVENT("pull.requested", BY("'pull':{'url':'https://git.example.org/x.git'}")), STAMP
     "  pull.requested     " NO_SERIES "  " ADA "  https://git.example.org/x.git: dim it slowly"},
    {EVENT("pull.requested", MESSAGE),
     STAMP "  pull.requested     " NO_SERIES "  " ADA "  dim it slowly"},

    {EVENT("report.raised", BY("'reporter':" PERSON ",'robot':'test-robot','verdict':'fail',"
                               "'target':{'part':2},'series':{'total':5}")),
     STAMP "  report.raised      " NO_SERIES "  " ADA
           "  test-robot says fail on 2/5: dim it slowly"},
    /* The author has a column and is not repeated. */
    {EVENT("report.raised", BY("'reporter':" PERSON)),
     STAMP "  report.raised      " NO_SERIES "  " ADA "  dim it slowly"},

    {EVENT("commit.announced",
           BY("'who':" PERSON ",'tree':'net-next','applied':["
              "{'part':1,'commit':'0123456789abcdef0123456789abcdef01234567'},{'commit':'89ab'},"
              "{'part':3,'title':'t'}]")),
     STAMP "  commit.announced   " NO_SERIES "  " ADA
           "  applied to net-next as 1:0123456789ab 89ab: dim it slowly"},
    {EVENT("commit.announced", BY("'who':{'address':'bob@example.com'},'applied':[]")), STAMP
     "  commit.announced   " NO_SERIES "  " ADA "  applied by bob@example.com: dim it slowly"},
    {EVENT("commit.announced", BY("'who':" PERSON)),
     STAMP "  commit.announced   " NO_SERIES "  " ADA "  applied: dim it slowly"},

    {EVENT("service.status", "'state':'started'"),
     STAMP "  service.status     " NO_SERIES "  " NOBODY "  started on h.example.org"},
    {EVENT("service.status", "'state':'lost','sink':'redis','lost':1,'counts':{'lost':7}"),
     STAMP "  service.status     " NO_SERIES "  " NOBODY
           "  lost, sink redis, lost 1 event, lost 7 on h.example.org"},
    {EVENT("service.status", "'state':'stopped','counts':{'mails':10,'events':21}"),
     STAMP "  service.status     " NO_SERIES "  " NOBODY
           "  stopped, mails 10, events 21 on h.example.org"},

    /* Of a type of a later version, only the common columns are written. */
    {EVENT("topic.closed", BY("'series':{'id':'" ID "','version':3}")),
     STAMP "  topic.closed       " ID "  " ADA "  dim it slowly"},
    {"{'type':'patchmark.mail.seen.v2','data':{'message':{'subject':'s'}}}",
     "                      mail.seen          " NO_SERIES "  " NOBODY "  s"},
    /* All values have a wrong type. */
    {"{'type':'patchmark.series.superseded.v1','time':7,'data':[1]}",
     "                      series.superseded  " NO_SERIES "  " NOBODY "   -> "},
    {EVENT("series.incomplete",
           "'series':{'parts':3,'missing':[1,'2',null,4],'title':{},'author':7},"
           "'message':[]"),
     STAMP "  series.incomplete  " NO_SERIES "  " NOBODY "  missing 1, 4"},
    /* A value wider than its column is not cut. */
    {EVENT("series.opened", "'series':{'title':'t'},"
                            "'message':{'author':{'address':'0123456789012345678901234567.29'}}"),
     STAMP "  series.opened      " NO_SERIES "  0123456789012345678901234567.29  t"},
    /* Control characters are replaced in every column. */
    {"{'type':'a\\u001bb','time':'\\u202e','data':{'message':{'author':{'address':'\\u009b'},"
     "'kind':'\\u0007','title':'\\u001b[2J'},'series':{'id':'\\n'}}}",
     "\\u202e                a\\x1bb             \\x0a                 "
     "\\u009b                        \\x1b[2J"},
};

START_TEST(each_type_has_its_text) {
    ck_assert_str_eq(line_of(lines[_i].json, (struct event_style){0, false}), lines[_i].line);
}
END_TEST

/* ---- widths --------------------------------------------------------------------------------- */

#define WIDE                                                                               \
    EVENT("series.opened",                                                                 \
          "'message':{'author':{'address':'a-rather-long-local-part@lists.example.org'}}," \
          "'series':{'title':'0123456789012345678901234567890123456789','id':'" ID         \
          "','version':1}")

static const struct {
    int columns;
    const char *line;
} widths[] = {
    /* 20+2 17+2 19+2 28+2 = 92 for the columns; 40 are left for the text. */
    {132, STAMP "  series.opened      " ID "  a-rather-long-local-part@li\xe2\x80\xa6  "
                "v1: 01234567890123456789012345678901234\xe2\x80\xa6"},
    /* 8+2 17+2 19+2 = 50; the author follows the title. */
    {131, "13:42:09  series.opened      " ID "  v1: 0123456789012345678901234567890123456789"
          " (a-rather-long-local-part@lists.exa\xe2\x80\xa6"},
    {100, "13:42:09  series.opened      " ID
          "  v1: 0123456789012345678901234567890123456789 (a-r\xe2\x80\xa6"},
    /* 8+2 17+2 = 29 */
    {99, "13:42:09  series.opened      v1: 0123456789012345678901234567890123456789"
         " (a-rather-long-local-par\xe2\x80\xa6"},
    {40, "13:42:09  series.opened      v1: 012345\xe2\x80\xa6"},
    {29, "13:42:09  series.opened      "},
    {20, "13:42:09  series.op\xe2\x80\xa6"},
    {9, "13:42:09 "},
    {1, "\xe2\x80\xa6"},
};

START_TEST(a_line_is_never_wider_than_the_terminal) {
    ck_assert_str_eq(line_of(WIDE, (struct event_style){widths[_i].columns, false}),
                     widths[_i].line);
}
END_TEST

/* ---- colours -------------------------------------------------------------------------------- */

START_TEST(colours_end_where_they_began) {
    const char *line = line_of(EVENT("report.raised", "'message':{'title':'it broke'}"),
                               (struct event_style){60, true});

    ck_assert_str_eq(line, "\033[2m13:42:09\033[0m  \033[31mreport.raised\033[0m      it broke");
}
END_TEST

START_TEST(a_mail_has_the_colour_of_its_kind) {
    const char *line = line_of(EVENT("message.seen", "'message':{'kind':'pull','subject':'s'}"),
                               (struct event_style){60, true});

    ck_assert_str_eq(line, "\033[2m13:42:09\033[0m  message.seen       \033[35mpull\033[0m      s");
}
END_TEST

START_TEST(colours_take_no_columns) {
    char plain[sizeof(written)], *out = plain;

    for (const char *at = line_of(WIDE, (struct event_style){132, true}); *at; at++)
        if (*at == '\033')
            at = strchr(at, 'm');
        else
            *out++ = *at;
    *out = '\0';
    ck_assert_str_eq(plain, line_of(WIDE, (struct event_style){132, false}));
}
END_TEST

/* ---- invalid events -------------------------------------------------------------------------- */

START_TEST(an_invalid_event_is_reported) {
    static const char *const texts[] = {
        "", "{", "[]", "1", "{\"data\":1}", "{\"type\":{}}", "\xff", "{\"type\":\"x\"} x"};
    static const struct event_style style = {.columns = 0, .colours = false};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        FILE *stream = fmemopen(written, sizeof(written), "w");

        ck_assert_ptr_nonnull(stream);
        ck_assert_msg(!event_text_write(stream, texts[i], strlen(texts[i]), &style), "%s",
                      texts[i]);
        fclose(stream);
        ck_assert_msg(strstr(written, "(not an event that can be read)\n"), "%s", written);
    }
}
END_TEST

static void setup(void) {
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
}

SUITE(event_text_suite) {
    Suite *suite = suite_create("event-text");
    TCase *tests = tcase_create("event-text");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, each_type_has_its_text, 0, sizeof(lines) / sizeof(lines[0]));
    tcase_add_loop_test(tests, a_line_is_never_wider_than_the_terminal, 0,
                        sizeof(widths) / sizeof(widths[0]));
    tcase_add_test(tests, colours_end_where_they_began);
    tcase_add_test(tests, a_mail_has_the_colour_of_its_kind);
    tcase_add_test(tests, colours_take_no_columns);
    tcase_add_test(tests, an_invalid_event_is_reported);
    suite_add_tcase(suite, tests);
    return suite;
}

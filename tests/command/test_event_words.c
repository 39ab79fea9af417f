/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_event_words.c - what an event says: its words, their colour, its title and its author.
 *
 * JSON is written with ' for ".  A tab stands before words that a narrow column can lack.
 */
#include "command/event-words.h"
#include "support/support.h"

static char words[8192];

/* Returns the JSON of TEXT, in which ' stands for "; the caller releases it. */
static json_t *json_of(const char *text) {
    char *json = strdup(text);
    json_t *read;

    for (char *at = json; (at = strchr(at, '\'')); at++)
        *at = '"';
    read = json_loads(json, 0, NULL);
    ck_assert_msg(read != NULL, "%s", json);
    free(json);
    return read;
}

#define ID  "s1-bbbbbbbbbbbbbbbb"
#define OLD "s1-aaaaaaaaaaaaaaaa"
#define EVENT(type, data)                         \
    "{'type':'patchmark." type ".v1',"            \
    "'source':'https://h.example.org/patchmark'," \
    "'list':'net.lists.example.org','data':{" data "}}"
#define ADA "'author':{'name':'Ada','address':'ada@example.org'}"
#define MAIL(kind, rest) \
    "'message':{'kind':'" kind "'," ADA ",'title':'dim it slowly','flags':[" rest "]}"
#define REPLY        MAIL("reply", "") ",'series':{'id':'" ID "','total':5}"
#define SERIES(rest) "'series':{'id':'" ID "','title':'dim slowly'," ADA rest "}"

#define NONE   ""
#define RED    "31"
#define GREEN  "32"
#define YELLOW "33"
#define CYAN   "36"

static const struct {
    const char *json, *words, *colour;
} cases[] = {
    /* Patches and covers, as their tags say; the version from the second on. */
    {EVENT("message.seen", "'message':{'kind':'patch','version':3,'part':2},'series':{'total':5}"),
     "v3 2/5", GREEN},
    {EVENT("message.seen", "'message':{'kind':'patch','version':1,'part':2},'series':{'total':5}"),
     "2/5", GREEN},
    {EVENT("message.seen", "'message':{'kind':'patch','flags':['rfc'],'revision':'5.1','version':5,"
                           "'part':2},'series':{'total':3}"),
     "RFC v5.1 2/3", GREEN},
    {EVENT("message.seen", "'message':{'kind':'cover','version':1,'part':0},'series':{'total':1}"),
     "0/1", CYAN},
    {EVENT("message.seen", "'message':{'kind':'patch','version':1,'part':1},'series':{'total':1}"),
     "patch", GREEN},
    {EVENT("message.seen", "'message':{'kind':'patch','version':2,'part':1},'series':{'total':1}"),
     "v2 patch", GREEN},
    {EVENT("message.seen", "'message':{'kind':'cover','flags':['rfc']}"), "RFC cover", CYAN},
    /* Other mails: the kind, and what a reply answers. */
    {EVENT("message.seen", REPLY ",'target':{'part':2}"), "reply 2/5", NONE},
    {EVENT("message.seen", REPLY ",'target':{'part':0}"), "reply 0/5", NONE},
    {EVENT("message.seen", MAIL("reply", "") ",'target':{'part':2}"), "reply 2/?", NONE},
    {EVENT("message.seen", MAIL("reply", "") ",'target':{'part':0}"), "reply cover", NONE},
    {EVENT("message.seen", MAIL("reply", "'review'")), "review", NONE},
    {EVENT("message.seen", MAIL("reply", "'review','nack'")), "nack", RED},
    {EVENT("message.seen", MAIL("report", "")), "report", YELLOW},
    {EVENT("message.seen", MAIL("other", "")), "other", "2"},
    {EVENT("message.posted", MAIL("reply", "") ",'list':'x'"), "sent to net", CYAN},

    {EVENT("series.opened",
           SERIES(",'version':3,'total':2,'parts':[{'part':0}]") "," MAIL("cover", "")),
     "opened v3 0/2", CYAN},
    {EVENT("series.opened", SERIES("")), "opened", CYAN},
    {EVENT("series.completed", SERIES(",'version':3,'total':12") ",'elapsed':7200"),
     "complete v3 12/12\tin 2 h", GREEN},
    /* A unit is used from twice its length; less than two minutes are not worth a word. */
    {EVENT("series.completed", SERIES(",'total':2") ",'elapsed':119"), "complete 2/2", GREEN},
    {EVENT("series.completed", SERIES(",'total':2") ",'elapsed':120"), "complete 2/2\tin 2 min",
     GREEN},
    {EVENT("series.completed", SERIES(",'total':2") ",'elapsed':864000"), "complete 2/2\tin 10 d",
     GREEN},
    {EVENT("series.completed", SERIES(",'version':2,'total':1") ",'elapsed':0"), "complete v2",
     GREEN},
    {EVENT("series.incomplete", SERIES(",'version':2,'total':9,'missing':[1,3,4,5,6,8,9]")),
     "missing 1, 3-6, 8-9\tof 9\tv2", YELLOW},
    {EVENT("series.amended", SERIES(",'version':1,'total':3") ",'reason':'added','parts':[4]"),
     "patch 4 added", GREEN},
    {EVENT("series.amended", SERIES(",'version':2") ",'reason':'replaced','parts':[2,3]"),
     "patches 2-3 replaced\tin v2", GREEN},
    {EVENT("series.amended", SERIES(",'version':1") ",'reason':'cover','parts':[0]"), "cover added",
     GREEN},
    {EVENT("series.superseded", SERIES(",'version':3") ",'scope':'all','how':'change-id'"),
     "superseded by v3\t(change-id)", "34"},
    {EVENT("series.superseded", SERIES(",'version':1") ",'scope':'all'"), "superseded by v1", "34"},
    {EVENT("series.superseded", SERIES("") ",'scope':'all'"), "superseded by " ID, "34"},
    {EVENT("series.superseded", SERIES(",'version':2,'revision':'2.1'") ",'scope':'part'"),
     "part replaced\tby v2.1", "34"},
    {EVENT("series.superseded",
           SERIES(",'version':2,'revision':'2.1'") ",'scope':'part',"
                                                   "'replaced':[{'part':2}],'how':'version'"),
     "part 2 replaced\tby v2.1\t(version)", "34"},
    {EVENT("series.superseded",
           SERIES(",'version':3") ",'scope':'part',"
                                  "'replaced':[{'part':2},{'part':3},7,{'part':'x'}]"),
     "parts 2-3 replaced\tby v3", "34"},
    {EVENT("series.aliased", SERIES("") ",'same_as':['" OLD "','s1-cccccccccccccccc']"),
     "same as " OLD ", s1-cccccccccccccccc", "34"},

    /* Tags: the colour is that of the meaning. */
    {EVENT("trailer.given", REPLY ",'trailer':{'name':'Reviewed-by'},'meaning':'approve',"
                                  "'from_sender':true,'scope':'part','target':{'part':2}"),
     "Reviewed-by 2/5", GREEN},
    {EVENT("trailer.given", REPLY ",'trailer':{'name':'Nacked-by'},'meaning':'refuse',"
                                  "'scope':'series','target':{'part':0}"),
     "Nacked-by all", RED},
    {EVENT("trailer.given", REPLY ",'trailer':{'name':'Tested-by'},'meaning':'test',"
                                  "'scope':'range','range':'2-4','target':{'part':0}"),
     "Tested-by 2-4/5", GREEN},
    {EVENT("trailer.given", REPLY ",'trailer':{'name':'Tested-by'},'meaning':'test',"
                                  "'scope':'range','range':'1,3-4','target':{'part':0}"),
     "Tested-by 1, 3-4/5", GREEN},
    {EVENT("trailer.given", MAIL("reply", "") ",'trailer':{'name':'Acked-by'},'meaning':'approve',"
                                              "'from_sender':false,'person':{'name':'Bob'},"
                                              "'scope':'part','target':{'part':2}"),
     "Acked-by 2/?\tof Bob", GREEN},
    {EVENT("trailer.given", MAIL("reply", "") ",'trailer':{'name':'Suggested-by'},"
                                              "'meaning':'credit','scope':'mail'"),
     "Suggested-by", NONE},
    /* Of a single patch the part goes without saying. */
    {EVENT("trailer.given", "'series':{'total':1},'trailer':{'name':'Acked-by'},'scope':'series',"
                            "'target':{'part':1}"),
     "Acked-by", NONE},

    {EVENT("pull.requested", MAIL("pull", "") ",'pull':{'url':'https://git.example.org/x.git',"
                                              "'ref':'refs/tags/x-1','signed':true}"),
     "pull x-1\tsigned\thttps://git.example.org/x.git", "35"},
    {EVENT("pull.requested", MAIL("pull", "")), "pull", "35"},

    {EVENT("report.raised", REPLY ",'robot':'test-robot','verdict':'fail','target':{'part':2}"),
     "fail 2/5\ttest-robot", RED},
    {EVENT("report.raised", REPLY ",'robot':'test-robot','verdict':'warning'"),
     "warning\ttest-robot", YELLOW},
    {EVENT("report.raised", REPLY ",'robot':'test-robot','verdict':'pass'"), "pass\ttest-robot",
     GREEN},
    {EVENT("report.raised", MAIL("report", "")), "report", YELLOW},

    {EVENT("commit.announced", REPLY ",'tree':'net-next','applied':["
                                     "{'part':1,'commit':'0123456789abcdef0123456789abcdef01234567'"
                                     "},{'commit':'89ab'},{'part':2,'title':'t'}]"),
     "applied 1-2\tof 5\tto net-next\tas 0123456789ab", GREEN},
    {EVENT("commit.announced", "'series':{'total':1},'applied':[{'part':1}]"), "applied", GREEN},
    {EVENT("commit.announced", MAIL("reply", "") ",'applied':[]"), "applied", GREEN},

    {EVENT("service.status", "'state':'started','version':'0.9.0'"), "started", YELLOW},
    {EVENT("service.status", "'state':'lost','sink':'redis','lost':1,'counts':{'lost':7}"),
     "lost 1 event\tof sink redis", RED},
    {EVENT("service.status", "'state':'lost','lost':3"), "lost 3 mails", RED},
    {EVENT("service.status", "'state':'stopped','counts':{'mails':10,'events':21}"),
     "stopped\tmails 10\tevents 21", YELLOW},

    /* A type of a later version; values of a wrong type. */
    {EVENT("topic.closed", "'series':{'id':'" ID "','version':3}"), "topic.closed", NONE},
    {"{'type':'patchmark.mail.seen.v2','data':{'message':{'subject':'s'}}}", "mail.seen", NONE},
    {"{'type':'patchmark.series.superseded.v1','time':7,'data':[1]}", "superseded by ", "34"},
    {EVENT("series.incomplete", "'series':{'parts':3,'missing':[1,'2',null,4],'total':{}}"),
     "missing 1, 4", YELLOW},
};

START_TEST(each_type_has_its_words) {
    json_t *json = json_of(cases[_i].json);
    struct event_parts event = event_parts_of(json);
    FILE *stream = fmemopen(words, sizeof(words), "w");
    const char *colour = event_words_colour(&event);

    ck_assert_ptr_nonnull(stream);
    event_words_write(stream, &event);
    fclose(stream);
    ck_assert_str_eq(words, cases[_i].words);
    ck_assert_str_eq(colour ? colour : NONE, cases[_i].colour);
    json_decref(json);
}
END_TEST

static const struct {
    const char *json, *title, *author;
} titles[] = {
    /* Of a mail: the title of the patch or of the thread; else the subject. */
    {EVENT("message.seen",
           "'message':{'title':'dim','subject':'[PATCH] dim'," ADA "},'series':{'title':'lamps'}"),
     "dim", "Ada"},
    {EVENT("message.seen", "'message':{'subject':'Hello','author':{'address':'ada@example.org'}}"),
     "Hello", "ada@example.org"},
    {EVENT("trailer.given", REPLY), "dim it slowly", "Ada"},
    /* Of a series: its own; of one that is superseded, that of the older series. */
    {EVENT("series.completed", SERIES("") "," MAIL("patch", "")), "dim slowly", "Ada"},
    {EVENT("series.incomplete", SERIES("")), "dim slowly", "Ada"},
    {EVENT("series.superseded", SERIES("") ",'old':{'title':'dim fast'},'scope':'all'"), "dim fast",
     "Ada"},
    /* The mail that caused the event can be of somebody else. */
    {EVENT("series.completed", SERIES("") ",'message':{'author':{'name':'Eve'}}"), "dim slowly",
     "Ada"},
    {EVENT("series.superseded", SERIES("") ",'old':{'title':'dim fast','author':{'name':'Bob'}},"
                                           "'message':{'author':{'name':'Eve'}},'scope':'all'"),
     "dim fast", "Bob"},
    {EVENT("trailer.given", SERIES("") ",'message':{'author':{'name':'Eve'},'title':'t'}"), "t",
     "Eve"},
    {EVENT("series.superseded", SERIES("") ",'old':{}"), "dim slowly", "Ada"},
    /* Of the daemon: its host. */
    {EVENT("service.status", "'state':'started'"), "h.example.org/patchmark", ""},
    {"{'type':'patchmark.service.status.v1'}", "", ""},
    {"{'type':'patchmark.message.seen.v1','data':{'message':[{}],'series':7}}", "", ""},
    {"{'data':{'message':{'title':'t'}}}", "(not an event that can be read)", ""},
};

START_TEST(each_type_has_its_title_and_author) {
    json_t *json = json_of(titles[_i].json);
    struct event_parts event = event_parts_of(json);

    ck_assert_str_eq(event_title(&event), titles[_i].title);
    ck_assert_str_eq(event_author(&event), titles[_i].author);
    json_decref(json);
}
END_TEST

SUITE(event_words_suite) {
    Suite *suite = suite_create("event-words");
    TCase *tests = tcase_create("event-words");

    tcase_add_loop_test(tests, each_type_has_its_words, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_loop_test(tests, each_type_has_its_title_and_author, 0,
                        sizeof(titles) / sizeof(titles[0]));
    suite_add_tcase(suite, tests);
    return suite;
}

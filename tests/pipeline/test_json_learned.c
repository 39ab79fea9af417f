/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_json_learned.c - learned data is written to events and read back; malformed events are
 * refused.
 *
 * Events are written with ' for ".
 */
#include "mail/bounds.h"
#include "pipeline/annotate.h"
#include "pipeline/bounds.h"
#include "pipeline/event.h"
#include "pipeline/json-learned.h"
#include "pipeline/json.h"
#include "plugin/bounds.h"
#include "store/outbox.h"
#include "support/facts-fixture.h"

#define NOW INT64_C(1700000000)

#define MEMBER                                                                                 \
    "{'source':'//b.example.org/patchmark','type':'patchmark.message.seen.v1','data':{"        \
    "'message_id':'1@example.org','kind':'patch','author':'a@example.org',"                    \
    "'lists':['kvm.example.org'],'title':'a title','series':{'id':'s1-aaaaaaaaaaaaaaaa',"      \
    "'topic':'t1-bbbbbbbbbbbbbbbb','version':3,'part':2,'total':5,"                            \
    "'same_as':['s1-cccccccccccccccc']},'learned':{'received':1699999999,'sender':'s@example." \
    "org','version':3,'total':5,'rfc':true,'told':true,'adopts':'0@example.org',"              \
    "'keys':['author a@example.org','wait 0@example.org'],'notes':['title a title']}}}"
#define ANSWER                                                                                   \
    "{'source':'//b.example.org/patchmark','type':'patchmark.message.seen.v1','data':{"          \
    "'message_id':'2@example.org','kind':'reply','author':'a@example.org','series':{'id':"       \
    "'s1-aaaaaaaaaaaaaaaa','version':3,'target':2},'trailers_given':[{'name':'Acked-by','value'" \
    ":'A <a@example.org>','from_sender':true},{'name':'Acked-by','value':'B','from_sender':"     \
    "false}],'learned':{'received':1699999999}}}"

static struct arena arena;
static struct learned learned;

static int read_bytes(const char *json, size_t length) {
    const struct patchmark_event event = {.struct_size = sizeof(event),
                                          .type = EVENT_MESSAGE_SEEN,
                                          .json = json,
                                          .json_length = length};

    return json_learned_read(&event, "a.example.org", NOW, &arena, &learned);
}

/* Returns TEXT with " for ' and with TO for the first FROM. */
static char *changed(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    char *result;

    ck_assert_msg(at != NULL, "%s", from);
    ck_assert_int_ge(asprintf(&result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)),
                     0);
    for (char *quote = result; (quote = strchr(quote, '\'')); quote++)
        *quote = '"';
    return result;
}

static int read_changed(const char *text, const char *from, const char *to) {
    char *json = changed(text, from, to);
    int result = read_bytes(json, strlen(json));

    free(json);
    return result;
}

static int read_text(const char *text) {
    return read_changed(text, "", "");
}

static void teardown(void) {
    arena_free(&arena);
}

/* ---- valid events ------------------------------------------------------------------------- */

START_TEST(a_member) {
    ck_assert_int_eq(read_text(MEMBER), 1);
    ck_assert_str_eq(learned.message.message_id, "1@example.org");
    ck_assert_str_eq(learned.message.series, "s1-aaaaaaaaaaaaaaaa");
    ck_assert_str_eq(learned.message.sender, "s@example.org");
    ck_assert_str_eq(learned.message.kind, "patch");
    ck_assert_str_eq(learned.message.lists, "kvm.example.org");
    ck_assert_int_eq(learned.message.part, 2);
    ck_assert_int_eq(learned.message.received, 1699999999);
    ck_assert_str_eq(learned.series.id, "s1-aaaaaaaaaaaaaaaa");
    ck_assert_str_eq(learned.series.topic, "t1-bbbbbbbbbbbbbbbb");
    ck_assert_str_eq(learned.series.author, "s@example.org");
    ck_assert_str_eq(learned.series.title, "a title");
    ck_assert_int_eq(learned.series.version, 3);
    ck_assert_int_eq(learned.series.total, 5);
    ck_assert_int_eq(learned.series.changed, 1699999999);
    ck_assert(learned.series.rfc && !learned.series.archived);
    ck_assert_str_eq(learned.member.message_id, "1@example.org");
    ck_assert_str_eq(learned.member.title, "a title");
    ck_assert_str_eq(learned.member.author, "a@example.org");
    ck_assert_int_eq(learned.member.part, 2);
    ck_assert_uint_eq(learned.same_as.count, 1);
    ck_assert_str_eq(learned.same_as.items[0], "s1-cccccccccccccccc");
    ck_assert_uint_eq(learned.keys.count, 2);
    ck_assert_str_eq(learned.keys.items[0], "author a@example.org");
    ck_assert_str_eq(learned.keys.items[1], "wait 0@example.org");
    ck_assert_uint_eq(learned.notes.count, 1);
    ck_assert_str_eq(learned.notes.items[0], "title a title");
    ck_assert_str_eq(learned.adopts, "0@example.org");
    ck_assert(learned.reported_complete);
    ck_assert_uint_eq(learned.tags.count, 0);
}
END_TEST

START_TEST(a_member_with_few_values) {
    ck_assert_int_eq(read_text("{'source':'//b.example.org/patchmark','type':"
                               "'patchmark.message.seen.v1','data':{'message_id':'1@example.org',"
                               "'kind':'patch','series':{'id':'s1-aaaaaaaaaaaaaaaa','version':1,"
                               "'part':0,'total':5},'learned':{'received':7}}}"),
                     1);
    ck_assert_str_eq(learned.message.sender, "");
    ck_assert_str_eq(learned.message.lists, "");
    ck_assert_str_eq(learned.series.topic, "");
    ck_assert_str_eq(learned.series.title, "");
    ck_assert_int_eq(learned.series.version,
                     -1); /* the mail does not state it; the plugin completed it */
    ck_assert_int_eq(learned.series.total, -1);
    ck_assert(!learned.series.rfc && !learned.reported_complete);
    ck_assert_ptr_null(learned.adopts);
    ck_assert_uint_eq(learned.keys.count + learned.same_as.count, 0);
}
END_TEST

START_TEST(a_reply) {
    ck_assert_int_eq(read_text(ANSWER), 1);
    ck_assert_int_eq(learned.message.part, -1);
    ck_assert_str_eq(learned.message.sender, "a@example.org");
    ck_assert_int_eq(learned.target, 2);
    ck_assert_uint_eq(learned.tags.count, 1); /* the other tag is not in the name of the sender */
    ck_assert_str_eq(learned.tags.items[0], "Acked-by: A <a@example.org>");
}
END_TEST

START_TEST(events_without_learned_data_for_this_host) {
    char *own = changed(MEMBER, "//b.", "//a.");
    struct patchmark_event other = {.struct_size = sizeof(other),
                                    .type = EVENT_SERIES_OPENED,
                                    .json = "no JSON",
                                    .json_length = 7};

    ck_assert_int_eq(json_learned_read(&other, "a.example.org", NOW, &arena, &learned), 0);
    ck_assert_int_eq(read_changed(MEMBER, "//b.", "//a."), 0);
    other.type = EVENT_MESSAGE_SEEN;
    other.json = own;
    other.json_length = strlen(own);
    ck_assert_int_eq(json_learned_read(&other, NULL, NOW, &arena, &learned), 1);
    free(own);
    ck_assert_int_eq(read_changed(MEMBER, "'learned':{", "'unlearned':{"), 0);
    ck_assert_int_eq(read_changed(MEMBER, "//b.example.org/", "//a.example.org.b/"), 1);
    ck_assert_int_eq(read_changed(MEMBER, "//b.example.org/", "//a.example/"), 1);
}
END_TEST

/* ---- writing and reading ------------------------------------------------------------------ */

static struct learned learned_of_event(void) {
    return (struct learned){.message = {.message_id = "1@example.org",
                                        .series = "s1-aaaaaaaaaaaaaaaa",
                                        .sender = "a@example.org",
                                        .kind = "patch",
                                        .published = true,
                                        .lists = "kvm.example.org",
                                        .posted = "kvm.example.org",
                                        .part = 2,
                                        .received = 1699999999},
                            .series = {.id = "s1-aaaaaaaaaaaaaaaa",
                                       .topic = "t1-bbbbbbbbbbbbbbbb",
                                       .author = "a@example.org",
                                       .title = "caf\xc3\xa9 \"x\" \\",
                                       .version = -1,
                                       .total = 5,
                                       .changed = 1699999999},
                            .member = {.message_id = "1@example.org",
                                       .title = "caf\xc3\xa9 \"x\" \\",
                                       .author = "author@example.org",
                                       .part = 2},
                            .target = -1};
}

/* Returns EVENT of the mail as an event of another host. */
static char *foreign(const struct mail_event *event) {
    char *data = json_event_data(&fixture, event);
    char *json = json_event_compose(&(struct outbox_event){.id = event->id,
                                                           .type = event->type,
                                                           .subject = "1@example.org",
                                                           .source = "//b.example.org/patchmark",
                                                           .data = data,
                                                           .data_length = strlen(data),
                                                           .time = NOW},
                                    false);

    free(data);
    return json;
}

/* Returns the event of a mail with the learned data WHAT. */
static char *event_of(struct learned *what) {
    const struct mail_event event = {.type = EVENT_MESSAGE_SEEN,
                                     .id = "0123456789abcdef0123456789abcdef"};

    fixture_mail("From: A B <a@example.org>\nMessage-ID: <1@example.org>\n"
                 "List-Id: <kvm.example.org>\n\nbody\n");
    set_string("kind.kind", "patch");
    set_string("subject.title", what->series.title);
    set_string("patch.author", what->member.author);
    set_string("series.id", what->message.series);
    set_string("series.topic", what->series.topic);
    set_int("series.part", what->message.part);
    set_int("series.version", 1);
    set_int("series.total", 5);
    annotate_words(&fixture);
    fixture.learned = what;
    return foreign(&event);
}

START_TEST(what_is_written_is_read) {
    static const char *keys[LIMIT_LEARNED_KEYS + 1];
    struct learned what = learned_of_event();
    char *json;

    for (size_t i = 0; i < LIMIT_LEARNED_KEYS + 1; i++)
        keys[i] = i % 2 ? "author a@example.org" : "title a@example.org \"caf\xc3\xa9\"";
    what.keys = (struct learned_list){keys, LIMIT_LEARNED_KEYS + 1};
    what.notes = (struct learned_list){keys, 2};
    what.adopts = "0@example.org";
    what.reported_complete = _i;
    what.series.rfc = _i;
    json = event_of(&what);
    ck_assert_int_eq(read_bytes(json, strlen(json)), 1);
    ck_assert_str_eq(learned.message.message_id, what.message.message_id);
    ck_assert_str_eq(learned.message.series, what.message.series);
    ck_assert_str_eq(learned.message.sender, what.message.sender);
    ck_assert_str_eq(learned.message.kind, what.message.kind);
    ck_assert_str_eq(learned.message.lists, what.message.lists);
    ck_assert_int_eq(learned.message.part, what.message.part);
    ck_assert_int_eq(learned.message.received, what.message.received);
    ck_assert_str_eq(learned.series.topic, what.series.topic);
    ck_assert_str_eq(learned.series.author, what.series.author);
    ck_assert_str_eq(learned.series.title, what.series.title);
    ck_assert_int_eq(learned.series.version, -1);
    ck_assert_int_eq(learned.series.total, 5);
    ck_assert_int_eq(learned.series.rfc, _i);
    ck_assert_int_eq(learned.reported_complete, _i);
    ck_assert_str_eq(learned.member.author, what.member.author);
    ck_assert_str_eq(learned.member.title, what.member.title);
    ck_assert_str_eq(learned.adopts, what.adopts);
    ck_assert_uint_eq(learned.keys.count, LIMIT_LEARNED_KEYS);
    for (size_t i = 0; i < LIMIT_LEARNED_KEYS; i++)
        ck_assert_str_eq(learned.keys.items[i], keys[i]);
    ck_assert_uint_eq(learned.notes.count, 2);
    ck_assert_str_eq(learned.notes.items[0], keys[0]);
    ck_assert_str_eq(learned.notes.items[1], keys[1]);
    free(json);
}
END_TEST

START_TEST(a_mail_without_learned_data_writes_none) {
    struct learned what = learned_of_event();
    char *json = event_of(&what);

    ck_assert_ptr_nonnull(strstr(json, "\"learned\":{\"received\":1699999999,\"sender\":"
                                       "\"a@example.org\",\"total\":5}"));
    free(json);
    fixture.learned = NULL;
    json = foreign(
        &(struct mail_event){.type = EVENT_MESSAGE_SEEN, .id = "0123456789abcdef0123456789abcdef"});
    ck_assert_ptr_null(strstr(json, "learned"));
    ck_assert_int_eq(read_bytes(json, strlen(json)), 0);
    free(json);
}
END_TEST

/* A list whose events are made when it receives a mail has not sent that out yet, and another host
 * may see it going out. */
START_TEST(lists_that_sent_nothing_out_are_written) {
    static const char *const posted[] = {"kvm.example.org", "", "two.example.org"};
    struct learned what = learned_of_event();
    char *json;

    what.message.posted = posted[_i];
    json = event_of(&what);
    ck_assert_int_eq(strstr(json, "\"posted\":") != NULL, _i > 0);
    ck_assert_int_eq(read_bytes(json, strlen(json)), 1);
    ck_assert_str_eq(learned.message.lists, "kvm.example.org");
    ck_assert_str_eq(learned.message.posted, posted[_i]);
    free(json);
}
END_TEST

START_TEST(a_sender_that_is_too_long_is_not_written) {
    char sender[LIMIT_FACT_BYTES + 2];
    struct learned what = learned_of_event();
    char *json;

    memset(sender, 'a', sizeof(sender));
    sender[LIMIT_FACT_BYTES + _i] = '\0';
    what.message.sender = sender;
    json = event_of(&what);
    ck_assert_int_eq(read_bytes(json, strlen(json)), !_i);
    free(json);
}
END_TEST

/* ---- malformed events --------------------------------------------------------------------- */

static const struct {
    const char *event, *from, *to;
} bad[] = {
    {MEMBER, "{'source'", "['source'"},
    {MEMBER, "'source':'//b.example.org/patchmark',", ""},
    {MEMBER, "'//b.example.org/patchmark'", "7"},
    {MEMBER, "'patchmark.message.seen.v1'", "'patchmark.series.opened.v1'"},
    {MEMBER, "'patchmark.message.seen.v1'", "null"},
    {MEMBER, "'1@example.org'", "''"},
    {MEMBER, "'1@example.org'", "1"},
    {MEMBER, "'1@example.org'", "'1\\n@example.org'"},
    {MEMBER, "'1@example.org'", "'1\\u0000@example.org'"},
    {MEMBER, "'message_id':'1@example.org',", ""},
    {MEMBER, "'message_id'", "'message_id':'2@example.org','message_id'"},
    {MEMBER, "'kind':'patch',", ""},
    {MEMBER, "'patch',", "'a kind that is longer than any kind'"},
    {MEMBER, "'author':'a@example.org'", "'author':['a@example.org']"},
    {MEMBER, "['kvm.example.org']", "'kvm.example.org'"},
    {MEMBER, "'kvm.example.org'", "{}"},
    {MEMBER, "'a title'", "true"},
    {MEMBER, "'series':{'id':'s1-aaaaaaaaaaaaaaaa',", "'series':{"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'s1-aaaaaaaaaaaaaaa'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'s1-aaaaaaaaaaaaaaaaa'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'s1-aaaaaaaaaaaaaaa1'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'s1-AAAAAAAAAAAAAAAA'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'t1-aaaaaaaaaaaaaaaa'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "''"},
    {MEMBER, "'t1-bbbbbbbbbbbbbbbb'", "'s1-bbbbbbbbbbbbbbbb'"},
    {MEMBER, "'t1-bbbbbbbbbbbbbbbb'", "[]"},
    {MEMBER, "'part':2", "'part':-2"},
    {MEMBER, "'part':2", "'part':2.5"},
    {MEMBER, "'part':2", "'part':1000000000"},
    {MEMBER, "'part':2", "'part':'2'"},
    {MEMBER, "['s1-cccccccccccccccc']", "'s1-cccccccccccccccc'"},
    {MEMBER, "['s1-cccccccccccccccc']", "['cccccccccccccccc']"},
    {MEMBER, "['s1-cccccccccccccccc']", "[null]"},
    {MEMBER, "'learned':{", "'learned':[],'more':{"},
    {MEMBER, "'received':1699999999,", ""},
    {MEMBER, "1699999999", "1700086401"}, /* more than a day ahead */
    {MEMBER, "1699999999", "-1"},
    {MEMBER, "1699999999", "99999999999999999999"},
    {MEMBER, "'sender':'s@example.org'", "'sender':{}"},
    {MEMBER, "'version':3,'total':5,'rfc'", "'version':'3','total':5,'rfc'"},
    {MEMBER, "'total':5,'rfc'", "'total':null,'rfc'"},
    {MEMBER, "'rfc':true", "'rfc':1"},
    {MEMBER, "'told':true", "'told':'true'"},
    {MEMBER, "'adopts':'0@example.org'", "'adopts':0"},
    {MEMBER, "'adopts'", "'posted':['kvm.example.org'],'adopts'"},
    {MEMBER, "['author a@example.org'", "[{}"},
    {MEMBER, "'keys':[", "'keys':{},'others':["},
    {MEMBER, "'notes':[", "'notes':7,'others':["},
    {MEMBER, "'title a title'", "'title\\na title'"}, /* would be two lines in the index */
    {MEMBER, "'data':{", "'data':[],'other':{"},
    {MEMBER, "'data':{", "'other':{"},
    {ANSWER, "'target':2", "'target':[2]"},
    {ANSWER, "'trailers_given':[", "'trailers_given':{},'others':["},
    {ANSWER, "{'name':'Acked-by',", "{"},
    {ANSWER, "'value':'A <a@example.org>'", "'value':1"},
    {ANSWER, "'from_sender':true", "'from_sender':'yes'"},
    {ANSWER, "{'name':'Acked-by','value':'A <a@example.org>','from_sender':true}", "'Acked-by'"},
};

START_TEST(malformed_events_are_refused) {
    char *good = changed(bad[_i].event, "", "");

    ck_assert_int_eq(read_bytes(good, strlen(good)), 1);
    free(good);
    ck_assert_int_eq(read_changed(bad[_i].event, bad[_i].from, bad[_i].to), -1);
}
END_TEST

START_TEST(a_clock_may_be_a_day_ahead) { /* one second more is in the table above */
    ck_assert_int_eq(LIMIT_LEARNED_SECONDS_AHEAD, 86400);
    ck_assert_int_eq(read_changed(MEMBER, "1699999999", "1700086400"), 1);
}
END_TEST

/* Tests each string at its limit and one byte longer. */
START_TEST(strings_have_limits) {
    static const struct {
        const char *event, *from;
        int most;
    } limits[] = {
        {MEMBER, "'1@example.org'", LIMIT_MESSAGE_ID_BYTES},
        {MEMBER, "'0@example.org'", LIMIT_MESSAGE_ID_BYTES},
        {MEMBER, "'a@example.org'", LIMIT_FACT_BYTES},
        {MEMBER, "'s@example.org'", LIMIT_FACT_BYTES},
        {MEMBER, "'kvm.example.org'", LIMIT_FACT_BYTES},
        {MEMBER, "'a title'", LIMIT_FACT_BYTES},
        {MEMBER, "'wait 0@example.org'", LIMIT_FACT_BYTES},
        {ANSWER, "'Acked-by'", LIMIT_FACT_BYTES},
        {ANSWER, "'A <a@example.org>'", LIMIT_FACT_BYTES},
    };

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        for (int past = 0; past < 2; past++) {
            char text[2048] = "", value[2060];

            memset(text, 'x', (size_t)(limits[i].most + past));
            snprintf(value, sizeof(value), "'%s'", text);
            ck_assert_msg(read_changed(limits[i].event, limits[i].from, value) == (past ? -1 : 1),
                          "%s, %d", limits[i].from, past);
        }
}
END_TEST

START_TEST(lists_have_limits) {
    static const struct {
        const char *event, *from, *item;
        int most;
    } limits[] = {
        {MEMBER, "'author a@example.org'", "'a'",
         LIMIT_LEARNED_KEYS - 1}, /* the event has one more */
        {MEMBER, "'s1-cccccccccccccccc'", "'s1-cccccccccccccccc'", LIMIT_LEARNED_ITEMS},
        {ANSWER, "{'name':'Acked-by','value':'B','from_sender':false}", "{'name':'A'}",
         LIMIT_LEARNED_ITEMS - 1},
    };

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        for (int past = 0; past < 2; past++) {
            char items[8192] = "";

            for (int count = 0; count < limits[i].most + past; count++)
                sprintf(items + strlen(items), "%s%s", count ? "," : "", limits[i].item);
            ck_assert_int_eq(read_changed(limits[i].event, limits[i].from, items), past ? -1 : 1);
        }
}
END_TEST

START_TEST(an_event_has_a_limit) {
    char *json = malloc(LIMIT_LEARNED_BYTES + 2), *good = changed(MEMBER, "", "");
    size_t length = strlen(good);

    memcpy(json, good, length);
    memset(json + length, ' ', LIMIT_LEARNED_BYTES + 1 - length);
    ck_assert_int_eq(read_bytes(json, LIMIT_LEARNED_BYTES), 1);
    ck_assert_int_eq(read_bytes(json, LIMIT_LEARNED_BYTES + 1), -1);
    free(json);
    free(good);
}
END_TEST

/* The parser limits its recursion. */
START_TEST(deep_nesting_is_refused) {
    char *json = malloc(LIMIT_LEARNED_BYTES);

    memset(json, _i ? '[' : '{', LIMIT_LEARNED_BYTES);
    ck_assert_int_eq(read_bytes(json, LIMIT_LEARNED_BYTES), -1);
    free(json);
}
END_TEST

/* Cuts an event after each byte, and replaces each byte by several others. */
START_TEST(damage_at_any_byte_is_harmless) {
    static const char bytes[] = "\"{}[],:0x\xff\\ ";
    const char *const events[] = {MEMBER, ANSWER};
    char *good = changed(events[_i], "", "");
    size_t length = strlen(good);

    for (size_t at = 0; at < length; at++) {
        char *cut = malloc(at ? at : 1),
             kept = good[at]; /* on the heap, so that reading past its end is detected */

        memcpy(cut, good, at);
        ck_assert_int_eq(read_bytes(cut, at), -1);
        free(cut);
        for (const char *byte = bytes; byte < bytes + sizeof(bytes); byte++) {
            good[at] = *byte;
            if (read_bytes(good, length) > 0) {
                ck_assert_str_ne(learned.message.message_id, "");
                ck_assert(!*learned.message.series || strlen(learned.message.series) == 19);
            }
        }
        good[at] = kept;
        arena_reset(&arena);
    }
    free(good);
}
END_TEST

SUITE(json_learned_suite) {
    Suite *suite = suite_create("json learned");
    TCase *tests = tcase_create("good"), *hostile = tcase_create("made up");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, a_member);
    tcase_add_test(tests, a_member_with_few_values);
    tcase_add_test(tests, a_reply);
    tcase_add_test(tests, events_without_learned_data_for_this_host);
    tcase_add_loop_test(tests, what_is_written_is_read, 0, 2);
    tcase_add_test(tests, a_mail_without_learned_data_writes_none);
    tcase_add_loop_test(tests, lists_that_sent_nothing_out_are_written, 0, 3);
    tcase_add_loop_test(tests, a_sender_that_is_too_long_is_not_written, 0, 2);
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(hostile, NULL, teardown);
    tcase_set_timeout(hostile, 60);
    tcase_add_loop_test(hostile, malformed_events_are_refused, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tests, a_clock_may_be_a_day_ahead);
    tcase_add_test(hostile, strings_have_limits);
    tcase_add_test(hostile, lists_have_limits);
    tcase_add_test(hostile, an_event_has_a_limit);
    tcase_add_loop_test(hostile, deep_nesting_is_refused, 0, 2);
    tcase_add_loop_test(hostile, damage_at_any_byte_is_harmless, 0, 2);
    suite_add_tcase(suite, hostile);
    return suite;
}

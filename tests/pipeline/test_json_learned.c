/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_json_learned.c - learned data is written and read back; malformed data is refused.
 *
 * JSON is written with ' for ".
 */
#include "mail/bounds.h"
#include "pipeline/bounds.h"
#include "pipeline/event.h"
#include "pipeline/json-learned.h"
#include "plugin/bounds.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1700000000)

#define MEMBER                                                                                    \
    "{'host':'b.example.org','message_id':'1@example.org','series':'s1-aaaaaaaaaaaaaaaa',"        \
    "'kind':'patch','sender':'s@example.org','via':'kvm.example.org','lists':"                    \
    "'kvm.example.org two.example.org','received':1699999999,'part':2,'patch_author':"            \
    "'a@example.org','patch_author_name':'A. U. Thor','patch_id':'0123456789abcdef','told':true," \
    "'adopts':'0@example.org','topic':'t1-bbbbbbbbbbbbbbbb','title':'a title',"                   \
    "'submitter_name':'S. Ender','version':3,'total':5,'revision':'3.1','rfc':true,"              \
    "'flags':'rfc resend','labels':'kvm x86/mm','base_commit':'abcdef0',"                         \
    "'change_id':'20240101-work-0123','supersedes':'s1-dddddddddddddddd','how':'patch-id',"       \
    "'replaces':'part','target':4,'tree':['net-next','stable 5.10'],"                             \
    "'prerequisites':['fedcba','p@x'],'same_as':['s1-cccccccccccccccc'],"                         \
    "'keys':['author a@example.org','wait 0@example.org'],'notes':['title a title']}"
#define ANSWER                                                                                 \
    "{'host':'b.example.org','message_id':'2@example.org','series':'s1-aaaaaaaaaaaaaaaa',"     \
    "'kind':'reply','sender':'a@example.org','received':1699999999,'target':2,"                \
    "'sender_name':'A','robot':'bot','verdict':'fail','tags':['Acked-by: A <a@example.org>']," \
    "'applied':['partial','1\\tabc\\thttps://x/abc\\ta title','\\t\\t\\t']}"

static struct arena arena;
static struct learned learned;

static int read_as(const char *host, const char *type, const char *json) {
    const struct patchmark_event event = {.struct_size = sizeof(event),
                                          .type = type,
                                          .learned = json};

    return json_learned_read(&event, host, NOW, &arena, &learned);
}

static int read_json(const char *json) {
    return read_as("a.example.org", EVENT_MESSAGE_SEEN, json);
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
    int result = read_json(json);

    free(json);
    return result;
}

static int read_text(const char *text) {
    return read_changed(text, "", "");
}

static void teardown(void) {
    arena_free(&arena);
}

/* ---- valid data --------------------------------------------------------------------------- */

START_TEST(a_member) {
    ck_assert_int_eq(read_text(MEMBER), 1);
    ck_assert_str_eq(learned.message.message_id, "1@example.org");
    ck_assert_str_eq(learned.message.series, "s1-aaaaaaaaaaaaaaaa");
    ck_assert_str_eq(learned.message.sender, "s@example.org");
    ck_assert_str_eq(learned.message.via, "kvm.example.org");
    ck_assert_str_eq(learned.message.kind, "patch");
    ck_assert_str_eq(learned.message.lists, "kvm.example.org two.example.org");
    ck_assert_str_eq(learned.message.posted, "kvm.example.org two.example.org");
    ck_assert_str_eq(learned.message.patch_id, "0123456789abcdef");
    ck_assert_str_eq(learned.message.supersedes, "s1-dddddddddddddddd");
    ck_assert_str_eq(learned.message.how, "patch-id");
    ck_assert_str_eq(learned.message.scope, "part");
    ck_assert(learned.message.published);
    ck_assert_int_eq(learned.message.part, 2);
    ck_assert_int_eq(learned.message.received, 1699999999);
    ck_assert_int_eq(learned.target, 4);
    ck_assert_str_eq(learned.series.id, "s1-aaaaaaaaaaaaaaaa");
    ck_assert_str_eq(learned.series.topic, "t1-bbbbbbbbbbbbbbbb");
    ck_assert_str_eq(learned.series.author, "s@example.org");
    ck_assert_str_eq(learned.series.via, "kvm.example.org");
    ck_assert_str_eq(learned.series.lists, "kvm.example.org two.example.org");
    ck_assert_str_eq(learned.series.title, "a title");
    ck_assert_str_eq(learned.series.submitter_name, "S. Ender");
    ck_assert_str_eq(learned.series.patch_author, "a@example.org");
    ck_assert_str_eq(learned.series.patch_author_name, "A. U. Thor");
    ck_assert_int_eq(learned.series.version, 3);
    ck_assert_int_eq(learned.series.total, 5);
    ck_assert_str_eq(learned.series.revision, "3.1");
    ck_assert_str_eq(learned.series.flags, "rfc resend");
    ck_assert_str_eq(learned.series.labels, "kvm x86/mm");
    ck_assert_str_eq(learned.series.tree, "net-next\nstable 5.10");
    ck_assert_str_eq(learned.series.base_commit, "abcdef0");
    ck_assert_str_eq(learned.series.change_id, "20240101-work-0123");
    ck_assert_str_eq(learned.series.prerequisites, "fedcba\np@x");
    ck_assert_str_eq(learned.series.supersedes, "s1-dddddddddddddddd");
    ck_assert_str_eq(learned.series.how, "patch-id");
    ck_assert_str_eq(learned.series.replaces, "part");
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
    ck_assert_int_eq(read_text("{'host':'b.example.org','message_id':'1@example.org','kind':"
                               "'patch','series':'s1-aaaaaaaaaaaaaaaa','part':0,'received':7}"),
                     1);
    ck_assert_str_eq(learned.message.sender, "");
    ck_assert_str_eq(learned.message.lists, "");
    ck_assert_str_eq(learned.series.topic, "");
    ck_assert_str_eq(learned.series.title, "");
    ck_assert_str_eq(learned.series.patch_author, "");
    ck_assert_str_eq(learned.series.supersedes, "");
    ck_assert_int_eq(learned.series.version, -1);
    ck_assert_int_eq(learned.series.total, -1);
    ck_assert(!learned.series.rfc && !learned.reported_complete);
    ck_assert_ptr_null(learned.adopts);
    ck_assert_uint_eq(learned.keys.count + learned.same_as.count, 0);
}
END_TEST

/* The author of a patch is written only if it is not the sender. */
START_TEST(the_sender_is_the_author_unless_another_is_named) {
    ck_assert_int_eq(read_changed(MEMBER,
                                  "'patch_author':'a@example.org','patch_author_name':'A. U. "
                                  "Thor',",
                                  ""),
                     1);
    ck_assert_str_eq(learned.series.patch_author, "s@example.org");
    ck_assert_str_eq(learned.series.patch_author_name, "S. Ender");
    ck_assert_str_eq(learned.member.author, "s@example.org");
}
END_TEST

START_TEST(a_reply) {
    ck_assert_int_eq(read_text(ANSWER), 1);
    ck_assert_int_eq(learned.message.part, -1);
    ck_assert_str_eq(learned.message.sender, "a@example.org");
    ck_assert_str_eq(learned.message.sender_name, "A");
    ck_assert_str_eq(learned.message.robot, "bot");
    ck_assert_str_eq(learned.message.verdict, "fail");
    ck_assert_str_eq(learned.message.applied, "partial\n1\tabc\thttps://x/abc\ta title\n\t\t\t");
    ck_assert_int_eq(learned.target, 2);
    ck_assert_uint_eq(learned.tags.count, 1);
    ck_assert_str_eq(learned.tags.items[0], "Acked-by: A <a@example.org>");
    ck_assert_int_eq(read_changed(ANSWER, "'partial'", "'all'"), 1);
    ck_assert_str_eq(learned.message.applied, "all\n1\tabc\thttps://x/abc\ta title\n\t\t\t");
    ck_assert_int_eq(read_changed(ANSWER, "'applied':[", "'applied':[],'more':["), 1);
    ck_assert_str_eq(learned.message.applied, "");
    ck_assert_int_eq(read_changed(ANSWER, "'applied':[", "'more':["), 1);
    ck_assert_ptr_null(learned.message.applied);
}
END_TEST

START_TEST(events_without_learned_data_for_this_host) {
    char *own = changed(MEMBER, "b.example.org", "a.example.org");

    ck_assert_int_eq(read_as("a.example.org", EVENT_SERIES_OPENED, "no JSON"), 0);
    ck_assert_int_eq(read_json(NULL), 0);
    ck_assert_int_eq(read_json(""), 0);
    ck_assert_int_eq(read_json(own), 0);
    ck_assert_int_eq(read_as(NULL, EVENT_MESSAGE_SEEN, own), 1);
    free(own);
    ck_assert_int_eq(read_changed(MEMBER, "b.example.org", "a.example.org.b"), 1);
    ck_assert_int_eq(read_changed(MEMBER, "b.example.org", "a.example"), 1);
}
END_TEST

/* ---- writing and reading ------------------------------------------------------------------ */

static struct learned learned_of_member(void) {
    return (struct learned){.message = {.message_id = "1@example.org",
                                        .series = "s1-aaaaaaaaaaaaaaaa",
                                        .sender = "a@example.org",
                                        .kind = "patch",
                                        .published = true,
                                        .lists = "kvm.example.org",
                                        .posted = "kvm.example.org",
                                        .patch_id = "0123456789abcdef",
                                        .part = 2,
                                        .received = 1699999999},
                            .series = {.id = "s1-aaaaaaaaaaaaaaaa",
                                       .topic = "t1-bbbbbbbbbbbbbbbb",
                                       .author = "a@example.org",
                                       .title = "caf\xc3\xa9 \"x\" \\",
                                       .submitter_name = "A \"B\"",
                                       .patch_author = "author@example.org",
                                       .patch_author_name = "",
                                       .flags = "rfc",
                                       .labels = "kvm",
                                       .revision = "3.1",
                                       .tree = "net\nstable 5.10",
                                       .base_commit = "abcdef0",
                                       .change_id = "change",
                                       .prerequisites = "one\ntwo",
                                       .supersedes = "s1-dddddddddddddddd",
                                       .how = "title",
                                       .replaces = "all",
                                       .version = -1,
                                       .total = 5,
                                       .changed = 1699999999},
                            .member = {.message_id = "1@example.org",
                                       .title = "caf\xc3\xa9 \"x\" \\",
                                       .author = "author@example.org",
                                       .part = 2},
                            .target = -1};
}

/* Writes WHAT and reads it.  Returns what json_learned_read returns. */
static int written_and_read(const struct learned *what) {
    char *json = json_learned_write(what, "b.example.org");
    int result;

    ck_assert_ptr_nonnull(json);
    ck_assert_uint_le(strlen(json), LIMIT_LEARNED_BYTES);
    result = read_json(json);
    free(json);
    return result;
}

START_TEST(what_is_written_is_read) {
    static const char *keys[LIMIT_LEARNED_KEYS + 1];
    struct learned what = learned_of_member();

    for (size_t i = 0; i < LIMIT_LEARNED_KEYS + 1; i++)
        keys[i] = i % 2 ? "author a@example.org" : "title a@example.org \"caf\xc3\xa9\"";
    what.keys = (struct learned_list){keys, LIMIT_LEARNED_KEYS + 1};
    what.notes = (struct learned_list){keys, 2};
    what.adopts = "0@example.org";
    what.reported_complete = _i;
    what.series.rfc = _i;
    what.target = _i ? 4 : -1;
    ck_assert_int_eq(written_and_read(&what), 1);
    ck_assert_str_eq(learned.message.message_id, what.message.message_id);
    ck_assert_str_eq(learned.message.series, what.message.series);
    ck_assert_str_eq(learned.message.sender, what.message.sender);
    ck_assert_str_eq(learned.message.kind, what.message.kind);
    ck_assert_str_eq(learned.message.lists, what.message.lists);
    ck_assert_str_eq(learned.message.patch_id, what.message.patch_id);
    ck_assert_int_eq(learned.message.part, what.message.part);
    ck_assert_int_eq(learned.message.received, what.message.received);
    ck_assert_int_eq(learned.target, what.target);
    ck_assert_str_eq(learned.series.topic, what.series.topic);
    ck_assert_str_eq(learned.series.author, what.series.author);
    ck_assert_str_eq(learned.series.title, what.series.title);
    ck_assert_str_eq(learned.series.submitter_name, what.series.submitter_name);
    ck_assert_str_eq(learned.series.patch_author, what.series.patch_author);
    ck_assert_str_eq(learned.series.patch_author_name, what.series.patch_author_name);
    ck_assert_str_eq(learned.series.flags, what.series.flags);
    ck_assert_str_eq(learned.series.labels, what.series.labels);
    ck_assert_str_eq(learned.series.revision, what.series.revision);
    ck_assert_str_eq(learned.series.tree, what.series.tree);
    ck_assert_str_eq(learned.series.base_commit, what.series.base_commit);
    ck_assert_str_eq(learned.series.change_id, what.series.change_id);
    ck_assert_str_eq(learned.series.prerequisites, what.series.prerequisites);
    ck_assert_str_eq(learned.series.supersedes, what.series.supersedes);
    ck_assert_str_eq(learned.series.how, what.series.how);
    ck_assert_str_eq(learned.series.replaces, what.series.replaces);
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
}
END_TEST

START_TEST(an_answer_is_written_and_read) {
    static const char *const applied[] = {NULL, "", "partial", "partial\n1\ta\tb\tc", "\ta\t\t"};
    const char *const tags[] = {"Acked-by: A <a@example.org>"};
    struct learned what = {.message = {.message_id = "2@example.org",
                                       .series = "s1-aaaaaaaaaaaaaaaa",
                                       .sender = "a@example.org",
                                       .sender_name = "A B",
                                       .kind = "reply",
                                       .lists = "",
                                       .posted = "",
                                       .robot = "bot",
                                       .verdict = "pass",
                                       .applied = applied[_i],
                                       .part = -1,
                                       .received = 1},
                           .tags = {tags, 1},
                           .target = 0};

    ck_assert_int_eq(written_and_read(&what), 1);
    ck_assert_int_eq(learned.target, 0);
    ck_assert_int_eq(learned.message.part, -1);
    ck_assert_str_eq(learned.message.sender_name, "A B");
    ck_assert_str_eq(learned.message.robot, "bot");
    ck_assert_str_eq(learned.message.verdict, "pass");
    ck_assert_pstr_eq(learned.message.applied, applied[_i]);
    ck_assert_uint_eq(learned.tags.count, 1);
    ck_assert_str_eq(learned.tags.items[0], tags[0]);
}
END_TEST

START_TEST(a_mail_without_learned_data_writes_none) {
    struct learned what = {.message = {.message_id = "1@example.org",
                                       .series = "",
                                       .sender = "a@example.org",
                                       .kind = "other",
                                       .lists = "",
                                       .posted = "",
                                       .part = -1,
                                       .received = 1699999999},
                           .target = -1};
    char *json = json_learned_write(&what, "b.example.org");

    ck_assert_str_eq(json, "{\"host\":\"b.example.org\",\"message_id\":\"1@example.org\",\"kind\":"
                           "\"other\",\"sender\":\"a@example.org\",\"received\":1699999999}");
    free(json);
    ck_assert_ptr_null(json_learned_write(NULL, "b.example.org"));
}
END_TEST

/* A list whose events are made when it receives a mail has not sent that out yet, and another host
 * may see it going out. */
START_TEST(lists_that_sent_nothing_out_are_written) {
    static const char *const posted[] = {"kvm.example.org", "", "two.example.org"};
    struct learned what = learned_of_member();

    what.message.posted = posted[_i];
    ck_assert_int_eq(written_and_read(&what), 1);
    ck_assert_str_eq(learned.message.lists, "kvm.example.org");
    ck_assert_str_eq(learned.message.posted, posted[_i]);
}
END_TEST

START_TEST(a_sender_that_is_too_long_is_not_written) {
    char sender[LIMIT_FACT_BYTES + 2];
    struct learned what = learned_of_member();
    char *json;

    memset(sender, 'a', sizeof(sender));
    sender[LIMIT_FACT_BYTES + _i] = '\0';
    what.message.sender = sender;
    json = json_learned_write(&what, "b.example.org");
    ck_assert_int_eq(json != NULL, !_i);
    if (json)
        ck_assert_int_eq(read_json(json), 1);
    free(json);
}
END_TEST

/* Keys of the greatest length, each byte of which JSON escapes: those that fit are written. */
START_TEST(data_that_is_too_large_is_written_without_the_last_notes) {
    static char long_text[LIMIT_FACT_BYTES + 1];
    static const char *items[LIMIT_LEARNED_KEYS];
    struct learned what = learned_of_member();

    memset(long_text, '"', LIMIT_FACT_BYTES);
    for (size_t i = 0; i < LIMIT_LEARNED_KEYS; i++)
        items[i] = long_text;
    what.keys = (struct learned_list){items, LIMIT_LEARNED_KEYS};
    what.notes = (struct learned_list){items, LIMIT_LEARNED_KEYS};
    ck_assert_int_eq(written_and_read(&what), 1);
    ck_assert_uint_eq(learned.keys.count, LIMIT_LEARNED_KEYS);
    ck_assert_uint_ge(learned.notes.count, 20);
    ck_assert_uint_lt(learned.notes.count, LIMIT_LEARNED_KEYS);
    ck_assert_str_eq(learned.notes.items[learned.notes.count - 1], long_text);
    ck_assert_str_eq(learned.series.base_commit, "abcdef0");
}
END_TEST

/* ---- malformed data ----------------------------------------------------------------------- */

static const struct {
    const char *json, *from, *to;
} bad[] = {
    {MEMBER, "{'host'", "['host'"},
    {MEMBER, "'host':'b.example.org',", ""},
    {MEMBER, "'b.example.org'", "7"},
    {MEMBER, "'b.example.org'", "''"},
    {MEMBER, "'1@example.org'", "''"},
    {MEMBER, "'1@example.org'", "1"},
    {MEMBER, "'1@example.org'", "'1\\n@example.org'"},
    {MEMBER, "'1@example.org'", "'1\\u0000@example.org'"},
    {MEMBER, "'message_id':'1@example.org',", ""},
    {MEMBER, "'message_id'", "'message_id':'2@example.org','message_id'"},
    {MEMBER, "'kind':'patch',", ""},
    {MEMBER, "'patch',", "'a kind that is longer than any kind'"},
    {MEMBER, "'sender':'s@example.org'", "'sender':{}"},
    {MEMBER, "'via':'kvm.example.org'", "'via':1"},
    {MEMBER, "'kvm.example.org two.example.org'", "['kvm.example.org']"},
    {MEMBER, "'a title'", "true"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "{'id':'s1-aaaaaaaaaaaaaaaa'}"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'s1-aaaaaaaaaaaaaaa'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'s1-aaaaaaaaaaaaaaaaa'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'s1-aaaaaaaaaaaaaaa1'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'s1-AAAAAAAAAAAAAAAA'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "'t1-aaaaaaaaaaaaaaaa'"},
    {MEMBER, "'s1-aaaaaaaaaaaaaaaa'", "''"},
    {MEMBER, "'series':'s1-aaaaaaaaaaaaaaaa',", ""},
    {MEMBER, "'t1-bbbbbbbbbbbbbbbb'", "'s1-bbbbbbbbbbbbbbbb'"},
    {MEMBER, "'t1-bbbbbbbbbbbbbbbb'", "[]"},
    {MEMBER, "'part':2", "'part':-2"},
    {MEMBER, "'part':2", "'part':2.5"},
    {MEMBER, "'part':2", "'part':1000000000"},
    {MEMBER, "'part':2", "'part':'2'"},
    {MEMBER, "'target':4", "'target':'4'"},
    {MEMBER, "['s1-cccccccccccccccc']", "'s1-cccccccccccccccc'"},
    {MEMBER, "['s1-cccccccccccccccc']", "['cccccccccccccccc']"},
    {MEMBER, "['s1-cccccccccccccccc']", "[null]"},
    {MEMBER, "'received':1699999999,", ""},
    {MEMBER, "1699999999", "1700086401"}, /* more than a day ahead */
    {MEMBER, "1699999999", "-1"},
    {MEMBER, "1699999999", "99999999999999999999"},
    {MEMBER, "'version':3", "'version':'3'"},
    {MEMBER, "'total':5", "'total':null"},
    {MEMBER, "'rfc':true", "'rfc':1"},
    {MEMBER, "'told':true", "'told':'true'"},
    {MEMBER, "'adopts':'0@example.org'", "'adopts':0"},
    {MEMBER, "'adopts'", "'posted':['kvm.example.org'],'adopts'"},
    {MEMBER, "'0123456789abcdef'", "'0123 \\u00e9'"},
    {MEMBER, "'S. Ender'", "'S.\\nEnder'"},
    {MEMBER, "'A. U. Thor'", "[]"},
    {MEMBER, "'3.1'", "3.1"},
    {MEMBER, "'rfc resend'", "'rfc  resend'"},
    {MEMBER, "'rfc resend'", "' rfc'"},
    {MEMBER, "'rfc resend'", "'rfc '"},
    {MEMBER, "'kvm x86/mm'", "'kvm,x86'"},
    {MEMBER, "'kvm x86/mm'", "['kvm']"},
    {MEMBER, "'abcdef0'", "'abc\\ndef'"},
    {MEMBER, "'s1-dddddddddddddddd'", "'t1-dddddddddddddddd'"},
    {MEMBER, "'replaces':'part'", "'replaces':'none'"},
    {MEMBER, "'replaces':'part',", ""},
    {MEMBER, "['net-next','stable 5.10']", "'net-next'"},
    {MEMBER, "'net-next'", "'net\\nnext'"},
    {MEMBER, "['fedcba','p@x']", "[1]"},
    {MEMBER, "['author a@example.org'", "[{}"},
    {MEMBER, "'keys':[", "'keys':{},'others':["},
    {MEMBER, "'notes':[", "'notes':7,'others':["},
    {MEMBER, "'title a title'", "'title\\na title'"}, /* would be two lines in the index */
    {ANSWER, "'target':2", "'target':[2]"},
    {ANSWER, "'tags':[", "'tags':{},'others':["},
    {ANSWER, "'Acked-by: A <a@example.org>'", "': A'"},
    {ANSWER, "'Acked-by: A <a@example.org>'", "{'name':'Acked-by'}"},
    {ANSWER, "'sender_name':'A'", "'sender_name':1"},
    {ANSWER, "'robot':'bot'", "'robot':'a\\tbot'"},
    {ANSWER, "'fail'", "'fa\\u00efl'"},
    {ANSWER, "'partial'", "'whole'"},
    {ANSWER, "'\\t\\t\\t'", "'partial'"},
    {ANSWER, "'\\t\\t\\t'", "'\\t\\t'"},
    {ANSWER, "'\\t\\t\\t'", "'\\t\\t\\t\\t'"},
    {ANSWER, "'\\t\\t\\t'", "'one\\t\\t\\t'"},
    {ANSWER, "'\\t\\t\\t'", "'1234567890\\t\\t\\t'"},
};

START_TEST(malformed_data_is_refused) {
    char *good = changed(bad[_i].json, "", "");

    ck_assert_int_eq(read_json(good), 1);
    free(good);
    ck_assert_msg(read_changed(bad[_i].json, bad[_i].from, bad[_i].to) == -1, "%s", bad[_i].to);
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
        const char *json, *from;
        int most;
    } limits[] = {
        {MEMBER, "'1@example.org'", LIMIT_MESSAGE_ID_BYTES},
        {MEMBER, "'0@example.org'", LIMIT_MESSAGE_ID_BYTES},
        {MEMBER, "'a@example.org'", LIMIT_FACT_BYTES},
        {MEMBER, "'s@example.org'", LIMIT_FACT_BYTES},
        {MEMBER, "'kvm.example.org'", LIMIT_FACT_BYTES},
        {MEMBER, "'kvm.example.org two.example.org'", LIMIT_LISTS_BYTES},
        {MEMBER, "'a title'", LIMIT_FACT_BYTES},
        {MEMBER, "'S. Ender'", LIMIT_FACT_BYTES},
        {MEMBER, "'A. U. Thor'", LIMIT_FACT_BYTES},
        {MEMBER, "'rfc resend'", LIMIT_LABELS_BYTES},
        {MEMBER, "'kvm x86/mm'", LIMIT_LABELS_BYTES},
        {MEMBER, "'20240101-work-0123'", LIMIT_FACT_BYTES},
        {MEMBER, "'stable 5.10'", LIMIT_FACT_BYTES},
        {MEMBER, "'p@x'", LIMIT_FACT_BYTES},
        {MEMBER, "'wait 0@example.org'", LIMIT_FACT_BYTES},
        {ANSWER, "'A'", LIMIT_FACT_BYTES},
        {ANSWER, "'bot'", 64},
    };

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        for (int past = 0; past < 2; past++) {
            char text[8192] = "", value[8200];

            memset(text, 'x', (size_t)(limits[i].most + past));
            snprintf(value, sizeof(value), "'%s'", text);
            ck_assert_msg(read_changed(limits[i].json, limits[i].from, value) == (past ? -1 : 1),
                          "%s, %d", limits[i].from, past);
        }
}
END_TEST

START_TEST(lists_have_limits) {
    static const struct {
        const char *json, *from, *item;
        int most;
    } limits[] = {
        {MEMBER, "'author a@example.org'", "'a'",
         LIMIT_LEARNED_KEYS - 1}, /* the data has one more */
        {MEMBER, "'s1-cccccccccccccccc'", "'s1-cccccccccccccccc'", LIMIT_LEARNED_ITEMS},
        {MEMBER, "'fedcba','p@x'", "'p'", LIMIT_LEARNED_ITEMS},
        {ANSWER, "'Acked-by: A <a@example.org>'", "'A: b'", LIMIT_LEARNED_ITEMS},
        {ANSWER, "'\\t\\t\\t'", "'\\t\\t\\t'", LIMIT_LEARNED_ITEMS - 2},
    };

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        for (int past = 0; past < 2; past++) {
            char items[8192] = "";

            for (int count = 0; count < limits[i].most + past; count++)
                sprintf(items + strlen(items), "%s%s", count ? "," : "", limits[i].item);
            ck_assert_int_eq(read_changed(limits[i].json, limits[i].from, items), past ? -1 : 1);
        }
}
END_TEST

START_TEST(the_data_has_a_limit) {
    char *json = calloc(1, LIMIT_LEARNED_BYTES + 2), *good = changed(MEMBER, "", "");
    size_t length = strlen(good);

    memcpy(json, good, length);
    memset(json + length, ' ', LIMIT_LEARNED_BYTES - length);
    ck_assert_int_eq(read_json(json), 1);
    json[LIMIT_LEARNED_BYTES] = ' ';
    ck_assert_int_eq(read_json(json), -1);
    free(json);
    free(good);
}
END_TEST

/* The parser limits its recursion. */
START_TEST(deep_nesting_is_refused) {
    char *json = calloc(1, LIMIT_LEARNED_BYTES + 1);

    memset(json, _i ? '[' : '{', LIMIT_LEARNED_BYTES);
    ck_assert_int_eq(read_json(json), -1);
    free(json);
}
END_TEST

/* Cuts the data after each byte, and replaces each byte by several others. */
START_TEST(damage_at_any_byte_is_harmless) {
    static const char bytes[] = "\"{}[],:0x\xff\\ ";
    const char *const texts[] = {MEMBER, ANSWER};
    char *good = changed(texts[_i], "", "");
    size_t length = strlen(good);

    for (size_t at = 0; at < length; at++) {
        char *cut = strndup(good, at),
             kept = good[at]; /* on the heap, so that reading past its end is detected */

        ck_assert_int_eq(read_json(cut), at > 0 ? -1 : 0);
        free(cut);
        for (const char *byte = bytes; byte < bytes + sizeof(bytes); byte++) {
            good[at] = *byte;
            if (read_json(good) > 0) {
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

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, a_member);
    tcase_add_test(tests, a_member_with_few_values);
    tcase_add_test(tests, the_sender_is_the_author_unless_another_is_named);
    tcase_add_test(tests, a_reply);
    tcase_add_test(tests, events_without_learned_data_for_this_host);
    tcase_add_loop_test(tests, what_is_written_is_read, 0, 2);
    tcase_add_loop_test(tests, an_answer_is_written_and_read, 0, 5);
    tcase_add_test(tests, a_mail_without_learned_data_writes_none);
    tcase_add_loop_test(tests, lists_that_sent_nothing_out_are_written, 0, 3);
    tcase_add_loop_test(tests, a_sender_that_is_too_long_is_not_written, 0, 2);
    tcase_add_test(tests, data_that_is_too_large_is_written_without_the_last_notes);
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(hostile, NULL, teardown);
    tcase_set_timeout(hostile, 60);
    tcase_add_loop_test(hostile, malformed_data_is_refused, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tests, a_clock_may_be_a_day_ahead);
    tcase_add_test(hostile, strings_have_limits);
    tcase_add_test(hostile, lists_have_limits);
    tcase_add_test(hostile, the_data_has_a_limit);
    tcase_add_loop_test(hostile, deep_nesting_is_refused, 0, 2);
    tcase_add_loop_test(hostile, damage_at_any_byte_is_harmless, 0, 2);
    suite_add_tcase(suite, hostile);
    return suite;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_words.c - titles as sets of words; Message-IDs in the text of a mail; titles of parts in the
 * text of a cover.
 */
#include "mention.c"
#include "words.c"

#include "support/support.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- words -------------------------------------------------------------------------------- */

START_TEST(reads_words) {
    static const struct {
        const char *title, *words;
        size_t count;
    } examples[] = {
        {"fix the lock", "fix lock the", 3},
        {"Fix THE lock, fix it.", "fix it lock the", 4},
        {"lock the fix", "fix lock the", 3},
        /* all prefixes are removed */
        {"net: dsa: fix the lock", "fix lock the", 3},
        {"KVM: arm64: vgic-v3: Fix it", "fix it", 2},
        {"a:b: fix it", "fix it", 2},
        {"fixup! net: fix it", "fix it", 2},
        /* these are not prefixes */
        {"fix it:", "fix it", 2},
        {"fix it: ", "fix it", 2},
        {"std::string is slow", "is slow std string", 4},
        {": fix it", "fix it", 2},
        {"a title which is much too long for a prefix: fix it",
         "a fix for is it long much prefix title too which", 11},
        /* what a word is */
        {"use memory_size() in x-y", "in memory_size use x y", 5},
        {"führe 64 Bit ein", "64 bit ein führe", 4},
        {"", "", 0},
        {"...", "", 0},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        char words[256];
        size_t count = words_read(examples[i].title, words, sizeof(words));

        ck_assert_msg(strcmp(words, examples[i].words) == 0, "'%s' gives '%s'", examples[i].title,
                      words);
        ck_assert_msg(count == examples[i].count, "'%s': %zu", examples[i].title, count);
    }
}
END_TEST

/* Words that do not fit are left out; the length and number of words are limited. */
START_TEST(bounds_words) {
    char title[64 * 1024], words[8 * 1024];
    size_t length = 0;

    ck_assert_uint_eq(words_read("one two three", words, sizeof("one three")), 2);
    ck_assert_str_eq(words, "one three");
    ck_assert_uint_eq(words_read("one two three", words, sizeof("one three") - 1), 2);
    ck_assert_str_eq(words, "one two"); /* "three" does not fit, "two" does */
    ck_assert_uint_eq(words_read("one", words, 1), 0);
    ck_assert_str_eq(words, "");

    memset(title, 'a', sizeof(title) - 1);
    title[sizeof(title) - 1] = '\0';
    ck_assert_uint_eq(words_read(title, words, sizeof(words)), 1);
    ck_assert_uint_eq(strlen(words), WORD_SIZE - 1);

    for (int i = 0; i < 4 * WORDS_MAX; i++)
        length += (size_t)snprintf(title + length, sizeof(title) - length, "w%d ", i);
    ck_assert_uint_eq(words_read(title, words, sizeof(words)), WORDS_MAX);
}
END_TEST

START_TEST(compares_starts) {
    static const struct {
        const char *title, *other;
        bool alike;
    } examples[] = {
        {"add support for gadgets", "add support for gadgets and widgets", true},
        {"add support for gadgets and widgets", "add support for gadgets", true},
        {"net: Add Support for gadgets", "usb: add support for gadgets", true},
        {"add support", "add support for gadgets", false},  /* 11 bytes */
        {"add supports", "add supports for gadgets", true}, /* 12 */
        {"add support for gadgets", "add support for widgets", false},
        {"support for gadgets", "add support for gadgets", false},
        {"net: fix it", "net: fix it all", false},                     /* a prefix does not count */
        {"add support for lamp1", "add support for lamp10", false},    /* within a word */
        {"add support for lamp1", "add support for lamp1() in", true}, /* between words */
        {"", "", false},
        {"", "add support for gadgets", false},
    };

    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_msg(words_share_start(examples[i].title, examples[i].other) == examples[i].alike,
                      "'%s', '%s'", examples[i].title, examples[i].other);
}
END_TEST

START_TEST(compares_prefixes) {
    static const struct {
        const char *title, *other;
        bool fit;
    } examples[] = {
        {"net: fix it", "net: mend it", true},
        {"net: fix it", "usb: fix it", false},
        {"fix it", "usb: fix it", true}, /* one has none */
        {"fix it", "fix it", true},
        {"net: dsa: fix it", "net: fix it", true}, /* the last name of one is in the other */
        {"net: dsa: fix it", "ipv6: dsa: fix it", true},
        {"net: dsa: fix it", "net: usb: fix it", false},
        {"KVM: arm64: fix it", "arm64/kvm: fix it", true},
        {"KVM, arm64: fix it", "arm64: KVM: fix it", true},
        {"scripts/one.sh: fix it", "scripts/two.sh: fix it", false},
        {"net: fix it", "network: fix it", false}, /* whole names */
        {"", "net: fix it", true},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        ck_assert_msg(words_prefixes_fit(examples[i].title, examples[i].other) == examples[i].fit,
                      "'%s', '%s'", examples[i].title, examples[i].other);
        ck_assert_msg(words_prefixes_fit(examples[i].other, examples[i].title) == examples[i].fit,
                      "'%s', '%s'", examples[i].other, examples[i].title);
    }
}
END_TEST

START_TEST(recognises_batches) {
    static const struct {
        const char *title;
        bool batch;
    } examples[] = {
        {"Lamp fixes for net", true},
        {"Lamp/Fridge fixes for net-next", true},
        {"lamp updates for net-next", true},
        {"KVM: lamp: fixes for 5.8, take #3", true},
        {"Big House Lamp Driver Updates 2024-03-01 (dimmer)", true},
        {"Misc fixes", true},
        {"fixes and improvements", true},
        {"Lamp patches 2", true},
        {"lamp queue", true},
        {"5.4.44-rc1 review", true},
        {"pull request: lamp 2024-03-01", true},
        {"pull-request: lamp", true},
        /* these say what they change */
        {"lamp: dim at night", false},
        {"lamp: improvements", false}, /* of what the prefix names */
        {"fixes to the dimmer of the lamp", false},
        {"Fix updates of the lamp", false},
        {"The lamp and the fridge and other updates for net", false}, /* too many words before */
        {"prefixes for all", false},
        {"", false},
    };

    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_msg(words_name_batch(examples[i].title) == examples[i].batch, "'%s'",
                      examples[i].title);
}
END_TEST

/* ---- mentions ----------------------------------------------------------------------------- */

static struct mail mail;

static void setup(void) {
    support_mail_init(&mail);
}

static void teardown(void) {
    mail_free(&mail);
}

static const struct patchmark_message *message_of(const char *headers, const char *body) {
    char *raw = NULL;
    size_t size;
    FILE *file = open_memstream(&raw, &size);
    const struct patchmark_message *message;

    ck_assert_ptr_nonnull(file);
    fprintf(file, "From: author@example.org\n%s\n%s", headers, body);
    fclose(file);
    message = support_read(&mail, raw, 0);
    free(raw);
    return message;
}

/* Writes all Message-IDs, separated by spaces; those after "Supersedes:" have a "!" in front. */
static const char *mentions(const struct patchmark_message *message) {
    static char all[64 * 1024];
    struct mention_walk walk = {.part = 0};
    bool supersedes = false;
    size_t length = 0;
    char id[256];

    all[0] = '\0';
    while (mention_next(message, &walk, id, sizeof(id), &supersedes))
        length += (size_t)snprintf(all + length, sizeof(all) - length, "%s%s%s",
                                   length > 0 ? " " : "", supersedes ? "!" : "", id);
    return all;
}

START_TEST(finds_mentions) {
    static const struct {
        const char *text, *ids;
    } examples[] = {
        /* bare */
        {"v1: <1-2-user@host>", "1-2-user@host"},
        {"v1: id:1-2-user@host", "1-2-user@host"},
        {"Message-ID: <1-2-user@host>", "1-2-user@host"},
        {"(1-2-user@host)", "1-2-user@host"},
        {"see mid:1-2-user@host.", "1-2-user@host"},
        {"1-2-user@host, 1-3-user@host; \"1-4-user@host\"",
         "1-2-user@host 1-3-user@host 1-4-user@host"},
        {"<CAHk-=wg01_a+b@mail.example.org>", "CAHk-=wg01_a+b@mail.example.org"},
        /* archives */
        {"https://lore.kernel.org/r/1-2-user@host", "1-2-user@host"},
        {"https://lore.kernel.org/r/1-2-user@host/", "1-2-user@host"},
        {"https://lore.kernel.org/kvmarm/1-2-user@host/T/#u", "1-2-user@host"},
        {"https://lore.kernel.org/all/1-2-user@host#t", "1-2-user@host"},
        {"https://lore.kernel.org/all/1-2-user@host?x=1", "1-2-user@host"},
        {"Link: https://patch.msgid.link/1-2-user@host", "1-2-user@host"},
        {"[1]: http://lkml.kernel.org/r/1-2-user@host.", "1-2-user@host"},
        {"http://marc.info/?i=1-2-user@host", "1-2-user@host"},
        {"https://marc.info/?l=list&i=1-2-user@host", "1-2-user@host"},
        {"https://lists.example.org/msgid/<1-2-user@host>", "1-2-user@host"},
        {"[v1](https://lore.kernel.org/r/1-2-user@host)", "1-2-user@host"},
        /* percent-encoded */
        {"https://lore.kernel.org/r/1-2-user%40host", "1-2-user@host"},
        {"https://lore.kernel.org/r/a%2Fb%2bc-d@host/", "a/b+c-d@host"},
        {"https://lore.kernel.org/r/100%-sure@host/", "100%-sure@host"},
        {"https://lore.kernel.org/r/a%00b-c-d@host/", ""},
        /* what replaces */
        {"Supersedes: <1-2-user@host>", "!1-2-user@host"},
        {"supersedes: https://lore.kernel.org/r/1-2-user@host", "!1-2-user@host"},
        {"Obsoletes: <1-2-user@host>\n<1-3-user@host>", "!1-2-user@host 1-3-user@host"},
        {"Supersedes: nothing\n<1-3-user@host>", "1-3-user@host"},
        {"This Supersedes: <1-2-user@host>", "1-2-user@host"},
        /* not the sender's own words */
        {"> <1-2-user@host>", ""},
        {"text\n-- \n<1-2-user@host>", ""},
        {"text\ndiff --git a/x b/x\n+<1-2-user@host>", ""},
        /* people */
        {"Cc: <a-person@example.org>", ""},
        {"Signed-off-by: A <a-person@example.org>", ""},
        {"Reported-and-tested-by: A <a-person@example.org>", ""},
        /* none */
        {"@ @@ a@ @b @@@@@@@@@@", ""},
        {"a@b.org", ""}, /* shorter than any id */
        {"no sign at all", ""},
        {"", ""},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        const char *ids = mentions(message_of("", examples[i].text));

        ck_assert_msg(strcmp(ids, examples[i].ids) == 0, "'%s' mentions '%s'", examples[i].text,
                      ids);
    }
}
END_TEST

START_TEST(finds_mentions_in_every_text) {
    const char *headers = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n";

    ck_assert_str_eq(mentions(message_of(headers, "--b\n\n<1-1-user@host>\n-- \n<1-2-user@host>\n"
                                                  "--b\nContent-Type: text/html\n\n"
                                                  "<1-3-user@host>\n"
                                                  "--b\n\n<1-4-user@host>\n--b--\n")),
                     "1-1-user@host 1-4-user@host");
}
END_TEST

/* The number of Message-IDs is limited, also in a mail that contains only addresses. */
START_TEST(bounds_mentions) {
    static char body[512 * 1024];
    struct mention_walk walk = {.part = 0};
    size_t length = 0, count = 0;
    bool supersedes;
    char id[256];

    while (length + 32 < sizeof(body))
        length +=
            (size_t)snprintf(body + length, sizeof(body) - length, "<%zu-user@host>\n", length);
    const struct patchmark_message *message = message_of("", body);

    while (mention_next(message, &walk, id, sizeof(id), &supersedes))
        count++;
    ck_assert_uint_eq(count, MENTIONS_MAX);

    /* A text that is too long for an id is ignored. */
    memset(body, 'a', 10 * 1024);
    strcpy(body + 10 * 1024, "@host <1-2-user@host>\n");
    ck_assert_str_eq(mentions(message_of("", body)), "1-2-user@host");
}
END_TEST

/* 500 KB of one character each: quadratic time would exceed the limit of Check. */
START_TEST(is_linear) {
    static const char *const pieces[] = {"@",     "%",   "%40",  "<",     "a@b ",
                                         "?",     "?i=", "?i=&", "a-@b/", "@\n",
                                         "  a\n", "/",   "  ",   "a%40",  "[1] a-b-c@b\n"};
    static char body[512 * 1024];

    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct mention_walk walk = {.part = 0};
        size_t each = strlen(pieces[i]), count = (sizeof(body) - 1) / each, linked = 0;
        const struct patchmark_message *message;
        char title[256];

        for (size_t j = 0; j < count; j++)
            memcpy(body + j * each, pieces[i], each);
        body[count * each] = '\0';
        message = message_of("", body);
        ck_assert_ptr_nonnull(mentions(message));
        for (bool supersedes; mention_next(message, &walk, title, sizeof(title), &supersedes);)
            linked += !mention_depends(&walk) && !mention_names_version(&walk);
        ck_assert_uint_le(linked, MENTIONS_MAX);
        walk = (struct mention_walk){.part = 0};
        while (mention_next_title(message, &walk, title, sizeof(title)))
            ck_assert_uint_gt(strlen(title), 0);
    }
}
END_TEST

/* ---- titles of parts ---------------------------------------------------------------------- */

START_TEST(finds_titles) {
    static const char body[] = "A cover.\n"
                               "\n"
                               "A. U. Thor (3):\n"
                               "  net: fix the lock\n"
                               "    that was\n"
                               "    wrapped\n"
                               "  Two   words\n"
                               "  the last\n"
                               "\n"
                               "B. U. Thor (1):\n"
                               "  short\n" /* says little */
                               "> \n"
                               ">  quoted title\n"
                               " one blank is none\n"
                               " net/lock.c | 2 +-\n"
                               "  net/lock.h | 3 +++\n"
                               "  A Person <person@example.org>\n"
                               " 2 files changed, 3 insertions(+), 2 deletions(-)\n"
                               "-- \n"
                               "  behind the signature\n";
    static const char *const titles[] = {"net: fix the lock that was wrapped", "Two   words",
                                         "the last"};
    const struct patchmark_message *message = message_of("", body);
    struct mention_walk walk = {.part = 0};
    char title[256];

    for (size_t i = 0; i < COUNT(titles); i++) {
        ck_assert(mention_next_title(message, &walk, title, sizeof(title)));
        ck_assert_str_eq(title, titles[i]);
    }
    ck_assert(!mention_next_title(message, &walk, title, sizeof(title)));
}
END_TEST

START_TEST(reads_what_is_said_of_a_mention) {
    static const struct {
        const char *text;
        bool depends, version;
    } examples[] = {
        {"Based-on: <1-2-user@host>", true, false},
        {"this is based on 1-2-user@host", true, false},
        {"1-2-user@host, based on 5.8", false, false},
        {"It depends on:\n\n  1-1-user@host\n  1-2-user@host", true, false},
        {"It depends on:\n  more.\n  1-2-user@host", false, false},
        {"It goes on\ntop of 1-2-user@host", true, false},
        {"It needs [2].\n[2] 1-2-user@host", false, false},
        {"It requires [2].\n[2] 1-2-user@host", true, false},
        {"It requires [1].\n[2] 1-2-user@host", false, false},
        {"It depends on the fix at\nhttps://a/1-2-user@host/", true, false},
        {"It goes on top of my series\n\n  1-2-user@host", true, false},
        {"It depends on the fix of the lamp.\n1-2-user@host", false, false},
        {"It goes on top of the tree.  The discussion was in\n[1] 1-2-user@host", false, false},
        {"Patch 1-2-user@host\nis a prerequisite of this one.", true, false},
        {"https://a/1-2-user@host/ is required.", true, false},
        {"1-2-user@host\n- removed what is not needed", false, false},
        {"1-2-user@host\n\nNo other patch is needed.", false, false},
        {"See 1-2-user@host. This patch is needed.", false, false},
        {"v1: 1-2-user@host", false, true},
        {"Changes since V1:\n\n1-2-user@host", false, true},
        {"The previous version: 1-2-user@host", false, true},
        {"RFC: 1-2-user@host", false, true},
        {"ipv4: 1-2-user@host", false, false},
        {"see 1-2-user@host of v1", false, false},
        {"1-2-user@host", false, false},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        const struct patchmark_message *message = message_of("", examples[i].text);
        struct mention_walk walk = {.part = 0};
        bool supersedes;
        char id[256];

        do
            ck_assert(mention_next(message, &walk, id, sizeof(id), &supersedes));
        while (strcmp(id, "1-2-user@host") != 0);
        ck_assert_msg(mention_depends(&walk) == examples[i].depends, "%s", examples[i].text);
        ck_assert_msg(mention_names_version(&walk) == examples[i].version, "%s", examples[i].text);
    }
}
END_TEST

START_TEST(bounds_titles) {
    static char body[64 * 1024];
    struct mention_walk walk = {.part = 0};
    const struct patchmark_message *message;
    size_t length = 0, count = 0;
    char title[17];

    length += (size_t)snprintf(body, sizeof(body), "  sixteen bytes are\n  and fifteen fit\n");
    while (length + 32 < sizeof(body))
        length += (size_t)snprintf(body + length, sizeof(body) - length, "  a title %zu\n", length);
    message = message_of("", body);
    ck_assert(mention_next_title(message, &walk, title, sizeof(title)));
    ck_assert_str_eq(title, "and fifteen fit");
    while (mention_next_title(message, &walk, title, sizeof(title)))
        count++;
    ck_assert_uint_eq(count, MENTIONS_MAX - 1);
}
END_TEST

SUITE(words_suite) {
    Suite *suite = suite_create("words");
    TCase *words = tcase_create("words"), *mentioned = tcase_create("mentions");

    tcase_add_test(words, reads_words);
    tcase_add_test(words, bounds_words);
    tcase_add_test(words, compares_starts);
    tcase_add_test(words, compares_prefixes);
    tcase_add_test(words, recognises_batches);
    suite_add_tcase(suite, words);
    tcase_add_checked_fixture(mentioned, setup, teardown);
    tcase_set_timeout(mentioned, 60);
    tcase_add_test(mentioned, finds_mentions);
    tcase_add_test(mentioned, finds_mentions_in_every_text);
    tcase_add_test(mentioned, bounds_mentions);
    tcase_add_test(mentioned, is_linear);
    tcase_add_test(mentioned, finds_titles);
    tcase_add_test(mentioned, reads_what_is_said_of_a_mention);
    tcase_add_test(mentioned, bounds_titles);
    suite_add_tcase(suite, mentioned);
    return suite;
}

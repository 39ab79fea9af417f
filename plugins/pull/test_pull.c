/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_pull.c - tests of which texts are pull requests, and of what is read from them.
 */
#include "pull.c"

#include "mail/message.h"
#include "plugin/facts.h"
#include "support/suite.h"
#include "util/cleanup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__ /* gcc */
#define LEAKS_ARE_CHECKED
#elif defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_CHECKED
#endif
#endif
#ifdef LEAKS_ARE_CHECKED
#include <sanitizer/lsan_interface.h>
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BASE         "0123456789abcdef0123456789abcdef01234567"
#define TIP          "fedcba9876543210fedcba9876543210fedcba98"
#define URL          "git://git.example.org/linux.git"
#define SINCE        "The following changes since commit " BASE ":\n\n  a title (2020-01-01)\n\n"
#define AVAILABLE    "are available in the Git repository at:\n\n"
#define UP_TO        "\nfor you to fetch changes up to " TIP ":\n\n  a title (2020-01-02)\n\n"
#define REQUEST      SINCE AVAILABLE "  " URL " tags/for-linus\n" UP_TO

/* Writes "none", or "URL REF BASE TIP", to OUT: "-" for what the text does not name, and only the
 * first 6 digits of BASE and TIP. */
static void describe(const char *text, bool asked, char *out, size_t size) {
    struct request request;
    snprintf(out, size, "none");
    if (!find_request(patchmark_text_of(text), asked, &request))
        return;
    struct patchmark_text fields[] = {request.url, request.ref, request.base, request.tip};
    out[0] = '\0';
    for (size_t i = 0; i < COUNT(fields); i++) {
        size_t length = fields[i].length > 6 && i >= 2 ? 6 : fields[i].length;
        snprintf(out + strlen(out), size - strlen(out), "%s%.*s", i > 0 ? " " : "",
                 length > 0 ? (int)length : 1, length > 0 ? fields[i].data : "-");
    }
}

struct example {
    const char *why, *text, *reading;
};

static void expect_with(const struct example *examples, size_t count, bool asked) {
    for (size_t i = 0; i < count; i++) {
        char have[300];
        describe(examples[i].text, asked, have, sizeof have);
        ck_assert_msg(strcmp(have, examples[i].reading) == 0, "%s: '%s', expected '%s'",
                      examples[i].why, have, examples[i].reading);
    }
}

static void expect_all(const struct example *examples, size_t count) {
    expect_with(examples, count, false);
}

START_TEST(reads_every_version_of_the_text) {
    static const struct example examples[] = {
        {"the text of git since 2011", REQUEST, URL " tags/for-linus 012345 fedcba"},
        {"before 2011: no line for the tip",
         SINCE "are available in the git repository at:\n\n  " URL " next\n\nA (1):\n      title\n",
         URL " next 012345 -"},
        {"before 2008", SINCE "are found in the git repository at:\n\n  " URL " next\n",
         URL " next 012345 -"},
        {"no ref: the default branch", SINCE AVAILABLE "  " URL " \n" UP_TO,
         URL " - 012345 fedcba"},
        {"text before and after it", "Linus,\n\nplease pull.\n\n" REQUEST "thanks\n",
         URL " tags/for-linus 012345 fedcba"},
        {"any case",
         "the FOLLOWING changes since commit " BASE
         ":\nAre Available In The GIT Repository At:\n" URL " x\n",
         URL " x 012345 -"},
        {"an abbreviated object name",
         "The following changes since commit 01234:\n" AVAILABLE URL " x\n", URL " x 01234 -"},
        {"a tag's name as base",
         "The following changes since commit v5.7-rc1:\n" AVAILABLE URL " x\n", URL " x - -"},
        {"two requests: reads the first", REQUEST SINCE AVAILABLE "  git://other.example.org/x y\n",
         URL " tags/for-linus 012345 fedcba"},
        {"the tip of the second is not the tip of the first",
         SINCE AVAILABLE URL " x\n\n" SINCE AVAILABLE URL " y\n" UP_TO, URL " x 012345 -"},
        {"a request without URL, then one with a URL", SINCE AVAILABLE "  my tree\n\n" REQUEST,
         URL " tags/for-linus 012345 fedcba"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(accepts_text_changed_by_mail_programs) {
    static const struct example examples[] = {
        {"CR LF", SINCE "are available in the Git repository at:\r\n\r\n  " URL " x\r\n\r\n",
         URL " x 012345 -"},
        {"a wrapped first line",
         "The following changes since commit\n" BASE ":\n\n" AVAILABLE URL " x\n",
         URL " x 012345 -"},
        {"phrases wrapped anywhere",
         "The\nfollowing changes\nsince commit " BASE
         ": t (d) are available in the\nGit repository "
         "at: " URL " x\nfor you to\nfetch changes up to\n" TIP "\n",
         URL " x 012345 fedcba"},
        {"padded lines",
         SINCE "are available in the Git repository at:    \n      \n  " URL " x   \n",
         URL " x 012345 -"},
        {"the ref on the next line", SINCE AVAILABLE "  " URL "\ntags/x\n" UP_TO,
         URL " tags/x 012345 fedcba"},
        {"... and its blanks", SINCE AVAILABLE "  " URL " \n   tags/x  \n" UP_TO,
         URL " tags/x 012345 fedcba"},
        {"a backslash", SINCE AVAILABLE "  " URL " \\\n  tags/x\n" UP_TO,
         URL " tags/x 012345 fedcba"},
        {"a backslash at the URL", SINCE AVAILABLE "  " URL "\\\n  tags/x\n" UP_TO,
         URL " tags/x 012345 fedcba"},
        {"more than a word on the next line is no ref",
         SINCE AVAILABLE "  " URL "\nfor you to fetch changes up to " TIP "\n",
         URL " - 012345 fedcba"},
        {"a word below a blank line is no ref", SINCE AVAILABLE "  " URL "\n\nthanks\n",
         URL " - 012345 -"},
        {"angle brackets", SINCE AVAILABLE "  <https://example.org/x.git> y\n",
         "https://example.org/x.git y 012345 -"},
        {"the colon alone", SINCE "are available in the git repository at : " URL " x\n",
         URL " x 012345 -"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

#define NBSP  "\u00a0"
#define HTTPS "https://git.example.org/x.git"

START_TEST(accepts_other_words) {
#define WORDS(words) \
    { words, SINCE words "\n\n  " HTTPS " x\n" UP_TO, HTTPS " x 012345 fedcba" }
    static const struct example examples[] = {
        WORDS("are available at:"),
        WORDS("are available at"),
        WORDS("are available from:"),
        WORDS("are available in the git tree at:"),
        WORDS("are available in the repository at:"),
        WORDS("are available in the Git repo at:"),
        WORDS("are available in git at:"),
        WORDS("are available in my Git repository at:"),
        WORDS("are also available in the Git repository at:"),
        WORDS("are available in the git repository located at:"),
        WORDS("are available on the branch for-next of:"),
        WORDS("are available in the\nGit repository at:"),
        WORDS("are available in the Git repository:"),
        WORDS("can be found in the Git repository at:"),
        WORDS("can be fetched from the git repository at:"),
        WORDS("can be pulled from:"),
        WORDS("is available in the Git repository at:"),
        WORDS("available in the Git repository at:"),
        /* No address, ... */
        {"a link", SINCE "are explained at length in the report " HTTPS "\n", "none"},
        /* ... or prose. */
        {"a sentence",
         "The following changes since commit " BASE " broke my lamp. They are available in the Git "
         "repository at " HTTPS " and nowhere else.\n",
         "none"},
        {"a wrapped sentence",
         "The following changes since commit\n" BASE "\nbroke my lamp. They are available in the "
         "Git repository at:\n" HTTPS " x\n",
         "none"},
        {"a sentence that names a place", SINCE "are available at " HTTPS " and at other places.\n",
         "none"},
        {"the end of a sentence", SINCE "are available. See the log at:\n" HTTPS " x\n", "none"},
        {"far away",
         SINCE "are available if you know where to look for them and have some time to do that, or "
               "read the page at:\n" HTTPS " x\n",
         "none"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(accepts_other_forms_of_the_address) {
    static const struct example examples[] = {
        {"no-break spaces",
         "The following changes since commit " BASE ":\n\n" NBSP "  t\n\n" AVAILABLE NBSP NBSP
         " " HTTPS NBSP "x\n" UP_TO,
         HTTPS " x 012345 fedcba"},
        {"a no-break space at the end", SINCE AVAILABLE NBSP " " HTTPS NBSP "\nx\n" UP_TO,
         HTTPS " x 012345 fedcba"},
        {"a comma", SINCE AVAILABLE HTTPS ", x\n", HTTPS " x 012345 -"},
        {"a dot", SINCE AVAILABLE HTTPS ".\n" UP_TO, HTTPS " - 012345 fedcba"},
        {"a semicolon", SINCE AVAILABLE HTTPS "; x\n", HTTPS " x 012345 -"},
        {"quotes", SINCE AVAILABLE "'" HTTPS "' \"x\"\n", HTTPS " x 012345 -"},
        {"brackets", SINCE AVAILABLE HTTPS " (x)\n", HTTPS " x 012345 -"},
        {"branch", SINCE AVAILABLE HTTPS " branch x\n", HTTPS " x 012345 -"},
        {"branch with colon", SINCE AVAILABLE HTTPS " branch: x\n", HTTPS " x 012345 -"},
        {"branch in brackets", SINCE AVAILABLE HTTPS " (branch x)\n", HTTPS " x 012345 -"},
        {"branch below", SINCE AVAILABLE HTTPS "\nbranch x\n", HTTPS " x 012345 -"},
        {"as git clone has it", SINCE AVAILABLE HTTPS " -b x\n", HTTPS " x 012345 -"},
        {"tag", SINCE AVAILABLE HTTPS " tag x-6.1\n", HTTPS " tags/x-6.1 012345 -"},
        {"tag with its folder", SINCE AVAILABLE HTTPS " tag tags/x\n", HTTPS " tags/x 012345 -"},
        {"a branch of that name", SINCE AVAILABLE HTTPS " branch\n", HTTPS " branch 012345 -"},
        {"Outlook", SINCE AVAILABLE HTTPS "<" HTTPS "> tags/x\n", HTTPS " tags/x 012345 -"},
        {"Gmail", SINCE AVAILABLE HTTPS " <" HTTPS "> tags/x\n", HTTPS " tags/x 012345 -"},
        {"Outlook takes it for a mailbox",
         SINCE AVAILABLE "git@example.org<mailto:git@example.org>:me/x.git y\n",
         "git@example.org:me/x.git y 012345 -"},
        {"wrapped", SINCE AVAILABLE "  https://example.org/a/\nb/x.git tags/y\n",
         "https://example.org/a/b/x.git tags/y 012345 -"},
        {"wrapped, without a ref", SINCE AVAILABLE "  https://example.org/a/\nb/x.git\n" UP_TO,
         "https://example.org/a/b/x.git - 012345 fedcba"},
        {"wrapped at a hyphen", SINCE AVAILABLE "  https://example.org/a-\nb.git y\n",
         "https://example.org/a-b.git y 012345 -"},
        {"the ref is not the end of the address",
         SINCE AVAILABLE "  https://example.org/a/\nfor-next\n",
         "https://example.org/a/ for-next 012345 -"},
        {"nor is a ref with a slash", SINCE AVAILABLE "  https://example.org/a\ntags/x\n",
         "https://example.org/a tags/x 012345 -"},
        {"up to commit",
         SINCE AVAILABLE HTTPS " x\nfor you to fetch changes up to commit " TIP "\n",
         HTTPS " x 012345 fedcba"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(reads_free_words_if_the_subject_asks) {
    static const struct example examples[] = {
        {"git pull", "Hi,\n\nplease pull:\n\n  git pull " HTTPS " x\n\nThanks\n", HTTPS " x - -"},
        {"please pull from", "please pull from\n" HTTPS " tags/x\n", HTTPS " tags/x - -"},
        {"in a line", "Please pull from " HTTPS " x\n", HTTPS " x - -"},
        {"the tip tree",
         "Please pull the latest a/urgent git tree from:\n\n   " URL " x\n\n   # HEAD: " TIP
         " a title\n",
         URL " x - fedcba"},
        {"no base",
         "The following patches\nare available in the Git repository at:\n  " HTTPS " x\n" UP_TO,
         HTTPS " x - fedcba"},
        {"base and free words", SINCE "Please pull from:\n  " HTTPS " x\n" UP_TO,
         HTTPS " x 012345 fedcba"},
        {"the usual text below", "Please pull these fixes.\n\n" REQUEST,
         URL " tags/for-linus 012345 fedcba"},
        {"a link above",
         "Please pull these fixes; they are discussed in " HTTPS " at length.\n\n" REQUEST,
         URL " tags/for-linus 012345 fedcba"},
        {"a link is no repository", "Please pull these fixes. See https://example.org/y\n", "none"},
        {"nor is one in a sentence", "Please pull the fixes that https://example.org/y needs\n",
         "none"},
        {"quoted", "> git pull " HTTPS " x\n", "none"},
        {"nothing", "please pull\n", "none"},
    };
    expect_with(examples, COUNT(examples), true);
}
END_TEST

START_TEST(recognises_urls) {
    static const struct {
        const char *text;
        bool is;
    } examples[] = {
        {"git://git.example.org/x.git", true},
        {"http://example.org/x", true},
        {"https://example.org/~me/x", true},
        {"ssh://git@example.org/x.git", true},
        {"git+ssh://example.org/x", true},
        {"ssh://git@example.org:2222/x", true},
        {"git@example.org:me/x.git", true},
        {"example.org:/pub/x.git", true},
        {"git://", false},
        {"example.org", false},
        {"git@example.org", false},
        {"git@example.org:", false},
        {"git@:x", false},
        {"note:/x", false}, /* a host has a dot */
        {"/srv/git/x.git", false},
        {"-oProxyCommand=x@example.org:y", false},
        {"--upload-pack=x://y", false},
        {"ext::sh", false},
        {"git://example.org/x`y`", false},
        {"git://example.org/\"x\"", false},
        {"git://example.org/x\\y", false},
        {"", false},
    };
    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_msg(is_url(patchmark_text_of(examples[i].text)) == examples[i].is, "'%s'",
                      examples[i].text);
}
END_TEST

START_TEST(recognises_refs) {
    static const struct {
        const char *text;
        bool is;
    } examples[] = {
        {"master", true},
        {"tags/v5.4-next-soc", true},
        {"refs/heads/x", true},
        {"for-linus", true},
        {"tags/a_b/c.d+e", true},
        {"..BRANCH.NOT.VERIFIED..", false},
        {"-x", false},
        {"a..b", false},
        {"a/", false},
        {"a.", false},
        {"a~1", false},
        {"a^", false},
        {"a:b", false},
        {"(branch)", false},
        {"", false},
        {"----------", false},
    };
    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_msg(is_ref(patchmark_text_of(examples[i].text)) == examples[i].is, "'%s'",
                      examples[i].text);
}
END_TEST

START_TEST(finds_no_request_in_similar_text) {
    static const struct example examples[] = {
        {"empty", "", "none"},
        {"prose", "Please pull from " URL " x\n", "none"},
        {"the second phrase alone", AVAILABLE "  " URL " x\n", "none"},
        {"the phrases in the other order", AVAILABLE "  " URL " x\n" SINCE, "none"},
        {"quoted", "> " SINCE "> " AVAILABLE ">\n>   " URL " x\n", "none"},
        {"the URL quoted", SINCE AVAILABLE ">   " URL " x\n", "none"},
        {"quoted text inside a phrase",
         SINCE "are available in\n> no\nthe git repository at: " URL "\n", "none"},
        {"a folder of the sender", SINCE AVAILABLE "  /home/me/x.git y\n", "none"},
        {"cut after the phrases", SINCE AVAILABLE, "none"},
        {"cut inside a phrase", SINCE "are available in the git", "none"},
        {"the tip quoted", SINCE AVAILABLE URL " x\n\nfor you to fetch changes up to\n> " TIP "\n",
         URL " x 012345 -"},
    };
    expect_all(examples, COUNT(examples));
}
END_TEST

START_TEST(finds_a_phrase_that_begins_twice) {
    char have[200];
    describe("The The following The following changes since commit " BASE "\n"
             "are are available are available in the git repository at: " URL " x\n",
             false, have, sizeof have);
    ck_assert_str_eq(have, URL " x 012345 -");
}
END_TEST

/* The text is in a block of its own, so that sanitizers see a byte that is read beyond it. */
START_TEST(finds_out_what_cannot_be_a_request) {
    static const struct {
        const char *text;
        bool may;
    } examples[] = {
        {"following changes", true},
        {"Following\nchanges", true},
        {"following\r\nchanges", true},
        {"THE FOLLOWING CHANGES SINCE", true},
        {"w following changes", true},
        {"", false},
        {"w", false},
        {"wing changes", false},
        {"following", false},
        {"following\r", false},
        {"following\r\n", false},
        {"following change", false},
        {"followingchanges", false},
        {"following  changes", false},
        {"following patches", false},
        {"followed changes", false},
        {"The Following Changes", false},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        size_t length = strlen(examples[i].text);
        AUTO(free) char *text = malloc(length + (length == 0));
        ck_assert_ptr_nonnull(text);
        memcpy(text, examples[i].text, length);
        ck_assert_msg(may_hold_request((struct patchmark_text){text, length}) == examples[i].may,
                      "'%s'", examples[i].text);
    }
}
END_TEST

/* Reads 500 KiB of each piece.  Quadratic work would take minutes, and Check ends a test after some
 * seconds. */
START_TEST(is_linear) {
    static const char *const pieces[] = {
        "\n",
        " ",
        "x",
        ">\n",
        "the ",
        "are ",
        "\\\n",
        "The following changes since commit ",
        "are available in the git repository at ",
        "for you to fetch changes up to ",
        "are available at https://example.org/ y z ",
        "git pull ",
        "https://example.org/a/\nb/c ",
        "<",
        NBSP,
        "a.",
        "+",
        REQUEST,
    };
    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t length = strlen(pieces[i]), count = 500 * 1024 / length, start = strlen(SINCE);
        AUTO(free) char *text = malloc(start + count * length);
        ck_assert_ptr_nonnull(text);
        memcpy(text, SINCE, start);
        for (size_t k = 0; k < count; k++)
            memcpy(text + start + k * length, pieces[i], length);
        struct patchmark_text all = {text, start + count * length};
        struct request request;
        ck_assert_int_eq(find_request(all, false, &request), strcmp(pieces[i], REQUEST) == 0);
        find_request(all, true, &request);
    }
}
END_TEST

/* ---- mails -------------------------------------------------------------------------------- */

static const struct patchmark_fact subject_provides[] = {
    {"reply", PATCHMARK_BOOL, "a reply", NULL},
    {"pull", PATCHMARK_BOOL, "a pull request", NULL},
    {"part", PATCHMARK_INT, "a part", NULL},
    {0},
};
static struct facts_schema *schema;
static struct patchmark_facts *facts;
static struct patchmark_message *message;
static int subject_owner, pull_owner;

/* GMime keeps its table of types until the process ends; LeakSanitizer finds no pointer to some of
 * it and would report a leak. */
static void library_init(void) {
#ifdef LEAKS_ARE_CHECKED
    __lsan_disable();
#endif
    message_library_init();
#ifdef LEAKS_ARE_CHECKED
    __lsan_enable();
#endif
}

static void setup(void) {
    schema = facts_schema_new();
    subject_owner = facts_schema_add(schema, "subject", subject_provides);
    pull_owner = facts_schema_add(schema, plugin.name, plugin.provides);
    ck_assert_int_ge(pull_owner, 0);
    facts = facts_new(schema);
    message = message_new();
}

static void teardown(void) {
    message_free(message);
    facts_free(facts);
    facts_schema_free(schema);
}

static void classify_mail(const char *mail) {
    message_load(message, patchmark_text_of(mail));
    message_parse(message, 0);
    facts_owner(facts, pull_owner);
    ck_assert_int_eq(plugin.classify(NULL, message, facts), 0);
}

#define HEADER "From: S <s@example.org>\nSubject: [GIT PULL] t\nMIME-Version: 1.0\n"

START_TEST(explains_a_request) {
    const struct facts_explanation *explanation;
    size_t count;

    facts_explain(facts);
    classify_mail(HEADER "\n" REQUEST);
    explanation = facts_explanations(facts, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(explanation->what, "pull");
    ck_assert_str_eq(explanation->why, "its text asks to pull from " URL);
}
END_TEST

START_TEST(sets_the_facts_of_a_request) {
    classify_mail(HEADER "\n" REQUEST);
    ck_assert(patchmark_fact_bool(facts, "pull.present"));
    ck_assert_str_eq(patchmark_fact_string(facts, "pull.url"), URL);
    ck_assert_str_eq(patchmark_fact_string(facts, "pull.ref"), "tags/for-linus");
    ck_assert_str_eq(patchmark_fact_string(facts, "pull.base"), BASE);
    ck_assert_str_eq(patchmark_fact_string(facts, "pull.tip"), TIP);
    ck_assert(patchmark_fact_bool(facts, "pull.signed"));
}
END_TEST

START_TEST(sets_no_ref_without_a_ref) {
    classify_mail(HEADER "\n" SINCE AVAILABLE URL "\n");
    ck_assert(patchmark_fact_bool(facts, "pull.present"));
    ck_assert(!patchmark_fact_is_set(facts, "pull.ref"));
    ck_assert(!patchmark_fact_is_set(facts, "pull.tip"));
    ck_assert(patchmark_fact_is_set(facts, "pull.signed"));
    ck_assert(!patchmark_fact_bool(facts, "pull.signed"));
}
END_TEST

START_TEST(sets_signed_to_false_for_a_branch) {
    classify_mail(HEADER "\n" SINCE AVAILABLE URL " tags-for-all\n");
    ck_assert(!patchmark_fact_bool(facts, "pull.signed"));
}
END_TEST

START_TEST(finds_no_request_in_a_reply) {
    facts_owner(facts, subject_owner);
    patchmark_fact_set_bool(facts, "reply", true);
    classify_mail(HEADER "\n" REQUEST);
    ck_assert(patchmark_fact_is_set(facts, "pull.present"));
    ck_assert(!patchmark_fact_bool(facts, "pull.present"));
    ck_assert(!patchmark_fact_is_set(facts, "pull.url"));
}
END_TEST

START_TEST(needs_a_subject_for_free_words) {
    classify_mail(HEADER "\nplease pull:\n\n  git pull " HTTPS " x\n");
    ck_assert(!patchmark_fact_bool(facts, "pull.present"));
}
END_TEST

START_TEST(reads_free_words_of_a_pull_request) {
    facts_owner(facts, subject_owner);
    patchmark_fact_set_bool(facts, "pull", true);
    classify_mail(HEADER "\nplease pull:\n\n  git pull " HTTPS " tag x\n");
    ck_assert_str_eq(patchmark_fact_string(facts, "pull.url"), HTTPS);
    ck_assert_str_eq(patchmark_fact_string(facts, "pull.ref"), "tags/x");
    ck_assert(patchmark_fact_bool(facts, "pull.signed"));
}
END_TEST

START_TEST(reads_no_free_words_of_a_part) {
    facts_owner(facts, subject_owner);
    patchmark_fact_set_bool(facts, "pull", true);
    patchmark_fact_set_int(facts, "part", 2);
    classify_mail(HEADER "\nplease pull:\n\n  git pull " HTTPS " x\n");
    ck_assert(!patchmark_fact_bool(facts, "pull.present"));
}
END_TEST

START_TEST(reads_any_plain_text_part_but_no_html) {
    classify_mail(HEADER "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
                         "text/html\n\n" SINCE AVAILABLE
                         "git://html.example.org/x y\n--b\n\nhello\n--b\n\n" REQUEST "--b--\n");
    ck_assert(patchmark_fact_bool(facts, "pull.present"));
    ck_assert_str_eq(patchmark_fact_string(facts, "pull.url"), URL);
}
END_TEST

START_TEST(sets_only_present_without_a_request) {
    classify_mail(HEADER "\nhello\n");
    ck_assert(patchmark_fact_is_set(facts, "pull.present"));
    ck_assert(!patchmark_fact_bool(facts, "pull.present"));
    ck_assert(!patchmark_fact_is_set(facts, "pull.signed"));
}
END_TEST

SUITE(pull_suite) {
    library_init();
    TCase *texts = tcase_create("texts"), *mails = tcase_create("mails");
    tcase_add_test(texts, reads_every_version_of_the_text);
    tcase_add_test(texts, accepts_text_changed_by_mail_programs);
    tcase_add_test(texts, accepts_other_words);
    tcase_add_test(texts, accepts_other_forms_of_the_address);
    tcase_add_test(texts, reads_free_words_if_the_subject_asks);
    tcase_add_test(texts, recognises_urls);
    tcase_add_test(texts, recognises_refs);
    tcase_add_test(texts, finds_no_request_in_similar_text);
    tcase_add_test(texts, finds_a_phrase_that_begins_twice);
    tcase_add_test(texts, finds_out_what_cannot_be_a_request);
    tcase_add_test(texts, is_linear);
    tcase_add_checked_fixture(mails, setup, teardown);
    tcase_add_test(mails, sets_the_facts_of_a_request);
    tcase_add_test(mails, explains_a_request);
    tcase_add_test(mails, sets_no_ref_without_a_ref);
    tcase_add_test(mails, sets_signed_to_false_for_a_branch);
    tcase_add_test(mails, finds_no_request_in_a_reply);
    tcase_add_test(mails, needs_a_subject_for_free_words);
    tcase_add_test(mails, reads_free_words_of_a_pull_request);
    tcase_add_test(mails, reads_no_free_words_of_a_part);
    tcase_add_test(mails, reads_any_plain_text_part_but_no_html);
    tcase_add_test(mails, sets_only_present_without_a_request);
    Suite *suite = suite_create("pull");
    suite_add_tcase(suite, texts);
    suite_add_tcase(suite, mails);
    return suite;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_given.c - the tags that the sender of a reply gives, the patches that they are for,
 * refusals, and the comparison of persons.
 */
#include "support/suite.h"
#include "test_trailers.h"

#define A   "A <a@example.org>" /* the sender */
#define B   "B <b@example.org>"
#define R   "Reviewed-by: " A "\n"
#define SOB "Signed-off-by: " A "\n"

/* Returns the result for a text from A: the tags, those that name others with a '-' in front; then
 * "range=R", "review", "nack". */
static void read_given(struct patchmark_text text, char reading[READING_BYTES]) {
    struct person sender;
    AUTO(free) struct given *given = malloc(sizeof *given);
    ck_assert(person_read(patchmark_text_of(A), &sender));
    given_scan(text, &sender, given);
    reading[0] = '\0';
    for (size_t i = 0; i < given->tags.count; i++) {
        const struct trailer *tag = &given->tags.items[i];
        char name[TRAILER_BYTES], value[TRAILER_BYTES];
        tag_name(tag->name, name, sizeof name);
        tag_value(tag->value, value, sizeof value);
        size_t length = strlen(reading);
        snprintf(reading + length, READING_BYTES - length, "%s%s%s: %s", length > 0 ? "|" : "",
                 tag->from_sender ? "" : "-", name, value);
    }
    size_t length = strlen(reading);
    snprintf(reading + length, READING_BYTES - length, "%s%s%s%s", given->range[0] ? " range=" : "",
             given->range, given->approves ? " review" : "", given->refuses ? " nack" : "");
}

static void check(const struct example *example) {
    char reading[READING_BYTES];
    read_given(patchmark_text_of(example->text), reading);
    ck_assert_msg(strcmp(reading, example->reading) == 0, "%s: '%s'", example->why, reading);
}

/* ---- persons ------------------------------------------------------------------------------ */

START_TEST(reads_persons) {
    static const struct {
        const char *value, *address, *name; /* address is NULL if there is none */
    } examples[] = {
        {"A. Thor <a@example.org>", "a@example.org", "A. Thor"},
        {"\"Thor, A.\" <a@example.org>", "a@example.org", "Thor, A."},
        {"a@example.org", "a@example.org", ""},
        {"<a@example.org>", "a@example.org", ""},
        {"a@example.org (A. Thor)", "a@example.org", "A. Thor"},
        {"A<a@example.org>", "a@example.org", "A"},
        {"A <a@example.org> # for the tests", "a@example.org", "A"},
        {"A <a@example.org>, B <b@example.org>", "a@example.org", "A"},
        {"A (at @home) <a@example.org>", "a@example.org", "A (at @home)"},
        {"A <a@example.org?", "a@example.org", "A"},
        {"A <a@example.org", "a@example.org", "A"},
        {"A", NULL, NULL},
        {"A <a at example.org>", NULL, NULL},
        {"A <@example.org>", NULL, NULL},
        {"A <a@>", NULL, NULL},
        {"https://example.org/r/1@example.org/", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct person person;
        bool found = person_read(patchmark_text_of(examples[i].value), &person);
        ck_assert_msg(found == (examples[i].address != NULL), "'%s'", examples[i].value);
        if (!found)
            continue;
        ck_assert_msg(patchmark_text_case_equals(person.address, examples[i].address), "'%s'",
                      examples[i].value);
        ck_assert_msg(patchmark_text_case_equals(person.name, examples[i].name), "'%s'",
                      examples[i].value);
    }
}
END_TEST

START_TEST(compares_persons) {
    static const struct {
        const char *why, *a, *b;
        bool same;
    } examples[] = {
        {"the same address", "A <a@example.org>", "<a@example.org>", true},
        {"in another case", "A <A@Example.ORG>", "a@example.org", true},
        {"an extension", "A <a+lists@example.org>", "a@example.org", true},
        {"two extensions", "a+x@example.org", "a+y@example.org", true},
        {"a direct subdomain", "a@lab.example.org", "a@example.org", true},
        {"... the other way round", "a@example.org", "a@lab.example.org", true},
        {"the same name", "A Thor <a@example.org>", "a thor <thor@example.com>", true},
        {"another local part", "A <a@example.org>", "B <b@example.org>", false},
        {"a subdomain of a subdomain", "a@x.lab.example.org", "a@example.org", false},
        {"sister domains", "a@x.example.org", "a@y.example.org", false},
        {"a longer name is no subdomain", "a@myexample.org", "a@example.org", false},
        {"a top level domain has no subdomains", "a@example", "a@x.example", false},
        {"no names are not the same", "a@example.org", "b@example.org", false},
        {"an address of extension alone", "+x@example.org", "+y@example.org", false},
        /* b4 takes any tag of a sender whose name has a comma. */
        {"a name with a comma is compared like others", "\"Thor, A\" <a@example.org>",
         "B <b@example.org>", false},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct person a, b;
        ck_assert(person_read(patchmark_text_of(examples[i].a), &a));
        ck_assert(person_read(patchmark_text_of(examples[i].b), &b));
        ck_assert_msg(person_is_same(&a, &b) == examples[i].same, "%s", examples[i].why);
    }
    struct person somebody, nobody = {{"", 0}, {"", 0}};
    ck_assert(person_read(patchmark_text_of("a@example.org"), &somebody));
    ck_assert(!person_is_same(&somebody, &nobody)); /* a mail without From */
}
END_TEST

/* ---- tags --------------------------------------------------------------------------------- */

#define GIVES_R "Reviewed-by: " A " review"

static const struct example tag_examples[] = {
    {"a line of its own", "> patch\n\nFine.\n" R "\nThanks\n", GIVES_R},
    {"CR LF", "> x\r\nReviewed-by: " A "\r\n", GIVES_R},
    {"a blank before the colon", "Reviewed-by : " A "\n", GIVES_R},
    {"each once", R R "reviewed-by:  " A "\n", GIVES_R},
    {"two", "Tested-by: " A "\n" R, "Tested-by: " A "|" GIVES_R},
    {"of others", "Reported-by: " B "\nTested-by: " B "\n", "-Reported-by: " B "|-Tested-by: " B},
    {"tags that do not approve", SOB "Suggested-by: " A "\n",
     "Signed-off-by: " A "|Suggested-by: " A},
    {"a remark stays", "Acked-by: " A " # the tests\n", "Acked-by: " A " # the tests review"},
    {"a bracket that is missing", "Acked-by: A <a@example.org?\n",
     "Acked-by: A <a@example.org? review"},
    {"an address on the next line", "Acked-by: A. Very Long Name\n<a@example.org>\n",
     "Acked-by: A. Very Long Name <a@example.org> review"},
    {"... indented", "Acked-by: A. Very\n  Long Name <a@example.org>\n",
     "Acked-by: A. Very Long Name <a@example.org> review"},
    {"not the address of the next tag", "Acked-by: A\n  Tested-by: " A "\n",
     "Tested-by: " A " review"},
    {"without an address", "Acked-by: A\n", ""},
    {"names that are not tags of persons",
     "Cc: " A "\nFixes: 0123456 (\"a@b\")\nLink: https://a@b/\nTo: " A
     "\nMessage-Id: <1@example.org>\n",
     ""},
    {"mails, not persons", "Obsoleted-by: <1@example.org>\nSuperseded-by: 1@example.org\n", ""},
    {"in a sentence", "Will you take my Reviewed-by: " A "?\n", ""},
    {"indented", "Please add:\n\n  " R, GIVES_R},
    {"indented deep", "Please add:\n\n\t" R, GIVES_R},
    {"indented deep: B is quoted", "    Acked-by: " B "\n\nThanks.\n", ""},
    {"quoted", "> " R ">> Acked-by: " A "\n > Tested-by: " A "\n| " R, ""},
    {"in the signature", "Fine.\n-- \n" R, ""},
    {"two dashes are no signature", "Fine.\n--\n" R, GIVES_R},
    {"nothing", "", ""},
};

START_TEST(takes_tags) {
    check(&tag_examples[_i]);
}
END_TEST

/* ---- slips of the hand --------------------------------------------------------------------- */

static const struct example slip_examples[] = {
    {"another case", "reviewed-By: " A "\n", GIVES_R},
    {"capitals", "REVIEWED-BY: " A "\n", GIVES_R},
    {"two letters that changed places", "Reveiwed-by: " A "\n", GIVES_R},
    {"a letter that is missing", "Reviewd-by: " A "\n", GIVES_R},
    {"a letter too many", "Revieewed-by: " A "\n", GIVES_R},
    {"a wrong letter", "Rewiewed-by: " A "\n", GIVES_R},
    {"... in the second word", "Reviewed-bt: " A "\n", GIVES_R},
    {"Singed", "Singed-off-by: " A "\n", "Signed-off-by: " A},
    {"a short form", "Ack-by: " A "\n", "Acked-by: " A " review"},
    {"a refusal", "Nak-by: " A "\n", "Nacked-by: " A " nack"},
    {"a blank instead of a hyphen", "Reviewed by: " A "\n", GIVES_R},
    {"two blanks", "Signed off by: " A "\n", "Signed-off-by: " A},
    {"an underscore", "Reviewed_by: " A "\n", GIVES_R},
    {"several words", "Reviewed and tested by: " A "\n", "Reviewed-and-tested-by: " A " review"},
    {"no colon", "Acked by " A "\n", "Acked-by: " A " review"},
    {"... with the hyphen", "> x\nReviewed-by " A "\n", GIVES_R},
    {"a semicolon", "Reviewed-by; " A "\n", GIVES_R},
    {"a no-break space before it", "\u00a0" R, GIVES_R},
    {"... and inside", "Reviewed-by:\u00a0" A "\n", GIVES_R},
    {"a byte order mark", "\ufeff" R, GIVES_R},
    {"a rare tag", "inspired-By: " A "\n", "Inspired-by: " A},
    {"another word, not a slip", "Asked-by: " B "\n", "-Asked-by: " B},
    {"... and another", "Reposted-by: " B "\n", "-Reposted-by: " B},
    {"... of two letters", "Revised-by: " A "\n", "Revised-by: " A},
    {"... whose first letter differs", "Packed-by: " A "\n", "Packed-by: " A},
    {"Untested-by is no slip", "Untested-by: " A "\n", "Untested-by: " A},
    {"prose without colon", "This was\nreviewed by " A "\n", ""},
    {"... of another person", "Reviewed by " B "\n", ""},
    {"... that goes on", "Reviewed by " A " last week\n", ""},
    {"... without a mailbox", "Acked by the team of a@example.org\n", ""},
    {"words before a colon", "Tested by building it: a@example.org\n", ""},
    {"a short form", "Rev-by: " A "\n", GIVES_R},
    {"behind a clause", "With that fixed, " R, GIVES_R},
    {"... and a colon", "FWIW: " R, GIVES_R},
    {"... of another person", "Bob wrote: Reviewed-by: " B "\n", ""},
    {"behind words that are no clause", "I drop my Reviewed-by: " A "\n", ""},
    {"\"Reviewed-by\" in prose", "I will keep your\nReviewed-by when resending, " A "\n", ""},
    {"... with a slash", "Reviewed-by/Acked-by tags of " A ":\n", ""},
};

START_TEST(forgives_slips) {
    check(&slip_examples[_i]);
}
END_TEST

static const struct example value_examples[] = {
    {"Outlook's link", "Reviewed-by: A a@example.org<mailto:a@example.org>\n", GIVES_R},
    {"... in the brackets", "Reviewed-by: A <a@example.org<mailto:a@example.org>>\n", GIVES_R},
    {"... behind them", "Reviewed-by: A <a@example.org><mailto:a@example.org>\n", GIVES_R},
    {"... in square brackets", "Reviewed-by: A <a@example.org[mailto:a@example.org]>\n", GIVES_R},
    {"a link alone", "Reviewed-by: A <mailto:a@example.org>\n", GIVES_R},
    {"no brackets", "Reviewed-by: A a@example.org\n", GIVES_R},
    {"... with a remark stays", "Reviewed-by: A # see b@example.org\n",
     "-Reviewed-by: A # see b@example.org"},
    {"bold", "*Reviewed-by: A <a@example.org>*\n", GIVES_R},
    {"a bold name", "*Reviewed-by:* A <a@example.org>\n", GIVES_R},
    {"... in Markdown", "**Reviewed-by: A <a@example.org>**\n", GIVES_R},
    {"two brackets", "Reviewed-by: A <<a@example.org>>\n", GIVES_R},
    {"in brackets", "(Reviewed-by: A <a@example.org>)\n", GIVES_R},
    {"a second bracket and dashes", "Reviewed-by: A <a@example.org>> ---\n", GIVES_R},
    {"dashes", "Reviewed-by: A <a@example.org> ---\n", GIVES_R},
    {"halfway from HTML", "Reviewed-by: A &lt;a@example.org&gt;\n", GIVES_R},
    {"a remark stays", "Reviewed-by: A <a@example.org> (lamps)\n",
     "Reviewed-by: A <a@example.org> (lamps) review"},
    {"two persons stay", "Reviewed-by: A <a@example.org>, B <b@example.org>\n",
     "Reviewed-by: A <a@example.org>, B <b@example.org> review"},
};

START_TEST(cleans_values) {
    check(&value_examples[_i]);
}
END_TEST

/* ---- text of others ------------------------------------------------------------------------ */

#define DIFF "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b\n"

static const struct example foreign_examples[] = {
    {"above a mail quoted whole",
     "Acked-by: " A "\n\n-----Original Message-----\nFrom: " B "\nSent: now\nTo: " A
     "\nSubject: x\n\n" R "Signed-off-by: " B "\n",
     "Acked-by: " A " review"},
    {"without that line", "No.\n\nFrom: " B "\nSent: now\n\n" R, ""},
    {"in bold", "No.\n\n*From:* " B "\n*Sent:* now\n\n" R, ""},
    {"in German", "Nein.\n\nVon: " B "\nGesendet: jetzt\nAn: " A "\n\n" R, ""},
    {"the other way round", "Date: now\nFrom: " B "\n\n" R, ""},
    {"one such line is prose", "From: here on it is clear.\n" R, GIVES_R},
    {"two of them apart are", "From: here on.\n\nSubject: too long\n" R, GIVES_R},
    {"answers within a patch that was quoted whole",
     "From: " B "\nSubject: x\n\nSigned-off-by: " B "\n---\n" DIFF "\nFine.\n\n" R, GIVES_R},
    {"a patch in the reply, by its headers",
     "How about\n\nFrom: " A "\nSubject: x\n\ntext\n\n"
     "Reported-by: " B "\n" SOB "---\n" DIFF,
     ""},
    {"... as git format-patch writes it", "From " HASH " Mon Sep 17 00:00:00 2001\n\n" R, ""},
    {"... by scissors", "How about\n-- >8 --\ntext\n\n" R SOB "---\n" DIFF, ""},
    {"... by its end", "How about\n\nx: y\n\nReported-by: " B "\n" SOB "---\n x | 2 +-\n\n" DIFF,
     ""},
    {"after a patch between scissors",
     "With\n----------%<----------\n" DIFF "----------%<----------\n\n" R, GIVES_R},
    {"after a second scissors line", "With\n---- 8< ----\ntext\n---- 8< ----\n" R, GIVES_R},
    {"above a diff", R "\nwith this on top:\n\n" DIFF, GIVES_R},
    {"right above a diff", R DIFF, GIVES_R},
    {"a Signed-off-by above prose and a diff", SOB "\nI mean:\n\n" DIFF, "Signed-off-by: " A},
    {"the lines of a diff", DIFF " " R "+" R "-" R, ""},
    {"indented, after a diff and prose", DIFF "\nWith that\n  " R, GIVES_R},
    {"fields and a quotation with marks",
     "From: " B "\nDate: Mon, 6 May 2026 10:00:00 +0000\n\n> x\n\n" R "\n> ---\n", GIVES_R},
    {"fields in a language that is not known",
     R "\nLähettäjä: " B "\nLähetetty: 6. toukokuuta 2026 10.00\nAihe: x\n\nTested-by: " B
       "\nNAK\n",
     GIVES_R},
    {"an attribution without marks",
     R "\nAm 06.05.2026 um 10:00 schrieb " B ":\n\nTested-by: " B "\nNAK\n", GIVES_R},
    {"a commit that git show printed",
     "See\n\ncommit " HASH "\nAuthor: " A "\nDate: now\n\n    x\n\n"
     "    " SOB "\n" R,
     GIVES_R},
};

START_TEST(ignores_tags_in_text_of_others) {
    check(&foreign_examples[_i]);
}
END_TEST

/* ---- meaning of tags ---------------------------------------------------------------------- */

START_TEST(recognizes_approvals_and_refusals) {
    static const struct {
        const char *name;
        bool approves, refuses;
    } examples[] = {
        {"Reviewed-by", true, false},      {"acked-by", true, false},
        {"Tested-by", true, false},        {"Reviewed-and-tested-by", true, false},
        {"Build-Tested-By", true, false},  {"Approved-by", true, false},
        {"Signed-off-by", false, false},   {"Reported-by", false, false},
        {"Suggested-by", false, false},    {"Reported-and-tested-by", true, false},
        {"Not-tested-by", false, false},   {"Untested-by", false, false},
        {"Reviewed", false, false},        {"Nacked-by", false, true},
        {"NAKed-by", false, true},         {"Acked-and-nacked-by", false, true},
        {"Co-developed-by", false, false}, {"Un-acked-by", false, false},
        {"Snacked-by", false, false},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct patchmark_text name = patchmark_text_of(examples[i].name);
        ck_assert_msg(trailer_approves(name) == examples[i].approves, "%s", examples[i].name);
        ck_assert_msg(trailer_refuses(name) == examples[i].refuses, "%s", examples[i].name);
    }
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------ */

static const struct example refusal_examples[] = {
    {"a word", "> patch\nNAK\n", " nack"},
    {"with a reason", "Hi,\n\nNACK, this is wrong.\n", " nack"},
    {"in any case", "Nack.\n", " nack"},
    {"NAK to something", "> patch\n\nNAK to this.\n", " nack"},
    {"after a sentence", "This is wrong.\nNAK.\n", " nack"},
    {"after a greeting", "Hello,\nnak\n", " nack"},
    {"a tag", "Nacked-by: " A "\n", "Nacked-by: " A " nack"},
    {"a tag without address", "Nacked-by: A\n", " nack"},
    {"the tag of somebody else", "Nacked-by: " B "\n", "-Nacked-by: " B},
    {"NACK and a tag", "NACK patch 3.\n\n" R, "Reviewed-by: " A " review nack"},
    {"prose that was wrapped", "the device answers with a\nNAK when it is busy\n", ""},
    {"in a line", "So I must NAK this.\n", " nack"},
    {"... after a clause", "Thus, NAK from me for this one.\n", " nack"},
    {"... that apologizes", "I'm sorry, but NAK on this completely\nodd change.\n", " nack"},
    {"... after a colon", "In short: NACK for lamp-dimmer.\n", " nack"},
    {"... after a sentence", "This is wrong. Hard NAK.\n", " nack"},
    {"... with an adjective", "That's a big fat NAK\n", " nack"},
    {"NAK from the sender", "NAK from me ;(\n", " nack"},
    {"NAK of the series", "NAK the whole series, sorry.\n", " nack"},
    {"NAK of v2", "NACK to v2\n", " nack"},
    {"a participle", "NAKed.\n", " nack"},
    {"... behind a clause", "This goes the wrong way, so NAK.\n", " nack"},
    {"a wish", "Please take this as a NAK.\n", " nack"},
    {"... of the contrary", "Please do not take this as a NAK.\n", ""},
    {"a plan", "I will NAK this if you send it again.\n", ""},
    {"a condition", "Nobody can NAK it now.\n", ""},
    {"the refusal of others", "He NAKed v1.\nI remove my 'NACK' then.\n", ""},
    {"a question", "Is this a NAK?\nNAK?\n", ""},
    {"none", "Not a NAK, only a question.\n", ""},
    {"a device", "NAK handling is done by the lamp.\nNAK interrupts must be masked.\n", ""},
    {"... that answers", "NACK from the device means no lamp.\n", ""},
    {"... in a list", "NAK, STALL and NYET are handled.\nIt sends ACK, NAK or STALL.\n", ""},
    {"... on a bus", "NAK on the bus.\nNAK to the host\nNAK for each frame\n", ""},
    {"a longer word", "NAKs are fine.\nnackt\nNAK_BIT\nNAK()\nNAK=1\n", ""},
    {"quoted", "> NAK\n", ""},
    {"in the signature", "-- \nNAK\n", ""},
    {"in a mail that was quoted whole", "From: " B "\nDate: now\n\nNAK\n", ""},
    {"in a diff", DIFF "-NAK,\n+NACK,\n NAK\n", ""},
    {"indented deep: code", "enum {\n\tACK,\n\tNAK,\n};\n", ""},
};

START_TEST(takes_refusals) {
    check(&refusal_examples[_i]);
}
END_TEST

/* ---- ranges -------------------------------------------------------------------------------- */

static const struct {
    const char *text, *range; /* range is NULL if there is none */
} range_examples[] = {
    {"For patches 1-3:", "1-3"},
    {"Looks good. For patches 1, 2 and 5,", "1,2,5"},
    {"patches 1, 2 and 5:", "1,2,5"},
    {"for patches 1,2,5-7 & 9", "1,2,5-7,9"},
    {"for patches 2 to 4", "2-4"},
    {"For 1-3:", "1-3"},
    {"For 1-3:\n", "1-3"},
    {"Thanks. For 1 and 3:", "1,3"},
    {"For 2/3:", "2"},
    {"for 1-3", "1-3"},
    {"For 1-3 (and I'll send a word on 3):", "1-3"},
    {"I ran it for 2-3 days", NULL},
    {"for 2-3 days", NULL},
    {"for 2-3\ndays:", NULL},
    {"For 2-3 days:", NULL},
    {"Good for 1-3:", NULL},
    {"For 10:30 today", NULL},
    {"For 5.10-5.15:", NULL},
    {"For #3:", "3"},
    {"For 3:", NULL},
    {"For 1024:", NULL},
    {"For 512-1024:", NULL},
    {"series looks good", "all"},
    {"The series looks good to me.", "all"},
    {"Hi,\n\nthis series looks really good, thanks!", "all"},
    {"Patch series looks fine", "all"},
    {"Series LGTM", "all"},
    {"The rest of the series looks good", NULL},
    {"The series looks good except patch 3", NULL},
    {"The series looks good, but not patch 3", NULL},
    {"If the series looks good to Bob", NULL},
    {"The series looks odd", NULL},
    {"The series of events looks good", NULL},
    {"for patches 2 through 4, and 6", "2-4,6"},
    {"for patches 2..4", "2-4"},
    {"for patches 2\u20134", "2-4"},
    {"for patches #1 and #2", "1,2"},
    {"for patches 1/5 and 2/5", "1,2"},
    {"for patches [1-3]/8", "1-3"},
    {"for patch 3/7", "3"},
    {"for the patches\n1 and 2", "1,2"},
    {"(patches 1 and 2)", "1,2"},
    {"I tested patches 1-3 on a board", "1-3"},
    {"for patches 3-1", "3"},
    {"for the series", "all"},
    {"For this whole series:", "all"},
    {"The entire patch series was tested", "all"},
    {"for the set", "all"},
    {"For all patches,", "all"},
    {"For all of the 5 patches,", "all"},
    {"For both patches:", "all"},
    {"For the\nwhole series:", "all"},
    {"Series:", "all"},
    {"Whole series\n", "all"},
    {"I read patch 2. For patches 1-3:", "1-3"},
    {"For patches 1-3 of the whole series:", "1-3"},
    {"Thanks, for the series:", "all"},
    {"Thanks for the series!", NULL},
    {"Thank you for this whole series.", NULL},
    {"I have not read the whole series", NULL},
    {"I haven't tested patches 1-3", NULL},
    {"Please wait for the series", NULL},
    {"I like the series", NULL},
    {"I queued patches 1 and 2", NULL},
    {"patch 3 needs work", NULL},
    {"patches 1 and 2 need work", NULL},
    {"for patches like these", NULL},
    {"for 3 weeks", NULL},
    {"for patch 20260507", NULL},
    {"for patch 0", NULL},
    {"for all", NULL},
    {"", NULL},
};

START_TEST(reads_ranges) {
    char range[RANGE_BYTES] = "";
    bool found = range_read(patchmark_text_of(range_examples[_i].text), range);
    const char *wanted = range_examples[_i].range;
    ck_assert_msg(found == (wanted != NULL), "'%s'", range_examples[_i].text);
    if (wanted != NULL)
        ck_assert_msg(strcmp(range, wanted) == 0, "'%s': '%s'", range_examples[_i].text, range);
}
END_TEST

/* What the stack still has of an earlier text, which is freed, is no part of the next one. */
START_TEST(reads_nothing_behind_the_end) {
    char range[RANGE_BYTES] = "", *earlier = strdup("one two / three");

    ck_assert(!range_read(patchmark_text_of(earlier), range));
    free(earlier);
    ck_assert(!range_read(patchmark_text_of("for"), range));
}
END_TEST

START_TEST(cuts_a_range_that_does_not_fit) {
    char text[RANGE_TEXT] = "for patches 1000", range[RANGE_BYTES] = "";
    for (int i = 1001; i < 1020; i++)
        sprintf(text + strlen(text), ", %d", i);
    ck_assert(range_read(patchmark_text_of(text), range));
    /* 12 numbers of 4 digits and 11 commas are 59 bytes; one more would be 64 */
    ck_assert_str_eq(range, "1000,1001,1002,1003,1004,1005,1006,1007,1008,1009,1010,1011");
}
END_TEST

static const struct example place_examples[] = {
    {"the line above", "For patches 1-3:\n" R, "Reviewed-by: " A " range=1-3 review"},
    {"the paragraph above", "Fine, for the series:\n\n" R, "Reviewed-by: " A " range=all review"},
    {"the tag's own line", "Acked-by: " A " # for patch 2\n",
     "Acked-by: " A " # for patch 2 range=2 review"},
    {"the line below", R "(for patches 1 and 2)\n", "Reviewed-by: " A " range=1,2 review"},
    {"two tags, two ranges", "For patches 1-3:\n" R "\nFor patch 5:\nAcked-by: " A "\n",
     "Reviewed-by: " A "|Acked-by: " A " range=1-3,5 review"},
    {"the same one twice",
     "For patches 1-3:\n" R "Acked-by: " A " # for patch 5\nTested-by: " A "\n",
     "Reviewed-by: " A "|Acked-by: " A " # for patch 5|Tested-by: " A " range=1-3,5 review"},
    {"... in paragraphs",
     "For patches 1-3:\n" R "\nFor patch 5:\nAcked-by: " A "\n\nTested-by: " A "\n",
     "Reviewed-by: " A "|Acked-by: " A "|Tested-by: " A " range=1-3,5 review"},
    {"one of them for all", "For patches 1-3:\n" R "\nFor the series:\nAcked-by: " A "\n",
     "Reviewed-by: " A "|Acked-by: " A " range=all review"},
    {"not further above", "For patches 1-3 see there.\n\nA word.\n\n" R, GIVES_R},
    {"not above a quote", "For patches 1-3:\n> quoted\n" R, GIVES_R},
    {"not what is quoted", "> for patches 1-3\n" R, GIVES_R},
    {"not the paragraph below", R "\nFor patch 3, see there.\n", GIVES_R},
    {"only with a tag", "For patches 1-3: fine.\n", ""},
};

START_TEST(looks_for_ranges_near_tags) {
    check(&place_examples[_i]);
}
END_TEST

/* ---- bounds -------------------------------------------------------------------------------- */

/* 500 KB of each: quadratic time would exceed the limit of Check. */
START_TEST(reads_in_linear_time) {
    static const char *const pieces[] = {R,
                                         "Acked-by: A\n",
                                         "\n",
                                         "for patches 1, ",
                                         "x\n\n" R "\n",
                                         "From: a\n",
                                         "Author: a\n",
                                         "-- >8 --\n",
                                         ">8",
                                         "for the ",
                                         "NAK\n",
                                         "diff --git a/x b/x\n" SOB,
                                         "---\n" SOB,
                                         "Acked-by: @\n@\n",
                                         "1-",
                                         "Acked-by: <<<<@"};
    char reading[READING_BYTES];
    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t length;
        AUTO(free) char *text = repeat(pieces[i], &length);
        read_given((struct patchmark_text){text, length}, reading);
    }
}
END_TEST

/* More different tags than are kept; each is compared with those before it. */
START_TEST(stops_at_the_limit) {
    AUTO(free) char *text = malloc(30000 * 40);
    AUTO(free) struct given *given = malloc(sizeof *given);
    struct person nobody = {{"", 0}, {"", 0}};
    size_t length = 0;
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < 30000; i++)
        length += (size_t)sprintf(text + length, "Acked-by: <%d@example.org>\n\n", i);
    given_scan((struct patchmark_text){text, length}, &nobody, given);
    ck_assert_uint_eq(given->tags.count, TRAILERS_MAX);
    ck_assert(!given->approves);
}
END_TEST

SUITE(given_suite) {
    TCase *given = tcase_create("given");
    tcase_add_test(given, reads_persons);
    tcase_add_test(given, compares_persons);
    tcase_add_loop_test(given, takes_tags, 0, COUNT(tag_examples));
    tcase_add_loop_test(given, forgives_slips, 0, COUNT(slip_examples));
    tcase_add_loop_test(given, cleans_values, 0, COUNT(value_examples));
    tcase_add_loop_test(given, ignores_tags_in_text_of_others, 0, COUNT(foreign_examples));
    tcase_add_test(given, recognizes_approvals_and_refusals);
    tcase_add_loop_test(given, takes_refusals, 0, COUNT(refusal_examples));
    tcase_add_loop_test(given, reads_ranges, 0, COUNT(range_examples));
    tcase_add_test(given, reads_nothing_behind_the_end);
    tcase_add_test(given, cuts_a_range_that_does_not_fit);
    tcase_add_loop_test(given, looks_for_ranges_near_tags, 0, COUNT(place_examples));
    tcase_add_test(given, reads_in_linear_time);
    tcase_add_test(given, stops_at_the_limit);
    Suite *suite = suite_create("given");
    suite_add_tcase(suite, given);
    return suite;
}

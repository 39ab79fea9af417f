/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trailers.c - the classifier "trailers": reads the trailers of patches and covers (own.c) and the
 * tags that replies give (given.c).
 *
 * Owns nothing between mails and never fails; the core cuts values that are too long for a fact.
 */
#include "given.h"
#include "own.h"

/* ---- which mails --------------------------------------------------------------------------- */

/* Returns true if the mail is a patch or cover.  In a thread, a tag without a diff is from an
 * answer that kept the tag and lost its "Re:"; a diff without a tag is posted only if it opens a
 * thread. */
static bool is_posting(const struct patchmark_message *message,
                       const struct patchmark_facts *facts) {
    bool tagged = patchmark_fact_bool(facts, "subject.patch");
    bool has_diff = patchmark_fact_bool(facts, "patch.present");
    bool opens_thread = patchmark_message_reference_count(message) == 0;
    if (patchmark_fact_bool(facts, "subject.reply"))
        return false;
    if (patchmark_fact_is_set(facts, "subject.part"))
        return true;
    if (patchmark_fact_bool(facts, "subject.pull") || patchmark_fact_bool(facts, "pull.present"))
        return false;
    return (tagged || has_diff) && (opens_thread || (tagged && has_diff));
}

/* Returns true if the mail has the number of a part, but can be an answer that kept it and lost its
 * "Re:": it is in a thread and has no diff.  A cover has these properties, too. */
static bool may_be_answer(const struct patchmark_message *message,
                          const struct patchmark_facts *facts) {
    return patchmark_fact_is_set(facts, "subject.part") &&
           !patchmark_fact_bool(facts, "subject.reply") &&
           patchmark_message_reference_count(message) > 0 &&
           !patchmark_fact_bool(facts, "patch.present") &&
           !patchmark_fact_bool(facts, "subject.resend") &&
           !patchmark_fact_bool(facts, "subject.pull") &&
           !patchmark_fact_bool(facts, "pull.present");
}

/* Returns true if the mail is an answer, also one that lost its "Re:".  Without "Re:", a mail with
 * a diff may be a notice of a commit, whose trailers belong to the commit. */
static bool is_answer(const struct patchmark_message *message,
                      const struct patchmark_facts *facts) {
    return patchmark_fact_bool(facts, "subject.reply") ||
           (patchmark_message_reference_count(message) > 0 &&
            !patchmark_fact_bool(facts, "patch.present") &&
            !patchmark_fact_bool(facts, "subject.pull") &&
            !patchmark_fact_bool(facts, "pull.present"));
}

/* ---- parts --------------------------------------------------------------------------------- */

static bool get_part(const struct patchmark_message *message, size_t i,
                     struct patchmark_part *part) {
    *part = (struct patchmark_part){.struct_size = sizeof *part};
    return patchmark_message_part(message, i, part);
}

/* Returns the number of the part that is the text of the mail: the first one of type text/plain,
 * without a file name unless it is the first part.  Returns the number of parts if there is none.
 */
static size_t body_number(const struct patchmark_message *message) {
    struct patchmark_part part;
    size_t count = patchmark_message_part_count(message);
    for (size_t i = 0; i < count; i++)
        if (get_part(message, i, &part) && strcmp(part.type, "text/plain") == 0 &&
            (i == 0 || part.filename[0] == '\0'))
            return i;
    return count;
}

/* ---- patches and covers -------------------------------------------------------------------- */

/* Finds the trailers in the text of the mail.  If it has none and the diff is attached, finds those
 * of the first attached file that has any. */
static void scan_posting(const struct patchmark_message *message,
                         const struct patchmark_facts *facts, struct trailers *own) {
    const char *where = patchmark_fact_string(facts, "patch.where");
    size_t count = patchmark_message_part_count(message), body = body_number(message);
    struct patchmark_part part;
    own->count = 0;
    if (body < count && get_part(message, body, &part))
        own_scan(part.text, own);
    if (where == NULL || strcmp(where, "attachment") != 0)
        return;
    for (size_t i = 0; i < count && own->count == 0; i++)
        if (i != body && get_part(message, i, &part) && part.text.length > 0 &&
            strcmp(part.type, "text/html") != 0)
            own_scan(part.text, own);
}

/* Adds "Name: value", on one line, to the list fact KEY. */
static void add_trailer(struct patchmark_facts *facts, const char *key,
                        const struct trailer *trailer) {
    char line[TRAILER_BYTES];
    size_t length = trailer_unfold(trailer->name, line, sizeof line);
    line[length++] = ':';
    line[length++] = ' ';
    length += trailer_unfold(trailer->value, line + length, sizeof line - length);
    patchmark_fact_add_text(facts, key, (struct patchmark_text){line, length});
}

/* Moves the next word of REST to WORD, without brackets, commas and quotes.  Returns false at the
 * end. */
static bool next_word(struct patchmark_text *rest, struct patchmark_text *word) {
    size_t length = 0;
    *rest = patchmark_text_trim_of(*rest, " ,;");
    while (length < rest->length && strchr(" ,;", rest->data[length]) == NULL)
        length++;
    *word = patchmark_text_trim_of((struct patchmark_text){rest->data, length}, "<>\"'()");
    *rest = patchmark_text_skip(*rest, length);
    return length > 0;
}

/* Returns the Message-ID in WORD: the word itself, or the component of a link that contains an '@';
 * empty if there is none. */
static struct patchmark_text message_id(struct patchmark_text word) {
    struct patchmark_text piece = word;
    const char *at = patchmark_text_has(word, '@') ? memchr(word.data, '@', word.length) : NULL;
    if (at == NULL)
        return (struct patchmark_text){"", 0};
    if (patchmark_text_case_starts(word, "http://") ||
        patchmark_text_case_starts(word, "https://")) {
        const char *start = at, *end = at;
        while (start > word.data && start[-1] != '/')
            start--;
        while (end < text_end(word) && *end != '/' && *end != '#' && *end != '?')
            end++;
        piece = (struct patchmark_text){start, (size_t)(end - start)};
    }
    if (piece.data[0] == '@' || text_end(piece)[-1] == '@')
        piece.length = 0;
    return piece;
}

static void add_superseded(struct patchmark_facts *facts, const char *value) {
    struct patchmark_text rest = patchmark_text_of(value), word;
    while (next_word(&rest, &word)) {
        struct patchmark_text id = message_id(word);
        if (id.length > 0)
            patchmark_fact_add_text(facts, "supersedes", id);
    }
}

/* Returns true if WORD is a change-id of b4, which identifies all versions of a series.  An id of
 * Gerrit, "I" and 40 hex digits, identifies one patch only. */
static bool is_change_id(struct patchmark_text word) {
    size_t length = 1;
    while (length < word.length && patchmark_is_hex(word.data[length]))
        length++;
    return word.length > 0 && !(word.data[0] == 'I' && length == 41 && word.length == 41);
}

static bool is_commit(struct patchmark_text word) {
    size_t length = 0;
    while (length < word.length && patchmark_is_hex(word.data[length]))
        length++;
    return length == word.length && length >= 7 && length <= 64;
}

/* Adds WORD, the value of the trailer NAME, to the list fact "prerequisites" if the name is one of
 * git format-patch --base or of b4, and the value of its kind: a patch-id, a Message-ID, or a
 * change-id with the version that is required ("20260507-dim-0123456789ab:v2"). */
static void add_prerequisite(struct patchmark_facts *facts, struct patchmark_text name,
                             struct patchmark_text word) {
    if (patchmark_text_case_equals(name, "prerequisite-message-id"))
        word = message_id(word);
    else if (patchmark_text_case_equals(name, "prerequisite-patch-id"))
        word.length = is_commit(word) ? word.length : 0;
    else if (!patchmark_text_case_equals(name, "prerequisite-change-id") || !is_change_id(word))
        return;
    if (word.length > 0)
        patchmark_fact_add_text(facts, "prerequisites", word);
}

static void set_once(struct patchmark_facts *facts, const char *key, struct patchmark_text word,
                     bool *is_set) {
    if (!*is_set)
        patchmark_fact_set_text(facts, key, word);
    *is_set = true;
}

static void classify_posting(const struct patchmark_message *message,
                             struct patchmark_facts *facts) {
    struct trailers own;
    bool has_change_id = false, has_base = false;
    scan_posting(message, facts, &own);
    for (size_t i = 0; i < own.count; i++) {
        const struct trailer *trailer = &own.items[i];
        char value[TRAILER_BYTES];
        add_trailer(facts, "own", trailer);
        if (!trailer->anywhere)
            continue;
        trailer_unfold(trailer->value, value, sizeof value);
        struct patchmark_text rest = patchmark_text_of(value), word;
        if (patchmark_text_case_equals(trailer->name, "supersedes") ||
            patchmark_text_case_equals(trailer->name, "obsoletes"))
            add_superseded(facts, value);
        else if (!next_word(&rest, &word))
            continue;
        else if (patchmark_text_case_equals(trailer->name, "change-id") && is_change_id(word))
            set_once(facts, "change_id", word, &has_change_id);
        else if (patchmark_text_case_equals(trailer->name, "base-commit") && is_commit(word))
            set_once(facts, "base_commit", word, &has_base);
        else
            add_prerequisite(facts, trailer->name, word);
    }
}

/* ---- answers ------------------------------------------------------------------------------- */

/* Returns the sender of MESSAGE.  Without an address nobody is the sender, whatever the name. */
static struct person sender_of(const struct patchmark_message *message) {
    struct person sender = {patchmark_text_of(patchmark_message_sender_name(message)),
                            patchmark_text_of(patchmark_message_sender(message))};
    if (sender.address.length == 0)
        sender.name.length = 0;
    return sender;
}

/* Adds "Name: value" to the list fact "given", as people should have written it. */
static void add_tag(struct patchmark_facts *facts, const struct trailer *tag) {
    char line[TRAILER_BYTES];
    size_t length = tag_name(tag->name, line, sizeof line);
    line[length++] = ':';
    line[length++] = ' ';
    length += tag_value(tag->value, line + length, sizeof line - length);
    patchmark_fact_add_text(facts, "given", (struct patchmark_text){line, length});
}

/* Finds the tags in the text of the mail.  Returns false if it has no text. */
static bool scan_answer(const struct patchmark_message *message, struct given *given) {
    size_t body = body_number(message);
    struct person sender = sender_of(message);
    struct patchmark_part part;
    if (body == patchmark_message_part_count(message) || !get_part(message, body, &part))
        return false;
    given_scan(part.text, &sender, given);
    return true;
}

static void set_given(struct patchmark_facts *facts, const struct given *given) {
    for (size_t i = 0; i < given->tags.count; i++) {
        const char *is_own = given->tags.items[i].from_sender ? "true" : "false";
        add_tag(facts, &given->tags.items[i]);
        patchmark_fact_add_string(facts, "given_from_sender", is_own);
    }
    if (given->range[0] != '\0')
        patchmark_fact_set_string(facts, "range", given->range);
    if (given->approves)
        patchmark_fact_add_string(facts, "flags", "review");
    if (given->refuses)
        patchmark_fact_add_string(facts, "flags", "nack");
}

static void classify_answer(const struct patchmark_message *message,
                            struct patchmark_facts *facts) {
    struct given given;
    if (scan_answer(message, &given))
        set_given(facts, &given);
}

/* Classifies the mail as an answer and returns true if its sender judges a patch in it: nobody
 * reviews or refuses his own posting. */
static bool classify_judgement(const struct patchmark_message *message,
                               struct patchmark_facts *facts) {
    struct given given;
    if (!scan_answer(message, &given) || given.has_diffstat || !(given.approves || given.refuses))
        return false;
    patchmark_fact_set_bool(facts, "judges", true);
    set_given(facts, &given);
    return true;
}

/* ---- the plugin ---------------------------------------------------------------------------- */

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    (void)self;
    if (may_be_answer(message, facts) && classify_judgement(message, facts))
        return 0;
    if (is_posting(message, facts))
        classify_posting(message, facts);
    else if (is_answer(message, facts))
        classify_answer(message, facts);
    return 0;
}

static const struct patchmark_fact provides[] = {
    {"own", PATCHMARK_LIST, "\"Name: value\": trailers in the message of a patch or cover",
     "Signed-off-by: A. Author <author@example.org>"},
    {"given", PATCHMARK_LIST, "\"Name: value\": tags that the sender of a reply gives",
     "Reviewed-by: R. Eviewer <r@example.org>"},
    {"given_from_sender", PATCHMARK_LIST,
     "for each given tag: \"true\" if it names the sender, else \"false\"", "true"},
    {"judges", PATCHMARK_BOOL,
     "the mail has the number of a part, but reviews or refuses a patch: it is a reply", "true"},
    {"range", PATCHMARK_STRING,
     "patches that the given tags are for, if the reply states it: 1-3, 1,2,5 or all", "1-3"},
    {"change_id", PATCHMARK_STRING, "change-id of b4", "20240507-fix-lock-5b0fb3a0e9f4"},
    {"base_commit", PATCHMARK_STRING, "commit on which the patches are based",
     "9123e3a74ec7b934a4a099e98af6a61c2f80bbf5"},
    {"prerequisites", PATCHMARK_LIST,
     "patch-ids, Message-IDs and change-ids that must be applied before",
     "b1f6a0b0b6e1a8c4d7f1b9f3a2d6c5e4f3a2b1c0"},
    {"supersedes", PATCHMARK_LIST, "Message-IDs after Supersedes and Obsoletes",
     "20200507134205.7559-1-a@example.org"},
    {"flags", PATCHMARK_LIST,
     "review, if the sender gives a tag that approves or tests; nack, if he refuses", "review"},
    {0},
};

static const char *const needs[] = {"subject.reply", "subject.patch", "subject.part", NULL};
static const char *const uses[] = {"patch.present", "patch.where",    "pull.present",
                                   "subject.pull",  "subject.resend", NULL};

static struct patchmark_plugin plugin = {
    .traits = PATCHMARK_PARALLEL,
    .name = "trailers",
    .version = "1",
    .summary = "reads the trailers of patches and the tags in replies",
    .provides = provides,
    .needs = needs,
    .uses = uses,
    .classify = classify,
};

PATCHMARK_PLUGIN(plugin)

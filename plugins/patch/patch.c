/* SPDX-License-Identifier: BSD-2-Clause
 *
 * patch.c - the classifier "patch": determines whether a mail contains a diff, the files that the
 * diff changes, the author of the patch, and its patch id.
 *
 * Reads all text parts of the mail.  Owns nothing between mails and never fails; the core cuts
 * values that are too long for a fact.
 */
#include "diff.h"
#include "form.h"
#include "inbody.h"
#include "patch-id.h"

#include <stdio.h>

/* The parts from which the diff is taken: those of the first rank that contains a diff.  Only one
 * rank is used, because a mail may contain the same diff in its text and as a file. */
enum rank {
    PATCH_FILE, /* text/x-patch, text/x-diff, or a file name that ends with .patch or .diff */
    BODY,       /* the text of the mail */
    ATTACHMENT, /* any other part that contains text */
    RANKS,
    NO_RANK,
};

static bool is_patch_type(const char *type) {
    const char *subtype = strchr(type, '/');
    return subtype != NULL && (strcmp(subtype, "/x-patch") == 0 || strcmp(subtype, "/x-diff") == 0);
}

static bool is_patch_name(const char *filename) {
    struct patchmark_text name = {filename, strlen(filename)};
    return patchmark_text_ends(name, ".patch") || patchmark_text_ends(name, ".diff");
}

/* The first part is the text of the mail even if it has a file name: quilt names it after the
 * patch.
 */
static bool is_body(const struct patchmark_part *part, size_t i) {
    return strcmp(part->type, "text/plain") == 0 && (i == 0 || part->filename[0] == '\0');
}

static enum rank rank_of(const struct patchmark_part *part, size_t i) {
    if (part->bytes.length == 0 || strcmp(part->type, "text/html") == 0)
        return NO_RANK;
    if (is_patch_type(part->type) || is_patch_name(part->filename))
        return PATCH_FILE;
    return is_body(part, i) ? BODY : ATTACHMENT;
}

static bool get_part(const struct patchmark_message *message, size_t i,
                     struct patchmark_part *part) {
    *part = (struct patchmark_part){.struct_size = sizeof *part};
    return patchmark_message_part(message, i, part);
}

/* Scans all parts of one rank.  Returns the number of the first part that contains a diff; the
 * number of parts if there is none. */
static size_t scan_rank(const struct patchmark_message *message, enum rank rank,
                        struct diff *diff) {
    size_t count = patchmark_message_part_count(message), first = count;
    struct patchmark_part part;
    for (size_t i = 0; i < count; i++)
        if (get_part(message, i, &part) && rank_of(&part, i) == rank &&
            diff_scan(diff, part.bytes) && first == count)
            first = i;
    return first;
}

/* Returns true if the diffs of TEXT are below the head of a mail that is quoted without marks, as
 * Outlook does: "From: ..., Sent: ...".  What git format-patch wrote is no such quotation. */
static bool is_quoted(struct patchmark_text text) {
    struct patchmark_lines lines = patchmark_lines_of(text);
    struct patchmark_text line;
    enum patchmark_origin origin;
    bool below_head = false;
    while (patchmark_lines_next(&lines, &line, &origin)) {
        below_head = below_head || origin == PATCHMARK_HEAD;
        if (origin == PATCHMARK_OWN && form_is_format_patch_line(line))
            return false;
        if (diff_is_start(line))
            return origin == PATCHMARK_QUOTED && below_head;
    }
    return false;
}

/* Returns true if TEXT may have the head of a quotation above its first diff: three fields in a
 * row, such as "Sent: Monday", which are no tags, or a line that ends with a colon.  Far cheaper
 * than to read the text for quotations. */
static bool may_have_head(struct patchmark_text text) {
    struct patchmark_text line;
    size_t fields = 0;
    while (fields < 3 && patchmark_text_line(&text, &line) && !diff_is_start(line)) {
        size_t length = line.length < 24 ? line.length : 24;
        const char *colon = length > 0 ? memchr(line.data, ':', length) : NULL;
        bool is_tag = colon && colon - line.data > 3 && strncasecmp(colon - 3, "-by", 3) == 0;
        fields = colon && !is_tag && line.data[0] != '>' ? fields + 1 : 0;
        line = patchmark_text_trim_end(line);
        if (line.length > 16 && line.data[line.length - 1] == ':')
            return true;
    }
    return fields == 3;
}

/* Returns true if the mail may quote a patch in its text, part AT, without marks: it answers
 * another one, does not pass it on, and no tool that sends patches wrote it. */
static bool may_quote(const struct patchmark_message *message, size_t at) {
    static const char *const tools[] = {"git-send-email", "b4 ", NULL};
    const char *mailer = patchmark_message_header(message, "X-Mailer", 0);
    const char *subject = patchmark_message_header(message, "Subject", 0);
    struct patchmark_part part;
    if (patchmark_message_reference_count(message) == 0 || !get_part(message, at, &part) ||
        !is_body(&part, at))
        return false;
    if (subject && (strcasestr(subject, "fwd: ") || strcasestr(subject, "fw: ")))
        return false;
    for (size_t i = 0; mailer && tools[i]; i++)
        if (strncmp(mailer, tools[i], strlen(tools[i])) == 0)
            return false;
    return true;
}

static void set_files(struct patchmark_facts *facts, const char *key, const struct path *files,
                      size_t count) {
    char name[2048]; /* longer than a fact, so that the core cuts the name and notices it */
    for (size_t i = 0; i < count; i++) {
        size_t length = path_write(files[i], name, sizeof name);
        patchmark_fact_add_text(facts, key, (struct patchmark_text){name, length});
    }
}

/* Returns the text of the mail; empty if it has none. */
static struct patchmark_text body_text(const struct patchmark_message *message) {
    struct patchmark_part part;
    size_t count = patchmark_message_part_count(message);
    for (size_t i = 0; i < count; i++)
        if (get_part(message, i, &part) && is_body(&part, i))
            return part.text;
    return (struct patchmark_text){"", 0};
}

/* Returns true if ADDRESS, in lower case, is that to which mail for the list ID is sent: "a@b.org"
 * for "a.b.org". */
static bool is_posting_address(const char *address, const char *id) {
    size_t local = strcspn(address, "@");
    return address[local] == '@' && strlen(id) == strlen(address) &&
           strncasecmp(address, id, local) == 0 && id[local] == '.' &&
           strcasecmp(address + local + 1, id + local + 1) == 0;
}

/* Returns true if ADDRESS is that of a list to which the mail belongs.  A list that rewrites From
 * puts it there, and git format-patch keeps it if the patch was applied from such a mail: it names
 * no author. */
static bool is_list(const struct patchmark_message *message, const char *address) {
    const char *field = patchmark_message_header(message, "List-Id", 0), *open;
    char id[256] = "";
    if (is_posting_address(address, patchmark_message_list(message)))
        return true;
    open = field ? strrchr(field, '<') : NULL;
    if (open != NULL)
        field = open + 1;
    if (field != NULL)
        snprintf(id, sizeof id, "%.*s", (int)strcspn(field, "> \t"), field);
    return is_posting_address(address, id);
}

static void set_inbody(const struct patchmark_message *message, struct patchmark_facts *facts,
                       const struct inbody *inbody) {
    char value[2048];
    const char *address, *name;
    if (inbody_unfold(inbody->subject, value, sizeof value) > 0)
        patchmark_fact_set_string(facts, "in_body_subject", value);
    inbody_unfold(inbody->from, value, sizeof value);
    if (!inbody_split(value, &address, &name) || is_list(message, address))
        return;
    patchmark_fact_set_string(facts, "author", address);
    if (name[0] != '\0')
        patchmark_fact_set_string(facts, "author_name", name);
}

/* Returns true if the mail was sent for the sake of its diff, which starts in part AT.  A subject
 * that speaks of a patch or is the title of one is enough, or a file that git format-patch wrote,
 * unless it is forwarded. */
static bool is_posted(const struct patchmark_message *message, size_t at,
                      struct patchmark_text file) {
    const char *subject = patchmark_message_header(message, "Subject", 0), *word;
    struct patchmark_text text = body_text(message);
    struct patchmark_part part;

    word = subject ? strcasestr(subject, "patch") : NULL;
    if (word && strchr(word, ']')) /* in the tag */
        return true;
    if (subject && strcasestr(subject, "[rfc"))
        return true;
    if (form_is_forward(text))
        return false;
    if (word || (subject && form_is_title(patchmark_text_of(subject))) || form_is_posted(text))
        return true;
    return get_part(message, at, &part) && !is_body(&part, at) && form_is_posted(file);
}

/* Sets the facts of a patch whose diff was removed: Patchwork and other archives do that.  A text
 * with a diffstat is still a patch and may name its author. */
static void classify_text(const struct patchmark_message *message, struct patchmark_facts *facts) {
    struct patchmark_text text = body_text(message);
    if (!inbody_has_diffstat(text))
        return;
    struct inbody inbody = inbody_scan(text);
    set_inbody(message, facts, &inbody);
}

/* Sets the facts of a diff that starts in part AT.  Author and subject come from the text of the
 * mail, or else from the file that contains the diff: git format-patch writes them there. */
static void classify_diff(const struct patchmark_message *message, struct patchmark_facts *facts,
                          const struct diff *diff, size_t at) {
    struct patchmark_part part;
    if (!get_part(message, at, &part))
        return;
    patchmark_fact_set_string(facts, "where", is_body(&part, at) ? "inline" : "attachment");
    patchmark_fact_set_bool(facts, "posted", is_posted(message, at, part.text));
    patchmark_fact_set_int(facts, "insertions", diff->insertions);
    patchmark_fact_set_int(facts, "deletions", diff->deletions);
    patchmark_fact_add_string(facts, "flags", "has-diff");
    set_files(facts, "files", diff->files, diff->count);
    set_files(facts, "old_files", diff->old_files, diff->old_count);
    struct inbody inbody = inbody_scan(body_text(message));
    if (inbody.from.length == 0 && inbody.subject.length == 0)
        inbody = inbody_scan(part.text);
    set_inbody(message, facts, &inbody);
}

/* Sets the patch id of the first part that has one, even if the diff is taken from another part,
 * because archives and b4 read a mail from its start.  Sets no id if the part was cut at a limit:
 * no other program would compute the same. */
static void set_id(const struct patchmark_message *message, struct patchmark_facts *facts) {
    struct patchmark_part part;
    struct patch_id id;
    size_t count = patchmark_message_part_count(message);
    for (size_t i = 0; i < count; i++) {
        if (!get_part(message, i, &part) || rank_of(&part, i) == NO_RANK ||
            !patch_id_read(part.bytes, &id))
            continue;
        if (!part.truncated)
            patchmark_fact_set_string(facts, "id", id.hex);
        for (size_t k = 0; k < id.base_count; k++)
            patchmark_fact_add_text(facts, "bases", id.bases[k]);
        return;
    }
}

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    (void)self;
    struct diff diff;
    size_t at = 0;
    diff_init(&diff);
    for (enum rank rank = PATCH_FILE; rank < RANKS && !diff.found; rank++)
        at = scan_rank(message, rank, &diff);
    if (diff.found && may_quote(message, at) && may_have_head(body_text(message)) &&
        is_quoted(body_text(message))) {
        patchmark_fact_set_bool(facts, "present", false);
        return 0;
    }
    patchmark_fact_set_bool(facts, "present", diff.found);
    if (diff.found)
        classify_diff(message, facts, &diff, at);
    else
        classify_text(message, facts);
    set_id(message, facts);
    return 0;
}

static const struct patchmark_fact provides[] = {
    {"present", PATCHMARK_BOOL, "the mail contains a diff that is not quoted", "true"},
    {"posted", PATCHMARK_BOOL,
     "the text is that of a patch; not of a report or forward with a diff", "true"},
    {"where", PATCHMARK_STRING, "place of the diff: inline or attachment", "inline"},
    {"files", PATCHMARK_LIST, "paths that the diff changes; of a renamed file the new one",
     "virt/kvm/kvm_main.c"},
    {"old_files", PATCHMARK_LIST, "the old paths of renamed files", "virt/kvm/main.c"},
    {"insertions", PATCHMARK_INT, "number of added lines", "3"},
    {"deletions", PATCHMARK_INT, "number of deleted lines", "1"},
    {"author", PATCHMARK_STRING, "address in the From: line of the patch's text",
     "author@example.org"},
    {"author_name", PATCHMARK_STRING, "name in the From: line of the patch's text", "A. Author"},
    {"in_body_subject", PATCHMARK_STRING, "Subject: line of the patch's text", "kvm: fix the lock"},
    {"id", PATCHMARK_STRING, "output of git patch-id --stable, 40 hex digits",
     "b1f6a0b0b6e1a8c4d7f1b9f3a2d6c5e4f3a2b1c0"},
    {"bases", PATCHMARK_LIST, "blob ids of the files that the diff changes, from its index lines",
     "83b2c4a1f0d9"},
    {"flags", PATCHMARK_LIST, "has-diff, if the mail contains a diff", "has-diff"},
    {0},
};

static struct patchmark_plugin plugin = {
    .traits = PATCHMARK_PARALLEL,
    .name = "patch",
    .version = "1",
    .summary = "finds diffs: files, counts of lines, patch id, author",
    .provides = provides,
    .classify = classify,
};

PATCHMARK_PLUGIN(plugin)

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tag.c - see tag.h.
 */
#include "tag.h"

#include "text.h"

#define GROUP_BYTES 200 /* a longer group is prose; tags of real mails have less than 60 bytes */

/* ---- words -------------------------------------------------------------------------------- */

/* Adds the tree NAME.  If NUMBER is true, NAME is the number of a branch.  A branch number next to
 * "stable", on either side, makes one tree with it. */
static void tree_add(struct reader *reader, struct patchmark_text name, bool number) {
    struct subject *subject = &reader->subject;
    struct tree *tree = &subject->trees[subject->tree_count]; /* one past the last */
    enum word last = reader->last;
    bool stable = patchmark_text_case_equals(name, "stable");

    reader->other_words++;
    reader->last = WORD_UNKNOWN;
    if (reader->refused)
        return;
    if (number && last == WORD_STABLE) {
        tree[-1].branch = name;
        return;
    }
    if (stable && last == WORD_BRANCH) {
        tree[-1] = (struct tree){name, tree[-1].name, true};
        return;
    }
    if (subject->tree_count == TREES)
        return;
    reader->release |= !patchmark_text_case_ends(name, "next");
    *tree = (struct tree){.name = name};
    tree->backport = word_is_stable(name) || (number && last != WORD_FOR);
    subject->tree_count++;
    reader->last = number ? WORD_BRANCH : stable ? WORD_STABLE : WORD_UNKNOWN;
}

/* Adds a branch by its number.  v5.10.y and 5.10.y are the same branch. */
static void branch_add(struct reader *reader, struct patchmark_text text) {
    tree_add(reader, patchmark_text_case_starts(text, "v") ? patchmark_text_skip(text, 1) : text,
             true);
}

/* Records a numbering; the first one of a group wins.  TOTAL is -1 if it is not stated.  A number
 * that is too large (PART is -1) and a total of 0 make no numbering. */
static void part_apply(struct reader *reader, int64_t part, int64_t total) {
    if (part < 0 || total == 0)
        return;
    reader->tag = true;
    reader->refused = false;
    if (reader->part < 0) {
        reader->part = part;
        reader->total = total;
    }
}

/* Records a version; the first one of a group wins.  -1 is ignored. */
static void version_apply(struct reader *reader, int64_t version) {
    if (version < 0)
        return;
    reader->tag = reader->sure = true;
    reader->refused = false;
    if (reader->version < 0)
        reader->version = version;
}

/* Takes the numbers of the group that was read, which is a tag.  The first group that states them
 * counts, except that those beside the word PATCH replace others. */
static void group_take(struct reader *reader, bool patch_before) {
    struct subject *subject = &reader->subject;
    bool replace = reader->group_patch && !patch_before;

    if (reader->part >= 0 && (subject->part < 0 || replace)) {
        subject->part = reader->part;
        subject->total = reader->total;
    }
    if (reader->version >= 0 && (subject->version < 0 || replace))
        subject->version = reader->version;
    subject->report |= reader->branched && !reader->sure;
    reader->certain |= reader->sure;
    reader->worded |= reader->strong;
    reader->tagged = true;
}

/* Records WORD, whose text is TEXT. */
static void word_apply(struct reader *reader, enum word word, struct patchmark_text text) {
    struct subject *subject = &reader->subject;

    if (word == WORD_STABLE) {
        tree_add(reader, text, false);
        return;
    }
    if (word == WORD_STATUS || word == WORD_TICKET)
        reader->other_words++;
    else if (word == WORD_NOT)
        reader->refused = true;
    else if (word == WORD_BACKPORT)
        subject->backport = true;
    else if (word == WORD_COUNT && reader->last == WORD_ORDINAL)
        version_apply(reader, reader->number); /* "2nd version" */
    else if (word == WORD_PATCH)
        reader->patch = reader->group_patch = true;
    else if (word == WORD_RFC)
        subject->rfc = true;
    else if (word == WORD_RESEND)
        subject->resend = true;
    else if (word == WORD_PULL)
        subject->pull = true;
    else if (word == WORD_AUTOSEL)
        subject->backport = true;
    else if (word == WORD_GIT)
        reader->git = true;
    else if (word == WORD_STATE)
        reader->states++;
    if (word <= WORD_RFT)
        reader->tag = reader->sure = true, reader->refused = false;
    if (word <= WORD_PULL)
        reader->strong = true;
    /* In "1 of 2", "of" counts only after a number, which reader->number keeps. */
    reader->last = word == WORD_OF && reader->last != WORD_NUMBER ? WORD_UNKNOWN : word;
}

static bool is_ordinal(struct patchmark_text text) {
    static const char *const ends[] = {"st", "nd", "rd", "th"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (patchmark_text_case_equals(text, ends[i]))
            return true;
    return false;
}

/* Reads "2/5", "2of5", "3/n", and the numbers of "2 of 5" and "take 2".  Returns true if TEXT was
 * read as a number, or cannot be a name: it starts with a digit and has a slash, or is the "n/N" of
 * a template. */
static bool number_read(struct reader *reader, struct patchmark_text text) {
    size_t length, other;
    int64_t number = word_number(text, &length), total;
    struct patchmark_text rest = patchmark_text_skip(text, length);

    if (length == 0)
        return text.length > 1 && patchmark_is_letter(text.data[0]) && text.data[1] == '/';
    if (rest.length == 0) {
        if (reader->last == WORD_COUNT)
            version_apply(reader, number);
        else if (reader->last == WORD_OF && number >= 0)
            part_apply(reader, reader->number, number);
        reader->last = WORD_NUMBER;
        reader->number = number;
        return true;
    }
    if (is_ordinal(rest)) {
        reader->last = WORD_ORDINAL;
        reader->number = number;
        return true;
    }
    if (!patchmark_text_case_starts(rest, "/") && !patchmark_text_case_starts(rest, "of"))
        return patchmark_text_has(rest, '/');
    reader->last = WORD_UNKNOWN;
    rest = patchmark_text_skip(rest, patchmark_text_case_starts(rest, "/") ? 1 : 2);
    total = word_number(rest, &other);
    if (rest.length == 0 || (rest.length == 1 && strchr("nNmMxX?", rest.data[0])))
        part_apply(reader, number, -1);
    else if (total >= 0 && other == rest.length)
        part_apply(reader, number, total);
    return true;
}

/* Reads "v2" and "v5.1".  Returns false if TEXT is no version. */
static bool version_read(struct reader *reader, struct patchmark_text text) {
    size_t dots = 0, length = word_version(text, &dots);

    if (length == 0 || length != text.length || length > WORD_BYTES)
        return false;
    if (dots > 0 && (reader->last == WORD_STABLE || reader->last == WORD_FOR)) {
        branch_add(reader, text);
        return true;
    }
    reader->last = WORD_UNKNOWN;
    if (dots == 0) {
        version_apply(reader, word_number(patchmark_text_skip(text, 1), &length));
    } else if (word_number(patchmark_text_skip(text, 1), &length) >= 0) {
        reader->tag = reader->sure = true;
        if (reader->dotted.length == 0)
            reader->dotted = text;
    }
    return true;
}

/* Reads a word such as "tip:x86/urgent": a tree and its branch.  Returns false if TEXT has another
 * form. */
static bool branch_read(struct reader *reader, struct patchmark_text text) {
    struct subject *subject = &reader->subject;
    struct tree *tree = &subject->trees[subject->tree_count]; /* one past the last */
    size_t length = 0;

    while (length < text.length && text.data[length] != ':')
        length++;
    if (length + 1 >= text.length || !word_is_name(patchmark_text_slice(text, 0, length)) ||
        !word_is_name(patchmark_text_skip(text, length + 1)))
        return false;
    reader->other_words++;
    reader->last = WORD_UNKNOWN;
    reader->branched = true;
    if (subject->tree_count < TREES && !reader->refused) {
        *tree = (struct tree){.name = patchmark_text_slice(text, 0, length + 1),
                              .branch = patchmark_text_skip(text, length + 1)};
        tree->backport =
            word_is_branch(tree->branch) || word_is_stable(patchmark_text_slice(text, 0, length));
        subject->tree_count++;
    }
    return true;
}

/* Reads a word that no tag word is part of: the name of a tree, or one that means nothing. */
static void name_read(struct reader *reader, struct patchmark_text text) {
    if (word_is_branch(text)) {
        branch_add(reader, text);
    } else if (word_is_refusal(text) || word_is_ticket(text)) {
        reader->other_words++;
        reader->last = WORD_UNKNOWN;
    } else if (word_is_name(text)) {
        tree_add(reader, text, false);
    } else if (!branch_read(reader, text)) {
        reader->other_words++;
        reader->last = WORD_UNKNOWN;
    }
}

/* Reads the branches "5.10/5.15" as one tree each. */
static void branches_read(struct reader *reader, struct patchmark_text text) {
    for (size_t start = 0, end; start < text.length; start = end + 1) {
        for (end = start; end < text.length && text.data[end] != '/'; end++)
            continue;
        branch_add(reader, patchmark_text_slice(text, start, end));
    }
}

/* Reads one word, which may be several tag words glued together, such as PATCHv2.  Returns false if
 * it is, or ends with, a name or a word that no tag has. */
static bool word_read(struct reader *reader, struct patchmark_text text) {
    size_t head;

    text = patchmark_text_trim_end_of(patchmark_text_trim_start_of(text, "-_*=~#"), ":.!?-_*=~");
    for (;;) {
        enum word word = word_find(text);

        if (word != WORD_UNKNOWN) {
            word_apply(reader, word, text);
            return word < WORD_STATUS || word == WORD_FOR || word > WORD_NOT;
        }
        if (word_are_branches(text)) {
            branches_read(reader, text);
            return true;
        }
        if (text.length == 0 || number_read(reader, text) || version_read(reader, text))
            return true;
        if (word_count(text) >= 0) {
            version_apply(reader, word_count(text));
            reader->last = WORD_UNKNOWN;
            return true;
        }
        if (word_is_resend(text)) {
            word_apply(reader, WORD_RESEND, text);
            return true;
        }
        head = word_is_branch(text) ? 0 : word_head(text);
        if (head == 0 && (head = word_prefix(text)) > 0) { /* "stable:PATCH" */
            tree_add(reader, patchmark_text_slice(text, 0, head), false);
            text = patchmark_text_skip(text, head + 1);
            continue;
        }
        if (head == 0)
            break;
        if (!version_read(reader, patchmark_text_slice(text, 0, head)))
            word_apply(reader, word_find(patchmark_text_slice(text, 0, head)), text);
        text = patchmark_text_trim_start_of(patchmark_text_skip(text, head), "-_/.+:");
    }
    name_read(reader, text);
    return false;
}

/* ---- groups ------------------------------------------------------------------------------- */

static void group_begin(struct reader *reader) {
    reader->tag = reader->sure = reader->strong = reader->group_patch = reader->git = false;
    reader->refused = reader->branched = false;
    reader->part = reader->total = reader->version = -1;
    reader->words = reader->states = reader->other_words = 0;
    reader->last = WORD_UNKNOWN;
}

/* Decides about the undecided groups when no tag follows them directly: they name no tree, and the
 * first of them becomes the list tag. */
static void undecided_drop(struct reader *reader) {
    reader->subject.tree_count -= reader->undecided;
    if (reader->subject.list_tag.length == 0)
        reader->subject.list_tag = reader->first_undecided;
    reader->undecided = 0;
    reader->first_undecided = (struct patchmark_text){NULL, 0};
}

/* Returns true if INNER is a tree and its branch as a robot writes them, such as [tip: x86/apic] or
 * [tip:x86/apic], and fills TREE. */
static bool is_tree_and_branch(struct patchmark_text inner, struct tree *tree) {
    size_t length = 0;

    while (length < inner.length && inner.data[length] != ':')
        length++;
    if (length == inner.length)
        return false;
    tree->name = patchmark_text_slice(inner, 0, length + 1);
    tree->branch = patchmark_text_trim_start_of(patchmark_text_skip(inner, length + 1), " \t");
    tree->backport = false;
    return word_is_name(patchmark_text_slice(inner, 0, length)) &&
           !patchmark_text_has(tree->name, '/') && word_is_name(tree->branch) &&
           patchmark_text_has(tree->branch, '/');
}

/* Records what a group that is no tag may name: a tree or the list.  INNER is its text, TRIAL the
 * reader that has read it. */
static void group_not_tag(struct reader *reader, const struct reader *trial,
                          struct patchmark_text inner) {
    struct subject *subject = &reader->subject;
    struct tree tree;

    if (is_tree_and_branch(inner, &tree)) {
        undecided_drop(reader);
        if (subject->tree_count < TREES)
            subject->trees[subject->tree_count++] = tree;
        return;
    }
    if (!reader->tagged && reader->first_undecided.length == 0)
        reader->first_undecided = inner;
    if (!reader->tagged && word_is_codename(inner) && subject->tree_count < TREES) {
        subject->trees[subject->tree_count++] = (struct tree){.name = inner};
        reader->undecided++;
        return;
    }
    if (trial->words == 1 && trial->subject.tree_count > subject->tree_count) {
        subject->trees[subject->tree_count] = trial->subject.trees[subject->tree_count];
        subject->tree_count++;
        reader->undecided += !reader->tagged;
    }
}

void tag_start(struct reader *reader) {
    *reader = (struct reader){.subject = {.part = -1, .total = -1, .version = -1}};
}

void tag_group(struct reader *reader, struct patchmark_text inner, bool joined) {
    struct patchmark_text rest = inner, word;
    struct reader trial;

    if (!joined)
        undecided_drop(reader);
    group_begin(reader);
    trial = *reader;
    for (; word_next(&rest, &word); trial.words++)
        word_read(&trial, word);
    if (trial.git && !trial.group_patch && trial.other_words == 0)
        trial.tag = trial.sure = trial.subject.pull = true;
    if (trial.tag) {
        bool patch_before = reader->patch;

        *reader = trial;
        group_take(reader, patch_before);
        reader->closed = true;
        reader->undecided = 0;
        reader->first_undecided = (struct patchmark_text){NULL, 0};
    } else if (trial.words > trial.states) {
        group_not_tag(reader, &trial,
                      patchmark_text_trim_start_of(patchmark_text_trim_end_of(inner, " \t"),
                                                   " \t"));
    }
}

size_t tag_group_length(const char *text) {
    size_t depth = 0, first = 0;

    if (*text != '[')
        return 0;
    for (size_t i = 0; text[i] && i < GROUP_BYTES; i++) {
        if (text[i] == '[')
            depth++;
        if (text[i] != ']')
            continue;
        if (--depth == 0)
            return i + 1;
        if (first == 0)
            first = i + 1;
    }
    /* "[PATCH v2 [1/3] title": a closing bracket is missing; the group ends at the first one. */
    return first;
}

/* Returns the length of the group at the start of TEXT, with its closing bracket, if the opening
 * one is missing (OPEN is 0, else 1), or if one of them has another form than in "[...]"; 0 if
 * there is no such group. */
static size_t loose_length(const char *text, size_t open) {
    static const char brackets[] = "[]{}()<>";
    size_t length = open + strcspn(text + open, brackets);

    if (open && text[length] && strchr("[{(<", text[length])) {
        /* One pair inside, as in "{PATCH (v2) 1/2}". */
        length += 1 + strcspn(text + length + 1, brackets);
        length += text[length] != '\0';
        length += strcspn(text + length, brackets);
    }
    if (length >= GROUP_BYTES || !text[length] || !strchr(open ? "]})>" : "]}", text[length]))
        return 0;
    return length + 1;
}

/* Reads a tag with a wrong or missing bracket.  Prose is told from it by the number of words that
 * no tag has.  Returns the length of the tag; 0 if there is none. */
static size_t loose_read(struct reader *reader, const char *text) {
    size_t open = *text && strchr("[{(<", *text), length = loose_length(text, open);
    bool patch_before = reader->patch;
    struct patchmark_text rest, word;
    struct reader trial;

    if (length == 0)
        return 0;
    group_begin(reader);
    trial = *reader;
    rest = (struct patchmark_text){text + open, length - open - 1};
    while (word_next(&rest, &word))
        word_read(&trial, word);
    if (!trial.strong ||
        trial.other_words > (trial.part >= 0 || trial.version >= 0 ? 3 : *text == '['))
        return 0;
    *reader = trial;
    group_take(reader, patch_before);
    reader->closed = true;
    return length;
}

/* A tag without brackets consists of tag words only, one of them is PATCH, RFC, RESEND or PULL, and
 * a colon or a bracket follows it.  Before "[PATCH" or "[RFC", a version or numbering is enough. */
size_t tag_unbracketed(struct reader *reader, const char *text) {
    bool open = *text == '[', closed = false, patch_before = reader->patch;
    size_t length = loose_read(reader, text);
    struct patchmark_text rest = {text, strnlen(text, GROUP_BYTES)}, word;
    const char *end = text;
    struct reader trial;

    if (length > 0)
        return length;
    group_begin(reader);
    trial = *reader;
    while (!closed && word_next(&rest, &word)) {
        struct reader before = trial;
        const char *next;

        if (!word_read(&trial, word)) {
            trial = before;
            break;
        }
        end = word.data + word.length;
        next = skip_blanks(end);
        closed = end[-1] == ':' || *next == ':' || *next == '[';
    }
    if (!trial.strong && trial.tag) {
        const char *next = skip_blanks(end);

        trial.strong = strncasecmp(next, "[PATCH", 6) == 0 || strncasecmp(next, "[RFC", 4) == 0;
    }
    if (!trial.strong || !(closed || open))
        return 0;
    *reader = trial;
    group_take(reader, patch_before);
    return (size_t)(end - text);
}

/* ---- the whole subject -------------------------------------------------------------------- */

bool tag_is_posting(const struct reader *reader) {
    const struct subject *subject = &reader->subject;

    return reader->patch || subject->part >= 0 ||
           ((subject->version >= 0 || reader->dotted.length > 0) && !subject->pull);
}

/* Returns the version of the first "(v2)" or "[v2]" in the title; -1 if there is none. */
static int64_t version_of_title(struct patchmark_text title) {
    for (size_t i = 0; i + 3 < title.length; i++) {
        const char *at = title.data + i;
        size_t length;
        int64_t version;

        if ((at[0] != '(' && at[0] != '[') || (at[1] != 'v' && at[1] != 'V'))
            continue;
        version = word_number(patchmark_text_skip(title, i + 2), &length);
        if (version >= 0 && i + 2 + length < title.length &&
            at[2 + length] == (at[0] == '(' ? ')' : ']'))
            return version;
    }
    return -1;
}

/* Removes trees that are named more than once, and sets the backport flag if one of the trees is a
 * stable branch. */
static void duplicates_drop(struct subject *subject) {
    size_t count = 0;

    for (size_t i = 0; i < subject->tree_count; i++) {
        const struct tree tree = subject->trees[i];
        size_t j = 0;

        while (j < count && !(patchmark_text_same(tree.name, subject->trees[j].name) &&
                              patchmark_text_same(tree.branch, subject->trees[j].branch)))
            j++;
        if (j == count)
            subject->trees[count++] = tree;
        subject->backport |= tree.backport;
    }
    subject->tree_count = count;
}

/* Returns true if the dotted version is that of a kernel release by itself or by the rest of the
 * tag: nobody sends a part of a version for the tenth time, and without a tree of the next release
 * not for the fourth time either; but 4.5 may be half of a version. */
static bool dotted_is_branch(const struct reader *reader, int64_t major, int64_t minor) {
    const struct subject *subject = &reader->subject;

    if (subject->version >= 0 || subject->backport || major >= 100)
        return true;
    if ((major >= 2 && minor >= 10) || (major == 2 && minor == 6))
        return true;
    return major >= 4 &&
           (reader->release || (subject->tree_count == 0 && minor >= 4 && minor != 5));
}

void tag_take_branch(struct subject *subject) {
    if (subject->tree_count < TREES)
        subject->trees[subject->tree_count++] = (struct tree){.name = subject->revision};
    subject->backport = true;
    subject->revision = (struct patchmark_text){NULL, 0};
    subject->version = -1;
}

/* Decides whether reader->dotted is a partial reroll, v5.1, or a branch: patch versions count from
 * 1, and kernel releases are named beside a tree or for a single patch. */
static void dotted_finish(struct reader *reader) {
    struct subject *subject = &reader->subject;
    struct patchmark_text number = patchmark_text_skip(reader->dotted, 1);
    size_t length, ignored;
    int64_t major = word_number(number, &length);
    int64_t minor = word_number(patchmark_text_skip(number, length + 1), &ignored);

    if (dotted_is_branch(reader, major, minor)) {
        reader->refused = false;
        reader->last = major >= 100 ? WORD_FOR : WORD_UNKNOWN;
        branch_add(reader, reader->dotted);
        duplicates_drop(subject);
        return;
    }
    subject->revision = number;
    subject->version = major;
    subject->maybe_branch = major >= 4 && subject->part < 0 && reader->patch;
}

void tag_finish(struct reader *reader) {
    struct subject *subject = &reader->subject;

    undecided_drop(reader);
    subject->patch = tag_is_posting(reader);
    subject->bare = subject->part >= 0 && !reader->certain;
    subject->loose = reader->tagged && (!reader->closed || (!reader->worded && subject->part < 0));
    duplicates_drop(subject);
    if (reader->dotted.length > 0)
        dotted_finish(reader);
    if (subject->version < 0) {
        subject->version = version_of_title(subject->title);
        subject->version_weak = subject->version >= 0;
    }
}

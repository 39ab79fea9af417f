/* SPDX-License-Identifier: BSD-2-Clause
 *
 * diff.c - finds diffs in text and counts what they change.
 *
 * A diff is a row of sections, one a file.  Header lines open a section and name its file; it is
 * believed, and its file kept, once it shows evidence that prose does not have: a hunk, or a
 * header line that only git writes, right where git writes it.  Inside a hunk the counts of its
 * @@ line say how far it goes, as for patch(1), so that signatures and footers are not part of it;
 * a hunk whose counts promise more than there is ends where something else visibly begins.
 *
 * Owns nothing, never fails.  Linear: at most two lines are looked at ahead, from lines that a
 * mail can only hold in proportion to its size.
 */
#include "diff.h"

#define PARENTS   8          /* of a combined diff; git itself stops showing sense long before */
#define COUNT_MAX 1000000000 /* of lines in a hunk */

enum place {
    OUTSIDE, /* prose, or between hunks */
    INDEX,   /* right behind "Index: " */
    HEADER,  /* among the lines behind "diff ..." */
    HUNK,
    CONTEXT, /* in a hunk of a context diff */
};

/* What one file changes. */
struct section {
    bool open;
    bool evidence;
    bool git;     /* "diff --git", "diff --cc" */
    bool sides;   /* git's line shows that names begin with a/, b/ or the like */
    bool named;   /* "rename to", "copy to": the last word on the name */
    bool pair;    /* had its "---" and "+++" lines */
    bool context; /* is a context diff */
    struct path path;
    struct path index; /* of "Index: "; old CVS gives the folder only there */
};

struct scanner {
    struct diff *diff;
    struct patchmark_text rest; /* what comes behind the current line */
    enum place place;
    struct section section;
    /* Lines that the hunk still promises. */
    size_t parents;
    int64_t old_left[PARENTS], new_left;
    /* Of a context diff. */
    bool new_half;
    int64_t half_left;
};

/* ---- lines -------------------------------------------------------------------------------- */

/* "--- name", "+++ name", "*** name". */
static bool is_name_line(struct patchmark_text line, const char *marker) {
    return line.length > 4 && patchmark_text_starts(line, marker) && line.data[4] != ' ';
}

static struct patchmark_text peek(const struct scanner *scanner) {
    struct patchmark_text rest = scanner->rest, line = {"", 0};
    patchmark_text_line(&rest, &line);
    return line;
}

static struct patchmark_text peek_second(const struct scanner *scanner) {
    struct patchmark_text rest = scanner->rest, line = {"", 0};
    if (!patchmark_text_line(&rest, &line) || !patchmark_text_line(&rest, &line))
        return (struct patchmark_text){"", 0};
    return line;
}

/* Reads digits off *TEXT; -1 when there are none. */
static int64_t parse_number(struct patchmark_text *text) {
    int64_t number = -1;
    while (text->length > 0 && text->data[0] >= '0' && text->data[0] <= '9') {
        number = (number < 0 ? 0 : number) * 10 + (text->data[0] - '0');
        if (number > COUNT_MAX)
            number = COUNT_MAX;
        *text = patchmark_text_skip(*text, 1);
    }
    return number;
}

bool diff_is_start(struct patchmark_text line) {
    return patchmark_text_starts(line, "diff -") || patchmark_text_starts(line, "Index: ") ||
           is_name_line(line, "--- ");
}

/* ---- files -------------------------------------------------------------------------------- */

static void add_file(struct diff *diff, struct path path) {
    if (path_is_empty(path) || path_is_null(path))
        return;
    uint32_t hash = 2166136261u; /* FNV-1a; the table is small, so bad luck stays cheap */
    for (size_t i = 0; i < path.text.length; i++)
        hash = (hash ^ (unsigned char)path.text.data[i]) * 16777619u;
    size_t size = sizeof diff->slots / sizeof diff->slots[0], slot = hash % size;
    for (; diff->slots[slot] != 0; slot = (slot + 1) % size)
        if (path_equal(diff->files[diff->slots[slot] - 1], path))
            return;
    if (diff->count == DIFF_FILES)
        return;
    diff->files[diff->count++] = path;
    diff->slots[slot] = (uint16_t)diff->count;
}

static void close_section(struct scanner *scanner) {
    if (scanner->section.evidence) {
        scanner->diff->found = true;
        add_file(scanner->diff, scanner->section.path);
    }
    scanner->section = (struct section){0};
}

static void open_section(struct scanner *scanner) {
    close_section(scanner);
    scanner->section.open = true;
}

/* ---- headers ------------------------------------------------------------------------------ */

static void open_git(struct scanner *scanner, struct patchmark_text names) {
    struct path old, new;
    open_section(scanner);
    struct section *section = &scanner->section;
    section->git = true;
    if (!path_parse_pair(names, &old, &new))
        return;
    section->sides = path_has_sides(old, new);
    section->path = section->sides ? path_without_side(new) : new;
}

static void open_combined(struct scanner *scanner, struct patchmark_text name) {
    open_section(scanner);
    scanner->section.git = true;
    scanner->section.sides = true;
    scanner->section.path = path_parse(name);
}

/* "diff ...": a new section, but behind "Index: " still the same one. */
static void parse_command(struct scanner *scanner, struct patchmark_text line) {
    scanner->place = HEADER;
    if (patchmark_text_starts(line, "diff --git "))
        open_git(scanner, patchmark_text_skip(line, strlen("diff --git ")));
    else if (patchmark_text_starts(line, "diff --cc "))
        open_combined(scanner, patchmark_text_skip(line, strlen("diff --cc ")));
    else if (patchmark_text_starts(line, "diff --combined "))
        open_combined(scanner, patchmark_text_skip(line, strlen("diff --combined ")));
    else if (path_is_empty(scanner->section.index) || scanner->section.pair)
        open_section(scanner);
}

static void parse_index(struct scanner *scanner, struct patchmark_text line) {
    open_section(scanner);
    scanner->section.index = path_parse(patchmark_text_skip(line, strlen("Index: ")));
    scanner->section.path = scanner->section.index;
    scanner->place = INDEX;
}

/* Do names begin with a/, b/ or the like?  Git's own line says best; some send "--- a/x~slug" and
 * "+++ a/x". */
static bool pair_has_sides(const struct section *section, struct path old, struct path new) {
    if (section->sides || path_has_sides(old, new))
        return true;
    bool old_fits = path_is_null(old) || path_is_marked(old);
    bool new_fits = path_is_null(new) || path_is_marked(new);
    return !section->git && old_fits && new_fits;
}

/* The name that the two name lines give: the new one, of a deleted file the old one. */
static struct path choose_path(const struct section *section, struct path old, struct path new) {
    struct path path = path_is_null(new) ? old : new;
    if (path_is_null(path))
        return path;
    if (pair_has_sides(section, old, new))
        return path_without_side(path);
    return path_ends_with(section->index, path) ? section->index : path;
}

/* "--- old" and "+++ new", or "*** old" and "--- new" of a context diff. */
static void parse_pair(struct scanner *scanner, struct patchmark_text old, bool context) {
    struct patchmark_text new = peek(scanner);
    if (!scanner->section.open || scanner->section.pair)
        open_section(scanner);
    struct section *section = &scanner->section;
    section->pair = true;
    section->context = context;
    if (!section->named)
        section->path = choose_path(section, path_parse(patchmark_text_skip(old, 4)),
                                    path_parse(patchmark_text_skip(new, 4)));
    patchmark_text_line(&scanner->rest, &new);
    scanner->place = OUTSIDE;
}

/* "index 1234..5678", "index 12,34..56" */
static bool is_git_index(struct patchmark_text line) {
    size_t i = strlen("index ");
    if (!patchmark_text_starts(line, "index "))
        return false;
    while (i < line.length && (strchr("0123456789abcdef,", line.data[i]) != NULL) &&
           line.data[i] != '\0')
        i++;
    return i > strlen("index ") && patchmark_text_starts(patchmark_text_skip(line, i), "..");
}

static bool is_git_header(struct patchmark_text line) {
    static const char *const starts[] = {
        "old mode ",          "new mode ",         "mode ",
        "deleted file mode ", "copy from ",        "copy to ",
        "rename from ",       "rename to ",        "rename old ",
        "rename new ",        "similarity index ", "dissimilarity index ",
        "new file mode ",     "GIT binary patch",
    };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (patchmark_text_starts(line, starts[i]))
            return true;
    return is_git_index(line);
}

/* What stands in LINE between START and END; false when it is not of that form. */
static bool between(struct patchmark_text line, const char *start, const char *end,
                    struct patchmark_text *middle) {
    line = patchmark_text_trim_end(line);
    if (line.length <= strlen(start) + strlen(end) || !patchmark_text_starts(line, start) ||
        !patchmark_text_ends(line, end))
        return false;
    *middle = patchmark_text_slice(line, strlen(start), line.length - strlen(end));
    return true;
}

/* "Binary files a/x and b/x differ", or of hg "Binary file x has changed".  Names the file where
 * the lines before did not. */
static bool parse_binary(struct section *section, struct patchmark_text line) {
    struct patchmark_text names;
    struct path path = {{"", 0}, false};
    if (between(line, "Binary file ", " has changed", &names)) {
        path = path_parse(names);
    } else if (between(line, "Binary files ", " differ", &names)) {
        const char *middle = memmem(names.data, names.length, " and ", 5);
        size_t at = middle != NULL ? (size_t)(middle - names.data) : 0;
        if (at > 0)
            path = choose_path(section, path_parse(patchmark_text_slice(names, 0, at)),
                               path_parse(patchmark_text_skip(names, at + 5)));
    } else {
        return false;
    }
    if (path_is_empty(section->path))
        section->path = path;
    return true;
}

/* A line behind "diff ..." that is not the name lines; false when it is none of a header. */
static bool parse_header(struct scanner *scanner, struct patchmark_text line) {
    struct section *section = &scanner->section;
    if (!parse_binary(section, line) && !(section->git && is_git_header(line)))
        return false;
    section->evidence = true;
    size_t marker = patchmark_text_starts(line, "rename to ") ? strlen("rename to ")
                    : patchmark_text_starts(line, "copy to ") ? strlen("copy to ")
                                                              : 0;
    if (marker > 0) {
        section->path = path_parse(patchmark_text_skip(line, marker));
        section->named = true;
    }
    return true;
}

/* ---- unified hunks ------------------------------------------------------------------------ */

/* "-12,5" or "+12" off *TEXT: the number of lines. */
static bool parse_range(struct patchmark_text *text, char sign, int64_t *lines) {
    if (text->length == 0 || text->data[0] != sign)
        return false;
    *text = patchmark_text_skip(*text, 1);
    if (parse_number(text) < 0)
        return false;
    *lines = 1;
    if (text->length > 0 && text->data[0] == ',') {
        *text = patchmark_text_skip(*text, 1);
        *lines = parse_number(text);
    }
    if (*lines < 0 || text->length == 0 || text->data[0] != ' ')
        return false;
    *text = patchmark_text_skip(*text, 1);
    return true;
}

static bool old_due(const struct scanner *scanner) {
    for (size_t i = 0; i < scanner->parents; i++)
        if (scanner->old_left[i] > 0)
            return true;
    return false;
}

/* "@@ -1,2 +1,3 @@ function"; of a combined diff "@@@ -1,2 -1,2 +1,3 @@@". */
static void parse_hunk(struct scanner *scanner, struct patchmark_text line) {
    size_t marks = 0;
    while (marks < line.length && line.data[marks] == '@')
        marks++;
    if (marks < 2 || marks - 1 > PARENTS || marks == line.length || line.data[marks] != ' ')
        return;
    struct patchmark_text text = patchmark_text_skip(line, marks + 1);
    int64_t old[PARENTS], new;
    for (size_t i = 0; i < marks - 1; i++)
        if (!parse_range(&text, '-', &old[i]))
            return;
    if (!parse_range(&text, '+', &new) || !patchmark_text_starts(text, "@@"))
        return;
    scanner->parents = marks - 1;
    memcpy(scanner->old_left, old, (marks - 1) * sizeof old[0]);
    scanner->new_left = new;
    scanner->section.evidence = true;
    if (scanner->new_left > 0 || old_due(scanner))
        scanner->place = HUNK;
}

static void lower(int64_t *count) {
    if (*count > 0)
        --*count;
}

/* Counts LINE, whose first columns say which parents had it and whether the result has it. */
static void count_line(struct scanner *scanner, struct patchmark_text line) {
    size_t columns = line.length < scanner->parents ? line.length : scanner->parents;
    bool minus = columns > 0 && memchr(line.data, '-', columns) != NULL;
    bool plus = !minus && columns > 0 && memchr(line.data, '+', columns) != NULL;
    for (size_t i = 0; i < scanner->parents; i++) {
        char column = i < columns ? line.data[i] : ' ';
        if (minus ? column == '-' : column != '+')
            lower(&scanner->old_left[i]);
    }
    if (!minus)
        lower(&scanner->new_left);
    scanner->diff->deletions += minus;
    scanner->diff->insertions += plus;
}

/* "-- " or "--" in a hunk takes away "- " or "-", unless the hunk is over in spite of its counts
 * and this is the line above a signature: then what follows is not of a hunk. */
static bool is_signature(const struct scanner *scanner, struct patchmark_text line) {
    if (!patchmark_text_starts(line, "--") || patchmark_text_trim_end(line).length != 2)
        return false;
    struct patchmark_text next = peek(scanner);
    return !old_due(scanner) ||
           (next.length > 0 && strchr(" \t+-\\@", next.data[0]) == NULL && !diff_is_start(next));
}

/* The name lines of the next file, though the hunk promised more.  A hunk without context may
 * also just end by "-- x" becoming "++ x": then these two lines are what is due. */
static bool is_next_file(const struct scanner *scanner, struct patchmark_text line) {
    if (!is_name_line(line, "--- ") || !is_name_line(peek(scanner), "+++ ") ||
        !patchmark_text_starts(peek_second(scanner), "@@ -"))
        return false;
    return !(scanner->parents == 1 && scanner->old_left[0] == 1 && scanner->new_left == 1);
}

/* False when LINE shows that the hunk is over. */
static bool parse_hunk_line(struct scanner *scanner, struct patchmark_text line) {
    char first = line.length > 0 ? line.data[0] : ' ';
    if (first == '-' && (is_signature(scanner, line) || is_next_file(scanner, line)))
        return false;
    if (first == '@' || first == 'd' || first == 'I') {
        if (patchmark_text_starts(line, "@@") || diff_is_start(line))
            return false;
    }
    if (first == ' ' || first == '\t' || first == '+' || first == '-')
        count_line(scanner, line);
    /* Anything else is "\ No newline", or the rest of a line that a mailer wrapped. */
    if (scanner->new_left == 0 && !old_due(scanner))
        scanner->place = OUTSIDE;
    return true;
}

/* ---- context hunks ------------------------------------------------------------------------ */

/* "*** 1,5 ****" or "--- 1,6 ----": the half that follows, of so many lines at most. */
static bool parse_half(struct scanner *scanner, struct patchmark_text line, bool new_half) {
    if (!patchmark_text_starts(line, new_half ? "--- " : "*** ") ||
        !patchmark_text_ends(patchmark_text_trim_end(line), new_half ? " ----" : " ****"))
        return false;
    struct patchmark_text text = patchmark_text_skip(line, 4);
    int64_t first = parse_number(&text), last = first;
    if (first < 0)
        return false;
    if (text.length > 0 && text.data[0] == ',') {
        text = patchmark_text_skip(text, 1);
        last = parse_number(&text);
    }
    scanner->new_half = new_half;
    scanner->half_left = last < first || last == 0 ? 0 : last - first + 1;
    return true;
}

static bool parse_context_line(struct scanner *scanner, struct patchmark_text line) {
    if (parse_half(scanner, line, false) || parse_half(scanner, line, true))
        return true;
    if (patchmark_text_starts(line, "***************"))
        return true;
    if (scanner->half_left == 0 || (line.length > 1 && line.data[1] != ' ' && line.data[0] != '\t'))
        return patchmark_text_starts(line, "\\ ");
    char first = line.length > 0 ? line.data[0] : ' ';
    if (strchr(scanner->new_half ? " \t!+" : " \t!-", first) == NULL || first == '\0')
        return false;
    scanner->half_left--;
    if (first != ' ' && first != '\t')
        ++*(scanner->new_half ? &scanner->diff->insertions : &scanner->diff->deletions);
    return true;
}

/* ---- the scan ----------------------------------------------------------------------------- */

/* A line that is in no hunk. */
static void parse_line(struct scanner *scanner, struct patchmark_text line) {
    enum place before = scanner->place;
    char first = line.length > 0 ? line.data[0] : ' ';
    scanner->place = OUTSIDE;
    if (first == 'd' && patchmark_text_starts(line, "diff -"))
        parse_command(scanner, line);
    else if (first == 'I' && patchmark_text_starts(line, "Index: "))
        parse_index(scanner, line);
    else if (first == '-' && is_name_line(line, "--- ") && is_name_line(peek(scanner), "+++ "))
        parse_pair(scanner, line, false);
    else if (first == '*' && is_name_line(line, "*** ") && is_name_line(peek(scanner), "--- ") &&
             patchmark_text_starts(peek_second(scanner), "***************"))
        parse_pair(scanner, line, true);
    else if (first == '*' && scanner->section.context &&
             patchmark_text_starts(line, "***************"))
        scanner->section.evidence = true, scanner->place = CONTEXT;
    else if (first == '@' && scanner->section.open)
        parse_hunk(scanner, line);
    else if (before == HEADER && parse_header(scanner, line))
        scanner->place = HEADER;
    else if (before == INDEX && line.length == 67 && patchmark_text_starts(line, "=======")) {
        /* Subversion's way to show a binary file or a property, which have no hunks. */
        scanner->section.evidence = true;
        scanner->place = HEADER;
    }
}

void diff_init(struct diff *diff) {
    diff->found = false;
    diff->insertions = diff->deletions = 0;
    diff->count = 0;
    memset(diff->slots, 0, sizeof diff->slots);
}

bool diff_scan(struct diff *diff, struct patchmark_text text) {
    struct scanner scanner = {.diff = diff, .rest = text, .place = OUTSIDE};
    bool found_before = diff->found;
    struct patchmark_text line;
    diff->found = false;
    while (patchmark_text_line(&scanner.rest, &line)) {
        if (scanner.place == HUNK && parse_hunk_line(&scanner, line))
            continue;
        if (scanner.place == CONTEXT && parse_context_line(&scanner, line))
            continue;
        parse_line(&scanner, line);
    }
    close_section(&scanner);
    bool found = diff->found;
    diff->found = found || found_before;
    return found;
}

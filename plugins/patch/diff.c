/* SPDX-License-Identifier: BSD-2-Clause
 *
 * diff.c - finds diffs in text, and counts the lines that they add and delete: see diff.h.
 *
 * A diff is a sequence of sections, one for each file.  Header lines open a section and name its
 * file.  The section counts, and its file is kept, only if there is evidence that it is not prose:
 * a hunk, or a header line that only git writes, in its place.  The counts in the @@ line of a hunk
 * determine where the hunk ends, as in patch(1), so that signatures and footers are not part of it.
 * A hunk with fewer lines than its counts state ends at a line that starts something else.
 *
 * Owns nothing and never fails.  The time is linear in the length of the text: the scanner reads at
 * most two lines ahead.
 */
#include "diff.h"

#define PARENTS   8          /* parents of a combined diff that are supported */
#define COUNT_MAX 1000000000 /* lines of a hunk; larger counts are lowered to this */

/* The place of the next line. */
enum place {
    OUTSIDE, /* in prose, or between hunks */
    INDEX,   /* directly after "Index: " */
    HEADER,  /* in the header lines after "diff ..." */
    HUNK,    /* in a hunk of a unified or combined diff */
    CONTEXT, /* in a hunk of a context diff */
};

/* The diff of one file. */
struct section {
    bool open;
    bool evidence; /* the section is a diff and not prose */
    bool git;      /* started by "diff --git" or "diff --cc" */
    bool read;     /* the names in this line could be read */
    bool sides;    /* they have sides such as a/ and b/ */
    bool named;    /* PATH is from "rename to" or "copy to" and final */
    bool pair;     /* had its "---" and "+++" lines */
    bool context;  /* is a context diff */
    struct path path;
    struct path old;   /* from "rename from" */
    struct path index; /* from "Index: "; old CVS writes the folder only there */
};

struct scanner {
    struct diff *diff;
    struct patchmark_text rest; /* the text after the current line */
    enum place place;
    struct section section;
    /* The lines that the current hunk still lacks, by its counts. */
    size_t parents;
    int64_t old_left[PARENTS], new_left;
    /* The half of the current hunk of a context diff, and the lines that it still lacks. */
    bool new_half;
    int64_t half_left;
};

/* ---- lines -------------------------------------------------------------------------------- */

/* Returns true for "--- name", "+++ name" or "*** name"; MARKER has the first 4 bytes. */
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

/* Moves digits from the start of *TEXT and returns their number, at most COUNT_MAX; -1 if there are
 * no digits. */
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
    path = path_without_dot(path);
    if (path_is_empty(path) || path_is_null(path))
        return;
    uint32_t hash = 2166136261u; /* FNV-1a; the table is small, so collisions cost little */
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
        if (!path_is_empty(scanner->section.old) && scanner->diff->old_count < DIFF_OLD)
            scanner->diff->old_files[scanner->diff->old_count++] = scanner->section.old;
    }
    scanner->section = (struct section){0};
}

static void open_section(struct scanner *scanner) {
    close_section(scanner);
    scanner->section.open = true;
}

/* ---- headers ------------------------------------------------------------------------------ */

/* Reads the two names of "diff --git".  Some mail programs wrap the line between them. */
static bool parse_git_names(struct scanner *scanner, struct patchmark_text names, struct path *old,
                            struct path *new) {
    if (path_parse_pair(names, old, new))
        return true;
    struct patchmark_text next = patchmark_text_trim(peek(scanner));
    *old = path_parse(patchmark_text_trim(names));
    *new = path_parse(next);
    if (patchmark_text_has(next, ' ') || !path_is_marked(*old) || !path_is_marked(*new))
        return false;
    patchmark_text_line(&scanner->rest, &next);
    return true;
}

static void open_git(struct scanner *scanner, struct patchmark_text names) {
    struct path old, new, below;
    open_section(scanner);
    struct section *section = &scanner->section;
    section->git = true;
    section->read = parse_git_names(scanner, names, &old, &new);
    if (!section->read)
        return;
    section->sides = path_has_sides(old, new);
    below = path_below_difference(old, new);
    section->path = section->sides ? path_without_side(new) : path_is_empty(below) ? new : below;
}

static void open_combined(struct scanner *scanner, struct patchmark_text name) {
    open_section(scanner);
    scanner->section.git = true;
    scanner->section.read = scanner->section.sides = true;
    scanner->section.path = path_parse(name);
}

/* Reads "diff ...", which opens a section, except after "Index: ", which opened it. */
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

/* Returns true if names start with sides such as a/ and b/.  The line "diff --git" is preferred.
 * Without it, "a/" or "b/" on each name is sufficient: some programs write "--- a/x~slug" and
 * "+++ a/x". */
static bool pair_has_sides(const struct section *section, struct path old, struct path new) {
    if (section->sides || path_has_sides(old, new))
        return true;
    bool old_fits = path_is_null(old) || path_is_marked(old);
    bool new_fits = path_is_null(new) || path_is_marked(new);
    /* "--- x.c", "+++ b/x.c" */
    bool other = path_is_marked(new) && path_equal(path_without_side(new), path_without_dot(old));
    return (!section->git || !section->read) && ((old_fits && new_fits) || other);
}

/* Returns the path of the file from its two names: the new one, or the old one of a deleted file.
 */
static struct path choose_path(const struct section *section, struct path old, struct path new) {
    struct path path = path_is_null(new) ? old : new;
    if (path_is_null(path))
        return path;
    if (pair_has_sides(section, old, new))
        return path_without_side(path_without_dot(path));
    struct path below = path_below_difference(old, new);
    if (!path_is_empty(below))
        return below;
    return path_ends_with(section->index, path) ? section->index : path;
}

/* Reads "--- old" and "+++ new", or "*** old" and "--- new" of a context diff; OLD is the first
 * line, and the second one is next. */
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

/* Sets *MIDDLE to the text of LINE between START and END.  Returns false if LINE has another form.
 */
static bool between(struct patchmark_text line, const char *start, const char *end,
                    struct patchmark_text *middle) {
    line = patchmark_text_trim_end(line);
    if (line.length <= strlen(start) + strlen(end) || !patchmark_text_starts(line, start) ||
        !patchmark_text_ends(line, end))
        return false;
    *middle = patchmark_text_slice(line, strlen(start), line.length - strlen(end));
    return true;
}

/* Reads "Binary files a/x and b/x differ", or "Binary file x has changed" of hg.  Uses the name if
 * no earlier line had one.  Returns false if LINE has another form. */
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

/* Reads a header line after "diff ...", except the name lines.  Returns false if LINE is not a
 * header line. */
static bool parse_header(struct scanner *scanner, struct patchmark_text line) {
    struct section *section = &scanner->section;
    if (!parse_binary(section, line) && !(section->git && is_git_header(line)))
        return false;
    section->evidence = true;
    if (patchmark_text_starts(line, "rename from "))
        section->old = path_parse(patchmark_text_skip(line, strlen("rename from ")));
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

/* Moves "-12,5" or "+12" and a space from the start of *TEXT and sets *LINES to the number of
 * lines. Returns false if *TEXT has another form. */
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

/* Returns true if the hunk still lacks lines of a parent. */
static bool lacks_old_lines(const struct scanner *scanner) {
    for (size_t i = 0; i < scanner->parents; i++)
        if (scanner->old_left[i] > 0)
            return true;
    return false;
}

/* Reads "@@ -1,2 +1,3 @@ function", or "@@@ -1,2 -1,2 +1,3 @@@" of a combined diff. */
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
    if (scanner->new_left > 0 || lacks_old_lines(scanner))
        scanner->place = HUNK;
}

static void lower(int64_t *count) {
    if (*count > 0)
        --*count;
}

/* Counts LINE, whose first columns, one for each parent, state which parents and whether the result
 * have it. */
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

/* Returns true if LINE, in a hunk, is the line "-- " above a signature.  It deletes the line "- "
 * instead if the hunk still lacks old lines and the next line can be part of a diff. */
static bool is_signature(const struct scanner *scanner, struct patchmark_text line) {
    if (!patchmark_text_starts(line, "--") || patchmark_text_trim_end(line).length != 2)
        return false;
    struct patchmark_text next = peek(scanner);
    return !lacks_old_lines(scanner) ||
           (next.length > 0 && strchr(" \t+-\\@", next.data[0]) == NULL && !diff_is_start(next));
}

/* Returns true if LINE starts the name lines of the next file although the hunk still lacks lines.
 * If exactly one line of each side is missing, LINE and the next one are part of the hunk: a line
 * "-- x" is replaced by "++ x". */
static bool is_next_file(const struct scanner *scanner, struct patchmark_text line) {
    if (!is_name_line(line, "--- ") || !is_name_line(peek(scanner), "+++ ") ||
        !patchmark_text_starts(peek_second(scanner), "@@ -"))
        return false;
    return !(scanner->parents == 1 && scanner->old_left[0] == 1 && scanner->new_left == 1);
}

/* Reads a line of a hunk.  Returns false if LINE shows that the hunk ended before it. */
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
    /* Any other line is "\ No newline", or the rest of a line that a mail program wrapped. */
    if (scanner->new_left == 0 && !lacks_old_lines(scanner))
        scanner->place = OUTSIDE;
    return true;
}

/* ---- context hunks ------------------------------------------------------------------------ */

/* Reads "*** 1,5 ****" or "--- 1,6 ----", which starts a half of a hunk and limits its lines. */
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

/* Reads a line outside of hunks. */
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
        /* Subversion writes this line for a binary file or a property, which have no hunks. */
        scanner->section.evidence = true;
        scanner->place = HEADER;
    }
}

void diff_init(struct diff *diff) {
    diff->found = false;
    diff->insertions = diff->deletions = 0;
    diff->count = diff->old_count = 0;
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

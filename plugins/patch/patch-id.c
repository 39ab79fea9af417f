/* SPDX-License-Identifier: BSD-2-Clause
 *
 * patch-id.c - computes the id of a patch: see patch-id.h.
 *
 * The diff of each file is hashed separately, without white space.  The id is the sum of the
 * hashes, so it does not depend on the order of the files.  Which lines are hashed, and where the
 * patch ends, depends only on the current line, on its place in the diff (enum stage) and on the
 * two counts of the hunk.  Uses a few KB of memory and never fails.
 */
#include "patch-id.h"

#define SHA1_SIZE      20
#define BLOB_ID_DIGITS 64 /* digits of a blob id that git keeps; the length of SHA-256 */
#define BLOB_ID_MIN    4  /* digits of the shortest abbreviation that git accepts */

/* The place of a line in the diff of a file. */
enum stage {
    STAGE_HEADER, /* after "diff ..." */
    STAGE_HUNKS,  /* from "--- name" on */
    STAGE_BINARY, /* after "GIT binary patch" or "Binary files", up to the next "diff ..." */
};

struct reader {
    enum stage stage;
    /* Lines that are still missing from the hunk, or from the pair of name lines above it. */
    int64_t old_left, new_left;
    struct patchmark_text old_blob, new_blob; /* of the last "index " line in a header */
    unsigned char
        sum[SHA1_SIZE];          /* sum of the hashes of complete files; the first byte is lowest */
    struct patchmark_sha1 *hash; /* hash of the current file; NULL if all of it is in the buffer */
    size_t filled;               /* bytes in the buffer */
    char buffer[4096];           /* bytes that are not hashed yet */
};

/* ---- the hash ------------------------------------------------------------------------------ */

static void write_out(struct reader *reader) {
    if (reader->hash == NULL)
        reader->hash = patchmark_sha1_begin();
    patchmark_sha1_add(reader->hash, (struct patchmark_text){reader->buffer, reader->filled});
    reader->filled = 0;
}

/* Ends a file: adds its hash to the sum. */
static void end_file(struct reader *reader) {
    unsigned char digest[SHA1_SIZE];
    unsigned carry = 0;
    write_out(reader);
    patchmark_sha1_end(reader->hash, digest);
    reader->hash = NULL;
    for (size_t i = 0; i < SHA1_SIZE; i++) {
        carry += (unsigned)reader->sum[i] + digest[i];
        reader->sum[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

/* White space as git defines it, without vertical tab and form feed. */
static const bool is_skipped[256] = {[' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true};

/* Hashes LINE without its white space. */
static void add_line(struct reader *reader, struct patchmark_text line) {
    while (line.length > 0) {
        if (reader->filled == sizeof reader->buffer)
            write_out(reader);
        size_t room = sizeof reader->buffer - reader->filled;
        size_t length = line.length < room ? line.length : room;
        char *to = reader->buffer + reader->filled;
#pragma GCC unroll 8 /* this loop runs for every byte of a patch */
        for (size_t i = 0; i < length; i++) {
            *to = line.data[i]; /* the next byte overwrites white space */
            to += !is_skipped[(unsigned char)line.data[i]];
        }
        reader->filled = (size_t)(to - reader->buffer);
        line = patchmark_text_skip(line, length);
    }
}

/* Hashes TEXT as it is. */
static void add_blob(struct reader *reader, struct patchmark_text text) {
    if (text.length > sizeof reader->buffer - reader->filled)
        write_out(reader);
    if (text.length > 0)
        memcpy(reader->buffer + reader->filled, text.data, text.length);
    reader->filled += text.length;
}

/* ---- lines --------------------------------------------------------------------------------- */

/* Moves the first line of *REST to *LINE, with its newline.  A line ends at a NUL, because git
 * handles lines as NUL-terminated strings.  Returns false if *REST is empty. */
static bool cut_line(struct patchmark_text *rest, struct patchmark_text *line) {
    if (rest->length == 0)
        return false;
    const char *newline = memchr(rest->data, '\n', rest->length);
    size_t length = newline != NULL ? (size_t)(newline - rest->data) + 1 : rest->length;
    *line = patchmark_text_slice(*rest, 0, strnlen(rest->data, length));
    *rest = patchmark_text_skip(*rest, length);
    return true;
}

/* Removes the lines before the first one that starts with "diff " from *TEXT.  Returns false if
 * there is no such line, as in most mails; therefore this is one search and does not read line by
 * line. */
static bool find_start(struct patchmark_text *text) {
    if (patchmark_text_starts(*text, "diff "))
        return true;
    const char *start = text->length > 0 ? memmem(text->data, text->length, "\ndiff ", 6) : NULL;
    if (start == NULL)
        return false;
    *text = patchmark_text_skip(*text, (size_t)(start - text->data) + 1);
    return true;
}

static size_t count_digits(struct patchmark_text text) {
    size_t count = 0;
    while (count < text.length && patchmark_is_digit(text.data[count]))
        count++;
    return count;
}

/* Returns the number of hex digits at the start of TEXT, at most MAX. */
static size_t count_hex(struct patchmark_text text, size_t max) {
    size_t count = 0;
    while (count < text.length && count < max && patchmark_is_hex(text.data[count]))
        count++;
    return count;
}

/* Returns true if LINE starts the next patch: with a commit id, alone or after "commit" (git log)
 * or "From" (git format-patch). */
static bool is_commit(struct patchmark_text line) {
    if (patchmark_text_starts(line, "commit "))
        line = patchmark_text_skip(line, strlen("commit "));
    else if (patchmark_text_starts(line, "From "))
        line = patchmark_text_skip(line, strlen("From "));
    return count_hex(line, 2 * SHA1_SIZE) == 2 * SHA1_SIZE;
}

/* "\ No newline at end of file", in any language. */
static bool is_remark(struct patchmark_text line) {
    return patchmark_text_starts(line, "\\ ") && line.length > 12;
}

/* ---- the rules of git ---------------------------------------------------------------------- */

/* Stores the two ids of an "index a..b mode" line.  They end where git ends them: the first at the
 * dots, the second at a space or else one byte before the end, where the newline is. */
static void note_blobs(struct reader *reader, struct patchmark_text line) {
    struct patchmark_text ids = patchmark_text_skip(line, strlen("index "));
    const char *dots = ids.length > 0 ? memmem(ids.data, ids.length, "..", 2) : NULL;
    if (dots == NULL)
        return;
    size_t at = (size_t)(dots - ids.data);
    struct patchmark_text old = patchmark_text_slice(ids, 0, at),
                          new = patchmark_text_skip(ids, at + 2);
    const char *blank = new.length > 0 ? memchr(new.data, ' ', new.length) : NULL;
    if (blank != NULL)
        new.length = (size_t)(blank - new.data);
    else if (new.length > 0)
        new.length--;
    reader->old_blob =
        patchmark_text_slice(old, 0, old.length < BLOB_ID_DIGITS ? old.length : BLOB_ID_DIGITS);
    reader->new_blob =
        patchmark_text_slice(new, 0, new.length < BLOB_ID_DIGITS ? new.length : BLOB_ID_DIGITS);
}

/* Reads a number as atoi does: after white space and a sign; a number that is too large wraps. */
static int64_t read_number(struct patchmark_text text) {
    int64_t number = 0;
    while (text.length > 0 && strchr(" \t\n\v\f\r", text.data[0]) != NULL)
        text = patchmark_text_skip(text, 1);
    bool minus = text.length > 0 && text.data[0] == '-';
    if (minus || (text.length > 0 && text.data[0] == '+'))
        text = patchmark_text_skip(text, 1);
    for (; text.length > 0 && patchmark_is_digit(text.data[0]);
         text = patchmark_text_skip(text, 1)) {
        int64_t digit = text.data[0] - '0';
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, minus ? -digit : digit, &number))
            return minus ? (int32_t)INT64_MIN : (int32_t)INT64_MAX;
    }
    return (int32_t)number;
}

/* Moves "12,5" or "12" from the start of *TEXT and sets *COUNT to the second number, 1 if there is
 * none.  Returns false if there are no digits; *COUNT is also set then. */
static bool read_range(struct patchmark_text *text, int64_t *count) {
    size_t digits = count_digits(*text);
    *count = 1;
    if (digits < text->length && text->data[digits] == ',') {
        *text = patchmark_text_skip(*text, digits + 1);
        *count = read_number(*text);
        digits = count_digits(*text);
    }
    *text = patchmark_text_skip(*text, digits);
    return digits > 0;
}

/* git marks the header by an old count of -1.  So after a hunk that deletes one line more than its
 * count states, git continues as in a header. */
static void check_stage(struct reader *reader) {
    if (reader->old_left == -1)
        reader->stage = STAGE_HEADER;
}

/* Reads "@@ -1,2 +1,3 @@ function", which is not hashed. */
static void read_hunk_start(struct reader *reader, struct patchmark_text line) {
    struct patchmark_text text = patchmark_text_skip(line, strlen("@@ -"));
    if (read_range(&text, &reader->old_left) && patchmark_text_starts(text, " +")) {
        text = patchmark_text_skip(text, strlen(" +"));
        read_range(&text, &reader->new_left);
    }
    check_stage(reader);
}

/* Reads a line of a hunk whose counts are not used up.  Any line is hashed; one that starts with
 * another character is not counted. */
static void read_hunk_line(struct reader *reader, struct patchmark_text line) {
    char first = line.length > 0 ? line.data[0] : '\0';
    reader->old_left -= first == '-' || first == ' ';
    reader->new_left -= first == '+' || first == ' ';
    add_line(reader, line);
    check_stage(reader);
}

static bool read_header(struct reader *reader, struct patchmark_text line) {
    if (patchmark_text_starts(line, "index ")) {
        note_blobs(reader, line);
    } else if (patchmark_text_starts(line, "GIT binary patch") ||
               patchmark_text_starts(line, "Binary files")) {
        add_blob(reader, reader->old_blob);
        add_blob(reader, reader->new_blob);
        end_file(reader);
        reader->stage = STAGE_BINARY;
    } else if (patchmark_text_starts(line, "--- ")) {
        reader->stage = STAGE_HUNKS;
        reader->old_left = reader->new_left = 1;
        read_hunk_line(reader, line);
    } else if (line.length > 0 && patchmark_is_letter(line.data[0])) {
        add_line(reader, line);
    } else {
        return false;
    }
    return true;
}

static bool read_hunks(struct reader *reader, struct patchmark_text line) {
    if (reader->old_left != 0 || reader->new_left != 0) {
        read_hunk_line(reader, line);
    } else if (patchmark_text_starts(line, "@@ -")) {
        read_hunk_start(reader, line);
    } else if (patchmark_text_starts(line, "diff ")) {
        end_file(reader);
        reader->stage = STAGE_HEADER;
        add_line(reader, line);
    } else {
        return false;
    }
    return true;
}

/* Reads one line of the patch.  Returns false if the patch ended before it. */
static bool read_line(struct reader *reader, struct patchmark_text line) {
    if (is_remark(line))
        return true;
    if (is_commit(line))
        return false;
    switch (reader->stage) {
    case STAGE_HEADER:
        return read_header(reader, line);
    case STAGE_HUNKS:
        return read_hunks(reader, line);
    case STAGE_BINARY:
        break;
    }
    /* After a binary file, git does not hash the "diff ..." line of the next file. */
    if (patchmark_text_starts(line, "diff "))
        reader->stage = STAGE_HEADER;
    return true;
}

/* ---- the patch ----------------------------------------------------------------------------- */

/* Keeps the old id of an "index a..b" line at any place.  A hunk with wrong counts hides the header
 * of the next file from the patch id, but not from this function, because no line of a hunk starts
 * with a letter. */
static void keep_base(struct patch_id *id, struct patchmark_text line) {
    if (id->base_count == PATCH_ID_BASES || !patchmark_text_starts(line, "index "))
        return;
    struct patchmark_text old = patchmark_text_skip(line, strlen("index "));
    size_t length = count_hex(old, BLOB_ID_DIGITS), zeros = 0;
    if (length < BLOB_ID_MIN || !patchmark_text_starts(patchmark_text_skip(old, length), "..") ||
        count_hex(patchmark_text_skip(old, length + 2), BLOB_ID_MIN) < BLOB_ID_MIN)
        return;
    old.length = length;
    while (zeros < length && old.data[zeros] == '0')
        zeros++;
    if (zeros == length)
        return; /* a new file */
    for (size_t i = 0; i < id->base_count; i++)
        if (id->bases[i].length == length && memcmp(id->bases[i].data, old.data, length) == 0)
            return;
    id->bases[id->base_count++] = old;
}

static void write_hex(const unsigned char sum[SHA1_SIZE], char hex[PATCH_ID_SIZE]) {
    for (size_t i = 0; i < SHA1_SIZE; i++) {
        hex[2 * i] = "0123456789abcdef"[sum[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
    }
    hex[2 * SHA1_SIZE] = '\0';
}

bool patch_id_read(struct patchmark_text text, struct patch_id *id) {
    struct reader reader = {.stage = STAGE_HEADER};
    struct patchmark_text line;
    bool open = true;
    if (!find_start(&text))
        return false;
    id->base_count = 0;
    while (cut_line(&text, &line)) {
        keep_base(id, line);
        open = open && read_line(&reader, line);
    }
    end_file(&reader);
    write_hex(reader.sum, id->hex);
    return true;
}

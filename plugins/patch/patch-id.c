/* SPDX-License-Identifier: BSD-2-Clause
 *
 * patch-id.c - the id of a patch, as `git patch-id --stable` prints it.
 *
 * Each file of a patch is hashed on its own, without white space, and the hashes are added up, so
 * that their order does not matter.  What is hashed, and where a patch ends, only depends on the
 * line at hand, on where in a file's diff it stands and on two counts.  Line by line, a few KB of
 * memory; fails only when there is no memory for a hash.
 */
#include "patch-id.h"

#define SHA1_SIZE      20
#define BLOB_ID_DIGITS 64 /* what git keeps of one; with SHA-256 an id has as many */
#define BLOB_ID_LEAST  4  /* git abbreviates to no fewer */

enum stage {
    STAGE_HEADER, /* behind "diff ..." */
    STAGE_HUNKS,  /* from "--- name" on */
    STAGE_BINARY, /* behind the line that says so, up to the next "diff ..." */
};

struct reader {
    enum stage stage;
    /* Lines that are due: of a hunk, and of the pair of name lines above it. */
    int64_t old_left, new_left;
    struct patchmark_text old_blob, new_blob; /* of the last "index " line in a header */
    unsigned char sum[SHA1_SIZE];             /* of the files that are done; first byte lowest */
    struct patchmark_sha1 *hash;              /* of the file at hand; NULL: all is in the buffer */
    bool failed;                              /* no memory for a hash */
    size_t filled;
    char buffer[4096]; /* what is still to be hashed */
};

/* ---- the hash ------------------------------------------------------------------------------ */

static void write_out(struct reader *reader) {
    if (reader->hash == NULL && (reader->hash = patchmark_sha1_begin()) == NULL)
        reader->failed = true;
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

/* git's idea of white space, which has neither vertical tab nor form feed. */
static const bool is_skipped[256] = {[' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true};

/* Hashes LINE without its white space. */
static void add_line(struct reader *reader, struct patchmark_text line) {
    while (line.length > 0) {
        if (reader->filled == sizeof reader->buffer)
            write_out(reader);
        size_t room = sizeof reader->buffer - reader->filled;
        size_t length = line.length < room ? line.length : room;
        char *to = reader->buffer + reader->filled;
#pragma GCC unroll 8 /* the bytes of a patch, one by one */
        for (size_t i = 0; i < length; i++) {
            *to = line.data[i]; /* overwritten by the next where it is white space */
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

/* The first line of *REST with its newline, up to a NUL: git goes by NUL-terminated strings. */
static bool cut_line(struct patchmark_text *rest, struct patchmark_text *line) {
    if (rest->length == 0)
        return false;
    const char *newline = memchr(rest->data, '\n', rest->length);
    size_t length = newline != NULL ? (size_t)(newline - rest->data) + 1 : rest->length;
    *line = patchmark_text_slice(*rest, 0, strnlen(rest->data, length));
    *rest = patchmark_text_skip(*rest, length);
    return true;
}

/* Cuts off all of *TEXT above its first line that starts with "diff ".  False when it has none.
 * One search instead of line by line: this is all that most mails see. */
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

/* How many hex digits TEXT starts with; MOST and no more are looked at. */
static size_t count_hex(struct patchmark_text text, size_t most) {
    size_t count = 0;
    while (count < text.length && count < most && patchmark_is_hex(text.data[count]))
        count++;
    return count;
}

/* A commit id begins the next patch: alone, behind `git log`'s "commit", or behind the "From" of
 * `git format-patch`. */
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

/* ---- what git makes of a line -------------------------------------------------------------- */

/* Notes the two ids of an "index a..b mode" line.  Both end where git lets them end: the first at
 * the dots, the second at a blank, or else one byte before the end, which is the newline. */
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

/* A number as atoi reads it: behind blanks and a sign, and what does not fit wraps. */
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

/* "12,5" or "12" off *TEXT; the count is 1 where it is missing.  False when there is no number,
 * but *COUNT is set all the same. */
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

/* git knows the header by an old count of -1.  So a hunk that takes away one line more than it
 * promised is a header again. */
static void check_stage(struct reader *reader) {
    if (reader->old_left == -1)
        reader->stage = STAGE_HEADER;
}

/* "@@ -1,2 +1,3 @@ function": nothing of it is hashed. */
static void read_hunk_start(struct reader *reader, struct patchmark_text line) {
    struct patchmark_text text = patchmark_text_skip(line, strlen("@@ -"));
    if (read_range(&text, &reader->old_left) && patchmark_text_starts(text, " +")) {
        text = patchmark_text_skip(text, strlen(" +"));
        read_range(&text, &reader->new_left);
    }
    check_stage(reader);
}

/* A line that is due, whatever it is: one that starts with none of these is hashed uncounted. */
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

/* False when the patch is over. */
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
    /* git hashes this line of the next file nowhere. */
    if (patchmark_text_starts(line, "diff "))
        reader->stage = STAGE_HEADER;
    return true;
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Keeps the old id of "index a..b", wherever the line stands: a hunk that lies hides the next
 * file from the id, but need not hide it here.  No line of a hunk starts with a letter. */
static void keep_base(struct patch_id *id, struct patchmark_text line) {
    if (id->base_count == PATCH_ID_BASES || !patchmark_text_starts(line, "index "))
        return;
    struct patchmark_text old = patchmark_text_skip(line, strlen("index "));
    size_t length = count_hex(old, BLOB_ID_DIGITS), zeros = 0;
    if (length < BLOB_ID_LEAST || !patchmark_text_starts(patchmark_text_skip(old, length), "..") ||
        count_hex(patchmark_text_skip(old, length + 2), BLOB_ID_LEAST) < BLOB_ID_LEAST)
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
    return !reader.failed;
}

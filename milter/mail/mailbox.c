/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mailbox.c - see mailbox.h.
 *
 * A file is mapped into memory, so its size does not matter.  Input that is not a regular file,
 * such as a pipe, is first copied to a temporary file without a name.  What can fail: opening,
 * mapping, reading and copying; errno has the reason.
 */
#include "mail/mailbox.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct map {
    char *data;
    size_t length;
};

struct mailbox {
    struct map map;       /* the file that is being read */
    size_t at;            /* the offset of the next mail in it */
    bool mbox;            /* false if it is one message */
    char *unquoted;       /* a copy of a mail, with its ">From " lines unquoted */
    size_t unquoted_size; /* the bytes allocated for it */
    GPtrArray *names;     /* the paths of a maildir in order of delivery; NULL if it is a file */
    size_t name_at;       /* the number of the next path */
};

/* ---- mapping ------------------------------------------------------------------------------ */

static void map_close(struct map *map) {
    if (map->data)
        munmap(map->data, map->length);
    *map = (struct map){NULL, 0};
}

static int map_file(struct map *map, int descriptor, size_t length) {
    void *data;

    if (length == 0)
        return 0;
    data = mmap(NULL, length, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data == MAP_FAILED)
        return -1;
    madvise(data, length, MADV_SEQUENTIAL);
    map->data = data;
    map->length = length;
    return 0;
}

/* Maps a copy of what can be read from DESCRIPTOR, a pipe or another file without a length. */
static int map_stream(struct map *map, int descriptor) {
    AUTO(fclose) FILE *spool = tmpfile();
    char block[65536];
    size_t total = 0;
    ssize_t length;

    if (!spool)
        return -1;
    while ((length = read(descriptor, block, sizeof(block))) > 0) {
        if (fwrite(block, 1, (size_t)length, spool) != (size_t)length)
            return -1;
        total += (size_t)length;
    }
    if (length < 0 || fflush(spool) != 0)
        return -1;
    return map_file(map, fileno(spool), total);
}

static int map_descriptor(struct map *map, int descriptor) {
    struct stat status;

    if (fstat(descriptor, &status) < 0)
        return -1;
    return S_ISREG(status.st_mode) ? map_file(map, descriptor, (size_t)status.st_size)
                                   : map_stream(map, descriptor);
}

static int map_path(struct map *map, const char *path) {
    AUTO(close) int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    return descriptor < 0 ? -1 : map_descriptor(map, descriptor);
}

/* ---- mbox --------------------------------------------------------------------------------- */

/* Returns true if the line at AT is a separator: "From ", a sender, and a date with a time and a
 * year.  mboxrd quotes every other line that starts with "From "; requiring a date also keeps mails
 * whole in files whose writer did not quote. */
static bool is_separator(const char *at, const char *end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline ? newline : end;
    bool time = false, year = false;

    if (stop - at < 5 || memcmp(at, "From ", 5) != 0)
        return false;
    for (const char *p = at + 5; p + 3 < stop; p++) {
        if (p[1] == ':' && isdigit((unsigned char)p[0]) && isdigit((unsigned char)p[2]))
            time = true;
        if (time && p[0] == ' ' && isdigit((unsigned char)p[1]) && isdigit((unsigned char)p[2]) &&
            isdigit((unsigned char)p[3]) && p + 4 < stop && isdigit((unsigned char)p[4]))
            year = true;
    }
    return time && year;
}

/* Returns the next "From " at or behind AT; END if there is none.  Searches for its first letter,
 * which is rare, because memchr is much faster than memmem. */
static const char *from_find(const char *at, const char *end) {
    while (end - at >= 5 && (at = memchr(at, 'F', (size_t)(end - at - 4)))) {
        if (memcmp(at, "From ", 5) == 0)
            return at;
        at++;
    }
    return end;
}

/* Returns true if the line at AT is one or more '>' and "From ". */
static bool is_quoted_from(const char *at, const char *end) {
    const char *from = at;

    while (from < end && *from == '>')
        from++;
    return from > at && end - from >= 5 && memcmp(from, "From ", 5) == 0;
}

/* Returns true if only '>' stands before FROM on its line, so that the line is quoted. */
static bool is_quoted(const char *mail, const char *from) {
    const char *start = from;

    while (start > mail && start[-1] == '>')
        start--;
    return start < from && (start == mail || start[-1] == '\n');
}

/* Returns the start of the next separator behind the start of a mail, MAIL; END if there is none.
 * Sets *QUOTED to true if the mail has quoted "From " lines. */
static const char *separator_find(const char *mail, const char *end, bool *quoted) {
    *quoted = false;
    for (const char *at = from_find(mail, end); at < end; at = from_find(at + 1, end)) {
        if (at[-1] == '\n' && is_separator(at, end))
            return at;
        *quoted = *quoted || is_quoted(mail, at);
    }
    return end;
}

/* Sets *MAIL to a copy of itself with one '>' removed from each quoted "From " line.  Returns -1 if
 * memory runs out. */
static int unquote(struct mailbox *mailbox, struct patchmark_text *mail) {
    const char *at = mail->data, *end = mail->data + mail->length;
    char *to;

    if (mail->length > mailbox->unquoted_size) {
        free(mailbox->unquoted);
        mailbox->unquoted = malloc(mail->length);
        mailbox->unquoted_size = mailbox->unquoted ? mail->length : 0;
        if (!mailbox->unquoted)
            return -1;
    }
    to = mailbox->unquoted;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline + 1 : end;

        if (is_quoted_from(at, stop))
            at++;
        to = mempcpy(to, at, (size_t)(stop - at));
        at = stop;
    }
    mail->data = mailbox->unquoted;
    mail->length = (size_t)(to - mailbox->unquoted);
    return 0;
}

static int mbox_next(struct mailbox *mailbox, struct patchmark_text *mail) {
    const char *start = mailbox->map.data + mailbox->at;
    const char *end = mailbox->map.data + mailbox->map.length;
    const char *body = memchr(start, '\n', (size_t)(end - start));
    const char *next;
    bool quoted;

    body = body ? body + 1 : end; /* behind the separator */
    next = separator_find(body, end, &quoted);
    mailbox->at = (size_t)(next - mailbox->map.data);
    mail->data = body;
    mail->length = (size_t)(next - body);
    /* The empty line before a separator belongs to the mbox, not to the mail. */
    if (mail->length >= 2 && memcmp(next - 2, "\n\n", 2) == 0)
        mail->length--;
    else if (mail->length >= 4 && memcmp(next - 4, "\r\n\r\n", 4) == 0)
        mail->length -= 2;
    if (quoted && unquote(mailbox, mail) < 0)
        return -1;
    return 1;
}

/* ---- maildir ------------------------------------------------------------------------------ */

static int folder_read(struct mailbox *mailbox, const char *path, const char *name) {
    AUTO(free) char *folder = g_build_filename(path, name, NULL);
    DIR *directory = opendir(folder);
    struct dirent *entry;

    if (!directory)
        return -1;
    while ((entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            g_ptr_array_add(mailbox->names, g_build_filename(folder, entry->d_name, NULL));
    closedir(directory);
    return 0;
}

/* Compares names of files without their folder; a name in a maildir starts with the time of
 * delivery in seconds. */
static int name_compare(const void *a, const void *b) {
    const char *first = *(char *const *)a, *second = *(char *const *)b;

    return strverscmp(strrchr(first, '/'), strrchr(second, '/'));
}

static int maildir_open(struct mailbox *mailbox, const char *path) {
    mailbox->names = g_ptr_array_new_with_free_func(g_free);
    if (folder_read(mailbox, path, "cur") < 0 || folder_read(mailbox, path, "new") < 0)
        return -1;
    g_ptr_array_sort(mailbox->names, name_compare);
    return 0;
}

/* ---- mailboxes of all kinds ---------------------------------------------------------------- */

struct mailbox *mailbox_open(const char *path) {
    struct mailbox *mailbox = calloc(1, sizeof(*mailbox));
    struct stat status;
    int result, saved;

    if (!mailbox)
        return NULL;
    if (strcmp(path, "-") == 0)
        result = map_descriptor(&mailbox->map, STDIN_FILENO);
    else if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        result = maildir_open(mailbox, path);
    else
        result = map_path(&mailbox->map, path);
    if (result < 0) {
        saved = errno;
        mailbox_close(mailbox);
        errno = saved;
        return NULL;
    }
    mailbox->mbox = mailbox->map.data &&
                    is_separator(mailbox->map.data, mailbox->map.data + mailbox->map.length);
    return mailbox;
}

void mailbox_close(struct mailbox *mailbox) {
    map_close(&mailbox->map);
    if (mailbox->names)
        g_ptr_array_unref(mailbox->names);
    free(mailbox->unquoted);
    free(mailbox);
}

int mailbox_next(struct mailbox *mailbox, struct patchmark_text *mail) {
    if (mailbox->names) {
        if (mailbox->name_at == mailbox->names->len)
            return 0;
        map_close(&mailbox->map);
        if (map_path(&mailbox->map, g_ptr_array_index(mailbox->names, mailbox->name_at++)) < 0)
            return -1;
        *mail = (struct patchmark_text){mailbox->map.data, mailbox->map.length};
        return 1;
    }
    if (mailbox->at >= mailbox->map.length)
        return 0;
    if (mailbox->mbox)
        return mbox_next(mailbox, mail);
    mailbox->at = mailbox->map.length;
    *mail = (struct patchmark_text){mailbox->map.data, mailbox->map.length};
    return 1;
}

void mailbox_progress(const struct mailbox *mailbox, uint64_t *done, uint64_t *total) {
    *done = mailbox->names ? mailbox->name_at : mailbox->at;
    *total = mailbox->names ? mailbox->names->len : mailbox->map.length;
}

bool mailbox_is_message(const struct mailbox *mailbox) {
    return !mailbox->mbox && !mailbox->names;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * glob.c - see glob.h.
 *
 * A match that fails goes back to the last "*" of the component and lets it take one byte more;
 * where that is used up, to the last "**", which takes one folder more.  Earlier ones need not be
 * tried again: whatever they could take differently, the last one can take as well.  Owns nothing
 * and cannot fail.
 */
#include "glob.h"

#include "text.h"

/* Where to go on, in both, when what was tried did not match. */
struct retry {
    bool set;
    size_t glob, path;
};

/* The length of the set that begins at AT; 0: it is not closed. */
static size_t set_length(struct patchmark_text glob, size_t at) {
    size_t end = at + 1;
    if (end < glob.length && (glob.data[end] == '!' || glob.data[end] == '^'))
        end++;
    if (end < glob.length)
        end++; /* a bracket that comes first is one of the set */
    while (end < glob.length && glob.data[end] != ']')
        end++;
    return end < glob.length ? end + 1 - at : 0;
}

/* SET is what stands between the brackets. */
static bool set_has(struct patchmark_text set, unsigned char byte) {
    bool others = set.data[0] == '!' || set.data[0] == '^', found = false;
    for (size_t i = others; i < set.length && !found; i++) {
        unsigned char low = (unsigned char)set.data[i], high = low;
        if (i + 2 < set.length && set.data[i + 1] == '-') {
            high = (unsigned char)set.data[i + 2];
            i += 2;
        }
        found = byte >= low && byte <= high;
    }
    return found != others;
}

const char *glob_problem(struct patchmark_text glob) {
    for (size_t i = 0; i < glob.length; i++) {
        if (glob.data[i] != '[')
            continue;
        size_t length = set_length(glob, i);
        if (length == 0)
            return "a '[' is not closed";
        if (memchr(glob.data + i, '/', length))
            return "there is a slash between '[' and ']'";
        i += length - 1;
    }
    return NULL;
}

static bool is_wildcard(char c) {
    return c == '*' || c == '?' || c == '[';
}

bool glob_is_literal(struct patchmark_text glob) {
    for (size_t i = 0; i < glob.length; i++)
        if (is_wildcard(glob.data[i]))
            return false;
    return true;
}

unsigned glob_depth(struct patchmark_text glob) {
    unsigned depth = 0;
    if (glob.length == 0 || is_wildcard(glob.data[0]))
        return 0;
    for (size_t i = 0; i < glob.length; i++)
        depth += glob.data[i] == '/';
    return depth + (glob.data[glob.length - 1] != '/');
}

bool glob_is_everything(struct patchmark_text glob) {
    return text_equals(glob, "*/") || text_equals(glob, "**") || text_equals(glob, "**/") ||
           text_equals(glob, "**/*");
}

/* "**" as a whole component. */
static bool is_folders(struct patchmark_text glob, size_t at) {
    return (at == 0 || glob.data[at - 1] == '/') && at + 1 < glob.length && glob.data[at] == '*' &&
           glob.data[at + 1] == '*' && (at + 2 == glob.length || glob.data[at + 2] == '/');
}

/* The length of what stands at AT in the glob for one BYTE; 0: it does not match. */
static size_t match_byte(struct patchmark_text glob, size_t at, char byte) {
    size_t length = 1;
    if (glob.data[at] == '?')
        return byte != '/';
    if (glob.data[at] != '[')
        return glob.data[at] == byte;
    length = set_length(glob, at);
    return byte != '/' && set_has(text_slice(glob, at + 1, at + length - 1), (unsigned char)byte)
               ? length
               : 0;
}

/* The glob is used up.  Does that match, with the path read up to AT? */
static bool ends_well(struct patchmark_text glob, struct patchmark_text path, size_t at) {
    if (glob.length > 0 && glob.data[glob.length - 1] == '/')
        return at < path.length;
    return at == path.length || (path.data[at] == '/' && glob_is_literal(glob));
}

/* Moves a "*" on to where it can end: when a letter follows it in the glob, before the next such
 * one in the path. */
static void star_skip(struct patchmark_text glob, struct patchmark_text path, struct retry *star) {
    if (star->glob == glob.length || is_wildcard(glob.data[star->glob]))
        return;
    char wanted = glob.data[star->glob];
    while (star->path < path.length && path.data[star->path] != wanted &&
           path.data[star->path] != '/')
        star->path++;
}

/* Lets the last "*", else the last "**", take more.  False when there is none that can. */
static bool go_back(struct patchmark_text glob, struct patchmark_text path, struct retry *star,
                    struct retry *folders, struct retry *at) {
    if (star->set && star->path < path.length && path.data[star->path] != '/') {
        star->path++;
        star_skip(glob, path, star);
        *at = *star;
        return true;
    }
    const char *slash =
        folders->set ? memchr(path.data + folders->path, '/', path.length - folders->path) : NULL;
    if (!slash)
        return false;
    star->set = false;
    folders->path = (size_t)(slash - path.data) + 1;
    *at = *folders;
    return true;
}

bool glob_match(struct patchmark_text glob, struct patchmark_text path) {
    struct retry star = {.set = false}, folders = {.set = false};
    struct retry at = {.set = true};
    for (;;) {
        if (is_folders(glob, at.glob)) {
            if (at.glob + 2 == glob.length)
                return at.path < path.length;
            at.glob += 3;
            folders = at;
            star.set = false;
            continue;
        }
        if (at.glob < glob.length && glob.data[at.glob] == '*') {
            at.glob++;
            star_skip(glob, path, &at);
            star = at;
            continue;
        }
        if (at.glob == glob.length && ends_well(glob, path, at.path))
            return true;
        size_t length = at.glob < glob.length && at.path < path.length
                            ? match_byte(glob, at.glob, path.data[at.path])
                            : 0;
        if (length > 0) {
            if (path.data[at.path] == '/')
                star.set = false;
            at.glob += length;
            at.path++;
        } else if (!go_back(glob, path, &star, &folders, &at)) {
            return false;
        }
    }
}

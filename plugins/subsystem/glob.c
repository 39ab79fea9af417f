/* SPDX-License-Identifier: BSD-2-Clause
 *
 * glob.c - compiles and matches the patterns of F: and X: lines; see glob.h.
 *
 * A glob is split before the first component that has a wildcard.  The part before is its prefix; a
 * sorted array is searched for it once for each folder of a path.  PCRE2 converts the part after to
 * a regular expression, which the array owns.  A malformed glob is the only error.
 */
#include "glob.h"

static bool is_wildcard(char c) {
    return c == '*' || c == '?' || c == '[';
}

/* Returns true if GLOB has "**" as a whole component at offset AT. */
static bool is_folders(struct patchmark_text glob, size_t at) {
    return (at == 0 || glob.data[at - 1] == '/') && at + 1 < glob.length && glob.data[at] == '*' &&
           glob.data[at + 1] == '*' && (at + 2 == glob.length || glob.data[at + 2] == '/');
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
    return patchmark_text_equals(glob, "*/") || patchmark_text_equals(glob, "**") ||
           patchmark_text_equals(glob, "**/") || patchmark_text_equals(glob, "**/*");
}

/* ---- compiling ---------------------------------------------------------------------------- */

/* Returns what is wrong with the sets in brackets of GLOB; NULL if nothing is. */
static const char *set_problem(struct patchmark_text glob) {
    for (size_t i = 0; i < glob.length; i++) {
        if (glob.data[i] != '[')
            continue;
        i++;
        if (i < glob.length && (glob.data[i] == '!' || glob.data[i] == '^'))
            i++;
        if (i < glob.length && glob.data[i] == ']')
            i++; /* a bracket in the first place is an element of the set */
        while (i < glob.length && glob.data[i] != ']' && glob.data[i] != '/')
            i++;
        if (i == glob.length)
            return "missing ']' after '['";
        if (glob.data[i] == '/')
            return "slash between '[' and ']'";
    }
    return NULL;
}

/* Writes GLOB in the syntax of PCRE2 to OUT and returns its length: "**" that is not a whole
 * component becomes "*", and "**" is appended to a slash at the end. */
static size_t normalise(struct patchmark_text glob, char out[BOUND_PATTERN_BYTES + 2]) {
    size_t length = 0;
    for (size_t i = 0; i < glob.length; i++) {
        if (is_folders(glob, i))
            out[length++] = glob.data[i++];
        else if (glob.data[i] == '*' && length > 0 && out[length - 1] == '*')
            continue;
        out[length++] = glob.data[i];
    }
    if (out[length - 1] != '/')
        return length;
    memcpy(out + length, "**", 2);
    return length + 2;
}

/* Returns NULL if PCRE2 rejects GLOB. */
static pcre2_code *compile(struct patchmark_text glob) {
    char text[BOUND_PATTERN_BYTES + 2];
    PCRE2_UCHAR *pattern = NULL;
    PCRE2_SIZE length = 0;
    int error;
    pcre2_code *code = NULL;
    pcre2_convert_context *context = pcre2_convert_context_create(NULL);
    if (context)
        pcre2_set_glob_escape(context, 0);
    if (pcre2_pattern_convert((PCRE2_SPTR)text, normalise(glob, text), PCRE2_CONVERT_GLOB, &pattern,
                              &length, context) == 0)
        code = pcre2_compile(pattern, length, PCRE2_NEVER_UTF, &error, &length, NULL);
    if (code)
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    pcre2_converted_pattern_free(pattern);
    pcre2_convert_context_free(context);
    return code;
}

static void glob_clear(void *glob) {
    pcre2_code_free(((struct glob *)glob)->rest);
}

GArray *globs_new(void) {
    GArray *globs = g_array_new(FALSE, FALSE, sizeof(struct glob));
    g_array_set_clear_func(globs, glob_clear);
    return globs;
}

const char *globs_add(GArray *globs, struct patchmark_text text, uint32_t section) {
    struct glob glob = {.text = text, .section = section};
    const char *problem = set_problem(text);
    size_t wildcard = 0;
    if (problem)
        return problem;
    while (wildcard < text.length && !is_wildcard(text.data[wildcard]))
        wildcard++;
    glob.prefix = wildcard;
    if (wildcard < text.length) {
        while (glob.prefix > 0 && text.data[glob.prefix - 1] != '/')
            glob.prefix--;
        glob.rest = compile(patchmark_text_skip(text, glob.prefix));
        if (!glob.rest)
            return "malformed pattern";
        glob.is_folder = text.data[text.length - 1] == '/' ||
                         (text.length >= 2 && is_folders(text, text.length - 2));
    }
    g_array_append_val(globs, glob);
    return NULL;
}

/* ---- matching ----------------------------------------------------------------------------- */

/* Compares the prefix of GLOB with PREFIX, like strcmp(3). */
static int prefix_compare(const struct glob *glob, struct patchmark_text prefix) {
    size_t length = glob->prefix < prefix.length ? glob->prefix : prefix.length;
    int order = length > 0 ? memcmp(glob->text.data, prefix.data, length) : 0;
    return order != 0 ? order : (glob->prefix > prefix.length) - (glob->prefix < prefix.length);
}

static int glob_compare(const void *left, const void *right) {
    const struct glob *other = right;
    return prefix_compare(left, patchmark_text_slice(other->text, 0, other->prefix));
}

void globs_sort(GArray *globs) {
    g_array_sort(globs, glob_compare);
}

/* Returns true if GLOB, whose prefix PATH has, matches PATH. */
static bool glob_match(const struct glob *glob, const struct matcher *matcher,
                       struct patchmark_text path) {
    struct patchmark_text rest = patchmark_text_skip(path, glob->prefix);
    if (!glob->rest)
        return rest.length > 0 || path.data[path.length - 1] != '/';
    return matcher_search(matcher, glob->rest, rest, 0) >= 0 &&
           (!glob->is_folder || pcre2_get_ovector_pointer(matcher->data)[1] < rest.length);
}

/* Returns the index of the first glob whose prefix is not less than PREFIX. */
static size_t find_prefix(const GArray *globs, struct patchmark_text prefix) {
    size_t from = 0, to = globs->len;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (prefix_compare(&g_array_index(globs, struct glob, middle), prefix) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

void globs_match(const GArray *globs, const struct matcher *matcher, struct patchmark_text path,
                 void (*found)(void *context, const struct glob *glob), void *context) {
    for (size_t end = 0; end <= path.length; end++) {
        if (end > 0 && end < path.length && path.data[end] != '/' && path.data[end - 1] != '/')
            continue;
        struct patchmark_text prefix = patchmark_text_slice(path, 0, end);
        size_t i = find_prefix(globs, prefix);
        if (i == globs->len)
            return;
        const struct glob *glob = &g_array_index(globs, struct glob, i);
        if (glob->prefix < end || memcmp(glob->text.data, path.data, end) != 0)
            return; /* no glob has a longer prefix of the path either */
        for (; i < globs->len && prefix_compare(glob, prefix) == 0; i++, glob++)
            if (glob_match(glob, matcher, path))
                found(context, glob);
    }
}

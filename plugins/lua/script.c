/* SPDX-License-Identifier: BSD-2-Clause
 *
 * script.c - see script.h.
 */
#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the file ----------------------------------------------------------------------------- */

/* Reads the open file FD into SCRIPT.  Returns NULL, or a text that describes the error. */
static const char *text_read(struct script *script, int fd) {
    struct stat status;
    ssize_t got;

    if (fd < 0 || fstat(fd, &status) < 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    if (status.st_size > SCRIPT_BYTES)
        return "larger than 256 KiB";
    script->text = malloc((size_t)status.st_size + 1);
    if (!script->text)
        return strerror(errno);
    while (script->length < (size_t)status.st_size) {
        got = read(fd, script->text + script->length, (size_t)status.st_size - script->length);
        if (got < 0)
            return strerror(errno);
        if (got == 0)
            break;
        script->length += (size_t)got;
    }
    if (script->length > 0 && script->text[0] == '\33')
        return "compiled code; a script must be text";
    return NULL;
}

/* Reads the file PATH into SCRIPT.  Returns 0, or -1 after patchmark_option_error. */
static int file_read(struct patchmark_instance *instance, struct script *script, const char *path) {
    const char *fault;
    int fd;

    if (*path != '/') {
        patchmark_option_error(instance, "script", "must be an absolute path, not '%s'", path);
        return -1;
    }
    script->path = realpath(path, NULL);
    /* O_NONBLOCK: opening a pipe must not block the start. */
    fd = open(script->path ? script->path : path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    fault = text_read(script, fd);
    if (fd >= 0)
        close(fd);
    if (fault) {
        patchmark_option_error(instance, "script", "names %s: %s", path, fault);
        return -1;
    }
    return patchmark_option_trusted(instance, "script", path) ? 0 : -1;
}

struct script *script_read(struct patchmark_instance *instance, const char *path) {
    struct script *script = calloc(1, sizeof(*script));

    if (!script) {
        patchmark_log(instance, PATCHMARK_ERROR, "out of memory");
        return NULL;
    }
    script->instance = instance;
    if (file_read(instance, script, path) == 0)
        return script;
    script_free(script);
    return NULL;
}

void script_free(struct script *script) {
    if (!script)
        return;
    free(script->path);
    free(script->text);
    free(script);
}

/* ---- facts -------------------------------------------------------------------------------- */

const struct script_fact *script_fact(const struct script *script, const char *key) {
    for (size_t i = 0; i < script->fact_count; i++)
        if (strcmp(script->facts[i].key, key) == 0)
            return &script->facts[i];
    return NULL;
}

static const struct {
    const char *name;
    enum patchmark_type type;
} types[] = {{"bool", PATCHMARK_BOOL},
             {"int", PATCHMARK_INT},
             {"string", PATCHMARK_STRING},
             {"list", PATCHMARK_LIST},
             {0}};

static bool is_key(const char *key) {
    size_t length = strlen(key);

    if (length == 0 || length > SCRIPT_KEY || key[0] < 'a' || key[0] > 'z')
        return false;
    return strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

const char *script_declare(struct script *script, const char *key, const char *type) {
    size_t number = 0, at = script->fact_count;

    while (types[number].name && strcmp(types[number].name, type) != 0)
        number++;
    if (!is_key(key))
        return "a key is a lower-case letter and at most 31 lower-case letters, digits and _";
    if (strcmp(key, "labels") == 0 || strcmp(key, "flags") == 0)
        return "use mail:label and mail:flag";
    if (!types[number].name)
        return "a type is \"bool\", \"int\", \"string\" or \"list\"";
    if (at == SCRIPT_FACTS)
        return "too many facts";
    /* In the order of their keys: that of a table is not the same each time. */
    for (; at > 0 && strcmp(script->facts[at - 1].key, key) > 0; at--)
        script->facts[at] = script->facts[at - 1];
    script->fact_count++;
    strcpy(script->facts[at].key, key);
    script->facts[at].type = types[number].type;
    return NULL;
}

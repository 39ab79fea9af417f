/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings.c - see settings.h.
 *
 * All files are read here, at the start before root changes to the user, so that a secret may be
 * readable for root alone until the first reload.  What can fail: a file cannot be read, or others
 * may read it, or it has something else.
 */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_FILE_BYTES      256           /* of a file with a secret */
#define AUTHORITIES_FILE_BYTES (1024 * 1024) /* those of the system together have 200 KiB */

const struct patchmark_option settings_options[] = {
    {"url", PATCHMARK_STRING, NULL, 0, 0, "https://HOST/PATH to which events are sent; required"},
    {"secret_file", PATCHMARK_STRING, NULL, 0, 0,
     "file with the secret that signs requests, whsec_...; required"},
    {"next_secret_file", PATCHMARK_STRING, NULL, 0, 0,
     "file with another secret that signs too, while the secret is rotated"},
    {"types", PATCHMARK_LIST, NULL, 0, 0, "patterns of types, such as series.*; default: all"},
    {"lists", PATCHMARK_LIST, NULL, 0, 0, "patterns of List-Ids; default: all"},
    {"labels", PATCHMARK_LIST, NULL, 0, 0, "patterns of labels of the mail; default: all"},
    {"kinds", PATCHMARK_LIST, NULL, 0, 0, "patterns of kinds of the mail; default: all"},
    {"timeout", PATCHMARK_DURATION, "10s", 1, 60, "time limit for a request in all"},
    {"connect_timeout", PATCHMARK_DURATION, "5s", 1, 60,
     "time limit for name, connection and TLS handshake"},
    {"ca_file", PATCHMARK_STRING, NULL, 0, 0,
     "PEM certificates that are trusted; default: those of the system"},
    {"allow_http", PATCHMARK_BOOL, "false", 0, 0, "allow http:// to hosts other than loopback"},
    {"tries", PATCHMARK_INT, "5", 1, 100, "tries of an event that the endpoint refuses"},
    {"give_up", PATCHMARK_DURATION, "1d", 1, 30 * 86400,
     "time after which an event that alone fails with status 500 is set aside"},
    {"refused_file", PATCHMARK_STRING, NULL, 0, 0,
     "absolute path of a file to which events are appended that were set aside"},
    {0},
};

/* Logs an error about the value of OPTION.  Evaluates to false. */
#define REJECT(instance, option, ...) (patchmark_option_error(instance, option, __VA_ARGS__), false)

/* Returns the value of a STRING option; NULL if it is not set or empty. */
static const char *option_string(const struct patchmark_instance *instance, const char *name) {
    const char *value = patchmark_option_string(instance, name);

    return value && *value ? value : NULL;
}

/* ---- files -------------------------------------------------------------------------------- */

static const char *file_problem(int fd, bool is_secret) {
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "is not a regular file";
    if (is_secret && (status.st_mode & (S_IROTH | S_IWOTH)))
        return "must not be readable or writable by others, set its mode to 0640 or 0400";
    return NULL;
}

/* Reads up to SIZE bytes of the file PATH to TEXT and sets *LENGTH.  Returns NULL, or what is
 * wrong; a file of more than SIZE bytes is. */
static const char *file_read(const char *path, bool is_secret, char *text, size_t size,
                             size_t *length) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *problem = file_problem(fd, is_secret);
    ssize_t got = 1;
    char more;

    for (*length = 0; !problem && got > 0; *length += got > 0 ? (size_t)got : 0) {
        bool full = *length == size;

        got = read(fd, full ? &more : text + *length, full ? 1 : size - *length);
        if (got < 0)
            problem = strerror(errno);
        else if (full && got > 0)
            problem = "is too large";
        if (problem)
            break;
    }
    if (fd >= 0)
        close(fd);
    return problem;
}

/* Reads the secret in the file that OPTION names, if it is set.  Returns false after an error. */
static bool read_secret(struct settings *settings, const struct patchmark_instance *instance,
                        const char *option) {
    const char *path = option_string(instance, option), *problem;
    char text[SECRET_FILE_BYTES];
    size_t length;

    if (!path)
        return true;
    problem = file_read(path, true, text, sizeof(text), &length);
    if (!problem)
        problem = secret_read(&settings->secrets[settings->secret_count++], text, length);
    explicit_bzero(text, sizeof(text));
    return !problem || REJECT(instance, option, "names %s: %s", path, problem);
}

static bool read_secrets(struct settings *settings, const struct patchmark_instance *instance) {
    if (!option_string(instance, "secret_file"))
        return REJECT(instance, "secret_file",
                      "is required: make one with (printf whsec_; openssl rand -base64 32)");
    bool read = read_secret(settings, instance, "secret_file");
    return read_secret(settings, instance, "next_secret_file") && read;
}

static bool read_authorities(struct settings *settings, const struct patchmark_instance *instance) {
    const char *path = option_string(instance, "ca_file"), *problem;
    size_t length = 0;

    if (!path)
        return true;
    settings->authorities = malloc(AUTHORITIES_FILE_BYTES);
    if (!settings->authorities)
        return REJECT(instance, "ca_file", "names %s: out of memory", path);
    problem = file_read(path, false, settings->authorities, AUTHORITIES_FILE_BYTES, &length);
    if (!problem && !memmem(settings->authorities, length, "-----BEGIN", strlen("-----BEGIN")))
        problem = "has no certificate in PEM";
    settings->target.authorities = settings->authorities;
    settings->target.authorities_length = length;
    return !problem || REJECT(instance, "ca_file", "names %s: %s", path, problem);
}

/* ---- the endpoint ------------------------------------------------------------------------- */

/* The URL is never logged: it may have a password, or a token in its path. */
static bool read_url(struct settings *settings, const struct patchmark_instance *instance) {
    const char *url = option_string(instance, "url");
    const char *problem =
        url ? request_url_problem(url, patchmark_option_bool(instance, "allow_http"),
                                  settings->place)
            : "is required; add url = \"https://HOST/PATH\"";

    settings->target.url = url;
    return !problem || REJECT(instance, "url", "%s", problem);
}

static bool read_refused_file(struct settings *settings, struct patchmark_instance *instance) {
    const char *path = option_string(instance, "refused_file");
    const char *slash = path ? strrchr(path, '/') : NULL;
    struct stat status;
    char *folder;
    bool exists;

    settings->refused_file = path;
    if (!path)
        return true;
    if (*path != '/' || !slash[1])
        return REJECT(instance, "refused_file", "must be the absolute path of a file: \"%s\"",
                      path);
    folder = strndup(path, (size_t)(slash - path + 1));
    exists = folder && stat(folder, &status) == 0 && S_ISDIR(status.st_mode);
    if (exists)
        patchmark_will_write(instance, folder);
    free(folder);
    return exists ||
           REJECT(instance, "refused_file", "is in a folder that does not exist: \"%s\"", path);
}

bool settings_read(struct settings *settings, struct patchmark_instance *instance) {
    *settings = (struct settings){
        .target = {.timeout_ms = patchmark_option_int(instance, "timeout") * 1000,
                   .connect_timeout_ms = patchmark_option_int(instance, "connect_timeout") * 1000},
        .tries = patchmark_option_int(instance, "tries"),
        .give_up_ms = patchmark_option_int(instance, "give_up") * 1000,
    };
    /* All are read also after an error, so that one start reports every error. */
    bool url = read_url(settings, instance), secrets = read_secrets(settings, instance);
    bool authorities = read_authorities(settings, instance);
    if (read_refused_file(settings, instance) && url && secrets && authorities)
        return true;
    settings_clear(settings);
    return false;
}

void settings_clear(struct settings *settings) {
    free(settings->authorities);
    explicit_bzero(settings, sizeof(*settings));
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * features.c - see features.h.
 *
 * Asks each library itself, by the function or variable that it has for its version, because the
 * version at run time can differ from the one of the build, and because libraries of plugins are
 * not linked with the program.  Only libraries that are loaded already are looked at; libgit2 is
 * not listed, because only patchmark-import is linked with it.
 */
#include "daemon/features.h"

#include "util/wrap.h"

#include <dlfcn.h>
#include <libmilter/mfapi.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const struct feature features[] = {
#ifdef LIBMILTER_BUFFERED
    {"libmilter-buffered", true}, /* see libmilter-buffer.c */
#else
    {"libmilter-buffered", false},
#endif
#ifdef HAVE_LINUX_LANDLOCK_H
    {"landlock", true},
#else
    {"landlock", false},
#endif
#ifdef HAVE_SECCOMP
    {"seccomp", true},
#else
    {"seccomp", false},
#endif
#ifdef HAVE_MICROHTTPD
    {"metrics-over-http", true},
#else
    {"metrics-over-http", false},
#endif
#ifdef HAVE_LIBCURL
    {"webhook", true},
#else
    {"webhook", false},
#endif
#ifdef HAVE_LUA
    {"lua", true},
#else
    {"lua", false},
#endif
    {NULL, false}};

void features_write(FILE *out, const char *label, int indent, int columns) {
    struct wrap wrap = wrap_begin(out, label, indent, columns);

    for (const struct feature *feature = features; feature->name; feature++)
        wrap_add(&wrap, "%s%s", feature->built ? "" : "without ", feature->name);
    wrap_end(&wrap);
}

#define VERSION_SIZE 64

/* How a library states its version. */
enum form {
    FORM_TEXT_FUNCTION, /* const char *NAME(void) */
    FORM_TEXT,          /* const char NAME[] */
    FORM_NUMBERS,       /* unsigned NAME, and two more with `minor` and `micro` for `major` */
    FORM_NUMBER_STRUCT, /* const struct { unsigned major, minor, micro; } *NAME(void) */
    FORM_OPENSSL,       /* const char *NAME(int which) */
    FORM_PCRE2,         /* int NAME(unsigned which, char *buffer) */
    FORM_FILE           /* only the name of its file does, after ".so." */
};

static const struct library {
    const char *name;
    const char *file; /* what the name of its file begins with, before ".so" */
    const char *symbol;
    enum form form;
} libraries[] = {
    {"GMime", "libgmime-3.0", "gmime_major_version", FORM_NUMBERS},
    {"GLib", "libglib-2.0", "glib_major_version", FORM_NUMBERS},
    {"SQLite", "libsqlite3", "sqlite3_libversion", FORM_TEXT_FUNCTION},
    {"libconfuse", "libconfuse", "confuse_version", FORM_TEXT},
    {"Jansson", "libjansson", "jansson_version_str", FORM_TEXT_FUNCTION},
    {"OpenSSL", "libcrypto", "OpenSSL_version", FORM_OPENSSL},
    {"libseccomp", "libseccomp", "seccomp_version", FORM_NUMBER_STRUCT},
    {"libmicrohttpd", "libmicrohttpd", "MHD_get_version", FORM_TEXT_FUNCTION},
    {"PCRE2", "libpcre2-8", "pcre2_config_8", FORM_PCRE2},
    {"hiredis", "libhiredis", NULL, FORM_FILE},
    {"libcurl", "libcurl", "curl_version", FORM_TEXT_FUNCTION},
    {"Lua", "liblua5.4", "lua_ident", FORM_TEXT},
};

/* Calls the function SYMBOL, which is of the type TYPE. */
#define CALL(type, symbol) ((type)(uintptr_t)(symbol))

static void numbers_print(char version[VERSION_SIZE], unsigned major, unsigned minor,
                          unsigned micro) {
    snprintf(version, VERSION_SIZE, "%u.%u.%u", major, minor, micro);
}

/* Returns the variable that is called like SYMBOL, with WORD for the word "major"; 0 if there is
 * none. */
static unsigned number_read(void *handle, const char *symbol, const char *word) {
    const char *major = strstr(symbol, "major");
    char name[64];
    const unsigned *number;

    snprintf(name, sizeof(name), "%.*s%s%s", (int)(major - symbol), symbol, word, major + 5);
    number = dlsym(handle, name);
    return number ? *number : 0;
}

/* Copies the version from TEXT, which may have the name of the library before it, as in
 * "libcurl/7.88.1 ...", and more after it. */
static void text_copy(char version[VERSION_SIZE], const char *text) {
    size_t start = strcspn(text, "0123456789");

    snprintf(version, VERSION_SIZE, "%.*s", (int)strcspn(text + start, " "), text + start);
}

/* Stores what the library at HANDLE says of its version in VERSION. */
static void version_read(const struct library *library, void *handle, const char *file,
                         char version[VERSION_SIZE]) {
    void *symbol = library->symbol ? dlsym(handle, library->symbol) : NULL;
    const unsigned *numbers;

    if (library->form == FORM_FILE)
        snprintf(version, VERSION_SIZE, "%s", strstr(file, ".so.") ? strstr(file, ".so.") + 4 : "");
    if (!symbol)
        return;
    switch (library->form) {
    case FORM_TEXT_FUNCTION:
        text_copy(version, CALL(const char *(*)(void), symbol)());
        break;
    case FORM_TEXT:
        text_copy(version, symbol);
        break;
    case FORM_NUMBERS:
        numbers_print(version, number_read(handle, library->symbol, "major"),
                      number_read(handle, library->symbol, "minor"),
                      number_read(handle, library->symbol, "micro"));
        break;
    case FORM_NUMBER_STRUCT:
        numbers = CALL(const unsigned *(*)(void), symbol)();
        numbers_print(version, numbers[0], numbers[1], numbers[2]);
        break;
    case FORM_OPENSSL: /* OPENSSL_VERSION: "OpenSSL 3.0.17 1 Jul 2025" */
        text_copy(version, CALL(const char *(*)(int), symbol)(0));
        break;
    case FORM_PCRE2: /* PCRE2_CONFIG_VERSION: "10.42 2022-12-11", in 24 bytes at most */
        if (CALL(int (*)(uint32_t, void *), symbol)(11, NULL) <= VERSION_SIZE) {
            CALL(int (*)(uint32_t, void *), symbol)(11, version);
            version[strcspn(version, " ")] = '\0';
        }
        break;
    case FORM_FILE:
        break;
    }
}

/* The file of a library, as it was loaded. */
struct search {
    const char *name; /* what it begins with, before ".so" */
    char path[4096];  /* "" until it was found */
};

static int file_find(struct dl_phdr_info *info, size_t size, void *argument) {
    struct search *search = argument;
    const char *slash = strrchr(info->dlpi_name, '/');
    const char *file = slash ? slash + 1 : info->dlpi_name;
    size_t length = strlen(search->name);

    (void)size;
    if (strncmp(file, search->name, length) != 0 || strncmp(file + length, ".so", 3) != 0 ||
        strlen(info->dlpi_name) >= sizeof(search->path))
        return 0;
    strcpy(search->path, info->dlpi_name);
    return 1;
}

static void milter_version(char version[VERSION_SIZE]) {
    unsigned major, minor, micro;

    smfi_version(&major, &minor, &micro);
    numbers_print(version, major, minor, micro);
}

void features_walk_libraries(void (*function)(void *argument, const char *library,
                                              const char *version),
                             void *argument) {
    char version[VERSION_SIZE];

    milter_version(version);
    function(argument, "libmilter", version);
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        struct search search = {.name = libraries[i].file};
        void *handle;

        dl_iterate_phdr(file_find, &search);
        handle = *search.path ? dlopen(search.path, RTLD_LAZY | RTLD_NOLOAD) : NULL;
        if (!handle)
            continue;
        *version = '\0';
        version_read(&libraries[i], handle, search.path, version);
        if (*version)
            function(argument, libraries[i].name, version);
        dlclose(handle);
    }
}

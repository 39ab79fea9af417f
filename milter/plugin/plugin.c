/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugin.c - see plugin.h.
 *
 * Owns the list of everything loaded, which only grows.  What can fail: a file that is not there,
 * that somebody else could have written, that is no plugin, or whose descriptor breaks the rules
 * of patchmark-plugin.h.  Nothing of a plugin is called before its file was checked, and only
 * patchmark_plugin() before its descriptor was.
 */
#include "plugin/plugin.h"

#include "util/cleanup.h"
#include "util/log.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

/* The descriptor as ABI 1 had it: no plugin can have less. */
#define SIZE_OF_ABI_1 \
    (offsetof(struct patchmark_plugin, close) + sizeof(((struct patchmark_plugin *)NULL)->close))

/* Sizes past these are garbage, or an array whose end mark was forgotten. */
#define SIZE_MAXIMUM  4096
#define ARRAY_MAXIMUM 256

#define LOWER      "abcdefghijklmnopqrstuvwxyz"
#define DIGITS     "0123456789"
#define PATH_SIZE  4096
#define FAULT_TEXT 4096 /* bytes of an error, of the folders that one names */

struct loaded {
    struct plugin_module module;
    const struct patchmark_plugin *origin; /* their descriptor */
    void *handle;                          /* NULL: linked in */
    dev_t device;
    ino_t inode;
    struct loaded *next;
};

static struct loaded *all; /* newest first; see plugin.h for who may call when */

struct fault {
    char *text;
    size_t size;
};

static int refuse(struct fault fault, const char *format, ...) PATCHMARK_PRINTF(2, 3);

static int refuse(struct fault fault, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fault.text, fault.size, format, arguments);
    va_end(arguments);
    return -1;
}

/* ---- the descriptor ------------------------------------------------------------------------ */

/* True for one or more bytes of REST, the first of them one of FIRST. */
static bool is_name(const char *text, size_t length, const char *first, const char *rest) {
    return length > 0 && strchr(first, text[0]) && strspn(text, rest) >= length;
}

static bool is_plugin_name(const char *text, size_t length) {
    return is_name(text, length, LOWER DIGITS "-", LOWER DIGITS "-");
}

static bool is_key(const char *text, size_t length) {
    return is_name(text, length, LOWER "_", LOWER DIGITS "_");
}

static int check_options(const struct patchmark_option *options, struct fault fault) {
    for (size_t i = 0; options && options[i].name; i++) {
        const struct patchmark_option *option = &options[i];

        if (i == ARRAY_MAXIMUM)
            return refuse(fault, "more than %d options; is the end mark missing?", ARRAY_MAXIMUM);
        if (!is_key(option->name, strlen(option->name)))
            return refuse(fault, "option name '%s' is not [a-z_][a-z0-9_]*", option->name);
        if (strcmp(option->name, "file") == 0 || strcmp(option->name, "enabled") == 0)
            return refuse(fault, "option name '%s' is patchmark's own", option->name);
        if (option->type < PATCHMARK_BOOL || option->type > PATCHMARK_DURATION)
            return refuse(fault, "option '%s' has the unknown type %d", option->name,
                          (int)option->type);
        if (option->min > option->max)
            return refuse(fault, "option '%s' has a range that is empty", option->name);
        for (size_t other = 0; other < i; other++)
            if (strcmp(options[other].name, option->name) == 0)
                return refuse(fault, "option '%s' is there twice", option->name);
    }
    return 0;
}

static int check_provides(const struct patchmark_plugin *plugin, struct fault fault) {
    const struct patchmark_fact *provides = plugin->provides;

    if (provides && plugin->kind == PATCHMARK_SINK)
        return refuse(fault, "a sink cannot provide facts");
    for (size_t i = 0; provides && provides[i].key; i++) {
        const struct patchmark_fact *fact = &provides[i];

        if (i == ARRAY_MAXIMUM)
            return refuse(fault, "more than %d facts; is the end mark missing?", ARRAY_MAXIMUM);
        if (!is_key(fact->key, strlen(fact->key)))
            return refuse(fault, "fact '%s' is not [a-z_][a-z0-9_]*", fact->key);
        if (fact->type < PATCHMARK_BOOL || fact->type > PATCHMARK_LIST)
            return refuse(fault, "fact '%s' has the type %d, which facts cannot have", fact->key,
                          (int)fact->type);
        for (size_t other = 0; other < i; other++)
            if (strcmp(provides[other].key, fact->key) == 0)
                return refuse(fault, "fact '%s' is there twice", fact->key);
    }
    return 0;
}

/* Facts of others, "plugin.key"; WHAT is the field. */
static int check_wanted(const char *const *names, const char *what, struct fault fault) {
    for (size_t i = 0; names && names[i]; i++) {
        const char *dot = strchr(names[i], '.');

        if (i == ARRAY_MAXIMUM)
            return refuse(fault, "more than %d %s; is the end mark missing?", ARRAY_MAXIMUM, what);
        if (!dot || !is_plugin_name(names[i], (size_t)(dot - names[i])) ||
            !is_key(dot + 1, strlen(dot + 1)))
            return refuse(fault, "%s '%s', which is not PLUGIN.key", what, names[i]);
    }
    return 0;
}

static int check_kind(const struct patchmark_plugin *plugin, struct fault fault) {
    if (plugin->kind == PATCHMARK_CLASSIFIER && !plugin->classify)
        return refuse(fault, "a classifier without the callback classify");
    if (plugin->kind == PATCHMARK_SINK && !plugin->publish)
        return refuse(fault, "a sink without the callback publish");
    if (plugin->kind != PATCHMARK_CLASSIFIER && plugin->kind != PATCHMARK_SINK)
        return refuse(fault, "unknown kind %u", plugin->kind);
    if (plugin->threads != PATCHMARK_SERIAL && plugin->threads != PATCHMARK_PARALLEL)
        return refuse(fault, "unknown value %u of threads", plugin->threads);
    if (plugin->flags & ~(uint32_t)PATCHMARK_USES_INDEX)
        return refuse(fault, "unknown flags 0x%x", plugin->flags);
    return 0;
}

static int check_texts(const struct patchmark_plugin *plugin, const char *name,
                       struct fault fault) {
    if (!plugin->name || !is_plugin_name(plugin->name, strlen(plugin->name)))
        return refuse(fault, "its name '%s' is not [a-z0-9-]+", plugin->name ? plugin->name : "");
    if (name && strcmp(plugin->name, name) != 0)
        return refuse(fault, "calls itself '%s'", plugin->name);
    if (!plugin->version || !*plugin->version)
        return refuse(fault, "its version is missing");
    if (!plugin->summary || !*plugin->summary)
        return refuse(fault, "its summary is missing");
    return 0;
}

/* Copies what DESCRIPTOR has of our descriptor to COPY and checks it. */
static int check_descriptor(const struct patchmark_plugin *descriptor, const char *name,
                            struct patchmark_plugin *copy, struct fault fault) {
    if (!descriptor)
        return refuse(fault, "patchmark_plugin() gives no descriptor");
    if (descriptor->abi > PATCHMARK_ABI)
        return refuse(fault,
                      "made for plugin interface %u, this patchmark has %d: build it against this "
                      "one's patchmark-plugin.h, or install a newer patchmark",
                      descriptor->abi, PATCHMARK_ABI);
    if (descriptor->abi < 1)
        return refuse(fault, "its abi is 0; does it use PATCHMARK_PLUGIN?");
    if (descriptor->struct_size < SIZE_OF_ABI_1 || descriptor->struct_size > SIZE_MAXIMUM)
        return refuse(fault, "its struct_size %zu cannot be; at least %zu", descriptor->struct_size,
                      SIZE_OF_ABI_1);
    *copy = (struct patchmark_plugin){0};
    memcpy(copy, descriptor,
           descriptor->struct_size < sizeof(*copy) ? descriptor->struct_size : sizeof(*copy));
    if (check_texts(copy, name, fault) || check_kind(copy, fault) ||
        check_options(copy->options, fault) || check_provides(copy, fault) ||
        check_wanted(copy->needs, "needs", fault) || check_wanted(copy->uses, "uses", fault))
        return -1;
    return 0;
}

/* ---- the file ------------------------------------------------------------------------------ */

/* Who may write the file may run code as us. */
static int check_trust(const char *path, const struct stat *status, struct fault fault) {
    bool shared = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX);

    if (status->st_uid != 0 && status->st_uid != geteuid())
        return refuse(fault, "%s: owned by uid %u, who is neither root nor uid %u that runs this",
                      path, (unsigned)status->st_uid, (unsigned)geteuid());
    if ((status->st_mode & (S_IWGRP | S_IWOTH)) && !shared)
        return refuse(fault, "%s: mode %04o, writable by %s; chmod go-w it", path,
                      (unsigned)(status->st_mode & 07777),
                      status->st_mode & S_IWOTH ? "others" : "its group");
    return 0;
}

/* Checks PATH, which has no symbolic links left, and the folder it lies in. */
static int check_file(const char *path, struct stat *status, struct fault fault) {
    AUTO(close) int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    AUTO(free) char *folder = strdup(path);
    struct stat folder_status;

    if (file < 0 || fstat(file, status) < 0 || !folder)
        return refuse(fault, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status->st_mode))
        return refuse(fault, "%s: not a regular file", path);
    if (check_trust(path, status, fault))
        return -1;
    *(strrchr(folder, '/') + 1) = '\0';
    if (stat(folder, &folder_status) < 0)
        return refuse(fault, "%s: %s", folder, strerror(errno));
    return check_trust(folder, &folder_status, fault);
}

/* ---- where it lies ------------------------------------------------------------------------- */

struct search {
    const char *name;
    char found[PATH_SIZE];
    FILE *looked; /* the folders so far, for the error */
};

/* True when FOLDER of LENGTH bytes has the plugin. */
static bool look_in(struct search *search, const char *folder, size_t length) {
    int size = snprintf(search->found, sizeof(search->found), "%.*s/%s.so", (int)length, folder,
                        search->name);

    if (size >= (int)sizeof(search->found))
        return false;
    if (access(search->found, F_OK) == 0)
        return true;
    fprintf(search->looked, "%s%.*s", ftell(search->looked) ? ", " : "", (int)length, folder);
    return false;
}

static bool look_in_path(struct search *search) {
    const char *rest = secure_getenv("PATCHMARK_PLUGIN_PATH");

    while (rest && *rest) {
        size_t length = strcspn(rest, ":");

        if (*rest == '/' && look_in(search, rest, length))
            return true;
        rest += length;
        rest += *rest == ':';
    }
    return false;
}

/* The program in a build tree lies in milter/ or, as libtool leaves it, in milter/.libs. */
static bool look_in_build_tree(struct search *search) {
    char program[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    char *slash;
    int size;

    if (length <= 0)
        return false;
    program[length] = '\0';
    slash = strrchr(program, '/');
    if (!slash)
        return false;
    *slash = '\0';
    slash = strrchr(program, '/');
    if (slash && strcmp(slash, "/.libs") == 0)
        *slash = '\0';
    size = snprintf(search->found, sizeof(search->found), "%s/../plugins/%s/.libs/%s.so", program,
                    search->name, search->name);
    return size < (int)sizeof(search->found) && access(search->found, F_OK) == 0;
}

/* Finds NAME.so; the caller frees what it gives. */
static char *find_file(const char *name, struct fault fault) {
    char folders[FAULT_TEXT] = "";
    AUTO(fclose) FILE *looked = fmemopen(folders, sizeof(folders), "w");
    struct search search = {.name = name, .looked = looked};

    if (!looked) {
        refuse(fault, "%s", strerror(errno));
        return NULL;
    }
    if (look_in_path(&search) || look_in_build_tree(&search) ||
        look_in(&search, PLUGIN_DIR, strlen(PLUGIN_DIR)))
        return strdup(search.found);
    fflush(looked);
    refuse(fault, "no such plugin: there is no %s.so in %s", name, folders);
    return NULL;
}

/* ---- loading ------------------------------------------------------------------------------- */

static struct loaded *find_inode(const struct stat *status) {
    for (struct loaded *loaded = all; loaded; loaded = loaded->next)
        if (loaded->handle && loaded->device == status->st_dev && loaded->inode == status->st_ino)
            return loaded;
    return NULL;
}

static struct loaded *find_origin(const struct patchmark_plugin *origin) {
    for (struct loaded *loaded = all; loaded; loaded = loaded->next)
        if (loaded->origin == origin)
            return loaded;
    return NULL;
}

/* Checks a descriptor and takes it in; the caller fills what is known of its file. */
static struct loaded *loaded_add(const struct patchmark_plugin *origin, const char *name,
                                 const char *path, struct fault fault) {
    AUTO(free) struct loaded *loaded = calloc(1, sizeof(*loaded));
    struct loaded *added;

    if (!loaded) {
        refuse(fault, "%s", strerror(errno));
        return NULL;
    }
    if (check_descriptor(origin, name, &loaded->module.descriptor, fault))
        return NULL;
    loaded->module.path = strdup(path);
    if (!loaded->module.path) {
        refuse(fault, "%s", strerror(errno));
        return NULL;
    }
    loaded->origin = origin;
    added = STEAL(loaded);
    added->next = all;
    all = added;
    return added;
}

/* What the dynamic loader has to say, without the path that we say ourselves. */
static const char *loader_error(const char *path) {
    const char *text = dlerror();
    size_t length = strlen(path);

    if (text && strncmp(text, path, length) == 0 && strncmp(text + length, ": ", 2) == 0)
        text += length + 2;
    return text ? text : "cannot be loaded";
}

/* A file that is refused stays mapped as well: its constructors may have started anything. */
static struct loaded *open_file(const char *path, const char *name, const struct stat *status,
                                struct fault fault) {
    struct patchmark_plugin *(*entry)(void);
    const struct patchmark_plugin *origin;
    struct loaded *loaded;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!handle) {
        refuse(fault, "%s", loader_error(path));
        return NULL;
    }
    *(void **)&entry = dlsym(handle, "patchmark_plugin");
    if (!entry) {
        refuse(fault, "not a patchmark plugin: it has no function patchmark_plugin");
        return NULL;
    }
    origin = entry();
    loaded = find_origin(origin);
    if (loaded) {
        /* An upgrade put a new file there; the dynamic loader goes by the path and gives us the
         * old code once more. */
        log_warning("plugin %s: %s changed since it was loaded; the new one works after a restart",
                    name, path);
        return loaded;
    }
    loaded = loaded_add(origin, name, path, fault);
    if (!loaded)
        return NULL;
    loaded->handle = handle;
    loaded->device = status->st_dev;
    loaded->inode = status->st_ino;
    return loaded;
}

/* The file at PATH, which was checked, or what was loaded of it before. */
static struct loaded *load_file(const char *path, const char *name, const struct stat *status,
                                struct fault fault) {
    struct loaded *loaded = find_inode(status);
    char why[FAULT_TEXT];

    if (!loaded) {
        loaded = open_file(path, name, status, (struct fault){why, sizeof(why)});
        if (!loaded)
            refuse(fault, "%s: %s", path, why);
    } else if (strcmp(loaded->module.descriptor.name, name) != 0) {
        refuse(fault, "%s: calls itself '%s'", path, loaded->module.descriptor.name);
        loaded = NULL;
    }
    return loaded;
}

const struct plugin_module *plugin_load(const char *name, const char *file, char *error,
                                        size_t error_size) {
    struct fault fault = {error, error_size};
    AUTO(free) char *found = NULL;
    AUTO(free) char *path = NULL;
    struct loaded *loaded;
    struct stat status;

    if (!is_plugin_name(name, strlen(name))) {
        refuse(fault, "the name of a plugin is made of a-z, 0-9 and '-'");
        return NULL;
    }
    if (file && *file != '/') {
        refuse(fault, "%s: must be an absolute path", file);
        return NULL;
    }
    found = file ? strdup(file) : find_file(name, fault);
    if (!found)
        return NULL;
    path = realpath(found, NULL);
    if (!path) {
        refuse(fault, "%s: %s", found, strerror(errno));
        return NULL;
    }
    if (check_file(path, &status, fault))
        return NULL;
    loaded = load_file(path, name, &status, fault);
    return loaded ? &loaded->module : NULL;
}

const struct plugin_module *plugin_builtin(struct patchmark_plugin *descriptor, char *error,
                                           size_t error_size) {
    struct loaded *loaded = find_origin(descriptor);

    if (!loaded)
        loaded = loaded_add(descriptor, NULL, "(linked in)", (struct fault){error, error_size});
    return loaded ? &loaded->module : NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugin.c - see plugin.h.
 *
 * Owns the list of all modules, which only grows.  What can fail: a file does not exist, could be
 * modified by another user, is not a plugin, or has a descriptor that violates the rules of
 * patchmark-plugin.h.  No code of a plugin runs before its file was checked, and only the function
 * patchmark_plugin (and constructors) before its descriptor was checked.
 */
#include "plugin/plugin.h"

#include "plugin/bounds.h"
#include "plugin/trust.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The sizes of structs in version 1 of the interface; no plugin has smaller ones. */
#define SIZE_UP_TO(type, member) \
    (offsetof(struct type, member) + sizeof(((struct type *)NULL)->member))
#define SIZE_OF_ABI_1        SIZE_UP_TO(patchmark_plugin, batch)
#define FACT_SIZE_OF_ABI_1   SIZE_UP_TO(patchmark_fact, example)
#define OPTION_SIZE_OF_ABI_1 SIZE_UP_TO(patchmark_option, help)

/* A larger size is garbage; a longer array lacks the element that ends it. */
#define SIZE_MAXIMUM  4096
#define ARRAY_MAXIMUM 256

#define LOWER      "abcdefghijklmnopqrstuvwxyz"
#define DIGITS     "0123456789"
#define PATH_SIZE  4096
#define FAULT_TEXT 4096 /* bytes of an error, and of the folders that it lists */

struct loaded {
    struct plugin_module module;
    const struct patchmark_plugin *origin; /* the descriptor in the plugin itself */
    void *handle;                          /* NULL if the plugin is linked into the program */
    dev_t device;
    ino_t inode;
    struct loaded *next;
};

static struct loaded *all; /* newest first; not locked, see plugin.h */

/* The buffer of the caller for the reason of a failure. */
struct fault {
    char *text;
    size_t size;
};

/* Writes the reason of a failure to FAULT.  Returns -1. */
static int refuse(struct fault fault, const char *format, ...) PATCHMARK_PRINTF(2, 3);

static int refuse(struct fault fault, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fault.text, fault.size, format, arguments);
    va_end(arguments);
    return -1;
}

/* ---- the descriptor ------------------------------------------------------------------------ */

/* Returns true if the LENGTH bytes of TEXT are a name of a plugin, a fact, an option or a counter.
 */
static bool is_name(const char *text, size_t length) {
    return length > 0 && text[0] >= 'a' && text[0] <= 'z' &&
           strspn(text, LOWER DIGITS "_") >= length;
}

bool plugin_name_is_valid(const char *name) {
    return is_name(name, strlen(name));
}

static int check_options(const struct patchmark_option *options, struct fault fault) {
    for (size_t i = 0; options && options[i].name; i++) {
        const struct patchmark_option *option = &options[i];

        if (i == ARRAY_MAXIMUM)
            return refuse(fault, "more than %d options; is the terminating NULL missing?",
                          ARRAY_MAXIMUM);
        if (!is_name(option->name, strlen(option->name)))
            return refuse(fault, "option name '%s' does not match [a-z][a-z0-9_]*", option->name);
        if (strcmp(option->name, "file") == 0 || strcmp(option->name, "enabled") == 0 ||
            strcmp(option->name, "start") == 0)
            return refuse(fault, "option name '%s' is reserved for patchmark", option->name);
        if (option->type < PATCHMARK_BOOL || option->type > PATCHMARK_DURATION)
            return refuse(fault, "option '%s' has the unknown type %d", option->name,
                          (int)option->type);
        if (option->min > option->max)
            return refuse(fault, "option '%s' has an empty range", option->name);
        for (size_t other = 0; other < i; other++)
            if (strcmp(options[other].name, option->name) == 0)
                return refuse(fault, "duplicate option '%s'", option->name);
    }
    return 0;
}

static int check_provides(const struct patchmark_plugin *plugin, struct fault fault) {
    const struct patchmark_fact *provides = plugin->provides;

    if (provides && plugin_is_sink(plugin))
        return refuse(fault, "a sink cannot provide facts");
    for (size_t i = 0; provides && provides[i].key; i++) {
        const struct patchmark_fact *fact = &provides[i];

        if (i == ARRAY_MAXIMUM)
            return refuse(fault, "more than %d facts; is the terminating NULL missing?",
                          ARRAY_MAXIMUM);
        if (!is_name(fact->key, strlen(fact->key)))
            return refuse(fault, "fact key '%s' does not match [a-z][a-z0-9_]*", fact->key);
        if (fact->type < PATCHMARK_BOOL || fact->type > PATCHMARK_LIST)
            return refuse(fault, "fact '%s' has type %d; it must be BOOL, INT, STRING or LIST",
                          fact->key, (int)fact->type);
        if (fact->type != PATCHMARK_LIST &&
            (strcmp(fact->key, "labels") == 0 || strcmp(fact->key, "flags") == 0))
            return refuse(fault, "fact '%s' must be a LIST; it has what patchmark_add_%.*s adds",
                          fact->key, (int)strlen(fact->key) - 1, fact->key);
        for (size_t other = 0; other < i; other++)
            if (strcmp(provides[other].key, fact->key) == 0)
                return refuse(fault, "duplicate fact '%s'", fact->key);
    }
    return 0;
}

/* Checks an array of full names of facts; FIELD is the name of the array in the descriptor. */
static int check_fact_names(const char *const *names, const char *field, struct fault fault) {
    for (size_t i = 0; names && names[i]; i++) {
        const char *dot = strchr(names[i], '.');

        if (i == ARRAY_MAXIMUM)
            return refuse(fault, "more than %d elements in %s; is the terminating NULL missing?",
                          ARRAY_MAXIMUM, field);
        if (!dot || !is_name(names[i], (size_t)(dot - names[i])) ||
            !is_name(dot + 1, strlen(dot + 1)))
            return refuse(fault, "'%s' in %s is not of the form PLUGIN.key", names[i], field);
    }
    return 0;
}

static int check_counters(const char *const *counters, struct fault fault) {
    for (size_t i = 0; counters && counters[i]; i++) {
        if (i == LIMIT_PLUGIN_COUNTERS)
            return refuse(fault, "more than %d counters; is the terminating NULL missing?",
                          LIMIT_PLUGIN_COUNTERS);
        if (!is_name(counters[i], strlen(counters[i])))
            return refuse(fault, "counter name '%s' does not match [a-z][a-z0-9_]*", counters[i]);
        for (size_t other = 0; other < i; other++)
            if (strcmp(counters[other], counters[i]) == 0)
                return refuse(fault, "duplicate counter '%s'", counters[i]);
    }
    return 0;
}

static int check_callbacks(const struct patchmark_plugin *plugin, struct fault fault) {
    const uint32_t traits = PATCHMARK_PARALLEL | PATCHMARK_USES_INDEX | PATCHMARK_RUNS_LAST;

    if (!plugin->classify && !plugin->publish)
        return refuse(fault, "it has neither the callback classify of a classifier nor publish of "
                             "a sink");
    if (plugin->classify && plugin->publish)
        return refuse(fault, "it has both the callbacks classify and publish; a plugin is a "
                             "classifier or a sink");
    if (plugin->traits & ~traits)
        return refuse(fault, "unknown traits 0x%x", plugin->traits & ~traits);
    if (plugin->batch > LIMIT_BATCH)
        return refuse(fault, "batch is %zu; it must be at most %d", plugin->batch, LIMIT_BATCH);
    return 0;
}

static int check_texts(const struct patchmark_plugin *plugin, const char *name,
                       struct fault fault) {
    if (!plugin->name || !is_name(plugin->name, strlen(plugin->name)))
        return refuse(fault, "plugin name '%s' does not match [a-z][a-z0-9_]*",
                      plugin->name ? plugin->name : "");
    if (name && strcmp(plugin->name, name) != 0)
        return refuse(fault, "plugin name is '%s' instead of '%s'", plugin->name, name);
    if (!plugin->version || !*plugin->version)
        return refuse(fault, "version is missing");
    if (!plugin->summary || !*plugin->summary)
        return refuse(fault, "summary is missing");
    return 0;
}

/* Returns the array ARRAY, whose elements have SIZE bytes and begin with a pointer that is NULL in
 * the last one, with elements of the size OURS: a copy, if they have another size in the plugin,
 * which is kept as long as the process runs.  Returns NULL if ARRAY is NULL, or if memory runs
 * out. */
static const void *array_adapt(const void *array, size_t size, size_t ours) {
    const char *from = array;
    size_t count = 0;
    char *copy;

    if (!array || size == ours)
        return array;
    while (count <= ARRAY_MAXIMUM && *(const void *const *)(const void *)(from + count * size))
        count++;
    copy = calloc(count + 1, ours);
    for (size_t i = 0; copy && i < count; i++)
        memcpy(copy + i * ours, from + i * size, size < ours ? size : ours);
    return copy;
}

static int check_sizes(const struct patchmark_plugin *plugin, struct fault fault) {
    if (plugin->fact_size < FACT_SIZE_OF_ABI_1 || plugin->fact_size > SIZE_MAXIMUM)
        return refuse(fault, "invalid fact_size %u; use the macro PATCHMARK_PLUGIN",
                      plugin->fact_size);
    if (plugin->option_size < OPTION_SIZE_OF_ABI_1 || plugin->option_size > SIZE_MAXIMUM)
        return refuse(fault, "invalid option_size %u; use the macro PATCHMARK_PLUGIN",
                      plugin->option_size);
    return 0;
}

/* Copies the members of DESCRIPTOR that this version of the interface has to COPY, and checks
 * them. */
static int check_descriptor(const struct patchmark_plugin *descriptor, const char *name,
                            struct patchmark_plugin *copy, struct fault fault) {
    if (!descriptor)
        return refuse(fault, "function patchmark_plugin returned NULL");
    if (descriptor->abi > PATCHMARK_ABI)
        return refuse(fault,
                      "compiled for plugin interface %u, this patchmark has %d: compile it with "
                      "the patchmark-plugin.h of this version, or install a newer patchmark",
                      descriptor->abi, PATCHMARK_ABI);
    if (descriptor->abi < 1)
        return refuse(fault, "abi is 0; use the macro PATCHMARK_PLUGIN");
    if (descriptor->struct_size < SIZE_OF_ABI_1 || descriptor->struct_size > SIZE_MAXIMUM)
        return refuse(fault, "invalid struct_size %zu; must be %zu to %d", descriptor->struct_size,
                      SIZE_OF_ABI_1, SIZE_MAXIMUM);
    *copy = (struct patchmark_plugin){0};
    memcpy(copy, descriptor,
           descriptor->struct_size < sizeof(*copy) ? descriptor->struct_size : sizeof(*copy));
    if (check_sizes(copy, fault))
        return -1;
    copy->provides = array_adapt(copy->provides, copy->fact_size, sizeof(*copy->provides));
    copy->options = array_adapt(copy->options, copy->option_size, sizeof(*copy->options));
    if (check_texts(copy, name, fault) || check_callbacks(copy, fault) ||
        check_options(copy->options, fault) || check_provides(copy, fault) ||
        check_fact_names(copy->needs, "needs", fault) ||
        check_fact_names(copy->uses, "uses", fault) || check_counters(copy->counters, fault))
        return -1;
    return 0;
}

/* ---- the file ------------------------------------------------------------------------------ */

/* Checks the file FOUND, and that nobody but root and the user who runs patchmark can replace it:
 * whoever can runs code as that user.  Fills STATUS.  PATH is FOUND without symbolic links. */
static int check_file(const char *found, const char *path, struct stat *status,
                      struct fault fault) {
    AUTO(close) int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (file < 0 || fstat(file, status) < 0)
        return refuse(fault, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status->st_mode))
        return refuse(fault, "%s: not a regular file", path);
    return trust_check(found, 0, fault.text, fault.size) ? 0 : -1;
}

/* ---- searching for the file ---------------------------------------------------------------- */

struct search {
    const char *name;
    char found[PATH_SIZE]; /* the path of the file, if found */
    FILE *searched;        /* the folders without the file, for the error */
};

/* Returns true if the folder FOLDER, of LENGTH bytes, has the file. */
static bool search_in(struct search *search, const char *folder, size_t length) {
    int size = snprintf(search->found, sizeof(search->found), "%.*s/%s.so", (int)length, folder,
                        search->name);

    if (size >= (int)sizeof(search->found))
        return false;
    if (access(search->found, F_OK) == 0)
        return true;
    fprintf(search->searched, "%s%.*s", ftell(search->searched) ? ", " : "", (int)length, folder);
    return false;
}

static bool search_in_path(struct search *search) {
    const char *rest = secure_getenv("PATCHMARK_PLUGIN_PATH");

    while (rest && *rest) {
        size_t length = strcspn(rest, ":");

        if (*rest == '/' && search_in(search, rest, length))
            return true;
        if (*rest != '/' && length > 0)
            fprintf(search->searched, "%s\"%.*s\" (no absolute path, not searched)",
                    ftell(search->searched) ? ", " : "", (int)length, rest);
        rest += length;
        rest += *rest == ':';
    }
    return false;
}

/* Returns true if the running program is in a build tree that has the file.  The program is then in
 * milter/ or, if libtool made a wrapper script, in milter/.libs. */
static bool search_in_build_tree(struct search *search) {
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

/* Returns the path of NAME.so, for free(3); NULL if it was not found. */
static char *find_file(const char *name, struct fault fault) {
    char folders[FAULT_TEXT] = "";
    AUTO(fclose) FILE *searched = fmemopen(folders, sizeof(folders), "w");
    struct search search = {.name = name, .searched = searched};

    if (!searched) {
        refuse(fault, "%s", strerror(errno));
        return NULL;
    }
    if (search_in_path(&search) || search_in_build_tree(&search) ||
        search_in(&search, PLUGIN_DIR, strlen(PLUGIN_DIR)))
        return strdup(search.found);
    fflush(searched);
    refuse(fault,
           "no such plugin: %s.so not found in %s; is the name right, or its package "
           "(patchmark-%s on Debian) not installed?",
           name, folders, name);
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

/* Checks the descriptor ORIGIN and adds it to the list.  The caller sets handle, device and inode
 * of the result. */
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

/* Returns the last error of the dynamic loader without PATH at its start, which the caller adds. */
static const char *loader_error(const char *path) {
    const char *text = dlerror();
    size_t length = strlen(path);

    if (text && strncmp(text, path, length) == 0 && strncmp(text + length, ": ", 2) == 0)
        text += length + 2;
    return text ? text : "cannot be loaded";
}

/* Loads the file.  One that is refused stays mapped, because its constructors may have started
 * threads or registered functions. */
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
        refuse(fault, "not a patchmark plugin: it does not export the function patchmark_plugin");
        return NULL;
    }
    origin = entry();
    loaded = find_origin(origin);
    if (loaded) {
        /* An upgrade replaced the file.  The dynamic loader compares paths and returns the old code
         * again. */
        log_warning(
            "plugin %s: %s changed after it was loaded; restart patchmark to use the new file",
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

/* Returns the module of the file PATH, which was checked; loads it unless it was loaded before. */
static struct loaded *load_file(const char *path, const char *name, const struct stat *status,
                                struct fault fault) {
    struct loaded *loaded = find_inode(status);
    char reason[FAULT_TEXT];

    if (!loaded) {
        loaded = open_file(path, name, status, (struct fault){reason, sizeof(reason)});
        if (!loaded)
            refuse(fault, "%s: %s", path, reason);
    } else if (strcmp(loaded->module.descriptor.name, name) != 0) {
        refuse(fault, "%s: plugin name is '%s' instead of '%s'", path,
               loaded->module.descriptor.name, name);
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

    if (!is_name(name, strlen(name))) {
        refuse(fault, "a plugin name must match [a-z][a-z0-9_]*");
        return NULL;
    }
    if (file && *file != '/') {
        refuse(fault, "option 'file' must be an absolute path, not '%s'", file);
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
    if (check_file(found, path, &status, fault))
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

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * serve-check.c - see serve-check.h.
 *
 * The settings and the plugins check values; this file checks what the values name on this host.  A
 * complaint is an error with which the daemon, or a reload of it, would fail or could not do what
 * is configured.  A doubt is a warning: the daemon works, but perhaps not as it is meant.
 *
 * The user who runs the check may be neither root nor the configured one.  What he cannot do says
 * nothing of that user, so it is a warning then.
 */
#include "daemon/serve-check.h"

#include "daemon/address-check.h"
#include "pipeline/pipeline.h"
#include "settings/configuration-load.h"
#include "settings/configuration-options.h"
#include "settings/configuration-print.h"
#include "util/cleanup.h"
#include "util/listen-address.h"
#include "util/log.h"
#include "util/plural.h"
#include "util/privileges.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define TEXT_SIZE 1024

CLEANUP_DEFINE(struct configuration *, configuration_free)
CLEANUP_DEFINE(struct pipeline *, pipeline_release)

struct check {
    const struct configuration *configuration;
    char user[64];      /* the name of the user who is checked for */
    bool by_root;       /* root started the check */
    bool is_other;      /* the user of the process is not the configured one */
    const char *plugin; /* title of the section that is checked; NULL outside of plugins */
    size_t faults;
};

/* ---- complaints ---------------------------------------------------------------------------- */

/* Logs "PLACE: option 'NAME' TEXT", with the plugin if it is an option of one. */
static void complaint_log(const struct check *check, enum patchmark_level level,
                          const struct option_value *value, const char *format, va_list arguments)
    PATCHMARK_PRINTF(4, 0);

static void complaint_log(const struct check *check, enum patchmark_level level,
                          const struct option_value *value, const char *format, va_list arguments) {
    const char *place = value->place ? value->place : check->configuration->file;
    char text[TEXT_SIZE];

    vsnprintf(text, sizeof(text), format, arguments);
    (level == PATCHMARK_ERROR
         ? log_error
         : log_warning)("%s: %s%s%soption '%s'%s %s", place, check->plugin ? "plugin \"" : "",
                        check->plugin ? check->plugin : "", check->plugin ? "\": " : "",
                        value->option->name, value->place ? "" : " (not set)", text);
}

/* An error about VALUE.  FORMAT continues a sentence whose subject is the option. */
static void complain(struct check *check, const struct option_value *value, const char *format, ...)
    PATCHMARK_PRINTF(3, 4);

static void complain(struct check *check, const struct option_value *value, const char *format,
                     ...) {
    va_list arguments;

    va_start(arguments, format);
    complaint_log(check, PATCHMARK_ERROR, value, format, arguments);
    va_end(arguments);
    check->faults++;
}

/* A warning about VALUE, likewise. */
static void doubt(struct check *check, const struct option_value *value, const char *format, ...)
    PATCHMARK_PRINTF(3, 4);

static void doubt(struct check *check, const struct option_value *value, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    complaint_log(check, PATCHMARK_WARNING, value, format, arguments);
    va_end(arguments);
}

/* VALUE names PATH, with which the user cannot do what he must: PROBLEM says what and why. */
static void path_complain(struct check *check, const struct option_value *value, const char *path,
                          const char *problem) {
    if (check->is_other)
        doubt(check, value, "names %s: %s (checked as another user than the option 'user' names)",
              path, problem);
    else
        complain(check, value, "names %s: %s", path, problem);
}

/* ---- folders ------------------------------------------------------------------------------- */

/* Replaces FOLDER, an absolute path, by the folder that it is in; "/" stays. */
static void folder_leave(char *folder) {
    char *slash = strrchr(folder, '/');

    slash[slash == folder] = '\0';
}

/* Copies PATH to FOLDER, without slashes at its end. */
static void folder_copy(const char *path, char *folder, size_t size) {
    snprintf(folder, size, "%s", path);
    while (folder[0] && folder[1] && folder[strlen(folder) - 1] == '/')
        folder[strlen(folder) - 1] = '\0';
}

/* Copies the folder of PATH, without its last slash unless it is the root, to FOLDER. */
static void folder_of(const char *path, char *folder, size_t size) {
    snprintf(folder, size, "%s", path);
    folder_leave(folder);
}

/* Returns true if the user can create files in FOLDER; else writes to PROBLEM why not. */
static bool folder_is_writable(const struct check *check, const char *folder, char *problem) {
    struct stat status;

    if (stat(folder, &status) < 0)
        snprintf(problem, TEXT_SIZE, "the folder %s: %s", folder, strerror(errno));
    else if (!S_ISDIR(status.st_mode))
        snprintf(problem, TEXT_SIZE, "%s is not a folder", folder);
    else if (access(folder, W_OK | X_OK) < 0)
        snprintf(problem, TEXT_SIZE, "user %s cannot create files in the folder %s: %s",
                 check->user, folder, strerror(errno));
    else
        return true;
    return false;
}

/* Returns true if the user can read and write the file PATH, or if there is none; else writes to
 * PROBLEM why not. */
static bool file_is_writable(const struct check *check, const char *path, char *problem) {
    if (access(path, R_OK | W_OK) == 0 || errno == ENOENT)
        return true;
    snprintf(problem, TEXT_SIZE, "user %s cannot write the file %s: %s; run: chown %s %s",
             check->user, path, strerror(errno), check->user, path);
    return false;
}

/* Returns true if FOLDER is /run/NAME, which systemd or tmpfiles.d(5) make at the start. */
static bool is_made_at_start(const char *folder) {
    const char *name = strncmp(folder, "/var/run/", 9) == 0 ? folder + 9
                       : strncmp(folder, "/run/", 5) == 0   ? folder + 5
                                                            : NULL;

    return name && *name && !strchr(name, '/');
}

/* ---- the options --------------------------------------------------------------------------- */

static void user_check(struct check *check) {
    const struct option_value *value = &check->configuration->options[TOP_USER];

    if (check->by_root && *check->configuration->user && !getpwnam(check->configuration->user))
        complain(check, value, "names no user of this host: '%s'; create it, or change the option",
                 check->configuration->user);
}

static bool group_is_own(gid_t group) {
    gid_t groups[1024];
    int count = getgroups((int)(sizeof(groups) / sizeof(*groups)), groups);

    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return group == getegid();
}

/* Only root can give the socket to somebody else, and to a group that the user is not in. */
static void socket_access_check(struct check *check) {
    const struct configuration *configuration = check->configuration;
    const struct option_value *owner = &configuration->options[TOP_SOCKET_OWNER],
                              *group = &configuration->options[TOP_SOCKET_GROUP];
    const struct passwd *user =
        *configuration->socket_owner ? getpwnam(configuration->socket_owner) : NULL;
    const struct group *entry =
        *configuration->socket_group ? getgrnam(configuration->socket_group) : NULL;

    if (*configuration->socket_owner && !user)
        complain(check, owner, "names no user of this host: '%s'", configuration->socket_owner);
    if (*configuration->socket_group && !entry)
        complain(check, group, "names no group of this host: '%s'", configuration->socket_group);
    if (geteuid() == 0)
        return;
    if (user && user->pw_uid != geteuid())
        doubt(check, owner, "names %s: only a patchmark that root starts can set this owner",
              configuration->socket_owner);
    if (entry && !group_is_own(entry->gr_gid))
        doubt(check, group,
              "names %s, a group that user %s is not in: only a patchmark that root starts can set "
              "it",
              configuration->socket_group, check->user);
}

/* Sendmail checks every folder above the socket. */
static void exposed_folder_check(struct check *check, const struct option_value *value,
                                 const char *path) {
    char folder[TEXT_SIZE];
    struct stat status;

    folder_of(path, folder, sizeof(folder));
    for (;; folder_leave(folder)) {
        if (stat(folder, &status) == 0 && (status.st_mode & S_IWOTH)) {
            doubt(check, value,
                  "names %s below %s, to which all users can write: Sendmail refuses such a socket",
                  path, folder);
            return;
        }
        if (!folder[1])
            return;
    }
}

/* Returns true if FOLDER may be a folder in which the user of the process cannot create files, but
 * root can. */
static bool only_root_writes(const char *folder) {
    struct stat status;

    return access(folder, W_OK | X_OK) < 0 && errno == EACCES &&
           (stat(folder, &status) < 0 || S_ISDIR(status.st_mode));
}

static void unix_socket_check(struct check *check, const struct option_value *value,
                              const char *path) {
    char folder[TEXT_SIZE], problem[TEXT_SIZE];
    struct stat status;

    folder_of(path, folder, sizeof(folder));
    if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
        complain(check, value,
                 "names %s, which is not a socket; remove that file, or change the option", path);
    else if (stat(folder, &status) < 0 && errno == ENOENT && is_made_at_start(folder))
        doubt(check, value,
              "names %s, whose folder does not exist now: the systemd unit makes it at the start, "
              "as does tmpfiles.d(5)",
              path);
    else if (check->by_root && only_root_writes(folder))
        doubt(check, value,
              "names %s: user %s cannot create files in the folder %s: only a patchmark that root "
              "starts can listen there, and it leaves the socket file behind",
              path, check->user, folder);
    else if (!folder_is_writable(check, folder, problem))
        path_complain(check, value, path, problem);
    else
        exposed_folder_check(check, value, path);
}

/* Checks an address on which the daemon or `patchmark web` listens.  IS_USERS: the user who is
 * checked for opens the port, and nobody else can. */
static void address_option_check(struct check *check, const struct option_value *value,
                                 bool is_users) {
    char problem[TEXT_SIZE];

    if (!address_check(value->items[0], problem, sizeof(problem)))
        complain(check, value, "is '%s': %s", value->items[0], problem);
    else if (!address_port_check(value->items[0], problem, sizeof(problem)))
        (is_users && !check->is_other ? complain : doubt)(check, value, "is '%s': %s",
                                                          value->items[0], problem);
}

/* Reads TEXT as listen_address_read does, but not in the form "HOST:PORT", which is an error for
 * all but the web page, and was reported. */
static bool milter_address_read(const char *text, struct listen_address *address) {
    return listen_address_read(text, address) &&
           (address->family == AF_UNIX || strncmp(text, "inet", 4) == 0);
}

static void socket_check(struct check *check) {
    const struct option_value *options = check->configuration->options;
    const struct option_value *socket = &options[TOP_SOCKET];
    const char *path = strchr(socket->items[0], ':');
    struct listen_address address;

    if (!milter_address_read(socket->items[0], &address))
        return; /* reported already */
    if (address.family == AF_UNIX) {
        unix_socket_check(check, socket, path + 1);
        socket_access_check(check);
        return;
    }
    address_option_check(check, socket, !check->by_root); /* root opens it at the start */
    for (size_t i = TOP_SOCKET_OWNER; i <= TOP_SOCKET_MODE; i++)
        if (options[i].place)
            doubt(check, &options[i], "has no effect: the option 'socket' names no unix socket");
}

/* A state folder that does not exist is made at the start: by root, by systemd, or by the user. */
static void state_check(struct check *check) {
    static const char *const names[] = {"lock", "patchmark.db", "patchmark.db-wal",
                                        "patchmark.db-shm"};
    const struct option_value *value = &check->configuration->options[TOP_STATE];
    const char *state = check->configuration->state;
    char folder[TEXT_SIZE], path[TEXT_SIZE + 32], problem[TEXT_SIZE];
    struct stat status;
    bool exists = stat(state, &status) == 0 || errno != ENOENT;

    if (*state != '/')
        return; /* reported already */
    folder_copy(state, folder, sizeof(folder));
    if (!exists)
        folder_leave(folder);
    if (!exists && check->by_root) {
        if (stat(folder, &status) == 0 && S_ISDIR(status.st_mode))
            return;
        path_complain(check, value, state, "the folder above it does not exist");
        return;
    }
    if (!folder_is_writable(check, folder, problem)) {
        path_complain(check, value, state, problem);
        return;
    }
    for (size_t i = 0; exists && i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        if (!file_is_writable(check, path, problem))
            path_complain(check, value, state, problem);
    }
}

static void metrics_check(struct check *check) {
    const struct option_value *file = &check->configuration->options[TOP_METRICS_FILE],
                              *listen = &check->configuration->options[TOP_METRICS_LISTEN];
    char folder[TEXT_SIZE], problem[TEXT_SIZE];
    struct listen_address address;
    struct stat status;

    if (*file->items[0] == '/') {
        folder_of(file->items[0], folder, sizeof(folder));
        if (!folder_is_writable(check, folder, problem))
            path_complain(check, file, file->items[0], problem);
        else if (stat(file->items[0], &status) == 0 && !S_ISREG(status.st_mode))
            complain(check, file, "names %s, which is not a regular file", file->items[0]);
    }
    if (!*listen->items[0])
        return;
#ifndef HAVE_MICROHTTPD
    complain(check, listen, "has no effect: built without libmicrohttpd; use metrics_file");
#endif
    if (milter_address_read(listen->items[0], &address)) /* else it was reported */
        address_option_check(check, listen, true);
}

/* Returns true if a server on A and one on B cannot both listen. */
static bool addresses_collide(const char *a, const char *b) {
    static const char *const every[] = {"0.0.0.0", "::"};
    struct listen_address first, second;

    if (!listen_address_read(a, &first) || !listen_address_read(b, &second) ||
        first.family != second.family || strcmp(first.port, second.port) != 0 ||
        strcmp(first.path, second.path) != 0)
        return false;
    for (size_t i = 0; i < sizeof(every) / sizeof(*every); i++)
        if (strcmp(first.host, every[i]) == 0 || strcmp(second.host, every[i]) == 0)
            return true;
    return strcasecmp(first.host, second.host) == 0;
}

/* Complains of VALUE, an address that is set, if it is also that of OTHER. */
static void collision_check(struct check *check, const struct option_value *value,
                            const struct option_value *other) {
    if (value->place && addresses_collide(value->items[0], other->items[0]))
        complain(check, value, "is '%s', on which the option '%s' listens already: '%s'",
                 value->items[0], other->option->name, other->items[0]);
}

static void collisions_check(struct check *check) {
    const struct option_value *socket = &check->configuration->options[TOP_SOCKET],
                              *metrics = &check->configuration->options[TOP_METRICS_LISTEN],
                              *page = &check->configuration->web_options[WEB_LISTEN];

    collision_check(check, metrics, socket);
    collision_check(check, page, socket);
    collision_check(check, page, metrics);
}

/* The option replaces its default, the networks of this host, on which the list manager mostly is.
 */
static void local_check(struct check *check) {
    const struct configuration *configuration = check->configuration;
    const struct option_value *local = &configuration->options[TOP_LOCAL];
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 address6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    bool v4 = configuration_client_is_local(configuration, (const struct sockaddr *)&address);
    bool v6 = configuration_client_is_local(configuration, (const struct sockaddr *)&address6);

    if (local->place && configuration_has_lists(configuration) && (!v4 || !v6))
        doubt(check, local,
              "does not have %s%s%s, as it replaces the default: mail that a list manager on this "
              "host sends from there makes no events; add %s",
              v4 ? "" : "127.0.0.0/8", v4 || v6 ? "" : " and ", v6 ? "" : "::1",
              v4 || v6 ? "it" : "them");
}

/* Options that another one switches off. */
static void lists_check(struct check *check) {
    static const int unused[] = {LIST_EVENTS, LIST_ARCHIVE_URL};
    const struct configuration *configuration = check->configuration;

    for (size_t i = 0; i < configuration->list_section_count; i++) {
        const struct configuration_list *list = &configuration->list_sections[i];

        for (size_t j = 0; !list->publish && j < sizeof(unused) / sizeof(*unused); j++)
            if (list->options[unused[j]].place)
                doubt(check, &list->options[unused[j]],
                      "has no effect: list \"%s\" has publish = false", list->pattern);
    }
}

/* ---- plugins ------------------------------------------------------------------------------- */

/* Returns the option of SECTION that names a file in FOLDER, which ends in a slash or not; NULL if
 * there is none. */
static const struct option_value *naming_option(const struct plugin_section *section,
                                                const char *folder) {
    size_t length = strlen(folder);

    while (length > 1 && folder[length - 1] == '/')
        length--;
    for (size_t i = 0; i < section->value_count; i++) {
        const struct option_value *value = &section->values[i];
        const char *slash = value->count ? strrchr(value->items[0], '/') : NULL;

        if (value->option->type == PATCHMARK_STRING && slash &&
            (size_t)(slash - value->items[0]) == length &&
            strncmp(value->items[0], folder, length) == 0)
            return value;
    }
    return NULL;
}

static const struct plugin_section *section_of(const struct check *check,
                                               const struct patchmark_instance *instance) {
    const struct configuration *configuration = check->configuration;

    for (size_t i = 0; i < configuration->plugin_count; i++)
        if (strcmp(configuration->plugins[i].name, instance_name(instance)) == 0)
            return &configuration->plugins[i];
    return NULL;
}

/* Checks a folder in which a plugin has declared to write, and the file there that an option
 * names. */
static void written_folder_check(struct check *check, const struct plugin_section *section,
                                 const char *folder) {
    const struct option_value *value = naming_option(section, folder);
    char path[TEXT_SIZE], problem[TEXT_SIZE];

    folder_copy(folder, path, sizeof(path));
    if (folder_is_writable(check, path, problem) &&
        (!value || file_is_writable(check, value->items[0], problem)))
        return;
    if (value) {
        path_complain(check, value, value->items[0], problem);
        return;
    }
    (check->is_other ? log_warning : log_error)("%s: plugin \"%s\": %s",
                                                section->place ? section->place
                                                               : check->configuration->file,
                                                section->name, problem);
    check->faults += !check->is_other;
}

/* Warns of each option of SECTION that is the address of a server on a unix socket which the user
 * cannot connect to now: the server may start later. */
static void servers_check(struct check *check, const struct plugin_section *section) {
    for (size_t i = 0; i < section->value_count; i++) {
        const struct option_value *value = &section->values[i];

        for (size_t j = 0; j < value->count; j++) {
            const char *path = value->items[j];

            if (strncmp(path, "unix:/", 6) != 0)
                continue;
            path += strncmp(path, "unix:///", 8) == 0 ? 7 : 5;
            if (access(path, R_OK | W_OK) < 0)
                doubt(check, value, "names %s: %s; user %s cannot connect to it now", path,
                      strerror(errno), check->user);
        }
    }
}

static void plugins_check(struct check *check, const struct pipeline *pipeline) {
    for (size_t i = 0; i < pipeline_instance_count(pipeline); i++) {
        const struct patchmark_instance *instance = pipeline_instance(pipeline, i);
        const struct plugin_section *section = instance ? section_of(check, instance) : NULL;
        const char *folder;

        check->plugin = section ? section->name : NULL;
        if (section)
            servers_check(check, section);
        for (size_t j = 0; section && (folder = instance_folder(instance, j)); j++)
            written_folder_check(check, section, folder);
    }
    check->plugin = NULL;
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Becomes the configured user, if root runs the check and the user exists. */
static void user_become(struct check *check, const char *file) {
    AUTO(free) char *user = configuration_user(file);
    const struct passwd *entry = user && *user ? getpwnam(user) : NULL, *self;

    check->by_root = geteuid() == 0;
    if (check->by_root && entry && privileges_change(entry) < 0)
        check->faults++;
    check->is_other = entry && entry->pw_uid != geteuid() && !check->by_root;
    self = getpwuid(geteuid());
    snprintf(check->user, sizeof(check->user), "%s", self ? self->pw_name : "(no name)");
}

int serve_check(const char *file, bool is_loud) {
    AUTO(pipeline_release) struct pipeline *pipeline = NULL;
    struct configuration *configuration;
    struct check check = {.faults = 0};
    size_t plugin_faults, plugins = 0;

    user_become(&check, file);
    check.faults += configuration_load_partly(file, &configuration);
    if (!configuration)
        return EX_CONFIG;
    check.configuration = configuration;
    pipeline = pipeline_try(configuration, &plugin_faults);
    check.faults += plugin_faults;
    if (!pipeline)
        return EX_CONFIG;
    user_check(&check);
    socket_check(&check);
    state_check(&check);
    metrics_check(&check);
    address_option_check(&check, &configuration->web_options[WEB_LISTEN], false);
    collisions_check(&check);
    local_check(&check);
    lists_check(&check);
    plugins_check(&check, pipeline);
    plugins = pipeline_instance_count(pipeline);
    if (check.faults > 0)
        return EX_CONFIG;
    if (is_loud)
        printf("%s: valid, %zu plugin%s\n", file, plugins, plural(plugins));
    return EX_OK;
}

int serve_print(const char *file) {
    AUTO(configuration_free) struct configuration *configuration = NULL;

    if (configuration_load(file, &configuration) < 0)
        return EX_CONFIG;
    configuration_print(configuration, stdout);
    return EX_OK;
}

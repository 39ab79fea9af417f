/* SPDX-License-Identifier: BSD-2-Clause
 *
 * web.c - `patchmark web`: serves a page and a JSON API about series and events, in the foreground.
 *
 * A process of its own, which reads the store beside the daemon and writes nothing, so that nothing
 * that a web client does can delay or change a mail.  It restricts itself as the daemon does.
 *
 * The first thread waits for signals.
 */
#include "web/web.h"

#include "settings/configuration-load.h"
#include "util/cleanup.h"
#include "util/listen-address.h"
#include "util/log.h"
#include "util/malloc-arenas.h"
#include "util/sandbox.h"
#include "util/systemd.h"
#include "web/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

CLEANUP_DEFINE(struct configuration *, configuration_free)

enum { OPTION_CONFIG, OPTION_LISTEN, OPTION_STATE, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration file; default: " CONFIG_FILE},
    {'l', "listen", "ADDRESS", "listen there instead: HOST:PORT or unix:/PATH"},
    {'s', "state", "DIR", "state folder; default: the one of the configuration"},
    {0}};

static int web_run(int argc, char **argv);
const struct command command_web = {"web", "",
                                    "Serves the web page and its API, in the foreground.", options,
                                    web_run};

/* ---- start --------------------------------------------------------------------------------- */

/* Reads the configuration, with what the command line replaces of it.  Returns NULL after an error
 * was reported, with the exit status in *STATUS. */
static struct configuration *configuration_find(const char *const *values,
                                                struct listen_address *address, int *status) {
    const char *file = values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE;
    AUTO(configuration_free) struct configuration *configuration = NULL;

    *status = EX_CONFIG;
    if (configuration_load(file, &configuration) < 0)
        return NULL;
    if (values[OPTION_LISTEN])
        configuration->web_listen = (char *)values[OPTION_LISTEN];
    if (values[OPTION_STATE])
        configuration->state = (char *)values[OPTION_STATE];
    if (listen_address_read(configuration->web_listen, address))
        return STEAL(configuration);
    fprintf(stderr, "patchmark: invalid value '%s' of --listen; use HOST:PORT or unix:/PATH\n",
            configuration->web_listen);
    *status = EX_USAGE;
    return NULL;
}

static void warn(const struct configuration *configuration, const struct listen_address *address) {
    if (geteuid() == 0)
        log_warning("patchmark web runs as root, which it does not need; start it as a user of its "
                    "own that may read %s",
                    configuration->state);
    if (!listen_address_is_local(address))
        log_warning("%s can be reached from other hosts, and patchmark web asks for no password; "
                    "put a proxy with access control in front of it, see patchmark-web(8)",
                    configuration->web_listen);
}

/* Warns if the database cannot be read, which is no error: the daemon may create it later. */
static void store_look(const char *state) {
    AUTO(free) char *path = NULL;

    if (asprintf(&path, "%s/patchmark.db", state) < 0)
        path = NULL;
    if (path && access(path, R_OK) < 0)
        log_warning(
            "cannot read %s: %s; until that changes, the page has no series and no events; %s",
            path, strerror(errno),
            errno == ENOENT ? "start patchmark serve, or correct the option 'state'"
                            : "this user requires the right to read the state folder");
}

/* Restricts the process: it may write only in the folder of its unix socket, to remove it. */
static void sandbox_start(const struct configuration *configuration,
                          const struct listen_address *address) {
    const char *slash = strrchr(address->path, '/');
    AUTO(free)
    char *folder = slash ? strndup(address->path, (size_t)(slash - address->path + 1)) : NULL;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        log_warning("cannot set no_new_privs, continuing without: %s", strerror(errno));
    if (configuration->confine)
        sandbox_enter((const char *const *)&folder, folder ? 1 : 0);
}

/* ---- signals ------------------------------------------------------------------------------- */

/* Must be called before other threads exist, which inherit the mask. */
static sigset_t signals_block(void) {
    sigset_t wanted;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGHUP);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    signal(SIGPIPE, SIG_IGN);
    return wanted;
}

/* Serves until a signal ends it. */
static void serve(struct server *server, const sigset_t *wanted) {
    const struct timespec second = {.tv_sec = 1};

    for (;;) {
        int received = sigtimedwait(wanted, NULL, &second);

        if (received == SIGUSR1)
            log_info("SIGUSR1: patchmark web does not read its configuration again; restart it");
        else if (received > 0)
            return;
        server_sweep(server);
    }
}

static int web_run(int argc, char **argv) {
    const char *values[OPTION_COUNT];
    AUTO(configuration_free) struct configuration *configuration = NULL;
    struct listen_address address;
    struct server *server;
    sigset_t wanted;
    int status, listener;

    if (command_parse(&command_web, argc, argv, values, &status) < 0)
        return status;
    wanted = signals_block();
    if (!server_is_available()) {
        log_error("this patchmark was built without libmicrohttpd, which the web page requires; "
                  "install libmicrohttpd-dev and build it again");
        return EX_CONFIG;
    }
    configuration = configuration_find(values, &address, &status);
    if (!configuration)
        return status;
    malloc_arenas_bound();
    log_set_format(configuration->log_json ? LOG_AS_JSON : LOG_AS_TEXT,
                   configuration->log_facility);
    log_open(LOG_TO_STDERR, configuration->log_level);
    warn(configuration, &address);
    store_look(configuration->state);
    umask(0027);
    listener = listen_address_open(&address);
    if (listener < 0)
        return EX_UNAVAILABLE;
    sandbox_start(configuration, &address);
    server = server_start(configuration, listener,
                          address.family == AF_UNIX && configuration->web_host_count == 0);
    if (!server)
        return EX_OSERR;
    log_info("patchmark web %s listens on %s", PACKAGE_VERSION, configuration->web_listen);
    systemd_notify("READY=1");
    serve(server, &wanted);
    systemd_notify("STOPPING=1");
    server_stop(server);
    listen_address_remove(&address);
    log_info("patchmark web has stopped");
    return EX_OK;
}

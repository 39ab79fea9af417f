/* SPDX-License-Identifier: BSD-2-Clause
 *
 * serve.c - `patchmark serve`: runs the daemon in the foreground.
 *
 * The start reads the configuration, loads the plugins, changes the user, opens the store and the
 * socket, restricts itself and starts the threads.  An error before the first mail is logged, and
 * the exit code is one of sysexits(3).  SIGUSR1 and SIGHUP read the configuration again.  SIGTERM
 * and SIGINT end the daemon: mails in work are answered first.  At most the delivery of an event is
 * interrupted, and that event is still in the outbox.
 *
 * The first thread only waits for signals.  A libmilter that is linked statically receives none
 * (libmilter-signals.c).  A shared one also waits for SIGTERM, SIGINT and SIGHUP, and drops the
 * mails in work if it receives one; but Linux delivers a signal to the first thread if that thread
 * waits for it.
 *
 * Owns the pipeline, the store, the publisher and the file of the listening socket.
 */
#include "daemon/serve.h"

#include "daemon/metrics-export.h"
#include "daemon/serve-check.h"
#include "daemon/service-status.h"
#include "daemon/session.h"
#include "feed/event-append.h"
#include "feed/publisher.h"
#include "pipeline/metrics.h"
#include "plugin/bounds.h"
#include "settings/configuration-options.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/malloc-arenas.h"
#include "util/plural.h"
#include "util/privileges.h"
#include "util/sandbox.h"
#include "util/socket.h"
#include "util/systemd.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* How long the end waits. */
#define STOP_MAILS_MS  5000 /* for the mails in work when the signal arrives */
#define STOP_EVENTS_MS 1000 /* for the sinks to accept waiting events */
#define STOP_LAST_MS   1000 /* for mails that began while the sinks were waited for */

enum { OPTION_CONFIG, OPTION_CHECK, OPTION_PRINT, OPTION_STDERR, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration file; default: " CONFIG_FILE},
    {'n', "check", NULL, "check the configuration as the configured user, and exit"},
    {'p', "print", NULL, "print the effective configuration, and exit"},
    {'e', "stderr", NULL, "log to standard error, regardless of the option log"},
    {0}};

static int serve_run(int argc, char **argv);
const struct command command_serve = {"serve", "", "Runs the milter, in the foreground.", options,
                                      serve_run};

#define FIXED_OPTIONS 7

struct server {
    const char *file;          /* path of the configuration file */
    bool to_stderr;            /* the option --stderr */
    struct pipeline *pipeline; /* the current one, whose reference session_use has taken over */
    struct store *store;
    struct publisher *publisher; /* NULL if its threads could not be started */
    pthread_mutex_t reload;      /* held by the start, by a reload and by the end */
    sem_t reloads;               /* number of requested reloads */
    atomic_int milter_status;    /* the exit code if libmilter has ended; EX_OK until then */
    char *socket;                /* the address in use, which a reload does not change */
    char *local;                 /* path of the unix socket of the metrics, likewise */
    char *fixed[FIXED_OPTIONS];  /* see fixed_options */
};

/* ---- sinks and metrics -------------------------------------------------------------------- */

/* The callbacks of the publisher; ARGUMENT is the export, or NULL if there is none. */
static void metrics_update(void *argument, const struct metrics_moment *moment) {
    metrics_export_update(argument, moment);
    service_status_notify(moment);
}

static void metrics_end(void *argument) {
    metrics_export_stop(argument);
}

static struct publisher *sinks_start(struct server *server, struct pipeline *pipeline) {
    const struct configuration *configuration = pipeline_configuration(pipeline);
    struct metrics_export *metrics_export =
        metrics_export_start(configuration->metrics_file, configuration->metrics_listen,
                             server->local);

    return publisher_start(server->store, pipeline,
                           &(struct publisher_process){.in_work = session_in_work,
                                                       .answering = session_answering,
                                                       .metrics = metrics_update,
                                                       .metrics_end = metrics_end,
                                                       .argument = metrics_export});
}

/* ---- reload ------------------------------------------------------------------------------- */

static void format_configure(const struct configuration *configuration) {
    log_set_format(configuration->log_json ? LOG_AS_JSON : LOG_AS_TEXT,
                   configuration->log_facility);
}

/* Sets destination, level and format of the log as the current configuration states. */
static void log_configure(const struct server *server) {
    const struct configuration *configuration = pipeline_configuration(server->pipeline);

    format_configure(configuration);
    log_open(configuration->syslog && !server->to_stderr ? LOG_TO_SYSLOG : LOG_TO_STDERR,
             configuration->log_level);
}

/* The options that take effect only at the start, by their index in configuration_top_options.  All
 * are strings. */
static const int fixed_options[FIXED_OPTIONS] = {TOP_SOCKET,       TOP_SOCKET_OWNER,
                                                 TOP_SOCKET_GROUP, TOP_SOCKET_MODE,
                                                 TOP_USER,         TOP_STATE,
                                                 TOP_DURABILITY};

/* Keeps the values with which the daemon starts. */
static void fixed_options_keep(struct server *server, const struct configuration *configuration) {
    for (size_t i = 0; i < FIXED_OPTIONS; i++)
        server->fixed[i] = strdup(configuration->options[fixed_options[i]].items[0]);
}

/* Warns of each option that differs from what the daemon has started with. */
static void fixed_options_check(const struct server *server, const struct configuration *new) {
    for (size_t i = 0; i < FIXED_OPTIONS; i++) {
        const struct option_value *value = &new->options[fixed_options[i]];

        if (server->fixed[i] && strcmp(server->fixed[i], value->items[0]) != 0)
            log_warning(
                "%s: option '%s' has changed to '%s', which waits for a restart; '%s' stays "
                "in effect",
                value->place ? value->place : new->file, value->option->name, value->items[0],
                server->fixed[i]);
    }
}

/* Reads the whole configuration before it replaces the current one; if there is any error, the
 * current one stays. */
static void reload(struct server *server) {
    struct pipeline *pipeline = pipeline_load(server->file);

    if (!pipeline) {
        metrics_reload(false);
        log_error("reload failed; the old configuration stays active; correct the errors above and "
                  "reload again");
        return;
    }
    fixed_options_check(server, pipeline_configuration(pipeline));
    /* Mails in work keep the old pipeline.  Its sinks must be closed first, because they may own
     * what the new ones need, such as the lock on a file. */
    if (publisher_stop(server->publisher, 0))
        pipeline_close_sinks(server->pipeline);
    server->publisher = sinks_start(server, pipeline);
    if (!server->publisher)
        log_error("cannot start the threads of the sinks; events wait in the outbox; reload again "
                  "or restart");
    server->pipeline = pipeline;
    session_use(pipeline, server->store);
    log_configure(server);
    metrics_reload(true);
    log_info("configuration read again");
}

/* Notifies systemd that a reload begins.  A unit of Type=notify-reload requires MONOTONIC_USEC. */
static void reloading_notify(void) {
    char state[64];

    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_microseconds());
    systemd_notify(state);
}

/* The thread that reloads. */
static void *reload_run(void *argument) {
    struct server *server = argument;

    for (;;) {
        if (sem_wait(&server->reloads) < 0)
            continue;
        /* One reload serves all requests that have arrived until now. */
        while (sem_trywait(&server->reloads) == 0)
            ;
        pthread_mutex_lock(&server->reload);
        reloading_notify();
        reload(server);
        systemd_notify("READY=1");
        pthread_mutex_unlock(&server->reload);
    }
    return NULL;
}

/* ---- start and end ------------------------------------------------------------------------ */

/* Appends the event service.status.  MAILS is the number of answered mails; -1 to leave it out. */
static void status_append(struct server *server, const char *state, int64_t mails) {
    event_append_status(server->store, pipeline_configuration(server->pipeline)->host,
                        &(struct json_service){.state = state,
                                               .mails_count = mails,
                                               .events_count = -1,
                                               .lost_count = -1});
}

/* Returns the folder of the file PATH, with its last slash, which the caller frees; NULL if PATH is
 * NULL or has no slash. */
static char *folder_of(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? strndup(path, (size_t)(slash - path + 1)) : NULL;
}

/* Restricts the process to the files that it must write.  Must be called before other threads
 * exist, and after all that needs more rights. */
static void sandbox_start(const struct server *server) {
    const struct configuration *configuration = pipeline_configuration(server->pipeline);
    AUTO(free) char *socket = folder_of(strchr(configuration->socket, ':'));
    AUTO(free) char *metrics = folder_of(configuration->metrics_file);
    const char *folders[3 + LIMIT_PLUGINS * LIMIT_PLUGIN_FOLDERS], *folder;
    size_t count = 0;

    if (!configuration->confine)
        return;
    folders[count++] = configuration->state;
    if (socket)
        folders[count++] = socket + 1; /* without the colon */
    if (metrics)
        folders[count++] = metrics;
    for (size_t i = 0; i < pipeline_instance_count(server->pipeline); i++)
        for (size_t j = 0; (folder = instance_folder(pipeline_instance(server->pipeline, i), j));
             j++)
            folders[count++] = folder;
    sandbox_enter(folders, count);
}

/* Returns the signals that the first thread waits for. */
static sigset_t signals(void) {
    sigset_t all;

    sigemptyset(&all);
    sigaddset(&all, SIGHUP);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGUSR1);
    return all;
}

/* Must be called before other threads exist: they inherit the mask, and sigwait(3) requires that
 * the signals are blocked in all threads.  A signal that arrives during the start is pending until
 * its end. */
static void signals_block(void) {
    sigset_t blocked = signals();

    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Returns true if a signal that ends the daemon has arrived. */
static bool stop_is_pending(void) {
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

static void *milter_run(void *argument);

/* Starts a thread that is never joined.  Returns EX_OK, or the exit code after log_error. */
static int thread_start(struct server *server, void *(*run)(void *)) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, server);

    if (error == 0)
        error = pthread_detach(thread);
    if (error == 0)
        return EX_OK;
    log_error("cannot start threads: %s; check the limits on processes and memory",
              strerror(error));
    return EX_OSERR;
}

/* Listens on the socket, as root if the process was started by root, so that the socket can have
 * any owner.  Mails wait until session_use was called. */
static int socket_start(struct server *server, const struct configuration *configuration) {
    bool root = geteuid() == 0;
    struct socket_access access = {.owner = *configuration->socket_owner || !root
                                                ? configuration->socket_owner
                                                : configuration->user,
                                   .group = configuration->socket_group,
                                   .mode = configuration->socket_mode};

    if (session_listen(configuration->socket) < 0)
        return EX_UNAVAILABLE;
    server->socket = strdup(configuration->socket);
    return socket_set_access(configuration->socket, &access, configuration->file);
}

static int server_start(struct server *server) {
    const struct configuration *configuration = pipeline_configuration(server->pipeline);
    int status = socket_start(server, configuration);

    if (status == EX_OK)
        status = privileges_drop(configuration->user, configuration->file, configuration->state);
    if (status != EX_OK)
        return status;
    server->store = store_open_daemon(configuration->state, configuration->durability_full
                                                                ? STORE_DURABILITY_FULL
                                                                : STORE_DURABILITY_NORMAL);
    if (!server->store)
        return EX_CANTCREAT;
    store_count_events(server->store, metrics_type, metrics_events);
    if (asprintf(&server->local, "%s/" METRICS_EXPORT_LOCAL, configuration->state) < 0)
        server->local = NULL;
    sandbox_start(server);
    pthread_mutex_lock(&server->reload); /* a signal may arrive before the start is complete */
    server->publisher = sinks_start(server, server->pipeline);
    session_use(server->pipeline, server->store);
    if (!server->publisher) {
        log_error("cannot start the sinks; check the limits on processes and memory");
        return EX_OSERR;
    }
    status = thread_start(server, reload_run);
    if (status != EX_OK)
        return status;
    status_append(server, "started", -1);
    log_info("patchmark %s listens on %s", PACKAGE_VERSION, configuration->socket);
    log_configure(server);
    pthread_mutex_unlock(&server->reload);
    systemd_notify("READY=1");
    return EX_OK;
}

/* Answers the mails in work, stops the sinks, closes the store and exits.  Threads of libmilter,
 * and of a sink that hangs, still run, so memory that they use is not freed.  Only a disk that does
 * not answer can hold it up beyond the bounds; systemd kills the process then (TimeoutStopSec). */
static __attribute__((noreturn)) void server_end(struct server *server, int status) {
    unsigned left;
    uint64_t answered;

    systemd_notify("STOPPING=1");
    session_drain(STOP_MAILS_MS);
    pthread_mutex_lock(&server->reload);
    status_append(server, "stopped", (int64_t)metrics_get(METRICS_ANSWERED));
    publisher_stop(server->publisher, STOP_EVENTS_MS);
    left = session_drain(STOP_LAST_MS);
    if (left > 0)
        log_warning(
            "stopping with %u mail%s still in work; the MTA applies its default action there", left,
            plural(left));
    store_shut(server->store);
    if (server->socket)
        socket_remove(server->socket);
    if (server->local)
        unlink(server->local);
    service_status_stopped();
    answered = metrics_get(METRICS_ANSWERED);
    log_info("stopped after %" PRIu64 " mail%s", answered, plural(answered));
    fflush(NULL);
    _exit(status);
}

/* The thread in which libmilter runs.  If libmilter fails or receives a signal, ends the daemon by
 * a signal to the first thread, with an exit code after which systemd starts it again. */
static void *milter_run(void *argument) {
    struct server *server = argument;

    server->milter_status = session_run() == 0 ? EX_TEMPFAIL : EX_SOFTWARE;
    kill(getpid(), SIGTERM);
    return NULL;
}

/* Starts libmilter, and handles signals until one ends the daemon.  Those that arrived during the
 * start are handled before: a shared libmilter would receive them.  Returns the exit code. */
static int signals_handle(struct server *server) {
    const struct timespec none = {0};
    sigset_t wanted = signals();
    bool runs = false;
    int status;

    for (;;) {
        switch (runs ? sigwaitinfo(&wanted, NULL) : sigtimedwait(&wanted, NULL, &none)) {
        case SIGTERM:
        case SIGINT:
            return server->milter_status;
        case SIGUSR1:
        case SIGHUP:
            sem_post(&server->reloads);
            break;
        default:
            status = runs ? EX_OK : thread_start(server, milter_run);
            if (status != EX_OK)
                return status;
            runs = true;
        }
    }
}

static int serve_run(int argc, char **argv) {
    static struct server server = {.reload = PTHREAD_MUTEX_INITIALIZER};
    const char *values[OPTION_COUNT];
    int status;

    if (command_parse(&command_serve, argc, argv, values, &status) < 0)
        return status;
    if (!values[OPTION_CHECK] && !values[OPTION_PRINT])
        signals_block();
    malloc_arenas_bound();
    server.file = values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE;
    server.to_stderr = values[OPTION_STDERR] != NULL;
    sem_init(&server.reloads, 0, 0);
    message_library_init();
    if (values[OPTION_CHECK] || values[OPTION_PRINT]) {
        status = values[OPTION_CHECK] ? serve_check(server.file, !values[OPTION_PRINT]) : EX_OK;
        return status == EX_OK && values[OPTION_PRINT] ? serve_print(server.file) : status;
    }
    server.pipeline = pipeline_load(server.file);
    if (!server.pipeline)
        return EX_CONFIG;
    fixed_options_keep(&server, pipeline_configuration(server.pipeline));
    if (stop_is_pending()) { /* nothing was written yet */
        pipeline_release(server.pipeline);
        return EX_OK;
    }
    format_configure(pipeline_configuration(server.pipeline));
    metrics_start();
    status = server_start(&server);
    if (status != EX_OK) {
        if (server.socket)
            socket_remove(server.socket);
        return status;
    }
    server_end(&server, signals_handle(&server));
}

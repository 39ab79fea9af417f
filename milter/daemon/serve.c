/* SPDX-License-Identifier: BSD-2-Clause
 *
 * serve.c - `patchmark serve`: the daemon, in the foreground.
 *
 * Start: configuration, plugins, state folder, user, socket, outbox, threads; every fault before
 * the first mail is a line and an exit code of sysexits(3).  SIGUSR1 reads the configuration again.
 * The end is SIGTERM, SIGINT or SIGHUP: mails in work get their answer; what is interrupted is at
 * most an event's delivery, and the outbox has it.
 *
 * The first thread does nothing but wait for signals: libmilter waits for those of the end too, and
 * cuts off the mails in work when it gets one, but Linux gives a signal to the first thread
 * where that waits for it.
 */
#include "daemon/serve.h"

#include "daemon/metrics-export.h"
#include "daemon/sandbox.h"
#include "daemon/session.h"
#include "feed/event-append.h"
#include "feed/publisher.h"
#include "pipeline/metrics.h"
#include "plugin/bounds.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/malloc-arenas.h"
#include "util/privileges.h"
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

#define STOP_MAILS_MS  5000 /* mails in work when the signal comes */
#define STOP_EVENTS_MS 1000 /* events that a healthy sink can still take */
#define STOP_LAST_MS   1000 /* mails that came while a sink was waited for */

enum { OPTION_CONFIG, OPTION_CHECK, OPTION_STDERR, OPTION_COUNT };
static const struct command_option options[] = {
    {'c', "config", "FILE", "configuration; default: " CONFIG_FILE},
    {'n', "check", NULL, "read the configuration, start the plugins, and exit"},
    {'e', "stderr", NULL, "log to standard error, whatever the configuration says"},
    {0, NULL, NULL, NULL}};

static int serve_run(int argc, char **argv);
const struct command command_serve = {"serve", "", "Runs the milter, in the foreground.", options,
                                      serve_run};

struct server {
    const char *file; /* the configuration */
    bool to_stderr;
    struct pipeline *pipeline; /* as session_use got it last; the sessions hold it */
    struct store *store;
    struct publisher *publisher;
    pthread_mutex_t reload;   /* one reload, or the end, at a time */
    sem_t reloads;            /* that are asked for */
    atomic_int milter_status; /* exit code */
    char *socket;             /* that we listen on, whatever is configured by now */
};

/* ---- sinks and metrics -------------------------------------------------------------------- */

static void metrics_show(void *argument, const struct metrics_moment *moment) {
    metrics_export_update(argument, moment);
}

static void metrics_end(void *argument) {
    metrics_export_stop(argument);
}

static struct publisher *sinks_start(struct server *server, struct pipeline *pipeline) {
    const struct configuration *configuration = pipeline_configuration(pipeline);
    struct metrics_export *metrics_export =
        metrics_export_start(configuration->metrics_file, configuration->metrics_listen);

    return publisher_start(server->store, pipeline,
                           &(struct publisher_process){.in_work = session_in_work,
                                                       .answering = session_answering,
                                                       .metrics =
                                                           metrics_export ? metrics_show : NULL,
                                                       .metrics_end = metrics_end,
                                                       .argument = metrics_export});
}

/* ---- reload ------------------------------------------------------------------------------- */

static void log_as_configured(const struct server *server) {
    const struct configuration *configuration = pipeline_configuration(server->pipeline);

    log_open(configuration->syslog && !server->to_stderr ? LOG_TO_SYSLOG : LOG_TO_STDERR,
             configuration->log_level);
}

/* What cannot change while we run is kept and said. */
static void unchangeable_check(const struct configuration *old, const struct configuration *new) {
    if (strcmp(old->socket, new->socket) != 0 || strcmp(old->user, new->user) != 0 ||
        strcmp(old->state, new->state) != 0 || old->durability_full != new->durability_full)
        log_warning("%s: socket, user, state and durability change only with a restart", new->file);
}

/* Reads everything, and only then swaps; any fault keeps what there is. */
static void reload(struct server *server) {
    struct pipeline *pipeline = pipeline_load(server->file);

    if (!pipeline) {
        metrics_reload(false);
        log_error("configuration not taken over; the old one stays");
        return;
    }
    unchangeable_check(pipeline_configuration(server->pipeline), pipeline_configuration(pipeline));
    /* Mails in work hold the old pipeline; its sinks may have what the new ones want, such as the
     * lock on a file. */
    if (publisher_stop(server->publisher, 0))
        pipeline_close_sinks(server->pipeline);
    server->publisher = sinks_start(server, pipeline);
    if (!server->publisher)
        log_error("cannot start the threads of the sinks; events wait in the outbox until the next "
                  "reload");
    server->pipeline = pipeline;
    session_use(pipeline, server->store);
    log_as_configured(server);
    metrics_reload(true);
    log_info("configuration read again");
}

/* The time is for a unit of Type=notify-reload. */
static void reloading_notify(void) {
    char state[64];

    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_microseconds());
    systemd_notify(state);
}

static void *reload_run(void *argument) {
    struct server *server = argument;

    for (;;) {
        if (sem_wait(&server->reloads) < 0)
            continue;
        /* What was asked for until now, one reading does. */
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

static void status_append(struct server *server, const char *state, int64_t mails) {
    event_append_status(server->store, pipeline_configuration(server->pipeline)->host,
                        &(struct json_service){.state = state,
                                               .mails_count = mails,
                                               .events_count = -1,
                                               .lost_count = -1});
}

/* The folder of a file, with the last slash, or NULL. */
static char *folder_of(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? strndup(path, (size_t)(slash - path + 1)) : NULL;
}

/* Before any thread, and behind everything that needs a right that goes. */
static void rights_restrict(const struct server *server) {
    const struct configuration *configuration = pipeline_configuration(server->pipeline);
    AUTO(free) char *socket = folder_of(strchr(configuration->socket, ':'));
    AUTO(free) char *metrics = folder_of(configuration->metrics_file);
    const char *folders[3 + LIMIT_PLUGINS * LIMIT_PLUGIN_FOLDERS], *folder;
    size_t count = 0;

    if (!configuration->confine)
        return;
    folders[count++] = configuration->state;
    if (socket)
        folders[count++] = socket + 1; /* behind the colon */
    if (metrics)
        folders[count++] = metrics;
    for (size_t i = 0; i < pipeline_instance_count(server->pipeline); i++)
        for (size_t j = 0; (folder = instance_folder(pipeline_instance(server->pipeline, i), j));
             j++)
            folders[count++] = folder;
    sandbox_enter(folders, count);
}

static sigset_t signals(void) {
    sigset_t all;

    sigemptyset(&all);
    sigaddset(&all, SIGHUP);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGUSR1);
    return all;
}

/* Before any thread: they all inherit it, and sigwait gets what is blocked everywhere. */
static void signals_block(void) {
    sigset_t blocked = signals();

    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void *milter_run(void *argument);

static bool thread_start(struct server *server, void *(*run)(void *)) {
    pthread_t thread;

    return pthread_create(&thread, NULL, run, server) == 0 && pthread_detach(thread) == 0;
}

static int server_start(struct server *server) {
    const struct configuration *configuration = pipeline_configuration(server->pipeline);
    int status = privileges_drop(configuration->user, configuration->file, configuration->state);

    if (status != EX_OK)
        return status;
    server->store = store_open_daemon(configuration->state, configuration->durability_full
                                                                ? STORE_DURABILITY_FULL
                                                                : STORE_DURABILITY_NORMAL);
    if (!server->store)
        return EX_CANTCREAT;
    store_count_events(server->store, metrics_type, metrics_events);
    if (session_listen(configuration->socket) < 0)
        return EX_UNAVAILABLE;
    server->socket = strdup(configuration->socket);
    rights_restrict(server);
    pthread_mutex_lock(&server->reload); /* a signal may come at once */
    server->publisher = sinks_start(server, server->pipeline);
    session_use(server->pipeline, server->store);
    if (!server->publisher || !thread_start(server, reload_run) ||
        !thread_start(server, milter_run)) {
        log_error("cannot start threads: %s", strerror(errno));
        return EX_OSERR;
    }
    status_append(server, "started", -1);
    log_info("patchmark %s listens on %s", PACKAGE_VERSION, configuration->socket);
    log_as_configured(server);
    pthread_mutex_unlock(&server->reload);
    systemd_notify("READY=1");
    return EX_OK;
}

/* Threads of libmilter and of a hanging sink still run, so nothing that they use is freed. */
static __attribute__((noreturn)) void server_end(struct server *server, int status) {
    unsigned left;

    systemd_notify("STOPPING=1");
    session_drain(STOP_MAILS_MS);
    pthread_mutex_lock(&server->reload);
    status_append(server, "stopped", (int64_t)metrics_get(METRICS_ANSWERED));
    publisher_stop(server->publisher, STOP_EVENTS_MS);
    left = session_drain(STOP_LAST_MS);
    if (left > 0)
        log_warning("%u mails were still in work", left);
    store_shut(server->store);
    if (server->socket)
        socket_remove(server->socket);
    log_info("stopped after %" PRIu64 " mails", metrics_get(METRICS_ANSWERED));
    fflush(NULL);
    _exit(status);
}

/* Ends when libmilter fails, or was given a signal of ours; the first thread ends with it. */
static void *milter_run(void *argument) {
    struct server *server = argument;

    server->milter_status = session_run() == 0 ? EX_OK : EX_SOFTWARE;
    kill(getpid(), SIGTERM);
    return NULL;
}

/* Until it is to end; gives the exit code. */
static int signals_obey(struct server *server) {
    sigset_t wanted = signals();
    int received;

    for (;;) {
        if (sigwait(&wanted, &received) != 0)
            continue;
        if (received != SIGUSR1)
            return server->milter_status;
        sem_post(&server->reloads);
    }
}

static int serve_run(int argc, char **argv) {
    static struct server server = {.reload = PTHREAD_MUTEX_INITIALIZER};
    const char *values[OPTION_COUNT];
    int status;

    if (command_parse(&command_serve, argc, argv, values, &status) < 0)
        return status;
    malloc_arenas_bound();
    server.file = values[OPTION_CONFIG] ? values[OPTION_CONFIG] : CONFIG_FILE;
    server.to_stderr = values[OPTION_STDERR] != NULL;
    sem_init(&server.reloads, 0, 0);
    message_library_init();
    server.pipeline = pipeline_load(server.file);
    if (!server.pipeline)
        return EX_CONFIG;
    if (values[OPTION_CHECK]) {
        printf("%s: good, %zu plugins\n", server.file, pipeline_instance_count(server.pipeline));
        pipeline_release(server.pipeline);
        return EX_OK;
    }
    signals_block();
    metrics_start();
    status = server_start(&server);
    if (status != EX_OK)
        return status;
    server_end(&server, signals_obey(&server));
}

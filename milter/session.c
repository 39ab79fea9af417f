/* SPDX-License-Identifier: BSD-2-Clause
 *
 * session.c - see session.h.
 *
 * Owns: one struct session for each connection, made with its first mail and freed at close, in
 * which everything of a mail is used again for the next.
 *
 * libmilter's ways that shaped this file: the callbacks of one connection run on different threads
 * of a pool, so nothing is thread-local.  A mail can end without any callback, so MAIL FROM resets
 * too.  Sendmail's QUIT_NC closes and goes on without new negotiation, so what negotiation taught
 * is also kept process-wide.  Replies that we say we do not give (NR bits) libmilter fakes where
 * the MTA does not know them, so the same is asked of every MTA.  A SKIP answered to a last chunk
 * that came together with the end of the body would swallow the end, so only full chunks, which
 * another always follows, are answered so.
 */
#include "session.h"

#include "annotate.h"
#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#define FULL_CHUNK      65535         /* what MTAs cut bodies into */
#define PACKET_SIZE     (1024 * 1024) /* libmilter's own limit, 64 KiB, drops the connection */
#define BACKLOG         128
#define TIMEOUT_SECONDS 600 /* libmilter's 7,210 keep a dead MTA's connection for two hours */
#define FORGED_NAMES    64  /* different names under our prefix in one mail */

/* Wanted of every MTA, and constant: libmilter keeps the NO bits in one table for all. */
#define STEPS_WANTED                                                                               \
    (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NORCPT | SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_SKIP | \
     SMFIP_HDR_LEADSPC)
#define STEPS_NO_REPLY                                                               \
    (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA | \
     SMFIP_NR_UNKN | SMFIP_NR_HDR | SMFIP_NR_EOH)
#define ACTIONS_WANTED (SMFIF_ADDHDRS | SMFIF_CHGHDRS)

struct forged {
    char *name; /* as it came; the MTA compares without regard to case */
    int count;
};

struct session {
    struct mail mail;
    struct pipeline *pipeline; /* from the first header to the answer */
    struct store *store;
    struct forged forged[FORGED_NAMES];
    size_t forged_count;
    bool skip, leading_space; /* as negotiated */
};

static struct {
    pthread_mutex_t lock; /* over pipeline and store */
    struct pipeline *pipeline;
    struct store *store;
    atomic_bool skip, leading_space; /* of the last negotiation */
    atomic_uint in_work;
    atomic_uint_fast64_t mails;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- life of a session -------------------------------------------------------------------- */

static void session_reset(struct session *session) {
    mail_reset(&session->mail);
    pipeline_release(session->pipeline);
    session->pipeline = NULL;
    for (size_t i = 0; i < session->forged_count; i++)
        free(session->forged[i].name);
    session->forged_count = 0;
}

static void session_free(struct session *session) {
    if (!session)
        return;
    session_reset(session);
    mail_free(&session->mail);
    free(session);
}

/* The connection's session, made where there is none yet.  NULL: out of memory; the mail passes
 * unread. */
static struct session *session_of(SMFICTX *context) {
    struct session *session = smfi_getpriv(context);

    if (session)
        return session;
    session = calloc(1, sizeof(*session));
    if (!session || mail_init(&session->mail) < 0) {
        free(session);
        return NULL;
    }
    session->skip = atomic_load(&shared.skip);
    session->leading_space = atomic_load(&shared.leading_space);
    smfi_setpriv(context, session);
    return session;
}

/* Starts a mail: nothing of another one is left, and the pipeline is the one of now. */
static struct session *session_begin(SMFICTX *context) {
    struct session *session = session_of(context);

    if (!session)
        return NULL;
    session_reset(session);
    pthread_mutex_lock(&shared.lock);
    session->pipeline = pipeline_keep(shared.pipeline);
    session->store = shared.store;
    pthread_mutex_unlock(&shared.lock);
    return session;
}

void session_use(struct pipeline *pipeline, struct store *store) {
    struct pipeline *old;

    pthread_mutex_lock(&shared.lock);
    old = shared.pipeline;
    shared.pipeline = pipeline;
    shared.store = store;
    pthread_mutex_unlock(&shared.lock);
    pipeline_release(old);
}

/* ---- negotiation, headers, body ----------------------------------------------------------- */

static sfsistat on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
                             unsigned long unused2, unsigned long unused3,
                             unsigned long *actions_out, unsigned long *steps_out,
                             unsigned long *unused2_out, unsigned long *unused3_out) {
    struct session *session;

    (void)unused2;
    (void)unused3;
    if ((actions & ACTIONS_WANTED) != ACTIONS_WANTED)
        log_warning("the MTA lets us add or delete no headers (it offers actions 0x%lx)", actions);
    *actions_out = actions & ACTIONS_WANTED;
    *steps_out = (steps & STEPS_WANTED) | STEPS_NO_REPLY;
    *unused2_out = *unused3_out = 0;
    atomic_store(&shared.skip, (steps & SMFIP_SKIP) != 0);
    atomic_store(&shared.leading_space, (steps & SMFIP_HDR_LEADSPC) != 0);
    session = smfi_getpriv(context);
    if (session) {
        session->skip = atomic_load(&shared.skip);
        session->leading_space = atomic_load(&shared.leading_space);
    } else {
        session_of(context);
    }
    return SMFIS_CONTINUE;
}

static sfsistat on_envfrom(SMFICTX *context, char **arguments) {
    (void)arguments;
    session_begin(context);
    return SMFIS_NOREPLY;
}

/* Notes a field of our own that came from outside; it is deleted at the end of the mail. */
static void forged_note(struct session *session, const char *name) {
    const char *prefix = pipeline_configuration(session->pipeline)->prefix;

    if (strncasecmp(name, prefix, strlen(prefix)) != 0)
        return;
    for (size_t i = 0; i < session->forged_count; i++) {
        if (strcasecmp(session->forged[i].name, name) == 0) {
            session->forged[i].count++;
            return;
        }
    }
    if (session->forged_count == FORGED_NAMES)
        return;
    session->forged[session->forged_count].name = strdup(name);
    if (session->forged[session->forged_count].name)
        session->forged[session->forged_count++].count = 1;
}

static sfsistat on_header(SMFICTX *context, char *name, char *value) {
    struct session *session = smfi_getpriv(context);

    if (session && session->pipeline) {
        forged_note(session, name);
        message_header(session->mail.message, name, value);
    }
    return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *context, unsigned char *data, size_t length) {
    struct session *session = smfi_getpriv(context);

    if (session && session->pipeline && !message_body(session->mail.message, data, length) &&
        session->skip && length == FULL_CHUNK)
        return SMFIS_SKIP;
    return SMFIS_CONTINUE;
}

/* ---- the end of a mail -------------------------------------------------------------------- */

static int64_t now_microseconds(void) {
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* From the last to the first: each deletion moves those behind it. */
static void forged_delete(SMFICTX *context, const struct session *session) {
    for (size_t i = 0; i < session->forged_count; i++)
        for (int index = session->forged[i].count; index > 0; index--)
            if (smfi_chgheader(context, session->forged[i].name, index, NULL) != MI_SUCCESS)
                log_warning("the MTA would not delete a forged %s", session->forged[i].name);
}

/* At index 1, below the MTA's own Received; each pushes the one before it down. */
static void headers_insert(SMFICTX *context, const struct session *session) {
    const struct mail *mail = &session->mail;

    for (size_t i = mail->header_count; i > 0; i--) {
        const struct mail_header *header = &mail->headers[i - 1];
        char value[1100]; /* LIMIT_HEADERS_WRITTEN and a space */

        snprintf(value, sizeof(value), "%s%s", session->leading_space ? " " : "", header->value);
        if (smfi_insheader(context, 1, (char *)header->name, value) != MI_SUCCESS)
            log_warning("the MTA would not insert %s", header->name);
    }
}

static void line_log(const struct session *session, const char *queue_id, int64_t microseconds) {
    const struct mail *mail = &session->mail;
    const char *series = mail->facts ? patchmark_fact_string(mail->facts, "series.id") : NULL;

    if (!log_wants(PATCHMARK_INFO))
        return;
    log_info("%s: kind=%s%s%s list=%s bytes=%llu events=%zu%s%s ms=%lld.%03lld",
             queue_id ? queue_id : "-", mail->facts ? annotate_kind(mail) : "none",
             series ? " series=" : "", series ? series : "",
             *patchmark_message_list(mail->message) ? patchmark_message_list(mail->message) : "-",
             (unsigned long long)message_size(mail->message), mail->event_count,
             mail->seen_before ? " again" : "", session->forged_count ? " forged" : "",
             (long long)microseconds / 1000, (long long)microseconds % 1000);
}

static sfsistat on_eom(SMFICTX *context) {
    struct session *session = smfi_getpriv(context);
    int64_t start = now_microseconds();

    if (!session || !session->pipeline)
        return SMFIS_CONTINUE;
    atomic_fetch_add(&shared.in_work, 1);
    forged_delete(context, session);
    message_parse(session->mail.message, (int64_t)time(NULL));
    pipeline_run(session->pipeline, session->store, &session->mail);
    headers_insert(context, session);
    line_log(session, smfi_getsymval(context, (char *)"i"), now_microseconds() - start);
    session_reset(session);
    atomic_fetch_add(&shared.mails, 1);
    atomic_fetch_sub(&shared.in_work, 1);
    return SMFIS_CONTINUE;
}

static sfsistat on_abort(SMFICTX *context) {
    struct session *session = smfi_getpriv(context);

    if (session)
        session_reset(session);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *context) {
    session_free(smfi_getpriv(context));
    smfi_setpriv(context, NULL);
    return SMFIS_CONTINUE;
}

/* ---- the socket --------------------------------------------------------------------------- */

/* Removes a socket file that no process listens on.  0, or -1: there is something else. */
static int stale_socket_remove(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(close) int descriptor = -1;
    struct stat status;

    if (lstat(path, &status) < 0)
        return 0; /* what is wrong with the folder, bind will say */
    if (!S_ISSOCK(status.st_mode)) {
        log_error("socket %s: there is a file of that name that is no socket", path);
        return -1;
    }
    if (strlen(path) >= sizeof(address.sun_path)) {
        log_error("socket %s: the path is longer than %zu bytes", path,
                  sizeof(address.sun_path) - 1);
        return -1;
    }
    strcpy(address.sun_path, path);
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0) {
        log_error("socket %s: another process listens on it", path);
        return -1;
    }
    if (unlink(path) < 0) {
        log_error("socket %s: left over, and cannot be removed: %s", path, strerror(errno));
        return -1;
    }
    return 0;
}

/* libmilter keeps its listening socket to itself, so it is looked for: the only one that accepts.
 * Without TCP_NODELAY, which accepted sockets inherit, every mail waits for a delayed ACK. */
static void listener_set_nodelay(void) {
    struct rlimit limit;
    int one = 1;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    for (int descriptor = 3; descriptor < 256 && descriptor < (int)limit.rlim_cur; descriptor++) {
        int accepts = 0;
        socklen_t size = sizeof(accepts);

        if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 && accepts)
            setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    }
}

static const char *unix_path(const char *socket) {
    if (strncmp(socket, "unix:", 5) == 0)
        return socket + 5;
    return strncmp(socket, "local:", 6) == 0 ? socket + 6 : NULL;
}

int session_listen(const char *socket) {
    struct smfiDesc description = {.xxfi_name = (char *)"patchmark",
                                   .xxfi_version = SMFI_VERSION,
                                   .xxfi_flags = ACTIONS_WANTED,
                                   .xxfi_envfrom = on_envfrom,
                                   .xxfi_header = on_header,
                                   .xxfi_body = on_body,
                                   .xxfi_eom = on_eom,
                                   .xxfi_abort = on_abort,
                                   .xxfi_close = on_close,
                                   .xxfi_negotiate = on_negotiate};
    const char *path = unix_path(socket);
    mode_t mask;
    int result;

    if (path && stale_socket_remove(path) < 0)
        return -1;
    if (smfi_register(description) != MI_SUCCESS || smfi_setconn((char *)socket) != MI_SUCCESS) {
        log_error("socket %s: libmilter does not take it", socket);
        return -1;
    }
    smfi_setmaxdatasize(PACKET_SIZE - 1);
    smfi_settimeout(TIMEOUT_SECONDS);
    smfi_setbacklog(BACKLOG);
    mask = umask(0117); /* the socket: owner and group, 0660 */
    errno = 0;
    result = smfi_opensocket(false);
    umask(mask);
    if (result != MI_SUCCESS) {
        log_error("socket %s: cannot listen on it: %s", socket,
                  errno ? strerror(errno) : "see the lines of libmilter in the mail log");
        return -1;
    }
    if (!path)
        listener_set_nodelay();
    return 0;
}

int session_run(void) {
    if (smfi_main() == MI_SUCCESS)
        return 0;
    log_error("libmilter ended with a failure: %s", strerror(errno));
    return -1;
}

unsigned session_drain(unsigned milliseconds) {
    while (atomic_load(&shared.in_work) > 0 && milliseconds > 0) {
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
        milliseconds = milliseconds > 10 ? milliseconds - 10 : 0;
    }
    return atomic_load(&shared.in_work);
}

uint64_t session_mails(void) {
    return atomic_load(&shared.mails);
}

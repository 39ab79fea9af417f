/* SPDX-License-Identifier: BSD-2-Clause
 *
 * webhook.c - the webhook plugin, a sink that POSTs each event to an HTTPS endpoint.
 *
 * The events of an endpoint are delivered one after the other: the next one is sent when the one
 * before it was accepted, or was set aside because the endpoint does not want it.  A request that
 * failed may have reached the endpoint, so an endpoint receives an event at least once, with the
 * same webhook-id each time.
 *
 * A call of publish takes CALL_MS at most.  What is longer, a request or the pause before the next
 * try, goes on in the next call: the daemon can stop and reload meanwhile.
 */
#include "filter.h"
#include "outcome.h"
#include "request.h"
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define CALL_MS  3000 /* the core waits 5 s for a call when it stops */
#define NAP_MS   300  /* a shorter pause is waited for inside the call */
#define ID_BYTES 64   /* of an event's id with its NUL; patchmark's have 32 digits */
#define REFUSED  3 /* events in a row that were refused, after which one try for each is enough */

struct webhook {
    struct patchmark_instance *instance;
    struct settings settings;
    struct request *request; /* NULL until the first event */
    bool off;                /* the endpoint has answered 410 */

    char event_id[ID_BYTES]; /* of the event that was tried last and is not done; "" if none */
    int64_t refusals;        /* how many times this event was refused */
    unsigned refused;     /* events that were set aside so since one was delivered; up to REFUSED */
    int64_t errors_since; /* since when each try of it was answered with 500; 0 if not so */
    bool has_delivered;   /* an event was delivered since one was given up */
    unsigned failures;    /* tries in a row that failed, of any event */
    int64_t not_before;   /* the time of the next try */
    long reported_status; /* of the trouble that was logged last; 0 with ... */
    int reported_error;   /* ... 0: none since the recovery */
    uint64_t reported_tries; /* that failed since the trouble began */
};

static const char *const counters[] = {"delivered", "retried", "refused", "dropped", NULL};

/* ---- log ---------------------------------------------------------------------------------- */

static const char *hint(long status) {
    if (status >= 300 && status < 400)
        return ", a redirect, which is not followed: check the URL";
    if (status == 401 || status == 403 || status == 407)
        return ": check the URL, its credentials and the secret";
    if (status == 404 || status == 405 || status == 426)
        return ": check the URL";
    return "";
}

/* Logs one line when tries begin to fail, and when the reason changes. */
static void failure_report(struct webhook *self, const struct answer *answer) {
    char status[32];

    self->reported_tries++;
    if (answer->status == self->reported_status && answer->error == self->reported_error)
        return;
    self->reported_status = answer->status;
    self->reported_error = answer->error;
    snprintf(status, sizeof(status), "status %ld", answer->status);
    patchmark_log(self->instance, PATCHMARK_ERROR, "%s: %s%s; events wait in the outbox",
                  self->settings.place, answer->status > 0 ? status : answer->reason,
                  hint(answer->status));
}

static void recovery_report(struct webhook *self) {
    if (self->reported_tries > 0)
        patchmark_log(self->instance, PATCHMARK_INFO, "%s: recovered, failed tries: %" PRIu64,
                      self->settings.place, self->reported_tries);
    self->reported_tries = 0;
    self->reported_status = 0;
    self->reported_error = 0;
}

/* ---- outcomes ----------------------------------------------------------------------------- */

static void event_end(struct webhook *self, const char *counter) {
    *self->event_id = '\0';
    self->failures = 0;
    self->not_before = 0;
    patchmark_count(self->instance, counter, 1);
}

static bool delivered(struct webhook *self) {
    recovery_report(self);
    self->has_delivered = true;
    self->refused = 0;
    event_end(self, "delivered");
    return true;
}

/* Removes the last LENGTH bytes of the file FD, the start of a line. */
static void line_remove(int fd, off_t length) {
    struct stat status;

    if (fstat(fd, &status) < 0 || ftruncate(fd, status.st_size - length) < 0)
        return; /* the next event is then in the same line */
}

/* Appends EVENT to the file of refused events.  Returns 0; -1 with errno set. */
static int refused_write(const char *path, const struct patchmark_event *event) {
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    struct iovec parts[] = {{(char *)event->json, event->json_length}, {(char *)"\n", 1}};
    ssize_t wanted = (ssize_t)event->json_length + 1;
    ssize_t written = fd < 0 ? -1 : writev(fd, parts, 2);

    if (written > 0 && written < wanted)
        line_remove(fd, written);
    if (written >= 0 && written < wanted)
        errno = ENOSPC;
    if (fd >= 0 && written == wanted && fdatasync(fd) < 0)
        written = -1;
    if (fd >= 0)
        close(fd);
    return written == wanted ? 0 : -1;
}

/* Sets EVENT aside, so that the next one follows. */
static bool set_aside(struct webhook *self, const struct patchmark_event *event,
                      const struct answer *answer) {
    const char *path = self->settings.refused_file;
    bool failed = path && refused_write(path, event) < 0;

    if (failed)
        patchmark_log(self->instance, PATCHMARK_ERROR, "%s: cannot append the event %s: %s", path,
                      event->id, strerror(errno));
    patchmark_log(self->instance, PATCHMARK_WARNING,
                  "%s: refused the event %s (%s) with status %ld: %s%sset aside%s%s",
                  self->settings.place, event->id, event->type, answer->status, answer->excerpt,
                  *answer->excerpt ? "; " : "", path && !failed ? " in " : "",
                  path && !failed ? path : "");
    event_end(self, "refused");
    return true;
}

static bool switch_off(struct webhook *self) {
    patchmark_log(self->instance, PATCHMARK_ERROR,
                  "%s: status 410, the endpoint wants no more events: they are dropped; remove its "
                  "section, or reload to try it again",
                  self->settings.place);
    self->off = true;
    event_end(self, "dropped");
    return true;
}

/* Sets the time of the next try, of the same event.  Returns false. */
static bool try_again(struct webhook *self, int64_t most_ms, int64_t retry_after) {
    uint32_t random = 0;

    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
        random = (uint32_t)request_clock_ms();
    self->failures++;
    self->not_before =
        request_clock_ms() + outcome_pause_ms(self->failures, most_ms, retry_after, random);
    patchmark_count(self->instance, "retried", 1);
    return false;
}

/* Returns true if every try of this event was answered with 500 for the time of the option give_up,
 * and other events are delivered: since the last one that was given up, one was. */
static bool is_given_up(struct webhook *self, long status) {
    int64_t now = request_clock_ms();

    if (status != 500)
        self->errors_since = 0;
    else if (self->errors_since == 0)
        self->errors_since = now;
    if (self->errors_since == 0 || now - self->errors_since < self->settings.give_up_ms ||
        !self->has_delivered)
        return false;
    self->has_delivered = false;
    return true;
}

/* Counts a refusal of the event.  Returns true if it was the last try.  An endpoint that refuses
 * whatever it gets would otherwise hold up its events for ever. */
static bool is_refused(struct webhook *self) {
    if (++self->refusals < self->settings.tries && self->refused < REFUSED)
        return false;
    self->refused += self->refused < REFUSED;
    return true;
}

/* Acts on ANSWER.  Returns true if EVENT is done. */
static bool answer_take(struct webhook *self, const struct patchmark_event *event,
                        const struct answer *answer) {
    enum outcome outcome = outcome_of(answer->status);

    if (outcome == OUTCOME_DELIVERED)
        return delivered(self);
    if (outcome == OUTCOME_GONE)
        return switch_off(self);
    if (outcome == OUTCOME_REFUSED && is_refused(self))
        return set_aside(self, event, answer);
    if (is_given_up(self, answer->status))
        return set_aside(self, event, answer);
    if (outcome == OUTCOME_REFUSED)
        return try_again(self, PAUSE_REFUSED_MS, answer->retry_after);
    failure_report(self, answer);
    return try_again(self, PAUSE_LAST_MS, answer->retry_after);
}

/* ---- delivery ----------------------------------------------------------------------------- */

/* Returns true if it is time for a try.  Waits for it if that takes less than NAP_MS. */
static bool pause_has_ended(const struct webhook *self) {
    int64_t left = self->not_before - request_clock_ms();

    if (left > 0 && left < NAP_MS)
        nanosleep(&(struct timespec){.tv_nsec = left * 1000000}, NULL);
    return left < NAP_MS;
}

/* Signs and sends EVENT.  Returns 0; -1 if memory runs out. */
static int send_event(struct webhook *self, const struct patchmark_event *event) {
    char signature[SIGNATURE_SIZE];
    int64_t now = (int64_t)time(NULL);

    if (!self->request)
        self->request = request_new(&self->settings.target);
    if (!self->request ||
        signature_make(self->settings.secrets, self->settings.secret_count, event->id, now,
                       event->json, event->json_length, signature) < 0)
        return -1;
    return request_start(self->request, event->json, event->json_length, event->id, now, signature);
}

/* Makes EVENT the one that is being delivered, if it is not yet. */
static void event_begin(struct webhook *self, const struct patchmark_event *event) {
    if (strcmp(self->event_id, event->id) == 0)
        return;
    if (self->request)
        request_cancel(self->request);
    snprintf(self->event_id, sizeof(self->event_id), "%s", event->id);
    self->refusals = 0;
    self->errors_since = 0;
}

/* Delivers EVENT, or goes on to, until UNTIL.  Returns true if it is done: delivered, set aside, or
 * not for this endpoint. */
static bool deliver(struct webhook *self, const struct patchmark_event *event, int64_t until) {
    static const struct answer no_memory = {.error = -1, .reason = "out of memory"};
    struct answer answer;

    if (!filter_passes(self->instance, event))
        return true;
    if (self->off) {
        patchmark_count(self->instance, "dropped", 1);
        return true;
    }
    event_begin(self, event);
    if (!self->request || !request_is_running(self->request)) {
        if (!pause_has_ended(self))
            return false;
        if (send_event(self, event) < 0)
            return answer_take(self, event, &no_memory);
    }
    return request_run(self->request, until, &answer) && answer_take(self, event, &answer);
}

static size_t webhook_publish(void *data, const struct patchmark_event *const *events,
                              size_t count) {
    int64_t until = request_clock_ms() + CALL_MS;
    size_t done = 0;

    while (done < count && deliver(data, events[done], until))
        done++;
    return done;
}

/* ---- callbacks ---------------------------------------------------------------------------- */

static void webhook_close(void *data) {
    struct webhook *self = data;

    request_free(self->request);
    settings_clear(&self->settings);
    free(self);
}

static int webhook_open(struct patchmark_instance *instance, void **data) {
    struct webhook *self = calloc(1, sizeof(*self));

    if (!self) {
        patchmark_log(instance, PATCHMARK_ERROR, "out of memory");
        return -1;
    }
    if (!settings_read(&self->settings, instance)) {
        free(self);
        return -1;
    }
    self->instance = instance;
    self->has_delivered = true;
    *data = self;
    return 0;
}

static struct patchmark_plugin plugin = {
    .name = "webhook",
    .version = "1",
    .summary = "sends each event to an HTTPS endpoint, signed as Standard Webhooks has it",
    .options = settings_options,
    .open = webhook_open,
    .publish = webhook_publish,
    .close = webhook_close,
    .batch = 1,
    .counters = counters,
};

PATCHMARK_PLUGIN(plugin)

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test-filter.c - see test-filter.h.
 *
 * The callbacks run in the forked process and report to the test through a pipe, each line with one
 * write.
 */
#include "test-filter.h"

#include <arpa/inet.h>
#include <check.h>
#include <libmilter/mfdef.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 10000

/* ---- the filter's process ----------------------------------------------------------------- */

static struct filter_plan plan;
static int event_pipe;
static atomic_ulong granted; /* of plan.protocol; the same for all connections of a test */

static void event(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void event(const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    line[length++] = '\n';
    if (write(event_pipe, line, (size_t)length) != length)
        _exit(1);
}

/* At most 200 bytes of text, control bytes as \xNN. */
static const char *escaped(const char *text, size_t length, char out[801]) {
    char *end = out;
    for (size_t i = 0; i < length && i < 200; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 32 || byte == 127)
            end += sprintf(end, "\\x%02x", byte);
        else
            *end++ = (char)byte;
    }
    *end = '\0';
    return out;
}

static const char *macro(SMFICTX *ctx, const char *name) {
    char *value = smfi_getsymval(ctx, (char *)name);
    return value ? value : "-";
}

static sfsistat answer(SMFICTX *ctx, enum mta_stage stage, const char *address) {
    static const unsigned long silent[MTA_STAGES] = {
        [MTA_CONNECT] = SMFIP_NR_CONN, [MTA_HELO] = SMFIP_NR_HELO, [MTA_MAIL] = SMFIP_NR_MAIL,
        [MTA_RCPT] = SMFIP_NR_RCPT,    [MTA_DATA] = SMFIP_NR_DATA, [MTA_HEADER] = SMFIP_NR_HDR,
        [MTA_EOH] = SMFIP_NR_EOH,      [MTA_BODY] = SMFIP_NR_BODY,
    };
    bool meant = !plan.answer_for || (address && strstr(address, plan.answer_for));
    if (plan.answer != SMFIS_CONTINUE && plan.answer_at == stage && meant) {
        if (plan.reply_code)
            smfi_setreply(ctx, (char *)plan.reply_code, NULL, (char *)"as planned");
        return plan.answer;
    }
    return granted & silent[stage] ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long protocol,
                             unsigned long unused_2, unsigned long unused_3, unsigned long *out_0,
                             unsigned long *out_1, unsigned long *out_2, unsigned long *out_3) {
    (void)unused_2;
    (void)unused_3;
    event("negotiate");
    if (plan.eom_macros)
        smfi_setsymlist(ctx, SMFIM_EOM, (char *)plan.eom_macros);
    *out_0 = actions & plan.actions;
    *out_1 = granted = protocol & plan.protocol;
    *out_2 = *out_3 = 0;
    return SMFIS_CONTINUE;
}

/* Writes the address of the client as libmilter has read it. */
static const char *client_text(const _SOCK_ADDR *client, char text[INET6_ADDRSTRLEN]) {
    if (!client)
        return "unknown";
    if (client->sa_family == AF_INET)
        return inet_ntop(AF_INET, &((const struct sockaddr_in *)client)->sin_addr, text,
                         INET6_ADDRSTRLEN);
    if (client->sa_family == AF_INET6)
        return inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)client)->sin6_addr, text,
                         INET6_ADDRSTRLEN);
    return client->sa_family == AF_UNIX ? ((const struct sockaddr_un *)client)->sun_path : "?";
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address) {
    char text[INET6_ADDRSTRLEN];
    event("connect %s %s", name, client_text(address, text));
    return answer(ctx, MTA_CONNECT, NULL);
}

static sfsistat on_helo(SMFICTX *ctx, char *name) {
    event("helo %s", name);
    return answer(ctx, MTA_HELO, NULL);
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments) {
    const char *user = smfi_getsymval(ctx, (char *)"{auth_authen}");
    event("mail %s i=%s%s%s", arguments[0], macro(ctx, "i"), user ? " user=" : "",
          user ? user : "");
    return answer(ctx, MTA_MAIL, arguments[0]);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments) {
    event("rcpt %s i=%s", arguments[0], macro(ctx, "i"));
    return answer(ctx, MTA_RCPT, arguments[0]);
}

static sfsistat on_data(SMFICTX *ctx) {
    event("data i=%s", macro(ctx, "i"));
    return answer(ctx, MTA_DATA, NULL);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value) {
    char out[801];
    event("header %.100s|%s", name, escaped(value, strlen(value), out));
    return answer(ctx, MTA_HEADER, NULL);
}

static sfsistat on_eoh(SMFICTX *ctx) {
    event("eoh i=%s", macro(ctx, "i"));
    return answer(ctx, MTA_EOH, NULL);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t length) {
    char out[801];
    if (length <= 40)
        event("body %zu %s", length, escaped((char *)bytes, length, out));
    else
        event("body %zu", length);
    return answer(ctx, MTA_BODY, NULL);
}

static sfsistat on_eom(SMFICTX *ctx) {
    event("eom i=%s client=%s", macro(ctx, "i"), macro(ctx, "{client_addr}"));
    if (plan.edit)
        plan.edit(ctx);
    return answer(ctx, MTA_EOM, NULL);
}

static sfsistat on_abort(SMFICTX *ctx) {
    (void)ctx;
    event("abort");
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx) {
    (void)ctx;
    event("close");
    return SMFIS_CONTINUE;
}

static void filter_run(const char *address) {
    struct smfiDesc description = {
        .xxfi_name = (char *)"test-filter",
        .xxfi_version = SMFI_VERSION,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_header = on_header,
        .xxfi_eoh = on_eoh,
        .xxfi_body = on_body,
        .xxfi_eom = on_eom,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_data = on_data,
        .xxfi_negotiate = on_negotiate,
    };
    if (plan.max_data_bytes)
        smfi_setmaxdatasize(plan.max_data_bytes);
    if (smfi_setconn((char *)address) != MI_SUCCESS || smfi_register(description) != MI_SUCCESS ||
        smfi_opensocket(true) != MI_SUCCESS)
        _exit(1);
    event("ready");
    smfi_main();
    _exit(0);
}

/* ---- the test's process ------------------------------------------------------------------- */

void filter_start(struct filter *filter, const struct filter_plan *wanted) {
    int ends[2];
    memset(filter, 0, sizeof *filter);
    strcpy(filter->folder, "/tmp/test-filter-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(filter->folder));
    snprintf(filter->socket, sizeof filter->socket, "unix:%s/socket", filter->folder);
    ck_assert_int_eq(pipe(ends), 0);
    filter->pid = fork();
    ck_assert_int_ge(filter->pid, 0);
    if (filter->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        event_pipe = ends[1];
        plan = *wanted;
        filter_run(filter->socket);
    }
    close(ends[1]);
    filter->events = ends[0];
    filter_events(filter, "ready");
}

void filter_stop(struct filter *filter) {
    if (filter->pid <= 0)
        return;
    kill(filter->pid, SIGKILL);
    waitpid(filter->pid, NULL, 0);
    close(filter->events);
    unlink(filter->socket + strlen("unix:"));
    rmdir(filter->folder);
    free(filter->seen);
    memset(filter, 0, sizeof *filter);
}

/* Returns true if the events end with LAST, as whole lines. */
static bool events_end_with(const struct filter *filter, const char *last) {
    size_t length = strlen(last);
    if (filter->length < length + 1 || filter->seen[filter->length - 1] != '\n')
        return false;
    const char *end = filter->seen + filter->length - 1 - length;
    return memcmp(end, last, length) == 0 && (end == filter->seen || end[-1] == '\n');
}

static void events_read(struct filter *filter) {
    struct pollfd one = {.fd = filter->events, .events = POLLIN};
    if (filter->capacity - filter->length < 4096) {
        filter->capacity = 2 * filter->capacity + 8192;
        filter->seen = realloc(filter->seen, filter->capacity);
        ck_assert_ptr_nonnull(filter->seen);
    }
    int ready = poll(&one, 1, WAIT_MS);
    ssize_t got = ready == 1 ? read(filter->events, filter->seen + filter->length, 4095) : 0;
    ck_assert_msg(got > 0, "no further event from the filter; events so far:\n%.*s",
                  (int)filter->length, filter->seen);
    filter->length += (size_t)got;
}

const char *filter_events(struct filter *filter, const char *last) {
    filter->length = 0;
    while (!events_end_with(filter, last))
        events_read(filter);
    filter->seen[filter->length - 1] = '\0'; /* the last line end */
    return filter->seen;
}

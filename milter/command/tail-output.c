/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tail-output.c - prints the events of `patchmark tail`; see tail-output.h.
 *
 * Owns standard output.  If the reader of a pipe closes it, the command ends with exit code 0, also
 * while there are no events to print.
 */
#include "command/tail-output.h"

#include "command/stop-signals.h"
#include "util/log.h"
#include "util/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

/* A signal ends the command after the current line. */
void tail_signals_catch(void) {
    stop_signals_catch();
    signal(SIGPIPE, SIG_IGN);
}

bool tail_passes(struct tail *tail, const struct event_filtered *event) {
    if (!event_filter_passes(&tail->filter, event))
        return false;
    if (tail->as_json)
        return true;
    event_text_note_list(&tail->style, event->list);
    return !event_filter_repeats(&tail->filter, event);
}

void tail_print(struct tail *tail, const char *json, size_t length) {
    if (!tail->as_json) {
        event_text_write(stdout, json, length, &tail->style);
        return;
    }
    terminal_write_json(stdout, json, length);
    putchar('\n');
}

bool tail_is_running(struct tail *tail) {
    if (stop_is_requested() && tail->status == TAIL_RUNNING)
        tail->status = EX_OK;
    return tail->status == TAIL_RUNNING;
}

/* Waits, and returns true as soon as the reader of standard output has closed it; false after
 * MILLISECONDS. */
static bool output_closes(int milliseconds) {
    struct pollfd output = {.fd = STDOUT_FILENO, .events = 0};

    return poll(&output, 1, milliseconds) > 0;
}

bool tail_flush(struct tail *tail) {
    if (!tail_is_running(tail))
        return false;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (output_closes(0)) {
        tail->status = EX_OK;
    } else {
        log_error("cannot write standard output");
        tail->status = EX_IOERR;
    }
    return false;
}

bool tail_pause(struct tail *tail, int milliseconds) {
    if (!tail_flush(tail))
        return false;
    if (tail->style.columns > 0)
        tail->style.columns = terminal_columns(STDOUT_FILENO);
    if (output_closes(milliseconds))
        tail->status = EX_OK;
    return tail_is_running(tail);
}

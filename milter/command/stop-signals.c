/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stop-signals.c - see stop-signals.h.  Owns the handlers, and the flag that they set.
 */
#include "command/stop-signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stopped;

static void stop(int number) {
    (void)number;
    stopped = 1;
}

static bool is_ignored(int number) {
    struct sigaction before;

    return sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
}

void stop_signals_catch(void) {
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};

    for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
        if (caught[i] != SIGHUP || !is_ignored(SIGHUP))
            sigaction(caught[i], &action, NULL);
}

bool stop_is_requested(void) {
    return stopped;
}

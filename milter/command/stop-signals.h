/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stop-signals.h - the signals that end a command after its current step.
 */
#ifndef STOP_SIGNALS_H
#define STOP_SIGNALS_H

#include <stdbool.h>

/* Installs handlers for SIGINT, SIGTERM and SIGHUP: after the first signal, stop_is_requested
 * returns true, and a second one ends the process at once.  A signal interrupts a system call that
 * waits (EINTR).  A SIGHUP that was ignored before, as nohup(1) does, stays ignored. */
void stop_signals_catch(void);
/* May be called on any thread. */
bool stop_is_requested(void);

#endif

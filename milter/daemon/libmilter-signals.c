/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libmilter-signals.c - keeps signals from libmilter.
 *
 * A thread of libmilter waits for SIGTERM, SIGHUP and SIGINT with sigwait(3) and then drops the
 * mails in work.  The daemon handles these signals itself (serve.c), but a signal that arrives
 * while its first thread does not wait, as in the first milliseconds, would be received by that
 * thread. libmilter has no interface for this.  It is linked statically, and the option --wrap of
 * ld (LIBMILTER_WRAP_SIGNALS in configure.ac) replaces sigwait in all objects of this link by the
 * function below.  The daemon itself calls sigwaitinfo(2).
 *
 * Never returns, and cannot fail.
 */
#include <signal.h>
#include <unistd.h>

__typeof__(sigwait) __wrap_sigwait;

int __wrap_sigwait(const sigset_t *wanted, int *received) {
    (void)wanted, (void)received;
    for (;;)
        pause(); /* the thread has blocked all signals that the daemon handles */
}

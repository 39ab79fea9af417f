/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sandbox.h - what the daemon can no longer do once it serves: start programs, write elsewhere.
 *
 * By Landlock, where the kernel has it, and by seccomp, where libseccomp was there at build time.
 * Both hold for every thread that is made afterwards and cannot be taken back.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/* From now on this thread and those that it makes
 *   - can make, change and remove files beneath FOLDERS only (Landlock);
 *   - cannot start programs or processes, trace others, change user, mount, load code into the
 *     kernel, or open sockets but unix and internet ones (seccomp; such a call gives EPERM).
 * Reading is not restricted.  Needs no_new_privs, and no other thread yet.  What the kernel or the
 * build does not have is said in the log, and is no error.  A folder that is not there is passed
 * over, with a warning. */
void sandbox_enter(const char *const *folders, size_t count);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sandbox.h - restricts a server before it reads its first mail or request: from then on it cannot
 * start programs, and can change files only in a few folders.
 *
 * Uses Landlock if the kernel supports it, and seccomp if patchmark was built with libseccomp. Both
 * apply to every thread that is created afterwards, and cannot be revoked.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/* Restricts the calling thread and all threads that it creates afterwards:
 *   - They can create, change and remove files only below FOLDERS, an array of COUNT paths
 *     (Landlock).
 *   - They cannot start programs or processes, trace other processes, change the user, mount, load
 *     code into the kernel, or open sockets of families other than AF_UNIX, AF_INET and AF_INET6
 *     (seccomp; such a call fails with EPERM, clone3 with ENOSYS).
 * Reading files is not restricted.  The caller has set no_new_privs and has created no other
 * thread. FOLDERS is not kept.  There is no error: a mechanism that the kernel or the build does
 * not support is logged and left out, and a folder that cannot be opened is logged as a warning and
 * stays read-only. */
void sandbox_enter(const char *const *folders, size_t count);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sandbox.c - see sandbox.h.
 *
 * A restriction that cannot be applied is logged, and the others stay in force: the process has
 * read nothing from others yet, and one with fewer restrictions is better than none.  The units for
 * systemd apply the same restrictions and more.
 */
#include "util/sandbox.h"

#include "util/cleanup.h"
#include "util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef HAVE_LINUX_LANDLOCK_H
#include <linux/landlock.h>
#endif
#ifdef HAVE_SECCOMP
#include <sched.h>
#include <seccomp.h>
#endif

/* ---- Landlock ----------------------------------------------------------------------------- */

#if defined(HAVE_LINUX_LANDLOCK_H) && defined(SYS_landlock_create_ruleset)

/* The rights of Landlock that permit a change, with the first version of its ABI that has them. */
static const struct {
    uint64_t rights;
    int abi;
} write_rights[] = {
    {LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
         LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
         LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
         LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
     1},
#ifdef LANDLOCK_ACCESS_FS_TRUNCATE
    {LANDLOCK_ACCESS_FS_TRUNCATE, 3},
#endif
};

/* The rights in a folder of patchmark: to create, write, rename and remove files. */
#define FOLDER_RIGHTS                                                 \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | TRUNCATE_RIGHT)
#ifdef LANDLOCK_ACCESS_FS_TRUNCATE
#define TRUNCATE_RIGHT LANDLOCK_ACCESS_FS_TRUNCATE
#else
#define TRUNCATE_RIGHT 0
#endif

/* Adds RIGHTS below FOLDER to the ruleset RULES.  Returns 0; -1 with errno set. */
static int folder_allow(int rules, const char *folder, uint64_t rights) {
    AUTO(close) int descriptor = open(folder, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights, .parent_fd = descriptor};

    if (descriptor < 0)
        return -1;
    return (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
}

static void sandbox_files(const char *const *folders, size_t count) {
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr handled = {.handled_access_fs = 0};
    AUTO(close) int rules = -1;

    if (abi < 1) {
        log_info("the kernel does not support Landlock; access to files is restricted only by the "
                 "rights of the user");
        return;
    }
    for (size_t i = 0; i < sizeof(write_rights) / sizeof(write_rights[0]); i++)
        if (abi >= write_rights[i].abi)
            handled.handled_access_fs |= write_rights[i].rights;
    rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
    for (size_t i = 0; i < count && rules >= 0; i++)
        if (folder_allow(rules, folders[i], FOLDER_RIGHTS & handled.handled_access_fs) < 0)
            log_warning("%s: cannot permit writing to this folder: %s; it is read-only for "
                        "this process until a restart; create it, or set confine = false",
                        folders[i], strerror(errno));
    if (rules < 0 || syscall(SYS_landlock_restrict_self, rules, 0) < 0)
        log_warning("cannot enable Landlock: %s; access to files is restricted only by the rights "
                    "of the user",
                    strerror(errno));
}

#else

static void sandbox_files(const char *const *folders, size_t count) {
    (void)folders;
    (void)count;
    log_info(
        "built without Landlock; access to files is restricted only by the rights of the user");
}

#endif

/* ---- seccomp ------------------------------------------------------------------------------ */

#ifdef HAVE_SECCOMP

/* System calls that neither a milter nor the web process needs, and that an attacker who controls
 * it would use. */
static const int forbidden[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(capset),
    SCMP_SYS(chroot),
    SCMP_SYS(pivot_root),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(quotactl),
    SCMP_SYS(acct),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(syslog),
    SCMP_SYS(vhangup),
    SCMP_SYS(personality),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(io_uring_setup),
};

/* Adds all rules to FILTER.  Returns 0; a negative value, such as -ENOMEM, if one cannot be added.
 */
static int filter_fill(scmp_filter_ctx filter) {
    uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
    int result = 0;

    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        int added = seccomp_rule_add(filter, refuse, forbidden[i], 0);

        /* -EDOM, -EINVAL: this architecture does not have the system call. */
        if (added < 0 && added != -EDOM && added != -EINVAL)
            result = added;
    }
    /* New threads are permitted, new processes are not.  The flags of clone3 are in memory, which a
     * filter cannot read, so clone3 fails with ENOSYS, and libc uses clone instead. */
    result |= seccomp_rule_add(filter, refuse, SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    result |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    /* Refuses every family except AF_UNIX (1), AF_INET (2) and AF_INET6 (10).  AF_UNSPEC (0) needs
     * no rule: the kernel has no such sockets. */
    for (int family = AF_INET + 1; family < AF_INET6; family++)
        result |= seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 1,
                                   SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0));
    result |=
        seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GT, AF_INET6, 0));
    return result;
}

static void sandbox_calls(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int result = filter ? filter_fill(filter) : -ENOMEM;

    if (result == 0)
        result = seccomp_load(filter);
    if (result < 0)
        log_warning("cannot enable seccomp: %s; system calls are not restricted",
                    strerror(-result));
    if (filter)
        seccomp_release(filter);
}

#else

static void sandbox_calls(void) {
    log_info("built without libseccomp; system calls are not restricted");
}

#endif

void sandbox_enter(const char *const *folders, size_t count) {
    sandbox_files(folders, count);
    sandbox_calls();
}

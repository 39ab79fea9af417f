/* SPDX-License-Identifier: BSD-2-Clause
 *
 * privileges.c - see privileges.h.
 *
 * What can fail: the user does not exist, the folder cannot be created, or the system refuses the
 * change of user.  Each is logged, and the command ends before it has read a mail.
 */
#include "util/privileges.h"

#include "util/log.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static struct {
    bool changed; /* privileges_change was called */
    uid_t before; /* the effective user before it */
} starter;

/* Creates the state folder while the process still has the right to, and makes USER its owner. */
static int state_make(const char *path, const struct passwd *user) {
    struct stat status;

    if (mkdir(path, 0750) == 0) {
        if (user && chown(path, user->pw_uid, user->pw_gid) < 0) {
            log_error("state folder %s: cannot change its owner to %s: %s", path, user->pw_name,
                      strerror(errno));
            return -1;
        }
        return 0;
    }
    if (errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return 0;
    log_error("state folder %s: cannot be created: %s", path,
              strerror(errno == EEXIST ? ENOTDIR : errno));
    return -1;
}

uid_t privileges_starter(void) {
    return starter.changed ? starter.before : geteuid();
}

int privileges_change(const struct passwd *user) {
    starter.before = privileges_starter();
    starter.changed = true;
    if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 ||
        setuid(user->pw_uid) < 0) {
        log_error("cannot change to user %s: %s", user->pw_name, strerror(errno));
        return -1;
    }
    if (user->pw_uid != 0 && setuid(0) == 0) {
        log_error("cannot give up root for user %s: the process can still become root",
                  user->pw_name);
        return -1;
    }
    return 0;
}

int privileges_drop(const char *user, const char *place, const char *state) {
    const struct passwd *entry = NULL;

    if (geteuid() == 0 && *user) {
        entry = getpwnam(user);
        if (!entry) {
            log_error("%s: unknown user '%s'; create it or change the option 'user'", place, user);
            return EX_NOUSER;
        }
    }
    if (state_make(state, entry) < 0)
        return EX_CANTCREAT;
    if (entry && privileges_change(entry) < 0)
        return EX_OSERR;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        log_warning("cannot set no_new_privs, continuing without: %s", strerror(errno));
    umask(0027);
    return EX_OK;
}

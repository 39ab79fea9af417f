/* SPDX-License-Identifier: BSD-2-Clause
 *
 * privileges.c - see privileges.h.
 *
 * What can fail: the user is not there, the folder cannot be made, the system says no; each is
 * logged, and the verb ends before it has read a mail.
 */
#include "util/privileges.h"

#include "util/log.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* Makes the state folder while we may, and gives it to USER. */
static int state_make(const char *path, const struct passwd *user) {
    struct stat status;

    if (mkdir(path, 0750) == 0) {
        if (user && chown(path, user->pw_uid, user->pw_gid) < 0) {
            log_error("state folder %s: %s", path, strerror(errno));
            return -1;
        }
        return 0;
    }
    if (errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return 0;
    log_error("state folder %s: %s", path, strerror(errno == EEXIST ? ENOTDIR : errno));
    return -1;
}

static int user_become(const struct passwd *user) {
    if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 ||
        setuid(user->pw_uid) < 0) {
        log_error("cannot become user %s: %s", user->pw_name, strerror(errno));
        return -1;
    }
    if (user->pw_uid != 0 && setuid(0) == 0) {
        log_error("user %s can become root again", user->pw_name);
        return -1;
    }
    return 0;
}

int privileges_drop(const char *user, const char *place, const char *state) {
    const struct passwd *entry = NULL;

    if (geteuid() == 0 && *user) {
        entry = getpwnam(user);
        if (!entry) {
            log_error("%s: there is no user '%s' on this machine", place, user);
            return EX_NOUSER;
        }
    }
    if (state_make(state, entry) < 0)
        return EX_CANTCREAT;
    if (entry && user_become(entry) < 0)
        return EX_OSERR;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        log_warning("cannot give up new privileges: %s", strerror(errno));
    umask(0027);
    return EX_OK;
}

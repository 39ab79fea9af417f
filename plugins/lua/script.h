/* SPDX-License-Identifier: BSD-2-Clause
 *
 * script.h - the file of a script, and the facts that it declares.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <patchmark-plugin.h>

#define SCRIPT_BYTES (256 * 1024) /* of the file */
#define SCRIPT_FACTS 32           /* that one script may declare */
#define SCRIPT_KEY   32           /* bytes of the key of a fact */

/* The name of the script in the errors of Lua, which cuts long ones; state_error replaces it. */
#define SCRIPT_CHUNK "script"

struct script_fact {
    char key[SCRIPT_KEY + 1];
    enum patchmark_type type;
};

struct script {
    struct patchmark_instance *instance; /* that runs it */
    char *path;                          /* of the file, absolute and without symbolic links */
    char *text;
    size_t length;
    struct script_fact facts[SCRIPT_FACTS];
    size_t fact_count;
};

/* Reads the file PATH.  Returns a script without facts, for script_free.  Returns NULL after
 * patchmark_option_error if it cannot be read, is too large, or is not trusted; see
 * patchmark_option_trusted. */
struct script *script_read(struct patchmark_instance *instance, const char *path);
void script_free(struct script *script);

/* Returns the fact KEY; NULL if the script does not declare it. */
const struct script_fact *script_fact(const struct script *script, const char *key);

/* Declares the fact KEY.  Returns NULL, or what is wrong with it, a static string. */
const char *script_declare(struct script *script, const char *key, const char *type);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule.h - the rules of one instance of the plugin: reads them from the options and from the file
 * of rules, checks and compiles them.
 */
#ifndef RULES_RULE_H
#define RULES_RULE_H

#include "expression.h"

#include <stdatomic.h>

/* The maximum number of rules, because each one is evaluated for each mail. */
#define RULES_MOST 10000

/* The maximum size of a file of rules, the same as that of a configuration file. */
#define RULES_FILE_BYTES (1024 * 1024)

/* The maximum number of errors that are logged at once. */
#define RULES_ERRORS 20

struct rule {
    char *word;
    bool flag;                     /* true if `word` is a flag, false if it is a label */
    char *place;                   /* for the log: "FILE:LINE" or "item 2 of option 'label'" */
    struct expression *expression; /* prepared by evaluate_prepare */
    atomic_uint failures_in_a_row; /* consecutive mails on which it exceeded its budget */
    atomic_bool failure_logged;    /* its first failure was logged */
    atomic_bool off;               /* it failed too often and is not evaluated any more */
};

struct rule_list {
    struct rule *rules;
    size_t count, room; /* the number of rules, and of those for which there is memory */
    bool slow;          /* at least one regular expression is interpreted, see regex_is_jit */
};

/* The options of the plugin, for its descriptor. */
extern const struct patchmark_option rule_options[];

/* Reads the rules of INSTANCE into LIST, which must be zeroed.  May be called from open only.
 * Returns 0 on success; -1 if there are errors, each of which was logged with its position.  In
 * both cases the caller frees the rules with rule_list_free. */
int rule_list_load(struct rule_list *list, struct patchmark_instance *instance);
/* Frees the rules of LIST, and zeroes LIST. */
void rule_list_free(struct rule_list *list);

#endif

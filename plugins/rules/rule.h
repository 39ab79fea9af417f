/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule.h - the rules of one configuration: read from the options and the file, checked, compiled.
 */
#ifndef RULES_RULE_H
#define RULES_RULE_H

#include "expression.h"

#include <stdatomic.h>

/* Each is looked at for each mail. */
#define RULES_MOST 10000

/* A file of rules, as large as a configuration. */
#define RULES_FILE_BYTES (1024 * 1024)

/* Mistakes told at once: more are no help. */
#define RULES_MISTAKES 20

struct rule {
    char *word;
    bool flag;                     /* else a label */
    char *place;                   /* for the log: "FILE:LINE", or "item 2 of option label" */
    struct expression *expression; /* prepared */
    atomic_uint failures_in_a_row;
    atomic_bool failure_logged; /* that it failed once */
    atomic_bool off;
};

struct rule_list {
    struct rule *rules;
    size_t count, room;
    bool slow; /* some regular expression is interpreted, see regex_is_jit */
};

/* The options, for the descriptor. */
extern const struct patchmark_option rule_options[];

/* Reads all rules of INSTANCE into LIST, which is empty.  -1 after each mistake was logged with its
 * place.  In both cases LIST is for rule_list_free. */
int rule_list_load(struct rule_list *list, struct patchmark_instance *instance);
void rule_list_free(struct rule_list *list);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rules.c - the classifier "rules": sets labels and flags by the rules of the operator.
 *
 * An instance owns its rules, which do not change after open, and a list of unused materials, of
 * which each mail takes one.  A rule that exceeds its budget on a mail sets nothing on that mail;
 * after RULE_FAILURES such mails in a row it is switched off.  The other rules continue.
 */
#include "evaluate.h"
#include "rule.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The limits of work on one mail, in the units of struct budget.  RULE_BUDGET, for one rule, takes
 * 4 ms with JIT and 15 ms without; each of twenty typical rules took 200 units on average on 4,200
 * real mails, and at most 57,000.  MAIL_BUDGET, for all rules, allows four rules to use up their
 * budgets. */
#define RULE_BUDGET 1000000
#define MAIL_BUDGET (4 * RULE_BUDGET)

/* The number of consecutive failures that switch a rule off, the same as for plugins. */
#define RULE_FAILURES 10

/* The maximum number of labels of one mail, and of flags; further ones are not set. */
#define WORDS_MOST 64

struct rules {
    struct patchmark_instance *instance;
    struct rule_list list;
    pthread_mutex_t lock;      /* protects `spare`: classify runs on several threads */
    struct material *spare;    /* the list of unused materials; none is freed before close */
    atomic_bool budget_logged; /* it was logged that a mail used up MAIL_BUDGET */
};

/* ---- materials ---------------------------------------------------------------------------- */

static struct material *material_acquire(struct rules *self) {
    struct material *material;

    pthread_mutex_lock(&self->lock);
    material = self->spare;
    if (material)
        self->spare = material->next;
    pthread_mutex_unlock(&self->lock);
    return material ? material : material_new();
}

static void material_release(struct rules *self, struct material *material) {
    pthread_mutex_lock(&self->lock);
    material->next = self->spare;
    self->spare = material;
    pthread_mutex_unlock(&self->lock);
}

/* ---- failures ----------------------------------------------------------------------------- */

static void rule_failed(struct rules *self, struct rule *rule, const char *message_id) {
    unsigned row = atomic_fetch_add(&rule->failures_in_a_row, 1) + 1;

    if (!atomic_exchange(&rule->failure_logged, true))
        patchmark_log(self->instance, PATCHMARK_WARNING,
                      "the rule for %s (%s) exceeded its limit of work on <%s> and sets nothing on "
                      "that mail; "
                      "simplify its regular expressions; logged once for each rule",
                      rule->word, rule->place, message_id);
    if (row == RULE_FAILURES) {
        atomic_store(&rule->off, true);
        patchmark_log(self->instance, PATCHMARK_ERROR,
                      "the rule for %s (%s) exceeded its limit of work on %u mails in a row and is "
                      "switched off "
                      "until the next reload; simplify its regular expressions",
                      rule->word, rule->place, row);
    }
}

static void rule_worked(struct rule *rule) {
    if (atomic_load(&rule->failures_in_a_row) != 0)
        atomic_store(&rule->failures_in_a_row, 0);
}

static void mail_failed(struct rules *self, const struct rule *rule, const char *message_id) {
    if (!atomic_exchange(&self->budget_logged, true))
        patchmark_log(
            self->instance, PATCHMARK_WARNING,
            "the rules exceeded their common limit of work on <%s>: the rule for %s (%s) and "
            "all later ones set nothing on that mail; simplify the regular "
            "expressions; logged once",
            message_id, rule->word, rule->place);
}

/* ---- a mail ------------------------------------------------------------------------------- */

/* Evaluates all rules and sets their words.  Returns the number of rules that matched. */
static int64_t evaluate_all(struct rules *self, struct material *material,
                            struct patchmark_facts *facts) {
    const char *message_id = patchmark_message_id(material->message);
    uint64_t left = MAIL_BUDGET;
    int64_t matched = 0;

    for (size_t i = 0; i < self->list.count; i++) {
        struct rule *rule = &self->list.rules[i];
        uint64_t granted = left < RULE_BUDGET ? left : RULE_BUDGET;
        struct budget budget = {granted};
        enum verdict verdict;

        if (atomic_load(&rule->off))
            continue;
        verdict = evaluate(rule->expression, material, &budget);
        left -= granted - budget.left;
        if (verdict == VERDICT_LIMIT && left == 0 && granted < RULE_BUDGET) {
            mail_failed(self, rule, message_id); /* earlier rules used the budget */
            return matched;
        }
        if (verdict == VERDICT_LIMIT) {
            rule_failed(self, rule, message_id);
            continue;
        }
        rule_worked(rule);
        if (verdict == VERDICT_NO)
            continue;
        matched++;
        patchmark_explain(facts, "rules", "%s %s: %s", rule->flag ? "flag" : "label", rule->word,
                          rule->place);
        if (patchmark_fact_count(facts, rule->flag ? "rules.flags" : "rules.labels") == WORDS_MOST)
            continue;
        if (rule->flag)
            patchmark_add_flag(facts, rule->word);
        else
            patchmark_add_label(facts, rule->word);
    }
    return matched;
}

static int rules_classify(void *data, const struct patchmark_message *message,
                          struct patchmark_facts *facts) {
    struct rules *self = data;
    struct material *material = material_acquire(self);
    int64_t matched;

    if (!material)
        return -1;
    material_begin(material, message, facts);
    matched = evaluate_all(self, material, facts);
    material_release(self, material);
    return patchmark_fact_set_int(facts, "matched", matched);
}

/* ---- open and close ----------------------------------------------------------------------- */

static void rules_close(void *data) {
    struct rules *self = data;

    while (self->spare) {
        struct material *material = self->spare;

        self->spare = material->next;
        material_free(material);
    }
    rule_list_free(&self->list);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static int rules_open(struct patchmark_instance *instance, void **out) {
    struct rules *self = calloc(1, sizeof(*self));

    if (!self) {
        patchmark_log(instance, PATCHMARK_ERROR, "out of memory");
        return -1;
    }
    self->instance = instance;
    pthread_mutex_init(&self->lock, NULL);
    if (rule_list_load(&self->list, instance) != 0) {
        rules_close(self);
        return -1;
    }
    if (self->list.slow)
        patchmark_log(instance, PATCHMARK_DEBUG,
                      "regular expressions are interpreted, which is slower: the system does not "
                      "allow PCRE2 to create machine code");
    *out = self;
    return 0;
}

static const struct patchmark_fact provides[] = {
    {"labels", PATCHMARK_LIST, "the words of the label rules that matched", "kvm"},
    {"flags", PATCHMARK_LIST, "the words of the flag rules that matched", "urgent"},
    {"matched", PATCHMARK_INT, "the number of rules that matched", "2"},
    {0},
};

static struct patchmark_plugin plugin = {
    .traits = PATCHMARK_PARALLEL | PATCHMARK_RUNS_LAST,
    .name = "rules",
    .version = "1",
    .summary = "sets labels and flags by rules of the operator",
    .options = rule_options,
    .provides = provides,
    .open = rules_open,
    .classify = rules_classify,
    .close = rules_close,
};

PATCHMARK_PLUGIN(plugin)

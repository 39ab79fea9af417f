/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule.c - see rule.h.
 *
 * Loading fails if the file cannot be read, or if a rule in the file or in an option is invalid.
 * patchmark then does not start, or on a reload keeps the old configuration.
 */
#include "rule.h"

#include "evaluate.h"
#include "rule-text.h"
#include "token.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct patchmark_option rule_options[] = {
    {"label", PATCHMARK_LIST, NULL, 0, 0, "rules for labels: \"WORD: EXPRESSION\""},
    {"flag", PATCHMARK_LIST, NULL, 0, 0, "rules for flags: \"WORD: EXPRESSION\""},
    {"table", PATCHMARK_STRING, NULL, 0, 0, "file of rules, one on each line"},
    {0},
};

struct loader {
    struct patchmark_instance *instance;
    struct rule_list *list;
    size_t errors; /* the number of errors so far */
};

/* ---- one rule ----------------------------------------------------------------------------- */

/* Appends a zeroed rule to LIST.  Returns NULL if memory runs out. */
static struct rule *rule_new(struct rule_list *list) {
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        struct rule *rules = realloc(list->rules, room * sizeof(*rules));

        if (!rules)
            return NULL;
        list->rules = rules;
        list->room = room;
    }
    memset(&list->rules[list->count], 0, sizeof(*list->rules));
    return &list->rules[list->count++];
}

/* Logs the facts in RULE of plugins that are not loaded: they are never set. */
static void facts_check(const struct patchmark_instance *instance, const struct rule *rule) {
    for (size_t i = 0; i < rule->expression->term_count; i++) {
        const struct term *term = &rule->expression->terms[i];

        if (term->field == FIELD_FACT && !patchmark_fact_type(instance, term->name))
            patchmark_log(instance, PATCHMARK_WARNING,
                          "the rule for %s (%s) uses the fact %s, whose plugin is not loaded",
                          rule->word, rule->place, term->name);
    }
}

/* Appends the rule TEXT to the list.  PLACE describes its position for the log, and is NULL if
 * memory ran out; the function takes ownership of it.  Returns false and fills ERROR, with the
 * offset in the expression, on failure. */
static bool add(struct loader *loader, const struct rule_text *text, char *place,
                struct expression_error *error) {
    struct rule *rule = loader->list->count < RULES_MOST && place ? rule_new(loader->list) : NULL;

    expression_fail(error, 0, "out of memory");
    if (!rule) {
        snprintf(error->text, sizeof(error->text), "cannot hold more than %zu rules",
                 loader->list->count);
        free(place);
        return false;
    }
    rule->place = place;
    rule->flag = text->flag;
    rule->word = strndup(text->word.data, text->word.length);
    rule->expression = expression_parse(loader->instance, text->expression, error);
    if (!rule->expression || !evaluate_prepare(rule->expression, error))
        return false;
    facts_check(loader->instance, rule);
    loader->list->slow = loader->list->slow || evaluate_is_slow(rule->expression);
    return rule->word != NULL;
}

void rule_list_free(struct rule_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->rules[i].word);
        free(list->rules[i].place);
        evaluate_free(list->rules[i].expression);
    }
    free(list->rules);
    *list = (struct rule_list){.rules = NULL};
}

/* Counts an error.  Returns true if the caller should log it, and false after the first
 * RULES_ERRORS errors. */
static bool error_count(struct loader *loader) {
    loader->errors++;
    if (loader->errors == RULES_ERRORS + 1)
        patchmark_log(loader->instance, PATCHMARK_ERROR,
                      "further errors in the rules are not logged");
    return loader->errors <= RULES_ERRORS;
}

/* ---- options ------------------------------------------------------------------------------ */

/* Warns of a control character other than a blank in ITEM, which is what "\b" is in double quotes:
 * a regular expression with it matches nothing. */
static void control_check(const struct loader *loader, const char *option, size_t i,
                          const char *item) {
    for (const char *at = item; *at; at++)
        if (iscntrl((unsigned char)*at) && !isspace((unsigned char)*at)) {
            patchmark_log(loader->instance, PATCHMARK_WARNING,
                          "option '%s' item %zu, column %zu: control character 0x%02x, as of \\b "
                          "in double quotes; write the rule in single quotes",
                          option, i + 1, (size_t)(at - item) + 1, (unsigned char)*at);
            return;
        }
}

static void load_item(struct loader *loader, const char *option, size_t i) {
    const char *item = patchmark_option_item(loader->instance, option, i);
    struct rule_text text = {.flag = strcmp(option, "flag") == 0};
    struct expression_error error;
    char *place;

    control_check(loader, option, i, item);
    if (!rule_text_item(patchmark_text_of(item), &text, &error)) {
        if (error_count(loader))
            patchmark_option_error(loader->instance, option, "item %zu, column %zu: %s", i + 1,
                                   error.at + 1, error.text);
        return;
    }
    if (asprintf(&place, "item %zu of option '%s'", i + 1, option) < 0)
        place = NULL;
    if (!add(loader, &text, place, &error) && error_count(loader))
        patchmark_option_error(loader->instance, option, "item %zu (%.*s), column %zu: %s", i + 1,
                               (int)text.word.length, text.word.data,
                               (size_t)(text.expression.data - item) + error.at + 1, error.text);
}

/* ---- the file ----------------------------------------------------------------------------- */

/* Reads the file FD into *DATA, which the caller frees, and sets *LENGTH.  Returns NULL, or a text
 * that describes the error. */
static const char *read_whole(int fd, char **data, size_t *length) {
    struct stat status;
    ssize_t got = 1;

    if (fd < 0 || fstat(fd, &status) < 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    if (status.st_size > RULES_FILE_BYTES)
        return "larger than 1 MiB";
    *data = malloc((size_t)status.st_size + 1);
    for (*length = 0; *data && got > 0 && *length < (size_t)status.st_size;) {
        got = read(fd, *data + *length, (size_t)status.st_size - *length);
        *length += got > 0 ? (size_t)got : 0;
    }
    if (!*data || got < 0)
        return strerror(errno);
    return memchr(*data, '\0', *length) ? "contains NUL bytes" : NULL;
}

static void load_text(struct loader *loader, const char *path, struct patchmark_text file) {
    enum rule_text_result result;
    struct expression_error error;
    struct rule_text text;
    size_t at = 0, line, column;
    char *place;

    while ((result = rule_text_next(file, &at, &text, &error)) != RULE_TEXT_END) {
        if (result == RULE_TEXT_RULE) {
            rule_text_place(file, (size_t)(text.word.data - file.data), &line, &column);
            if (asprintf(&place, "%s:%zu", path, line) < 0)
                place = NULL;
            if (add(loader, &text, place, &error))
                continue;
            error.at += (size_t)(text.expression.data - file.data);
        }
        if (!error_count(loader))
            return;
        rule_text_place(file, error.at, &line, &column);
        patchmark_log(loader->instance, PATCHMARK_ERROR, "%s:%zu:%zu: %s", path, line, column,
                      error.text);
    }
}

static void load_file(struct loader *loader, const char *path) {
    const char *wrong = "the path must be absolute";
    char *data = NULL;
    size_t length = 0;
    int fd;

    if (*path == '/') {
        /* O_NONBLOCK: opening a pipe must not block the start. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        wrong = read_whole(fd, &data, &length);
        if (fd >= 0)
            close(fd);
    }
    if (!wrong)
        load_text(loader, path, (struct patchmark_text){data, length});
    else if (error_count(loader))
        patchmark_option_error(loader->instance, "table", "names %s: %s", path, wrong);
    free(data);
}

int rule_list_load(struct rule_list *list, struct patchmark_instance *instance) {
    static const char *const options[] = {"label", "flag"};
    struct loader loader = {.instance = instance, .list = list};
    const char *path = patchmark_option_string(instance, "table");

    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
        for (size_t j = 0; j < patchmark_option_count(instance, options[i]); j++)
            load_item(&loader, options[i], j);
    if (path)
        load_file(&loader, path);
    return loader.errors > 0 ? -1 : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fake-instance.c - see fake-instance.h.
 */
#include "support/fake-instance.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct patchmark_instance *fake_instance_new(const struct patchmark_option *table,
                                             const struct fake_value *values) {
    struct patchmark_instance *instance = calloc(1, sizeof(*instance));
    if (!instance)
        abort();
    instance->options = table;
    instance->values = values;
    return instance;
}

void fake_instance_free(struct patchmark_instance *instance) {
    free(instance);
}

void patchmark_will_write(struct patchmark_instance *instance, const char *folder) {
    (void)instance;
    (void)folder;
}

const char *patchmark_host(const struct patchmark_instance *instance) {
    return instance && instance->host ? instance->host : "lists.example.org";
}

static const char *fake_value(const struct patchmark_instance *instance, const char *name) {
    const struct patchmark_option *option = instance->options;
    const struct fake_value *value = instance->values;

    while (option->name && strcmp(option->name, name) != 0)
        option++;
    if (!option->name) {
        fprintf(stderr, "the plugin has no option '%s'\n", name);
        abort();
    }
    while (value && value->name && strcmp(value->name, name) != 0)
        value++;
    return value && value->name ? value->value : option->fallback;
}

bool patchmark_option_bool(const struct patchmark_instance *instance, const char *name) {
    const char *value = fake_value(instance, name);
    return value && strcmp(value, "true") == 0;
}

/* A duration is converted to seconds. */
int64_t patchmark_option_int(const struct patchmark_instance *instance, const char *name) {
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const char *value = fake_value(instance, name);
    char *end = NULL;
    int64_t number = value ? strtoll(value, &end, 10) : 0;

    for (size_t i = 0; end && i < sizeof(units) / sizeof(units[0]); i++)
        if (*end == units[i].unit)
            return number * units[i].seconds;
    return number;
}

const char *patchmark_option_string(const struct patchmark_instance *instance, const char *name) {
    return fake_value(instance, name);
}

/* The items of a list are separated by single spaces. */
size_t patchmark_option_count(const struct patchmark_instance *instance, const char *name) {
    const char *value = fake_value(instance, name);
    size_t count = value && *value ? 1 : 0;

    for (; count > 0 && *value; value++)
        count += *value == ' ';
    return count;
}

/* Returns an item of at most 200 bytes, valid until the eighth call from then. */
const char *patchmark_option_item(const struct patchmark_instance *instance, const char *name,
                                  size_t i) {
    static _Thread_local char items[8][201];
    static _Thread_local size_t next;
    const char *value = fake_value(instance, name);
    char *item = items[next++ % 8];

    for (; i > 0; i--)
        value = strchr(value, ' ') + 1;
    snprintf(item, sizeof(items[0]), "%.*s", (int)strcspn(value, " "), value);
    return item;
}

void patchmark_count(struct patchmark_instance *instance, const char *name, uint64_t amount) {
    size_t i = 0;

    while (i < FAKE_COUNTERS && instance->counters[i].name &&
           strcmp(instance->counters[i].name, name) != 0)
        i++;
    if (i == FAKE_COUNTERS)
        abort();
    instance->counters[i].name = name;
    instance->counters[i].count += amount;
}

uint64_t fake_instance_counted(const struct patchmark_instance *instance, const char *name) {
    for (size_t i = 0; i < FAKE_COUNTERS && instance->counters[i].name; i++)
        if (strcmp(instance->counters[i].name, name) == 0)
            return instance->counters[i].count;
    return 0;
}

static struct fake_line *fake_line_new(const struct patchmark_instance *instance, int level) {
    /* The log functions take a const instance, because in the core an instance has no log. */
    struct patchmark_instance *owner = (struct patchmark_instance *)instance;
    if (owner->line_count == STUB_LINES) {
        fprintf(stderr, "more than %d log lines\n", STUB_LINES);
        abort();
    }
    struct fake_line *line = &owner->lines[owner->line_count++];
    line->level = level;
    return line;
}

void patchmark_option_error(const struct patchmark_instance *instance, const char *name,
                            const char *format, ...) {
    struct fake_line *line = fake_line_new(instance, 0);
    int length = snprintf(line->text, sizeof(line->text), "%s ", name);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->text + length, sizeof(line->text) - (size_t)length, format, arguments);
    va_end(arguments);
}

void patchmark_log(const struct patchmark_instance *instance, enum patchmark_level level,
                   const char *format, ...) {
    struct fake_line *line = fake_line_new(instance, (int)level);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->text, sizeof(line->text), format, arguments);
    va_end(arguments);
}

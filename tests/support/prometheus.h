/* SPDX-License-Identifier: BSD-2-Clause
 *
 * prometheus.h - a strict reader of the text form of metrics, version 0.0.4.
 *
 * It takes less than Prometheus does: HELP, TYPE and the samples of a family stand together, in
 * this order, and names and units follow the rules that promtool checks.  What breaks one fails the
 * test that reads.
 */
#ifndef PROMETHEUS_H
#define PROMETHEUS_H

#include <check.h>
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PROMETHEUS_SAMPLES 500

struct prometheus_sample {
    char name[200]; /* with its labels, as written */
    double value;
    bool counter; /* it may only grow */
};

struct prometheus {
    struct prometheus_sample samples[PROMETHEUS_SAMPLES];
    size_t count;
    char families[200][100];
    size_t family_count;
    char type[20]; /* of the family that is being read */
    bool sampled;  /* it has a sample */
};

static inline size_t prometheus_word(const char *at) {
    size_t length = 0;

    while (isalnum((unsigned char)at[length]) || at[length] == '_')
        length++;
    return length;
}

/* {name="value",...}; gives what is behind it. */
static inline const char *prometheus_labels(const char *at) {
    ck_assert_int_eq(*at, '{');
    do {
        size_t length = prometheus_word(++at);

        ck_assert_msg(length > 0 && !isdigit((unsigned char)*at), "no name of a label: %s", at);
        at += length;
        ck_assert_msg(strncmp(at, "=\"", 2) == 0, "no value: %s", at);
        for (at += 2; *at != '"'; at++) {
            ck_assert_msg((unsigned char)*at >= ' ', "a value that does not end: %s", at);
            if (*at == '\\')
                ck_assert_msg(strchr("\\\"n", *++at) && *at, "no such escape: %s", at);
        }
        at++;
    } while (*at == ',');
    ck_assert_msg(*at == '}', "no end of labels: %s", at);
    return at + 1;
}

/* "# HELP family text", which starts a family, then "# TYPE family type". */
static inline void prometheus_comment(struct prometheus *all, const char *line) {
    bool help = strncmp(line, "# HELP ", 7) == 0;
    const char *name = line + 7;
    size_t length = prometheus_word(name);
    char *family = all->families[all->family_count];

    ck_assert_msg(help || strncmp(line, "# TYPE ", 7) == 0, "neither HELP nor TYPE: %s", line);
    ck_assert_msg(strncmp(name, "patchmark_", 10) == 0 && length < 100, "its name: %s", line);
    ck_assert_msg(name[length] == ' ' && name[length + 1] > ' ', "no text: %s", line);
    if (help) {
        ck_assert_msg(all->sampled || all->family_count == 0, "no sample before: %s", line);
        all->sampled = false;
        memcpy(family, name, length);
        family[length] = '\0';
        for (size_t i = 0; i < all->family_count; i++)
            ck_assert_str_ne(all->families[i], family);
        ck_assert_uint_lt(++all->family_count, 200);
        *all->type = '\0';
        return;
    }
    ck_assert_uint_gt(all->family_count, 0);
    family = all->families[all->family_count - 1];
    ck_assert_msg(strlen(family) == length && strncmp(family, name, length) == 0 && !*all->type,
                  "not of the family that began: %s", line);
    ck_assert_uint_lt(strlen(name + length + 1), sizeof(all->type));
    strcpy(all->type, name + length + 1);
    ck_assert_msg(strcmp(all->type, "counter") == 0 || strcmp(all->type, "gauge") == 0 ||
                      strcmp(all->type, "histogram") == 0,
                  "no such type: %s", line);
    /* A counter says so in its name, and nothing else does. */
    ck_assert_int_eq(strcmp(all->type, "counter") == 0,
                     length > 6 && strncmp(name + length - 6, "_total", 6) == 0);
}

static inline void prometheus_sample(struct prometheus *all, const char *line) {
    const char *family = all->family_count ? all->families[all->family_count - 1] : "";
    struct prometheus_sample *sample = &all->samples[all->count];
    size_t length = prometheus_word(line);
    const char *end = line + length, *suffix = line + strlen(family);
    bool histogram = strcmp(all->type, "histogram") == 0;
    char *rest;

    ck_assert_msg(*all->type && strncmp(line, family, strlen(family)) == 0,
                  "a sample outside of its family: %s", line);
    ck_assert_msg(suffix == end || (histogram && (strncmp(suffix, "_bucket{le=\"", 12) == 0 ||
                                                  strncmp(suffix, "_sum ", 5) == 0 ||
                                                  strncmp(suffix, "_count ", 7) == 0)),
                  "another name than its family's: %s", line);
    if (*end == '{')
        end = prometheus_labels(end);
    ck_assert_msg(*end == ' ', "no value: %s", line);
    ck_assert_uint_lt((size_t)(end - line), sizeof(sample->name));
    memcpy(sample->name, line, (size_t)(end - line));
    sample->name[end - line] = '\0';
    for (size_t i = 0; i < all->count; i++)
        ck_assert_str_ne(all->samples[i].name, sample->name);
    sample->value = strtod(end + 1, &rest);
    ck_assert_msg(rest > end + 1 && !*rest && isfinite(sample->value), "no number: %s", line);
    all->sampled = true;
    sample->counter = strcmp(all->type, "gauge") != 0;
    ck_assert_uint_lt(++all->count, PROMETHEUS_SAMPLES);
}

/* For free. */
static inline struct prometheus *prometheus_read(const char *text) {
    struct prometheus *all = calloc(1, sizeof(*all));
    char *copy = strdup(text), *line = copy;

    ck_assert_msg(*text && text[strlen(text) - 1] == '\n', "it does not end with a line");
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        ck_assert_msg(*line, "an empty line");
        if (*line == '#')
            prometheus_comment(all, line);
        else
            prometheus_sample(all, line);
    }
    free(copy);
    return all;
}

/* NAN: there is none of that name. */
static inline double prometheus_get(const struct prometheus *all, const char *name) {
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->samples[i].name, name) == 0)
            return all->samples[i].value;
    return NAN;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * prometheus.h - a strict parser of the Prometheus text format, version 0.0.4.
 *
 * It is stricter than Prometheus: HELP, TYPE and the samples of a family must follow each other in
 * this order, and names and units must follow the rules that promtool checks.  A violation fails
 * the test.
 */
#ifndef PROMETHEUS_H
#define PROMETHEUS_H

#include <check.h>
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PROMETHEUS_SAMPLES 2500

struct prometheus_sample {
    char name[400]; /* with its labels, as written */
    double value;
    bool counter; /* its value must not decrease */
};

struct prometheus {
    struct prometheus_sample samples[PROMETHEUS_SAMPLES];
    size_t count;
    char families[200][100];
    size_t family_count;
    char type[20]; /* of the family that is read at the moment */
    bool sampled;  /* this family has a sample */
};

static inline size_t prometheus_word(const char *at) {
    size_t length = 0;

    while (isalnum((unsigned char)at[length]) || at[length] == '_')
        length++;
    return length;
}

/* Reads {name="value",...}.  Returns the address behind it. */
static inline const char *prometheus_labels(const char *at) {
    ck_assert_int_eq(*at, '{');
    do {
        size_t length = prometheus_word(++at);

        ck_assert_msg(length > 0 && !isdigit((unsigned char)*at), "missing name of a label: %s",
                      at);
        at += length;
        ck_assert_msg(strncmp(at, "=\"", 2) == 0, "missing value of a label: %s", at);
        for (at += 2; *at != '"'; at++) {
            ck_assert_msg((unsigned char)*at >= ' ', "value without end: %s", at);
            if (*at == '\\')
                ck_assert_msg(strchr("\\\"n", *++at) && *at, "invalid escape: %s", at);
        }
        at++;
    } while (*at == ',');
    ck_assert_msg(*at == '}', "labels without end: %s", at);
    return at + 1;
}

/* Reads "# HELP family text", which starts a family, or "# TYPE family type", which follows it. */
static inline void prometheus_comment(struct prometheus *all, const char *line) {
    bool help = strncmp(line, "# HELP ", 7) == 0;
    const char *name = line + 7;
    size_t length = prometheus_word(name);
    char *family = all->families[all->family_count];

    ck_assert_msg(help || strncmp(line, "# TYPE ", 7) == 0, "neither HELP nor TYPE: %s", line);
    ck_assert_msg(strncmp(name, "patchmark_", 10) == 0 && length < 100, "invalid name: %s", line);
    ck_assert_msg(name[length] == ' ' && name[length + 1] > ' ', "missing text: %s", line);
    if (help) {
        ck_assert_msg(all->sampled || all->family_count == 0, "family without a sample before: %s",
                      line);
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
                  "TYPE of another family: %s", line);
    ck_assert_uint_lt(strlen(name + length + 1), sizeof(all->type));
    strcpy(all->type, name + length + 1);
    ck_assert_msg(strcmp(all->type, "counter") == 0 || strcmp(all->type, "gauge") == 0 ||
                      strcmp(all->type, "histogram") == 0,
                  "unknown type: %s", line);
    /* Only the name of a counter ends in _total. */
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
                  "sample outside of its family: %s", line);
    ck_assert_msg(suffix == end || (histogram && (strncmp(suffix, "_bucket{le=\"", 12) == 0 ||
                                                  strncmp(suffix, "_sum ", 5) == 0 ||
                                                  strncmp(suffix, "_count ", 7) == 0)),
                  "name does not match the family: %s", line);
    if (*end == '{')
        end = prometheus_labels(end);
    ck_assert_msg(*end == ' ', "missing value: %s", line);
    ck_assert_uint_lt((size_t)(end - line), sizeof(sample->name));
    memcpy(sample->name, line, (size_t)(end - line));
    sample->name[end - line] = '\0';
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->samples[i].name, sample->name) == 0)
            ck_abort_msg("repeated sample: %s", line);
    sample->value = strtod(end + 1, &rest);
    ck_assert_msg(rest > end + 1 && !*rest && isfinite(sample->value), "invalid number: %s", line);
    all->sampled = true;
    sample->counter = strcmp(all->type, "gauge") != 0;
    ck_assert_uint_lt(++all->count, PROMETHEUS_SAMPLES);
}

/* Parses TEXT.  Returns its samples, for free(3). */
static inline struct prometheus *prometheus_read(const char *text) {
    struct prometheus *all = calloc(1, sizeof(*all));
    char *copy = strdup(text), *line = copy;

    ck_assert_msg(*text && text[strlen(text) - 1] == '\n', "the text does not end with a newline");
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        ck_assert_msg(*line, "empty line");
        if (*line == '#')
            prometheus_comment(all, line);
        else
            prometheus_sample(all, line);
    }
    free(copy);
    return all;
}

/* Returns the value of the sample NAME; NAN if there is none. */
static inline double prometheus_get(const struct prometheus *all, const char *name) {
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->samples[i].name, name) == 0)
            return all->samples[i].value;
    return NAN;
}

#endif

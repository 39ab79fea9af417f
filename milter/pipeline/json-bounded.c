/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-bounded.c - see json-bounded.h.  Owns nothing.
 */
#include "pipeline/json-bounded.h"

#include "pipeline/bounds.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIME_LAST 253402300799 /* the end of the year 9999 */

/* ---- objects ------------------------------------------------------------------------------ */

void json_object_open(struct json_object *object, GString *json, const char *key,
                      unsigned halvings) {
    object->json = json;
    object->halvings = halvings;
    object->cut_count = 0;
    json_write_open(json, key, '{');
}

void json_object_close(struct json_object *object) {
    if (object->cut_count > 0) {
        json_write_open(object->json, "truncated", '[');
        for (size_t i = 0; i < object->cut_count; i++)
            json_write_string(object->json, NULL, object->cuts[i]);
        json_write_close(object->json, ']');
    }
    json_write_close(object->json, '}');
}

/* Notes that the member KEY, a static string, is shorter than it should be. */
static void object_cut(struct json_object *object, const char *key) {
    for (size_t i = 0; i < object->cut_count; i++)
        if (strcmp(object->cuts[i], key) == 0)
            return;
    if (object->cut_count < JSON_CUTS)
        object->cuts[object->cut_count++] = key;
}

/* ---- strings ------------------------------------------------------------------------------ */

/* Writes STRING as the member KEY, or as an element if KEY is NULL.  Returns false if it was cut.
 */
static bool cut_write(GString *json, const char *key, const char *string) {
    size_t length = strlen(string), fits = json_text_fit(string, length, LIMIT_JSON_STRING);

    json_write_text(json, key, string, fits);
    return fits == length;
}

void json_object_text(struct json_object *object, const char *key, const char *string) {
    if (!cut_write(object->json, key, string))
        object_cut(object, key);
}

void json_object_string(struct json_object *object, const char *key, const char *string) {
    if (string && *string)
        json_object_text(object, key, string);
}

/* Writes NUMBER with two digits to AT. */
static void two_digits(char *at, int number) {
    at[0] = (char)('0' + number / 10 % 10);
    at[1] = (char)('0' + number % 10);
}

/* Does not use strftime, because that checks /etc/localtime for a change on each call. */
void json_time(int64_t time, char text[JSON_TIME_BYTES]) {
    time_t seconds = (time_t)CLAMP(time, 0, TIME_LAST);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    memcpy(text, "0000-00-00T00:00:00Z", JSON_TIME_BYTES);
    two_digits(text, (utc.tm_year + 1900) / 100);
    two_digits(text + 2, (utc.tm_year + 1900) % 100);
    two_digits(text + 5, utc.tm_mon + 1);
    two_digits(text + 8, utc.tm_mday);
    two_digits(text + 11, utc.tm_hour);
    two_digits(text + 14, utc.tm_min);
    two_digits(text + 17, utc.tm_sec);
}

void json_object_time(struct json_object *object, const char *key, int64_t time) {
    char text[JSON_TIME_BYTES];

    json_time(time, text);
    json_write_text(object->json, key, text, JSON_TIME_BYTES - 1);
}

/* ---- lists -------------------------------------------------------------------------------- */

void json_list_open(struct json_list *list, struct json_object *object, const char *key,
                    char bracket, size_t budget) {
    *list = (struct json_list){
        .object = object, .key = key, .start = object->json->len, .bracket = bracket};
    list->end = list->start + (budget >> object->halvings);
    json_write_open(object->json, key, bracket);
    list->mark = object->json->len;
}

void json_list_item(struct json_list *list) {
    list->mark = list->object->json->len;
}

void json_list_check(struct json_list *list) {
    if (list->object->json->len + 1 <= list->end)
        return;
    g_string_truncate(list->object->json, list->mark);
    list->full = true;
}

void json_list_close(struct json_list *list, bool always) {
    GString *json = list->object->json;

    if (list->full)
        object_cut(list->object, list->key);
    if (json->str[json->len - 1] == list->bracket && !always)
        g_string_truncate(json, list->start);
    else
        json_write_close(json, list->bracket == '[' ? ']' : '}');
}

static void item_write(struct json_list *list, const char *string) {
    json_list_item(list);
    if (!cut_write(list->object->json, NULL, string))
        object_cut(list->object, list->key);
    json_list_check(list);
}

static bool is_among(const char *const *strings, size_t count, const char *string) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(strings[i], string) == 0)
            return true;
    return false;
}

void json_object_strings(struct json_object *object, const char *key, const char *const *strings,
                         size_t count, size_t budget, bool unique) {
    struct json_list list;

    json_list_open(&list, object, key, '[', budget);
    for (size_t i = 0; i < count && !list.full; i++)
        if (!unique || !is_among(strings, i, strings[i]))
            item_write(&list, strings[i]);
    json_list_close(&list, false);
}

void json_object_words(struct json_object *object, const char *key, const char *text,
                       char separator, size_t budget, bool always) {
    const char stop[] = {separator, '\0'};
    struct json_list list;

    json_list_open(&list, object, key, '[', budget);
    while (*(text += strspn(text, stop)) && !list.full) {
        size_t length = strcspn(text, stop);

        json_list_item(&list);
        json_write_text(object->json, NULL, text, json_text_fit(text, length, LIMIT_JSON_STRING));
        json_list_check(&list);
        text += length;
    }
    json_list_close(&list, always);
}

/* ---- people ------------------------------------------------------------------------------- */

static bool is_address(const char *address) {
    const char *at = strchr(address, '@');

    for (const char *c = address; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == '<' || *c == '>')
            return false;
    return at && at > address && at[1];
}

void json_object_person(struct json_object *object, const char *key, const char *name,
                        const char *address) {
    GString *json = object->json;
    size_t start = json->len;
    char *lower;

    json_write_open(json, key, '{');
    if (name && *name && !cut_write(json, "name", name) && key)
        object_cut(object, key);
    if (address && is_address(address)) {
        lower = g_ascii_strdown(address, -1);
        if (!cut_write(json, "address", lower) && key)
            object_cut(object, key);
        g_free(lower);
    }
    if (json->str[json->len - 1] == '{')
        g_string_truncate(json, start);
    else
        json_write_close(json, '}');
}

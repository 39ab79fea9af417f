/* SPDX-License-Identifier: BSD-2-Clause
 *
 * json-bounded.h - writes JSON objects of bounded size.
 *
 * A string is cut so that its JSON has at most LIMIT_JSON_STRING bytes, and a list has a budget of
 * bytes.  The object in which something was left out gets the member "truncated", a list of the
 * names of the members that are shorter than they should be.
 *
 * The functions append to a GString and cannot fail: GLib ends the process if memory runs out.  A
 * string that is not UTF-8 is left out.
 */
#ifndef JSON_BOUNDED_H
#define JSON_BOUNDED_H

#include "util/json-write.h"

#define JSON_CUTS 32 /* members of one object that can be cut */

/* An object that is being written. */
struct json_object {
    GString *json;
    unsigned halvings; /* how often the budgets of its lists are halved */
    const char *cuts[JSON_CUTS];
    size_t cut_count;
};

/* Opens an object as the member KEY, or as an element of a list if KEY is NULL.  OBJECT is filled;
 * HALVINGS as above. */
void json_object_open(struct json_object *object, GString *json, const char *key,
                      unsigned halvings);
/* Closes it, after "truncated" if something was left out. */
void json_object_close(struct json_object *object);

/* Append a string: the first function unless it is NULL or "", the second also "". */
void json_object_string(struct json_object *object, const char *key, const char *string);
void json_object_text(struct json_object *object, const char *key, const char *string);

/* A time in seconds since 1970-01-01 UTC as RFC 3339 in UTC: 20 bytes and the NUL.  A time outside
 * the years 1970 to 9999 becomes the nearest one. */
#define JSON_TIME_BYTES 21
void json_time(int64_t time, char text[JSON_TIME_BYTES]);
void json_object_time(struct json_object *object, const char *key, int64_t time);

/* A list, or an object of any members, that is being written as a member of OBJECT. */
struct json_list {
    struct json_object *object;
    const char *key;
    size_t start, mark, end; /* offsets: of the key, of the item, of the end of the budget */
    char bracket;
    bool full; /* an item did not fit; no further one is to be written */
};

/* Opens a list with BUDGET bytes; BRACKET is '[', or '{' for an object. */
void json_list_open(struct json_list *list, struct json_object *object, const char *key,
                    char bracket, size_t budget);
/* Call json_list_item before an item is written, and json_list_check after it, which removes the
 * item and sets `full` if it is beyond the budget. */
void json_list_item(struct json_list *list);
void json_list_check(struct json_list *list);
/* Closes the list.  If it is empty, it is removed unless ALWAYS is true. */
void json_list_close(struct json_list *list, bool always);

/* Appends the COUNT strings as a list, each string once if UNIQUE is true. */
void json_object_strings(struct json_object *object, const char *key, const char *const *strings,
                         size_t count, size_t budget, bool unique);
/* Appends the words of TEXT, which SEPARATOR separates, as a list, which is removed if it is empty
 * unless ALWAYS is true. */
void json_object_words(struct json_object *object, const char *key, const char *text,
                       char separator, size_t budget, bool always);

/* Appends {"name","address"}, without empty members, the address in lower case; nothing if neither
 * is left.  An ADDRESS that has spaces or no "@" is left out.  LIST and KEY as for
 * json_object_open; if the name is cut, KEY is noted in OBJECT. */
void json_object_person(struct json_object *object, const char *key, const char *name,
                        const char *address);

#endif

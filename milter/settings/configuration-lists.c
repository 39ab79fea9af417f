/* SPDX-License-Identifier: BSD-2-Clause
 *
 * configuration-lists.c - see configuration-lists.h.
 *
 * A title with one of the bytes *?[ is a pattern: it sets options for lists that have no section of
 * their own.  Any other title is the List-Id of a list of this host.
 */
#include "settings/configuration-lists.h"

#include "settings/configuration-check.h"
#include "settings/configuration-options.h"
#include "settings/configuration-read.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_LENGTH 320  /* RFC 5321 4.5.3.1: 64 bytes, '@', 255 bytes */
#define LIST_ID_LENGTH 255  /* RFC 2919 */
#define URL_LENGTH     1000 /* so that the link of any mail fits into an event */

static const struct configuration_word events_words[] = {{"posted", 0}, {"received", 1}, {0}};

/* ---- values -------------------------------------------------------------------------------- */

static bool address_is_valid(const char *address) {
    const char *at = strchr(address, '@');

    return at && at > address && at[1] && !strchr(at + 1, '@') &&
           address[strlen(address) - 1] != '.' &&
           !address[strcspn(address, " \t\r\n<>\"(),:;\\")] && strlen(address) <= ADDRESS_LENGTH;
}

/* A pattern only says whether header fields are written: its lists are not lists of this host, so
 * each mail with their List-Id counts as posted. */
static void check_pattern(struct configuration_maker *maker, const struct option_value *values,
                          const struct configuration_list *list) {
    const struct {
        const struct option_value *value;
        bool is_set;
    } not_allowed[] = {
        {&values[LIST_ADDRESS], values[LIST_ADDRESS].count > 0},
        {&values[LIST_EVENTS], list->received},
        {&values[LIST_ARCHIVE_URL], *values[LIST_ARCHIVE_URL].items[0] != '\0'},
    };

    for (size_t i = 0; i < sizeof(not_allowed) / sizeof(*not_allowed); i++) {
        const struct option_value *value = not_allowed[i].value;

        if (not_allowed[i].is_set)
            configuration_problem(&maker->problems, value->place,
                                  "option '%s' is not allowed for the pattern \"%.100s\"; write a "
                                  "section with the List-Id as title for each list that has it",
                                  value->option->name, list->pattern);
    }
}

static void set_addresses(struct configuration_maker *maker, const struct option_value *value,
                          struct configuration_list *list) {
    if (list->is_pattern)
        return;
    list->addresses = arena_allocate(maker->arena, value->count * sizeof(*list->addresses));
    for (size_t i = 0; i < value->count; i++)
        if (address_is_valid(value->items[i]))
            list->addresses[list->address_count++] =
                configuration_lower(maker->arena, value->items[i]);
        else
            configuration_problem_of(maker, value,
                                     "a list of posting addresses, such as dev@example.org, not "
                                     "'%.100s'",
                                     value->items[i]);
}

/* Without the address the mail that the list receives makes no events, and none is made later. */
static void check_received(struct configuration_maker *maker, const struct option_value *values,
                           const struct configuration_list *list) {
    if (list->received && !list->is_pattern && values[LIST_ADDRESS].count == 0)
        configuration_problem(&maker->problems, values[LIST_EVENTS].place,
                              "events = received requires the posting addresses of list "
                              "\"%.100s\": its inbound mail has no List-Id, and only the address "
                              "of the recipient names the list; add address = \"...@...\"",
                              list->pattern);
}

/* The mail that a list receives has no List-Id yet: only the address of its recipient shows that it
 * is for a closed list, before anything of it is published. */
static void check_closed(struct configuration_maker *maker, const struct option_value *values,
                         const struct configuration_list *list) {
    const char *place = values[LIST_PUBLISH].place;

    if (list->publish)
        return;
    if (list->is_pattern)
        configuration_problem(&maker->problems, place,
                              "publish = false is not allowed for the pattern \"%.100s\": the "
                              "inbound mail of a list has no List-Id, so that the pattern would "
                              "not match it; write a section with 'address' for each closed list",
                              list->pattern);
    else if (values[LIST_ADDRESS].count == 0)
        configuration_problem(&maker->problems, place,
                              "publish = false requires the posting addresses of list \"%.100s\": "
                              "its inbound mail has no List-Id, and only the address of the "
                              "recipient names the list; add address = \"...@...\"",
                              list->pattern);
}

/* Returns true if TEXT is an http or https URL with a host, a path, and at least one of the two
 * placeholders in the path or after it. */
static bool url_is_valid(const char *text) {
    static const char *const placeholders[] = {"{message_id}", "{message_id_hash}"};
    bool found = false;

    if (strlen(text) > URL_LENGTH)
        return false;
    if (strncmp(text, "http://", 7) == 0)
        text += 7;
    else if (strncmp(text, "https://", 8) == 0)
        text += 8;
    else
        return false;
    if (*text == '/')
        return false;
    text += strcspn(text, "/{} \"<>\\@");
    if (*text != '/')
        return false;
    while (*text) {
        size_t length = 1;

        for (size_t i = 0; i < 2 && *text == '{'; i++)
            if (strncmp(text, placeholders[i], strlen(placeholders[i])) == 0)
                length = strlen(placeholders[i]);
        if (length == 1 && (*text <= ' ' || *text > '~' || strchr("{}\"<>\\", *text)))
            return false;
        found = found || length > 1;
        text += length;
    }
    return found;
}

static void set_archive_url(struct configuration_maker *maker, const struct option_value *value,
                            struct configuration_list *list) {
    list->archive_url = value->items[0];
    if (*list->archive_url && !url_is_valid(list->archive_url))
        configuration_problem_of(maker, value,
                                 "empty, or an http or https URL with {message_id} or "
                                 "{message_id_hash} after its host, such as "
                                 "https://example.org/dev/{message_id}/, not '%.200s'",
                                 value->items[0]);
}

/* ---- sections ------------------------------------------------------------------------------ */

static void check_title(struct configuration_maker *maker, cfg_t *section) {
    const char *place = configuration_section_place(section), *title = section->title;

    if (!*title)
        configuration_problem(&maker->problems, place,
                              "list \"\": the List-Id is empty; allowed: list \"ID\" { ... } and "
                              "list \"PATTERN\" { ... }");
    else if (strchr(title, '@'))
        configuration_problem(&maker->problems, place,
                              "list \"%.100s\": a List-Id has no '@'; write the List-Id, such as "
                              "\"dev.example.org\", as title, and the posting address as option "
                              "'address'",
                              title);
    else if (title[strcspn(title, " \t<>\"")] || title[strlen(title) - 1] == '.' ||
             strlen(title) > LIST_ID_LENGTH)
        configuration_problem(&maker->problems, place,
                              "list \"%.100s\": a List-Id has no blanks, no '<' and no '>', no dot "
                              "at its end, and at most %d bytes",
                              title, LIST_ID_LENGTH);
}

static void make_list(struct configuration_maker *maker, cfg_t *section,
                      struct configuration_list *list) {
    const struct option_value *values;
    int events;

    check_title(maker, section);
    values = configuration_values(maker, section, configuration_list_options);
    events = configuration_word_number(maker, &values[LIST_EVENTS], values[LIST_EVENTS].items[0],
                                       events_words);
    *list = (struct configuration_list){
        .pattern = configuration_lower(maker->arena, section->title),
        .is_pattern = section->title[strcspn(section->title, "*?[")] != '\0',
        .annotate = values[LIST_ANNOTATE].number,
        .publish = values[LIST_PUBLISH].number,
        .received = events > 0,
        .options = values,
    };
    if (list->is_pattern)
        check_pattern(maker, values, list);
    set_addresses(maker, &values[LIST_ADDRESS], list);
    set_archive_url(maker, &values[LIST_ARCHIVE_URL], list);
    check_received(maker, values, list);
    check_closed(maker, values, list);
    if (!list->publish)
        maker->configuration->has_closed_lists = true;
}

/* Returns true if EARLIER matches every List-Id that LATER matches.  Of two patterns this is
 * decided only if EARLIER has no wildcard but '*', which then covers the wildcards of LATER. */
static bool covers(const struct configuration_list *earlier,
                   const struct configuration_list *later) {
    if (strcmp(earlier->pattern, later->pattern) == 0)
        return true;
    if (!earlier->is_pattern || (later->is_pattern && (strpbrk(earlier->pattern, "?[\\") ||
                                                       strpbrk(later->pattern, "[\\"))))
        return false;
    return fnmatch(earlier->pattern, later->pattern, 0) == 0;
}

static void never_used(struct configuration_maker *maker, cfg_t *root, size_t later,
                       size_t earlier) {
    const struct configuration_list *lists = maker->configuration->list_sections;
    const char *place = configuration_section_place(cfg_getnsec(root, "list", (unsigned)later));
    const char *other = configuration_section_place(cfg_getnsec(root, "list", (unsigned)earlier));

    if (strcmp(lists[later].pattern, lists[earlier].pattern) == 0)
        configuration_problem(&maker->problems, place,
                              "list \"%.100s\" is never used: the section of %s has the same "
                              "title; make one section of the two",
                              lists[later].pattern, other);
    else
        configuration_problem(&maker->problems, place,
                              "list \"%.100s\" is never used: list \"%.100s\" (%s) matches first; "
                              "move this section before that one, or remove it",
                              lists[later].pattern, lists[earlier].pattern, other);
}

/* Adds a problem for each section that is never used, because an earlier one matches first. */
static void check_order(struct configuration_maker *maker, cfg_t *root) {
    const struct configuration_list *lists = maker->configuration->list_sections;

    for (size_t i = 1; i < maker->configuration->list_section_count; i++)
        for (size_t j = 0; j < i; j++) {
            if (!*lists[i].pattern || !covers(&lists[j], &lists[i]))
                continue;
            never_used(maker, root, i, j);
            break;
        }
}

/* ---- the arrays to look up in --------------------------------------------------------------- */

/* Sorts equal names in the order of the file. */
static int name_order(const void *a, const void *b) {
    const struct configuration_list_name *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : (x->list > y->list) - (x->list < y->list);
}

static const char *place_of(const struct configuration *configuration, cfg_t *root,
                            const struct configuration_list *list) {
    return configuration_section_place(
        cfg_getnsec(root, "list", (unsigned)(list - configuration->list_sections)));
}

static void check_addresses(struct configuration_maker *maker, cfg_t *root) {
    const struct configuration *configuration = maker->configuration;
    const struct configuration_list_name *names = configuration->list_addresses;

    for (size_t i = 1; i < configuration->list_address_count; i++)
        if (names[i].list != names[i - 1].list && strcmp(names[i].name, names[i - 1].name) == 0)
            configuration_problem(&maker->problems, place_of(configuration, root, names[i].list),
                                  "list \"%.100s\": list \"%.100s\" (%s) has the address '%.100s' "
                                  "too; an address belongs to one list, remove it from the other",
                                  names[i].list->pattern, names[i - 1].list->pattern,
                                  place_of(configuration, root, names[i - 1].list), names[i].name);
}

static void make_names(struct configuration *configuration) {
    const struct configuration_list *lists = configuration->list_sections;
    size_t count = configuration->list_section_count, addresses = 0;

    for (size_t i = 0; i < count; i++)
        addresses += lists[i].address_count;
    configuration->list_ids =
        arena_allocate(&configuration->arena, count * sizeof(*configuration->list_ids));
    configuration->list_addresses =
        arena_allocate(&configuration->arena, addresses * sizeof(*configuration->list_addresses));
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < lists[i].address_count; j++)
            configuration->list_addresses[configuration->list_address_count++] =
                (struct configuration_list_name){lists[i].addresses[j], &lists[i]};
        if (!lists[i].is_pattern)
            configuration->list_ids[configuration->list_id_count++] =
                (struct configuration_list_name){lists[i].pattern, &lists[i]};
    }
    qsort(configuration->list_ids, configuration->list_id_count, sizeof(*configuration->list_ids),
          name_order);
    qsort(configuration->list_addresses, configuration->list_address_count,
          sizeof(*configuration->list_addresses), name_order);
}

void configuration_lists(struct configuration_maker *maker, cfg_t *root) {
    struct configuration *configuration = maker->configuration;
    size_t count = root ? cfg_size(root, "list") : 0;

    configuration->list_sections =
        arena_allocate(maker->arena, count * sizeof(*configuration->list_sections));
    configuration->list_section_count = count;
    for (size_t i = 0; i < count; i++)
        make_list(maker, cfg_getnsec(root, "list", (unsigned)i), &configuration->list_sections[i]);
    make_names(configuration);
    check_order(maker, root);
    check_addresses(maker, root);
}

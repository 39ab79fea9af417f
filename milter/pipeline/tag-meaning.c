/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tag-meaning.c - see tag-meaning.h.
 */
#include "pipeline/tag-meaning.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* In the order of precedence. */
enum meaning { REFUSE, APPROVE, TEST, REPORT, CREDIT };

static const char *const names[] = {"refuse", "approve", "test", "report", "credit"};

static const struct {
    const char *word;
    enum meaning meaning;
} words[] = {{"nacked", REFUSE},      {"nack", REFUSE},          {"nak", REFUSE},
             {"naked", REFUSE},       {"rejected", REFUSE},      {"objected", REFUSE},
             {"disapproved", REFUSE}, {"reviewed", APPROVE},     {"acked", APPROVE},
             {"ack", APPROVE},        {"acknowledged", APPROVE}, {"approved", APPROVE},
             {"endorsed", APPROVE},   {"lgtm", APPROVE},         {"checked", APPROVE},
             {"tested", TEST},        {"verified", TEST},        {"validated", TEST},
             {"reported", REPORT}};

static enum meaning word_meaning(const char *word, size_t length) {
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i].word) == length && strncasecmp(words[i].word, word, length) == 0)
            return words[i].meaning;
    return CREDIT;
}

static bool is_negation(const char *word, size_t length) {
    return (length == 3 && strncasecmp(word, "not", 3) == 0) ||
           (length == 5 && strncasecmp(word, "never", 5) == 0) ||
           (length == 2 && strncasecmp(word, "un", 2) == 0);
}

const char *tag_meaning(const char *name, size_t length) {
    enum meaning meaning = CREDIT;
    bool negated = false;

    for (size_t start = 0, end; start < length; start = end + 1) {
        enum meaning word;

        for (end = start; end < length && isalpha((unsigned char)name[end]); end++)
            continue;
        word = word_meaning(name + start, end - start);
        negated = negated || is_negation(name + start, end - start);
        meaning = word < meaning ? word : meaning;
    }
    if (negated && meaning > REFUSE)
        meaning = meaning == APPROVE ? REFUSE : CREDIT;
    return names[meaning];
}

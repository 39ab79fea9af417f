/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stamp.c - see stamp.h.
 *
 * The patterns are strict: a stamp joins mails without asking who sent them, and ids of mail
 * programs look much like those of tools.
 */
#include "stamp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* How many digits TEXT starts with. */
static size_t digits(const char *text) {
    size_t count = 0;

    while (isdigit((unsigned char)text[count]))
        count++;
    return count;
}

static size_t hex_digits(const char *text) {
    size_t count = 0;

    while (isdigit((unsigned char)text[count]) || (text[count] >= 'a' && text[count] <= 'f'))
        count++;
    return count;
}

/* The id with what is from COUNTER_AT to REST replaced by "*". */
static bool stamp_write(const char *id, const char *counter_at, const char *rest,
                        char stamp[STAMP_SIZE]) {
    size_t head = (size_t)(counter_at - id), tail = strlen(rest);

    if (head + 1 + tail >= STAMP_SIZE)
        return false;
    memcpy(stamp, id, head);
    stamp[head] = '*';
    memcpy(stamp + head + 1, rest, tail + 1);
    return true;
}

/* COUNTER-REST behind a head that was recognised. */
static bool counter_read(const char *id, const char *at, const char *rest_prefix,
                         char stamp[STAMP_SIZE], long *counter) {
    size_t count = digits(at);

    if (count < 1 || count > 5 || at[count] != '-' ||
        strncmp(at + count + 1, rest_prefix, strlen(rest_prefix)) != 0 || !strchr(at + count, '@'))
        return false;
    *counter = atol(at);
    return *counter > 0 && stamp_write(id, at, at + count, stamp);
}

static bool git_read(const char *id, char stamp[STAMP_SIZE], long *counter) {
    size_t first = digits(id), second;

    if (first == 14 && id[14] == '.') {
        second = digits(id + 15);
        return second >= 1 && second <= 10 && id[15 + second] == '-' &&
               counter_read(id, id + 16 + second, "", stamp, counter);
    }
    if ((first == 9 || first == 10) && id[first] == '-') {
        second = digits(id + first + 1);
        return second >= 1 && second <= 10 && id[first + 1 + second] == '-' &&
               counter_read(id, id + first + 2 + second, "git-send-email-", stamp, counter);
    }
    return false;
}

/* YYYYMMDD-slug-vN-K-hex12@host: from the end, since a slug may hold anything but "@". */
static bool b4_read(const char *id, char stamp[STAMP_SIZE], long *counter) {
    const char *at = strchr(id, '@'), *hex, *number, *version;

    if (digits(id) != 8 || id[8] != '-' || !at || at - id < 12 + 8)
        return false;
    hex = at - 12;
    if (hex_digits(hex) != 12 || hex[-1] != '-')
        return false;
    number = hex - 1;
    while (number > id && isdigit((unsigned char)number[-1]))
        number--;
    if (number == hex - 1 || hex - 1 - number > 5 || number - id < 5 || number[-1] != '-')
        return false;
    version = number - 1;
    while (version > id && isdigit((unsigned char)version[-1]))
        version--;
    if (version == number - 1 || version - id < 10 || version[-1] != 'v' || version[-2] != '-')
        return false;
    *counter = atol(number);
    return stamp_write(id, number, hex - 1, stamp);
}

static bool hg_read(const char *id, char stamp[STAMP_SIZE], long *counter) {
    size_t head = hex_digits(id), epoch;

    if (strncmp(id, "patchbomb.", 10) == 0)
        head = 9;
    else if (head != 20 && head != 12 && head != 40)
        return false;
    if (id[head] != '.')
        return false;
    epoch = digits(id + head + 1);
    if ((epoch != 9 && epoch != 10) || id[head + 1 + epoch] != '@')
        return false;
    *counter = 0;
    return stamp_write(id, id, id + head, stamp);
}

bool stamp_read(const char *message_id, char stamp[STAMP_SIZE], long *counter) {
    return git_read(message_id, stamp, counter) || b4_read(message_id, stamp, counter) ||
           hg_read(message_id, stamp, counter);
}

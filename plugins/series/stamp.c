/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stamp.c - see stamp.h.
 *
 * The patterns are strict: a stamp joins mails without asking who sent them, and ids of mail
 * programs look much like those of tools.
 */
#include "stamp.h"

#include <ctype.h>
#include <stdio.h>
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

bool stamp_read(const char *message_id, char stamp[STAMP_SIZE], long *counter) {
    return git_read(message_id, stamp, counter) || b4_read(message_id, stamp, counter);
}

/* hash.EPOCH.git.user@host; "cover" stands where a cover has no hash. */
static bool format_patch_read(const char *id, char stamp[STAMP_SIZE], int64_t *second) {
    bool cover = strncmp(id, "cover.", 6) == 0;
    size_t head = cover ? 5 : hex_digits(id), epoch;

    if ((!cover && head != 40 && head != 64) || id[head] != '.')
        return false;
    epoch = digits(id + head + 1);
    if ((epoch != 9 && epoch != 10) || strncmp(id + head + 1 + epoch, ".git.", 5) != 0 ||
        !strchr(id, '@'))
        return false;
    *second = atoll(id + head + 1);
    return stamp_write(id, id, id + head + 1 + epoch, stamp);
}

/* pull.N.git.EPOCH.user@host, pull.N.vM.git.EPOCH.user@host: covers of a program that turns pull
 * requests into mails; its parts are as git format-patch names them. */
static bool gadget_read(const char *id, char stamp[STAMP_SIZE], int64_t *second) {
    const char *at = id + 5;
    size_t count, epoch;
    char tail[STAMP_SIZE];

    if (strncmp(id, "pull.", 5) != 0 || (count = digits(at)) == 0)
        return false;
    at += count;
    if (strncmp(at, ".v", 2) == 0 && (count = digits(at + 2)) > 0)
        at += 2 + count;
    if (strncmp(at, ".git.", 5) != 0)
        return false;
    at += 5;
    epoch = digits(at);
    if ((epoch != 9 && epoch != 10) || at[epoch] != '.' || !strchr(at, '@') ||
        strlen(at + epoch) + 6 > sizeof(tail))
        return false;
    *second = atoll(at);
    snprintf(tail, sizeof(tail), ".git%s", at + epoch);
    return stamp_write(id, id, tail, stamp);
}

/* hash.EPOCH@host, patchbomb.EPOCH@host; hg adds a second for each mail. */
static bool hg_read(const char *id, char stamp[STAMP_SIZE], int64_t *second) {
    bool cover = strncmp(id, "patchbomb.", 10) == 0;
    size_t head = cover ? 9 : hex_digits(id), epoch;

    if ((!cover && head != 20 && head != 40) || id[head] != '.')
        return false;
    epoch = digits(id + head + 1);
    if ((epoch != 9 && epoch != 10) || id[head + 1 + epoch] != '@')
        return false;
    *second = atoll(id + head + 1);
    return stamp_write(id, id, id + head + 1 + epoch, stamp);
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    int64_t shifted = year - (month <= 2); /* years that start in March end with the leap day */

    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 +
           (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1 - 719468;
}

/* The second of YYYYMMDDhhmmss. */
static int64_t second_of(const char *at) {
    int64_t number = atoll(at), time = number % 1000000, date = number / 1000000;

    return days_of(date / 10000, date / 100 % 100, date % 100) * 86400 + time / 10000 * 3600 +
           time / 100 % 100 * 60 + time % 100;
}

/* TIME.PID.RANDOM.stgit@host; the time a date, or hundredths of a second since 1970.  The process
 * is the run. */
static bool stgit_read(const char *id, char stamp[STAMP_SIZE], int64_t *second) {
    size_t time = digits(id), pid, random, length;
    const char *rest;

    if ((time != 14 && time != 12) || id[time] != '.')
        return false;
    pid = digits(id + time + 1);
    rest = id + time + 1 + pid;
    if (pid < 1 || pid > 10 || *rest != '.')
        return false;
    random = digits(rest + 1);
    rest += 1 + random;
    if (random < 1 || random > 20 || strncmp(rest, ".stgit@", 7) != 0 ||
        !stamp_write(id, id, rest, stamp))
        return false;
    length = strlen(stamp);
    if (length + 1 + pid >= STAMP_SIZE)
        return false;
    snprintf(stamp + length, STAMP_SIZE - length, " %.*s", (int)pid, id + time + 1);
    *second = time == 14 ? second_of(id) : atoll(id) / 100;
    return true;
}

bool stamp_read_ticking(const char *message_id, char stamp[STAMP_SIZE], int64_t *second) {
    return format_patch_read(message_id, stamp, second) || gadget_read(message_id, stamp, second) ||
           hg_read(message_id, stamp, second) || stgit_read(message_id, stamp, second);
}

const char *stamp_original(const char *message_id) {
    size_t count = 0;

    while (isxdigit((unsigned char)message_id[count]))
        count++;
    return count == 16 && message_id[16] == '+' && message_id[17] ? message_id + 17 : message_id;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stamp.c - the run stamp in a Message-ID: see stamp.h.
 *
 * The patterns are strict, because a stamp joins mails whatever else they state, and Message-IDs of
 * mail programs resemble those of tools.
 */
#include "stamp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the number of digits at the start of TEXT. */
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

/* Writes ID to STAMP, with "*" in place of the text from COUNTER_AT up to REST.  Returns false if
 * it does not fit. */
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

/* Reads COUNTER-REST at AT, after a start of ID that was recognised; REST must start with
 * REST_PREFIX. */
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

/* YYYYMMDD-slug-vN-K-hex12@host.  Reads from the end, because a slug may contain any character but
 * "@". */
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

/* Returns the days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    int64_t shifted = year - (month <= 2); /* years from March, so that the leap day is the last */

    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 +
           (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1 - 719468;
}

/* Returns the time YYYYMMDDhhmmss at AT in seconds since 1970-01-01. */
static int64_t second_of(const char *at) {
    int64_t number = atoll(at), time = number % 1000000, date = number / 1000000;

    return days_of(date / 10000, date / 100 % 100, date % 100) * 86400 + time / 10000 * 3600 +
           time / 100 % 100 * 60 + time % 100;
}

bool stamp_read(const char *message_id, char stamp[STAMP_SIZE], long *counter) {
    return git_read(message_id, stamp, counter) || b4_read(message_id, stamp, counter);
}

bool stamp_git_second(const char *message_id, int64_t *second) {
    char stamp[STAMP_SIZE];
    long counter;

    if (!git_read(message_id, stamp, &counter))
        return false;
    *second = digits(message_id) == 14 ? second_of(message_id) : atoll(message_id);
    return true;
}

bool stamp_first(const char *message_id, char first[STAMP_SIZE]) {
    char *mark;
    long counter;

    if (!git_read(message_id, first, &counter))
        return false;
    mark = strchr(first, '*'); /* only digits, "." and "-" are in front of the counter */
    *mark = '1';
    return true;
}

/* hash.EPOCH.git.user@host; a cover has "cover" in place of the hash. */
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

/* Returns the bytes of the repository at AT: ".git", or ".OWNER.git" if it has another owner than
 * the one for which GitGitGadget was made, of at least two letters; 0 if there is none. */
static size_t gadget_repository(const char *at) {
    size_t owner = 0;

    if (strncmp(at, ".git.", 5) == 0 && isdigit((unsigned char)at[5]))
        return 4;
    if (*at != '.')
        return 0;
    while (isalnum((unsigned char)at[1 + owner]) || at[1 + owner] == '-')
        owner++;
    return owner > 1 && strncmp(at + 1 + owner, ".git.", 5) == 0 ? 1 + owner + 4 : 0;
}

/* pull.N.git.EPOCH.user@host, pull.N.vM.git.EPOCH.user@host: covers of GitGitGadget, which sends
 * pull requests as mails; its parts have the form of git format-patch. */
static bool gadget_read(const char *id, char stamp[STAMP_SIZE], int64_t *second) {
    const char *at = id + 5;
    size_t count, epoch;
    char tail[STAMP_SIZE];

    if (strncmp(id, "pull.", 5) != 0 || (count = digits(at)) == 0)
        return false;
    at += count;
    if (strncmp(at, ".v", 2) == 0 && (count = digits(at + 2)) > 0)
        at += 2 + count;
    count = gadget_repository(at);
    if (count == 0)
        return false;
    at += count + 1;
    epoch = digits(at);
    if ((epoch != 9 && epoch != 10) || at[epoch] != '.' || !strchr(at, '@') ||
        strlen(at + epoch) + 6 > sizeof(tail))
        return false;
    *second = atoll(at);
    snprintf(tail, sizeof(tail), ".git%s", at + epoch);
    return stamp_write(id, id, tail, stamp);
}

/* hash.EPOCH@host, patchbomb.EPOCH@host; hg adds one second for each mail. */
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

/* TIME.PID.RANDOM.stgit@host.  TIME is YYYYMMDDhhmmss, or hundredths of a second since 1970.  The
 * process number identifies the run, so it is part of the stamp. */
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

bool stamp_read_timed(const char *message_id, char stamp[STAMP_SIZE], int64_t *second) {
    return format_patch_read(message_id, stamp, second) || gadget_read(message_id, stamp, second) ||
           hg_read(message_id, stamp, second) || stgit_read(message_id, stamp, second);
}

const char *stamp_original(const char *message_id) {
    size_t count = 0;

    while (isxdigit((unsigned char)message_id[count]))
        count++;
    return count == 16 && message_id[16] == '+' && message_id[17] ? message_id + 17 : message_id;
}

bool stamp_is_missing(const char *message_id) {
    char stamp[STAMP_SIZE];
    int64_t second;
    long counter;

    return !stamp_read(message_id, stamp, &counter) &&
           !stamp_read_timed(message_id, stamp, &second);
}

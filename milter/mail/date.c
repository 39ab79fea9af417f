/* SPDX-License-Identifier: BSD-2-Clause
 *
 * date.c - the date that the author of a mail wrote; see people.h.
 *
 * GMime reads the date and the time of day.  The zone is read here, because GMime has the same
 * offset for "+0000", for "-0000" and for a zone that it does not know.
 */
#include "mail/message-private.h"
#include "mail/people.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ZONE_BYTES 7 /* "+02:00" */

/* The zones of RFC 5322 4.3, and what programs write for UTC. */
static const struct {
    const char *name, *zone;
} zones[] = {{"UT", "+00:00"},  {"GMT", "+00:00"}, {"UTC", "+00:00"}, {"Z", "+00:00"},
             {"EST", "-05:00"}, {"EDT", "-04:00"}, {"CST", "-06:00"}, {"CDT", "-05:00"},
             {"MST", "-07:00"}, {"MDT", "-06:00"}, {"PST", "-08:00"}, {"PDT", "-07:00"}};

/* Reads the zone in the first LENGTH bytes of WORD: a name, or "+0200", also "+02:00" and
 * "GMT+0200".  Returns false if it is none. */
static bool zone_read(const char *word, size_t length, char zone[ZONE_BYTES]) {
    char digits[5] = "";
    size_t count = 0, sign;

    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
        if (strlen(zones[i].name) == length && strncasecmp(zones[i].name, word, length) == 0) {
            memcpy(zone, zones[i].zone, ZONE_BYTES);
            return true;
        }
    sign = length > 3 && (strncasecmp(word, "GMT", 3) == 0 || strncasecmp(word, "UTC", 3) == 0) ? 3
                                                                                                : 0;
    if (word[sign] != '+' && word[sign] != '-')
        return false;
    for (size_t i = sign + 1; i < length; i++)
        if (isdigit((unsigned char)word[i]) && count < 4)
            digits[count++] = word[i];
        else if (word[i] != ':' || i != sign + 3)
            return false;
    if (count != 4 || strncmp(digits, "24", 2) >= 0 || digits[2] > '5')
        return false;
    memcpy(zone, "+00:00", ZONE_BYTES);
    zone[0] = word[sign];
    memcpy(zone + 1, digits, 2);
    memcpy(zone + 4, digits + 2, 2);
    return true;
}

/* Returns the time of day in DATE, "15:42:05"; NULL if it has none. */
static const char *time_find(const char *date) {
    const char *colon = strchr(date, ':'), *start = colon;

    while (start > date && isdigit((unsigned char)start[-1]))
        start--;
    return start < colon ? start : NULL;
}

bool message_date(const struct patchmark_message *message, char text[MESSAGE_DATE_BYTES]) {
    const char *date = patchmark_message_header(message, "Date", 0);
    const char *word = date ? time_find(date) : NULL;
    char zone[ZONE_BYTES] = "-00:00";
    struct tm when;

    *text = '\0';
    /* The parser takes a time of day that it cannot read for midnight. */
    if (!word || !mime_written_date(date, &when) || atoi(word) != when.tm_hour ||
        when.tm_year < 70 || when.tm_year > 9999 - 1900)
        return false;
    do {
        word += strcspn(word, " \t");
        word += strspn(word, " \t");
    } while (*word && !zone_read(word, strcspn(word, " \t"), zone));
    strftime(text, MESSAGE_DATE_BYTES, "%Y-%m-%dT%H:%M:%S", &when);
    strcat(text, zone);
    return true;
}

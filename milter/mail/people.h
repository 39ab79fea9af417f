/* SPDX-License-Identifier: BSD-2-Clause
 *
 * people.h - the people whom a mail names in its header, and the date that its author wrote.
 *
 * The functions take the message after message_parse.  Of a mail that a list wrapped, they read the
 * fields of the inner mail.  As with the message, one thread at a time may use them.
 */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "mail/message.h"

/* Called for one mailbox: NAME is its display name, decoded (RFC 2047), on one line and cut at
 * LIMIT_NAME_BYTES between two characters; "" if there is none, or if it only repeats the address.
 * ADDRESS is in lower case.  Both are valid UTF-8 and belong to the message.  Returns false to end
 * the walk. */
typedef bool message_person(void *context, const char *name, const char *address);

/* Calls PERSON with CONTEXT for the mailboxes of all fields called FIELD, such as "To", in their
 * order, also for those in groups (RFC 5322 3.4), and for those in fields that break the grammar as
 * far as a person would recognise them (address.h).  A mailbox that is there twice is visited
 * twice.  Returns false if there are others: PERSON ended the walk, there are more than
 * LIMIT_PEOPLE mailboxes, or a field was left out because of LIMIT_ADDRESS_BYTES or another limit.
 */
bool message_people(const struct patchmark_message *message, const char *field,
                    message_person *person, void *context);

/* Bytes of a date with its NUL: "2026-05-07T15:42:05+02:00". */
#define MESSAGE_DATE_BYTES 26

/* Writes the date in the field Date to TEXT as in RFC 3339, in the zone that the field states.  The
 * zone is "-00:00" if the time is UTC or unknown and the field says nothing of the place: "-0000",
 * no zone, a military zone other than Z, or a name that RFC 5322 4.3 does not define.  Returns
 * false and writes "" if there is no Date, if it is not a date with a time of day, or if its year
 * is not one of 1970 to 9999. */
bool message_date(const struct patchmark_message *message, char text[MESSAGE_DATE_BYTES]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * copy-digest.c - the digest by which copies of a mail for several subscribers are equal: see
 * message.h.
 *
 * Owns nothing and cannot fail.
 */
#include "mail/message-private.h"
#include "util/digest.h"

/* The fields that differ between copies of a mail for different subscribers, or between two
 * transports: trace (RFC 5321 4.4), signatures (RFC 6376, RFC 8617), results of checks (RFC 8601),
 * the address to which errors go, and commands of the list with the address of the subscriber (RFC
 * 2369, RFC 8058). */
static const char *const transport[] = {"Received",
                                        "Return-Path",
                                        "Delivered-To",
                                        "X-Original-To",
                                        "Envelope-To",
                                        "Errors-To",
                                        "Sender",
                                        "DKIM-Signature",
                                        "ARC-Seal",
                                        "ARC-Message-Signature",
                                        "ARC-Authentication-Results",
                                        "Authentication-Results",
                                        "Received-SPF",
                                        "List-Unsubscribe",
                                        "List-Unsubscribe-Post"};

static bool is_transport(struct patchmark_text name) {
    for (size_t i = 0; i < sizeof(transport) / sizeof(transport[0]); i++)
        if (patchmark_text_case_equals(name, transport[i]))
            return true;
    return false;
}

bool message_has_field(const struct patchmark_message *message, const char *name) {
    return scan_find(&message->scan, name, -1) >= 0;
}

int64_t message_copy_digest(struct patchmark_message *message) {
    struct scan *scan = &message->scan;
    struct digest *digest = digest_begin();

    scan_end(scan);
    for (size_t i = 0; i < scan->field_count; i++) {
        struct patchmark_text name = scan_name(scan, &scan->fields[i]);
        struct patchmark_text value = scan_value(scan, &scan->fields[i]);

        if (is_transport(name))
            continue;
        digest_add(digest, name.data, name.length);
        digest_add(digest, ":", 1);
        digest_add(digest, value.data, value.length);
        digest_add(digest, "\n", 1);
    }
    digest_add(digest, scan->entity.data, scan->entity.length);
    digest_add(digest, (const char *)&scan->size, scan->truncated ? sizeof(scan->size) : 0);
    return digest_end(digest);
}

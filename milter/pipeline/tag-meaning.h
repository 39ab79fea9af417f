/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tag-meaning.h - what somebody says with a tag, such as "Reviewed-by", in a reply.
 */
#ifndef TAG_MEANING_H
#define TAG_MEANING_H

#include <stddef.h>

/* Returns what the tag whose name are the LENGTH bytes at NAME means, by the words of the name,
 * which anything but a letter separates, in any case of letters:
 *
 * "refuse"   Nacked-by, Rejected-by; a negated "approve", such as Not-acked-by
 * "approve"  Reviewed-by, Acked-by, Approved-by, LGTM
 * "test"     Tested-by, Verified-by
 * "report"   Reported-by
 * "credit"   every other: Suggested-by, Signed-off-by; also Not-tested-by, which says nothing
 *
 * Of a name with several such words, the meaning is the first in this order, so that
 * Reviewed-and-tested-by is "approve".  NAME need not be NUL-terminated.  The result is a constant.
 * Any thread. */
const char *tag_meaning(const char *name, size_t length);

#endif

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# sympa.sh - two lists of a real Sympa behind a real Postfix, with the From that Sympa writes to satisfy DMARC:
# both passes are judged alike, events are made once, and nothing of the closed list is published.
# shellcheck source=tests/end-to-end/lib-postfix.sh
. "$(dirname "$0")/lib-postfix.sh"
# shellcheck source=tests/end-to-end/lib-lists.sh
. "$(dirname "$0")/lib-lists.sh"
# shellcheck source=tests/end-to-end/lib-sympa.sh
. "$(dirname "$0")/lib-sympa.sh"

manager=sympa
lists_postfix
check "Sympa is unpacked" package_unpack "$sympa" sympa
[ "$failed" -eq 0 ] || finish
lists_milter
milter_start
sympa_start
check "an open list" sympa_list "$open" $open_readers
check "a closed list" sympa_list "$closed" $closed_readers
check "Postfix starts and listens" postfix_start
[ "$failed" -eq 0 ] || finish

mail_from ada plain-1@authors.example.com '[PATCH] tide: one' "To: $open" < <(patch_for tide.c) | post "$open" "$witness"
same_in_both "plain" plain-1@authors.example.com $open_readers
copy olga plain-1@authors.example.com
events_count plain plain-1@authors.example.com 1 1
cat $work/milter.log
tail -50 $work/postfix.log
cat $work/sympa/output
finish

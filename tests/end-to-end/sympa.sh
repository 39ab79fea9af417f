#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# sympa.sh - an open and a closed list of a real Sympa behind a real Postfix, which are set up as
# patchmark-listserver(7) has it, with the From that Sympa writes to satisfy DMARC: both passes are judged alike,
# events are made once, and nothing of the closed list is published.
# shellcheck source=tests/end-to-end/lib-postfix.sh
. "$(dirname "$0")/lib-postfix.sh"
# shellcheck source=tests/end-to-end/lib-lists.sh
. "$(dirname "$0")/lib-lists.sh"
# shellcheck source=tests/end-to-end/lib-sympa.sh
. "$(dirname "$0")/lib-sympa.sh"

# shellcheck disable=SC2034 # for lib-lists.sh
manager=sympa
lists_postfix
check "Sympa is unpacked" package_unpack "$sympa" sympa
[ "$failed" -eq 0 ] || finish
lists_milter
milter_start
sympa_start
check "an open list" sympa_list "$open" "${open_readers[@]}"
check "a closed list" sympa_list "$closed" "${closed_readers[@]}"
check "Postfix starts and listens" postfix_start
[ "$failed" -eq 0 ] || finish

# All mails are posted at once, since Sympa waits between them.
mail_from ada o1@authors.example.com '[PATCH v2 1/2] tide: one' "To: $open" < <(patch_for tide.c) | post "$open" "$witness"
mail_from ada o2@authors.example.com '[PATCH v2 2/2] tide: two' "To: $open" 'In-Reply-To: <o1@authors.example.com>' \
    < <(patch_for tide.h) | post "$open" "$witness"
mail_from rosa o3@authors.example.com 'Re: [PATCH v2 1/2] tide: one' "To: $open" 'In-Reply-To: <o1@authors.example.com>' \
    <<<'Reviewed-by: Rosa Example <rosa@authors.example.com>' | post "$open" "$witness"
mail_from ada c1@authors.example.com '[PATCH] kelpfence: one' "To: $closed" < <(patch_for kelpfence.c kelpfence) | post "$closed" "$witness"
mail_from ada x1@authors.example.com '[PATCH] ebb: one' "To: $closed" "Cc: $open" < <(patch_for ebb.c) | post "$closed" "$open"
for id in o1 o2 o3; do same_in_both "open list, $id" $id@authors.example.com "${open_readers[@]}"; done
same_in_both "closed list" c1@authors.example.com "${closed_readers[@]}"
check "mail to both: arrives" arrives x1@authors.example.com "${open_readers[@]}" "${closed_readers[@]}"

same "the From is Sympa's" 1 "$(copy olga o1@authors.example.com | header_of | grep -cF "From: \"Ada Example\" (via tidewater Mailing List) <$open>")"
for id in o1 o2 o3; do events_count "open list, $id" $id@authors.example.com 1 1; done
events_count "closed list" c1@authors.example.com 0 0
events_count "mail to both" x1@authors.example.com 1 1
series=$(series_of olga o1@authors.example.com)
same "both parts and the review are in one series" "$series $series" \
    "$(series_of olga o2@authors.example.com) $(series_of olga o3@authors.example.com)"
same "series.opened, series.completed" "1 1" "$(times series.opened "$series") $(times series.completed "$series")"
same "the author is Ada" ada@authors.example.com "$(authors_of o1@authors.example.com)"
same "the tag is Rosa's own" true "$(events_of_type trailer.given o3@authors.example.com | jq '.. | .from_sender? // empty')"
settled
no_trace "file sink" "$events"
no_trace_in_headers
finish

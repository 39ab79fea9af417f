#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# mailman.sh - an open and a closed list of a real Mailman 3 behind a real Postfix, which are set up as
# patchmark-listserver(7) has it: whatever the list manager changes in a mail, both passes are judged alike, and
# events are made once; what moderation holds or rejects makes none.
# shellcheck source=tests/end-to-end/lib-postfix.sh
. "$(dirname "$0")/lib-postfix.sh"
# shellcheck source=tests/end-to-end/lib-lists.sh
. "$(dirname "$0")/lib-lists.sh"
# shellcheck source=tests/end-to-end/lib-mailman.sh
. "$(dirname "$0")/lib-mailman.sh"

manager=mailman
lists_postfix
check "Mailman is unpacked" package_unpack "$mailman" mailman3
[ "$failed" -eq 0 ] || finish
lists_milter
milter_start
check "Mailman starts" mailman_start
check "a domain" mailman_rest POST domains mail_host="$lists_domain"
check "an open list" mailman_list "$open" "${open_readers[@]}"
check "a closed list" mailman_list "$closed" "${closed_readers[@]}"
check "Postfix starts and listens" postfix_start
[ "$failed" -eq 0 ] || finish

# ---- what the list manager changes --------------------------------------------------------------------

# posts_series NAME: Ada posts a series of two to the open list, and Rosa reviews its first part.  All copies
# are judged as the mail that came in, and the author of the events is Ada.
posts_series() {
    local name=$1 key=${1//[^a-z]/-} first
    mail_from ada "$key-1@authors.example.com" "[PATCH v2 1/2] $key: one" "To: $open" < <(patch_for "$key.c") | post "$open" "$witness"
    same_in_both "$name, part 1" "$key-1@authors.example.com" "${open_readers[@]}"
    mail_from ada "$key-2@authors.example.com" "[PATCH v2 2/2] $key: two" "To: $open" "In-Reply-To: <$key-1@authors.example.com>" \
        < <(patch_for "$key.h") | post "$open" "$witness"
    same_in_both "$name, part 2" "$key-2@authors.example.com" "${open_readers[@]}"
    mail_from rosa "$key-3@authors.example.com" "Re: [PATCH v2 1/2] $key: one" "To: Ada Example <ada@authors.example.com>" "Cc: $open" \
        "In-Reply-To: <$key-1@authors.example.com>" <<<'Reviewed-by: Rosa Example <rosa@authors.example.com>' | post "$open" "$witness"
    same_in_both "$name, review" "$key-3@authors.example.com" "${open_readers[@]}"
    for i in 1 2 3; do events_count "$name, mail $i" "$key-$i@authors.example.com" 1 1; done
    first=$(copy olga "$key-1@authors.example.com" | ours_of | sed -n 's/^Patchmark-Series: //p')
    same "$name: both parts and the review are in one series" "$first $first" \
        "$(for i in 2 3; do copy olga "$key-$i@authors.example.com" | ours_of | sed -n 's/^Patchmark-Series: //p'; done | xargs)"
    same "$name: series.opened, series.completed" "1 1" "$(times series.opened "$first") $(times series.completed "$first")"
    same "$name: the author is Ada, in every event about her mail" "ada@authors.example.com" \
        "$(grep -E "<?$key-[123]@" "$events" | jq -r 'select(.type | test("series")) | .data.series.author // .data.author | .address? // .' | sort -u)"
    same "$name: the tag is Rosa's own" true "$(events_of_type trailer.given "$key-3@authors.example.com" | jq '.. | .from_sender? // empty')"
    same "$name: no copy is malformed" 0 "$(copy olga "$key-1@authors.example.com" | ours_of | grep -c malformed)"
}
sent_from() { copy olga "$1-1@authors.example.com" | header_of | grep -c "^From: .*$2"; }
set_open() { check "settings: $*" mailman_set "$open_id" "$@"; }

posts_series plain
same "plain: the From is Ada's" 1 "$(sent_from plain '<ada@authors.example.com>')"
same "plain: the list has marked the Subject, and added a footer" "1 1" \
    "$(copy olga plain-1@authors.example.com | grep -c '^Subject: \[Tidewater\]') $(copy olga plain-1@authors.example.com | grep -c '^Tidewater mailing list --')"
set_open subject_prefix=
posts_series "no prefix"

set_open dmarc_mitigate_action=munge_from dmarc_mitigate_unconditionally=True 'subject_prefix=[tide list] '
posts_series munged
same "munged: the From is the list's" 1 "$(sent_from munged "via Tidewater <$open>")"
set_open reply_goes_to_list=point_to_list
posts_series "munged, replies go to the list"
set_open dmarc_mitigate_action=wrap_message
posts_series "wrapped, replies go to the list"
set_open reply_goes_to_list=no_munging
posts_series wrapped
same "wrapped: the mail is inside" 1 "$(copy olga wrapped-1@authors.example.com | grep -c '^Content-Type: message/rfc822')"
set_open 'dmarc_wrapped_message_text=The sender forbids changes.'
posts_series "wrapped with text"
set_open dmarc_mitigate_action=munge_from personalize=individual
posts_series "munged, a copy each"

# ---- moderation ----------------------------------------------------------------------------------------

settled
held=$(wc -l <"$events")
set_open emergency=True
for id in held rejected; do
    mail_from ada $id@authors.example.com "[PATCH] $id: one" "To: $open" < <(patch_for $id.c) | post "$open" "$witness"
    check "moderation: $id arrives" arrives $id@authors.example.com "${witness%@*}"
done
check "moderation: both are held" wait_for 30 mailman_holds "$open_id" 2
for id in held rejected; do events_count "moderation: $id" $id@authors.example.com 0 0; done
same "moderation: no event at all" "$held" "$(wc -l <"$events")"
set_open emergency=False
accepted=$(mailman_get "lists/$open_id/held" | jq '.entries[] | select(.message_id == "<held@authors.example.com>").request_id')
check "moderation: one is accepted" mailman_rest POST "lists/$open_id/held/$accepted" action=accept
check "moderation: the other is discarded" mailman_rest POST "lists/$open_id/held/$(mailman_held "$open_id")" action=discard
same_in_both "moderation: accepted" held@authors.example.com "${open_readers[@]}"
events_count "moderation: accepted" held@authors.example.com 1 1
events_count "moderation: discarded" rejected@authors.example.com 0 0

# ---- the closed list, and mail to both, with rewritten From -------------------------------------------

check "closed list: settings" mailman_set "$closed_id" dmarc_mitigate_action=munge_from dmarc_mitigate_unconditionally=True
mail_from ada c0@authors.example.com '[PATCH] kelpfence: one' "To: $closed" < <(patch_for kelpfence.c kelpfence) | post "$closed" "$witness"
same_in_both "closed list" c0@authors.example.com "${closed_readers[@]}"
events_count "closed list" c0@authors.example.com 0 0
mail_from ada x0@authors.example.com '[PATCH] ebb: closed first' "To: $open" "Cc: $closed" < <(patch_for ebb.c) | post "$closed"
check "mail to both, closed first: arrives there" arrives x0@authors.example.com "${closed_readers[@]}"
events_count "mail to both, closed first" x0@authors.example.com 0 0
post_again "$open"
check "mail to both, closed first: arrives" arrives x0@authors.example.com "${open_readers[@]}"
events_count "mail to both, closed first" x0@authors.example.com 1 1
mail_from ada x1@authors.example.com '[PATCH] flood: both at once' "To: $closed" "Cc: $open" < <(patch_for flood.c) | post "$closed" "$open"
check "mail to both at once: arrives" arrives x1@authors.example.com "${open_readers[@]}" "${closed_readers[@]}"
events_count "mail to both at once" x1@authors.example.com 1 1

# ---- VERP ------------------------------------------------------------------------------------------------

mailman_stop
check "Mailman starts with VERP" mailman_start verp
set_open personalize=none
posts_series "munged, each verp"
# shellcheck disable=SC2046 # files
same "VERP: each subscriber has a copy of its own" 2 \
    "$(grep -h '^Return-Path:' $(grep -lsF "<munged--each-verp-1@" "$mailboxes"/{olga,otto}/new/*) | sort -u | wc -l)"

settled
no_trace "file sink" "$events"
no_trace_in_headers
finish

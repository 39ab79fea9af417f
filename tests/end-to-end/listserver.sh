#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# listserver.sh - an open and a closed list of mlmmj behind a real Postfix, which is set up as
# patchmark-listserver(7) has it.  Which list a mail belongs to, what of it is published, once for each list, and
# that no byte of the closed list reaches an event, a metric, or the header of an open mail.
#
# mlmmj sends each subscriber a copy of its own, as other list managers do with VERP.
# shellcheck source=tests/end-to-end/lib-postfix.sh
. "$(dirname "$0")/lib-postfix.sh"
# shellcheck source=tests/end-to-end/lib-lists.sh
. "$(dirname "$0")/lib-lists.sh"
# shellcheck source=tests/end-to-end/lib-mlmmj.sh
. "$(dirname "$0")/lib-mlmmj.sh"

manager=mlmmj
lists_postfix
redis_start
redis CONFIG SET unixsocketperm 777 >/dev/null
lists_milter "plugin \"redis\" { server = \"unix:$work/redis.sock\" }"
milter_start
mlmmj_aliases
check "an open list" mlmmj_list nobody "$open" "${open_readers[@]}"
check "a closed list" mlmmj_list nobody "$closed" "${closed_readers[@]}"
check "Postfix starts and listens" postfix_start
[ "$failed" -eq 0 ] || finish

open_mail() { mail_from "${@:1:3}" "To: $open" "${@:4}"; }
closed_mail() { mail_from "${@:1:3}" "To: $closed" "${@:4}"; }

# ---- the closed list: a series of two, and a review -------------------------------------------------

closed_mail ada c0@authors.example.com '[PATCH 1/2] kelpfence: one' < <(patch_for kelpfence.c kelpfence) | post "$closed" "$witness"
closed_mail ada c1@authors.example.com '[PATCH 2/2] kelpfence: two' 'In-Reply-To: <c0@authors.example.com>' \
    < <(patch_for kelpfence.h kelpfence) | post "$closed" "$witness"
closed_mail rosa c2@authors.example.com 'Re: [PATCH 1/2] kelpfence: one' 'In-Reply-To: <c0@authors.example.com>' \
    <<<'Reviewed-by: Rosa Kelpfence <rosa@authors.example.com>' | post "$closed" "$witness"
for id in c0 c1 c2; do
    same_in_both "closed list" $id@authors.example.com "${closed_readers[@]}"
    events_count "closed list" $id@authors.example.com 0 0
done
same "closed list: its mail is grouped like any other" "$(series_of clara c0@authors.example.com)" \
    "$(series_of clara c2@authors.example.com)"
check "closed list: and is in the index" grep -q kelpfence < <("$PATCHMARK" series --state="$work/state" "$(series_of clara c0@authors.example.com)")

# ---- the open list: the same, with events once, however many copies pass ----------------------------

open_mail ada o0@authors.example.com '[PATCH 1/2] tide: one' < <(patch_for tide.c) | post "$open" "$witness"
same_in_both "open list" o0@authors.example.com "${open_readers[@]}"
open_mail ada o1@authors.example.com '[PATCH 2/2] tide: two' 'In-Reply-To: <o0@authors.example.com>' \
    < <(patch_for tide.h) | post "$open" "$witness"
open_mail rosa o2@authors.example.com 'Re: [PATCH 1/2] tide: one' 'In-Reply-To: <o0@authors.example.com>' \
    <<<'Reviewed-by: Rosa Example <rosa@authors.example.com>' | post "$open" "$witness"
for id in o1 o2; do same_in_both "open list" $id@authors.example.com "${open_readers[@]}"; done
for id in o0 o1 o2; do events_count "open list" $id@authors.example.com 1 1; done
series=$(series_of olga o0@authors.example.com)
same "open list: series.opened once" 1 "$(times series.opened "$series")"
same "open list: series.completed once" 1 "$(times series.completed "$series")"
same "open list: one tag is given" 1 "$(events_of_type trailer.given o2@authors.example.com | wc -l)"
same "open list: posted says where" "[\"$open_id\"]" \
    "$(events_of_type message.posted o0@authors.example.com | jq -c '[.data.list]')"
same "open list: each subscriber had a copy of its own" 2 "$(grep -h '^Return-Path:' "$mailboxes"/{olga,otto}/new/* | sort -u | grep -c bounces-3)"

# ---- mail to both lists -----------------------------------------------------------------------------

# crossposted NAME MESSAGE-ID: checks a mail that went to both lists.
crossposted() {
    check "$1: arrives" arrives "$2" "${open_readers[@]}" "${closed_readers[@]}"
    events_count "$1" "$2" 1 1
    same "$1: series.opened once" 1 "$(times series.opened "$(series_of olga "$2")")"
    same "$1: no event names the closed list" 0 "$(grep -F "$2" "$events" | grep -ciE "$secret")"
    same "$1: nor do the header fields of the open copy" "" "$(copy olga "$2" | header_of | grep -aiE '^(patchmark|list)-' | grep -iE "$secret")"
}
both=("To: $open" "Cc: $closed")

mail_from ada x0@authors.example.com '[PATCH] ebb: closed first' "${both[@]}" < <(patch_for ebb.c) | post "$closed"
check "closed list first: arrives there" arrives x0@authors.example.com "${closed_readers[@]}"
events_count "closed list first: before the open list has it" x0@authors.example.com 0 0
post_again "$open"
crossposted "closed list first" x0@authors.example.com

mail_from ada x1@authors.example.com '[PATCH] flood: open first' "${both[@]}" < <(patch_for flood.c) | post "$open"
check "open list first: arrives there" arrives x1@authors.example.com "${open_readers[@]}"
events_count "open list first: before the closed list has it" x1@authors.example.com 1 1
post_again "$closed"
crossposted "open list first" x1@authors.example.com

mail_from ada x2@authors.example.com '[PATCH] slack: both at once' "${both[@]}" < <(patch_for slack.c) | post "$open" "$closed"
crossposted "both at once" x2@authors.example.com

# ---- what the closed list knows does not show on the open list ---------------------------------------

closed_mail ada t1@authors.example.com '[PATCH] sluice: gates of oak' < <(patch_for sluice.c kelpfence) | post "$closed"
closed_mail ada t2@authors.example.com '[PATCH v2] sluice: gates of oak' < <(patch_for sluice.c kelpfence) | post "$closed"
check "version 1 and 2, closed: arrive" arrives t2@authors.example.com "${closed_readers[@]}"
same "version 2, closed: has the topic of version 1" "$(topic_of clara t1@authors.example.com)" "$(topic_of clara t2@authors.example.com)"
open_mail ada t3@authors.example.com '[PATCH v3] sluice: gates of oak' < <(patch_for sluice.c) | post "$open"
check "version 3, open: arrives" arrives t3@authors.example.com "${open_readers[@]}"
check "version 3, open: has a topic of its own" test "$(topic_of olga t3@authors.example.com)" != "$(topic_of clara t1@authors.example.com)"
settled
same "version 3, open: supersedes nothing" "" "$(grep -F t3@authors.example.com "$events" | grep -E 'series.superseded|"supersedes"')"
open_mail rosa t4@authors.example.com 'Re: [PATCH] sluice: gates of oak' 'In-Reply-To: <t1@authors.example.com>' <<<'Text.' | post "$open"
check "a reply on the open list to a mail of the closed list: arrives" arrives t4@authors.example.com "${open_readers[@]}"
check "a reply on the open list to a mail of the closed list: is not in its series" \
    test "$(series_of olga t4@authors.example.com)" != "$(series_of clara t1@authors.example.com)"
open_mail rosa t5@authors.example.com 'Re: [PATCH v3] sluice: gates of oak' 'In-Reply-To: <t3@authors.example.com>' <<<'Text.' | post "$closed"
check "a reply on the closed list to a mail of the open list: arrives" arrives t5@authors.example.com "${closed_readers[@]}"
same "a reply on the closed list to a mail of the open list: is in its series" \
    "$(series_of olga t3@authors.example.com)" "$(series_of clara t5@authors.example.com)"

# ---- List-Id fields that strangers write -------------------------------------------------------------

# stranger ID LIST-ID RECIPIENT: posts a mail with that List-Id.
stranger() { mail_from sven "$1" "[PATCH] spoof: $1" "To: $3" "List-Id: <$2>" < <(patch_for "spoof-${1%%@*}.c") | post "$3"; }
stranger l0@authors.example.com "$closed_id" "$open"
check "the closed List-Id to the open list: arrives" arrives l0@authors.example.com "${open_readers[@]}"
events_count "the closed List-Id to the open list" l0@authors.example.com 1 1
stranger l1@authors.example.com "$open_id" "$closed"
check "the open List-Id to the closed list: arrives" arrives l1@authors.example.com "${closed_readers[@]}"
events_count "the open List-Id to the closed list" l1@authors.example.com 0 0
stranger l2@authors.example.com "$open_id" "$witness"
check "the open List-Id to a person: arrives" arrives l2@authors.example.com "${witness%@*}"
events_count "the open List-Id to a person" l2@authors.example.com 0 0
stranger l3@authors.example.com foreign.example.net "$open"
check "a foreign List-Id to the open list: arrives" arrives l3@authors.example.com "${open_readers[@]}"
events_count "a foreign List-Id to the open list" l3@authors.example.com 1 1
same "a foreign List-Id to the open list: the event names the open list only" 0 \
    "$(events_of_type message.seen l3@authors.example.com | grep -c foreign.example.net)"
mail_from ada l4@authors.example.com '[PATCH] private: a mail to a person' "To: $witness" < <(patch_for private.c) | post "$witness"
check "private mail: arrives" arrives l4@authors.example.com "${witness%@*}"
same "private mail: has its header fields" "Patchmark-Kind: patch" "$(copy "${witness%@*}" l4@authors.example.com | ours_of | head -1)"
events_count "private mail" l4@authors.example.com 0 0

# ---- an author that a stranger claims ----------------------------------------------------------------

open_mail ada v0@authors.example.com '[PATCH 1/2] weir: one' < <(patch_for weir.c) | post "$open"
check "Ada's part 1 arrives" arrives v0@authors.example.com "${open_readers[@]}"
series=$(series_of olga v0@authors.example.com)
# claims ID FROM [FIELD...]: a part 2 that answers Ada's part 1, sent by somebody else.
claims() {
    { printf 'From: %s\n' "$2" && open_mail mallory "$1" '[PATCH 2/2] weir: two' 'In-Reply-To: <v0@authors.example.com>' \
        'Reply-To: Ada Example <ada@authors.example.com>' "${@:3}" < <(patch_for weir.h) | sed 1d; } | post "$open"
    check "$2: arrives" arrives "$1" "${open_readers[@]}"
    settled
    check "$2: is not in Ada's series" test "$(series_of olga "$1")" != "$series"
    same "$2: does not complete Ada's series" 0 "$(times series.completed "$series")"
    same "$2: is not published as Ada's" 0 "$(events_of_type message.seen "$1" | jq -r '.. | .author? // empty | .address? // .' | grep -c ada@)"
}
claims v1@authors.example.com '"Ada Example via tidewater" <stranger@evil.example.com>'
claims v2@authors.example.com "\"Ada Example via tidewater\" <$open>"
claims v3@authors.example.com 'Mallory <stranger@evil.example.com>' 'X-Original-From: Ada Example <ada@authors.example.com>'
claims v4@authors.example.com '"Ada Example" (via tidewater Mailing List) <stranger@evil.example.com>' "List-Post: <mailto:stranger@evil.example.com>" "List-Id: <evil.example.com>"
open_mail ada v5@authors.example.com '[PATCH 2/2] weir: two' 'In-Reply-To: <v0@authors.example.com>' < <(patch_for weir.h) | post "$open"
check "Ada's part 2 arrives" arrives v5@authors.example.com "${open_readers[@]}"
settled
same "Ada's part 2: is in her series" "$series" "$(series_of olga v5@authors.example.com)"
same "Ada's part 2: completes it" 1 "$(times series.completed "$series")"

# ---- forged fields, and those of the first pass -------------------------------------------------------

log_of() { grep -E "info: ($(grep -hoE "[0-9A-F]{8,}: message-id=<$1>" "$work/postfix.log" | sed 's/:.*//' | paste -sd'|')): " "$work/milter.log"; }
same "the fields of the first pass are replaced, and do not count as forged" 0 "$(log_of o0@authors.example.com | grep -c forged)"
open_mail ada f0@authors.example.com '[PATCH] forge: fields' 'Patchmark-Kind: announce' 'Patchmark-Labels: kelpfence' < <(patch_for forge.c) | post "$open"
check "forged fields: arrives" arrives f0@authors.example.com "${open_readers[@]}"
same "forged fields: are deleted" 0 "$(copy olga f0@authors.example.com | grep -cE '^Patchmark-.*(announce|kelpfence)')"
same "forged fields: counted on the way in, not on the way out" 1 "$(log_of f0@authors.example.com | grep -c forged)"

# ---- moderation ----------------------------------------------------------------------------------------

# The moderator gets the held mail as an attachment of a mail without List-Id.
for address in "$open" "$closed"; do
    mlmmj_set "$address" moderated
    mlmmj_set "$address" moderators $moderator@readers.example.com
done
release_of() { copy $moderator "$1" | tr '\n' ' ' | grep -o "[a-z]*+release-[0-9a-f]*@$lists_domain" | head -1; }
open_mail ada h0@authors.example.com '[PATCH] lock: held' < <(patch_for lock.c) | post "$open" "$witness"
open_mail ada h1@authors.example.com '[PATCH] lock: never released' < <(patch_for lock.c) | post "$open"
closed_mail ada h2@authors.example.com '[PATCH] kelpfence: held' < <(patch_for kelpfence.c kelpfence) | post "$closed" "$witness"
for id in h0 h1 h2; do
    check "moderation: $id is held" arrives $id@authors.example.com $moderator
    events_count "moderation: $id is held" $id@authors.example.com 0 0
done
for id in h0 h2; do
    mail_from mona release-$id@authors.example.com 'Re: release' <<<'Yes.' | post "$(release_of $id@authors.example.com)"
done
same_in_both "moderation: released" h0@authors.example.com "${open_readers[@]}"
events_count "moderation: released" h0@authors.example.com 1 1
same_in_both "moderation: released, closed list" h2@authors.example.com "${closed_readers[@]}"
for id in h1 h2; do events_count "moderation: $id" $id@authors.example.com 0 0; done
same "moderation: nothing of the mails to the moderator" 0 "$(grep -ciE 'moderate|release-' "$events")"

# ---- the archive of mlmmj, as an mbox for an import ----------------------------------------------------

ids="a1@authors.example.com a2@authors.example.com a10@authors.example.com"
for id in $ids; do
    mail_from ada "$id" "[PATCH] ${id%@*}: archived" <<<$'From here on, text.\n>From one.' >"$mlmmj_folder/${open%@*}/archive/$(tr -dc 0-9 <<<"${id%@*}")"
done
(cd "$work" && eval "$(recipe archive)")
same "an mbox of the archive: has its mails, in their order" "$ids " \
    "$("$PATCHMARK" classify --format=json "$work/tidewater.mbox" | jq -r .message_id | tr '\n' ' ')"
install -d -o "$MILTER_USER" "$work/imported"
same "    can be imported" "3 3" "$("$PATCHMARK" import --json --config="$work/patchmark.conf" --state="$work/imported" \
    --list=$open_id - <"$work/tidewater.mbox" | jq -r '"\(.mails) \(.new)"')"

# ---- no trace of the closed list -----------------------------------------------------------------------

settled
curl -s "http://127.0.0.1:$metrics_port/metrics" >"$work/metrics"
check "there are metrics" grep -q '^patchmark_' "$work/metrics"
check "there are events" test "$(grep -c . "$events")" -gt 10
check "they are in Redis" wait_for 10 test "$(redis XLEN '{patchmark}:events')" -gt 10
no_trace "file sink" "$events"
no_trace "Redis" <(cat "$work"/appendonlydir/*)
no_trace "metrics" "$work/metrics"
no_trace_in_headers "^List-Id: <$closed_id>|^Patchmark-Labels: kelpfence"
for id in o0 o1 o2 t3 t4 v0; do log_of $id@authors.example.com; done >"$work/open-log"
check "there are lines in the log" test -s "$work/open-log"
no_trace "log lines of the open list's mail" "$work/open-log"
same "no copy is malformed" "" "$(grep -l '^Patchmark-Flags:.*malformed' "$mailboxes"/*/new/* | xargs -r grep -h '^Message-ID:' | grep -v '<v[1-4]@')"
finish

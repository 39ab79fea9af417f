#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# protocol.sh - the milter protocol in every version and against every habit of an MTA: each mail gets
# "continue", the same headers whatever was negotiated, and nothing else of it is changed.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
mails=$(grep -c '^From patchmark ' "$demo")

milter_configure
milter_start

# The reference: protocol 6, everything offered.  What it has is checked by hand in postfix.sh and
# classify.sh; here everything must equal it.
"$FAKEMTA" --print mail "$socket" "$demo" >"$work/wanted"
same "one kind a mail" "$mails" "$(grep -c '^Patchmark-Kind: ' "$work/wanted")"
same "the forged one is gone" 0 "$(grep -c '^Patchmark-Kind: announce' "$work/wanted")"
same "nothing but our headers is changed" \
    "$(grep -v '^From patchmark\|^Patchmark-' "$demo")" "$(grep -v '^From \|^Patchmark-' "$work/wanted")"

as_reference() { # NAME OPTION...
    local name=$1
    shift
    if ! "$FAKEMTA" --print mail "$@" "$socket" "$demo" >"$work/got" 2>"$work/fault"; then
        cat "$work/fault"
        check "$name: every mail is answered" false
    else
        check "$name" cmp -s "$work/wanted" "$work/got"
    fi
}

for version in 2 3 4 5 6; do
    as_reference "protocol $version" --protocol $version
    as_reference "protocol $version, no protocol bits offered" --protocol $version --offer-nothing
done
as_reference "no SKIP" --no-skip
as_reference "no leading spaces" --no-leadspc
as_reference "every step wants a reply" --no-nr
as_reference "queue id known from MAIL on" --queue-id-at mail
as_reference "queue id known at the end only" --queue-id-at eom
for stage in connect helo mail rcpt data header eoh body; do
    as_reference "abort at $stage, then the same mail" --abort-at $stage
done
as_reference "connections that close first" --close-first
as_reference "a connection a mail" -m 1
as_reference "QUIT_NC between mails" --quit-nc
as_reference "the last piece of body with its end" --last-chunk-with-eob
as_reference "a body in pieces of one byte" --chunk 1
as_reference "a body in pieces of 7 bytes" --chunk 7
as_reference "a slow sender" --slow 1 -c 4
as_reference "four connections" -c 4

# What was negotiated for one connection is not what another one gets.
"$FAKEMTA" --offer-nothing -r 20 "$socket" "$demo" &
other=$!
as_reference "beside an MTA that offers nothing" -r 1
check "which is answered as well" wait "$other"

# ---- odd sizes ------------------------------------------------------------------------------------

check "a header of 100 KB" "$FAKEMTA" --big-header --print none "$socket" "$demo"
printf 'From: a@example.org\nSubject: [PATCH 1/2] big\nMessage-ID: <big@example.org>\n\n' >"$work/big.eml"
yes 'a line of an attachment that nobody reads' | head -c 2097152 >>"$work/big.eml"
for options in "" --no-skip --last-chunk-with-eob; do
    # shellcheck disable=SC2086 # none or one option
    "$FAKEMTA" $options --print mail "$socket" "$work/big.eml" >"$work/got"
    same "2 MiB ${options:-as Postfix sends it}: truncated, and whole" "truncated $(grep -c '^a line' "$work/big.eml")" \
        "$(sed -n 's/^Patchmark-Flags: //p' "$work/got") $(grep -c '^a line' "$work/got")"
done
{
    printf 'From: a@example.org\nSubject: many\nMessage-ID: <many@example.org>\n'
    for i in $(seq 300); do printf 'Patchmark-Kind: forged %s\nPATCHMARK-series: x\nPatchmark-Other-%s: y\n' "$i" $((i % 50)); done
    printf '\ntext\n'
} >"$work/many.eml"
"$FAKEMTA" --print mail "$socket" "$work/many.eml" >"$work/got"
same "900 forged fields are all gone" "Patchmark-Kind Patchmark-Info" \
    "$(grep -oiE '^patchmark-[a-z-]+' "$work/got" | tr '\n' ' ' | sed 's/ $//')"
printf '\n' >"$work/empty.eml"
check "an empty mail" bash -c "'$FAKEMTA' --print headers '$socket' '$work/empty.eml' | grep -q '^Patchmark-Kind: other'"

milter_stop TERM
same "the milter is as well as before" 0 $?
check "and complained of nothing" test -z "$(grep -E ' (error|warning): ' "$work/milter.log")"
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# hostile.sh - mails made to hurt, through the daemon: each is answered "continue" within seconds, gets
# the flags that it should, and nothing of it is changed; afterwards the daemon lives, its descriptors
# are as many as before, and the memory is given back.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"
: "${HOSTILE:=$(dirname "$FAKEMTA")/../hostile/hostile}" # writes the mails

socket=unix:$work/run/patchmark.sock
demo=$SOURCE/tests/mails/demo.mbox
mkdir "$work/mails"
"$HOSTILE" "$work/mails" >"$work/wanted"

milter_configure "plugin \"rules\" { table = \"$SOURCE/config/rules.sample\" }" \
    "plugin \"subsystem\" { maintainers = \"$SOURCE/plugins/subsystem/test-MAINTAINERS\" }" \
    "plugin \"file\" { path = \"$work/events.jsonl\" }"
milter_start

kib() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$milter_pid/status"; }
descriptors() { find "/proc/$milter_pid/fd" -mindepth 1 | wc -l; }
# Every thread of libmilter's pool has worked, and every connection is closed again.
"$GENERATE" -n 3000 -s 7 >"$work/ordinary.mbox"
"$FAKEMTA" -c 16 "$socket" "$work/ordinary.mbox"
descriptors_settle() { [ "$(descriptors)" -le "$before" ]; }
before=0
wait_for 2 descriptors_settle
before=$(descriptors) memory=$(kib VmRSS)

# ---- one by one -----------------------------------------------------------------------------------

# edits_of NAME: what the filter answers, and each edit; a mail has one answer.
edits_of() { "$FAKEMTA" --timeout 5000 --print edits "$socket" "$work/mails/$1.eml"; }
while read -r name flags; do
    # A string of the protocol ends at a NUL, so an MTA shows no field with one.
    [ "$name" != nul-in-a-field ] || flags=
    edits_of "$name" >"$work/edits" 2>"$work/fault" || cat "$work/fault" >>"$work/unanswered"
    grep -q '^1 continue' "$work/edits" || echo "$name" >>"$work/unanswered"
    grep -vE '^1 (continue|insert 1 "?Patchmark-|(change|delete) [0-9]+ "?[Pp]atchmark-)' "$work/edits" | sed "s/^/$name: /" >>"$work/changed"
    got=$(grep -oE 'Patchmark-Flags.*' "$work/edits" | grep -oE 'truncated|malformed' | tr '\n' ' ')
    [ "${got% }" = "$flags" ] || echo "$name: '$got' is not '$flags'" >>"$work/flags"
done <"$work/wanted"
touch "$work/unanswered" "$work/changed" "$work/flags"
same "each of $(wc -l <"$work/wanted") mails is answered, with continue" "" "$(head -5 "$work/unanswered")"
same "there is no edit but of our headers" "" "$(head -5 "$work/changed")"
same "they are truncated and malformed as documented" "" "$(head -5 "$work/flags")"

# ---- all at once ----------------------------------------------------------------------------------

check "all of them over 16 connections" \
    "$FAKEMTA" -c 16 -r 5 --timeout 30000 --stats "$socket" "$work"/mails/*.eml
echo "$(kib VmHWM) KiB at most, $(kib VmRSS) KiB now, $memory KiB before"
# A mail in work takes 7 MiB at most, see test_hostile.c, and 16 were.
check "memory while they are in work" test "$(kib VmHWM)" -lt $((memory + 16 * 12 * 1024))
check "the daemon lives" kill -0 "$milter_pid"
wait_for 5 descriptors_settle
same "descriptors" "$before" "$(descriptors)"
memory_is_back() { [ "$(kib VmRSS)" -lt $((memory + 8 * 1024)) ]; }
check "memory is given back" wait_for 40 memory_is_back
echo "$(kib VmRSS) KiB in the end"

# ---- more than there is memory for -----------------------------------------------------------------

# Mails of 5,000 parts, 7 MiB each, over as many connections as max_mails allows.
mkdir "$work/parts"
for i in $(seq 200); do { echo "X-Number: $i"; cat "$work/mails/parts.eml"; } >"$work/parts/$i.eml"; done
check "200 of the largest at once" \
    "$FAKEMTA" -c 200 --timeout 120000 --stats "$socket" "$work"/parts/*.eml
echo "$(kib VmHWM) KiB at most"
check "the unit's MemoryMax is not met" test "$(kib VmHWM)" -lt $((512 * 1024))
check "each was read" test "$(grep -c 'kind=' "$work/milter.log")" -ge \
    $((200 + 6 * $(wc -l <"$work/wanted")))

# The same answers as a daemon gives that never saw any of it.
"$FAKEMTA" --print mail "$socket" "$demo" >"$work/after"
milter_stop TERM
same "it stops as always" 0 $?
check "and complained of nothing" test -z "$(grep -E ' (error|warning): ' "$work/milter.log" | grep -v 'different header names with the configured prefix')"
rm -rf "$work/state"
milter_start
"$FAKEMTA" --print mail "$socket" "$demo" >"$work/fresh"
check "ordinary mails are read as ever" cmp "$work/fresh" "$work/after"
milter_stop TERM
finish

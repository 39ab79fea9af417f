#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# hostile.sh - sends hostile mails to the daemon: each is answered with "continue" within seconds, has
# the expected flags and is unaltered.  Afterwards the daemon runs, with as many descriptors as before,
# and has freed the memory.
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
# Uses every thread of libmilter's pool, then waits until all connections are closed.
"$GENERATE" -n 3000 -s 7 >"$work/ordinary.mbox"
"$FAKEMTA" -c 16 "$socket" "$work/ordinary.mbox"
descriptors_settle() { [ "$(descriptors)" -le "$before" ]; }
before=0
wait_for 2 descriptors_settle
before=$(descriptors) memory=$(kib VmRSS)

# ---- one by one -----------------------------------------------------------------------------------

# edits_of NAME: prints the answer to the mail, and each edit of it.
edits_of() { "$FAKEMTA" --timeout 5000 --print edits "$socket" "$work/mails/$1.eml"; }
while read -r name flags; do
    # A string of the milter protocol ends at a NUL, so the filter receives no field with one.  No header
    # field is added to a mail with more forged ones than are deleted.
    case $name in nul-in-a-field | forged) flags= ;; esac
    edits_of "$name" >"$work/edits" 2>"$work/fault" || cat "$work/fault" >>"$work/unanswered"
    grep -q '^1 continue' "$work/edits" || echo "$name" >>"$work/unanswered"
    grep -vE '^1 (continue|insert 1 "?Patchmark-|(change|delete) [0-9]+ "?[Pp]atchmark-)' "$work/edits" | sed "s/^/$name: /" >>"$work/changed"
    got=$(grep -oE 'Patchmark-Flags.*' "$work/edits" | grep -oE 'truncated|malformed' | tr '\n' ' ')
    [ "${got% }" = "$flags" ] || echo "$name: '$got' is not '$flags'" >>"$work/flags"
done <"$work/wanted"
touch "$work/unanswered" "$work/changed" "$work/flags"
same "each of $(wc -l <"$work/wanted") mails is answered, with continue" "" "$(head -5 "$work/unanswered")"
same "only headers of patchmark are edited" "" "$(head -5 "$work/changed")"
same "the flags truncated and malformed are set as expected" "" "$(head -5 "$work/flags")"

# ---- all at once ----------------------------------------------------------------------------------

check "all of them over 16 connections" \
    "$FAKEMTA" -c 16 -r 5 --timeout 30000 --stats "$socket" "$work"/mails/*.eml
echo "$(kib VmHWM) KiB at most, $(kib VmRSS) KiB now, $memory KiB before"
# A mail takes at most 7 MiB while it is classified, see test_hostile.c, and 16 were at once.
check "memory while 16 mails are classified" test "$(kib VmHWM)" -lt $((memory + 16 * 12 * 1024))
check "the daemon runs" kill -0 "$milter_pid"
wait_for 5 descriptors_settle
same "as many descriptors as before" "$before" "$(descriptors)"
memory_is_back() { [ "$(kib VmRSS)" -lt $((memory + 8 * 1024)) ]; }
check "the memory is freed" wait_for 40 memory_is_back
echo "$(kib VmRSS) KiB in the end"

# ---- as many as max_mails allows -------------------------------------------------------------------

# Mails of 5,000 parts, which take 7 MiB each, over 200 connections.
mkdir "$work/parts"
for i in $(seq 200); do { echo "X-Number: $i"; cat "$work/mails/parts.eml"; } >"$work/parts/$i.eml"; done
check "200 of the largest mails at once" \
    "$FAKEMTA" -c 200 --timeout 120000 --stats "$socket" "$work"/parts/*.eml
echo "$(kib VmHWM) KiB at most"
check "memory stays below MemoryMax of the systemd unit" test "$(kib VmHWM)" -lt $((512 * 1024))
check "each was classified" test "$(grep -c 'kind=' "$work/milter.log")" -ge \
    $((200 + 6 * $(wc -l <"$work/wanted")))

# The answers must be those of a daemon that has not received these mails.
"$FAKEMTA" --print mail "$socket" "$demo" >"$work/after"
milter_stop TERM
same "SIGTERM ends it with 0" 0 $?
check "it logged no error and no warning" test -z "$(grep -E ' (error|warning): ' "$work/milter.log" | grep -v 'header fields Patchmark-\* stay on the mail')"
rm -rf "$work/state"
milter_start
"$FAKEMTA" --print mail "$socket" "$demo" >"$work/fresh"
check "ordinary mails are classified as by a new daemon" cmp "$work/fresh" "$work/after"
milter_stop TERM
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# libmilter.sh - tests that the system calls of libmilter are buffered, for descriptors of any number, and
# only those of libmilter: the program must define no name of libc, because such a name would replace the
# function in every library of the process.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
program=$PATCHMARK

check "libmilter.a was found, and version reports it" grep -q 'libmilter buffered' <<<"$("$program" version)"

# ---- names ----------------------------------------------------------------------------------------

names() { nm -D --defined-only "$1" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u; }
libc=$(ldd "$program" | awk '$1 ~ /^libc\.so/ { print $3 }')
same "libc defines what libmilter calls" "accept close poll read writev " \
    "$(names "$libc" | grep -x 'accept\|close\|poll\|read\|writev' | tr '\n' ' ')"
check "the program defines the functions of plugins" grep -qx patchmark_id <<<"$(names "$program")"
same "the program defines no name of libc" "" "$(comm -12 <(names "$libc") <(names "$program"))"

# ---- descriptors ----------------------------------------------------------------------------------

# Runs a program with all descriptors up to 5,000 open.
cat >"$work/crowded.py" <<'EOP'
import os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, hard))
descriptor = 2
while descriptor < 5000:
    descriptor = os.dup(2)
    os.set_inheritable(descriptor, True)
os.execv(sys.argv[1], sys.argv[1:])
EOP
printf '#!/bin/sh\nexec python3 "%s" "%s" "$@"\n' "$work/crowded.py" "$program" >"$work/crowded"
chmod 755 "$work/crowded"

# The kernel counts the calls of read(2) by libmilter; the buffer calls recv(2), which is not counted.
reads() { awk '/^syscr:/ { print $2 }' "/proc/$milter_pid/io"; }
lowest_socket() { find "/proc/$milter_pid/fd" -lname 'socket:*' -printf '%f\n' | sort -n | head -1; }
fields=$(($(awk '/^From patchmark / { inside = 1; next } /^$/ { inside = 0 } inside && /^[^ \t]/' "$demo" | wc -l) * 20))

# answers NAME: plays the mails once, with the result in $work/NAME; then 20 times, and counts the reads.
answers() {
    local before
    "$FAKEMTA" --print mail "$socket" "$demo" >"$work/$1"
    before=$(reads)
    check "$1: every mail is answered" "$FAKEMTA" -c 4 -r 20 "$socket" "$demo"
    calls=$(($(reads) - before))
    check "$1: fewer read calls ($calls) than header fields ($fields)" test "$calls" -lt "$fields"
}

milter_configure
milter_start
check "descriptors are low" test "$(lowest_socket)" -lt 256
answers low
check "low: headers are written" grep -q '^Patchmark-Kind: patch' "$work/low"
milter_stop TERM
same "the milter exits with 0" 0 $?

rm -rf "$work/state"
PATCHMARK=$work/crowded
milter_start
PATCHMARK=$program
check "descriptors are high" test "$(lowest_socket)" -gt 5000
answers high
check "high: the same headers" cmp "$work/low" "$work/high"
milter_stop TERM
same "high: the milter exits with 0" 0 $?
check "it logged no error and no warning" test -z "$(grep -E ' (error|warning): ' "$work/milter.log")"
finish

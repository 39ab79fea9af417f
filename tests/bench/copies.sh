#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# copies.sh - CPU time of a further copy of a mail, as a list manager with VERP sends one to each
# subscriber, compared with that of a new mail.  Both come from a local client, with a List-Id, and with
# the header fields of the first pass.
#
# Prints, for each round, the CPU time of the daemon for one mail in microseconds, for new mails, for
# copies, and for floor A, a filter that does nothing, with the same mails.  Variables: those of
# lib-bench.sh; COPIES (40) of each of 75 mails are played.
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/lib-bench.sh"

socket=unix:$work/run/patchmark.sock
floor_socket=unix:$work/filter.sock
copies=${COPIES:-40}
sample=$work/sample.mbox

# played FILE [OPTION...]: plays the mails, and prints the CPU time of the filter for one of them.
played() {
    local at=$1 file=$2 user0 system0 user system line
    shift 2
    read -r user0 system0 < <(cpu_us "$filter_pid")
    line=$("$FAKEMTA" -c 4 --client 127.0.0.1 --recipient reader@example.net "$@" --stats "$at" "$file" 2>&1) || die "$line"
    read -r user system < <(cpu_us "$filter_pid")
    awk -v us=$((user + system - user0 - system0)) -v mails="$(value mails "$line")" 'BEGIN { printf "%.0f\n", us / mails }'
}

redis_start --appendonly no
echo "round new copy floor copy/new"
for ((round = 1; round <= ${ROUNDS:-5}; round++)); do
    mails_next
    "$PATCHMARK" classify --format=mail "$mails" >"$work/passed.mbox" && mv "$work/passed.mbox" "$mails" || die "classify"
    awk '/^From / { n++ } n <= 75' "$mails" >"$sample"
    patchmark_run nosink
    new=$(played "$socket" "$mails")
    played "$socket" "$sample" >/dev/null # after a restart, the first copy is judged in full
    copy=$(played "$socket" "$sample" -r "$copies")
    filter_stop
    filter_run "$floor_socket" "$FLOOR" "$floor_socket"
    floor=$(played "$floor_socket" "$sample" -r "$copies")
    filter_stop
    echo "$round $new $copy $floor $(awk -v c="$copy" -v n="$new" 'BEGIN { printf "%.2f", c / n }')"
    note what=copies round=$round new_us="$new" copy_us="$copy" floor_us="$floor"
done
redis_stop TERM

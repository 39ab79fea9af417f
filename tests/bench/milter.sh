#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# milter.sh - mails per second over four connections, and latencies: compares patchmark with all functions
# (index, outbox, Redis sink), and without a sink, with floor A, a filter that does nothing, with floor B, a
# filter that only parses with GMime, with the earlier version that BEFORE names, and with other milters that are installed
# (opendkim, python3-milter).
#
# Each round measures all of them, with mails that no store has recorded: first at full load, then at half
# load, which is half of the rate of the slower version of patchmark.  Variables: those of lib-bench.sh;
# ROUNDS is 7, ROUNDS_HALF is 3.
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/lib-bench.sh"

rounds=${ROUNDS:-7}
rounds_half=${ROUNDS_HALF:-3}
socket=unix:$work/filter.sock
patchmark_socket=unix:$work/run/patchmark.sock

# ---- the filters ----------------------------------------------------------------------------------

A_run() { filter_run "$socket" "$FLOOR" "$socket"; }
B_run() { filter_run "$socket" "$FLOOR" -p "$socket"; }

# Runs without network and finds no key, so it reads and hashes mails, but verifies no signature.
opendkim_run() {
    : >"$work/dns"
    printf '%s\n' 'Mode v' 'Syslog no' "Socket local:${socket#unix:}" "TestDNSData $work/dns" 'UMask 000' \
        'AlwaysAddARHeader yes' 'On-DNSError accept' 'On-KeyNotFound accept' 'On-Default accept' >"$work/opendkim.conf"
    filter_run "$socket" opendkim -f -x "$work/opendkim.conf"
}
python_run() { filter_run "$socket" "$python_milter" "$SOURCE/tests/bench/floor.py" "$socket"; }

filters=(A B "${patchmarks[@]}" nosink)
if command -v opendkim >/dev/null; then filters+=(opendkim); else echo "opendkim is not installed and not measured"; fi
if python_milter=$(python_with Milter); then filters+=(python); else echo "python3-milter is not installed and not measured"; fi

# ---- the turns --------------------------------------------------------------------------------------

# turn NAME ROUND LOAD [OPTION...]: starts the filter, plays all mails once, and notes the result.
turn() {
    local name=$1 round=$2 load=$3 at=$socket user0 system0 user system line
    shift 3
    case $name in
    patchmark | before | nosink) at=$patchmark_socket && patchmark_run "$name" ;;
    *) "${name}_run" ;;
    esac
    read -r user0 system0 < <(cpu_us "$filter_pid")
    line=$("$FAKEMTA" -c 4 "$@" --stats "$at" "$mails" 2>&1) || die "$name: $line"
    [ "$(value mails "$line") $(value unanswered "$line") $(value lost_connections "$line")" = "$mails_count 0 0" ] ||
        die "$name: $line"
    [ -z "$state" ] || [ "$name" = nosink ] || outbox_drain # the CPU time includes the delivery of events
    rate=$(value mails_per_second "$line")
    read -r user system < <(cpu_us "$filter_pid")
    # shellcheck disable=SC2046,SC2086 # words
    note what="$name" round="$round" load="$load" $line cpu_us=$((user + system - user0 - system0)) \
        kernel_us=$((system - system0)) $(resident "$filter_pid")
    filter_stop
}

redis_start --appendonly no
declare -A rates=()
for ((round = 0; round < rounds; round++)); do
    mails_next
    for name in $(rotated $round "${filters[@]}"); do
        turn "$name" $round full
        rates[$name]+="$rate"$'\n'
    done
done
half=$(for name in "${patchmarks[@]}"; do printf %s "${rates[$name]}" | median; done |
    sort -g | awk 'NR == 1 { printf "%d", $1 / 2 }')
for ((round = 0; round < rounds_half; round++)); do
    mails_next
    for name in $(rotated $round A B "${patchmarks[@]}"); do
        turn "$name" $round half --rate "$half"
    done
done
report

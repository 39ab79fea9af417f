#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# milter.sh - mails a second over four connections: patchmark with journal and Redis sink, against the
# empty filter, in turns in one run.  Run by `make bench`; MAILS names an mbox, else the sample mails.
# shellcheck source=tests/end-to-end/lib.sh
. "$SOURCE/tests/end-to-end/lib.sh"
: "${FLOOR:?the empty filter}"

mails=${MAILS:-$SOURCE/tests/mails/demo.mbox}
repeat=${REPEAT:-$(((30000 + $(grep -c '^From ' "$mails") - 1) / $(grep -c '^From ' "$mails")))}
[ "$repeat" -le 10 ] || [ -z "${MAILS:-}" ] || repeat=10

rate() { # SOCKET: mails a second
    "$FAKEMTA" -c 4 -r "$repeat" --stats "$1" "$mails" 2>&1 |
        sed -n 's/.*mails_per_second=\([0-9.]*\) p50_us=\([0-9]*\) p99_us=\([0-9]*\).*/\1 \2 \3/p'
}

redis_start
milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" }" 'log_level = "warning"'
printf '%-8s %-10s %12s %8s %8s\n' round filter mails/s p50_us p99_us
"$FLOOR" "unix:$work/floor.sock" &
floor=$!
wait_for 10 test -S "$work/floor.sock"
ratios=()
for round in 1 2 3 4 5; do
    read -r a a50 a99 < <(rate "unix:$work/floor.sock")
    rm -rf "$work/state" # each round teaches an empty index, as a mail is new only once
    milter_start_quietly() {
        sed -i 's/^log_level.*/log_level = "info"/' "$work/patchmark.conf"
        milter_start
        sed -i 's/^log_level.*/log_level = "warning"/' "$work/patchmark.conf"
    }
    milter_start_quietly
    kill -USR1 "$milter_pid" # from here on without a line a mail
    wait_for 5 grep -q 'configuration read again' "$work/milter.log"
    sleep 0.2
    read -r b b50 b99 < <(rate "unix:$work/run/patchmark.sock")
    milter_stop TERM
    printf '%-8s %-10s %12s %8s %8s\n' $round empty "$a" "$a50" "$a99" $round patchmark "$b" "$b50" "$b99"
    ratios+=("$(awk "BEGIN {printf \"%.3f\", $b / $a}")")
done
kill "$floor"
printf 'ratio: %s (median %s)\n' "${ratios[*]}" "$(printf '%s\n' "${ratios[@]}" | sort -n | sed -n 3p)"

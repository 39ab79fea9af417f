#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# web.sh - whether mail notices the web process: latencies of mails at a fixed rate, alone, with a web process
# that 50 clients use, and as a control beside loops that only keep the cores busy.  Each client reads the event
# stream and once a second a page of the API, as a browser does that shows the newest series while mails arrive.
#
# The turns alternate, with mails that the store has not recorded.  The web process, as its unit has it, the
# clients, which are other machines in reality, and the loops have the scheduling policy idle.  Variables: those
# of lib-bench.sh; CLIENTS is 50, RATE is half of what the first turn reaches at full load.
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/lib-bench.sh"

socket=unix:$work/run/patchmark.sock
web=unix:$work/web.sock
clients=${CLIENTS:-50}

# turn WHAT: plays the mails at the rate, with the web process if WHAT is "web", beside loops if it is "busy", and
# prints p50, p99 and p999.
turn() {
    local line web_pid='' clients_pid='' busy_pids=''
    patchmark_run nosink
    if [ "$1" = busy ]; then
        for _ in $(seq "$(nproc)"); do
            chrt -i 0 sh -c 'while :; do :; done' &
            busy_pids+=" $!"
        done
    fi
    if [ "$1" = web ]; then
        chrt -i 0 "$PATCHMARK" web --config="$work/patchmark.conf" --state="$state" --listen="$web" 2>>"$work/web.log" &
        web_pid=$!
        wait_for 20 test -S "${web#unix:}" || die "patchmark web does not listen: $(tail -n 3 "$work/web.log")"
        chrt -i 0 python3 -B "$SOURCE/tests/bench/web-clients.py" "${web#unix:}" "$clients" >"$work/clients" &
        clients_pid=$!
        sleep 2
    fi
    line=$("$FAKEMTA" -c 4 --rate "$rate" --stats "$socket" "$mails" 2>&1) || die "$line"
    # shellcheck disable=SC2086 # words
    [ -z "$busy_pids" ] || kill $busy_pids
    if [ -n "$web_pid" ]; then
        kill -TERM $clients_pid
        wait $clients_pid 2>/dev/null
        kill -TERM $web_pid
        wait $web_pid 2>/dev/null
        echo "$1 p50_us=$(value p50_us "$line") p99_us=$(value p99_us "$line") p999_us=$(value p999_us "$line") $(cat "$work/clients")"
    else
        echo "$1 p50_us=$(value p50_us "$line") p99_us=$(value p99_us "$line") p999_us=$(value p999_us "$line")"
    fi
    # shellcheck disable=SC2046 # words
    note what="$1" round="$round" $line
    filter_stop
}

redis_start --appendonly no
rate=${RATE:-}
if [ -z "$rate" ]; then
    mails_next
    patchmark_run nosink
    line=$("$FAKEMTA" -c 4 --stats "$socket" "$mails" 2>&1) || die "$line"
    rate=$(awk -v r="$(value mails_per_second "$line")" 'BEGIN { printf "%d", r / 2 }')
    filter_stop
fi
echo "$rate mails/s, $clients clients"
for ((round = 1; round <= ${ROUNDS:-5}; round++)); do
    for what in $(rotated $round alone busy web); do
        mails_next
        turn "$what"
    done
done
redis_stop TERM

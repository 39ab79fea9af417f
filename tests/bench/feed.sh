#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# feed.sh - events per second from the outbox to the Redis stream: of events that waited while Redis was
# stopped (replay_rate = 0), and of mails that arrive at the highest rate.  The time is that from the
# first to the last entry, by the clock of Redis.  Run by `make bench-feed`.
#
# EVENTS (50000), ROUNDS (3), AOF ("no everysec always": values of appendfsync; "no" is without AOF);
# JSON: a file to which a line for each measurement is appended.
# shellcheck source=tests/end-to-end/lib.sh
. "$SOURCE/tests/end-to-end/lib.sh"

events=${EVENTS:-50000}
rounds=${ROUNDS:-3}
json=${JSON:-/dev/null}
socket=unix:$work/run/patchmark.sock

aof_start() { # no|everysec|always
    rm -rf "$work/appendonlydir"
    if [ "$1" = no ]; then redis_start --appendonly no; else redis_start --appendfsync "$1"; fi
}

# cpu PID: prints the CPU time of a process so far, in ms.
cpu() { awk -v tick="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); print ($12 + $13) * 1000 / tick}' "/proc/$1/stat"; }

entry_ms() { redis --raw "$1" '{patchmark}:events' $2 COUNT 1 | head -1 | cut -d- -f1; }

# report WHAT AOF: prints the rate of the stream, which is complete, and the CPU times since milter0 and
# redis0.
report() {
    local count first last
    count=$(redis XLEN '{patchmark}:events')
    first=$(entry_ms XRANGE '- +')
    last=$(entry_ms XREVRANGE '+ -')
    awk -v what="$1" -v aof="$2" -v count="$count" -v ms=$((last - first)) -v json="$json" \
        -v milter=$(($(cpu "$milter_pid") - milter0)) -v redis=$(($(cpu "$redis_pid") - redis0)) 'BEGIN {
        rate = count * 1000 / (ms > 0 ? ms : 1)
        printf "%-7s %-9s %8d %8.2f %12.0f %10.2f %10.2f\n", what, aof, count, ms / 1000, rate, milter / 1000, redis / 1000
        printf "{\"bench\":\"feed\",\"what\":\"%s\",\"aof\":\"%s\",\"events\":%d,\"ms\":%d,\"events_per_second\":%.0f,\"milter_cpu_ms\":%d,\"redis_cpu_ms\":%d}\n", what, aof, count, ms, rate, milter, redis >>json
    }'
}

milter_configure "replay_rate = 0" 'log_level = "warning"' \
    "plugin \"redis\" { server = \"unix:$work/redis.sock\" maxlen = 10000000 timeout = 10s }"
start() { # at level info for the line "listens on", then without a line for each mail
    sed -i 's/^log_level.*/log_level = "info"/' "$work/patchmark.conf"
    milter_start
    sed -i 's/^log_level.*/log_level = "warning"/' "$work/patchmark.conf"
    kill -USR1 "$milter_pid"
}

# A mail makes 1.3 events on average.
"$GENERATE" -n $((events * 3 / 4)) -s 1 >"$work/mails.mbox"
start
play -c 4 "$socket" "$work/mails.mbox" 2>/dev/null
milter_stop TERM
cp -r "$work/state" "$work/filled"

printf '%-7s %-9s %8s %8s %12s %10s %10s\n' what aof events seconds events/s milter_cpu redis_cpu
for ((round = 1; round <= rounds; round++)); do
    for aof in ${AOF:-no everysec always}; do
        rm -rf "$work/state"
        cp -r "$work/filled" "$work/state"
        aof_start "$aof"
        redis0=$(cpu "$redis_pid")
        start
        milter0=0
        wait_for 120 outbox_is_drained || echo "not drained after 120 s"
        report waited "$aof"
        milter_stop TERM
        rm -rf "$work/state"
        redis FLUSHALL >/dev/null
        start
        milter0=$(cpu "$milter_pid")
        redis0=$(cpu "$redis_pid")
        play -c 4 "$socket" "$work/mails.mbox"
        wait_for 120 outbox_is_drained || echo "not drained after 120 s"
        report live "$aof"
        milter_stop TERM
        redis_stop
    done
done

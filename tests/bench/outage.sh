#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# outage.sh - compares the latency of mails while Redis fails with that while Redis works, alternately in
# one run.  The rate of mails is low enough that the machine is not busy, so that the latency is measured
# and not the capacity.  Run by `make bench-feed`.
#
# ROUNDS (5), SECONDS_EACH (10), RATE (300 mails per second, over 4 connections), KINDS; JSON: a file to
# which a line for each phase is appended.
# shellcheck source=tests/end-to-end/lib.sh
. "$SOURCE/tests/end-to-end/lib.sh"

rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-10}
rate=${RATE:-300}
kinds=${KINDS:-nothing stopped back paused full cut replaced}
json=${JSON:-/dev/null}
socket=unix:$work/run/patchmark.sock
seed=1
node_pids=() # process ids by port

# measure: plays the mails of one phase.  Sets p50, p99 and most, in microseconds.
measure() {
    "$GENERATE" -n $((rate * seconds)) -s $seed >"$work/mails.mbox"
    seed=$((seed + 1))
    read -r p50 p99 most < <("$FAKEMTA" -c 4 --rate "$rate" --stats "$socket" "$work/mails.mbox" 2>&1 |
        sed -n 's/.*p50_us=\([0-9]*\) p99_us=\([0-9]*\) .*max_us=\([0-9]*\) .*/\1 \2 \3/p')
}

# report KIND ROUND STATE: prints the result of a phase.
report() {
    printf '%-9s %5s %-12s %8s %8s %8s\n' "$1" "$2" "$3" "$p50" "$p99" "$most"
    printf '{"bench":"outage","kind":"%s","round":%s,"state":"%s","mails_per_second":%s,"p50_us":%s,"p99_us":%s,"max_us":%s}\n' \
        "$1" "$2" "$3" "$rate" "$p50" "$p99" "$most" >>"$json"
}

# ---- the kinds: KIND_starts begins the fault before the phase, KIND_ends ends it --------------------

nothing_starts() { :; }
nothing_ends() { :; }

stopped_starts() { redis_stop; }
stopped_ends() { redis_start; }

# Redis does not answer for one phase; the next phase is measured while the waiting events are delivered.
back_starts() {
    redis CLIENT PAUSE $((seconds * 1000 + 1500)) ALL >/dev/null
    measure
}
back_ends() { :; }

paused_starts() {
    while :; do
        redis CLIENT PAUSE 1500 ALL
        sleep 2
    done >/dev/null 2>&1 &
    pauser=$!
    helper_pids=("$proxy" "$pauser")
}
paused_ends() {
    kill $pauser
    wait $pauser 2>/dev/null
    helper_pids=("$proxy")
    wait_for 5 redis ping
}

full_starts() { redis CONFIG SET maxmemory 1 >/dev/null; }
full_ends() { redis CONFIG SET maxmemory 0 >/dev/null; }

cut_starts() { kill -USR2 "$proxy"; }
cut_ends() { kill -USR1 "$proxy"; }

# The master hangs for half of the phase; Sentinel promotes its replica, and makes the old master a replica
# when it answers again.
replaced_starts() {
    local master=${node_pids[$(redis-cli --raw -p "$sentinel" SENTINEL get-master-addr-by-name test | sed -n 2p)]}
    { sleep 1; kill -STOP "$master"; sleep $((seconds / 2)); kill -CONT "$master"; } &
    stopper=$!
}
replaced_ends() { wait $stopper; }

replaced_prepare() {
    local first second
    first=$(free_port)
    second=$(free_port)
    sentinel=$(free_port)
    node_start second "$second" --replicaof "127.0.0.1 $first"
    node_pids[$second]=$node_pid
    node_start first "$first"
    node_pids[$first]=$node_pid
    sentinel_start "$sentinel" "$first"
    wait_for 20 info_has "$first" replication state=online
    wait_for 20 info_has "$sentinel" sentinel status=ok,.*slaves=1
}

# ---- the run -----------------------------------------------------------------------------------------

configure() { # WORD...: the options that name the server
    milter_configure "plugin \"redis\" { $* maxlen = 1000000 }"
}

python3 "$SOURCE/tests/end-to-end/proxy.py" "$work/port" "unix:$work/redis.sock" 1 >"$work/cuts" &
proxy=$!
helper_pids=("$proxy")
wait_for 5 test -s "$work/port"
kill -USR1 $proxy
redis_start
: >"$work/ratios"
printf '%-9s %5s %-12s %8s %8s %8s\n' kind round state p50_us p99_us max_us
for kind in $kinds; do
    case $kind in
    cut) configure "server = \"inet:$(cat "$work/port")@127.0.0.1\"" ;;
    replaced)
        replaced_prepare
        configure "sentinels = { \"inet:$sentinel@127.0.0.1\" } master = \"test\" replicas = 1"
        ;;
    *) configure "server = \"unix:$work/redis.sock\"" ;;
    esac
    rm -rf "$work/state" # so that all kinds start with an empty index
    milter_start
    measure # fills the caches
    for ((round = 1; round <= rounds; round++)); do
        measure
        report "$kind" $round undisturbed
        well=$p99
        "${kind}_starts"
        measure
        report "$kind" $round disturbed
        "${kind}_ends"
        echo "$kind $well $p99" >>"$work/ratios"
        wait_for 90 outbox_is_drained || echo "not drained after 90 s"
    done
    milter_stop TERM
done

# Prints the ratio of the medians, and the least and the greatest ratio of the rounds.
printf '\n%-9s %12s %12s %7s  %s\n' kind undisturbed disturbed ratio 'of the rounds'
for kind in $kinds; do
    awk -v kind="$kind" '
        function median(list, count,    i, j, t) {
            for (i = 2; i <= count; i++)
                for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
            return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
        }
        $1 == kind {
            n++; well[n] = $2; ill[n] = $3; ratio = $3 / $2
            if (n == 1 || ratio < least) least = ratio
            if (n == 1 || ratio > most) most = ratio
        }
        END {
            a = median(well, n); b = median(ill, n)
            printf "%-9s %12d %12d %7.2f  %.2f to %.2f\n", kind, a, b, b / a, least, most
        }' "$work/ratios"
done

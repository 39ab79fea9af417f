#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# outages.sh - Redis fails in six ways while mails flow: every mail is answered, no event is lost or
# repeated, and the order is kept.  The stream is compared with the output of the file sink, and with the
# counts of events that the generator has written for its mails.
#
# MAILS: the number of mails for each outage (5000); SEED: the seed of the mails and of the proxy.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

mails_wanted=${MAILS:-5000}
seed=${SEED:-$((1 + RANDOM % 5000))}
echo "SEED=$seed"
socket=unix:$work/run/patchmark.sock
file=$work/events.jsonl
mark=0 # the last entry of the stream before the outage
first_line=1
: >"$work/before.ids" # ids of this outage in a stream that was deleted

configure() { # LINE...: options of the sink redis
    milter_configure "plugin \"file\" { path = \"$file\" }" \
        "plugin \"redis\" { maxlen = 1000000 timeout = 1s" "$@" "}"
}

lines() { wc -l <"$file"; }
delivered() { [ $(($(wc -l <"$work/before.ids") + $(stream_ids "$mark" | wc -l))) -ge "$events" ]; }
file_part() { tail -n "+$first_line" "$file" >"$work/part.jsonl"; }
file_is_complete() { # the file sink has all events of the mails that were answered
    file_part
    [ "$(of_type message.seen "$work/part.jsonl")" -ge "$mails" ] &&
        [ "$(of_type series.opened "$work/part.jsonl")" -ge "$series" ] &&
        [ "$(of_type series.completed "$work/part.jsonl")" -ge "$series" ]
}

# outage NAME RATE COMMAND...: sends RATE mails per second while the command runs, and checks the events.
outage() {
    local name=$1 rate=$2 answered
    shift 2
    "$GENERATE" -n "$mails_wanted" -s "$seed" -c "$work/counts" >"$work/mails.mbox"
    seed=$((seed + 1))
    . "$work/counts" # mails, series
    "$FAKEMTA" -c 4 --rate "$rate" --stats "$socket" "$work/mails.mbox" 2>"$work/stats" &
    local player=$!
    sleep 1
    "$@"
    wait $player
    answered=$?
    local ended=$SECONDS
    check "$name: all mails are answered" test $answered -eq 0
    wait_for 20 file_is_complete
    events=$(($(lines) - first_line + 1))
    check "$name: the events arrive" wait_for 60 delivered
    local after=$((SECONDS - ended))
    sleep 0.3 # for events that would arrive twice
    file_part
    same "$name: the file has every mail and every series" "$mails $series $series" \
        "$(of_type message.seen "$work/part.jsonl") $(of_type series.opened "$work/part.jsonl") \
$(of_type series.completed "$work/part.jsonl")"
    file_ids "$work/part.jsonl" >"$work/wanted.ids"
    { cat "$work/before.ids"; stream_ids "$mark"; } >"$work/got.ids"
    compare_ids "$work/wanted.ids" "$work/got.ids"
    same "$name: of $wanted events lost, strange, twice, and the order" "0 0 0 same" \
        "$lost $strange $twice $order"
    report "$name" $after
    mark=$(stream_end)
    first_line=$(($(lines) + 1))
    : >"$work/before.ids"
}

# report NAME SECONDS: writes a line for the table at the end.
report() {
    sed -n 's/^mails=\([0-9]*\) .*p50_us=\([0-9]*\) p99_us=\([0-9]*\) .* max_us=\([0-9]*\) .*/\1 \2 \3 \4/p' \
        "$work/stats" | {
        read -r played p50 p99 most
        printf '%-22s %6s %8s %8s %9s %7s %5s %5s %10s %6s\n' "$1" "$played" "$p50" "$p99" "$most" \
            "$wanted" "$lost" "$twice" "$order" "$2"
    } >>"$work/table"
}

nothing() { :; }

stopped() {
    redis_stop
    sleep 30
    redis_start
}

paused() { # for longer and for shorter than the timeout of the sink
    local pause
    for pause in 2500 400 3000 700; do
        redis CLIENT PAUSE $pause ALL >/dev/null
        sleep "$(awk "BEGIN {print $pause / 1000 + 0.8}")"
    done
}

full() {
    local used
    used=$(redis INFO memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p')
    redis CONFIG SET maxmemory $((used + 500000)) >/dev/null
    sleep 6
    check "Redis was full" wait_for 10 grep -q 'plugin redis: .*: OOM ' "$work/milter.log"
    redis CONFIG SET maxmemory 0 >/dev/null
}

# Reads the stream while Redis delays all writes, so that no event is added after that; then kills
# Redis and deletes its data.
restarted_empty() {
    sleep 2
    redis CLIENT PAUSE 60000 WRITE >/dev/null
    sleep 0.3
    stream_ids "$mark" >"$work/before.ids"
    check "the stream had events of this outage" test -s "$work/before.ids"
    redis_stop KILL
    rm -rf "$work/appendonlydir"
    sleep 1
    redis_start
    mark=0
    same "Redis has none of them any more" 0 "$(comm -12 <(sort "$work/before.ids") <(stream_ids | sort) | wc -l)"
}

# The master is killed, Sentinel promotes the replica, and the old master comes back as a replica.  Until
# then no event is delivered, because replicas = 1 requires that two servers have it.  A machine that is so
# busy that the new master does not answer in time makes Sentinel promote the old one again, so what counts
# is that the master, whichever it is, has a replica.
replaced() {
    sleep 1
    kill -KILL "$master"
    wait "$master" 2>/dev/null
    check "the replica is the master now" wait_for 60 info_has "$second" replication role:master
    redis_at=(-p "$second")
    sleep 1
    node_start first "$first"
    # Sentinel does nothing for 30 s after its clock jumped or it was not run for 2 s (TILT).
    check "the master has a replica again" wait_for 150 master_has_replica
    master_has_replica || tail -20 "$work/sentinel.log"
    redis_at=(-p "$(sentinel_master "$sentinel")")
}

master_has_replica() { info_has "$(sentinel_master "$sentinel")" replication state=online; }

cut_off() { # the proxy cuts connections as long as mails flow
    wait "$player"
    kill -USR1 "$proxy"
    wait_for 5 test -s "$work/cuts"
    check "many connections were cut: $(cat "$work/cuts")" test "$(sed 's/.*=//' "$work/cuts")" -ge 20
}

configure "server = \"unix:$work/redis.sock\""
redis_start
milter_start
outage undisturbed 500 nothing
outage 'stopped for 30 s' 140 stopped
outage paused 500 paused
outage full 500 full
outage 'restarted empty' 500 restarted_empty
milter_stop TERM

/usr/bin/python3 "$SOURCE/tests/end-to-end/proxy.py" "$work/port" "unix:$work/redis.sock" "$seed" >"$work/cuts" &
proxy=$!
helper_pids+=($proxy)
wait_for 5 test -s "$work/port"
configure "server = \"inet:$(cat "$work/port")@127.0.0.1\""
milter_start
outage 'cut again and again' 500 cut_off
wait_for 20 outbox_is_drained # the last answer may have been cut off
milter_stop TERM
check "all events are delivered before the exit" outbox_is_drained
first_line=$(($(lines) + 1))

first=$(free_port)
node_start first "$first"
master=$node_pid
second=$(free_port)
node_start second "$second" --replicaof "127.0.0.1 $first"
sentinel=$(free_port)
sentinel_start "$sentinel" "$first"
wait_for 20 info_has "$first" replication state=online
wait_for 20 info_has "$sentinel" sentinel status=ok,.*slaves=1
redis_at=(-p "$first")
mark=0
configure "sentinels = { \"inet:$sentinel@127.0.0.1\" } master = \"test\" replicas = 1"
milter_start
outage 'replaced by a replica' 500 replaced
milter_stop TERM

printf '%-22s %6s %8s %8s %9s %7s %5s %5s %10s %6s\n' outage mails p50_us p99_us max_us events lost twice order after
cat "$work/table"
finish

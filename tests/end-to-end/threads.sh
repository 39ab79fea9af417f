#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# threads.sh - all threads of the daemon at once: mails over 16 connections, sinks, a Redis that is
# stopped and started, reloads, requests of metrics, and a stop while mails arrive; and the threads of
# classify and import.  tools/sanitize runs it with a build for ThreadSanitizer.
#
# MAILS: the number of mails (2000).
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

mails_wanted=${MAILS:-2000}
socket=unix:$work/run/patchmark.sock
port=$(free_port)
# Libraries are not built for ThreadSanitizer, so reports from inside of them are suppressed, and so is
# the thread that libmilter does not join.
export TSAN_OPTIONS="ignore_noninstrumented_modules=1 report_thread_leaks=0 ${TSAN_OPTIONS:-}"

"$GENERATE" -n "$mails_wanted" -s 11 -c "$work/counts" >"$work/mails.mbox"
. "$work/counts" # mails, series
"$GENERATE" -n 4000 -s 12 >"$work/others.mbox"
redis_start --appendonly no
# A sanitizer makes system calls that a confined milter may not make, hence confine = false.
milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" maxlen = 1000000 }" \
    "plugin \"file\" { path = \"$work/events.jsonl\" }" \
    "plugin \"rules\" { table = \"$SOURCE/config/rules.sample\" }" \
    "plugin \"subsystem\" { maintainers = \"$SOURCE/plugins/subsystem/test-MAINTAINERS\" }" \
    "metrics_listen = \"inet:$port@127.0.0.1\"" "metrics_file = \"$work/metrics.prom\"" \
    'quiet = 1s' 'confine = false'
milter_start

metrics_are_served() {
    (exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && cat <&3) 2>/dev/null |
        grep -q '^patchmark_'
}

"$FAKEMTA" -c 16 --timeout 60000 --stats "$socket" "$work/mails.mbox" 2>"$work/stats" &
player=$!
turns=0
while kill -0 $player 2>/dev/null; do
    sleep 0.3
    kill -USR1 "$milter_pid"
    metrics_are_served
    turns=$((turns + 1))
    [ $turns -ne 2 ] || redis_stop KILL
    [ $turns -ne 5 ] || redis_start --appendonly no
done
wait $player
same "every mail is answered" 0 $?
tail -1 "$work/stats"
[ -n "$redis_pid" ] || redis_start --appendonly no
check "the sinks accept all events" wait_for 60 outbox_is_drained
same "message.seen once for each mail" "$mails" "$(of_type message.seen "$work/events.jsonl")"
same "each series is completed once" "$series" "$(of_type series.completed "$work/events.jsonl")"
check "metrics are served" wait_for 10 metrics_are_served

"$FAKEMTA" -c 16 --timeout 60000 "$socket" "$work/others.mbox" 2>/dev/null &
player=$!
sleep 1
milter_stop TERM
same "SIGTERM ends it while mails arrive" 0 $?
wait $player

for format in json mail; do
    "$PATCHMARK" classify --config="$work/patchmark.conf" --format=$format "$work/mails.mbox" "$work/others.mbox" \
        >"$work/classified" 2>>"$work/milter.log"
    same "classify: $format" 0 $?
done
same "classify: each mail once" $((mails + $(grep -c '^From ' "$work/others.mbox"))) "$(grep -c '^Patchmark-Kind: ' "$work/classified")"
"$PATCHMARK" import --config="$work/patchmark.conf" --state="$work/state2" "$work/mails.mbox" >/dev/null 2>>"$work/milter.log"
same "import" 0 $?
same "ThreadSanitizer reports nothing" "" \
    "$(grep -h -A30 'WARNING: ThreadSanitizer' "$work/milter.log" | head -40)"
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# publish.sh - tests of `patchmark publish --state`: an emptied Redis that it refills has what it had
# before, also while the daemon runs, and after an import; nothing of a closed list is published.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

socket=unix:$work/run/patchmark.sock
mails=$SOURCE/tests/mails
redis_start
milter_configure 'quiet = 2s' 'lists = { "*" }' \
    'list "secret.example.org" { publish = false address = "secret@example.org" }' \
    "plugin \"redis\" { server = \"unix:$work/redis.sock\" }"

publish() { "$PATCHMARK" publish --state --config="$work/patchmark.conf" "$@"; }
exits() { # CODE TEXT COMMAND...: true if the command exits with the code and its errors have the text
    local wanted=$1 text=$2
    shift 2
    "$@" >"$work/out" 2>"$work/fault"
    local status=$?
    [ "$status" -eq "$wanted" ] && grep -qF -- "$text" "$work/fault" && return
    echo "         exit $status: $(cat "$work/fault")"
    return 1
}
# dump [FIELD...]: prints all hashes and sets with members and scores, without these fields.  Of an id that
# was joined with another one only that is of interest.
dump() {
    local key
    for key in $(redis --raw KEYS '{patchmark}:series:*' | sort); do
        redis --json HGETALL "$key" | jq -cS --arg key "$key" --args \
            '{$key} + if .alias_of then {id, alias_of} else delpaths($ARGS.positional | map([.])) end' -- "$@"
    done
    for key in $(redis --raw KEYS '{patchmark}:open*' | sort); do
        echo "$key $(redis --raw ZRANGE "$key" 0 -1 WITHSCORES | paste -sd ' ')"
    done
}
hashes() { redis --raw KEYS '{patchmark}:series:*' | grep -c .; }
drained() { wait_for 20 outbox_is_drained; }

# ---- an emptied Redis --------------------------------------------------------------------------------

milter_start
check "mails of several series" play "$socket" "$mails/demo.mbox"
check "and of others" play "$socket" "$mails/consumers.mbox"
check "and of all types of events" play "$socket" "$mails/events.mbox"
# A posting to a closed list.
sed -n '1,/^From patchmark /p' "$mails/demo.mbox" | sed '$d' |
    sed 's/^Message-ID: </&closed./; s/^List-Id:.*/List-Id: <secret.example.org>/' >"$work/secret.mbox"
check "a mail of a closed list" play --recipient secret@example.org "$socket" "$work/secret.mbox"
sleep 8 # longer than `quiet` and the interval of the housekeeping: series become incomplete
check "all events are in Redis" drained
# Only the script knows the state before, and which ids were aliased.
dump previous_state >"$work/before"
count=$(grep -c '^{"' "$work/before")
check "one was joined with another" grep -q alias_of "$work/before"
check "nothing of the closed list is in Redis" test -z "$(redis --raw KEYS '*secret*')$(grep secret "$work/before")"
check "Redis has hashes" test "$count" -gt 5
check "one is incomplete" grep -q '"state":"incomplete"' "$work/before"
check "Redis has open series" grep -q '^{patchmark}:open s1-' "$work/before"
redis FLUSHALL >/dev/null
same "the sink has them all" "redis: $count series" "$(publish)"
dump previous_state >"$work/after"
check "an emptied Redis has the same hashes and sets again" diff "$work/before" "$work/after"
publish >/dev/null
check "a second time it changes nothing" diff "$work/after" <(dump previous_state)
same "no event was published" "" "$(redis --raw XRANGE "{patchmark}:events" - + | grep -A1 -x type)"

# ---- while mails arrive ------------------------------------------------------------------------------

others() { sed "s/^Message-ID: <\(.*\)@/Message-ID: <\1.$1@/; s/\(<[^>]*\)@/\1.$1@/g" "$mails/consumers.mbox"; }
for number in 1 2 3 4 5; do others $number; done >"$work/more.mbox"
play "$socket" "$work/more.mbox" &
player=$!
runs=0
while kill -0 $player 2>/dev/null; do publish >/dev/null && runs=$((runs + 1)); done
wait $player
check "it ran while mails arrived" test $runs -gt 0
sleep 8
drained
dump previous_state >"$work/before"
redis FLUSHALL >/dev/null
publish >/dev/null
dump previous_state >"$work/after"
check "it has undone nothing" diff "$work/before" "$work/after"

# ---- some series; faults -----------------------------------------------------------------------------

first=$(redis --raw ZRANGE '{patchmark}:open' 0 0)
redis FLUSHALL >/dev/null
same "one series" "redis: 1 series" "$(publish "$first")"
same "Redis has its hash" "{patchmark}:series:$first" "$(redis --raw KEYS '{patchmark}:series:*')"
check "an unknown series" exits 65 "unknown series 's1-x'" publish s1-x "$first"
same "the others were published" "redis: 1 series" "$(cat "$work/out")"
check "without --state" exits 64 "requires --state" "$PATCHMARK" publish --config="$work/patchmark.conf"
check "a sink that has no section" exits 78 "no section of a sink file" publish --sink=file
same "a sink by its name" "redis: 1 series" "$(publish --sink redis "$first")"
redis_stop
check "without Redis" exits 69 "connect" publish
same "nothing was published" "redis: 0 series" "$(cat "$work/out")"
milter_stop
redis_start

# ---- after an import ---------------------------------------------------------------------------------

rm -rf "$work/state"
check "without a store" exits 66 "cannot read" publish
"$PATCHMARK" import --config="$work/patchmark.conf" "$mails/demo.mbox" "$mails/consumers.mbox" >/dev/null
redis FLUSHALL >/dev/null
publish >"$work/out"
check "an import has series" test "$(hashes)" -gt 5
same "the sink has them all" "redis: $(hashes) series" "$(cat "$work/out")"
# Live, without the times of receipt and the states that time alone brings.
dump state previous_state opened changed last_reply_at | grep '^{"' >"$work/imported"
rm -rf "$work/state"
redis FLUSHALL >/dev/null
sed -i 's/^quiet.*/quiet = 1d/' "$work/patchmark.conf"
milter_start
play "$socket" "$mails/demo.mbox" && play "$socket" "$mails/consumers.mbox"
drained
dump state previous_state opened changed last_reply_at | grep '^{"' >"$work/live"
check "the hashes are those that the mails themselves make" diff "$work/live" "$work/imported"
milter_stop
finish

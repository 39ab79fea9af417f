#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# serve.sh - the daemon: its start, errors at the start, signals, kill -9, reloads, and a Redis that is
# stopped and started.  The fake MTA sends the mails.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
mails=$(grep -c '^From patchmark ' "$demo")

serve_fails() { # CODE TEXT: true if `serve` exits with the code and its errors have the text
    timeout 20 "$PATCHMARK" serve --config="$work/patchmark.conf" 2>"$work/fault" </dev/null
    local status=$?
    [ $status -eq "$1" ] && grep -qF -- "$2" "$work/fault" && return
    echo "         exit $status: $(cat "$work/fault")"
    return 1
}

# ---- errors at the start: a line, and a code of sysexits(3) --------------------------------------

milter_configure 'sockett = "x"'
check "an unknown option: file, line, name (78)" \
    serve_fails 78 "$work/patchmark.conf:6: unknown option 'sockett'"
milter_configure 'plugin "file" { path = 7 }'
check "an invalid path (78)" serve_fails 78 "$work/patchmark.conf:6:"
rm "$work/patchmark.conf"
check "no configuration file (78)" serve_fails 78 "$work/patchmark.conf"
milter_configure
sed -i "s|^state.*|state = \"$work/patchmark.conf/state\"|" "$work/patchmark.conf"
check "a state folder that cannot be created (73)" serve_fails 73 "$work/patchmark.conf/state"
milter_configure
sed -i "s|^socket.*|socket = \"unix:$work/nowhere/socket\"|" "$work/patchmark.conf"
check "a socket that cannot be bound (69)" serve_fails 69 "$work/nowhere/socket"
milter_configure
: >"$work/run/patchmark.sock"
check "a file where the socket should be (69)" serve_fails 69 "is not a socket"
rm "$work/run/patchmark.sock"
port=$(free_port)
/usr/bin/python3 -c 'import socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)' "$port" &
helper_pids+=($!)
port_is_used() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
check "another program listens" wait_for 10 port_is_used
milter_configure
sed -i "s|^socket.*|socket = \"inet:$port@127.0.0.1\"|" "$work/patchmark.conf"
check "the port of another program (69)" serve_fails 69 \
    "socket inet:$port@127.0.0.1: cannot listen on it: Address already in use; another program listens there, see \`ss -ltnp\`"
if [ "$(id -u)" -eq 0 ]; then
    milter_configure
    sed -i 's|^user.*|user = "nobody-of-that-name"|' "$work/patchmark.conf"
    check "an unknown user (67)" serve_fails 67 "nobody-of-that-name"
fi
if [ "$(id -u)" -eq 0 ]; then # any user, who has no other process
    milter_configure
    chmod 777 "$work/run"
    sed -i "s|^state.*|state = \"$work/run/state\"|" "$work/patchmark.conf"
    setpriv --reuid=54321 --clear-groups prlimit --nproc=1 "$PATCHMARK" serve --config="$work/patchmark.conf" 2>"$work/fault"
    same "no thread can be started (71)" 71 $?
    check "with the reason" grep -q 'cannot create a thread for .*: Resource temporarily unavailable' "$work/fault"
    check "and what to do" grep -q 'check the limits on processes and memory' "$work/fault"
    chmod 755 "$work/run"
    rm -r "$work/run/state"
fi
milter_configure
check "--check reads and exits" "$PATCHMARK" serve --check --config="$work/patchmark.conf"
check "--check leaves no socket" test ! -e "$work/run/patchmark.sock"

# ---- no Redis at the start: mails are answered, events wait in the outbox -----------------------

milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s }" \
    "plugin \"file\" { path = \"$work/events.jsonl\" }" \
    "plugin \"file/second\" { path = \"$work/second.jsonl\" }"
milter_start
check "mails are answered without Redis" play "$socket" "$demo"
check "the outbox has their events" \
    test "$("$PATCHMARK" tail -c "$work/patchmark.conf" -F -j -n 100 | grep -c 'message.seen')" -eq "$mails"
file_has() { [ "$(grep -c 'message.seen' "$work/events.jsonl")" -eq "$1" ]; }
check "the file sink has them" wait_for 10 file_has "$mails"
check "a second section of the same plugin, too" wait_for 10 cmp -s "$work/events.jsonl" "$work/second.jsonl"
redis_start
check "they arrive when Redis is started" wait_for 40 events_are message.seen "$mails"

# ---- a duplicate makes no event ------------------------------------------------------------------

check "the same mails again" play "$socket" "$demo"
sleep 0.3
same "no second event" "$mails" "$(events_of message.seen)"

# ---- tail follows ----------------------------------------------------------------------------------

"$PATCHMARK" tail -s "$work/state" -n 1 >"$work/tail.people" &
tail_people=$!
"$PATCHMARK" tail -s "$work/state" -n 1 --json >"$work/tail.json" &
tail_json=$!
wait_for 10 test -s "$work/tail.people" -a -s "$work/tail.json"
sed 's/^Message-ID: <\(.*\)@/Message-ID: <\1.tail@/' "$demo" >"$work/tail.mbox"
play "$socket" "$work/tail.mbox"
check "tail prints new events" \
    wait_for 10 grep -q 'tide: only hours that there are  *0/2  .*  Ada Example  ' "$work/tail.people"
check "tail --json prints CloudEvents" wait_for 10 grep -q '^{"specversion":"1.0".*"kind":"cover"' "$work/tail.json"
kill "$tail_people" "$tail_json"
mails=$((mails * 2))
check "the stream has them" wait_for 10 events_are message.seen "$mails"

# ---- socket and state in use; a stale socket -----------------------------------------------------

cp "$work/patchmark.conf" "$work/first.conf"
sed "s|^state.*|state = \"$work/state2\"|" "$work/first.conf" >"$work/patchmark.conf"
check "a socket in use is left alone (69)" serve_fails 69 "another process listens"
sed "s|patchmark.sock|other.sock|" "$work/first.conf" >"$work/patchmark.conf"
check "a state folder in use is left alone (73)" serve_fails 73 "$work/state"
cp "$work/first.conf" "$work/patchmark.conf"
milter_stop KILL
check "kill -9 leaves the socket behind" test -S "$work/run/patchmark.sock"
milter_start
check "the next start replaces it" play "$socket" "$demo"
same "the earlier mails make no event again" "$mails" "$(events_of message.seen)"

# ---- Redis stopped while mails flow: no event is lost ---------------------------------------------

"$FAKEMTA" --print mail "$socket" "$demo" >/dev/null
sed 's/^Message-ID: <\(.*\)@/Message-ID: <\1.second@/' "$demo" >"$work/second.mbox"
sed 's/^Message-ID: <\(.*\)@/Message-ID: <\1.third@/' "$demo" >"$work/third.mbox"
redis_stop
check "mails are answered while Redis is stopped" play -c 4 "$socket" "$work/second.mbox"
redis_start
check "mails are answered when it is started again" play -c 4 "$socket" "$work/third.mbox"
check "no event is lost" wait_for 60 events_are message.seen $((2 * mails))
same "no event is repeated" "$(redis XRANGE '{patchmark}:events' - + | grep -A1 -x id | grep -cE '^[0-9a-f]{32}$')" \
    "$(redis XRANGE '{patchmark}:events' - + | grep -A1 -x id | grep -E '^[0-9a-f]{32}$' | sort -u | wc -l)"

# ---- reload ---------------------------------------------------------------------------------------

echo 'prefix = "X-Test-"' >>"$work/patchmark.conf"
kill -USR1 "$milter_pid"
check "SIGUSR1 takes a new configuration over" wait_for 10 grep -q 'configuration read again' "$work/milter.log"
check "the next mail is classified with it" grep -q '^X-Test-Kind: cover' <("$FAKEMTA" --print headers "$socket" "$demo")
echo 'nonsense' >>"$work/patchmark.conf"
kill -USR1 "$milter_pid"
check "an invalid one is refused, with file and line" \
    wait_for 10 grep -q "$work/patchmark.conf:10: .*" "$work/milter.log"
check "the old one stays active" grep -q '^X-Test-Kind: cover' <("$FAKEMTA" --print headers "$socket" "$demo")

# ---- the form of the log ----------------------------------------------------------------------------

sed -i '/^nonsense/d' "$work/patchmark.conf"
before=$(wc -l <"$work/milter.log")
echo 'log_format = "json"' >>"$work/patchmark.conf"
kill -USR1 "$milter_pid"
check "log_format: a reload applies it" wait_for 10 grep -q '^{"time":"[0-9TZ:.-]*","severity":"info","message":"configuration read again"}$' "$work/milter.log"
play "$socket" "$demo"
tail -n "+$((before + 1))" "$work/milter.log" >"$work/log.jsonl"
same "each line is an object" "" "$(python3 -c 'import json, sys
for line in sys.stdin: json.loads(line)' <"$work/log.jsonl" 2>&1 | tail -1)"
check "a mail has numbers, words and names as members" grep -qE '"message":"mail classified","queue_id":"[^"]*","kind":"patch","series":"s1-[a-z2-7]{16}","version":1,"part":2,"total":2,"list":"tidewater-devel.lists.example.org","flags":\["has-diff"\],"message_id":"20260302100501.4711-3-ada@example.org","bytes":[0-9]+,"headers":8,"events":0,"no_events":"published","again":true,"ms":[0-9]+\.[0-9]{3}\}$' "$work/log.jsonl"
same "every mail has a queue id" 0 "$(grep -c '"message":"mail classified","kind"' "$work/log.jsonl")"
play --queue-id-at never "$socket" "$demo"
tail -n "+$((before + 1))" "$work/milter.log" >"$work/log.jsonl"
same "without one there is no member queue_id" "$(grep -c '^From patchmark ' "$demo")" \
    "$(grep -c '"message":"mail classified","kind"' "$work/log.jsonl")"
sed -i '/^log_format/d' "$work/patchmark.conf"
before=$(grep -c '^patchmark: info: configuration read again' "$work/milter.log")
kill -USR1 "$milter_pid"
is_text() { [ "$(grep -c '^patchmark: info: configuration read again' "$work/milter.log")" -gt "$before" ]; }
check "a reload sets text again" wait_for 10 is_text
echo 'nonsense' >>"$work/patchmark.conf"

# ---- owner, group and mode of the socket ------------------------------------------------------------

access() { stat -c '%U:%G %a' "$work/run/patchmark.sock"; }
if [ "$(id -u)" -eq 0 ]; then
    cp "$work/patchmark.conf" "$work/kept.conf"
    sed -i '/^nonsense/d' "$work/patchmark.conf"
    milter_stop TERM
    printf 'socket_owner = "nobody"\nsocket_group = "mail"\nsocket_mode = "0600"\n' >>"$work/patchmark.conf"
    milter_start
    same "owner, group and mode of the socket" "nobody:mail 600" "$(access)"
    milter_stop TERM
    sed -i 's/^socket_group.*/socket_group = "nobody-has-this"/' "$work/patchmark.conf"
    check "an unknown group (67)" serve_fails 67 "unknown group 'nobody-has-this'"
    sed -i 's/^socket_group.*//; s/^socket_mode.*/socket_mode = "0777"/' "$work/patchmark.conf"
    check "a mode with other rights (78), with file and line" serve_fails 78 "patchmark.conf:12: option 'socket_mode'"
    sed -i '/^socket_mode/d; /^socket_owner/d' "$work/patchmark.conf"
    chgrp mail "$work/run"
    chmod g+s "$work/run"
    milter_start
    same "the group of a setgid folder" "mail 660" "$(access | sed 's/.*://')"
    chmod g-s "$work/run"
    cp "$work/kept.conf" "$work/patchmark.conf"
fi

# ---- an inet socket ---------------------------------------------------------------------------------

milter_stop TERM
port=$(free_port)
sed -i "/^nonsense/d; s|^socket.*|socket = \"inet:$port@127.0.0.1\"|" "$work/patchmark.conf"
milter_start
check "mails by an inet socket" play -c 4 "inet:$port@127.0.0.1" "$demo"
serve_fails_as_second() {
    sed "s|^state.*|state = \"$work/state3\"|" "$work/patchmark.conf" >"$work/second.conf"
    mv "$work/patchmark.conf" "$work/kept.conf"
    mv "$work/second.conf" "$work/patchmark.conf"
    serve_fails 69 "inet:$port@127.0.0.1"
    local status=$?
    mv "$work/kept.conf" "$work/patchmark.conf"
    return $status
}
check "a port in use (69)" serve_fails_as_second

# ---- stop -----------------------------------------------------------------------------------------

milter_stop TERM
same "SIGTERM ends it with 0" 0 $?
stops_whenever() { # a signal in the first milliseconds is not lost, and libmilter does not receive it
    local moment status
    for moment in 0.00{0..9} 0.0{1..9}{0,3,6}; do
        timeout -k 1 30 "$PATCHMARK" serve --stderr --config="$work/patchmark.conf" 2>>"$work/milter.log" &
        sleep "$moment"
        pkill -TERM -P $! 2>/dev/null || kill -TERM $!
        wait $!
        status=$?
        case $status in 0 | 143) ;; *) echo "after $moment s: $status" && return 1 ;; esac
        [ ! -e "${socket#unix:}" ] || return 1
    done
}
check "the stop has an event" grep -q '"state":"stopped"' <("$PATCHMARK" tail -s "$work/state" -F -j -n 5)
check "SIGTERM at any moment of the start" stops_whenever
check "every line of the log has the form of patchmark" \
    test -z "$(grep -v '^patchmark: [a-z]*: ' "$work/milter.log" | grep -vxFf "$work/log.jsonl")"
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# sandbox.sh - the running daemon as an unprivileged user, confined: what it has given up, and that it
# lacks nothing for its work.  What a confined process cannot do is in tests/daemon/test_sandbox.c.
# Run by somebody else than root, the daemon runs as that user.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
mails=$(grep -c '^From patchmark ' "$demo")
prometheus=$(dirname "$0")/prometheus.py
metrics=$(free_port)
[ "$(id -u)" -ne 0 ] || MILTER_USER=nobody
user=${MILTER_USER:-$(id -un)}
mkdir "$work/out" "$work/prom" "$work/tls"
chown "$user" "$work/out" "$work/prom"

# What it reads on a reload it reads as that user, to whom the folder of the program may be closed.
plugins=()
redis_file= file_file=
if [ -d "$(dirname "$PATCHMARK")/../lib/patchmark" ]; then
    cp -r "$(dirname "$PATCHMARK")/../lib/patchmark" "$work/plugins"
    for name in automation kind patch pull series subject trailers; do
        plugins+=("plugin \"$name\" { file = \"$work/plugins/$name.so\" }")
    done
    redis_file="file = \"$work/plugins/redis.so\"" file_file="file = \"$work/plugins/file.so\""
fi

configure() { # REDIS-OPTIONS [LINE...]
    local redis=$1
    shift
    milter_configure "metrics_file = \"$work/prom/patchmark.prom\"" \
        "metrics_listen = \"inet:$metrics@localhost\"" "plugin \"redis\" { $redis_file $redis timeout = 1s }" \
        "${plugins[@]}" "plugin \"file\" { $file_file path = \"$work/out/events.jsonl\" }" "$@"
}

# status FIELD: of every thread of the daemon, each value once.
status() { cat "/proc/$milter_pid"/task/*/status | awk -v field="$1:" '$1 == field { print $2 }' | sort -u | xargs; }

demo_as() { # NAME: the mails, never seen before
    sed "s/^Message-ID: <\(.*\)@/Message-ID: <\1.$1@/" "$demo" >"$work/$1.mbox"
    play "$socket" "$work/$1.mbox"
}
file_has() { [ "$(grep -c '"type":"patchmark.message.seen.v1"' "$1")" -eq "$2" ]; }
logged() { [ "$(grep -c -- "$1" "$work/milter.log")" -ge "$2" ]; }
reload() {
    local before
    before=$(grep -c 'configuration read again' "$work/milter.log")
    kill -USR1 "$milter_pid"
    wait_for 20 logged 'configuration read again' $((before + 1))
}

# ---- what it has given up -----------------------------------------------------------------------

redis_start
configure "server = \"unix:$work/redis.sock\""
milter_start
if grep -q 'built without libseccomp' "$work/milter.log"; then
    echo "sandbox.sh: built without libseccomp"
else
    same "every thread is filtered by seccomp" 2 "$(status Seccomp)"
fi
same "none can get new privileges" 1 "$(status NoNewPrivs)"
same "none has a capability" "0000000000000000 0000000000000000" "$(status CapEff) $(status CapPrm)"
same "all are of the user" "$(id -u "$user")" "$(status Uid)"
same "and of its group" "$(id -g "$user")" "$(status Gid)"
check "whoever runs it, it is not root" test "$(status Uid)" -ne 0

# ---- that it lacks nothing -----------------------------------------------------------------------

check "mails are answered" play -c 4 "$socket" "$demo"
check "the file sink writes" wait_for 10 file_has "$work/out/events.jsonl" "$mails"
check "the redis sink writes, by unix socket" wait_for 10 events_are message.seen "$mails"
check "metrics are had over HTTP" wait_for 10 "$prometheus" check "http://127.0.0.1:$metrics/metrics"
check "metrics are written" wait_for 10 "$prometheus" check "$work/prom/patchmark.prom"
check "tail reads the outbox from outside" \
    test "$("$PATCHMARK" tail -s "$work/state" -F -j -n 1000 | grep -c message.seen)" -eq "$mails"
series=$(redis --raw XRANGE '{patchmark}:events' - + | grep -o 's1-[a-z0-9]*' | head -1)
check "series reads the index from outside" "$PATCHMARK" series -s "$work/state" "$series" >/dev/null
check "no line of the log is worse than info" test -z "$(grep -vE '^patchmark: info: ' "$work/milter.log")"

# The write-ahead log is folded: the file alone, in another place, has everything.
folded() {
    cp "$work/state/patchmark.db" "$work/copy.db" &&
        [ "$(sqlite3 "$work/copy.db" 'SELECT count(*) FROM message')" -ge "$mails" ]
}
check "the database is folded together" wait_for 20 folded

mv "$work/out/events.jsonl" "$work/out/events.jsonl.1"
demo_as rotated
check "a file that was rotated is made anew" wait_for 10 file_has "$work/out/events.jsonl" "$mails"
same "and the old one is left alone" "$mails" "$(grep -c message.seen.v1 "$work/out/events.jsonl.1")"

check "a reload" reload
demo_as reloaded
check "sinks work after it" wait_for 10 file_has "$work/out/events.jsonl" $((2 * mails))
check "the other too" wait_for 10 events_are message.seen $((3 * mails))
check "and metrics" wait_for 10 "$prometheus" check "http://127.0.0.1:$metrics/metrics"
same "and it is as confined as before" "1 0000000000000000" "$(status NoNewPrivs) $(status CapEff)"

# ---- names of hosts, TLS ---------------------------------------------------------------------------

redis_stop
port=$(free_port)
tls=$(free_port)
certificates() {
    cd "$work/tls" &&
        echo 'subjectAltName = DNS:localhost' >names &&
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ours -keyout ca.key -out ca.crt &&
        openssl req -newkey rsa:2048 -nodes -subj /CN=redis -keyout redis.key -out redis.csr &&
        openssl x509 -req -in redis.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
            -extfile names -out redis.crt
}
(certificates) >/dev/null 2>&1 || echo "sandbox.sh: no certificates"
redis() { redis-cli -p "$port" "$@"; }
redis-server --port "$port" --bind 127.0.0.1 --tls-port "$tls" --tls-cert-file "$work/tls/redis.crt" \
    --tls-key-file "$work/tls/redis.key" --tls-ca-cert-file "$work/tls/ca.crt" --tls-auth-clients no \
    --dir "$work" --save '' --appendonly no --daemonize no >"$work/redis.log" 2>&1 &
redis_pid=$!
wait_for 10 redis_is_up || { cat "$work/redis.log"; exit 1; }

configure "server = \"inet:$port@localhost\""
check "a reload to a Redis by its name" reload
demo_as named
check "which is looked up, and gets the events" wait_for 20 events_are message.seen "$mails"
configure "server = \"inet:$tls@localhost\" tls = true ca_file = \"$work/tls/ca.crt\""
check "a reload to TLS" reload
demo_as encrypted
check "by which it gets events too" wait_for 20 events_are message.seen $((2 * mails))
check "over the port that encrypts" \
    grep -q "laddr=127.0.0.1:$tls " <(redis CLIENT LIST)

# ---- the end, the next start, and without ----------------------------------------------------------

milter_stop
same "SIGTERM ends it with 0" 0 $?
check "and its socket is gone" test ! -e "$work/run/patchmark.sock"
milter_start
check "the next start finds its state" play "$socket" "$demo"
milter_stop
check "no call was refused that is told of" \
    test -z "$(grep -iE 'permitted|denied|seccomp|landlock' "$work/milter.log")"

configure "server = \"unix:$work/redis.sock\"" 'confine = false'
milter_start
same "confine = false: no filter" 0 "$(status Seccomp)"
same "still no new privileges" 1 "$(status NoNewPrivs)"
same "and no capability" 0000000000000000 "$(status CapEff)"
check "mails are answered" play "$socket" "$demo"
milter_stop
finish

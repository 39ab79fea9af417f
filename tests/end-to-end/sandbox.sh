#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# sandbox.sh - the confined daemon, as an unprivileged user: the rights that it has dropped, and all of
# its work with the remaining ones.  tests/util/test_sandbox.c tests what a confined process cannot do.
# If the script is not run by root, the daemon runs as the user of the script.
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

# The daemon reads plugins as that user on a reload, and the user may have no access to the folder of
# the program.
plugins=()
redis_file= file_file= webhook_file=
if [ -d "$(dirname "$PATCHMARK")/../lib/patchmark" ]; then
    cp -r "$(dirname "$PATCHMARK")/../lib/patchmark" "$work/plugins"
    for name in automation kind patch pull series subject trailers; do
        plugins+=("plugin \"$name\" { file = \"$work/plugins/$name.so\" }")
    done
    redis_file="file = \"$work/plugins/redis.so\"" file_file="file = \"$work/plugins/file.so\""
    webhook_file="file = \"$work/plugins/webhook.so\""
fi

configure() { # REDIS-OPTIONS [LINE...]
    local redis=$1
    shift
    milter_configure "metrics_file = \"$work/prom/patchmark.prom\"" \
        "metrics_listen = \"inet:$metrics@localhost\"" "plugin \"redis\" { $redis_file $redis timeout = 1s }" \
        "${plugins[@]}" "plugin \"file\" { $file_file path = \"$work/out/events.jsonl\" }" "$@"
}

# status FIELD: prints the values of that field in the status of all threads of the daemon, each once.
status() { cat "/proc/$milter_pid"/task/*/status | awk -v field="$1:" '$1 == field { print $2 }' | sort -u | xargs; }

demo_as() { # NAME: plays the sample mails with new Message-IDs
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

# ---- rights that it has dropped -----------------------------------------------------------------

redis_start
configure "server = \"unix:$work/redis.sock\""
milter_start
if grep -q 'built without libseccomp' "$work/milter.log"; then
    echo "sandbox.sh: built without libseccomp"
else
    same "every thread is filtered by seccomp" 2 "$(status Seccomp)"
fi
same "no thread can gain privileges" 1 "$(status NoNewPrivs)"
same "no thread has a capability" "0000000000000000 0000000000000000" "$(status CapEff) $(status CapPrm)"
same "all threads have the user id" "$(id -u "$user")" "$(status Uid)"
same "all threads have the group id" "$(id -g "$user")" "$(status Gid)"
check "the user is not root" test "$(status Uid)" -ne 0

# ---- its work ------------------------------------------------------------------------------------

check "mails are answered" play -c 4 "$socket" "$demo"
check "the file sink writes" wait_for 10 file_has "$work/out/events.jsonl" "$mails"
check "the redis sink writes, by unix socket" wait_for 10 events_are message.seen "$mails"
check "metrics are served over HTTP" wait_for 10 "$prometheus" check "http://127.0.0.1:$metrics/metrics"
check "metrics are written" wait_for 10 "$prometheus" check "$work/prom/patchmark.prom"
check "tail reads the outbox in another process" \
    test "$("$PATCHMARK" tail -s "$work/state" -F -j -n 1000 | grep -c message.seen)" -eq "$mails"
series=$(redis --raw XRANGE '{patchmark}:events' - + | grep -o 's1-[a-z0-9]*' | head -1)
check "series reads the index in another process" "$PATCHMARK" series -s "$work/state" "$series" >/dev/null
check "no line of the log has a level above info" test -z "$(grep -vE '^patchmark: info: ' "$work/milter.log")"

# True if the write-ahead log was checkpointed: a copy of the database file alone has all mails.
checkpointed() {
    cp "$work/state/patchmark.db" "$work/copy.db" &&
        [ "$(sqlite3 "$work/copy.db" 'SELECT count(*) FROM message')" -ge "$mails" ]
}
check "the write-ahead log is checkpointed" wait_for 20 checkpointed

mv "$work/out/events.jsonl" "$work/out/events.jsonl.1"
demo_as rotated
check "a file that was rotated is created again" wait_for 10 file_has "$work/out/events.jsonl" "$mails"
same "the rotated file is unchanged" "$mails" "$(grep -c message.seen.v1 "$work/out/events.jsonl.1")"

check "a reload" reload
demo_as reloaded
check "after the reload: the file sink writes" wait_for 10 file_has "$work/out/events.jsonl" $((2 * mails))
check "after the reload: the redis sink writes" wait_for 10 events_are message.seen $((3 * mails))
check "after the reload: metrics are served" wait_for 10 "$prometheus" check "http://127.0.0.1:$metrics/metrics"
same "after the reload: it is confined as before" "1 0000000000000000" "$(status NoNewPrivs) $(status CapEff)"

# ---- host names, TLS -------------------------------------------------------------------------------

redis_stop
port=$(free_port)
tls=$(free_port)
name=$(hostname) # libcurl knows localhost itself, other names are resolved
getent hosts "$name" >/dev/null || name=localhost
certificates() {
    cd "$work/tls" &&
        echo "subjectAltName = DNS:localhost, DNS:$name" >names &&
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
check "a reload to a Redis with a host name" reload
demo_as named
check "the name is resolved, and events are delivered" wait_for 20 events_are message.seen "$mails"
configure "server = \"inet:$tls@localhost\" tls = true ca_file = \"$work/tls/ca.crt\""
check "a reload to TLS" reload
demo_as encrypted
check "events are delivered over TLS" wait_for 20 events_are message.seen $((2 * mails))
check "the connection uses the TLS port" \
    grep -q "laddr=127.0.0.1:$tls " <(redis CLIENT LIST)

# An HTTPS endpoint; its file of refused events is in a folder that only this plugin declares.
endpoint=$work/endpoint
https=$(free_port)
mkdir "$endpoint" "$work/refused"
chown "$user" "$work/refused"
for certificate in good expired wrong-name self-signed; do
    cp "$work/tls/redis.crt" "$endpoint/$certificate.crt"
    cp "$work/tls/redis.key" "$endpoint/$certificate.key"
done
echo whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >"$endpoint/secret"
chown "$user" "$endpoint/secret"
chmod 400 "$endpoint/secret"
echo good >"$endpoint/mode"
/usr/bin/python3 "$(dirname "$0")/webhook.py" "$https" "$endpoint" &
helper_pids+=($!)
# The folders for writing are those of the start, so the daemon is started again.
milter_stop
configure "server = \"inet:$port@localhost\"" "plugin \"webhook/ci\" { $webhook_file tries = 1 start = oldest
    url = \"https://$name:$https/hook\" ca_file = \"$work/tls/ca.crt\" secret_file = \"$endpoint/secret\"
    refused_file = \"$work/refused/events.jsonl\" }"
milter_start
endpoint_has() { [ "$(grep -c '' "$endpoint/accepted")" -ge "$1" ]; }
check "events are delivered to an HTTPS endpoint" wait_for 20 endpoint_has $((2 * mails))
same "every request is as it should be" "" "$(cat "$endpoint/faults")"
echo 400 >"$endpoint/mode"
demo_as refused
check "an event that it refuses is written to a file" wait_for 20 test -s "$work/refused/events.jsonl"
echo good >"$endpoint/mode"

# ---- stop, next start, and confine = false ---------------------------------------------------------

milter_stop
same "SIGTERM ends it with 0" 0 $?
check "its socket is removed" test ! -e "$work/run/patchmark.sock"
milter_start
check "after the next start mails are answered" play "$socket" "$demo"
milter_stop
check "the log has no refused system call" \
    test -z "$(grep -iE 'permitted|denied|seccomp|landlock' "$work/milter.log")"

configure "server = \"unix:$work/redis.sock\"" 'confine = false'
milter_start
same "confine = false: no filter" 0 "$(status Seccomp)"
same "confine = false: no thread can gain privileges" 1 "$(status NoNewPrivs)"
same "confine = false: no capability" 0000000000000000 "$(status CapEff)"
check "confine = false: mails are answered" play "$socket" "$demo"
milter_stop
finish

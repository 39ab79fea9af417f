#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# webhook.sh - the sink webhook against HTTPS servers: nginx before the sample webhook.py, the sample webhook.mjs,
# and a server that misbehaves in each way (webhook.py beside this file) while mails flow.  Every mail is
# answered, no event is lost, the order is kept, and the other endpoints are not affected.
#
# MAILS: the number of mails (5000); SEED: their seed.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

mails_wanted=${MAILS:-5000}
seed=${SEED:-$((1 + RANDOM % 5000))}
echo "SEED=$seed"
socket=unix:$work/run/patchmark.sock
file=$work/events.jsonl
prometheus=$(dirname "$0")/prometheus.py
bad=$work/bad
mkdir "$bad" "$work/nginx"
bad_port=$(free_port)
nginx_port=$(free_port)
sample_port=$(free_port)
node_port=$(free_port)
metrics_port=$(free_port)

# ---- certificates and secrets ----------------------------------------------------------------------

certificates() {
    cd "$bad" &&
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ours -keyout ca.key -out ca.crt &&
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
            -addext 'subjectAltName = DNS:localhost' -keyout self-signed.key -out self-signed.crt &&
        signed good DNS:localhost 2 && signed wrong-name DNS:ci.example.org 2 && signed expired DNS:localhost -1
}
signed() { # NAME SUBJECT-ALT-NAME DAYS: a certificate of our authority; -1: it has expired
    local days=$3
    echo "subjectAltName = $2" >"$1.names"
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" || return
    if [ "$days" -gt 0 ]; then
        openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -extfile "$1.names" -days "$days" \
            -out "$1.crt"
    else
        mkdir -p authority && : >authority/index && echo 01 >authority/serial &&
            openssl ca -batch -notext -in "$1.csr" -out "$1.crt" -cert ca.crt -keyfile ca.key -md sha256 \
                -startdate 20200101000000Z -enddate 20200201000000Z -extfile "$1.names" -policy any -config <(
                    printf '[ca]\ndefault_ca = us\n[us]\ndatabase = authority/index\nserial = authority/serial\n'
                    printf 'new_certs_dir = authority\n[any]\ncommonName = supplied\n'
                )
    fi
}
(certificates) >"$work/openssl.log" 2>&1 || { echo "no certificates"; cat "$work/openssl.log"; exit 1; }
secret() { (umask 077; (printf whsec_; openssl rand -base64 32) >"$1"); }
secret "$bad/secret"
secret "$work/sample.secret"
secret "$work/next.secret"

# ---- servers -----------------------------------------------------------------------------------------

mode() { echo "$1" >"$bad/mode.new" && mv "$bad/mode.new" "$bad/mode"; }
port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
bad_start() {
    /usr/bin/python3 "$(dirname "$0")/webhook.py" "$bad_port" "$bad" 2>>"$work/bad.log" &
    bad_pid=$!
    helper_pids+=("$bad_pid")
    wait_for 10 port_answers "$bad_port"
}
mode good
bad_start

cat >"$work/nginx.conf" <<END
daemon off; master_process off; pid $work/nginx/pid; error_log $work/nginx/error.log;
events { }
http {
    access_log $work/nginx/access.log;
    client_body_temp_path $work/nginx/body; proxy_temp_path $work/nginx/proxy; fastcgi_temp_path $work/nginx/fastcgi;
    uwsgi_temp_path $work/nginx/uwsgi; scgi_temp_path $work/nginx/scgi; keepalive_requests 100000;
    server {
        listen 127.0.0.1:$nginx_port ssl;
        ssl_certificate $bad/good.crt; ssl_certificate_key $bad/good.key;
        location /in { proxy_pass http://127.0.0.1:$sample_port; }
    }
}
END
nginx -e "$work/nginx/error.log" -c "$work/nginx.conf" &
helper_pids+=($!)
keep() { # FILE: prints the command of a receiver, which appends the event to the file
    printf '%s\n' sh -c 'exec cat >>"$0"' "$1"
}
mapfile -t keep_sample < <(keep "$work/sample.jsonl")
mapfile -t keep_node < <(keep "$work/node.jsonl")
sort "$work/next.secret" "$work/sample.secret" >"$work/both.secrets"
/usr/bin/python3 "$SOURCE/docs/consumers/webhook.py" "$sample_port" "$work/both.secrets" "${keep_sample[@]}" &
helper_pids+=($!)
node "$SOURCE/docs/consumers/webhook.mjs" "$node_port" "$work/sample.secret" "${keep_node[@]}" &
helper_pids+=($!)
for port in "$nginx_port" "$sample_port" "$node_port"; do
    wait_for 10 port_answers "$port" || { echo "a server does not start"; exit 1; }
done

# ---- the milter --------------------------------------------------------------------------------------

configure() {
    milter_configure "metrics_listen = \"inet:$metrics_port@127.0.0.1\"" "replay_rate = 0" \
        "plugin \"file\" { path = \"$file\" }" \
        "plugin \"webhook/bad\" { url = \"https://ada:hunter2@localhost:$bad_port/hook\" secret_file = \"$bad/secret\"
            ca_file = \"$bad/ca.crt\" timeout = 2s connect_timeout = 1s tries = 3
            refused_file = \"$work/refused.jsonl\" }" \
        "plugin \"webhook/sample\" { url = \"https://localhost:$nginx_port/in\" ca_file = \"$bad/ca.crt\"
            secret_file = \"$work/sample.secret\" next_secret_file = \"$work/next.secret\" }" \
        "plugin \"webhook/node\" { url = \"http://127.0.0.1:$node_port/\" secret_file = \"$work/sample.secret\"
            types = { \"series.*\" } }"
}
metric() { "$prometheus" get "http://127.0.0.1:$metrics_port/metrics" "patchmark_$1" 2>/dev/null; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }
counter() { metric "plugin_events_total{plugin=\"webhook/$1\",what=\"$2\"}"; }
counter_is() { [ "$(counter "$1" "$2")" = "$3" ]; }
accepted() { grep -c '' "$bad/accepted"; }
accepted_more() { [ "$(accepted)" -gt "$1" ]; }
hits() { grep -cx -- "$1" "$bad/hits"; }
hit() { [ "$(hits "$1")" -gt "$2" ]; }
events() { grep -c '' "$file"; }
file_is_complete() { [ "$(of_type message.seen "$file")" -ge "$1" ]; }
caught_up() { [ "$(sed 's/^again //' "$bad/accepted" | sort -u | wc -l)" -ge "$(($(events) - ${1:-0}))" ]; }

configure
milter_start

# ---- mails flow, and the server misbehaves ---------------------------------------------------------------

"$GENERATE" -n "$mails_wanted" -s "$seed" -c "$work/counts" >"$work/mails.mbox"
. "$work/counts" # mails, series
"$FAKEMTA" -c 4 --rate 80 --stats "$socket" "$work/mails.mbox" 2>"$work/stats" &
player=$!

# fault NAME [SECONDS]: the server misbehaves until a request has met it, and for the seconds from then; then it
# works until an event is accepted.
fault() {
    local name=$1 hold=${2:-0.5} before started=$SECONDS
    before=$(hits "$name")
    mode "$name"
    check "$name: a request meets it" wait_for 40 hit "$name" "$before"
    sleep "$hold"
    mode good
    before=$(accepted)
    check "$name: afterwards events are delivered" wait_for 60 accepted_more "$before"
    printf '%-16s %3s s\n' "$name" $((SECONDS - started)) >>"$work/table"
}
restart() { # the server is killed, and is started again after a second
    kill -KILL "$bad_pid"
    wait "$bad_pid" 2>/dev/null
    sleep 1
    bad_start
    local before
    before=$(accepted)
    check "restart: afterwards events are delivered" wait_for 60 accepted_more "$before"
}

wait_for 20 accepted_more 0
fault refuse 3
fault hang 3 # longer than the time-out
for name in close mid-header mid-body drip endless-body endless-header huge garbage 1xx-flood redirect \
    self-signed expired wrong-name 500 502 503 429 404 gzip-bomb answer-lost slow-tls; do
    fault $name
done
restart
wait $player
same "every mail is answered" 0 $?
check "the file has every mail" wait_for 60 file_is_complete "$mails"
check "all events arrive" wait_for_growth 60 "$bad/accepted" caught_up
file_ids "$file" >"$work/wanted.ids"
grep -v '^again ' "$bad/accepted" >"$work/bad.ids"
compare_ids "$work/wanted.ids" "$work/bad.ids"
same "of $wanted events lost, strange, twice, and the order" "0 0 0 same" "$lost $strange $twice $order"
echo "         repeats with the same id, of events whose answer was lost: $(grep -c '^again ' "$bad/accepted")"
same "every request was signed, and as it should be" "" "$(sort "$bad/faults" | uniq -c)"
check "an answer that was lost is a repeat with the same id" grep -q '^again ' "$bad/accepted"
same "the server wrote no error" "" "$(cat "$work/bad.log")"

sample_is_complete() { [ "$(grep -c '' "$work/sample.jsonl")" -ge "$wanted" ]; }
check "the endpoint behind nginx has all events" wait_for_growth 20 "$work/sample.jsonl" sample_is_complete
file_ids "$work/sample.jsonl" >"$work/sample.ids"
compare_ids "$work/wanted.ids" "$work/sample.ids"
same "behind nginx: of $wanted events lost, strange, twice, and the order" "0 0 0 same" "$lost $strange $twice $order"
same "nothing was tried twice there" "0 0" "$(counter sample retried) $(counter sample refused)"
same "no event is marked as replayed there" 0 "$(grep -c '"replay":true' "$work/sample.jsonl")"
grep '^{[^{]*"type":"patchmark.series\.' "$file" >"$work/series.jsonl"
file_ids "$work/series.jsonl" >"$work/series.ids"
node_is_complete() { [ "$(grep -c '' "$work/node.jsonl")" -ge "$(grep -c '' "$work/series.ids")" ]; }
check "the endpoint with a filter has all events of series" wait_for 30 node_is_complete
file_ids "$work/node.jsonl" >"$work/node.ids"
check "and no others, in order" cmp "$work/series.ids" "$work/node.ids"
check "the counters say so" wait_for 20 counter_is bad delivered "$(events)"
same "none was refused or dropped" "0 0" "$(counter bad refused) $(counter bad dropped)"
check "tries that failed are counted" test "$(counter bad retried)" -ge 20
same "no password and no path is logged" "" "$(grep -E 'hunter2|/hook' "$work/milter.log")"
check "the log has one line when an outage begins" \
    grep -q "plugin webhook/bad: https://localhost:$bad_port: status 503; events wait in the outbox" "$work/milter.log"

# ---- events that are refused ------------------------------------------------------------------------------

mails_as() { # NAME: plays the sample mails with new Message-IDs
    sed "s/^Message-ID: <\(.*\)@/Message-ID: <\1.$1@/" "$SOURCE/tests/mails/demo.mbox" >"$work/$1.mbox"
    play "$socket" "$work/$1.mbox"
}
refused_has() { [ "$(grep -c '' "$work/refused.jsonl" 2>/dev/null)" -eq "$1" ]; }
refuses() { # STATUS NUMBER
    mode "$1"
    check "$1: mails are answered" mails_as "refused$1"
    check "$1: the event is set aside after 3 tries" wait_for 60 refused_has "$2"
    same "$1: it was tried 3 times" 3 "$(hits "$1")"
    check "$1: the events after it are delivered" wait_for 30 caught_up "$2"
    mode good
}
refuses 400 1
refuses 413 2
check "they are counted" wait_for 20 counter_is bad refused 2
check "the log has id, status and reason" grep -qE \
    "plugin webhook/bad: .* refused the event $(file_ids "$work/refused.jsonl" | head -1) .* with status 400: no such list; set aside in " \
    "$work/milter.log"
same "the file has the events themselves" "" "$(comm -13 <(sort "$file") <(sed 's/,"replay":true//' "$work/refused.jsonl" | sort))"

# ---- stop and reload while a request hangs ------------------------------------------------------------------

before=$(hits hang)
mode hang
check "mails while the server hangs" mails_as hanging
check "the server hangs" wait_for 30 hit hang "$before"
start=$(date +%s%3N)
milter_stop
same "SIGTERM ends it with 0" 0 $?
check "within 8 s" test $((milter_ended - start)) -lt 8000
same "no sink is left behind" 0 "$(grep -c 'is busy' "$work/milter.log")"
mode good
milter_start
check "after the next start the events are delivered" wait_for 60 caught_up 2
reloads() { [ "$(grep -c 'configuration read again' "$work/milter.log")" -ge "$1" ]; }
before=$(hits hang)
mode hang
check "more mails while the server hangs" mails_as again
check "the server hangs again" wait_for 30 hit hang "$before"
kill -USR1 "$milter_pid"
check "a reload" wait_for 20 reloads 1
mode good
check "after the reload the events are delivered" wait_for 60 caught_up 2
grep -v '^again ' "$bad/accepted" >"$work/bad.ids"
file_ids "$file" | grep -vxFf <(file_ids "$work/refused.jsonl") >"$work/wanted.ids"
compare_ids "$work/wanted.ids" "$work/bad.ids"
same "in all, of $wanted events lost, strange, twice, and the order" "0 0 0 same" "$lost $strange $twice $order"

# ---- 410 ------------------------------------------------------------------------------------------------------

mode 410
check "410: mails are answered" mails_as gone
switched_off() { [ "$(grep -c 'status 410, the endpoint wants no more events' "$work/milter.log")" -eq 1 ]; }
check "410: one line is logged" wait_for 20 switched_off
waiting_none() { metric_is 'sink_waiting_events{sink="webhook/bad"}' 0; }
dropped_some() { [ "$(counter bad dropped)" -gt 5 ]; }
check "410: they are counted as dropped" wait_for 30 dropped_some
check "410: no event waits" wait_for 30 waiting_none
same "410: one request" 1 "$(hits 410)"
mode good
kill -USR1 "$milter_pid"
wait_for 20 reloads 2
before=$(accepted)
check "after a reload mails are answered" mails_as back
check "after a reload events are delivered again" wait_for 30 accepted_more "$before"

# ---- what the samples refuse -------------------------------------------------------------------------------------

# post PORT ID TIMESTAMP SIGNED-ID SECRET: prints the status of the answer to a request whose signature is for SIGNED-ID.
post() {
    local key signature
    key=$(sed 's/^whsec_//' "$5" | openssl base64 -d -A | od -An -tx1 | tr -d ' \n')
    signature=$(printf '%s' "$4.$3.{\"x\":1}" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64)
    curl -s -o /dev/null -w '%{http_code}' -H "webhook-id: $2" -H "webhook-timestamp: $3" \
        -H "webhook-signature: v1,AAAA v1,$signature" -d '{"x":1}' "http://127.0.0.1:$1/"
}
check "all events are delivered" wait_for_growth 20 "$work/sample.jsonl" outbox_is_drained
milter_stop
now=$(date +%s)
for sample in py:$sample_port:$work/sample.jsonl mjs:$node_port:$work/node.jsonl; do
    IFS=: read -r name port kept <<<"$sample"
    before=$(grep -c '' "$kept")
    same "webhook.$name: signed" 204 "$(post "$port" x1 "$now" x1 "$work/sample.secret")"
    same "webhook.$name: the same id again" 204 "$(post "$port" x1 "$now" x1 "$work/sample.secret")"
    same "webhook.$name: signed for another id" 401 "$(post "$port" x2 "$now" x1 "$work/sample.secret")"
    same "webhook.$name: another secret" 401 "$(post "$port" x3 "$now" x3 "$bad/secret")"
    same "webhook.$name: 6 minutes old" 401 "$(post "$port" x4 $((now - 360)) x4 "$work/sample.secret")"
    same "webhook.$name: from the future" 401 "$(post "$port" x5 $((now + 360)) x5 "$work/sample.secret")"
    same "webhook.$name: no number" 401 "$(post "$port" x6 soon x6 "$work/sample.secret")"
    same "webhook.$name: no signature" 401 \
        "$(curl -s -o /dev/null -w '%{http_code}' -d '{"x":1}' "http://127.0.0.1:$port/")"
    same "webhook.$name: one event arrived" $((before + 1)) "$(grep -c '' "$kept")"
done

# ---- the configuration ----------------------------------------------------------------------------------------------

checks() { "$PATCHMARK" serve --check --config="$work/wrong.conf" 2>&1; }
wrong() { # NAME TEXT OPTIONS
    printf 'host = "lists.example.org"\n\nplugin "webhook/x" {\n%s\n}\n' "$3" >"$work/wrong.conf"
    check "$1: file and line" grep -qE "wrong.conf:4: plugin \"webhook/x\": option '$2" <(checks)
}
wrong "http to another host" "url' is http:// to another host" 'url = "http://ci.example.org/" secret_file = "x"'
chmod 644 "$work/next.secret"
wrong "a secret that others may read" "secret_file' names .* must not be readable or writable by others" \
    "url = \"https://ci.example.org/\" secret_file = \"$work/next.secret\""

echo "         mails: $(grep '^mails=' "$work/stats")"
column -c 100 "$work/table"
finish

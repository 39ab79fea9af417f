#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# metrics.sh - tests of the metrics, in the file and over HTTP: their values in normal operation and
# while a sink fails.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
mails=$(grep -c '^From patchmark ' "$demo")
prometheus=$(dirname "$0")/prometheus.py
port=$(free_port)
file=$work/prom/patchmark.prom
url=http://127.0.0.1:$port/metrics
mkdir "$work/prom"

value() { "$prometheus" get "$file" "patchmark_$1"; }
sum() { "$prometheus" sum "$file" "patchmark_$1"; }
value_is() { [ "$(value "$1")" = "$2" ]; }
value_reaches() { [ "$(value "$1")" -ge "$2" ]; }
# becomes NAME VALUE: waits until the metric has the value; metrics are written every five seconds
becomes() { wait_for 40 value_is "$1" "$2"; }

configure() {
    milter_configure "metrics_file = \"$file\"" "metrics_listen = \"inet:$port@127.0.0.1\"" \
        "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s }" \
        "plugin \"file\" { path = \"$work/events.jsonl\" }" \
        "plugin \"webhook/ci\" { url = \"http://127.0.0.1:1/\" secret_file = \"$work/secret\" types = \"no.such\" }" "$@"
}
(umask 077; echo whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >"$work/secret")
configure
redis_start
milter_start

# ---- a start ------------------------------------------------------------------------------------

check "the file is written" wait_for 10 test -s "$file"
check "the format of the file is valid" "$prometheus" check "$file"
check "the format over HTTP is valid" "$prometheus" check "$url"
same "no mail yet" 0 "$(value mails_answered_total)"
check "the start time is now" test $(($(date +%s) - $(value start_time_seconds))) -lt 60
same "all users can read the file" 644 "$(stat -c %a "$file")"
cp "$file" "$work/first"

# ---- counts of the mails that were sent ------------------------------------------------------------

play "$socket" "$demo"
check "mails that were answered" becomes mails_answered_total "$mails"
check "mails that were answered, over HTTP" test "$("$prometheus" get "$url" patchmark_mails_answered_total)" -eq "$mails"
same "mails that were classified" "$mails" "$(sum mails_total)"
"$PATCHMARK" classify "$demo" | sed 's/.*"kind":"\([a-z]*\)".*/\1/' | sort | uniq -c >"$work/kinds"
while read -r count kind; do
    same "mails of kind $kind" "$count" "$(value "mails_total{kind=\"$kind\"}")"
done <"$work/kinds"
same "bytes as in the log" \
    $(($(sed -n 's/.* bytes=\([0-9]*\) .*/\1/p' "$work/milter.log" | paste -sd+))) "$(value mail_bytes_total)"
same "the time of each mail is counted" "$mails" "$(value mail_seconds_count)"
same "the last bucket counts all mails" "$mails" "$(value 'mail_seconds_bucket{le="+Inf"}')"
for plugin in subject patch trailers series; do
    same "calls of $plugin" "$mails" "$(value "plugin_calls_total{plugin=\"$plugin\"}")"
done
"$PATCHMARK" tail -s "$work/state" -F -j -n 1000 >"$work/outbox"
sed 's/.*"type":"\([a-z.0-9]*\)".*/\1/' "$work/outbox" | sort | uniq -c >"$work/types"
while read -r count type; do
    same "events $type" "$count" "$(value "events_total{type=\"$type\"}")"
done <"$work/types"
same "events of all types" "$(wc -l <"$work/outbox")" "$(sum events_total)"
for sink in redis file; do
    check "sink $sink accepted them" becomes "sink_events_total{sink=\"$sink\"}" "$(wc -l <"$work/outbox")"
    same "sink $sink is up" 1 "$(value "sink_up{sink=\"$sink\"}")"
    check "no event waits for $sink" becomes "sink_waiting_events{sink=\"$sink\"}" 0
    same "the oldest event that waits for $sink is 0 s old" 0 "$(value "sink_oldest_seconds{sink=\"$sink\"}")"
done
check "the size of the outbox" test "$(value outbox_bytes)" -gt 1000
check "the room of the database" test "$(value store_room_bytes)" -gt 1000
check "the size of the write-ahead log" test "$(value store_log_bytes)" -gt 1000
same "the store works" 1 "$(value store_up)"
same "no mail and no event was lost" "0 0 0" \
    "$(value mails_unread_total) $(value mails_unremembered_total) $(sum sink_lost_events_total)"

for what in delivered retried refused dropped; do
    same "the plugin webhook counts $what" 0 "$(value "plugin_events_total{plugin=\"webhook/ci\",what=\"$what\"}")"
done

# ---- odd mail ---------------------------------------------------------------------------------------

play "$socket" "$demo"
check "mails that were duplicates" becomes mails_again_total "$mails"
same "duplicates make no events" "$(wc -l <"$work/outbox")" "$(sum events_total)"
forged=$(value mails_forged_total)
printf 'From: ada@example.org\nMessage-ID: <forged@example.org>\nPatchmark-Kind: patch\n\nx\n' >"$work/forged"
play "$socket" "$work/forged"
check "a mail with forged headers" becomes mails_forged_total $((forged + 1))

# ---- a sink that fails -----------------------------------------------------------------------------

redis_stop
sed 's/^Message-ID: <\(.*\)@/Message-ID: <\1.second@/' "$demo" >"$work/second.mbox"
play "$socket" "$work/second.mbox"
check "a sink that fails has sink_up 0" becomes 'sink_up{sink="redis"}' 0
waiting=$("$PATCHMARK" tail -s "$work/state" -F -j -n 1000 | wc -l)
waiting=$((waiting - $(value 'sink_events_total{sink="redis"}')))
check "events wait for it" test "$waiting" -gt "$mails"
check "all events since then wait" becomes 'sink_waiting_events{sink="redis"}' "$waiting"
check "their age grows" wait_for 20 value_reaches 'sink_oldest_seconds{sink="redis"}' 1
oldest=$(value 'sink_oldest_seconds{sink="redis"}')
check "their age grows further" wait_for 20 value_reaches 'sink_oldest_seconds{sink="redis"}' $((oldest + 4))
same "the other sink works" "1 0" \
    "$(value 'sink_up{sink="file"}') $(value 'sink_waiting_events{sink="file"}')"
redis_start
check "after it has recovered, no event waits" becomes 'sink_waiting_events{sink="redis"}' 0
same "it has sink_up 1" "1 0" "$(value 'sink_up{sink="redis"}') $(value 'sink_oldest_seconds{sink="redis"}')"
same "no event was dropped" 0 "$(value 'sink_lost_events_total{sink="redis"}')"
check "no counter has decreased" "$prometheus" grew "$work/first" "$file"

# ---- reload ------------------------------------------------------------------------------------------

echo nonsense >>"$work/patchmark.conf"
kill -USR1 "$milter_pid"
check "an invalid configuration sets reload_good to 0" becomes reload_good 0
same "the failed reload is counted" "0 1" "$(value reloads_total) $(value reloads_failed_total)"
configure 'log_level = "info"'
kill -USR1 "$milter_pid"
check "a valid configuration sets reload_good to 1" becomes reload_good 1
same "the reload is counted" "1 1" "$(value reloads_total) $(value reloads_failed_total)"
check "counts of mails are kept" test "$(value mails_answered_total)" -gt $((3 * mails))
port=$(free_port)
url=http://127.0.0.1:$port/metrics
configure
kill -USR1 "$milter_pid"
check "a reload changes the port" wait_for 20 "$prometheus" check "$url"

# ---- lists ---------------------------------------------------------------------------------------------

# list LIST KIND: prints the mails of a list; "" if it is not in the metrics.
list() { "$prometheus" get "$url" "patchmark_list_mails_total{list=\"$1\",kind=\"$2\"}" 2>/dev/null; }
list_is() { [ "$(list "$1" "$2")" = "$3" ]; }
lists() { curl -s "$url" | sed -n 's/^patchmark_list_mails_total{list="\(.*\)",kind="patch"} .*/\1/p' | sort; }
list_mail() { # NUMBER LIST-ID SUBJECT [MORE]
    printf 'From: Ada <ada@example.org>\nSubject: %s\nMessage-ID: <list-%s@example.org>\nList-Id: <%s>\n%s\ntext\n' \
        "$3" "$1" "$2" "${4:+$4$'\n'}"
}

# A host of readers: the lists that were seen, here those of the demonstration.
check "the lists that were seen, and other" diff <(lists) <({ sed -n 's/^List-Id: .*<\(.*\)>$/\1/p' "$demo"; echo other; } | sort -u)
same "their mails, each time that they passed" $((3 * $(grep -c '^List-Id:' "$demo"))) "$(sum list_mails_total)"

# A host with lists of its own.
printf 'From patchmark Mon Mar  2 10:00:00 2026\n%s\n\n' "$(list_mail 1 open.example.org '[PATCH] x')" \
    "$(list_mail 2 board.example.org 'secret of the board')" "$(list_mail 3 open.example.org 'Re: x')" \
    "$(list_mail 4 stranger.example.com 'hello')" >"$work/lists.mbox"
own=('list "open.example.org" { address = "open@example.org" }'
    'list "quiet.example.org" { address = "quiet@example.org" }')
configure "${own[@]}" 'list "board.example.org" { address = "board@example.org" publish = false }'
kill -USR1 "$milter_pid"
check "lists of this host are there without a mail" wait_for 20 list_is quiet.example.org patch 0
answered=$(value mails_answered_total)
play --client 127.0.0.1 "$socket" "$work/lists.mbox"
printf 'From: ada@example.org\nTo: board@example.org\nSubject: more of it\nMessage-ID: <list-5@example.org>\n\ntext\n' >"$work/board.eml"
play --recipient board@example.org "$socket" "$work/board.eml"
check "the mails were counted" becomes mails_answered_total $((answered + 5))
check "the mails of an open list" wait_for 20 list_is open.example.org patch 1
same "by kind" "1 0" "$(list open.example.org reply) $(list open.example.org report)"
same "a list of strangers is none of this host" "" "$(list stranger.example.com other)"
curl -s --unix-socket "$work/state/status.sock" http://localhost/metrics >"$work/private"
check "the unix socket has the metrics, too" grep -q '^patchmark_list_mails_total{list="open.example.org",kind="patch"} 1$' "$work/private"
same "a closed list appears nowhere" "" "$(curl -s "$url" | cat - "$file" "$work/private" | grep -i board)"
configure "${own[1]}" 'list "open.example.org" { address = "open@example.org" publish = false }'
kill -USR1 "$milter_pid"
check "a reload that closes a list" wait_for 20 list_is quiet.example.org patch 0
same "removes it" "" "$(curl -s "$url" | grep -F open.example.org)"

# Senders can invent lists on a host of readers.
configure
kill -USR1 "$milter_pid"
for round in 1 2; do
    for i in {1..2000}; do
        printf 'From patchmark Mon Mar  2 10:00:00 2026\n%s\n\n' "$(list_mail "f$round-$i" "f$round-$i.example.net" "x")"
    done >"$work/forged$round.mbox"
    answered=$(value mails_answered_total)
    play "$socket" "$work/forged$round.mbox"
    check "2000 invented lists" becomes mails_answered_total $((answered + 2000))
    memory[round]=$(value resident_memory_bytes)
    series[round]=$(lists | wc -l)
done
same "at most 200 lists and other" "201 201" "${series[*]}"
check "2000 more need no more memory" test $((memory[2] - memory[1])) -lt $((4 << 20))
check "the format is still valid" "$prometheus" check "$url"

# ---- clients that stay -----------------------------------------------------------------------------------

# Some send nothing, some half of a request, some many requests without reading the answers, and one a byte
# now and then.
cat >"$work/stay.py" <<'END'
import socket, sys, time
kept = []
def client(text):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.setblocking(False)
    try:
        s.send(text)
    except OSError:
        pass
    kept.append(s)
for i in range(200):
    client(b"")
    client(b"GET /metrics HTTP/1.1\r\nHost: loc")
    client(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
print("stay", flush=True)
drip = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
start = time.time()
try:
    while drip.recv(1, socket.MSG_DONTWAIT) != b"":
        pass
except BlockingIOError:
    pass
try:
    for byte in b"GET /metrics HTTP/1.1\r\n" + b"X" * 1000:
        drip.send(bytes([byte]))
        time.sleep(1)
except OSError:
    print("closed", flush=True)
time.sleep(600)
END
before=$(value open_fds)
/usr/bin/python3 "$work/stay.py" "$port" >"$work/stayed" &
helper_pids+=($!)
check "600 clients stay" wait_for 30 grep -q stay "$work/stayed"
check "a monitor is answered" "$prometheus" check "$url"
check "the metrics are updated meanwhile" \
    wait_for 20 value_reaches updated_timestamp_seconds $(($(date +%s) + 1))
check "the daemon keeps few of them" test $(($(value open_fds) - before)) -lt 100
check "they need little memory" test $(($(value resident_memory_bytes) - memory[2])) -lt $((32 << 20))
check "patchmark status is answered" "$PATCHMARK" status --state="$work/state" --json >"$work/status"
check "one that sends a byte a second is closed" wait_for 30 grep -q closed "$work/stayed"
check "a monitor is still answered" "$prometheus" check "$url"

# ---- the page and the dashboard ----------------------------------------------------------------------

"$prometheus" names "$url" | sort >"$work/names"
sed -n 's/^\.It Ic \(patchmark_[a-z_]*\).* Pq \([a-z]*\)$/\1 \2/p' "$SOURCE/docs/patchmark.1" | sort >"$work/page"
check "patchmark.1 has every metric and its type" diff "$work/names" "$work/page"
/usr/bin/python3 -c 'import json, re, sys
text = json.dumps([p.get("targets") for p in json.load(open(sys.argv[1]))["panels"]])
print("\n".join(sorted(set(re.sub("_bucket$", "", n) for n in re.findall("patchmark_[a-z_]+", text)))))' \
    "$SOURCE/config/grafana-dashboard.json" >"$work/dashboard"
grep -v '^ *#' "$SOURCE/config/prometheus-alerts.yml" | grep -o 'patchmark_[a-z_]*' | sed 's/_bucket$//' | sort -u >"$work/alerts"
for what in dashboard alerts; do
    check "the $what: uses metrics" test "$(wc -l <"$work/$what")" -gt 10
    same "the $what: uses no unknown metric" "" "$(comm -23 "$work/$what" <(cut -d' ' -f1 "$work/names"))"
done
same "each panel has a number of its own" "" \
    "$(sed -n 's/^   "id": //p' "$SOURCE/config/grafana-dashboard.json" | sort | uniq -d)"

# ---- faults of the file and the port -------------------------------------------------------------------

milter_stop
same "SIGTERM ends it with 0" 0 $?
/usr/bin/python3 -c 'import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); print("bound", flush=True); time.sleep(60)' \
    "$port" >"$work/bound" &
holder=$!
wait_for 10 grep -q bound "$work/bound"
milter_start
check "a port in use is one line" test "$(grep -c 'metrics: cannot listen on ' "$work/milter.log")" -eq 1
check "mails are answered" play "$socket" "$demo"
check "the file is written" becomes mails_answered_total "$mails"
kill "$holder"
milter_stop
rm -r "$work/prom"
milter_start
check "a folder that is away is one line" \
    wait_for 10 grep -q "metrics: cannot write $file: No such file or directory" "$work/milter.log"
check "mails are answered without the folder" play "$socket" "$demo"
mkdir "$work/prom"
check "the file is written when the folder exists again" becomes mails_answered_total "$mails"
milter_stop
same "the file is kept when the daemon has ended" "$mails" "$(value mails_answered_total)"
finish

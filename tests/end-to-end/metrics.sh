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

# ---- the page and the dashboard ----------------------------------------------------------------------

"$prometheus" names "$url" | sort >"$work/names"
sed -n 's/^\.It Ic \(patchmark_[a-z_]*\).* Pq \([a-z]*\)$/\1 \2/p' "$SOURCE/docs/patchmark.1" | sort >"$work/page"
check "patchmark.1 has every metric and its type" diff "$work/names" "$work/page"
/usr/bin/python3 -c 'import json, re, sys
text = json.dumps([p.get("targets") for p in json.load(open(sys.argv[1]))["panels"]])
print("\n".join(sorted(set(re.sub("_bucket$", "", n) for n in re.findall("patchmark_[a-z_]+", text)))))' \
    "$SOURCE/config/grafana-dashboard.json" >"$work/dashboard"
check "the dashboard uses metrics" test "$(wc -l <"$work/dashboard")" -gt 10
same "the dashboard uses no unknown metric" "" "$(comm -23 "$work/dashboard" <(cut -d' ' -f1 "$work/names"))"

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

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# kill.sh - kill -9 at random moments under load.  The fake MTA behaves as an MTA: it sends a mail
# again only if it received no answer, so an event that is lost after the answer stays lost.  Afterwards
# each mail must have its events in the outbox and in the stream, once.
#
# SEED: the seed of the mails and the moments; KILLS: the number of kills (50); RATE: mails per second
# (300); CONNECTIONS: the number of connections (16).
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

seed=${SEED:-$((1 + RANDOM % 30000))}
kills=${KILLS:-50}
rate=${RATE:-300}
connections=${CONNECTIONS:-16}
RANDOM=$seed
echo "SEED=$seed"

milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" maxlen = 1000000 }" \
    "plugin \"file\" { path = \"$work/events.jsonl\" }"
redis_start
milter_start

# play_on: sends mails until the last kill, because the time that a start takes differs.
play_on() {
    local i=0
    until [ -e "$work/enough" ]; do
        "$GENERATE" -n $((10 * rate)) -s $((seed + i)) -c "$work/counts.$i" >"$work/mails.$i.mbox"
        "$FAKEMTA" -c "$connections" --rate "$rate" --retry --stats "unix:$work/run/patchmark.sock" \
            "$work/mails.$i.mbox" 2>>"$work/stats" || echo failed >>"$work/failed"
        i=$((i + 1))
    done
}

# outbox_read: adds the new events of the outbox to outbox.rows, as lines of sequence, id, type and
# subject.  Reads the 2,000 events before them again: their sequences and ids must be the same.  After a
# kill, a reader may have to wait until the daemon has recovered the log of the database.
outbox_last=0
outbox_read() {
    sqlite3 -readonly -cmd '.timeout 10000' -separator ' ' "$work/state/patchmark.db" "SELECT sequence, id, type, subject
        FROM event WHERE sequence > $((outbox_last - 2000)) ORDER BY sequence" >"$work/outbox.new" ||
        : >"$work/outbox.unread"
    outbox_last=$(tail -1 "$work/outbox.new" | cut -d' ' -f1)
    sort -u -k1,1n -k2 -o "$work/outbox.rows" "$work/outbox.rows" "$work/outbox.new"
}

: >"$work/outbox.rows"
play_on &
player=$!
helper_pids=($player)
killed=0
for ((i = 0; i < kills; i++)); do
    sleep "$(printf '0.%03d' $((100 + RANDOM % 800)))"
    milter_stop KILL
    [ $? -eq 137 ] && killed=$((killed + 1)) # it had not exited before
    milter_start
    outbox_read
done
: >"$work/enough"
wait $player
helper_pids=()
all_mails=0 all_series=0 all_tags=0
for counts in "$work"/counts.*; do
    . "$counts" # mails, series, tags
    all_mails=$((all_mails + mails)) all_series=$((all_series + series)) all_tags=$((all_tags + tags))
done
mails=$all_mails series=$all_series tags=$all_tags
same "killed while mails flow" "$kills" "$killed"
check "every mail was answered" test ! -e "$work/failed"
tail -1 "$work/stats"
check "mails were cut off in the middle" grep -q 'lost_connections=[1-9]' "$work/stats"

check "the outbox is drained" wait_for 60 outbox_is_drained
same "the database is not damaged" ok "$(sqlite3 "$work/state/patchmark.db" 'PRAGMA integrity_check')"
outbox_read
stream_events >"$work/stream.jsonl"
stream_ids >"$work/stream.ids"
file_ids "$work/events.jsonl" | awk '!seen[$0]++' >"$work/file.ids" # the file may repeat a batch
compare_ids "$work/file.ids" "$work/stream.ids"
same "stream and file: of $wanted events lost, strange, twice, and the order" "0 0 0 same" "$lost $strange $twice $order"
check "the outbox could be read after each start" test ! -e "$work/outbox.unread"
cut -d' ' -f2 "$work/outbox.rows" >"$work/outbox.ids"
same "the outbox has no id twice" 0 "$(sort "$work/outbox.ids" | uniq -d | wc -l)"
same "no sequence was used for two events" 0 "$(cut -d' ' -f1 "$work/outbox.rows" | uniq -d | wc -l)"
compare_ids "$work/outbox.ids" "$work/stream.ids"
same "stream and outbox: of $wanted events lost, strange, twice, and the order" "0 0 0 same" \
    "$lost $strange $twice $order"
same "message.seen once for each mail" "$mails" "$(of_type message.seen "$work/stream.jsonl")"
sed -n 's/^Message-ID: <\(.*\)>$/\1/p' "$work"/mails.*.mbox | sort >"$work/mails.ids"
sed -n 's/.*"type":"patchmark.message.seen.v1".*"subject":"\([^"]*\)","time".*/\1/p' "$work/stream.jsonl" |
    sort >"$work/seen.ids"
sed -n 's/^[0-9]* [0-9a-f]* patchmark.message.seen.v1 //p' "$work/outbox.rows" | sort >"$work/outbox.seen"
check "the stream has the Message-IDs that were sent" cmp "$work/mails.ids" "$work/seen.ids"
check "the outbox has them" cmp "$work/mails.ids" "$work/outbox.seen"
same "each series is opened once" "$series" "$(of_type series.opened "$work/stream.jsonl")"
same "each series is completed once" "$series" "$(of_type series.completed "$work/stream.jsonl")"
same "each tag has one event" "$tags" "$(grep -c '"trailers_given":' "$work/stream.jsonl")"
same "each start has an event" "$((kills + 1))" \
    "$(grep '"type":"patchmark.service.status.v1"' "$work/stream.jsonl" | grep -c '"state":"started"')"
check "every line of the log has the form of patchmark" \
    test -z "$(grep -v '^patchmark: [a-z]*: ' "$work/milter.log")"
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# tail.sh - tests of `patchmark tail`: its output for the outbox and for a Redis, its filters, its errors
# and its end.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
state=$work/state
url=unix:$work/redis.sock
escape=$(printf '\033')
first=20260302100501.4711

tail_pid=
stop_tail() {
    [ -n "$tail_pid" ] && kill "$tail_pid" 2>/dev/null
    tail_pid=
}
trap 'stop_tail; cleanup' EXIT

outbox() { "$PATCHMARK" tail --state="$state" --no-follow "$@"; }
not() { ! "$@"; }
exits() { # STATUS COMMAND...
    local wanted=$1 status
    shift
    "$@" >/dev/null 2>"$work/said"
    status=$?
    [ "$status" -eq "$wanted" ] || { echo "         status $status: $(cat "$work/said")"; return 1; }
}
# terminal COLUMNS COMMAND: prints the output of the command on a terminal of that width.
terminal() {
    TERM=xterm script -qec "stty cols $1 rows 40; $2" /dev/null </dev/null | tr -d '\r'
}

# ---- an outbox: the sample mails, a hostile mail, an incomplete series ---------------------------

milter_configure "quiet = 1s"
milter_start
cat >"$work/harm.mbox" <<'END'
From patchmark Thu Jan  1 00:00:00 1970
From: Mallory <mallory@example.net>
Subject: [PATCH] =?utf-8?q?=1B]0;owned=07_=C2=9B31m_=E2=80=AEdesrever_=1B[2J_end?=
Message-ID: <harm@example.net>
List-Id: <other.lists.example.com>
Date: Wed, 01 Apr 2026 10:00:00 +0000

text
---
diff --git a/lamp.c b/lamp.c
index 1111111..2222222 100644
--- a/lamp.c
+++ b/lamp.c
@@ -1 +1 @@
-a
+b

From patchmark Thu Jan  1 00:00:00 1970
From: Carol Muster <carol@example.net>
Subject: [PATCH 2/4] lamp: two of four
Message-ID: <20260401100000.1-3-carol@example.net>
In-Reply-To: <20260401100000.1-1-carol@example.net>
List-Id: <third.lists.example.com>
Date: Wed, 01 Apr 2026 10:00:00 +0000

text
---
diff --git a/lamp.c b/lamp.c
index 1111111..2222222 100644
--- a/lamp.c
+++ b/lamp.c
@@ -1 +1 @@
-a
+b

END
"$FAKEMTA" "unix:$work/run/patchmark.sock" "$demo" "$work/harm.mbox" >/dev/null
has_incomplete() { [ "$(outbox -n 1000 -t series.incomplete | wc -l)" -eq 1 ]; }
check "the incomplete series has its event" wait_for 20 has_incomplete
milter_stop

outbox -n 1000 --json >"$work/all.json"
json_of() { grep -c "\"type\":\"patchmark.$1.v1\"" "$work/all.json"; } # TYPE: prints the number of events of that type
v1=$(grep series.completed "$work/all.json" | grep -F "\"message_id\":\"$first-3-ada" | grep -oE 's1-[a-z2-7]{16}' | head -1)
v2=$(grep series.superseded "$work/all.json" | grep -oE '"series":\{"id":"s1-[a-z2-7]{16}' | tail -c 20)
topic=$(grep series.superseded "$work/all.json" | grep -oE 't1-[a-z2-7]{16}' | head -1)

# ---- output for people ----------------------------------------------------------------------------

outbox -n 1000 >"$work/people"
line() { grep -qE "^[0-9TZ:-]{20}  $1 *$" "${2:-$work/people}"; } # TEXT, an extended regular expression
check "a mail: its title, part, list, author and series" line "tide: only hours that there are  +0/2  +tidewater-devel\.lists\.example\.org  +Ada Example  +$v1"
check "a series: complete" line "tide: only hours that there are  +complete 2/2  .*  $v1"
check "superseded: the version that replaces it, and how it was found" line "tide: only hours that there are  +superseded by v2 \(link\)  .*  $v2"
check "incomplete: the missing parts" line "lamp: two of four  +missing 1, 3-4 of 4  .*"
check "a tag: its name and part" line "tide: refuse hours that no day has  +Reviewed-by 1/2  .*  Bob Sample  .*"
check "the daemon: its host and state" line "lists\.example\.org/patchmark  +started"
same "a pipe has no date lines" "" "$(grep '^--' "$work/people")"
same "a pipe: no line ends in spaces" "" "$(grep ' $' "$work/people")"

# One line for a mail, and one for what happens to a series.
has() { grep -c "  $1  " "$work/people"; } # TEXT: prints the number of lines with that cell
same "a single patch is one line" 1 "$(has 'tide: count from noon')"
same "which is that of the patch" 1 "$(grep -c '  tide: count from noon  .*  RFC patch  ' "$work/people")"
same "a pull request is one line" 1 "$(has 'tidewater fixes for the spring')"
same "a series of two patches with a cover is three lines and one for its end" "0/2 1/2 2/2 complete 2/2" \
    "$(grep "  $v1\$" "$work/people" | grep -oE '  [012]/2|complete 2/2' | xargs)"
same "--type: of a single patch, series.completed" "complete" \
    "$(outbox -n 1000 --type 'series.*' | grep '  tide: count from noon  ' | grep -oE 'opened|complete' | xargs)"
same "--type: of other series, both" "opened complete" \
    "$(outbox -n 1000 --type 'series.*' --series "$v2" | grep -oE 'opened|complete' | xargs)"
same "--type message.seen: a pull request, too" 1 \
    "$(outbox -n 1000 --type message.seen | grep -c '  tidewater fixes for the spring  .*  pull  ')"
same "--json has every event" "$(sqlite3 -readonly "$state/patchmark.db" 'SELECT count(*) FROM event')" "$(wc -l <"$work/all.json")"

# ---- control characters ---------------------------------------------------------------------------

check "control characters of a mail are escaped" grep -qF '\u009b31m' "$work/people"
check "and characters that change the direction of text" grep -qF '\u202edesrever' "$work/people"
control() { LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$@"; }
check "(the search finds control characters)" control <(printf 'a\302\233b')
check "(the search finds characters of direction)" control <(printf 'a\342\200\256b')
check "lines have no control characters" not control "$work/people"
check "JSON has no control characters" not control "$work/all.json"
"$PATCHMARK" series -s "$state" harm@example.net >"$work/series"
check "patchmark series shows it" grep -qF '\u009b31m' "$work/series"
check "patchmark series prints no control characters" not control "$work/series"

# ---- filters --------------------------------------------------------------------------------------

count() { outbox -n 1000 --json "$@" | wc -l; }
same "--type: a short name" "$(json_of series.opened)" "$(count --type series.opened)"
same "--type: a full name" "$(json_of series.opened)" "$(count -t patchmark.series.opened.v1)"
same "--type: a pattern" "$(grep -c '"type":"patchmark.series\.' "$work/all.json")" "$(count -t 'series.*')"
same "--type: several" $(($(json_of series.opened) + $(json_of pull.requested))) "$(count -t pull.requested,series.opened)"
check "--type: an unknown type is an error" grep -q "unknown type of event 'series.complete'" <(outbox -t series.complete 2>&1)
same "--list" 1 "$(count --list 'other.*' -t message.seen)"
same "--list: in any case" 1 "$(count -l 'OTHER.lists.example.com' -t message.seen)"
check "--series: its mails, and series.superseded" test "$(count --series "$v1")" -gt "$(count --series "$v1" -t message.seen)"
same "--series: an old version" 1 "$(count --series "$v1" -t series.superseded)"
same "--series: a topic, with all versions" 2 "$(count --series "$topic" -t series.opened)"
for name in "$first-2-ada@example.org" "<$first-2-ada@example.org>" "<87tsnn1x4k.fsf@bob.example.com" \
    "https://lore.example.org/r/$first-2-ada@example.org/" "${v1^^}" " $v1 "; do
    same "--series '$name': that of its series" "$(count --series "$v1")" "$(count --series "$name")"
done
same "--list: the brackets of the header" 1 "$(count --list '<other.lists.example.com>' -t message.seen)"
same "--series: a topic, for people" "0/2 v2 0/2" "$(outbox -n 1000 --series "$topic" | grep -oE '  0/2|  v2 0/2' | xargs)"
same "--lines counts the lines" 7 "$(outbox -n 7 | wc -l)"
same "--lines prints the newest lines" "$(tail -7 "$work/people")" "$(outbox -n 7)"
same "--lines counts the events that pass the filter" 2 "$(outbox -n 2 -t series.opened | wc -l)"
same "--lines prints the newest" "$(outbox -n 1000 -t series.opened | tail -2)" "$(outbox -n 2 -t series.opened)"
same "--lines 0" "" "$(outbox -n 0 -t series.opened)"

# More events than one query reads, and an outbox whose oldest events were deleted.
sqlite3 "$state/patchmark.db" "
    INSERT INTO event(id, type, subject, list, series, time, source, through, data, learned, state)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    SELECT printf('%032d', i), CASE WHEN i % 250 = 0 THEN 'patchmark.pull.requested.v1' ELSE 'patchmark.message.seen.v1' END,
        '', '', '', 0, 'https://lists.example.org/patchmark', (SELECT max(through) FROM event) + 70 * i,
        printf('{\"message\":{\"kind\":\"other\",\"confidence\":\"low\",\"flags\":[],\"title\":\"filler %d\",\"labels\":[],\"received\":\"1970-01-01T00:00:00Z\"}}', i), '', '' FROM n;"
same "--lines: with many events that do not pass" "filler 500 filler 750 filler 1000" \
    "$(outbox -n 3 -t pull.requested | grep -o 'filler [0-9]*' | xargs)"
same "--lines: more than there are" $((4 + $(json_of pull.requested))) "$(outbox -n 100 -t pull.requested | wc -l)"
sqlite3 "$state/patchmark.db" "DELETE FROM event WHERE sequence < (SELECT max(sequence) FROM event) - 400"
same "--lines: without the oldest events" "filler 750 filler 1000" \
    "$(outbox -n 3 -t pull.requested | grep -o 'filler [0-9]*' | xargs)"

# ---- terminals ------------------------------------------------------------------------------------

tail_command="'$PATCHMARK' tail --state='$state' --no-follow -n 400"
same "a pipe: no colours" "" "$(outbox -n 400 | grep -F "$escape")"
check "--color=always" grep -qF "$escape[2m" <(outbox -n 400 --color=always)
terminal 60 "$tail_command" >"$work/terminal"
check "a terminal: colours" grep -qF "$escape[2m" "$work/terminal"
same "no colours with NO_COLOR" "" "$(NO_COLOR=1 terminal 60 "$tail_command" | grep -F "$escape")"
same "no colours with --color=never" "" "$(terminal 60 "$tail_command --color=never" | grep -F "$escape")"
check "--color=always with NO_COLOR" grep -qF "$escape[2m" <(NO_COLOR=1 "$PATCHMARK" tail -s "$state" -F --color=always)
sed "s/$escape\[[0-9]*m//g" "$work/terminal" >"$work/plain"
check "a terminal: the first line is the date" grep -qE '^-- [A-Z][a-z]{2} [0-9-]{10} --$' <(head -1 "$work/plain")
same "a terminal: no line is wrapped" 400 "$(grep -vc '^--' "$work/plain")"
for columns in 20 40 60 80 120 200; do
    terminal $columns "$tail_command --color=never" >"$work/terminal"
    same "a terminal of $columns: lines are cut to its width" 0 "$(LC_ALL=C.UTF-8 awk -v max=$columns 'length($0) > max' "$work/terminal" | wc -l)"
    same "COLUMNS=$columns: a pipe has the same lines" "$(cat "$work/terminal")" "$(COLUMNS=$columns outbox -n 400)"
done

# Lines at a width of 80 and 120 columns.
mkdir "$work/made"
cp "$state/patchmark.db" "$work/made/"
sqlite3 "$work/made/patchmark.db" "DELETE FROM event"
at() { # TYPE TIME LIST DATA: appends an event
    sqlite3 "$work/made/patchmark.db" "INSERT INTO event(id, type, subject, list, series, time, source, through, data, learned, state)
        VALUES (lower(hex(randomblob(16))), 'patchmark.$1.v1', '', '$3', '', strftime('%s', '$2'), 'https://lists.example.org/patchmark',
            (SELECT ifnull(max(through), 0) + 70 FROM event), '{$4}', '', '')"
}
ada='"author":{"name":"Ada Example"}' short='"series":{"id":"s1-aaaaaaaaaaaaaaaa","version":2,"total":2}'
patch='"kind":"patch","version":2,"part":2,"title":"lamp: take the steps one by one, also backwards",'$ada
at message.seen '2026-05-07 23:59:58' net.example.org '"message":{'"$patch"'},'"$short"
at message.posted '2026-05-07 23:59:58' net.example.org '"message":{'"$patch"',"lists":["net.example.org"]},"list":"net.example.org",'"$short"
at series.completed '2026-05-07 23:59:59' net.example.org '"series":{"title":"lamp: dim slowly","version":2,"total":2,'"$ada"'},"elapsed":7300'
at series.superseded '2026-05-07 23:59:59' net.example.org '"series":{"title":"lamp: dim slowly","version":2,'"$ada"'},"old":{"title":"lamp: dim"},"scope":"all","how":"change-id"'
at trailer.given '2026-05-08 00:00:00' net.example.org '"message":{"title":"lamp: dim slowly","author":{"name":"回復 太郎"}},"trailer":{"name":"Nacked-by"},"meaning":"refuse","scope":"series","target":{"part":0},'"$short"
at report.raised '2026-05-08 08:30:00' net.example.org '"message":{"title":"lamp: take the steps","author":{"name":"kernel test robot"}},"robot":"kernel-test-robot","verdict":"fail","target":{"part":2},'"$short"
made() { TZ=UTC COLUMNS=$1 "$PATCHMARK" tail --state="$work/made" --no-follow -n 20 "${@:2}"; } # COLUMNS [OPTION...]
same "80 columns" "-- Thu 2026-05-07 --
23:59  lamp: take the steps one by one, also b…  v2 2/2             Ada Example
23:59  lamp: dim slowly                          complete v2 2/2    Ada Example
23:59  lamp: dim                                 superseded by v2   Ada Example
-- Fri 2026-05-08 --
00:00  lamp: dim slowly                          Nacked-by all      回復 太郎
08:30  lamp: take the steps                      fail 2/2           kernel test…" "$(made 80)"
same "120 columns" "-- Thu 2026-05-07 --
23:59:58  lamp: take the steps one by one, also backwards                   v2 2/2                    Ada Example
23:59:59  lamp: dim slowly                                                  complete v2 2/2 in 2 h    Ada Example
23:59:59  lamp: dim                                                         superseded by v2          Ada Example
-- Fri 2026-05-08 --
00:00:00  lamp: dim slowly                                                  Nacked-by all             回復 太郎
08:30:00  lamp: take the steps                                              fail 2/2                  kernel test robot" "$(made 120)"
at service.status '2026-05-08 08:30:30' '' '"state":"lost","lost":12,"sink":"redis"'
same "nothing after it: what happened is not cut" "08:30  lists.example.org/patchmark               lost 12 events of sink redis" "$(made 80 | tail -1)"
sqlite3 "$work/made/patchmark.db" "DELETE FROM event WHERE type LIKE '%service.status%'"
check "a failure is red" grep -qF "$escape[31mfail 2/2$escape[0m" <(made 80 --color=always)
check "a refusal is red" grep -qF "$escape[31mNacked-by all$escape[0m" <(made 80 --color=always)
check "a superseded series is dim" grep -qF "$escape[2mlamp: dim$escape[0m" <(made 80 --color=always)
check "days are those of the time zone" grep -qx -- '-- Fri 2026-05-08 --' <(TZ=XXX-01 COLUMNS=80 "$PATCHMARK" tail -s "$work/made" -F -n 20 | head -1)
at message.posted '2026-05-08 08:31:00' kvm.example.org '"message":{"title":"lamp: dim slowly","lists":["net.example.org","kvm.example.org"]},"list":"kvm.example.org"'
same "a second list: a column of lists in all lines" "00:00  lamp: dim slowly                Nacked-by all      net       回復 太郎
08:30  lamp: take the steps            fail 2/2           net       kernel test…
08:31  lamp: dim slowly                sent to kvm        kvm" "$(made 80 | tail -3)"
same "--list with one of them: no column" "08:31  lamp: dim slowly                          sent to kvm" "$(made 80 --list 'kvm.*' | tail -1)"

# The lists of the configuration, before there is mail of both.
milter_configure 'list "net.example.org" { address = "net@example.org" }' 'list "kvm.example.org" { address = "kvm@example.org" }'
sed -i "s|^state .*|state = \"$work/made\"|" "$work/patchmark.conf"
sqlite3 "$work/made/patchmark.db" "DELETE FROM event WHERE list = 'kvm.example.org'"
configured() { TZ=UTC COLUMNS=80 "$PATCHMARK" tail -c "$work/patchmark.conf" --no-follow -n 1 "$@" | tail -1; }
same "a configuration with two lists: a column of lists" "08:30  lamp: take the steps            fail 2/2           net       kernel test…" "$(configured)"
same "with --list: no column" "08:30  lamp: take the steps                      fail 2/2           kernel test…" "$(configured -l 'net.*')"
rm -r "$work/made" # no events of patchmark
milter_configure

# ---- its end --------------------------------------------------------------------------------------

"$PATCHMARK" tail -s "$state" -n 100 2>"$work/said" | head -1 >"$work/head"
same "a closed pipe: no error" "0 $(wc -c <"$work/said")" "${PIPESTATUS[0]} 0"
timeout 10 bash -c "'$PATCHMARK' tail -s '$state' -n 1 2>&1 | head -1" >"$work/head"
same "a closed pipe while no event arrives" 0 $?
timeout --preserve-status -s INT 2 "$PATCHMARK" tail -s "$state" >/dev/null 2>"$work/said"
same "SIGINT: no error" "0 0" "$? $(wc -c <"$work/said")"
timeout --preserve-status -s TERM 2 "$PATCHMARK" tail -s "$state" >/dev/null
same "SIGTERM: no error" 0 $?
check "a full disk (74)" exits 74 bash -c "'$PATCHMARK' tail -s '$state' -F >/dev/full"
check "with a line" grep -q 'cannot write standard output' "$work/said"

# ---- errors in the command line -------------------------------------------------------------------

check "--lines without a number (64)" exits 64 outbox -n x
check "--series with what is no id (64)" exits 64 outbox --series=s1-x
check "--series with a Message-ID and --redis (64)" exits 64 "$PATCHMARK" tail --redis "$url" --series="$first-1-ada@example.org"
check "which is said" grep -q "without --redis a Message-ID" "$work/said"
check "--series with an unknown Message-ID (65)" exits 65 outbox --series=nobody@example.org
check "and the error names it" grep -q "nobody@example.org.* is not known" "$work/said"
check "--color with an unknown value (64)" exits 64 outbox --color=red
check "--state beside --redis (64)" exits 64 "$PATCHMARK" tail --redis "$url" --state="$state"
check "--config beside a URL (64)" exits 64 "$PATCHMARK" tail --redis "$url" --config="$work/patchmark.conf"
check "--password-file without a URL (64)" exits 64 "$PATCHMARK" tail --password-file="$work/x"
check "a URL without --redis (64)" exits 64 "$PATCHMARK" tail redis://ada:hunter2@127.0.0.1
check "its password is not shown" not grep -q hunter2 "$work/said"
check "an unknown option (64)" exits 64 "$PATCHMARK" tail --reds=redis://ada:hunter2@127.0.0.1
check "its value is not shown" grep -qx "patchmark: unknown option '--reds'; .*" "$work/said"
check "an option that can be two (64)" exits 64 "$PATCHMARK" tail --l=1
check "is called ambiguous" grep -qx "patchmark: ambiguous option '--l'; .*" "$work/said"
check "an option without its value (64)" exits 64 "$PATCHMARK" tail --lines
check "and the error names it" grep -q "option '--lines' requires a value" "$work/said"
check "a configuration without Redis (78)" exits 78 "$PATCHMARK" tail --redis --config="$work/patchmark.conf" --no-follow
check "says what is missing" grep -q 'patchmark.conf: no section plugin "redis"' "$work/said"

# ---- Redis ----------------------------------------------------------------------------------------

added=0
stream() { "$PATCHMARK" tail --redis "$url" --no-follow "$@"; }
add() { # TYPE LIST SERIES DATA: adds an entry with the fields of patchmark-events(7)
    local id
    id=$(printf '%032x' $((added += 1)))
    redis XADD '{patchmark}:events' '*' v 1 id "$id" type "patchmark.$1.v1" list "$2" series "$3" ce \
        "{\"specversion\":\"1.0\",\"id\":\"$id\",\"source\":\"https://far.example.org/patchmark\",\"type\":\"patchmark.$1.v1\",\"time\":\"2026-05-07T13:42:09Z\",${2:+\"list\":\"$2\",}\"data\":{$4}}" >/dev/null
}
series=s1-aaaaaaaaaaaaaaaa

check "no Redis, --no-follow (69)" exits 69 stream
check "no Redis, --no-follow: one error" test "$(grep -c "$work/redis.sock" "$work/said")" -eq 1

"$PATCHMARK" tail --redis "$url" -n 5 >"$work/followed" 2>"$work/followed.said" &
tail_pid=$!
check "no Redis: an error, and it continues" wait_for 10 grep -q "$work/redis.sock" "$work/followed.said"
redis_start
add service.status '' '' '"state":"started"'
check "it prints events when Redis is started" wait_for 20 grep -q '  far.example.org/patchmark  .*  started' "$work/followed"
add trailer.given list.example.org $series '"message":{"author":{"address":"ada@example.org"},"title":"dim slowly"},"trailer":{"name":"Reviewed-by","value":"Ada <ada@example.org>"},"from_sender":true,"scope":"part","target":{"message_id":"m@example.org","part":2},"series":{"id":"'$series'","total":5}'
check "a new event is printed" wait_for 10 grep -qE "  dim slowly  +Reviewed-by 2/5  .*  ada@example.org  +$series" "$work/followed"
redis_stop
redis_start
add report.raised list.example.org '' '"message":{"title":"it broke"},"robot":"test-robot","verdict":"fail"'
check "Redis restarted: it continues" wait_for 20 grep -qE '  it broke  +fail test-robot  ' "$work/followed"
same "no event is printed twice" "3" "$(wc -l <"$work/followed")"
kill -INT "$tail_pid"
wait "$tail_pid"
same "SIGINT ends it with 0" 0 $?
tail_pid=

same "-n and --no-follow" "dim slowly it broke" "$(stream -n 2 | grep -oE 'dim slowly|it broke' | xargs)"
same "--type" 1 "$(stream --type 'report.*' | wc -l)"
same "--list" 2 "$(stream --list '*.EXAMPLE.org' | wc -l)"
same "--series" 1 "$(stream --series $series | wc -l)"
for i in $(seq 30); do add message.seen noise.example.org '' "\"message\":{\"kind\":\"patch\",\"subject\":\"noise $i\"}"; done
same "-n counts the events that pass the filter" "dim slowly it broke" \
    "$(stream -n 2 --list list.example.org | grep -oE 'dim slowly|it broke' | xargs)"
same "-n prints the newest" "noise 29 noise 30" "$(stream -n 2 | grep -o 'noise [0-9]*' | xargs)"
same "-n 0" "" "$(stream -n 0)"
same "--json" 30 "$(stream --json -n 30 | grep -c '^{"specversion":"1.0".*"subject":"noise [0-9]*"}}}$')"
single='"series":{"id":"s1-cccccccccccccccc","total":1,"parts":[{"part":1}],"title":"alone"}'
add message.seen noise.example.org s1-cccccccccccccccc '"message":{"kind":"patch","title":"alone"},'"$single"
add message.posted noise.example.org s1-cccccccccccccccc '"message":{"kind":"patch","title":"alone","lists":["noise.example.org"]},'"$single"
add series.opened noise.example.org s1-cccccccccccccccc "$single"
add series.completed noise.example.org s1-cccccccccccccccc "$single"
same "a single patch is one line" "noise 30 alone" "$(stream -n 2 | grep -oE 'noise [0-9]+|alone' | xargs)"
same "80 columns, with two lists" "13:42  alone                           patch              noise" "$(TZ=UTC COLUMNS=80 stream -n 1 | tail -1)"
redis XADD '{patchmark}:events' '*' v 1 id "$(printf '%032x' 255)" type "patchmark.x${escape}[2J.v1" list '' series '' ce "{\"type\":\"a${escape}b\",${escape}" >/dev/null
check "an entry that is not an event is reported" grep -q '(not an event that can be read)' <(stream -n 3)
same "such an entry: no escape is printed" "" "$(stream -n 3 | LC_ALL=C grep -P '\x1b')"
same "such an entry: no escape in JSON" "" "$(stream -n 3 --json | LC_ALL=C grep -P '\x1b')"
printf '{"a":1}\0%5000d' 0 | redis -x XADD '{patchmark}:events' '*' v 1 id "$(printf '%032x' 256)" type patchmark.nul.v1 list '' series '' ce >/dev/null
same "an entry with a NUL is printed whole" "{\"a\":1} $(printf '%5000d' 0)" "$(stream -n 1 --json --type nul 2>"$work/said")"
stream -n 40 2>"$work/said" | head -1 >"$work/head"
same "Redis: a closed pipe: no error" "0 0" "${PIPESTATUS[0]} $(wc -c <"$work/said")"
timeout 20 bash -c "'$PATCHMARK' tail --redis '$url' -n 1 2>&1 | head -1" >"$work/head"
same "Redis: a closed pipe while no event arrives" 0 $?

# The section of a configuration; a password; the forms of a URL.
milter_configure "plugin \"redis\" { server = \"$url\" stream = \"{mine}:events\" }"
redis XADD '{mine}:events' '*' v 1 id "$(printf '%032x' 1)" type patchmark.service.status.v1 list '' series '' ce \
    '{"type":"patchmark.service.status.v1","data":{"state":"mine"}}' >/dev/null
check "--redis alone: uses the configuration" grep -q '  mine *$' <("$PATCHMARK" tail -c "$work/patchmark.conf" --no-follow --redis)
newest=$(stream -n 2)
same "(there are events to compare)" 2 "$(wc -l <<<"$newest")"
same "unix:///PATH" "$newest" "$("$PATCHMARK" tail --redis "unix://$work/redis.sock" --no-follow -n 2)"
port=$(free_port)
redis CONFIG SET port "$port" >/dev/null
for form in "redis://127.0.0.1:$port" "inet:$port@127.0.0.1"; do
    same "${form%%:*}: URL" "$newest" "$("$PATCHMARK" tail --redis "$form" --no-follow -n 2)"
done
# The ACL rules of a reader in patchmark-events(7).
redis ACL SETUSER reader on '>hunter2' '%R~{patchmark}:events' resetchannels '&patchmark.events.*' \
    -@all +xread +xrange +xrevrange +xlen +xinfo +ping +subscribe +psubscribe >/dev/null
printf 'hunter2\n' >"$work/password"
printf 'hunter3\n' >"$work/wrong"
chmod 600 "$work/password" "$work/wrong"
same "a user, with its password in a file" "$newest" \
    "$("$PATCHMARK" tail --redis "redis://reader@127.0.0.1:$port" --password-file="$work/password" --no-follow -n 2)"
same "a user, with its password in the URL" "$newest" \
    "$("$PATCHMARK" tail --redis "redis://reader:hunter2@127.0.0.1:$port" --no-follow -n 2)"
check "a wrong password (69)" exits 69 "$PATCHMARK" tail --redis "redis://reader@127.0.0.1:$port" --password-file="$work/wrong" --no-follow
check "a wrong password in the URL (69)" exits 69 "$PATCHMARK" tail --redis "redis://reader:hunter3@127.0.0.1:$port" --no-follow
check "the wrong password is not shown" not grep -q hunter "$work/said"
check "a port without a server (69)" exits 69 "$PATCHMARK" tail --redis "redis://reader:hunter2@127.0.0.1:1" --no-follow
check "its password is not shown" not grep -q hunter "$work/said"
check "an invalid URL (78)" exits 78 "$PATCHMARK" tail --redis "redis://reader:hunter2@127.0.0.1:port" --no-follow
check "the password in it is not shown" not grep -q hunter "$work/said"
check "it says what a URL is" grep -q -- '--redis: .*redis://' "$work/said"
finish

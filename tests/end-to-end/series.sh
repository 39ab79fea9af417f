#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# series.sh - series over time: their events, the output of `patchmark series`, and faults of the index.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
events=$work/events.jsonl
state=$work/state
first=20260302100501.4711
second=20260303081500.815

typed() { grep -h "\"type\":\"patchmark.series.$1.v1\"" "$events"; } # TYPE: prints the events of that type
typed_times() { [ "$(typed "$1" | wc -l)" -eq "$2" ]; }               # TYPE N: true if there are N
series_of() { "$PATCHMARK" classify "$demo" | grep "\"message_id\":\"$1\"" | grep -oE 's1-[a-z2-7]{16}' | head -1; }
shown() { "$PATCHMARK" series -s "$state" "$@"; }

milter_configure "plugin \"file\" { path = \"$events\" }" "quiet = 2s"
milter_start
check "the sample mails" play "$socket" "$demo"
check "three series are opened" wait_for 10 typed_times opened 3

v1=$(series_of "$first-1-ada@example.org")
v2=$(series_of "$second-1-ada@example.org")
check "three series are completed, once each" wait_for 10 typed_times completed 3
check "series.completed has all parts in order" grep -qE "\"parts\":\[\{\"part\":0,\"message_id\":\"$first-1-ada@example.org\".*\"part\":1,\"message_id\":\"$first-2-ada@example.org\".*\"part\":2,\"message_id\":\"$first-3-ada@example.org\".*\"missing\":\[\],\"state\":\"complete\"" <(typed completed)
check "a new version supersedes the old one, once" wait_for 10 typed_times superseded 1
check "series.superseded has the old series, and how it was found" grep -qE "\"supersedes\":\"$v1\".*\"how\":\"link\"|\"how\":\"link\".*\"supersedes\":\"$v1\"" <(typed superseded)
check "series.superseded is an event of the new series" grep -q "\"id\":\"$v2\"" <(typed superseded)

# ---- incomplete series ----------------------------------------------------------------------------

cat >"$work/unfinished.mbox" <<'EOF'
From patchmark Thu Jan  1 00:00:00 1970
From: Carol Muster <carol@example.net>
Subject: [PATCH 2/4] lamp: two of four
Message-ID: <20260401100000.1-3-carol@example.net>
In-Reply-To: <20260401100000.1-1-carol@example.net>
List-Id: <devel.lists.example.org>
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

EOF
sleep 1.1 # series that are opened in the same second have no order
check "one part of four" play "$socket" "$work/unfinished.mbox"
check "after the period quiet it has the event series.incomplete" wait_for 20 typed_times incomplete 1
check "with the missing parts" grep -qF '"missing":[1,3,4]' <(typed incomplete)
check "with the parts that arrived" grep -qF '"parts":[{"part":2,"message_id":"20260401100000.1-3-carol@example.net"' <(typed incomplete)
sleep 7
check "the event is not repeated" typed_times incomplete 1
sed 's/2\/4/1\/4/; s/1-3-carol/1-2-carol/; s/two of/one of/' "$work/unfinished.mbox" >"$work/more.mbox"
check "a late part" play "$socket" "$work/more.mbox"

# ---- patchmark series -----------------------------------------------------------------------------

shown "$v1" >"$work/people"
check "series: the title" grep -qx 'tide: only hours that there are' "$work/people"
check "its state, and what supersedes it" grep -qx "state      superseded, 2 of 2 parts, superseded by $v2" "$work/people"
check "its author" grep -qx 'author     Ada Example <ada@example.org>' "$work/people"
check "its list" grep -qx 'lists      tidewater-devel.lists.example.org' "$work/people"
check "its tree" grep -qx 'tree       tidewater' "$work/people"
check "both versions: the requested one is marked" grep -qE "^versions   \* v1  +$v1  [0-9-]{10}  superseded\$" "$work/people"
check "both versions: the other one" grep -qE "^             v2  +$v2  [0-9-]{10}  complete\$" "$work/people"
check "parts with titles" grep -qx '           2  tide: give other programs the table' "$work/people"
check "the tags of a part, below it" test "$(grep -A1 -x '           1  tide: refuse hours that no day has' "$work/people" | tail -1 | sed 's/^ *//')" = "Reviewed-by: Bob Sample <bob@example.com>"
check "the replies" grep -qx 'replies    1 by a person' "$work/people"
check "no colours in a file" test "$(grep -c $'\033' "$work/people")" -eq 0
check "the missing parts" grep -qx 'missing    3-4' <(shown 20260401100000.1-3-carol@example.net)
same "for a Message-ID in angle brackets: the same" "$(shown "$first-2-ada@example.org")" "$(shown "<$first-2-ada@example.org>")"
json() { /usr/bin/python3 -c 'import json, sys; print(eval(sys.argv[1], {"s": json.loads(sys.stdin.readline())}))' "$1"; } # EXPRESSION
same "for a topic: the newest version" "$v2" "$(shown --json "$(shown --json "$v1" | json 's["series"]["topic"]')" | json 's["series"]["id"]')"
for name in "${v1^^}" " $v1 " "<$first-2-ada@example.org" "https://lore.example.org/r/$first-2-ada@example.org/" \
    "https://lore.example.org/all/$first-2-ada%40example.org/T/#u"; do
    same "for '$name': the same" "$(shown --json "$v1")" "$(shown --json "$name")"
done
same "for the Message-ID of a reply: its series" "$(shown --json "$v1")" "$(shown --json '<87tsnn1x4k.fsf@bob.example.com>')"
same "as JSON: the series as in events" "$v1 superseded 2 []" "$(shown --json "$v1" | json '"%s %s %d %s" % (s["series"]["id"], s["series"]["state"], s["series"]["total"], s["series"]["missing"])')"
same "as JSON: who said what of which part" "Reviewed-by approve 1 bob@example.com" "$(shown --json "$v1" | json '"%(name)s %(meaning)s %(part)d" % s["tags"][0] + " " + s["tags"][0]["person"]["address"]')"
same "as JSON: the versions" "$v1 $v2" "$(shown --json "$v1" | json '" ".join(v["id"] for v in s["versions"])')"

# ---- lists of series ------------------------------------------------------------------------------

shown >"$work/list"
same "series: a line for each, below the headings" 5 "$(wc -l <"$work/list")"
check "newest first" test "$(grep -n 'lamp: one of four' "$work/list" | cut -d: -f1)" -eq 2
check "a line has age, state, version, parts, reviews, author, id and title" \
    grep -qE "^ *[0-9]+[smhdy]  superseded  v1 +2/2 +\+1 +Ada Example +$v1  tide: only hours that there are\$" "$work/list"
check "a series with missing parts" grep -qE '^ *[0-9]+[smhdy]  (collecting|incomplete) +v1 +2/4 +Carol Muster +s1-[a-z2-7]{16}  lamp' "$work/list"
same "80 columns: no ids" 0 "$(COLUMNS=80 shown | grep -c s1-)"
same "--open: none that was superseded" 0 "$(shown --open | grep -c superseded)"
same "--open: the others" 4 "$(shown --open | wc -l)"
same "--list" 2 "$(shown --list devel.lists.example.org | wc -l)"
same "--list, in any case" 2 "$(shown --list Devel.Lists.Example.ORG | wc -l)"
same "--list: patterns, and the brackets of the header" "2 2 5" \
    "$(shown --list 'dev*' | wc -l) $(shown --list '<devel.lists.example.org>' | wc -l) $(shown --list 'dev*,tide*' | wc -l)"
shown --list devel >/dev/null 2>"$work/none"
check "--list without series: said" grep -qF "no series; none is known of a list 'devel'; give a whole List-Id" "$work/none"
same "--author: a part of the name or the address, in any case" "3 3" "$(shown --author 'ada ex' | wc -l) $(shown -a ADA@ | wc -l)"
same "--limit" 3 "$(shown --limit 2 | wc -l)"
same "nothing found is no error" "0 0" "$(shown --author nobody 2>"$work/none" | wc -l) ${PIPESTATUS[0]}"
check "and is said on standard error" grep -qx 'patchmark: no series' "$work/none"
same "as JSON: a line for each" "4 $v2" "$(shown --json | wc -l) $(shown --json --author ada --open | json 's["id"]')"
for width in 80 120; do
    COLUMNS=$width shown >"$work/narrow"
    COLUMNS=$width shown "$v1" >>"$work/narrow"
    same "$width columns: no line ends in blanks" 0 "$(grep -c ' $' "$work/narrow")"
    same "no line is wider than $width columns" 0 "$(awk -v width=$width 'length($0) > width' "$work/narrow" | wc -l)"
done
# on_terminal COMMAND: prints its output on a terminal.
on_terminal() { TERM=xterm script -qec "stty cols 100 rows 40; $1" /dev/null </dev/null | tr -d '\r'; }
check "on a terminal: colours" grep -q $'\033\[2m' <(on_terminal "'$PATCHMARK' series -s '$state'")
check "on a terminal: how many are not shown" grep -qF '1 of 4 shown; -n N shows more' <(on_terminal "'$PATCHMARK' series -s '$state' -n 1")
same "not if all are shown" 0 "$(on_terminal "'$PATCHMARK' series -s '$state' -n 4" | grep -c ' shown')"
same "not in a pipe" 2 "$(shown -n 1 | wc -l)"
check "--color=always: colours in a pipe" grep -q $'\033\[2m' <(shown --color=always)
same "--color=never: none on a terminal" 0 "$(on_terminal "'$PATCHMARK' series -s '$state' --color=never" | grep -c $'\033')"
shown --color=red >/dev/null 2>&1
same "--color with an unknown value (64)" 64 $?
same "NO_COLOR: none" 0 "$(NO_COLOR=1 on_terminal "'$PATCHMARK' series -s '$state'" | grep -c $'\033')"
shown "$v1" --open >/dev/null 2>&1
same "an id and a filter (64)" 64 $?
shown --limit 0 >/dev/null 2>&1
same "--limit 0 (64)" 64 $?
shown s1-aaaaaaaaaaaaaaaa >/dev/null 2>&1
same "an unknown series (65)" 65 $?

# ---- a refusal in words ----------------------------------------------------------------------------

refusal() { # ID TEXT: a mail of Eve that answers part 1 of version 2
    printf '%s\n' 'From patchmark Thu Jan  1 00:00:00 1970' 'From: Eve Example <eve@example.net>' \
        'Subject: Re: [PATCH v2 1/2] tide: refuse hours that no day has' "Message-ID: <$1@eve.example.net>" \
        "In-Reply-To: <$second-2-ada@example.org>" 'List-Id: <tidewater-devel.lists.example.org>' \
        'Date: Wed, 04 Mar 2026 10:00:00 +0000' '' "$2" ''
}
tags_of() { shown --json "$v2" | json 'sorted((t["name"], t.get("part"), t["meaning"], t["person"]["address"]) for t in s["tags"])'; }
same "a series that waits for a review" "True []" "$(shown --json "$v2" | json 's["waiting"]') $(tags_of)"
refusal question 'Is this a NAK?' >"$work/refusals.mbox"
check "a mail that only has the word" play "$socket" "$work/refusals.mbox"
same "it still waits" "True []" "$(shown --json "$v2" | json 's["waiting"]') $(tags_of)"
refusal nak 'NAK, this is wrong.' >"$work/refusals.mbox"
check "NAK" play "$socket" "$work/refusals.mbox"
same "it does not wait any more" False "$(shown --json "$v2" | json 's["waiting"]')"
same "who refused what" "[('NAK', 1, 'refuse', 'eve@example.net')]" "$(tags_of)"
same "the reply has the flag" "['nack']" "$(shown --json "$v2" | json '[r["flags"] for r in s["replies"] if r["message_id"].startswith("nak@")][0]')"
check "below the part" grep -qx ' *NAK: Eve Example <eve@example.net>' <(shown "$v2")
check "in the list" grep -qE "^ *[0-9]+[smhdy]  complete +v2 +2/2 +-1 +Ada Example" <(shown)
refusal nak-again 'NAK

Nacked-by: Eve Example <eve@example.net>' >"$work/refusals.mbox"
check "the word and a tag" play "$socket" "$work/refusals.mbox"
same "the tag only" "[('NAK', 1, 'refuse', 'eve@example.net'), ('Nacked-by', 1, 'refuse', 'eve@example.net')]" "$(tags_of)"
same "counted once" "{'refuse': 1}" "$(shown --json --author ada --open | json 's["tags"]')"

# ---- mails without series, series without mails --------------------------------------------------------

cat >"$work/lonely.mbox" <<'EOF'
From patchmark Thu Jan  1 00:00:00 1970
From: Eve Muster <eve@example.net>
Subject: a question
Message-ID: <question@example.net>
List-Id: <devel.lists.example.org>
Date: Wed, 01 Apr 2026 10:00:00 +0000

Who knows?

From patchmark Thu Jan  1 00:00:00 1970
From: Eve Muster <eve@example.net>
Subject: Re: [PATCH 1/2] lamp: never sent here
Message-ID: <answer@example.net>
In-Reply-To: <20260401090000.99-2-carol@example.net>
List-Id: <devel.lists.example.org>
Date: Wed, 01 Apr 2026 10:00:00 +0000

Yes.

EOF
check "a mail of no series, and an answer to a series that was not seen" play "$socket" "$work/lonely.mbox"
unseen=$("$PATCHMARK" classify "$work/lonely.mbox" | grep answer@ | grep -oE 's1-[a-z2-7]{16}' | head -1)
shown question@example.net >"$work/shown" 2>"$work/said"
same "the mail of no series (65)" 65 $?
check "and why" grep -qE '^patchmark: the mail question@example\.net is known \(other, received .*\) and belongs to no series$' "$work/said"
for name in "$unseen" answer@example.net; do
    shown "$name" >"$work/shown" 2>"$work/said"
    same "$name: the series of which only an answer is known (65)" 65 $?
    check "and how many" grep -qx "patchmark: of the series $unseen only answers are known: 1" "$work/said"
    check "and which" grep -qE '^answers    answer@example\.net, reply by Eve Muster, ' "$work/shown"
done
same "as JSON: nothing" 0 "$(shown --json "$unseen" 2>/dev/null | wc -l)"

# ---- faults of the index --------------------------------------------------------------------------------

milter_stop KILL
milter_start
printf 'From: Dan <dan@example.net>\nSubject: Re: [PATCH tidewater 1/2] tide\nMessage-ID: <late@example.net>\nIn-Reply-To: <87tsnn1x4k.fsf@bob.example.com>\nDate: Tue, 03 Mar 2026 10:00:00 +0000\n\nYes.\n' >"$work/late.eml"
check "after kill -9: a reply to a reply has its series" grep -qx "Patchmark-Series: $v1" <("$FAKEMTA" --print headers "$socket" "$work/late.eml")
milter_stop TERM
rm -rf "$state"
milter_start
check "the index deleted: series ids that depend on the mail alone are as before" grep -qx "Patchmark-Series: $v1" <("$FAKEMTA" --print headers "$socket" "$demo")
milter_stop TERM
printf 'this is no database, and never was one; it is some text in its place\n%.0s' $(seq 100) >"$state/patchmark.db"
rm -f "$state"/patchmark.db-*
milter_start
check "the index corrupt: said once at the start" test "$(grep -c 'file is not a database; move it away' "$work/milter.log")" -eq 1
before=$(grep -c 'message.seen' "$events")
sed 's/^Message-ID: </&memory./' "$demo" >"$work/memory.mbox"
check "the index corrupt: mails have their headers" grep -qx "Patchmark-Kind: cover" <("$FAKEMTA" --print headers "$socket" "$work/memory.mbox")
seen() { [ "$(grep -c 'message.seen' "$events")" -ge "$1" ]; }
rm -f "$state"/patchmark.db*
memory_again() { "$FAKEMTA" "$socket" "$work/memory.mbox" && sleep 0.3 && seen $((before + 10)); }
check "the index corrupt: after it was moved away, events are delivered" wait_for 10 memory_again
milter_stop TERM
rm -f "$state"/patchmark.db*
milter_start
printf '.timeout 5000\nBEGIN EXCLUSIVE;\nSELECT 1;\n.shell sleep 4\n' | sqlite3 "$state/patchmark.db" >"$work/locker" 2>&1 &
locker=$!
wait_for 5 grep -qx 1 "$work/locker"
check "the index locked by another program: mails have their headers" grep -qx "Patchmark-Kind: cover" <("$FAKEMTA" --print headers "$socket" "$demo")
same "said once" 1 "$(grep -c 'database is locked' "$work/milter.log")"
wait "$locker"
check "the index unlocked: mails are answered" "$FAKEMTA" "$socket" "$work/memory.mbox"
check "the index unlocked: those mails are recorded" wait_for 10 bash -c "'$PATCHMARK' series -s '$state' 'memory.$first-1-ada@example.org'"
finish

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
check "both versions: the requested one is marked" grep -qE "^\* v1 .*$v1" "$work/people"
check "both versions: the other one" grep -qE "^  v2 .*$v2" "$work/people"
check "parts with title and author" grep -qF '   2/2    tide: give other programs the table  (ada@example.org)' "$work/people"
check "the tags of a part, below it" test "$(grep -A1 -F '1/2    tide: refuse hours' "$work/people" | tail -1 | sed 's/^ *//')" = "Reviewed-by: Bob Sample <bob@example.com>"
check "the missing parts" grep -qx 'missing: 3, 4' <(shown 20260401100000.1-3-carol@example.net)
same "for a topic: the newest version" "$v2" "$(shown --json "$(shown --json "$v1" | grep -oE 't1-[a-z2-7]{16}')" | grep -oE 's1-[a-z2-7]{16}' | head -1)"
same "for the Message-ID of a reply: its series" "$(shown --json "$v1")" "$(shown --json 87tsnn1x4k.fsf@bob.example.com)"
check "as JSON" grep -qE '^\{"id":"'"$v1"'".*"parts":\[.*"missing":\[\],"tags":\[\{"tag":"Reviewed-by: .*"versions":\[' <(shown --json "$v1")
shown s1-aaaaaaaaaaaaaaaa >/dev/null 2>&1
same "an unknown series (65)" 65 $?

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

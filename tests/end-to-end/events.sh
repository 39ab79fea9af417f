#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# events.sh - what a subscriber gets for each type of event: which mails cause it, and its content.
# It reads like a specification: the mails are in tests/mails/events.mbox.  Every event is checked
# against its schema, and those of `patchmark classify --format=events` are the same.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

mails=$SOURCE/tests/mails/events.mbox
socket=unix:$work/run/patchmark.sock
v1=20260601100001.4711
v2=20260603080000.815
tide=20260610090000.77

events() { "$PATCHMARK" tail --state="$work/state" --json --no-follow --lines=1000000; }
typed() { events | grep "\"type\":\"patchmark.$1.v1\""; } # TYPE: the events of that type
# of TYPE ID: the events that the mail ID caused.
of() {
    typed "$1" | grep -F "\"message\":{\"id\":\"$2\","
}
times() { [ "$(typed "$1" | wc -l)" -eq "$2" ]; } # TYPE N: there are N events of that type
# has NAME TYPE ID PIECE...: checks that the mail has one event of that type, with every piece.
has() {
    local name=$1 type=$2 id=$3 event piece
    shift 3
    event=$(of "$type" "$id")
    same "$type: $name" 1 "$(grep -c . <<<"$event")"
    for piece in "$@"; do
        check "    $piece" grep -qF -- "$piece" <<<"$event"
    done
}
series_of() { of message.seen "$1" | grep -oE '"series":"s1-[a-z2-7]{16}"' | cut -d'"' -f4; }
check_events() { "$SOURCE/tools/check-events" --schemas "$SOURCE/docs/schemas" "$@"; }
# plain FILE: its events, sorted, without what depends on the time and on the host.
plain() {
    sed -E 's/"(source|time)":"[^"]*",//g; s/"sequence":"[0-9]*",//; s/"(received|opened|changed)":"[^"]*",?//g; s/"elapsed":[0-9]*,//' "$1" | sort
}

milter_configure "quiet = 2s"
milter_start
check "all mails are answered" play "$socket" "$mails"
check "an incomplete series has its event" wait_for 20 times series.incomplete 1
milter_stop TERM

first=$(series_of "$v1-1-ada@example.org")
second=$(series_of "$v2-1-ada@example.org")
wave=$(series_of wave-1@carol.example.net)
other=$(series_of wave-3@carol.example.net)
ebb=$(series_of "$tide-2-dora@example.org")
again=$(series_of 20260610113000.79-1-dora@example.org)
ada='{"name":"Ada Example","address":"ada@example.org"}'
list=tidewater-devel.lists.example.org

# ---- the envelope ----------------------------------------------------------------------------------

has "attributes" message.seen "$v1-2-ada@example.org" '"specversion":"1.0"' '"source":"https://' \
    "\"subject\":\"$v1-2-ada@example.org\"" '"datacontenttype":"application/json"' \
    '"dataschema":"urn:patchmark:schema:patchmark.message.seen.v1#/properties/data"' "\"list\":\"$list\"" \
    "\"series\":\"$first\",\"data\""
same "sequences grow" "" "$(events | grep -o '"sequence":"[0-9]*"' | sort -c 2>&1)"
has "the subject of an event of a series" series.opened "$v1-1-ada@example.org" "\"subject\":\"$first\"" \
    "\"series\":\"$first\",\"data\""

# ---- mails ------------------------------------------------------------------------------------------

same "every mail has one event message.seen" "$(grep -c '^From patchmark ' "$mails")" "$(typed message.seen | wc -l)"
same "and one message.posted" "$(typed message.seen | wc -l)" "$(typed message.posted | wc -l)"
has "a patch" message.seen "$v1-2-ada@example.org" '"kind":"patch"' '"confidence":"high"' \
    '"flags":["has-diff"]' '"subject":"[PATCH tidewater 1/2] moon: name the phases"' '"title":"moon: name the phases"' \
    '"tree":["tidewater"]' '"version":1,"part":1' "\"sender\":$ada,\"author\":$ada" \
    '"date":"2026-06-01T10:00:02+00:00"' '"to":[{"address":"tidewater-devel@lists.example.org"}]' \
    "\"in_reply_to\":\"$v1-1-ada@example.org\"" "\"lists\":[\"$list\"]" '"files":["moon.c"]' \
    '"insertions":1,"deletions":1' '"patch_id":"fb4b3ba663d804725931ae3bda056164576bbed9"' \
    '"trailers":[{"name":"Signed-off-by","value":"Ada Example <ada@example.org>"}]' \
    "\"series\":{\"id\":\"$first\"" '"part":1,"total":2,"title":"moon: the phases","author":'
has "copies and offset of a mail" message.posted "$tide-2-dora@example.org" \
    '"cc":[{"name":"Bob Sample","address":"bob@example.com"}]' '"date":"2026-06-10T09:00:02+02:00"' "\"list\":\"$list\"}"
has "a reply" message.seen cover.bob@example.com \
    "\"target\":{\"message_id\":\"$v1-1-ada@example.org\",\"part\":0}" '"trailers_given":[{"name":"Acked-by"' \
    '"total":2,"title":"moon: the phases","author":'

# ---- series -----------------------------------------------------------------------------------------

check "six series are opened, one of them with two ids" times series.opened 6
has "with the cover" series.opened "$v1-1-ada@example.org" '"kind":"cover"' \
    "\"series\":{\"id\":\"$first\",\"topic\":\"t1-${first#s1-}\",\"title\":\"moon: the phases\",\"author\":$ada,\"submitter\":$ada,\"version\":1,\"total\":2,\"flags\":[],\"tree\":[\"tidewater\"],\"lists\":[\"$list\"]" \
    "\"parts\":[{\"part\":0,\"message_id\":\"$v1-1-ada@example.org\",\"title\":\"moon: the phases\"}],\"missing\":[1,2],\"state\":\"open\"}"
has "with a part, whose title the series has until the cover comes" series.opened "$tide-2-dora@example.org" \
    '"title":"tide: the ebb"' '"missing":[2]'
check "three of them are complete" times series.completed 3
has "with its last mail" series.completed "$v1-3-ada@example.org" "\"series\":{\"id\":\"$first\"" '"title":"moon: the phases"' \
    "{\"part\":0,\"message_id\":\"$v1-1-ada@example.org\"" "{\"part\":1,\"message_id\":\"$v1-2-ada@example.org\"" \
    "{\"part\":2,\"message_id\":\"$v1-3-ada@example.org\",\"title\":\"moon: print the names\",\"patch_id\":\"788e8b2832b304c92f5953fd41e93e844877fd4f\"}]" \
    '"missing":[],"state":"complete"}' '"elapsed":'
has "the commit on which it is based, from its last part" series.completed "$tide-3-dora@example.org" \
    '"base_commit":"0123456789abcdef0123456789abcdef01234567"'
check "one is incomplete" grep -qF "\"data\":{\"series\":{\"id\":\"$second\"" <(typed series.incomplete)
for piece in '"title":"moon: the phases"' '"missing":[2],"state":"incomplete"' "\"subject\":\"$second\"" "\"list\":\"$list\"" \
    "\"supersedes\":\"$first\",\"how\":\"link\""; do
    check "    $piece" grep -qF -- "$piece" <(typed series.incomplete | grep -F "$second")
done
same "    and the one that replaces a part is not" "" "$(typed series.incomplete | grep -F "\"subject\":\"$again\"")"

# ---- what changes a series ----------------------------------------------------------------------------

check "two series replace another" times series.superseded 2
has "version 2 replaces version 1" series.superseded "$v2-1-ada@example.org" "\"series\":{\"id\":\"$second\"" '"version":2' \
    "\"supersedes\":\"$first\",\"how\":\"link\",\"scope\":\"all\"},\"old\":{\"id\":\"$first\"" \
    "\"state\":\"superseded\",\"superseded_by\":\"$second\"}" '"scope":"all","how":"link"'
has "version 1.1 of one part replaces that part" series.superseded 20260610113000.79-1-dora@example.org \
    "\"series\":{\"id\":\"$again\"" "\"old\":{\"id\":\"$ebb\"" '"revision":"1.1"' '"missing":[],"state":"complete"}' \
    "\"scope\":\"part\",\"replaced\":[{\"part\":2,\"message_id\":\"$tide-3-dora@example.org\",\"by\":\"20260610113000.79-1-dora@example.org\"}]"
check "three mails amend a complete series" times series.amended 3
has "a late cover" series.amended "$tide-1-dora@example.org" '"reason":"cover","parts":[0]' '"title":"tide: both ways"'
has "an added patch" series.amended 20260610103000.78-1-dora@example.org '"reason":"added","parts":[3]' \
    '{"part":3,"message_id":"20260610103000.78-1-dora@example.org","title":"tide: and slack water"' '"total":2'
has "a replaced part, of the old series" series.amended 20260610113000.79-1-dora@example.org '"reason":"replaced","parts":[2]' \
    "\"subject\":\"$ebb\"" "\"series\":{\"id\":\"$ebb\"" \
    "{\"part\":1,\"message_id\":\"$tide-2-dora@example.org\"" '{"part":2,"message_id":"20260610113000.79-1-dora@example.org"' \
    '{"part":3,"message_id":"20260610103000.78-1-dora@example.org"'
has "a mail that joins two ids" series.aliased wave-2@carol.example.net "\"series\":{\"id\":\"$wave\"" "\"same_as\":[\"$other\"]"

# ---- tags -------------------------------------------------------------------------------------------

check "five tags are given" times trailer.given 5
has "on the cover, for the series" trailer.given cover.bob@example.com '"scope":"series","parts":[1,2]' '"from_sender":true' \
    '"trailer":{"name":"Acked-by","value":"Bob Sample <bob@example.com>"},"meaning":"approve","person":{"name":"Bob Sample","address":"bob@example.com"}' \
    "\"target\":{\"message_id\":\"$v1-1-ada@example.org\",\"part\":0}" "\"series\":{\"id\":\"$first\""
same "two on a part" 2 "$(of trailer.given part.bob@example.com | grep -cF '"scope":"part","parts":[1]')"
check "    a tag of the sender" grep -qF '"name":"Reviewed-by","value":"Bob Sample <BOB@example.com>"},"meaning":"approve","person":{"name":"Bob Sample","address":"bob@example.com"},"from_sender":true' <(of trailer.given part.bob@example.com)
check "    a tag of another person" grep -qF '"name":"Tested-by","value":"Carol Muster <carol@example.net>"},"meaning":"test","person":{"name":"Carol Muster","address":"carol@example.net"},"from_sender":false' <(of trailer.given part.bob@example.com)
same "    with different ids" 2 "$(of trailer.given part.bob@example.com | grep -oE '"id":"[0-9a-f]{32}"' | sort -u | wc -l)"
has "on the cover, for one patch that the text names" trailer.given range.carol@example.net '"scope":"range","parts":[1],"range":"1"'
has "on a mail that did not pass" trailer.given nack.carol@example.net '"scope":"mail"' '"name":"Nacked-by"' '"meaning":"refuse"' \
    '"target":{"message_id":"lost@example.org"}'

# ---- pulls, reports, commits --------------------------------------------------------------------------

check "one pull request" times pull.requested 1
has "with all facts" pull.requested summer.bob@example.com '"pull":{"url":"https://git.example.org/tidewater.git"' \
    '"ref":"tags/summer-1"' '"base":"3b7356677aec2967b2960a518d64e0fed0f0aac8"' \
    '"tip":"4f1c2d3e5a6b7c8d9e0f1a2b3c4d5e6f70819203"' '"signed":true'
check "two reports" times report.raised 2
has "from a robot" report.raised 202606011030.lkp@example.com '"robot":"kernel-test-robot","reporter":{"name":"kernel test robot","address":"lkp@example.com"},"verdict":"fail"' \
    "\"target\":{\"message_id\":\"$v1-2-ada@example.org\",\"part\":1}" "\"series\":{\"id\":\"$first\""
has "from a person" report.raised february.dan@example.net '"reporter":{"name":"Dan Beispiel","address":"dan@example.net"}'
check "    has no robot, verdict and target" bash -c '! grep -E "\"(robot|verdict|target)\"" <<<"$1"' - "$(of report.raised february.dan@example.net)"
check "three notices that commits were applied" times commit.announced 3
has "each part with its commit" commit.announced thanks.bob@example.com '"who":{"name":"Bob Sample","address":"bob@example.com"}' \
    "{\"part\":1,\"message_id\":\"$tide-2-dora@example.org\",\"title\":\"tide: the ebb\",\"commit\":\"5a6b7c8d9e0f\",\"url\":\"https://git.example.org/tidewater/tidewater/c/5a6b7c8d9e0f\"}" \
    '{"part":2,"message_id":"20260610113000.79-1-dora@example.org","title":"tide: the flood","commit":"60718293a4b5"'
has "from a person" commit.announced applied.bob@example.com '"kind":"reply"' '"tree":"tidewater (next)"' \
    '"commit":"4f1c2d3e5a6b7c8d9e0f1a2b3c4d5e6f70819203"' \
    "\"target\":{\"message_id\":\"$v2-1-ada@example.org\",\"part\":0}" "\"series\":{\"id\":\"$second\""
has "from a robot" commit.announced 178.git-patchwork-notify@example.org \
    '"who":{"address":"patchwork-bot+tidewater@example.org"},"robot":"patchwork-bot","tree":"tidewater/tidewater.git (main)"' \
    "\"applied\":[{\"part\":2,\"message_id\":\"$v1-3-ada@example.org\",\"title\":\"moon: print the names\",\"commit\":\"90817263544f\""

# ---- the service --------------------------------------------------------------------------------------

same "start and stop" "started stopped" "$(typed service.status | sed 's/.*"state":"\([a-z]*\)".*/\1/' | xargs)"
check "    \"counts\":{\"mails\":23" grep -qE '"state":"stopped".*"counts":\{"mails":23\b' <(typed service.status)

# ---- without a server ---------------------------------------------------------------------------------

events | grep -v -e '"type":"patchmark.service.status.v1"' -e '"type":"patchmark.series.incomplete.v1"' >"$work/served"
"$PATCHMARK" classify --format=events "$mails" >"$work/classified"
same "classify prints the same events" "$(plain "$work/served")" "$(plain "$work/classified")"
check "    of the host localhost, at the time of receipt" grep -q '"source":"https://localhost/patchmark",.*"time":"2026-06-01T10:00:01Z"' "$work/classified"
same "    twice the same" "$(md5sum <"$work/classified")" "$("$PATCHMARK" classify --format=events "$mails" | md5sum)"

# ---- schemas ------------------------------------------------------------------------------------------

events >"$work/all"
check "every type occurred, and every event fits its schema" check_events --every-type "$work/all"
finish

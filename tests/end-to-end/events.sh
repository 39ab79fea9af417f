#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# events.sh - tests of each type of event as a subscriber receives it: which mails cause it, and its
# content.  Also checks every event against its schema.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

mails=$SOURCE/tests/mails/events.mbox
socket=unix:$work/run/patchmark.sock
v1=20260601100001.4711
v2=20260603080000.815

events() { "$PATCHMARK" tail --state="$work/state" --json --no-follow --lines=1000000; }
typed() { events | grep "\"type\":\"patchmark.$1.v1\""; } # TYPE: the events of that type
of() { # TYPE SUBJECT: the events of that mail
    typed "$1" | grep -F "\"subject\":\"$2\",\"data\""
}
times() { [ "$(typed "$1" | wc -l)" -eq "$2" ]; } # TYPE N: there are N events of that type
# has NAME TYPE SUBJECT PIECE...: checks that the mail has one event of that type, with every piece.
has() {
    local name=$1 type=$2 subject=$3 event piece
    shift 3
    event=$(of "$type" "$subject")
    same "$type: $name" 1 "$(grep -c . <<<"$event")"
    for piece in "$@"; do
        check "    $piece" grep -qF -- "$piece" <<<"$event"
    done
}
series_of() { of message.seen "$1" | grep -oE '"series":\{"id":"s1-[a-z2-7]{16}' | tail -c 20; }
check_events() { "$SOURCE/tools/check-events" --schemas "$SOURCE/docs/schemas" "$@"; }

milter_configure "quiet = 2s"
milter_start
check "all mails are answered" play "$socket" "$mails"
check "an incomplete series has its event" wait_for 20 times series.incomplete 1
milter_stop TERM

first=$(series_of "$v1-1-ada@example.org")
second=$(series_of "$v2-1-ada@example.org")
wave=$(series_of wave-1@carol.example.net)
other=$(series_of wave-3@carol.example.net)

# ---- mails, series --------------------------------------------------------------------------------

same "every mail has one event message.seen" "$(grep -c '^From patchmark ' "$mails")" "$(typed message.seen | wc -l)"
has "a patch" message.seen "$v1-2-ada@example.org" '"kind":"patch"' '"confidence":"high"' \
    '"flags":["has-diff"]' '"title":"moon: name the phases"' '"tree":["tidewater"]' '"files":["moon.c"]' \
    '"insertions":1' '"trailers":[{"name":"Signed-off-by","value":"Ada Example <ada@example.org>"}]'
check "four series are opened, one of them with two ids" times series.opened 4
has "the first" series.opened "$v1-1-ada@example.org" '"kind":"cover"' "\"series\":{\"id\":\"$first\"" \
    '"version":1' '"part":0' '"total":2' '"author":"ada@example.org"' '"list":{"id":"tidewater-devel.lists.example.org"}'
check "two of them are complete" times series.completed 2
has "with its last mail" series.completed "$v1-3-ada@example.org" "\"elapsed\":" \
    "\"members\":{\"0\":\"$v1-1-ada@example.org\",\"1\":\"$v1-2-ada@example.org\",\"2\":\"$v1-3-ada@example.org\"}"
check "one is incomplete" grep -qF "\"data\":{\"author\":\"ada@example.org\",\"title\":\"moon: the phases\",\"series\":{\"id\":\"$second\"" <(typed series.incomplete)
check "    \"missing\":[2]" grep -qF '"missing":[2]' <(typed series.incomplete)
has "version 2 supersedes version 1" series.superseded "$v2-1-ada@example.org" "\"id\":\"$second\"" \
    "\"supersedes\":\"$first\"" '"how":"link"' '"version":2'
same "one series has two versions" 1 "$(typed series.superseded | wc -l)"
has "a mail that joins two ids" series.aliased wave-2@carol.example.net "\"id\":\"$wave\"" "\"same_as\":[\"$other\"]"

# ---- tags -------------------------------------------------------------------------------------------

check "five tags are given" times trailer.given 5
has "on the cover, for the series" trailer.given cover.bob@example.com '"scope":"series"' '"from_sender":true' \
    '"trailer":{"name":"Acked-by","value":"Bob Sample <bob@example.com>","person":{"name":"Bob Sample","address":"bob@example.com"}}' \
    "\"target\":\"$v1-1-ada@example.org\"" "\"series\":{\"id\":\"$first\"" '"target":0'
same "two on a part" 2 "$(of trailer.given part.bob@example.com | grep -cF '"scope":"part"')"
check "    a tag of the sender" grep -qF '"name":"Reviewed-by","value":"Bob Sample <BOB@example.com>","person":{"name":"Bob Sample","address":"bob@example.com"}},"from_sender":true' <(of trailer.given part.bob@example.com)
check "    a tag of another person" grep -qF '"name":"Tested-by","value":"Carol Muster <carol@example.net>","person":{"name":"Carol Muster","address":"carol@example.net"}},"from_sender":false' <(of trailer.given part.bob@example.com)
same "    with different ids" 2 "$(of trailer.given part.bob@example.com | grep -oE '"id":"[0-9a-f]{32}"' | sort -u | wc -l)"
has "on the cover, for one patch that the text names" trailer.given range.carol@example.net '"scope":"range"' '"range":"1"'
has "on a mail that did not pass" trailer.given nack.carol@example.net '"scope":"mail"' '"name":"Nacked-by"' '"target":"lost@example.org"'

# ---- pulls, reports, commits --------------------------------------------------------------------------

check "one pull request" times pull.requested 1
has "with all facts" pull.requested summer.bob@example.com '"url":"https://git.example.org/tidewater.git"' \
    '"ref":"tags/summer-1"' '"base":"3b7356677aec2967b2960a518d64e0fed0f0aac8"' \
    '"tip":"4f1c2d3e5a6b7c8d9e0f1a2b3c4d5e6f70819203"' '"signed":true'
check "two reports" times report.raised 2
has "from a robot" report.raised 202606011030.lkp@example.com '"robot":"kernel-test-robot"' '"verdict":"fail"' \
    '"reporter":"lkp@example.com"' "\"target\":\"$v1-2-ada@example.org\"" "\"series\":{\"id\":\"$first\""
has "from a person" report.raised february.dan@example.net '"reporter":"dan@example.net"'
check "    has no robot, verdict and target" bash -c '! grep -E "\"(robot|verdict|target)\"" <<<"$1"' - "$(of report.raised february.dan@example.net)"
check "two notices that commits were applied" times commit.announced 2
has "from a person" commit.announced applied.bob@example.com '"who":"bob@example.com"' '"kind":"reply"' \
    '"commits":["4f1c2d3e5a6b7c8d9e0f1a2b3c4d5e6f70819203"]' '"applied_to":"tidewater (next)"' \
    "\"target\":\"$v2-1-ada@example.org\"" "\"series\":{\"id\":\"$second\""
has "from a robot" commit.announced 178.git-patchwork-notify@example.org '"who":"patchwork-bot+tidewater@example.org"' \
    '"kind":"commit"' '"commits":["90817263544f"]' '"applied_to":"tidewater/tidewater.git (main)"'

# ---- the service --------------------------------------------------------------------------------------

same "start and stop" "started stopped" "$(typed service.status | sed 's/.*"state":"\([a-z]*\)".*/\1/' | xargs)"
check "    \"counts\":{\"mails\":17" grep -qE '"state":"stopped".*"counts":\{"mails":17\b' <(typed service.status)

# ---- schemas ------------------------------------------------------------------------------------------

events >"$work/all"
check "every type occurred, and every event fits its schema" check_events --every-type "$work/all"
finish

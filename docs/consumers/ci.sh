#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# ci.sh NAME [COMMAND...]: runs COMMAND (default: echo) with START SERIES when all parts have arrived,
# RESTART SERIES when a patch was added or replaced after that, CANCEL SERIES when a newer version replaces
# all of it, for the same branch, SKIP SERIES when parts are missing; the event is on its standard
# input.  The last action for each series, and the position in the stream, are in Redis under NAME,
# and in NAME:dead the actions that failed TRIES times (default: 5).
set -eu
. "$(dirname "$0")/events.sh"
own="{patchmark}:bot:$1:"
shift
while :; do
    last=$(redis GET "${own}place")
    reply=$(redis --json XREAD COUNT 100 BLOCK 30000 STREAMS "$key" "${last:-0}")
    entries "$reply" | jq -r '(.type // "") as $type | (.event | tojson) as $event | .event.data?
            # A re-roll of some parts is followed by series.amended of the whole set.
            | select($type == "patchmark.series.superseded.v1" or .series.scope? != "part")
            | ([.series, .old] | any(.flags? // [] | index("backport")?)) as $backport
            | (.scope? == "all" and ($backport and .old.tree? != .series.tree? | not)) as $cancel
            | {"patchmark.series.completed.v1": "START \(.series.id?)",
               "patchmark.series.amended.v1": "RESTART \(.series.id?)",
               "patchmark.series.superseded.v1": "\(if $cancel then "CANCEL" else "KEEP" end) \(.old.id?)",
               "patchmark.series.incomplete.v1": "SKIP \(.series.id?)"}[$type]
            | select(. and (endswith(" null") | not)) | ., $event' |
        while read -r verb series && IFS= read -r event; do
            state=$(redis GET "$own$series")
            case $verb-$state in
            START- | START-SKIP | SKIP- | CANCEL-*START | RESTART-*START)
                attempt "$event" "${@:-echo}" "$verb" "$series" ||
                    redis XADD "${own}dead" MAXLEN 10000 '*' verb "$verb" series "$series" >/dev/null
                ;;
            START-* | SKIP-* | KEEP-* | RESTART-*) continue ;; # CANCEL stays: no late part starts it
            esac
            redis SET "$own$series" "$verb" EX 7776000 >/dev/null
        done
    last=$(entries "$reply" | jq -rs '.[-1].entry // empty')
    [ -z "$last" ] || redis SET "${own}place" "$last" >/dev/null
done

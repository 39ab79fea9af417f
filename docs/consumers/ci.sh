#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# ci.sh NAME [COMMAND...]: runs COMMAND (default: echo) with START SERIES when all parts have
# arrived, CANCEL SERIES when a newer version arrived after that, SKIP SERIES when parts are missing.
# The last action for each series, and the position in the stream, are in Redis under NAME.
set -eu
. "$(dirname "$0")/events.sh"
own="{patchmark}:bot:$1:"
shift
while :; do
    last=$(redis GET "${own}place")
    reply=$(redis --json XREAD COUNT 100 BLOCK 30000 STREAMS '{patchmark}:events' "${last:-0}")
    entries "$reply" | jq -r '(.type // "") as $type | .event.data?.series? | select(.id?)
            | {"patchmark.series.completed.v1": "START \(.id)",
               "patchmark.series.superseded.v1": "CANCEL \(.supersedes)",
               "patchmark.series.incomplete.v1": "SKIP \(.id)"}[$type] // empty' |
        while read -r verb series; do
            state=$(redis GET "$own$series")
            case $verb-$state in
            START- | START-SKIP | SKIP- | CANCEL-START) "${@:-echo}" "$verb" "$series" </dev/null ;;
            START-* | SKIP-*) continue ;; # CANCEL stays, so that no late part starts it
            esac
            redis SET "$own$series" "$verb" EX 7776000 >/dev/null
        done
    last=$(entries "$reply" | jq -rs '.[-1].entry // empty')
    [ -z "$last" ] || redis SET "${own}place" "$last" >/dev/null
done

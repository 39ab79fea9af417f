#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# label.sh NAME [COMMAND...]: runs COMMAND (default: echo) with LABEL SERIES WORD for each label
# of a patch that its series does not have yet.  The labels that each series has, and the position in
# the stream, are in Redis under NAME, and in NAME:dead the labels that failed TRIES times
# (default: 5).  If message.* events have a stream of their own, STREAM must name that one.
set -eu
. "$(dirname "$0")/events.sh"
own="{patchmark}:bot:$1:"
shift
while :; do
    last=$(redis GET "${own}place")
    reply=$(redis --json XREAD COUNT 100 BLOCK 30000 STREAMS "$key" "${last:-0}")
    entries "$reply" | jq -r 'select(.type == "patchmark.message.seen.v1") | .event.data?
            | select(.message.kind? == "patch") | try "\(.series.id // empty) \(.message.labels[])" catch empty' |
        while read -r series word; do
            had=$(redis GET "$own$series:$word")
            [ -z "$had" ] || continue
            attempt "" "${@:-echo}" LABEL "$series" "$word" ||
                redis XADD "${own}dead" MAXLEN 10000 '*' series "$series" label "$word" >/dev/null
            redis SET "$own$series:$word" put EX 7776000 >/dev/null
        done
    last=$(entries "$reply" | jq -rs '.[-1].entry // empty')
    [ -z "$last" ] || redis SET "${own}place" "$last" >/dev/null
done

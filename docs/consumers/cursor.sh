#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# cursor.sh PLACE [COMMAND...]: passes every event, in order, to COMMAND (default: cat) as a line of
# JSON on its standard input.  The file PLACE keeps the id of the last entry that was processed.  An
# event for which COMMAND fails TRIES times (default: 5), with longer pauses, is added to PLACE.dead.
# STREAM names another stream (default: {patchmark}:events).
set -eu
. "$(dirname "$0")/events.sh"
place=$1
shift
while :; do
    last=$(cat "$place" 2>/dev/null) || : # the file may not exist yet
    : "${last:=0}"
    found=$(redis XRANGE "$key" "$last" "$last")
    [ "$last" = 0 ] || [ "$found" ] ||
        echo "$place: the stream no longer has $last: events may be lost" >&2
    reply=$(redis --json XREAD COUNT 100 BLOCK 30000 STREAMS "$key" "$last")
    entries "$reply" | jq -r '.entry, (.event | tojson)' |
        while read -r entry && IFS= read -r event; do
            [ "$event" = '{}' ] || attempt "$event" "${@:-cat}" || printf '%s\n' "$event" >>"$place.dead"
            echo "$entry" >"$place.new"
            mv "$place.new" "$place"
        done
done

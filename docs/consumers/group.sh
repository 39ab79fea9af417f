#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# group.sh GROUP MEMBER [COMMAND...]: passes one event at a time to COMMAND (default: cat) on its
# standard input; the members of GROUP share the events.  An event that a member does not complete
# within IDLE_MS is passed to another member.
set -eu
. "$(dirname "$0")/events.sh"
key='{patchmark}:events' group=$1 member=$2 idle=${IDLE_MS:-600000} from=0-0
shift 2
redis XGROUP CREATE "$key" "$group" 0 MKSTREAM >/dev/null 2>&1 || : # the group exists
while :; do
    reply=$(redis --json XAUTOCLAIM "$key" "$group" "$member" "$idle" "$from" COUNT 1)
    from=$(printf '%s\n' "$reply" | jq -r '.[0]')
    [ "$(entries "$reply")" ] || reply=$(redis --json XREADGROUP GROUP "$group" "$member" \
        COUNT 1 BLOCK $((idle < 30000 ? idle : 30000)) STREAMS "$key" '>')
    entries "$reply" | jq -r '.entry, .event.id // "", (.event | tojson)' |
        while read -r entry && read -r id && IFS= read -r event; do
            # The first entry with an event is processed; another one with the same event is a repeat.
            first=$(redis SET "{patchmark}:bot:$group:$id" "$entry" NX GET EX 1209600)
            [ "$event" = '{}' ] || [ "${first:-$entry}" != "$entry" ] ||
                printf '%s\n' "$event" | "${@:-cat}" || continue # failed: it stays pending
            redis XACK "$key" "$group" "$entry" >/dev/null
        done
done

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# group.sh GROUP MEMBER [COMMAND...]: passes one event at a time to COMMAND (default: cat) on its
# standard input; the members of GROUP share the events.  An event that a member does not complete
# within IDLE_MS is delivered again, TRIES times in all (default: 5); then it is moved to the stream
# {patchmark}:bot:GROUP:dead.
set -eu
. "$(dirname "$0")/events.sh"
group=$1 member=$2 idle=${IDLE_MS:-600000} from=0-0
shift 2
own="{patchmark}:bot:$group:"
# process ENTRY EVENT COMMAND...: fails if the command fails and the entry is to be delivered again.
process() {
    entry=$1 event=$2
    shift 2
    count=$(redis --json XPENDING "$key" "$group" "$entry" "$entry" 1 | jq '.[0][3]')
    if [ "$count" -gt "${TRIES:-5}" ]; then
        redis XADD "${own}dead" MAXLEN 10000 '*' entry "$entry" ce "$event" >/dev/null
    else
        printf '%s\n' "$event" | "$@"
    fi
}
redis XGROUP CREATE "$key" "$group" 0 MKSTREAM >/dev/null 2>&1 || : # the group exists
while :; do
    reply=$(redis --json XAUTOCLAIM "$key" "$group" "$member" "$idle" "$from" COUNT 1)
    from=$(printf '%s\n' "$reply" | jq -r '.[0]')
    [ "$(entries "$reply")" ] || reply=$(redis --json XREADGROUP GROUP "$group" "$member" \
        COUNT 1 BLOCK $((idle < 30000 ? idle : 30000)) STREAMS "$key" '>')
    entries "$reply" | jq -r '.entry, .event.id // "", (.event | tojson)' |
        while read -r entry && read -r id && IFS= read -r event; do
            # The first entry with an event is processed; another one with the same event is a repeat.
            first=$(redis SET "$own$id" "$entry" NX GET EX 1209600)
            [ "$event" = '{}' ] || [ "${first:-$entry}" != "$entry" ] ||
                process "$entry" "$event" "${@:-cat}" || continue # failed: it stays pending
            redis XACK "$key" "$group" "$entry" >/dev/null
        done
done

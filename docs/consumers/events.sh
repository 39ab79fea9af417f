# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# events.sh - the functions that the samples in shell share; needs redis-cli 7.0 or later, and jq.

case ${REDIS_URL:=redis://127.0.0.1} in unix:*) to=-s ;; *) to=-u ;; esac

key=${STREAM:-'{patchmark}:events'} # the key of the stream that is read

# redis COMMAND...: runs a command with redis-cli, which reads the password from REDISCLI_AUTH.
redis() { redis-cli -e "$to" "${REDIS_URL#unix://}" ${REDIS_USER:+--user "$REDIS_USER"} "$@"; }

# entries REPLY: prints each entry in REPLY, which XREAD, XREADGROUP or XAUTOCLAIM returned with redis
# --json, as one line of JSON: its fields; "entry", its id; and "event", its event, or {} if it has no
# valid one.
entries() {
    printf '%s\n' "$1" | jq -c 'if type == "array" then .[1][] else (. // {})[][] end
        | .[0] as $entry | .[1] as $f
        | ([range(0; $f | length; 2) | {($f[.]): $f[. + 1]}] | add) + {$entry}
        | .event = ((try (.ce | fromjson | select((.id | type == "string") and
            (.data | type == "object") and
            (.data | [.message, .series, .old] | all(. // {} | type == "object")))) catch {}) // {})'
}

# attempt TEXT COMMAND...: runs the command with TEXT on its standard input until it succeeds, at most TRIES
# times (default: 5), with longer pauses.  Fails if it never succeeded.
attempt() {
    text=$1 again=0
    shift
    until printf '%s\n' "$text" | "$@"; do
        again=$((again + 1))
        [ "$again" -lt "${TRIES:-5}" ] || return
        sleep $((1 << (again - 1)))
    done
}

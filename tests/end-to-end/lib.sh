# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib.sh - what the end-to-end tests share: a folder of their own, servers that they start and stop
# by their ids, and checks that are counted.
#
# Wanted in the environment: PATCHMARK, FAKEMTA (programs), SOURCE (this tree's top).

set -u
: "${PATCHMARK:?the program under test}" "${FAKEMTA:?the fake MTA}" "${SOURCE:?the source folder}"
export PATH="$PATH:/usr/sbin:/sbin"

passed=0
failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/patchmark-test.XXXXXX")
chmod 755 "$work" # servers run as users of their own
redis_pid=
milter_pid=
postfix_conf=
others=() # ids of what else a test has started

cleanup() {
    [ -n "$postfix_conf" ] && postfix -c "$postfix_conf" stop >/dev/null 2>&1
    [ ${#others[@]} -gt 0 ] && kill -KILL "${others[@]}" 2>/dev/null
    [ -n "$milter_pid" ] && kill -KILL "$milter_pid" 2>/dev/null
    [ -n "$redis_pid" ] && kill -KILL "$redis_pid" 2>/dev/null
    wait 2>/dev/null
    if [ -n "${KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap cleanup EXIT

# check NAME COMMAND...: counts whether the command succeeds.
check() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok       $name"
    else
        failed=$((failed + 1))
        echo "NOT OK   $name"
        echo "         $*"
    fi
}

# same NAME WANTED GOT
same() {
    check "$1" test "$2" = "$3"
    [ "$2" = "$3" ] || printf '         wanted: %s\n         got:    %s\n' "$2" "$3"
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# readme_block TEXT: the block of code in README.md that follows the line that starts with TEXT; so
# what is tested is what is documented.  Its socket is the test's.
readme_block() {
    awk -v text="$1" 'index($0, text) == 1 { found = 1 }
                      found && /^```/ { if (inside) exit; inside = 1; next }
                      inside' "$SOURCE/README.md" | sed "s|/run/patchmark/|$work/run/|"
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# ---- Redis: on a unix socket, its data in the folder, so that it can be stopped and come back ----

redis() { redis-cli -s "$work/redis.sock" "$@"; }

redis_start() {
    redis-server --port 0 --unixsocket "$work/redis.sock" --unixsocketperm 777 --dir "$work" \
        --save '' --appendonly yes --appendfsync always --daemonize no >"$work/redis.log" 2>&1 &
    redis_pid=$!
    wait_for 10 redis ping || { echo "redis-server does not start"; cat "$work/redis.log"; exit 1; }
}

redis_stop() {
    kill "$redis_pid" 2>/dev/null
    wait "$redis_pid" 2>/dev/null
    redis_pid=
}

# events_of TYPE: how many the stream holds.
events_of() { redis XRANGE '{patchmark}:events' - + | grep -cx "patchmark.$1.v1"; }
events_are() { [ "$(events_of "$1")" -eq "$2" ]; }

# ---- the milter ---------------------------------------------------------------------------------

# milter_configure [LINE...]: a configuration in the folder; further lines are appended.
milter_configure() {
    mkdir -p "$work/run"
    {
        echo "socket = \"unix:$work/run/patchmark.sock\""
        echo "state  = \"$work/state\""
        echo "user   = \"${MILTER_USER:-}\""
        echo 'host   = "lists.example.org"'
        echo 'log    = "stderr"'
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$work/patchmark.conf"
    [ -z "${MILTER_USER:-}" ] || chown "$MILTER_USER" "$work/run"
}

milter_starts() { grep -c ' listens on ' "$work/milter.log"; }
milter_has_started() { [ "$(milter_starts)" -gt "$1" ]; }

milter_start() {
    touch "$work/milter.log"
    local before
    before=$(milter_starts)
    "$PATCHMARK" serve --stderr --config="$work/patchmark.conf" 2>>"$work/milter.log" &
    milter_pid=$!
    if ! wait_for 20 milter_has_started "$before"; then
        echo "the milter does not start"
        cat "$work/milter.log"
        exit 1
    fi
}

milter_stop() { # [SIGNAL]
    kill "-${1:-TERM}" "$milter_pid" 2>/dev/null
    wait "$milter_pid" 2>/dev/null
    local status=$?
    milter_pid=
    return $status
}

play() { "$FAKEMTA" "$@"; }

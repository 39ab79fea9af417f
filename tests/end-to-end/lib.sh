# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib.sh - functions for all end-to-end tests: a temporary folder, servers that are started and
# stopped by their process ids, and checks, which are counted.
#
# Requires in the environment: PATCHMARK and FAKEMTA (programs), SOURCE (the top folder of the source
# tree).  If PATCHMARK_TEST_EVENTS names a file, all events are appended to it, for
# tools/check-events.

set -u
: "${PATCHMARK:?the program under test}" "${FAKEMTA:?the fake MTA}" "${SOURCE:?the source folder}"
: "${GENERATE:=$(dirname "$FAKEMTA")/generate}" # generates mails; built beside the fake MTA
export PATH="$PATH:/usr/sbin:/sbin"

passed=0
failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/patchmark-test.XXXXXX")
chmod 755 "$work" # servers run as other users
redis_pid=
milter_pid=
helper_pids=() # further processes of a test
postfix_conf=
others=() # process ids of further programs that a test has started

# events_keep: appends the events of all outboxes in the folder, and of the files of sinks, each once, to
# $PATCHMARK_TEST_EVENTS.  Ignores an outbox that a test damaged, and a last line that is not complete.
events_keep() {
    [ -n "${PATCHMARK_TEST_EVENTS:-}" ] || return 0
    local state
    {
        cat "$work"/*.jsonl 2>/dev/null
        for state in "$work"/*/patchmark.db; do
            [ -s "$state" ] && "$PATCHMARK" tail --state="$(dirname "$state")" --json --no-follow \
                --lines=1000000 2>/dev/null
        done
    } | grep '^{"specversion".*}$' | LC_ALL=C sort -u >>"$PATCHMARK_TEST_EVENTS"
}

cleanup() {
    [ -n "$postfix_conf" ] && postfix -c "$postfix_conf" stop >/dev/null 2>&1
    [ ${#others[@]} -gt 0 ] && kill -KILL "${others[@]}" 2>/dev/null
    [ -n "$milter_pid" ] && kill -KILL "$milter_pid" 2>/dev/null
    events_keep
    [ -n "$redis_pid" ] && kill -KILL "$redis_pid" 2>/dev/null
    for pid in "${helper_pids[@]}"; do kill -KILL "$pid" 2>/dev/null; done
    wait 2>/dev/null
    if [ -n "${KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap cleanup EXIT

# check NAME COMMAND...: passes if the command succeeds.
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

# same NAME WANTED GOT: passes if both strings are equal.
same() {
    check "$1" test "$2" = "$3"
    [ "$2" = "$3" ] || printf '         wanted: %s\n         got:    %s\n' "$2" "$3"
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

# wait_for SECONDS COMMAND...: repeats the command until it succeeds; fails after that time.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# wait_for_growth SECONDS FILE COMMAND...: repeats the command until it succeeds; fails if FILE does not grow
# for that time.  For work that takes as long as the machine needs, but must not stand still.
wait_for_growth() {
    local limit=$1 growing=$2 grown # names that no command uses, because it sees them
    shift 2
    grown=$(stat -c %s "$growing")
    until wait_for "$limit" "$@"; do
        [ "$(stat -c %s "$growing")" -gt "$grown" ] || return 1
        grown=$(stat -c %s "$growing")
    done
}

# readme_block TEXT: prints the block of code in README.md after the line that starts with TEXT, with
# the socket of the test, so that tests use the documented settings.
readme_block() {
    awk -v text="$1" 'index($0, text) == 1 { found = 1 }
                      found && /^```/ { if (inside) exit; inside = 1; next }
                      inside' "$SOURCE/README.md" | sed "s|/run/patchmark/|$work/run/|; s|unix:patchmark/|unix:$work/run/|"
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000)) # below the ports that the kernel assigns to clients
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# package_unpack FOLDER PACKAGE...: downloads Debian packages and unpacks them into the folder, unless an
# earlier run did; nothing of them is installed and no script of them runs.  The packages on which they
# depend must be installed, see TEST_PACKAGES in tools/setup.sh.  Waits for a test that does the same.
package_unpack() {
    mkdir -p "${1%/*}" && (flock 9 && package_unpack_alone "$@") 9>"$1.lock"
}
package_unpack_alone() {
    local folder=$1 package
    shift
    [ ! -e "$folder/complete" ] || return 0
    rm -rf "$folder"
    mkdir -p "$folder/packages" || return
    if ! { package_download "$@" || { apt-get -q update && package_download "$@"; }; } >"$work/apt.log" 2>&1; then
        cat "$work/apt.log"
        echo "cannot download: apt-get download $* failed, see above"
        return 1
    fi
    for package in "$folder"/packages/*.deb; do
        dpkg-deb -x "$package" "$folder" || return
    done
    rm -r "$folder/packages"
    touch "$folder/complete"
}
package_download() { (cd "$folder/packages" && apt-get download -q "$@"); }

# ---- Redis: on a unix socket, with its data in the folder, so that it can be restarted -----------

redis_at=(-s "$work/redis.sock")
redis() { redis-cli "${redis_at[@]}" "$@"; }
redis_is_up() { [ "$("${@:-redis}" ping)" = PONG ]; } # true after it has loaded its data

# Redis writes what it has acknowledged, without fsync: tests kill processes, but lose no power.
redis_start() { # [OPTION VALUE...]
    redis-server --port 0 --unixsocket "$work/redis.sock" --unixsocketperm 777 --dir "$work" \
        --save '' --appendonly yes --appendfsync no --daemonize no "$@" >>"$work/redis.log" 2>&1 &
    redis_pid=$!
    wait_for 10 redis_is_up || { echo "redis-server does not start"; tail "$work/redis.log"; exit 1; }
}

redis_stop() { # [SIGNAL]
    kill "-${1:-TERM}" "$redis_pid" 2>/dev/null
    wait "$redis_pid" 2>/dev/null
    redis_pid=
}

# events_of TYPE: prints the number of events of that type in the stream.
events_of() { redis XRANGE '{patchmark}:events' - + | grep -cx "patchmark.$1.v1"; }
events_are() { [ "$(events_of "$1")" -eq "$2" ]; }

# node_start NAME PORT [OPTION VALUE...]: starts one of several servers, on a port.  Sets node_pid.
node_start() {
    mkdir -p "$work/$1"
    redis-server --port "$2" --bind 127.0.0.1 --dir "$work/$1" --save '' --appendonly yes \
        --repl-diskless-sync-delay 0 "${@:3}" >>"$work/$1.log" 2>&1 &
    node_pid=$!
    helper_pids+=($node_pid)
    wait_for 10 redis_is_up redis-cli -p "$2" || { echo "$1 does not start"; tail "$work/$1.log"; exit 1; }
}

# sentinel_start PORT MASTER-PORT: starts a Sentinel for the master `test`.
sentinel_start() {
    printf '%s\n' "port $1" "bind 127.0.0.1" "dir $work" "sentinel monitor test 127.0.0.1 $2 1" \
        "sentinel down-after-milliseconds test 5000" "sentinel failover-timeout test 5000" \
        >"$work/sentinel.conf"
    redis-server "$work/sentinel.conf" --sentinel >"$work/sentinel.log" 2>&1 &
    helper_pids+=($!)
    wait_for 10 redis_is_up redis-cli -p "$1"
}

# sentinel_master PORT: prints the port of the server that the Sentinel takes for the master.
sentinel_master() { redis-cli -p "$1" SENTINEL GET-MASTER-ADDR-BY-NAME test | tail -1; }

# info_has PORT SECTION TEXT: true if that section of INFO has the text.
info_has() { redis-cli -p "$1" INFO "$2" | grep -q "$3"; }

# stream_ids [AFTER]: prints the ids of the events in the stream after that entry, in its order.
stream_ids() { redis --raw XRANGE '{patchmark}:events' "(${1:-0}" + | grep -A1 -x id | grep -xE '[0-9a-f]{32}'; }

# stream_events [AFTER]: prints the events themselves, one on each line.
stream_events() { redis --raw XRANGE '{patchmark}:events' "(${1:-0}" + | grep '^{"specversion"'; }

# stream_end: prints the id of the last entry of the stream; 0 if it is empty.
stream_end() { redis --raw XREVRANGE '{patchmark}:events' + - COUNT 1 | head -1 | grep . || echo 0; }

# file_ids FILE: prints the ids of the events in a file, one on each line.
file_ids() { sed -n 's/^{"specversion":"1.0","id":"\([0-9a-f]\{32\}\)".*/\1/p' "$1"; }

# of_type TYPE FILE: prints the number of events of that type in a file.
of_type() { grep -c "^{[^{]*\"type\":\"patchmark.$1.v1\"" "$2"; }

# compare_ids WANTED GOT: compares two files of ids.  Sets `wanted` to the number of ids in WANTED,
# `lost` to that of ids missing in GOT, `strange` to that of ids only in GOT, `twice` to that of ids
# repeated in GOT, and `order` to "same" or "different".
compare_ids() {
    wanted=$(wc -l <"$1")
    lost=$(comm -23 <(sort -u "$1") <(sort -u "$2") | wc -l)
    strange=$(comm -13 <(sort -u "$1") <(sort -u "$2") | wc -l)
    twice=$(sort "$2" | uniq -d | wc -l)
    if cmp -s "$1" "$2"; then order=same; else order=different; fi
}

# outbox_is_drained: true if all sinks have accepted all events of the outbox, which is in the folder
# $state, or in $work/state if that is not set.
outbox_is_drained() {
    [ "$(sqlite3 -readonly "${state:-$work/state}/patchmark.db" \
        "SELECT count(*) > 0 AND min(acknowledged) = (SELECT max(sequence) FROM event) FROM sink")" = 1 ]
}

# ---- the milter ---------------------------------------------------------------------------------

milter_socket=$work/run/patchmark.sock

# milter_configure [LINE...]: writes a configuration to the folder, and appends the lines to it.
milter_configure() {
    mkdir -p "$work/run" "${milter_socket%/*}"
    {
        echo "socket = \"unix:$milter_socket\""
        echo "state  = \"$work/state\""
        echo "user   = \"${MILTER_USER:-}\""
        echo 'host   = "lists.example.org"'
        echo 'log    = "stderr"'
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$work/patchmark.conf"
    [ -z "${MILTER_USER:-}" ] || chown "$MILTER_USER" "$work/run" "${milter_socket%/*}"
}

milter_starts() { grep -c ' listens on ' "$work/milter.log"; }
milter_has_started() { [ "$(milter_starts)" -gt "$1" ]; }

milter_start() { # in the environment of the systemd unit
    touch "$work/milter.log"
    local before
    before=$(milter_starts)
    G_SLICE=always-malloc "$PATCHMARK" serve --stderr --config="$work/patchmark.conf" 2>>"$work/milter.log" &
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
    milter_ended=$(date +%s%3N) # milliseconds
    milter_pid=
    # The test may delete the folder before it ends.  Not after SIGKILL: to read the outbox here could
    # recover the database before the next start does.
    [ "${1:-TERM}" = KILL ] || events_keep
    return $status
}

play() { "$FAKEMTA" "$@"; }

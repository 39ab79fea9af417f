# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-bench.sh - functions for all benchmarks: programs, mails, filters that are started for each
# measurement, and results as lines of JSON, from which report.py makes tables.  Sourced.
#
# Environment variables, all of them optional:
#     BUILD     the build folder, by default the current one; `make bench-programs` builds the programs
#     BEFORE    the build folder, the prefix or the program of an earlier version, which is measured
#               alternately with this one
#     MAILS     an mbox to measure with, which may be gzipped; by default COUNT (3000) mails are generated
#     ROUNDS    the number of rounds; each round measures everything once, in an order that rotates
#     CONFIGURATION  further lines of the daemon's configuration
#     RESULTS   a file to which the lines of JSON are appended
# A benchmark fails if a program fails, never because it is slow.

: "${SOURCE:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}" "${BUILD:=$PWD}"
: "${PATCHMARK:=$BUILD/milter/patchmark}" "${FAKEMTA:=$BUILD/tests/milter/fakemta}"
: "${FLOOR:=$BUILD/tests/bench/floor}"
export LC_ALL=C # numbers with a dot
umask 022
# shellcheck source=tests/end-to-end/lib.sh
. "$SOURCE/tests/end-to-end/${library:-lib.sh}"
RESULTS=${RESULTS:-$work/results.jsonl}
bench=$(basename "$0" .sh)

die() {
    echo "$bench: $*" >&2
    tail -5 "$work/milter.log" "$work/filter.log" 2>/dev/null >&2
    exit 1
}

for program in "$PATCHMARK" "$FAKEMTA" "$FLOOR"; do
    [ -x "$program" ] || die "$program is missing: run make bench-programs, then this in the build folder"
done
command -v python3 >/dev/null || die "python3 is missing: install it, the tables require it"

before= # the program of the earlier version
patchmarks=(patchmark)
if [ -n "${BEFORE:-}" ]; then
    for before in "$BEFORE/milter/patchmark" "$BEFORE/bin/patchmark" "$BEFORE"; do
        [ ! -f "$before" ] || break
    done
    [ -x "$before" ] || die "BEFORE: $BEFORE has no program patchmark"
    patchmarks+=(before)
fi

# note KEY=VALUE...: appends a line to the results.
note() {
    local word json="\"bench\":\"$bench\""
    for word in "$@"; do
        if [[ ${word#*=} =~ ^-?[0-9]+(\.[0-9]+)?$ ]]; then
            json+=",\"${word%%=*}\":${word#*=}"
        else
            json+=",\"${word%%=*}\":\"${word#*=}\""
        fi
    done
    echo "{$json}" >>"$RESULTS"
}

# python_with MODULE: prints the name of a Python that has the module.  Debian's packages install modules
# for /usr/bin/python3.
python_with() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c "import $1" 2>/dev/null && echo "$python" && return
    done
    return 1
}

# report: prints the tables of this benchmark.
report() {
    [ -z "$redis_pid" ] || redis_stop TERM
    python3 -B "$SOURCE/tests/bench/report.py" --only="$bench" "$RESULTS"
}

# mails_next: sets mails, a plain mbox, and mails_count, the number of its mails.  The mails of each call
# have other Message-IDs and authors than those of earlier calls, so that no store has recorded them.
portion=0
mails_next() {
    mails=$work/mails.mbox
    portion=$((portion + 1))
    if [ -z "${MAILS:-}" ]; then
        "$GENERATE" -n "${COUNT:-3000}" -s $portion >"$mails" || die "cannot generate mails"
    elif [ $portion -eq 1 ]; then
        gzip -dcf "$MAILS" >"$work/given.mbox" || die "$MAILS"
        cp "$work/given.mbox" "$mails"
    else
        python3 "$SOURCE/tests/bench/renew.py" $portion "$work/given.mbox" >"$mails" || die "$MAILS"
    fi
    mails_count=$(grep -c '^From ' "$mails")
    [ "$mails_count" -gt 0 ] || die "${MAILS:-$mails} has no mails"
}

# rotated N WORD...: prints the words from the N-th on, then the first ones, so that none is always first.
rotated() {
    local n=$(($1 % ($# - 1)))
    shift
    echo "${@:n + 1}" "${@:1:n}"
}

median() { sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# value KEY LINE: prints the value of the key in a line of KEY=VALUE words.
value() {
    [[ " $2 " =~ " $1="([^ ]*) ]] && echo "${BASH_REMATCH[1]}"
}

# cpu_us PID: prints the user and the system CPU time of a process in microseconds, with those of threads
# that have ended.
cpu_us() {
    awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print $12 * 1000000 / tick, $13 * 1000000 / tick }' "/proc/$1/stat"
}

# resident PID: prints the resident memory of a process, and its maximum.
resident() {
    awk '/^VmRSS/ { rss = $2 } /^VmHWM/ { most = $2 } END { print "rss_kib=" rss, "most_kib=" most }' "/proc/$1/status"
}

# ---- filters --------------------------------------------------------------------------------------

filter_pid=
filter_signal=KILL # floors keep no state
program= # the program of patchmark that runs
state=   # its state folder; empty while no patchmark runs

# filter_is_ready SOCKET: waits until the filter answers a mail, which is none of those that are measured.
filter_is_ready() {
    "$FAKEMTA" --retry "$1" "$SOURCE/tests/mails/demo.mbox" >"$work/ready.log" 2>&1 || die "$(tail -1 "$work/ready.log")"
}

# filter_run SOCKET COMMAND...: starts a filter in the background, and waits until it is ready.  Sets
# filter_pid.
filter_run() {
    local socket=$1
    shift
    rm -f "${socket#unix:}"
    G_SLICE=always-malloc "$@" 2>>"$work/filter.log" &
    filter_pid=$!
    others=("$filter_pid")
    filter_is_ready "$socket"
}

filter_stop() {
    { kill "-$filter_signal" "$filter_pid" && wait "$filter_pid"; } 2>/dev/null
    filter_pid=
    filter_signal=KILL
    state=
    others=()
}

# patchmark_run NAME [SOCKET [WORD...]]: starts `patchmark`, `before`, or `nosink`, which is patchmark
# without a sink, with an empty Redis and without a log line for each mail.  Each keeps its own store
# between turns.  WORD... is put before the
# command, the lines of CONFIGURATION into the configuration file.  Sets program and state.
patchmark_run() {
    local name=$1 socket=${2:-unix:$work/run/patchmark.sock}
    shift $(($# < 2 ? $# : 2))
    program=$PATCHMARK
    [ "$name" != before ] || program=$before
    state=$work/state-$name
    filter_signal=TERM # so that the next start need not recover the database
    redis FLUSHALL SYNC >/dev/null || die "Redis does not answer"
    milter_configure 'log_level = "warning"' ${CONFIGURATION:+"$CONFIGURATION"}
    [ "$name" = nosink ] ||
        echo "plugin \"redis\" { server = \"unix:$work/redis.sock\" }" >>"$work/patchmark.conf"
    sed -i "s|^socket .*|socket = \"$socket\"|; s|^state .*|state = \"$state\"|" "$work/patchmark.conf"
    filter_run "$socket" "$@" "$program" serve --stderr --config="$work/patchmark.conf"
}

# outbox_is_drained: true if the last event of the store is the last one of the stream.  Reads it with
# `patchmark tail`, because versions have different tables.
outbox_is_drained() {
    local last
    last=$("$program" tail --state="$state" --json --no-follow --lines=1 | sed -n 's/.*"id":"\([0-9a-f]\{32\}\)".*/\1/p')
    [ -n "$last" ] && redis --raw XREVRANGE '{patchmark}:events' + - COUNT 1 | grep -qx "$last"
}

# outbox_drain: waits until all events of the mails that were answered are in Redis.
outbox_drain() {
    sleep 0.2 # a version that commits several mails together does so up to some 10 ms later
    wait_for 60 outbox_is_drained || die "the events were not delivered to Redis within 60 s"
}

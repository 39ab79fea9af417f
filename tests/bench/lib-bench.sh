# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-bench.sh - what the benchmarks share: programs, mails, filters that are started afresh, and
# what was measured, as lines of JSON that report.py makes tables of.  To be sourced.
#
# From the environment, all of them optional:
#     BUILD     the build folder, else the one that we are in; `make bench-programs` makes the programs
#     BEFORE    the build folder, the prefix or the program of another version, measured in turns
#               with this one
#     MAILS     an mbox to measure with, also gzipped; else COUNT (3000) mails are generated
#     ROUNDS    of each comparison: everything has its turn in each, in an order that rotates
#     CONFIGURATION  further lines of the daemon's configuration
#     RESULTS   a file that gets the lines of JSON
# A benchmark fails when something did not run, and never for being slow.

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
    [ -x "$program" ] || die "$program is missing: make bench-programs, and run this in the build folder"
done
command -v python3 >/dev/null || die "python3 is missing: it makes the tables"

before= # program of the version before
patchmarks=(patchmark)
if [ -n "${BEFORE:-}" ]; then
    for before in "$BEFORE/milter/patchmark" "$BEFORE/bin/patchmark" "$BEFORE"; do
        [ ! -f "$before" ] || break
    done
    [ -x "$before" ] || die "BEFORE: $BEFORE: there is no program patchmark"
    patchmarks+=(before)
fi

# note KEY=VALUE...: a line of what was measured.
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

# python_with MODULE: a Python that has it; the system's own is the one that packages are for.
python_with() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c "import $1" 2>/dev/null && echo "$python" && return
    done
    return 1
}

# The end: the table of this benchmark.
report() {
    [ -z "$redis_pid" ] || redis_stop TERM
    python3 -B "$SOURCE/tests/bench/report.py" --only="$bench" "$RESULTS"
}

# mails_next: sets mails, a plain mbox, and mails_count.  The mails of each call are new to a store that has
# seen those of all earlier ones.
portion=0
mails_next() {
    mails=$work/mails.mbox
    portion=$((portion + 1))
    if [ -z "${MAILS:-}" ]; then
        "$GENERATE" -n "${COUNT:-3000}" -s $portion >"$mails" || die "no mails were generated"
    elif [ $portion -eq 1 ]; then
        gzip -dcf "$MAILS" >"$work/given.mbox" || die "$MAILS"
        cp "$work/given.mbox" "$mails"
    else
        python3 "$SOURCE/tests/bench/renew.py" $portion "$work/given.mbox" >"$mails" || die "$MAILS"
    fi
    mails_count=$(grep -c '^From ' "$mails")
    [ "$mails_count" -gt 0 ] || die "${MAILS:-$mails} has no mails"
}

# rotated N WORD...: the words, beginning with the N-th, so that nobody is always first.
rotated() {
    local n=$(($1 % ($# - 1)))
    shift
    echo "${@:n + 1}" "${@:1:n}"
}

median() { sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# value KEY LINE: of a line of KEY=VALUE words.
value() {
    [[ " $2 " =~ " $1="([^ ]*) ]] && echo "${BASH_REMATCH[1]}"
}

# cpu_us PID: CPU time of a process so far, its threads that have ended too, in microseconds: its own and
# the kernel's for it.
cpu_us() {
    awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print $12 * 1000000 / tick, $13 * 1000000 / tick }' "/proc/$1/stat"
}

# resident PID: what it has in memory now, and had at most.
resident() {
    awk '/^VmRSS/ { rss = $2 } /^VmHWM/ { most = $2 } END { print "rss_kib=" rss, "most_kib=" most }' "/proc/$1/status"
}

# ---- filters --------------------------------------------------------------------------------------

filter_pid=
filter_signal=KILL # floors have nothing to lose
program= # of patchmark
state=   # its folder; empty while no patchmark runs

# filter_is_ready SOCKET: it answers a mail.  The mail is no one of those that are measured.
filter_is_ready() {
    "$FAKEMTA" --retry "$1" "$SOURCE/tests/mails/demo.mbox" >"$work/ready.log" 2>&1 || die "$(tail -1 "$work/ready.log")"
}

# filter_run SOCKET COMMAND...: in the background.  Sets filter_pid.
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

# patchmark_run NAME [SOCKET [WORD...]]: `patchmark` or `before`, with a Redis that is empty and without a line
# a mail.  Each has a store of its own that it keeps from turn to turn.  The words go before the command, lines
# of CONFIGURATION into its file.  Sets program and state.
patchmark_run() {
    local name=$1 socket=${2:-unix:$work/run/patchmark.sock}
    shift $(($# < 2 ? $# : 2))
    program=$PATCHMARK
    [ "$name" != before ] || program=$before
    state=$work/state-$name
    filter_signal=TERM # so that the next start has nothing to repair
    redis FLUSHALL SYNC >/dev/null || die "no Redis"
    milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" }" 'log_level = "warning"' \
        ${CONFIGURATION:+"$CONFIGURATION"}
    sed -i "s|^socket .*|socket = \"$socket\"|; s|^state .*|state = \"$state\"|" "$work/patchmark.conf"
    filter_run "$socket" "$@" "$program" serve --stderr --config="$work/patchmark.conf"
}

# outbox_is_drained: the last event in the store is the last one in the stream.  Versions have different
# tables, so the program is asked.
outbox_is_drained() {
    local last
    last=$("$program" tail --state="$state" --json --no-follow --lines=1 | sed -n 's/.*"id":"\([0-9a-f]\{32\}\)".*/\1/p')
    [ -n "$last" ] && redis --raw XREVRANGE '{patchmark}:events' + - COUNT 1 | grep -qx "$last"
}

# outbox_drain: waits until all events of the mails that were answered are in Redis.
outbox_drain() {
    sleep 0.2 # a version that commits mails together does so some milliseconds later
    wait_for 60 outbox_is_drained || die "the events do not reach Redis"
}

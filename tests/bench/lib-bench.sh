# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-bench.sh - what the benchmarks share: programs, mails, filters that are started afresh, and
# what was measured, as lines of JSON that report.py makes tables of.  To be sourced.
#
# From the environment, all of them optional:
#     BUILD     the build folder, else the one that we are in; `make bench-programs` makes the programs
#     MAILS     an mbox to measure with, also gzipped; else COUNT (3000) mails are generated
#     ROUNDS    of each comparison: everything has its turn in each, in an order that rotates
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

# mails_get: sets mails, a plain mbox, and mails_count.
mails_get() {
    mails=$work/mails.mbox
    if [ -n "${MAILS:-}" ]; then
        gzip -dcf "$MAILS" >"$mails" || die "$MAILS"
    else
        "$GENERATE" -n "${COUNT:-3000}" -s 1 >"$mails" || die "no mails were generated"
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

filter_stop() { # SIGNAL: libmilter takes five seconds for the orderly way, and floors have nothing to lose
    { kill "-$1" "$filter_pid" && wait "$filter_pid"; } 2>/dev/null
    filter_pid=
    others=()
}

# patchmark_run [SOCKET]: with an index and a Redis that are empty, and without a line a mail.
patchmark_run() {
    local socket=${1:-unix:$work/run/patchmark.sock}
    rm -rf "$work/state"
    redis FLUSHALL SYNC >/dev/null || die "no Redis"
    milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" }" 'log_level = "warning"'
    sed -i "s|^socket .*|socket = \"$socket\"|" "$work/patchmark.conf"
    filter_run "$socket" "$PATCHMARK" serve --stderr --config="$work/patchmark.conf"
}

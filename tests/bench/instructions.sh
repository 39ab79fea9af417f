#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# instructions.sh - instructions per mail and stage, of `patchmark classify`, of the daemon with all
# functions, and of the programs that they are compared with.  valgrind counts them, so that the load of
# the machine does not matter.  Instructions of the kernel are not counted.
#
# Each program runs over MAILS_COUNTED (300) mails and over twice as many, and the difference is used.
# Variables: those of lib-bench.sh, MAILS_COUNTED, FUNCTIONS (the number of functions to print, 0), and
# WHAT: some of the names "reader reader-text none json A B patchmark" and, with BEFORE, "none-before
# json-before before".
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/lib-bench.sh"
: "${READER:=$BUILD/tests/bench/reader}"

if ! command -v valgrind >/dev/null; then
    echo "valgrind is not installed: cannot count instructions"
    exit 0
fi

callgrind=(env LD_BIND_NOW=1 valgrind --tool=callgrind --compress-strings=no --compress-pos=no -q)

# callgrind writes its file when the daemon exits after SIGTERM.
daemon() { # FILE SOCKET MAILS COMMAND...
    local file=$1 socket=$2 mbox=$3
    shift 3
    rm -f "${socket#unix:}"
    "${callgrind[@]}" --callgrind-out-file="$file" "$@" 2>>"$work/filter.log" &
    filter_pid=$!
    filter_signal=TERM
    others=("$filter_pid")
    "$FAKEMTA" --retry "$socket" "$mbox" 2>"$work/play.log" || die "$(tail -1 "$work/play.log")"
    if [[ "$*" == *serve* ]]; then
        outbox_drain
    fi
    filter_stop
}

run() { # NAME MAILS FILE
    local socket=unix:$work/run/patchmark.sock
    program=$PATCHMARK
    [[ "$1" != *before ]] || program=$before
    local count=("${callgrind[@]}" --callgrind-out-file="$3")
    case $1 in
    reader) "${count[@]}" "$READER" "$2" ;;
    reader-text) "${count[@]}" "$READER" -t "$2" ;;
    none* | json*) "${count[@]}" "$program" classify --config="$work/patchmark.conf" --format="${1%-before}" "$2" ;;
    A) daemon "$3" "$socket" "$2" "$FLOOR" "$socket" ;;
    B) daemon "$3" "$socket" "$2" "$FLOOR" -p "$socket" ;;
    patchmark | before)
        state=$work/state
        rm -rf "$state"
        redis FLUSHALL SYNC >/dev/null
        daemon "$3" "$socket" "$2" "$program" serve --stderr --config="$work/patchmark.conf"
        ;;
    esac >/dev/null 2>>"$work/filter.log"
    [ -s "$3" ] || die "$1: callgrind wrote no file"
}

first_mails() { awk -v most="$1" '/^From / { if (++n > most) exit } { print }' "$mails"; }

mails_next
fewer=${MAILS_COUNTED:-300}
[ "$mails_count" -ge $((2 * fewer)) ] || fewer=$((mails_count / 2))
[ "$fewer" -gt 0 ] || die "at least two mails are required"
more=$((2 * fewer))
first_mails "$fewer" >"$work/fewer.mbox"
first_mails $more >"$work/more.mbox"
redis_start --appendonly no
# The seccomp filter would refuse system calls of valgrind, hence confine = false.
milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" }" 'log_level = "warning"' 'confine = false'
names="reader reader-text none json A B patchmark"
[ -z "$before" ] || names+=" none-before json-before before"
for name in ${WHAT:-$names}; do
    run "$name" "$work/fewer.mbox" "$work/$name.fewer"
    run "$name" "$work/more.mbox" "$work/$name.more"
    python3 -B "$SOURCE/tests/bench/instructions.py" "$name" "$fewer" "$work/$name.fewer" $more "$work/$name.more" \
        "${FUNCTIONS:-0}" >>"$RESULTS" || die "$name: cannot read the files of callgrind"
done
report

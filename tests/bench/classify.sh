#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# classify.sh - compares `patchmark classify` with a program that only parses the same mbox with GMime,
# with the earlier version that BEFORE names, and with b4, if it is installed: whole runs of the programs,
# alternately.
#
# Variables: those of lib-bench.sh; ROUNDS is 9.  Each run starts with an empty index.
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/lib-bench.sh"
: "${READER:=$BUILD/tests/bench/reader}"

rounds=${ROUNDS:-9}
names=(reader reader-text none json)
[ -z "$before" ] || names+=(none-before json-before)
if python_b4=$(python_with b4); then names+=(b4); else echo "b4 is not installed and not measured"; fi

run() { # NAME
    case $1 in
    reader) "$READER" "$mails" ;;
    reader-text) "$READER" -t "$mails" ;;
    b4) "$python_b4" "$SOURCE/tests/bench/b4-read.py" "$mails" ;;
    *-before) "$before" classify --config="$work/classify.conf" --format="${1%-before}" "$mails" ;;
    *) "$PATCHMARK" classify --config="$work/classify.conf" --format="$1" "$mails" ;;
    esac >/dev/null 2>"$work/filter.log"
}

mails_next
printf '%s\n' 'log = "stderr"' 'log_level = "warning"' 'host = "lists.example.org"' >"$work/classify.conf"
TIMEFORMAT='%R %U %S'
for ((round = -1; round < rounds; round++)); do # round -1 reads the files into the page cache
    for name in $(rotated $((round + 1)) "${names[@]}"); do
        [ "$name" != b4 ] || [ $((round % 5)) -eq 0 ] || continue # it takes as long as all others together
        { time run "$name" || echo failed >"$work/failed"; } 2>"$work/time"
        [ ! -e "$work/failed" ] || die "$name failed"
        [ $round -lt 0 ] && continue
        read -r seconds user system <"$work/time"
        note what="$name" round="$round" mails="$mails_count" seconds="$seconds" \
            cpu_us="$(awk "BEGIN { printf \"%d\", ($user + $system) * 1000000 }")"
    done
done
report

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# statements.sh - counts the work of the daemon's store for a mail: SQL statements by kind and by text, rows
# changed, and pages written to the write-ahead log; also for the earlier version that BEFORE names.
# Measures no time.  Run by hand in the build folder, after `make bench-programs`.
#
# Variables: those of lib-bench.sh; CONNECTIONS (4); RATE, mails per second (the highest).  For a version
# that commits several mails together, CONNECTIONS=1 RATE=40 COUNT=1000 shows the cost of a single mail.
# The statements of start and stop are counted too, which matters with few mails.
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/lib-bench.sh"
: "${STATEMENTS_LIBRARY:=$BUILD/tests/bench/.libs/statements.so}"
[ -e "$STATEMENTS_LIBRARY" ] || die "$STATEMENTS_LIBRARY is missing: run make bench-programs"

mails_next
redis_start --appendonly no
for name in "${patchmarks[@]}"; do
    patchmark_run "$name" "unix:$work/run/patchmark.sock" env LD_PRELOAD="$STATEMENTS_LIBRARY" STATEMENTS="$work/$name.counts"
    "$FAKEMTA" -c "${CONNECTIONS:-4}" ${RATE:+--rate "$RATE"} "unix:$work/run/patchmark.sock" "$mails" 2>"$work/play.log" ||
        die "$(tail -1 "$work/play.log")"
    outbox_drain
    page_size=$(sqlite3 -readonly "$state/patchmark.db" 'PRAGMA page_size')
    filter_stop
    [ -s "$work/$name.counts" ] || die "$name: no counts were written"
    echo
    echo "$name: per mail, of $mails_count mails over ${CONNECTIONS:-4} connections"
    awk -F '\t' -v mails="$mails_count" -v page_size="$page_size" '
        NF == 1 { next } # a further line of a statement
        $2 == "pages" { printf "%9.3f  pages of %d bytes, %.1f KiB\n", $1 / mails, page_size, $1 * page_size / 1024 / mails; next }
        $2 == "rows" { printf "%9.3f  rows changed\n", $1 / mails; next }
        { kind = toupper($2); sub(/[^A-Z].*/, "", kind); kinds[kind] += $1; all += $1 }
        END {
            printf "%9.3f  statements\n", all / mails
            for (kind in kinds)
                if (kinds[kind] / mails >= 0.0005)
                    printf "%9.3f      %s\n", kinds[kind] / mails, kind | "sort -gr"
        }' "$work/$name.counts"
    echo "  and by text:"
    sort -gr "$work/$name.counts" | awk -F '\t' -v mails="$mails_count" \
        'NF > 1 && $2 != "pages" && $2 != "rows" && $1 / mails >= 0.002 { printf "%9.3f  %s\n", $1 / mails, $2 }'
done
redis_stop TERM

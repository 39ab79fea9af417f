#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# compare-ids.sh - checks that this version classifies mails as an earlier version does: compares kind,
# series, topic and patch-id from `classify`, and all headers from the daemon, over one connection.  Exits
# with 1 if they differ.
#
#     BEFORE=FOLDER bash ../../tests/accuracy/compare-ids.sh [MBOX...]     in the build folder
#
# BEFORE is the build folder, the prefix or the program of the earlier version.  An MBOX may be gzipped;
# without one, COUNT (12000) mails are generated.  Run by hand, after `make bench-programs`.
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/../bench/lib-bench.sh"
[ -n "$before" ] || die "BEFORE must name the earlier version"
command -v jq >/dev/null || die "jq is missing: install it"

# classified NAME PROGRAM: writes the results of `classify` to $work/NAME.classify.
classified() {
    "$2" classify --config="$work/classify.conf" --format=json "$mails" >"$work/$1.json" || die "$1: classify fails"
    jq -c '{message_id, kind, series: .series.id, topic: .series.topic, patch_id}' "$work/$1.json" >"$work/$1.classify"
}

# filtered NAME: writes the headers of a daemon with an empty store to $work/NAME.daemon.
filtered() {
    rm -rf "$work/state-$1"
    patchmark_run "$1"
    "$FAKEMTA" --print headers "unix:$work/run/patchmark.sock" "$mails" >"$work/$1.daemon" 2>"$work/play.log" ||
        die "$1: $(tail -1 "$work/play.log")"
    filter_stop
}

# compared WHAT COUNT: checks that the results of both versions are the same.
compared() {
    same "$1: one result for each mail" "$mails_count" "$2"
    check "$1: the same as before" cmp -s "$work/before.$1" "$work/patchmark.$1"
    diff "$work/before.$1" "$work/patchmark.$1" | head -20
}

redis_start --appendonly no
printf '%s\n' 'log = "stderr"' 'log_level = "warning"' 'host = "lists.example.org"' >"$work/classify.conf"
COUNT=${COUNT:-12000}
for MAILS in "${@:-}"; do
    portion=0
    mails_next
    echo "${MAILS:-generated}: $mails_count mails"
    classified patchmark "$PATCHMARK"
    classified before "$before"
    filtered patchmark
    filtered before
    compared classify "$(wc -l <"$work/patchmark.classify")"
    compared daemon "$(grep -c '^Patchmark-Kind: ' "$work/patchmark.daemon")"
done
finish

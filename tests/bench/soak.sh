#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# soak.sh - a long run that checks that the daemon does not grow: MAILS mails over CONNECTIONS connections,
# with the index on disk, and events to a file and to Redis.  Run by `make soak`; a million mails take some
# minutes.
#
# MAILS (1000000), CONNECTIONS (16), SECONDS_BETWEEN (5): the period of samples; SAMPLES: a file for the
# samples, lines of: seconds, mails answered, resident KiB, resident anonymous KiB, descriptors.
#
# Checks that every mail is answered; that the number of events of each type is that of the generated mails;
# that the number of descriptors between portions is the same after the first and the last one; and that
# the median of the memory in the last quarter exceeds that of the second quarter by at most 5 % and 2 MiB.
# shellcheck source=tests/end-to-end/lib.sh
. "$SOURCE/tests/end-to-end/lib.sh"

mails_wanted=${MAILS:-1000000}
connections=${CONNECTIONS:-16}
between=${SECONDS_BETWEEN:-5}
samples=${SAMPLES:-$work/samples}
portion=$((mails_wanted < 200000 ? mails_wanted / 20 : 10000))
mails_wanted=$((mails_wanted / portion * portion))
socket=unix:$work/run/patchmark.sock
PATCHMARK_TEST_EVENTS= # too many to append to that file

descriptors() { find "/proc/$milter_pid/fd" -mindepth 1 | wc -l; }

sample() { # MAILS
    echo "$((SECONDS - start)) $1 $(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p; s/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' \
        "/proc/$milter_pid/status" | tr '\n' ' ') $(descriptors)" >>"$samples"
}

# portion_make SEED: generates mails that are unrelated to those of other seeds.
portion_make() {
    "$GENERATE" -n "$portion" -s "$1" -c "$work/counts.$1" >"$work/mails.$1"
}

# events_count: adds the numbers of events in the file to `counted`, and deletes the file, to bound it.
declare -A counted=()
events_count() {
    local type count
    mv "$work/events.jsonl" "$work/counted.jsonl"
    while read -r count type; do counted[$type]=$((${counted[$type]:-0} + count)); done < <(
        sed -n 's/^{[^{]*"type":"patchmark\.\([a-z.]*\)\.v1".*/\1/p' "$work/counted.jsonl" | sort | uniq -c
    )
    rm "$work/counted.jsonl"
}

redis_start --appendonly no --appendfsync no --maxmemory 256mb
milter_configure "plugin \"file\" { path = \"$work/events.jsonl\" }" \
    "plugin \"redis\" { server = \"unix:$work/redis.sock\" maxlen = 20000 remember = 10m }" \
    'replay_rate = 0'
milter_start
sed -i '1i log_level = "warning"' "$work/patchmark.conf"
kill -USR1 "$milter_pid" # from now on without a line for each mail
wait_for 5 grep -q 'configuration read again' "$work/milter.log"

: >"$samples"
start=$SECONDS
unanswered=0 all_series=0 first_descriptors=
portion_make 1
for ((seed = 1, done_mails = 0; done_mails < mails_wanted; seed++, done_mails += portion)); do
    "$FAKEMTA" -c "$connections" --stats "$socket" "$work/mails.$seed" 2>"$work/stats" &
    player=$!
    portion_make $((seed + 1)) &
    maker=$!
    while kill -0 $player 2>/dev/null; do
        [ $((SECONDS - start)) -lt "${next_sample:=0}" ] ||
            { sample $done_mails; next_sample=$((SECONDS - start + between)); }
        sleep 0.2
    done
    wait $player || unanswered=$((unanswered + 1))
    wait $maker
    . "$work/counts.$seed"
    all_series=$((all_series + series))
    wait_for 120 outbox_is_drained || { tail "$work/milter.log"; check "the outbox is drained" false; break; }
    events_count
    rm -f "$work/mails.$seed" "$work/counts.$seed"
    case $((done_mails + portion)) in
    10000 | 100000 | 250000 | 500000 | "$mails_wanted")
        echo "after $((done_mails + portion)) mails and $((SECONDS - start)) s: $(
            sed -n 's/^\(VmHWM\|VmRSS\|RssAnon\|RssFile\):[^0-9]*\([0-9]*\) kB/\1 \2 KiB,/p' \
                "/proc/$milter_pid/status" | tr '\n' ' ') $(descriptors) descriptors, outbox and index $(
            du -shc "$work"/state/*.db* | tail -1 | cut -f1)"
        ;;
    esac
    [ -n "$first_descriptors" ] || { sleep 1; first_descriptors=$(descriptors); }
done

# median FROM TO: prints the median of the memory in the samples after FROM up to TO mails.
median() { awk -v a="$1" -v b="$2" '$2 > a && $2 <= b {print $3}' "$samples" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
sample "$mails_wanted"
second=$(median $((mails_wanted / 4)) $((mails_wanted / 2)))
last=$(median $((mails_wanted * 3 / 4)) "$mails_wanted")
echo "medians: $second KiB in the second quarter, $last KiB in the last; $((mails_wanted / (SECONDS - start))) mails per second"
same "portions with a mail that was not answered" 0 "$unanswered"
same "message.seen for each mail" "$mails_wanted" "${counted[message.seen]:-0}"
same "each series is opened once" "$all_series" "${counted[series.opened]:-0}"
same "each series is completed once" "$all_series" "${counted[series.completed]:-0}"
all=0
for type in "${!counted[@]}"; do all=$((all + counted[$type])); done
same "the stream received as many events" "$all" \
    "$(redis XINFO STREAM '{patchmark}:events' | sed -n '/^entries-added$/{n;p}')"
same "descriptors between portions" "$first_descriptors" "$(descriptors)"
check "memory does not grow" test "${last:-0}" -gt 0 -a $((last * 100)) -le $((second * 105 + 2048 * 100))
check "the log has no warning and no error" test -z "$(grep -v ': info: \|listens on' "$work/milter.log" | head -5)"
finish

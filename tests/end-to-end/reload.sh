#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# reload.sh - the daemon under load: reloads, stops by every signal, sinks that hang, and the
# notifications of systemd.  Every mail must be answered, and no event lost or repeated.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

socket=unix:$work/run/patchmark.sock
file=$work/events.jsonl

# mails_make FILE COUNT NAME: writes mails with new Message-IDs.
mails_make() {
    local i
    for ((i = 1; i <= $2; i++)); do
        printf 'From patchmark Mon Mar  2 10:00:00 2026\n'
        printf 'From: Ada Example <ada@example.org>\nSubject: [PATCH] %s: change %d\n' "$3" $i
        printf 'Message-ID: <%s-%d@example.org>\nList-Id: <devel.lists.example.org>\n\ntext\n\n' "$3" $i
    done >"$1"
}

configure() {
    milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s }" \
        "plugin \"file\" { path = \"$file\" }" "$@"
}

# load_start FILE [OPTION...]: plays the file over four connections, with about 200 mails per second.
load_start() {
    local mbox=$1
    shift
    "$FAKEMTA" -c 4 --slow 1 --print headers "$@" "$socket" "$mbox" >"$work/answers" 2>"$work/complaints" &
    load_pid=$!
}
loads() { kill -0 "$load_pid" 2>/dev/null; }
load_end() {
    wait "$load_pid" || { cat "$work/complaints"; return 1; }
}

# seen FILE NAME: prints the number of mails of that name that have an event message.seen in the file.
seen() { grep '"type":"patchmark.message.seen.v1"' "$1" | grep -o "\"subject\":\"$2-[0-9]*@" | sort -u | wc -l; }
# seen_twice FILE NAME: prints the number of such mails that have more than one event.
seen_twice() { grep '"type":"patchmark.message.seen.v1"' "$1" | grep -o "\"subject\":\"$2-[0-9]*@" | sort | uniq -d | wc -l; }
outbox() { "$PATCHMARK" tail -s "$work/state" -F -j -n 1000000 >"$work/outbox"; }
stream() { redis --raw XRANGE '{patchmark}:events' - + | grep '^{"specversion"' >"$work/stream"; }
file_has_seen() { [ "$(seen "$file" "$1")" -eq "$2" ]; }
stream_has_seen() { stream && [ "$(seen "$work/stream" "$1")" -eq "$2" ]; }

# each_once NAME COUNT: checks that every mail of that name has one event in outbox, file and stream.
each_once() {
    check "$1: the file has every event" wait_for 20 file_has_seen "$1" "$2"
    check "$1: the stream has every event" wait_for 40 stream_has_seen "$1" "$2"
    outbox
    same "$1: the outbox has every event" "$2" "$(seen "$work/outbox" "$1")"
    same "$1: no event is repeated" "0 0 0" \
        "$(seen_twice "$work/outbox" "$1") $(seen_twice "$file" "$1") $(seen_twice "$work/stream" "$1")"
}

answered_with() { [ "$(grep -c "^$1" "$work/answers")" -eq "$2" ]; }
logged() { grep -c -- "$1" "$work/milter.log"; }
has_logged() { [ "$(logged "$1")" -ge "$2" ]; }

# ---- reloads while mails flow --------------------------------------------------------------------

configure
redis_start
milter_start
mails_make "$work/often.mbox" 1500 often
load_start "$work/often.mbox"
asked=0
while loads; do
    kill -USR1 "$milter_pid"
    asked=$((asked + 1))
    sleep 0.05
done
check "a reload every 50 ms: every mail is answered, no connection is lost" load_end
check "a reload every 50 ms: more than 40 were requested" test "$asked" -gt 40
check "those that came during one were one more" has_logged 'configuration read again' 4
check "a reload every 50 ms: every mail was classified" answered_with Patchmark-Kind: 1500
each_once often 1500

before=$(logged 'configuration read again')
kill -HUP "$milter_pid"
check "SIGHUP is a reload, too" wait_for 10 has_logged 'configuration read again' $((before + 1))

mails_make "$work/switch.mbox" 1500 switch
load_start "$work/switch.mbox"
before=$(logged 'configuration read again')
sleep 0.5
configure 'prefix = "X-Test-"'
kill -USR1 "$milter_pid"
check "new options are taken over while mails flow" wait_for 10 has_logged 'configuration read again' $((before + 1))
check "every mail is answered" load_end
same "each was classified with the old or the new options" 1500 "$(grep -cE '^(Patchmark|X-Test)-Kind:' "$work/answers")"
check "the first with the old options" grep -q '^Patchmark-Kind:' <(head -3 "$work/answers")
check "the last with the new options" grep -q '^X-Test-Kind:' <(tail -7 "$work/answers")

mails_make "$work/bad.mbox" 300 bad
load_start "$work/bad.mbox"
configure 'prefix = "X-Test-"' 'max_mails = lots'
kill -USR1 "$milter_pid"
check "an invalid configuration is logged with file and line" wait_for 10 has_logged "$work/patchmark.conf:9: " 1
check "and not taken over" wait_for 10 has_logged 'reload failed; the old configuration stays active' 1
check "every mail is answered during a failed reload" load_end
check "they are classified with the old options" answered_with X-Test-Kind: 300
each_once bad 300

# ---- sinks that come and go ------------------------------------------------------------------------

reload() { # reloads, and waits until it is complete
    local before
    before=$(logged 'configuration read again')
    kill -USR1 "$milter_pid"
    wait_for 20 has_logged 'configuration read again' $((before + 1))
}
milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s }"
check "a reload removes a sink" reload
mails_make "$work/without.mbox" 50 without
check "mails are answered without it" play "$socket" "$work/without.mbox"
check "the other sink delivers events" wait_for 20 stream_has_seen without 50
same "the removed sink delivers none" 0 "$(seen "$file" without)"
configure
check "a reload adds the sink again" reload
check "it delivers the events since then" wait_for 20 file_has_seen without 50
milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s }" \
    "plugin \"file\" { path = \"$file.other\" }"
check "a reload changes the file of the sink" reload
mails_make "$work/elsewhere.mbox" 50 elsewhere
play "$socket" "$work/elsewhere.mbox"
elsewhere_has() { [ "$(seen "$file.other" elsewhere)" -eq 50 ]; }
check "it delivers events to the new file" wait_for 20 elsewhere_has
same "it delivers none to the old file" 0 "$(seen "$file" elsewhere)"

# A sink that the store does not know: it begins with the next event, or with what the outbox has.
begins() { has_logged "sink file/$1 is new: it begins with event [0-9]*$2" 1; }
milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s }" \
    "plugin \"file\" { path = \"$file\" }" "plugin \"file/later\" { path = \"$work/later.jsonl\" }" \
    "plugin \"file/all\" { path = \"$work/all.jsonl\" start = oldest }"
check "a reload adds sinks" reload
mails_make "$work/later.mbox" 20 later
play "$socket" "$work/later.mbox"
later_has() { [ "$(seen "$work/later.jsonl" later)" -eq 20 ]; }
check "a new sink delivers the events since then" wait_for 20 later_has
same "and none before" "0 0" "$(seen "$work/later.jsonl" elsewhere) $(seen "$work/later.jsonl" without)"
all_has() { [ "$(seen "$work/all.jsonl" later)" -eq 20 ]; }
check "another one delivers what the outbox has" wait_for 40 all_has
outbox
same "all of it" "$(grep -c '' "$work/outbox")" "$(grep -c '' "$work/all.jsonl")"
check "the log says so of the one" begins later ', the next one, without the [0-9]* of the outbox; '
check "and of the other" begins all '; [0-9]* events of the outbox wait for it'
check "it said so of those of the first start" has_logged 'sink [a-z]* is new: it begins with event 1, the next one$' 2
configure
reload

# A mail keeps the configuration with which it started, here for 10 s.
{
    printf 'From: ada@example.org\nMessage-ID: <holds-1@example.org>\nList-Id: <devel.lists.example.org>\n'
    printf 'X-Field: %d\n' {1..100}
    printf '\ntext\n'
} >"$work/holds.mbox"
"$FAKEMTA" --slow 100 --print headers "$socket" "$work/holds.mbox" >"$work/answers" 2>"$work/complaints" &
load_pid=$!
sleep 1
check "a reload while a mail arrives" reload
mails_make "$work/beside.mbox" 20 beside
play "$socket" "$work/beside.mbox"
check "the file sink delivers at once" wait_for 4 file_has_seen beside 20
check "the mail still arrives" loads
check "the mail is answered" load_end
each_once holds 1

# ---- options that wait for a restart ------------------------------------------------------------------

changed=$(($(wc -l <"$work/patchmark.conf") + 1)) # the line that is added
# waits NAME VALUE OLD: a reload with this option says that it waits, with file and line, and that the old
# value stays in effect.
waits() {
    configure "$1 = \"$2\""
    check "$1: the reload" reload
    check "$1: a new value waits for a restart" \
        has_logged "$work/patchmark.conf:$changed: option '$1' has changed to '$2', which waits for a restart; '$3' stays in effect" 1
    check "$1: mails are answered where they were" play "$socket" "$work/beside.mbox"
}
waits socket "unix:$work/run/other.sock" "unix:$work/run/patchmark.sock"
waits socket_owner daemon ''
waits socket_group daemon ''
waits socket_mode 0600 0660
waits user daemon ''
waits state "$work/other-state" "$work/state"
waits durability full normal
check "nothing of them was made" test ! -e "$work/run/other.sock" -a ! -e "$work/other-state"
same "the socket is as it was" 660 "$(stat -c %a "$work/run/patchmark.sock")"
before=$(logged 'waits for a restart')
check "a further reload" reload
same "it says so again, for what still waits" $((before + 1)) "$(logged 'waits for a restart')"
configure
check "a reload with the old values" reload
same "nothing waits then" $((before + 1)) "$(logged 'waits for a restart')"

# ---- systemctl reload ---------------------------------------------------------------------------------

# The commands of ExecReload in the unit: the second one is run only if the first one succeeds.
exec_reload() {
    local command
    sed -n 's/^ExecReload=//p' "$SOURCE/config/patchmark.service.in" >"$work/commands"
    while read -r command; do
        command=${command//@bindir@\/patchmark/$PATCHMARK}
        command=${command//@confdir@/$work}
        command=${command//\$MAINPID/$milter_pid}
        $command >>"$work/reload.out" 2>&1 </dev/null || return
    done <"$work/commands"
}
: >"$work/reload.out"
before=$(logged 'configuration read again')
check "systemctl reload" exec_reload
check "the daemon reads its configuration" wait_for 20 has_logged 'configuration read again' $((before + 1))
configure 'max_mails = lots' 'list "a@example.org" { }'
failures=$(logged 'reload failed')
exec_reload
same "systemctl reload fails with a broken configuration" 78 $?
check "it prints the lines of all errors" \
    test 2 -eq "$(grep -c "^patchmark: error: $work/patchmark.conf:\($changed: option 'max_mails'\|$((changed + 1)): list \"a@example.org\"\)" "$work/reload.out")"
same "the daemon is not asked to read it" "$failures" "$(logged 'reload failed')"
configure

# ---- signals while mail arrives ---------------------------------------------------------------------

# The signal is sent in the middle of a mail that takes 2 s to arrive.
milliseconds() { date +%s%3N; }
for signal in TERM INT; do
    {
        printf 'From: ada@example.org\nMessage-ID: <slow%s-1@example.org>\nList-Id: <devel.lists.example.org>\n' $signal
        printf 'X-Field: %d\n' {1..20}
        printf '\ntext\n'
    } >"$work/slow.mbox"
    "$FAKEMTA" --slow 100 --print headers "$socket" "$work/slow.mbox" >"$work/answers" 2>"$work/complaints" &
    load_pid=$!
    sleep 1
    start=$(milliseconds)
    milter_stop $signal
    same "SIG$signal ends it with 0" 0 $?
    took=$((milter_ended - start))
    check "SIG$signal: the mail is answered" load_end
    check "SIG$signal: it has its headers" answered_with Patchmark-Kind: 1
    check "SIG$signal: the daemon exits within 15 s" test $took -lt 15000
    check "SIG$signal: its socket is removed" test ! -e "$work/run/patchmark.sock"
    milter_start
    each_once "slow$signal" 1
done

# Mails over four connections; the fake MTA sends a mail again if its connection is lost.
for signal in TERM INT KILL; do
    mails_make "$work/load.mbox" 800 "load$signal"
    load_start "$work/load.mbox" --retry --json-stats
    sleep 1
    start=$(milliseconds)
    milter_stop $signal
    status=$?
    took=$((milter_ended - start))
    milter_start
    check "SIG$signal under load: every mail is answered" load_end
    check "SIG$signal under load: every mail has its headers" answered_with Patchmark-Kind: 800
    [ $signal = KILL ] || same "SIG$signal under load: ends with 0" 0 $status
    check "SIG$signal under load: within 4 s" test $took -lt 4000
    each_once "load$signal" 800
done
check "no mail was left in the middle by a signal" test "$(logged 'mails are still in work')" -eq 0

# ---- sinks that hang -----------------------------------------------------------------------------------

cat >"$work/hang.c" <<'END'
#include "patchmark-plugin.h"
#include <unistd.h>
static size_t publish(void *self, const struct patchmark_event *const *events, size_t count) {
    (void)self, (void)events, (void)count;
    for (;;)
        pause();
}
static struct patchmark_plugin plugin = {
    .name = "hang", .version = "1",
    .summary = "hangs", .publish = publish};
PATCHMARK_PLUGIN(plugin)
END
cc -shared -fPIC -I "$SOURCE/milter/include" -o "$work/hang.so" "$work/hang.c" || exit
configure "plugin \"hang\" { file = \"$work/hang.so\" }"
check "a reload adds a sink that hangs" reload
mails_make "$work/hang.mbox" 200 hang
check "a sink that hangs: mails are answered" play -c 4 "$socket" "$work/hang.mbox"
each_once hang 200
start=$(milliseconds)
check "a reload does not wait for its thread" reload
took=$(($(milliseconds) - start))
check "that reload takes about 6 s" test $took -ge 4000 -a $took -lt 10000
mails_make "$work/after.mbox" 200 after
load_start "$work/after.mbox" --retry
start=$(milliseconds)
milter_stop TERM
same "SIGTERM with a sink that hangs ends with 0" 0 $?
took=$(($(milliseconds) - start))
check "within the time that patchmark(1) states" test $took -lt 20000
check "and says which one" has_logged 'sink hang is busy; its events wait in the outbox' 2
configure
milter_start
check "mails that arrived meanwhile are answered" load_end
each_once after 200

kill -STOP "$redis_pid"
mails_make "$work/stopped.mbox" 50 stopped
check "Redis hangs: mails are answered" play -c 4 "$socket" "$work/stopped.mbox"
start=$(milliseconds)
milter_stop TERM
same "SIGTERM with a Redis that hangs ends with 0" 0 $?
check "within that time too" test $(($(milliseconds) - start)) -lt 20000
kill -CONT "$redis_pid"
milter_start
each_once stopped 50
milter_stop

# ---- notifications of systemd --------------------------------------------------------------------------

/usr/bin/python3 -u -c 'import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
while True:
    print(s.recv(4096).decode().replace("\n", " "))' "$work/notify" >"$work/notified" &
reader=$!
wait_for 10 test -S "$work/notify"
export NOTIFY_SOCKET=$work/notify
notified() { [ "$(grep -cE "$1" "$work/notified")" -ge "$2" ]; }
milter_start
check "READY=1 at the start" wait_for 5 notified '^READY=1$' 1
check "the status is one line" wait_for 20 notified \
    '^STATUS=0 mails answered; store available; 0 events waiting; all sinks available$' 1
redis_stop
mails_make "$work/status.mbox" 3 status
check "mails are answered without Redis" play "$socket" "$work/status.mbox"
check "the status counts mails and names the sink that is unavailable" wait_for 30 notified \
    '^STATUS=3 mails answered; store available; [1-9][0-9]* events waiting; unavailable: redis$' 1
redis_start
check "and says so when it is available again" wait_for 60 notified \
    '^STATUS=3 mails answered; store available; 0 events waiting; all sinks available$' 1
check "WATCHDOG=1 every five seconds" wait_for 20 notified '^WATCHDOG=1$' 3
reload
check "RELOADING=1 with its time at a reload" wait_for 5 notified '^RELOADING=1 MONOTONIC_USEC=[0-9]+$' 1
check "READY=1 after it" wait_for 5 notified '^READY=1$' 2
echo nonsense >>"$work/patchmark.conf"
kill -USR1 "$milter_pid"
check "a reload that fails ends with READY=1 as well" wait_for 5 notified '^READY=1$' 3
milter_stop
wait_for 5 notified '^STATUS=stopped' 1
same "STOPPING=1 at the end, and the last status" "STOPPING=1 STATUS=stopped after 3 mails" \
    "$(grep -E '^STOPPING|^STATUS=stopped' "$work/notified" | xargs)"
same "all notifications, in this order" \
    "READY=1 RELOADING=1 READY=1 RELOADING=1 READY=1 STOPPING=1" \
    "$(grep -vE '^(WATCHDOG|STATUS)=' "$work/notified" | cut -d' ' -f1 | xargs)"
kill "$reader"
finish

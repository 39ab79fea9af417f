#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# failures.sh - what the table in the README promises and no other test shows: plugins that crash or
# hang in a mail, a database that is broken or locked by a stranger, a clock that is wrong.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
mails=$(grep -c '^From patchmark ' "$demo")
prometheus=$(dirname "$0")/prometheus.py

mail_make() { # SUBJECT ID
    printf 'From: ada@example.org\nSubject: %s\nMessage-ID: <%s@example.org>\n\ntext\n' "$1" "$2" >"$work/$2"
}
demo_as() { # NAME: the mails, never seen before
    sed "s/^Message-ID: <\(.*\)@/Message-ID: <\1.$1@/" "$demo" >"$work/$1.mbox"
    play "$socket" "$work/$1.mbox"
}
logged() { grep -qE -- "$1" "$work/milter.log"; }
logged_once() { [ "$(grep -cE -- "$1" "$work/milter.log")" -eq 1 ]; }
seen() { "$PATCHMARK" tail -s "$work/state" -F -j -n 100000 | grep -c '"type":"patchmark.message.seen.v1"'; }
value() { "$prometheus" get "$work/patchmark.prom" "patchmark_$1"; }
value_is() { [ "$(value "$1")" = "$2" ]; }

# ---- plugins that crash or hang in a mail ---------------------------------------------------------

cat >"$work/ill.c" <<'END'
#include "patchmark-plugin.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>
static int classify(void *self, const struct patchmark_message *message, struct patchmark_facts *facts) {
    const char *subject = patchmark_message_header(message, "Subject", 0);
    (void)self, (void)facts;
    if (subject && strcmp(subject, "crash") == 0)
        raise(SIGSEGV);
    while (subject && strcmp(subject, "hang") == 0)
        pause();
    return subject && strcmp(subject, "fail") == 0 ? -1 : 0;
}
static struct patchmark_plugin ill = {.kind = PATCHMARK_CLASSIFIER, .threads = PATCHMARK_PARALLEL,
    .name = "ill", .version = "1", .summary = "is ill", .classify = classify};
PATCHMARK_PLUGIN(ill)
END
cc -shared -fPIC -I "$SOURCE/milter/include" -o "$work/ill.so" "$work/ill.c" || exit
milter_configure "plugin \"ill\" { file = \"$work/ill.so\" }" "metrics_file = \"$work/patchmark.prom\""
milter_start
play "$socket" "$demo"
mail_make crash crash
{
    "$FAKEMTA" "$socket" "$work/crash" 2>"$work/complaint"
    answered=$?
    wait "$milter_pid"
    ended=$?
} 2>/dev/null # the shell would tell of a crash, which is none of ours
same "a plugin that crashes: the mail has no answer, and passes as the MTA says" 1 $answered
check "a plugin that crashes ends the daemon by a signal" test $ended -gt 128
milter_start
check "systemd starts it again: mails are read" demo_as crashed
same "what was answered before has its events" $((2 * mails)) "$(seen)"

mail_make fail fail
check "a plugin that fails: the mail is answered" play "$socket" "$work/fail"
check "and has our headers" grep -q '^Patchmark-Kind: ' <("$FAKEMTA" --print headers "$socket" "$work/fail")
check "a line says which plugin and which mail" logged 'plugin ill failed on <fail@example.org>'

mail_make hang hang
"$FAKEMTA" --timeout 1000 "$socket" "$work/hang" 2>"$work/complaint"
same "a plugin that hangs: the MTA gives up on that mail" 1 $?
check "other mails go on" demo_as hanging
start=$SECONDS
milter_stop TERM
same "SIGTERM ends a daemon with a mail that hangs" 0 $?
check "within the bound that patchmark(1) gives" test $((SECONDS - start)) -lt 20
check "and the log has it" logged 'stopping while 1 mails are still in work'

# ---- a database that is broken ---------------------------------------------------------------------

db=$work/state/patchmark.db
milter_configure "metrics_file = \"$work/patchmark.prom\""
before=$(seen)
check "a clean stop leaves the file alone, which is a whole backup" test ! -e "$db-wal" -a ! -e "$db-shm"
cp "$db" "$work/kept.db"
head -c 20000 /dev/urandom >"$db"
cp "$db" "$work/broken.db"
milter_start
check "a database that is broken: it starts, and says what to do" \
    logged_once 'patchmark.db: file is not a database; move it away with its -wal and -shm'
check "mails have our headers" \
    test "$("$FAKEMTA" --print headers "$socket" "$demo" | grep -c '^Patchmark-Series: ')" -gt 5
check "and a monitor sees it" wait_for 15 value_is store_up 0
check "the broken file is left as it was" cmp "$work/broken.db" "$db"
cp "$work/kept.db" "$db"
works_again() { demo_as "again$((tries++))" && logged 'patchmark.db works again'; }
tries=0
check "a good one in its place is used without a restart" wait_for 5 works_again
check "with what it knew" test "$(seen)" -gt "$before"
check "and a monitor sees that" wait_for 15 value_is store_up 1
milter_stop

# A page in the middle, which a start does not read.
cp "$db" "$work/kept.db"
dd if=/dev/urandom of="$db" bs=1024 seek=$(($(stat -c %s "$db") / 2048)) count=4 conv=notrunc 2>/dev/null
sqlite3 "$db" 'PRAGMA integrity_check' 2>&1 | grep -qx ok && echo "the page is not in use"
milter_start
check "a database with pages that are damaged: mails are answered" demo_as damaged
start=$SECONDS
milter_stop
same "and SIGTERM ends it" 0 $?
check "within the bound that patchmark(1) gives" test $((SECONDS - start)) -lt 20

# ---- a backup in the place of the database ---------------------------------------------------------

cp "$work/kept.db" "$db"
milter_start
demo_as backup
milter_stop
before=$(seen)
cp "$db" "$work/backup.db"
for signal in TERM KILL; do
    milter_start
    demo_as "later$signal"
    milter_stop $signal
    cp "$work/backup.db" "$db"
    milter_start
    same "SIG$signal, and a backup copied over: what it had is there" "$before" "$(seen)"
    demo_as "since$signal"
    same "SIG$signal: and what came since" $((before + mails)) "$(seen)"
    milter_stop
    same "SIG$signal: the end" 0 $?
    same "SIG$signal: the database is whole" ok "$(sqlite3 "$db" 'PRAGMA integrity_check')"
    cp "$work/backup.db" "$db"
done
check "the log of the other file was set aside" test -s "$db-wal.other"
check "with a line" logged_once 'patchmark.db-wal is not the log of '
check "nothing was damaged by it" test "$(grep -c 'malformed\|is damaged after' "$work/milter.log")" -eq "$(
    sed -n '1,/patchmark.db-wal is not the log/p' "$work/milter.log" | grep -c 'malformed\|is damaged after')"

# ---- a database that is locked ---------------------------------------------------------------------

# stranger_locks: another program takes the lock until stranger_leaves.
stranger_locks() {
    rm -f "$work/orders" "$work/locked"
    mkfifo "$work/orders"
    sqlite3 "$db" <"$work/orders" >"$work/locked" 2>&1 &
    stranger=$!
    exec 9>"$work/orders"
    printf '%s\n' '.timeout 5000' "BEGIN ${1:-IMMEDIATE}; SELECT 'locked';" >&9
    wait_for 5 grep -qx locked "$work/locked"
}
stranger_leaves() {
    printf '%s\n' 'ROLLBACK;' .quit >&9 # a milter may hold the pipe too
    exec 9>&-
    wait $stranger
}
lost_is_told() { # COUNT
    "$PATCHMARK" tail -s "$work/state" -F -j -n 1000 | grep -q "\"state\":\"lost\".*\"lost\":$1\b"
}

milter_start
first=$(wc -l <"$work/milter.log")
check "a stranger locks the database" stranger_locks
start=$SECONDS
check "mails are answered" demo_as locked
check "without waiting for him" test $((SECONDS - start)) -lt 5
check "one line says so" logged_once 'patchmark.db: database is locked; .*mail passes without it'
check "a monitor sees it" wait_for 15 value_is store_up 0
same "and how many it cost" "$mails" "$(value mails_unremembered_total)"
stranger_leaves
demo_as unlocked
check "when he is gone it works again, and says how many went without it" \
    grep -q "patchmark.db works again; $mails mails passed without it" <(tail -n "+$first" "$work/milter.log")
check "and a monitor sees that" wait_for 15 value_is store_up 1
check "and subscribers are told" wait_for 15 lost_is_told "$mails"

check "he locks it once more" stranger_locks
mail_make one lost1 && mail_make two lost2
play "$socket" "$work/lost1" && play "$socket" "$work/lost2"
milter_stop
same "the daemon ends before he leaves" 0 $?
stranger_leaves
milter_start
check "the next start says how many mails were lost" logged '2 mails before this start were not stored'
check "and tells subscribers" wait_for 15 lost_is_told 2
milter_stop
lines=$(grep -c 'mails before this start were not stored' "$work/milter.log")
milter_start
same "once" "$lines" "$(grep -c 'mails before this start were not stored' "$work/milter.log")"
milter_stop
same "it ends with 0" 0 $?

check "he locks it before the start" stranger_locks EXCLUSIVE
milter_start
check "a database that is locked at the start: mails are answered" demo_as start
stranger_leaves
tries=100
before=$(grep -c 'patchmark.db works again' "$work/milter.log")
works_since() { demo_as "since$((tries++))" && [ "$(grep -c 'patchmark.db works again' "$work/milter.log")" -gt "$before" ]; }
check "when he is gone it works" wait_for 5 works_since
milter_stop

# ---- a clock that is wrong -------------------------------------------------------------------------

cat >"$work/clock.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
static const volatile long *ahead; /* seconds, in a file that a test writes */
static __attribute__((constructor)) void start(void) {
    int file = open(getenv("TEST_CLOCK"), O_RDONLY);
    ahead = mmap(NULL, sizeof(*ahead), PROT_READ, MAP_SHARED, file, 0);
}
int clock_gettime(clockid_t clock, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, at);
    if (result == 0 && ahead && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        at->tv_sec += *ahead;
    return result;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}
END
cc -shared -fPIC -o "$work/clock.so" "$work/clock.c" -ldl || exit
clock_is_ahead() { # DAYS
    /usr/bin/python3 -c 'import struct, sys
with open(sys.argv[1], "r+b") as out:
    out.write(struct.pack("l", int(sys.argv[2]) * 86400))' "$work/clock" "$1"
}
rows() { sqlite3 -readonly "$db" 'SELECT count(*) FROM message'; }
printf '\0\0\0\0\0\0\0\0' >"$work/clock"
real=$PATCHMARK
PATCHMARK=$work/with-clock
printf '#!/bin/sh\nTEST_CLOCK=%s LD_PRELOAD=%s exec %s "$@"\n' "$work/clock" "$work/clock.so" "$real" >"$PATCHMARK"
chmod 755 "$PATCHMARK"
milter_start
demo_as today
before=$(rows) events=$(seen)
clock_is_ahead 200
check "a clock that goes ahead: mails are answered" demo_as future
check "the clock is that of the milter" grep -q '"type":"patchmark.message.seen.v1".*future' \
    <("$real" tail -s "$work/state" -F -j -n 100000 | grep "\"time\":\"$(date -ud '200 days' +%Y-%m)")
# Expiry looks at the clock once a minute.
check "a line says that it is ahead" wait_for 80 logged 'the clock is (199|200) days ahead'
milter_stop
ahead_lines() { grep -cE 'the clock is (199|200) days ahead' "$work/milter.log"; }
lines=$(ahead_lines)
said_once_more() { [ "$(ahead_lines)" -gt "$lines" ]; }
milter_start
check "also at a start" wait_for 10 said_once_more
sleep 65
same "nothing is forgotten" $((before + mails)) "$(rows)"
same "and no event is dropped" $((events + mails)) "$(seen)"
clock_is_ahead 0
milter_stop
PATCHMARK=$real
finish

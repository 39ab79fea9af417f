#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# failures.sh - tests of those faults in the README's table that no other script tests: plugins that
# crash or hang on a mail, a database that is corrupt or locked by another program, a wrong clock.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
mails=$(grep -c '^From patchmark ' "$demo")
prometheus=$(dirname "$0")/prometheus.py

mail_make() { # SUBJECT ID
    printf 'From: ada@example.org\nSubject: %s\nMessage-ID: <%s@example.org>\n\ntext\n' "$1" "$2" >"$work/$2"
}
demo_as() { # NAME: plays the sample mails with new Message-IDs
    sed "s/^Message-ID: <\(.*\)@/Message-ID: <\1.$1@/" "$demo" >"$work/$1.mbox"
    play "$socket" "$work/$1.mbox"
}
logged() { grep -qE -- "$1" "$work/milter.log"; }
logged_once() { [ "$(grep -cE -- "$1" "$work/milter.log")" -eq 1 ]; }
seen() { "$PATCHMARK" tail -s "$work/state" -F -j -n 100000 | grep -c '"type":"patchmark.message.seen.v1"'; }
value() { "$prometheus" get "$work/patchmark.prom" "patchmark_$1"; }
value_is() { [ "$(value "$1")" = "$2" ]; }

# ---- plugins that crash or hang on a mail ---------------------------------------------------------

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
static struct patchmark_plugin ill = {.traits = PATCHMARK_PARALLEL,
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
} 2>/dev/null # the shell would report the crash, which is intended
same "a plugin that crashes: the mail is not answered" 1 $answered
check "a plugin that crashes ends the daemon by a signal" test $ended -gt 128
milter_start
check "after the next start, as by systemd, mails are answered" demo_as crashed
same "mails that were answered before the crash have their events" $((2 * mails)) "$(seen)"

mail_make fail fail
check "a plugin that fails: the mail is answered" play "$socket" "$work/fail"
check "a plugin that fails: the mail has its headers" grep -q '^Patchmark-Kind: ' <("$FAKEMTA" --print headers "$socket" "$work/fail")
check "a line says which plugin and which mail" logged 'plugin ill failed on <fail@example.org>'

mail_make hang hang
"$FAKEMTA" --timeout 1000 "$socket" "$work/hang" 2>"$work/complaint"
same "a plugin that hangs: the MTA reaches its timeout" 1 $?
check "a plugin that hangs: other mails are answered" demo_as hanging
start=$SECONDS
milter_stop TERM
same "SIGTERM ends the daemon while a mail hangs" 0 $?
check "within the time that patchmark(1) states" test $((SECONDS - start)) -lt 20
check "and the log has it" logged 'stopping with 1 mail still in work'

# ---- a corrupt database ----------------------------------------------------------------------------

db=$work/state/patchmark.db
milter_configure "metrics_file = \"$work/patchmark.prom\""
before=$(seen)
check "a clean stop leaves only the database file, which is a complete backup" test ! -e "$db-wal" -a ! -e "$db-shm"
cp "$db" "$work/kept.db"
head -c 20000 /dev/urandom >"$db"
cp "$db" "$work/broken.db"
milter_start
check "a database that is broken: it starts, and says what to do" \
    logged_once 'patchmark.db: file is not a database; move it away with its -wal and -shm'
check "a corrupt database: mails have their headers" \
    test "$("$FAKEMTA" --print headers "$socket" "$demo" | grep -c '^Patchmark-Series: ')" -gt 5
check "a corrupt database: the metric store_up is 0" wait_for 15 value_is store_up 0
check "a corrupt database: the file is unchanged" cmp "$work/broken.db" "$db"
cp "$work/kept.db" "$db"
works_again() { demo_as "again$((tries++))" && logged 'patchmark.db works again'; }
tries=0
check "a valid database in its place is used without a restart" wait_for 5 works_again
check "the valid database has the earlier events" test "$(seen)" -gt "$before"
check "the metric store_up is 1" wait_for 15 value_is store_up 1
milter_stop

# Damages pages in the middle, which the start does not read.
cp "$db" "$work/kept.db"
dd if=/dev/urandom of="$db" bs=1024 seek=$(($(stat -c %s "$db") / 2048)) count=4 conv=notrunc 2>/dev/null
sqlite3 "$db" 'PRAGMA integrity_check' 2>&1 | grep -qx ok && echo "the page is not in use"
milter_start
check "damaged pages: mails are answered" demo_as damaged
start=$SECONDS
milter_stop
same "damaged pages: SIGTERM ends the daemon" 0 $?
check "damaged pages: within the time that patchmark(1) states" test $((SECONDS - start)) -lt 20

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
    same "SIG$signal, then a backup is copied over the database: its events are there" "$before" "$(seen)"
    demo_as "since$signal"
    same "SIG$signal: new events are there" $((before + mails)) "$(seen)"
    milter_stop
    same "SIG$signal: the daemon exits with 0" 0 $?
    same "SIG$signal: the database is not damaged" ok "$(sqlite3 "$db" 'PRAGMA integrity_check')"
    cp "$work/backup.db" "$db"
done
check "the write-ahead log of the other database was renamed" test -s "$db-wal.other"
check "with a line" logged_once 'patchmark.db-wal is not the log of '
check "it damaged no database" test "$(grep -c 'malformed\|is damaged after' "$work/milter.log")" -eq "$(
    sed -n '1,/patchmark.db-wal is not the log/p' "$work/milter.log" | grep -c 'malformed\|is damaged after')"

# ---- a locked database -----------------------------------------------------------------------------

# other_locks [MODE]: another program locks the database until other_unlocks.
other_locks() {
    rm -f "$work/orders" "$work/locked"
    mkfifo "$work/orders"
    sqlite3 "$db" <"$work/orders" >"$work/locked" 2>&1 &
    other=$!
    exec 9>"$work/orders"
    printf '%s\n' '.timeout 5000' "BEGIN ${1:-IMMEDIATE}; SELECT 'locked';" >&9
    wait_for 5 grep -qx locked "$work/locked"
}
other_unlocks() {
    printf '%s\n' 'ROLLBACK;' .quit >&9 # .quit, because a milter may have the pipe open too
    exec 9>&-
    wait $other
}
lost_is_published() { # COUNT
    "$PATCHMARK" tail -s "$work/state" -F -j -n 1000 | grep -q "\"state\":\"lost\".*\"lost\":$1\b"
}

milter_start
first=$(wc -l <"$work/milter.log")
check "another program locks the database" other_locks
start=$SECONDS
check "a locked database: mails are answered" demo_as locked
check "a locked database: mails do not wait for the lock" test $((SECONDS - start)) -lt 5
check "one line says so" logged_once 'patchmark.db: database is locked; .*mail passes without it'
check "a locked database: the metric store_up is 0" wait_for 15 value_is store_up 0
same "a locked database: a metric counts the mails that were not recorded" "$mails" "$(value mails_unremembered_total)"
other_unlocks
demo_as unlocked
check "unlocked: a log line has the number of mails that were not recorded" \
    grep -q "patchmark.db works again; $mails mails passed without it" <(tail -n "+$first" "$work/milter.log")
check "unlocked: the metric store_up is 1" wait_for 15 value_is store_up 1
check "unlocked: an event has the number of lost mails" wait_for 15 lost_is_published "$mails"

check "another program locks it again" other_locks
mail_make one lost1 && mail_make two lost2
play "$socket" "$work/lost1" && play "$socket" "$work/lost2"
milter_stop
same "the daemon exits while it is locked" 0 $?
other_unlocks
milter_start
check "the next start says how many mails were lost" logged '2 mails before this start were not stored'
check "the next start publishes the number of lost mails" wait_for 15 lost_is_published 2
milter_stop
lines=$(grep -c 'mails before this start were not stored' "$work/milter.log")
milter_start
same "a further start does not log it again" "$lines" "$(grep -c 'mails before this start were not stored' "$work/milter.log")"
milter_stop
same "the daemon exits with 0" 0 $?

check "another program locks it before the start" other_locks EXCLUSIVE
milter_start
check "a database that is locked at the start: mails are answered" demo_as start
other_unlocks
tries=100
before=$(grep -c 'patchmark.db works again' "$work/milter.log")
works_since() { demo_as "since$((tries++))" && [ "$(grep -c 'patchmark.db works again' "$work/milter.log")" -gt "$before" ]; }
check "after the lock is released the database is used" wait_for 5 works_since
milter_stop

# ---- a wrong clock ---------------------------------------------------------------------------------

# The clock by which the daemon waits runs ten times as fast, so that its minute takes 6 s.
cat >"$work/clock.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#define SPEED 10
#define SECOND 1000000000LL
static const volatile long *ahead; /* seconds, in a file that a test writes */
static long long started; /* of CLOCK_MONOTONIC, in nanoseconds */
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_wait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static long long nanoseconds(const struct timespec *at) { return at->tv_sec * SECOND + at->tv_nsec; }
static struct timespec timespec_of(long long time) {
    return (struct timespec){.tv_sec = time / SECOND, .tv_nsec = time % SECOND};
}
static void real_find(void) {
    if (!real_gettime)
        real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    if (!real_wait)
        real_wait = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlsym(
            RTLD_NEXT, "pthread_cond_timedwait");
}
static __attribute__((constructor)) void start(void) {
    int file = open(getenv("TEST_CLOCK"), O_RDONLY);
    struct timespec now;
    ahead = mmap(NULL, sizeof(*ahead), PROT_READ, MAP_SHARED, file, 0);
    real_find();
    real_gettime(CLOCK_MONOTONIC, &now);
    started = nanoseconds(&now);
}
int clock_gettime(clockid_t clock, struct timespec *at) {
    real_find();
    int result = real_gettime(clock, at);
    if (result == 0 && ahead && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        at->tv_sec += *ahead;
    if (result == 0 && started && clock == CLOCK_MONOTONIC)
        *at = timespec_of(started + (nanoseconds(at) - started) * SPEED);
    return result;
}
/* UNTIL is a time of the clock above, unless it is so late that it is one of CLOCK_REALTIME. */
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    struct timespec end = *until;
    real_find();
    if (nanoseconds(until) - started < 1000000 * SECOND)
        end = timespec_of(started + (nanoseconds(until) - started) / SPEED);
    return real_wait(condition, mutex, &end);
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}
END
cc -shared -fPIC -pthread -o "$work/clock.so" "$work/clock.c" -ldl || exit
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
check "a clock that is ahead: mails are answered" demo_as future
check "events have the time of that clock" grep -q '"type":"patchmark.message.seen.v1".*future' \
    <("$real" tail -s "$work/state" -F -j -n 100000 | grep "\"time\":\"$(date -ud '200 days' +%Y-%m)")
# Housekeeping checks the clock once a minute: of its own time.
check "a line says that it is ahead" wait_for 80 logged 'the clock is (199|200) days ahead'
milter_stop
ahead_lines() { grep -cE 'the clock is (199|200) days ahead' "$work/milter.log"; }
lines=$(ahead_lines)
logged_again() { [ "$(ahead_lines)" -gt "$lines" ]; }
milter_start
check "also after a start" wait_for 10 logged_again
sleep 7
same "no mail expires" $((before + mails)) "$(rows)"
same "no event is dropped" $((events + mails)) "$(seen)"
clock_is_ahead 0
milter_stop
PATCHMARK=$real
finish

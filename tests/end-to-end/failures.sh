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
cc -shared -fPIC -iquote "$SOURCE/milter" -o "$work/ill.so" "$work/ill.c" || exit
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
check "and the log has it" logged '1 mails were still in work'

# ---- a database that is broken, or locked ----------------------------------------------------------

milter_configure "metrics_file = \"$work/patchmark.prom\""
before=$(seen)
cp "$work/state/patchmark.db" "$work/kept.db"
rm -f "$work/state/patchmark.db-wal" "$work/state/patchmark.db-shm"
head -c 20000 /dev/urandom >"$work/state/patchmark.db"
cp "$work/state/patchmark.db" "$work/broken.db"
milter_start
check "a database that is broken: it starts, and says what to do" \
    logged_once 'patchmark.db: file is not a database; move the file away to start with an empty one'
check "mails have our headers, from memory" \
    test "$("$FAKEMTA" --print headers "$socket" "$demo" | grep -c '^Patchmark-Series: ')" -gt 5
check "and a monitor sees it" wait_for 15 value_is store_up 0
milter_stop
check "the broken file is left as it was" cmp "$work/broken.db" "$work/state/patchmark.db"
cp "$work/kept.db" "$work/state/patchmark.db"
milter_start
same "a good one in its place is used" "$before" "$(seen)"
check "and a monitor sees that" wait_for 15 value_is store_up 1

mkfifo "$work/orders"
sqlite3 "$work/state/patchmark.db" <"$work/orders" >"$work/locked" 2>&1 &
stranger=$!
exec 9>"$work/orders"
printf '%s\n' '.timeout 5000' "BEGIN IMMEDIATE; SELECT 'locked';" >&9
check "a stranger locks the database" wait_for 5 grep -qx locked "$work/locked"
start=$SECONDS
check "mails are answered" demo_as locked
check "without waiting for him" test $((SECONDS - start)) -lt 5
check "one line says so" logged_once 'patchmark.db: database is locked; mails go on without it'
check "a monitor sees it" wait_for 15 value_is store_up 0
same "and how many it cost" "$mails" "$(value mails_unremembered_total)"
echo 'ROLLBACK;' >&9
exec 9>&-
wait $stranger
demo_as unlocked
check "when he is gone it works again, and says how many went without it" \
    logged_once "patchmark.db: works again; $mails mails went without it"
check "and a monitor sees that" wait_for 15 value_is store_up 1
lost_is_told() { "$PATCHMARK" tail -s "$work/state" -F -j -n 1000 | grep -q "\"state\":\"lost\".*\"lost\":$mails\b"; }
check "and subscribers are told" wait_for 15 lost_is_told
milter_stop
same "it ends with 0" 0 $?
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# start.sh - signals at any moment of the start: SIGTERM and SIGINT end the daemon with 0, and SIGHUP is a
# reload when the start is complete.  A signal before the first statement of the program, while its
# libraries are loaded, ends it by the default action, before it has done anything; half of the tries let
# the program inherit blocked signals, so that also such a signal waits for the program.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox

cat >"$work/try.py" <<'EOP'
"""usage: try.py FOLDER SIGNAL MILLISECONDS blocked|default COMMAND...

Starts the daemon, sends it the signal after that time, after SIGHUP also SIGTERM when it has started, and
prints what is wrong with its end."""
import os, signal, subprocess, sys, time

folder, name, milliseconds, mask = sys.argv[1:5]
number = getattr(signal, name)
log, socket, state = folder + "/milter.log", folder + "/run/patchmark.sock", folder + "/state"
existed = os.path.exists(state)

def logged(text):
    with open(log, encoding="utf-8") as file:
        return text in file.read()

def block():
    signal.signal(number, signal.SIG_DFL)  # a program in the background ignores SIGINT
    signal.pthread_sigmask(signal.SIG_BLOCK, [number] if mask == "blocked" else [])

def has(text):
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None and not logged(text):
        time.sleep(0.01)
    return logged(text)

with open(log, "w") as out:
    process = subprocess.Popen(sys.argv[5:], stderr=out, preexec_fn=block)
time.sleep(int(milliseconds) / 1000)
process.send_signal(number)
if number == signal.SIGHUP and has("configuration read again"):
    process.terminate()
try:
    status = process.wait(60)
except subprocess.TimeoutExpired:
    process.kill()
    sys.exit("it hangs")
if os.path.exists(socket):
    sys.exit("it left its socket")
if mask == "default" and status == -number and os.path.getsize(log) == 0 and os.path.exists(state) == existed:
    sys.exit(0)
if status != 0:
    sys.exit("status %d" % status)
if number == signal.SIGHUP and not logged("configuration read again"):
    sys.exit("no reload")
EOP

# signal_at SIGNAL FRESH: tries all moments; if FRESH is yes, each start creates the database.
signal_at() {
    local moment mask faults=0
    for moment in 0 1 2 3 5 7 10 15 20 30 40 50; do
        for mask in blocked default; do
            [ "$2" = no ] || rm -rf "$work/state"
            python3 "$work/try.py" "$work" "$1" "$moment" "$mask" "$PATCHMARK" serve --stderr \
                --config="$work/patchmark.conf" 2>"$work/wrong" && continue
            echo "         $1 after $moment ms, $mask: $(cat "$work/wrong" "$work/milter.log")"
            faults=$((faults + 1))
        done
    done
    [ $faults -eq 0 ]
}

milter_configure "plugin \"file\" { path = \"$work/events.jsonl\" }" \
    "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s }"
check "SIGTERM while the database is created" signal_at SIGTERM yes
check "SIGTERM with a database" signal_at SIGTERM no
check "SIGINT" signal_at SIGINT no
check "SIGHUP" signal_at SIGHUP no

# ---- while the configuration is read: a plugin sends the signal when it is loaded --------------------

cat >"$work/early.c" <<'END'
#include "patchmark-plugin.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
static __attribute__((constructor)) void loaded(void) {
    const char *number = getenv("TEST_SIGNAL");
    if (number)
        kill(getpid(), atoi(number));
    unsetenv("TEST_SIGNAL");
}
static int classify(void *self, const struct patchmark_message *message, struct patchmark_facts *facts) {
    (void)self, (void)message, (void)facts;
    return 0;
}
static struct patchmark_plugin early = {.traits = PATCHMARK_PARALLEL,
    .name = "early", .version = "1", .summary = "sends a signal", .classify = classify};
PATCHMARK_PLUGIN(early)
END
cc -shared -fPIC -I "$SOURCE/milter/include" -o "$work/early.so" "$work/early.c" || exit
echo "plugin \"early\" { file = \"$work/early.so\" }" >>"$work/patchmark.conf"
rm -rf "$work/state"
for signal in TERM INT; do
    TEST_SIGNAL=$(kill -l $signal) timeout 60 "$PATCHMARK" serve --stderr --config="$work/patchmark.conf" \
        2>"$work/milter.log"
    same "SIG$signal while the configuration is read ends it with 0" 0 $?
    same "it has logged nothing" "" "$(cat "$work/milter.log")"
    check "and written nothing" test ! -e "$work/state" -a ! -e "$milter_socket"
done
export TEST_SIGNAL
TEST_SIGNAL=$(kill -l HUP)
milter_start
unset TEST_SIGNAL
check "SIGHUP while it is read is a reload after the start" \
    wait_for 30 grep -q 'configuration read again' "$work/milter.log"
milter_stop TERM

# ---- the state after all that -------------------------------------------------------------------------

same "the database is whole" ok "$(sqlite3 "$work/state/patchmark.db" 'PRAGMA integrity_check')"
milter_start
check "the next start answers mails" play "unix:$milter_socket" "$demo"
milter_stop TERM
same "SIGTERM ends it with 0" 0 $?
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# status.sh - `patchmark status` and its exit status in all that can happen to a daemon, with no option
# set for metrics; and `patchmark version`.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
state=$work/state
mails=$(grep -c '^From patchmark ' "$demo")

# status [OPTION...]: asks the daemon; sets `code`; the output is in $work/out, that on standard error in
# $work/err.
status() {
    "$PATCHMARK" status --config="$work/patchmark.conf" "$@" >"$work/out" 2>"$work/err"
    code=$?
}
exits() { # CODE: true if status exits with it
    status
    [ "$code" -eq "$1" ]
}
said() { grep -qE -- "$1" "$work/out"; }
# json EXPRESSION: prints a Python expression over the status s as JSON
json() {
    "$PATCHMARK" status --state="$state" --json 2>/dev/null |
        /usr/bin/python3 -c 'import json, sys; s = json.loads(sys.stdin.readline()); print(eval(sys.argv[1]))' "$1"
}
sink() { json "[x['$2'] for x in s['sinks'] if x['name'] == '$1'][0]"; } # NAME MEMBER
json_is() { [ "$(json "$1")" = "$2" ]; }
sink_is() { [ "$(sink "$1" "$2")" = "$3" ]; }

(umask 077; echo whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >"$work/secret")
configure() {
    milter_configure "metrics_file = \"$work/metrics.prom\"" "plugin \"file\" { path = \"$work/events.jsonl\" }" \
        "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s }" "$@"
}
configure

# ---- before the first start -----------------------------------------------------------------------

status
same "before the first start there is no folder: unknown (4)" 4 "$code"
check "it is said" said "^daemon     unknown: the state folder $state does not exist$"
same "as JSON" "unknown False False" "$(json '"%s %s %s" % (s["state"], s["healthy"], s["store"]["readable"])')"
"$PATCHMARK" status --state="$demo" >"$work/out"
same "a file that is no folder (4)" 4 $?
check "it is said" said "the state folder $demo is not a folder$"
"$PATCHMARK" status --state= >"$work/out" 2>"$work/err"
same "an empty name (64)" 64 $?

# What cannot be read is said in the words of the other commands, also as JSON.
mkdir "$work/other"
store_is() { [ "$("$PATCHMARK" status --state="$work/other" --json 2>&1 | /usr/bin/python3 -c 'import json, sys
print([x["text"] for x in json.loads(sys.stdin.readline())["unknown"] if x["about"] == "store"][0])' | grep -c -- "$1")" -eq 1 ]; }
check "a folder without a database" store_is "cannot read $work/other/patchmark.db: No such file"
"$PATCHMARK" status --state="$work/other" >"$work/out"
same "nobody uses it: stopped (3)" 3 $?
check "it is said" said '^daemon     stopped: no process uses the state folder$'
check "a missing file has no size" sh -c "! grep -q ' 0 bytes' '$work/out'"
head -c 8192 /dev/zero | tr '\0' x >"$work/other/patchmark.db"
check "a damaged database: what to do" store_is 'file is not a database; move it away'
rm "$work/other/patchmark.db"
sqlite3 "$work/other/patchmark.db" 'CREATE TABLE t (x)'
check "the database of another program: what to do" store_is 'is a database of another program; move it away'

# ---- a daemon that runs ---------------------------------------------------------------------------

redis_start
milter_start
check "the daemon runs and all is well (0)" exits 0
check "since when" said '^daemon     running for [0-9]+s, since 20[0-9-]+ [0-9:]+ UTC$'
play "$socket" "$demo"
# Counters are those of the moment; a mail is counted just after its answer.
check "mails that were answered, at once" wait_for 2 json_is 's["mails"]["answered"]' "$mails"
check "and their kinds" wait_for 2 json_is 'sum(s["mails"]["kinds"].values())' "$mails"
"$PATCHMARK" classify "$demo" | sed 's/.*"kind":"\([a-z]*\)".*/\1/' | sort | uniq -c >"$work/kinds"
while read -r count kind; do
    same "mails of kind $kind" "$count" "$(json "s['mails']['kinds']['$kind']")"
done <"$work/kinds"
events=$("$PATCHMARK" tail -s "$state" -F -j -n 1000 | wc -l)
same "events in the outbox" "$events" "$(json 's["outbox"]["events"]')"
same "events that were committed" "$events" "$(json 'sum(s["events"].values())')"
for name in file redis; do
    check "sink $name has them" wait_for 15 sink_is "$name" delivered "$events"
    same "sink $name: state, depth, cursor, losses" "delivers 0 $events 0" \
        "$(sink $name state) $(sink $name pending) $(sink $name sequence) $(sink $name lost)"
    check "sink $name: its last delivery was now" test $(($(date +%s) - $(sink $name last_delivery))) -lt 60
done
same "the store: mails, series" "$mails 3" "$(json '"%d %d" % (s["store"]["mails"], s["store"]["series"])')"
same "nothing is lost" "0 0 0" "$(json '"%(mails)d %(events)d %(mails_unreported)d" % s["lost"]')"
same "nothing is unknown" "[]" "$(json 's["unknown"]')"
check "the libraries of the plugins are known" json_is '"hiredis" in s["libraries"] and "SQLite" in s["libraries"]' True
same "the members of the object" \
    "counted_since events features healthy libraries lost mails outbox pid plugins problems sinks started state store unknown updated uptime version" \
    "$(json '" ".join(sorted(s))')"
status
check "for people: a line for each sink" said '^ +redis +delivers +0 +- +[0-9]+ +[0-9]+[ms] +0 +0$'
check "for people: kinds" said "^mails  +$mails answered +[0-9]+ patch$"
check "since when it is counted" said '^ +counted since the start, [0-9]+s ago$'
"$PATCHMARK" status --state="$state" --color=always >"$work/out"
check "colours in a pipe" grep -q $'\e\\[32mrunning' "$work/out"
COLUMNS=80 status
same "no line is wider than the terminal" 0 "$(grep -vE '^store|patchmark\.db' "$work/out" | awk 'length($0) > 80' | wc -l)"
same "the socket: its mode" 660 "$(stat -c %a "$state/status.sock")"
if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid=65534 --regid=65534 --clear-groups "$PATCHMARK" status --state="$state" >"$work/out" 2>"$work/err"
    same "a user who may not ask (4)" 4 $?
    check "is told what to do" said '^daemon     unknown: this user may not ask it; run this as root or as a member of its group'
fi

# ---- sinks that do not deliver ----------------------------------------------------------------------

redis_stop
sed 's/^Message-ID: <\(.*\)@/Message-ID: <\1.second@/' "$demo" >"$work/second.mbox"
play "$socket" "$work/second.mbox"
check "a sink that fails (1)" wait_for 20 exits 1
check "is named, with what waits" said '^problems   redis: the sink fails: [0-9]+ events wait, the oldest for .*; [0-9]+s ago: .*[Cc]onnect'
same "its state" fails "$(sink redis state)"
check "the depth of its outbox" test "$(sink redis pending)" -gt "$mails"
same "the other sink delivers" "delivers 0" "$(sink file state) $(sink file pending)"
redis_start
check "it delivers again (0)" wait_for 40 exits 0

# A password that Redis refuses, at a moment at which no event waits.
check "no event waits" wait_for 20 sink_is redis pending 0
redis CONFIG SET requirepass right >/dev/null
(umask 077; echo wrong >"$work/password")
milter_configure "plugin \"file\" { path = \"$work/events.jsonl\" }" \
    "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s password_file = \"$work/password\" }"
kill -USR1 "$milter_pid"
check "a sink whose password is refused fails, although it had nothing to deliver" wait_for 20 sink_is redis state fails
check "that is a problem (1)" exits 1
check "it is named before an event waits" said '^problems   redis: the sink fails; no event waits; [0-9]+s ago: .*WRONGPASS'
REDISCLI_AUTH=right redis CONFIG SET requirepass wrong >/dev/null
check "once it is accepted, all is well (0)" wait_for 40 exits 0
same "and the sink is untried" untried "$(sink redis state)"
REDISCLI_AUTH=wrong redis CONFIG SET requirepass '' >/dev/null

# An endpoint that is away: its delivery log are the counters of the plugin.
configure "plugin \"webhook/ci\" { url = \"http://127.0.0.1:1/\" secret_file = \"$work/secret\" start = oldest }"
status
same "a sink that the running daemon does not have yet (1)" 1 "$code"
check "is named" said '^problems   webhook/ci: the configuration has this sink, the running daemon does not'
kill -USR1 "$milter_pid"
check "an endpoint that is away (1)" wait_for 20 sink_is webhook/ci state fails
check "its delivery log" wait_for 20 json '[x for x in s["sinks"] if x["name"] == "webhook/ci" and x["counters"]["retried"] > 0][0]'
status
check "for people" said '^ +[1-9][0-9]* retried$'
check "the error as the log has it" said '^problems   webhook/ci: the sink fails: .*; [0-9]+s ago: http://127.0.0.1:1: .*connect'
check "it is not in the metrics of others" sh -c "! grep -q trouble '$work/metrics.prom'"

# An endpoint that answers, with the status in a file.  What it does not take is no delivery.
port=$(free_port)
cat >"$work/endpoint.py" <<'END'
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        self.send_response(int(open(sys.argv[2]).read()))
        self.send_header('Content-Length', '0')
        self.end_headers()
    def log_message(self, *arguments):
        pass
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
END
endpoint() { # STATUS [TRIES]: a new endpoint, which is offered all events of the outbox
    echo "${1#r}" >"$work/endpoint.status"
    configure "plugin \"webhook/e$1\" { url = \"http://127.0.0.1:$port/\" secret_file = \"$work/secret\" tries = ${2:-1} start = oldest }"
    kill -USR1 "$milter_pid"
}
/usr/bin/python3 "$work/endpoint.py" "$port" "$work/endpoint.status" &
helper_pids+=($!)
events=$(json 's["outbox"]["events"]')
endpoint 410
check "status 410: off" wait_for 20 sink_is webhook/e410 state off
check "every event is dropped" wait_for 20 sink_is webhook/e410 dropped "$events"
same "none is delivered" "0 None" "$(sink webhook/e410 delivered) $(json '[x.get("last_delivery") for x in s["sinks"] if x["name"] == "webhook/e410"][0]')"
json_is 's["lost"]["events"]' "$events"
same "they are lost" 0 $?
status
same "that is a problem (1)" 1 "$code"
check "the advice of the log" said "^problems   webhook/e410: status 410, the endpoint wants no more events: $events dropped; remove its section, or reload to try it again$"
check "for people" said "^ +webhook/e410 off +0 +- +0 +- +0 +$events$"
check "and among what is lost" said "^lost .* $events events dropped for an endpoint that is off"
endpoint 422
check "an endpoint that refuses events" wait_for 20 sink_is webhook/e422 refused "$events"
same "none is delivered" "refuses 0" "$(sink webhook/e422 state) $(sink webhook/e422 delivered)"
status
same "that is a problem (1)" 1 "$code"
check "why, and when" said "^problems   webhook/e422: the endpoint refuses events: $events set aside; [0-9]+s ago: .* with status 422"
check "since when it is counted" said '^ +counted since the last reload, [0-9]+s ago$'
endpoint r422 3
check "an endpoint that refuses, between the tries" wait_for 20 sink_is webhook/er422 refused 1
same "it refuses" refuses "$(sink webhook/er422 state)"
check "after three events, each has one try" wait_for 20 sink_is webhook/er422 refused "$events"
same "tries that failed before" 6 "$(json '[x["counters"]["retried"] for x in s["sinks"] if x["name"] == "webhook/er422"][0]')"
endpoint 200
check "an endpoint that takes events" wait_for 20 sink_is webhook/e200 delivered "$events"
same "it delivers" "delivers 0" "$(sink webhook/e200 state) $(sink webhook/e200 refused)"
check "all is well (0)" exits 0
kill -USR1 "$milter_pid"
check "after a reload nothing is known of it yet" wait_for 20 sink_is webhook/e200 state untried
check "that is no problem (0)" exits 0
configure
kill -USR1 "$milter_pid"
check "the endpoint was removed (0)" wait_for 20 exits 0

# ---- reloads ----------------------------------------------------------------------------------------

reloading() { for _ in 1 2 3 4 5 6 7 8; do kill -USR1 "$milter_pid"; sleep 0.1; done; }
reloading &
others=$!
bad=0
for _ in $(seq 40); do exits 0 || { bad=$((bad + 1)); cat "$work/out" "$work/err"; }; done
wait "$others"
others=()
same "a reload is never a stop" 0 "$bad"
echo nonsense >>"$work/patchmark.conf"
kill -USR1 "$milter_pid"
failed_reload() { "$PATCHMARK" status --state="$state" >"$work/out"; [ $? -eq 1 ]; }
check "a configuration that was not activated (1)" wait_for 20 failed_reload
check "is named" said '^problems   reload: the configuration was not activated'
check "the log has file and line, it is said" said 'see the log for file and line'
status
same "without --state: its state folder, and the errors as problems (1)" 1 "$code"
check "for people" said "^ +configuration: $work/patchmark.conf:[0-9]+: "
check "the rest is there" said '^daemon     running for '
same "a file that cannot be read (78)" 78 "$("$PATCHMARK" status --config="$work/missing.conf" >/dev/null 2>&1; echo $?)"
configure
kill -USR1 "$milter_pid"
check "after it was corrected (0)" wait_for 20 exits 0

# ---- the store fails --------------------------------------------------------------------------------

printf '.timeout 5000\nBEGIN EXCLUSIVE;\nSELECT 1;\n.shell sleep 8\n' | sqlite3 "$state/patchmark.db" >"$work/locker" 2>&1 &
locker=$!
wait_for 5 grep -qx 1 "$work/locker"
sed 's/^Message-ID: <\(.*\)@/Message-ID: <\1.third@/' "$demo" >"$work/third.mbox"
play "$socket" "$work/third.mbox"
wait "$locker"
check "mails that were not recorded are counted" wait_for 20 json_is 's["lost"]["mails"] > 0' True
status
check "for people" said '^lost       [1-9][0-9]* mails not recorded since the start'
check "once they are reported, all is well (0)" wait_for 20 exits 0

# ---- the end ----------------------------------------------------------------------------------------

wait_for 20 outbox_is_drained # also of the event that reports the lost mails
kill -STOP "$milter_pid"
status
kill -CONT "$milter_pid"
same "a daemon that hangs (1)" 1 "$code"
check "it is said" said "^daemon     silent: process $milter_pid gave no answer for 5 s"
milter_stop KILL
status
same "after kill -9: stopped (3)" 3 "$code"
check "it is said" said '^daemon     stopped: it was killed or has crashed$'
check "what waits for a sink is known without the daemon" said '^ +file +- +0 +- '
milter_start
check "started again (0)" exits 0
milter_stop
status
same "after a clean stop (3)" 3 "$code"
check "it is said" said '^daemon     stopped: no process uses the state folder$'
check "the socket is removed" test ! -e "$state/status.sock"
same "the store is read" "True $((2 * mails))" "$(json '"%s %d" % (s["store"]["readable"], s["store"]["mails"])')"
status --format=xml
same "an unknown option (64)" 64 "$code"

# ---- version ----------------------------------------------------------------------------------------

"$PATCHMARK" version >"$work/out"
check "version: its line" said '^patchmark [0-9.]+ \(plugin interface [0-9]+, libmilter (un)?buffered\)$'
check "version: libraries" said '^libraries  libmilter [0-9.]+, GMime [0-9.]+, GLib [0-9.]+, SQLite [0-9.]+'
check "version: features" said '^features   '
check "version: the home page" said '^home page  https:'
check "version: the contact" said '^contact    [^ ]+@[^ ]+$'
finish

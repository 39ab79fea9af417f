#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# feed-faults.sh - faults of the feed: each is logged in one line, and its end in another one; mail
# flows all the time, unaltered; events wait, and arrive after the repair.  The connection that reads
# the events of other hosts logs its own lines, and is switched off here.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

socket=unix:$work/run/patchmark.sock
file=$work/events.jsonl
port=$(free_port)
seed=$((1 + RANDOM % 5000))
echo "SEED=$seed"
log_from=1
no_line='^$'
in_between=$no_line # lines that may follow the first: of the moment in which something else takes over
comes_up='(connect: Connection refused|lost connection: .*|LOADING .*|timeout: .*); events wait in the outbox$' # a server's first moments
export REDISCLI_AUTH=right

server_start() { # [OPTION VALUE...]
    in_between+="|$comes_up"
    redis_start --port "$port" --bind 127.0.0.1 --requirepass right "$@"
}

# new_lines: prints what the milter has logged since log_mark, without the line for each mail.
new_lines() {
    tail -n "+$log_from" "$work/milter.log" | grep -v ': kind=' | awk -v re="$in_between" 'NR == 1 || $0 !~ re'
}
log_is() { # PATTERN...: true if the new lines match these patterns, in this order
    new_lines | uniq >"$work/lines"
    local pattern number=0
    for pattern in "$@"; do
        number=$((number + 1))
        sed -n "${number}p" "$work/lines" | grep -qE -- "$pattern" || { cat "$work/lines"; return 1; }
    done
    [ "$(wc -l <"$work/lines")" -eq $number ] || { cat "$work/lines"; return 1; }
}
log_mark() {
    log_from=$(($(wc -l <"$work/milter.log") + 1))
    in_between=$no_line
}

unaltered() { # FILE: true if the mails in it equal those that were sent, except for the headers
    cmp <(grep -v '^Patchmark-' "$work/mails.mbox") <(grep -v '^Patchmark-' "$1")
}

mail_flows() { # NAME
    "$GENERATE" -n 100 -s $seed >"$work/mails.mbox"
    seed=$((seed + 1))
    "$FAKEMTA" -c 4 --print mail "$socket" "$work/mails.mbox" >"$work/out.mbox"
    same "$1: all mails are answered" 0 $?
    check "$1: the mails are unaltered" unaltered "$work/out.mbox"
}

all_delivered() {
    file_ids "$file" >"$work/wanted.ids"
    stream_ids >"$work/got.ids"
    [ -s "$work/wanted.ids" ] && cmp -s "$work/wanted.ids" "$work/got.ids" && outbox_is_drained
}

# fault NAME PATTERN REPAIR: checks that mails flow during a fault that exists already, that one line
# is logged, and that events arrive after the command REPAIR.
fault() {
    local name=$1 pattern=$2 repair=$3
    mail_flows "$name"
    wait_for 10 log_is "$pattern"
    sleep 3 # for several tries
    mail_flows "$name, again"
    check "$name: one line is logged" log_is "$pattern"
    $repair
    check "$name: all events arrive after the repair" wait_for 40 all_delivered
    check "$name: the end is logged in one line" log_is "$pattern" '^patchmark: info: plugin redis: .*: recovered, failed batches: [0-9]+$'
    log_mark
}

hostile() { # MANNER
    rm -f "$work/hostile"
    python3 "$SOURCE/tests/end-to-end/hostile.py" "$port" "$1" >"$work/hostile" &
    hostile=$!
    helper_pids=($hostile)
    wait_for 5 test -s "$work/hostile"
}
hostile_stop() {
    kill $hostile
    wait $hostile 2>/dev/null
    helper_pids=()
    server_start
}

# ---- without a fault --------------------------------------------------------------------------------

umask 077
echo right >"$work/password"
umask 022
milter_configure "plugin \"file\" { path = \"$file\" }" \
    "plugin \"redis\" { server = \"inet:$port@127.0.0.1\" password_file = \"$work/password\" timeout = 1s follow = false }"
server_start
milter_start
mail_flows "no fault"
check "no fault: the events arrive" wait_for 10 all_delivered
log_mark # "listens on"

# ---- Redis refuses events -------------------------------------------------------------------------------

redis CONFIG SET requirepass other >/dev/null
REDISCLI_AUTH=other redis CLIENT KILL TYPE normal SKIPME yes >/dev/null
password_is_right() { REDISCLI_AUTH=other redis CONFIG SET requirepass right >/dev/null; }
fault "wrong password" "^patchmark: error: plugin redis: .*: WRONGPASS .*; events wait in the outbox$" password_is_right
check "the password is not in the log" test -z "$(grep -w right "$work/milter.log")"

redis RENAME '{patchmark}:events' '{patchmark}:kept' >/dev/null
redis SET '{patchmark}:events' text >/dev/null
type_is_right() { redis RENAME '{patchmark}:kept' '{patchmark}:events' >/dev/null; }
fault "key of another type" "^patchmark: error: plugin redis: .*: WRONGTYPE .*; events wait in the outbox$" type_is_right

redis_stop
mkdir "$work/old"
server_start --dir "$work/old" --rename-command XADD ''
redis_is_new() {
    redis_stop
    server_start
}
fault "Redis without streams" \
    "^patchmark: error: plugin redis: .*[Uu]nknown.* command.*Redis 5 or later\); events wait in the outbox$" redis_is_new

# ---- no Redis ---------------------------------------------------------------------------------------------

redis_stop
fault "no server at the port" "^patchmark: error: plugin redis: .*: connect: Connection refused; events wait in the outbox$" server_start
redis_stop
hostile deaf
# On a busy machine a connection may succeed, before or after others that fail.
in_between='(connect|timeout): (no reply within 1000 ms|Connection timed out); events wait in the outbox$'
fault "no answer from the port" "^patchmark: error: plugin redis: .*: $in_between" hostile_stop

# ---- a server that is not Redis -----------------------------------------------------------------------------

impostor() { # MANNER TEXT
    redis_stop
    hostile "$1"
    fault "a server that is $1" "^patchmark: error: plugin redis: .*: $2; events wait in the outbox$" hostile_stop
}
impostor garbage 'unexpected type of reply, is the server a Redis\?'
impostor half 'lost connection: .*'
impostor endless 'unexpected size of a reply: more than [0-9]+ bytes'
impostor silent 'timeout: no reply within 1000 ms'
impostor wrong 'unexpected type of reply, is the server a Redis\?'

# ---- an unreachable address ----------------------------------------------------------------------------------

# Networks differ: they report an error at once, drop the packets, or a gateway accepts the connection.
milter_stop TERM
log_mark
sed -i "s/inet:$port@127.0.0.1/inet:6379@10.255.255.1/" "$work/patchmark.conf"
milter_start
mail_flows "an unreachable address"
nowhere='^patchmark: error: plugin redis: inet:6379@10.255.255.1: .*; events wait in the outbox$'
wait_for 10 log_is 'listens on' "$nowhere"
sleep 3
check "an unreachable address: one line is logged" log_is 'listens on' "$nowhere"
milter_stop TERM
sed -i "s/inet:6379@10.255.255.1/inet:$port@127.0.0.1/" "$work/patchmark.conf"
milter_start
check "an unreachable address: the events arrive with the right one" wait_for 10 all_delivered
milter_stop TERM

# ---- a full disk under the outbox ---------------------------------------------------------------------------

if [ "$(id -u)" -ne 0 ]; then
    echo "skipped  a full disk: needs root"
    finish
fi
mkdir "$work/disk"
trap 'umount -l "$work/disk" 2>/dev/null; cleanup' EXIT
if ! mount -t tmpfs -o size=48m none "$work/disk" 2>"$work/mount"; then
    echo "skipped  a full disk: $(cat "$work/mount")"
    finish
fi
state=$work/disk/state
sed -i "s|^state .*|state = \"$state\"|" "$work/patchmark.conf"
redis_stop
milter_start
mail_flows "a disk with free space, Redis stopped"
cp "$work/mails.mbox" "$work/kept.mbox"
sleep 1
dd if=/dev/zero of="$work/disk/filler" bs=4096 2>/dev/null # until the disk is full
log_mark
mail_flows "a full disk"
cp "$work/mails.mbox" "$work/full.mbox"
mail_flows "a full disk, again"
cat "$work/mails.mbox" >>"$work/full.mbox"
sleep 1
check "a full disk: one line is logged" \
    log_is '^patchmark: error: .*/patchmark.db: database or disk is full; mail passes without it'
log_mark
rm "$work/disk/filler"
mail_flows "free space again"
cat "$work/mails.mbox" >>"$work/kept.mbox"
check "free space again: one line is logged" log_is '^patchmark: info: .*/patchmark.db works again; [1-9][0-9]* mails? passed without it'
missed=$(new_lines | sed -n 's/.*works again; \([0-9]*\) mails.*/\1/p')
log_mark
server_start
check "the events from before and after arrive" wait_for 60 all_delivered
stream_events | sed -n 's/.*"type":"patchmark.message.seen.v1".*"subject":"\([^"]*\)","time".*/\1/p' |
    sort >"$work/seen.ids"
seen_of() { comm -12 <(sed -n 's/^Message-ID: <\(.*\)>$/\1/p' "$1" | sort) "$work/seen.ids" | wc -l; }
same "each mail that was sent with free space has its event" 200 "$(seen_of "$work/kept.mbox")"
same "mails of the full disk have events, except those that the log line counts" $((200 - missed)) "$(seen_of "$work/full.mbox")"
milter_stop TERM
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# consumers.sh - tests of the page docs/consumers and its samples.  Every sample reads the events of a
# real patchmark from a real Redis, with the ACL rules of the page.  It is killed during an action, and
# between an action and the acknowledgement, is started again, and must have done every action once.
# The recipes of the page must do what the page states.
#
# The client for Node is downloaded from the npm registry.  A missing npm or package is a failure.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

page=$SOURCE/docs/consumers/README.md
socket=unix:$work/run/patchmark.sock
bots=$work/bots
export PYTHONDONTWRITEBYTECODE=1 IDLE_MS=5000

declare -A pids=()
bots_end() {
    local pid
    for pid in "${pids[@]}"; do kill -KILL -- "-$pid" 2>/dev/null; done
    [ ${#pids[@]} -eq 0 ] || wait "${pids[@]}" 2>/dev/null
    pids=()
}
trap 'bots_end; cleanup' EXIT

# block NAME: prints the code of the page below that mark.
block() {
    awk -v mark="<!-- test: $1 -->" '$0 == mark { inside = 1; next }
        inside && /^```/ { if (code++) exit; next }
        inside && code { print }' "$page"
}

# ---- programs and libraries for the samples ------------------------------------------------------

mkdir "$bots" "$work/did" "$work/empty"
cp "$SOURCE"/docs/consumers/*.{sh,py,mjs} "$bots"
kinds="sh"
node_client() { # installs the npm package redis: the newest major version that this Node supports
    local version=5
    [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ] || version=6
    (cd "$bots" && npm install --no-save --no-package-lock --no-audit --no-fund --loglevel=error \
        "redis@$version") >"$work/npm.log" 2>&1 || { tail -5 "$work/npm.log"; return 1; }
}
has_python=yes
/usr/bin/python3 -c 'import redis' || has_python=no
same "python3-redis is installed" yes $has_python
[ $has_python = no ] || kinds+=" py"
if node_client; then has_node=yes; else has_node=no; fi
same "npm install redis" yes $has_node
[ $has_node = no ] || kinds+=" mjs"

cursors='' groups='' labels='' cis=''
for kind in $kinds; do
    cursors+=" cursor.$kind" groups+=" group.$kind" labels+=" label.$kind" cis+=" ci.$kind"
done
longest=$(wc -l "$bots"/*.{sh,py,mjs} | sort -n | tail -n 2 | awk 'NR == 1 { print $1 }')
check "a sample has at most 60 lines" test "$longest" -le 60

# ---- Redis with the rights of the page, patchmark, and a TCP port --------------------------------

redis_start
port=$(free_port)
redis CONFIG SET port "$port" >/dev/null
redis CONFIG SET bind 127.0.0.1 >/dev/null
sed -n 's/>PASSWORD/>secret/; /^ACL SETUSER/p' "$page" >"$work/rights"
same "the page has rights for three users" "patchmark reader bot " \
    "$(awk '{ printf "%s ", $3 }' "$work/rights")"
same "Redis accepts them" "$(printf 'OK\nOK\nOK')" "$(redis <"$work/rights")"
check "the rights of the publisher are those in redis.md" \
    grep -qxF -- "$(grep '^ACL SETUSER patchmark' "$page")" "$SOURCE/plugins/redis/redis.md"

as() { REDISCLI_AUTH=secret redis --user "$@"; }
refused() { as "$@" 2>&1 | grep -q NOPERM; }
set -f # KEYS *
for user in reader bot; do
    while read -r command; do
        # shellcheck disable=SC2086 # words
        check "$user may not $command" refused $user $command
    done <<'END'
XADD {patchmark}:events * a b
XDEL {patchmark}:events 1-0
XTRIM {patchmark}:events MAXLEN 0
XGROUP DESTROY {patchmark}:events other
SET {patchmark}:events x
DEL {patchmark}:events
SET {patchmark}:series:s1-niulqkebrvhrxlzn x
SET {patchmark}:seen:f760636f192ea1ee9418bbad7f36546a x
GET {patchmark}:seen:f760636f192ea1ee9418bbad7f36546a
XREAD STREAMS other 0
ZADD {patchmark}:open 1 s1-x
CLIENT LIST
KEYS *
CONFIG GET *
END
done
set +f
check "reader may not XACK" refused reader XACK '{patchmark}:events' group 1-0
check "bot may not SET a key outside of its own" refused bot SET bot x
check "reader may read a series" as reader -e HGETALL '{patchmark}:series:s1-niulqkebrvhrxlzn'
check "bot may read a series" as bot -e HGETALL '{patchmark}:series:s1-niulqkebrvhrxlzn'
check "reader may read the open series" as reader -e ZRANGE '{patchmark}:open' 0 -1
check "bot may read the open series" as bot -e ZRANGE '{patchmark}:open' 0 -1

# From here on nothing may be refused, also not what clients do on their own.
redis ACL LOG RESET >/dev/null
nothing_refused() { # WHAT
    same "$1: nothing was refused" "" "$(redis --raw ACL LOG | awk 'last == "object" { print } { last = $0 }' | paste -sd " ")"
    redis ACL LOG RESET >/dev/null
}
# typed FILE COMMAND...: runs a command on a terminal, where the lines of the file are typed.
typed() {
    TERM=dumb timeout 20 /usr/bin/python3 - "$@" <<'END'
import os, pty, select, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
def printed(seconds):
    end = time.time() + seconds
    while time.time() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                sys.stdout.buffer.write(os.read(terminal, 65536))
            except OSError:
                return
printed(2)
for line in open(sys.argv[1]):
    os.write(terminal, line.strip().encode() + b"\r")
    printed(1)
END
}
echo "XLEN {patchmark}:events" >"$work/typed"
for user in reader bot; do
    REDISCLI_AUTH=secret typed "$work/typed" redis-cli -s "$work/redis.sock" --user $user >"$work/terminal"
    check "redis-cli on a terminal as $user" grep -q integer "$work/terminal"
    nothing_refused "redis-cli on a terminal as $user"
    as $user -3 XLEN '{patchmark}:events' >/dev/null
    nothing_refused "redis-cli with RESP3 as $user"
done

echo secret >"$work/password"
chmod 600 "$work/password"
configure() { # [OPTION]: a further option of the plugin redis
    milter_configure 'quiet = 2s' \
        "plugin \"rules\" { label = { 'code: path = \"*.c\"', 'api: path = \"*.h\"'," \
        "  'review: kind.kind = \"reply\"' } }" \
        "plugin \"redis\" { server = \"unix:$work/redis.sock\" username = \"patchmark\"" \
        "  password_file = \"$work/password\" ${1:-} }"
}
configure
milter_start

# Writes each mail to a file of its own.
cat "$SOURCE/tests/mails/demo.mbox" "$SOURCE/tests/mails/consumers.mbox" |
    awk -v folder="$work" '/^From patchmark /{close(f); f = sprintf("%s/mail.%02d", folder, ++n)} {print >f}'
mails() { # FIRST LAST: plays the mails with these numbers
    local number
    for number in $(seq -f %02g "$1" "$2"); do play "$socket" "$work/mail.$number" || return; done
}

# ---- the actions of the bots ---------------------------------------------------------------------

# record FILE [WORD...]: the action of a bot.  Appends the words, or the id of the event on standard
# input, to FILE; if FILE has them already, to FILE.again, as an idempotent action would.  Hangs before
# the action that FILE.before names, or after the one that FILE.after names, until it is killed; fails
# once at the action that FILE.fail names, and always at the one that FILE.poison names.
cat >"$work/record" <<'END'
#!/bin/bash
file=$1
shift
if [ $# -gt 0 ]; then work=$*; else work=$(jq -r .id) || exit; fi
due() { [ "$(cat "$file.$1" 2>/dev/null)" = "$work" ] && rm "$file.$1"; }
hang() {
    due "$1" || return
    echo "$MEMBER" >"$file.member"
    mv "$file.member" "$file.hangs"
    exec sleep 600
}
if due fail; then exit 1; fi
if [ "$(cat "$file.poison" 2>/dev/null)" = "$work" ]; then echo "$work" >>"$file.refused" && exit 1; fi
hang before
to=$file
grep -qxF -- "$work" "$file" 2>/dev/null && to=$file.again
printf '%s\n' "$work" >>"$to"
hang after
exit 0
END
chmod 755 "$work/record"
# A bot that runs a string of a mail in a shell creates a file in this folder.
cd "$work/empty" || exit

# bot_start SAMPLE MEMBER [COMMAND...]: starts the sample under the name $NAME, or SAMPLE.
bot_start() {
    local sample=$1 member=$2 name=${NAME:-$1} user=bot run
    shift 2
    case $sample in
    *.sh) run="sh $bots/$sample" ;;
    *.py) run="/usr/bin/python3 $bots/$sample" ;;
    *.mjs) run="node $bots/$sample" ;;
    esac
    case $sample in
    cursor.* | notify.*) user=reader run+=" $work/did/$name.place" ;;
    remind.*) run+=" $name $member" ;;
    group.*) run+=" $name $member" ;;
    *) run+=" $name" ;;
    esac
    # shellcheck disable=SC2086 # words
    REDIS_URL=${URL:-unix://$work/redis.sock} REDIS_USER=$user REDISCLI_AUTH=secret MEMBER=$member \
        setsid $run "$@" >>"$work/did/$name.out" 2>>"$work/did/$name.err" </dev/null &
    pids[$name/$member]=$!
}
works() { bot_start "$1" "$2" "$work/record" "$work/did/$1"; } # SAMPLE MEMBER
bot_kill() { # NAME MEMBER: kills its process group, as a loss of power would
    kill -KILL -- "-${pids[$1/$2]}"
    wait "${pids[$1/$2]}" 2>/dev/null
    unset "pids[$1/$2]"
}
hang_at() { echo "$3" >"$work/did/$1.$2"; } # SAMPLE before|after|fail WORK
hangs() { test -e "$work/did/$1.hangs"; }
has_done() { grep -qxF -- "$2" "$work/did/$1"; } # SAMPLE WORK
every() { # COMMAND SAMPLE... -- WORD...: true if the command is true for each sample
    local command=$1 samples=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do samples+=("$1") && shift; done
    shift
    local sample
    for sample in "${samples[@]}"; do "$command" "$sample" "$@" || return; done
}
kill_hanging() { # SAMPLE...: kills the member that hangs, and writes its name to SAMPLE.killed
    local sample
    for sample in "$@"; do
        mv "$work/did/$sample.hangs" "$work/did/$sample.killed" || continue
        bot_kill "$sample" "$(cat "$work/did/$sample.killed")"
    done
}
other_of() { if [ "$(cat "$work/did/$1.killed")" = a ]; then echo b; else echo a; fi; }

# The ids as patchmark-events(7) and patchmark-headers(7) have them.
v1=s1-niulqkebrvhrxlzn
v2=s1-ztjmjxqpirgyzs6p
completed=f760636f192ea1ee9418bbad7f36546a  # the event of v1, made by the third mail
superseded=b0071a2ce14f453c9b31199073b5a748 # the event of v1 and v2, made by the fifth mail
series_of() { # MESSAGE-ID
    "$PATCHMARK" tail -s "$work/state" -F -j -n 1000 |
        jq -r --arg id "$1" 'select(.type == "patchmark.message.seen.v1" and .subject == $id) | .data.series.id'
}

# ---- killed during an action ---------------------------------------------------------------------

# shellcheck disable=SC2086 # lists of words, here and below
{
    for sample in $cursors $groups; do hang_at "$sample" before $completed; done
    for sample in $labels; do hang_at "$sample" before "LABEL $v1 api"; done
    for sample in $cis; do hang_at "$sample" before "START $v1"; done
    for sample in $cursors $groups $labels $cis; do works "$sample" a; done
    for sample in $groups; do works "$sample" b; done
}
group_is() { redis --raw XINFO GROUPS '{patchmark}:events' | grep -qx -- "$1"; }
# shellcheck disable=SC2086
check "a group creates the stream if there is none" wait_for 20 every group_is $groups --

# Entries that patchmark did not write, and an event of a future type.
garbage() { redis XADD '{patchmark}:events' '*' "$@" >/dev/null; }
garbage nothing here
garbage type patchmark.series.completed.v1 ce
garbage type patchmark.series.completed.v1 ce "{"
garbage type patchmark.series.completed.v1 ce "[]"
garbage type patchmark.series.superseded.v1 ce "null"
garbage type patchmark.series.incomplete.v1 ce '"x"'
garbage type patchmark.message.seen.v1 ce '{"id":"x","data":"x"}'
garbage type patchmark.message.seen.v1 ce '{"id":"x","data":{"message":{"kind":"patch"},"series":"x"}}'
garbage type patchmark.series.completed.v1 ce '{"id":"x","data":{"message":[],"series":{"id":"s1-x"}, "old":"x"}}'
garbage type patchmark.series.superseded.v1 ce '{"id":"x","data":{"series":{"id":"s1-x"},"old":"x","scope":"all"}}'
garbage type patchmark.series.completed.v1 ce '{"id":"x","data":{"series":[]}}'
garbage type patchmark.message.seen.v1 list ce ce $'\xff\xfe\n{'
garbage v 2 id future type patchmark.future.told.v9 list ce series '' ce '{"id":"future","data":{},"new":1}'

check "a series of two and a review" mails 1 4
# shellcheck disable=SC2086
{
    check "every bot has reached its action" wait_for 60 every hangs $cursors $groups $labels $cis --
    kill_hanging $cursors $groups $labels $cis
    for sample in $cursors; do
        check "$sample: kill -9 before the action" test -z "$(grep -x $completed "$work/did/$sample")"
    done
    check "the other member of the group does the action" \
        wait_for 30 every has_done $groups -- $completed
}

# ---- killed between an action and its acknowledgement --------------------------------------------

# shellcheck disable=SC2086
{
    for sample in $cursors $groups; do hang_at "$sample" after $superseded; done
    for sample in $labels; do hang_at "$sample" after "LABEL $v2 code"; done
    for sample in $cis; do hang_at "$sample" after "CANCEL $v1"; done
    for sample in $cursors $labels $cis; do works "$sample" a; done
}
check "a second version, and others" mails 5 10
# shellcheck disable=SC2086
{
    check "every bot has done its action" wait_for 60 every hangs $cursors $groups $labels $cis --
    kill_hanging $cursors $groups $labels $cis
}

# ---- events while no bot runs --------------------------------------------------------------------

check "an attack, a series that is superseded before it is complete, an incomplete series" mails 11 18
copy=$(redis --json XRANGE '{patchmark}:events' - + |
    jq -r --arg id $completed '.[] | .[1] | select(index($id)) | .[]')
mapfile -t copy <<<"$copy"
garbage "${copy[@]}" # a second entry with the same event
# shellcheck disable=SC2086
{
    for sample in $cursors $groups $labels $cis; do works "$sample" "$(other_of "$sample")"; done
    for sample in $groups; do works "$sample" "$(cat "$work/did/$sample.killed")"; done
}
check "the incomplete series has its event" wait_for 20 events_are series.incomplete 1
half=$(series_of 20260305100000.77-1-dan@example.net)
# shellcheck disable=SC2086
check "it is skipped" wait_for 30 every has_done $cis -- "SKIP $half"
check "its missing part arrives" mails 19 19
# shellcheck disable=SC2086
check "it is started" wait_for 30 every has_done $cis -- "START $half"

# ---- Redis stops: the bots exit; and a command that fails once -----------------------------------

# settled SAMPLE: true if it has acknowledged all events.
newest() { redis --raw XREVRANGE '{patchmark}:events' + - COUNT 1 | head -n 1; }
pending() { redis --raw XPENDING '{patchmark}:events' "$1" | head -n 1; }
settled() {
    case $1 in
    cursor.*) [ "$(cat "$work/did/$1.place")" = "$(newest)" ] ;;
    group.*)
        redis --raw XINFO GROUPS '{patchmark}:events' | grep -A9 -x -- "$1" | grep -qx -- "$(newest)" &&
            [ "$(pending "$1")" = 0 ]
        ;;
    *) [ "$(redis GET "{patchmark}:bot:$1:place")" = "$(newest)" ] ;;
    esac
}
# shellcheck disable=SC2086
check "every bot has acknowledged all events" wait_for 60 every settled $cursors $groups $labels $cis --
all_ended() {
    local pid
    for pid in "${pids[@]}"; do ! kill -0 "$pid" 2>/dev/null || return; done
}
nothing_refused "all samples"
redis_stop
check "the bots exit when Redis stops" wait_for 60 all_ended
clean=0
for pid in "${pids[@]}"; do wait "$pid" && clean=$((clean + 1)); done
same "with an error, so that a service manager starts them again" 0 $clean
pids=()
check "a mail while Redis is stopped" mails 20 20
last=$("$PATCHMARK" tail -s "$work/state" -F -j -n 1 | jq -r .id)
# shellcheck disable=SC2086
for sample in $cursors $groups; do hang_at "$sample" fail "$last"; done
redis_start
redis CONFIG SET port "$port" >/dev/null
redis <"$work/rights" >/dev/null
redis ACL LOG RESET >/dev/null # patchmark may have connected before its user was there
# shellcheck disable=SC2086
{
    for sample in $cursors $groups $labels $cis; do works "$sample" a; done
    for sample in $groups; do works "$sample" b; done
    check "a command that fails is run again; in a group the event is delivered again" \
        wait_for 60 every has_done $cursors $groups -- "$last"
}

# ---- the actions that were done ------------------------------------------------------------------

"$PATCHMARK" tail -s "$work/state" -F -j -n 1000 >"$work/outbox"
# The first event was published before the invalid entries and the event of a future type.
jq -r .id "$work/outbox" | sed '1a future' >"$work/ids"
for sample in $cursors; do
    same "$sample: every event, in order" "$(cat "$work/ids")" "$(cat "$work/did/$sample")"
    same "$sample: repeats have the same id" \
        "$(printf '%s\n' $superseded $completed)" "$(cat "$work/did/$sample.again")"
done
# shellcheck disable=SC2086
check "every bot has acknowledged all events" wait_for 60 every settled $cursors $groups $labels $cis --
for sample in $groups; do
    same "$sample: every event" "$(sort "$work/ids")" "$(sort "$work/did/$sample")"
    same "$sample: only the event without acknowledgement was repeated" $superseded \
        "$(cat "$work/did/$sample.again")"
done

single=$(series_of 20260303120000.99-1-carol@example.net)
attack=$(series_of "\$(touch\${IFS}pwned)&;'ce'@example.com")
replaced=$(series_of 20260305080000.501-1-frank@example.com)
newer=$(series_of 20260305090000.502-1-frank@example.com)
# Every patch changes tide.c, with the label code; the second part of each of Ada's two versions also
# changes tide.h, with the label api.  A label bot ignores the label of a reply.
label_lines=$(printf 'LABEL %s\n' "$v1 code" "$v1 api" "$v2 code" "$v2 api" "$single code" \
    "$attack code" "$replaced code" "$newer code" "$half code")
# Frank's first version was superseded before its last part arrived, and is never started.  Dan's series
# was incomplete for more than the 2 s of the option quiet.
ci_lines=$(printf '%s\n' "START $v1" "CANCEL $v1" "START $v2" "START $single" "START $attack" \
    "START $newer" "SKIP $half" "START $half")
for sample in $labels; do
    same "$sample: each label once" "$label_lines" "$(cat "$work/did/$sample")"
    same "$sample: only the label at which it was killed was repeated" "LABEL $v2 code" "$(cat "$work/did/$sample.again")"
done
for sample in $cis; do
    same "$sample: starts, cancels and skips" "$ci_lines" "$(cat "$work/did/$sample")"
    same "$sample: only the action at which it was killed was repeated" "CANCEL $v1" "$(cat "$work/did/$sample.again")"
done
bots_end
same "no bot reports lost events" "" "$(cat "$work"/did/*.err | grep 'may be lost')"
same "no command was refused" "" "$(cat "$work"/did/*.err "$work/milter.log" | grep NOPERM)"

# ---- without a command: the bots print; over TCP -------------------------------------------------

URL=redis://127.0.0.1:$port
lines_are() { [ "$(wc -l <"$work/did/$1.out")" -ge "$2" ]; }
# The events of the stream, with the copy at its place.
redis --json XRANGE '{patchmark}:events' - + |
    jq -cS '.[] | .[1] as $f | range(0; $f | length; 2) | select($f[.] == "ce") | $f[. + 1]
        | try fromjson catch empty | select(type == "object" and .id != "x")' >"$work/printed"
same "the stream has the outbox, a copy, and the event of a future type" \
    "$({ cat "$work/ids"; echo $completed; } | sort)" "$(jq -r .id "$work/printed" | sort)"
late() { jq -r 'select(.replay == true) | .id' "$work/printed"; }
same "the events that waited for Redis have replay" \
    "$("$PATCHMARK" tail -s "$work/state" -F -j -n 2 | jq -r .id)" "$(late)"
many=$(wc -l <"$work/printed")
# shellcheck disable=SC2086
for sample in $cursors $groups $labels $cis; do NAME=print.$sample bot_start "$sample" a; done
for sample in $cursors; do
    wait_for 60 lines_are "print.$sample" "$many"
    same "$sample prints every event" "$(cat "$work/printed")" "$(jq -cS . "$work/did/print.$sample.out")"
done
for sample in $groups; do
    wait_for 60 lines_are "print.$sample" $((many - 1))
    same "$sample prints every event once" "$(sort "$work/ids")" \
        "$(jq -r .id "$work/did/print.$sample.out" | sort)"
done
printed() { [ "$(cat "$work/did/print.$1.out")" = "$2" ]; }
for sample in $labels; do check "$sample prints" wait_for 60 printed "$sample" "$label_lines"; done
for sample in $cis; do check "$sample prints" wait_for 60 printed "$sample" "$ci_lines"; done
bots_end
same "no text of a mail was run as a command" "" "$(find "$work" -name 'pwned*')"

# ---- an event and actions at which the command always fails --------------------------------------

# Gail's series: complete, a third patch is added, one is replaced; it is reviewed and applied.
gail=s1-$("$PATCHMARK" classify --format=events "$SOURCE/tests/mails/actions.mbox" | jq -r '.series' | sort -u |
    grep -xF "$("$PATCHMARK" classify --format=json "$SOURCE/tests/mails/actions.mbox" | jq -rs '.[0].series.id')" | cut -c 4-)
poison=$("$PATCHMARK" classify --format=events "$SOURCE/tests/mails/actions.mbox" |
    jq -r 'select(.type == "patchmark.series.completed.v1") | .id')
for sample in $cursors $groups; do echo "$poison" >"$work/did/$sample.poison"; done
for sample in $labels; do echo "LABEL $gail code" >"$work/did/$sample.poison"; done
for sample in $cis; do echo "RESTART $gail" >"$work/did/$sample.poison"; done
# shellcheck disable=SC2086
{
    for sample in $cursors $groups $labels $cis; do
        TRIES=2 works "$sample" a
    done
    for sample in $groups; do
        TRIES=2 works "$sample" b
    done
}
IDLE_MS=1000 NAME=labeller bot_start labeller.py a "$work/record" "$work/did/labeller"
NAME=notify bot_start notify.py a sh -c 'cat >>"$1"' sh "$work/did/notify"
awk -v folder="$work" '/^From patchmark /{close(f); f = sprintf("%s/action.%d", folder, ++n)} {print >f}' "$SOURCE/tests/mails/actions.mbox"
labeller_has() { [ "$(grep -F "$gail" "$work/did/labeller")" = "$1" ]; }
check "a series that is complete and amended" play "$socket" "$work"/action.[1-5]
state="LABEL $gail needs-review"
check "labeller: it waits for a review" wait_for 30 labeller_has "$state"
check "it is reviewed" play "$socket" "$work/action.6"
state+="
LABEL $gail reviewed
UNLABEL $gail needs-review"
check "labeller: it is reviewed" wait_for 30 labeller_has "$state"
check "and applied" play "$socket" "$work/action.7"
state+="
LABEL $gail applied"
check "labeller: it is applied" wait_for 30 labeller_has "$state"
cat >"$work/refusal" <<'END'
From patchmark Thu Jan  1 00:00:00 1970
From: Eve Example <eve@example.net>
Subject: Re: [PATCH tidewater 1/2] buoy: switch the lamp
Message-ID: <nak@eve.example.net>
In-Reply-To: <20260305120001.11-2-gail@example.net>
List-Id: <tidewater-devel.lists.example.org>

NAK, this is wrong.

END
check "and refused in words" play "$socket" "$work/refusal"
state+="
LABEL $gail refused"
check "labeller: it is refused" wait_for 30 labeller_has "$state"
same "the hash of the series: by one person" 1 "$(redis HGET "{patchmark}:series:$gail" tag:1:refuse)"
last=$("$PATCHMARK" tail -s "$work/state" -F -j -n 1 | jq -r .id)
# shellcheck disable=SC2086
check "the events behind it are processed" wait_for 90 every has_done $cursors $groups -- "$last"
for sample in $cursors; do
    same "$sample: the event is tried twice" 2 "$(grep -cxF "$poison" "$work/did/$sample.refused")"
    same "$sample: and set aside" "$poison" "$(jq -r .id "$work/did/$sample.place.dead")"
done
dead() { redis --json XRANGE "{patchmark}:bot:$1:dead" - + | jq -r '.[][1] | [range(0; length; 2) as $i | {(.[$i]): .[$i + 1]}] | add | '"$2"; }
is_dead() { [ "$(dead "$1" "$2")" = "$3" ]; }
for sample in $groups; do
    check "$sample: the event is set aside" wait_for 60 is_dead "$sample" '.ce | fromjson | .id' "$poison"
    same "$sample: after two tries" 2 "$(grep -cxF "$poison" "$work/did/$sample.refused")"
done
for sample in $labels; do
    check "$sample: the label is set aside" wait_for 60 is_dead "$sample" '"\(.series) \(.label)"' "$gail code"
done
for sample in $cis; do
    check "$sample: builds of amended sets are set aside, and nothing is cancelled" wait_for 60 is_dead "$sample" '"\(.verb) \(.series)"' \
        "RESTART $gail
RESTART $gail"
    same "$sample: the complete series is built" "START $gail" "$(grep -F "$gail" "$work/did/$sample")"
done

# ---- notices, reminders ----------------------------------------------------------------------------

notified() { [ "$(grep -F "buoy: blink" "$work/did/notify")" = "$1" ]; }
check "notify: a line for what people want to know" wait_for 30 notified "Gail Example posted “buoy: blink”, 2 patches
Gail Example changed “buoy: blink”: added
Gail Example changed “buoy: blink”: replaced
Reviewed-by Hal Example: “buoy: blink”
Hal Example applied “buoy: blink”"
NAME=remind bot_start remind.py 0.00001 "$work/record" "$work/did/remind"
reminded() { [ "$(sort "$work/did/remind")" = "$1" ]; }
waiting=$(redis --raw ZRANGE '{patchmark}:open' 0 -1 | while read -r series; do
    hash=$(redis --json HGETALL "{patchmark}:series:$series")
    jq -r 'select(.state == "complete" and ([keys[] | select(test("^tag:.*:(approve|refuse)$"))] | length) == 0)
        | "REMIND \(.id) \(.title)"' <<<"$hash"
done | sort)
check "some series wait for a review" test -n "$waiting"
check "remind: of each of them, once" wait_for 30 reminded "$waiting"
sleep 2
check "    and not again" reminded "$waiting"
says_usage() { /usr/bin/python3 "$bots/remind.py" "$@" 2>&1 | grep -qx 'usage: remind.py NAME DAYS .*'; }
check "remind: without DAYS, it says how it is called" says_usage remind
check "    and with a word instead of them" says_usage remind echo
bots_end
same "no command was refused to these, too" "" "$(cat "$work"/did/*.err "$work/milter.log" | grep NOPERM)"

# ---- the recipes ---------------------------------------------------------------------------------

mkdir "$work/path"
cat >"$work/path/redis-cli" <<END
#!/bin/sh
REDISCLI_AUTH=secret exec $(command -v redis-cli) -s "$work/redis.sock" --user reader "\$@"
END
chmod 755 "$work/path/redis-cli"
recipe() { block "$1" | PATH=$work/path:$PATH last=${last:-} sh -eu; }
newest=$(newest)
same "recipe: look" "$newest" "$(recipe look | head -n 1)"
recipe "from now on"
same "recipe: from now on" "$newest" "$(cat place)"
same "recipe: away, not too long" "$newest" "$(last=$newest recipe away | head -n 1)"
same "recipe: a series" superseded "$(recipe series | grep -A1 -x state | tail -n 1)"
check "recipe: open" test -n "$(recipe open | grep "$newer")"
nothing_refused "samples over TCP and recipes"
sed "s|/usr/share/patchmark|$SOURCE/docs|" <(block schemas) >"$work/validate.py"
check "recipe: every event fits its schema" /usr/bin/python3 "$work/validate.py" <"$work/outbox"
refuses() { ! jq -c 'del(.id)' "$work/outbox" | /usr/bin/python3 "$work/validate.py" 2>/dev/null; }
check "recipe: an event without id does not" refuses

oldest=$(redis --raw XRANGE '{patchmark}:events' - + COUNT 1 | head -n 1)
redis XTRIM '{patchmark}:events' MAXLEN 3 >/dev/null
same "recipe: away too long" length "$(last=$oldest recipe away | grep -m 1 .)"
same "max-deleted-entry-id does not show the trimming" 0-0 \
    "$(redis --raw XINFO STREAM '{patchmark}:events' | grep -A1 -x max-deleted-entry-id | tail -n 1)"
is_at_newest() { [ "$(cat "$work/did/away.$1.place")" = "$newest" ]; }
warns() { grep -qF "no longer has $oldest: events may be lost" "$work/did/away.$1.err"; }
# shellcheck disable=SC2086
for sample in $cursors; do
    echo "$oldest" >"$work/did/away.$sample.place"
    NAME=away.$sample bot_start "$sample" a
done
for sample in $cursors; do
    check "$sample: warns that events may be lost" wait_for 20 warns "$sample"
    wait_for 20 lines_are "away.$sample" 3
    wait_for 20 is_at_newest "$sample"
    same "$sample: continues with the newest event" "$newest" "$(cat "$work/did/away.$sample.place")"
done
bots_end
milter_stop TERM

# ---- message.* events in a stream of their own ---------------------------------------------------

redis FLUSHALL >/dev/null
rm -r "$work/state"
configure 'message_stream = "{patchmark}:messages"'
milter_start
check "two streams: all mails" mails 1 20
check "recipe: two streams" test "$(recipe "two streams")" -gt 0
unset URL
messages='{patchmark}:messages'
# shellcheck disable=SC2086
for sample in $cursors $labels $cis; do NAME=events.$sample bot_start "$sample" a; done
# shellcheck disable=SC2086
for sample in $cursors $labels; do STREAM=$messages NAME=messages.$sample bot_start "$sample" a; done
# shellcheck disable=SC2086
for sample in $groups; do
    NAME=events.$sample bot_start "$sample" a
    STREAM=$messages NAME=messages.$sample bot_start "$sample" a
done
ids() { # FILTER
    "$PATCHMARK" tail -s "$work/state" -F -j -n 1000 |
        jq -r "select(.type | startswith(\"patchmark.message.\") | $1) | .id"
}
has_printed() { [ "$(jq -r .id "$work/did/$1.out")" = "$(ids "$2")" ]; }
# shellcheck disable=SC2086
for sample in $cursors $groups; do
    check "$sample: the message.* events are in the stream that STREAM names" \
        wait_for 60 has_printed "messages.$sample" .
    check "$sample: and the others in the default one" wait_for 60 has_printed "events.$sample" not
done
printed() { [ "$(cat "$work/did/$1.out")" = "$2" ]; }
for sample in $labels; do
    check "$sample: with STREAM, each label" wait_for 60 printed "messages.$sample" "$label_lines"
    same "$sample: without STREAM, none" "" "$(cat "$work/did/events.$sample.out")"
done
started() { grep -qxF "START $v1" "$work/did/events.$1.out"; }
for sample in $cis; do check "$sample needs the default only" wait_for 60 started "$sample"; done
bots_end
same "two streams: no command was refused" "" "$(cat "$work"/did/*.err "$work/milter.log" | grep NOPERM)"
milter_stop TERM
finish

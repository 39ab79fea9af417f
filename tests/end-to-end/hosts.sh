#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# hosts.sh - two hosts on one Redis: what one saw the other knows; what both saw is told once; who was
# away catches up; and without Redis each goes on alone.
#
# The mails have no run stamps, so that what belongs together is known from the index alone.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

declare -A pids=()
hosts_end() {
    local pid
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null; done
    cleanup
}
trap hosts_end EXIT

# ---- hosts: a and b -------------------------------------------------------------------------------

host_configure() { # HOST [LINE...]
    local name=$1
    shift
    mkdir -p "$work/$name/run"
    {
        echo "socket = \"unix:$work/$name/run/patchmark.sock\""
        echo "state  = \"$work/state-$name\""
        echo 'user   = ""'
        echo "host   = \"$name.example.org\""
        echo 'log    = "stderr"'
        echo "plugin \"redis\" { server = \"unix:$work/redis.sock\" timeout = 1s }"
        echo "list \"secret.*\" { publish = false }"
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$work/$name/patchmark.conf"
}

lines() { grep -c -- "$2" "$work/$1/milter.log"; } # HOST TEXT: how often it logged that
has_more_lines() { [ "$(lines "$1" "$2")" -gt "$3" ]; }

host_start() { # HOST
    touch "$work/$1/milter.log"
    local before
    before=$(lines "$1" ' listens on ')
    "$PATCHMARK" serve --stderr --config="$work/$1/patchmark.conf" 2>>"$work/$1/milter.log" &
    pids[$1]=$!
    if ! wait_for 20 has_more_lines "$1" ' listens on ' "$before"; then
        echo "host $1 does not start"
        cat "$work/$1/milter.log"
        exit 1
    fi
}

host_stop() { # HOST [SIGNAL]
    kill "-${2:-TERM}" "${pids[$1]}" 2>/dev/null
    wait "${pids[$1]}" 2>/dev/null
    local status=$?
    unset "pids[$1]"
    return $status
}

# ---- mails ----------------------------------------------------------------------------------------

# mail HOST MESSAGE-ID SUBJECT [IN-REPLY-TO [LIST [FROM]]]: through that host; its headers are in
# $work/headers then.
mail() {
    local host=$1 id=$2 subject=$3 parent=${4:-} list=${5:-kvm.example.org} from=${6:-ada@example.org}
    {
        echo 'From patchmark Thu Jan  1 00:00:00 1970'
        echo "From: Somebody <$from>"
        echo "Subject: $subject"
        echo "Message-ID: <$id>"
        [ -z "$parent" ] || echo "In-Reply-To: <$parent>"
        echo "List-Id: <$list>"
        echo
        if [[ $subject == *' 0/'* || $subject == Re:* ]]; then
            printf 'Reviewed-by: Somebody <%s>\n' "$from"
        else
            printf 'text\n---\ndiff --git a/x b/x\nindex 0123456..789abcd 100644\n--- a/x\n+++ b/x\n'
            printf '@@ -1 +1 @@\n-one\n+two\n'
        fi
        echo
    } >"$work/mail.mbox"
    play --print headers "unix:$work/$host/run/patchmark.sock" "$work/mail.mbox" >"$work/headers"
}

header() { sed -n "s/^Patchmark-$1: //p" "$work/headers"; } # NAME: of the last mail

# knows HOST SERIES TEXT: what `patchmark series` shows of it there.
knows() { "$PATCHMARK" series --json -s "$work/state-$1" "$2" 2>/dev/null | grep -qF -- "$3"; }
learns() { wait_for 15 knows "$@"; }

# told TYPE SERIES N: so many events of that type are about that series.
told() {
    [ "$(redis XRANGE '{patchmark}:events' - + | grep -F '"specversion"' |
        grep -F "\"type\":\"patchmark.$1.v1\"" | grep -cF "\"series\":{\"id\":\"$2\"")" -eq "$3" ]
}
is_told() { wait_for 15 told "$@"; }

# seen MESSAGE-ID N: message.seen of that mail.
seen() {
    [ "$(redis XRANGE '{patchmark}:events' - + | grep -F '"type":"patchmark.message.seen.v1"' |
        grep -cF "\"data\":{\"message_id\":\"$1\"")" -eq "$2" ]
}
is_seen() { wait_for 15 seen "$@"; }

redis_start
host_configure a
host_configure b
host_start a
host_start b

# ---- one series, its mails to both ------------------------------------------------------------------

mail a 0@chain '[PATCH 0/3] lamp: three steps'
series=$(header Series)
topic=$(header Topic)
check "the cover has a series" test -n "$series"
mail a 1@chain '[PATCH 1/3] lamp: the first' 0@chain
same "a part that answers it" "$series" "$(header Series)"
check "the other host learns both" learns b "$series" '"message_id":"1@chain"'
mail b 2@chain '[PATCH 2/3] lamp: the second' 1@chain
same "a part there that answers that part alone" "$series" "$(header Series)"
same "of the same topic" "$topic" "$(header Topic)"
check "the first host learns it" learns a "$series" '"message_id":"2@chain"'
mail a 3@chain '[PATCH 3/3] lamp: the third' 2@chain
same "the last part, on the first host" "$series" "$(header Series)"
check "it was opened once" is_told series.opened "$series" 1
check "and completed once" is_told series.completed "$series" 1
check "both know it complete" learns b "$series" '"missing":[]'
same "and alike" "$("$PATCHMARK" series --json -s "$work/state-a" "$series")" \
    "$("$PATCHMARK" series --json -s "$work/state-b" "$series")"

mail a 0@loose '[PATCH 0/2] lamp: no threads'
loose=$(header Series)
check "the other host learns a cover" learns b "$loose" '"message_id":"0@loose"'
mail b 1@loose '[PATCH 1/2] lamp: nothing says what this belongs to'
same "a part that answers nothing finds it" "$loose" "$(header Series)"

mail b r@chain 'Re: [PATCH 2/3] lamp: the second' 2@chain kvm.example.org rae@example.com
same "an answer on one host" "$series" "$(header Series)"
check "leaves its tag on the other" learns a "$series" 'Reviewed-by: Somebody <rae@example.com>'

# ---- a new version ----------------------------------------------------------------------------------

mail b 0@second '[PATCH v2 0/3] lamp: three steps'
second=$(header Series)
same "a new version on the other host is of the old one's topic" "$topic" "$(header Topic)"
check "it is another series" test "$second" != "$series"
check "and supersedes the old one, once" is_told series.superseded "$second" 1

# ---- the same mail through both ---------------------------------------------------------------------

mail a 1@both '[PATCH] lamp: to two lists' '' one.example.org
both=$(header Series)
mail b 1@both '[PATCH] lamp: to two lists' '' two.example.org
same "at the same time: the same series" "$both" "$(header Series)"
check "the other host learns that one" learns b "$both" '"message_id":"1@both"'
check "one event" is_seen 1@both 1
mail a 2@both '[PATCH] lamp: to two lists, later' '' one.example.org
later=$(header Series)
check "another mail is learned" learns b "$later" '"message_id":"2@both"'
mail b 2@both '[PATCH] lamp: to two lists, later' '' two.example.org
same "one after the other: the same series" "$later" "$(header Series)"
mail b fence@both 'a mail behind it'
check "the host's later events come" is_seen fence@both 1
check "one event" seen 2@both 1
check "one of each about the series" told series.opened "$later" 1

# ---- parts that come to both before either learns ---------------------------------------------------

host_stop b
mail a 1@race '[PATCH 1/2] lamp: at once' 0@race
race=$(header Series)
redis_stop
host_start b
mail b 2@race '[PATCH 2/2] lamp: too' 0@race
same "alone, with what the mail says" "$race" "$(header Series)"
redis_start
check "completed once when they hear of each other" is_told series.completed "$race" 1
check "on both" learns a "$race" '"missing":[]'
check "on both" learns b "$race" '"missing":[]'
mail a fence@race 'a mail behind it'
mail b fence-b@race 'a mail behind it'
check "and not again" is_seen fence@race 1
check "and not again" is_seen fence-b@race 1
check "it is still once" told series.completed "$race" 1
check "opened once, too" told series.opened "$race" 1

# ---- one is away ------------------------------------------------------------------------------------

check "SIGTERM ends a host that follows" host_stop b
carol=(kvm.example.org carol@example.net) # who has no unfinished series
mail a 0@away '[PATCH 0/2] lamp: while the other is away' '' "${carol[@]}"
away=$(header Series)
mail a 1@away '[PATCH 1/2] lamp: a part' 0@away "${carol[@]}"
host_start b
check "it learns what it missed" learns b "$away" '"message_id":"1@away"'
mail b 2@away '[PATCH 2/2] lamp: the rest' 1@away "${carol[@]}"
same "and finds the series" "$away" "$(header Series)"
check "which is complete, once" is_told series.completed "$away" 1

host_stop b KILL
mail a 0@killed '[PATCH 0/1] lamp: while the other is dead'
killed=$(header Series)
host_start b
check "after kill -9 as well" learns b "$killed" '"message_id":"0@killed"'

# A new host that has nothing yet.
host_stop b
rm -rf "$work/state-b"
host_start b
check "one that lost its state gets back what the other saw" learns b "$killed" '"message_id":"0@killed"'
check "from the start, its own mails too" learns b "$series" '"missing":[]'

# ---- what is not shared -----------------------------------------------------------------------------

mail a 0@secret '[PATCH 0/1] lamp: a secret' '' secret.example.org
secret=$(header Series)
mail a fence@secret 'a mail behind it'
check "a mail behind one that is not published" is_seen fence@secret 1
mail a 1@known '[PATCH] lamp: and one that is learned'
check "is learned" learns b "$(header Series)" '"message_id":"1@known"'
check "but not that one" test -z "$("$PATCHMARK" series --json -s "$work/state-b" "$secret" 2>/dev/null)"

# ---- nonsense in the stream -------------------------------------------------------------------------

nonsense() { # JSON
    redis XADD '{patchmark}:events' '*' v 1 id 0123456789abcdef0123456789abcdef \
        type patchmark.message.seen.v1 list '' series '' ce "$1" >/dev/null
}
nonsense 'no JSON'
nonsense '{"source":"//c.example.org/patchmark","type":"patchmark.message.seen.v1","data":{"learned":{}}}'
nonsense "$(printf '[%.0s' {1..5000})"
mail a 1@after '[PATCH] lamp: after nonsense'
check "what is no event of a host is skipped" learns b "$(header Series)" '"message_id":"1@after"'
same "and logged once" 1 "$(lines b 'an event of another host is malformed')"

# ---- the end ----------------------------------------------------------------------------------------

check "they end" host_stop a
check "both" host_stop b
for name in a b; do
    check "every line of the log of $name is one of ours" \
        test -z "$(grep -v '^patchmark: [a-z]*: ' "$work/$name/milter.log")"
done
finish

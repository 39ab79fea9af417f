#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# hosts.sh - two hosts that publish to one Redis: each learns the mails of the other; a mail that passes
# both has its events once; a host that was stopped catches up; without Redis each works alone.
#
# The Message-IDs have no run stamps, so that only the index can group the mails.
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
        echo 'lists = { "*.example.org" }'
        echo 'list "secret.example.org" { publish = false address = "secret@example.org" }'
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$work/$name/patchmark.conf"
}

lines() { grep -c -- "$2" "$work/$1/milter.log"; } # HOST TEXT: prints how many times it logged that
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

# mail HOST MESSAGE-ID SUBJECT [IN-REPLY-TO [LIST [FROM]]]: sends a mail through that host, and writes
# its headers to $work/headers.
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

header() { sed -n "s/^Patchmark-$1: //p" "$work/headers"; } # NAME: prints that header of the last mail

# knows HOST SERIES TEXT: true if `patchmark series` on that host shows the text for the series.
knows() { "$PATCHMARK" series --json -s "$work/state-$1" "$2" 2>/dev/null | grep -qF -- "$3"; }
learns() { wait_for 15 knows "$@"; }

# events_of_series TYPE SERIES N: true if the series has N events of that type.
events_of_series() {
    [ "$(redis XRANGE '{patchmark}:events' - + | grep -F '"specversion"' |
        grep -F "\"type\":\"patchmark.$1.v1\"" | grep -cF "\"series\":{\"id\":\"$2\"")" -eq "$3" ]
}
series_gets() { wait_for 15 events_of_series "$@"; }

# seen MESSAGE-ID N: true if the mail has N events message.seen.
seen() {
    [ "$(redis XRANGE '{patchmark}:events' - + | grep -F '"type":"patchmark.message.seen.v1"' |
        grep -cF "\"data\":{\"message\":{\"id\":\"$1\"")" -eq "$2" ]
}
is_seen() { wait_for 15 seen "$@"; }

redis_start
host_configure a
host_configure b
host_start a
host_start b

# ---- one series, whose mails pass different hosts ---------------------------------------------------

mail a 0@chain '[PATCH 0/3] lamp: three steps'
series=$(header Series)
topic=$(header Topic)
check "the cover has a series" test -n "$series"
mail a 1@chain '[PATCH 1/3] lamp: the first' 0@chain
same "a part that refers to it has the same" "$series" "$(header Series)"
check "the other host learns both mails" learns b "$series" '"message_id":"1@chain"'
mail b 2@chain '[PATCH 2/3] lamp: the second' 1@chain
same "a part on the other host that refers only to that part has the same" "$series" "$(header Series)"
same "and the same topic" "$topic" "$(header Topic)"
check "the first host learns that part" learns a "$series" '"message_id":"2@chain"'
mail a 3@chain '[PATCH 3/3] lamp: the third' 2@chain
same "the last part, on the first host, has the same series" "$series" "$(header Series)"
check "the series was opened once" series_gets series.opened "$series" 1
check "the series was completed once" series_gets series.completed "$series" 1
check "it is complete on the other host" learns b "$series" '"missing":[]'
same "both hosts show the same" "$("$PATCHMARK" series --json -s "$work/state-a" "$series")" \
    "$("$PATCHMARK" series --json -s "$work/state-b" "$series")"

mail a 0@loose '[PATCH 0/2] lamp: no threads'
loose=$(header Series)
check "the other host learns a cover" learns b "$loose" '"message_id":"0@loose"'
mail b 1@loose '[PATCH 1/2] lamp: nothing says what this belongs to'
same "a part that refers to no mail is in the series of the cover" "$loose" "$(header Series)"

mail b r@chain 'Re: [PATCH 2/3] lamp: the second' 2@chain kvm.example.org rae@example.com
same "a reply on one host has the series" "$series" "$(header Series)"
check "the other host learns its tag" learns a "$series" '"name":"Reviewed-by","value":"Somebody <rae@example.com>"'

# ---- a new version ----------------------------------------------------------------------------------

mail b 0@second '[PATCH v2 0/3] lamp: three steps'
second=$(header Series)
same "a new version on the other host has the topic of the old one" "$topic" "$(header Topic)"
check "it is another series" test "$second" != "$series"
check "and supersedes the old one, once" series_gets series.superseded "$second" 1

# ---- the same mail on both hosts --------------------------------------------------------------------

mail a 1@both '[PATCH] lamp: to two lists' '' one.example.org
both=$(header Series)
mail b 1@both '[PATCH] lamp: to two lists' '' two.example.org
same "at the same time: the same series on both" "$both" "$(header Series)"
check "the other host learns it" learns b "$both" '"message_id":"1@both"'
check "at the same time: one event" is_seen 1@both 1
mail a 2@both '[PATCH] lamp: to two lists, later' '' one.example.org
later=$(header Series)
check "the other host learns another mail" learns b "$later" '"message_id":"2@both"'
mail b 2@both '[PATCH] lamp: to two lists, later' '' two.example.org
same "one after the other: the same series on both" "$later" "$(header Series)"
mail b fence@both 'a later mail'
check "later events of that host arrive" is_seen fence@both 1
check "one after the other: one event" seen 2@both 1
check "the series was opened once" events_of_series series.opened "$later" 1

# ---- parts that pass both hosts before either learns ------------------------------------------------

host_stop b
mail a 1@race '[PATCH 1/2] lamp: at once' 0@race
race=$(header Series)
redis_stop
host_start b
mail b 2@race '[PATCH 2/2] lamp: too' 0@race
same "without Redis: the same series, by the mail alone" "$race" "$(header Series)"
redis_start
check "the series is completed once when they learn from each other" series_gets series.completed "$race" 1
check "it is complete on one host" learns a "$race" '"missing":[]'
check "it is complete on the other host" learns b "$race" '"missing":[]'
mail a fence@race 'a later mail'
mail b fence-b@race 'a later mail'
check "later events of one host arrive" is_seen fence@race 1
check "later events of the other host arrive" is_seen fence-b@race 1
check "the series is still completed once" events_of_series series.completed "$race" 1
check "the series is opened once" events_of_series series.opened "$race" 1

# ---- one host is stopped ----------------------------------------------------------------------------

check "SIGTERM ends a host while it reads events of the other" host_stop b
carol=(kvm.example.org carol@example.net) # a sender without incomplete series
mail a 0@away '[PATCH 0/2] lamp: while the other is away' '' "${carol[@]}"
away=$(header Series)
mail a 1@away '[PATCH 1/2] lamp: a part' 0@away "${carol[@]}"
host_start b
check "after the next start it learns the mails that it missed" learns b "$away" '"message_id":"1@away"'
mail b 2@away '[PATCH 2/2] lamp: the rest' 1@away "${carol[@]}"
same "a mail there has the series" "$away" "$(header Series)"
check "the series is completed once" series_gets series.completed "$away" 1

host_stop b KILL
mail a 0@killed '[PATCH 0/1] lamp: while the other is dead'
killed=$(header Series)
host_start b
check "after kill -9 it learns what it missed" learns b "$killed" '"message_id":"0@killed"'

# A host with an empty state.
host_stop b
rm -rf "$work/state-b"
host_start b
check "a host that lost its state learns the mails of the other host" learns b "$killed" '"message_id":"0@killed"'
check "and its own earlier mails" learns b "$series" '"missing":[]'

# ---- what is not shared -----------------------------------------------------------------------------

mail a 0@secret '[PATCH 0/1] lamp: a secret' '' secret.example.org
secret=$(header Series)
mail a fence@secret 'a later mail'
check "a mail after one that is not published has its event" is_seen fence@secret 1
mail a 1@known '[PATCH] lamp: and one that is learned'
check "the other host learns a later mail" learns b "$(header Series)" '"message_id":"1@known"'
check "the other host does not learn the mail that is not published" test -z "$("$PATCHMARK" series --json -s "$work/state-b" "$secret" 2>/dev/null)"

# ---- invalid entries in the stream ------------------------------------------------------------------

nonsense() { # JSON
    redis XADD '{patchmark}:events' '*' v 1 id 0123456789abcdef0123456789abcdef \
        type patchmark.message.seen.v1 list '' series '' ce '{}' learned "$1" >/dev/null
}
nonsense 'no JSON'
nonsense '{"host":"c.example.org"}'
nonsense "$(printf '[%.0s' {1..5000})"
mail a 1@after '[PATCH] lamp: after nonsense'
check "invalid entries are skipped" learns b "$(header Series)" '"message_id":"1@after"'
same "and said once" 1 "$(lines b 'an event of another host is malformed')"

# ---- the end ----------------------------------------------------------------------------------------

check "SIGTERM ends one host with 0" host_stop a
check "SIGTERM ends the other host with 0" host_stop b
for name in a b; do
    check "every line of the log of $name has the form of patchmark" \
        test -z "$(grep -v '^patchmark: [a-z]*: ' "$work/$name/milter.log")"
done
finish

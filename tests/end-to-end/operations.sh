#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# operations.sh - an operator's year: runs every command of patchmark-operations(7), with other folders and
# without systemd, while mails flow.  A host is a folder, so that a backup can be restored on another one.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

page=$SOURCE/docs/patchmark-operations.7
socket=unix:$work/run/patchmark.sock
calls=$work/calls # what systemctl and apt-get were asked for
: >"$calls"

# ---- the commands of the page -----------------------------------------------------------------------

# commands NAME: prints the display that follows the comment `run NAME`, one command a line, for the current host.
commands() {
    awk -v mark=".\\\\\" run $1" '
        $0 == mark { found = 1 }
        found && /^\.Ed/ { exit }
        found && inside { print }
        found && /^\.Bd/ { inside = 1 }' "$page" |
        sed -e 's/\\e/\\/g' -e "s/\\\\(aq/'/g" | sed -e :a -e '/\\$/{N; s/\\\n */ /; ba}' |
        sed -E -e "s#(^|[ '<])/(etc/patchmark|var/lib/patchmark|var/backups)#\\1$ROOT/\\2#g" \
            -e "s/-o patchmark/-o $(id -un)/; s/-g patchmark/-g $(id -gn)/"
}

# run NAME: runs these commands.  Returns 1 at the first that fails, and at one that names a folder of this machine.
run() {
    local command folder=$PWD status=0
    while IFS= read -r command; do
        if grep -qE "(^|[ '\"<>])/(etc|var|usr|root|home)" <<<"${command//$ROOT/-}"; then
            echo "         a folder of this machine: $command"
            status=1
        else
            eval "$command" >>"$work/commands.log" 2>&1 || status=1
        fi
        [ $status -eq 0 ] || { echo "         failed: $command"; tail -3 "$work/commands.log"; break; }
    done < <(commands "$1" | grep .)
    cd "$folder" || exit
    return $status
}

same "each display of the page is run by this test" \
    "$(sed -n 's/^\.\\" run //p' "$page" | sort)" \
    "$(sed -n 's/^check ".*" run \([a-z-]*\)$/\1/p' "$0" | sort -u)"
same "no display is without a name" "$(grep -c '^\.\\" run ' "$page")" "$(grep -c '^\.Bd' "$page")"

systemctl() {
    echo "systemctl $*" >>"$calls"
    case "$*" in
    "start patchmark" | "enable --now patchmark") milter_start ;;
    "stop patchmark" | "disable --now patchmark") [ -z "$milter_pid" ] || milter_stop ;;
    "restart patchmark") milter_stop && milter_start ;;
    "reload patchmark")
        local before
        before=$(logged 'configuration read again')
        "$PATCHMARK" serve --check --config="$work/patchmark.conf" && kill -USR1 "$milter_pid" &&
            wait_for 10 has_logged 'configuration read again' $((before + 1))
        ;;
    "reload postfix") ;;
    *) return 1 ;;
    esac
}
apt-get() { echo "apt-get $*" >>"$calls"; }
patchmark() { "$PATCHMARK" "$1" --config="$ROOT/etc/patchmark/patchmark.conf" "${@:2}"; }
postconf() { command postconf -c "$work/postfix" "$@"; }
mkdir "$work/bin"
printf '#!/bin/sh\nexec "%s" -s "%s" "$@"\n' "$(command -v redis-cli)" "$work/redis.sock" >"$work/bin/redis-cli"
chmod 755 "$work/bin/redis-cli"
PATH=$work/bin:$PATH

logged() { grep -c -- "$1" "$work/milter.log"; }
has_logged() { [ "$(logged "$1")" -ge "$2" ]; }

# ---- hosts and mails ----------------------------------------------------------------------------------

# host NAME: what follows is done on that host, which is a folder with what an installation creates.
host() {
    export ROOT=$work/$1
    mkdir -p "$ROOT"/etc/patchmark "$ROOT"/var/lib/patchmark "$work/run"
    ln -sfn "$ROOT/etc/patchmark/patchmark.conf" "$work/patchmark.conf"
    state=$ROOT/var/lib/patchmark
    events=$state/events.jsonl
}

# mail SUBJECT ID [PARENT]: prints a mail for an mbox.
mail() {
    printf 'From patchmark Mon Mar  2 10:00:00 2026\nFrom: Ada Example <ada@example.org>\n'
    printf 'Date: Mon, 2 Mar 2026 10:00:00 +0000\nList-Id: <devel.lists.example.org>\n'
    printf 'Subject: %s\nMessage-ID: <%s@example.org>\n' "$1" "$2"
    [ -z "${3-}" ] || printf 'In-Reply-To: <%s@example.org>\n' "$3"
    printf '\ntext\n\n'
}
{
    mail '[PATCH 0/2] tide: tables for the night' old-0
    mail '[PATCH 1/2] tide: add the table' old-1 old-0
    mail '[PATCH 2/2] tide: read the table' old-2 old-0
} >"$work/old.mbox"
for ((i = 1; i <= 600; i++)); do mail "[PATCH] lamp: change $i" "flow-$i"; done >"$work/flow.mbox"
{
    mail '[PATCH v2 0/2] tide: tables for the night' new-0 # only the index knows that it is the topic of old-0
    mail '[PATCH v2 1/2] tide: add the table' new-1 new-0
    mail '[PATCH v2 2/2] tide: read the table' new-2 new-0
    mail 'Re: [PATCH 1/2] tide: add the table' answer-1 old-1
} >"$work/new.mbox"
mail '[PATCH] lamp: only in the archive' archived-1 >"$work/archived.mbox"
# Only the index knows what these are new versions of: two of flow.mbox, and one of archived.mbox.
mail '[PATCH v2] lamp: change 600' alone-1 >"$work/alone.mbox"
mail '[PATCH v2] lamp: change 599' learned-1 >"$work/learned.mbox"
mail '[PATCH v2] lamp: only in the archive' imported-1 >"$work/imported.mbox"

# fields NAME: sends these mails, and prints the header fields that they get.
fields() { "$FAKEMTA" --print headers "$socket" "$work/$1.mbox" 2>"$work/complaints" | grep -v '^Patchmark-Info'; }

# topic NAME: sends the mail, which is a series of its own, and prints "own", or "known" if it has the topic of
# another one.
topic() {
    fields "$1" >"$work/fields"
    if [ "$(sed -n 's/^Patchmark-Series: s1-//p' "$work/fields")" = "$(sed -n 's/^Patchmark-Topic: t1-//p' "$work/fields")" ]; then
        echo own
    else
        echo known
    fi
}

# ..._twice: prints the ids that are there more than once.
stream_twice() { stream_ids | sort | uniq -d; }
file_twice() { file_ids "$events" | sort | uniq -d; }

# mail_events: prints the ids of the events of mails in the stream, sorted.
mail_events() { stream_events | grep -v '"type":"patchmark.service.status' | sed 's/.*"id":"\([0-9a-f]\{32\}\)".*"type".*/\1/' | sort; }

host first
cat >"$ROOT/etc/patchmark/patchmark.conf" <<END
socket = "$socket"
state  = "\${ROOT}/var/lib/patchmark"
user   = ""
host   = "lists.example.org"
log    = "stderr"
plugin "file" { path = "\${ROOT}/var/lib/patchmark/events.jsonl" }
plugin "redis" {
    server = "unix:$work/redis.sock"
    username = "patchmark"
    password_file = "\${ROOT}/etc/patchmark/redis.password"
}
END
(umask 027; echo first-password >"$ROOT/etc/patchmark/redis.password")
redis_start
redis ACL SETUSER patchmark on '>first-password' '~*' '&*' +@all >/dev/null

# ---- backup while mails flow --------------------------------------------------------------------------

milter_start
fields old >"$work/old.fields"
same "a series and its parts" 3 "$(grep -c '^Patchmark-Topic: t1-' "$work/old.fields")"
# After ten seconds: only then a restored host does not read its own events by itself.
position_is_stored() { [ "$(sqlite3 "$state/patchmark.db" "SELECT count(*) FROM progress WHERE archive LIKE 'follow %'")" = 1 ]; }
check "the position in the stream is stored" wait_for 30 position_is_stored
"$FAKEMTA" -c 2 --slow 2 "$socket" "$work/flow.mbox" >"$work/flow.out" 2>&1 &
load=$!
seen() { "$PATCHMARK" tail --state="$state" -F -j -n 100000 | grep -c '"type":"patchmark.message.seen.v1"'; }
has_seen() { [ "$(seen)" -ge "$1" ]; }
wait_for 20 has_seen 50
check "a backup while mails flow" run backup
check "the mails still flow" kill -0 $load
check "a second one replaces it" run backup
check "every mail was answered" wait $load
check "the backup is complete: its check" run verify
same "    reports no error" ok "$(tail -1 "$work/commands.log")"
backup=$ROOT/var/backups/patchmark
kept=$(sqlite3 "$backup/patchmark.db" "SELECT count(*) FROM message")
check "it has the mails of before, and not those of after ($kept)" test "$kept" -ge 53 -a "$kept" -lt 603
same "others cannot read it" 700 "$(stat -c %a "$backup")"
check "the configuration is in it" cmp -s "$ROOT/etc/patchmark/patchmark.conf" "$backup/etc/patchmark.conf"

# As a script, as cron runs it: one that fails leaves the backup of before.
mkdir "$work/failing"
printf '#!/bin/sh\nexit 1\n' >"$work/failing/sqlite3"
commands backup >"$work/backup"
chmod 755 "$work/failing/sqlite3" "$work/backup"
cp "$backup/patchmark.db" "$work/kept.db"
same "a backup that fails ends with an error" 1 "$(PATH=$work/failing:$PATH "$work/backup" >/dev/null 2>&1; echo $?)"
check "    and leaves the database of before" cmp "$work/kept.db" "$backup/patchmark.db"
check "    and its configuration" cmp -s "$ROOT/etc/patchmark/patchmark.conf" "$backup/etc/patchmark.conf"

fields new >"$work/new.fields"
same "version 2 has the topic of version 1" "$(grep -m1 '^Patchmark-Topic' "$work/old.fields")" \
    "$(grep -m1 '^Patchmark-Topic' "$work/new.fields")"
check "all events are delivered" wait_for 20 outbox_is_drained
mail_events >"$work/events.before"
same "an event of each mail" 607 "$(events_of message.seen)"

# ---- the host is lost: restore on a new one -----------------------------------------------------------

milter_stop KILL
lost=$ROOT
host second
cp -a "$lost/var/backups" "$ROOT/var/"
cp -a "$ROOT/var/backups/patchmark/etc/." "$ROOT/etc/patchmark/"
check "restore on a new host" run restore
same "the file has the mode of before" 640 "$(stat -c %a "$state/patchmark.db")"
fields old >"$work/fields"
check "mails that the backup has get the same ids again" cmp "$work/old.fields" "$work/fields"
fields new >"$work/fields"
check "mails that it lacks get the same ids again" cmp "$work/new.fields" "$work/fields"
check "all events are delivered again" wait_for 20 outbox_is_drained
mail_events >"$work/events.after"
check "Redis has the same events as before" cmp "$work/events.before" "$work/events.after"
same "    and none twice" "" "$(stream_twice)"
same "a new file has none twice" "" "$(file_twice)"

# Mails that the backup lacks come from the stream, and from an archive.
same "a new version of a mail that it lacks is not related to it" own "$(topic alone)"
check "the stream is read again" run relearn
mails_are() { [ "$(sqlite3 "$state/patchmark.db" "SELECT count(*) FROM message")" -eq "$1" ]; }
check "the index has all mails" wait_for 20 mails_are 608
same "a new version of such a mail is related to it" known "$(topic learned)"
cat "$work"/{old,flow,new,archived}.mbox >"$ROOT/var/backups/archive.mbox"
check "an archive is imported" run import
check "the index has its mails too" mails_are 610
same "a new version of one that only the archive has is related to it" known "$(topic imported)"
check "all events are delivered" wait_for 20 outbox_is_drained
same "Redis has no event twice" "" "$(stream_twice)"

# ---- moving to another host ---------------------------------------------------------------------------

check "the monitor's exit status is 0" run watch
moved=$ROOT
check "on the old host" run move-old
host third
cp -a "$moved/var/backups" "$ROOT/var/"
cp "$moved/var/lib/patchmark/events.jsonl" "$events"
check "on the new host" run move-new
same "the folder has the mode of before" 750 "$(stat -c %a "$state")"
fields new >"$work/fields"
check "the same ids" cmp "$work/new.fields" "$work/fields"
before=$(events_of message.seen)
mail '[PATCH] lamp: after the move' moved-1 >"$work/moved.mbox"
fields moved >/dev/null
check "a new mail has one event" wait_for 10 events_are message.seen $((before + 1))
check "all events are delivered" wait_for 20 outbox_is_drained
same "Redis has no event twice" "" "$(stream_twice)"
same "the file that was moved has no event twice" "" "$(file_twice)"
same "    and the new ones" 1 "$(grep -c '"subject":"moved-1@example.org".*"type":"patchmark.message.seen\|"type":"patchmark.message.seen.v1","subject":"moved-1@' "$events")"

# ---- upgrade and downgrade ----------------------------------------------------------------------------

check "a backup before the upgrade" run backup
check "upgrade" run upgrade
check "the schema" run schema
schema=$(tail -1 "$work/commands.log")
check "    is a number ($schema)" test "$schema" -ge 1
milter_stop
sqlite3 "$state/patchmark.db" "PRAGMA user_version = $((schema + 1))" # as a newer version leaves it
cp "$state/patchmark.db" "$work/newer.db"
milter_start
check "a database of a newer version is refused" has_logged 'patchmark.db was written by a newer patchmark' 1
mail '[PATCH] lamp: without a database' refused-1 >"$work/refused.mbox"
check "mail passes with what it says itself" grep -q '^Patchmark-Kind: patch' <(fields refused)
check "the file is unchanged" cmp "$work/newer.db" "$state/patchmark.db"
check "the way back: the backup of before" run restore
fields new >"$work/fields"
check "the same ids" cmp "$work/new.fields" "$work/fields"
same "Redis has no event twice" "" "$(stream_twice)"

cp "$moved/var/backups/archive.mbox" "$ROOT/var/backups/"
milter_stop
sqlite3 "$state/patchmark.db" "PRAGMA user_version = $((schema + 1))"
milter_start
check "the way back without a backup" run downgrade
check "the newer file is kept" test -s "$state/newer.db"
fields new >"$work/fields"
check "the same ids, from the archive" cmp "$work/new.fields" "$work/fields"
check "all events are delivered" wait_for 20 outbox_is_drained
same "Redis has no event twice" "" "$(stream_twice)"

# ---- size -----------------------------------------------------------------------------------------------

rows=$(sqlite3 "$state/patchmark.db" "SELECT count(*) FROM message")
check "the index has less than 2 KiB a mail" test $(($(stat -c %s "$state/patchmark.db") / rows)) -lt 2048
bytes=$(($(wc -c <"$events") / $(wc -l <"$events")))
check "an event has 1 to 4 KiB ($bytes)" test $bytes -ge 700 -a $bytes -le 4096
sqlite3 "$state/patchmark.db" "CREATE TABLE filler(text); INSERT INTO filler
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) SELECT hex(randomblob(500)) FROM n;
    DROP TABLE filler"
milter_stop && milter_start
before=$(stat -c %s "$state/patchmark.db")
check "the file is made small" run shrink
check "    it is" test "$(stat -c %s "$state/patchmark.db")" -lt $((before / 2))
fields old >"$work/fields"
check "the same ids" cmp "$work/old.fields" "$work/fields"

# ---- passwords and certificates -------------------------------------------------------------------------

password_is() { redis AUTH patchmark "$1" | head -1; } # "OK", or an error
delivers() { "$PATCHMARK" status --config="$work/patchmark.conf" | grep -qE '^ *redis +delivers '; }
before=$(events_of message.seen)
check "a new password for Redis" run password
same "    it is tried out" OK "$(tail -1 "$work/commands.log")"
check "it is used" run password-use
check "    before an event, status does not know" eval '! delivers'
mail '[PATCH] lamp: with the new password' password-0 >"$work/password.mbox"
fields password >/dev/null
check "    after one, the sink delivers" wait_for 20 delivers
same "    and the old password is still valid" OK "$(password_is first-password)"
check "the old password is deleted" run password-end
check "the old password is refused" grep -q WRONGPASS <(password_is first-password)
same "the new one is not" OK "$(password_is "$(cat "$ROOT/etc/patchmark/redis.password")")"
check "no copy is left" test ! -e "$ROOT/etc/patchmark/old.password" -a ! -e "$ROOT/etc/patchmark/new.password"
redis CLIENT KILL USER patchmark >/dev/null
mail '[PATCH] lamp: after the new password' password-1 >"$work/password.mbox"
fields password >/dev/null
check "events are delivered with it" wait_for 20 events_are message.seen $((before + 2))
check "a reload" run reload
check "the monitor sees no problem" run watch

# ---- a mail that must be deleted ----------------------------------------------------------------------

mail '[PATCH] lamp: a mail to delete' ada-1 >"$work/forget.mbox"
fields forget >/dev/null
check "a mail" wait_for 10 events_are message.seen $((before + 3))
entries() { redis XLEN '{patchmark}:events'; }
of_mail() { stream_events | grep -c 'ada-1@example.org'; }
forgotten=$(of_mail)
check "    it has events in Redis ($forgotten)" test "$forgotten" -ge 2
check "all events are delivered" wait_for 20 outbox_is_drained
before=$(entries)
check "it is deleted" run forget
same "    in Redis" 0 "$(of_mail)"
check "    all other events stay" test "$(entries)" -ge $((before - forgotten))
same "    in the index and the outbox" 0 "$(sqlite3 "$state/patchmark.db" .dump | grep -c ada-1@example.org)"
same "    and in the state of series" 0 "$(redis --scan --pattern '{patchmark}:series:*' |
    while read -r key; do redis HVALS "$key"; done | grep -c ada-1@example.org)"
fields new >"$work/fields"
check "the other mails have the same ids" cmp "$work/new.fields" "$work/fields"

# ---- Redis lost everything ------------------------------------------------------------------------------

redis --scan --pattern '{patchmark}:*' | xargs redis-cli DEL >/dev/null
check "the state of series is written from the index" run publish
check "    it is there" test "$(redis --raw EXISTS "{patchmark}:series:$(sed -n 's/^Patchmark-Series: //p' "$work/new.fields" | head -1)")" = 1

# ---- removal --------------------------------------------------------------------------------------------

: >"$calls"
mkdir "$work/postfix"
printf 'smtpd_milters = unix:patchmark/patchmark.sock\nnon_smtpd_milters = $smtpd_milters\nmyhostname = lists.example.org\n' \
    >"$work/postfix/main.cf"
: >"$work/postfix/master.cf"
check "removal: Postfix first" run remove-mta
same "Postfix has no milter" "myhostname = lists.example.org" "$(cat "$work/postfix/main.cf")"
check "the daemon, its packages, its data" run remove
check "what is in Redis" run remove-redis
same "in this order" "systemctl reload postfix
systemctl disable --now patchmark
apt-get purge patchmark*" "$(cat "$calls")"
same "nothing is left" "" "$(find "$ROOT/etc" "$ROOT/var/lib" -mindepth 1)$(redis KEYS '*patchmark*')"

finish

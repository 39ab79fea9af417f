#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# import.sh - tests of `patchmark import`: public-inbox archives, mboxes, maildirs and single mails;
# repeated, incremental and interrupted imports; and the use of the imported mails by the daemon.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
cd "$work" || exit
milter_configure

import() { "$PATCHMARK" import --json --config="$work/patchmark.conf" "$@"; }
# number NAME: prints that number of $line, which import has printed.
number() { sed -E "s/.*\"$1\":([0-9]+).*/\1/" <<<"$line"; }
read_line() { echo "{\"mails\":$1,\"new\":$2,\"known\":$3,\"passed_over\":$4,\"series\":$5}"; }
# other NAME: prints the sample mails with other Message-IDs.
other() { sed "s/^Message-ID: <\(.*\)@/Message-ID: <\1.$1@/" "$demo"; }

exits() { # CODE TEXT COMMAND...: true if the command exits with the code and its errors have the text
    local wanted=$1 text=$2
    shift 2
    "$@" >"$work/out" 2>"$work/fault"
    local status=$?
    [ "$status" -eq "$wanted" ] && grep -qF -- "$text" "$work/fault" && return
    echo "         exit $status: $(cat "$work/fault")"
    return 1
}

# archive_add REPOSITORY [d]: makes a commit for each mail of the mbox on standard input, as
# public-inbox does; with d, commits that delete a mail.
archive_add() {
    [ -d "$1" ] || git init --quiet --bare "$1"
    local parent=
    git --git-dir="$1" rev-parse --quiet --verify refs/heads/master >/dev/null &&
        parent='from refs/heads/master^0'
    awk -v parent="$parent" -v name="${2:-m}" '
        function mail_end() { if (mails++) print "END OF MAIL" }
        /^From patchmark / {
            mail_end()
            print "commit refs/heads/master\ncommitter A <a@example.org> " 1700000000 + mails " +0000\ndata 0"
            if (parent != "") print parent
            parent = ""
            print "deleteall\nM 100644 inline " name "\ndata <<END OF MAIL"
            next
        }
        { print }
        END { if (mails) print "END OF MAIL" }' | git --git-dir="$1" fast-import --quiet
}

# ---- a public-inbox archive -------------------------------------------------------------------------

archive_add inbox/git/0.git <"$demo"
same "an archive: all of its mails" "$(read_line 10 10 0 0 3)" "$(import inbox)"
same "again: no mail to read" "$(read_line 0 0 0 0 0)" "$(import inbox)"
same "--again: no mail is new" "$(read_line 10 0 10 0 0)" "$(import --again inbox)"
other second | archive_add inbox/git/0.git
line=$(import inbox)
same "only the mails that were added" "10 10" "$(number mails) $(number new)"
head -31 "$demo" | archive_add inbox/git/0.git d
same "a commit that deletes a mail is not read" "$(read_line 0 0 0 0 0)" "$(import inbox)"
other third | archive_add inbox/git/1.git
other fourth | archive_add inbox/git/0.git
line=$(import inbox)
same "a second epoch, and new mails in the first one" "20 20" "$(number mails) $(number new)"
ln -s inbox link
same "a symbolic link names the same archive" "$(read_line 0 0 0 0 0)" "$(import ./link)"
rm -rf inbox/git/0.git
archive_add inbox/git/0.git <"$demo"
same "a rewritten history is read from its start" "$(read_line 10 0 10 0 0)" "$(import inbox)"
same "a single repository of the archive" "$(read_line 0 0 0 0 0)" "$(import inbox/git/1.git)"
same "no mail makes an event" "" "$("$PATCHMARK" tail -s state --no-follow -n 100)"

# ---- other mailboxes --------------------------------------------------------------------------------

same "an mbox, into another state folder" "$(read_line 10 10 0 0 3)" "$(import --state=state2 "$demo")"
same "an mbox again" "$(read_line 10 0 10 0 0)" "$(import -s state2 "$demo")"
same "standard input" "$(read_line 10 0 10 0 0)" "$(import -s state2 <"$demo")"
same "a pipe, as -" "$(read_line 10 0 10 0 0)" "$(import -s state2 - < <(cat "$demo"))"
mkdir -p maildir/cur maildir/new maildir/tmp
awk '/^From patchmark /{n++; f = sprintf("maildir/new/%d.M%d.host", 1000000000 + n, n); next} {print >f}' "$demo"
same "a maildir" "$(read_line 10 0 10 0 0)" "$(import -s state2 maildir)"
same "single mails and an archive in one run" "$(read_line 12 10 2 0 3)" \
    "$(import -s state3 inbox/git/0.git maildir/new/*.M1.host maildir/new/*.M2.host)"
same "without --json" "10 mails read: 0 new, 10 known, 0 skipped; 0 new series" \
    "$("$PATCHMARK" import -c patchmark.conf -s state2 "$demo")"
same "one mail is no mails" "1 mail read: 0 new, 1 known, 0 skipped; 0 new series" \
    "$("$PATCHMARK" import -c patchmark.conf -s state2 maildir/new/*.M1.host)"

# ---- on many processors -------------------------------------------------------------------------------

"$GENERATE" -n 2500 -s 6 >generated.mbox
first=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
taskset -c "$first" "$PATCHMARK" import --json -c patchmark.conf -s alone generated.mbox "$demo" >counts.alone
import -s many generated.mbox "$demo" >counts.many
check "the same counts as on one processor" cmp counts.alone counts.many
# learned STATE: prints the index, without the tables of events.
learned() { sqlite3 -readonly "$1/patchmark.db" '.dump message series member tag key progress'; }
check "the same index as on one processor" cmp <(learned alone) <(learned many)
check "the index has the mails" test "$(learned many | wc -l)" -gt 2500
archive_add many/git/0.git <generated.mbox
line=$(import -s many2 many)
same "an archive on many processors: the same counts" "$(sed -E 's/.*"mails":([0-9]+).*"new":([0-9]+).*"series":([0-9]+).*/\1 \2 \3/' <(
    import -s many3 generated.mbox
))" "$(number mails) $(number new) $(number series)"

# ---- faults -----------------------------------------------------------------------------------------

check "a missing archive (66)" exits 66 nowhere import -s state5 nowhere "$demo"
same "a missing archive: the others are read" "$(read_line 10 10 0 0 3)" "$(cat out)"
mkdir folder
check "a folder that is no mailbox (66)" exits 66 "neither a maildir nor" import -s state5 folder
check "a state folder that cannot be created (73)" exits 73 patchmark.conf/state import -s patchmark.conf/state "$demo"
check "no configuration (78)" exits 78 none.conf "$PATCHMARK" import -c none.conf "$demo"
check "an unknown option (64)" exits 64 "see 'patchmark import --help'" import --frobnicate
archive_add damaged/git/0.git <"$demo"
damaged=damaged/git/0.git/objects/pack
if ls $damaged/*.pack >/dev/null 2>&1; then
    mv $damaged/*.pack pack
    git --git-dir=damaged/git/0.git unpack-objects -q <pack
    rm $damaged/*
fi
lost=$(git --git-dir=damaged/git/0.git rev-parse 'master~5:m')
rm "damaged/git/0.git/objects/${lost:0:2}/${lost:2}"
check "a missing object of an archive (66)" exits 66 "$lost" import -s state5 --again damaged
same "a missing object: the other mails are read" "$(read_line 9 0 9 0 0)" "$(cat out)"
check "a missing object: the next import tries it again (66)" exits 66 "$lost" import -s state5 damaged

# ---- interrupted ------------------------------------------------------------------------------------

total=40000
awk -v total=$total 'BEGIN {
    for (i = 1; i <= total; i++)
        print "From patchmark Thu Jan  1 00:00:00 1970\nFrom: a@example.org\nMessage-ID: <" i "@large.example.org>\n" \
            "Date: Mon, 02 Mar 2026 10:05:01 +0000\nSubject: [PATCH] change " i "\n\n---\n" \
            "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-" i "\n+" i + 1 "\n"
}' | archive_add large/git/0.git
has_written() { [ "$(sqlite3 -readonly "$1/patchmark.db" 'SELECT count(*) FROM progress')" -gt 0 ]; }
import_start() { # STATE: starts an import in the background, and waits for its first commit
    import -s "$1" "$demo" >/dev/null
    "$PATCHMARK" import --json -c patchmark.conf -s "$1" large >line 2>fault &
    import_pid=$!
    wait_for 30 has_written "$1"
}

import_start killed
kill -KILL $import_pid
wait $import_pid 2>/dev/null
same "kill -9 during an import" 137 $?
line=$(import -s killed large)
same "the database is not damaged" ok "$(sqlite3 killed/patchmark.db 'PRAGMA integrity_check')"
check "the next import continues after the last commit" test "$(number new)" -gt 0 -a "$(number new)" -lt $total
same "no mail is read twice" 0 "$(number known)"
same "nothing is lost" "$(read_line $total 0 $total 0 0)" "$(import -s killed --again large)"

import_start stopped
kill -TERM $import_pid
wait $import_pid
same "SIGTERM ends it with 75" 75 $?
line=$(cat line)
first=$(number new)
check "it prints the counts so far" test "$first" -gt 0 -a "$first" -lt $total
line=$(import -s stopped large)
same "the next import reads the rest" "$((total - first)) 0" "$(number new) $(number known)"

trap '' HUP
import_start unattended
trap - HUP
kill -HUP $import_pid
wait $import_pid
same "nohup: SIGHUP does not end it" 0 $?
same "nohup: all mails are read" "$(read_line $total $total 0 0 $total)" "$(cat line)"

# ---- on a terminal ----------------------------------------------------------------------------------

check "a bar: percentage, mails, speed, time left" \
    bash -c "script -qec \"'$PATCHMARK' import -c patchmark.conf -s killed -a large\" /dev/null | tr '\r' '\n' |
        grep -qE '\[#* *\] +[0-9]+ %  [0-9]+ mails  [0-9]+/s  [0-9]+:[0-9]{2}:[0-9]{2} left'"
same "no progress on a pipe" "" "$(import -s killed -a large 2>&1 >/dev/null)"

# ---- as root ----------------------------------------------------------------------------------------

if [ "$(id -u)" -eq 0 ]; then
    MILTER_USER=nobody milter_configure
    install -m 644 "$demo" readable.mbox # the source folder may be closed to others
    same "root switches to the configured user" "$(read_line 10 10 0 0 3)" "$(import -s state6 readable.mbox)"
    same "all files belong to that user" nobody "$(stat -c %U state6 state6/* | sort -u)"
    install -m 600 "$demo" secret.mbox
    check "a file that this user cannot read (66)" exits 66 "it must be readable by the user nobody" import -s state6 secret.mbox
    same "such a file on standard input" "$(read_line 10 0 10 0 0)" "$(import -s state6 <secret.mbox)"
    milter_configure
fi

# ---- its name in earlier versions ------------------------------------------------------------------

same "replay works as import" "$(read_line 10 10 0 0 3)" \
    "$("$PATCHMARK" replay --json --config="$work/patchmark.conf" -s state-alias "$demo")"
same "the help names import only" 1 \
    "$("$PATCHMARK" --help | grep -cE '^  (import|replay) ')"

# ---- the daemon uses the imported mails -------------------------------------------------------------

# Neither Message-ID has the counter of a sending tool, so only the index can group the mails.
cat >patch.mbox <<'END'
From patchmark Thu Jan  1 00:00:00 1970
From: Ada Example <ada@example.org>
Subject: [PATCH tidewater] tide: name the moon
Date: Mon, 02 Mar 2026 11:00:00 +0000
Message-ID: <moon@example.org>
List-Id: <tidewater-devel.lists.example.org>

Signed-off-by: Ada Example <ada@example.org>
---
 tide.c | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

--- a/tide.c
+++ b/tide.c
@@ -1 +1 @@
-int m;
+int moon;
END
cat >reply.mbox <<'END'
From patchmark Thu Jan  1 00:00:00 1970
From: Ben Example <ben@example.org>
Subject: Re: [PATCH tidewater] tide: name the moon
Date: Mon, 02 Mar 2026 12:00:00 +0000
Message-ID: <reply@example.org>
In-Reply-To: <moon@example.org>
List-Id: <tidewater-devel.lists.example.org>

> int moon;

A good name.
END
series=$("$PATCHMARK" classify --format=headers patch.mbox | grep '^Patchmark-Series: ')
check "the patch has a series" test -n "$series"
same "the reply alone has no series" "" \
    "$("$PATCHMARK" classify --format=headers reply.mbox | grep '^Patchmark-Series: ')"
archive_add inbox/git/1.git <patch.mbox
import inbox >/dev/null
milter_start
check "the state folder is locked while the daemon runs (73)" exits 73 "stop that one first" import inbox
same "a reply through the milter has the series of the archived patch" "$series" \
    "$("$FAKEMTA" --print headers "$socket" reply.mbox | grep '^Patchmark-Series: ')"
same "only the reply makes events" 1 \
    "$("$PATCHMARK" tail -s state --no-follow --json -n 100 | grep -c '"type":"patchmark.message.seen.v1"')"
milter_stop
finish

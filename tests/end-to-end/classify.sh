#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# classify.sh - tests of the command line: every format and kind of mailbox, help, exit codes; and of
# the classification of the sample mails, with values that a person has determined.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
cd "$work" || exit
classify() { "$PATCHMARK" classify "$@"; }
# field NAME: prints that field of each line of $json, "-" if it is absent.
field() { sed -E "s/.*\"$1\":(\"([^\"]*)\"|([0-9a-z]+)).*/\2\3/; t; s/.*/-/" <<<"$json"; }

exits() { # CODE COMMAND...
    local wanted=$1
    shift
    "$@" >"$work/out" 2>"$work/fault"
    local status=$?
    [ $status -eq "$wanted" ] && return
    echo "         exit $status: $(cat "$work/fault")"
    return 1
}

# ---- the sample mails -----------------------------------------------------------------------------

json=$(classify "$demo")
same "kinds" "cover patch patch reply cover patch patch patch pull other" "$(field kind | xargs)"
same "parts" "0 1 2 - 0 1 2 1 - -" "$(field part | xargs)"
same "versions" "1 1 1 1 2 2 2 1 - -" "$(field version | xargs)"
same "diffs" "false true true false false true true true false false" "$(field has_diff | xargs)"
same "three series; the reply is in the first" "4 3 1" \
    "$(grep -o '"id":"s1-[a-z2-7]*"' <<<"$json" | uniq -c | awk '{print $1}' | xargs)"
same "the RFC has its flag" 1 "$(grep -cF '"flags":["first","rfc","has-diff"]' <<<"$json")"
same "patches have their tree" 8 "$(grep -c '"tree":\["tidewater"\]' <<<"$json")"
pull=$(sed -n 9p <<<"$json")
for part in '"url":"https://git.example.org/tidewater.git"' '"ref":"tags/spring-1"' '"signed":true' \
    '"base":"3b7356677aec2967b2960a518d64e0fed0f0aac8"' '"tip":"430d4b8af5237d72a20664f183617d5b220f0acc"'; do
    check "the pull request has $part" grep -qF "$part" <<<"$pull"
done
check "UTF-8 in JSON" grep -q '"author":"dan@example.net"' <<<"$json"

# ---- formats --------------------------------------------------------------------------------------

same "headers" 10 "$(classify --format=headers "$demo" | grep -c '^Patchmark-Kind: ')"
same "none: prints only the count" "10 mails" "$(classify --format=none "$demo")"
classify --format=mail "$demo" >mails
same "mail: one kind for each mail, the forged one is deleted" 10 "$(grep -c '^Patchmark-Kind: ' mails)"
same "mail: the rest is unchanged" "$(grep -v '^From patchmark\|^Patchmark-' "$demo")" "$(grep -v '^From patchmark\|^Patchmark-' mails)"
same "mail: the output is a valid mbox" "$(classify -f headers "$demo")" "$(classify -f headers mails)"
check "an unknown format (64)" exits 64 "$PATCHMARK" classify --format=xml "$demo"

# ---- a table for people ---------------------------------------------------------------------------

# on_terminal COLUMNS ARGUMENT...: prints what classify prints on a terminal of that width.
on_terminal() { script -qec "stty cols $1; '$PATCHMARK' classify ${*:2}" /dev/null | tr -d '\r'; }
width() { LC_ALL=C.UTF-8 wc -L; }

same "the default elsewhere is JSON" 10 "$(classify "$demo" | grep -c '^{')"
on_terminal 80 "$demo" >table
same "on a terminal: a table with a head and a line for each mail" 11 "$(wc -l <table)"
same "its columns" "KIND PART SERIES AUTHOR TITLE" "$(head -1 table | xargs)"
same "kinds; ? is medium confidence" "cover patch patch reply cover patch patch patch pull other?" \
    "$(sed 1d table | cut -d' ' -f1 | xargs)"
check "flags are before the title" grep -q ' (rfc) tide: count from noon$' table
check "80 columns: the start of the series id" grep -qE '^cover +v2 0/2 +s1-[a-z2-7]{5} Ada Example +tide: only hours that there are$' table
check "80 columns: no line is wider" test "$(width <table)" -le 80
on_terminal 120 "$demo" >table
check "120 columns: the whole series id" grep -qE '^cover +v2 0/2 +s1-[a-z2-7]{16} Ada Example +tide: ' table
check "120 columns: no line is wider" test "$(width <table)" -le 120
same "--format=json on a terminal" "$json" "$(on_terminal 80 --format=json "$demo")"
same "--format=table elsewhere" 11 "$(classify --format=table "$demo" | wc -l)"
{
    printf 'From: =?utf-8?q?=1b=5b31m=e2=80=aeA?= <a@example.org>\nMessage-ID: <h@example.org>\n'
    printf 'Subject: [PATCH] =?utf-8?q?=1b=5d0=3bx=07=e2=80=ae?= %s\n\ntext\n' "$(head -c 9000 /dev/zero | tr '\0' w)"
} >hostile.eml
on_terminal 80 hostile.eml >table
check "hostile text: no escape, no mark of direction" test -z "$(LC_ALL=C.UTF-8 grep -P '[\x00-\x08\x1b\x{202e}]' table)"
check "hostile text: shown as what it is" grep -qF '\u202e wwww' table
check "hostile text: fitted to the width" test "$(width <table)" -le 80

# ---- explanations ---------------------------------------------------------------------------------

classify --explain "$demo" >explained
check "--explain: a table, also without a terminal" grep -q '^KIND ' explained
same "each mail has its kind, series, and topic if it has one" "10 10 8" \
    "$(for what in kind series topic; do grep -c "^    $what " explained; done | xargs)"
check "the kind" grep -q '^    kind       cover: its subject has the part number 0$' explained
check "the series, by a run" grep -qE '^    series     s1-[a-z2-7]{16}: the Message-IDs of one run of a tool such as git send-email, 20260302100501\.4711-\*-ada@example\.org$' explained
check "the series, by a parent" grep -qF 'it refers to 20260302100501.4711-1-ada@example.org' explained
check "the topic" grep -qE '^    topic      t1-[a-z2-7]{16}: that of s1-[a-z2-7]{16} \(v1\): it names that series' explained
check "what is superseded" grep -qE '^    supersedes all of s1-[a-z2-7]{16} \(v1\)$' explained
same "JSON says the same, and otherwise what it says without" "$json" \
    "$(classify --format=json --explain "$demo" | sed 's/,"explain":\[.*\]}$/}/')"
same "JSON: as many explanations" "$(grep -c '^    ' explained)" \
    "$(classify --format=json --explain "$demo" | grep -o '"what":' | wc -l)"
on_terminal 80 --explain "$demo" >table
check "--explain on a terminal: no line is wider" test "$(width <table)" -le 80
check "long ones go on, with an indent, and ids are whole" grep -qx '                 20260302100501.4711-1-ada@example.org, a mail of this series' table
same "and say the same" "$(grep '^    ' explained | xargs)" "$(grep '^    ' table | xargs)"
printf 'From: syzbot <syzbot+1@syzkaller.appspotmail.com>\nSubject: [syzbot] x\nMessage-ID: <s@x>\n\nHello,\n' >robot.eml
check "a section of automation.conf, with its file and line" \
    grep -qE '^    automation robot syzbot: (/.*/|\(built-in\) )automation\.conf:[0-9]+$' <(classify --explain robot.eml)
printf 'label tide if subject ~ /tide/\n' >rules
printf 'plugin "rules" { table = "%s/rules" }\n' "$work" >rules.conf
check "a rule of the operator, with file and line" grep -qF "    rules      label tide: $work/rules:1" \
    <(classify -c rules.conf --explain "$demo")
check "--explain with another format (64)" exits 64 "$PATCHMARK" classify --explain --format=headers "$demo"
same "the same on many processors" "$(cat explained)" "$(taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')" "$PATCHMARK" classify --explain "$demo")"

# ---- mailboxes ------------------------------------------------------------------------------------

same "standard input from a pipe" "$json" "$(classify - < <(cat "$demo"))"
same "standard input from a file" "$json" "$(classify <"$demo")"
same "two files: all mails of both" 20 "$(classify "$demo" "$demo" | wc -l)"
same "two files: duplicates have no events" 10 "$(classify "$demo" "$demo" | tail -10 | grep -c '"events":\[\]')"
sed 's/^From: Ada Example <ada@example.org>/From: Mallory <mallory@example.com>/' "$demo" >forged.mbox
same "mails that copy the Message-IDs of another sender do not suppress the events of his mails" \
    "$(grep -c '^From: Ada ' "$demo")" \
    "$(classify forged.mbox "$demo" | tail -10 | grep '"author":"ada@' | grep -c 'message.seen')"
same "his own duplicates still have no events" 10 \
    "$(classify "$demo" forged.mbox "$demo" | tail -10 | grep -c '"events":\[\]')"
mkdir -p maildir/cur maildir/new maildir/tmp
awk -v folder=maildir '/^From patchmark /{n++; d = n % 2 ? "cur" : "new"; f = sprintf("%s/%s/%d.M%d.host", folder, d, 1000000000 + n, n); next} {print >f}' "$demo"
same "a maildir: in the order of arrival" "$(field message_id)" "$(json=$(classify maildir) && field message_id)"
sed -n '2,/^From patchmark/p' "$demo" | sed '$d' >one.eml
same "a single message" "$(head -1 <<<"$json")" "$(classify one.eml)"
same "a single message: its count" "1 mail" "$(classify --format=none one.eml)"
same "a single message: printed without From line" "Patchmark-Kind: cover" "$(classify -f mail one.eml | head -1)"
sed 's/$/\r/' "$demo" >crlf.mbox
same "CRLF line ends: the same result" "$(field series)$(field kind)" "$(json=$(classify crlf.mbox) && echo "$(field series)$(field kind)")"
: >empty.mbox
same "an empty file: no mail" "" "$(classify empty.mbox)"
printf 'From a@example.org Thu Jan  1 00:00:00 1970\nSubject: quoted\n\n>From here\n>>From there\nFrom nowhere in prose\n' >quoted.mbox
same "mboxrd quoting is removed and added again" "$(tail -n +3 quoted.mbox | sed 's/^From nowhere/>From nowhere/')" \
    "$(classify -f mail quoted.mbox | sed -n '/^$/,$p' | sed '$d')"
check "a missing file (66)" exits 66 "$PATCHMARK" classify no-such-file
check "a missing file: the others are read (66)" exits 66 "$PATCHMARK" classify no-such-file one.eml
check "a missing file: the others are printed" grep -q '"kind":"cover"' out
check "a full disk (74)" exits 74 bash -c "'$PATCHMARK' classify '$demo' >/dev/full"

# ---- on many processors ---------------------------------------------------------------------------

# On one processor the mails are classified one after the other.
first=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
alone() { taskset -c "$first" "$PATCHMARK" classify "$@"; }
"$GENERATE" -n 1000 -s 5 >generated.mbox
{ # with one mail in the middle that takes as long as a hundred others, and a larger one
    head -c 300000 generated.mbox | sed '$d'
    for lines in 20000 60000; do
        printf '\nFrom patchmark Thu Jan  1 00:00:00 1970\nFrom: a@example.org\nMessage-ID: <%s@example.org>\n' $lines
        printf 'Subject: [PATCH] long\n\n---\n--- a/file\n+++ b/file\n@@ -1 +1,%s @@\n' $lines
        seq -f '+a line of a long patch, number %.0f' $lines
    done
    echo
    cat generated.mbox
} >long.mbox
for format in json headers mail none; do
    check "the same output as on one processor: $format" \
        cmp <(alone -f $format long.mbox generated.mbox) <(classify -f $format long.mbox generated.mbox)
done
same "every mail once" "$(grep -c '^From patchmark ' long.mbox)" "$(classify long.mbox | wc -l)"
check "the same statistics" cmp <(alone -s -f none long.mbox | grep -v ^plugin) <(classify -s -f none long.mbox | grep -v ^plugin)
check "many files with one message each" cmp <(alone one.eml maildir/*/* maildir) <(classify one.eml maildir/*/* maildir)
check "after a failed write, no further file is read (74)" exits 74 bash -c \
    "'$PATCHMARK' classify generated.mbox no-such-file >/dev/full"
same "a failed write: one error" "patchmark: error: cannot write standard output: No space left on device" "$(cat fault)"
check "after the reader closed the pipe, no further file is read (74)" exits 74 bash -c \
    "set -o pipefail; '$PATCHMARK' classify generated.mbox no-such-file | head -1 >/dev/null"
same "a closed pipe: one error" "patchmark: error: cannot write standard output: Broken pipe" "$(cat fault)"
mkfifo unread
"$PATCHMARK" classify generated.mbox >unread &
others+=($!)
exec 4<unread
kill -TERM "${others[-1]}"
wait "${others[-1]}"
same "SIGTERM ends it while it writes" 143 $?
exec 4<&-

# ---- by the index of a daemon ---------------------------------------------------------------------

state=$work/state
socket=unix:$milter_socket
ids() { grep -oE '"(id|topic|supersedes)":"[st]1-[a-z2-7]{16}"' <<<"$1" | xargs; }
judged() { classify -c "$work/patchmark.conf" --state --format=json "$@"; }
# The rows of the database, but not what the housekeeping of the daemon writes beside mail.
rows() { for table in message series key event; do sqlite3 -readonly "$state/patchmark.db" "SELECT * FROM $table"; done; }
awk -v n=0 '/^From patchmark /{n++} {print >("demo." n)}' "$demo"

milter_configure "list \"tidewater-devel.lists.example.org\" { address = {\"tidewater-devel@lists.example.org\"} }" \
    "list \"closed.example.org\" { address = {\"closed@example.org\"} publish = false }"
milter_start
check "version 1 arrives" play --client 127.0.0.1 "$socket" demo.1 demo.2 demo.3
sed 's/tidewater-devel.lists/closed/; s/4711/4712/' demo.1 >closed.eml
check "mail of a closed list arrives" play --client 127.0.0.1 "$socket" closed.eml
rows >before
files=$(ls "$state")
same "a known mail has its ids" "$(ids "$(sed -n 2p <<<"$json")")" "$(ids "$(judged demo.2)")"
check "a known mail: seen before" grep -q 'seen before: the index has the mail' <(judged --explain demo.2)
same "a new version has the ids that it has after version 1" "$(ids "$(sed -n 5p <<<"$json")")" "$(ids "$(judged demo.5)")"
check "a new version supersedes the old one" grep -q '"supersedes":"s1-' <(judged demo.5)
same "on a fresh index it does not" "" "$(classify --format=json demo.5 | grep -o '"supersedes"')"
same "a reply has the series and topic" "$(ids "$(sed -n 4p <<<"$json")")" "$(ids "$(judged demo.4)")"
same "each mail is judged alone: the parts of version 2 find no cover" "2 0" \
    "$(classify --explain demo.5 demo.6 demo.7 | grep -c 'it refers to .* a mail of this series') $(judged --explain demo.5 demo.6 demo.7 | grep -c 'it refers to .* a mail of this series')"
same "several mails: each has the result that it has alone" "$(for i in 4 5 6 7; do judged demo.$i; done)" "$(judged demo.4 demo.5 demo.6 demo.7)"
same "no events: they depend on what is recorded" "" "$(judged demo.5 | grep -o '"events"')"
same "the header fields that the daemon would write" "cover 2 0/2" \
    "$(classify --state="$state" -f headers demo.5 | sed -n 's/^Patchmark-\(Kind\|Version\|Part\): //p' | xargs)"
same "a state folder and no configuration: the rows of open lists" "$(ids "$(judged demo.5)")" \
    "$(ids "$(classify --state="$state" --format=json demo.5)")"
check "mail of a closed list is known to mail of that list" grep -q 'seen before: the index has the mail' <(judged --explain closed.eml)
check "and to no other mail" grep -q 'the Message-IDs of one run' <(classify --state="$state" --explain closed.eml)
rows >after
check "nothing was written" cmp before after
same "nor a file" "$files" "$(ls "$state")"

for i in $(seq 300); do sed "s/^Message-ID: </&$i./" "$demo"; done >many.mbox
judged many.mbox >many.json &
reader=$!
check "mail passes meanwhile" play --client 127.0.0.1 "$socket" demo.5 demo.6 demo.7
wait $reader
same "and all are judged" 3000 "$(wc -l <many.json)"
same "the daemon lost none" 7 "$(sqlite3 -readonly "$state/patchmark.db" "SELECT count(*) FROM message")"
same "the daemon says of the new version what was judged" "$(ids "$(sed -n 5p <<<"$json")")" "$(ids "$(judged demo.5)")"
check "its log has no fault" test -z "$(grep -i 'locked\|passes without' "$work/milter.log")"
milter_stop
rows >before
same "a stopped daemon: the same" "$(ids "$(sed -n 5p <<<"$json")")" "$(ids "$(judged demo.5)")"
rows >after
check "a stopped daemon: nothing was written" cmp before after
same "nor a file, a stopped daemon" "lock patchmark.db" "$(ls "$state" | xargs)"
check "a missing state folder (66)" exits 66 "$PATCHMARK" classify --state="$work/nowhere" demo.5
check "... says what to do" grep -qF "cannot read $work/nowhere/patchmark.db: No such file or directory; start patchmark serve, or correct the option 'state'" fault
if [ "$(id -u)" -eq 0 ]; then
    check "a user without rights (66)" exits 66 setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$PATCHMARK" tail --state="$state"
    check "... is told what to do" grep -qF 'Permission denied; run this as root or as a member of the group of the daemon' fault
fi
check "a missing configuration (78)" exits 78 "$PATCHMARK" classify -c "$work/nowhere.conf" --state demo.5
check "events of an index that is only read (64)" exits 64 "$PATCHMARK" classify --state="$state" --format=events demo.5
mkfifo queue
"$PATCHMARK" classify -c "$work/patchmark.conf" --state --format=json - <queue >out 2>fault &
reader=$!
exec 4>queue
check "the index is open" wait_for 10 bash -c "ls -l /proc/$reader/fd | grep -q patchmark.db"
coproc lock { exec 4>&-; exec sqlite3 "$state/patchmark.db"; }
lock_pid=${lock_PID}
others+=("$lock_pid")
printf 'BEGIN EXCLUSIVE;\n.shell touch %s/locked\n' "$work" >&"${lock[1]}"
check "another program locks the database" wait_for 10 test -e "$work/locked"
cat demo.5 >&4
exec 4>&-
wait $reader
same "an index that cannot be read any more (74)" 74 $?
check "is logged" grep -q 'database is locked' fault
check "the mail is judged without it" grep -q '"kind":"cover"' out
check "a locked database (66)" exits 66 "$PATCHMARK" classify --state="$state" demo.5
kill "$lock_pid"
wait "$lock_pid" 2>/dev/null

# ---- help, version, invalid commands --------------------------------------------------------------

for command in serve classify tail plugins version; do
    check "$command --help" exits 0 "$PATCHMARK" $command --help
    check "$command: an unknown option (64)" exits 64 "$PATCHMARK" $command --no-such-option
done
check "--help" exits 0 "$PATCHMARK" --help
check "--version" exits 0 "$PATCHMARK" --version
check "no command (64)" exits 64 "$PATCHMARK"
check "an unknown command (64)" exits 64 "$PATCHMARK" frobnicate
check "tail without a state folder (66)" exits 66 "$PATCHMARK" tail --state="$work/nowhere"
check "plugins" exits 0 "$PATCHMARK" plugins
check "plugins: prints the facts of each plugin" grep -q 'fact   subject.part' out

# ---- progress, on a terminal only -----------------------------------------------------------------

for i in $(seq 1500); do sed "s/^Message-ID: </&$i./" "$demo"; done >large.mbox
check "a large file shows its progress on a terminal" \
    bash -c "script -qec \"'$PATCHMARK' classify --format=none large.mbox\" /dev/null | tr '\r' '\n' | grep -qE '^large.mbox: +[0-9]+ %'"
same "a large file prints no progress on a pipe" "" "$(classify --format=none large.mbox 2>&1 >/dev/null)"
finish

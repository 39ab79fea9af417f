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

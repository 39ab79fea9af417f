# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-lists.sh - what the tests of list servers share: an open list and a closed list, each with two
# subscribers; authors who post from elsewhere; what must be equal in the two passes of a mail; and the
# search for traces of the closed list.  Sourced after the library of the MTA.
#
# The mail of the closed list contains the word `kelpfence` in its subject, its text and its file names,
# and the name of the list is `seawall`: neither may occur where people can read who are not on it.
# shellcheck disable=SC2154 # from the library of the MTA and the test
# shellcheck source=tests/end-to-end/lib-smtp.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-smtp.sh"

lists_domain=lists.example.org
open=tidewater@$lists_domain
closed=seawall@$lists_domain
open_id=tidewater.$lists_domain
closed_id=seawall.$lists_domain
open_readers=(olga otto) # subscribers, each with a maildir of that name
closed_readers=(clara carl)
moderator=mona
witness=witness@readers.example.com # gets the mail as it comes in, with the fields of the first pass
secret='kelpfence|seawall'
events=$work/run/events.jsonl
metrics_port=$(free_port)

# lists_milter [LINE...]: writes the configuration of patchmark for the two lists.
lists_milter() {
    milter_configure "$(recipe lists-patchmark.conf)" "plugin \"file\" { path = \"$events\" }" "metrics_listen = \"inet:$metrics_port@127.0.0.1\"" "$@"
}

# lists_postfix: the settings of Postfix, which is as Debian's package has it: chrooted, with the socket of the
# milter inside.  Mail enters at $port, and list managers that use SMTP send to $again_port.
lists_postfix() {
    local reader
    chroot=y
    milter_socket=$(recipe chroot-patchmark.conf | sed 's/.*unix:\(.*\)"/\1/')
    again_port=$(free_port)
    virtual_domains=readers.example.com
    for reader in "${open_readers[@]}" "${closed_readers[@]}" $moderator ${witness%@*} owner; do
        more_mailboxes+=("$reader@readers.example.com $reader/")
    done
}
more_settings() {
    recipe postfix-main.cf
    echo 'smtpd_authorized_xclient_hosts = 127.0.0.1'
    echo 'default_transport = retry:4.0.0 nothing leaves the test'
    [ -z "${manager:-}" ] || recipe "$manager-main.cf"
}
more_services() { recipe postfix-master.cf; }

# recipe NAME: prints the display of patchmark-listserver(7) after that comment, as an operator copies
# it, with the folders and ports of the test.
recipe() {
    awk -v name=".\\\\\" recipe $1" '
        $0 == name { found = 1 }
        found && /^\.Ed/ { exit }
        inside
        found && /^\.Bd/ { inside = 1 }' "$SOURCE/docs/patchmark-listserver.7" |
        sed -e "s/\\\\(aq/'/g" -e 's/\\(ga/`/g' -e 's/\\(ti/~/g' -e 's/\\(ha/^/g' -e 's/\\(dq/"/g' -e 's/\\&//g' \
            -e 's/\\e/\\/g' -e "s#/var/spool/postfix#$work/spool#g" -e "s#/etc/postfix#$conf#g" \
            -e "s#/var/lib/mailman3#$work/mailman#g" -e "s#/var/spool/mlmmj#$work/mlmmj#g" \
            -e "s#/run/patchmark/#$work/run/#g" -e "s#/etc/mail/sympa/aliases#$work/sympa/aliases#g" \
            -e "s#/usr/lib/sympa/bin/queue#$work/sympa/queue#g" \
            -e "s#\b8024\b#${lmtp_port:-8024}#; s#\b10025\b#${again_port:-10025}#"
}

# ---- authors --------------------------------------------------------------------------------------

# mail_from PERSON MESSAGE-ID SUBJECT [FIELD...]: prints a mail; PERSON is the local part of the address.
# The text comes from standard input.
mail_from() {
    printf 'From: %s Example <%s@authors.example.com>\nDate: Mon, 02 Mar 2026 10:05:02 +0000\n' "${1^}" "$1"
    printf 'Message-ID: <%s>\nSubject: %s\n' "$2" "$3"
    shift 3
    [ $# -eq 0 ] || printf '%s\n' "$@"
    printf '\n'
    cat
}

# patch_for FILE [WORD]: prints the text of a patch of that file.
patch_for() {
    cat <<END
Text about ${2:-the tide}.

Signed-off-by: Ada Example <ada@authors.example.com>
---
 $1 | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/$1 b/$1
index 4f1c2d3..5a6b7c8 100644
--- a/$1
+++ b/$1
@@ -1,3 +1,3 @@
 one
-two ${2:-tides}
+three ${2:-tides}
 four
-- 
2.40.1
END
}

# post RECIPIENT...: sends the mail on standard input to the server, as a client elsewhere does.
post() {
    cat >"$work/posted"
    post_again "$@"
}

# post_again RECIPIENT...: sends the last mail again.
post_again() {
    local recipient
    smtp_open "$port" && smtp_wants 220 'XCLIENT NAME=client.example.com ADDR=192.0.2.7' &&
        smtp_wants 250 'EHLO client.example.com' && smtp_wants 250 'MAIL FROM:<ada@authors.example.com>' &&
        for recipient in "$@"; do smtp_wants 250 "RCPT TO:<$recipient>" || break; done &&
        smtp_wants 354 DATA && sed $'s/$/\r/; s/^\\./../; $a.\r' "$work/posted" >&3 && smtp_reply &&
        [[ $reply == 250* ]] && smtp_close && return
    echo "         $reply"
    return 1
}

# ---- what arrives -----------------------------------------------------------------------------------

mailbox() { find "$mailboxes/$1/new" -type f 2>/dev/null; } # READER: prints the files of the mails

# files_of READER MESSAGE-ID: prints the files of the copies of that mail; wrapped mail is found by the Message-ID of
# the mail inside.
files_of() { mailbox "$1" | xargs -r grep -liF "Message-ID: <$2>"; }
copy() { files_of "$@" | head -1 | xargs -r cat; }
copies() { files_of "$@" | wc -l; }
series_of() { copy "$1" "$2" | ours_of | sed -n 's/^Patchmark-Series: //p'; } # READER MESSAGE-ID
topic_of() { copy "$1" "$2" | ours_of | sed -n 's/^Patchmark-Topic: //p'; }
header_of() { sed '/^\r*$/,$d'; } # of a mail on standard input
ours_of() { header_of | grep -aE '^Patchmark-' | grep -v '^Patchmark-Info'; }

# arrives MESSAGE-ID READER...: waits until each reader has one copy.
arrives() {
    local reader id=$1
    shift
    for reader in "$@"; do
        wait_for 15 has_copy "$reader" "$id" || { echo "         no copy for $reader"; return 1; }
    done
}
has_copy() { [ "$(copies "$1" "$2")" -ge 1 ]; }

# same_in_both NAME MESSAGE-ID READER...: checks that each reader's copy has the fields of the first pass.
same_in_both() {
    local name=$1 id=$2 reader first
    shift 2
    check "$name: the witness has the first pass" arrives "$id" "${witness%@*}"
    first=$(copy "${witness%@*}" "$id" | ours_of)
    check "$name: arrives" arrives "$id" "$@"
    for reader in "$@"; do
        same "$name: $reader's copy has the fields of the first pass" "$first" "$(copy "$reader" "$id" | ours_of)"
    done
}

# ---- events -------------------------------------------------------------------------------------------

# events_of_type TYPE MESSAGE-ID: prints the events of that type about that mail.
events_of_type() {
    jq -c --arg type "patchmark.$1.v1" --arg id "$2" 'select(.type == $type and .subject == $id)' "$events" 2>/dev/null
}

# times TYPE SERIES: prints the number of events of that type about that series.
times() {
    jq -c --arg type "patchmark.$1.v1" --arg series "$2" \
        'select(.type == $type and .data.series.id == $series)' "$events" 2>/dev/null | wc -l
}

# authors_of MESSAGE-ID: prints the addresses of the author in the events about that mail, and of its series.
authors_of() {
    jq -r --arg id "$1" 'select(.subject == $id) | .data | [.author, .message.author, .series.author]
        | .[] | select(. != null) | .address? // .' "$events" | sort -u
}

# settled: waits until the outbox is drained, so that the file has all events.
settled() { wait_for 20 outbox_is_drained || outbox_is_empty; }
outbox_is_empty() {
    [ "$(sqlite3 -readonly "$work/state/patchmark.db" 'SELECT count(*) FROM event' 2>/dev/null)" = 0 ]
}

# events_count NAME MESSAGE-ID SEEN POSTED: checks how often the events of a mail were made.
events_count() {
    settled
    same "$1: events of the mail" "seen $3, posted $4" \
        "seen $(events_of_type message.seen "$2" | wc -l), posted $(events_of_type message.posted "$2" | wc -l)"
}

# no_trace WHERE FILE...: checks that no word of the closed list is in the files.
no_trace() {
    local where=$1
    shift
    same "no trace of the closed list: $where" "" "$(cat "$@" 2>/dev/null | grep -aiE "$secret" | head -3)"
}

# no_trace_in_headers [REGEX]: searches the headers of all mail that subscribers of the open list have.  What the
# author wrote himself is not counted: the recipients, and fields that match the expression.
no_trace_in_headers() {
    local reader file
    for reader in "${open_readers[@]}"; do
        for file in "$mailboxes/$reader"/new/*; do
            header_of <"$file" | grep -aviE "^(To|Cc|Reply-To): ${1:+|$1}"
        done
    done >"$work/open-headers"
    check "there are headers of the open list" grep -q '^Patchmark-Kind: ' "$work/open-headers"
    no_trace "headers of the open list" "$work/open-headers"
}

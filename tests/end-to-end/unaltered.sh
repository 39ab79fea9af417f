#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# unaltered.sh - sends the same mails through a real Postfix with the milter and without it, by SMTP
# (DATA and BDAT) and by sendmail(1).  Except for the headers of patchmark they must be the same, byte by
# byte.
#
#     unaltered.sh [MBOX [COUNT]]     also sends the first COUNT (500) mails of MBOX, which may be gzipped
# shellcheck source=tests/end-to-end/lib-postfix.sh
. "$(dirname "$0")/lib-postfix.sh"
# shellcheck source=tests/end-to-end/lib-smtp.sh
. "$(dirname "$0")/lib-smtp.sh"

# shellcheck disable=SC2034 # for lib-postfix.sh: Postfix itself must not change mails here
rewritten_clients=
mails=$work/mails
mkdir -p "$mails"
mails_split "$SOURCE/tests/mails/demo.mbox" 1000 "$mails"
odd_mails "$mails"

# all_arrived N: true if N mails have arrived both ways.
all_arrived() {
    [ "$(find "$mailboxes/with/new" -type f | wc -l)" -ge "$1" ] &&
        [ "$(find "$mailboxes/without/new" -type f | wc -l)" -ge "$1" ]
}

by_sendmail() { # WAY
    local way=$1 file
    for file in "$mails"/*; do
        sendmail -C "$conf" -i -f sender@example.org "${file##*/}@$way.example.org" <"$file" || return
    done
}

milter_configure
milter_start
check "Postfix starts and listens" postfix_start
[ "$failed" -eq 0 ] || finish

count=$(find "$mails" -type f | wc -l)
check "by DATA: accepted" both_ways smtp_data
same_mails "by DATA" "$count" 1

# Only BDAT can send lines that end in LF, and a last line without end.
for file in "$mails"/odd-*; do
    head -c -1 "$file" >"$work/cut" && mv "$work/cut" "$file"
done
printf 'Subject: nothing behind it' >"$mails/odd-last-field"
sed 's/\r$//' "$mails/mail00003" >"$mails/odd-lf"
count=$(find "$mails" -type f | wc -l)
check "by BDAT: accepted" both_ways smtp_bdat
same_mails "by BDAT" "$count" 1

# Postfix adds missing fields to local mail, such as a Message-ID; so only mails that have these fields.
for file in "$mails"/*; do
    sed '/^\r*$/,$d' "$file" | grep -aciE '^(from|date|message-id):' | grep -qx 3 || rm "$file"
done
count=$(find "$mails" -type f | wc -l)
check "by sendmail(1): more than 30 mails" test "$count" -gt 30
check "by sendmail(1): accepted" by_sendmail with
arrived_with() { [ "$(find "$mailboxes/with/new" -type f | wc -l)" -ge "$count" ]; }
check "by sendmail(1): arrive" wait_for 60 arrived_with
postconf -c "$conf" -e non_smtpd_milters=
postfix -c "$conf" stop # after a reload, an old process could still handle mail
postfix -c "$conf" start
check "by sendmail(1): accepted" by_sendmail without
same_mails "by sendmail(1)" "$count" 1

if [ $# -gt 0 ]; then
    rm -r "$mails"
    mkdir "$mails"
    mails_split "$1" "${2:-500}" "$mails"
    check "$1: accepted" both_ways smtp_data
    same_mails "${1##*/}" "$(find "$mails" -type f | wc -l)" 1
fi
finish

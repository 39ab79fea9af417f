#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# sendmail.sh - a real Sendmail: mail by SMTP and by sendmail(1), the faults of lib-faults.sh, and the
# same mails with and without the milter.  Requires root, m4, and on the first run apt-get.
# shellcheck source=tests/end-to-end/lib-sendmail.sh
. "$(dirname "$0")/lib-sendmail.sh"
# shellcheck source=tests/end-to-end/lib-smtp.sh
. "$(dirname "$0")/lib-smtp.sh"
# shellcheck source=tests/end-to-end/lib-faults.sh
. "$(dirname "$0")/lib-faults.sh"

arrived() { find "$mailboxes" -type f -exec cat {} + 2>/dev/null; }
arrived_forget() { find "$mailboxes" -type f -delete 2>/dev/null; }

check "Sendmail is unpacked" sendmail_unpack
[ "$failed" -eq 0 ] || finish
milter_configure
milter_start
check "Sendmail starts and listens" sendmail_start
[ "$failed" -eq 0 ] || finish
mta_port=$port

send_patch() { # MESSAGE-ID
    smtp_open "$port"
    forged_mail "$1" | sed 's/$/\r/' | smtp_data reader@with.example.org
    smtp_close
}
check "by SMTP: accepted" send_patch smtp@example.org
check "by SMTP: arrives" wait_for 20 arrived_are 1
forged_is_gone "by SMTP" smtp@example.org
same "the headers of patchmark are together, below Sendmail's Received" \
    "Received Patchmark-Kind Patchmark-Series Patchmark-Version Patchmark-Part Patchmark-Topic Patchmark-Flags Patchmark-Info From" \
    "$(as_sent <(arrived) 1 | sed '/^$/,$d' | grep -oE '^(Received|From|Patchmark-[A-Za-z-]+)' | tr '\n' ' ' | sed 's/ $//')"
queue_id=$(sed -n 's/.*with ESMTP id \([0-9A-Za-z]*\)$/\1/p' "$work/forged" | tail -1)
check "the log line has Sendmail's queue id" grep -qE "info: $queue_id: kind=patch .* forged=[1-9][0-9]* " "$work/milter.log"

arrived_forget
check "by sendmail(1): accepted" "${sendmail_command[@]}" -Ac -C "$conf/submit.cf" -i -f ada@example.org \
    reader@with.example.org < <(forged_mail sendmail@example.org)
check "by sendmail(1): arrives" wait_for 20 arrived_are 1
forged_is_gone "by sendmail(1)" sendmail@example.org

faults

# Sends the same mails with the milter and without it.
arrived_forget
mails=$work/mails
mkdir -p "$mails"
mails_split "$SOURCE/tests/mails/demo.mbox" 1000 "$mails"
odd_mails "$mails"
rm "$mails"/odd-bare-* # Sendmail refuses these
rm "$mails"/odd-from "$mails"/odd-text-alone # and adds its own Message-ID to these
# It also refuses headers of more than 32,768 bytes; those of patchmark must not exceed the limit.
head -c 32600 "$mails/odd-long-field" >"$work/cut"
{ cat "$work/cut" && printf '\r\n\r\ntext\r\n'; } >"$mails/odd-long-field"
all_arrived() {
    [ "$(find "$mailboxes" -type f | wc -l)" -ge $((2 * $1)) ] && [ -z "$(find "$work/queue" -type f)" ]
}
check "with and without: accepted" both_ways smtp_data
same_mails "with and without" "$(find "$mails" -type f | wc -l)" 2
finish

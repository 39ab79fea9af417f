#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# postfix-faults.sh - a real Postfix with forged fields and a faulty milter: forged fields with any
# spacing are deleted; while the milter stops, is killed or hangs, no mail is lost or delivered twice.
# shellcheck source=tests/end-to-end/lib-postfix.sh
. "$(dirname "$0")/lib-postfix.sh"
# shellcheck source=tests/end-to-end/lib-smtp.sh
. "$(dirname "$0")/lib-smtp.sh"
# shellcheck source=tests/end-to-end/lib-faults.sh
. "$(dirname "$0")/lib-faults.sh"

mailbox=$mailboxes/with
arrived() { find "$mailbox/new" -type f -exec cat {} + 2>/dev/null; }
arrived_forget() { find "$mailbox/new" -type f -delete 2>/dev/null; }

milter_configure
milter_start
check "Postfix starts and listens" postfix_start
[ "$failed" -eq 0 ] || finish
# shellcheck disable=SC2034 # for lib-faults.sh
mta_port=$port

smtp_open "$port"
forged_mail smtp@example.org | sed 's/$/\r/' | smtp_data reader@with.example.org
smtp_close
check "forged, by SMTP: arrives" wait_for 20 arrived_are 1
forged_is_gone "forged, by SMTP" smtp@example.org
arrived_forget
forged_mail sendmail@example.org | sendmail -C "$conf" -f ada@example.org reader@with.example.org
check "forged, by sendmail(1): arrives" wait_for 20 arrived_are 1
forged_is_gone "forged, by sendmail(1)" sendmail@example.org

faults

# Kills the milter under the load of a list: smtp-source keeps 8 sessions.
arrived_forget
begin=${EPOCHREALTIME//[^0-9]/}
smtp-source -s 8 -m 400 -f a@example.org -t reader@with.example.org "127.0.0.1:$port" &
source_pid=$!
others+=("$source_pid")
inbox_has() { [ "$(find "$mailbox/new" -type f | wc -l)" -ge "$1" ]; }
for kills in 1 2 3 4 5; do
    check "smtp-source: mail flows" wait_for 20 inbox_has $((kills * 50))
    milter_stop KILL
    milter_start
done
check "smtp-source: 400 mails over 8 sessions, five kills: all are accepted" wait "$source_pid"
echo "         in $(((${EPOCHREALTIME//[^0-9]/} - begin) / 1000)) ms"
check "smtp-source: all arrive" wait_for 60 inbox_has 400
same "smtp-source: each once" 400 "$(arrived | grep -ci '^Message-ID: ')"
same "smtp-source: the queue is empty" 0 "$(find "$work/spool/deferred" "$work/spool/active" "$work/spool/incoming" "$work/spool/maildrop" -type f | wc -l)"
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# mailman-ids.sh - sends the mails of an archive through a list of Mailman 3 that rewrites From, and compares the
# header fields of patchmark in the copy of a subscriber with those that the mail had when it came in.  Exits with 1 if
# they differ.
#
#     MAILBOX=MBOX PATCHMARK=… FAKEMTA=… SOURCE=… bash tests/accuracy/mailman-ids.sh
#
# The MBOX may be gzipped; its first COUNT (1000) mails are sent, without the fields that other hosts and lists
# have added.  Run by hand, as root.
: "${MAILBOX:?an mbox}"
# shellcheck source=tests/end-to-end/lib-postfix.sh
. "$SOURCE/tests/end-to-end/lib-postfix.sh"
# shellcheck source=tests/end-to-end/lib-lists.sh
. "$SOURCE/tests/end-to-end/lib-lists.sh"
# shellcheck source=tests/end-to-end/lib-mailman.sh
. "$SOURCE/tests/end-to-end/lib-mailman.sh"

# shellcheck disable=SC2034 # for lib-lists.sh
manager=mailman
COUNT=${COUNT:-1000}
lists_postfix
check "Mailman is unpacked" package_unpack "$mailman" mailman3
lists_milter
milter_start
check "Mailman starts" mailman_start
mailman_rest POST domains mail_host="$lists_domain"
check "the list" mailman_list "$open" "${open_readers[@]}"
check "its settings" mailman_set "$open_id" dmarc_mitigate_action=munge_from dmarc_mitigate_unconditionally=True \
    administrivia=False
check "Postfix starts and listens" postfix_start
[ "$failed" -eq 0 ] || finish

# The mails as their authors sent them: one line of fields is dropped with its continuation.
mkdir "$work/mails"
mails_split "$MAILBOX" "$COUNT" "$work/mails"
sent=0
for file in "$work/mails"/*; do
    awk 'body { print; next }
         /^\r?$/ { body = 1 }
         /^[^ \t]/ { dropped = tolower($0) ~ /^(received|return-path|delivered-to|list-[a-z-]*|precedence|sender|errors-to|archived-at|mailing-list|x-mailing-list|x-been-?there|x-mailman-[a-z-]*|patchmark-[a-z-]*):/ }
         !dropped' "$file" | tr -d '\r' | post "$open" "$witness" || continue
    sent=$((sent + 1))
done
echo "         $sent mails are sent"

# Mailman is done when its queues and those of Postfix are empty.
idle() {
    [ -z "$(find "$mailman_folder/queue/in" "$mailman_folder/queue/pipeline" "$mailman_folder/queue/out" \
        "$work/spool/active" "$work/spool/incoming" "$work/spool/maildrop" -type f)" ]
}
check "all pass" wait_for 600 idle
check "all pass" wait_for 60 idle

/usr/bin/python3 - "$mailboxes/${witness%@*}/new" "$mailboxes/olga/new" <<'END'
import email, email.policy, pathlib, sys

def read(folder):
    found = {}
    for file in pathlib.Path(folder).iterdir():
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.compat32)
        fields = [(n, str(v)) for n, v in mail.items() if n.startswith("Patchmark-") and n != "Patchmark-Info"]
        found[str(mail["Message-ID"]).strip()] = fields
    return found

first, copies = read(sys.argv[1]), read(sys.argv[2])
both = first.keys() & copies.keys()
differ = [m for m in both if first[m] != copies[m]]
for message in sorted(differ)[:20]:
    print("        ", message, "\n            in: ", sorted(set(first[message]) - set(copies[message])),
          "\n            out:", sorted(set(copies[message]) - set(first[message])))
members = sum(any(n == "Patchmark-Series" for n, _ in first[m]) for m in both)
print(f"{len(both)} mails in both passes ({members} with a series), {len(first) - len(both)} without a copy, {len(differ)} differ")
sys.exit(1 if differ or not both else 0)
END
check "the same fields in both passes" test $? -eq 0
finish

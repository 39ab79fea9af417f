#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# sendmail-lists.sh - an open and a closed list of mlmmj behind a real Sendmail, which is set up as
# patchmark-listserver(7) has it: both passes are judged alike, events are made once, and nothing of the closed list
# is published.
# shellcheck source=tests/end-to-end/lib-sendmail.sh
. "$(dirname "$0")/lib-sendmail.sh"
# shellcheck source=tests/end-to-end/lib-lists.sh
. "$(dirname "$0")/lib-lists.sh"
# shellcheck source=tests/end-to-end/lib-mlmmj.sh
. "$(dirname "$0")/lib-mlmmj.sh"

# shellcheck disable=SC2034 # for lib-sendmail.sh
aliases=$conf/lists
more_mc() { recipe sendmail.mc; }
more_mailers() { recipe sendmail-mailer.mc; }

# Sendmail has no XCLIENT: the authors connect from 127.0.0.9, which is no local client here.
post_again() {
    local recipients
    recipients=$(printf '%s,' "$@")
    swaks --silent 3 --server 127.0.0.1 --port "$port" --local-interface 127.0.0.9 --helo client.example.com \
        --from ada@authors.example.com --to "${recipients%,}" --data "@$work/posted"
}
# smtp-sink has one folder for all mail.
mailbox() { find "$mailboxes" -type f -exec grep -lE "^X-Rcpt-Args: <$1@" {} +; }

check "Sendmail is unpacked" sendmail_unpack
[ "$failed" -eq 0 ] || finish
lists_milter 'local = { "127.0.0.1" }'
milter_start
mkdir -p "$conf"
recipe mlmmj-aliases >"$aliases"
check "Sendmail starts and listens" sendmail_start
# shellcheck disable=SC2034 # for recipe
again_port=$port
check "an open list" mlmmj_list postfix "$open" "${open_readers[@]}"
check "a closed list" mlmmj_list postfix "$closed" "${closed_readers[@]}"
[ "$failed" -eq 0 ] || finish

mail_from ada o1@authors.example.com '[PATCH] tide: one' "To: $open" < <(patch_for tide.c) | post "$open" "$witness"
same_in_both "open list" o1@authors.example.com "${open_readers[@]}"
events_count "open list" o1@authors.example.com 1 1
mail_from ada c1@authors.example.com '[PATCH] kelpfence: one' "To: $closed" < <(patch_for kelpfence.c kelpfence) | post "$closed" "$witness"
same_in_both "closed list" c1@authors.example.com "${closed_readers[@]}"
events_count "closed list" c1@authors.example.com 0 0
mail_from ada x1@authors.example.com '[PATCH] ebb: one' "To: $closed" "Cc: $open" < <(patch_for ebb.c) | post "$closed" "$open"
check "mail to both: arrives" arrives x1@authors.example.com "${open_readers[@]}" "${closed_readers[@]}"
events_count "mail to both" x1@authors.example.com 1 1
settled
no_trace "file sink" "$events"
finish

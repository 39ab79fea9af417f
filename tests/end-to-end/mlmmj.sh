#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# mlmmj.sh - a real mailing list: a patch is posted to a list of mlmmj behind a real Postfix.  Each
# subscriber receives it with the headers of patchmark, once, and it has one event, although the mail
# passes the milter a second time on its way out: without configuration, with the option lists, and as
# a list of this host.
# shellcheck source=tests/end-to-end/lib-postfix.sh
. "$(dirname "$0")/lib-postfix.sh"
# shellcheck source=tests/end-to-end/lib-smtp.sh
. "$(dirname "$0")/lib-smtp.sh"
# shellcheck source=tests/end-to-end/lib-faults.sh
. "$(dirname "$0")/lib-faults.sh"

# shellcheck disable=SC2034 # for lib-postfix.sh
local_domains=lists.example.net aliases=texthash:$conf/aliases
list=$work/list

# list_make: creates a list, as mlmmj-make-ml does, which is interactive.
list_make() {
    local folder
    for folder in incoming queue/discarded archive text subconf unsubconf bounce control moderation \
        subscribers.d digesters.d nomailsubs.d requeue; do
        mkdir -p "$list/$folder"
    done
    cp /usr/share/mlmmj/text.skel/en/* "$list/text/"
    echo tidewater-devel@lists.example.net >"$list/control/listaddress"
    echo owner@example.org >"$list/control/owner"
    echo 'List-Id: <tidewater-devel.lists.example.net>' >"$list/control/customheaders"
    echo 127.0.0.1 >"$list/control/relayhost"
    echo "$port" >"$list/control/smtpport"
    touch "$list/control/nosubonlydenymails"
    printf '%s\n' reader@with.example.org >"$list/subscribers.d/r"
    printf '%s\n' other@without.example.org >"$list/subscribers.d/o"
    chown -R nobody "$list"
    mkdir -p "$conf"
    echo "tidewater-devel \"|/usr/bin/mlmmj-receive -F -L $list\"" >"$conf/aliases"
}

copies() { find "$mailboxes/$1/new" -type f 2>/dev/null | wc -l; }
both_have() { [ "$(copies with) $(copies without)" = "$1 $1" ]; }

# post MESSAGE-ID: sends a patch with forged fields to the list.
post() {
    smtp_open "$port"
    forged_mail "$1" | sed 's/^To: .*/To: tidewater-devel@lists.example.net/; s/$/\r/' |
        smtp_data tidewater-devel@lists.example.net
    smtp_close
}

# copy_is_whole NAME FILE: checks the copy that a subscriber received.
copy_is_whole() {
    same "$1: one List-Id, and one of each header of patchmark" "List-Id: <tidewater-devel.lists.example.net>
Patchmark-Flags: has-diff
Patchmark-Info: v=1; by=lists.example.org; conf=high
Patchmark-Kind: patch
Patchmark-Part: 2/5
Patchmark-Series: s1
Patchmark-Topic: t1
Patchmark-Version: 3" "$(sed '/^$/,$d' "$2" | grep -aiE '^(list-id|patchmark-)' | sed 's/: \([st]1\)-.*/: \1/' | sort)"
    same "$1: no forged field is left" 0 "$(grep -c forged "$2")"
    check "$1: sent by the list" grep -q '^Return-Path: <tidewater-devel+bounces-' "$2"
}

# events_of_mail MESSAGE-ID: prints the events message.seen of that mail.
events_of_mail() {
    "$PATCHMARK" tail --config="$work/patchmark.conf" --json --no-follow --lines=1000 |
        grep '"type":"patchmark.message.seen.v1"' | grep -F "\"subject\":\"$1\""
}

check "mlmmj is installed" command -v mlmmj-receive >/dev/null
milter_configure
milter_start
check "Postfix starts and listens" postfix_start
list_make
[ "$failed" -eq 0 ] || finish

check "a patch is posted" post first@example.org
check "both subscribers receive it" wait_for 30 both_have 1
for way in with without; do
    copy_is_whole "subscriber $way" "$(find "$mailboxes/$way/new" -type f)"
done
check "it passed the milter on its way out too" test "$(grep -c ': kind=patch ' "$work/milter.log")" -gt 1
same "it has one event" 1 "$(events_of_mail first@example.org | wc -l)"

# With the option lists, a mail is classified when it has a List-Id, on its way out.
milter_stop TERM
milter_configure 'lists = { "*.lists.example.net" }'
milter_start
check "with the option lists: a patch is posted" post second@example.org
check "both subscribers receive it" wait_for 30 both_have 2
same "it has one event" 1 "$(events_of_mail second@example.org | wc -l)"
check "the event has the List-Id" bash -c 'grep -q "tidewater-devel.lists.example.net"' < <(events_of_mail second@example.org)
for way in with without; do
    copy_is_whole "subscriber $way" "$(grep -l '^Message-ID: <second@' "$mailboxes/$way/new"/*)"
done

# A list of this host, which changes what it sends.
milter_stop TERM
milter_configure 'list "tidewater-devel.lists.example.net" { address = "tidewater-devel@lists.example.net" }'
milter_start
echo '[tidewater]' >"$list/control/prefix"
echo 'The tides of this list: https://lists.example.net/' >"$list/control/footer"
check "a list with prefix and footer: a patch is posted" post third@example.org
check "both subscribers receive it" wait_for 30 both_have 3
same "it has one event" 1 "$(events_of_mail third@example.org | wc -l)"
check "the event has the List-Id" bash -c 'grep -q "tidewater-devel.lists.example.net"' < <(events_of_mail third@example.org)
for way in with without; do
    file=$(grep -l '^Message-ID: <third@' "$mailboxes/$way/new"/*)
    copy_is_whole "subscriber $way" "$file"
    same "subscriber $way: with prefix and footer" "1 1" "$(grep -c '^Subject: \[tidewater\]' "$file") $(grep -c '^The tides' "$file")"
done
finish

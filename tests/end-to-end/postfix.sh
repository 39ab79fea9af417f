#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# postfix.sh - the whole path of a mail: SMTP, a real Postfix, the milter, delivery to an mbox; and of
# its event: a real Redis, and a subscriber.  Requires root, as Postfix does; all files are in a
# temporary folder, and all servers listen on the loopback interface.
# shellcheck source=tests/end-to-end/lib-postfix.sh
. "$(dirname "$0")/lib-postfix.sh"

inbox=$mailboxes/inbox

# inbox_has N: true if N mails were delivered.
inbox_has() { [ "$(grep -c '^From ' "$inbox" 2>/dev/null)" -eq "$1" ]; }

# inbox_take N: waits for N mails, moves them to $work/got.
inbox_take() {
    rm -f "$work/got"
    wait_for 60 inbox_has "$1" || { echo "         delivered: $(grep -sc '^From ' "$inbox")"; return 1; }
    mv "$inbox" "$work/got"
}

send() { # FILE...: sends each file as a mail, in an SMTP session of its own
    local file
    for file in "$@"; do
        swaks --silent 3 --server 127.0.0.1 --port "$port" --from list@lists.example.org \
            --to reader@example.org --data "@$file" || return 1
    done
}

# send_raw: sends standard input as DATA, byte by byte; no client changes it.
send_raw() {
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    : >"$work/reply"
    cat <&3 >"$work/reply" &
    local reader=$!
    printf 'EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\n' >&3
    printf 'RCPT TO:<reader@example.org>\r\nDATA\r\n' >&3
    wait_for 10 grep -q '^354 ' "$work/reply"
    cat >&3
    printf '\r\n.\r\nQUIT\r\n' >&3
    exec 3>&-
    wait_for 20 grep -q '^250 2.0.0 Ok: queued' "$work/reply" || cat "$work/reply"
    kill "$reader" 2>/dev/null
    wait "$reader" 2>/dev/null
}

got() { grep -qE "$1" "$work/got"; }
got_not() { ! got "$1"; }

redis_start
redis CONFIG SET unixsocketperm 777 >/dev/null 2>&1
milter_configure "plugin \"redis\" { server = \"unix:$work/redis.sock\" }"
milter_start
check "Postfix starts and listens" postfix_start
[ "$failed" -eq 0 ] || finish

# ---- one mail, its headers and its event ----------------------------------------------------------

redis SUBSCRIBE patchmark.events.patchmark.message.seen.v1 >"$work/subscriber" &
subscriber=$!
check "a subscriber is connected" wait_for 10 grep -q subscribe "$work/subscriber"
cat >"$work/patch.eml" <<'EOF'
From: Ada Example <ada@example.org>
To: tidewater-devel@lists.example.org
Subject: [PATCH v3 2/5] tide: refuse hours that no day has
Date: Mon, 02 Mar 2026 10:05:02 +0000
Message-ID: <20260302100501.4711-3-ada@example.org>
In-Reply-To: <20260302100501.4711-1-ada@example.org>
List-Id: <tidewater-devel.lists.example.org>
patchmark-kind: announce
Patchmark-Kind: forged
X-Keep: one
	two
Patchmark-Series:  s1-forgedforgedforg
PATCHMARK-KIND: forged too

A text.
--- a/tide.c
+++ b/tide.c
@@ -1 +1 @@
-one
+two
EOF
check "swaks sends a patch" send "$work/patch.eml"
check "it is delivered" inbox_take 1
check "with its kind" got '^Patchmark-Kind: patch$'
check "with its series" got '^Patchmark-Series: s1-[a-z2-7]{16}$'
check "with its version" got '^Patchmark-Version: 3$'
check "with its topic" got "^Patchmark-Topic: t1-[a-z2-7]{16}$"
check "with its part" got '^Patchmark-Part: 2/5$'
check "with the host that classified it" got '^Patchmark-Info: v=1; by=lists.example.org; conf=high$'
check "forged fields are deleted" got_not 'forged|announce'
same "the headers of patchmark are together, below the first Received" "Received Patchmark-Kind Patchmark-Series Patchmark-Version Patchmark-Part Patchmark-Topic Patchmark-Flags Patchmark-Info" \
    "$(grep -oE '^(Received|Patchmark-[A-Za-z-]+)' "$work/got" | tr '\n' ' ' | sed 's/ $//')"
same "the rest is unchanged" \
    "$(grep -vi '^patchmark-' "$work/patch.eml")" \
    "$(sed -n '/^From: /,$p' "$work/got" | sed '$d')"
check "the subscriber receives the event" wait_for 10 grep -q '"subject":"20260302100501.4711-3-ada@example.org"' "$work/subscriber"
kill "$subscriber"
same "the stream has the event" 1 "$(redis XREAD COUNT 100 STREAMS '{patchmark}:events' 0 | grep -c '"type":"patchmark.message.seen.v1"')"
check "the log line has Postfix's queue id" \
    grep -qE "info: $(sed -n 's/.*with ESMTP id \([0-9A-Za-z]*\).*/\1/p' "$work/got" | head -1): kind=patch " "$work/milter.log"

# ---- bad mail: delivered, with a kind -------------------------------------------------------------

bad() { # NAME: checks that the mail that was sent arrives with one kind
    check "$1: delivered" inbox_take 1
    same "$1: has its kind" 1 "$(grep -sc '^Patchmark-Kind: ' "$work/got")"
}
printf '' | send_raw
bad "an empty mail"
printf 'no header at all\r\njust text' | send_raw
bad "a mail that is no valid message"
printf 'Subject: x\r\nthis line has no colon\r\nTo: y@example.org\r\n\r\ntext' | send_raw
bad "a header line without colon"
printf 'Subject: x\r\nContent-Type: text/plain; charset=klingon-1\r\n\r\n\344\366\374' | send_raw
bad "an unknown charset"
printf 'Subject: a\000b\r\n\r\nx\000y\r\n--- a/f\r\n' | send_raw
bad "NUL bytes"
printf 'Subject: x\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nno end' | send_raw
bad "a multipart without closing boundary"
{ printf 'Subject: big\r\n\r\n'; yes 0123456789012345678901234567890123456789012345678901234567890 | head -c 2097152 | sed 's/$/\r/'; } | send_raw
bad "2 MiB"
check "2 MiB: has the flag truncated" got '^Patchmark-Flags: truncated$'
is_whole() { [ "$(grep -c '^0123456789' "$work/got")" -gt 33000 ]; }
check "2 MiB: complete" wait_for 10 is_whole # inbox_take counts it from its first line on

# ---- a flood of forged fields ----------------------------------------------------------------------

# flood NAME...: sends a mail with 11,000 fields, whose names are those in turn.
flood() {
    {
        printf 'Message-ID: <flood@example.org>\r\nSubject: flood\r\n'
        seq 11000 | while read -r i; do
            printf '%s: forged %s\r\n' "$1" "$i"
            set -- "${@:2}" "$1"
        done
        printf '\r\ntext'
    } >"$work/flood"
    send_raw <"$work/flood"
}
fields() { grep -ci '^patchmark-' "$work/got"; }
for names in Patchmark-Kind "Patchmark-X Patchmark-Y Patchmark-Kind"; do
    # shellcheck disable=SC2086 # names in words
    flood $names
    check "11,000 forged fields $names: delivered" inbox_take 1
    same "11,000 forged fields $names: 1,000 are deleted, none is added" "10000 0" "$(fields) $(grep -c '^Patchmark-Info' "$work/got")"
done
same "the line of each has the reason" 2 "$(grep -c ' headers=0 no-headers=forged .* forged=11000 ' "$work/milter.log")"
same "the log has how many stay, once for both" 1 "$(grep -c 'warning: .* 10000 of 11000 header fields Patchmark-\* stay on the mail' "$work/milter.log")"
check "Postfix has no panic" bash -c "! grep -E 'panic|too many reverse jump' '$work/postfix.log'"

# As patchmark-headers(7) says: a cleanup(8) of its own for the service that receives mail.
echo '/^Patchmark-/ IGNORE' >"$conf/patchmark_checks"
postconf -c "$conf" -M inbound/unix='inbound unix n - n - 0 cleanup'
postconf -c "$conf" -P inbound/unix/header_checks="regexp:$conf/patchmark_checks" \
    "127.0.0.1:$port/inet/cleanup_service_name=inbound"
postfix -c "$conf" reload >/dev/null 2>&1
has_recipe() {
    flood Patchmark-X Patchmark-Kind
    inbox_take 1 && [ "$(fields)" -le 9 ]
}
check "with header_checks: none is left" wait_for 60 has_recipe
same "with header_checks: the mail has patchmark's own fields" "1 1 0" \
    "$(grep -c '^Patchmark-Kind: other$' "$work/got") $(grep -c '^Patchmark-Info: ' "$work/got") $(grep -c forged "$work/got")"
swaks --silent 3 --server 127.0.0.1 --port "$plain_port" --from list@lists.example.org --to reader@example.org \
    --data "@$work/patch.eml"
check "with header_checks: a mail by another service is delivered" inbox_take 1
check "with header_checks: another service keeps the fields" got '^Patchmark-Kind: forged$'
postconf -c "$conf" -PX "127.0.0.1:$port/inet/cleanup_service_name"
postfix -c "$conf" reload >/dev/null 2>&1

# ---- many mails, one session; by sendmail(1) ------------------------------------------------------

check "smtp-source sends 50 over 5 sessions" smtp-source -s 5 -m 50 -f a@example.org -t reader@example.org "127.0.0.1:$port"
check "smtp-source: all arrive" inbox_take 50
same "smtp-source: each with one kind" 50 "$(grep -c '^Patchmark-Kind: ' "$work/got")"
check "a mail by sendmail(1)" bash -c "sendmail -C '$conf' -f a@example.org reader@example.org <'$work/patch.eml'"
check "by sendmail(1): arrives" inbox_take 1
check "with its kind" got '^Patchmark-Kind: patch$'

# ---- Redis stopped: no event is lost; milter stopped: no mail is lost -----------------------------

before=$(events_of message.seen)
redis_stop
for i in 1 2 3 4 5; do
    sed "s/4711-3-ada/4711-3$i-ada/" "$work/patch.eml" >"$work/more.$i"
done
check "Redis stopped: mails are accepted" send "$work"/more.*
check "Redis stopped: mails arrive" inbox_take 5
same "Redis stopped: each with its kind" 5 "$(grep -c '^Patchmark-Kind: patch' "$work/got")"
redis_start
check "Redis started: no event is lost" wait_for 60 events_are message.seen $((before + 5))
milter_stop TERM
check "milter stopped: mail is accepted" send "$work/patch.eml"
check "milter stopped: mail is delivered" inbox_take 1
milter_start
check "milter started: the next mail is accepted" send "$work/patch.eml"
check "milter started: the next mail has headers" bash -c "$(declare -f wait_for inbox_has inbox_take); work='$work' inbox='$inbox'; inbox_take 1 && grep -q '^Patchmark-Kind: patch' '$work/got'"
finish

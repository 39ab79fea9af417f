#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# protocol.sh - the milter protocol in every version, and with every order of commands that MTAs use:
# each mail is answered with "continue", has the same headers for every negotiation, and is unaltered.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
socket=unix:$work/run/patchmark.sock
mails=$(grep -c '^From patchmark ' "$demo")

# Writes to standard error what libmilter logs with syslog(3) if an answer is not allowed by the
# negotiation.
cc -shared -fPIC -o "$work/syslog.so" -x c - <<'C' || exit
#include <stdarg.h>
#include <stdio.h>
static void write_line(const char *format, va_list arguments) {
    fputs("syslog: ", stderr);
    vfprintf(stderr, format, arguments);
}
void syslog(int priority, const char *format, ...) {
    va_list arguments;
    (void)priority;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}
void __syslog_chk(int priority, int flag, const char *format, ...) {
    va_list arguments;
    (void)priority, (void)flag;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}
C

milter_configure
LD_PRELOAD=$work/syslog.so milter_start
logged_nothing() { # WHAT
    same "libmilter logs nothing: $1" "" "$(grep 'syslog: ' "$work/milter.log" | sort | uniq -c | head -3)"
}

# The reference: protocol 6 with all options offered.  postfix.sh and classify.sh check its content;
# here all results must equal it.
"$FAKEMTA" --print mail "$socket" "$demo" >"$work/wanted"
same "one kind for each mail" "$mails" "$(grep -c '^Patchmark-Kind: ' "$work/wanted")"
same "the forged one is deleted" 0 "$(grep -c '^Patchmark-Kind: announce' "$work/wanted")"
same "only headers of patchmark are changed" \
    "$(grep -v '^From patchmark\|^Patchmark-' "$demo")" "$(grep -v '^From \|^Patchmark-' "$work/wanted")"

as_reference() { # NAME OPTION...
    local name=$1
    shift
    if ! "$FAKEMTA" --print mail "$@" "$socket" "$demo" >"$work/got" 2>"$work/fault"; then
        cat "$work/fault"
        check "$name: every mail is answered" false
    else
        check "$name" cmp -s "$work/wanted" "$work/got"
        # What differs, so that a failure that is seen once can be explained.
        cmp -s "$work/wanted" "$work/got" ||
            { diff "$work/wanted" "$work/got" | head -20 && tail -20 "$work/milter.log"; }
    fi
}

for version in 2 3 4 5 6; do
    as_reference "protocol $version" --protocol $version
    as_reference "protocol $version, no protocol bits offered" --protocol $version --offer-nothing
done
as_reference "no SKIP" --no-skip
as_reference "no leading spaces" --no-leadspc
as_reference "every step requires a reply" --no-nr
as_reference "queue id sent from MAIL on" --queue-id-at mail
as_reference "queue id sent at the end only" --queue-id-at eom
logged_nothing "whatever is negotiated"
for stage in connect helo mail rcpt data header eoh body; do
    as_reference "abort at $stage, then the same mail" --abort-at $stage
done
for stage in mail rcpt data header eoh body; do
    as_reference "next mail at $stage without abort, then the same mail" --abort-at $stage --no-abort
done
as_reference "connections that close first" --close-first
as_reference "a connection for each mail" -m 1
as_reference "QUIT_NC between mails" --quit-nc
as_reference "QUIT_NC after aborted mails" --quit-nc --abort-at eoh
as_reference "QUIT_NC, and every step requires a reply" --quit-nc --no-nr
as_reference "the last piece of body with its end" --last-chunk-with-eob
as_reference "a body in pieces of one byte" --chunk 1
as_reference "a body in pieces of 7 bytes" --chunk 7
as_reference "a slow sender" --slow 1 -c 4
as_reference "a sender of single bytes" --dribble 1 -c 10
as_reference "four connections" -c 4

# Connections with different negotiations at the same time.
"$FAKEMTA" --offer-nothing -r 20 "$socket" "$demo" &
other=$!
as_reference "beside an MTA that offers nothing" -r 1
check "the MTA that offers nothing is answered" wait "$other"
# Now they negotiate at the same time, once for each mail.
"$FAKEMTA" --offer-nothing -m 1 -c 4 -r 2000 "$socket" "$demo" &
other=$!
others+=("$other")
"$FAKEMTA" -m 1 -c 4 -r 300 --print mail "$socket" "$demo" >"$work/got"
same "while others negotiate: each connection keeps what it has negotiated" \
    "$(for i in $(seq 300); do cat "$work/wanted"; done | md5sum)" "$(md5sum <"$work/got")"
check "they still negotiate" kill "$other"
wait "$other" 2>/dev/null

# An MTA that does not allow all edits: the mail passes, with the edits that are allowed.
"$FAKEMTA" --offer-actions 1 --print mail "$socket" "$demo" >"$work/got" # add headers, change none
same "deleting headers is not allowed: headers are added" "$mails" "$(grep -c '^Patchmark-Info: ' "$work/got")"
"$FAKEMTA" --offer-actions 1 -m 1 "$socket" "$demo" # a connection for each mail
same "and the log has why, once" 1 \
    "$(grep -c 'warning: the MTA does not allow adding or deleting headers (it offers actions 0x1); forged ones stay' "$work/milter.log")"
"$FAKEMTA" --offer-actions 2 --print mail "$socket" "$demo" >"$work/got" # change the body
"$FAKEMTA" --offer-actions 2 -m 1 "$socket" "$demo"
same "adding headers is not allowed: one warning for all mails, and no other" 2 "$(grep -c 'warning: ' "$work/milter.log")"
same "adding headers is not allowed: the line of each mail has the reason" $((2 * mails)) \
    "$(grep -c ' headers=0 no-headers=actions ' "$work/milter.log")"
same "adding headers is not allowed: the mail is unaltered" "$(grep -v '^From patchmark ' "$demo")" "$(grep -v '^From ' "$work/got")"
: >"$work/milter.log"

# ---- bodies in pieces -----------------------------------------------------------------------------

cat >"$work/parts.eml" <<'EOF'
From: a@example.org
Subject: [PATCH] parts
Message-ID: <parts@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain
Content-Transfer-Encoding: quoted-printable

diff --git a/f b/f
--- a/f
+++ b/f
@@ -1 +1 @@
-=41
+=
B
--b
Content-Type: application/octet-stream

x
--b--
EOF
whole=$("$FAKEMTA" --print headers "$socket" "$work/parts.eml")
check "a multipart mail: its patch is read" grep -q '^Patchmark-Patch-Id: [0-9a-f]\{40\}$' <<<"$whole"
body=$(sed '1,/^$/d; s/$/\r/' "$work/parts.eml" | wc -c)
for options in "" --last-chunk-with-eob; do
    differ=
    for ((cut = 1; cut <= body; cut++)); do
        # shellcheck disable=SC2086 # none or one option
        [ "$("$FAKEMTA" $options --first-chunk $cut --print headers "$socket" "$work/parts.eml")" = "$whole" ] ||
            differ+=" $cut"
    done
    same "a body in two pieces, split at each of $body bytes, ${options:-as Postfix sends it}" "" "$differ"
done

# ---- odd sizes ------------------------------------------------------------------------------------

"$FAKEMTA" --print headers "$socket" "$demo" >"$work/wanted-headers"
for options in "" --no-nr --last-chunk-with-eob; do
    # shellcheck disable=SC2086 # none or one option
    check "a header of 100 KB ${options:-as Postfix sends it}: the headers are the same" cmp -s "$work/wanted-headers" \
        <("$FAKEMTA" $options --big-header --print headers "$socket" "$demo")
done
printf 'From: a@example.org\nSubject: [PATCH 1/2] big\nMessage-ID: <big@example.org>\n\n' >"$work/big.eml"
yes 'a line of an attachment that nobody reads' | head -c 2097152 >>"$work/big.eml"
for options in "" --no-skip --last-chunk-with-eob; do
    # shellcheck disable=SC2086 # none or one option
    "$FAKEMTA" $options --print mail "$socket" "$work/big.eml" >"$work/got"
    same "2 MiB ${options:-as Postfix sends it}: has the flag truncated, and passes complete" "first truncated $(grep -c '^a line' "$work/big.eml")" \
        "$(sed -n 's/^Patchmark-Flags: //p' "$work/got") $(grep -c '^a line' "$work/got")"
done
{
    printf 'From: a@example.org\nSubject: many\nMessage-ID: <many@example.org>\n'
    for i in $(seq 300); do printf 'Patchmark-Kind: forged %s\nPATCHMARK-series: x\nPatchmark-Other-%s: y\n' "$i" $((i % 50)); done
    printf '\ntext\n'
} >"$work/many.eml"
"$FAKEMTA" --print mail "$socket" "$work/many.eml" >"$work/got"
same "900 forged fields are all deleted" "Patchmark-Kind Patchmark-Info" \
    "$(grep -oiE '^patchmark-[a-z-]+' "$work/got" | tr '\n' ' ' | sed 's/ $//')"
printf '\n' >"$work/empty.eml"
check "an empty mail" bash -c "'$FAKEMTA' --print headers '$socket' '$work/empty.eml' | grep -q '^Patchmark-Kind: other'"

# ---- many connections, slow connections, and max_mails --------------------------------------------

"$FAKEMTA" -c 200 -r 40 --print mail "$socket" "$demo" >"$work/got"
same "200 connections at once: each mail has its headers" "$(for i in $(seq 40); do cat "$work/wanted"; done | md5sum)" \
    "$(md5sum <"$work/got")"

# pace: prints the milliseconds that four fast connections take for 400 mails.
pace() {
    local begin=${EPOCHREALTIME//[^0-9]/}
    "$FAKEMTA" -c 4 -r 40 "$socket" "$demo" || return
    echo $(((${EPOCHREALTIME//[^0-9]/} - begin) / 1000))
}
alone=$(pace)
"$FAKEMTA" -c 50 -r 5 --dribble 20 --timeout 60000 --print headers "$socket" "$demo" >"$work/slow" 2>"$work/fault" &
slow=$!
others+=("$slow")
beside=$(pace)
same "beside 50 senders of single bytes: the fast ones end before any slow one" 0 "$(wc -l <"$work/slow")"
check "the slow ones are still sending" kill -0 "$slow"
kill "$slow"
wait "$slow" 2>/dev/null
echo "         400 mails in $alone ms alone, in $beside ms beside them"
as_reference "after the slow senders"

milter_stop TERM
same "the milter exits with 0" 0 $?
check "it logged no error and no warning" test -z "$(grep -E ' (error|warning): ' "$work/milter.log")"

milter_configure 'max_mails = 2'
milter_start
"$FAKEMTA" -c 3 --slow 300 --print mail "$socket" "$demo" >"$work/slow" 2>"$work/fault" &
slow=$!
others+=("$slow")
is_full() { grep -q 'warning: 2 mails are in work' "$work/milter.log"; }
check "max_mails = 2: three slow mails" wait_for 10 is_full
"$FAKEMTA" --print mail "$socket" "$demo" >"$work/got"
same "max_mails = 2: further mails pass unclassified, without forged fields" \
    "$(grep -vi '^From patchmark \|^patchmark-' "$demo")" "$(grep -v '^From ' "$work/got")"
kill "$slow"
wait "$slow" 2>/dev/null
reads_again() { grep -q "info: mails are read again; passed unread since the start: $((mails + 1))\$" "$work/milter.log"; }
check "max_mails: when the slow ones are gone, mails are read again; the log has how many were not" wait_for 10 reads_again
as_reference "max_mails = 2: later mails have their headers"
same "max_mails = 2: one warning, no other" 1 "$(grep -cE ' (error|warning): ' "$work/milter.log")"
milter_stop TERM
finish

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-smtp.sh - an SMTP client that mends nothing and knows how long it had to wait, sessions that
# send until they are told to stop, and mails to compare.  To be sourced after lib.sh.

# ---- a client, on descriptor 3 --------------------------------------------------------------------

export LC_ALL=C # bytes, not characters
reply=    # the last line of the last reply
longest=0 # microseconds that a reply took at most

smtp_reply() {
    local begin=${EPOCHREALTIME//[^0-9]/} took
    reply=
    while IFS= read -r -t 90 -u 3 reply; do
        [[ $reply == ???-* ]] || break
    done
    took=$((${EPOCHREALTIME//[^0-9]/} - begin))
    [ "$took" -le "$longest" ] || longest=$took
}

# smtp_wants CODE LINE: sends the line; the reply must have the code.
smtp_wants() {
    printf '%s\r\n' "$2" >&3 || return 1
    smtp_reply
    [[ $reply == "$1"* ]]
}

smtp_open() { # PORT
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    smtp_reply
    [[ $reply == 220* ]] && smtp_wants 250 'EHLO client.example.org'
}

smtp_close() {
    smtp_wants 221 QUIT
    exec 3>&-
}

smtp_envelope() { # RECIPIENT
    smtp_wants 250 'MAIL FROM:<sender@example.org>' && smtp_wants 250 "RCPT TO:<$1>"
}

# smtp_data RECIPIENT: standard input, lines that end in CR LF, is the mail.
smtp_data() {
    smtp_envelope "$1" && smtp_wants 354 DATA && sed 's/^\./../' >&3 && smtp_wants 250 .
}

# smtp_bdat RECIPIENT FILE: the file, byte by byte, whatever its end.
smtp_bdat() {
    smtp_envelope "$1" && { printf 'BDAT %s LAST\r\n' "$(stat -c %s "$2")" && cat "$2"; } >&3 &&
        smtp_reply && [[ $reply == 250* ]]
}

# ---- sessions in the background -------------------------------------------------------------------

# flow NAME PORT RECIPIENT MAILS: sends numbered mails, MAILS in a session, until the file
# $work/enough exists.  $work/flow.NAME then has: mails taken, mails refused, sessions refused,
# microseconds of the longest wait.
flow() {
    local name=$1 taken=0 refused=0 unopened=0 left=0
    while [ ! -e "$work/enough" ]; do
        if [ "$left" -eq 0 ]; then
            smtp_open "$2" || { unopened=$((unopened + 1)) && sleep 0.1 && continue; }
            left=$4
        fi
        if smtp_data "$3" < <(flow_mail "$name-$((taken + refused))"); then
            taken=$((taken + 1))
        else
            refused=$((refused + 1))
            echo "$name: $reply" >>"$work/refused"
        fi
        left=$((left - 1))
        [ "$left" -gt 0 ] || smtp_close
        echo >>"$work/passed.$name"
        sleep 0.02
    done
    smtp_close
    echo "$taken $refused $unopened $longest" >"$work/flow.$name"
}

flow_mail() { # NAME: a mail with its Message-ID
    printf '%s\r\n' 'From: Ada Example <ada@example.org>' 'To: tidewater-devel@lists.example.org' \
        "Subject: [PATCH] tide: hours of $1" 'Date: Mon, 02 Mar 2026 10:05:02 +0000' \
        "Message-ID: <$1@example.org>" '' 'A text.' '' \
        '--- a/tide.c' '+++ b/tide.c' '@@ -1 +1 @@' '-one' '+two'
}

flows=()

# flows_start NAME PORT RECIPIENT: three sessions that last, and two that are made anew for each mail.
flows_start() {
    local i
    rm -f "$work/enough" "$work"/flow.* "$work"/passed.* "$work/refused"
    flows=()
    for i in 1 2 3 4 5; do
        : >"$work/passed.$1-$i"
        flow "$1-$i" "$2" "$3" $((i > 3 ? 1 : 1000000)) 2>>"$work/errors" &
        flows+=($!)
    done
    others+=("${flows[@]}")
}

# flows_pass N: waits until each session has sent N more mails.
flows_pass() {
    local file goals=()
    for file in "$work"/passed.*; do
        goals+=("$file" $(($(stat -c %s "$file") + $1)))
    done
    wait_for 60 have_passed "${goals[@]}"
}
have_passed() { # FILE SIZE...
    while [ $# -gt 0 ]; do
        [ "$(stat -c %s "$1")" -ge "$2" ] || return 1
        shift 2
    done
}

# flows_end: sets taken, refused, unopened and the longest wait in milliseconds.
# shellcheck disable=SC2034 # for the tests
flows_end() {
    local one
    touch "$work/enough"
    wait "${flows[@]}"
    read -r taken refused unopened longest_ms < <(cat "$work"/flow.* | awk \
        '{ t += $1; r += $2; u += $3; if ($4 > l) l = $4 } END { print t, r, u, int(l / 1000) }')
}

# ---- mails that are sent with the milter and without it --------------------------------------------

# mails_split FILE COUNT FOLDER: the first mails of an mbox, one a file, as SMTP has them.
mails_split() {
    gzip -dcf "$1" | awk -v most="$2" -v folder="$3" '
        /^From / && blank { if (++count > most) exit; close(file)
                            file = sprintf("%s/mail%05d", folder, count); next }
        { blank = $0 == "" || $0 == "\r"; sub(/\r$/, ""); printf "%s\r\n", $0 >file }
        BEGIN { blank = 1 }'
}

# as_sent FILE N: the mail behind the first N Received fields, those of this host.
as_sent() {
    local i command=(cat)
    for ((i = 0; i < $2; i++)); do
        command=(without_received "${command[@]}")
    done
    "${command[@]}" <"$1"
}
without_received() { "$@" | sed '1,/^Received: /d' | sed '1,/^[^ \t]\|^$/{/^[ \t]/d}'; }

# unaltered WITH WITHOUT N: beside our fields, which stand together on top, all is as without the
# milter.
unaltered() {
    as_sent "$1" "$3" >"$work/with"
    as_sent "$2" "$3" >"$work/without"
    [ -z "$(sed -n '1,/^Patchmark-Info: /{/^Patchmark-[A-Z]/!p}' "$work/with")" ] &&
        grep -qa '^Patchmark-Kind: ' "$work/with" &&
        sed '1,/^Patchmark-Info: /d' "$work/with" | cmp -s - <(sed '1,/^$/{/^patchmark-/Id}' "$work/without")
}

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-smtp.sh - an SMTP client that changes nothing in a mail and measures how long replies take,
# sessions in the background that send mails until they are stopped, and functions that compare mails.
# Sourced after lib.sh.
# shellcheck disable=SC2154 # from lib.sh and the test

# ---- a client, on descriptor 3 --------------------------------------------------------------------

export LC_ALL=C # bytes, not characters
reply=    # the last line of the last reply
longest=0 # the longest time until a reply, in microseconds

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

# smtp_data RECIPIENT [FILE]: sends the file or standard input, whose lines end in CR LF, with DATA.
# The final dot is written in the same piece, because a small packet of its own would wait for the
# acknowledgement of the previous one.
smtp_data() {
    smtp_envelope "$1" && smtp_wants 354 DATA && sed $'s/^\\./../\n$a.\r' "${2:--}" >&3 &&
        smtp_reply && [[ $reply == 250* ]]
}

# smtp_bdat RECIPIENT FILE: sends the bytes of the file with BDAT; its last line needs no end.
smtp_bdat() {
    smtp_envelope "$1" && sed $'1i\\\n'"BDAT $(stat -c %s "$2") LAST"$'\r' "$2" >&3 && smtp_reply && [[ $reply == 250* ]]
}

# ---- sessions in the background -------------------------------------------------------------------

# flow NAME PORT RECIPIENT MAILS: sends numbered mails, MAILS in each session, until the file
# $work/enough exists.  Then writes to $work/flow.NAME: the number of mails accepted, of mails refused
# and of sessions refused, and the longest wait in microseconds.
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

flow_mail() { # NAME: prints a mail with that Message-ID
    printf '%s\r\n' 'From: Ada Example <ada@example.org>' 'To: tidewater-devel@lists.example.org' \
        "Subject: [PATCH] tide: hours of $1" 'Date: Mon, 02 Mar 2026 10:05:02 +0000' \
        "Message-ID: <$1@example.org>" '' 'A text.' '' \
        '--- a/tide.c' '+++ b/tide.c' '@@ -1 +1 @@' '-one' '+two'
}

flows=()

# flows_start NAME PORT RECIPIENT: starts three flows that keep their session, and two that open a new
# session for each mail.
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

# flows_end: stops the flows.  Sets taken, refused and unopened to the numbers of mails accepted, mails
# refused and sessions refused, and longest_ms to the longest wait in milliseconds.
# shellcheck disable=SC2034 # for the tests
flows_end() {
    local one
    touch "$work/enough"
    wait "${flows[@]}"
    read -r taken refused unopened longest_ms < <(cat "$work"/flow.* | awk \
        '{ t += $1; r += $2; u += $3; if ($4 > l) l = $4 } END { print t, r, u, int(l / 1000) }')
}

# ---- mails that are sent with the milter and without it --------------------------------------------

# mails_split FILE COUNT FOLDER: writes the first COUNT mails of an mbox to one file each, with lines
# that end in CR LF, as in SMTP.
mails_split() {
    gzip -dcf "$1" | awk -v most="$2" -v folder="$3" '
        /^From / && blank { if (++count > most) exit; close(file)
                            file = sprintf("%s/mail%05d", folder, count); next }
        file == "" { next }
        { blank = $0 == "" || $0 == "\r"; sub(/\r$/, ""); printf "%s\r\n", $0 >file }
        BEGIN { blank = 1 }'
}

# as_sent FILE N: prints the mail without its first N Received fields, those of this host.
as_sent() {
    local i command=(cat)
    for ((i = 0; i < $2; i++)); do
        command=(without_received "${command[@]}")
    done
    "${command[@]}" <"$1"
}
without_received() { "$@" | sed '0,/^Received: /d' | sed '1,/^[^ \t]\|^$/{/^[ \t]/d}'; }

# unaltered WITH WITHOUT N: true if the fields of patchmark are together at the top of WITH, and the
# rest equals WITHOUT, each without its first N Received fields.
unaltered() {
    as_sent "$1" "$3" >"$work/with"
    as_sent "$2" "$3" >"$work/without"
    [ -z "$(sed -n '1,/^Patchmark-Info: /{/^Patchmark-[A-Z]/!p}' "$work/with")" ] &&
        grep -qa '^Patchmark-Kind: ' "$work/with" &&
        sed '1,/^Patchmark-Info: /d' "$work/with" | cmp -s - <(sed '1,/^$/{/^patchmark-/Id}' "$work/without")
}

# odd_mails FOLDER: writes mails that a program on the way might repair or change, as SMTP has them.
odd_mails() {
    local fields='From: Ada Example <ada@example.org>\r\nDate: Mon, 02 Mar 2026 10:05:02 +0000\r\nMessage-ID: <%s@example.org>\r\n'
    odd() { # NAME FORMAT: three fields, then the format
        # shellcheck disable=SC2059 # formats they are
        printf "$fields$2" "$1" >"$folder/odd-$1"
    }
    local folder=$1
    odd 8-bit 'Subject: \344\366\374 \303\244\r\nX-High: \377\376\r\n\r\n\344\366\374 \303\244\r\n\377\376\r\n'
    odd nul 'Subject: nul\r\n\r\nx\000y\r\n\000\r\n--- a/f\000\r\n'
    odd nul-in-header 'Subject: a\000b\r\nX-Nul: \000\r\n\r\ntext\r\n'
    odd bare-cr 'Subject: one\rtwo\r\n\r\none\rtwo\r\n\r\r\nthree\r\r\n'
    odd bare-lf 'Subject: lf\nX-Next: two\r\n\r\none\ntwo\r\n\nthree\n'
    odd no-body 'Subject: no body, and no empty line\r\n'
    odd empty-body 'Subject: no body\r\n\r\n'
    odd blank-ends 'Subject: ends \r\nX-Tab: x\t\r\n\r\ntext \r\n\t\r\n\r\n\r\n\r\n'
    odd no-colon 'Subject: x\r\nthis line has no colon\r\nTo: y@example.org\r\n\r\ntext\r\n'
    odd spacing 'Subject:none\r\nX-Two:  two\r\nX-Tab:\ttab\r\nX-Empty:\r\nX-Blank: \r\nX-Folded:\r\n one\r\n\ttwo\r\n  \r\n three\r\n\r\ntext\r\n'
    odd space-before-colon 'Subject : x\r\nX-Odd \t : y\r\n\r\ntext\r\n'
    odd duplicates 'Subject: one\r\nSubject: two\r\nmessage-id: <again@example.org>\r\nSUBJECT: three\r\nTo: a@example.org\r\nTo: b@example.org\r\n\r\ntext\r\n'
    odd dots 'Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.text\r\n'
    odd like-ours 'Subject: x\r\nX-Patchmark-Kind: x\r\nPatchmark: y\r\nPatchmarks-Kind: z\r\nPatchmar: k\r\n\r\nPatchmark-Kind: text\r\n'
    odd mime 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary="=_a"\r\n\r\npreamble\r\n--=_a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\303\244\r\n--=_a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n--=_a\r\nContent-Type: message/rfc822\r\n\r\nPatchmark-Kind: inside\r\nSubject: inside\r\n\r\ntext\r\n--=_a\r\nContent-Transfer-Encoding: base64\r\n\r\nLS0tIGEvZg0K\r\n--=_a--\r\nepilogue\r\n'
    odd mime-without-end 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nno end\r\n--\r\n'
    { odd long-lines 'Subject: long\r\n\r\n' && { head -c 5000 /dev/zero | tr '\0' a && printf '\r\n' &&
        head -c 200000 /dev/zero | tr '\0' b && printf '\r\n'; } >>"$folder/odd-long-lines"; }
    { odd many-fields '' && { for i in $(seq 100); do printf 'X-Field-%s: value %s\r\n' $((i % 40)) "$i"; done &&
        printf '\r\ntext\r\n'; } >>"$folder/odd-many-fields"; }
    { odd long-field 'X-Long:' && { for i in $(seq 1200); do printf ' a-reference-of-many-%s@example.org\r\n' "$i"; done &&
        printf '\r\ntext\r\n'; } >>"$folder/odd-long-field"; }
    local bytes # around the size of a body's piece
    for bytes in 65533 65534 65535 65536 131070; do
        { odd "body-$bytes" 'Subject: size\r\n\r\n' && { head -c $((bytes - 2)) /dev/zero | tr '\0' '\n' |
            sed 's/$/0123456789abcdef\r/' | head -c $((bytes - 2)) && printf '\r\n'; } >>"$folder/odd-body-$bytes"; }
    done
    printf '\r\nno field, only text\r\n' >"$folder/odd-text-alone"
    printf 'From somebody Mon Mar  2 10:05:02 2026\r\nSubject: x\r\n\r\nFrom text\r\n>From text\r\n' >"$folder/odd-from"
}

# both_ways COMMAND: sends each file of $mails to a recipient with its name: in one session with the
# milter at with.example.org, and in one session without the milter at without.example.org.
both_ways() {
    local way file mta=$port
    for way in with without; do
        smtp_open "$mta" || return
        for file in "$mails"/*; do
            "$1" "${file##*/}@$way.example.org" "$file" || { echo "         ${file##*/}: $reply"; return 1; }
        done
        smtp_close
        mta=$plain_port
    done
}

# same_mails NAME N RECEIVED: checks that N mails arrive both ways and are the same without their first
# RECEIVED Received fields.  The test defines all_arrived N.
same_mails() {
    local file line count=0 differ=0 recipient='^(Delivered-To|X-Rcpt-Args): <?([^@]+)@(with|without)\.'
    check "$1: $2 mails arrive both ways" wait_for 150 all_arrived "$2"
    mkdir -p "$work/$1/with" "$work/$1/without"
    while IFS= read -r file; do
        # shellcheck disable=SC2094 # an open file can be moved
        while IFS= read -r line; do
            [[ $line =~ $recipient ]] && mv "$file" "$work/$1/${BASH_REMATCH[3]}/${BASH_REMATCH[2]}" && break
        done <"$file" 2>/dev/null
    done < <(find "$mailboxes" -type f)
    for file in "$work/$1/with"/*; do
        count=$((count + 1))
        unaltered "$file" "$work/$1/without/${file##*/}" "$3" 2>/dev/null && continue
        differ=$((differ + 1))
        echo "         ${file##*/} differs"
    done
    same "$1: they are the same, byte by byte" "$2 0" "$count $differ"
}

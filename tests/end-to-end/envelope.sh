#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# envelope.sh - client, authenticated user and recipients of a mail: which mail is exempt, which fields
# under the prefix are patchmark's own from the first pass, and how many of them are deleted.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

socket=unix:$work/run/patchmark.sock
state=$work/state

value() { # METRIC: prints its value
    sed -n "s/^patchmark_$1 //p" "$work/patchmark.prom"
}
becomes() { wait_for 20 is "$@"; }
is() { [ "$(value "$1")" = "$2" ]; }
logged() { grep -c "$1" "$work/milter.log"; } # TEXT
known() { sqlite3 -readonly "$state/patchmark.db" "SELECT count(*) FROM message"; }
events() { sqlite3 -readonly "$state/patchmark.db" "SELECT count(*) FROM event"; }

number=0
mail() { # [FIELD...]: writes a new mail to $work/mail.eml
    number=$((number + 1))
    {
        printf 'From: Ada Example <ada@example.org>\nTo: dev@example.org\nSubject: a mail\n'
        printf 'Message-ID: <%s@example.org>\nList-Id: <dev.example.org>\n' "$number"
        [ $# -eq 0 ] || printf '%s\n' "$@"
        printf '\ntext\n'
    } >"$work/mail.eml"
}
kinds() { # OPTION...: plays the mail, prints its Patchmark-Kind fields
    "$FAKEMTA" --print mail "$@" "$socket" "$work/mail.eml" | grep -i '^patchmark-kind' | tr '\n' ' ' | sed 's/ $//'
}

milter_configure 'log_level = "debug"' "metrics_file = \"$work/patchmark.prom\"" \
    'exempt_clients = { "198.51.100.0/24", "2001:db8:1::/48" }' 'exempt_users = { "backup" }' \
    'exempt_recipients = { "*@internal.example" }'
milter_start

# ---- exempt mail ------------------------------------------------------------------------------------

passes() { # NAME OPTION...: checks that a mail passes untouched
    local name=$1 before_known before_events
    shift
    before_known=$(known)
    before_events=$(events)
    mail 'Patchmark-Kind: forged'
    same "$name: passes untouched" "$(cat "$work/mail.eml")" \
        "$("$FAKEMTA" --print mail "$@" "$socket" "$work/mail.eml" | sed '1{/^From /d}' | sed '${/^$/d}')"
    same "$name: nothing is in the index" "$before_known" "$(known)"
    same "$name: no event" "$before_events" "$(events)"
}
is_read() { # NAME OPTION...: checks that a mail is read
    local name=$1
    shift
    mail 'Patchmark-Kind: forged'
    same "$name: is read" 'Patchmark-Kind: other' "$(kinds "$@")"
}
is_read "any mail"
passes "an exempt client" --client 198.51.100.7
passes "an exempt client, IPv6" --client 2001:db8:1::7
passes "an exempt client, mapped" --client ::ffff:198.51.100.7
is_read "a client of another network" --client 198.51.101.7
is_read "a unix socket" --client /run/lmtp
is_read "an unknown client" --client unknown
passes "an exempt user" --user Backup
is_read "another user" --user ada
passes "an exempt recipient" --recipient someone@internal.example
passes "exempt recipients in odd forms" --recipient '<Someone@INTERNAL.example>' \
    --recipient '<@relay.example:other@internal.example>' --recipient '< third@internal.example. >'
is_read "exempt recipients and another one" --recipient a@internal.example --recipient b@example.org \
    --recipient c@internal.example
is_read "a recipient with a quoted local part" --recipient '<"a b"@internal.example>'
passes "an exempt mail for an MTA that waits for every reply" --no-nr --client 198.51.100.7
passes "an exempt mail in protocol 2" --protocol 2 --user backup
mail
yes 0123456789 | head -c 1000000 >>"$work/mail.eml"
for options in "" --no-skip; do
    # shellcheck disable=SC2086 # none or one option
    same "1 MB ${options:-with SKIP}: passes" "$(grep -c ^0123456789 "$work/mail.eml")" \
        "$("$FAKEMTA" $options --print mail --user backup "$socket" "$work/mail.eml" | grep -c ^0123456789)"
done
exempt=$(logged 'no-headers=exempt-.* no-events=exempt-')
same "each has one line in the log" 10 "$exempt"
same "with the reason" 4 "$(logged 'no-headers=exempt-client no-events=exempt-client')"
same "at level info, as it is list mail" 10 "$(logged 'info: .*list-id=dev.example.org .*no-headers=exempt-')"
{ printf 'From: ada@example.org\nSubject: of no list\nMessage-ID: <private@example.org>\n\ntext\n'; } >"$work/mail.eml"
"$FAKEMTA" --user backup "$socket" "$work/mail.eml"
same "other mail at level debug" 1 "$(logged 'debug: .*message-id=<private@example.org> no-headers=exempt-user')"
exempt=$((exempt + 1))
check "and is counted" becomes mails_exempt_total "$exempt"

# One connection with several clients, as after Sendmail's QUIT_NC.
for i in 1 2 3 4; do
    mail 'Patchmark-Kind: forged'
    { echo 'From a@example.org Thu Jan  1 00:00:00 1970'; cat "$work/mail.eml"; echo; } >>"$work/two.mbox"
done
for options in "" --no-nr; do
    # shellcheck disable=SC2086 # none or one option
    same "QUIT_NC ${options:-}: each mail has the client of its session" "forged other forged other" \
        "$("$FAKEMTA" $options --quit-nc --client 198.51.100.7 --client 192.0.2.1 --print mail "$socket" \
            "$work/two.mbox" | sed -n 's/^Patchmark-Kind: //p' | tr '\n' ' ' | sed 's/ $//')"
done
same "a session keeps its client for all mails" "forged forged forged forged" \
    "$("$FAKEMTA" --client 198.51.100.7 --client 192.0.2.1 --print mail "$socket" \
        "$work/two.mbox" | sed -n 's/^Patchmark-Kind: //p' | tr '\n' ' ' | sed 's/ $//')"

# ---- fields of the first pass -----------------------------------------------------------------------

own=('Patchmark-Kind: patch' 'Patchmark-Series: s1-mfzwizltoq2gc3tb' 'Patchmark-Info: v=1; by=lists.example.org; conf=high')
replaced() { # NAME FORGED CLIENT FIELD...: checks that the fields are replaced, and FORGED times logged
    local name=$1 wanted=$2 client=$3 before
    shift 3
    before=$(logged ' events=.* forged=')
    mail "$@"
    same "$name: they are replaced" 'Patchmark-Kind: other' "$(kinds --client "$client")"
    same "$name: logged as forged" "$wanted" $(($(logged ' events=.* forged=') - before))
}
replaced "own fields from a local client" 0 127.0.0.1 "${own[@]}"
replaced "own fields from a local client, IPv6" 0 ::1 "${own[@]}"
replaced "own fields from sendmail(1)" 0 unknown "${own[@]}"
replaced "own fields from elsewhere" 1 192.0.2.1 "${own[@]}"
replaced "one field twice from a local client" 1 127.0.0.1 "${own[@]}" 'patchmark-kind: pull'
replaced "a field that patchmark does not write, from a local client" 1 127.0.0.1 "${own[@]}" 'Patchmark-Owner: me'
check "the metric has the forged ones" becomes mails_forged_total "$(logged ' events=.* forged=')"

# ---- very many fields -------------------------------------------------------------------------------

# flood NAME FORMAT: plays a mail with 11,000 fields; the format has the number.
flood() {
    {
        printf 'From: ada@example.org\nSubject: flood\nMessage-ID: <%s@example.org>\nPatchmark-Kind: forged\n' "$RANDOM"
        # shellcheck disable=SC2059 # the format is an argument
        seq 11000 | while read -r i; do printf "$2" "$i"; done
        printf 'Patchmark-Series: forged\n\ntext\n'
    } >"$work/flood.eml"
    "$FAKEMTA" --print mail "$socket" "$work/flood.eml" >"$work/got"
    same "$1: 1,000 of 11,002 fields are deleted, none is added" 10002 "$(grep -ci '^patchmark-' "$work/got")"
    same "$1: the names that patchmark writes first" 0 "$(grep -cE '^Patchmark-(Kind|Series|Info)' "$work/got")"
    same "$1: the rest of the mail stays" "$(grep -vi '^Patchmark-' "$work/flood.eml")" \
        "$(grep -vi '^Patchmark-\|^From ' "$work/got" | sed '${/^$/d}')"
}
flood "one name" 'Patchmark-X: %s\n'
flood "11,000 names" 'Patchmark-X%s: y\n'
flood "11,000 spellings" 'PATCHMARK-x%s: y\n'
same "the line of each has the reason" 3 "$(logged ' headers=0 no-headers=forged .* forged=11002 ')"
same "the log has how many stay of the first, and the recipe, once for all" 1 \
    "$(logged 'warning: .* 10002 of 11002 header fields Patchmark-\* stay on the mail, and none is added; .* header_checks in patchmark-headers(7)')"
mail
same "the next mail has its fields" 'Patchmark-Kind: other' "$(kinds)"

milter_stop TERM
same "the milter exits with 0" 0 $?
finish

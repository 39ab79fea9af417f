# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-faults.sh - what an MTA has to go through, whichever it is: forged fields in every spacing, and
# a milter that goes away, comes back, dies and hangs while mail flows.  To be sourced after
# lib-smtp.sh.  The test gives:
#
#     arrived           prints the delivered mails, one after the other
#     arrived_forget    forgets them
#     mta_port          where the MTA listens, with the milter
# shellcheck disable=SC2154 # from lib.sh, lib-smtp.sh and the test

# ---- forged fields ---------------------------------------------------------------------------------

# Every way to write a field that an MTA takes for one of that name: before, between and behind others.
forged_mail() {
    cat <<'EOF'
Patchmark-Kind : forged one
patchmark-kind: forged two
From: Ada Example <ada@example.org>
Patchmark-Kind	: forged three
To: tidewater-devel@lists.example.org
Subject: [PATCH v3 2/5] tide: refuse hours that no day has
PATCHMARK-KIND:forged four
Patchmark-Series:
Date: Mon, 02 Mar 2026 10:05:02 +0000
Patchmark-Info:
	forged
	five
Patchmark-Info :  forged
 six
EOF
    echo "Message-ID: <$1>"
    cat <<'EOF'
X-Keep: one
	two
X-Patchmark-Kind: kept
Patchmark-Kind: forged seven
Patchmark-Nobody-Knows: forged eight
Patchmark-Kind 	 :	forged nine
X-Last: three

Patchmark-Kind: in the text
--- a/tide.c
+++ b/tide.c
@@ -1 +1 @@
-one
+two
EOF
}

# forged_kept MESSAGE-ID: what is to be left of it from its From on.
forged_kept() {
    forged_mail "$1" | sed -n '/^From: /,$p' |
        sed '1,/^$/{/^Patchmark-/Id; /^[ \t]\(forged\|five\|six\)/d}'
}

# forged_is_gone NAME MESSAGE-ID: of the one mail that arrived.
forged_is_gone() {
    arrived >"$work/forged"
    same "$1: once" 1 "$(grep -c "^Message-ID: <$2>" "$work/forged")"
    same "$1: nothing forged is left" 0 "$(grep -c forged "$work/forged")"
    same "$1: one kind, and it is ours" "Patchmark-Kind: patch" \
        "$(sed '/^$/,$d' "$work/forged" | grep -i '^patchmark-kind')"
    same "$1: one series, and it is ours" 1 \
        "$(grep -ciE '^patchmark-series: s1-[a-z2-7]{16}$' "$work/forged")"
    same "$1: all else is as it was" "$(forged_kept "$2")" "$(sed -n '/^From: /,$p' "$work/forged")"
}

# ---- faults ----------------------------------------------------------------------------------------

arrived_are() { [ "$(arrived | grep -c '^Message-ID: ')" -ge "$1" ]; }

# flow_is_whole NAME: what was sent while the milter had its fault.
flow_is_whole() {
    flows_end
    same "$1: no mail and no session is refused" "0 0" "$refused $unopened"
    [ ! -s "$work/refused" ] || sort "$work/refused" | uniq -c | head -5
    check "$1: all $taken mails arrive" wait_for 60 arrived_are "$taken"
    same "$1: none twice, none else" "$taken $taken" \
        "$(arrived | grep '^Message-ID: ' | sort | tee "$work/ids" | wc -l) $(uniq "$work/ids" | wc -l)"
    echo "         $(arrived | grep -c '^Patchmark-Kind: ') of $taken with headers; the longest wait of a session: $longest_ms ms"
}

# fault NAME COMMAND...: mail flows while the command makes the fault and mends it.
fault() {
    local name=${1//[^a-z0-9]/-}
    arrived_forget
    flows_start "$name" "$mta_port" "reader@with.example.org"
    check "$1: mail flows before" flows_pass 10
    "${@:2}"
    check "$1: and behind" flows_pass 10
    flow_is_whole "$1"
    arrived_forget
    smtp_open "$mta_port" && flow_mail "$name-again" | smtp_data reader@with.example.org
    smtp_close
    check "$1: the next session is annotated" wait_for 20 is_annotated
}
is_annotated() { arrived | grep -q '^Patchmark-Kind: patch'; }

milter_away() {
    milter_stop TERM
    check "away: mail flows" flows_pass 10
    milter_start
}
milter_restarts() {
    local _
    for _ in 1 2; do
        milter_stop TERM
        milter_start
        flows_pass 2
    done
}
milter_dies() {
    local _
    for _ in 1 2; do
        milter_stop KILL
        milter_start
        flows_pass 2
    done
}
milter_hangs() {
    kill -STOP "$milter_pid"
    check "hung: mail flows" flows_pass 1
    kill -CONT "$milter_pid"
}
milter_stumbles() {
    kill -STOP "$milter_pid"
    sleep 0.7
    kill -CONT "$milter_pid"
}

faults() {
    fault "away" milter_away
    fault "restarted" milter_restarts
    fault "killed" milter_dies
    fault "hung" milter_hangs
    fault "hung for a moment" milter_stumbles
    same "hung for a moment: and no mail lacks headers" 1 "$(arrived | grep -c '^Patchmark-Kind: ')"
}

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-faults.sh - checks for any MTA: forged fields with any spacing, and a milter that stops,
# restarts, is killed or hangs while mail flows.  Sourced after lib-smtp.sh.  The test defines:
#
#     arrived           a function that prints the delivered mails, one after the other
#     arrived_forget    a function that deletes them
#     mta_port          the port at which the MTA uses the milter
# shellcheck disable=SC2154 # from lib.sh, lib-smtp.sh and the test

# ---- forged fields ---------------------------------------------------------------------------------

# forged_mail MESSAGE-ID: prints a mail with forged fields, in every spelling that an MTA accepts as a
# field of that name: before, between and after other fields.
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

# forged_kept MESSAGE-ID: prints what must be left of that mail, from its From on.
forged_kept() {
    forged_mail "$1" | sed -n '/^From: /,$p' |
        sed '1,/^$/{/^Patchmark-/Id; /^[ \t]\(forged\|five\|six\)/d}'
}

# forged_is_gone NAME MESSAGE-ID: checks the one mail that has arrived.
forged_is_gone() {
    arrived >"$work/forged"
    same "$1: arrived once" 1 "$(grep -c "^Message-ID: <$2>" "$work/forged")"
    same "$1: no forged field is left" 0 "$(grep -c forged "$work/forged")"
    same "$1: one kind, that of patchmark" "Patchmark-Kind: patch" \
        "$(sed '/^$/,$d' "$work/forged" | grep -i '^patchmark-kind')"
    same "$1: one series, that of patchmark" 1 \
        "$(grep -ciE '^patchmark-series: s1-[a-z2-7]{16}$' "$work/forged")"
    same "$1: the rest is unchanged" "$(forged_kept "$2")" "$(sed -n '/^From: /,$p' "$work/forged")"
}

# ---- faults ----------------------------------------------------------------------------------------

arrived_are() { [ "$(arrived | grep -c '^Message-ID: ')" -ge "$1" ]; }

# flow_is_whole NAME: stops the flows, and checks that all their mails arrived, once.
flow_is_whole() {
    flows_end
    same "$1: no mail and no session was refused" "0 0" "$refused $unopened"
    [ ! -s "$work/refused" ] || sort "$work/refused" | uniq -c | head -5
    check "$1: all $taken mails arrive" wait_for 60 arrived_are "$taken"
    same "$1: each once, and no other mail" "$taken $taken" \
        "$(arrived | grep '^Message-ID: ' | sort | tee "$work/ids" | wc -l) $(uniq "$work/ids" | wc -l)"
    echo "         $(arrived | grep -c '^Patchmark-Kind: ') of $taken with headers; the longest wait of a session: $longest_ms ms"
}

# fault NAME COMMAND...: checks that mail flows while the command causes the fault and repairs it.
fault() {
    local name=${1//[^a-z0-9]/-}
    arrived_forget
    flows_start "$name" "$mta_port" "reader@with.example.org"
    check "$1: mail flows before the fault" flows_pass 10
    "${@:2}"
    check "$1: mail flows after the fault" flows_pass 10
    flow_is_whole "$1"
    arrived_forget
    smtp_open "$mta_port" && flow_mail "$name-again" | smtp_data reader@with.example.org
    smtp_close
    check "$1: mail of the next session has headers" wait_for 20 is_annotated
}
is_annotated() { arrived | grep -q '^Patchmark-Kind: patch'; }

milter_is_stopped() {
    milter_stop TERM
    check "stopped: mail flows" flows_pass 10
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
milter_is_killed() {
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
milter_hangs_briefly() {
    kill -STOP "$milter_pid"
    sleep 0.7
    kill -CONT "$milter_pid"
}

faults() {
    fault "stopped" milter_is_stopped
    fault "restarted" milter_restarts
    fault "killed" milter_is_killed
    fault "hung" milter_hangs
    fault "hung for 0.7 s" milter_hangs_briefly
    same "hung for 0.7 s: the mail has headers" 1 "$(arrived | grep -c '^Patchmark-Kind: ')"
}

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# postfix.sh - mails per second through a real Postfix, from an SMTP client over four connections to
# smtp-sink: without a filter, with floor A, with patchmark and with the earlier version that BEFORE names;
# on a unix socket and on an inet socket.  Requires root, as Postfix does.
#
# Measures two rates: that at which Postfix accepts mails, and that until the last one is delivered.  On
# inet sockets a mail waits for delayed acknowledgements of TCP, mostly on the side of Postfix, so fewer
# mails are played.  Variables: those of lib-bench.sh; ROUNDS is 5, MAILS_UNIX 1000, MAILS_INET 200.
if [ "$(id -u)" -ne 0 ] || ! PATH=$PATH:/usr/sbin command -v postfix smtp-sink >/dev/null; then
    echo "Postfix is not installed, or this is not root: cannot measure with Postfix"
    exit 0
fi
library=lib-postfix.sh
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/lib-bench.sh"
: "${PLAY:=$BUILD/tests/bench/smtp-play}"

rounds=${ROUNDS:-5}
declare -A count=([unix]=${MAILS_UNIX:-1000} [inet]=${MAILS_INET:-200})
MILTER_USER= # all filters run as root, and open their sockets to all
filter_port=$(free_port)
declare -A at=([unix]=unix:$work/run/bench.sock [inet]=inet:$filter_port@127.0.0.1) # where filters listen
sink_port=$(free_port)
declare -A smtp=([without]=$(free_port) [unix]=$(free_port) [inet]=$(free_port)) # where Postfix does
: "${conf:?of lib-postfix.sh}"

# mta_start: starts Postfix with a listener for each way.  If a filter fails, Postfix refuses the mail, so
# that the benchmark fails.
mta_start() {
    postfix_start || die "Postfix does not start"
    cat >>"$conf/main.cf" <<END
relayhost = [127.0.0.1]:$sink_port
in_flow_delay = 0
milter_default_action = tempfail
END
    cat >>"$conf/master.cf" <<END
relay     unix - - n - - smtp
127.0.0.1:${smtp[without]} inet n - n - - smtpd
    -o smtpd_milters=
127.0.0.1:${smtp[unix]} inet n - n - - smtpd
    -o smtpd_milters=${at[unix]}
127.0.0.1:${smtp[inet]} inet n - n - - smtpd
    -o smtpd_milters=inet:127.0.0.1:$filter_port
END
    postfix -c "$conf" reload >/dev/null 2>&1
    for port in "${smtp[@]}"; do
        wait_for 20 bash -c ": <>/dev/tcp/127.0.0.1/$port" || die "Postfix does not listen"
    done
}

queue_is_empty() { [ -z "$(find "$work"/spool/{maildrop,incoming,active,deferred} -type f -print -quit)" ]; }

# turn WHAT SOCKET ROUND: starts the filter, plays the mails, and notes the result.
turn() {
    local what=$1 socket=$2 round=$3 listener=$2 begin seconds line
    mkdir -p "$work/run"
    case $what in
    without) listener=without ;;
    A) filter_run "${at[$socket]}" "$FLOOR" -n "${at[$socket]}" ;;
    A-nagle) filter_run "${at[$socket]}" "$FLOOR" "${at[$socket]}" ;;
    patchmark | before) patchmark_run "$what" "${at[$socket]}" ;;
    esac
    [ "$listener" != unix ] || chmod 666 "${at[unix]#unix:}"
    begin=${EPOCHREALTIME//[^0-9]/}
    line=$("$PLAY" -c 4 -n "${count[$socket]}" "${smtp[$listener]}" list@sink.example.net "$mails" 2>&1) || die "$what: $line"
    until queue_is_empty; do
        [ $((${EPOCHREALTIME//[^0-9]/} - begin)) -lt 120000000 ] || die "$what: mails do not leave the queue"
        sleep 0.02
    done
    seconds=$(awk "BEGIN { printf \"%.3f\", (${EPOCHREALTIME//[^0-9]/} - $begin) / 1000000 }")
    # shellcheck disable=SC2086 # words
    note what="$what" socket="$socket" round="$round" $line delivered_seconds="$seconds"
    [ "$what" = without ] || filter_stop
}

redis_start --appendonly no
smtp-sink -u postfix "127.0.0.1:$sink_port" 1000 >"$work/sink.log" 2>&1 &
helper_pids+=($!)
mta_start
mails_next
turn without unix warm >/dev/null
sed -i '/"round":"warm"/d' "$RESULTS"
for ((round = 0; round < rounds; round++)); do
    mails_next
    for what in $(rotated $round without A "${patchmarks[@]}"); do
        turn "$what" unix $round
    done
    [ $round -lt 3 ] || continue
    mails_next
    for what in $(rotated $round A A-nagle "${patchmarks[@]}"); do
        turn "$what" inet $round
    done
done
report

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# lib.sh - what the tests that need Postfix share: the set-up of README.Debian, starting and stopping with and
# without systemd, and one mail by SMTP.  Sourced by scripts that run as root on a machine whose Postfix they
# may reconfigure.  At the end it stops what it started.

# shellcheck disable=SC2034 # for the scripts
configuration=/etc/patchmark/patchmark.conf
socket=/var/spool/postfix/patchmark/patchmark.sock
work=$(mktemp -d)
systemd=false
[ ! -d /run/systemd/system ] || systemd=true
redis_started=
patchmark_started=
postfix_started=

finish() {
    patchmark_stop
    [ -z "$redis_started" ] || { kill "$redis_started" && wait "$redis_started"; } || true
    [ -z "$postfix_started" ] || postfix stop >/dev/null 2>&1 || true
    postconf -X smtpd_milters non_smtpd_milters maillog_file || true
    if ! [ "$postfix_started" ] && postfix status >/dev/null 2>&1; then postfix reload >/dev/null 2>&1 || true; fi
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "${0##*/}: $*" >&2
    tail -n 20 /var/log/mail.log "$work/patchmark.log" >&2 2>/dev/null || true
    exit 1
}

wait_for() { # WHAT COMMAND...
    what=$1
    shift
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.2
    done
    fail "$what"
}

# The commands of README.Debian, a sink, and a list whose address is that of root.
set_up() {
    readme=/usr/share/doc/patchmark/README.Debian
    sed -n '/^    /s/^    //p' "$readme" | sed '/^plugin "redis"/,$d' >"$work/commands"
    $systemd || sed -i '/^systemctl /d' "$work/commands"
    sh -eux "$work/commands" || fail "a command of README.Debian failed"
    postconf maillog_file=/var/log/mail.log
    sed -n 's/^    \(plugin "redis".*\)/\1/p' "$readme" >>"$configuration"
    printf 'list "dev.example.org" {\n    address = "root@localhost"\n    events = "received"\n}\n' >>"$configuration"
    patchmark serve --check || fail "the configuration of README.Debian has errors"
}

redis_start() {
    redis-cli ping >/dev/null 2>&1 && return
    redis-server --bind 127.0.0.1 --save '' --dir "$work" >/dev/null &
    redis_started=$!
    wait_for "Redis did not start" redis-cli ping
}

# Without systemd, the milter runs as its unit would run it.
patchmark_start() {
    if $systemd; then
        systemctl restart patchmark
    else
        patchmark serve --stderr 2>"$work/patchmark.log" &
        patchmark_started=$!
    fi
    wait_for "the milter does not listen" test -S "$socket"
}

patchmark_stop() {
    [ -n "$patchmark_started" ] || return 0
    kill "$patchmark_started" && wait "$patchmark_started" || true
    patchmark_started=
}

postfix_start() {
    if $systemd; then
        systemctl restart postfix
    elif postfix status >/dev/null 2>&1; then
        postfix reload
    else
        postfix start || fail "Postfix did not start"
        postfix_started=yes
    fi
    [ "$(postconf -Mf smtp/inet | awk 'NR == 1 {print $5}')" = y ] || fail "smtpd of Debian does not run in a chroot any more"
}

# mail_delivered NAME FIELD SWAKS-ARGUMENT...: sends a mail to the list, with a Message-ID that begins with NAME,
# and waits until it is delivered with a header field that FIELD, a regular expression, matches.  Sets message to
# the Message-ID.
mail_delivered() {
    message=$1-$$.$(date +%s)@example.org
    field=$2
    shift 2
    wait_for "the mail was not accepted" swaks --server 127.0.0.1 --from ada@example.org --to root@localhost \
        --header "Message-Id: <$message>" "$@"
    delivered() { sed -n "/^From /{h;d};H;/^Message-Id: <$message>/{x;p}" /var/mail/root | grep -q "$field"; }
    wait_for "the mail was not delivered with '$field'" delivered
}

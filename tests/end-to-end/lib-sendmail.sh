# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-sendmail.sh - runs a real Sendmail in the folder of the test, with the filter that README.md
# documents.
#
# The Debian package conflicts with Postfix, so it is unpacked into build/sendmail and kept there.  All
# mail is relayed to smtp-sink, which writes each mail to a file in $mailboxes.  Sendmail uses the milter
# for mail at $port, but not for mail at $plain_port.
TMPDIR=/run # Sendmail refuses a socket below a folder that everybody may write to
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2034 # for lib.sh
MILTER_USER=postfix
sendmail=$SOURCE/build/sendmail
mailboxes=$work/mail
aliases=            # a file
more_mc() { :; } # a test prints lines of sendmail.mc
more_mailers() { :; }
conf=$work/sendmail

# sendmail_unpack: downloads and unpacks the packages, unless an earlier run did.
sendmail_unpack() {
    local program=$sendmail/usr/libexec/sendmail/sendmail
    package_unpack "$sendmail" sendmail-bin sendmail-cf || return
    chmod 755 "$program" # not set-group-ID
    if ldd "$program" | grep 'not found'; then
        echo "Sendmail requires these libraries: install their packages first"
        return 1
    fi
}

# sendmail_common: prints the settings in which a Sendmail in a folder differs from one in /etc.
sendmail_common() {
    cat <<EOF
include(\`$sendmail/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(\`linux')dnl
define(\`confDOMAIN_NAME', \`lists.example.org')dnl
define(\`confSERVICE_SWITCH_FILE', \`$conf/switch')dnl
define(\`confCW_FILE', \`/dev/null')dnl
define(\`confCT_FILE', \`/dev/null')dnl
define(\`ALIAS_FILE', \`$aliases')dnl
define(\`HELP_FILE', \`')dnl
define(\`STATUS_FILE', \`')dnl
define(\`confDELAY_LA', \`0')dnl
define(\`confQUEUE_LA', \`1000')dnl
define(\`confREFUSE_LA', \`1000')dnl
EOF
}

sendmail_configure() {
    mkdir -p "$conf" "$work/queue" "$work/client-queue" "$mailboxes"
    chown postfix "$work/queue" "$work/client-queue" "$mailboxes"
    echo 'hosts files' >"$conf/switch"
    {
        sendmail_common
        cat <<EOF
define(\`QUEUE_DIR', \`$work/queue')dnl
define(\`confPID_FILE', \`$work/sendmail.pid')dnl
define(\`confRUN_AS_USER', \`postfix')dnl
FEATURE(\`no_default_msa')dnl
FEATURE(\`nocanonify')dnl
FEATURE(\`accept_unresolvable_domains')dnl
FEATURE(\`promiscuous_relay')dnl
DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=$port')dnl
DAEMON_OPTIONS(\`Name=Plain, Addr=127.0.0.1, Port=$plain_port, InputMailFilters=nobody')dnl
define(\`SMART_HOST', \`relay:[127.0.0.1]')dnl
define(\`RELAY_MAILER_ARGS', \`TCP \$h $sink_port')dnl
EOF
        more_mc | grep . || readme_block 'Sendmail, '
        echo "MAIL_FILTER(\`nobody', \`S=local:$work/run/nobody.sock')dnl"
        echo "MAILER(\`smtp')dnl"
        more_mailers
    } >"$conf/sendmail.mc"
    {
        sendmail_common
        cat <<EOF
define(\`MSP_QUEUE_DIR', \`$work/client-queue')dnl
define(\`confRUN_AS_USER', \`postfix')dnl
define(\`RELAY_MAILER_ARGS', \`TCP \$h $port')dnl
FEATURE(\`msp', \`[127.0.0.1]')dnl
EOF
    } >"$conf/submit.mc"
    local name
    for name in sendmail submit; do
        m4 -D_CF_DIR_="$sendmail/usr/share/sendmail/cf/" "$conf/$name.mc" >"$conf/$name.cf" 2>"$conf/$name.err" || return
    done
}

# The command that runs Sendmail.  If the name of the host has no dot, Sendmail waits a minute at the
# start; so it runs with another host name where the system allows that for one program.
sendmail_command=("$sendmail/usr/libexec/sendmail/sendmail")
if unshare --uts true 2>/dev/null; then
    # shellcheck disable=SC2016 # for the inner shell
    sendmail_command=(unshare --uts sh -c 'hostname lists.example.org; exec "$@"' sh "${sendmail_command[@]}")
fi

sendmail_start() {
    local attempt
    for attempt in 1 2 3; do
        port=$(free_port)
        plain_port=$(free_port)
        sink_port=$(free_port)
        sendmail_configure || return
        smtp-sink -u postfix -d "$mailboxes/mail." "127.0.0.1:$sink_port" 200 2>"$work/sink.log" &
        others+=($!)
        "${sendmail_command[@]}" -C "$conf/sendmail.cf" -bD -q1m -X "$work/traffic" >"$work/sendmail.log" 2>&1 &
        others+=($!)
        wait_for 90 listening && return
        echo "attempt $attempt:"
        cat "$conf/sendmail.err" "$work/sendmail.log" "$work/sink.log"
    done
    return 1
}
listening() {
    local one
    for one in "$port" "$plain_port" "$sink_port"; do
        (exec 3<>"/dev/tcp/127.0.0.1/$one") || return
    done
}

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-postfix.sh - runs a real Postfix in the folder of the test, with the settings that README.md
# documents.  Requires root, as Postfix does.  Postfix listens on the loopback interface only.
#
# Mail for example.org and lists.example.org is delivered to the mbox $mailboxes/inbox, mail for
# with.example.org and without.example.org to the maildirs $mailboxes/with and $mailboxes/without.
# Postfix uses the milter for mail that arrives at $port, but not for mail at $plain_port.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2034 # for lib.sh
MILTER_USER=postfix # as operators do: the socket of the milter belongs to the user that connects to it
port=$(free_port)
plain_port=$(free_port)
mailboxes=$work/mail
conf=$work/postfix
local_domains= # domains whose mail is delivered by aliases
aliases=
virtual_domains="example.org, lists.example.org, with.example.org, without.example.org"
more_mailboxes=()       # lines of virtual_mailbox_maps
more_settings() { :; } # a test prints lines of main.cf
more_services() { :; } # and of master.cf
chroot=n               # y: in a chroot, as Debian has it, and the test prints the settings of the milter
rewritten_clients=permit_inet_interfaces # clients to whose mail Postfix adds missing From, Date and Message-ID

postfix_configure() {
    mkdir -p "$conf" "$work/spool" "$work/data" "$mailboxes"
    chown postfix "$work/data"
    chown nobody "$mailboxes"
    more_settings >"$conf/more"
    cat >"$conf/base" <<EOF
compatibility_level = 3.6
queue_directory = $work/spool
data_directory = $work/data
maillog_file = $work/postfix.log
maillog_file_prefixes = $work
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
local_recipient_maps =
myhostname = lists.example.org
mydestination = $local_domains
mynetworks = 127.0.0.0/8
local_header_rewrite_clients = $rewritten_clients
alias_maps = $aliases
virtual_mailbox_domains = $virtual_domains
virtual_mailbox_maps = texthash:$conf/mailboxes
virtual_mailbox_base = $mailboxes
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
EOF
    [ $chroot = y ] || readme_block 'Postfix, ' >>"$conf/base"
    { awk 'FILENAME ~ /more$/ { set[$1]; next } !($1 in set)' "$conf/more" "$conf/base" && cat "$conf/more"; } >"$conf/main.cf"
    cat >"$conf/mailboxes" <<'EOF'
@example.org         inbox
@lists.example.org   inbox
@with.example.org    with/
@without.example.org without/
EOF
    printf '%s\n' "${more_mailboxes[@]}" >>"$conf/mailboxes"
    cat >"$conf/master.cf" <<EOF
127.0.0.1:$port inet n - $chroot - - smtpd
127.0.0.1:$plain_port inet n - $chroot - - smtpd
    -o smtpd_milters=
pickup    unix n - $chroot 1 1 pickup
cleanup   unix n - $chroot - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - $chroot - - trivial-rewrite
bounce    unix - - $chroot - 0 bounce
defer     unix - - $chroot - 0 bounce
trace     unix - - $chroot - 0 bounce
verify    unix - - $chroot - 1 verify
proxymap  unix - - n - - proxymap
smtp      unix - - $chroot - - smtp
lmtp      unix - - $chroot - - lmtp
error     unix - - $chroot - - error
retry     unix - - $chroot - - error
local     unix - n n - - local
virtual   unix - n n - - virtual
anvil     unix - - $chroot - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
EOF
    more_services >>"$conf/master.cf"
    [ $chroot = n ] || postfix_chroot
    postfix_conf=$conf
}

# postfix_chroot: copies what resolvers require, as Debian's package does at the start.
postfix_chroot() {
    local file
    mkdir -p "$work/spool/etc"
    for file in services resolv.conf hosts nsswitch.conf localtime; do
        [ ! -e /etc/$file ] || cp -L /etc/$file "$work/spool/etc/"
    done
}

# A port that was free may be in use a moment later; then Postfix is started with other ports.
postfix_start() {
    local attempt
    for attempt in 1 2 3; do
        postfix_configure
        postfix -c "$conf" start && wait_for 20 bash -c ": <>/dev/tcp/127.0.0.1/$port" &&
            wait_for 20 bash -c ": <>/dev/tcp/127.0.0.1/$plain_port" && return
        echo "attempt $attempt:"
        tail -5 "$work/postfix.log"
        postfix -c "$conf" stop >/dev/null 2>&1
        port=$(free_port)
        plain_port=$(free_port)
    done
    return 1
}

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-postfix.sh - a real Postfix in the folder of a test, with the settings that README.md documents.
# It needs root, as Postfix does, and is on the loopback interface alone.
#
# Mail for example.org and lists.example.org goes to the mbox $mailboxes/inbox, that for with.example.org
# and without.example.org to maildirs of these names.  Mail that comes in at $plain_port passes no milter.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2034 # for lib.sh
MILTER_USER=postfix # as an operator would: the milter's socket belongs to who must reach it
port=$(free_port)
plain_port=$(free_port)
mailboxes=$work/mail
conf=$work/postfix
local_domains= # delivered by aliases
aliases=
mended_clients=permit_inet_interfaces # whose mail gets a From, a Date and a Message-ID that it lacks

postfix_configure() {
    mkdir -p "$conf" "$work/spool" "$work/data" "$mailboxes"
    chown postfix "$work/data"
    chown nobody "$mailboxes"
    cat >"$conf/main.cf" <<EOF
compatibility_level = 3.6
queue_directory = $work/spool
data_directory = $work/data
maillog_file = $work/postfix.log
maillog_file_prefixes = $work
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = lists.example.org
mydestination = $local_domains
mynetworks = 127.0.0.0/8
local_header_rewrite_clients = $mended_clients
local_recipient_maps =
alias_maps = $aliases
virtual_mailbox_domains = example.org, lists.example.org, with.example.org, without.example.org
virtual_mailbox_maps = texthash:$conf/mailboxes
virtual_mailbox_base = $mailboxes
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
EOF
    readme_block 'Postfix, ' >>"$conf/main.cf"
    cat >"$conf/mailboxes" <<'EOF'
@example.org         inbox
@lists.example.org   inbox
@with.example.org    with/
@without.example.org without/
EOF
    cat >"$conf/master.cf" <<EOF
127.0.0.1:$port inet n - n - - smtpd
127.0.0.1:$plain_port inet n - n - - smtpd
    -o smtpd_milters=
pickup    unix n - n 1 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
local     unix - n n - - local
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
EOF
    postfix_conf=$conf
}

# A port that was free may be taken a moment later: another one is tried then.
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

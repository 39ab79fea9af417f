# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-sympa.sh - runs the mail part of a real Sympa in the folder of the test: mail arrives through a pipe
# and leaves by sendmail(1).  Its web interface is not started.
#
# The package is unpacked into build/sympa and kept there; TEST_PACKAGES of tools/setup.sh has what it requires.
# Its folders are compiled in, in Perl: the test runs it with a copy of that one file.  Of two things the
# package has programs that cannot be run elsewhere, so the test has its own:
#     queue         writes a mail that arrives to the spool of Sympa
#     sendmail(1)   Postfix lets only root name another configuration; Sympa, which runs as the user `list`, puts
#                   its calls into a folder, and sympa_calls_make makes them
# shellcheck disable=SC2154 # from lib.sh and the test
sympa=$SOURCE/build/sympa
sympa_folder=$work/sympa
sympa_user=list # sympa in the package
export SYMPALIB=$sympa_folder/perl:$sympa/usr/share/sympa/lib

sympa_configure() {
    mkdir -p "$sympa_folder"/{perl/Sympa,etc/sympa,spool/msg,lib/list_data,run,calls}
    sed -e "s#'/etc/sympa#'$sympa_folder/etc#; s#'/run/sympa#'$sympa_folder/run#; s#=> 'sympa';#=> '$sympa_user';#" \
        -e "s#'/var/lib/sympa#'$sympa_folder/lib#; s#'/var/spool/sympa#'$sympa_folder/spool#" \
        -e "s#'/usr/#'$sympa/usr/#; s#'/etc/mail#'$sympa_folder/etc#" \
        "$sympa/usr/share/sympa/lib/Sympa/Constants.pm" >"$sympa_folder/perl/Sympa/Constants.pm"
    cat >"$sympa_folder/etc/sympa/sympa.conf" <<EOF
domain $lists_domain
listmaster owner@readers.example.com
lang en
db_type SQLite
db_name $sympa_folder/sympa.sqlite
sendmail $sympa_folder/sendmail
sendmail_aliases none
log_socket_type inet
sleep 1
bulk_sleep 1
EOF
    cat >"$sympa_folder/queue" <<EOF
#!/bin/sh
umask 077
file=$sympa_folder/spool/msg/T.\$1.\$(date +%s).\$\$
{ echo "X-Sympa-To: \$1"; sed '1{/^From /d}'; } >"\$file"
mv "\$file" "$sympa_folder/spool/msg/\${file##*/T.}"
EOF
    cat >"$sympa_folder/sendmail" <<EOF
#!/bin/sh
file=\$(mktemp $sympa_folder/calls/new.XXXXXX)
cat >"\$file"
echo "\$*" >"\$file.arguments"
mv "\$file" "\$file.call"
EOF
    chmod 755 "$sympa_folder/queue" "$sympa_folder/sendmail"
}

# sympa_calls_make: makes the calls of sendmail(1), as root.
sympa_calls_make() {
    local call
    while :; do
        for call in "$sympa_folder"/calls/*.call; do
            [ -e "$call" ] || continue
            # shellcheck disable=SC2046 # words
            sendmail -C "$conf" $(cat "${call%.call}.arguments") <"$call"
            rm "$call"
        done
        sleep 0.1
    done
}

# sympa_list ADDRESS READER...: creates a list, whose From is rewritten as patchmark-listserver(7) has it.
sympa_list() {
    local address=$1 folder=$sympa_folder/lib/list_data/${1%@*}
    shift
    mkdir -p "$folder"
    {
        printf 'subject %s\n\nstatus open\n\nowner\nemail owner@readers.example.com\nprofile privileged\n\n' "${address%@*}"
        printf 'send public\n\nsubscribe open\n\ncustom_subject %s\n\n' "${address%@*}"
        recipe sympa-list
    } >"$folder/config"
    chown -R "$sympa_user:$sympa_user" "$sympa_folder"
    printf '%s@readers.example.com\n' "$@" |
        perl "$sympa/usr/lib/sympa/bin/sympa" add --quiet "$address" >>"$sympa_folder/output" 2>&1
}

sympa_start() {
    local program
    sympa_configure
    mkdir -p "$conf"
    touch "$conf/main.cf"
    recipe sympa-aliases >"$sympa_folder/aliases"
    postalias -c "$conf" "hash:$sympa_folder/aliases"
    chown -R "$sympa_user:$sympa_user" "$sympa_folder"
    perl "$sympa/usr/lib/sympa/bin/sympa" check >"$sympa_folder/output" 2>&1
    rm -f "$sympa_folder"/calls/* # the report about the new database
    for program in sympa_msg bulk; do
        perl "$sympa/usr/lib/sympa/bin/$program.pl" --foreground >>"$sympa_folder/output" 2>&1 &
        others+=($!)
    done
    sympa_calls_make &
    others+=($!)
}

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-mlmmj.sh - lists of the installed mlmmj in the folder of the test.  mlmmj has no daemon: the MTA runs
# it for each mail that arrives, and it sends by SMTP, a copy of its own to each subscriber.
# shellcheck disable=SC2154 # from lib.sh and the test
mlmmj_folder=$work/mlmmj

# mlmmj_list USER ADDRESS READER...: creates a list as mlmmj-make-ml does, which is interactive; the MTA runs
# mlmmj as USER.
mlmmj_list() {
    local user=$1 address=$2 reader name=${2%@*} list folder
    shift 2
    list=$mlmmj_folder/$name
    for folder in incoming queue/discarded archive text subconf unsubconf bounce control moderation \
        subscribers.d digesters.d nomailsubs.d requeue; do
        mkdir -p "$list/$folder"
    done
    cp /usr/share/mlmmj/text.skel/en/* "$list/text/"
    echo "$address" >"$list/control/listaddress"
    echo owner@readers.example.com >"$list/control/owner"
    touch "$list/control/nosubonlydenymails" "$list/control/tocc" "$list/control/noarchive"
    for reader in "$@"; do
        echo "$reader@readers.example.com" >>"$list/subscribers.d/${reader:0:1}"
    done
    recipe mlmmj-list | sed "s/tidewater/$name/g" | sh || return
    chown -R "$user" "$mlmmj_folder"
}

# mlmmj_set ADDRESS NAME [VALUE]: sets a tunable.
mlmmj_set() { printf '%s' "${3+$3$'\n'}" >"$mlmmj_folder/${1%@*}/control/$2"; }
mlmmj_unset() { rm -f "$mlmmj_folder/${1%@*}/control/$2"; }

# mlmmj_aliases: makes the table of aliases for Postfix.
mlmmj_aliases() {
    mkdir -p "$conf"
    touch "$conf/main.cf"
    recipe mlmmj-aliases >"$conf/lists"
    postalias -c "$conf" "hash:$conf/lists"
}

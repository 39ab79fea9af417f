# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# lib-mailman.sh - runs a real Mailman 3 in the folder of the test, with the settings that
# patchmark-listserver(7) documents: mail arrives by LMTP and leaves by SMTP, both on the loopback
# interface.
#
# The package is unpacked into build/mailman and kept there, so that nothing of it is installed or
# started; TEST_PACKAGES of tools/setup.sh has what it requires.
# shellcheck disable=SC2154 # from lib.sh and the test
mailman=$SOURCE/build/mailman
mailman_folder=$work/mailman
mailman_pid=
lmtp_port=$(free_port)
rest_port=$(free_port)
trap 'mailman_stop; cleanup' EXIT

mailman_configure() { # [verp]
    local runner interval=0
    [ "${1:-}" != verp ] || interval=1
    mkdir -p "$mailman_folder"
    {
        printf '[mailman]\nsite_owner: owner@readers.example.com\nlayout: test\n'
        printf '[paths.test]\nvar_dir: %s\nbin_dir: %s\n' "$mailman_folder" "$mailman/usr/lib/mailman3/bin"
        printf '%s: $var_dir/%s\n' queue_dir queue log_dir logs lock_dir locks data_dir data cache_dir cache \
            etc_dir etc messages_dir messages archive_dir archives template_dir templates list_data_dir lists \
            ext_dir ext pid_file master.pid lock_file locks/master.lck
        printf '[database]\nclass: mailman.database.sqlite.SQLiteDatabase\nurl: sqlite:///%s/mailman.db\n' "$mailman_folder"
        printf '[webservice]\nhostname: 127.0.0.1\nport: %s\nworkers: 1\n' "$rest_port"
        # Mailman looks up the DMARC policy of authors even if it rewrites From always.  The test asks nobody.
        printf '[dmarc]\nresolver_timeout: 0.1s\nresolver_lifetime: 0.1s\norg_domain_data_url: file://%s\n' \
            "$mailman/usr/lib/python3/dist-packages/mailman/rules/data/public_suffix_list.dat"
        recipe mailman.cfg
        printf 'verp_delivery_interval: %s\n' "$interval"
        for runner in archive bounces command digest nntp task; do
            printf '[runner.%s]\nstart: no\n' $runner
        done
        for runner in in pipeline out virgin; do
            printf '[runner.%s]\nsleep_time: 0.1s\n' $runner
        done
    } >"$mailman_folder/mailman.cfg"
}

# The environment of its programs.  Another Python than Debian's may be the first in PATH.
mailman_run() { PYTHONPATH=$mailman/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE= exec /usr/bin/python3 "$@"; }

mailman_start() { # [verp]
    mailman_configure "$@"
    rm -f "$mailman_folder/master.pid" "$mailman_folder"/locks/*
    (mailman_run "$mailman/usr/lib/mailman3/bin/master" -C "$mailman_folder/mailman.cfg") >"$mailman_folder/output" 2>&1 &
    mailman_pid=$!
    wait_for 40 mailman_get system/versions && wait_for 40 bash -c ": <>/dev/tcp/127.0.0.1/$lmtp_port" ||
        { tail -20 "$mailman_folder/output" "$mailman_folder/logs/mailman.log"; return 1; }
}

# Its runners are children of the master process, which stops them.
mailman_stop() {
    [ -n "$mailman_pid" ] || return 0
    kill -TERM "$mailman_pid" 2>/dev/null
    wait "$mailman_pid" 2>/dev/null
    mailman_pid=
}

# mailman_rest METHOD PATH [NAME=VALUE...]: a request to its REST interface.
mailman_rest() {
    local method=$1 path=$2 value options=()
    shift 2
    for value in "$@"; do options+=(--data-urlencode "$value"); done
    curl -sS -f -u restadmin:restpass -X "$method" "${options[@]}" "http://127.0.0.1:$rest_port/3.1/$path"
}
mailman_get() { mailman_rest GET "$1"; }

# mailman_list ADDRESS READER...: creates a list with these subscribers.
mailman_list() {
    local address=$1 reader id=${1/@/.}
    shift
    mailman_rest POST lists "fqdn_listname=$address" || return
    mailman_set "$id" default_nonmember_action=accept send_welcome_message=False archive_policy=never \
        require_explicit_destination=False digests_enabled=False max_num_recipients=0 max_message_size=0 || return
    for reader in "$@"; do
        mailman_rest POST members "list_id=$id" "subscriber=$reader@readers.example.com" "display_name=$reader" \
            pre_verified=True pre_confirmed=True pre_approved=True || return
    done
}

# mailman_set LIST-ID NAME=VALUE...: changes settings of a list.
mailman_set() { mailman_rest PATCH "lists/$1/config" "${@:2}"; }

# mailman_held LIST-ID: prints the numbers of the held mails.
mailman_held() { mailman_get "lists/$1/held" | jq '.entries[]?.request_id'; }
mailman_holds() { [ "$(mailman_held "$1" | wc -l)" -eq "$2" ]; }

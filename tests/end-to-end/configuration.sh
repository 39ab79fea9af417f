#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# configuration.sh - patchmark serve --check and --print: what --check complains of, that it sees what the
# configured user can do and changes nothing, the files of conf.d, and that --print prints a configuration.
# What only root can test, another user, is left out if the test is not run by root.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

umask 022
user=
[ "$(id -u)" -ne 0 ] || user=nobody
conf=$work/etc/patchmark.conf
mkdir -p "$work/etc" "$work/run" "$work/state" "$work/plugins" "$work/spool"
[ -z "$user" ] || chown "$user" "$work/run" "$work/state" "$work/spool"

# That user may not reach the plugins where they were built.
for folder in "$SOURCE"/plugins/*/; do
    name=$(basename "$folder")
    path=$("$PATCHMARK" plugins "$name" 2>/dev/null | sed -n '2s/^ *//p')
    [ -z "$path" ] || install -m 644 "$path" "$work/plugins/$name.so"
done
export PATCHMARK_PLUGIN_PATH=$work/plugins

# base: the first five lines of each configuration, with which there is nothing to complain of.
base() {
    printf 'socket = "unix:%s"\n' "$work/run/patchmark.sock"
    printf 'state = "%s"\nuser = "%s"\nhost = "lists.example.org"\nlog = "stderr"\n' "$work/state" "$user"
}
# run CODE: runs --check on $conf; true if it exits with the code.  Its lines are in $work/lines, without
# the warning that the folder of the test is below one to which all users can write, such as /tmp.
run() {
    local status above=${work%/*}
    "$PATCHMARK" serve --check --config="$conf" 2>&1 </dev/null |
        grep -v "$work/[^ ]* below ${above//./\\.}, to which all users can write" >"$work/lines"
    status=${PIPESTATUS[0]}
    [ $status -eq "$1" ] && return
    echo "         exit $status"
    sed 's/^/         /' "$work/lines"
    return 1
}
has() { # LINE: true if that is one of the lines, in which ~ is the folder of the test
    sed "s|$work|~|g" "$work/lines" | grep -qxF -- "patchmark: $1" && return
    sed "s|$work|~|g; s/^/         /" "$work/lines"
    return 1
}
lines() { grep -c '^patchmark: ' "$work/lines"; }
# complains NAME OPTIONS LINE: --check exits with 78, and the line is its only one.
complains() {
    { base; printf '%s\n' "$2"; } >"$conf"
    check "$1: exit 78" run 78
    check "$1: file and line" has "error: $3"
    same "$1: nothing else" 1 "$(lines)"
}
# warns NAME OPTIONS LINE: the same with a warning, and 0.
warns() {
    { base; printf '%s\n' "$2"; } >"$conf"
    check "$1: exit 0" run 0
    check "$1: file and line" has "warning: $3"
    same "$1: nothing else" 1 "$(lines)"
}
at='~/etc/patchmark.conf'
# starts SOCKET: the daemon starts with $conf, and listens on the socket.
starts() {
    local status
    listens() { grep -q " listens on $1$" "$work/milter.log"; }
    "$PATCHMARK" serve --stderr --config="$conf" 2>"$work/milter.log" &
    milter_pid=$!
    wait_for 20 listens "$1"
    status=$?
    milter_stop
    rm -rf "$work/state"/*
    return $status
}

# ---- nothing to complain of, and nothing changed ------------------------------------------------------

base >"$conf"
(umask 077; echo whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >"$work/secret")
[ -z "$user" ] || chown "$user" "$work/secret"
cat >>"$conf" <<END
plugin "file" { path = "$work/spool/events.jsonl" }
plugin "redis" { server = "inet:1@192.0.2.1" }
plugin "webhook" { url = "https://ci.example.org/" secret_file = "$work/secret" refused_file = "$work/spool/refused" }
metrics_file = "$work/spool/patchmark.prom"
metrics_listen = "inet:9810@127.0.0.1"
END
# exists: all files and folders, with their times; the lines of the check are beside them.
exists() { find "$work" ! -path "$work" ! -name lines -printf '%p %s %T@ %C@\n' | sort; }
: >"$work/lines"
before=$(exists)
start=$(date +%s%3N)
check "a configuration with sinks that cannot be reached" run 0
took=$(($(date +%s%3N) - start))
# The address 192.0.2.1 answers nobody, and ci.example.org has no address.
check "it does not wait for the network" test $took -lt 1500
same "it changes nothing" "$before" "$(exists)"
same "it says so" "$conf: valid, 10 plugins" "$(cat "$work/lines")"
{
    base
    for name in automation kind patch pull series trailers; do echo "plugin \"$name\" { enabled = false }"; done
} >"$conf"
check "a configuration with one plugin" run 0
same "it is not several" "$conf: valid, 1 plugin" "$(cat "$work/lines")"

# ---- what options name --------------------------------------------------------------------------------

complains "the folder of the socket" "socket = \"unix:$work/none/s\"" \
    "$at:6: option 'socket' names ~/none/s: the folder ~/none: No such file or directory"
: >"$work/run/file"
complains "a file where the socket should be" "socket = \"unix:$work/run/file\"" \
    "$at:6: option 'socket' names ~/run/file, which is not a socket; remove that file, or change the option"
rm "$work/run/file"
complains "a file in a folder that the user cannot write to" 'socket = "unix:/etc/passwd"' \
    "$at:6: option 'socket' names /etc/passwd, which is not a socket; remove that file, or change the option"
complains "a file where a folder should be" "socket = \"unix:$work/secret/s\"" \
    "$at:6: option 'socket' names ~/secret/s: ~/secret is not a folder"
long=$(printf '%0108d' 0)
complains "a path that is too long" "socket = \"unix:/$long\"" \
    "$at:6: option 'socket' must be a path of at most 107 bytes, not 'unix:/$long'"
complains "a socket's owner" 'socket_owner = "nobody-of-that-name"' \
    "$at:6: option 'socket_owner' names no user of this host: 'nobody-of-that-name'"
complains "a socket's group" 'socket_group = "nobody-has-this"' \
    "$at:6: option 'socket_group' names no group of this host: 'nobody-has-this'"
complains "the folder above the state folder" "state = \"$work/none/state\"" \
    "$at:6: option 'state' names ~/none/state: $(if [ -n "$user" ]; then echo "the folder above it does not exist"; else echo "the folder ~/none: No such file or directory"; fi)"
complains "a state folder that is a file" "state = \"$work/secret\"" \
    "$at:6: option 'state' names ~/secret: ~/secret is not a folder"
complains "the folder of the metrics" "metrics_file = \"$work/none/x.prom\"" \
    "$at:6: option 'metrics_file' names ~/none/x.prom: the folder ~/none: No such file or directory"
complains "an address of another host" 'metrics_listen = "inet:9810@192.0.2.1"' \
    "$at:6: option 'metrics_listen' is 'inet:9810@192.0.2.1': no interface of this host has the address 192.0.2.1"
complains "an address of the other family" 'metrics_listen = "inet:9810@::1"' \
    "$at:6: option 'metrics_listen' is 'inet:9810@::1': ::1 is an IPv6 address; write inet6:"
complains "no address" 'socket = "inet:8891@127.0.0.300"' \
    "$at:6: option 'socket' is 'inet:8891@127.0.0.300': 127.0.0.300 is no address"
complains "a metrics address in the form of another option" 'metrics_listen = "127.0.0.1:1"' \
    "$at:6: option 'metrics_listen' must be inet:PORT@HOST or inet6:PORT@HOST, or empty, not '127.0.0.1:1'"
complains "a socket in the form of another option" 'socket = "127.0.0.1:1"' \
    "$at:6: option 'socket' must be unix:/PATH, local:/PATH, inet:PORT@HOST or inet6:PORT@HOST (0.0.0.0 or :: for all interfaces), not '127.0.0.1:1'"
complains "one address for two servers" 'socket = "inet:8891@127.0.0.1"
metrics_listen = "inet:8891@127.0.0.1"' \
    "$at:7: option 'metrics_listen' is 'inet:8891@127.0.0.1', on which the option 'socket' listens already: 'inet:8891@127.0.0.1'"
complains "... one of them on all interfaces" 'metrics_listen = "inet:9810@0.0.0.0"
web { listen = "127.0.0.1:9810" }' \
    "$at:7: option 'listen' is '127.0.0.1:9810', on which the option 'metrics_listen' listens already: 'inet:9810@0.0.0.0'"
{ base; printf 'socket = "inet:8891@127.0.0.1"\nmetrics_listen = "inet:8891@127.0.0.2"\n'; } >"$conf"
check "one port of two addresses: nothing" run 0
same "one port of two addresses: no line" 0 "$(lines)"
complains "the address of the page" 'web { listen = "192.0.2.1:8025" }' \
    "$at:6: option 'listen' is '192.0.2.1:8025': no interface of this host has the address 192.0.2.1"
complains "an include that names nothing" "include(\"none.conf\")" \
    "$at:6: cannot read ~/etc/none.conf: No such file or directory"
complains "a list that an earlier pattern covers" 'list "*.example.org" { }
list "dev.example.org" { }' \
    "$at:7: list \"dev.example.org\" is never used: list \"*.example.org\" ($at:6) matches first; move this section before that one, or remove it"
complains "a plugin that is not installed" 'plugin "nonesuch" { }' \
    "$at:6: plugin \"nonesuch\": no such plugin: nonesuch.so not found in ~/plugins, $("$PATCHMARK" plugins nonesuch 2>&1 | sed "s|.*$work/plugins, ||")"
complains "a plugin of another name" "plugin \"other\" { file = \"$work/plugins/kind.so\" }" \
    "$at:6: plugin \"other\": ~/plugins/kind.so: plugin name is 'kind' instead of 'other'"
complains "an option of another plugin" 'plugin "kind" { path = "/x" }' \
    "$at:6: unknown option 'path' of plugin \"kind\"; allowed here: file, enabled"
complains "a name that is nearly that of an option" 'log_levle = "info"' \
    "$at:6: unknown option 'log_levle'; did you mean 'log_level'?"
complains "a prefix of other fields" 'prefix = "content-"' \
    "$at:6: option 'prefix' must be a prefix of patchmark's own, such as Patchmark- or X-Patchmark-, not 'content-': it would delete fields of other programs from mail"
complains "an option of earlier builds" 'journal = "fsync"' \
    "$at:6: unknown option 'journal'; it is 'durability' now, see MIGRATION in NEWS"
complains "a semicolon" 'log = "stderr";' \
    "$at:6: unknown option ';'; write option = value, without ';' and ':'"
complains "a regular expression in double quotes" 'plugin "rules" { label = "sec: body ~ /\d+/" }' \
    "$at:6: '\d' is no escape; write the value in single quotes"
complains "an option that is required" '
plugin "file" { }' \
    "$at:7: plugin \"file\": option 'path' is required; add path = \"/FOLDER/FILE\""
complains "a plugin that others need is disabled" 'plugin "subject" { enabled = false }' \
    "$at:6: plugin \"subject\" cannot be disabled: trailers needs its fact subject.reply"
complains "a List-Id as it is in the field" 'lists = "<dev.example.org>"' \
    "$at:6: option 'lists' must be a list of patterns for List-Ids, such as dev.example.org, which have no '@', no '<' and no '>', no blanks, and no dot at the end, not '<dev.example.org>'"
printf 'label a if nonsense\n' >"$work/rules"
complains "a mistake in a file that an option names" "plugin \"rules\" { table = \"$work/rules\" }" \
    "$at:6: plugin rules: ~/rules:1:12: unknown term 'nonsense': use subject, header \"NAME\", body, text, path, sender, list or a fact such as kind.kind"
mkdir "$work/writable"
chmod 777 "$work/writable"
mkdir "$work/writable/plugins"
install -m 644 "$work/plugins/kind.so" "$work/writable/plugins/kind.so"
complains "a plugin below a folder that others can write to" "plugin \"kind\" { file = \"$work/writable/plugins/kind.so\" }" \
    "$at:6: plugin \"kind\": ~/writable: mode 0777, writable by others; run: chmod go-w ~/writable"

complains "a server's address" 'plugin "redis" { server = "localhost:6379" }' \
    "$at:6: plugin \"redis\": option 'server' is \"localhost:6379\", but must be unix:/PATH, inet:PORT@HOST, inet6:PORT@[ADDRESS], redis://[USER[:PASSWORD]@]HOST[:PORT], rediss:// with the same syntax, or unix:///PATH (a path has at most 107 bytes)"
complains "a password file" "plugin \"redis\" { password_file = \"$work/none\" }" \
    "$at:6: plugin \"redis\": option 'password_file' names ~/none: No such file or directory"
complains "certificates" "plugin \"webhook\" { url = \"https://ci.example.org/\" secret_file = \"$work/secret\" ca_file = \"$work/none.pem\" }" \
    "$at:6: plugin \"webhook\": option 'ca_file' names ~/none.pem: No such file or directory"
complains "a table" "plugin \"rules\" { table = \"$work/none\" }" \
    "$at:6: plugin \"rules\": option 'table' names ~/none: No such file or directory"
complains "a script" "plugin \"lua\" { script = \"$work/none.lua\" }" \
    "$at:6: plugin \"lua\": option 'script' names ~/none.lua: No such file or directory"
complains "the folder of the file sink" "plugin \"file\" { path = \"$work/none/events\" }" \
    "$at:6: plugin \"file\": option 'path' is in a folder that does not exist: \"~/none/events\""

# ---- all of them in one run ---------------------------------------------------------------------------

{
    base
    cat <<END
log_level = loud
socket = "unix:$work/none/s"
state = "$work/secret"
metrics_listen = "inet:9810@192.0.2.1"
plugin "redis" {
    server = "localhost:6379"
    password_file = "$work/none"
    sentinel_password_file = "$work/none.either"
}
plugin "file" { path = "$work/none/events" }
plugin "webhook" {
    url = "ftp://ci.example.org/"
    secret_file = "$work/none"
    ca_file = "$work/none.pem"
}
plugin "rules" { max = 3 }
plugin "nonesuch" { }
sokcet = "x"
foo = 1
plugin "lua" { script = "$work/none.lua" }
socket_group = "nobody-has-this"
END
} >"$conf"
check "many mistakes: exit 78" run 78
same "a line for each, in one run" "6 7 8 9 11 12 13 15 17 18 19 21 22 23 24 25 26" \
    "$(sed -n 's/.*patchmark.conf:\([0-9]*\): .*/\1/p' "$work/lines" | sort -nu | xargs)"

# ---- what is only suspicious --------------------------------------------------------------------------

warns "a folder that systemd makes" 'socket = "unix:/run/patchmark-of-a-test/s"' \
    "$at:6: option 'socket' names /run/patchmark-of-a-test/s, whose folder does not exist now: the systemd unit makes it at the start, as does tmpfiles.d(5)" 2>/dev/null
mkdir "$work/writable/run"
[ -z "$user" ] || chown "$user" "$work/writable/run"
warns "a socket that Sendmail refuses" "socket = \"unix:$work/writable/run/s\"" \
    "$at:6: option 'socket' names ~/writable/run/s below ~/writable, to which all users can write: Sendmail refuses such a socket"
warns "an access of no unix socket" 'socket = "inet:8891@127.0.0.1"
socket_mode = "0600"' \
    "$at:7: option 'socket_mode' has no effect: the option 'socket' names no unix socket"
warns "networks of local clients that leave out this host" 'list "dev.example.org" { }
local = "192.0.2.25"' \
    "$at:7: option 'local' does not have 127.0.0.0/8 and ::1, as it replaces the default: mail that a list manager on this host sends from there makes no events; add them"
warns "... or its IPv6 address" 'list "dev.example.org" { }
local += { "127.0.0.0/8", "192.0.2.25" }' \
    "$at:7: option 'local' does not have ::1, as it replaces the default: mail that a list manager on this host sends from there makes no events; add it"
{ base; printf 'list "dev.example.org" { }\nlocal = { "127.0.0.0/8", "::1", "192.0.2.25" }\n'; } >"$conf"
check "networks with this host: nothing" run 0
same "networks with this host: no line" 0 "$(lines)"
{ base; echo 'local = "192.0.2.25"'; } >"$conf"
check "without a list, local is not used: nothing" run 0
same "without a list: no line" 0 "$(lines)"
warns "the escape of a regular expression that is a control character in double quotes" 'plugin "rules" { label = "sec: subject ~ /\bCVE/" }' \
    "$at:6: plugin rules: option 'label' item 1, column 17: control character 0x08, as of \\b in double quotes; write the rule in single quotes"
warns "an option of a list that another one switches off" 'list "security.example.org" {
    address = "security@example.org"
    publish = false
    archive_url = "https://example.org/{message_id}"
}' "$at:9: option 'archive_url' has no effect: list \"security.example.org\" has publish = false"

warns "a server whose socket does not exist" "plugin \"redis\" { server = \"unix:$work/none/redis.sock\" }" \
    "$at:6: plugin \"redis\": option 'server' names ~/none/redis.sock: No such file or directory; user ${user:-$(id -un)} cannot connect to it now"

# ---- as the configured user ---------------------------------------------------------------------------

if [ -n "$user" ]; then
    chown root "$work/spool"
    complains "a folder of the file sink that only root can write to" "plugin \"file\" { path = \"$work/spool/events\" }" \
        "$at:6: plugin \"file\": option 'path' names ~/spool/events: user $user cannot create files in the folder ~/spool: Permission denied"
    # Root opens the socket before it changes to the user, so this is what an operator may want.
    warns "a folder of the socket that only root can write to" "socket = \"unix:$work/spool/s\"" \
        "$at:6: option 'socket' names ~/spool/s: user $user cannot create files in the folder ~/spool: only a patchmark that root starts can listen there, and it leaves the socket file behind"
    check "the daemon starts with it" starts "unix:$work/spool/s"
    rm -f "$work/spool/s"
    low=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
    port=$((RANDOM % 200 + 600))
    if [ $port -lt "$low" ]; then
        warns "a port of the socket that only root can open" "socket = \"inet:$port@127.0.0.1\"" \
            "$at:6: option 'socket' is 'inet:$port@127.0.0.1': only root can listen on a port below $low"
        check "the daemon starts with that, too" starts "inet:$port@127.0.0.1"
        complains "a port of root" 'metrics_listen = "inet:80@127.0.0.1"' \
            "$at:6: option 'metrics_listen' is 'inet:80@127.0.0.1': only root can listen on a port below $low"
        # The page is served by another user, in a unit of its own.
        warns "a port of the page" 'web { listen = "127.0.0.1:80" }' \
            "$at:6: option 'listen' is '127.0.0.1:80': only root can listen on a port below $low"
        { base; echo 'metrics_listen = "inet:80@127.0.0.1"'; } >"$conf"
        binding() { # COMMAND...: with the capability for such ports
            setpriv --reuid="$user" --clear-groups --inh-caps=+net_bind_service --ambient-caps=+net_bind_service "$@"
        }
        hiding() { # COMMAND...: without /proc/sys, as in a unit with ProcSubset=pid
            unshare --mount sh -c 'mount -t tmpfs none /proc/sys && "$@"' sh "$@"
        }
        for with in binding hiding; do
            if "$with" true 2>/dev/null; then
                check "no complaint of the port, $with" "$with" "$PATCHMARK" serve --check --config="$conf"
            else
                echo "SKIP     $with: this root lacks the capability"
            fi
        done
    else
        echo "SKIP     ports that only root can open: this host has none"
    fi
    complains "a folder of the metrics that only root can write to" "metrics_file = \"$work/spool/x.prom\"" \
        "$at:6: option 'metrics_file' names ~/spool/x.prom: user $user cannot create files in the folder ~/spool: Permission denied"
    : >"$work/state/patchmark.db"
    complains "a database of root" "" \
        "$at:2: option 'state' names ~/state: user $user cannot write the file ~/state/patchmark.db: Permission denied; run: chown $user ~/state/patchmark.db"
    rm "$work/state/patchmark.db"
    chown root "$work/secret"
    complains "a secret of root" "plugin \"redis\" { password_file = \"$work/secret\" }" \
        "$at:6: plugin \"redis\": option 'password_file' names ~/secret: Permission denied"
    warns "a group that only root can set" 'socket_group = "daemon"' \
        "$at:6: option 'socket_group' names daemon, a group that user $user is not in: only a patchmark that root starts can set it"
    complains "an unknown user" 'user = "nobody-of-that-name"' \
        "$at:6: option 'user' names no user of this host: 'nobody-of-that-name'; create it, or change the option"
    base >"$conf"
    chmod 600 "$conf"
    check "a configuration that only root can read: exit 78" run 78
    check "a configuration that only root can read" has "error: $at: cannot be read: Permission denied"
    chmod 644 "$conf"
    # Somebody else who runs it cannot see what that user can do.
    { base; printf 'user = "daemon"\nmetrics_listen = "inet:80@127.0.0.1"\n'; } >"$conf"
    other() { setpriv --reuid="$user" --clear-groups "$PATCHMARK" serve --check --config="$conf" >"$work/lines" 2>&1; }
    chown daemon "$work/state" "$work/run"
    check "another user who runs it gets warnings" other
    check "with that reason" has "warning: $at:1: option 'socket' names ~/run/patchmark.sock: user $user cannot create files in the folder ~/run: Permission denied (checked as another user than the option 'user' names)"
    [ 80 -ge "$low" ] || check "also for the port" has "warning: $at:7: option 'metrics_listen' is 'inet:80@127.0.0.1': only root can listen on a port below $low"
    chown "$user" "$work/state" "$work/run" "$work/spool" "$work/secret"
    # A start by root does not trust that user, so neither does the check.
    base >"$conf"
    mkdir "$work/etc/conf.d"
    : >"$work/etc/conf.d/a.conf"
    chown "$user" "$work/etc/conf.d"
    "$PATCHMARK" serve --stderr --config="$conf" >"$work/lines" 2>&1
    same "a folder conf.d of that user: exit 78 of the daemon" 78 $?
    check "a folder conf.d of that user: exit 78 of the check" run 78
    owned="owned by uid $(id -u "$user"); must be owned by root or by uid 0, which starts patchmark; run: chown root"
    check "with that reason" has "error: ~/etc/conf.d: $owned ~/etc/conf.d"
    chown root "$work/etc/conf.d"
    chown "$user" "$work/etc/conf.d/a.conf"
    "$PATCHMARK" serve --stderr --config="$conf" >"$work/lines" 2>&1
    same "a file of that user in it: exit 78 of the daemon" 78 $?
    check "a file of that user in it: exit 78 of the check" run 78
    check "with that reason, too" has "error: ~/etc/conf.d/a.conf: $owned ~/etc/conf.d/a.conf"
    rm -r "$work/etc/conf.d"
    install -m 644 -o "$user" "$work/plugins/kind.so" "$work/spool/kind.so"
    complains "a plugin of that user" "plugin \"kind\" { file = \"$work/spool/kind.so\" }" \
        "$at:6: plugin \"kind\": ~/spool: owned by uid $(id -u "$user"); must be owned by root or by uid 0, which starts patchmark; run: chown root ~/spool"
    rm "$work/spool/kind.so"
    echo 'function classify(mail) end' >"$work/script.lua"
    chown "$user" "$work/script.lua"
    complains "a script of that user" "plugin \"lua\" { script = \"$work/script.lua\" }" \
        "$at:6: plugin \"lua\": option 'script' names a file that is not trusted: ~/script.lua: owned by uid $(id -u "$user"); must be owned by root or by uid 0, which starts patchmark; run: chown root ~/script.lua"
    "$PATCHMARK" serve --stderr --config="$conf" >"$work/lines" 2>&1
    same "... exit 78 of the daemon" 78 $?
    setpriv --reuid="$user" --clear-groups "$PATCHMARK" serve --check --config="$conf" >"$work/lines" 2>&1
    same "... that user himself may start the daemon with it" 0 $?
    chown root "$work/script.lua"
    check "a script of root" run 0
else
    echo "SKIP     as the configured user: only root can change to it"
fi

# ---- conf.d -------------------------------------------------------------------------------------------

base >"$conf"
mkdir "$work/etc/conf.d"
: >"$work/etc/conf.d/70.conf"
# exposed FILE MODE WHO: --check exits with 78, and the only line is about the mode of the file.
exposed() {
    local mode
    mode=$(stat -c %a "$work/etc/$1")
    chmod "$2" "$work/etc/$1"
    check "mode $2 of $1: exit 78" run 78
    check "mode $2 of $1: the file" has "error: ~/etc/$1: mode 0$2, writable by $3; run: chmod go-w ~/etc/$1"
    same "mode $2 of $1: nothing else" 1 "$(lines)"
    chmod "$mode" "$work/etc/$1"
}
exposed patchmark.conf 666 others
exposed conf.d/70.conf 666 others
exposed conf.d 777 others
if [ -n "$user" ]; then
    exposed conf.d 775 "its group"
    exposed conf.d/70.conf 664 "its group"
fi
chmod 640 "$work/etc/conf.d/70.conf" "$conf"
[ -z "$user" ] || chgrp "$(id -g "$user")" "$work/etc/conf.d/70.conf" "$conf"
check "files of mode 640" run 0
chmod 644 "$conf"
rm "$work/etc/conf.d/70.conf"
# The files of a user who runs a command are his, also with the umask 002.
as_user() { if [ -n "$user" ]; then setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"; else "$@"; fi; }
mkdir -p "$work/spool/own/conf.d"
echo 'max_mails = 7' | tee "$work/spool/own/my.conf" >"$work/spool/own/conf.d/a.conf"
[ -z "$user" ] || chown -R "$user" "$work/spool/own"
chmod -R g+w "$work/spool/own"
chmod 755 "$work"
check "a configuration in a user's own folder" eval 'cd "$work/spool/own" && as_user "$PATCHMARK" classify --config=my.conf --format=none "$SOURCE/tests/mails/demo.mbox"'
rm -r "$work/spool/own"
printf 'max_mails = 7\nlist "dev.example.org" { }\n' >"$work/etc/conf.d/10-a.conf"
printf '\nmax_mails = 9\n' >"$work/etc/conf.d/20-b.conf"
printf 'no configuration\n' >"$work/etc/conf.d/20-b.conf~"
check "files of conf.d" run 0
"$PATCHMARK" serve --print --config="$conf" >"$work/printed"
same "the last one wins, and sections add" "max_mails = 9 list \"dev.example.org\" {" \
    "$(grep -E '^(max_mails|list ")' "$work/printed" | xargs -d '\n')"
printf '\nmax_mails = none\n' >"$work/etc/conf.d/20-b.conf"
check "a mistake in one: exit 78" run 78
check "a mistake in one: its file and line" \
    has "error: ~/etc/conf.d/20-b.conf:2: option 'max_mails' must be a number from 1 to 100000, not 'none'"
printf 'plugin "kind" { }\n' >"$work/etc/conf.d/20-b.conf"
milter_pid=
sed -i "s|^user.*|user = \"\"|" "$conf"
PATCHMARK_CONF=$conf
"$PATCHMARK" serve --stderr --config="$PATCHMARK_CONF" 2>"$work/milter.log" &
milter_pid=$!
listens() { grep -q ' listens on ' "$work/milter.log"; }
check "the daemon reads them" wait_for 20 listens
printf 'prefix = "X-Late-"\n' >"$work/etc/conf.d/30-c.conf"
kill -USR1 "$milter_pid"
reloaded() { grep -q 'configuration read again' "$work/milter.log"; }
check "a reload reads a new file" wait_for 20 reloaded
check "and uses it" grep -q '^X-Late-Kind: ' \
    <(play --print headers "unix:$work/run/patchmark.sock" "$SOURCE/tests/mails/demo.mbox")
milter_stop
rm -r "$work/etc/conf.d"

# ---- --print ------------------------------------------------------------------------------------------

# round NAME: what is printed of $conf is a configuration of which the same is printed.
round() {
    check "$1: it is printed" "$PATCHMARK" serve --print --config="$conf" >"$work/first"
    mv "$conf" "$work/kept.conf"
    grep -v '^ok ' "$work/first" >"$conf"
    check "$1: --check accepts that" run 0
    "$PATCHMARK" serve --print --config="$conf" >"$work/second"
    check "$1: the same is printed of it" cmp "$conf" "$work/second"
    mv "$work/kept.conf" "$conf"
}
[ -z "$user" ] || chown "$user" "$work/run" "$work/state"
rm -rf "$work/state"/*
base >"$conf"
round "the defaults"
printf 'F:\tfolder/\n' | cat <(echo 'A SECTION') - >"$work/MAINTAINERS"
echo 'function classify(mail) end' >"$work/script.lua"
cat >>"$conf" <<END
list "dev.example.org" { address = { "dev@example.org", "dev@lists.example.org" } events = received }
list "*.example.org" { annotate = false }
exempt_clients = { "192.0.2.25", "2001:db8::/32" }
plugin "rules" {
    label = { 'kvm: path = "arch/*/kvm/*" or body ~ /\bKVM\b/', "cost: subject ~ /\\\\\$5 [{]/" }
}
plugin "lua" { script = "$work/script.lua" }
plugin "subsystem" { maintainers = "$work/MAINTAINERS" }
plugin "webhook/ci" { url = "https://user:open/sesame@ci.example.org/x?token=open-sesame" secret_file = "$work/secret" }
plugin "redis" { server = "redis://:open-sesame@127.0.0.1" timeout = 5s }
plugin "file" { path = "$work/spool/events.jsonl" }
plugin "trailers" { enabled = false }
web { hosts = "patches.example.org" }
END
round "every plugin"
same "no password is shown" 0 "$(grep -c sesame "$work/first")"
same "every option of the core and of the plugins is shown" "" \
    "$(comm -23 <("$PATCHMARK" plugins --options --config="$conf" | grep -v include | sed 's/ .*//; s/.*\.//' | sort -u) \
        <(sed -n 's/^#\? *\([a-z_]*\) = .*/\1/p' "$work/first" | sort -u))"
finish

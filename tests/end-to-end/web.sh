#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# web.sh - tests of patchmark web beside a daemon: as a user who may only read the database, with hostile
# requests (the table in web.py) and hostile mails, with slow and many clients, without a usable database, and
# behind nginx as patchmark-web(8) sets it up.
# If the script is not run by root, both processes run as the user of the script.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

socket=unix:$work/run/patchmark.sock
demo=$SOURCE/tests/mails/demo.mbox
web_py=$(dirname "$0")/web.py
port=$(free_port)
at=127.0.0.1:$port
as_web=()
if [ "$(id -u)" -eq 0 ]; then
    MILTER_USER=mail
    as_web=(setpriv --reuid=nobody --regid=nogroup "--groups=$(id -g mail)" --)
fi

# Other users may have no access to the folder of the program.
mkdir "$work/bin"
cp "$PATCHMARK" "$work/bin/patchmark"
plugins=()
if [ -d "$(dirname "$PATCHMARK")/../lib/patchmark" ]; then
    cp -r "$(dirname "$PATCHMARK")/../lib/patchmark" "$work/plugins"
    for name in automation kind patch pull series subject trailers; do
        plugins+=("plugin \"$name\" { file = \"$work/plugins/$name.so\" }")
    done
fi
sanitized=$(grep -c __asan_init "$PATCHMARK")
# A confined process cannot start the one that looks for leaks.
[ "$sanitized" -eq 0 ] || export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

configure() { # [LINE...]
    milter_configure "${plugins[@]}" 'list "seawall.lists.example.org" {
    address = "seawall@lists.example.org"
    publish = false
}' 'lists = { "*" }' "$@"
}

web_pid=
web_start() { # [OPTION...], in the environment of the systemd unit
    G_SLICE=always-malloc "${as_web[@]}" "$work/bin/patchmark" web --config="$work/patchmark.conf" "$@" >>"$work/web.log" 2>&1 &
    web_pid=$!
    helper_pids+=($web_pid)
    wait_for 20 grep -q "web .* listens on" "$work/web.log" || { echo "it does not start"; cat "$work/web.log"; exit 1; }
}
web_stop() {
    kill -TERM "$web_pid"
    wait "$web_pid"
}
web() { /usr/bin/python3 "$web_py" "$@"; } # COMMAND ADDRESS ...
value() { web json "$at" "$1" "$2"; }      # PATH EXPRESSION
value_is() { [ "$(value "$1" "$2" 2>/dev/null)" = "$3" ]; }
# stream_status: prints the status of a request for server-sent events
stream_status() { web streamstatus "$at"; }
status_of() { value "$1" status; }
state_is() { value_is /api/series 'a.get("error", {}).get("state", "up")' "$1"; }
kib() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$web_pid/status"; }
field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$web_pid/status" | xargs; }
descriptors() { find "/proc/$web_pid/fd" -mindepth 1 | wc -l; }

# ---- the command ---------------------------------------------------------------------------------------

configure "web { listen = \"inet:$port@127.0.0.1\" }"
"$PATCHMARK" web --config="$work/patchmark.conf" --listen=8025 2>"$work/out"
same "an invalid address is a wrong command line" 64 $?
"$PATCHMARK" web --config="$work/none.conf" 2>"$work/out"
same "a configuration that is absent is invalid" 78 $?
configure "web { hosts = \"a b\" }"
"$PATCHMARK" web --config="$work/patchmark.conf" 2>"$work/out"
same "a configuration that is wrong is invalid" 78 $?
check "the fault is named" grep -q "option 'hosts' must be" "$work/out"
configure "web { listen = \"inet:$port@127.0.0.1\" }"

# ---- before the daemon has ever run -------------------------------------------------------------------------

web_start
same "without a database, the page is there" 200 "$(status_of /)"
same "... and the API says that there is none" 503 "$(status_of /api/series)"
check "... with a state" test "$(value /api/series 'a["error"]["state"]')" != ""
same "it can be written to nothing" "" "$(find "$work" -newer "$work/web.log" -user nobody -not -name web.log 2>/dev/null)"
milter_start
play "$socket" "$demo" || echo "the mails were not accepted"
check "with the daemon, it finds the database" state_is up
mails=$(grep -c '^From patchmark ' "$demo")

# ---- rights ----------------------------------------------------------------------------------------------

if [ "$(id -u)" -eq 0 ]; then
    same "it is not the user of the daemon" "$(id -u nobody)" "$(field Uid | cut -d' ' -f1)"
    same "it has no capability" 0000000000000000 "$(field CapEff)"
fi
same "it cannot gain privileges" 1 "$(field NoNewPrivs)"
grep -q 'built without libseccomp' "$work/web.log" || same "its system calls are filtered" 2 "$(field Seccomp)"
writable() { find -L "/proc/$web_pid/fd" -mindepth 1 -type f -printf '%f\n' | while read -r fd; do
    grep -q '^flags:.*[12]$' "/proc/$web_pid/fdinfo/$fd" && readlink "/proc/$web_pid/fd/$fd"; done; }
same "it has opened nothing for writing but its log" "$work/web.log" "$(writable | sort -u)"

# ---- what it shows ---------------------------------------------------------------------------------------------

check "there are series" test "$(value /api/series 'len(a["series"])')" -gt 0
same "the page is HTML" 1 "$(value / 'int(a.startswith(b"<!DOCTYPE html>"))')"
same "a view of the page is the same" 1 "$(value /series/s1-x 'int(b"<!DOCTYPE html>" in a)')"
same "no answer to a strange path" 404 "$(status_of /nothing)"
id=$(value /api/series 'a["series"][0]["id"]')
same "a series by its id" "$id" "$(value "/api/series/$id" 'a["series"]["id"]')"
as_json() { # [ID]: prints what `patchmark series --json` prints, with sorted members
    "$PATCHMARK" series --json --config="$work/patchmark.conf" "$@" |
        /usr/bin/python3 -c 'import json, sys; print(json.dumps(json.loads(sys.stdin.read()), sort_keys=True))'
}
same "patchmark series --json: the object of the API" "$(value "/api/series/$id" 'json.dumps(a, sort_keys=True)')" "$(as_json "$id")"
same "... and that of a list" "$(value /api/series 'json.dumps(a["series"][0], sort_keys=True)')" "$(as_json --limit=1)"
same "the daemon runs" running "$(value /api/health 'a["state"]')"

# A new event arrives within a second.
web wait "$at" tide.c >"$work/waited" &
waiter=$!
wait_for 10 grep -q open "$work/waited"
sed 's/^Message-ID: <\(.*\)@/Message-ID: <\1.second@/' "$demo" >"$work/second.mbox"
sent=$(date +%s.%N)
play "$socket" "$work/second.mbox"
check "a stream has a new event" wait "$waiter"
check "... within a second" awk -v sent="$sent" 'NR == 2 { exit !($1 - sent < 1) }' "$work/waited"
last=$(awk 'NR == 2 { print $2 }' "$work/waited")
web wait "$at" series.completed "Last-Event-ID: $((last - 1))" >"$work/again"
check "Last-Event-ID: the stream goes on there" test "$(awk 'NR == 2 { print $2 }' "$work/again")" -ge "$last"

# ---- hostile mails ------------------------------------------------------------------------------------------------

name='<img src=x onerror=alert(1)>'
title='<script>alert("x")</script> \\ &amp; '$'\u202e''live'
{
    printf 'From patchmark Thu Jan  1 00:00:00 1970\nFrom: "%s" <mallory@example.org>\n' "$name"
    printf 'Subject: [PATCH] %s\nMessage-ID: <"><script>@example.org>\n' "$title"
    printf 'List-Id: <tidewater-devel.lists.example.org>\nContent-Type: text/plain; charset=UTF-8\n\n'
    printf -- '---\n a.c | 2 +-\n\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n+b\n'
    printf '\nFrom patchmark Thu Jan  1 00:00:00 1970\nFrom: closed@example.org\nTo: seawall@lists.example.org\n'
    printf 'Subject: [PATCH] the wall has a hole\nMessage-ID: <closed@example.org>\nList-Id: <seawall.lists.example.org>\n\n'
    printf -- '---\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-a\n+b\n'
} >"$work/hostile.mbox"
play "$socket" "$work/hostile.mbox"
found=/api/series?q=alert
check "a hostile title is found" value_is "$found" 'len(a["series"])' 1
same "... and is the same text" "$title" "$(value "$found" 'a["series"][0]["title"]')"
same "... with its name" "$name" "$(value "$found" 'a["series"][0]["author"]["name"]')"
hostile=$(value "$found" 'a["series"][0]["id"]')
for path in "$found" "/api/series/$hostile" "/api/events"; do
    check "no raw control character in $path" test "$(value "$path" 'len(re.findall("[\\x00-\\x1f]", json.dumps(a, ensure_ascii=False)))')" -eq 0
done
same "the feed is well-formed" 1 "$(value /feed.atom '__import__("xml.etree.ElementTree").etree.ElementTree.fromstring(a) is not None and 1')"
same "no markup of a mail in the feed" 0 "$(value /feed.atom 'a.count(b"<script>") + a.count(b"<img")')"
for path in /api/series?q=wall '/api/events?limit=200' /feed.atom /api/lists "/api/activity" /lists/seawall.lists.example.org/feed.atom; do
    same "nothing of a closed list in $path" 0 "$(value "$path" 'str(a).count("the wall has a hole") + str(a).count("seawall")')"
done
same "a mail of a closed list is unknown" 404 "$(status_of /api/messages/closed%40example.org)"

# ---- hostile requests, many clients ----------------------------------------------------------------------------------

web requests "$at" >"$work/requests"
same "hostile requests" 0 $?
sed 's/^/         /' "$work/requests"
check "they are at least 60" test "$(sed -n 's/^\([0-9]*\) requests/\1/p' "$work/requests")" -ge 60
before=$(descriptors) memory=$(kib VmRSS)
for i in 1 2; do
    web crowd "$at" >"$work/crowd"
    same "50 clients, 10 of them slow, run $i" 0 $?
    sed 's/^/         /' "$work/crowd"
    web streams "$at" >"$work/streams"
    same "many streams, run $i" 0 $?
    sed 's/^/         /' "$work/streams"
done
web slow "$at" >"$work/slow"
same "slow clients" 0 $?
sed 's/^/         /' "$work/slow"
descriptors_settle() { [ "$(descriptors)" -le "$before" ]; }
check "no descriptor is left" wait_for 40 descriptors_settle
echo "         memory: $memory KiB before, $(kib VmRSS) KiB after, at most $(kib VmHWM) KiB"
[ "$sanitized" -gt 0 ] || check "its memory is bounded" test "$(kib VmHWM)" -lt $((memory + 32 * 1024))
check "the daemon has answered all mails" grep -q . "$work/milter.log"
same "the log has no error" "" "$(grep -E 'error:|Sanitizer|runtime error' "$work/web.log" | grep -v 'cannot read')"

# ---- without a usable database ---------------------------------------------------------------------------------------

check "while the daemon runs, no answer says that it is stopped" value_is /api/series 'a.get("state")' None
milter_stop
same "SIGTERM ends the daemon with 0" 0 $?
check "the daemon has stopped: the API says so" wait_for 10 value_is /api/series 'a.get("state")' stopped
check "... also as its health" wait_for 5 value_is /api/health 'a["state"]' stopped
same "... what was recorded can be read" "$id" "$(value "/api/series/$id" 'a["series"]["id"]')"
check "its database is closed: no log is left" test ! -s "$work/state/patchmark.db-wal"
milter_start
check "the daemon runs again: the API says so" wait_for 10 value_is /api/health 'a["state"]' running
milter_stop

db=$work/state/patchmark.db
cp -p "$db" "$work/good.db"
sqlite3 "$work/good.db" 'PRAGMA journal_mode = DELETE' >/dev/null
restore() {
    rm -f "$db"*
    cp -p "$work/good.db" "$db"
}
unusable() { # NAME: the API answers 503 with a state, and the page is there
    check "$1: status 503" wait_for 10 value_is /api/series status 503
    check "$1: a state" test "$(value /api/series 'a["error"]["state"]')" != ""
    echo "         $(value /api/series 'a["error"]')"
    same "$1: the page is there" 200 "$(status_of /)"
    same "$1: a stream is refused" 503 "$(stream_status)"
}
rm -f "$db"*
unusable "absent"
restore
sqlite3 "$db" 'PRAGMA user_version = 99'
unusable "of another schema"
restore
head -c 100000 /dev/urandom | dd of="$db" conv=notrunc bs=1 seek=0 status=none
unusable "damaged"
printf 'this is not a database, but a text that is long enough to be one of some kind\n%.0s' {1..100} >"$db"
unusable "no database"
restore
/usr/bin/python3 -c 'import sqlite3, sys, time
lock = sqlite3.connect(sys.argv[1], isolation_level=None)
lock.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(8)' "$db" >"$work/locked" &
locker=$!
wait_for 5 grep -q locked "$work/locked"
start=$(date +%s%3N)
unusable "locked"
check "locked: no answer takes long" test $(($(date +%s%3N) - start)) -lt 5000
wait "$locker"
rm -rf "$work/state"
unusable "no folder"
mkdir "$work/state"
chown "${MILTER_USER:-$(id -u)}:${MILTER_USER:-$(id -g)}" "$work/state"
chmod 750 "$work/state"
restore
check "a database that no daemon uses can be read, if it was closed completely" wait_for 10 value_is /api/series status 200
milter_start
check "with a good database the API answers again" wait_for 10 state_is up
same "... with the same series" "$id" "$(value "/api/series/$id" 'a["series"]["id"]')"
web_stop
same "SIGTERM ends it with 0" 0 $?

# ---- a unix socket, other addresses -----------------------------------------------------------------------------------

mkdir "$work/web-run"
chmod 777 "$work/web-run"
: >"$work/web.log"
web_start --listen="unix:$work/web-run/web.sock"
at=$work/web-run/web.sock
same "a unix socket" 660 "$(stat -c %a "$at")"
same "... answers" 200 "$(status_of /api/series)"
web requests "$at" | grep -v 'stranger\|starts with ours' >"$work/requests"
same "hostile requests on a unix socket" "1" "$(wc -l <"$work/requests")"
sed 's/^/         /' "$work/requests"

# ---- behind nginx ------------------------------------------------------------------------------------------------------

# recipe NAME: prints that display of patchmark-web(8).
recipe() {
    awk -v name=".\\\\\" recipe $1" '
        $0 == name { found = 1 }
        found && /^\.Ed/ { exit }
        inside
        found && /^\.Bd/ { inside = 1 }' "$SOURCE/docs/patchmark-web.8"
}
nginx_start() { # FILE: starts nginx with the server of that file
    mkdir -p "$work/nginx/logs"
    {
        [ "$(id -u)" -ne 0 ] || echo "user nobody nogroup;"
        echo "pid $work/nginx/pid; error_log $work/nginx/error.log; worker_processes 1; daemon off;"
        echo "events { worker_connections 256; }"
        echo "http { access_log off;"
        for folder in client_body proxy fastcgi uwsgi scgi; do echo "${folder}_temp_path $work/nginx/$folder;"; done
        cat "$1"
        echo "}"
    } >"$work/nginx/nginx.conf"
    nginx -e "$work/nginx/error.log" -p "$work/nginx" -c "$work/nginx/nginx.conf" &
    helper_pids+=($!)
    nginx_pid=$!
    wait_for 10 curl -ks -o /dev/null "https://127.0.0.1:$https/robots.txt" ||
        { echo "nginx does not start"; cat "$work/nginx/error.log"; }
}
ours() { curl -ks -u reader:secret --resolve "patches.example.org:$https:127.0.0.1" "$@"; }
live() { # NAME: a new mail is seen by a stream through nginx within a second
    local sent
    ours -N -H 'Accept: text/event-stream' --max-time 10 "$url/api/events" >"$work/live.$1" &
    helper_pids+=($!)
    wait_for 5 grep -q retry "$work/live.$1"
    sed "s/^Message-ID: <\(.*\)@/Message-ID: <\1.$1@/" "$demo" >"$work/$1.mbox"
    play "$socket" "$work/$1.mbox"
    sent=$(date +%s%3N)
    check "$1: a new event comes through" wait_for 3 grep -q '^data: {' "$work/live.$1"
    check "$1: ... within a second" test $(($(date +%s%3N) - sent)) -lt 1000
}
https=$(free_port)
url=https://patches.example.org:$https
if command -v nginx >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=patches.example.org -keyout "$work/patches.key" \
        -out "$work/patches.crt" >/dev/null 2>&1
    echo "reader:$(openssl passwd -apr1 secret)" >"$work/patchmark.htpasswd"
    chmod 644 "$work/patchmark.htpasswd"
    web_stop
    : >"$work/web.log"
    web_start
    at=127.0.0.1:$port
    recipe nginx | sed -e "s/ 443 ssl/ 127.0.0.1:$https ssl/" -e "s#/etc/ssl/#$work/#" -e "s#/etc/nginx/#$work/#" \
        -e "s/:8025/:$port/" >"$work/server.conf"
    nginx_start "$work/server.conf"
    same "nginx: the page asks for a password" 401 "$(curl -ks -o /dev/null -w '%{http_code}' "https://127.0.0.1:$https/")"
    same "nginx: the page" 200 "$(ours -o /dev/null -w '%{http_code}' "$url/")"
    same "nginx: the API" "$id" "$(ours "$url/api/series/$id" | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["series"]["id"])')"
    same "nginx: our header fields" 1 "$(ours -I "$url/" | grep -ci '^content-security-policy:')"
    live nginx
    kill "$nginx_pid" && wait "$nginx_pid" 2>/dev/null
    web_stop
    : >"$work/web.log"
    web_start --listen="unix:$work/web-run/web.sock"
    with=$(recipe unix | sed -e "s#/run/patchmark-web/#$work/web-run/#")
    sed -i "s#proxy_pass .*#$with#" "$work/server.conf"
    nginx_start "$work/server.conf"
    same "nginx and a unix socket: the page" 200 "$(ours -o /dev/null -w '%{http_code}' "$url/")"
    live unix
    kill "$nginx_pid" && wait "$nginx_pid" 2>/dev/null
else
    echo "web.sh: no nginx: not testing the displays of patchmark-web(8)"
fi

web_stop
same "SIGTERM ends it with 0, again" 0 $?
check "its socket is removed" test ! -e "$work/web-run/web.sock"
: >"$work/web.log"
web_start --listen="0.0.0.0:$port"
same "an address for other hosts: one warning" 1 "$(grep -c 'can be reached from other hosts' "$work/web.log")"
"${as_web[@]}" "$work/bin/patchmark" web --config="$work/patchmark.conf" --listen="0.0.0.0:$port" 2>"$work/out"
same "an address in use" 69 $?
web_stop
milter_stop
same "the log of the daemon has no error" "" "$(grep -E 'error:|Sanitizer|runtime error' "$work/milter.log")"
finish

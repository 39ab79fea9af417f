#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# lua.sh - tests of the plugin lua: each script of patchmark-lua(7), taken from the page, on the mails of
# tests/mails/lua/NAME.mbox, whose field Expect has the facts that the script sets, also on the outgoing pass;
# patchmark classify --lua; a script that fails in the daemon; a reload.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

page=$SOURCE/docs/patchmark-lua.7
mails=$SOURCE/tests/mails/lua
cd "$work" || exit

echo 'plugin "lua" { }' >none.conf
if "$PATCHMARK" plugins --config=none.conf 2>&1 | grep -q "no such plugin"; then
    echo "skipped  patchmark was built without the plugin lua"
    finish
fi

# ---- the scripts of the page ----------------------------------------------------------------------

# Writes each display that follows a line .\" script NAME to NAME.lua; that of SYNOPSIS to synopsis.lua.
awk '
    /^\.Sh SYNOPSIS/ { name = "synopsis" }
    /^\.\\" script / { name = $3 }
    /^\.Ed/ { if (shown) { close(name ".lua"); name = "" } shown = 0 }
    shown { gsub(/\\e/, "\\"); print >(name ".lua") }
    /^\.Bd -literal/ && name != "" { shown = 1 }' "$page"
check "the page has more than ten scripts" test "$(ls ./*.lua | wc -l)" -gt 10
same "each script has mails, and each mailbox a script" "$(ls ./*.lua | xargs -n1 basename -s .lua)" \
    "$(ls "$mails"/*.mbox | xargs -n1 basename -s .mbox)"

# facts: prints the object "facts" of each line of JSON, its members in alphabetical order.
facts() { python3 -c '
import json, sys
for line in sys.stdin:
    print(json.dumps(json.loads(line).get("facts", {}), sort_keys=True))'; }
# expected MBOX: prints the same of the fields Expect.
expected() { sed -n 's/^Expect: \(.*\)/{"facts":\1}/p' "$1" | facts; }

for script in *.lua; do
    name=${script%.lua}
    same "script $name" "$(expected "$mails/$name.mbox")" \
        "$("$PATCHMARK" classify --lua "$script" "$mails/$name.mbox" 2>fault | facts)"
    same "script $name: no errors" "" "$(cat fault)"
    # In the order of a list, each mail comes in and goes out.
    awk '/^From / { if (mail) printf "%s%s", mail, mail; mail = "" } { mail = mail $0 "\n" }
        END { printf "%s%s", mail, mail }' "$mails/$name.mbox" >twice.mbox
    same "script $name: the same in both passes" "$(expected twice.mbox)" \
        "$("$PATCHMARK" classify --lua "$script" twice.mbox | facts)"
done

# ---- classify --lua -------------------------------------------------------------------------------

exits() { # CODE COMMAND...
    local wanted=$1
    shift
    "$@" >out 2>fault
    [ $? -eq "$wanted" ]
}
mail=$SOURCE/tests/mails/demo.mbox
printf 'function classify(mail)\n    local = 1\nend\n' >bad.lua
check "a script with a syntax error (78)" exits 78 "$PATCHMARK" classify --lua bad.lua "$mail"
check "it is reported with file and line" grep -qxF "patchmark: error: plugin lua: $work/bad.lua:2: <name> expected near '='" fault
printf '\nplugin "lua" { script = "%s" }\n' "$work/bad.lua" >bad.conf
check "in a section, also with that of the section (78)" exits 78 "$PATCHMARK" classify -c bad.conf "$mail"
check "that is one line" grep -qxF "patchmark: error: bad.conf:2: plugin lua: $work/bad.lua:2: <name> expected near '='" fault
check "a script that does not exist (78)" exits 78 "$PATCHMARK" classify --lua none.lua "$mail"
check "it is reported" grep -qF -e "--lua: plugin \"lua\": option 'script' names $work/none.lua: No such file" fault
printf 'function classify(mail) mail:label("tried") end\n' >try.lua
chmod 666 try.lua
check "a script that others may write (78)" exits 78 "$PATCHMARK" classify --lua try.lua "$mail"
check "it is reported" grep -qF "names a file that is not trusted: $work/try.lua: mode 0666, writable by others; run: chmod go-w $work/try.lua" fault
chmod 644 try.lua
printf 'facts = { size = "int" }\nfunction classify(mail) mail:set("size", 7) mail:label("own") end\n' >own.lua
printf 'plugin "lua" { script = "%s" }\n' "$work/own.lua" >own.conf
same "the script runs beside those of the configuration" '{"lua.labels": ["own"], "lua.size": 7, "lua_try.labels": ["tried"]}' \
    "$("$PATCHMARK" classify --config=own.conf --lua try.lua "$mail" | facts | sort -u)"
check "patchmark plugins shows the facts that a script declares" \
    grep -q 'fact   lua.size  *int' <<<"$("$PATCHMARK" plugins --config=own.conf)"

check "two scripts (64)" exits 64 "$PATCHMARK" classify --lua own.lua --lua=try.lua "$mail"
check "it is reported" grep -qxF "patchmark: option '--lua' is given twice; see 'patchmark classify --help'" fault
printf '\xef\xbb\xbfplugin "lua" { script = "%s" }\n' "$work/own.lua" >mark.conf
check "a configuration that begins with a byte order mark" exits 0 "$PATCHMARK" plugins --config=mark.conf

# Each call of gsub from its function takes the stack of the thread.
cat >deep.lua <<'END'
local depth = 0
local function descend()
    depth = depth + 1
    if depth < 190 then
        ("x"):gsub("x", descend)
    end
end
function classify(mail)
    descend()
    mail:label("deep")
end
END
small() { (ulimit -s "$1" && "${@:2}"); }
check "a small stack (78)" exits 78 small 2000 "$PATCHMARK" classify --lua deep.lua "$mail"
check "it is reported" grep -q "scripts require a stack of 2048 KiB, and the limit is 2000 KiB" fault
same "the smallest stack is enough for the deepest calls" '{"lua.labels": ["deep"]}' \
    "$(small 2048 "$PATCHMARK" classify --lua deep.lua "$mail" | facts | sort -u)"

# ---- the daemon -----------------------------------------------------------------------------------

# live LABEL: writes a script that labels mails with LABEL, and loops on the subject "loop".
live() {
    printf '%s\n' 'function classify(mail)' '    if mail.subject == "loop" then' '        while true do end' \
        '    end' "    mail:label(\"$1\")" 'end' >live.lua
}
# answer SUBJECT: sends a mail; prints the labels that it gets.
answer() {
    printf 'From: Ada Example <ada@example.org>\nSubject: %s\nMessage-ID: <%s@example.org>\n\ntext\n' \
        "$1" "$RANDOM$RANDOM" >one.eml
    play --print headers "unix:$milter_socket" one.eml >answer && grep -q '^Patchmark-Kind: ' answer &&
        sed -n 's/^Patchmark-Labels: //p' answer
}
logged() { grep -c -- "$1" milter.log; }
has_logged() { [ "$(logged "$1")" -ge "$2" ]; }

live one
milter_configure "plugin \"lua\" { script = \"$work/live.lua\" }" \
    "plugin \"lua/second\" { script = \"$work/own.lua\" }"
check "serve --check accepts the scripts" exits 0 "$PATCHMARK" serve --check --config=patchmark.conf
milter_start
same "both scripts label a mail" "one own" "$(answer one)"
same "a script that loops sets nothing, the other one does" "own" "$(answer loop)"
same "it is logged once, with file and line" 1 "$(grep -c "plugin lua failed on .*$work/live.lua:3: exceeded its bound of work" milter.log)"
same "the next mail is labelled by both" "one own" "$(answer two)"
live two
kill -USR1 "$milter_pid"
check "a reload reads the scripts again" wait_for 10 has_logged 'configuration read again' 1
same "the mail has the label of the new script" "two own" "$(answer three)"
cp bad.lua live.lua
check "serve --check refuses a syntax error" exits 78 "$PATCHMARK" serve --check --config=patchmark.conf
kill -USR1 "$milter_pid"
check "a reload refuses it, with file and line" wait_for 10 has_logged "$work/live.lua:2: <name> expected near" 1
check "the old configuration stays" wait_for 10 has_logged 'the old configuration stays active' 1
same "with the old script" "two own" "$(answer four)"
live three
kill -USR1 "$milter_pid"
check "a reload mends it" wait_for 10 has_logged 'configuration read again' 2
for i in {1..12}; do answer loop >/dev/null; done
same "a script is disabled after ten failures in a row" "11 1" "$(logged 'plugin lua failed on') $(logged 'plugin lua failed 10 times')"
same "the other one is not" "own" "$(answer five)"
milter_stop
finish

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# docs-check.sh - compares the man pages with the program and its sources.
#
# usage: docs-check.sh PROGRAM SOURCE
#     PROGRAM  the program patchmark, default $PATCHMARK; it must find its plugins
#     SOURCE   the source folder, default $SOURCE
#
# The text to compare is marked with ordinary mdoc macros; a comment at the top of each page names them.
# Exit status: 0 if all is the same, 1 if something differs, 2 if the check could not run.
set -u

program=${1:-${PATCHMARK:-}}
source=${2:-${SOURCE:-}}
if [ -z "$program" ] || [ ! -f "$source/milter/pipeline/annotate.c" ]; then
    echo "usage: docs-check.sh PROGRAM SOURCE" >&2
    exit 2
fi
docs=$source/docs
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
failed=0

fail() {
    echo "docs-check: $*"
    failed=1
}

# same WHAT LEFT RIGHT: checks that the files LEFT and RIGHT in the work folder have the same lines, in
# any order, and at least one.
same() {
    sort -u "$work/$2" >"$work/left"
    sort -u "$work/$3" >"$work/right"
    if [ ! -s "$work/left" ]; then
        fail "$1: nothing found in $2"
    elif ! diff "$work/left" "$work/right" >"$work/difference"; then
        fail "$1: $2 (<) and $3 (>) differ"
        grep '^[<>]' "$work/difference"
    fi
}

# subsections PAGE SECTION: prints the titles of the subsections (.Ss) of a section.
subsections() {
    awk -v section="$2" '
        /^\.Sh / { inside = substr($0, 5) == section }
        inside && /^\.Ss / { print substr($0, 5) }' "$docs/$1"
}

# display PAGE SECTION: prints the displays of a section, as mandoc prints them.
display() {
    awk -v section="$2" '
        /^\.Sh / { inside = substr($0, 5) == section }
        /^\.Ed/ { shown = 0 }
        inside && shown { print }
        /^\.Bd -literal/ { shown = 1 }' "$docs/$1" | printed
}

printed() {
    sed -e "s/\\\\(aq/'/g" -e 's/\\(ga/`/g' -e 's/\\(ti/~/g' -e 's/\\(ha/^/g' -e 's/\\&//g' \
        -e 's/\\e/\\/g'
}

# ---- commands and their options ------------------------------------------------------------------

"$program" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >"$work/--help"
subsections patchmark.1 COMMANDS | grep -v '^Every command$' >"$work/patchmark.1"
same "commands" --help patchmark.1

# page_options TITLE: prints the long options in that subsection of COMMANDS.
page_options() {
    awk -v title="$1" '
        /^\.S[sh] / { inside = substr($0, 5) == title }
        inside && /^\.It Fl / {
            for (i = 2; i < NF; i++)
                if ($i == "Fl" && $(i + 1) ~ /^-/)
                    print "-" $(i + 1)
        }' "$docs/patchmark.1"
}

while read -r command; do
    "$program" "$command" --help | sed -n 's/^  .*\(--[a-z-]*\)[[ =].*/\1/p' >"$work/--help"
    { page_options "$command"; page_options "Every command"; } >"$work/patchmark.1"
    same "options of the command $command" --help patchmark.1
done <<END
$("$program" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
END

# ---- options of the configuration ----------------------------------------------------------------

# Loads every plugin of the tree, so that `patchmark plugins` prints its options.
(umask 077; echo whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >"$work/secret")
echo 'function classify(mail) end' >"$work/script.lua"
chmod 644 "$work/script.lua"
printf 'A SECTION\nF:\tfolder/\n' >"$work/MAINTAINERS"
for folder in "$source"/plugins/*/; do
    name=$(basename "$folder")
    case $name in
    file) echo "plugin \"file\" { path = \"$work/events\" }" ;;
    lua) echo "plugin \"lua\" { script = \"$work/script.lua\" }" ;;
    webhook) echo "plugin \"webhook\" { url = \"https://ci.example.org/\" secret_file = \"$work/secret\" }" ;;
    subsystem) echo "plugin \"subsystem\" { maintainers = \"$work/MAINTAINERS\" }" ;;
    *) echo "plugin \"$name\" { }" ;;
    esac
done >"$work/all.conf"
if "$program" plugins --options --config="$work/all.conf" >"$work/plugins --options"; then
    awk '
        /^\.Ss / { prefix = "" }
        /^\.Ss Options of / {
            prefix = substr($0, length(".Ss Options of ") + 1) "."
            gsub(/ /, ".", prefix)
            if (prefix == "core.")
                prefix = ""
            known = 1
        }
        known && /^\.It Ic [a-z_]+ = Ar / { print prefix $3, $6 }
        known && /^\.It Ic [a-z_]+ \( Ar / { print prefix $3, "function" }
        /^\.Sh / { known = 0 }' "$docs/patchmark.conf.5" >"$work/patchmark.conf.5"
    same "options of the configuration" "plugins --options" patchmark.conf.5

    # The example has all options, commented out: "#name =", indented in a section.
    sed 's/ .*//' "$work/plugins --options" >"$work/names of plugins --options"
    awk '
        { line = $0; sub(/^#/, "", line) }
        line ~ /^(list|plugin) "/ {
            split(line, quoted, "\"")
            sub("/.*", "", quoted[2]) # NAME/WORD
            section = (line ~ /^list/ ? "list" : "plugin." quoted[2]) "."
            next
        }
        line ~ /^web {/ { section = "web."; next }
        line ~ /^}/ { section = "" }
        line ~ (section == "" ? "^[a-z_]+ *[=(]" : "^ +[a-z_]+ *=") {
            gsub(/^ +| *[=(].*/, "", line)
            if (line == "file" || line == "enabled" || line == "start")
                print "plugin." line
            else
                print section line
        }' "$source/config/patchmark.conf" >"$work/patchmark.conf" ||
        fail "options of the example: cannot read config/patchmark.conf"
    same "options of the example" "names of plugins --options" patchmark.conf
else
    fail "options of the configuration: patchmark plugins --options failed"
fi

# ---- the plugin interface ------------------------------------------------------------------------

# Declares the prototypes of the page a second time, so that the compiler compares them.
mkdir "$work/include"
cp "$source/milter/include/patchmark-plugin.h" "$work/include"
awk '
    /^\.Sh / { inside = $2 == "SYNOPSIS" }
    !inside { next }
    /^\.In / { print "#include <" $2 ">" }
    /^\.Bd / { shown = 1; next }
    /^\.Ed/ { shown = 0 }
    shown { print }
    { text = substr($0, 5); gsub(/^"|"$/, "", text) }
    /^\.Ft / { type = text }
    /^\.Fo / { name = text; arguments = "" }
    /^\.Fa / { arguments = arguments (arguments == "" ? "" : ", ") text }
    /^\.Fc/ { print type " " name "(" arguments ");" }' "$docs/patchmark-plugin.3" |
    printed >"$work/synopsis.c"
if ! ${CC:-cc} -std=c11 -fsyntax-only -Wall -Werror -I"$work/include" "$work/synopsis.c"; then
    fail "the SYNOPSIS of patchmark-plugin.3 does not compile"
fi
grep -o 'patchmark_[a-z0-9_]*(' "$work/include/patchmark-plugin.h" |
    grep -v 'patchmark_plugin(' >"$work/patchmark-plugin.h"
sed -n 's/^\.Fo \(.*\)/\1(/p' "$docs/patchmark-plugin.3" >"$work/patchmark-plugin.3"
same "functions" patchmark-plugin.h patchmark-plugin.3

# shows SECTION FILE: checks that the section of patchmark-plugin.7 begins with the text of FILE in the work folder.
shows() {
    display patchmark-plugin.7 "$1" | head -n "$(wc -l <"$work/$2")" >"$work/page.c"
    if ! diff "$work/$2" "$work/page.c" >"$work/difference" || [ ! -s "$work/$2" ]; then
        fail "$2 (<) and $1 of patchmark-plugin.7 (>) differ"
        cat "$work/difference"
    fi
}

# The page shows the sample without the comment at its top, and the file of `patchmark plugins --new`.
sed -n '/^ \*\/$/,$p' "$source/tests/sample/sample.c" | sed 1d >"$work/sample.c"
shows EXAMPLES sample.c
sed -e '1{/^\/\*.*\*\/$/d}' -e 's/NAME/net/g' "$source/config/new-plugin/plugin.c" >"$work/plugin.c"
shows "A COMPLETE PLUGIN" plugin.c

# ---- facts ---------------------------------------------------------------------------------------

"$source/tools/facts-page" --check "$program" "$docs" >"$work/out" 2>&1 ||
    { fail "patchmark-facts.7 differs from the tables of the plugins: run tools/facts-page"; cat "$work/out"; }

# ---- headers, events -----------------------------------------------------------------------------

sed -n 's/.*HEADER_[A-Z_]*, "\([A-Za-z-]*\)".*/Patchmark-\1/p' "$source/milter/pipeline/annotate.c" \
    >"$work/annotate.c"
subsections patchmark-headers.7 'THE HEADERS' >"$work/patchmark-headers.7"
same "headers" annotate.c patchmark-headers.7

sed -n 's/^ *TYPE([A-Z_]*, *"\([a-z.]*\)",.*/patchmark.\1.v1/p' "$source/milter/pipeline/event-types.h" >"$work/event-types.h"
subsections patchmark-events.7 'EVENT TYPES' >"$work/patchmark-events.7"
same "event types" event-types.h patchmark-events.7

# The schemas and the reference part of the page are what tools/events-pages writes.
"$source/tools/events-pages" --check "$docs" >"$work/out" 2>&1 ||
    { fail "docs/events.json was changed, but not what is written from it: run tools/events-pages"; cat "$work/out"; }

# Each type has a schema, which is installed.
ls "$docs/schemas" | sed 's/\.json$//' >"$work/schemas"
same "schemas" event-types.h schemas
grep -o 'schemas/[a-z.0-9]*\.json' "$docs/local.mk" | sed -e 's/.*\///' -e 's/\.json$//' >"$work/local.mk"
same "installed schemas" schemas local.mk

# The schemas describe every property, accept the events in accepted.jsonl and refuse those in refused.jsonl.
# Their examples, which are those of the page, are what the program makes.
"$program" classify --config="$source/tests/mails/examples.conf" --format=events \
    "$source/tests/mails/examples.mbox" >"$work/made.jsonl" || fail "patchmark classify --format=events failed"
"$source/tests/schemas/check.py" "$docs/schemas" "$source/tests/schemas/accepted.jsonl" \
    "$source/tests/schemas/refused.jsonl" "$work/made.jsonl" >"$work/out" 2>&1 || { fail "the schemas"; cat "$work/out"; }

# The examples of the page are events that patchmark could have made.
mkdir "$work/examples"
awk -v folder="$work/examples" '
    /^\.Sh / { inside = $0 == ".Sh EVENT TYPES" }
    inside && /^\.Ss / { type = $2 }
    /^\.Ed/ { if (shown) print text >(folder "/" type); shown = 0 }
    shown { text = text $0 }
    inside && /^\.Bd -literal/ { shown = 1; text = "" }' "$docs/patchmark-events.7"
for type in "$work"/examples/*; do
    grep -q "\"type\":\"${type##*/}\"" "$type" || fail "the example of ${type##*/} is of another type"
done
cat "$work"/examples/* | printed >"$work/all examples"
"$source/tools/check-events" --schemas "$docs/schemas" --every-type --content "$work/all examples" >"$work/out" 2>&1 ||
    { fail "examples of patchmark-events.7 are invalid"; grep -v '^ *[0-9]' "$work/out"; }

# Compares the facts that are fields of a mail's JSON.  The page has further fields, which are no facts.
sed -n -e 's/.*{"[a-z._]*", NULL, "\([a-z_]*\)", .*/\1/p' \
    -e 's/.*{"[a-z._]*", "\([a-z_]*\)", "\([a-z_]*\)", .*/\1.\2/p' "$source/milter/pipeline/json.c" >"$work/json.c"
awk '/^\.Sh / { inside = $0 == ".Sh FACTS AS JSON" } inside && /^\.It Cm / { print $3 }' \
    "$docs/patchmark.1" >"$work/all fields"
grep -Fx -f "$work/json.c" "$work/all fields" >"$work/FACTS AS JSON of patchmark.1"
same "facts in JSON" json.c "FACTS AS JSON of patchmark.1"

# ---- the systemd units ----------------------------------------------------------------------------

# The units are checked with /bin/true as their program, and without pages, which may not be installed.
for unit in patchmark patchmark-web; do
    sed -e 's|^\(Exec[a-zA-Z]*=\).*|\1/bin/true|' -e '/^Documentation=/d' \
        "$source/config/$unit.service.in" >"$work/$unit.service"
    if ! command -v systemd-analyze >/dev/null; then
        echo "docs-check: systemd-analyze is missing: not checking the unit $unit"
        continue
    fi
    systemd-analyze verify "$work/$unit.service" >"$work/out" 2>&1 || fail "the unit $unit is invalid"
    cat "$work/out"
    [ ! -s "$work/out" ] || fail "systemd-analyze verify has printed warnings"
    # The exposure level may be up to 1.5 of 10; systemd calls levels below 2.5 OK.
    systemd-analyze security --offline=true --threshold=15 --no-pager "$work/$unit.service" \
        >"$work/out" 2>&1 || { fail "the exposure level of the unit $unit exceeds 1.5"; tail -1 "$work/out"; }
done

# ---- version, home page, contact -------------------------------------------------------------------

# What AC_INIT in configure.ac says is what all other places say.
# shellcheck disable=SC2046 # words
set -- $(sed -n 's/^AC_INIT(\[patchmark\], \[\(.*\)\], \[\(.*\)\], \[patchmark\], \[\(.*\)\])$/\1 \2 \3/p' "$source/configure.ac")
if [ $# -eq 3 ]; then
    version=$1 contact=$2 home=$3
else
    fail "AC_INIT in configure.ac has not version, contact and home page on one line"
    version=? contact=? home=?
fi

# stated VALUE FILE EXPRESSION: checks that the first text that this expression of sed prints of FILE is VALUE.
stated() {
    found=$(sed -n "$3" "$source/$2" | head -1)
    [ "$found" = "$1" ] || fail "$2 has '$found', configure.ac '$1'"
}
stated "$version" README.md 's/^Version \([^ ]*\) is .*/\1/p'
stated "$version" NEWS 's/^patchmark \([^ ]*\).*/\1/p'
stated "$version" debian/changelog 's/^patchmark (\(.*\)-[^-]*) .*/\1/p'
stated "$version" docs/events.json 's/.*The version of patchmark.*"examples": \["\(.*\)"\].*/\1/p'
stated "$version" docs/events.json 's/.*"data": {"state": "stopped", "version": "\([^"]*\)".*/\1/p'
stated "$version" plugins/webhook/webhook.md 's|^User-Agent: patchmark/||p'
stated "$contact" SECURITY.md 's/^Write to <\(.*\)> .*/\1/p'
stated "$contact" docs/patchmark.1 's/^\.Mt \([^ ]*\).*/\1/p'
stated "$contact" milter/web/openapi.json 's/.*"email": "\(.*\)".*/\1/p'
stated "$contact" debian/control 's/^Maintainer: .*<\(.*\)>$/\1/p'
stated "$contact" debian/changelog 's/^ -- .*<\(.*\)>.*/\1/p'
stated "$home" SECURITY.md 's/.*home page, <\(.*\)>.*/\1/p'
stated "$home" README.md 's/.*[Hh]ome page: <\(.*\)>.*/\1/p'
stated "$home" docs/patchmark.1 's/^\.Lk \(https:[^ ]*\) \.$/\1/p'
stated "$home" milter/web/openapi.json 's/.*"url": "\(https:.*\)",.*/\1/p'
stated "$home" debian/control 's/^Homepage: //p'

# What the program prints is made from configure.ac; a program of another configure.ac would differ.
"$program" version | sed -n -e 's/^patchmark \([^ ]*\) .*/\1/p' -e 's/^home page *//p' -e 's/^contact *//p' >"$work/version"
printf '%s\n' "$version" "$home" "$contact" | cmp -s - "$work/version" || fail "patchmark version differs from configure.ac"
"$program" --help | grep -qF "<$contact>.  Home page: <$home>" || fail "patchmark --help has not contact and home page"

# Nobody publishes half a placeholder.
placeholder=patchmark.example.org
case $contact$home in
*$placeholder*$placeholder*) ;;
*)
    grep -rlF "$placeholder" "$source" --include='*.md' --include='*.[1-8]' --include='*.json' --include='*.in' \
        --include=configure.ac --include=control --include=changelog --exclude-dir=build --exclude=CONTRIBUTING.md >"$work/left" &&
        { fail "these files still have the placeholder $placeholder:"; cat "$work/left"; }
    grep -q '>, a placeholder' "$source/README.md" && fail "README.md still says that the home page is a placeholder"
    ;;
esac

# ---- the packages that the README installs --------------------------------------------------------

sed -n '/^BUILD_PACKAGES="/,/"$/{s/BUILD_PACKAGES=//;s/"//g;p}' "$source/tools/setup.sh" | tr -s ' ' '\n' | grep . >"$work/tools-setup.sh"
sed -n '/^apt-get install -y gcc/,/[^\\]$/{s/apt-get install -y//;s/\\$//;p}' "$source/README.md" | tr -s ' ' '\n' | grep . >"$work/README.md"
same "packages to build with" tools-setup.sh README.md

# ---- the files that the README names ---------------------------------------------------------------

# It is installed too, and names files of docs/ as they are in the source folder.
installed=$(dirname "$program")/../share/doc/patchmark
grep -o '[`(]docs/[a-z/.-]*[a-z/][`)]' "$source/README.md" | tr -d '`()' | sort -u >"$work/named"
[ -s "$work/named" ] || fail "the README names no file of docs/"
while read -r name; do
    [ -e "$source/$name" ] || fail "README.md names $name, which does not exist"
    [ ! -d "$installed" ] || [ -e "$installed/$name" ] || fail "README.md names $name, which is not installed"
done <"$work/named"

# ---- the port of the metrics ------------------------------------------------------------------------

sed -n 's/^#metrics_listen = "inet:\([0-9]*\)@.*/\1/p' "$source/config/patchmark.conf" >"$work/configuration"
sed -n 's/.*targets: \["[^:]*:\([0-9]*\)"\].*metrics_listen/\1/p' "$source/config/prometheus-alerts.yml" >"$work/alerts"
same "the port of metrics_listen" configuration alerts

# ---- the failure table of the README ---------------------------------------------------------------

# shown_by FILE NAME: true if a file with the name FILE has a unit test NAME, or an end-to-end check whose
# name contains NAME.
shown_by() {
    find "$source/tests" "$source/plugins" -name "$1" -exec cat {} + >"$work/tests" 2>/dev/null
    case $1 in
    *.c) grep -qx "START_TEST($2).*" "$work/tests" ;;
    *) grep -E '^ *(check|same|fault|outage) ' "$work/tests" | grep -qF -e "$2" ;;
    esac
}
sed -n '/^## When something goes wrong/,/^## Documentation/s/^| [^-].* | \(`.*`\) |$/\1/p' "$source/README.md" \
    >"$work/third columns"
rows=$(sed -n '/^## When something goes wrong/,/^## Documentation/p' "$source/README.md" | grep -c '^| [^-]')
[ "$(wc -l <"$work/third columns")" -eq $((rows - 1)) ] && [ "$rows" -gt 20 ] ||
    fail "the failure table of the README: a row names no test"
sed 's/`; `/`\n`/g' "$work/third columns" >"$work/shown by"
while IFS='`' read -r _ file _ name rest; do
    if [ "$rest" != "" ]; then
        fail "the failure table of the README: unexpected text '$rest'"
    elif ! shown_by "$file" "$name"; then
        fail "the failure table of the README: no test '$name' in $file"
    fi
done <"$work/shown by"

# ---- the pages themselves ------------------------------------------------------------------------

if ! command -v mandoc >/dev/null; then
    echo "docs-check: mandoc is missing: not checking the syntax of the pages"
else
    for page in "$docs"/*.[1-9]; do
        mandoc -T lint -W warning "$page" || fail "mandoc has warnings on ${page##*/}"
    done
fi

[ $failed -eq 0 ] && echo "docs-check: man pages, program and sources agree"
exit $failed

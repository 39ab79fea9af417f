#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# plugin.sh - plugins outside the source tree: built with the installed header and pkg-config, as
# patchmark-plugin(7) describes, in C and C++, loaded, configured, and refused where they must be; one of
# version 1 of the interface; and what the built-in plugins use of the interface.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
prefix=$(dirname "$(dirname "$PATCHMARK")")
cd "$work" || exit
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig

check "the sample: at most 80 lines" test "$(wc -l <"$SOURCE/tests/sample/sample.c")" -le 80
# shellcheck disable=SC2046 # flags
check "builds with the installed header" cc -Wall -Wextra -Werror -shared -fPIC -o sample.so \
    "$SOURCE/tests/sample/sample.c" $(pkg-config --cflags patchmark)
same "exports one symbol" "patchmark_plugin" "$(nm -D --defined-only sample.so | awk '{print $3}' | grep -v '^_' | xargs)"
echo "plugin \"sample\" { file = \"$work/sample.so\" words = { \"HARBOURS\", \"refuse\" } }" >good.conf
"$PATCHMARK" classify -c good.conf -f headers "$demo" >headers
same "labels four mails and no other" 4 "$(grep -c '^Patchmark-Labels: ' headers)"
check "with the operator's word" grep -q '^Patchmark-Labels: HARBOURS$' headers
check "its facts are in the JSON" grep -q '"facts":{"sample.found":true,"sample.labels":\["HARBOURS"\]}' <("$PATCHMARK" classify -c good.conf "$demo")
check "it is listed" grep -q '^sample 1.0 (classifier)' <("$PATCHMARK" plugins -c good.conf)

refused() { # TEXT: true if bad.conf is refused (78) and the error has the text
    "$PATCHMARK" classify -c bad.conf -f none "$demo" >out 2>fault
    local status=$?
    [ $status -eq 78 ] && grep -qF -- "$1" fault && return
    echo "         exit $status: $(cat fault)"
    return 1
}
echo "plugin \"sample\" { file = \"$work/sample.so\" wordz = \"x\" }" >bad.conf
check "an unknown option, with file and line" refused "bad.conf:1: "
echo "plugin \"sample\" { file = \"$work/sample.so\" words = \" \" }" >bad.conf
check "a value that the plugin refuses, with file and line" refused "bad.conf:1: plugin \"sample\": option 'words'"
sed 's/file = /enabled = true file = /' good.conf >bad.conf
chmod 775 sample.so
check "a file that others may write" refused "$work/sample.so"
chmod 755 sample.so
printf 'plugin "subject" { enabled = false }\n' | cat - good.conf >bad.conf
check "the plugin whose fact it needs is disabled" refused "bad.conf:1: plugin \"subject\" cannot be disabled: "
sed 's/PATCHMARK_PLUGIN(sample)/PATCHMARK_PLUGIN(sample)\nint other(void); int other(void) { return 0; }/; s/patchmark_option_count/patchmark_no_such_function/' \
    "$SOURCE/tests/sample/sample.c" >unresolved.c
# shellcheck disable=SC2046 # flags
cc -w -shared -fPIC -o unresolved.so unresolved.c $(pkg-config --cflags patchmark)
echo "plugin \"sample\" { file = \"$work/unresolved.so\" }" >bad.conf
check "a function that patchmark does not have" refused "patchmark_no_such_function"

# A plugin that fails causes log lines, but no mail is lost.
sed 's/    return patchmark_fact_set_bool(facts, "found", found);/    return -1;/' "$SOURCE/tests/sample/sample.c" >failing.c
# shellcheck disable=SC2046 # flags
cc -w -shared -fPIC -o failing.so failing.c $(pkg-config --cflags patchmark)
echo "plugin \"sample\" { file = \"$work/failing.so\" }" >failing.conf
"$PATCHMARK" classify -c failing.conf -f headers "$demo" "$demo" >headers 2>fault
same "a plugin that fails: every mail has its kind" 20 "$(grep -c '^Patchmark-Kind: ' headers)"
same "it fails: ten lines, and it is switched off" "10 1" "$(grep -c 'plugin sample failed on' fault) $(grep -c 'switched off' fault)"
# ---- the page --------------------------------------------------------------------------------------

# page SECTION FILE: writes the display of a section of patchmark-plugin(7) to the file.
page() {
    awk -v section="$1" '
        /^\.Sh / { inside = substr($0, 5) == section }
        /^\.Ed/ { shown = 0 }
        inside && shown { print }
        /^\.Bd -literal$/ { shown = 1 }' "$SOURCE/docs/patchmark-plugin.7" |
        sed -e "s/\\\\(aq/'/g" -e 's/\\(ga/`/g' -e 's/\\e/\\/g' >"$2"
}
compile() { # COMPILER FILE NAME: makes NAME.so with all warnings as errors
    # shellcheck disable=SC2046 # flags
    $1 -Wall -Wextra -pedantic -Werror -shared -fPIC -o "$3.so" "$2" $(pkg-config --cflags patchmark)
}
label_of() { # CONFIGURATION SUBJECT: the labels of a mail
    printf 'From: a@example.org\nMessage-ID: <1@example.org>\nSubject: %s\n\nHello\n' "$2" >mail
    "$PATCHMARK" classify -c "$1" -f headers mail | sed -n 's/^Patchmark-Labels: //p'
}

page "A COMPLETE PLUGIN" net.c
check "the plugin of the page: at most 15 lines" test "$(wc -l <net.c)" -le 15 -a "$(wc -l <net.c)" -gt 5
check "the plugin of the page: builds" compile "cc -std=gnu11" net.c net
echo "plugin \"net\" { file = \"$work/net.so\" }" >net.conf
same "the plugin of the page: labels a mail about it" net "$(label_of net.conf 'Re: [net] a question')"
same "the plugin of the page: no other" "" "$(label_of net.conf 'a net question')"
page "A SINK" titles.c
check "the sink of the page: builds" compile "cc -std=gnu11" titles.c titles
cat >bare.c <<'END'
#include "titles.c"
#include <stdarg.h>
#include <stdio.h>
/* An event without members, and a log on standard output. */
const char *patchmark_event_string(const struct patchmark_event *event, const char *path) {
    return event && path ? NULL : "";
}
void patchmark_log(const struct patchmark_instance *instance, enum patchmark_level level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf(" %d\n", (int)level + (instance != NULL));
}
int main(void) {
    struct patchmark_event event = {.struct_size = sizeof(event), .type = "patchmark.series.opened.v1"};
    const struct patchmark_event *events[] = {&event};
    return publish(NULL, events, 1) != 1;
}
END
# shellcheck disable=SC2046 # flags
cc -std=gnu11 -o bare bare.c $(pkg-config --cflags patchmark)
same "the sink of the page: an event without title and author" "a series by somebody 6" "$(./bare)"
page "IN C++" netcc.cc
check "the C++ plugin of the page: builds" compile "c++ -std=c++20" netcc.cc netcc
echo "plugin \"netcc\" { file = \"$work/netcc.so\" }" >netcc.conf
same "the C++ plugin of the page: labels a mail about it" net "$(label_of netcc.conf '[net] a question')"
same "the C++ plugin of the page: exports one symbol" patchmark_plugin \
    "$(nm -D --defined-only netcc.so | awk '$2 == "T" {print $3}' | grep -v '^_' | xargs)"
for standard in c++11 c++14 c++17 c++20; do
    echo '#include <patchmark-plugin.h>' >header.cc
    check "the header is $standard" compile "c++ -std=$standard" header.cc header
done
echo '#include <patchmark-plugin.h>' >header.c
check "the header is C11" compile "cc -std=gnu11" header.c header

# ---- a new plugin ----------------------------------------------------------------------------------

same "plugins --new: says what to do" "my_net/: my_net.c, its page, its test and a makefile; run: make -C my_net check" \
    "$("$PATCHMARK" plugins --new my_net)"
same "plugins --new: writes four files" "Makefile check.sh my_net.c my_net.md" "$(ls my_net | LC_ALL=C sort | xargs)"
check "plugins --new: the word NAME is in none of them" test -z "$(grep -r '\bNAME\b' my_net)"
check "plugins --new: builds and passes its test" \
    eval 'make -s -C my_net check PATCHMARK="$PATCHMARK" CFLAGS="-Wall -Wextra -Werror" >out'
sed -i.old 's/"\[my_net\]"/"[other]"/' my_net/my_net.c
check "plugins --new: the test can fail" eval '! make -s -C my_net check PATCHMARK="$PATCHMARK" >out 2>&1'
mv my_net/my_net.c.old my_net/my_net.c
touch my_net/my_net.c
check "plugins --new: installs" make -s -C my_net install DESTDIR="$work/root"
check "plugins --new: installs the plugin" test -f "$work/root$(pkg-config --variable=plugindir patchmark)/my_net.so"
check "plugins --new: installs the page" test -f "$work/root$(pkg-config --variable=pagedir patchmark)/my_net.md"
(umask 002; "$PATCHMARK" plugins --new shared >/dev/null; make -s -C shared check PATCHMARK="$PATCHMARK") >out 2>&1
check "plugins --new: also with a umask that lets the group write" grep -qx 'check.sh: passed' out
new_fails() { # STATUS TEXT NAME
    "$PATCHMARK" plugins --new "$3" >out 2>fault
    [ $? -eq "$1" ] && grep -qF -- "$2" fault
}
check "plugins --new: a folder that exists stays" new_fails 73 "cannot create the folder my_net: File exists" my_net
check "plugins --new: a name that no plugin can have" new_fails 64 "'my-net' is no name of a plugin" my-net
for name in "$SOURCE"/plugins/*/; do
    name=$(basename "$name")
    check "plugins --new: not the name of the plugin $name" new_fails 64 "a plugin '$name' comes with patchmark" "$name"
done
check "plugins --new: no way out of the folder" new_fails 64 "'../x' is no name of a plugin" ../x

# ---- plugins by name -------------------------------------------------------------------------------

echo "plugin \"my_net\" { file = \"$work/my_net/my_net.so\" }" >my_net.conf
"$PATCHMARK" plugins -c my_net.conf my_net kind >out
check "plugins NAME: file" grep -qx "    $work/my_net/my_net.so" out
check "plugins NAME: the page beside the plugin" grep -qx '# my_net' out
check "plugins NAME: what it reads" grep -q '^    needs  subject.reply subject.part$' out
check "plugins NAME: the page that is installed" grep -qx '# kind' out
check "plugins NAME: a plugin that the configuration does not load" \
    eval '"$PATCHMARK" plugins subsystem | grep -q "option maintainers"'

printf 'plugin "%s" {\n    file = "%s"\n}\n' sample/a-b "$work/sample.so" sample/c "$work/sample.so" >sections.conf
"$PATCHMARK" plugins -c sections.conf sample/a-b >out 2>fault
check "plugins NAME: the title of a section" grep -q '^sample/a-b 1.0 (classifier): ' out
check "plugins NAME: the title of a section: its facts" grep -q '^    fact   sample_a_b.found ' out
"$PATCHMARK" plugins -c sections.conf | sed -n 's/^\([a-z][^ ]*\) .* (classifier): .*/\1/p' >titles
check "plugins: lists both sections" grep -qx sample/c titles
check "plugins NAME: each title that plugins lists" \
    eval 'xargs "$PATCHMARK" plugins -c sections.conf <titles >out 2>fault && [ ! -s fault ]'
check "plugins NAME: a section that is not there" \
    eval '! "$PATCHMARK" plugins -c sections.conf sample/d >out 2>fault && grep -qx "patchmark: plugin sample/d: the configuration has no such section" fault'
check "plugins NAME: an unknown one" eval '! "$PATCHMARK" plugins nobody 2>fault && grep -q "no such plugin: nobody.so" fault'

# ---- messages --------------------------------------------------------------------------------------

chmod 775 sample.so
echo "plugin \"sample\" { file = \"$work/sample.so\" }" >bad.conf
check "a file that its group may write: the command that mends it" refused "run: chmod go-w $work/sample.so"
eval "$(sed -n 's/.*; run: \(chmod .*\)$/\1/p' fault)"
check "the command mends it" eval '"$PATCHMARK" classify -c bad.conf -f none "$demo" 2>out'
echo 'plugin "sample" { file = "sample.so" }' >bad.conf
check "a relative path" refused "bad.conf:1: plugin \"sample\": option 'file' must be an absolute path, not 'sample.so'"
sed 's/"subject.title", NULL/NULL/' "$SOURCE/tests/sample/sample.c" >undeclared.c
compile "cc -w" undeclared.c sample
echo "plugin \"sample\" { file = \"$work/sample.so\" }" >undeclared.conf
"$PATCHMARK" classify -c undeclared.conf -f none "$demo" 2>fault >out
same "a fact that is read but not declared: one line" 1 \
    "$(grep -c 'plugin sample: bug: it reads the fact subject.title' fault)"
sed 's/^    return patchmark_fact_set_bool(facts, "found", found);/    return found;/' "$SOURCE/tests/sample/sample.c" >one.c
compile "cc -w" one.c sample
echo "plugin \"sample\" { file = \"$work/sample.so\" words = { \"HARBOURS\", \"refuse\" } }" >one.conf
"$PATCHMARK" classify -c one.conf -f none "$demo" 2>fault >out
same "return 1: a line for each such mail" 4 "$(grep -c 'plugin sample: bug: classify returned 1 on' fault)"
same "no other lines, and the name of the plugin once in each" 4 "$(grep -c '' <(grep -v ' mails$' fault))"

# ---- version 1 of the interface ----------------------------------------------------------------------

frozen=$SOURCE/tests/plugin/abi-1/patchmark-plugin.h
cc -std=gnu11 -shared -fPIC -o abi1.so -iquote "$SOURCE/tests" "$SOURCE/tests/support/plugins/abi1.c"
echo "plugin \"abi1\" { file = \"$work/abi1.so\" word = \"refuse\" most = 2 }" >abi1.conf
"$PATCHMARK" classify -c abi1.conf -f json "$demo" >abi1.json 2>fault
check "a plugin of version 1: no complaint" eval '! grep -v " mails$" fault'
same "a plugin of version 1: facts on each mail" "$(grep -c '' abi1.json)" "$(grep -c '"abi1.number":[012]' abi1.json)"
same "a plugin of version 1: labels" 3 "$(grep -c '"labels":\["abi1"\]' abi1.json)"
check "a plugin of version 1: flags" grep -q '"flags":\[[^]]*"abi1-first"' abi1.json
check "a plugin of version 1: the index" grep -q '"abi1.known":true' abi1.json
# Declares what version 1 has a second time, so that the compiler compares it with the header of now.
prototypes() { # FILE: prints the prototypes, one on a line
    cc -std=gnu11 -E -P "$1" | tr '\n' ' ' | sed 's/[;{}]/&\n/g' |
        grep -E '^ *[a-z_][A-Za-z0-9_ *]*[ *]patchmark_[a-z0-9_]*\(.*;$' | grep -vE 'return |='
}
{ echo '#include <patchmark-plugin.h>'; prototypes "$frozen"; } >prototypes.c
check "version 1: prototypes were found" test "$(wc -l <prototypes.c)" -gt 50
check "version 1: every function is there, with the same parameters" compile "cc -std=gnu11" prototypes.c prototypes

# ---- the built-in plugins ------------------------------------------------------------------------------

prototypes "$prefix/include/patchmark-plugin.h" | grep -o 'patchmark_[a-z0-9_]*(' | tr -d '(' | sort -u >interface
nm -D --defined-only "$PATCHMARK" | awk '{print $3}' | sort -u >exported
same "the program exports every function of the header" "" "$(comm -23 interface exported | xargs)"
same "and no other function of patchmark" "" "$(grep '^patchmark_' exported | comm -13 interface - | xargs)"
same "the program that imports exports the same" "" \
    "$(nm -D --defined-only "$prefix/libexec/patchmark/patchmark-import" | awk '{print $3}' | sort -u | comm -23 interface - | xargs)"
# beyond FILE: prints the symbols that a plugin requires and that are neither in the header nor in the
# libraries that it names.
beyond() {
    ldd "$1" | awk '$2 == "=>" {print $3} $1 ~ /^\// {print $1}' | while read -r library; do
        nm -D --defined-only "$library"
    done | awk '{sub(/@.*/, "", $3); print $3}' | sort -u - interface >allowed
    nm -D --undefined-only "$1" | awk '$1 == "U" {sub(/@.*/, "", $2); print $2}' | sort -u | comm -23 - allowed
}
for plugin in "$prefix"/lib/patchmark/*.so; do
    same "$(basename "$plugin"): uses nothing beyond the interface" "" "$(beyond "$plugin" | xargs)"
done
sed 's/patchmark_message_subject/mail_subject/' net.c >cheat.c
cc -w -shared -fPIC -o cheat.so cheat.c $(pkg-config --cflags patchmark)
same "a plugin that uses more is found" mail_subject "$(beyond cheat.so | xargs)"
finish

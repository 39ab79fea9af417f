#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# plugin.sh - a plugin outside the source tree: built with the installed header and pkg-config, as
# patchmark-plugin(3) describes, loaded, configured, and refused where it must be.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

demo=$SOURCE/tests/mails/demo.mbox
prefix=$(dirname "$(dirname "$PATCHMARK")")
cd "$work" || exit
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig

check "at most 80 lines" test "$(wc -l <"$SOURCE/tests/sample/sample.c")" -le 80
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
check "a fact that it needs and nobody provides" refused "needs the fact subject."
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
finish

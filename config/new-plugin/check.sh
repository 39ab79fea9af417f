#!/bin/sh
# check.sh - what the plugin NAME adds to the mails below.
set -eu
umask 022 # patchmark reads no configuration that others can write
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

echo "plugin \"NAME\" { file = \"$PWD/NAME.so\" }" >"$work/conf"

# labels SUBJECT EXPECTED
labels() {
    printf 'From: a@example.org\nMessage-ID: <1@example.org>\nSubject: %s\n\nHello\n' "$1" >"$work/mail"
    found=$("${PATCHMARK:-patchmark}" classify --config="$work/conf" --format=headers "$work/mail" |
        sed -n 's/^Patchmark-Labels: //p')
    [ "$found" = "$2" ] && return
    echo "'$1' has the labels '$found', expected '$2'"
    failed=1
}

labels "[NAME] a question" "NAME"
labels "a question about NAME" ""
[ $failed -eq 0 ] && echo "check.sh: passed"
exit $failed

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# recipes.sh - runs the recipes of patchmark-headers(7) in the programs for which they are written, on mails
# that patchmark has annotated: each mail must get where the page says.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

page=$SOURCE/docs/patchmark-headers.7
export HOME=$work/home
mkdir -p "$HOME/Mail" # mutt asks for it
cd "$work" || exit

# recipe NAME: prints the display that follows the comment `recipe: NAME` in the page.
recipe() {
    awk -v mark=".\\\\\" recipe: $1" '
        $0 == mark { found = 1 }
        found && /^\.Ed/ { exit }
        found && inside { print }
        found && /^\.Bd/ { inside = 1 }' "$page" |
        sed -e "s/\\\\(aq/'/g" -e 's/\\(ti/~/g' -e 's/\\e/\\/g' -e 's/\\&//g' | tee "$work/recipe" && [ -s "$work/recipe" ]
}

same "each recipe of the page has a test" \
    "gnus maildrop mutt neomutt notmuch procmail sieve-first sieve-kind sieve-relational sieve-topic sieve-word" \
    "$(sed -n 's/^\.\\" recipe: //p' "$page" | sort | tr '\n' ' ' | sed 's/ $//')"

# ---- the mails: a file each, named after what it is -----------------------------------------------

names=(cover1 one1 two1 review cover2 one2 two2 rfc question)
cat >patchmark.conf <<'END'
host = "lists.example.org"
plugin "rules" { label = { 'kvm-arm64: path ~ /^x/', 'kvm: subject ~ /name the steps/' } }
END
mkdir -p mails maildir/{cur,new,tmp}
"$PATCHMARK" classify --config=patchmark.conf --format=mail "$SOURCE/tests/mails/recipes.mbox" |
    awk -v names="${names[*]}" 'BEGIN { split(names, name, " ") }
        /^From patchmark / { file = "mails/" name[++count]; next }
        { print >file }'
for name in "${names[@]}"; do cp "mails/$name" "maildir/cur/$name:2,S"; done
same "the labels of part 1 are several words" "Patchmark-Labels: kvm-arm64 kvm" "$(grep ^Patchmark-Labels mails/one1)"
same "    and of part 2 one that contains another" "Patchmark-Labels: kvm-arm64" "$(grep ^Patchmark-Labels mails/two1)"
same "a reply has the labels of its series" "Patchmark-Labels: kvm-arm64 kvm" "$(grep ^Patchmark-Labels mails/review)"
same "the flags of the RFC are several words" "Patchmark-Flags: first rfc has-diff" "$(grep ^Patchmark-Flags mails/rfc)"

# names_of FILE...: prints the names of the mails in these files, sorted, in one line.
names_of() {
    local name
    for name in "${names[@]}"; do
        grep -qxhF "$(grep ^Message-ID: "mails/$name")" /dev/null "$@" && echo "$name"
    done | sort | tr '\n' ' ' | sed 's/ $//'
}

# ---- Sieve: Dovecot does not run as root ----------------------------------------------------------

mkdir sieve
cp -r mails sieve
chmod -R a+rX mails sieve
as_user() { "$@"; }
if [ "$(id -u)" -eq 0 ]; then
    chown -R nobody sieve
    as_user() { setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$work/sieve" "$@"; }
fi
# sieve_files RECIPE FOLDER: prints the names of the mails that the recipe files into the folder.
sieve_files() {
    local name
    recipe "$1" >"sieve/$1.sieve" || return
    for name in "${names[@]}"; do
        as_user sieve-test "sieve/$1.sieve" "sieve/mails/$name" 2>&1 |
            grep -q "store message in folder: $2\$" && echo "$name"
    done | sort | tr '\n' ' ' | sed 's/ $//'
}
same "Sieve: by kind" "cover1 cover2 one1 one2 rfc two1 two2" "$(sieve_files sieve-kind lists.patches)"
same "Sieve: one word of several, not a part of a word" "one1 one2 review" "$(sieve_files sieve-word lists.kvm)"
same "Sieve: one mail a posting" "cover1 cover2 rfc" "$(sieve_files sieve-first lists.new)"
same "Sieve: versions from 2 on" "cover2 one2 two2" "$(sieve_files sieve-relational lists.again)"

recipe sieve-topic >sieve/topic.sieve
for name in "${names[@]}"; do
    as_user mkdir "sieve/box-$name"
    as_user sieve-test -x +editheader -e -l "maildir:$work/sieve/box-$name" sieve/topic.sieve "sieve/mails/$name" >/dev/null 2>&1
done
# root_of NAME: prints the first reference of that mail after Sieve has filed it.
root_of() { sed -n '/^References:/,/^[^ \t]/p' "sieve/box-$1"/{cur,new}/* 2>/dev/null | grep -o '<[^>]*>' | head -1; }
topic=$(sed -n 's/^Patchmark-Topic: //p' mails/cover1)
same "Sieve: version 1 is below its topic" "<$topic@patchmark.invalid>" "$(root_of cover1)"
same "    version 2 too, which answers nothing" "<$topic@patchmark.invalid>" "$(root_of cover2)"
same "    and its parts" "<$topic@patchmark.invalid>" "$(root_of two2)"
same "    which stay below their cover" 1 "$(grep -rh -A2 '^References:' sieve/box-two2 | grep -c 8000-1-ada@example.org)"
same "    another work is not" "<$(sed -n 's/^Patchmark-Topic: //p' mails/rfc)@patchmark.invalid>" "$(root_of rfc)"
same "    other mail is unchanged" "" "$(root_of question)"

# ---- procmail, maildrop ---------------------------------------------------------------------------

mkdir procmail
{
    printf 'MAILDIR=%s\nDEFAULT=%s\n' "$work/procmail" "$work/procmail/talk/"
    recipe procmail
} >procmailrc
for name in "${names[@]}"; do procmail -m ./procmailrc <"mails/$name"; done
same "procmail: RFCs" "rfc" "$(names_of procmail/rfc/new/*)"
same "procmail: other patches" "cover1 cover2 one1 one2 two1 two2" "$(names_of procmail/patches/new/*)"
same "procmail: the rest" "question review" "$(names_of procmail/talk/new/*)"

mkdir -p Maildir/{,.rfc/,.patches/}{cur,new,tmp}
recipe maildrop >mailfilter
chmod 600 mailfilter
for name in "${names[@]}"; do
    { echo "DEFAULT=\"$work/Maildir\"" && cat mailfilter; } >mailfilter.run
    chmod 600 mailfilter.run
    maildrop ./mailfilter.run <"mails/$name" >/dev/null 2>&1
done
same "maildrop: RFCs" "rfc" "$(names_of Maildir/.rfc/new/*)"
same "maildrop: other patches" "one1 one2 two1 two2" "$(names_of Maildir/.patches/new/*)"
same "maildrop: the rest" "cover1 cover2 question review" "$(names_of Maildir/new/*)"

# ---- notmuch --------------------------------------------------------------------------------------

export NOTMUCH_CONFIG=$work/notmuch.conf
mkdir -p Mail
cp -r maildir Mail
printf '[database]\npath=%s\n[user]\nname=Ada\nprimary_email=ada@example.org\n[new]\ntags=\n' "$work/Mail" >notmuch.conf
notmuch new >/dev/null 2>&1
# found QUERY: prints the names of the mails that the search finds.
found() {
    local files
    mapfile -t files < <(notmuch search --output=files "$1")
    names_of "${files[@]}"
}
recipe notmuch >commands
check "notmuch: the commands succeed" sh -e commands >/dev/null
same "notmuch: tagged" "cover1 cover2 one1 one2 rfc two1 two2" "$(found tag:patch)"
same "notmuch: a series and its answers" "cover1 one1 review two1" "$(found 'Series:"'"$(sed -n 's/^Patchmark-Series: //p' mails/cover1)"'"')"
same "notmuch: one mail a posting" "cover1 cover2 rfc" "$(found Flags:first)"
same "notmuch: a part of a hyphenated word, as the page warns" "one1 one2 rfc two1 two2" "$(found Flags:diff)"
check "notmuch: a name in lower case is refused, as the page says" \
    sh -c '! notmuch config set index.header.kind Patchmark-Kind 2>/dev/null'

# ---- mutt, neomutt --------------------------------------------------------------------------------

# picked PROGRAM FOLDER COMMANDS: runs the program with the recipe in ./muttrc, has it copy what COMMANDS
# tag, and prints the names of these mails.
picked() {
    rm -f picked
    {
        cat muttrc
        echo 'set mbox_type=mbox copy=no quit=yes confirmappend=no confirmcreate=no delete=no wait_key=no'
        echo "push \"$3<tag-prefix><copy-message>$work/picked<enter><exit>\""
    } >muttrc.run
    timeout 30 script -qec "env TERM=xterm $1 -n -F muttrc.run -f '$2'" /dev/null </dev/null >"$1.out" 2>&1
    [ ! -e picked ] || names_of picked
}
recipe mutt >muttrc
# The macro of the page limits the index; <tag-pattern> with ~A then tags what is shown.
for program in mutt neomutt; do
    same "$program: the macro shows patches" "one1 one2 rfc two1 two2" \
        "$(picked $program maildir ',p<tag-pattern>~A<enter>')"
    same "$program: a flag" "cover1 cover2 rfc" \
        "$(picked $program maildir "<tag-pattern>~H '(^| )first( |\$)'<enter>")"
done
recipe neomutt | sed "s|/home/ada/Mail|$work/Mail|" >muttrc
same "neomutt: the folder of postings" "cover1 cover2 rfc" \
    "$(picked neomutt maildir '<change-vfolder>postings<enter><tag-pattern>~A<enter>')"
same "neomutt: the folder of patches" "one1 one2 rfc two1 two2" \
    "$(picked neomutt maildir '<change-vfolder>patches<enter><tag-pattern>~A<enter>')"

# ---- Gnus -----------------------------------------------------------------------------------------

recipe gnus >gnus.el
cat >run.el <<'END'
(require 'nnmail)
(load-file "gnus.el")
(dolist (file (directory-files "mails" t "[a-z]"))
  (with-temp-buffer
    (insert-file-contents file)
    (goto-char (point-min))
    (search-forward "\n\n")
    (narrow-to-region (point-min) (point))
    (princ (format "%s=%s\n" (file-name-nondirectory file) (car (nnmail-split-fancy))))))
END
emacs -Q --batch -l run.el >groups 2>/dev/null
split() { sed -n "s/=$1\$//p" groups | sort | tr '\n' ' ' | sed 's/ $//'; }
same "Gnus: RFCs" "rfc" "$(split lists.rfc)"
same "Gnus: other patches" "cover1 cover2 one1 one2 two1 two2" "$(split lists.patches)"
same "Gnus: the rest" "question review" "$(split lists.talk)"

finish

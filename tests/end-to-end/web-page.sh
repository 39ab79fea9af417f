#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# web-page.sh - the page of `patchmark web` in Chromium: what each view shows, filters and search, new mails without
# reload, the keyboard, hostile mails, closed lists, accessibility in light and dark at several widths, a daemon that
# stops, and 100,000 series.  The checks are in tests/web/page.mjs.
#
# playwright-core, which drives the Chromium of Debian, and axe-core are downloaded from the npm registry.  A missing
# npm, package or Chromium is a failure.  SECTIONS names the sections to run.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

socket=unix:$work/run/patchmark.sock
sends=(play --client 127.0.0.1) # as a list manager on this host does
mails=$SOURCE/tests/mails
port=$(free_port)
web_pid=

# ---- the browser -------------------------------------------------------------------------------------

CHROMIUM=$(command -v chromium)
export CHROMIUM
check "Chromium is installed" test -x "$CHROMIUM"
mkdir "$work/web"
cp "$SOURCE/tests/web/page.mjs" "$work/web"
npm_packages() {
    (cd "$work/web" && npm install --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error \
        playwright-core@1.65.1 axe-core@4.14.1) >"$work/npm.log" 2>&1 || { tail -5 "$work/npm.log"; return 1; }
}
check "npm install playwright-core axe-core" npm_packages
[ $failed -eq 0 ] || finish

# page SECTION...: runs these sections of page.mjs, counts its checks, and does what it asks for.
page() {
    local word rest
    coproc browser { HOME=$work exec node "$work/web/page.mjs" "http://127.0.0.1:$port" "$@" 2>"$work/page.err"; }
    # The shell unsets the variable when the process ends, which can be before all was read.
    local pid=$browser_PID from to=${browser[1]}
    exec {from}<&"${browser[0]}"
    others+=("$pid")
    while read -r word rest <&"$from"; do
        case $word in
        ok) check "$rest" true ;;
        not) check "$rest" false ;;
        '#') echo "         $rest" ;;
        do)
            $rest >>"$work/do.log" 2>&1
            echo done >&"$to"
            ;;
        esac
    done
    exec {from}<&-
    wait "$pid"
    same "page.mjs $*: all checks were made" "0 " "$? $(cat "$work/page.err")"
}

# ---- the server --------------------------------------------------------------------------------------

answers() { curl -sf "http://127.0.0.1:$port/api/health" | grep -q '"running"'; }
web_start() {
    "$PATCHMARK" web --config="$work/patchmark.conf" --listen="127.0.0.1:$port" 2>>"$work/web.log" &
    web_pid=$!
    others+=($web_pid)
    wait_for 20 answers || { echo "patchmark web does not start"; cat "$work/web.log"; exit 1; }
}
web_stop() {
    kill -TERM "$web_pid"
    wait "$web_pid" 2>/dev/null
}

# ---- mails that come while a page is open ------------------------------------------------------------

live_mail() { # NUMBER: a single patch
    cat >"$work/live.eml" <<END
From: Ada Example <ada@example.org>
To: lantern@lists.example.org
Subject: [PATCH] ferry: live mail $1
Date: Mon, 01 Jun 2026 12:0$1:00 +0000
Message-ID: <live-$1@example.org>
List-Id: <lantern.lists.example.org>

Signed-off-by: Ada Example <ada@example.org>
---
diff --git a/ferry$1.c b/ferry$1.c
index 1111111..2222222 100644
--- a/ferry$1.c
+++ b/ferry$1.c
@@ -1 +1 @@
-a
+b
END
    "${sends[@]}" "$socket" "$work/live.eml"
}
live_review() { # NUMBER: a review of it
    cat >"$work/review.eml" <<END
From: Bob Sample <bob@example.com>
To: Ada Example <ada@example.org>
Subject: Re: [PATCH] ferry: live mail $1
Date: Mon, 01 Jun 2026 13:0$1:00 +0000
Message-ID: <live-review-$1@example.com>
In-Reply-To: <live-$1@example.org>
List-Id: <lantern.lists.example.org>

> +b

Reviewed-by: Bob Sample <bob@example.com>
END
    "${sends[@]}" "$socket" "$work/review.eml"
}

# ---- a store with some mails -------------------------------------------------------------------------

milter_configure 'quiet = 2s' 'lists = { "*.lists.example.org" }' "plugin \"file\" { path = \"$work/events.jsonl\" }" \
    'list "lantern.lists.example.org" { address = "lantern@lists.example.org" archive_url = "https://lists.example.org/lantern/{message_id}/" }' \
    'list "secret.example.org" { publish = false address = "secret@example.org" }'
milter_start
web_start
check "mails of the sample" "${sends[@]}" "$socket" "$mails/demo.mbox"
# Two topics of one author: version 2 of one, and a re-roll of its part 2 alone; one that was applied as a whole.
nils() { # SUBJECT ID [PARENT [FILE [TEXT]]]
    printf 'From patchmark Thu Jan  1 00:00:00 1970\nFrom: Nils Probe <nils@example.org>\n'
    printf 'To: lantern@lists.example.org\nSubject: %s\nMessage-ID: <%s@example.org>\n' "$1" "$2"
    printf 'List-Id: <lantern.lists.example.org>\nDate: Mon, 01 Jun 2026 11:30:%02d +0000\n' "$((seconds++))"
    [ -z "${3:-}" ] || printf 'In-Reply-To: <%s@example.org>\nReferences: <%s@example.org>\n' "$3" "$3"
    printf '\n%s\n' "${5:-}"
    [ -z "${4:-}" ] || printf -- '---\ndiff --git a/%s b/%s\nindex 1111111..2222222 100644\n--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-a\n+%s\n' \
        "$4" "$4" "$4" "$4" "$2"
    echo
}
seconds=0
{
    nils '[PATCH v2 0/3] anchor: hold fast' anchor-0
    for i in 1 2 3; do nils "[PATCH v2 $i/3] anchor: link $i" anchor-$i anchor-0 chain$i.c; done
    nils '[PATCH v2.1 2/3] anchor: link 2' anchor-2b anchor-2 chain2.c
    nils '[PATCH] gull: count them' gull-old '' gull1.c
    nils '[PATCH v2 0/4] gull: count them' gull-0
    for i in 1 2 3 4; do nils "[PATCH v2 $i/4] gull: bird $i" gull-$i gull-0 gull$i.c; done
    nils 'Re: [PATCH v2 0/4] gull: count them' gull-applied gull-0 '' 'Applied, thanks!'
} >"$work/nils.mbox"
check "mails of a partial re-roll, and of an applied series" "${sends[@]}" "$socket" "$work/nils.mbox"
second=$SECONDS
later() { [ $SECONDS -gt $((second + 1)) ]; }
wait_for 5 later # so that the times of receipt, which are in seconds, differ
check "mails of the page" "${sends[@]}" "$socket" "$mails/web.mbox"
cat >"$work/secret.eml" <<'END'
From: Ada Example <ada@example.org>
To: secret@example.org
Subject: [PATCH] well: the key is under the stone
Date: Mon, 01 Jun 2026 11:00:00 +0000
Message-ID: <secret-1@example.org>
List-Id: <secret.example.org>

---
diff --git a/well.c b/well.c
index 1111111..2222222 100644
--- a/well.c
+++ b/well.c
@@ -1 +1 @@
-a
+b
END
check "a mail of a closed list" "${sends[@]}" --recipient secret@example.org "$socket" "$work/secret.eml"
cat >"$work/talk.eml" <<'END'
From: Bob Sample <bob@example.com>
To: talk@lists.example.org
Subject: Who has the keys of the lighthouse?
Date: Mon, 01 Jun 2026 11:10:00 +0000
Message-ID: <talk-1@example.com>
List-Id: <talk.lists.example.org>

I do not.
END
check "a mail of a list without series" "${sends[@]}" "$socket" "$work/talk.eml"
incomplete() { curl -s "http://127.0.0.1:$port/api/series?state=incomplete" | grep -q 'burn less oil'; }
check "a series becomes incomplete" wait_for 30 incomplete

wanted=" ${SECTIONS:-list filters series views live keyboard hostile closed access stopped large} "
# shellcheck disable=SC2086
page ${wanted/ large / }

# ---- 100,000 series ----------------------------------------------------------------------------------

web_stop
milter_stop TERM
[[ $wanted = *" large "* ]] || finish
many() { # COUNT: prints that number of patches, one a minute until now
    awk -v count="$1" -v now="$(date +%s)" 'BEGIN {
        for (i = 1; i <= count; i++) {
            print "From patchmark Thu Jan  1 00:00:00 1970"
            printf "From: Author %d <author%d@example.org>\n", i % 500, i % 500
            printf "Subject: [PATCH] %s: harbour %d\n", i == 777 ? "lighthouse" : "quay" i % 97, i
            printf "Message-ID: <many-%d@example.org>\nList-Id: <l%d.lists.example.org>\n", i, i % 10
            print "Date: " strftime("%a, %d %b %Y %H:%M:%S +0000", now - (count - i) * 60, 1)
            printf "\n---\ndiff --git a/f%d.c b/f%d.c\n--- a/f%d.c\n+++ b/f%d.c\n@@ -1 +1 @@\n-a\n+%d\n\n", i, i, i, i, i
        }
    }'
}
many 100000 >"$work/many.mbox"
import_many() { "$PATCHMARK" import --config="$work/patchmark.conf" "$work/many.mbox" >"$work/import.log" 2>&1; }
check "100,000 series are imported" import_many
rm "$work/many.mbox"
milter_start
web_start
page large
web_stop
milter_stop TERM
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# alerts.sh - tests the alert rules for Prometheus with its own tool: each fires when it should, and not when
# it should not.  metrics.sh compares the names of their metrics with those of a daemon.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

rules=$SOURCE/config/prometheus-alerts.yml
tests=$(dirname "$0")/alerts.yml

alerts() { sed -n 's/^ *- alert: //p' "$rules" | sort; }

# ---- what every rule has ----------------------------------------------------------------------------

count=$(alerts | wc -l)
check "there are alerts" test "$count" -gt 10
same "each has a name of its own" "$(alerts | uniq)" "$(alerts)"
for key in severity summary description; do
    same "each has one $key" "$count" "$(grep -c "^ *$key: " "$rules")"
done
same "its severity is critical or warning" "" "$(sed -n 's/^ *severity: //p' "$rules" | grep -vxE 'critical|warning')"
same "each has a test in which it fires" "$(alerts)" \
    "$(sed -n 's/.*labels: .{alertname="\([A-Za-z]*\)",.* value: 1.*/\1/p' "$tests" | sort)"

# ---- promtool -----------------------------------------------------------------------------------------

if ! command -v promtool >/dev/null; then
    echo "SKIP     the rules in promtool: it is not installed (package prometheus)"
    finish
fi
check "promtool accepts the rules" promtool check rules "$rules"
sed "s|RULES|$rules|" "$tests" >"$work/tests.yml"
check "each fires when it should, and only then" promtool test rules "$work/tests.yml"

# A test that cannot fail would be worth nothing: with another threshold, it does.
sed 's/== 0$/== 5/' "$rules" >"$work/rules.yml"
sed "s|RULES|$work/rules.yml|" "$tests" >"$work/tests.yml"
check "the tests find a wrong threshold" sh -c "! promtool test rules '$work/tests.yml' >/dev/null 2>&1"
finish

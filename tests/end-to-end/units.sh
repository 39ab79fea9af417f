#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# units.sh - the installed systemd units: systemd-analyze finds no fault, and their exposure is at most
# 1.5; and the AppArmor profiles that they name: apparmor_parser accepts them.  Neither systemd nor AppArmor
# has to run.
# shellcheck source=tests/end-to-end/lib.sh
. "$(dirname "$0")/lib.sh"

prefix=$(dirname "$(dirname "$PATCHMARK")")
units=$prefix/lib/systemd/system
profiles=$prefix/share/doc/patchmark/apparmor/patchmark
names="patchmark patchmark-web"

for name in $names; do
    check "$name.service is installed" test -s "$units/$name.service"
done
check "the AppArmor profiles are installed" test -s "$profiles"

# ---- systemd -------------------------------------------------------------------------------------

# exposure UNIT: prints the overall exposure, such as 1.3.
exposure() {
    systemd-analyze security --offline=true --no-pager "$units/$1.service" |
        sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p'
}

if command -v systemd-analyze >/dev/null; then
    for name in $names; do
        # The man pages and the user may be missing where only the tests run.
        check "$name.service has no fault" systemd-analyze verify --man=no "$units/$name.service"
        same "and no warning" "" "$(systemd-analyze verify --man=no "$units/$name.service" 2>&1)"
        level=$(exposure "$name")
        check "its exposure ($level) is at most 1.5" awk -v level="$level" \
            'BEGIN { exit !(level ~ /^[0-9]+[.][0-9]$/ && level <= 1.5) }'
    done
else
    echo "SKIP     systemd-analyze is not installed: the units are not checked"
fi

# A restart does not help after these exit codes of sysexits(3), so no unit starts again and again.
no_restart() { sed -n 's/^RestartPreventExitStatus=//p' "$units/$1.service"; }
same "the daemon is not started again after permanent errors" "64 67 69 73 77 78" "$(no_restart patchmark)"
same "the web page, too" "64 78" "$(no_restart patchmark-web)"

# ---- AppArmor ------------------------------------------------------------------------------------

for name in $names; do
    check "$name.service names its profile" grep -qx "AppArmorProfile=-$name" "$units/$name.service"
    check "that profile exists" grep -q "^profile $name " "$profiles"
done
if command -v apparmor_parser >/dev/null && [ -d /etc/apparmor.d/abstractions ]; then
    check "apparmor_parser accepts the profiles" apparmor_parser --skip-kernel-load --skip-cache "$profiles"
else
    echo "SKIP     apparmor is not installed: the profiles are not checked"
fi
finish

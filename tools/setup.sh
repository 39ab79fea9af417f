# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# setup.sh - functions of the tools that install packages and build patchmark.  Sourced from the top
# folder.

BUILD_PACKAGES="gcc make autoconf automake libtool pkg-config libc6-dev libmilter-dev
    libgmime-3.0-dev libsqlite3-dev libconfuse-dev libjansson-dev libhiredis-dev libssl-dev
    libgit2-dev libpcre2-dev libseccomp-dev libmicrohttpd-dev
    libcurl4-openssl-dev liblua5.4-dev"
DEMO_PACKAGES="redis-server redis-tools"
PACKAGE_PACKAGES="build-essential debhelper dh-apparmor dpkg-dev lintian"
FUZZ_PACKAGES="clang libclang-rt-14-dev"
CHECK_PACKAGES="check mandoc python3 python3-jsonschema openssl"
TEST_PACKAGES="clang check git openssl postfix swaks mandoc python3 python3-jsonschema sqlite3
    mlmmj m4 libwrap0 libldap-2.5-0"

# What the list managers require that the tests unpack: Mailman 3, of whose package the database drivers, cron
# and logrotate are left out, and Sympa without its web interface and its data sources.
TEST_PACKAGES+=" curl python3-falcon python3-aiosmtpd python3-alembic python3-authheaders python3-authres
    python3-click python3-dateutil python3-dnspython python3-flufl.bounce python3-flufl.i18n python3-flufl.lock
    python3-gunicorn python3-importlib-resources python3-lazr.config python3-passlib python3-public
    python3-requests python3-sqlalchemy python3-zope.component python3-zope.configuration python3-zope.event
    python3-zope.interface
    libarchive-zip-perl libcgi-pm-perl libclass-singleton-perl libcrypt-eksblowfish-perl libdatetime-format-mail-perl
    libdbd-sqlite3-perl libdbi-perl libfile-copy-recursive-perl libfile-nfslock-perl libhtml-format-perl
    libhtml-stripscripts-parser-perl libhtml-tree-perl libintl-perl libio-stringy-perl libmail-dkim-perl
    libmailtools-perl libmime-charset-perl libmime-encwords-perl libmime-lite-html-perl libmime-tools-perl
    libnet-cidr-perl libnet-dns-perl libnet-netmask-perl libregexp-common-perl libtemplate-perl
    libterm-progressbar-perl libunicode-linebreak-perl libxml-libxml-perl"

# The web server for webhooks, and what its samples run in.
TEST_PACKAGES+=" nginx-light"

# promtool, for the alert rules.
TEST_PACKAGES+=" prometheus"

# The browser that reads the page of patchmark web; npm, below, installs what drives it.
TEST_PACKAGES+=" chromium"

# The programs for which patchmark-headers(7) has recipes.
TEST_PACKAGES+=" dovecot-sieve emacs-nox maildrop mutt neomutt notmuch procmail"

# What checks the units and the AppArmor profiles.
TEST_PACKAGES+=" apparmor systemd"

# The samples of docs/consumers require these.  A Node that was not installed by a package has npm.
TEST_PACKAGES+=" jq python3-redis"
command -v node >/dev/null || TEST_PACKAGES+=" nodejs"
command -v npm >/dev/null || TEST_PACKAGES+=" npm"

say() { printf '== %s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -- "$@"; fi
}

# packages_missing NAME...: sets missing, an array of the packages that are not installed.
packages_missing() {
    local name
    missing=()
    for name in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
            missing+=("$name")
    done
}

# packages_install NAME...: installs the missing ones with apt-get.  Services that come with them
# are not started: the tests start their own.
packages_install() {
    local missing policy=/usr/sbin/policy-rc.d made=
    packages_missing "$@"
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "install these packages first: ${missing[*]}"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        die "root or sudo is required to install: ${missing[*]}"
    say "installing ${missing[*]}"
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        made=yes
    fi
    as_root apt-get update -q >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        "${missing[@]}" >"$logs/apt.log" 2>&1
    local status=$?
    [ -z "$made" ] || as_root rm -f $policy
    [ $status -eq 0 ] || { tail -20 "$logs/apt.log"; die "apt-get failed; see $logs/apt.log"; }
}

# run LOG COMMAND...: runs a command with its output in $logs/LOG, and prints the end of it on failure.
run() {
    local log=$logs/$1
    shift
    "$@" >"$log" 2>&1 && return
    tail -40 "$log"
    die "failed: $* (complete output: $log)"
}

# build NAME [CONFIGURE-ARGUMENT...]: configures and builds out of tree, in build/NAME.  If it was configured
# with other arguments before, compiles everything again.
build() {
    local name=$1
    shift
    say "building build/$name $*"
    [ -x configure ] && [ configure -nt configure.ac ] && [ Makefile.in -nt Makefile.am ] ||
        run autogen.log ./autogen.sh
    mkdir -p "build/$name"
    (
        cd "build/$name" || exit
        local same=no clean=
        [ "$(cat arguments 2>/dev/null)" != "$*" ] || same=yes
        [ ! -f config.status ] || [ $same = yes ] || clean=yes
        [ $same = yes ] && [ config.status -nt "$top/configure" ] || {
            run "$name-configure.log" "$top/configure" --prefix="$PWD/install" "$@"
            printf '%s\n' "$*" >arguments
            [ -z "$clean" ] || run "$name-clean.log" make clean
        }
        run "$name-make.log" make -j"$(nproc)"
    ) || exit 1
}

# The flags with which Debian builds its packages, by dpkg-buildflags(1).
DISTRIBUTION_FLAGS=(
    CPPFLAGS='-Wdate-time -D_FORTIFY_SOURCE=2'
    CFLAGS='-g -O2 -fstack-protector-strong -Wformat -Werror=format-security'
    LDFLAGS='-Wl,-z,relro -Wl,-z,now'
)

# build_plain: the build of what is installed, in build/plain, which all tools share.
build_plain() { build plain --enable-gcc-warnings "${DISTRIBUTION_FLAGS[@]}"; }

top=$(pwd)
logs=$top/build/logs
umask 022 # the loader refuses plugins that other users may write to
mkdir -p "$logs"

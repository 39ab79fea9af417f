#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# growth.sh - how the CPU time of a mail grows: with its length (1 KB to 2 MB), with the files of its
# diff (1 to 10,000), and with the series in the index (10 to SERIES, 1,000,000).  The index is on the
# disk of TMPDIR; a million series take 0.8 GB there.
#
# The variables of lib-bench.sh, but no mails and no rounds: growth.c makes its mails, and takes medians.
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/lib-bench.sh"

TMPDIR=$work "${GROWTH:-$BUILD/tests/bench/growth}" "${SERIES:-1000000}" >"$work/growth.jsonl" || die "it failed"
cat "$work/growth.jsonl" >>"$RESULTS"
report

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# growth.sh - measures how the CPU time of a mail grows with its length (1 KiB to 2 MiB), with the files
# of its diff (1 to 10,000), and with the series in the index (10 to SERIES, 1,000,000).  The index is on
# the disk of TMPDIR; a million series require 0.8 GB there.
#
# Variables: those of lib-bench.sh, except MAILS and ROUNDS: growth.c generates mails and prints medians.
# shellcheck source=tests/bench/lib-bench.sh
. "$(dirname "$0")/lib-bench.sh"

TMPDIR=$work "${GROWTH:-$BUILD/tests/bench/growth}" "${SERIES:-1000000}" >"$work/growth.jsonl" || die "growth failed"
cat "$work/growth.jsonl" >>"$RESULTS"
report

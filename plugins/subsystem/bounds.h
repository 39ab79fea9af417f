/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - all limits of the plugin subsystem, with their reasons.
 *
 * The largest known MAINTAINERS file, that of the Linux kernel, has 25,000 lines, 2,600 sections,
 * 10,000 patterns and 200 regular expressions in 800 KB; no line in it has more than 200 bytes.
 */
#ifndef SUBSYSTEM_BOUNDS_H
#define SUBSYSTEM_BOUNDS_H

/* ---- the file ----------------------------------------------------------------------------- */

#define BOUND_FILE_BYTES  (16 * 1024 * 1024) /* 20 times the largest; all files, kept in memory */
#define BOUND_MAINTAINERS 4096               /* files; U-Boot has 700 */
#define BOUND_LINE_BYTES  4096
#define BOUND_SECTIONS    20000  /* each needs 12 bytes while a mail is classified */
#define BOUND_PATTERNS    200000 /* F: and X: together; each needs 56 bytes, with wildcards 2 KB */
#define BOUND_REGEXES     2000   /* N: and K: together; each needs a few KB */
#define BOUND_WARNINGS    20 /* about lines that cannot be used; further ones are only counted */

/* The value of an F:, X:, N: or K: line.  A path, being an item of a fact, is not longer. */
#define BOUND_PATTERN_BYTES 1024

/* ---- a label ------------------------------------------------------------------------------ */

#define BOUND_LABEL_BYTES 40 /* of a label derived from a name; the header has room for six */
#define BOUND_SHORT_BYTES 20 /* of a short name in parentheses */
#define BOUND_WORD_BYTES  64 /* of a label from the option labels; the limit of the core */

/* ---- a mail ------------------------------------------------------------------------------- */

#define BOUND_LABELS 64   /* of one mail, the limit of the core; see the option max */
#define BOUND_FILES  1000 /* of one mail; the limit of a list fact */

/* The text that K: lines are matched against: 3 times the 99th percentile of the size of mails.
 * Without JIT, a mail that is crafted for an expression such as "word.*other" takes time
 * proportional to the product of this and the next limit. */
#define BOUND_CONTENT_BYTES (128 * 1024)
#define BOUND_CONTENT_LINE  400 /* of one line; lines of source code have 80 to 200 */

/* ---- a regular expression ----------------------------------------------------------------- */

/* Steps of PCRE2 from one starting point.  Usual expressions take about ten; ".*" takes one for
 * each remaining byte of the line. */
#define BOUND_MATCH_STEPS 5000
#define BOUND_MATCH_DEPTH 2000 /* "(a|b)*" takes a few for each byte of a line */
#define BOUND_MATCH_KIB   512  /* memory of the interpreter, if there is no JIT */
#define BOUND_PARENTHESES 50   /* nested */

#endif

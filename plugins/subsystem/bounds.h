/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bounds.h - every limit of the plugin, with its reason.
 *
 * The largest file that is known, that of the Linux kernel, has 25,000 lines, 2,600 sections,
 * 10,000 patterns and 200 regular expressions in 800 KB; no line in it has more than 200 bytes.
 */
#ifndef SUBSYSTEM_BOUNDS_H
#define SUBSYSTEM_BOUNDS_H

/* ---- the file ----------------------------------------------------------------------------- */

#define BOUND_FILE_BYTES (16 * 1024 * 1024) /* twenty of the largest; it is kept in memory */
#define BOUND_LINE_BYTES 4096
#define BOUND_SECTIONS   20000  /* a mail's work space is 12 bytes for each */
#define BOUND_PATTERNS   200000 /* F: and X: together; 56 bytes each, with wildcards 2 KB */
#define BOUND_REGEXES    2000   /* N: and K: together; each can take some KB when compiled */
#define BOUND_WARNINGS   20     /* about bad lines: more of them are no help */

/* One F:, X:, N: or K:.  A path is a fact and has at most 1,024 bytes. */
#define BOUND_PATTERN_BYTES 1024

/* ---- a label ------------------------------------------------------------------------------ */

#define BOUND_LABEL_BYTES 40 /* of one that is made from a name: six fit into the header */
#define BOUND_SHORT_BYTES 20 /* of a name in parentheses that is taken for a short name */
#define BOUND_WORD_BYTES  64 /* of one that the configuration gives; the core takes no longer */

/* ---- a mail ------------------------------------------------------------------------------- */

#define BOUND_LABELS 64   /* as the core takes; see the option max */
#define BOUND_FILES  1000 /* paths that are looked up; a list fact has no more */

/* What K: is searched in: three times p99 of whole mails.  Without JIT and with an expression such
 * as "word.*other", a mail made for it takes time in proportion to both. */
#define BOUND_CONTENT_BYTES (128 * 1024)
#define BOUND_CONTENT_LINE  400 /* of one line; source code has 80 to 200 */

/* ---- a regular expression ----------------------------------------------------------------- */

/* Steps from one starting point.  Honest expressions take some ten; ".*" takes one for each byte
 * that is left of the line. */
#define BOUND_MATCH_STEPS 5000
#define BOUND_MATCH_DEPTH 2000 /* "(a|b)*" takes some for each byte of a line */
#define BOUND_MATCH_KIB   512  /* memory of the interpreter, where there is no JIT */
#define BOUND_PARENTHESES 50

#endif

# SPDX-License-Identifier: BSD-2-Clause
# The web process.  Only the server needs libmicrohttpd; what it answers does not.

milter_libpatchmark_a_SOURCES += %D%/api.c %D%/api.h

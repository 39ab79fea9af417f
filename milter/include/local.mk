# SPDX-License-Identifier: BSD-2-Clause
# The only header that a plugin includes.

include_HEADERS = %D%/patchmark-plugin.h

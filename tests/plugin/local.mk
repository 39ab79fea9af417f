# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_facts %D%/test_instance %D%/test_plugin

# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += %D%/test_configuration %D%/test_configuration_mistakes

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * main.c - runs all suites of a program of unit tests.
 *
 * Check reads from the environment which tests to run, and how: CK_RUN_SUITE="store faults",
 * CK_RUN_CASE, CK_FORK=no.  The exit status is 77, which Automake reports as skipped, if no suite
 * can run.
 */
#include "support/suite.h"

#include <stdlib.h>

#define SUITES 32

static Suite *(*suites[SUITES])(void);
static size_t suite_count;

void suite_register(Suite *(*make)(void)) {
    if (suite_count == SUITES)
        abort();
    suites[suite_count++] = make;
}

int main(int argc, char **argv) {
    SRunner *runner = NULL;
    int failed;

    if (argc > 1 && suite_argument)
        return suite_argument(argv[1]);
    for (size_t i = 0; i < suite_count; i++) {
        Suite *suite = suites[i]();

        if (suite && runner)
            srunner_add_suite(runner, suite);
        else if (suite)
            runner = srunner_create(suite);
    }
    if (!runner)
        return 77;
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * no_symbol.c - a shared object that is no plugin.
 */
int something_else(void);

int something_else(void) {
    return 0;
}

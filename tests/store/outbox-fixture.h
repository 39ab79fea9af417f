/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outbox-fixture.h - a store and a reader of its outbox, for tests in which nothing is logged.
 */
#ifndef OUTBOX_FIXTURE_H
#define OUTBOX_FIXTURE_H

#include "store-fixture.h"

static struct store *store;
static struct outbox_reader *reader;

static void open_both(void) {
    store = open_store(0);
    reader = open_reader(store);
}

static void close_both(void) {
    outbox_reader_close(reader);
    store_close(store);
    ck_assert_int_eq(logged, 0);
}

#endif

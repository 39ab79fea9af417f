/* SPDX-License-Identifier: BSD-2-Clause
 *
 * outcome.c - see outcome.h.
 */
#include "outcome.h"

#include <stddef.h>

/* Of the statuses from 400 to 499, those that say nothing about the event: the client is not
 * authorized, the URL is wrong, the endpoint is busy. */
static const long retried[] = {401, 403, 404, 405, 407, 408, 421, 425, 426, 429, 0};

enum outcome outcome_of(long status) {
    if (status >= 200 && status < 300)
        return OUTCOME_DELIVERED;
    if (status == 410)
        return OUTCOME_GONE;
    if (status < 400 || status >= 500)
        return OUTCOME_RETRY;
    for (size_t i = 0; retried[i]; i++)
        if (status == retried[i])
            return OUTCOME_RETRY;
    return OUTCOME_REFUSED;
}

int64_t outcome_pause_ms(unsigned failures, int64_t most_ms, int64_t retry_after, uint32_t random) {
    int64_t bound = PAUSE_FIRST_MS, asked;

    while (failures-- > 1 && bound < most_ms)
        bound *= 2;
    if (bound > most_ms)
        bound = most_ms;
    if (retry_after <= 0)
        return 1 + random % bound;
    asked = retry_after < RETRY_AFTER_MS / 1000 ? retry_after * 1000 : RETRY_AFTER_MS;
    /* Not the whole bound: the endpoint has said when it is ready. */
    return asked + random % PAUSE_FIRST_MS;
}

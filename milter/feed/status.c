/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status.c - see status.h.
 *
 * Such an event is a fact of one moment on one host, so these make its id.
 */
#include "feed/status.h"

#include "pipeline/event.h"
#include "store/outbox.h"
#include "util/cleanup.h"
#include "util/digest.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int status_add(struct store *store, const char *host, const struct json_service *service) {
    char moment[32], id[DIGEST_EVENT_SIZE];
    const char *const fields[] = {EVENT_SERVICE_STATUS, host, service->state, moment};
    AUTO(free) char *data = json_service_data(service);
    char source[JSON_SOURCE_SIZE];
    struct timespec at;

    clock_gettime(CLOCK_REALTIME, &at);
    snprintf(moment, sizeof(moment), "%lld.%09ld", (long long)at.tv_sec, at.tv_nsec);
    digest_fields(fields, sizeof(fields) / sizeof(fields[0]), id);
    json_event_source(host, source);
    return outbox_append(store, &(struct outbox_event){.id = id,
                                                       .type = EVENT_SERVICE_STATUS,
                                                       .subject = "",
                                                       .list = "",
                                                       .series = "",
                                                       .source = source,
                                                       .data = data,
                                                       .data_length = strlen(data),
                                                       .time = (int64_t)at.tv_sec});
}

int status_append(struct store *store, const char *host, const struct json_service *service) {
    int added;

    store_begin(store);
    added = status_add(store, host, service);
    return store_commit(store) == 0 ? added : -1;
}

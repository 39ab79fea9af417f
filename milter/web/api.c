/* SPDX-License-Identifier: BSD-2-Clause
 *
 * api.c - see api.h.
 */
#include "web/api.h"

#include <stdlib.h>
#include <string.h>

struct api {
    const struct configuration *configuration;
};

struct api *api_open(const struct configuration *configuration) {
    struct api *api = calloc(1, sizeof(*api));

    if (api)
        api->configuration = configuration;
    return api;
}

void api_close(struct api *api) {
    free(api);
}

void api_answer(struct api *api, const struct web_request *request, struct web_answer *answer) {
    static const char body[] = "{\"error\":{\"status\":404,\"title\":\"not found\"}}";

    (void)api, (void)request;
    *answer = (struct web_answer){.status = 404,
                                  .body = strdup(body),
                                  .length = sizeof(body) - 1,
                                  .type = "application/json"};
}

int64_t api_events(struct api *api, int64_t since, const char *list, const char *type, int limit,
                   void (*function)(void *argument, int64_t sequence, const char *type,
                                    const char *cloudevent),
                   void *argument) {
    (void)api, (void)list, (void)type, (void)limit, (void)function, (void)argument;
    return since;
}

int64_t api_newest(struct api *api) {
    (void)api;
    return 0;
}

bool api_type_is_known(const char *type) {
    (void)type;
    return true;
}

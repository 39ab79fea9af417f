/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lookup.c - see lookup.h.
 *
 * The resolver has timeouts of its own, of up to minutes, and cannot be interrupted.  glibc runs it
 * on a thread when asked so; a request must then live until that is done, so one whose deadline
 * passed stays in a short list and is freed by a later look-up.  Other C libraries are waited for.
 */
#define _GNU_SOURCE 1

#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#ifdef HAVE_GETADDRINFO_A

struct lookup {
    struct gaicb request;
    struct addrinfo hints;
    char host[256], port[8];
};

/* Frees the requests that the resolver is done with.  Returns a place for one more, or NULL. */
static struct lookup **tidy(struct lookups *lookups) {
    struct lookup **place = NULL;

    for (size_t i = 0; i < LOOKUPS_MOST; i++) {
        struct lookup **each = &lookups->pending[i];
        if (*each && gai_error(&(*each)->request) != EAI_INPROGRESS) {
            if ((*each)->request.ar_result)
                freeaddrinfo((*each)->request.ar_result);
            free(*each);
            *each = NULL;
        }
        if (!*each)
            place = each;
    }
    return place;
}

/* As getaddrinfo, but returns EAI_INPROGRESS at DEADLINE. */
static int resolve(struct lookups *lookups, const char *host, const char *port,
                   const struct addrinfo *hints, int64_t deadline, struct addrinfo **addresses) {
    struct lookup **place = tidy(lookups);
    if (!place)
        return EAI_INPROGRESS;
    struct lookup *lookup = *place = calloc(1, sizeof(*lookup));
    if (!lookup)
        return EAI_MEMORY;
    struct gaicb *list[] = {&lookup->request};
    lookup->hints = *hints;
    snprintf(lookup->host, sizeof(lookup->host), "%s", host);
    snprintf(lookup->port, sizeof(lookup->port), "%s", port);
    lookup->request = (struct gaicb){.ar_name = lookup->host,
                                     .ar_service = lookup->port,
                                     .ar_request = &lookup->hints};

    int error = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
    for (int64_t left; error == 0 && gai_error(list[0]) == EAI_INPROGRESS &&
                       (left = deadline - milliseconds()) > 0;) {
        struct timespec time = {.tv_sec = left / 1000, .tv_nsec = (left % 1000) * 1000000};
        gai_suspend((const struct gaicb *const *)list, 1, &time);
    }
    if (error == 0) {
        gai_cancel(list[0]); /* of no effect on one that is done, or under way */
        error = gai_error(list[0]);
    }
    if (error == 0) {
        *addresses = list[0]->ar_result;
        list[0]->ar_result = NULL;
    }
    tidy(lookups);
    return error == EAI_CANCELED ? EAI_INPROGRESS : error;
}

void lookups_close(struct lookups *lookups) {
    tidy(lookups);
}

#else

#ifndef EAI_INPROGRESS
#define EAI_INPROGRESS (-100)
#endif

static int resolve(struct lookups *lookups, const char *host, const char *port,
                   const struct addrinfo *hints, int64_t deadline, struct addrinfo **addresses) {
    (void)lookups, (void)deadline;
    return getaddrinfo(host, port, hints, addresses);
}

void lookups_close(struct lookups *lookups) {
    (void)lookups;
}

#endif

struct addrinfo *lookup_addresses(struct lookups *lookups, const char *host, int port,
                                  int64_t deadline, const char **wrong) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    char service[8];

    snprintf(service, sizeof(service), "%d", port);
    int error = getaddrinfo(host, service, &hints, &addresses); /* an address needs no resolver */
    if (error == EAI_NONAME) {
        hints.ai_flags = AI_NUMERICSERV;
        error = resolve(lookups, host, service, &hints, deadline, &addresses);
    }
    if (error == 0)
        return addresses;
    *wrong = error == EAI_INPROGRESS ? "the resolver does not answer in time" : gai_strerror(error);
    return NULL;
}

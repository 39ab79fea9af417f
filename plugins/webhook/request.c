/* SPDX-License-Identifier: BSD-2-Clause
 *
 * request.c - see request.h.
 *
 * Owns the connection.  The endpoint can do anything: refuse, hang, send a byte a second or for
 * ever.  Time is bounded by libcurl's time-outs, the size of an answer by the callbacks, which
 * count.
 */
#include "request.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define BODY_MS 1000 /* from the end of the header of an answer to the end of the request */

#define AGENT        "patchmark/" PACKAGE_VERSION
#define CONTENT_TYPE "Content-Type: application/cloudevents+json; charset=UTF-8"

struct request {
    const struct request_target *target;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    bool running;
    bool has_head;      /* the header of the answer is complete */
    int64_t body_until; /* when HAS_HEAD: the request ends then */
    size_t head_bytes, body_bytes;
    char error[CURL_ERROR_SIZE];
    char excerpt[EXCERPT_BYTES];
    size_t excerpt_length;
};

int64_t request_clock_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the URL ------------------------------------------------------------------------------ */

static bool is_loopback(const char *host) {
    struct in_addr address;
    struct in6_addr address6;
    char bare[64];

    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &address) == 1)
        return ntohl(address.s_addr) >> 24 == 127;
    return sscanf(host, "[%63[0-9a-fA-F:.]]", bare) == 1 &&
           inet_pton(AF_INET6, bare, &address6) == 1 && IN6_IS_ADDR_LOOPBACK(&address6);
}

/* Returns part WHAT of URL, which curl_free frees; NULL if it has none. */
static char *url_part(CURLU *url, CURLUPart what) {
    char *text = NULL;

    return curl_url_get(url, what, &text, 0) == CURLUE_OK ? text : NULL;
}

static const char *parts_problem(const char *scheme, const char *host, bool allow_http) {
    bool is_plain = scheme && strcmp(scheme, "http") == 0;

    if (!scheme || !host || !*host || (!is_plain && strcmp(scheme, "https") != 0))
        return "must be https://HOST[:PORT]/PATH";
    if (is_plain && !allow_http && !is_loopback(host))
        return "is http:// to another host, where anybody on the way can read and change it: use "
               "https://, or set allow_http = true";
    return NULL;
}

const char *request_url_problem(const char *url, bool allow_http, char place[PLACE_BYTES]) {
    CURLU *parsed = curl_url();
    const char *problem = "must be https://HOST[:PORT]/PATH";
    const char *slashes = strstr(url, "://");
    char *scheme, *host, *port;

    /* libcurl ignores a third slash. */
    if (parsed && slashes && slashes[3] != '/' &&
        curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) {
        scheme = url_part(parsed, CURLUPART_SCHEME);
        host = url_part(parsed, CURLUPART_HOST);
        port = url_part(parsed, CURLUPART_PORT);
        problem = parts_problem(scheme, host, allow_http);
        snprintf(place, PLACE_BYTES, "%s://%s%s%s", scheme ? scheme : "", host ? host : "",
                 port ? ":" : "", port ? port : "");
        curl_free(scheme);
        curl_free(host);
        curl_free(port);
    }
    curl_url_cleanup(parsed);
    return problem;
}

/* ---- the answer --------------------------------------------------------------------------- */

static long status_of(const struct request *request) {
    long status = 0;

    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* Receives one line of the header, of interim answers (1xx) and of trailers, too. */
static size_t head_receive(char *line, size_t size, size_t count, void *data) {
    struct request *request = data;
    size_t length = size * count;

    request->head_bytes += length;
    if (request->head_bytes > ANSWER_BYTES)
        return 0;
    if (!request->has_head && (strncmp(line, "\r\n", length) == 0 || *line == '\n') &&
        status_of(request) >= 200) {
        request->has_head = true;
        request->body_until = request_clock_ms() + BODY_MS;
    }
    return length;
}

static size_t body_receive(char *bytes, size_t size, size_t count, void *data) {
    struct request *request = data;
    size_t length = size * count;

    for (size_t i = 0; i < length && request->excerpt_length < EXCERPT_BYTES - 1; i++)
        if (bytes[i] != '\0')
            request->excerpt[request->excerpt_length++] = bytes[i];
    request->body_bytes += length;
    return request->body_bytes > ANSWER_BYTES ? 0 : length;
}

/* ---- the handles -------------------------------------------------------------------------- */

static void global_start(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Sets what is the same for all requests.  Returns false if memory runs out. */
static bool handle_set(struct request *request) {
    const struct request_target *target = request->target;
    CURL *easy = request->easy;
    struct curl_blob authorities = {.data = (void *)target->authorities,
                                    .len = target->authorities_length,
                                    .flags = CURL_BLOB_NOCOPY};
    unsigned failed = 0;

#define SET(option, value) (failed |= (unsigned)curl_easy_setopt(easy, option, value))
    SET(CURLOPT_URL, target->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (target->authorities) {
        SET(CURLOPT_CAINFO_BLOB, &authorities);
        SET(CURLOPT_CAPATH, NULL); /* otherwise those of the system are trusted, too */
    }
    SET(CURLOPT_TIMEOUT_MS, (long)target->timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)target->connect_timeout_ms);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name server that hangs holds up nothing */
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_USERAGENT, AGENT);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_ERRORBUFFER, request->error);
    SET(CURLOPT_HEADERFUNCTION, head_receive);
    SET(CURLOPT_HEADERDATA, request);
    SET(CURLOPT_WRITEFUNCTION, body_receive);
    SET(CURLOPT_WRITEDATA, request);
#undef SET
    return failed == 0;
}

struct request *request_new(const struct request_target *target) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct request *request = calloc(1, sizeof(*request));

    pthread_once(&once, global_start);
    if (!request)
        return NULL;
    request->target = target;
    request->multi = curl_multi_init();
    request->easy = curl_easy_init();
    if (request->multi && request->easy && handle_set(request)) {
        curl_multi_setopt(request->multi, CURLMOPT_MAXCONNECTS, 1L);
        return request;
    }
    request_free(request);
    return NULL;
}

void request_cancel(struct request *request) {
    if (!request->running)
        return;
    /* libcurl closes the connection if the answer is not complete. */
    curl_multi_remove_handle(request->multi, request->easy);
    request->running = false;
}

void request_free(struct request *request) {
    if (!request)
        return;
    request_cancel(request);
    curl_easy_cleanup(request->easy);
    curl_multi_cleanup(request->multi);
    curl_slist_free_all(request->headers);
    free(request);
}

/* ---- sending ------------------------------------------------------------------------------ */

static bool header_add(struct request *request, const char *line) {
    struct curl_slist *longer = curl_slist_append(request->headers, line);

    if (longer)
        request->headers = longer;
    return longer != NULL;
}

static bool headers_set(struct request *request, const char *id, int64_t timestamp,
                        const char *signature) {
    char line[256];
    bool added;

    curl_slist_free_all(request->headers);
    request->headers = NULL;
    added = header_add(request, CONTENT_TYPE) && header_add(request, "Expect:");
    snprintf(line, sizeof(line), "webhook-id: %s", id);
    added = added && header_add(request, line);
    snprintf(line, sizeof(line), "webhook-timestamp: %" PRId64, timestamp);
    added = added && header_add(request, line);
    snprintf(line, sizeof(line), "webhook-signature: %s", signature);
    added = added && header_add(request, line);
    return added &&
           curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers) == CURLE_OK;
}

int request_start(struct request *request, const char *body, size_t length, const char *id,
                  int64_t timestamp, const char *signature) {
    request_cancel(request);
    request->has_head = false;
    request->head_bytes = request->body_bytes = request->excerpt_length = 0;
    *request->error = '\0';
    if (!headers_set(request, id, timestamp, signature) ||
        curl_easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length) ||
        curl_easy_setopt(request->easy, CURLOPT_COPYPOSTFIELDS, body) ||
        curl_multi_add_handle(request->multi, request->easy) != CURLM_OK)
        return -1;
    request->running = true;
    return 0;
}

bool request_is_running(const struct request *request) {
    return request->running;
}

static void answer_fill(const struct request *request, CURLcode code, struct answer *answer) {
    curl_off_t retry_after = 0;
    const char *text = *request->error ? request->error : curl_easy_strerror(code);

    *answer = (struct answer){0};
    memcpy(answer->excerpt, request->excerpt, request->excerpt_length);
    if (request->has_head) {
        answer->status = status_of(request);
        curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &retry_after);
        answer->retry_after = retry_after;
        return;
    }
    answer->error = code == CURLE_OK ? CURLE_GOT_NOTHING : (int)code;
    if (request->head_bytes > ANSWER_BYTES)
        text = "the header of the answer has more than 64 KiB";
    else if (code == CURLE_OK)
        text = "the answer ends in its header";
    snprintf(answer->reason, sizeof(answer->reason), "%s", text);
}

/* Keeps what is wrong with the transfer itself.  Returns the code with which the request ends. */
static CURLcode transfer_failed(struct request *request, CURLMcode code) {
    snprintf(request->error, sizeof(request->error), "%s", curl_multi_strerror(code));
    return code == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;
}

/* Moves the data that can be moved without waiting.  Returns true if the request has ended. */
static bool step(struct request *request, CURLcode *code) {
    int running, left;
    CURLMsg *message;
    CURLMcode result = curl_multi_perform(request->multi, &running);

    *code = CURLE_OK;
    if (result != CURLM_OK) {
        *code = transfer_failed(request, result);
        return true;
    }
    while ((message = curl_multi_info_read(request->multi, &left)))
        if (message->msg == CURLMSG_DONE) {
            *code = message->data.result;
            return true;
        }
    return request->has_head && request_clock_ms() >= request->body_until;
}

bool request_run(struct request *request, int64_t until, struct answer *answer) {
    CURLcode code;
    CURLMcode result;

    while (!step(request, &code)) {
        int64_t now = request_clock_ms(), left = until - now;

        if (left <= 0)
            return false;
        if (request->has_head && request->body_until - now < left)
            left = request->body_until - now;
        result = curl_multi_poll(request->multi, NULL, 0, left > 0 ? (int)left : 0, NULL);
        if (result != CURLM_OK) {
            code = transfer_failed(request, result);
            break;
        }
    }
    answer_fill(request, code, answer);
    request_cancel(request);
    return true;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls.h - TLS under a context of hiredis, which has none before 1.0 and later checks no names.
 *
 * The server's certificate is always checked, and that it is for the name that was asked for.
 */
#ifndef TLS_H
#define TLS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

#define TLS_REASON 200

struct ssl_ctx_st; /* SSL_CTX: authorities and our own certificate; for any number of threads */
struct ssl_st;     /* SSL: one connection */

/* CA_FILE, CERT_FILE and KEY_FILE are in PEM; NULL: the authorities of the system, no certificate
 * of our own.  Returns NULL on error, with the cause in REASON. */
struct ssl_ctx_st *tls_context_new(const char *ca_file, const char *cert_file, const char *key_file,
                                   char reason[TLS_REASON]);

void tls_context_free(struct ssl_ctx_st *context);

/* FD is a non-blocking socket, which stays the caller's; the server must be NAME, a host name or an
 * address.  Returns NULL when out of memory. */
struct ssl_st *tls_new(struct ssl_ctx_st *context, int fd, const char *name);
void tls_free(struct ssl_st *tls);

/* Reads once into the reader of REDIS or, when nothing came, writes its output.  Returns 0, or the
 * events to poll the socket for before the next call.  On error redis->err and redis->errstr are
 * set, as hiredis does; with REDIS_ERR_OTHER the text begins with "TLS: ". */
short tls_move(struct ssl_st *tls, redisContext *redis);
/* True: bytes of the server were taken from the socket and not given to the reader yet. */
bool tls_holds(const struct ssl_st *tls);

#endif

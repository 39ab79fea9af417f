/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls.h - TLS (1.2 or later) for a context of hiredis.  hiredis before 1.0 has no TLS, and later
 * versions do not verify the name of the server.
 *
 * The server's certificate is always verified: that a trusted authority issued it, and that it is
 * valid for the expected name.
 */
#ifndef TLS_H
#define TLS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

#define TLS_REASON 200 /* bytes of the text of an error, with its NUL */

struct ssl_ctx_st; /* SSL_CTX: authorities and client certificate; any number of threads use one */
struct ssl_st;     /* SSL: one connection */

/* Loads certificates.  CA_FILE, CERT_FILE and KEY_FILE are paths of PEM files.  If CA_FILE is NULL,
 * the certification authorities of the system are used; if CERT_FILE is NULL, there is no client
 * certificate and KEY_FILE is ignored.  The caller frees the result with tls_context_free.  Returns
 * NULL on error, with the cause in REASON. */
struct ssl_ctx_st *tls_context_new(const char *ca_file, const char *cert_file, const char *key_file,
                                   char reason[TLS_REASON]);

/* Frees CONTEXT.  Connections that use it keep it alive. */
void tls_context_free(struct ssl_ctx_st *context);

/* Prepares TLS on FD, a connected non-blocking socket that remains the caller's.  The handshake
 * happens in tls_transfer.  NAME is the host name or address that the server's certificate must be
 * valid for; it is copied.  The caller frees the result with tls_free.  Returns NULL if out of
 * memory. */
struct ssl_st *tls_new(struct ssl_ctx_st *context, int fd, const char *name);
/* Frees TLS without closing the socket; NULL is allowed. */
void tls_free(struct ssl_st *tls);

/* Reads once into the reader of REDIS or, if nothing was read, writes its output buffer.  Does not
 * block.  Returns 0, or the events to poll(2) the socket for before the next call.  On error sets
 * redis->err and redis->errstr as hiredis does and returns 0; with REDIS_ERR_OTHER the text begins
 * with "TLS: ". */
short tls_transfer(struct ssl_st *tls, redisContext *redis);
/* Returns true if bytes were read from the socket that tls_transfer has not yet passed to the
 * reader, so that poll(2) does not report them. */
bool tls_has_pending(const struct ssl_st *tls);

#endif

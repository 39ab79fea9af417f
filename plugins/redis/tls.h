/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls.h - TLS as a filter between two buffers: it never touches a socket and never waits.
 *
 * The server's certificate is always checked, and that it is for the name that we wanted.
 */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TLS_REASON 200

struct tls_context; /* authorities and our own certificate; for any number of threads */
struct tls;         /* one connection */

/* False: this build has none of it, and tls_context_new fails. */
bool tls_is_there(void);

/* Files in PEM; NULL: the authorities of the system, no certificate of our own.  NULL after REASON
 * was filled. */
struct tls_context *tls_context_new(const char *ca_file, const char *cert_file,
                                    const char *key_file, char reason[TLS_REASON]);
void tls_context_free(struct tls_context *context);

/* For a server that must be NAME, a host name or an address.  NULL: out of memory. */
struct tls *tls_new(struct tls_context *context, const char *name);
void tls_free(struct tls *tls);

/* Takes what came from the socket.  False: out of memory. */
bool tls_put(struct tls *tls, const char *data, size_t length);
/* What the server said: bytes; 0: nothing yet; -1: failed or ended, see REASON. */
ssize_t tls_read(struct tls *tls, char *data, size_t size, char reason[TLS_REASON]);
/* How much of what we say it takes now: 0 until both sides know each other; -1: failed. */
ssize_t tls_write(struct tls *tls, const char *data, size_t length, char reason[TLS_REASON]);
/* True: something of the server is left in here. */
bool tls_holds(const struct tls *tls);
/* What is for the socket: bytes, 0: nothing. */
size_t tls_take(struct tls *tls, char *data, size_t size);

#endif

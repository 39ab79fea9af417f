/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls.c - see tls.h.  All calls to OpenSSL are here.
 */
#include "tls.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define RECORD_BYTES (16 * 1024) /* of TLS, at most */

/* Writes the oldest error of this thread to REASON, and forgets all of them. */
static void reason_fill(char *reason, size_t size, const char *what) {
    unsigned long error = ERR_get_error();
    const char *text = error ? ERR_reason_error_string(error) : NULL;

    snprintf(reason, size, "TLS: %s%s%s", what, *what ? ": " : "",
             text ? text : "no reason is known");
    ERR_clear_error();
}

/* Returns NULL, or what could not be used; OpenSSL knows why. */
static const char *files_load(SSL_CTX *context, const char *ca_file, const char *cert_file,
                              const char *key_file) {
    if (ca_file ? SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1
                : SSL_CTX_set_default_verify_paths(context) != 1)
        return ca_file ? ca_file : "authorities of the system";
    if (cert_file && SSL_CTX_use_certificate_chain_file(context, cert_file) != 1)
        return cert_file;
    if (cert_file && (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1 ||
                      SSL_CTX_check_private_key(context) != 1))
        return key_file;
    return NULL;
}

/* Nobody is there to type one. */
static int no_passphrase(char *data, int size, int writing, void *argument) {
    (void)data, (void)size, (void)writing, (void)argument;
    return -1;
}

SSL_CTX *tls_context_new(const char *ca_file, const char *cert_file, const char *key_file,
                         char reason[TLS_REASON]) {
    const char *wrong = "start";

    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context) {
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_mode(context,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
        SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF); /* an answer knows its end */
#endif
        SSL_CTX_set_default_passwd_cb(context, no_passphrase);
        wrong = files_load(context, ca_file, cert_file, key_file);
    }
    if (!wrong)
        return context;
    reason_fill(reason, TLS_REASON, wrong);
    SSL_CTX_free(context);
    return NULL;
}

void tls_context_free(SSL_CTX *context) {
    SSL_CTX_free(context);
}

/* The certificate must be for NAME.  A host name is also sent, so that the server can choose one.
 */
static bool name_expect(SSL *ssl, const char *name) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1)
        return true;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

SSL *tls_new(SSL_CTX *context, int fd, const char *name) {
    SSL *ssl = SSL_new(context);

    if (!ssl || SSL_set_fd(ssl, fd) != 1 || !name_expect(ssl, name)) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_connect_state(ssl);
    return ssl;
}

void tls_free(SSL *ssl) {
    SSL_free(ssl);
}

/* True when RESULT, of a read or write, is an error, which is noted in REDIS; false: the socket has
 * to be waited for. */
static bool failed(SSL *ssl, int result, redisContext *redis) {
    int error = SSL_get_error(ssl, result), system_error = errno;
    long verified = SSL_get_verify_result(ssl);

    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return false;
    if (error == SSL_ERROR_ZERO_RETURN || (error == SSL_ERROR_SYSCALL && system_error == 0)) {
        redis->err = REDIS_ERR_EOF;
        snprintf(redis->errstr, sizeof(redis->errstr), "Server closed the connection");
    } else if (error == SSL_ERROR_SYSCALL) {
        redis->err = REDIS_ERR_IO;
        snprintf(redis->errstr, sizeof(redis->errstr), "%s", strerror(system_error));
    } else {
        redis->err = REDIS_ERR_OTHER;
        if (verified != X509_V_OK)
            snprintf(redis->errstr, sizeof(redis->errstr), "TLS: the server's certificate: %s",
                     X509_verify_cert_error_string(verified));
        else
            reason_fill(redis->errstr, sizeof(redis->errstr), "");
    }
    return true;
}

/* Returns what SSL_write did; what it took is no longer in the output of REDIS. */
static int output_write(SSL *ssl, redisContext *redis) {
    size_t length = sdslen(redis->obuf);
    int written = SSL_write(ssl, redis->obuf, length < INT_MAX ? (int)length : INT_MAX);

    if (written > 0 && (size_t)written == length) { /* one batch may need much more than the next */
        sdsfree(redis->obuf);
        redis->obuf = sdsempty();
    } else if (written > 0) {
        sdsrange(redis->obuf, written, -1);
    }
    return written;
}

short tls_move(SSL *ssl, redisContext *redis) {
    char data[RECORD_BYTES];

    ERR_clear_error();
    errno = 0;
    int result = SSL_read(ssl, data, sizeof(data));
    if (result > 0) {
        if (redisReaderFeed(redis->reader, data, (size_t)result) != REDIS_OK) {
            redis->err = redis->reader->err;
            snprintf(redis->errstr, sizeof(redis->errstr), "%s", redis->reader->errstr);
        }
        return 0;
    }
    if (failed(ssl, result, redis))
        return 0;
    if (sdslen(redis->obuf) > 0) {
        result = output_write(ssl, redis);
        if (result > 0 || failed(ssl, result, redis))
            return 0;
    }
    return SSL_want_write(ssl) ? POLLIN | POLLOUT : POLLIN;
}

bool tls_holds(const SSL *ssl) {
    return SSL_has_pending(ssl);
}

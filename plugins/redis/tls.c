/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls.c - TLS for a context of hiredis, with OpenSSL; see tls.h.  No other file of
 * this plugin calls OpenSSL.
 *
 * It owns the objects of OpenSSL that it returns, until they are freed.  Loading certificates, the
 * handshake, the verification, reads and writes can fail.
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

#define RECORD_BYTES (16 * 1024) /* maximum size of a TLS record */

/* Writes WHAT and the oldest OpenSSL error of this thread to REASON, and clears the error queue. */
static void set_reason(char *reason, size_t size, const char *what) {
    unsigned long error = ERR_get_error();
    const char *text = error ? ERR_reason_error_string(error) : NULL;

    snprintf(reason, size, "TLS: %s%s%s", what, *what ? ": " : "", text ? text : "unknown error");
    ERR_clear_error();
}

/* Returns NULL on success.  On error returns the file, or a description, that could not be loaded;
 * the cause is in OpenSSL's error queue. */
static const char *load_files(SSL_CTX *context, const char *ca_file, const char *cert_file,
                              const char *key_file) {
    if (ca_file ? SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1
                : SSL_CTX_set_default_verify_paths(context) != 1)
        return ca_file ? ca_file : "certification authorities of the system";
    if (cert_file && SSL_CTX_use_certificate_chain_file(context, cert_file) != 1)
        return cert_file;
    if (cert_file && (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1 ||
                      SSL_CTX_check_private_key(context) != 1))
        return key_file;
    return NULL;
}

/* The passphrase callback: a key that needs a passphrase is an error, as nobody can enter one. */
static int no_passphrase(char *data, int size, int writing, void *argument) {
    (void)data, (void)size, (void)writing, (void)argument;
    return -1;
}

SSL_CTX *tls_context_new(const char *ca_file, const char *cert_file, const char *key_file,
                         char reason[TLS_REASON]) {
    const char *problem = "initialisation";

    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context) {
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_mode(context,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
        SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF); /* lengths in RESP show a cut */
#endif
        SSL_CTX_set_default_passwd_cb(context, no_passphrase);
        problem = load_files(context, ca_file, cert_file, key_file);
    }
    if (!problem)
        return context;
    set_reason(reason, TLS_REASON, problem);
    SSL_CTX_free(context);
    return NULL;
}

void tls_context_free(SSL_CTX *context) {
    SSL_CTX_free(context);
}

/* Requires that the server's certificate is valid for NAME.  A host name is also sent (SNI, RFC
 * 6066), so that the server can choose a certificate. */
static bool expect_name(SSL *ssl, const char *name) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1)
        return true;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

SSL *tls_new(SSL_CTX *context, int fd, const char *name) {
    SSL *ssl = SSL_new(context);

    if (!ssl || SSL_set_fd(ssl, fd) != 1 || !expect_name(ssl, name)) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_connect_state(ssl);
    return ssl;
}

void tls_free(SSL *ssl) {
    SSL_free(ssl);
}

/* Evaluates RESULT of SSL_read or SSL_write.  Returns true if it is an error, which is then stored
 * in REDIS; false if the caller must wait for the socket. */
static bool is_error(SSL *ssl, int result, redisContext *redis) {
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
            set_reason(redis->errstr, sizeof(redis->errstr), "");
    }
    return true;
}

/* Writes the output buffer of REDIS and removes what was written from it.  Returns the result of
 * SSL_write. */
static int output_write(SSL *ssl, redisContext *redis) {
    size_t length = sdslen(redis->obuf);
    int written = SSL_write(ssl, redis->obuf, length < INT_MAX ? (int)length : INT_MAX);

    if (written > 0 && (size_t)written == length) { /* frees the memory of a large batch */
        sdsfree(redis->obuf);
        redis->obuf = sdsempty();
    } else if (written > 0) {
        sdsrange(redis->obuf, written, -1);
    }
    return written;
}

short tls_transfer(SSL *ssl, redisContext *redis) {
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
    if (is_error(ssl, result, redis))
        return 0;
    if (sdslen(redis->obuf) > 0) {
        result = output_write(ssl, redis);
        if (result > 0 || is_error(ssl, result, redis))
            return 0;
    }
    return SSL_want_write(ssl) ? POLLIN | POLLOUT : POLLIN;
}

bool tls_has_pending(const SSL *ssl) {
    return SSL_has_pending(ssl);
}

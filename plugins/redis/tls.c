/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls.c - see tls.h.  All calls to OpenSSL are here.
 */
#include "tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_OPENSSL

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* What OpenSSL has is used as it is. */
static SSL_CTX *inner(struct tls_context *context) {
    return (SSL_CTX *)context;
}

struct tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
};

bool tls_is_there(void) {
    return true;
}

/* The oldest error of this thread, and none is left. */
static void reason_fill(char reason[TLS_REASON], const char *what) {
    unsigned long error = ERR_get_error();
    const char *text = error ? ERR_reason_error_string(error) : NULL;

    snprintf(reason, TLS_REASON, "TLS: %s%s%s", what, *what ? ": " : "",
             text ? text : "no reason is told");
    ERR_clear_error();
}

/* True: one of the files cannot be used; REASON says which. */
static bool files_fail(SSL_CTX *context, const char *ca_file, const char *cert_file,
                       const char *key_file, char reason[TLS_REASON]) {
    const char *file = ca_file;

    ERR_clear_error();
    if (ca_file ? SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1
                : SSL_CTX_set_default_verify_paths(context) != 1) {
        reason_fill(reason, file ? file : "authorities of the system");
        return true;
    }
    if (!cert_file)
        return false;
    file = cert_file;
    if (SSL_CTX_use_certificate_chain_file(context, file) == 1) {
        file = key_file;
        if (SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1 &&
            SSL_CTX_check_private_key(context) == 1)
            return false;
    }
    reason_fill(reason, file);
    return true;
}

/* Nobody is there to type one. */
static int no_passphrase(char *data, int size, int writing, void *argument) {
    (void)data, (void)size, (void)writing, (void)argument;
    return -1;
}

struct tls_context *tls_context_new(const char *ca_file, const char *cert_file,
                                    const char *key_file, char reason[TLS_REASON]) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (!context) {
        reason_fill(reason, "start");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (files_fail(context, ca_file, cert_file, key_file, reason)) {
        SSL_CTX_free(context);
        return NULL;
    }
    return (struct tls_context *)context;
}

void tls_context_free(struct tls_context *context) {
    SSL_CTX_free(inner(context));
}

/* The certificate must be for NAME.  The server is told a name, so that it can choose one. */
static bool name_wanted(SSL *ssl, const char *name) {
    unsigned char address[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct tls *tls_new(struct tls_context *context, const char *name) {
    struct tls *tls = calloc(1, sizeof(*tls));

    if (!tls)
        return NULL;
    tls->ssl = SSL_new(inner(context));
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (!tls->ssl || !tls->in || !tls->out || !name_wanted(tls->ssl, name)) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        SSL_free(tls->ssl);
        free(tls);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_connect_state(tls->ssl);
    return tls;
}

void tls_free(struct tls *tls) {
    if (tls)
        SSL_free(tls->ssl);
    free(tls);
}

bool tls_put(struct tls *tls, const char *data, size_t length) {
    return BIO_write(tls->in, data, (int)length) == (int)length;
}

/* What RESULT of a read or write means: 0: it must wait for the other side; -1. */
static ssize_t outcome(struct tls *tls, int result, char reason[TLS_REASON]) {
    int error = SSL_get_error(tls->ssl, result);
    long verified = SSL_get_verify_result(tls->ssl);

    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return 0;
    if (error == SSL_ERROR_ZERO_RETURN)
        snprintf(reason, TLS_REASON, "lost connection: the server closed it");
    else if (verified != X509_V_OK)
        snprintf(reason, TLS_REASON, "TLS: the server's certificate: %s",
                 X509_verify_cert_error_string(verified));
    else
        reason_fill(reason, "");
    ERR_clear_error();
    return -1;
}

ssize_t tls_read(struct tls *tls, char *data, size_t size, char reason[TLS_REASON]) {
    ERR_clear_error();
    int got = SSL_read(tls->ssl, data, (int)size);

    return got > 0 ? got : outcome(tls, got, reason);
}

ssize_t tls_write(struct tls *tls, const char *data, size_t length, char reason[TLS_REASON]) {
    ERR_clear_error();
    int taken = SSL_write(tls->ssl, data, (int)length);

    return taken > 0 ? taken : outcome(tls, taken, reason);
}

bool tls_holds(const struct tls *tls) {
    return SSL_pending(tls->ssl) > 0 || BIO_ctrl_pending(tls->in) > 0;
}

size_t tls_take(struct tls *tls, char *data, size_t size) {
    int got = BIO_read(tls->out, data, (int)size);

    return got > 0 ? (size_t)got : 0;
}

#else

bool tls_is_there(void) {
    return false;
}

struct tls_context *tls_context_new(const char *ca_file, const char *cert_file,
                                    const char *key_file, char reason[TLS_REASON]) {
    (void)ca_file, (void)cert_file, (void)key_file;
    snprintf(reason, TLS_REASON, "TLS: this patchmark was built without it");
    return NULL;
}

void tls_context_free(struct tls_context *context) {
    (void)context;
}

struct tls *tls_new(struct tls_context *context, const char *name) {
    (void)context, (void)name;
    return NULL;
}

void tls_free(struct tls *tls) {
    (void)tls;
}

bool tls_put(struct tls *tls, const char *data, size_t length) {
    (void)tls, (void)data, (void)length;
    return false;
}

ssize_t tls_read(struct tls *tls, char *data, size_t size, char reason[TLS_REASON]) {
    (void)tls, (void)data, (void)size, (void)reason;
    return -1;
}

ssize_t tls_write(struct tls *tls, const char *data, size_t length, char reason[TLS_REASON]) {
    (void)tls, (void)data, (void)length, (void)reason;
    return -1;
}

bool tls_holds(const struct tls *tls) {
    (void)tls;
    return false;
}

size_t tls_take(struct tls *tls, char *data, size_t size) {
    (void)tls, (void)data, (void)size;
    return 0;
}

#endif

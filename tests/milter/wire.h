/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire.h - one socket to a filter, and the packets on it.
 *
 * A packet is a length (4 bytes, network order), a command byte that the length counts, and data.
 * Nothing here waits longer than the time limit given.  After any error the connection is of no
 * use any more: close it; `error` says what happened.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define WIRE_HEAD_BYTES 5 /* length and command */

struct wire {
    int fd;         /* -1: not connected */
    int timeout_ms; /* for each connect, write and packet read */
    int dribble_ms; /* send every byte by itself, and sleep after it; 0: none */
    char *input;    /* bytes received; start..end are not yet taken */
    size_t capacity, start, end;
    char error[256];
};

/* A packet that was received.  The data is valid until the next wire_read. */
struct wire_packet {
    char command;
    const char *data;
    size_t length;
};

void wire_init(struct wire *wire, int timeout_ms);

/* Connects to "unix:/path" or "inet:port@host".  0, or -1 with an error. */
int wire_connect(struct wire *wire, const char *address);

/* Writes all of the vectors, which it uses up.  0, or -1 with an error. */
int wire_write(struct wire *wire, struct iovec *vectors, size_t count);

/* Waits for one packet.  0, or -1 with an error: closed, too late, or not a packet. */
int wire_read(struct wire *wire, struct wire_packet *packet);

/* Closes; what was received and not read is forgotten.  The error text stays. */
void wire_close(struct wire *wire);

/* Closes, and frees the buffer. */
void wire_free(struct wire *wire);

/* Sets the error text, as printf.  Always -1. */
int wire_fail(struct wire *wire, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes the head of a packet with LENGTH bytes of data to HEAD (WIRE_HEAD_BYTES). */
void wire_head(char *head, char command, size_t length);

/* The bytes that the packet at HEAD takes, head included. */
size_t wire_packet_bytes(const char *head);

#endif

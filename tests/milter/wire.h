/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire.h - reads and writes the packets of the milter protocol on one socket to a filter.
 *
 * A packet is a length (4 bytes in network order, which counts the command and the data), a command
 * byte, and data.  No function waits longer than the timeout.  After an error the caller must close
 * the connection; `error` describes the error.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define WIRE_HEAD_BYTES 5 /* length and command */

struct wire {
    int fd;         /* -1 if not connected */
    int timeout_ms; /* for each connect, each write and each packet that is read */
    int dribble_ms; /* if not 0, sends one byte at a time and sleeps after each */
    char *input;    /* bytes received; those from START to END are not returned yet */
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

/* Connects to "unix:/PATH" or "inet:PORT@HOST".  Returns 0, or -1 with `error` set. */
int wire_connect(struct wire *wire, const char *address);

/* Writes all bytes of the COUNT vectors, whose contents it modifies.  Returns 0, or -1 with `error`
 * set. */
int wire_write(struct wire *wire, struct iovec *vectors, size_t count);

/* Waits for one packet.  Returns 0, or -1 with `error` set: the filter closed the connection, sent
 * nothing before the timeout, or sent an invalid packet. */
int wire_read(struct wire *wire, struct wire_packet *packet);

/* Closes the connection and drops input that was not read.  `error` is kept. */
void wire_close(struct wire *wire);

/* Closes the connection and frees the buffer. */
void wire_free(struct wire *wire);

/* Sets `error`, formatted as by printf(3).  Returns -1. */
int wire_fail(struct wire *wire, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes the head of a packet with LENGTH bytes of data to HEAD, which has WIRE_HEAD_BYTES bytes.
 */
void wire_head(char *head, char command, size_t length);

/* Returns the size of the packet whose head is at HEAD, in bytes, with the head. */
size_t wire_packet_bytes(const char *head);

#endif

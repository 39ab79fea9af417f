/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reader.c - a minimal reader of mailboxes to compare `patchmark classify` with: parses each mail
 * of an mbox with GMime and counts its parts.
 *
 *     reader [-t] MBOX
 *
 * With -t it also decodes the text of the parts, which every classification requires.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int mails_read(GMimeParser *parser, bool texts) {
    size_t mails = 0, parts = 0, bytes = 0;

    while (!g_mime_parser_eos(parser)) {
        GMimeMessage *mail = g_mime_parser_construct_message(parser, NULL);

        if (!mail)
            break;
        mails++;
        parts += walk_parts(mail);
        if (texts)
            bytes += walk_texts(mail);
        g_object_unref(mail);
    }
    printf("%zu mails, %zu parts, %zu bytes of text\n", mails, parts, bytes);
    return mails > 0 ? EX_OK : EX_DATAERR;
}

int main(int argc, char **argv) {
    bool texts = argc == 3 && strcmp(argv[1], "-t") == 0;
    GMimeStream *stream;
    GMimeParser *parser;
    int file, status;

    if (argc != 2 + texts) {
        fputs("usage: reader [-t] MBOX\n", stderr);
        return EX_USAGE;
    }
    file = open(argv[argc - 1], O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        fprintf(stderr, "reader: %s: %s\n", argv[argc - 1], strerror(errno));
        return EX_NOINPUT;
    }
    g_mime_init();
    stream = g_mime_stream_fs_new(file);
    parser = g_mime_parser_new_with_stream(stream);
    g_object_unref(stream);
    g_mime_parser_set_format(parser, GMIME_FORMAT_MBOX);
    status = mails_read(parser, texts);
    g_object_unref(parser);
    g_mime_shutdown();
    return status;
}

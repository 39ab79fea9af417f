/* SPDX-License-Identifier: BSD-2-Clause
 *
 * floor.c - minimal filters to compare patchmark with.  Both receive the same data from the MTA as
 * patchmark, and insert six headers.
 *
 *     floor SOCKET       A: ignores the data.  No milter that receives this data can be faster.
 *     floor -p SOCKET    B: collects the mail, parses it with GMime and decodes its text, and uses
 *                        none of it.
 *
 * With -n, it sets TCP_NODELAY on connections to an inet socket.
 */
#include "util/socket.h"
#include "walk.h"

#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static bool parses;

/* ---- the mail, as it is collected ---------------------------------------------------------- */

/* Returns the empty buffer of the connection; NULL if mails are not collected. */
static GByteArray *mail_begin(SMFICTX *context) {
    GByteArray *mail = smfi_getpriv(context);

    if (!mail && parses) {
        mail = g_byte_array_new();
        smfi_setpriv(context, mail);
    }
    return mail ? g_byte_array_set_size(mail, 0) : NULL;
}

static void mail_add(SMFICTX *context, const void *data, size_t length) {
    GByteArray *mail = smfi_getpriv(context);

    if (mail)
        g_byte_array_append(mail, data, (guint)length);
}

static void mail_parse(GByteArray *bytes) {
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *mail = g_mime_parser_construct_message(parser, NULL);

    g_mime_stream_mem_set_owner((GMimeStreamMem *)stream, FALSE);
    if (mail) {
        walk_texts(mail);
        g_object_unref(mail);
    }
    g_object_unref(parser);
    g_object_unref(stream);
}

/* ---- the filter --------------------------------------------------------------------------- */

static sfsistat on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
                             unsigned long unused2, unsigned long unused3,
                             unsigned long *actions_out, unsigned long *steps_out,
                             unsigned long *unused2_out, unsigned long *unused3_out) {
    (void)context;
    (void)unused2;
    (void)unused3;
    *actions_out = actions & (SMFIF_ADDHDRS | SMFIF_CHGHDRS);
    *steps_out = (steps & (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NORCPT | SMFIP_NOUNKNOWN |
                           SMFIP_NODATA | SMFIP_NOEOH | SMFIP_SKIP | SMFIP_HDR_LEADSPC)) |
                 SMFIP_NR_MAIL | SMFIP_NR_HDR;
    *unused2_out = *unused3_out = 0;
    return SMFIS_CONTINUE;
}

static sfsistat on_envfrom(SMFICTX *context, char **arguments) {
    (void)arguments;
    mail_begin(context);
    return SMFIS_NOREPLY;
}

static sfsistat on_header(SMFICTX *context, char *name, char *value) {
    if (!parses)
        return SMFIS_NOREPLY;
    mail_add(context, name, strlen(name));
    mail_add(context, ":", 1);
    mail_add(context, value, strlen(value)); /* starts with a space */
    mail_add(context, "\n", 1);
    return SMFIS_NOREPLY;
}

/* Without this callback, libmilter logs an unexpected reply for each mail. */
static sfsistat on_end_of_header(SMFICTX *context) {
    mail_add(context, "\n", 1);
    return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *context, unsigned char *data, size_t length) {
    mail_add(context, data, length);
    return SMFIS_CONTINUE;
}

static sfsistat on_eom(SMFICTX *context) {
    GByteArray *mail = smfi_getpriv(context);

    if (mail)
        mail_parse(mail);
    for (int i = 0; i < 6; i++)
        smfi_insheader(context, 1, (char *)"Floor-Header", (char *)" of a usual length");
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *context) {
    GByteArray *mail = smfi_getpriv(context);

    if (mail)
        g_byte_array_free(mail, TRUE);
    smfi_setpriv(context, NULL);
    return SMFIS_CONTINUE;
}

int main(int argc, char **argv) {
    struct smfiDesc description = {.xxfi_name = (char *)"floor",
                                   .xxfi_version = SMFI_VERSION,
                                   .xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS,
                                   .xxfi_envfrom = on_envfrom,
                                   .xxfi_header = on_header,
                                   .xxfi_eoh = on_end_of_header,
                                   .xxfi_body = on_body,
                                   .xxfi_eom = on_eom,
                                   .xxfi_close = on_close,
                                   .xxfi_negotiate = on_negotiate};
    bool nodelay = false;

    for (int option; (option = getopt(argc, argv, "np")) != -1;) {
        parses = parses || option == 'p';
        nodelay = nodelay || option == 'n';
    }
    if (argc != optind + 1) {
        fputs("usage: floor [-np] SOCKET\n", stderr);
        return EX_USAGE;
    }
    if (parses)
        g_mime_init();
    smfi_setmaxdatasize(1024 * 1024 - 1); /* returns the previous size */
    if (smfi_register(description) != MI_SUCCESS || smfi_setconn(argv[optind]) != MI_SUCCESS ||
        smfi_opensocket(true) != MI_SUCCESS)
        return EX_UNAVAILABLE;
    if (nodelay)
        socket_set_nodelay(argv[optind]);
    return smfi_main() == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
}

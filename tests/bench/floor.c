/* SPDX-License-Identifier: BSD-2-Clause
 *
 * floor.c - an empty filter to measure against: takes the same data from the MTA as patchmark does,
 * looks at nothing, and inserts six headers.  No milter with that task can be faster.
 */
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

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
    (void)context;
    (void)arguments;
    return SMFIS_NOREPLY;
}

static sfsistat on_header(SMFICTX *context, char *name, char *value) {
    (void)context;
    (void)name;
    (void)value;
    return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *context, unsigned char *data, size_t length) {
    (void)context;
    (void)data;
    (void)length;
    return SMFIS_CONTINUE;
}

static sfsistat on_eom(SMFICTX *context) {
    for (int i = 0; i < 6; i++)
        smfi_insheader(context, 1, (char *)"Floor-Header", (char *)" of a usual length");
    return SMFIS_CONTINUE;
}

int main(int argc, char **argv) {
    struct smfiDesc description = {.xxfi_name = (char *)"floor",
                                   .xxfi_version = SMFI_VERSION,
                                   .xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS,
                                   .xxfi_envfrom = on_envfrom,
                                   .xxfi_header = on_header,
                                   .xxfi_body = on_body,
                                   .xxfi_eom = on_eom,
                                   .xxfi_negotiate = on_negotiate};

    if (argc != 2) {
        fputs("usage: floor SOCKET\n", stderr);
        return EX_USAGE;
    }
    smfi_setmaxdatasize(1024 * 1024 - 1); /* gives the former size */
    if (smfi_register(description) != MI_SUCCESS || smfi_setconn(argv[1]) != MI_SUCCESS ||
        smfi_opensocket(true) != MI_SUCCESS)
        return EX_UNAVAILABLE;
    return smfi_main() == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mta-macros.c - builds the macros that are sent to the filter before each stage.
 *
 * These are the macros that Postfix sends by default, or those that the filter requested in the
 * negotiation.  A macro without a value is not sent, as in MTAs.
 */
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <string.h>

#include "mta-private.h"

static const struct {
    int list; /* SMFIM_ */
    const char *names;
} macro_stages[MTA_STAGES] = {
    [MTA_CONNECT] = {SMFIM_CONNECT, "j {daemon_name} {daemon_addr} v"},
    [MTA_HELO] = {SMFIM_HELO, ""},
    [MTA_MAIL] = {SMFIM_ENVFROM, "i {auth_authen} {mail_addr} {mail_host} {mail_mailer}"},
    [MTA_RCPT] = {SMFIM_ENVRCPT, "i {rcpt_addr} {rcpt_host} {rcpt_mailer}"},
    [MTA_DATA] = {SMFIM_DATA, "i"},
    [MTA_HEADER] = {-1, ""},
    [MTA_EOH] = {SMFIM_EOH, "i"},
    [MTA_BODY] = {-1, ""},
    [MTA_EOM] = {SMFIM_EOM, "i"},
};

static const struct {
    const char *name, *value;
} fixed_macros[] = {
    {"j", "mx.example.org"},
    {"v", "fakemta"},
    {"{daemon_name}", "mx.example.org"},
    {"{daemon_addr}", "192.0.2.25"},
    {"{client_name}", "client.example.org"},
    {"{client_port}", "40000"},
    {"{client_connections}", "0"},
    {"{mail_host}", "example.org"},
    {"{mail_mailer}", "smtp"},
    {"{rcpt_host}", "example.org"},
    {"{rcpt_mailer}", "local"},
};

static bool queue_id_known(const struct mta *mta, enum mta_stage stage) {
    switch (mta->options.queue_id_from) {
    case MTA_QUEUE_ID_MAIL:
        return stage >= MTA_MAIL;
    case MTA_QUEUE_ID_DATA:
        return stage >= MTA_DATA;
    case MTA_QUEUE_ID_EOM:
        return stage >= MTA_EOM;
    case MTA_QUEUE_ID_NEVER:
        break;
    }
    return false;
}

static bool name_is(const char *name, size_t length, const char *wanted) {
    return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

static const char *macro_value(const struct mta *mta, enum mta_stage stage,
                               const struct mta_envelope *envelope, const char *recipient,
                               const char *name, size_t length) {
    if (name_is(name, length, "i"))
        return envelope && queue_id_known(mta, stage) ? envelope->queue_id : NULL;
    if (name_is(name, length, "{mail_addr}"))
        return envelope ? envelope->sender : NULL;
    if (name_is(name, length, "{rcpt_addr}"))
        return recipient;
    if (name_is(name, length, "{auth_authen}"))
        return mta->options.user;
    if (name_is(name, length, "{client_addr}"))
        return mta->client;
    for (size_t i = 0; i < sizeof fixed_macros / sizeof *fixed_macros; i++)
        if (name_is(name, length, fixed_macros[i].name))
            return fixed_macros[i].value;
    return NULL;
}

size_t mta_macros_build(const struct mta *mta, enum mta_stage stage,
                        const struct mta_envelope *envelope, const char *recipient, char *out) {
    int list = macro_stages[stage].list;
    const char *names =
        list >= 0 && mta->macro_lists[list] ? mta->macro_lists[list] : macro_stages[stage].names;
    size_t used = 0;
    out[used++] = mta_stage_rules[stage].command;
    while (*names) {
        size_t length = strcspn(names, " ,");
        const char *value =
            length ? macro_value(mta, stage, envelope, recipient, names, length) : NULL;
        size_t bytes = value ? length + 1 + strlen(value) + 1 : 0;
        if (value && used + bytes <= MTA_MACRO_BYTES) {
            memcpy(out + used, names, length);
            out[used + length] = '\0';
            memcpy(out + used + length + 1, value, bytes - length - 1);
            used += bytes;
        }
        names += length;
        names += strspn(names, " ,");
    }
    return used > 1 ? used : 0;
}

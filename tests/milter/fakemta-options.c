/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fakemta-options.c - reads the command line of fakemta.
 *
 * On a usage error, prints the usage and exits with EX_USAGE.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "fakemta.h"

#define NO_REPLY_BITS                                                               \
    (SMFIP_NR_HDR | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | \
     SMFIP_NR_DATA | SMFIP_NR_UNKN | SMFIP_NR_EOH | SMFIP_NR_BODY)

static const char usage_text[] =
    "usage: fakemta [options] SOCKET FILE...\n"
    "Plays the mails of FILEs (mbox, or one message each) through the filter at SOCKET\n"
    "(unix:/path or inet:port@host).\n"
    "  -c N                    number of connections, each with a thread (1)\n"
    "  -r COUNT                play the list of mails COUNT times (1)\n"
    "  -m N                    mails on each connection before it is renewed (all)\n"
    "  --rate N                mails per second on all connections together; the latency of a\n"
    "                          mail is measured from the time it was due (no limit)\n"
    "  --protocol 2..6         version of the protocol (6)\n"
    "  --offer-nothing         offer no protocol bits at all\n"
    "  --offer-actions BITS    offer only these actions, a decimal number\n"
    "  --no-nr --no-skip --no-leadspc   do not offer these\n"
    "  --client ADDRESS        IPv4 or IPv6 address of the client, /PATH of a unix socket, or\n"
    "                          unknown (192.0.2.1); several: of one session each, in turn\n"
    "  --user NAME             user that the client authenticated as (none)\n"
    "  --recipient ADDRESS     recipient of each mail; may be repeated (list@example.org)\n"
    "  --queue-id-at mail|data|eom|never   first stage at which the queue id is sent (data)\n"
    "  --abort-at connect|helo|mail|rcpt|data|header|eoh|body\n"
    "                          abort each mail at that stage, then play it completely\n"
    "  --no-abort              start the mail again without sending ABORT\n"
    "  --close-first           connect and close, negotiate and close, then play\n"
    "  --quit-nc               renew sessions with QUIT_NC; implies -m 1\n"
    "  --big-header            add a header field of 100 KB to each mail\n"
    "  --chunk BYTES           bytes of body in one packet (65535)\n"
    "  --first-chunk BYTES     bytes of body in the first packet (as --chunk)\n"
    "  --last-chunk-with-eob   send the last chunk of body in the packet that ends it\n"
    "  --slow MS               sleep after each packet\n"
    "  --dribble MS            send one byte at a time and sleep after each\n"
    "  --timeout MS            time to wait for a reply (30000)\n"
    "  --retry                 play a mail again if the connection is lost, for up to 30 s\n"
    "  --print mail|headers|edits|none   print to standard output, in the order of the input "
    "(none)\n"
    "  --stats --json-stats    print statistics to standard error, as one line\n";

static void usage(const char *problem) {
    fprintf(stderr, "fakemta: %s\n%s", problem, usage_text);
    exit(EX_USAGE);
}

static size_t number(const char *text, size_t least, size_t most) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || value < least || value > most)
        usage("invalid number, or out of range");
    return value;
}

/* Returns the index of TEXT in NAMES, which ends with NULL. */
static int choice(const char *text, const char *const *names) {
    for (int i = 0; names[i]; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    usage("unknown word as the value of an option");
    return 0;
}

static enum mta_stage stage_of(const char *text) {
    for (enum mta_stage stage = MTA_CONNECT; stage <= MTA_BODY; stage++)
        if (strcmp(text, mta_stage_name(stage)) == 0)
            return stage;
    usage("unknown stage");
    return MTA_STAGES;
}

enum option_code {
    OPTION_PROTOCOL = 256,
    OPTION_OFFER_NOTHING,
    OPTION_OFFER_ACTIONS,
    OPTION_NO_NR,
    OPTION_NO_SKIP,
    OPTION_NO_LEADSPC,
    OPTION_QUEUE_ID_AT,
    OPTION_CLIENT,
    OPTION_USER,
    OPTION_RECIPIENT,
    OPTION_ABORT_AT,
    OPTION_NO_ABORT,
    OPTION_CLOSE_FIRST,
    OPTION_QUIT_NC,
    OPTION_BIG_HEADER,
    OPTION_CHUNK,
    OPTION_FIRST_CHUNK,
    OPTION_LAST_CHUNK_WITH_EOB,
    OPTION_SLOW,
    OPTION_DRIBBLE,
    OPTION_TIMEOUT,
    OPTION_RATE,
    OPTION_RETRY,
    OPTION_PRINT,
    OPTION_STATS,
    OPTION_JSON_STATS,
    OPTION_HELP
};

static const struct option options[] = {
    {"protocol", required_argument, NULL, OPTION_PROTOCOL},
    {"offer-nothing", no_argument, NULL, OPTION_OFFER_NOTHING},
    {"offer-actions", required_argument, NULL, OPTION_OFFER_ACTIONS},
    {"no-nr", no_argument, NULL, OPTION_NO_NR},
    {"no-skip", no_argument, NULL, OPTION_NO_SKIP},
    {"no-leadspc", no_argument, NULL, OPTION_NO_LEADSPC},
    {"queue-id-at", required_argument, NULL, OPTION_QUEUE_ID_AT},
    {"client", required_argument, NULL, OPTION_CLIENT},
    {"user", required_argument, NULL, OPTION_USER},
    {"recipient", required_argument, NULL, OPTION_RECIPIENT},
    {"abort-at", required_argument, NULL, OPTION_ABORT_AT},
    {"no-abort", no_argument, NULL, OPTION_NO_ABORT},
    {"close-first", no_argument, NULL, OPTION_CLOSE_FIRST},
    {"quit-nc", no_argument, NULL, OPTION_QUIT_NC},
    {"big-header", no_argument, NULL, OPTION_BIG_HEADER},
    {"chunk", required_argument, NULL, OPTION_CHUNK},
    {"first-chunk", required_argument, NULL, OPTION_FIRST_CHUNK},
    {"last-chunk-with-eob", no_argument, NULL, OPTION_LAST_CHUNK_WITH_EOB},
    {"slow", required_argument, NULL, OPTION_SLOW},
    {"dribble", required_argument, NULL, OPTION_DRIBBLE},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"retry", no_argument, NULL, OPTION_RETRY},
    {"print", required_argument, NULL, OPTION_PRINT},
    {"stats", no_argument, NULL, OPTION_STATS},
    {"json-stats", no_argument, NULL, OPTION_JSON_STATS},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

/* The bits that the MTA offers.  They are computed after all options are read, because they depend
 * on the version. */
struct offer {
    int version;
    uint32_t withheld;
    uint32_t actions;
};

static bool read_protocol_option(int code, struct settings *settings, struct offer *offer) {
    static const char *const queue_id_stages[] = {"mail", "data", "eom", "never", NULL};
    switch (code) {
    case OPTION_PROTOCOL:
        offer->version = (int)number(optarg, 2, 6);
        return true;
    case OPTION_OFFER_NOTHING:
        offer->withheld = UINT32_MAX;
        return true;
    case OPTION_OFFER_ACTIONS:
        offer->actions = (uint32_t)number(optarg, 0, UINT32_MAX);
        return true;
    case OPTION_NO_NR:
        offer->withheld |= NO_REPLY_BITS;
        return true;
    case OPTION_NO_SKIP:
        offer->withheld |= SMFIP_SKIP;
        return true;
    case OPTION_NO_LEADSPC:
        offer->withheld |= SMFIP_HDR_LEADSPC;
        return true;
    case OPTION_QUEUE_ID_AT:
        settings->mta.queue_id_from = (enum mta_queue_id)choice(optarg, queue_id_stages);
        return true;
    case OPTION_SLOW:
        settings->mta.slow_ms = (int)number(optarg, 0, 60000);
        return true;
    case OPTION_DRIBBLE:
        settings->mta.dribble_ms = (int)number(optarg, 1, 60000);
        return true;
    case OPTION_TIMEOUT:
        settings->mta.timeout_ms = (int)number(optarg, 1, 3600000);
        return true;
    default:
        return false;
    }
}

/* Adds TEXT to the COUNT elements of ARRAY, which has room for MOST. */
static void add(const char **array, size_t *count, size_t most, const char *text) {
    if (*count == most)
        usage("an option is repeated too often");
    array[(*count)++] = text;
}

static bool read_envelope_option(int code, struct settings *settings) {
    switch (code) {
    case OPTION_CLIENT:
        add(settings->clients, &settings->client_count, CLIENTS_MAX, optarg);
        return true;
    case OPTION_USER:
        settings->mta.user = optarg;
        return true;
    case OPTION_RECIPIENT:
        add(settings->recipients, &settings->recipient_count, RECIPIENTS_MAX, optarg);
        return true;
    default:
        return false;
    }
}

static bool read_mail_option(int code, struct settings *settings) {
    static const char *const prints[] = {"none", "mail", "headers", "edits", NULL};
    switch (code) {
    case OPTION_BIG_HEADER:
        settings->mail.big_header = true;
        return true;
    case OPTION_CHUNK:
        settings->mail.chunk_bytes = number(optarg, 1, MAIL_CHUNK_LIMIT);
        return true;
    case OPTION_FIRST_CHUNK:
        settings->mail.first_chunk_bytes = number(optarg, 1, MAIL_CHUNK_LIMIT);
        return true;
    case OPTION_LAST_CHUNK_WITH_EOB:
        settings->mail.last_chunk_with_eob = true;
        return true;
    case OPTION_PRINT:
        settings->print = (enum report_kind)choice(optarg, prints);
        return true;
    case OPTION_STATS:
        settings->stats = true;
        return true;
    case OPTION_JSON_STATS:
        settings->json_stats = true;
        return true;
    default:
        return false;
    }
}

static void read_play_option(int code, struct settings *settings) {
    switch (code) {
    case 'c':
        settings->connections = number(optarg, 1, 1000);
        break;
    case 'r':
        settings->repeat = number(optarg, 1, 1000000);
        break;
    case 'm':
        settings->mails_a_connection = number(optarg, 1, SIZE_MAX);
        break;
    case OPTION_ABORT_AT:
        settings->abort_at = stage_of(optarg);
        break;
    case OPTION_NO_ABORT:
        settings->no_abort = true;
        break;
    case OPTION_CLOSE_FIRST:
        settings->close_first = true;
        break;
    case OPTION_QUIT_NC:
        settings->quit_nc = true;
        break;
    case OPTION_RATE:
        settings->rate = number(optarg, 1, 1000000);
        break;
    case OPTION_RETRY:
        settings->retry = true;
        break;
    case OPTION_HELP:
        fputs(usage_text, stdout);
        exit(0);
    default:
        usage("unknown option");
    }
}

int settings_read(struct settings *settings, int argc, char **argv) {
    struct offer offer = {.version = 6, .actions = UINT32_MAX};
    memset(settings, 0, sizeof *settings);
    settings->connections = settings->repeat = 1;
    settings->abort_at = MTA_STAGES;
    settings->mta = mta_options_for(offer.version);
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, "c:r:m:", options, NULL)) != -1;)
        if (!read_protocol_option(code, settings, &offer) && !read_mail_option(code, settings) &&
            !read_envelope_option(code, settings))
            read_play_option(code, settings);
    if (argc - optind < 2)
        usage("SOCKET and FILE are required");
    struct mta_options offered = mta_options_for(offer.version);
    settings->mta.version = offered.version;
    settings->mta.actions = offered.actions & offer.actions;
    settings->mta.protocol = offered.protocol & ~offer.withheld;
    if (settings->recipient_count == 0)
        settings->recipients[settings->recipient_count++] = "list@example.org";
    if (settings->quit_nc && settings->mails_a_connection == 0)
        settings->mails_a_connection = 1;
    settings->socket = argv[optind];
    return optind + 1;
}

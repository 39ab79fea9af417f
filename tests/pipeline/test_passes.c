/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_passes.c - what a mail causes in each of its passes: on the way to its lists, and when list
 * managers send it out.
 *
 * Each case is a sequence of passes.  Of each pass, the events that were appended are compared, and
 * in which way the mail was known before.  All passes of a mail have the same header fields, and no
 * two events of a case have the same id.
 */
#include "support/support.h"

#include "mail/author.h"
#include "store/outbox.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PASSES     8                   /* the most of one case */
#define TEXT_BYTES 400                 /* the header fields of one pass */
#define START      INT64_C(1700000000) /* when the first mail is received */

static struct mail mail;
static struct pipeline *pipeline;
static struct store *store;

static void setup(void) {
    support_folder_make();
    support_mail_init(&mail);
}

static void teardown(void) {
    mail_free(&mail);
    pipeline_release(pipeline);
    store_close(store);
    support_folder_remove();
}

/* ---- a plugin ----------------------------------------------------------------------------- */

static const struct patchmark_fact series_facts[] = {
    {"id", PATCHMARK_STRING, "", NULL},
    {"part", PATCHMARK_INT, "", NULL},
    {"total", PATCHMARK_INT, "", NULL},
    {0},
};

/* "[a 1/2] title" is part 1 of 2 of series a; its author must be known.  "Re: [a] title" is a
 * reply. */
static int classify_series(void *self, const struct patchmark_message *message,
                           struct patchmark_facts *facts) {
    const char *subject = patchmark_message_header(message, "Subject", 0);
    const char *tag = subject ? strchr(subject, '[') : NULL;
    char id[] = "s1-aaaaaaaaaaaaaaaa";
    int part, total;

    (void)self;
    if (!tag || !*patchmark_message_sender(message))
        return 0;
    memset(id + 3, tag[1], sizeof(id) - 4);
    if (strncmp(patchmark_message_sender(message), "eve", 3) == 0)
        id[3] = 'e'; /* a stranger's series is another one */
    patchmark_fact_set_string(facts, "id", id);
    if (sscanf(tag + 2, "%d/%d]", &part, &total) == 2) {
        patchmark_fact_set_int(facts, "part", part);
        patchmark_fact_set_int(facts, "total", total);
    }
    return 0;
}

static struct patchmark_plugin series = {
    PLUGIN_SIZES,
    .traits = PATCHMARK_USES_INDEX,
    .name = "series",
    .version = "1",
    .summary = "for tests",
    .provides = series_facts,
    .classify = classify_series,
};

/* ---- hosts -------------------------------------------------------------------------------- */

#define LIST_SERVER                                                                      \
    "list \"open.example.org\" { address = \"open@example.org\" }\n"                     \
    "list \"second.example.org\" { address = \"second@example.org\" }\n"                 \
    "list \"closed.example.org\" { address = \"closed@example.org\" publish = false }\n" \
    "list \"hidden.example.org\" { address = \"hidden@example.org\" publish = false }\n" \
    "list \"early.example.org\" { address = \"early@example.org\" events = \"received\" }\n"
#define READERS ""

/* ---- passes ------------------------------------------------------------------------------- */

struct pass {
    const char *header; /* NULL after the last; "": the store is closed and opened instead */
    const char *body;
    const char *list_id;    /* of each List-Id field, separated by spaces */
    const char *recipients; /* addresses, separated by spaces */
    bool local;
    const char *events; /* "TYPE:LIST" of each, separated by spaces; of LIST, its first label */
    const char *known;  /* "new", "again", "disputed", "disputed" */
    const char *author; /* NULL if it is From, so that plugins see it anyway */
};

/* A mail from its author; one that a list manager of this host, or of another one, sends out. */
#define IN(header, recipients, events, known) \
    { header, TEXT, "", recipients, false, events, known, NULL }
#define OUT(header, list, events, known) \
    { header, TEXT, list ".example.org", "", true, events, known, NULL }
#define READ(header, list, events, known) \
    { header, TEXT, list ".example.org", "", false, events, known, NULL }
#define RESTART \
    { "", NULL, NULL, NULL, false, NULL, NULL, NULL }

#define TEXT   "A text that is long enough to show that two mails are copies.\n"
#define OTHER  "Quite another text, which is long enough as well for that.\n"
#define FOOTER "-- \nopen mailing list, how to unsubscribe\n"

#define ANN    "From: Ann <ann@example.net>\n"
#define EVE    "From: Eve <eve@example.com>\n"
#define ID     "Message-ID: <1@example.net>\n"
#define ONE    "Subject: [a 1/2] one\n" ID
#define TWO    "Subject: [a 2/2] two\nMessage-ID: <2@example.net>\n"
#define SINGLE "Subject: [b 1/1] all\nMessage-ID: <3@example.net>\n"
#define NO_ID  "Subject: text\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n"

/* From as a list writes it, without and with the author. */
#define VIA     "From: Ann via open <open@example.org>\n"
#define VIA_ANN VIA "Reply-To: Ann <ann@example.net>\n"
#define VIA_EVE VIA "X-Original-From: Eve <eve@example.com>\n"
#define POST    "List-Post: <mailto:open@example.org>\n"
#define WRAPPED(from, id)                                                \
    from "Subject: [a 1/2] one\nMessage-ID: <" id "@example.org>\n" DATE \
         "MIME-Version: 1.0\nContent-Type: message/rfc822\n"
#define DATE       "Date: Mon, 1 Jan 2024 00:00:00 +0000\n"
#define SECOND     "From: Ann via second <second@example.org>\n"
#define SECOND_ANN "From: Ann via second <second@example.org>\nReply-To: Ann <ann@example.net>\n"

static const struct passes {
    const char *reason, *configuration;
    struct pass passes[PASSES];
} cases[] = {
    /* One list. */
    {"an open list",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again"),
      OUT(ANN ONE, "open", "", "again")}},
    {"the MTA of the author tries again, before and after the list sent it out",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"), IN(ANN ONE, "open@example.org", "", "again"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again"),
      IN(ANN ONE, "open@example.org", "", "again"), OUT(ANN ONE, "open", "", "again")}},
    {"only the outgoing mail passes through the filter",
     LIST_SERVER,
     {OUT(ANN ONE, "open", "seen:open posted:open opened:open", "new"),
      OUT(ANN ONE, "open", "", "again")}},
    {"a moderator holds the first part, and then accepts it",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"), IN(ANN TWO, "open@example.org", "", "new"),
      OUT(ANN TWO, "open", "seen:open posted:open opened:open", "again"),
      OUT(ANN ONE, "open", "seen:open posted:open completed:open", "again")}},
    {"a moderator rejects the second part",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again"),
      IN(ANN TWO, "open@example.org", "", "new")}},
    {"a series of one part",
     LIST_SERVER,
     {IN(ANN SINGLE, "open@example.org", "", "new"),
      OUT(ANN SINGLE, "open", "seen:open posted:open opened:open completed:open", "again")}},
    {"the daemon starts again between the passes",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"), RESTART,
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again"), RESTART,
      OUT(ANN ONE, "open", "", "again"), OUT(ANN ONE, "second", "posted:second", "again")}},
    {"a list whose events are made when it receives a mail",
     LIST_SERVER,
     {IN(ANN ONE, "early@example.org", "seen:early opened:early", "new"),
      IN(ANN ONE, "early@example.org", "", "again"), OUT(ANN ONE, "early", "posted:early", "again"),
      OUT(ANN ONE, "early", "", "again")}},
    {"a closed list",
     LIST_SERVER,
     {IN(ANN ONE, "closed@example.org", "", "new"), OUT(ANN ONE, "closed", "", "again"),
      IN(ANN TWO, "closed@example.org", "", "new"), OUT(ANN TWO, "closed", "", "again")}},

    /* Several lists. */
    {"a cross-post to two open lists",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org second@example.org", "", "new"),
      OUT(ANN ONE, "second", "seen:second posted:second opened:second", "again"),
      OUT(ANN ONE, "open", "posted:open", "again"), OUT(ANN ONE, "second", "", "again"),
      OUT(ANN ONE, "open", "", "again")}},
    {"a cross-post that the first list sends out before the second receives it",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again"),
      IN(ANN ONE, "second@example.org", "", "again"),
      OUT(ANN ONE, "second", "posted:second", "again")}},
    {"a cross-post to a list whose events are made early",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      IN(ANN ONE, "early@example.org", "seen:early opened:early", "again"),
      OUT(ANN ONE, "open", "posted:open", "again"),
      OUT(ANN ONE, "early", "posted:early", "again")}},
    {"first a closed list, then an open one, which judges it again",
     LIST_SERVER,
     {IN(ANN ONE, "closed@example.org", "", "new"), OUT(ANN ONE, "closed", "", "again"),
      IN(ANN ONE, "open@example.org", "", "new"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again"),
      OUT(ANN ONE, "closed", "", "again"), OUT(ANN ONE, "open", "", "again")}},
    {"the closed list sends it out last",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again"),
      IN(ANN ONE, "closed@example.org", "", "again"), OUT(ANN ONE, "closed", "", "again")}},
    {"an open and a closed list in one envelope",
     LIST_SERVER,
     {IN(ANN ONE, "closed@example.org open@example.org", "", "new"),
      OUT(ANN ONE, "closed", "", "again"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again")}},
    {"two closed lists",
     LIST_SERVER,
     {IN(ANN ONE, "closed@example.org", "", "new"), IN(ANN ONE, "hidden@example.org", "", "new"),
      OUT(ANN ONE, "hidden", "", "again"), OUT(ANN ONE, "closed", "", "again")}},
    {"a part on an open list does not complete with one that only a closed list had",
     LIST_SERVER,
     {IN(ANN ONE, "closed@example.org", "", "new"), OUT(ANN ONE, "closed", "", "again"),
      IN(ANN TWO, "open@example.org", "", "new"),
      OUT(ANN TWO, "open", "seen:open posted:open opened:open", "again")}},

    /* No list of this host. */
    {"private mail", LIST_SERVER, {IN(ANN ONE, "", "", "new"), IN(ANN ONE, "", "", "again")}},
    {"private mail that then comes to an open list",
     LIST_SERVER,
     {IN(ANN ONE, "", "", "new"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "new")}},
    {"a list of another host, on a list server",
     LIST_SERVER,
     {READ(ANN ONE, "foreign", "", "new"), READ(ANN ONE, "open", "", "again")}},
    {"lists of other hosts, on a host of readers",
     READERS,
     {READ(ANN ONE, "open", "seen:open posted:open opened:open", "new"),
      READ(ANN ONE, "open", "", "again"), READ(ANN ONE, "second", "posted:second", "again")}},
    {"a copy that goes to the reader directly, before and after that of the list",
     READERS,
     {IN(ANN ONE, "", "", "new"), READ(ANN ONE, "open", "seen:open posted:open opened:open", "new"),
      IN(ANN ONE, "", "", "again")}},

    /* A Message-ID of two senders. */
    {"a stranger's mail with the Message-ID of another one",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"), IN(EVE ONE, "open@example.org", "", "disputed"),
      OUT(EVE ONE, "open", "seen:open posted:open opened:open", "disputed"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again"),
      OUT(EVE ONE, "open", "", "disputed"), OUT(ANN ONE, "open", "", "again")}},
    {"it is posted on a second list",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      OUT(EVE ONE, "open", "seen:open posted:open opened:open", "disputed"),
      OUT(EVE ONE, "second", "posted:second", "disputed"), OUT(EVE ONE, "second", "", "disputed"),
      OUT(EVE ONE, "open", "", "disputed")}},
    {"it is received by a list whose events are made early",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      IN(EVE ONE, "early@example.org", "seen:early opened:early", "disputed"),
      OUT(EVE ONE, "early", "posted:early", "disputed"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again")}},
    {"a stranger without an address",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      OUT("From: Ann\n" ONE, "open", "seen:open posted:open", "disputed"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again")}},
    {"on a closed list, it does not show on the open one",
     LIST_SERVER,
     {IN(EVE ONE, "closed@example.org", "", "new"), IN(ANN ONE, "open@example.org", "", "new"),
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again"),
      OUT(EVE ONE, "closed", "", "again")}},

    /* No Message-ID. */
    {"a mail without Message-ID",
     LIST_SERVER,
     {IN(ANN NO_ID, "open@example.org", "", "new"),
      OUT(ANN NO_ID, "open", "seen:open posted:open", "new"), OUT(ANN NO_ID, "open", "", "new"),
      OUT(ANN NO_ID, "second", "posted:second", "new"), OUT(ANN NO_ID, "second", "", "new")}},
    {"a mail without Message-ID on a closed list",
     LIST_SERVER,
     {IN(ANN NO_ID, "closed@example.org", "", "new"), OUT(ANN NO_ID, "closed", "", "new")}},
    {"two senders of one Message-ID, and a list that names neither",
     LIST_SERVER,
     {IN(EVE ONE, "open@example.org", "", "new"),
      {ANN ONE, OTHER, "", "open@example.org", false, "", "disputed", NULL},
      {VIA ONE, OTHER FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "disputed", "ann@example.net"},
      {VIA ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "again", "eve@example.com"}}},
    {"and a list that names them",
     LIST_SERVER,
     {IN(EVE ONE, "open@example.org", "", "new"),
      {ANN ONE, OTHER, "", "open@example.org", false, "", "disputed", NULL},
      {VIA_ANN ONE, OTHER FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "disputed", "ann@example.net"},
      {VIA_EVE ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "again", "eve@example.com"}}},
    {"mail of a closed list with a foreign List-Id comes back from elsewhere",
     "lists = {foreign.example.org}\n" LIST_SERVER,
     {IN(ANN ONE, "closed@example.org", "", "new"),
      {ANN ONE, TEXT, "foreign.example.org closed.example.org", "", true, "", "again", NULL},
      {ANN ONE, TEXT, "foreign.example.org closed.example.org", "", false, "", "new", NULL}}},
    {"a sender writes the List-Id of an open list many times to a closed one",
     LIST_SERVER,
     {{ANN ONE, TEXT,
       "open.example.org open.example.org open.example.org open.example.org open.example.org "
       "open.example.org open.example.org open.example.org open.example.org open.example.org "
       "open.example.org open.example.org open.example.org open.example.org open.example.org "
       "open.example.org open.example.org",
       "closed@example.org", false, "", "new", NULL},
      {ANN ONE, TEXT,
       "open.example.org open.example.org open.example.org open.example.org open.example.org "
       "open.example.org open.example.org open.example.org open.example.org open.example.org "
       "open.example.org open.example.org open.example.org open.example.org open.example.org "
       "open.example.org open.example.org closed.example.org",
       "", true, "", "again", NULL}}},
    {"the same, if its first pass was not recorded",
     LIST_SERVER,
     {{ANN ONE, TEXT,
       "open.example.org open.example.org open.example.org open.example.org open.example.org "
       "open.example.org open.example.org open.example.org open.example.org open.example.org "
       "open.example.org open.example.org open.example.org open.example.org open.example.org "
       "open.example.org open.example.org closed.example.org",
       "", true, "", "new", NULL}}},
    {"a mail without Message-ID and with two List-Ids on a closed list",
     LIST_SERVER,
     {{ANN NO_ID, TEXT, "open.example.org", "closed@example.org", false, "", "new", NULL},
      {ANN NO_ID, TEXT, "open.example.org closed.example.org", "", true, "", "new", NULL}}},
    {"a stranger sends with the address of the list in From, before the author",
     LIST_SERVER,
     {{VIA_ANN ONE, OTHER, "", "open@example.org", false, "", "new", ""},
      IN(ANN ONE, "open@example.org", "", "disputed"),
      {VIA ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "disputed", "ann@example.net"}}},
    {"the same, and the list names the author",
     LIST_SERVER,
     {{VIA ONE, OTHER, "", "open@example.org", false, "", "new", ""},
      IN(ANN ONE, "open@example.org", "", "disputed"),
      {VIA_ANN ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "disputed", "ann@example.net"}}},
    {"a stranger wraps a mail of a closed list for the open one",
     LIST_SERVER,
     {IN(ANN ONE, "closed@example.org", "", "new"),
      {WRAPPED(EVE, "7"), ANN DATE ONE "\n" TEXT, "", "open@example.org", false, "", "new", NULL}}},

    /* The list rewrites From. */
    {"the list names the author",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      {VIA_ANN ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "again", "ann@example.net"},
      {VIA_ANN ONE, TEXT FOOTER, "open.example.org", "", true, "", "again", "ann@example.net"}}},
    {"only the inbound mail names the author",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      {VIA ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "again", "ann@example.net"}}},
    {"after a restart as well",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      RESTART,
      {VIA ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "again", "ann@example.net"}}},
    {"the author had written another one into a field that lists write",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      {VIA_EVE ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "again", "ann@example.net"}}},
    {"another mail with the Message-ID, whose author the list does not name",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      {VIA ONE, OTHER FOOTER, "open.example.org", "", true, "seen:open posted:open", "disputed",
       ""},
      {VIA ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "again", "ann@example.net"}}},
    {"another mail with the Message-ID, whose author the list names",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      {VIA_EVE ONE, OTHER FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "disputed", "eve@example.com"}}},
    {"a beginning of the mail is no copy of it",
     LIST_SERVER,
     {{ANN ONE, TEXT OTHER, "", "open@example.org", false, "", "new", NULL},
      {VIA ONE, TEXT, "open.example.org", "", true, "seen:open posted:open", "disputed", ""}}},
    {"a closed list rewrites From",
     LIST_SERVER,
     {IN(ANN ONE, "closed@example.org", "", "new"),
      {"From: Ann via closed <closed@example.org>\n" ONE, TEXT FOOTER, "closed.example.org", "",
       true, "", "again", "ann@example.net"}}},
    {"a stranger writes the address of the list",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org", "", "new"),
      {VIA_ANN ONE, OTHER, "", "open@example.org", false, "", "disputed", ""},
      OUT(ANN ONE, "open", "seen:open posted:open opened:open", "again")}},
    {"two lists rewrite From",
     LIST_SERVER,
     {IN(ANN ONE, "open@example.org second@example.org", "", "new"),
      {VIA ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "again", "ann@example.net"},
      {SECOND_ANN ONE, TEXT, "second.example.org", "", true, "posted:second", "again",
       "ann@example.net"}}},
    {"a list that is not configured names the author, who is known from the inbound mail",
     READERS,
     {IN(ANN ONE, "", "", "new"),
      {VIA_ANN POST ONE, TEXT FOOTER, "open.example.org", "", true,
       "seen:open posted:open opened:open", "new", "ann@example.net"},
      {VIA_ANN POST ONE, TEXT FOOTER, "open.example.org", "", true, "", "again",
       "ann@example.net"}}},
    {"only the inbound mail of a list that is not configured names the author",
     READERS,
     {IN(ANN ONE, "", "", "new"),
      {VIA POST ONE, TEXT FOOTER, "open.example.org", "", true, "seen:open posted:open opened:open",
       "new", "ann@example.net"}}},

    /* Lists that wrap mail, which then has another Message-ID. */
    {"two lists wrap it, each with a Message-ID of its own",
     LIST_SERVER,
     {IN(ANN DATE ONE, "open@example.org second@example.org", "", "new"),
      {WRAPPED(VIA, "7"), ANN DATE ONE "\n" TEXT, "open.example.org", "", true,
       "seen:open posted:open opened:open", "again", "ann@example.net"},
      {WRAPPED(VIA, "7"), ANN DATE ONE "\n" TEXT, "open.example.org", "", true, "", "again",
       "ann@example.net"},
      {WRAPPED(SECOND, "8"), ANN DATE ONE "\n" TEXT, "second.example.org", "", true,
       "posted:second", "again", "ann@example.net"}}},
    {"a stranger's mail says that it was another's once",
     READERS,
     {READ(ANN ONE, "open", "seen:open posted:open opened:open", "new"),
      READ(EVE "X-Microsoft-Original-Message-ID: <1@example.net>\n" SINGLE, "open",
           "seen:open posted:open opened:open completed:open", "new"),
      READ(ANN ONE, "open", "", "again")}},
    {"a stranger's mail says that it was one that comes later",
     READERS,
     {READ(EVE "X-Microsoft-Original-Message-ID: <1@example.net>\n" SINGLE, "open",
           "seen:open posted:open opened:open completed:open", "new"),
      READ(ANN ONE, "open", "seen:open posted:open opened:open", "new"),
      READ(ANN ONE, "open", "", "again")}},

    /* A sender who writes a List-Id, which the list manager keeps. */
    {"of a closed list, to an open one",
     LIST_SERVER,
     {{ANN ONE, TEXT, "closed.example.org", "open@example.org", false, "", "new", NULL},
      {ANN ONE, TEXT, "closed.example.org open.example.org", "", true,
       "seen:open posted:open opened:open", "again", NULL}}},
    {"of an open list, to a closed one",
     LIST_SERVER,
     {{ANN ONE, TEXT, "open.example.org", "closed@example.org", false, "", "new", NULL},
      {ANN ONE, TEXT, "open.example.org closed.example.org", "", true, "", "again", NULL}}},
    {"of another open list",
     LIST_SERVER,
     {{ANN ONE, TEXT, "second.example.org", "open@example.org", false, "", "new", NULL},
      {ANN ONE, TEXT, "second.example.org open.example.org", "", true,
       "seen:open posted:open opened:open", "again", NULL}}},

    /* An author whom only a list names. */
    {"the author's own mail takes the place of one that a list ascribes to him",
     READERS,
     {{VIA_ANN POST ONE, OTHER, "open.example.org", "", false, "seen:open posted:open opened:open",
       "new", "ann@example.net"},
      READ(ANN ONE, "second", "seen:second posted:second", "disputed"),
      READ(ANN ONE, "second", "", "disputed"),
      {VIA_ANN POST ONE, OTHER, "open.example.org", "", false, "", "again", "ann@example.net"}}},
    {"on a list server, when its list sends it out",
     LIST_SERVER,
     {{VIA_ANN ONE, OTHER, "open.example.org", "", true, "seen:open posted:open opened:open", "new",
       "ann@example.net"},
      IN(ANN ONE, "second@example.org", "", "disputed"),
      OUT(ANN ONE, "second", "seen:second posted:second", "disputed"),
      OUT(ANN ONE, "second", "", "disputed")}},
    {"the author's own mail is the same one",
     READERS,
     {{VIA_ANN POST ONE, TEXT, "open.example.org", "", false, "seen:open posted:open opened:open",
       "new", "ann@example.net"},
      READ(ANN ONE, "second", "posted:second", "again")}},
};

/* ---- what a pass did ---------------------------------------------------------------------- */

static void store_start(void) {
    store_close(store);
    store = store_open(support_folder);
    ck_assert_ptr_nonnull(store);
}

static void pass_run(const struct pass *pass, int64_t received) {
    const struct configuration *configuration = pipeline_configuration(pipeline);
    char raw[4000], copy[2000], *state;
    size_t length = 0;

    snprintf(copy, sizeof(copy), "%s", pass->list_id);
    for (char *word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state))
        length += (size_t)snprintf(raw + length, sizeof(raw) - length, "List-Id: <%s>\n", word);
    snprintf(raw + length, sizeof(raw) - length, "%s\n%s", pass->header, pass->body);
    support_read(&mail, raw, received);
    mail.local = pass->local;
    mail.default_list = NULL;
    snprintf(copy, sizeof(copy), "%s", pass->recipients);
    for (char *word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state))
        mail.recipients[mail.recipient_count++] =
            configuration_list_by_address(configuration, word);
    pipeline_run(pipeline, store, &mail);
}

/* Returns the events that were appended after the sequence SINCE, as in struct pass. */
static const char *events_text(int64_t since) {
    static char text[1000];
    struct outbox_event events[16];
    struct outbox_reader *reader = outbox_reader_open(store);
    int count = outbox_read(reader, since, events, 16);
    size_t length = 0;

    ck_assert_int_ge(count, 0);
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        const char *type = strchr(strchr(events[i].type, '.') + 1, '.') + 1;

        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%.*s:%.*s",
                                   i > 0 ? " " : "", (int)strcspn(type, "."), type,
                                   (int)strcspn(events[i].list, "."), events[i].list);
    }
    outbox_reader_close(reader);
    return text;
}

static int64_t newest_event(void) {
    struct outbox_reader *reader = outbox_reader_open(store);
    int64_t newest = outbox_newest(reader);

    outbox_reader_close(reader);
    return newest;
}

static const char *known_text(void) {
    return mail.disputed ? "disputed" : mail.seen_before ? "again" : "new";
}

static void headers_write(char text[TEXT_BYTES]) {
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < mail.header_count; i++)
        length += (size_t)snprintf(text + length, TEXT_BYTES - length, "%s: %s\n",
                                   mail.headers[i].name, mail.headers[i].value);
}

/* Returns true if two events have the same id. */
static bool has_repeated_ids(void) {
    struct outbox_event events[64];
    struct outbox_reader *reader = outbox_reader_open(store);
    int count = outbox_read(reader, 0, events, 64);
    bool repeated = false;

    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            repeated = repeated || strcmp(events[i].id, events[j].id) == 0;
    outbox_reader_close(reader);
    return repeated;
}

/* ---- the tests ---------------------------------------------------------------------------- */

/* Returns the part of the header of PASS that says which mail it is. */
static const char *mail_of(const struct pass *pass) {
    return strstr(pass->header, "Subject:");
}

static void pass_check(const struct passes *passes, size_t i, int64_t since) {
    const struct pass *pass = &passes->passes[i];
    const char *events = events_text(since);

    ck_assert_msg(strcmp(events, pass->events) == 0, "%s: pass %zu: events '%s'", passes->reason, i,
                  events);
    ck_assert_msg(strcmp(known_text(), pass->known) == 0, "%s: pass %zu: %s", passes->reason, i,
                  known_text());
    if (pass->author)
        ck_assert_msg(strcmp(patchmark_message_sender(mail.message), pass->author) == 0,
                      "%s: pass %zu: author '%s'", passes->reason, i,
                      patchmark_message_sender(mail.message));
}

/* Returns true if the passes I and J are of the same mail: neither is another one with its
 * Message-ID. */
static bool same_mail(const struct passes *passes, size_t i, size_t j) {
    return *passes->passes[j].header && strcmp(passes->passes[i].known, "disputed") != 0 &&
           strcmp(passes->passes[j].known, "disputed") != 0 &&
           (strstr(passes->passes[i].header, "eve") == NULL) ==
               (strstr(passes->passes[j].header, "eve") == NULL) &&
           strcmp(mail_of(&passes->passes[i]), mail_of(&passes->passes[j])) == 0;
}

START_TEST(events_of_each_pass) {
    struct patchmark_plugin *plugins[] = {&series, NULL};
    const struct passes *passes = &cases[_i];
    char headers[PASSES][TEXT_BYTES];

    pipeline = pipeline_new(support_configuration(passes->configuration, plugins));
    ck_assert_ptr_nonnull(pipeline);
    store_start();
    for (size_t i = 0; i < PASSES && passes->passes[i].header; i++) {
        const struct pass *pass = &passes->passes[i];
        int64_t since = newest_event();

        if (!*pass->header) {
            store_start();
            continue;
        }
        pass_run(pass, START + 60 * (int64_t)i);
        pass_check(passes, i, since);
        headers_write(headers[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(!same_mail(passes, i, j) || strcmp(headers[i], headers[j]) == 0,
                          "%s: pass %zu: header fields\n%s", passes->reason, i, headers[i]);
    }
    ck_assert_msg(!has_repeated_ids(), "%s: two events have the same id", passes->reason);
}
END_TEST

SUITE(passes_suite) {
    Suite *suite = suite_create("passes");
    TCase *tests = tcase_create("passes");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, events_of_each_pass, 0, COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite;
}

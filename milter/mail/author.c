/* SPDX-License-Identifier: BSD-2-Clause
 *
 * author.c - the author of a mail whose From a list rewrote; see author.h.
 *
 * What the list managers write:
 *
 * Mailman 2 and 3: "Name via List <list@host>".  The author's mailbox is appended to Reply-To, or,
 * if Reply-To is set to the list or to a fixed address, to Cc.  A name that is missing is that of
 * the subscriber, or the address up to the "@" and "---"; the mailbox then has none.
 * Google Groups: "'Name' via List", with X-Original-From and X-Original-Sender.
 * groups.io: "Name via groups.io <user=domain@host>", Reply-To has the list and the author.
 * Sympa: "Name (via List Mailing List)" and other phrases, with X-Original-From.
 * LISTSERV: "Name <number-dmarc-request@host>", Reply-To may have the author.
 * IETF: "Name <user=40domain@dmarc.ietf.org>".
 *
 * An author may have written any of these fields into the mail himself, and list managers keep
 * them.  Only where all agree, they are believed.
 */
#include "mail/author.h"

#include "mail/address.h"
#include "mail/message-private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- the display name --------------------------------------------------------------------- */

/* How Mailman writes "via" in the languages of lists, where it stands between the name and the
 * list. */
static const char *const via_words[] = {"via",   "über", "a través de", "attraverso", "通过",
                                        "через", "през", "דרך",         "përmes",     NULL};

/* Returns the last " WORD " in NAME, or the WORD with which it starts; NULL if there is none. */
static char *word_find(char *name, const char *word) {
    size_t length = strlen(word);
    char *found = NULL;

    for (char *at = name; (at = strcasestr(at, word)); at += length)
        if ((at == name || at[-1] == ' ') && at[length] == ' ')
            found = at;
    return found;
}

/* Returns the last of the words for "via" in NAME; NULL if it has none. */
static char *via_find(char *name) {
    char *found = NULL;

    for (size_t i = 0; via_words[i]; i++) {
        char *word = word_find(name, via_words[i]);

        if (word > found)
            found = word;
    }
    return found;
}

/* Returns the opening parenthesis of the comment with which NAME ends; NULL if there is none. */
static char *comment_find(char *name) {
    char *at = name + strlen(name);
    size_t depth = 0;

    if (at == name || at[-1] != ')')
        return NULL;
    while (at-- > name) {
        depth += *at == ')';
        if (*at == '(' && --depth == 0)
            return at;
    }
    return NULL;
}

/* Removes white space at both ends of NAME and what follows END, then the quotes of Google Groups.
 * Returns the beginning. */
static char *name_trim(char *name, char *end) {
    while (end > name && end[-1] == ' ')
        end--;
    *end = '\0';
    name += strspn(name, " ");
    if (end - name > 2 && *name == '\'' && end[-1] == '\'') {
        end[-1] = '\0';
        name++;
    }
    return name;
}

/* Folds each run of white space in NAME to one space. */
static char *name_fold(struct patchmark_message *message, const char *name) {
    char *folded = arena_copy(&message->arena, name, strlen(name)), *to = folded;

    for (const char *from = folded; *from; from++)
        if (!isblank((unsigned char)*from))
            *to++ = *from;
        else if (to > folded && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
    return name_trim(folded, to);
}

/* Returns the name of the author in From as the list wrote it.  Sets *VIA if it says that a list
 * stands for him.  Reads the raw field, because GMime drops comments, where Sympa says so. */
static const char *author_name(struct patchmark_message *message, bool *via) {
    struct address found;
    bool is_found = address_first(&message->arena, message_field(message, "From", 0), &found);
    char *folded = name_fold(message, is_found ? message_display_name(message, found.name)
                                               : message->from_name);
    char *comment = comment_find(folded), *word;

    *via = true;
    if (comment && (via_find(comment + 1) || strchr(comment, '@')))
        return name_trim(folded, comment);
    word = via_find(folded);
    if (word > folded)
        return name_trim(folded, word);
    *via = false;
    return folded;
}

/* ---- addresses of the list ---------------------------------------------------------------- */

struct list {
    const char *const *addresses;
    size_t count;
};

/* Returns the author's address in ADDRESS, "user=domain@host" of groups.io or
 * "user=40domain@dmarc.host" of the IETF; NULL if it has another form. */
static const char *form_read(struct patchmark_message *message, const char *address) {
    const char *at = strrchr(address, '@'), *equals = memrchr(address, '=', (size_t)(at - address));
    const char *domain = equals + 1;
    char *author;

    if (!equals || equals == address)
        return NULL;
    if (strncmp(at, "@dmarc.", 7) == 0 && strncmp(domain, "40", 2) == 0)
        domain += 2;
    if (!memchr(domain, '.', (size_t)(at - domain)))
        return NULL;
    author = arena_copy(&message->arena, address, (size_t)(at - address));
    author[equals - address] = '@';
    memmove(author + (equals - address) + 1, author + (domain - address),
            (size_t)(at - domain) + 1);
    return author;
}

/* Returns true if HOST is the domain of the list address ADDRESS, one above it, or its subdomain
 * "dmarc". */
static bool host_is_list(const char *host, const char *address) {
    const char *domain = address_domain(address);

    if (strncmp(host, "dmarc.", 6) == 0 && strcmp(host + 6, domain) == 0)
        return true;
    return strlen(host) <= strlen(domain) && address_domains_related(host, domain);
}

/* Returns true if ADDRESS is one that a list manager makes for an author. */
static bool address_is_form(const char *address, const char *post) {
    static const char listserv[] = "-dmarc-request";
    const char *at = strrchr(address, '@');
    size_t length = at ? (size_t)(at - address) : 0, tail = sizeof(listserv) - 1;
    bool is_form = length > 0 && memchr(address, '=', length);

    if (!is_form && length > tail)
        is_form = memcmp(at - tail, listserv, tail) == 0;
    return is_form && host_is_list(at + 1, post);
}

static bool address_is_list(const struct list *list, const char *address) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(address, list->addresses[i]) == 0 ||
            address_is_form(address, list->addresses[i]))
            return true;
    return false;
}

/* ---- evidence ----------------------------------------------------------------------------- */

struct evidence {
    struct patchmark_message *message;
    const struct list *list;
    const char *wanted;   /* the name before "via" */
    const char *address;  /* the author; NULL if there is no evidence */
    const char *name;     /* his display name; "" if it is unknown */
    bool via;             /* the display name has a word for "via" */
    bool conflict;        /* there is evidence for two addresses */
    const char *nameless; /* the mailbox without display name in Reply-To; NULL if there is none */
    size_t reply_count, reply_other_count; /* the mailboxes in Reply-To; those not of the list */
};

static void evidence_add(struct evidence *evidence, const char *address, const char *name) {
    if (evidence->address && strcmp(evidence->address, address) != 0)
        evidence->conflict = true;
    if (!evidence->address)
        evidence->address = address;
    if (!*evidence->name)
        evidence->name = name;
}

/* Adds the first mailbox of every field called FIELD, which list managers write for this purpose.
 */
static void original_add(struct evidence *evidence, const char *field) {
    struct patchmark_message *message = evidence->message;

    for (size_t i = 0; i < LIMIT_ORIGINAL_FIELDS; i++) {
        struct patchmark_text value = message_field(message, field, i);
        struct address found;

        if (!value.data)
            return;
        if (address_first(&message->arena, value, &found) &&
            !address_is_list(evidence->list, found.address))
            evidence_add(evidence, found.address, message_display_name(message, found.name));
    }
}

/* Returns true if the mailbox ADDRESS with the display name NAME is the one that the list wrote
 * down as WANTED.  Mailman writes "ada---" for "ada@example.org". */
static bool name_matches(const char *wanted, const char *name, const char *address) {
    const char *own = *name ? name : address, *at;
    size_t length = strlen(wanted);

    if (length > 3 && strcmp(wanted + length - 3, "---") == 0 && (at = strrchr(own, '@')))
        return (size_t)(at - own) == length - 3 && strncasecmp(own, wanted, length - 3) == 0;
    return strcasecmp(wanted, own) == 0;
}

/* Reads one mailbox of Reply-To or Cc. */
static void mailbox_add(struct evidence *evidence, const struct address *mailbox, bool is_reply) {
    struct patchmark_message *message = evidence->message;
    const char *name = message_display_name(message, mailbox->name);
    bool is_list = address_is_list(evidence->list, mailbox->address);

    evidence->reply_count += is_reply;
    if (is_list)
        return;
    evidence->reply_other_count += is_reply;
    name = name_fold(message, name);
    if (strcasecmp(name, mailbox->address) == 0)
        name = "";
    if (*evidence->wanted && name_matches(evidence->wanted, name, mailbox->address))
        evidence_add(evidence, mailbox->address, name);
    else if (is_reply && !*name)
        evidence->nameless = mailbox->address;
}

static void mailboxes_add(struct evidence *evidence, const char *field, bool is_reply) {
    for (size_t i = 0; i < LIMIT_ORIGINAL_FIELDS; i++) {
        struct patchmark_text rest = message_field(evidence->message, field, i);
        struct address mailbox;

        if (!rest.data)
            return;
        while (address_next(&evidence->message->arena, &rest, &mailbox))
            mailbox_add(evidence, &mailbox, is_reply);
    }
}

/* Adds the mailbox that is alone in Reply-To without a display name: the author gave no name, and
 * the list took it from the subscriber. */
static void nameless_add(struct evidence *evidence) {
    if (evidence->nameless && evidence->via && evidence->reply_other_count == 1)
        evidence_add(evidence, evidence->nameless, "");
}

/* Returns true if ADDRESS has the domain of the list, as another list to which answers go. */
static bool domain_is_list(const struct list *list, const char *address) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(address_domain(address), address_domain(list->addresses[i])) == 0)
            return true;
    return false;
}

/* Reads Reply-To and Cc.  Mailman appends the author to Reply-To, unless that is set to the list or
 * to a fixed address; then to Cc.  So a mailbox that is alone in Reply-To is the author, and one of
 * the same name in Cc may be another one of his.  If only Cc has the name, a mailbox without name
 * in Reply-To may be the author as well. */
static void replies_add(struct evidence *evidence) {
    bool is_mailman = message_field(evidence->message, "X-Mailman-Version", 0).data != NULL;
    bool is_first = !evidence->address, is_cc;

    mailboxes_add(evidence, "Reply-To", true);
    if (is_mailman && is_first && evidence->reply_count == 1) {
        if (evidence->nameless && !domain_is_list(evidence->list, evidence->nameless))
            nameless_add(evidence);
        if (evidence->address)
            return;
    }
    is_cc = !evidence->address;
    mailboxes_add(evidence, "Cc", false);
    if (!evidence->address)
        nameless_add(evidence);
    else if (is_mailman && is_cc && evidence->nameless &&
             evidence->reply_other_count == evidence->reply_count &&
             !domain_is_list(evidence->list, evidence->nameless))
        evidence->conflict = true;
}

/* Adds From of the mail that the list wrapped. */
static void wrapped_add(struct evidence *evidence) {
    struct patchmark_message *message = evidence->message;
    const struct scan *inner = &message->inner;
    ptrdiff_t number = message->wrapped ? scan_find(inner, "From", -1) : -1;
    struct address found;

    if (number >= 0 &&
        address_first(&message->arena, scan_value(inner, &inner->fields[number]), &found))
        evidence_add(evidence, found.address, message_display_name(message, found.name));
}

static void evidence_collect(struct evidence *evidence) {
    static const char *const originals[] = {"X-Original-From", "X-Original-Sender", "Original-From",
                                            NULL};
    const char *form = form_read(evidence->message, evidence->message->from);

    for (size_t i = 0; originals[i]; i++)
        original_add(evidence, originals[i]);
    if (form)
        evidence_add(evidence, form, "");
    replies_add(evidence);
    wrapped_add(evidence);
}

enum message_author message_find_author(struct patchmark_message *message, const char *list_id,
                                        const char *const *addresses, size_t count, bool believed) {
    struct list list = {addresses, count};
    struct evidence evidence = {.message = message, .list = &list, .name = ""};

    if (!*message->from || !address_is_list(&list, message->from))
        return MESSAGE_AUTHOR_FROM;
    message->rewritten = true;
    evidence.wanted = author_name(message, &evidence.via);
    if (believed)
        evidence_collect(&evidence);
    if (!evidence.address || evidence.conflict) {
        message->sender = message->via = "";
        message->sender_name = evidence.wanted;
        return MESSAGE_AUTHOR_UNKNOWN;
    }
    message->sender = message_clean(message, evidence.address, strlen(evidence.address));
    message->sender_name = *evidence.name ? evidence.name : evidence.wanted;
    message->via = message_keep(message, list_id);
    return MESSAGE_AUTHOR_VIA;
}

bool message_sender_rewritten(const struct patchmark_message *message) {
    return message->rewritten;
}

void message_set_sender(struct patchmark_message *message, const char *address, const char *name) {
    message->sender = message_keep(message, address);
    message->sender_name = message_keep(message, name);
    message->via = "";
}

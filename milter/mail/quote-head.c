/* SPDX-License-Identifier: BSD-2-Clause
 *
 * quote-head.c - recognizes the heads of quotations: see quote-head.h.
 *
 * A head has one of these forms, or several of them in this order:
 *
 *   ________________________________             a rule, from Outlook and Yahoo
 *   -----Original Message-----                   a line of dashes around words
 *   Von: Ada <ada@example.org>                   a block of fields, also with other marks of words
 *   Gesendet: Montag, 2. März 2026 11:05         (*From:*, | From | ... |)
 *   On Mon, 2 Mar 2026 11:05, Ada wrote:         an attribution, on up to three lines
 *
 * The words differ between languages and mail programs; dates and addresses do not.
 */
#include "mail/quote-head.h"

#include "mail/quote-signs.h"

#define FIELDS_MAX      12  /* fields of a block */
#define BLOCK_LINES     36  /* with lines that continue a list of addresses */
#define NAME_BYTES      48  /* of the name of a field: a few words, with up to 3 bytes a letter */
#define NAME_WORDS      4   /* such as "Reply to" */
#define ATTRIBUTION     400 /* bytes of an attribution */
#define RULE_BYTES      20  /* underscores of a rule */
#define DASHES_MIN      3   /* dashes at each side of words */
#define FREE_FIELDS_MAX 2   /* fields with neither date nor address: the subject, and names */

/* ---- characters ---------------------------------------------------------------------------- */

/* Returns the bytes of the blank or invisible character at the start of TEXT, which is not empty; 0
 * if it is another one. */
static size_t blank_bytes(struct patchmark_text text) {
    static const char *const longer[] = {"\u00a0", "\u200b", "\u200e", "\u200f", "\u202a", "\u202b",
                                         "\u202c", "\u202d", "\u202e", "\u202f", "\u2066", "\u2067",
                                         "\u2068", "\u2069", "\u3000", "\ufeff", NULL};

    if ((unsigned char)text.data[0] < 0x80)
        return text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\r';
    for (size_t i = 0; longer[i]; i++)
        if (patchmark_text_starts(text, longer[i]))
            return strlen(longer[i]);
    return 0;
}

/* Returns true if TEXT is empty or has visible ASCII at both ends, as nearly always. */
static bool is_trimmed(struct patchmark_text text) {
    return text.length == 0 || ((unsigned char)(text.data[0] - 0x21) < 0x5E &&
                                (unsigned char)(text.data[text.length - 1] - 0x21) < 0x5E);
}

struct patchmark_text quote_trim(struct patchmark_text text) {
    size_t bytes;

    if (is_trimmed(text))
        return text;
    text = patchmark_text_trim(text);
    if (is_trimmed(text))
        return text;
    while (text.length > 0 && (bytes = blank_bytes(text)) > 0)
        text = patchmark_text_skip(text, bytes);
    while (text.length > 0) {
        bytes = (unsigned char)text.data[text.length - 1] < 0x80                  ? 1
                : text.length >= 3 && (text.data[text.length - 2] & 0xC0) == 0x80 ? 3
                                                                                  : 2;
        if (bytes > text.length ||
            blank_bytes(patchmark_text_skip(text, text.length - bytes)) != bytes)
            break;
        text.length -= bytes;
    }
    return text;
}

/* Moves the next line of REST, without blanks at its ends, to LINE; an empty one at the end. */
static struct patchmark_text next_line(struct patchmark_text *rest) {
    struct patchmark_text line = {"", 0};

    patchmark_text_line(rest, &line);
    return quote_trim(line);
}

/* Skips up to 2 empty lines. */
static void skip_empty(struct patchmark_text *rest) {
    for (int i = 0; i < 2; i++) {
        struct patchmark_text ahead = *rest;

        if (rest->length == 0 || next_line(&ahead).length > 0)
            return;
        *rest = ahead;
    }
}

static bool is_one_of(struct patchmark_text text, const char *const *words) {
    for (; *words; words++)
        if (patchmark_text_case_equals(text, *words))
            return true;
    return false;
}

/* Returns the bytes of the colon at the end of TEXT, 0 if there is none. */
static size_t colon_at_end(struct patchmark_text text) {
    return patchmark_text_ends(text, ":") ? 1 : patchmark_text_ends(text, "\uff1a") ? 3 : 0;
}

/* ---- rules and dashes ---------------------------------------------------------------------- */

bool quote_is_rule(struct patchmark_text words) {
    for (size_t i = 0; i < words.length; i++)
        if (words.data[i] != '_')
            return false;
    return words.length >= RULE_BYTES;
}

/* Reads LINE as dashes around words and sets WORDS to these.  Returns false if it is another line,
 * also for the scissors of git and the armor of PGP. */
static bool dashes_read(struct patchmark_text line, struct patchmark_text *words) {
    size_t before = 0, after = 0;
    char dash;

    if (line.length < 2 * DASHES_MIN + 2 || line.length > ATTRIBUTION ||
        (line.data[0] != '-' && line.data[0] != '='))
        return false;
    dash = line.data[0];
    while (before < line.length && line.data[before] == dash)
        before++;
    while (after < line.length - before && line.data[line.length - 1 - after] == dash)
        after++;
    *words = quote_trim(patchmark_text_slice(line, before, line.length - after));
    return before >= DASHES_MIN && after >= DASHES_MIN && words->length > 1 &&
           !patchmark_is_digit(words->data[0]) && words->data[0] != '>' &&
           !patchmark_text_starts(*words, "BEGIN ") && !patchmark_text_starts(*words, "END ");
}

/* Returns true for the words that mail programs write in English.  Words of other languages are
 * recognized by what follows. */
static bool is_known_dashes(struct patchmark_text words) {
    static const char *const known[] = {"original message", "forwarded message", "replied message",
                                        "reply to message", NULL};

    return is_one_of(words, known) || patchmark_text_case_starts(words, "forwarded message from ");
}

bool quote_is_end(struct patchmark_text words) {
    struct patchmark_text inner;

    return dashes_read(words, &inner) &&
           (patchmark_text_case_starts(inner, "end forwarded message") ||
            patchmark_text_case_starts(inner, "end of forwarded message"));
}

/* ---- fields -------------------------------------------------------------------------------- */

struct field {
    struct patchmark_text name, value;
};

static bool is_name_byte(char c) {
    return patchmark_is_letter(c) || (c & 0x80) || c == ' ' || c == '-' || c == '\'';
}

/* Returns true if NAME may be the name of a field: some words without digits and marks. */
static bool is_name(struct patchmark_text name) {
    size_t words = 1;

    if (name.length == 0 || name.length > NAME_BYTES || name.data[0] == '-')
        return false;
    for (size_t i = 0; i < name.length; i++) {
        if (!is_name_byte(name.data[i]))
            return false;
        words += name.data[i] == ' ';
    }
    return words <= NAME_WORDS;
}

/* Removes the stars with which programs mark bold text. */
static struct patchmark_text unstar(struct patchmark_text text) {
    while (text.length > 0 && text.data[0] == '*')
        text = patchmark_text_skip(text, 1);
    while (text.length > 0 && text.data[text.length - 1] == '*')
        text.length--;
    return quote_trim(text);
}

/* Reads LINE, without blanks at its ends, as "| Word | value |". */
static bool row_read(struct patchmark_text line, struct field *field) {
    const char *bar;

    if (line.length < 5 || line.data[0] != '|' || line.data[line.length - 1] != '|')
        return false;
    line = patchmark_text_slice(line, 1, line.length - 1);
    bar = memchr(line.data, '|', line.length);
    if (!bar)
        return false;
    field->name = unstar(quote_trim(patchmark_text_slice(line, 0, (size_t)(bar - line.data))));
    field->value = quote_trim(patchmark_text_skip(line, (size_t)(bar - line.data) + 1));
    return is_name(field->name);
}

/* Reads LINE, without blanks at its ends, as "Word: value"; "*Word:* value" and a full-width colon
 * are accepted. */
static bool field_read(struct patchmark_text line, struct field *field) {
    size_t length = 0, colon = 0;

    while (length < line.length && length <= NAME_BYTES && colon == 0) {
        if (line.data[length] == ':')
            colon = 1;
        else if (line.data[length] & 0x80 &&
                 patchmark_text_starts(patchmark_text_skip(line, length), "\uff1a"))
            colon = 3;
        else if (!is_name_byte(line.data[length]) && line.data[length] != '*')
            return false;
        else
            length++;
    }
    if (colon == 0)
        return false;
    field->name = unstar(quote_trim(patchmark_text_slice(line, 0, length)));
    field->value = quote_trim(unstar(quote_trim(patchmark_text_skip(line, length + colon))));
    if (!is_name(field->name) || patchmark_text_starts(field->value, "//"))
        return false;
    if (length + colon == line.length || colon == 3 || field->name.data[0] & 0x80)
        return true;
    line = patchmark_text_skip(line, length + colon);
    return line.data[0] == '*' || blank_bytes(line) > 0; /* no C++ name, no label */
}

/* Returns true for trailers of patches, and for the fields that git shows of a commit: these are no
 * fields of a head. */
static bool is_trailer(struct patchmark_text name) {
    static const char *const trailers[] = {"fixes",      "link",   "closes",     "change-id",
                                           "author",     "commit", "authordate", "committer",
                                           "commitdate", "tagger", "merge",      "base-commit",
                                           "gitweb",     "branch", "commit-id",  NULL};

    return patchmark_text_case_ends(name, "-by") || is_one_of(name, trailers);
}

/* ---- blocks of fields ----------------------------------------------------------------------- */

/* Words of the field that names the sender, and of other fields, in common languages.  Two such
 * lines are a head even without date and address. */
static const char *const from_names[] = {"from", "von", "de", NULL};
static const char *const other_names[] = {"sent",  "date",    "to",      "cc",    "subject",
                                          "datum", "an",      "betreff", "fecha", "gesendet",
                                          "para",  "enviado", "asunto",  "objet", NULL};
/* The fields above the message of a patch, in a mail that contains one. */
static const char *const patch_names[] = {"from", "date", "subject", NULL};

struct block {
    size_t fields;
    size_t addresses, dates, subjects, free; /* fields with an address, a date, ...; or none */
    bool has_from, has_other;
    bool has_title; /* has the field Subject */
    bool is_mail;   /* has a field that is not above the message of a patch */
    bool has_odd;   /* has a value that is no subject and no name: a number, a link */
    bool is_whole;  /* ends where the fields end, not at a limit */
    const char *end;
};

/* Returns true if VALUE starts as subjects of patches and answers do: "[...]", "Re: ...". */
static bool is_subject(struct patchmark_text value) {
    size_t length = 0;

    if (value.length > 0 && value.data[0] == '[')
        return true;
    while (length < value.length && length <= 9 &&
           (patchmark_is_letter(value.data[length]) || (value.data[length] & 0x80)))
        length++;
    value = patchmark_text_skip(value, length);
    return length >= 2 && length <= 9 &&
           (patchmark_text_starts(value, ": ") || patchmark_text_starts(value, " : "));
}

static void block_add(struct block *block, const struct field *field, struct quote_signs signs) {
    bool is_from = is_one_of(field->name, from_names);
    bool is_other = is_one_of(field->name, other_names);

    block->fields++;
    block->has_from = block->has_from || is_from;
    block->has_other = block->has_other || is_other;
    block->has_title = block->has_title || patchmark_text_case_equals(field->name, "subject");
    block->is_mail = block->is_mail || !is_one_of(field->name, patch_names);
    if (is_subject(field->value))
        block->subjects++;
    else if (signs.address)
        block->addresses++;
    else if (signs.date)
        block->dates++;
    else if (field->value.length > 0)
        block->free++;
    if (!is_other && !signs.address && !signs.date && field->value.length > 0 &&
        (patchmark_is_digit(field->value.data[0]) ||
         patchmark_text_case_starts(field->value, "http")))
        block->has_odd = true;
}

/* Returns true if LINE continues the value of a field: names of a list, or a long subject above
 * another field. */
static bool continues(struct patchmark_text line, struct patchmark_text rest) {
    struct field field;

    if (line.length == 0 || line.data[0] == '>')
        return false;
    if (line.data[line.length - 1] == ',' || line.data[line.length - 1] == ';')
        return true;
    line = next_line(&rest);
    return field_read(line, &field) &&
           (is_one_of(field.name, other_names) || is_one_of(field.name, from_names) ||
            quote_signs_read(field.value).address || quote_signs_read(field.value).date);
}

/* Reads the fields at the start of TEXT.  An empty line between fields is skipped. */
static void block_read(struct patchmark_text text, struct block *block) {
    struct patchmark_text rest = text;
    bool was_empty = false;

    *block = (struct block){.end = text.data, .is_whole = true};
    for (size_t i = 0; i < BLOCK_LINES && block->fields < FIELDS_MAX && rest.length > 0; i++) {
        struct patchmark_text line = next_line(&rest);
        struct field field;

        if (line.length == 0 && block->fields > 0 && !was_empty) {
            was_empty = true;
            continue;
        }
        if ((field_read(line, &field) || row_read(line, &field)) && !is_trailer(field.name)) {
            struct quote_signs signs = quote_signs_read(field.value);

            if (was_empty && !signs.address && !signs.date &&
                (block->addresses + block->dates == 0 || !is_one_of(field.name, other_names)))
                return; /* below the block */
            block_add(block, &field, signs);
        } else if (block->fields == 0 || was_empty || !continues(line, rest)) {
            return;
        }
        was_empty = false;
        block->end = rest.data;
    }
    block->is_whole = rest.length == 0;
}

/* Returns true if BLOCK names when a mail was sent, and by whom or about what, and little else. */
static bool has_form(const struct block *block) {
    return block->fields >= 2 && !block->has_odd && block->free <= FREE_FIELDS_MAX &&
           block->dates > 0 && (block->addresses > 0 || block->subjects > 0);
}

/* Returns true if TEXT is a field.  A block does not start below one. */
static bool is_field(struct patchmark_text text) {
    struct field field;

    return field_read(text, &field);
}

enum introduced { BY_NOTHING, BY_WORDS, BY_KNOWN_WORDS };

/* Decides whether BLOCK is a head, and fills HEAD.  Below a field, which BELOW_FIELD says, only
 * words that are known make one. */
static bool block_is_head(const struct block *block, enum introduced introduced, bool below_field,
                          const struct quote_above *above, struct quote_head *head) {
    bool is_known = (introduced == BY_KNOWN_WORDS && block->fields > 0) ||
                    (block->has_from && block->has_other);

    if (!is_known && (below_field || !has_form(block)))
        return false;
    head->end = block->end;
    head->is_whole = introduced != BY_NOTHING && block->fields >= 3;
    head->below = QUOTE_BELOW_ALL;
    if (introduced == BY_NOTHING && block->has_title && !block->is_mail)
        head->below = QUOTE_BELOW_PATCH;
    if (introduced == BY_NOTHING && !is_known && !above->has_own)
        head->below = QUOTE_BELOW_NOTHING;
    return true;
}

/* ---- attributions --------------------------------------------------------------------------- */

/* Words of English sentences that are in no attribution. */
static bool is_sentence(struct patchmark_text text) {
    static const char *const words[] = {"the", "this", "that", "with", "from", "for", "and", "is",
                                        "it",  "was",  "my",   "your", "see",  "i",   "we",  NULL};
    size_t length;

    for (; text.length > 0; text = patchmark_text_skip(text, length ? length : 1)) {
        length = 0;
        while (length < text.length && is_name_byte(text.data[length]) && text.data[length] != ' ')
            length++;
        if (length > 0 && is_one_of(patchmark_text_slice(text, 0, length), words))
            return true;
    }
    return false;
}

/* Returns true if TEXT has marks that are in logs and data, but in no attribution. */
static bool has_marks_of_data(struct patchmark_text text) {
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] != '\0' && strchr("{}[]=_;#$%\\|*", text.data[i]))
            return true;
    return false;
}

/* Returns true if TEXT, an attribution without its colon, states a date and who wrote it, so
 * clearly that what follows may be a quotation without marks. */
static bool is_clear(struct patchmark_text text, const struct quote_signs *signs,
                     bool in_paragraph) {
    char last = text.length > 0 ? text.data[text.length - 1] : '\0';

    if (!signs->date)
        return false;
    if (signs->mailbox)
        return signs->time || last == '>' || last == ']' || last == ')';
    if (!signs->time)
        return false;
    return patchmark_text_case_ends(text, " wrote") || patchmark_text_case_ends(text, " writes") ||
           (!in_paragraph && !has_marks_of_data(text) && !is_sentence(text));
}

/* Moves the lines of TEXT up to the first one that ends with a colon to WHOLE, and TEXT behind
 * them. Returns the number of lines; 0 if there is no such line among the first MAX of the
 * paragraph. */
static size_t lines_to_colon(struct patchmark_text *text, size_t max,
                             struct patchmark_text *whole) {
    const char *start = text->data;
    size_t colon;

    for (size_t lines = 1; lines <= max; lines++) {
        struct patchmark_text line = next_line(text);

        if (line.length == 0 || line.data[0] == '>' || patchmark_text_starts(line, "---"))
            return 0;
        colon = colon_at_end(line);
        whole->data = start;
        whole->length = (size_t)(line.data + line.length - start) - colon;
        if (whole->length > ATTRIBUTION)
            return 0;
        if (colon > 0)
            return lines;
    }
    return 0;
}

/* Returns true if LINE, the first of several lines of an attribution, names its date or person. */
static bool starts_attribution(struct patchmark_text line) {
    struct quote_signs signs = quote_signs_read(line);
    struct field field;

    return (signs.date || signs.mailbox) && !(field_read(line, &field) && is_trailer(field.name));
}

/* Reads an attribution at the start of TEXT. */
static bool attribution_read(struct patchmark_text text, bool in_paragraph,
                             struct quote_head *head) {
    struct patchmark_text rest = text, whole;
    size_t lines = lines_to_colon(&rest, in_paragraph ? 1 : 3, &whole);
    struct quote_signs signs;

    if (lines == 0 || (lines > 1 && !starts_attribution(next_line(&text))))
        return false;
    whole = quote_trim(whole);
    signs = quote_signs_read(whole);
    head->end = rest.data;
    head->is_whole = false;
    head->below = is_clear(whole, &signs, in_paragraph) ? QUOTE_BELOW_OWN : QUOTE_BELOW_NOTHING;
    return signs.date || signs.address || patchmark_text_case_ends(whole, "wrote") ||
           patchmark_text_case_ends(whole, "writes");
}

/* ---- heads ---------------------------------------------------------------------------------- */

/* Returns true if LINE can be the first line of a head; saves the rest for most lines. */
static bool is_possible(struct patchmark_text line) {
    char first = line.data[0];

    return first == '_' || first == '-' || first == '=' || patchmark_text_has(line, ':') ||
           patchmark_text_has(line, '@') || first & 0x80 || line.data[line.length - 1] == ',';
}

/* Reads the block or attribution at the start of TEXT.  INTRODUCED is what is above it: nothing, a
 * rule or dashes, or dashes around words that are known. */
static bool lower_read(struct patchmark_text text, enum introduced introduced,
                       struct quote_above *above, struct quote_head *head) {
    bool in_paragraph = introduced == BY_NOTHING && above->line.length > 0;
    bool below_field = in_paragraph && is_field(above->line);
    struct block block;

    /* Further fields of a block that was read have no known words, unless the block is cut and one
     * was among the first. */
    if (!below_field || !above->fields_end || text.data >= above->fields_end) {
        block_read(text, &block);
        if (block_is_head(&block, introduced, below_field, above, head))
            return true;
        if (block.is_whole || (!block.has_from && !block.has_other))
            above->fields_end = block.end;
    }
    return attribution_read(text, in_paragraph, head);
}

static bool head_read(struct patchmark_text line, struct patchmark_text rest,
                      struct quote_above *above, struct quote_head *head) {
    const char *end = rest.data + rest.length;
    struct patchmark_text text = {line.data, (size_t)(end - line.data)}, words;
    bool has_rule = quote_is_rule(line), has_dashes, is_known;

    if (has_rule) {
        skip_empty(&rest);
        text = rest;
        line = next_line(&rest);
    }
    has_dashes = dashes_read(line, &words);
    if (!has_dashes)
        return lower_read(text, has_rule ? BY_WORDS : BY_NOTHING, above, head) &&
               (!has_rule || head->below != QUOTE_BELOW_NOTHING);
    is_known = is_known_dashes(words);
    text = rest;
    skip_empty(&rest);
    if (lower_read(rest, is_known ? BY_KNOWN_WORDS : BY_WORDS, above, head) &&
        (is_known || head->below != QUOTE_BELOW_NOTHING)) {
        head->below = is_known ? QUOTE_BELOW_ALL : head->below;
        return true;
    }
    struct quote_signs signs = quote_signs_read(words);

    head->end = text.data;
    head->is_whole = false;
    head->below = is_known ? QUOTE_BELOW_ALL : QUOTE_BELOW_OWN;
    return is_known || (signs.date && signs.address);
}

bool quote_head_read(struct patchmark_text words, struct patchmark_text below,
                     struct quote_above *above, struct quote_head *head) {
    return is_possible(words) && head_read(words, below, above, head);
}

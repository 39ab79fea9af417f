/* SPDX-License-Identifier: BSD-2-Clause
 *
 * applied-words.c - reads which patches a sentence says were applied: see applied-words.h.
 *
 * A number or a word such as "series" counts only directly before or behind the participle: "Series
 * applied after a fix in patch 2" says nothing of patch 2.  Reads a sentence a few times.
 */
#include "applied-words.h"

#include <ctype.h>
#include <string.h>

#define WORDS_MAX 128 /* of one sentence; further ones are not read */

struct word {
    const char *text;
    size_t length;
    char before, after; /* punctuation beside the word; NUL if there is none */
};

struct sentence {
    struct word words[WORDS_MAX];
    size_t count;
};

/* ---- words -------------------------------------------------------------------------------- */

static void sentence_split(struct sentence *sentence, const char *text) {
    sentence->count = 0;
    while (*text && sentence->count < WORDS_MAX) {
        size_t length = strcspn(text, " ");
        struct word word = {.text = text, .length = length};

        text += length + (text[length] == ' ');
        while (word.length > 0 && strchr("(\"'*", *word.text))
            word.before = *word.text, word.text++, word.length--;
        while (word.length > 0 && strchr(",;:)\"'*!.", word.text[word.length - 1]))
            word.after = word.text[--word.length];
        if (word.length > 0)
            sentence->words[sentence->count++] = word;
        else if (length > 0 && sentence->count > 0)
            sentence->words[sentence->count - 1].after = word.after ? word.after : word.before;
    }
}

/* Returns true if word I of SENTENCE is one of those in LIST, which blanks separate. */
static bool word_is(const struct sentence *sentence, size_t i, const char *list) {
    while (i < sentence->count && *list) {
        size_t length = strcspn(list, " ");

        if (length == sentence->words[i].length &&
            strncmp(list, sentence->words[i].text, length) == 0)
            return true;
        list += length + (list[length] == ' ');
    }
    return false;
}

#define DONE                                                                                   \
    "applied applying queued queuing queueing pushed pushing merged merging committed pulled " \
    "picked took taken taking landed"
#define NOUNS     "patch patches commit commits part parts"
#define WHOLE     "series patchset patchsets patchseries set"
#define CONNECTED "and & to through thru - \xe2\x80\x93"

/* ---- numbers ------------------------------------------------------------------------------ */

/* The numbers of one list: "1", "1-3", "1, 2 and 5", "#1", "1/5". */
struct numbers {
    bool in[PART_MAX + 1];
    size_t last, count;
    bool is_range;  /* the next number ends a range that starts with LAST */
    bool is_marked; /* one was written as "#1" or "1/5" */
};

/* Adds NUMBER, or the range up to it.  Returns false if it is no number of a patch. */
static bool number_add(struct numbers *numbers, size_t number) {
    size_t from = numbers->is_range ? numbers->last : number;

    if (number < 1 || number > PART_MAX || from > number)
        return false;
    for (size_t i = from; i <= number; i++)
        numbers->in[i] = true;
    numbers->last = number;
    numbers->count++;
    numbers->is_range = false;
    return true;
}

/* Reads a word of numbers only, such as "3", "#3", "1-3", "1,2", "3/5".  Returns false if it has
 * anything else, such as a version. */
static bool number_read(const struct word *word, struct numbers *numbers) {
    const char *at = word->text, *end = at + word->length;

    while (at < end) {
        size_t number = 0, digits = 0;

        numbers->is_marked |= *at == '#';
        at += *at == '#';
        for (; at < end && isdigit((unsigned char)*at) && digits < 4; at++, digits++)
            number = number * 10 + (size_t)(*at - '0');
        if (digits == 0 || !number_add(numbers, number))
            return false;
        numbers->is_marked |= at < end && *at == '/';
        if (at < end && *at == '/')
            for (at++; at < end && isdigit((unsigned char)*at);)
                at++;
        if (at == end)
            return true;
        numbers->is_range = *at == '-' || (end - at > 3 && strncmp(at, "\xe2\x80\x93", 3) == 0);
        if (!numbers->is_range && *at != ',' && *at != '&')
            return false;
        at += *at == '\xe2' ? 3 : 1;
    }
    return false;
}

/* Returns the index behind the list of numbers that begins at word I; I if there is none. */
static size_t numbers_read(const struct sentence *sentence, size_t i, struct numbers *numbers) {
    size_t end = i;

    *numbers = (struct numbers){.is_range = false};
    while (i < sentence->count && number_read(&sentence->words[i], numbers)) {
        char after = sentence->words[i].after;

        end = ++i;
        if (after && after != ',')
            return end;
        if (word_is(sentence, i, "to through thru - \xe2\x80\x93"))
            numbers->is_range = true;
        if (word_is(sentence, i, CONNECTED))
            i++;
        else if (!after)
            return end;
        if (word_is(sentence, i, "patch patches"))
            i++; /* "patch 1 and patch 2" */
    }
    return end;
}

/* Returns the number that word I writes, "3" or "three"; 0 if it is none. */
static size_t count_read(const struct sentence *sentence, size_t i) {
    static const char *const names[] = {"one", "two",   "three", "four", "five",
                                        "six", "seven", "eight", "nine", "ten"};
    struct numbers numbers = {.is_range = false};

    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
        if (word_is(sentence, i, names[n]))
            return n + 1;
    return i < sentence->count && number_read(&sentence->words[i], &numbers) ? numbers.last : 0;
}

static void numbers_keep(bool *to, const struct numbers *numbers) {
    for (size_t i = 1; i <= PART_MAX; i++)
        to[i] = to[i] || numbers->in[i];
}

/* ---- what is named -------------------------------------------------------------------------- */

/* Returns true if NUMBERS, which end before word I and follow no noun, are no count, such as in
 * "applied 2 of them". */
static bool are_parts(const struct sentence *sentence, size_t i, const struct numbers *numbers) {
    return numbers->is_marked ||
           (numbers->count > 1 &&
            (i >= sentence->count || sentence->words[i - 1].after || word_is(sentence, i, DONE) ||
             word_is(sentence, i,
                     "of to for from as in into on with and but now already thanks thank "
                     "via is are has have been")));
}

/* Reads "patches 1-3", and "1-3" if BARE.  Returns the index behind it; I if there is none. */
static size_t parts_read(const struct sentence *sentence, size_t i, bool bare,
                         struct numbers *numbers) {
    bool has_noun = word_is(sentence, i, NOUNS) && !sentence->words[i].after;
    size_t start = i + has_noun, end;

    start += has_noun && word_is(sentence, start, "number numbers no nr");
    end = numbers_read(sentence, start, numbers);
    if (end == start || (!has_noun && !bare) || (!has_noun && !are_parts(sentence, end, numbers)) ||
        word_is(sentence, end, "day days week weeks month months year years hour hours times more"))
        return i;
    return end;
}

/* Returns true if word I, or it and the next one, are a name of the whole series. */
static bool is_whole(const struct sentence *sentence, size_t i) {
    return word_is(sentence, i, WHOLE) ||
           (word_is(sentence, i, "patch") && word_is(sentence, i + 1, "series set"));
}

/* Returns true for a name of the whole series with the number of its patches at word I: "7 patch
 * series", "7-patch series", "seven patch set". */
static bool is_counted_series(const struct sentence *sentence, size_t i) {
    const struct word *word = i < sentence->count ? &sentence->words[i] : NULL;
    size_t digits = 0;

    while (word && digits < word->length && isdigit((unsigned char)word->text[digits]))
        digits++;
    if (digits > 0 && word->length == digits + 6 && strncmp(word->text + digits, "-patch", 6) == 0)
        return word_is(sentence, i + 1, WHOLE);
    return count_read(sentence, i) > 1 && word_is(sentence, i + 1, "patch part") &&
           word_is(sentence, i + 2, WHOLE);
}

/* Reads "first patch", "first two patches" at word I.  Returns the index behind it; I if there is
 * none. */
static size_t first_read(struct applied_words *words, const struct sentence *sentence, size_t i) {
    size_t count, end = i + 1;

    if (!word_is(sentence, i, "first"))
        return i;
    count = count_read(sentence, end);
    end += count > 0;
    if (!word_is(sentence, end, NOUNS " one") || count > PART_MAX)
        return i;
    for (size_t part = 1; part <= (count ? count : 1); part++)
        words->said[part] = true;
    words->subset = true;
    return end + 1;
}

/* Reads what stands behind the participle at word I: "applied patches 1-3", "applied the series",
 * "applied all", "applied the first two patches". */
static void read_behind(struct applied_words *words, const struct sentence *sentence, size_t i) {
    struct numbers numbers;

    if (sentence->words[i].after && sentence->words[i].after != ':')
        return;
    i++;
    while (
        word_is(sentence, i, "up out the this your only just also now whole entire complete full"))
        i++;
    if (word_is(sentence, i, "all everything") || is_whole(sentence, i) ||
        is_counted_series(sentence, i))
        words->whole = true;
    else if (word_is(sentence, i, "both"))
        words->both = true;
    else if (first_read(words, sentence, i) == i && parts_read(sentence, i, true, &numbers) > i)
        numbers_keep(words->said, &numbers);
}

/* Returns true if the words before word I make no statement of what follows: "if patch 1", "with
 * the series". */
static bool is_condition(const struct sentence *sentence, size_t i) {
    while (i > 0 && word_is(sentence, i - 1, "the this whole entire all both"))
        i--;
    return i > 0 && !sentence->words[i - 1].after &&
           word_is(sentence, i - 1,
                   "if once when after before unless until with without see get getting have had "
                   "want need not that because since like about");
}

/* Reads numbers that end before word END: "patches 1 and 2", "patch 1 and patch 2", "1-3" at the
 * start of the sentence. */
static void numbers_before(struct applied_words *words, const struct sentence *sentence,
                           size_t end) {
    size_t start = end - 1;
    struct numbers numbers;

    while (start > 0 && !word_is(sentence, start, NOUNS))
        start--;
    while (start > 1 && numbers_read(sentence, start - 2, &numbers) >= end)
        start -= 2;
    if (start > 0 && word_is(sentence, start - 1, NOUNS))
        start--;
    if (parts_read(sentence, start, start == 0, &numbers) == end && !is_condition(sentence, start))
        numbers_keep(words->said, &numbers);
}

/* Reads "both patches", "all three patches", "the first two patches" that end at word I.  Returns
 * false if there is none. */
static bool patches_before(struct applied_words *words, const struct sentence *sentence, size_t i) {
    size_t of = i;

    if (of > 0 && count_read(sentence, of - 1) > 0)
        of--;
    if (!word_is(sentence, i, NOUNS) || of == 0 || is_condition(sentence, of - 1))
        return false;
    if (word_is(sentence, of - 1, "both"))
        words->both = true;
    else if (word_is(sentence, of - 1, "all"))
        words->whole = true;
    else
        return first_read(words, sentence, of - 1) == i + 1;
    return true;
}

/* Reads what stands before the participle at word I: "Patches 1 and 2 are applied", "Series
 * applied", "Both patches applied". */
static void read_before(struct applied_words *words, const struct sentence *sentence, size_t i,
                        bool robot) {
    size_t end = i;

    while (end > 0 && (word_is(sentence, end - 1, "is are has have been now just also already") ||
                       (robot && word_is(sentence, end - 1, "was were"))))
        end--;
    if (end > 3 && word_is(sentence, end - 1, WHOLE) && word_is(sentence, end - 2, "this the") &&
        word_is(sentence, end - 3, "of in from"))
        end -= 3;
    if (end == 0 || (sentence->words[end - 1].after && sentence->words[end - 1].after != ')'))
        return;
    if (word_is(sentence, end - 1, WHOLE " all everything"))
        words->whole |= !is_condition(sentence, end - 1);
    else if (word_is(sentence, end - 1, "both"))
        words->both |= !is_condition(sentence, end - 1);
    else if (!patches_before(words, sentence, end - 1))
        numbers_before(words, sentence, end);
}

/* ---- what is excepted ---------------------------------------------------------------------- */

/* Reads "except patch 3", "minus #17", "all but the last one" at word I. */
static void exception_read(struct applied_words *words, const struct sentence *sentence, size_t i) {
    bool is_all_but =
        word_is(sentence, i, "but") &&
        ((i > 0 && word_is(sentence, i - 1, "all everything")) || word_is(sentence, i + 1, "not"));
    struct numbers numbers;

    if (!is_all_but && !word_is(sentence, i,
                                "except excluding minus without dropping dropped "
                                "skipping skipped"))
        return;
    i++;
    while (word_is(sentence, i, "not for of the this"))
        i++;
    if (parts_read(sentence, i, true, &numbers) > i) {
        numbers_keep(words->excluded, &numbers);
        words->subset = true;
    } else if (word_is(sentence, i, "last final first second third") &&
               (i + 1 >= sentence->count || word_is(sentence, i + 1, NOUNS " one two"))) {
        words->subset = true;
    }
}

/* ---- the sentence -------------------------------------------------------------------------- */

/* Returns true if the participle at word I is what the sender did: "I've applied", "so queued",
 * "Applied", but not "can be applied", "Bob merged". */
static bool is_own_deed(const struct sentence *sentence, size_t i) {
    if (i == 0 || sentence->words[i - 1].after || sentence->words[i].before)
        return true;
    return word_is(sentence, i - 1,
                   "i we i've we've i'm have has been now just only also already am are and so "
                   "thanks then");
}

void applied_words_read(struct applied_words *words, const char *text, bool robot) {
    struct sentence sentence;
    bool has_done = false;
    size_t length = strlen(text);

    if (length > 0 && text[length - 1] == '?')
        return;
    sentence_split(&sentence, text);
    for (size_t i = 0; i < sentence.count; i++) {
        if (!word_is(&sentence, i, DONE))
            continue;
        if ((word_is(&sentence, i + 1, "by") && !robot) || word_is(&sentence, i + 1, "cleanly"))
            continue;
        has_done = true;
        read_before(words, &sentence, i, robot);
        if (is_own_deed(&sentence, i))
            read_behind(words, &sentence, i);
        if (word_is(&sentence, i + 1, "partially partly") ||
            (i > 0 && word_is(&sentence, i - 1, "partially partly")))
            words->subset = true;
    }
    for (size_t i = 0; has_done && i < sentence.count; i++)
        exception_read(words, &sentence, i);
}

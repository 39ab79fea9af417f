/* SPDX-License-Identifier: BSD-2-Clause
 *
 * quote-signs.c - finds dates, times and mailboxes: see quote-signs.h.
 *
 * The names of months differ between languages, so a date is a year and a small number, or three
 * numbers with the same mark between them.
 */
#include "mail/quote-signs.h"

#include <stdint.h>

struct number {
    size_t start, end; /* offsets */
    size_t digits;
    unsigned value;
};

/* Reads one digit at TEXT + AT.  Returns its bytes, 0 if there is none. */
static size_t digit_read(struct patchmark_text text, size_t at, unsigned *value) {
    unsigned char first = (unsigned char)text.data[at], next;

    *value = first - '0';
    if (first < 0x80 || at + 1 >= text.length)
        return patchmark_is_digit(text.data[at]);
    next = (unsigned char)text.data[at + 1];
    *value = next & 0xFU;
    if ((first == 0xD9 && next >= 0xA0 && next <= 0xA9) ||
        (first == 0xDB && next >= 0xB0 && next <= 0xB9))
        return 2;
    return 0;
}

/* Reads the number at TEXT + AT.  Returns false if there is none. */
static bool number_read(struct patchmark_text text, size_t at, struct number *number) {
    unsigned value;
    size_t bytes;

    *number = (struct number){.start = at, .end = at};
    while (number->end < text.length && (bytes = digit_read(text, number->end, &value)) > 0) {
        if (number->digits < 6)
            number->value = number->value * 10 + value;
        number->digits++;
        number->end += bytes;
    }
    return number->digits > 0;
}

static bool is_word(char c) {
    return patchmark_is_letter(c) || patchmark_is_digit(c) || c == '_';
}

/* Reads the minutes, and seconds, of a time whose HOUR was read.  Returns the offset after them; 0
 * if HOUR is none. */
static size_t time_end(struct patchmark_text text, const struct number *hour) {
    struct number minute, second;
    char mark = hour->end < text.length ? text.data[hour->end] : '\0';

    if (hour->start >= 2 && text.data[hour->start - 1] == '.' &&
        patchmark_is_digit(text.data[hour->start - 2]))
        return 0; /* of a version */
    if (hour->digits > 2 || hour->value > 24 || (mark != ':' && mark != '.' && mark != 'h') ||
        !number_read(text, hour->end + 1, &minute) || minute.digits != 2 || minute.value > 59)
        return 0;
    if (minute.end + 1 >= text.length || text.data[minute.end] != mark ||
        !number_read(text, minute.end + 1, &second))
        return minute.end;
    return mark != '.' && second.digits == 2 ? second.end : 0;
}

/* Returns the offset of the number that '/', '-' or '.' joins to the number that ends at END; 0 if
 * there is none.  A blank may follow the mark. */
static size_t joined(struct patchmark_text text, size_t end, char mark) {
    if (end >= text.length || text.data[end] != mark)
        return 0;
    end++;
    if (end < text.length && text.data[end] == ' ')
        end++;
    return end;
}

static bool is_year(const struct number *number) {
    return number->digits == 4 && ((number->value >= 1990 && number->value <= 2099) ||
                                   (number->value >= 1380 && number->value <= 1450) ||
                                   (number->value >= 2533 && number->value <= 2642));
}

static bool is_day(const struct number *number) {
    return number->digits <= 2 && number->value >= 1 && number->value <= 31;
}

/* Returns the offset after a date of three numbers that starts with FIRST; 0 if there is none.
 * "6.1.20" is a version. */
static size_t date_end(struct patchmark_text text, const struct number *first) {
    struct number second, third;
    char mark = first->end < text.length ? text.data[first->end] : '\0';
    size_t at;

    if ((mark != '/' && mark != '-' && mark != '.') || (!is_day(first) && !is_year(first)))
        return 0;
    if ((at = joined(text, first->end, mark)) == 0 || !number_read(text, at, &second) ||
        !is_day(&second))
        return 0;
    if ((at = joined(text, second.end, mark)) == 0 || !number_read(text, at, &third))
        return 0;
    if (is_year(first) ? is_day(&third) : is_year(&third))
        return third.end;
    return third.digits == 2 && (mark != '.' || (first->digits == 2 && second.digits == 2))
               ? third.end
               : 0;
}

/* Sets the address around the '@' at TEXT + AT.  A link may contain an '@' too. */
static void address_read(struct patchmark_text text, size_t at, struct quote_signs *signs) {
    size_t start = at, end = at + 1;
    char before;

    while (start > 0 && (is_word(text.data[start - 1]) || strchr(".+-=~'", text.data[start - 1])))
        start--;
    while (end < text.length && (is_word(text.data[end]) || strchr(".-", text.data[end])))
        end++;
    before = start > 0 ? text.data[start - 1] : ' ';
    if (start == at || end == at + 1 || before == '/' || before == '%' || before == '&')
        return;
    signs->address = true;
    signs->mailbox = signs->mailbox || strchr("<[(:", before);
}

struct quote_signs quote_signs_read(struct patchmark_text text) {
    struct quote_signs signs = {false, false, false, false};
    bool year = false, day = false;
    struct number number;

    if (text.length > QUOTE_SIGNS_BYTES)
        text.length = QUOTE_SIGNS_BYTES;
    for (size_t at = 0, end; at < text.length; at = end) {
        end = at + 1;
        if (text.data[at] == '@')
            address_read(text, at, &signs);
        if ((!patchmark_is_digit(text.data[at]) && !(text.data[at] & 0x80)) ||
            !number_read(text, at, &number))
            continue;
        end = number.end;
        if (at > 0 && is_word(text.data[at - 1]) && text.data[at - 1] != 'T')
            continue; /* of a word, such as "v5" */
        if ((end = date_end(text, &number)) > 0) {
            signs.date = true;
        } else if ((end = time_end(text, &number)) > 0) {
            signs.time = true;
        } else {
            end = number.end;
            year = year || is_year(&number);
            day = day || is_day(&number);
        }
    }
    signs.date = signs.date || (year && day);
    return signs;
}

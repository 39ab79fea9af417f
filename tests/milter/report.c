/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report.c - see report.h.
 *
 * Owns the texts that wait until an earlier mail is printed.  If memory runs out or the output
 * cannot be written, sets `failed`.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "delivered.h"

struct report_entry {
    char *text; /* NULL if the mail is not added yet, or is printed */
    size_t length;
};

int report_init(struct report *report, enum report_kind kind, FILE *out, size_t count) {
    memset(report, 0, sizeof *report);
    report->kind = kind;
    report->out = out;
    report->count = count;
    pthread_mutex_init(&report->lock, NULL);
    if (kind != REPORT_NONE && !(report->entries = calloc(count + 1, sizeof *report->entries)))
        return -1;
    return 0;
}

void report_free(struct report *report) {
    for (size_t i = report->next; report->entries && i < report->count; i++)
        free(report->entries[i].text);
    free(report->entries);
    pthread_mutex_destroy(&report->lock);
}

/* ---- one mail ----------------------------------------------------------------------------- */

/* Prints TEXT with control bytes as \xNN, so that it is one line. */
static void print_escaped(FILE *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 32 || byte == 127)
            fprintf(out, "\\x%02x", byte);
        else
            fputc(byte, out);
    }
}

/* Prints one line of a mail, quoted as mboxrd requires if it starts with "From ". */
static void print_line(FILE *out, const char *line, size_t length) {
    size_t quotes = 0;
    while (quotes < length && line[quotes] == '>')
        quotes++;
    if (length - quotes >= 5 && memcmp(line + quotes, "From ", 5) == 0)
        fputc('>', out);
    fwrite(line, 1, length, out);
}

static void print_mail(FILE *out, const struct mail *mail, const struct delivered *delivered) {
    size_t length = 0;
    char *text = delivered_text(delivered, &length);
    if (!text)
        return;
    fprintf(out, "%s\n",
            mail->from_line ? mail->from_line : "From MAILER-DAEMON Thu Jan  1 00:00:00 1970");
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t bytes = end ? (size_t)(end - (text + at)) + 1 : length - at;
        print_line(out, text + at, bytes);
        at += bytes;
    }
    fputs(length > 0 && text[length - 1] != '\n' ? "\n\n" : "\n", out);
    free(text);
}

static void print_headers(FILE *out, const struct mail *mail, const struct delivered *delivered) {
    const struct mail_header *subject = mail_header_find(mail, "Subject");
    fputs("== Subject: ", out);
    if (subject) {
        size_t at = subject->value_offset;
        while (at < subject->length && subject->text[at] == ' ')
            at++;
        print_escaped(out, subject->text + at, subject->length - at);
    }
    fputc('\n', out);
    for (size_t i = 0; i < delivered->header_count; i++) {
        const struct delivered_header *header = &delivered->headers[i];
        if (header->by_filter)
            fprintf(out, "%.*s\n", (int)header->length, header->text);
    }
}

static void print_edit(FILE *out, size_t number, const struct mta_edit *edit, bool leading_space) {
    static const char *const names[] = {
        [MTA_EDIT_ADD] = "add",
        [MTA_EDIT_INSERT] = "insert",
        [MTA_EDIT_CHANGE] = "change",
        [MTA_EDIT_DELETE] = "delete",
        [MTA_EDIT_BODY] = "replace-body",
        [MTA_EDIT_QUARANTINE] = "quarantine",
        [MTA_EDIT_ADD_RCPT] = "add-recipient",
        [MTA_EDIT_DELETE_RCPT] = "delete-recipient",
        [MTA_EDIT_CHANGE_FROM] = "change-sender",
    };
    enum mta_edit_kind kind = edit->kind;
    bool header = kind == MTA_EDIT_ADD || kind == MTA_EDIT_INSERT || kind == MTA_EDIT_CHANGE;
    fprintf(out, "%zu %s", number, names[kind]);
    if (kind == MTA_EDIT_BODY) {
        fprintf(out, " %zu\n", edit->value_length);
        return;
    }
    if (kind == MTA_EDIT_INSERT || kind == MTA_EDIT_CHANGE || kind == MTA_EDIT_DELETE)
        fprintf(out, " %u", edit->index);
    if (*edit->name) {
        fputc(' ', out);
        print_escaped(out, edit->name, strlen(edit->name));
    }
    if (header)
        fputs(leading_space ? ":" : ": ", out);
    else if (edit->value_length > 0)
        fputc(' ', out);
    print_escaped(out, edit->value, edit->value_length);
    fputc('\n', out);
}

static void print_edits(FILE *out, size_t number, const struct mta_result *result) {
    fprintf(out, "%zu %s", number, mta_verdict_name(result->verdict));
    if (*result->reply) {
        fputc(' ', out);
        print_escaped(out, result->reply, strlen(result->reply));
    }
    if (result->stage != MTA_EOM)
        fprintf(out, " at %s", mta_stage_name(result->stage));
    fputc('\n', out);
    for (size_t i = 0; i < result->edit_count; i++)
        print_edit(out, number, &result->edits[i], result->leading_space);
}

/* Returns the text to print for one mail, which the caller frees; NULL if memory runs out. */
static char *entry_text(const struct report *report, size_t index, const struct mail *mail,
                        const struct mta_result *result, size_t *length) {
    static const struct mta_result unanswered;
    struct delivered delivered = {0};
    bool build = report->kind == REPORT_MAIL || report->kind == REPORT_HEADERS;
    if (build && delivered_build(&delivered, mail, result ? result : &unanswered) < 0)
        return NULL;
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    if (out) {
        bool passed = result && result->verdict <= MTA_ACCEPT;
        if (report->kind == REPORT_HEADERS)
            print_headers(out, mail, &delivered);
        else if (report->kind == REPORT_MAIL && passed)
            print_mail(out, mail, &delivered);
        else if (report->kind == REPORT_EDITS && result)
            print_edits(out, index + 1, result);
        else if (report->kind == REPORT_EDITS)
            fprintf(out, "%zu lost\n", index + 1);
        fclose(out);
    }
    delivered_clear(&delivered);
    return text;
}

void report_add(struct report *report, size_t index, const struct mail *mail,
                const struct mta_result *result) {
    if (report->kind == REPORT_NONE)
        return;
    size_t length = 0;
    char *text = entry_text(report, index, mail, result, &length);
    pthread_mutex_lock(&report->lock);
    if (!text) {
        report->failed = 1;
    } else {
        report->entries[index] = (struct report_entry){text, length};
        while (report->next < report->count && report->entries[report->next].text) {
            struct report_entry *entry = &report->entries[report->next++];
            if (fwrite(entry->text, 1, entry->length, report->out) != entry->length)
                report->failed = 1;
            free(entry->text);
            entry->text = NULL;
        }
    }
    pthread_mutex_unlock(&report->lock);
}

/* ---- statistics --------------------------------------------------------------------------- */

static int compare_latencies(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* Returns the latency that PER_MILLE thousandths of the answered mails did not exceed. */
static uint32_t latency_at(const struct statistics *statistics, size_t per_mille) {
    size_t count = statistics->answered;
    if (count == 0)
        return 0;
    size_t rank = (count * per_mille + 999) / 1000;
    return statistics->latencies[rank > 0 ? rank - 1 : 0];
}

void statistics_print(struct statistics *statistics, bool json, FILE *out) {
    size_t count = statistics->answered;
    if (count > 0)
        qsort(statistics->latencies, count, sizeof *statistics->latencies, compare_latencies);
    double rate = statistics->seconds > 0 ? (double)count / statistics->seconds : 0;
    fprintf(out,
            json ? "{\"mails\":%zu,\"seconds\":%.6f,\"mails_per_second\":%.1f,\"p50_us\":%u,"
                   "\"p99_us\":%u,\"p999_us\":%u,\"max_us\":%u,\"lost_connections\":%zu,"
                   "\"retries\":%zu,\"unanswered\":%zu,\"verdicts\":{"
                 : "mails=%zu seconds=%.6f mails_per_second=%.1f p50_us=%u p99_us=%u p999_us=%u "
                   "max_us=%u lost_connections=%zu retries=%zu unanswered=%zu",
            count, statistics->seconds, rate, latency_at(statistics, 500),
            latency_at(statistics, 990), latency_at(statistics, 999), latency_at(statistics, 1000),
            statistics->lost_connections, statistics->retries, statistics->unanswered);
    for (enum mta_verdict verdict = 0; verdict < MTA_VERDICTS; verdict++)
        fprintf(out, json ? "%s\"%s\":%zu" : "%s%s=%zu",
                !json     ? " "
                : verdict ? ","
                          : "",
                mta_verdict_name(verdict), statistics->verdicts[verdict]);
    fputs(json ? "}}\n" : "\n", out);
}

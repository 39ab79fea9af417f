/* SPDX-License-Identifier: BSD-2-Clause
 *
 * write.c - generates the text of hostile mails, see hostile.h.
 *
 * The only error is that memory runs out, which aborts the program.
 */
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run_write(FILE *out, const struct hostile_run *run) {
    const char *dollar = strchr(run->text, '$');

    for (size_t turn = 0; turn < run->count; turn++) {
        const char *at = run->text;

        for (const char *next = dollar; next; next = strchr(at, '$')) {
            fwrite(at, 1, (size_t)(next - at), out);
            fprintf(out, "%zu", turn);
            at = next + 1;
        }
        fputs(at, out);
    }
}

char *hostile_write(const struct hostile_mail *mail, size_t *length) {
    char *text = NULL;
    FILE *out = open_memstream(&text, length);

    if (!out)
        abort();
    if (!(mail->traits & HOSTILE_BARE))
        fprintf(out,
                "From: Ada Example <ada@example.org>\nMessage-ID: <%s@example.org>\n"
                "List-Id: <hostile.example.org>\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n",
                mail->name);
    for (const struct hostile_run *run = mail->runs; run->text; run++)
        run_write(out, run);
    if (fclose(out) != 0)
        abort();
    for (size_t i = 0; i < *length; i++) /* a C string cannot contain a NUL */
        if (text[i] == '\001')
            text[i] = '\0';
    return text;
}

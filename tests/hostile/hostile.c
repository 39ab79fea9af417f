/* SPDX-License-Identifier: BSD-2-Clause
 *
 * hostile.c - writes the hostile mails into a folder, for tests of the daemon:
 *
 *     hostile FOLDER
 *
 * Writes each mail to FOLDER/NAME.eml, and prints one line for each: its name and those of the
 * flags truncated and malformed that it must have.  The only error is that a file cannot be
 * written.
 */
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

static int mail_save(const char *folder, const struct hostile_mail *mail) {
    char path[1024];
    size_t length = 0, written;
    char *text;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s.eml", folder, mail->name);
    file = fopen(path, "w");
    if (!file)
        return -1;
    text = hostile_write(mail, &length);
    written = fwrite(text, 1, length, file);
    free(text);
    return fclose(file) == 0 && written == length ? 0 : -1;
}

int main(int count, char **arguments) {
    if (count != 2) {
        fputs("usage: hostile FOLDER\n", stderr);
        return EX_USAGE;
    }
    for (const struct hostile_mail *mail = hostile_mails; mail->name; mail++) {
        if (mail_save(arguments[1], mail) < 0) {
            perror(mail->name);
            return EX_CANTCREAT;
        }
        printf("%s%s%s\n", mail->name, mail->traits & HOSTILE_TRUNCATED ? " truncated" : "",
               mail->traits & HOSTILE_MALFORMED ? " malformed" : "");
    }
    return EX_OK;
}

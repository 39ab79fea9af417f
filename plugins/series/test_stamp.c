/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_stamp.c - Message-IDs that have the stamp of a tool, and others that only resemble them.
 */
#include "stamp.h"
#include "support/suite.h"

#include <check.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HASH   "0123456789abcdef0123456789abcdef01234567"
#define HASH64 HASH "89abcdef0123456789abcdef"

/* ---- ids with a counter ------------------------------------------------------------------- */

START_TEST(reads_counters) {
    static const struct {
        const char *id, *stamp;
        long counter;
    } examples[] = {
        /* git send-email since 2.1, and before */
        {"20200507134205.7559-2-user@host", "20200507134205.7559-*-user@host", 2},
        {"20200507134205.7559-12-user@host", "20200507134205.7559-*-user@host", 12},
        {"20200507134205.1-1-a.b+c@host.example.org", "20200507134205.1-*-a.b+c@host.example.org",
         1},
        {"20200507134205.4194304-99999-user@host", "20200507134205.4194304-*-user@host", 99999},
        {"20200507134205.1234567890-1-user@host", "20200507134205.1234567890-*-user@host", 1},
        {"1573131223-5685-1-git-send-email-user@host", "1573131223-5685-*-git-send-email-user@host",
         1},
        {"999999999-5-20-git-send-email-user@host", "999999999-5-*-git-send-email-user@host", 20},
        /* b4: the counter of a cover is 0, a slug may hold anything */
        {"20250203-slug-v3-2-0123456789ab@host", "20250203-slug-v3-*-0123456789ab@host", 2},
        {"20250203-slug-v1-0-0123456789ab@host", "20250203-slug-v1-*-0123456789ab@host", 0},
        {"20250203-a-v2-1-fix-v11-10-fedcba987654@host",
         "20250203-a-v2-1-fix-v11-*-fedcba987654@host", 10},
        {"20250203-b4-4-and_5.6-v1-1-012345678901@host",
         "20250203-b4-4-and_5.6-v1-*-012345678901@host", 1},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        char stamp[STAMP_SIZE];
        int64_t second;
        long counter;

        ck_assert_msg(stamp_read(examples[i].id, stamp, &counter), "%s: no stamp", examples[i].id);
        ck_assert_str_eq(stamp, examples[i].stamp);
        ck_assert_msg(counter == examples[i].counter, "%s: counter %ld", examples[i].id, counter);
        ck_assert_msg(!stamp_read_timed(examples[i].id, stamp, &second), "%s ticks",
                      examples[i].id);
    }
}
END_TEST

START_TEST(keeps_runs_apart) {
    static const char *const runs[] = {
        "20200507134205.7559-1-user@host",
        "20200507134206.7559-1-user@host", /* a second later */
        "20200507134205.7560-1-user@host", /* another process */
        "20200507134205.7559-1-user@other",
        "20200507134205.7559-1-usera@host",
        "1573131223-7559-1-git-send-email-user@host",
        "20250203-slug-v3-1-0123456789ab@host",
        "20250203-slug-v4-1-0123456789ab@host",
        "20250203-slug-v3-1-0123456789ac@host",
        "20250203-slug-2-v3-1-0123456789ab@host",
        "20250204-slug-v3-1-0123456789ab@host",
    };
    char stamps[COUNT(runs)][STAMP_SIZE];
    long counter;

    for (size_t i = 0; i < COUNT(runs); i++) {
        ck_assert(stamp_read(runs[i], stamps[i], &counter));
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(stamps[i], stamps[j]);
    }
}
END_TEST

/* ---- ids with a time ---------------------------------------------------------------------- */

START_TEST(reads_seconds) {
    static const struct {
        const char *id, *stamp;
        int64_t second;
    } examples[] = {
        /* git format-patch --thread: SHA-1 and SHA-256, and a cover */
        {HASH ".1589000000.git.user@host", "*.git.user@host", 1589000000},
        {HASH64 ".1589000000.git.user@host", "*.git.user@host", 1589000000},
        {"cover.1589000000.git.user@host", "*.git.user@host", 1589000000},
        {"cover.999999999.git.a.b@host.example.org", "*.git.a.b@host.example.org", 999999999},
        /* GitGitGadget's covers belong to parts that look like format-patch's */
        {"pull.123.git.1589000000.user@host", "*.git.user@host", 1589000000},
        {"pull.1.v12.git.1589000000.user@host", "*.git.user@host", 1589000000},
        /* with the owner of the repository */
        {"pull.2147.git.git.1589000000.user@host", "*.git.user@host", 1589000000},
        {"pull.2147.v10.git.git.1589000000.user@host", "*.git.user@host", 1589000000},
        {"pull.2147.v10.an-owner.git.1589000000.user@host", "*.git.user@host", 1589000000},
        /* hg email, old and new */
        {"patchbomb.1589000000@host", "*@host", 1589000000},
        {"0123456789abcdef0123.1589000001@host", "*@host", 1589000001},
        {HASH ".1589000001@host", "*@host", 1589000001},
        /* stgit: the process is part of the run; dates, and hundredths of a second.  2008-04-14
         * is day 13,983 since 1970, and 12:40:03 its second 45,603. */
        {"20080414124003.26664.94545.stgit@host", "*.stgit@host 26664",
         INT64_C(13983) * 86400 + 45603},
        {"158900000012.26664.8475911432325461.stgit@host", "*.stgit@host 26664", 1589000000},
        {"20000229235959.1.1.stgit@host", "*.stgit@host 1", INT64_C(11016) * 86400 + 86399},
        {"19700101000000.1.1.stgit@host", "*.stgit@host 1", 0},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        char stamp[STAMP_SIZE];
        int64_t second;
        long counter;

        ck_assert_msg(stamp_read_timed(examples[i].id, stamp, &second), "%s: no stamp",
                      examples[i].id);
        ck_assert_str_eq(stamp, examples[i].stamp);
        ck_assert_msg(second == examples[i].second, "%s: second %lld", examples[i].id,
                      (long long)second);
        ck_assert_msg(!stamp_read(examples[i].id, stamp, &counter), "%s has a counter",
                      examples[i].id);
    }
}
END_TEST

/* ---- look-alikes -------------------------------------------------------------------------- */

START_TEST(refuses_look_alikes) {
    static const char *const ids[] = {
        "",
        "@",
        "-",
        "a@b",
        /* mail programs */
        "0b1c2d3e-4f56-7890-abcd-ef0123456789@example.org", /* Thunderbird */
        "20200507-4f56-7890-abcd-ef0123456789@example.org", /* one that starts like a date */
        "20200507-v3f6-7890-2-ef0123456789@example.org",
        "CAHk-=wg0123456789abcdef_-ABCDEFGHIJKLMNOPQRSTUVWXYZ@mail.gmail.com",
        "20200507134205.GA7559@example.org",       /* mutt */
        "20200507134205.7559@example.org",         /* mutt, procmail */
        "20200507134205.abcdefghijkl@example.org", /* neomutt */
        "20200507134205.7559.qmail@example.org",   /* qmail */
        "20200507134205.4f7559-2@example.org",
        "87y2q1abcd.fsf@example.org",           /* Gnus */
        "1589000000.12345.2.camel@example.org", /* Evolution */
        "1589000000.7559.1.git@example.org",
        "alpine.DEB.2.21.2005071342050.7559@example.org",
        "012345678.1589000000@example.org", /* as many digits as "patchbomb" has letters */
        "01234.1589000000.git.user@host",   /* and as "cover" has */
        "0123456789ab.1589000000@host",
        "05EE29151DC406FF.1589000000@host",
        /* git send-email, almost */
        "20200507134205.75591234567-2-user@host", /* a process of 11 digits */
        "20200507134205.-2-user@host",
        "20200507134205.7559-0-user@host", /* counters start at 1 */
        "20200507134205.7559--user@host",
        "20200507134205.7559-123456-user@host",
        "20200507134205.7559-2-user", /* no host */
        "20200507134205.7559-2x-user@host",
        "20200507134205.7559-2@host",
        "2020050713420.7559-2-user@host", /* 13 digits, 15 digits */
        "202005071342051.7559-2-user@host",
        "20200507134205-7559-2-user@host",
        "1573131223-5685-1-git-send-mail-user@host",
        "1573131223-5685-1-user@host",
        "1573131223-56851234567-1-git-send-email-user@host",
        "15731312231-5685-1-git-send-email-user@host",
        "15731312-5685-1-git-send-email-user@host",
        /* b4, almost */
        "20250203-slug-v3-2-0123456789AB@host", /* digits are lower case */
        "20250203-slug-v3-2-0123456789ag@host",
        "20250203-slug-v3-2-0123456789a@host", /* 11, 13 */
        "20250203-slug-v3-2-0123456789abc@host",
        "20250203-slug-v3-2-0123456789ab",
        "2025020-slug-v3-2-0123456789ab@host",
        "202502033-slug-v3-2-0123456789ab@host",
        "20250203slug-v3-2-0123456789ab@host",
        "20250203-slug-3-2-0123456789ab@host",
        "20250203-slug-v-2-0123456789ab@host",
        "20250203-slug-v3--0123456789ab@host",
        "20250203-slug-v3-123456-0123456789ab@host",
        "20250203-slugv3-2-0123456789ab@host",
        "20250203-v3-2@0123456789ab",
        "20250203-0123456789ab@host",
        /* format-patch, GitGitGadget, hg, stgit, almost */
        HASH "0.1589000000.git.user@host",
        HASH ".15890000001.git.user@host",
        HASH ".1589000000.git.user",
        HASH ".1589000000.got.user@host",
        "COVER.1589000000.git.user@host",
        "cover..git.user@host",
        "cover",
        "pull.git.1589000000.user@host",
        "pull.1.v.git.1589000000.user@host",
        "pull.1.git.15890.user@host",
        "pull.1.git.git.git.1589000000.user@host",
        "pull.1.an owner.git.1589000000.user@host",
        "pull.1..git.1589000000.user@host",
        "pull.1.git.1589000000@host",
        "pull.1.git.1589000000.user",
        "pull.",
        "patchbomb.15890000000@host",
        "patchbomb.1589000000.5@host",
        "patchbomb.@host",
        "patchbomb",
        "0123456789abcdef01234.1589000000@host",
        "20080414124003.26664.stgit@host",
        "20080414124003..94545.stgit@host",
        "20080414124003.26664..stgit@host",
        "20080414124003.26664.94545.stgit",
        "2008041412400.26664.94545.stgit@host",
        "20080414124003.26664.94545.quilt@host",
    };

    for (size_t i = 0; i < COUNT(ids); i++) {
        char stamp[STAMP_SIZE];
        int64_t second;
        long counter;

        ck_assert_msg(!stamp_read(ids[i], stamp, &counter), "%s: counter %ld", ids[i], counter);
        ck_assert_msg(!stamp_read_timed(ids[i], stamp, &second), "%s: second", ids[i]);
    }
}
END_TEST

/* ---- long ones ---------------------------------------------------------------------------- */

/* Writes BEGIN, FILL repeatedly, and END, SIZE bytes in all. */
static const char *fill(const char *begin, char filler, const char *end, size_t size) {
    static char text[16 * 1024];
    size_t head = strlen(begin), tail = strlen(end);

    ck_assert(head + tail <= size && size < sizeof(text));
    memcpy(text, begin, head);
    memset(text + head, filler, size - head - tail);
    strcpy(text + size - tail, end);
    return text;
}

/* An id whose stamp would be too long has none: if it was cut, two stamps could become equal. */
START_TEST(bounds_stamps) {
    static const struct {
        const char *begin, *end;
        size_t less; /* bytes by which the stamp is shorter than the id */
    } examples[] = {
        {"20200507134205.7559-1-", "@host", 0},
        {"1573131223-5685-1-git-send-email-", "@host", 0},
        {"20250203-", "-v3-2-0123456789ab@host", 0},
        {"cover.1589000000.git.", "@host", strlen("cover.1589000000") - 1},
        {"pull.1.git.1589000000.", "@host", strlen("pull.1.git.1589000000") - strlen("*.git")},
        {"patchbomb.1589000000@", "host", strlen("patchbomb.1589000000") - 1},
        {"20080414124003.26664.94545.stgit@", "host",
         strlen("20080414124003.26664.94545") - strlen("* 26664")},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        size_t longest = STAMP_SIZE - 1 + examples[i].less;

        for (int more = 0; more < 3; more++) {
            const char *id = fill(examples[i].begin, 'a', examples[i].end,
                                  more == 2 ? 10 * 1024 : longest + (size_t)more);
            char stamp[STAMP_SIZE];
            int64_t second;
            long counter;
            bool read = stamp_read(id, stamp, &counter) || stamp_read_timed(id, stamp, &second);

            ck_assert_msg(read == (more == 0), "%s, %zu bytes: %d", examples[i].begin, strlen(id),
                          read);
            ck_assert(!read || strlen(stamp) == STAMP_SIZE - 1);
        }
    }
}
END_TEST

START_TEST(survives_long_ids) {
    static const char *const begins[] = {"",           "20200507134205.", "20200507134205.7559-",
                                         "cover.",     "pull.",           "pull.1.v",
                                         "patchbomb.", "20080414124003.", "20080414124003.1.",
                                         "20250203-",  "1573131223-"};
    static const char *const ends[] = {
        "", "@host", "-2-user@host", ".stgit@host", "-v3-2-0123456789ab@host", ".git.user@host"};
    static const char fillers[] = "09af.-@v";

    for (size_t i = 0; i < COUNT(begins); i++)
        for (size_t j = 0; j < COUNT(ends); j++)
            for (const char *filler = fillers; *filler; filler++) {
                const char *id = fill(begins[i], *filler, ends[j], 10 * 1024);
                char stamp[STAMP_SIZE];
                int64_t second;
                long counter;

                ck_assert(!stamp_read(id, stamp, &counter));
                ck_assert(!stamp_read_timed(id, stamp, &second));
                ck_assert_ptr_nonnull(stamp_original(id));
            }
}
END_TEST

/* ---- gateways ----------------------------------------------------------------------------- */

START_TEST(removes_prefixes_of_gateways) {
    static const struct {
        const char *id, *original;
    } examples[] = {
        {"05EE29151DC406FF+20200507134205.7559-2-user@host", "20200507134205.7559-2-user@host"},
        {"05ee29151dc406ff+a@b", "a@b"},
        {"05EE29151DC406F+a@b", "05EE29151DC406F+a@b"},     /* 15 */
        {"05EE29151DC406FF0+a@b", "05EE29151DC406FF0+a@b"}, /* 17 */
        {"05EE29151DC406FG+a@b", "05EE29151DC406FG+a@b"},
        {"05EE29151DC406FF-a@b", "05EE29151DC406FF-a@b"},
        {"05EE29151DC406FF+", "05EE29151DC406FF+"},
        {"a+05EE29151DC406FF@b", "a+05EE29151DC406FF@b"},
        {"", ""},
    };

    for (size_t i = 0; i < COUNT(examples); i++)
        ck_assert_str_eq(stamp_original(examples[i].id), examples[i].original);
}
END_TEST

/* ---- what git's ids show ------------------------------------------------------------------ */

START_TEST(reads_the_start_of_a_run) {
    static const struct {
        const char *id, *first;
        int64_t second;
    } examples[] = {
        {"20200509045320.7559-12-user@host", "20200509045320.7559-1-user@host", 1589000000},
        {"20200509045320.7559-1-u*r@host", "20200509045320.7559-1-u*r@host", 1589000000},
        {"1589000000-7559-2-git-send-email-user@host", "1589000000-7559-1-git-send-email-user@host",
         1589000000},
        {"20250203-slug-v3-2-0123456789ab@host", NULL, 0},
        {HASH ".1589000000.git.user@host", NULL, 0},
        {"2@host", NULL, 0},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        char first[STAMP_SIZE];
        int64_t second = 0;

        ck_assert_int_eq(stamp_first(examples[i].id, first), examples[i].first != NULL);
        ck_assert_int_eq(stamp_git_second(examples[i].id, &second), examples[i].first != NULL);
        if (examples[i].first) {
            ck_assert_str_eq(first, examples[i].first);
            ck_assert_int_eq(second, examples[i].second);
        }
    }
}
END_TEST

SUITE(stamp_suite) {
    Suite *suite = suite_create("stamp");
    TCase *stamps = tcase_create("stamps");

    tcase_add_test(stamps, reads_counters);
    tcase_add_test(stamps, keeps_runs_apart);
    tcase_add_test(stamps, reads_seconds);
    tcase_add_test(stamps, refuses_look_alikes);
    tcase_add_test(stamps, bounds_stamps);
    tcase_add_test(stamps, survives_long_ids);
    tcase_add_test(stamps, reads_the_start_of_a_run);
    tcase_add_test(stamps, removes_prefixes_of_gateways);
    suite_add_tcase(suite, stamps);
    return suite;
}

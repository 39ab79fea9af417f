/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_maintainers.c - labels, and MAINTAINERS files: sections and their names, invalid lines,
 * limits, a large file.  test_subsystem.c tests the facts of mails.
 */
#include "test_parts.h"

/* Included after the headers above, whose locals have names that these headers define. */
#include "glob.h"
#include "label.h"
#include "maintainers.h"
#include "owners.h"
#include "regex.h"

CLEANUP_DEFINE(struct maintainers *, maintainers_free)
CLEANUP_DEFINE(GHashTable *, g_hash_table_destroy)
CLEANUP_DEFINE(struct owners *, owners_free)

/* ---- labels ------------------------------------------------------------------------------- */

START_TEST(labels_from_names) {
    static const struct {
        const char *name, *label;
    } examples[] = {
        {"KERNEL VIRTUAL MACHINE FOR ARM64 (KVM/arm64)", "kvm-arm64"},
        {"KERNEL VIRTUAL MACHINE (KVM)", "kvm"},
        {"MELLANOX ETHERNET DRIVER (mlx4_en)", "mlx4-en"},
        {"BRASS GEARS", "brass-gears"},
        {"NETWORKING [GENERAL]", "networking-general"},
        {"SDHCI HOST (SDHCI) MICROCHIP DRIVER", "sdhci-microchip-driver"},
        {"REAL TIME CLOCK (RTC) SUBSYSTEM", "rtc-subsystem"},
        /* The last parentheses have no short name: the whole name is used. */
        {"FILE LOCKING (flock() and fcntl()/lockf())", "file-locking-flock-and-fcntl-lockf"},
        {"LIBATA (Serial and Parallel ATA drivers)", "libata-serial-and-parallel-ata-drivers"},
        {"SLOW BUS (32 bit)", "slow-bus-32-bit"},
        {"SLOW BUS (32)", "slow-bus-32"},
        {"FAST BUS (A)", "fast-bus-a"},
        {"FAST BUS (twenty-bytes-of-name)", "twenty-bytes-of-name"},
        {"FAST BUS (twenty-bytes-of-names)", "fast-bus-twenty-bytes-of-names"},
        {"FAST BUS (BUS", "fast-bus-bus"},
        {"FAST BUS ()", "fast-bus"},
        {"FAST (BUS) (old driver)", "fast-bus-old-driver"},
        /* up to 40 bytes */
        {"8169 10/100/1000 GIGABIT ETHERNET DRIVER", "8169-10-100-1000-gigabit-ethernet-driver"},
        {"8169 10/100/1000 GIGABIT ETHERNET DRIVERS", "8169-10-100-1000-gigabit-ethernet"},
        {"8169 10/100/1000 GIGABIT ETHERNET DRIVER X", "8169-10-100-1000-gigabit-ethernet-driver"},
        {"ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJXYZ", "abcdefghijabcdefghijabcdefghijabcdefghij"},
        {"ANDR\xc3\x89 CLOCK", "andr-clock"},
        {"  -- odd --  ", "odd"},
        {"a/b.c", "a-b-c"},
        {"\xe5\x9b\x9e", "section"},
        {"", "section"},
    };
    for (size_t i = 0; i < COUNT(examples); i++) {
        char label[LABEL_SIZE];
        label_make(patchmark_text_of(examples[i].name), label);
        ck_assert_msg(strcmp(label, examples[i].label) == 0, "label of '%s': '%s'",
                      examples[i].name, label);
        ck_assert(label_is_valid(patchmark_text_of(label)));
        ck_assert_uint_le(strlen(label), BOUND_LABEL_BYTES);
    }
}
END_TEST

START_TEST(labels_are_unique) {
    static const struct {
        const char *wanted, *got;
    } examples[] = {
        {"kvm", "kvm"},       {"kvm", "kvm-2"},     {"kvm", "kvm-3"},
        {"kvm-2", "kvm-2-2"}, {"clock", "clock-2"}, /* reserved */
        {"kvm-5", "kvm-5"},   {"kvm", "kvm-4"},     {"kvm", "kvm-6"},
    };
    char kept[COUNT(examples)][LABEL_SIZE];
    char clock[] = "clock";
    AUTO(g_hash_table_destroy) GHashTable *labels = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(labels, clock, NULL);
    for (size_t i = 0; i < COUNT(examples); i++) {
        strcpy(kept[i], examples[i].wanted);
        label_add(labels, kept[i]);
        ck_assert_str_eq(kept[i], examples[i].got);
    }
}
END_TEST

START_TEST(words_of_the_configuration) {
    AUTO(free) char *longest = repeat("a", BOUND_WORD_BYTES, "");
    AUTO(free) char *longer = repeat("a", BOUND_WORD_BYTES + 1, "");
    ck_assert(label_is_valid(patchmark_text_of("kvm-arm64")));
    ck_assert(label_is_valid(patchmark_text_of(longest)));
    ck_assert(!label_is_valid(patchmark_text_of(longer)));
    ck_assert(!label_is_valid(patchmark_text_of("")));
    ck_assert(!label_is_valid(patchmark_text_of("KVM")));
    ck_assert(!label_is_valid(patchmark_text_of("kvm arm")));
    ck_assert(!label_is_valid(patchmark_text_of("kvm\n")));
}
END_TEST

/* ---- files -------------------------------------------------------------------------------- */

static const struct patchmark_option table[] = {
    {"maintainers", PATCHMARK_STRING, NULL, 0, 0, "the file"}, {0}};

static int open_nothing(struct patchmark_instance *instance, void **self) {
    *self = instance;
    return 0;
}

static int classify_nothing(void *self, const struct patchmark_message *message,
                            struct patchmark_facts *facts) {
    (void)self, (void)message, (void)facts;
    return 0;
}

static struct patchmark_plugin nothing = {
    PLUGIN_SIZES,         .traits = PATCHMARK_PARALLEL,      .name = "nothing",
    .version = "1",       .summary = "provides an instance", .options = table,
    .open = open_nothing, .classify = classify_nothing};

static struct configuration *configuration;
static struct patchmark_instance *instance;
static char path[512]; /* of the MAINTAINERS file */

static void setup(void) {
    static struct patchmark_plugin *const plugins[] = {&nothing, NULL};
    support_folder_make();
    snprintf(path, sizeof(path), "%s/MAINTAINERS", support_folder);
    configuration = support_configuration("", plugins);
    instance = instance_open(&configuration->plugins[0], "lists.example.org", NULL, -1);
    ck_assert_ptr_nonnull(instance);
    support_log_start();
}

static void teardown(void) {
    instance_close(instance);
    configuration_free(configuration);
    support_folder_remove();
}

static void file_put(const char *text, size_t length) {
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

static struct maintainers *read_path(const char *item) {
    return maintainers_read(instance, &item, 1);
}

static struct maintainers *read_text(const char *text) {
    file_put(text, strlen(text));
    return read_path(path);
}

static bool has_warning(size_t line, const char *text) {
    char expected[800];
    snprintf(expected, sizeof(expected), "%s:%zu: %s", path, line, text);
    return support_logged(expected) == 1;
}

/* Returns F: pattern I in sorted order. */
static const struct glob *glob_at(const struct maintainers *read, size_t i) {
    return &g_array_index(read->patterns, struct glob, i);
}

START_TEST(reads_sections_and_their_names) {
    AUTO(maintainers_free)
    struct maintainers *read = read_text("Preamble with 1,000 words\n"
                                         "\tF: *Files* that are none\n"
                                         "-----\n"
                                         "FIRST  \n"
                                         "M:\tA <a@example.org>\n"
                                         "\n"
                                         "# a comment, and a blank line before\n"
                                         "   # another one\n"
                                         "F: first/\r\n"
                                         "f: not a letter, so this is a name\n"
                                         "F:\tsecond/ \t\n"
                                         "  THIRD\n"
                                         "Z: unknown letters are nothing\n"
                                         "X:\n"
                                         "F:third\n"
                                         "a name without any entry");
    ck_assert_uint_eq(read->sections->len, 3);
    ck_assert(patchmark_text_equals(maintainers_section(read, 0)->name, "FIRST"));
    ck_assert_uint_eq(maintainers_section(read, 0)->line, 4);
    ck_assert(patchmark_text_equals(maintainers_section(read, 1)->name,
                                    "f: not a letter, so this is a name"));
    ck_assert(patchmark_text_equals(maintainers_section(read, 2)->name, "THIRD"));
    ck_assert_uint_eq(read->patterns->len, 3);
    ck_assert(patchmark_text_equals(glob_at(read, 0)->text, "first/"));
    ck_assert(patchmark_text_equals(glob_at(read, 1)->text, "second/"));
    ck_assert(patchmark_text_equals(glob_at(read, 2)->text, "third"));
    ck_assert_uint_eq(glob_at(read, 2)->section, 2);
    ck_assert(has_warning(14, "X: without a value"));
    ck_assert_uint_eq(support_logged("\n"), 1);
}
END_TEST

/* Writes TEXT to NAME in the folder of the test, whose path it returns; the caller frees it. */
static char *put_file(const char *name, const char *text) {
    char *file = g_strdup_printf("%s/%s", support_folder, name);
    ck_assert(g_file_set_contents(file, text, -1, NULL));
    return file;
}

START_TEST(reads_several_files) {
    AUTO(free) char *first = put_file("b1-MAINTAINERS", "ONE\nF: one/\nbad\nF:\n");
    AUTO(free) char *second = put_file("b2-MAINTAINERS", "F: of no section\nTWO\nF: two/\nK: x\n");
    AUTO(free) char *third = put_file("a-MAINTAINERS", "THREE\nF: three/\n");
    AUTO(free) char *pattern = g_strdup_printf("%s/b?-MAINTAINERS", support_folder);
    const char *const items[] = {pattern, third};
    AUTO(maintainers_free) struct maintainers *read = maintainers_read(instance, items, 2);
    ck_assert_ptr_nonnull(read);
    /* The order is that of the items, and of the names that match one. */
    ck_assert_uint_eq(read->sections->len, 4);
    ck_assert(patchmark_text_equals(maintainers_section(read, 0)->name, "ONE"));
    ck_assert(patchmark_text_equals(maintainers_section(read, 2)->name, "TWO"));
    ck_assert(patchmark_text_equals(maintainers_section(read, 3)->name, "THREE"));
    ck_assert_uint_eq(read->patterns->len, 3);
    /* A warning names the file; no section goes on in the next one. */
    ck_assert_uint_eq(support_logged("b1-MAINTAINERS:4: F: without a value"), 1);
    ck_assert_uint_eq(support_logged("b2-MAINTAINERS:1: line outside of a section"), 1);
    ck_assert_uint_eq(support_logged("\n"), 2);
}
END_TEST

START_TEST(rejects_a_list_with_a_bad_item) {
    AUTO(free) char *good = put_file("good", "ONE\nF: one/\n");
    AUTO(free) char *none = g_strdup_printf("%s/none*", support_folder);
    const char *const bad[] = {none, "relative", "/nowhere/MAINTAINERS", support_folder};
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *const items[] = {good, bad[i]};
        ck_assert_msg(maintainers_read(instance, items, 2) == NULL, "%s", bad[i]);
        ck_assert_uint_ge(support_logged(bad[i]), 1);
    }
}
END_TEST

START_TEST(logs_bad_lines_and_uses_the_others) {
    AUTO(free) char *hundred = repeat("x", 100 * 1024, "\n");
    AUTO(free) char *past = repeat("y", BOUND_PATTERN_BYTES + 1, "\n");
    AUTO(free) char *fits = repeat("y", BOUND_PATTERN_BYTES, "\n");
    static const char nul[] = "F: n\0ul/\nF: good/\n";
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    fprintf(file, "F: of no section\nA SECTION\nF:\nF: \t \nX:\nN:\nK:\n"); /* lines 1 to 7 */
    fprintf(file, "F: bell\ag/\nN: (unclosed\nK: *\nF: a[b\nX: a[/]\n");    /* 8 to 12 */
    fprintf(file, "F: %sF: %sF: %s", hundred, past, fits);                  /* 13 to 15 */
    fwrite(nul, 1, sizeof(nul) - 1, file);                                  /* 16, 17 */
    fclose(file);
    file_put(text, length);
    free(text);
    AUTO(maintainers_free) struct maintainers *read = read_path(path);
    ck_assert_ptr_nonnull(read);
    ck_assert(has_warning(1, "line outside of a section"));
    ck_assert(has_warning(3, "F: without a value"));
    ck_assert(has_warning(4, "F: without a value"));
    ck_assert(has_warning(5, "X: without a value"));
    ck_assert(has_warning(6, "N: without a value"));
    ck_assert(has_warning(7, "K: without a value"));
    ck_assert(has_warning(8, "control byte in the line"));
    ck_assert(has_warning(9, "N: ")); /* the message is from PCRE2 */
    ck_assert_uint_eq(support_logged(", at byte 9\n"), 1);
    ck_assert(has_warning(10, "K: "));
    ck_assert_uint_eq(support_logged(", at byte 0\n"), 1);
    ck_assert(has_warning(11, "F: missing ']' after '['"));
    ck_assert(has_warning(12, "X: slash between '[' and ']'"));
    ck_assert(has_warning(13, "line too long"));
    ck_assert(has_warning(14, "F: value is longer than 1024 bytes"));
    ck_assert(has_warning(16, "control byte in the line"));
    ck_assert_uint_eq(support_logged("\n"), 14);
    ck_assert_uint_eq(read->patterns->len, 2);
    ck_assert_uint_eq(glob_at(read, 1)->text.length, BOUND_PATTERN_BYTES);
    ck_assert(patchmark_text_equals(glob_at(read, 0)->text, "good/"));
    ck_assert_uint_eq(read->sections->len, 1);
}
END_TEST

/* The lines of a section whose name cannot be used must not be added to the section above. */
START_TEST(skips_sections_with_bad_names) {
    AUTO(free) char *longest = repeat("n", BOUND_LINE_BYTES, "\nF: longest/\n");
    AUTO(free) char *longer = repeat("n", BOUND_LINE_BYTES + 1, "\nF: longer/\n");
    AUTO(free) char *text = NULL;
    ck_assert_int_gt(asprintf(&text,
                              "GOOD\nF: good/\nB\aD\nF: bell/\nF: more/\nLATIN \xe9\nF: latin/\n"
                              "CUT \xc3\nF: cut/\nUTF-8 \xc3\xa9\nF: utf8/\n%s%s",
                              longest, longer),
                     0);
    AUTO(maintainers_free) struct maintainers *read = read_text(text);
    ck_assert_uint_eq(read->sections->len, 3);
    ck_assert_uint_eq(read->patterns->len, 3);
    ck_assert(patchmark_text_equals(glob_at(read, 0)->text, "good/"));
    ck_assert(patchmark_text_equals(glob_at(read, 1)->text, "longest/"));
    ck_assert(patchmark_text_equals(glob_at(read, 2)->text, "utf8/"));
    ck_assert(has_warning(3, "control byte in the line; the section is skipped"));
    ck_assert(has_warning(6, "the name of the section is not UTF-8; the section is skipped"));
    ck_assert(has_warning(8, "the name of the section is not UTF-8; the section is skipped"));
    ck_assert(has_warning(14, "line too long; the section is skipped"));
    ck_assert_uint_eq(support_logged("\n"), 4);
}
END_TEST

START_TEST(limits_the_warnings) {
    AUTO(free) char *lines = repeat("F:\n", BOUND_WARNINGS + 7, "F: good/\n");
    AUTO(free) char *text = repeat("A SECTION\n", 1, lines);
    AUTO(maintainers_free) struct maintainers *read = read_text(text);
    ck_assert_uint_eq(read->patterns->len, 1);
    ck_assert_uint_eq(support_logged("without a value"), BOUND_WARNINGS);
    ck_assert_uint_eq(support_logged("7 more lines cannot be used"), 1);
}
END_TEST

START_TEST(rejects_files_without_patterns) {
    static const char *const texts[] = {"", "\n\n", "<html><body>Not found</body></html>\n",
                                        "NAME\nM: A <a@example.org>\n", "NAME\nF: a[b\n"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        support_log_start();
        ck_assert_ptr_null(read_text(texts[i]));
        ck_assert_uint_eq(support_logged("no section has F:, N: or K:"), 1);
        ck_assert_uint_eq(support_logged(path) > 0, 1);
    }
}
END_TEST

START_TEST(rejects_what_is_not_a_regular_file) {
    ck_assert_ptr_null(read_path(path));
    ck_assert_uint_eq(support_logged("No such file or directory"), 1);
    ck_assert_ptr_null(read_path(support_folder));
    ck_assert_uint_eq(support_logged("not a regular file"), 1);
    ck_assert_int_eq(mkfifo(path, 0600), 0); /* open must not wait for a writer */
    ck_assert_ptr_null(read_path(path));
    ck_assert_uint_eq(support_logged("not a regular file"), 2);
    ck_assert_int_eq(remove(path), 0);
    file_put("", 0);
    ck_assert_int_eq(truncate(path, BOUND_FILE_BYTES + 1), 0);
    ck_assert_ptr_null(read_path(path));
    ck_assert_uint_eq(support_logged("larger than 16 MiB"), 1);
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------- */

START_TEST(bounds_regular_expressions) {
    AUTO(free) char *lines = repeat("N: abc\nK: abc\n", BOUND_REGEXES / 2, "K: past\n");
    AUTO(free) char *text = repeat("A SECTION\n", 1, lines);
    AUTO(maintainers_free) struct maintainers *read = read_text(text);
    ck_assert_uint_eq(regexes_count(read->names) + regexes_count(read->contents), BOUND_REGEXES);
    ck_assert(
        has_warning(BOUND_REGEXES + 2, "more than 2000 regular expressions, the line is ignored"));
}
END_TEST

START_TEST(bounds_sections_and_patterns) {
    AUTO(free) char *sections = repeat("S\nF: a\n", BOUND_SECTIONS, "P\nF: past/\n");
    AUTO(maintainers_free) struct maintainers *read = read_text(sections);
    ck_assert_uint_eq(read->sections->len, BOUND_SECTIONS);
    ck_assert_uint_eq(read->patterns->len, BOUND_SECTIONS);
    ck_assert(has_warning(2 * BOUND_SECTIONS + 1, "too many sections; the section is skipped"));
    AUTO(free) char *lines = repeat("F: a\nX: a\n", BOUND_PATTERNS / 2, "F: past/\n");
    AUTO(free) char *text = repeat("A SECTION\n", 1, lines);
    AUTO(maintainers_free) struct maintainers *more = read_text(text);
    ck_assert_uint_eq(more->patterns->len + more->excludes->len, BOUND_PATTERNS);
    ck_assert(has_warning(BOUND_PATTERNS + 2, "more than 200000 patterns, the line is ignored"));
}
END_TEST

static size_t owners_of_content(const struct maintainers *read, const char *content) {
    AUTO(owners_free) struct owners *owners = owners_new(read);
    size_t count;
    ck_assert_ptr_nonnull(owners);
    owners_add_content(owners, patchmark_text_of(content));
    owners_sort(owners, &count);
    return count;
}

/* The expression takes exponential time without a limit.  The exceeded limit is logged once and
 * counted each time, and the other expressions are used. */
START_TEST(abandons_slow_expressions) {
    AUTO(free) char *slow = repeat("a", 500, "!\n");
    AUTO(free) char *text = repeat(slow, 20, "ding\n");
    AUTO(maintainers_free)
    struct maintainers *read = read_text("SLOW\nK: ^(a+a+)+$\nGOOD\nK: ding\n");
    ck_assert_uint_eq(owners_of_content(read, text), 1);
    ck_assert_uint_eq(owners_of_content(read, text), 1);
    ck_assert_uint_eq(support_logged("\n"), 1);
    ck_assert(has_warning(2, "K: '^(a+a+)+$' exceeded its limit and is not used for this mail"));
    /* The expression is used again for the next mail. */
    ck_assert_uint_eq(owners_of_content(read, "aaaa\n"), 1);
    maintainers_free(STEAL(read));
    ck_assert(has_warning(2, "K: '^(a+a+)+$' exceeded its limit 2 times"));
    ck_assert_uint_eq(support_logged("\n"), 2);
}
END_TEST

/* ---- size --------------------------------------------------------------------------------- */

START_TEST(reads_a_large_file) {
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    for (size_t i = 0; i < 2600; i++) {
        fprintf(file, "SECTION NUMBER %zu\nM:\tA <a%zu@example.org>\nL:\tlist@example.org\n", i, i);
        fprintf(file, "S:\tMaintained\nF:\tfolder%zu/of%zu/\nF:\tdrivers/part%zu/*\n", i % 50, i,
                i);
        fprintf(file, "F:\tinclude/linux/name%zu*\nF:\tdocs/%zu.rst\n", i, i);
        fprintf(file,
                i % 20 == 0   ? "N:\tname%zu_[a-z]+\n"
                : i % 20 == 1 ? "K:\t\\bcall%zu\\b\n"
                              : "\n",
                i);
    }
    fclose(file);
    file_put(text, length);
    free(text);
    AUTO(maintainers_free) struct maintainers *read = read_path(path);
    ck_assert_uint_eq(support_logged("\n"), 0);
    ck_assert_uint_eq(read->sections->len, 2600);
    ck_assert_uint_eq(read->patterns->len, 4 * 2600);
    static const struct {
        const char *path;
        uint32_t section;
    } examples[] = {{"folder31/of1231/a/b.c", 1231},
                    {"drivers/part77/a.c", 77},
                    {"include/linux/name2599.h", 2599},
                    {"docs/0.rst", 0},
                    {"lib/name40_abc.c", 40}};
    for (size_t i = 0; i < COUNT(examples); i++) {
        AUTO(owners_free) struct owners *owners = owners_new(read);
        size_t count, seen = 0;
        owners_add_file(owners, patchmark_text_of(examples[i].path));
        const struct owner *list = owners_sort(owners, &count);
        for (size_t k = 0; k < count; k++)
            seen += list[k].section == examples[i].section;
        ck_assert_msg(seen == 1, "%s", examples[i].path);
    }
    ck_assert_uint_eq(owners_of_content(read, "+\tcall21(call1);\n"), 2);
}
END_TEST

SUITE(maintainers_suite) {
    Suite *suite = suite_create("maintainers");
    TCase *labelling = tcase_create("labels"), *files = tcase_create("files");
    tcase_add_test(labelling, labels_from_names);
    tcase_add_test(labelling, labels_are_unique);
    tcase_add_test(labelling, words_of_the_configuration);
    suite_add_tcase(suite, labelling);
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_test(files, reads_sections_and_their_names);
    tcase_add_test(files, logs_bad_lines_and_uses_the_others);
    tcase_add_test(files, reads_several_files);
    tcase_add_test(files, rejects_a_list_with_a_bad_item);
    tcase_add_test(files, skips_sections_with_bad_names);
    tcase_add_test(files, limits_the_warnings);
    tcase_add_test(files, rejects_files_without_patterns);
    tcase_add_test(files, rejects_what_is_not_a_regular_file);
    tcase_add_test(files, bounds_regular_expressions);
    tcase_add_test(files, bounds_sections_and_patterns);
    tcase_add_test(files, abandons_slow_expressions);
    tcase_add_test(files, reads_a_large_file);
    tcase_set_timeout(files, 60);
    suite_add_tcase(suite, files);
    return suite;
}

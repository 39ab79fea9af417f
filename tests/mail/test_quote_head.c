/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_quote_head.c - the heads of quotations that mail programs write, in many languages, and text
 * that looks like them.
 */
#include "mail/quote-signs.h"
#include "support/support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define C            "Carol Example <carol@example.org>"

/* ---- heads --------------------------------------------------------------------------------- */

static const struct {
    const char *program, *head;
    bool is_whole; /* a head of a program that sets no marks */
} heads[] = {
    {"Outlook", "From: " C "\nSent: Monday, March 2, 2026 11:05 AM\nTo: x@example.org\nSubject: y",
     0},
    {"Outlook on the web",
     "________________________________\nFrom: " C
     "\nSent: Monday, March 2, 2026 11:05 AM\nTo: x@example.org\nSubject: y",
     true},
    {"... with an empty line",
     "________________________________\n\nFrom: " C
     "\nSent: Monday, March 2, 2026\nTo: x@example.org\nSubject: y",
     true},
    {"old Outlook",
     "-----Original Message-----\nFrom: Carol [mailto:carol@example.org]\nSent: 2 March 2026 "
     "11:05\n"
     "To: x; 'y'\nSubject: RE: z",
     true},
    {"Outlook without addresses",
     "From: Carol\nSent: Monday, March 2, 2026 11:05 AM\nTo: Lamps\nSubject: y", 0},
    {"Outlook for Mac",
     "From: " C "\nDate: Monday, March 2, 2026 at 11:05 AM\nTo: x@example.org\nSubject: y", 0},
    {"in bold", "*From:* " C "\n*Sent:* Monday, March 2, 2026 11:05 AM\n*To:* x\n*Subject:* y", 0},
    {"in bold, another way", "**Von:** " C "\n**Gesendet:** Montag, 2. März 2026 11:05", 0},
    {"a list of addresses on several lines",
     "From: " C "\nSent: Monday, March 2, 2026 11:05 AM\nTo: a@example.org;\nb@example.org;\n"
     "c@example.org\nSubject: y",
     0},
    {"an attachment, and an empty field",
     "From: " C "\nSent: Monday, March 2, 2026 11:05 AM\nTo: x\nCc:\nImportance: High\nSubject: y",
     0},
    {"double spacing", "From: " C "\n\nSent: Monday, March 2, 2026 11:05 AM\n\nTo: x\n\nSubject: y",
     0},
    {"German", "Von: " C "\nGesendet: Montag, 2. März 2026 11:05\nAn: x@example.org\nBetreff: y",
     0},
    {"Austrian, with dashes",
     "-----Ursprüngliche Nachricht-----\nVon: " C
     "\nGesendet: Montag, 2. März 2026 11:05\nBetreff: y",
     true},
    {"French", "De : " C "\nEnvoyé : lundi 2 mars 2026 11:05\nÀ : x@example.org\nObjet : y", 0},
    {"Spanish", "De: " C "\nEnviado el: lunes, 2 de marzo de 2026 11:05\nPara: x\nAsunto: y", 0},
    {"Portuguese",
     "De: " C "\nEnviada em: segunda-feira, 2 de março de 2026 11:05\nPara: x\nAssunto: y", 0},
    {"Italian", "Da: " C "\nInviato: lunedì 2 marzo 2026 11:05\nA: x@example.org\nOggetto: y", 0},
    {"Dutch", "Van: " C "\nVerzonden: maandag 2 maart 2026 11:05\nAan: x\nOnderwerp: y", 0},
    {"Danish", "Fra: " C "\nSendt: 2. marts 2026 11:05\nTil: x@example.org\nEmne: y", 0},
    {"Swedish", "Från: " C "\nSkickat: den 2 mars 2026 11:05\nTill: x\nÄmne: Sv: y", 0},
    {"Finnish",
     "Lähettäjä: " C "\nLähetetty: maanantai 2. maaliskuuta 2026 11.05\n"
     "Vastaanottaja: x\nAihe: y",
     0},
    {"Polish", "Od: " C "\nWysłano: poniedziałek, 2 marca 2026 11:05\nDo: x\nTemat: y", 0},
    {"Czech", "Od: " C "\nOdesláno: pondělí 2. března 2026 11:05\nKomu: x\nPředmět: y", 0},
    {"Hungarian", "Feladó: " C "\nElküldve: 2026. március 2., hétfő 11:05\nCímzett: x\nTárgy: y",
     0},
    {"Romanian", "De la: " C "\nTrimis: luni, 2 martie 2026 11:05\nCătre: x\nSubiect: y", 0},
    {"Turkish", "Kimden: " C "\nGönderildi: 2 Mart 2026 Pazartesi 11:05\nKime: x\nKonu: y", 0},
    {"Russian", "От: " C "\nОтправлено: 2 марта 2026 г. 13:05\nКому: x\nТема: y", 0},
    {"Ukrainian, without an address",
     "Від: Carol\nНадіслано: 2 березня 2026 р. 13:05\n"
     "Кому: x\nТема: Re: y",
     0},
    {"Greek", "Από: " C "\nΣτάλθηκε: Δευτέρα, 2 Μαρτίου 2026 11:05\nΠρος: x\nΘέμα: y", 0},
    {"Hebrew", "\u200fמאת: " C "\nנשלח: יום שני 02 מרץ 2026 11:05\nאל: x\nנושא: y", 0},
    {"Arabic, with its digits", "من: " C "\nتم الإرسال: ٢ مارس ٢٠٢٦ ١١:٠٥\nإلى: x\nالموضوع: y", 0},
    {"Chinese", "发件人: " C "\n发送时间: 2026年3月2日 18:05\n收件人: x\n主题: y", 0},
    {"Chinese with full-width colons",
     "发件人：" C "\n发送时间：2026年3月2日 18:05\n收件人：x\n主题：y", 0},
    {"Chinese in Taiwan", "寄件者: " C "\n寄件日期: 2026年3月2日 18:05\n收件者: x\n主旨: y", 0},
    {"QQ",
     "------------------ 原始邮件 ------------------\n发件人: \"Carol\" <carol@example.org>;\n"
     "发送时间: 2026年3月2日(星期一) 晚上6:05\n主题: y",
     true},
    {"QQ, halfway from HTML",
     "------------------&nbsp;Original&nbsp;------------------\nFrom: "
     "&nbsp;\"Carol\"<carol@example.org&gt;;\n"
     "Date: &nbsp;Mon, Mar 2, 2026 06:05 PM\nSubject: &nbsp;Re: y",
     true},
    {"NetEase",
     "---- Replied Message ----\n| From | Carol<carol@example.org> |\n| Date | 03/02/2026 18:05 |\n"
     "| To | x@example.org |\n| Subject | y |",
     true},
    {"NetEase in Chinese",
     "---- 回复的原邮件 ----\n| 发件人 | Carol<carol@example.org> |\n| 日期 | 2026年03月02日 18:05 "
     "|\n"
     "| 收件人 | x@example.org |\n| 主题 | y |",
     true},
    {"Japanese", "差出人: " C "\n送信日時: 2026年3月2日 19:05\n宛先: x\n件名: y", 0},
    {"Korean",
     "보낸 사람: " C "\n보낸 날짜: 2026년 3월 2일 월요일 오후 7:05\n받는 사람: x\n제목: y", 0},
    {"Vietnamese", "Từ: " C "\nĐã gửi: 02 Tháng Ba 2026 11:05\nĐến: x\nChủ đề: y", 0},
    {"Thai", "จาก: " C "\nส่ง: 2 มีนาคม 2569 11:05\nถึง: x\nเรื่อง: y", 0},
    {"Samsung",
     "--------- Original Message ---------\nSender : " C
     "\nDate : 2026-03-02 19:05 (GMT+9)\nTitle : y",
     true},
    {"Notes",
     "From:        " C
     "\nTo:        x@example.org\nDate:        03/02/2026 11:05 AM\nSubject:        Re: y",
     0},
    {"Notes in German",
     "Von:\tCarol Example/Lamps\nAn:\tx@example.org\nKopie:\nDatum:\t02.03.2026 11:05\n"
     "Betreff:\tRe: y",
     0},
    {"iNotes",
     "-----" C
     " wrote: -----\nTo: x@example.org\nFrom: Carol\nDate: 03/02/2026 11:05AM\nSubject: y",
     true},
    {"Thunderbird",
     "-------- Original Message --------\nSubject: \ty\nDate: \tMon, 2 Mar 2026 10:05:01 +0000\n"
     "From: \t" C,
     true},
    {"Gmail's forward",
     "---------- Forwarded message ---------\nFrom: " C "\nDate: Mon, Mar 2, 2026 at 11:05 AM\n"
     "Subject: y\nTo: x@example.org",
     true},
    {"mutt's forward",
     "----- Forwarded message from " C " -----\n\nDate: Mon, 2 Mar 2026 10:05:01 +0000\n"
     "From: " C "\nSubject: y",
     true},
    {"Apple's forward",
     "From: " C "\nSubject: Re: y\nDate: 2 March 2026 at 11:05:01 CET\nTo: x@example.org", 0},
    {"Proton",
     "------- Original Message -------\nOn Monday, March 2nd, 2026 at 10:05 AM, " C " wrote:", 0},
    {"QQ's phone",
     "----------Reply to Message----------\nOn Mon, Mar 2, 2026 11:05 AM " C " wrote:", 0},
    {"Zoho", "---- On Mon, 02 Mar 2026 10:05:01 +0000 " C " wrote ----", 0},
    {"Gmail", "On Mon, Mar 2, 2026 at 11:05 AM " C " wrote:", 0},
    {"Gmail, with its narrow blank", "On Mon, Mar 2, 2026 at 11:05\u202fAM " C " wrote:", 0},
    {"Gmail, wrapped",
     "On Mon, Mar 2, 2026 at 11:05 AM Carol Example\n<carol@example.org> wrote:", 0},
    {"Gmail, wrapped again",
     "On Mon, Mar 2, 2026 at 11:05 AM Carol Example via lamps\n<lamps@lists.example.org>\nwrote:",
     0},
    {"Gmail in German",
     "Am Mo., 2. März 2026 um 11:05 Uhr schrieb Carol Example <\ncarol@example.org>:", 0},
    {"Gmail in French", "Le lun. 2 mars 2026 à 11:05, " C " a\nécrit :", 0},
    {"Gmail in Spanish",
     "El lun, 2 mar 2026 a las 11:05, Carol (<carol@example.org>) escribió:", 0},
    {"Gmail in Russian", "пн, 2 мар. 2026 г. в 11:05, " C ":", 0},
    {"Gmail in Polish", "pon., 2 mar 2026 o 11:05 " C " napisał(a):", 0},
    {"Gmail in Japanese", "2026年3月2日(月) 19:05 " C ":", 0},
    {"Gmail in Korean", "2026년 3월 2일 (월) 오후 7:05, " C "님이 작성:", 0},
    {"Gmail in Danish", "Den man. 2. mar. 2026 kl. 11.05 skrev " C ":", 0},
    {"Gmail in Hungarian", C " ezt írta (időpont: 2026. márc. 2., H, 11:05):", 0},
    {"Gmail in Turkish", C ", 2 Mar 2026 Pzt, 11:05 tarihinde şunu yazdı:", 0},
    {"Gmail in Hebrew",
     "\u202bבתאריך יום ב׳, 2 במרץ 2026 ב-11:05 מאת \u202aCarol\u202c\u200f <\u202acarol@example.org"
     "\u202c\u200f>:\u202c",
     0},
    {"an old Gmail", "2026/3/2 " C ":", 0},
    {"Yahoo", "On Monday, March 2, 2026 at 11:05:01 AM GMT+1, " C " wrote:", 0},
    {"AOL",
     "In a message dated 3/2/2026 11:05:01 AM Pacific Standard Time,\n<carol@example.org> writes:",
     0},
    {"Apple in Dutch", "Op 2 mrt 2026, om 11:05 heeft " C " het volgende geschreven:", 0},
    {"Apple in Italian", "Il giorno 2 mar 2026, alle ore 11:05, " C " ha scritto:", 0},
    {"163.com", "At 2026-03-02 18:05:01, \"Carol\" <carol@example.org> wrote:", 0},
    {"163.com in Chinese", "在 2026-03-02 18:05:01，\"Carol\" <carol@example.org> 写道：", 0},
    {"Notes, one line", "\"Carol\" <carol@example.org> wrote on 03/02/2026 11:05:01 AM:", 0},
    {"... in German", C " schrieb am 02.03.2026 11:05:01:", 0},
    {"Outlook's short form", "On 3/2/26, 11:05 AM, \"Carol\" <carol@example.org> wrote:", 0},
    {"Roundcube", "On 2026-03-02 11:05, Carol Example wrote:", 0},
    {"Thunderbird in German", "Am 02.03.26 um 11:05 schrieb Carol Example:", 0},
    {"Thunderbird in Portuguese", "Em 02/03/2026 11:05, Carol Example escreveu:", 0},
    {"Thunderbird in Finnish", "Carol Example kirjoitti 2.3.2026 klo 11.05:", 0},
    {"a brackets style", C " [2026-03-02 11:05:01]:", 0},
};

/* Returns the origins of the lines of TEXT, a letter a line: o own, q quoted, h head, d diff, s
 * signature; '.' for an empty line of any origin. */
static const char *origins(const char *text) {
    static char found[400];
    struct patchmark_lines lines = patchmark_lines_of(patchmark_text_of(text));
    struct patchmark_text line;
    enum patchmark_origin origin;
    size_t count = 0;

    while (patchmark_lines_next(&lines, &line, &origin)) {
        ck_assert_uint_lt(count + 1, sizeof(found));
        ck_assert_int_ge(origin, PATCHMARK_OWN);
        ck_assert_int_le(origin, PATCHMARK_SIGNATURE);
        found[count++] = patchmark_text_trim(line).length > 0 ? "?oqhds"[origin] : '.';
    }
    found[count] = '\0';
    return found;
}

/* Returns the letters of the lines of TEXT, all LETTER, '.' for an empty line. */
static const char *all(const char *text, char letter) {
    static char wanted[100];
    size_t count = 0;

    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        wanted[count++] = *line == '\n' ? '.' : letter;
    wanted[count] = '\0';
    return wanted;
}

static void expect(const char *why, const char *text, const char *wanted) {
    const char *found = origins(text);

    ck_assert_msg(strcmp(found, wanted) == 0, "%s: '%s', not '%s':\n%s", why, found, wanted, text);
}

/* Below a head without marks, everything is quoted. */
START_TEST(text_below_a_head_is_quoted) {
    char text[2000], wanted[200];

    snprintf(text, sizeof(text),
             "When is it released?\n\n%s\n\nApplied, thanks!\n\nNAK to the other.\n",
             heads[_i].head);
    snprintf(wanted, sizeof(wanted), "o.%s.q.q", all(heads[_i].head, 'h'));
    expect(heads[_i].program, text, wanted);
}
END_TEST

/* The same head above a quotation with marks: what has no marks is the sender's. */
START_TEST(marks_decide) {
    char text[2000], wanted[200];

    snprintf(text, sizeof(text), "%s\n\n> Applied, thanks!\n\nWhen?\n\n> NAK\nOh.\n",
             heads[_i].head);
    snprintf(wanted, sizeof(wanted), "%s.q.o.qo", all(heads[_i].head, 'h'));
    expect(heads[_i].program, text, wanted);
}
END_TEST

/* Programs that set no marks quote mails that have some. */
START_TEST(marks_below_are_of_others) {
    char text[2000], wanted[200];

    if (!heads[_i].is_whole)
        return;
    snprintf(text, sizeof(text), "When is it released?\n\n%s\n\n> why?\n\nApplied.\n",
             heads[_i].head);
    snprintf(wanted, sizeof(wanted), "o.%s.q.q", all(heads[_i].head, 'h'));
    expect(heads[_i].program, text, wanted);
}
END_TEST

/* Fields of the sender's own, which a head follows without an empty line. */
START_TEST(fields_above_a_head_are_own) {
    char text[2000], wanted[200], *to = stpcpy(text, "It says\n\n");

    for (int i = 0; i < 24; i++)
        to = stpcpy(to, "Bulb: 5 watts\n");
    strcpy(to, "From: Carol\nTo: Lamps\n\nApplied, thanks!\n");
    snprintf(wanted, sizeof(wanted), "o.%.24shh.q", "oooooooooooooooooooooooooooooo");
    expect("many fields", text, wanted);
    strcpy(to, "From: Carol\n\nApplied, thanks!\n");
    snprintf(wanted, sizeof(wanted), "o.%.25s.o", "oooooooooooooooooooooooooooooo");
    expect("many fields, and no head", text, wanted);
}
END_TEST

/* ---- near misses --------------------------------------------------------------------------- */

static const struct {
    const char *why, *text, *origins;
} misses[] = {
    {"a bug report with fields",
     "It crashes.\n\nVersion: 6.1\nReporter: ada@example.org\nDate: 2026-03-02\nHost: "
     "lamp\n\nPlease fix.\n",
     "o.oooo.o"},
    {"fields without date and address",
     "It crashes.\n\nKernel: 6.1.20\nBoard: lamp\nCompiler: gcc\n\nNAK\n", "o.ooo.o"},
    {"trailers",
     "Fine.\n\nReported-by: Carol <carol@example.org>\nTested-on: 2026-03-02 11:05\nOk.\n",
     "o.ooo"},
    {"trailers with dates",
     "Fine.\n\nReviewed-by: A <a@example.org>\nAcked-by: B <b@example.org> # 2026-03-02\n\nOk\n",
     "o.oo.o"},
    {"what git shows of a commit",
     "It was this:\n\ncommit 0123456789012345678901234567890123456789\nAuthor: Ada "
     "<ada@example.org>\n"
     "Date:   Mon Mar 2 11:05:01 2026 +0100\n\n    lamp: dim it\n\nDrop it.\n",
     "o.ooo.o.o"},
    {"... of a merge",
     "See\n\nMerge: 0123456 789abcd\nAuthor: Ada <ada@example.org>\nAuthorDate: Mon Mar 2 11:05:01 "
     "2026\n"
     "Commit: Bob <bob@example.org>\n\nOk\n",
     "o.oooo.o"},
    {"a push notice",
     "Pushed.\n\n  Branch: main\n  Author: Ada <ada@example.org>\n  Date:   2026-03-02\n\nOk\n",
     "o.ooo.o"},
    {"a list of changes", "Fine.\n\nChanges since v1:\n- the date (2026-03-02)\n\nOk\n", "o.oo.o"},
    {"a mail that is named by its fields",
     "It replaces\n\n  Subject: [PATCH 0/7] lamp\n  Date: Tue, 31 Oct 2026 19:53:26 +0100\n\nwhich "
     "was wrong.\n",
     "o.oo.o"},
    {"links",
     "See\n\nLink: https://lore.example.org/r/20260302.1@example.org\nCloses: "
     "https://bugs.example.org/1\n\nOk\n",
     "o.oo.o"},
    {"a sentence that ends with a colon",
     "I tested it with the tree of 2026-03-02, and got this:\n\noops\n\nOk\n", "o.o.o"},
    {"... with a date and a time",
     "The build of 2026-03-02 11:05 failed with this:\n\noops\n\nOk\n", "o.o.o"},
    {"... with an address", "Please send it to carol@example.org, and say:\n\nhello\n\nOk\n",
     "o.o.o"},
    {"a log", "It says\n\n2026-03-02 11:05:01 lamp[123]: {\"type\":\n\"x\"}\n\nOk\n", "o.oo.o"},
    {"lines of a log", "It says\nMar  2 2026 11:05:01 lamp kernel:\noops\n\nOk\n", "ooo.o"},
    {"one field", "Fine.\n\nFrom: here on it is clear.\n\nOk\n", "o.o.o"},
    {"two fields apart", "Fine.\n\nFrom: here on.\n\nSubject: too long\n\nOk\n", "o.o.o.o"},
    {"a heading between dashes", "Fine.\n\n---- Results ----\n\nThroughput: 5\nLatency: 3\n\nOk\n",
     "o.o.oo.o"},
    {"a log between dashes",
     "Fine.\n\n------------[ cut here ]------------\nWARNING: at lamp.c:1\n\nOk\n", "o.oo.o"},
    {"scissors", "How about\n\n-- >8 --\nlamp: dim it\n\nOk\n", "o.oo.o"},
    {"a clear-signed mail", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nApplied.\n",
     "oo.o"},
    {"a table of dashes",
     "Fine.\n\n-------------------\nDate: 2026-03-02\nRuns: 5\n-------------------\n\nOk\n",
     "o.oooo.o"},
    {"an address and a version", "Fine.\n\nContact: carol@example.org\nRelease: 6.1.20\n\nOk\n",
     "o.oo.o"},
    {"C++", "Fine.\n\nstd::cout: 2026-03-02\nlamp::dim: a@example.org\n\nOk\n", "o.oo.o"},
    {"a meeting", "Fine.\n\nWhen: 2 March 2026 11:05\nWhere: https://meet.example.org/a@b\n\nOk\n",
     "o.oo.o"},
    {"an attribution whose quotation was deleted",
     "On Mon, Mar 2, 2026 at 11:05 AM " C " wrote:\n\nApplied.\n", "h.o"},
    {"... below a greeting",
     "Hi Carol,\n\nOn Mon, Mar 2, 2026 at 11:05 AM " C " wrote:\n\nApplied.\n", "o.h.o"},
    {"... and something left out",
     "Thanks.\n\nOn Mon, Mar 2, 2026 at 11:05 AM " C " wrote:\n[...]\n\nApplied.\n", "o.ho.o"},
    {"... or snipped",
     "Thanks.\n\nOn Mon, Mar 2, 2026 at 11:05 AM " C " wrote:\n<snip>\n\nApplied.\n", "o.ho.o"},
    {"marks farther below",
     "Thanks.\n\nOn Mon, Mar 2, 2026 at 11:05 AM " C " wrote:\n\nWell.\n\n> x\n\nApplied.\n",
     "o.h.o.q.o"},
    {"a rule between texts", "Fine.\n____________________\nMore.\n\n> x\n\nOk\n", "ooo.q.o"},
};

START_TEST(text_that_looks_like_a_head_is_own) {
    expect(misses[_i].why, misses[_i].text, misses[_i].origins);
}
END_TEST

/* ---- dates and addresses -------------------------------------------------------------------- */

START_TEST(signs_are_found) {
    static const struct {
        const char *text, *signs; /* d date, t time, a address, m mailbox */
    } examples[] = {
        {"Monday, March 2, 2026 11:05 AM", "dt"},
        {"2 March 2026", "d"},
        {"2026-03-02T11:05:01Z", "dt"},
        {"3/2/26", "d"},
        {"02.03.26", "d"},
        {"2. 3. 2026", "d"},
        {"2026. 03. 02.", "d"},
        {"2026年3月2日 18:05", "dt"},
        {"٢ مارس ٢٠٢٦ ١١:٠٥", "dt"},
        {"2 มีนาคม 2569", "d"},
        {"le 2 mars 2026 à 11h05", "dt"},
        {"klo 11.05", "t"},
        {"6.1.20", ""},
        {"10.0.0.1", ""},
        {"192.168.1.10", ""},
        {"1/2", ""},
        {"v2026 7", ""},
        {"2026", ""},
        {"20260302", ""},
        {"12345", ""},
        {"25:61", ""},
        {"a@example.org", "a"},
        {"<a@example.org>", "am"},
        {"[mailto:a@example.org]", "am"},
        {"(a@example.org)", "am"},
        {"https://example.org/r/2@example.org", ""},
        {"@example.org a@ @", ""},
        {"", ""},
    };

    for (size_t i = 0; i < COUNT(examples); i++) {
        struct quote_signs signs = quote_signs_read(patchmark_text_of(examples[i].text));
        char found[5];

        snprintf(found, sizeof(found), "%s%s%s%s", signs.date ? "d" : "", signs.time ? "t" : "",
                 signs.address ? "a" : "", signs.mailbox ? "m" : "");
        ck_assert_msg(strcmp(found, examples[i].signs) == 0, "%s: '%s'", examples[i].text, found);
    }
}
END_TEST

SUITE(quote_head_suite) {
    Suite *suite = suite_create("quote head");
    TCase *tests = tcase_create("heads");

    tcase_add_loop_test(tests, text_below_a_head_is_quoted, 0, COUNT(heads));
    tcase_add_loop_test(tests, marks_decide, 0, COUNT(heads));
    tcase_add_loop_test(tests, marks_below_are_of_others, 0, COUNT(heads));
    tcase_add_test(tests, fields_above_a_head_are_own);
    tcase_add_loop_test(tests, text_that_looks_like_a_head_is_own, 0, COUNT(misses));
    tcase_add_test(tests, signs_are_found);
    suite_add_tcase(suite, tests);
    return suite;
}

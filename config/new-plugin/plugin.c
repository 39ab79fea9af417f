/* NAME.c - labels mails whose subject has [NAME].  patchmark-plugin(7) describes what it can do. */
#include <patchmark-plugin.h>

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    (void)self;
    if (!strstr(patchmark_message_subject(message), "[NAME]"))
        return 0;
    return patchmark_add_label(facts, "NAME");
}

PATCHMARK_DEFINE_PLUGIN(.name = "NAME", .version = "1", .summary = "labels mails about NAME",
                        .classify = classify)

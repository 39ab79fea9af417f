-- SPDX-License-Identifier: BSD-2-Clause
-- look.lua - looks at all that the plugin lua shows of a mail, for tests with hostile mails.

facts = { seen = "int", name = "string", names = "list" }

local function count(text)
    return select(2, text:gsub("%S+", ""))
end

function classify(mail)
    local seen = 0
    for _, text in ipairs({ mail.id, mail.subject, mail.title, mail.sender, mail.sender_name, mail.sender_via,
        mail.list, mail.kind, mail:header("From"), mail:header("Content-Type") }) do
        seen = seen + count(text)
    end
    for _, list in ipairs({ mail:headers("Received"), mail:references(), mail:other_ids(), mail:fact("patch.files"),
        mail:fact("trailers.own") }) do
        seen = seen + #list
    end
    for line, origin in mail:lines() do
        seen = seen + (origin == "own" and line:find("^%s*%a") and 1 or 0)
    end
    for _, part in ipairs(mail:parts()) do
        mail:label(part.type)
        seen = seen + #part.filename + #part.text + #part.bytes
        if part.text:lower():find("%f[%w]regression%f[%W]") then
            mail:flag("regression")
        end
    end
    if mail:addressed(mail.sender) or mail:known_sender() or mail:index_message(mail.id) then
        mail:label("known")
    end
    mail:set("seen", seen)
    mail:set("name", mail.subject:sub(1, 20))
    mail:set("names", { mail.sender_name:sub(1, 5), mail.subject:sub(2, 3) })
end

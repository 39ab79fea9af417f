/* SPDX-License-Identifier: BSD-2-Clause
 *
 * script.c - see script.h.
 */
#include "script.h"

/* One event, all or nothing.  1: added; 0: was there already; the status UNPUBLISHED: added, but
 * PUBLISH was refused; an error: nothing was done.
 *
 * The events of a pipeline are separate steps, and Redis would go on after a step that failed.  So
 * each step looks for the id of the event before it, and the order holds whatever happens. */
const char script_text[] =
    "-- KEYS: stream, id of this event, id of the event before (not for the first)\n"
    "-- ARGV: seconds to remember, length of the stream, channel, id, type, list, series, event\n"
    "if KEYS[3] and redis.call('EXISTS', KEYS[3]) == 0 then\n"
    "    return redis.error_reply('ORDER the event before this one is not known')\n"
    "end\n"
    "if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[1]) then\n"
    "    return 0\n"
    "end\n"
    "local added = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'v', '1',\n"
    "    'id', ARGV[4], 'type', ARGV[5], 'list', ARGV[6], 'series', ARGV[7], 'ce', ARGV[8])\n"
    "if type(added) == 'table' and added.err then\n"
    "    redis.call('DEL', KEYS[2])\n"
    "    return added\n"
    "end\n"
    "if ARGV[3] ~= '' then\n"
    "    local told = redis.pcall('PUBLISH', ARGV[3], ARGV[8])\n"
    "    if type(told) == 'table' and told.err then\n"
    "        return redis.status_reply('UNPUBLISHED ' .. told.err)\n"
    "    end\n"
    "end\n"
    "return 1\n";

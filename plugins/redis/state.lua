-- SPDX-License-Identifier: BSD-2-Clause
--
-- state.lua - the script that Redis runs for a group of events: it records the id of each event,
-- adds the event to a stream, updates the state of its series and publishes it.
--
-- Each event is added completely or not at all.  The script returns an array of four elements:
--
--  1. the number of events, from the first on, that are in the stream, added now or earlier;
--  2. the error of the next event, or nil;
--  3. the result of publishing the added events: 0 if there was nothing to do, 1 if it succeeded,
--     else the text of an error;
--  4. the same for writing the state of their series.
--
-- An error reply instead of the array means that nothing was done.
--
-- KEYS: the stream for message.* events, the stream for others, the sorted set of open series (the
-- stream if there is none); for each event the key that records its id and the key of the hash of
-- the series that it changes (the stream if there is none); the key that records the id of the
-- event before the first one, if that event was in an earlier call.
--
-- ARGV: seconds to keep ids; maximum length of the stream for message.* events, and of the other
-- one; prefix of channels; seconds to keep a hash; prefix of the keys of hashes; "1" if the sorted
-- sets of open series are kept; the time, in seconds since 1970; for each event its JSON, id, type,
-- list, series, what other hosts learn from it, and its state record.  If the id is empty, only the
-- state record is applied.
--
-- A state record has the fields of the hash of one series with their values, one on each line:
-- "NAME VALUE".  The first line has the id of the series; another line "id ..." begins the record of
-- another series.  An empty VALUE removes the field.  Values are absolute, so a record may be
-- applied again.  Records can be late; therefore these only advance:
--
--  * state, in the order of `ranks` below; previous_state is set to the state before;
--  * changed;
--  * last_reply_at, together with last_reply and last_reply_by.
--
-- A record without event was perhaps read before newer events: if the hash has a newer `changed` or
-- last_reply_at, only the fields that it lacks are set.
--
-- A record with alias_of copies cover and parts of that hash to the one that alias_of names, unless
-- it has them.
--
-- The calls of a pipeline are separate steps, and Redis continues after a step that failed.
-- Therefore each call checks that the id of the event before it is recorded, so that no event is
-- added before the one that it follows.
--
-- Redis serves all clients on one thread, and a call from Redis into Lua costs more than most
-- commands.  Therefore several events share a call, and a hash that several of them change is read
-- and written once.
--
-- The keys of open series of a list, and of the hash that alias_of names, are computed here and not
-- declared.  Redis Cluster allows this if the node has them.  It has, because they begin with the
-- same prefix as declared keys, including the hash tag.

local remember, channel, keep, prefix = ARGV[1], ARGV[4], ARGV[5], ARGV[6]
local keeps_open, now, count = ARGV[7] == '1', ARGV[8], (#ARGV - 8) / 7
local message_stream, stream, open_key = KEYS[1], KEYS[2], KEYS[3]
local lengths = {[message_stream] = ARGV[2], [stream] = ARGV[3]}
local call, pcall_redis = redis.call, redis.pcall

local before = KEYS[2 * count + 4]
if before and call('EXISTS', before) == 0 then
    return redis.error_reply('ORDER the event before this one is not recorded')
end

local ranks = {open = 1, incomplete = 2, complete = 3, superseded = 4}
local hashes = {} -- by key; see read
local order = {}  -- the keys of hashes, in the order in which they were read
local trimmed = {} -- by key: true for a stream that this call has trimmed
local published, recorded = 0, 0

-- Returns the text of an error.  Before Redis 7 it may have '-' and CR LF of RESP.
local function text(err)
    return string.match(err, '^%-?(.-)%s*$')
end

-- ---- hashes --------------------------------------------------------------------------------

-- Fields whose old value is needed.
local names = {'id', 'state', 'changed', 'last_reply_at', 'lists', 'applied', 'alias_of', 'amends',
    'have'}

-- Returns the hash of a series: `old` has the values of `names` in Redis, false if absent; `new`
-- the values that write() writes, '' for a field to remove.
local function read(key, id)
    local hash = hashes[key]
    if not hash then
        local values = call('HMGET', key, unpack(names))
        hash = {key = key, id = id, old = {}, new = {}}
        for i, name in ipairs(names) do
            hash.old[name] = values[i]
        end
        if not values[1] then
            hash.new.id = id
        end
        hashes[key] = hash
        order[#order + 1] = key
    end
    return hash
end

-- Returns the value of a field in `names`; nil or false if it is absent.
local function value_of(hash, name)
    local value = hash.new[name]
    if value == nil then
        value = hash.old[name]
    end
    return value ~= '' and value
end

-- Returns true if a series with these values is open.
local function is_open(state, alias_of, amends, applied)
    return state ~= 'superseded' and not alias_of and not amends and applied ~= 'all'
end

-- Converts a time of RFC 3339, in UTC, to seconds since 1970.  Returns nil if it is invalid.
local function seconds(time)
    local year, month, day, hour, minute, second =
        string.match(time or '', '^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)')
    if not year then
        return nil
    end
    if tonumber(month) > 2 then -- years begin with March, so that a leap day is the last day
        month = month - 3
    else
        year, month = year - 1, month + 9
    end
    local floor = math.floor
    local days = 365 * year + floor(year / 4) - floor(year / 100) + floor(year / 400) +
        floor((153 * month + 2) / 5) + day - 719469
    return string.format('%.0f', ((days * 24 + hour) * 60 + minute) * 60 + second)
end

-- Adds the series to the sorted sets of open series, or removes it.  Does nothing if it has its place
-- there, unless the sets may have been lost.
local sets = {} -- by key: true for sets that were written
local function write_open(hash)
    local old = hash.old
    local was_open = not old.id or is_open(old.state, old.alias_of, old.amends, old.applied)
    local open = is_open(value_of(hash, 'state'), value_of(hash, 'alias_of'), value_of(hash, 'amends'),
        value_of(hash, 'applied'))
    local score = open and seconds(value_of(hash, 'changed'))
    if not score and not was_open or score and was_open and not hash.refills and
        value_of(hash, 'changed') == old.changed and value_of(hash, 'lists') == old.lists then
        return
    end
    local keys = {} -- true: the series belongs into that set
    for list in string.gmatch(old.lists or '', '%S+') do
        keys[open_key .. ':' .. list] = false
    end
    for list in string.gmatch(value_of(hash, 'lists') or '', '%S+') do
        keys[open_key .. ':' .. list] = true
    end
    keys[open_key] = true
    for key, belongs in pairs(keys) do
        if score and belongs then
            call('ZADD', key, score, hash.id)
            sets[key] = true
        else
            call('ZREM', key, hash.id)
        end
    end
end

-- Writes the new values to Redis and renews the expiry.
local function write(hash)
    local list, gone = {}, {}
    for name, value in pairs(hash.new) do
        if value ~= '' then
            list[#list + 1] = name
            list[#list + 1] = value
        elseif hash.old.id then -- a new hash has nothing to remove
            gone[#gone + 1] = name
        end
    end
    for first = 1, #list, 1000 do -- unpack has a limit
        call('HSET', hash.key, unpack(list, first, math.min(first + 999, #list)))
    end
    for first = 1, #gone, 1000 do
        call('HDEL', hash.key, unpack(gone, first, math.min(first + 999, #gone)))
    end
    if #list + #gone > 0 then
        call('EXPIRE', hash.key, keep)
    end
    if keeps_open then
        write_open(hash)
    end
    for name in pairs(hash.old) do
        hash.old[name] = value_of(hash, name)
    end
    hash.new = {}
end

-- Removes series that did not change for as long as a hash is kept.  The set of a list expires as a
-- whole, because the list may have no further mail.
local function trim_open()
    for key in pairs(sets) do
        call('ZREMRANGEBYSCORE', key, '-inf', '(' .. string.format('%.0f', now - keep))
        call('EXPIRE', key, keep)
    end
end

-- ---- state records -------------------------------------------------------------------------

-- Copies cover and parts of a hash to the hash of the series `id`, unless that has them.
local function copy_parts(hash, id)
    write(hash)
    local fields, parts, messages = call('HGETALL', hash.key), {}, {}
    for i = 1, #fields, 2 do
        if fields[i] == 'cover' or string.find(fields[i], '^part:') then
            parts[#parts + 1] = fields[i]
            messages[#parts] = fields[i + 1]
        end
    end
    if #parts == 0 then
        return
    end
    local other, have = read(prefix .. id, id), 0
    write(other)
    for first = 1, #parts, 1000 do
        local last = math.min(first + 999, #parts)
        for i, value in ipairs(call('HMGET', other.key, unpack(parts, first, last))) do
            local name = parts[first + i - 1]
            if not value then
                other.new[name] = messages[first + i - 1]
                have = have + (name == 'cover' and 0 or 1)
            end
        end
    end
    if have > 0 then
        other.new.have = string.format('%d', (other.old.have or 0) + have)
    end
end

-- Removes from fields, those of a record without event, what a newer hash has already.
local function keep_newer(hash, fields)
    if (hash.old.changed or '') > (fields.changed or '') or
        (hash.old.last_reply_at or '') > (fields.last_reply_at or '') then
        local there = call('HGETALL', hash.key)
        for i = 1, #there, 2 do
            fields[there[i]] = nil
        end
    end
end

-- Applies the fields of one record, a table by name, to the hash of the series `id`.
local function apply(id, fields, refills)
    local hash = read(prefix .. id, id)
    if refills then
        hash.refills = true
        keep_newer(hash, fields)
    end
    local state = value_of(hash, 'state')
    if fields.state and (ranks[fields.state] or 0) > (ranks[state] or 0) then
        fields.previous_state = state or nil
    else
        fields.state = nil
    end
    if fields.changed and fields.changed <= (value_of(hash, 'changed') or '') then
        fields.changed = nil
    end
    if fields.last_reply_at and fields.last_reply_at < (value_of(hash, 'last_reply_at') or '') then
        fields.last_reply_at, fields.last_reply, fields.last_reply_by = nil, nil, nil
    end
    for name, value in pairs(fields) do
        hash.new[name] = value
    end
    if fields.alias_of and string.find(fields.alias_of, '^[%w-]+$') and fields.alias_of ~= id then
        copy_parts(hash, fields.alias_of)
    end
end

-- Applies the state records of one event, in memory as far as possible.
local function record(records, refills)
    local id, fields
    for name, value in string.gmatch(records, '([^%s]+) ([^\n]*)\n') do
        if name == 'id' then
            if id then
                apply(id, fields, refills)
            end
            if not string.find(value, '^[%w-]+$') then
                error('invalid id of a series in a state record', 0)
            end
            id, fields = value, {}
        elseif not id then
            error('a state record begins without id', 0)
        else
            fields[name] = value
        end
    end
    if not id then
        error('a state record has no id', 0)
    end
    apply(id, fields, refills)
    recorded = recorded == 0 and 1 or recorded
end

-- Calls a function that works on hashes.  Its error is returned and stops no event.
local function try(action, ...)
    local done, failure = pcall(action, ...)
    if not done then
        recorded = text(type(failure) == 'table' and failure.err or tostring(failure))
    end
end

-- ---- events --------------------------------------------------------------------------------

-- Adds an event to its stream.  Trims the stream once in a call, which is enough.
local function add_entry(kind, ...)
    local key = string.find(kind, '^patchmark%.message%.') and message_stream or stream
    if trimmed[key] then
        return pcall_redis('XADD', key, '*', ...)
    end
    trimmed[key] = true
    return pcall_redis('XADD', key, 'MAXLEN', '~', lengths[key], '*', ...)
end

-- Records, adds and publishes one event.  Returns the error if it could not be added.
local function add(seen, json, id, kind, list, series, learned, state)
    local added = pcall_redis('SET', seen, '1', 'NX', 'EX', remember)
    if not added then
        return -- a duplicate
    end
    if added.err then
        return added
    end
    if learned == '' then
        added = add_entry(kind, 'v', '1', 'id', id, 'type', kind, 'list', list, 'series', series,
            'ce', json)
    else
        added = add_entry(kind, 'v', '1', 'id', id, 'type', kind, 'list', list, 'series', series,
            'ce', json, 'learned', learned)
    end
    if type(added) == 'table' and added.err then
        pcall_redis('DEL', seen)
        return added
    end
    if state ~= '' then
        try(record, state)
    end
    if channel ~= '' then
        local receivers = pcall_redis('PUBLISH', channel .. kind, json)
        if type(receivers) == 'table' and receivers.err then
            published = text(receivers.err)
        elseif published == 0 then
            published = 1
        end
    end
end

local done, failure = 0, false
while done < count and not failure do
    local at = 7 * done + 9
    if ARGV[at + 1] == '' then
        try(record, ARGV[at + 6], true)
    else
        failure = add(KEYS[2 * done + 4], unpack(ARGV, at, at + 6)) or false
    end
    done = done + (failure and 0 or 1)
end
if failure then
    failure.err = text(failure.err)
end
for _, key in ipairs(order) do
    try(write, hashes[key])
end
try(trim_open)
return {done, failure, published, recorded}

/** So many calls of one client may be on their way at once. */
const repliesKept = 1024;
/** So many members Lua hands to one command: a call for each takes several times as long. */
const membersAtOnce = 1000;

/**
 * Lua, because a fence, a change and its log must be one step. Each script gets the keys of fence and log and that of the
 * client's replies first, and its own after them; `ARGV[1]` is the attempt's token or empty, `ARGV[2]` is `1` where there is a
 * log, `ARGV[3]` numbers the call. A call that comes again, because its reply was lost with the connection, gets the reply
 * of the first time and does nothing.
 */
const preamble = `
local place = tonumber(ARGV[3]) % ${repliesKept}
local call, before = string.match(redis.call('HGET', KEYS[3], place) or '', '^(%d+) (.*)$')
if call == ARGV[3] then return before end
if ARGV[1] ~= '' then
  local newest = tonumber(redis.call('GET', KEYS[1]) or '0')
  if newest > tonumber(ARGV[1]) then return redis.error_reply('FENCED ' .. KEYS[1] .. ' is ' .. newest .. ', not ' .. ARGV[1]) end
end
local function log(key, member)
  if ARGV[2] == '1' then redis.call('SADD', KEYS[2], key .. '\\n' .. member) end
end
local function answer(reply)
  redis.call('HSET', KEYS[3], place, ARGV[3] .. ' ' .. reply)
  redis.call('EXPIRE', KEYS[3], 300)
  return reply
end
`;

/** `ARGV[4]` names the command; then come pairs of a key's number and a member. The reply has one digit for each pair. */
const change = `${preamble}
local changed = {}
for i = 5, #ARGV, 2 do
  changed[#changed + 1] = redis.call(ARGV[4], KEYS[3 + tonumber(ARGV[i])], ARGV[i + 1])
end
return answer(table.concat(changed))`;

/**
 * `ARGV[4]` is the number of records, `ARGV[5]` that of learned sets; the numbers of their keys come first. Of each record come its key's number, its
 * field, whether there has to be a text, that text, whether there is to be one, and that one. Then of each entry its key's number, what it
 * has to be, what it is to be (0, 1, or 2 for either), and its member. The reply is `y` or `n`, and a digit for each entry: whether it was
 * changed, or is otherwise. What was done tells of each learned set how many members it had, and has. It is read before it is
 * changed and after, so that the server, where it tracks what is read, tells of this change once, and of the next one.
 */
const exchange = `${preamble}
local records = 6 + tonumber(ARGV[5])
local entries = records + 6 * tonumber(ARGV[4])
local before = {}
for i = 6, records - 1 do before[i] = redis.call('SCARD', KEYS[3 + tonumber(ARGV[i])]) end
local refused = false
for i = records, entries - 1, 6 do
  local now = redis.call('HGET', KEYS[3 + tonumber(ARGV[i])], ARGV[i + 1])
  if (ARGV[i + 2] == '1') ~= (now ~= false) or (now and now ~= ARGV[i + 3]) then refused = true end
end
local runs = {}
local digits = {}
local at = entries
while at <= #ARGV do
  local key, members, first = KEYS[3 + tonumber(ARGV[at])], {}, at
  repeat
    members[#members + 1] = ARGV[at + 3]
    at = at + 4
  until at > #ARGV or #members == ${membersAtOnce} or KEYS[3 + tonumber(ARGV[at])] ~= key
  local are = redis.call('SMISMEMBER', key, unpack(members))
  for place = 1, #members do
    local from = ARGV[first + 4 * place - 3]
    local isOtherwise = from ~= '2' and are[place] ~= tonumber(from)
    refused = refused or isOtherwise
    digits[#digits + 1] = isOtherwise and 1 or 0
  end
  runs[#runs + 1] = {key = key, members = members, are = are, first = first}
end
if refused then return answer('n' .. table.concat(digits)) end
for i = records, entries - 1, 6 do
  if ARGV[i + 4] == '1' then redis.call('HSET', KEYS[3 + tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 5])
  elseif ARGV[i + 2] == '1' then redis.call('HDEL', KEYS[3 + tonumber(ARGV[i])], ARGV[i + 1]) end
end
digits = {}
for _, run in ipairs(runs) do
  local come, go, seen = {}, {}, {}
  for place, member in ipairs(run.members) do
    local to = ARGV[run.first + 4 * place - 2]
    local digit = 0
    if to ~= '2' and run.are[place] ~= tonumber(to) and not seen[member] then
      local changes = to == '1' and come or go
      changes[#changes + 1] = member
      seen[member] = true
      digit = 1
    end
    digits[#digits + 1] = digit
  end
  if #come > 0 then redis.call('SADD', run.key, unpack(come)) end
  if #go > 0 then redis.call('SREM', run.key, unpack(go)) end
end
local sizes = ''
for i = 6, records - 1 do
  sizes = sizes .. ' ' .. before[i] .. ' ' .. redis.call('SCARD', KEYS[3 + tonumber(ARGV[i])])
end
return answer('y' .. table.concat(digits) .. sizes)`;

const setOnce = `${preamble}
if redis.call('EXISTS', KEYS[4]) == 1 then return answer('0') end
redis.call('SADD', KEYS[4], ARGV[4])
log(KEYS[4], ARGV[4])
return answer('1')`;

/** `ARGV[5]` is the number that the counter has to have, or empty. */
const increment = `${preamble}
if ARGV[5] ~= '' then
  local now = redis.call('GET', KEYS[4]) or '0'
  if tonumber(now) ~= tonumber(ARGV[5]) then return answer(now) end
end
local by = tonumber(ARGV[4])
local value = redis.call('INCRBY', KEYS[4], ARGV[4])
if ARGV[5] ~= '' and value == 0 then redis.call('DEL', KEYS[4]) end
if by >= 0 then log(KEYS[4], tostring(value))
elseif ARGV[2] == '1' then
  for n = value + 1, value - by do redis.call('SREM', KEYS[2], KEYS[4] .. '\\n' .. tostring(n)) end
end
return answer(string.format('%.0f', value))`;

const drop = `${preamble}
for i = 4, #KEYS do redis.call('UNLINK', KEYS[i]) end
return answer('')`;

/** What a server that tracks as is expected tells of twice: a set that is read, changed, read again and dropped. */
export const trackingProbe = `
redis.call('SCARD', KEYS[1])
redis.call('SADD', KEYS[1], 'x', 'y')
redis.call('SADD', KEYS[1], 'z')
redis.call('SCARD', KEYS[1])
redis.call('DEL', KEYS[1])
return ''`;

export const redisScripts = { change, exchange, setOnce, increment, drop } as const;

/** So many calls of one client may be on their way at once. */
const repliesKept = 1024;

/**
 * Lua, because a fence, a change and its journal must be one step. Each script gets the keys of fence and journal and that of the
 * client's replies first, and its own after them; `ARGV[1]` is the attempt's token or empty, `ARGV[2]` is `1` where there is a
 * journal, `ARGV[3]` numbers the call. A call that comes again, because its reply was lost with the connection, gets the reply
 * of the first time and does nothing.
 */
const preamble = `
local place = tonumber(ARGV[3]) % ${repliesKept}
local call, before = string.match(redis.call('HGET', KEYS[4], place) or '', '^(%d+) (.*)$')
if call == ARGV[3] then return before end
if ARGV[1] ~= '' then
  local newest = tonumber(redis.call('GET', KEYS[1]) or '0')
  if newest > tonumber(ARGV[1]) then return redis.error_reply('FENCED ' .. KEYS[1] .. ' is ' .. newest .. ', not ' .. ARGV[1]) end
end
local function log(key, member, into, outof)
  if ARGV[2] == '1' then
    local line = key .. '\\n' .. member
    if redis.call('SREM', outof, line) == 0 then redis.call('SADD', into, line) end
  end
end
local function answer(reply)
  redis.call('HSET', KEYS[4], place, ARGV[3] .. ' ' .. reply)
  redis.call('EXPIRE', KEYS[4], 300)
  return reply
end
`;

/** `ARGV[4]` names the command; then come pairs of a key's number and a member. The reply has one digit for each pair. */
const change = `${preamble}
local into, outof = KEYS[2], KEYS[3]
if ARGV[4] == 'SREM' then into, outof = outof, into end
local changed = {}
for i = 5, #ARGV, 2 do
  local key = KEYS[4 + tonumber(ARGV[i])]
  local count = redis.call(ARGV[4], key, ARGV[i + 1])
  if count == 1 then log(key, ARGV[i + 1], into, outof) end
  changed[#changed + 1] = count
end
return answer(table.concat(changed))`;

const setOnce = `${preamble}
if redis.call('EXISTS', KEYS[5]) == 1 then return answer('0') end
redis.call('SADD', KEYS[5], ARGV[4])
log(KEYS[5], ARGV[4], KEYS[2], KEYS[3])
return answer('1')`;

/** `ARGV[5]` is the number that the counter has to have, or empty. */
const increment = `${preamble}
if ARGV[5] ~= '' then
  local now = redis.call('GET', KEYS[5]) or '0'
  if tonumber(now) ~= tonumber(ARGV[5]) then return answer(now) end
end
local by = tonumber(ARGV[4])
local value = redis.call('INCRBY', KEYS[5], ARGV[4])
if ARGV[5] ~= '' and value == 0 then redis.call('DEL', KEYS[5]) end
if by >= 0 then log(KEYS[5], tostring(value), KEYS[2], KEYS[3])
elseif ARGV[2] == '1' then
  for n = value + 1, value - by do redis.call('SREM', KEYS[2], KEYS[5] .. '\\n' .. tostring(n)) end
end
return answer(string.format('%.0f', value))`;

const drop = `${preamble}
for i = 5, #KEYS do redis.call('UNLINK', KEYS[i]) end
return answer('')`;

export const redisScripts = { change, setOnce, increment, drop } as const;

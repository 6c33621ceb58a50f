/**
 * Lua, because a fence, a change and its journal must be one step. Each script gets the keys of fence and journal first and
 * its own after them; `ARGV[1]` is the attempt's token or empty, `ARGV[2]` is `1` where there is a journal.
 */
const preamble = `
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
`;

/** `ARGV[3]` names the command; then come pairs of a key's number and a member. The reply has one digit for each pair. */
const change = `${preamble}
local into, outof = KEYS[2], KEYS[3]
if ARGV[3] == 'SREM' then into, outof = outof, into end
local changed = {}
for i = 4, #ARGV, 2 do
  local key = KEYS[3 + tonumber(ARGV[i])]
  local count = redis.call(ARGV[3], key, ARGV[i + 1])
  if count == 1 then log(key, ARGV[i + 1], into, outof) end
  changed[#changed + 1] = count
end
return table.concat(changed)`;

const setOnce = `${preamble}
if redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
redis.call('SADD', KEYS[4], ARGV[3])
log(KEYS[4], ARGV[3], KEYS[2], KEYS[3])
return 1`;

/**
 * `ARGV[4]` numbers the call, or is empty where nothing changes; `KEYS[5]` has the client's last call with its reply. A call that
 * comes again, because its reply was lost with the connection, gets that reply: no number is drawn twice for one call. `ARGV[5]` is
 * the number that the counter has to have, or empty.
 */
const increment = `
if ARGV[4] ~= '' then
  local call, reply = string.match(redis.call('GET', KEYS[5]) or '', '^(%d+) (-?%d+)$')
  if call == ARGV[4] then return tonumber(reply) end
end
${preamble}
if ARGV[5] ~= '' then
  local now = tonumber(redis.call('GET', KEYS[4]) or '0')
  if now ~= tonumber(ARGV[5]) then return now end
end
local value = redis.call('INCRBY', KEYS[4], ARGV[3])
if ARGV[5] ~= '' and value == 0 then redis.call('DEL', KEYS[4]) end
if tonumber(ARGV[3]) >= 0 then log(KEYS[4], tostring(value), KEYS[2], KEYS[3])
elseif ARGV[2] == '1' then
  for n = value + 1, value - tonumber(ARGV[3]) do redis.call('SREM', KEYS[2], KEYS[4] .. '\\n' .. tostring(n)) end
end
if ARGV[4] ~= '' then redis.call('SET', KEYS[5], ARGV[4] .. ' ' .. string.format('%.0f', value), 'EX', 300) end
return value`;

const drop = `${preamble}
for i = 4, #KEYS do redis.call('UNLINK', KEYS[i]) end
return 0`;

export const redisScripts = { change, setOnce, increment, drop } as const;

"""Rate limits shared by all workers: kept in Valkey, and by this process alone while Valkey is unreachable."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from kith.connectors import LocalLimiter, Rate

#: The generic cell rate algorithm by the clock of Valkey: all workers share it. Times in thousandths of a second.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local kept = redis.call('HMGET', KEYS[1], 'due', 'held')
local due = math.max(tonumber(kept[1]) or now, now)
local held = tonumber(kept[2]) or now
local wait = math.max(due - ARGV[2], held) - now
if wait <= tonumber(ARGV[3]) then
    due = math.max(due, held) + ARGV[1]
    redis.call('HSET', KEYS[1], 'due', due)
    redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(due, held) - now) + 1000)
end
return tostring(math.max(wait, 0))
"""
_HOLD = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local held = math.max(tonumber(redis.call('HGET', KEYS[1], 'held')) or 0, now + ARGV[1])
local due = tonumber(redis.call('HGET', KEYS[1], 'due')) or now
redis.call('HSET', KEYS[1], 'held', held)
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(due, held) - now) + 1000)
return tostring(held - now)
"""
_PREFIX = "kith:rate:"


class SharedLimiter:
    """Keeps rates for all workers of an installation."""

    def __init__(self, valkey: Redis) -> None:
        self._local = LocalLimiter()
        self._take = valkey.register_script(_TAKE)
        self._hold = valkey.register_script(_HOLD)

    async def take(self, key: str, rate: Rate, longest: float) -> float:
        try:
            wait = await self._take([_PREFIX + key], [_ms(rate.interval), _ms(rate.tolerance), _ms(longest)])
        except (RedisError, OSError):
            return await self._local.take(key, rate, longest)
        return float(wait) / 1000

    async def hold(self, key: str, seconds: float) -> None:
        """Keep the pause here too: it holds even if Valkey is lost in the meantime."""
        await self._local.hold(key, seconds)
        try:
            await self._hold([_PREFIX + key], [_ms(seconds)])
        except (RedisError, OSError):
            return


def _ms(seconds: float) -> float:
    return seconds * 1000

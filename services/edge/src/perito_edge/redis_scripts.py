"""The scripts of the library `limits` for one request, made into one for all requests that wait: a single round trip.

Redis runs a script whole, so what it decides for each of them is what it would have decided one after the other.
"""

from collections.abc import Sequence

_FOR_ALL = """
local function acquire(KEYS, ARGV)
{acquire}
end
local function look(KEYS, ARGV)
{look}
end
local told = {{}}
local number = string.gmatch(ARGV[1], '%d+')
local seconds = number()
for i = 1, #KEYS, 2 do
  local keys = {{KEYS[i], KEYS[i + 1]}}
  local quota, cost = number(), number()
  local granted = acquire(keys, {{quota, seconds, cost}})
  local found = look(keys, {{seconds}})
  for n = 1, 4 do
    told[#told + 1] = tostring(tonumber(found[n] or 0))
  end
  told[#told + 1] = granted and 1 or 0
end
return table.concat(told, ' ')
"""
ANSWERED = 5
"""Numbers for each request."""


def for_all(acquire: bytes, look: bytes) -> str:
    """Lua of the script for many. KEYS are the minute before and the counted one of each; ARGV is one text of numbers,
    and so is the answer (see `asked` and `answered`): lists of lists take Python longer than Redis takes to decide.

    `acquire` and `look` are the library's own texts for one. Inside a function their KEYS and ARGV are its parameters.
    """
    return _FOR_ALL.format(acquire=acquire.decode(), look=look.decode())


def asked(seconds: int, quotas_and_costs: Sequence[tuple[int, int]]) -> str:
    """What to ask: the seconds of a window, then quota and cost of each request."""
    return f"{seconds} " + " ".join(f"{quota} {cost}" for quota, cost in quotas_and_costs)


def answered(told: bytes) -> list[list[int]]:
    """For each request the count of the minute before, its milliseconds to live, the same two of the counted one, and
    whether it was granted.
    """
    numbers = [int(number) for number in told.split()]
    return [numbers[at : at + ANSWERED] for at in range(0, len(numbers), ANSWERED)]

"""Books of a made-up retailer: consistent, of any size, with faults planted on purpose and written down.

`generate` writes them; `size_of` turns a number of ledger rows into a size. Whoever plants something derives from
`Hooks`. Nothing here knows the rules that examine the books.
"""

from perito_simulator.generate import Generated, Progress, generate
from perito_simulator.hooks import Hooks
from perito_simulator.size import Size, size_of

__all__ = ["Generated", "Hooks", "Progress", "Size", "generate", "size_of"]

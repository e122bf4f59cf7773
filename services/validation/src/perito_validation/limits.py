"""How much a file may hold. Every bound has its reason here; what exceeds one is refused or set aside and says which.

They are far above what exports of retailers hold, and low enough that a hostile file costs seconds and megabytes.
"""

MAX_LINE = 1 << 20
"""Bytes of a line, characters of a record that spans several. A parser holds one whole; real ones have under 10 KiB."""
MAX_QUOTED_LINES = 1_000
"""Lines that one quoted cell may span. A quote that does not close must not cost a look through the whole file."""
MAX_COLUMNS = 2_000
"""Columns of a table. Every column costs SQL in each later query; ten times the widest ERP export that we know of."""
MAX_RAW = 200
"""Characters of a rejected record that are kept."""
MAX_REJECTED = 1_000
"""Up to so many irregular records are set aside; beyond it, if they are more than a fifth, the dialect is in doubt."""
MAX_REJECTED_SHARE = 5
"""One irregular record in so many is borne beyond `MAX_REJECTED`."""

MAX_REJECTED_KEPT = 100_000
"""Irregular records beyond which a file is refused however large it is: they are kept in memory until they are told."""

MAX_BLANK_LINES = 1_000_000
"""Blank lines beyond which a file is refused, if they are also more than its records: no export has them."""

MAX_MEMBERS = 1_000
"""Files in an archive, sheets of a workbook, arrays in a JSON document. Their names and tables are kept in memory."""
MAX_DIRECTORY = 1 << 20
"""Bytes of an archive's list of members, which is read whole: about 1 KiB for each of `MAX_MEMBERS`."""
MAX_EXPANDED = 4 << 30
"""Bytes that an archive may expand to. They go to the job's folder; an export of 40 million rows fits."""
MAX_RATIO = 200
"""Expanded by compressed bytes. Ledgers compress 5 to 50 times; deflate can reach 1,032, and nothing honest does."""
RATIO_FROM = 16 << 20
"""Expanded bytes below which the ratio does not matter: so little does no harm."""
MAX_MEMBER_NAME = 200
"""Characters of a member's name that are shown."""

MAX_WORKBOOK = 1 << 30
"""Expanded bytes of a workbook: its parts are held in memory. A full sheet of 15 columns has less."""
MAX_SHEET_CELLS = 50_000_000
"""Cells of the rectangle that a sheet spans, which is what its reader allocates: a full sheet of 47."""

MAX_JSON_DEPTH = 100
"""Levels of a JSON document. The parser is recursive; exports have under ten."""
MAX_JSON_RECORD = 1 << 20
"""Characters of one record of a JSON document."""
MAX_JSON_KEYED = 64 << 20
"""Characters of a JSON object that is keyed by code: only its end tells what it is. Arrays have no such bound."""

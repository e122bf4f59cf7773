"""Views that several rules share, each made once per run when the first rule asks for it (`uses` in its header)."""

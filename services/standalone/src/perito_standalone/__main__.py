"""`python -m perito_standalone`: the `perito` command where it is not on the path."""

from perito_standalone.cli import app

app()

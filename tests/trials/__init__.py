"""Long proofs, one module each, and what they found in `docs/trials`: see `docs/trials/README.md`."""

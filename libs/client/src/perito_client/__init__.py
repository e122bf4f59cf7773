"""Client of the REST API: what is generated from its description, and waiting and streaming on top."""

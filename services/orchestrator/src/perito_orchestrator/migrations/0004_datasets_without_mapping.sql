-- A dataset may have no mapping: one is then proposed from its files when they are read.

ALTER TABLE datasets
  ALTER COLUMN mapping_key DROP NOT NULL,
  ALTER COLUMN mapping_sha256 DROP NOT NULL,
  ALTER COLUMN mapping_bytes DROP NOT NULL,
  ALTER COLUMN mapping_media_type DROP NOT NULL,
  ADD CONSTRAINT mapping_whole_or_absent
    CHECK (num_nulls(mapping_key, mapping_sha256, mapping_bytes, mapping_media_type) IN (0, 4));

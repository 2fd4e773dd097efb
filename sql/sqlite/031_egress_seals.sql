-- Days of the egress log that went into files, each sealed, each seal over the one before it.
CREATE TABLE egress_seals (
  nth  INTEGER PRIMARY KEY,
  seal TEXT NOT NULL,           -- SHA-256 (hex) of the rest of `data`
  data TEXT NOT NULL            -- JSON: file, batches, events, digest of the file, the seal before
) STRICT;

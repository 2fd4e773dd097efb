-- What was set aside or refused is counted every few seconds, out of very many rows.
CREATE INDEX deliveries_aside ON deliveries (channel) WHERE state = 2;
CREATE INDEX items_aside ON items (channel) WHERE state = 2;

-- What a connector notes ends as well: when it was used last, and whether a customer said it (1) or answers need it (0).
ALTER TABLE memory ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memory ADD COLUMN came INTEGER NOT NULL DEFAULT 0;
-- Texts in parts, and profiles. From before: as if noted now.
UPDATE memory SET at = CAST(strftime('%s', 'now') AS INTEGER) * 1000, came = key GLOB 'join:*' OR key GLOB 'user:*';
CREATE INDEX memory_old ON memory (came, at);

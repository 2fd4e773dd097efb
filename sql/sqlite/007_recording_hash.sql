-- Recordings stay with the media engine, found by their id; what the record keeps of the sealed file is its hash.
ALTER TABLE recordings DROP COLUMN file;

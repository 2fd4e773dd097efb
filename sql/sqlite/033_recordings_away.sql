-- Sealed recordings that an engine on another machine has (Asterisk, FreeSWITCH), until they are in the recordings folder here.
CREATE TABLE recordings_away (
  id     TEXT    PRIMARY KEY,
  since  INTEGER NOT NULL,
  sha256 TEXT    NOT NULL,            -- as it was sealed
  home   INTEGER NOT NULL DEFAULT 0   -- 1: it is here, whole; the engine still has it, too
) STRICT, WITHOUT ROWID;

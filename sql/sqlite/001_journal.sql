-- The journal: everything that happened, once, in order (append-only; only erasing a person changes a row, and then
-- only the columns personal and salt). Times are milliseconds since 1970 UTC, here and in every table.

CREATE TABLE journal (
  seq         INTEGER PRIMARY KEY,      -- gapless, from 1
  at          INTEGER NOT NULL,
  site        TEXT    NOT NULL,
  team        TEXT,
  type        TEXT    NOT NULL,         -- 'interaction.answered'; docs/events.md lists them all
  version     INTEGER NOT NULL,
  interaction TEXT,
  agent       TEXT,
  queue       TEXT,
  customer    TEXT,
  data        TEXT    NOT NULL,         -- JSON, without the personal fields
  personal    TEXT,                     -- JSON of the personal fields; NULL where there are none, or erased
  subject     TEXT,                     -- whom they are about: customer, else interaction, else agent
  salt        BLOB,                     -- 16 random bytes; goes with the personal fields
  digest      BLOB,                     -- SHA-256(salt, personal); stays, so that the chain can be verified
  hash        BLOB    NOT NULL          -- SHA-256(hash before, every column above but personal and salt)
) STRICT;

CREATE INDEX journal_by_interaction ON journal (interaction) WHERE interaction IS NOT NULL;
CREATE INDEX journal_by_subject ON journal (subject) WHERE subject IS NOT NULL;

-- How far each reader of the journal has come.
CREATE TABLE cursors (
  reader TEXT PRIMARY KEY,
  seq    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Single values: 'epoch' counts the starts of a server on this data.
CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

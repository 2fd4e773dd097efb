-- Moments as they are edited and looked at: every version that was in use, drafts, and what moments did lately, one line
-- each. The lines are kept for thirty days, are erased with the customer, and hold no word of hers.

CREATE TABLE moment_versions (
  moment  TEXT    NOT NULL,
  version TEXT    NOT NULL,             -- SHA-256 of the text, hex
  at      INTEGER NOT NULL,             -- when it was first in use
  by      TEXT,                         -- who saved it; NULL where the file was changed by other means
  text    TEXT    NOT NULL,
  PRIMARY KEY (moment, version)
) STRICT;

CREATE TABLE moment_drafts (
  moment TEXT    PRIMARY KEY,
  at     INTEGER NOT NULL,
  by     TEXT    NOT NULL,
  text   TEXT    NOT NULL               -- perhaps with errors
) STRICT, WITHOUT ROWID;

CREATE TABLE moment_log (
  id       INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  moment   TEXT    NOT NULL,
  customer TEXT    NOT NULL,
  team     TEXT,
  firing   TEXT,                        -- NULL: it was restrained
  data     TEXT    NOT NULL             -- JSON: what it did and what came of it, or why it did nothing
) STRICT;

CREATE INDEX moment_log_by_moment ON moment_log (moment, id);
CREATE INDEX moment_log_by_customer ON moment_log (customer, id);
CREATE INDEX moment_log_by_firing ON moment_log (firing) WHERE firing IS NOT NULL;
CREATE INDEX moment_log_by_time ON moment_log (at);

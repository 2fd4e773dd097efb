-- The audit log: which events of the journal are part of it. Can be made again from the journal alone.

CREATE TABLE audit (
  seq     INTEGER PRIMARY KEY,            -- of the event
  at      INTEGER NOT NULL,
  type    TEXT    NOT NULL,
  by      TEXT,                           -- who did it
  subject TEXT                            -- what it was done to
) STRICT;

CREATE INDEX audit_by ON audit (by, seq);
CREATE INDEX audit_subject ON audit (subject, seq);

-- Legal holds: what nobody and no rule may take away. Changes are retention.hold-* events.
CREATE TABLE holds (
  id      TEXT    PRIMARY KEY,
  kind    TEXT    NOT NULL,               -- 'customer', 'interaction', 'queue'
  subject TEXT    NOT NULL,
  reason  TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  by      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- What was taken away by a rule of retention or with an erased person, so that nothing of it is missed, or done twice.
CREATE TABLE removals (
  kind TEXT    NOT NULL,                  -- 'recordings' (id of the recording), 'messages', 'personal' (of the interaction)
  id   TEXT    NOT NULL,
  at   INTEGER NOT NULL,
  rule TEXT    NOT NULL,                  -- name of the rule, or 'erasure'
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

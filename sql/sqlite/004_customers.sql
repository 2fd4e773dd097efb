-- Who customers are. Changes are events of the journal (customer.*).

CREATE TABLE customers (
  id         TEXT    PRIMARY KEY,
  site       TEXT    NOT NULL,
  team       TEXT,
  name       TEXT,
  language   TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One identity belongs to one customer; a customer may have many.
CREATE TABLE identities (
  kind     TEXT    NOT NULL,              -- 'phone' (E.164), 'account', 'mail' …
  value    TEXT    NOT NULL,
  customer TEXT    NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  since    INTEGER NOT NULL,
  PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX identities_by_customer ON identities (customer);

CREATE TABLE tags (
  customer TEXT    NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  tag      TEXT    NOT NULL,
  since    INTEGER NOT NULL,
  until    INTEGER,                       -- NULL: until it is taken off
  by       TEXT    NOT NULL,
  PRIMARY KEY (customer, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE notes (
  id       TEXT    PRIMARY KEY,
  customer TEXT    NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  at       INTEGER NOT NULL,
  by       TEXT    NOT NULL,
  text     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX notes_by_customer ON notes (customer, at);

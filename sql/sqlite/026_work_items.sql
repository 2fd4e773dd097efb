-- Work items (tickets): what is to be done, by whom, until when. Changes are events (work-item.*).

CREATE TABLE work_items (
  id       TEXT    PRIMARY KEY,
  site     TEXT    NOT NULL,
  team     TEXT,
  via      TEXT    NOT NULL,              -- channel of kind work
  key      TEXT,                          -- of the program that made it
  state    TEXT    NOT NULL,              -- 'new', 'open', 'pending', 'solved', 'closed'
  owner    TEXT,
  customer TEXT,
  due      INTEGER NOT NULL,              -- ms UTC
  overdue  INTEGER NOT NULL DEFAULT 0,
  offer_at INTEGER,                       -- when it enters its queue; NULL: not by itself
  data     TEXT    NOT NULL               -- JSON: the whole of it
) STRICT;

CREATE UNIQUE INDEX work_items_by_key ON work_items (via, key) WHERE key IS NOT NULL;
CREATE INDEX work_items_by_due ON work_items (state, due);
CREATE INDEX work_items_by_owner ON work_items (owner, due) WHERE owner IS NOT NULL;
CREATE INDEX work_items_by_customer ON work_items (customer) WHERE customer IS NOT NULL;
CREATE INDEX work_items_to_offer ON work_items (offer_at) WHERE offer_at IS NOT NULL;

CREATE TABLE work_item_comments (
  item     TEXT    NOT NULL REFERENCES work_items (id) ON DELETE CASCADE,
  number   INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  by       TEXT    NOT NULL,
  internal INTEGER NOT NULL,
  text     TEXT    NOT NULL,
  PRIMARY KEY (item, number)
) STRICT, WITHOUT ROWID;

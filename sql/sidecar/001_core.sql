-- What the sidecar keeps for its channels: what came (deliveries), what it means (items on their way to the server), what is
-- to be sent (outbox), and what must outlive a restart (cursors, windows, memory). Bodies are sealed with the site key.
-- AUTOINCREMENT: readers go on after the last id that they have seen, so that none may come again after a sweep.

CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  key TEXT NOT NULL,
  -- Deliveries of one lane are read one after the other.
  lane TEXT NOT NULL,
  at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  body BLOB NOT NULL,
  -- 0 waits to be read, 1 read, 2 set aside
  state INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL DEFAULT 0,
  reason TEXT,
  UNIQUE (channel, key)
);
CREATE INDEX deliveries_waiting ON deliveries (channel, id) WHERE state = 0;
CREATE INDEX deliveries_old ON deliveries (received_at) WHERE state <> 0;

CREATE TABLE items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  body BLOB NOT NULL,
  -- 0 waits for the server, 2 refused by it
  state INTEGER NOT NULL DEFAULT 0,
  reason TEXT
);
CREATE INDEX items_waiting ON items (channel, id) WHERE state = 0;
CREATE INDEX items_refused ON items (at) WHERE state <> 0;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  -- Of a message its id; of a state of the conversation 'state:' and its seq.
  message TEXT NOT NULL,
  thread TEXT NOT NULL,
  at INTEGER NOT NULL,
  body BLOB NOT NULL,
  -- 0 waits, 1 handed over, 2 failed
  state INTEGER NOT NULL DEFAULT 0,
  -- So many parts of a long text have been handed over.
  parts INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (channel, message)
);
CREATE INDEX outbox_waiting ON outbox (channel, id) WHERE state = 0;
CREATE INDEX outbox_old ON outbox (at) WHERE state <> 0;

CREATE TABLE cursors (
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (channel, name)
) WITHOUT ROWID;

CREATE TABLE windows (
  channel TEXT NOT NULL,
  thread TEXT NOT NULL,
  occasion TEXT NOT NULL,
  at INTEGER NOT NULL,
  used INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (channel, thread, occasion)
) WITHOUT ROWID;

CREATE TABLE memory (
  channel TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (channel, key)
) WITHOUT ROWID;

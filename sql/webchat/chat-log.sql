-- What was said in each conversation of a web chat, numbered. Bodies are sealed.
CREATE TABLE IF NOT EXISTS conversations (
  id TEXT PRIMARY KEY,
  account TEXT UNIQUE,
  state TEXT NOT NULL DEFAULT 'bot',
  agent_name TEXT,
  position INTEGER,
  last INTEGER NOT NULL DEFAULT 0,
  got INTEGER NOT NULL DEFAULT 0,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS conversations_seen ON conversations (seen_at);
CREATE TABLE IF NOT EXISTS messages (
  conversation TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (conversation, seq),
  UNIQUE (conversation, id)
) WITHOUT ROWID;

-- Digital conversations. One conversation is one interaction; conversations at one place of a channel (an openid, a mail
-- thread) follow one another in a thread. Everything here is also in the journal, in the same commits.

CREATE TABLE threads (
  via    TEXT NOT NULL,                   -- channel
  thread TEXT NOT NULL,                   -- name of the place at the provider
  data   TEXT NOT NULL,                   -- customer, reply window, number of the last message, who had it last
  PRIMARY KEY (via, thread)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
  interaction TEXT    PRIMARY KEY,
  via         TEXT    NOT NULL,
  thread      TEXT    NOT NULL,
  site        TEXT    NOT NULL,
  team        TEXT,
  customer    TEXT,
  started_at  INTEGER NOT NULL,
  open        INTEGER NOT NULL,
  data        TEXT    NOT NULL            -- the whole conversation as JSON, the flow's place included
) STRICT, WITHOUT ROWID;

CREATE INDEX conversations_open ON conversations (interaction) WHERE open = 1;
CREATE INDEX conversations_by_customer ON conversations (customer) WHERE customer IS NOT NULL;
CREATE INDEX conversations_by_thread ON conversations (via, thread);

CREATE TABLE messages (
  id          TEXT    PRIMARY KEY,
  via         TEXT    NOT NULL,
  thread      TEXT    NOT NULL,
  number      INTEGER NOT NULL,           -- 1, 2, 3 … within the thread
  interaction TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  author      TEXT    NOT NULL,           -- 'customer', 'bot', 'agent', 'system', 'note'
  agent       TEXT,
  state       TEXT    NOT NULL,           -- 'approval', 'waiting', 'sent', 'delivered', 'read', 'failed', 'recalled', 'received'
  content     TEXT    NOT NULL,
  failed      TEXT,                       -- {"code", "reason"}
  reply_to    TEXT                        -- key of the inbound item that it answers
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX messages_by_thread ON messages (via, thread, number);
CREATE INDEX messages_by_interaction ON messages (interaction);
CREATE INDEX messages_for_approval ON messages (at) WHERE state = 'approval';

-- What was taken before: the same key again changes nothing, for ever.
CREATE TABLE message_keys (
  via         TEXT NOT NULL,
  key         TEXT NOT NULL,              -- 'in <key>' of the provider, 'out <interaction> <key>' of a panel
  interaction TEXT NOT NULL,
  message     TEXT,
  PRIMARY KEY (via, key)
) STRICT, WITHOUT ROWID;

-- What connectors are to do, in order. A connector keeps the number of the last one that it safely has.
CREATE TABLE outbound (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  via         TEXT    NOT NULL,
  interaction TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  item        TEXT    NOT NULL
) STRICT;

CREATE INDEX outbound_by_channel ON outbound (via, seq);
CREATE INDEX outbound_by_interaction ON outbound (interaction);

-- Bytes are in the data folder, under the hash.
CREATE TABLE attachments (
  id          TEXT    PRIMARY KEY,
  via         TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  interaction TEXT,                       -- where it was used first
  kind        TEXT    NOT NULL,
  name        TEXT,
  mime        TEXT    NOT NULL,
  bytes       INTEGER NOT NULL,
  sha256      TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  by          TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX attachments_by_key ON attachments (via, key);
CREATE INDEX attachments_by_hash ON attachments (sha256);
CREATE INDEX attachments_by_interaction ON attachments (interaction) WHERE interaction IS NOT NULL;

CREATE TABLE canned_answers (
  id   TEXT    PRIMARY KEY,
  site TEXT    NOT NULL,
  team TEXT,
  at   INTEGER NOT NULL,
  data TEXT    NOT NULL                   -- name, texts by language, queues, tags
) STRICT, WITHOUT ROWID;

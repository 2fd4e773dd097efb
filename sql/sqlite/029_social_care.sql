-- Social care: the page of an item, what was set aside without an answer, and who let public answers go out.

ALTER TABLE social_items ADD COLUMN url TEXT;             -- gone with the customer
ALTER TABLE social_items ADD COLUMN ignored_at INTEGER;   -- NULL: it wants an answer
ALTER TABLE social_items ADD COLUMN ignored_by TEXT;

CREATE INDEX social_items_by_time ON social_items (at, id);

-- Public answers that a second person has read.
CREATE TABLE reviews (
  message     TEXT    PRIMARY KEY,
  interaction TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  writer      TEXT    NOT NULL,           -- agent
  by          TEXT    NOT NULL,
  approved    INTEGER NOT NULL,
  why         TEXT                        -- gone with the customer
) STRICT, WITHOUT ROWID;

CREATE INDEX reviews_by_time ON reviews (at);
CREATE INDEX reviews_by_writer ON reviews (writer, at);
CREATE INDEX reviews_by_interaction ON reviews (interaction);

-- For the state of channels: the last message each way, what is under way, what could not be sent.
CREATE INDEX messages_by_channel ON messages (via, author, at);
CREATE INDEX messages_under_way ON messages (via, state, at) WHERE state IN ('waiting', 'failed');

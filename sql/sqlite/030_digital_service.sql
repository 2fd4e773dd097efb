-- Digital channels: what reading along costs, the alarm before an answer is late, how fast one customer may write; and which
-- call goes on from which thread of messages.

ALTER TABLE channels ADD COLUMN joining TEXT NOT NULL DEFAULT 'counts';         -- counts, free
ALTER TABLE channels ADD COLUMN warn_ms INTEGER;                               -- NULL: a third of first_answer_ms before it
ALTER TABLE channels ADD COLUMN late_raise INTEGER NOT NULL DEFAULT 2;         -- levels of priority
ALTER TABLE channels ADD COLUMN most_per_minute INTEGER NOT NULL DEFAULT 60;   -- of one thread
ALTER TABLE queues ADD COLUMN first_answer_ms TEXT;                            -- {"chat": 10000, …}; NULL: the channel's own

-- Calls that go on from a conversation, while they are wanted or under way.
CREATE TABLE thread_calls (
  interaction TEXT PRIMARY KEY,
  via         TEXT NOT NULL,
  thread      TEXT NOT NULL,
  agent       TEXT                         -- who talks in it; NULL: nobody yet
) STRICT, WITHOUT ROWID;

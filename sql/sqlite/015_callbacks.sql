-- Callbacks: whom to call back and when. `data` is the whole record as JSON; the other columns are what is searched by.

CREATE TABLE callbacks (
  id       TEXT    PRIMARY KEY,
  site     TEXT    NOT NULL,
  team     TEXT,
  queue    TEXT    NOT NULL,
  customer TEXT,
  state    TEXT    NOT NULL,              -- 'scheduled', 'queued', 'dialling', 'done', 'failed', 'expired', 'cancelled'
  next_at  INTEGER NOT NULL,
  data     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX callbacks_by_time ON callbacks (next_at);
CREATE INDEX callbacks_open ON callbacks (state) WHERE state IN ('scheduled', 'queued', 'dialling');

-- Digital channels: where the contacts of one of them go, what DIDs are for calls. Read into memory at start.
CREATE TABLE channels (
  id              TEXT    PRIMARY KEY,    -- by which connectors name it: wechat-bank
  site            TEXT    NOT NULL,
  team            TEXT,
  name            TEXT    NOT NULL,       -- {"en": "WeChat"}
  kind            TEXT    NOT NULL,       -- of the connector: wechat, webchat, mail …
  channel         TEXT    NOT NULL,       -- chat, social, mail, sms, work
  target          TEXT    NOT NULL,       -- {"flow": "chat-bank"} or {"queue": "service"}
  language        TEXT    NOT NULL,
  priority        INTEGER,
  skills          TEXT,                   -- [{"skill": "loans", "least": 3}]
  first_answer_ms INTEGER NOT NULL,
  idle_ms         INTEGER NOT NULL,
  return_ms       INTEGER NOT NULL,
  approval        INTEGER,
  disabled        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a connector may reach by its token: ["wechat-bank"]; NULL: the token is no connector's.
ALTER TABLE tokens ADD COLUMN channels TEXT;

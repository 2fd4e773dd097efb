-- What is configured. Read into memory at start; every change is also an event of the journal (directory.*).
-- Lists and maps are JSON text. Times are UTC milliseconds.

CREATE TABLE skills (
  name TEXT PRIMARY KEY,
  site TEXT NOT NULL,
  team TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE queues (
  id                   TEXT    PRIMARY KEY,
  site                 TEXT    NOT NULL,
  team                 TEXT,
  name                 TEXT    NOT NULL,  -- {"en": "Service", "zh": "客户服务"}
  strategy             TEXT    NOT NULL,
  priority             INTEGER NOT NULL,
  skills               TEXT    NOT NULL,  -- [{"skill": "loans", "least": 3}]
  ring_ms              INTEGER NOT NULL,
  max_wait_ms          INTEGER NOT NULL,
  wrap_up_ms           INTEGER NOT NULL,
  rings                TEXT    NOT NULL,  -- [{"afterMs": 20000, "relaxSkillsBy": 1}]
  service_level_ms     INTEGER NOT NULL,
  dispositions         TEXT    NOT NULL,  -- ["solved", "callback"]
  disposition_required INTEGER NOT NULL,
  record               INTEGER NOT NULL,
  music                TEXT,
  announce_every_ms    INTEGER NOT NULL,
  when_empty           TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agents (
  id              TEXT    PRIMARY KEY,    -- the login, and the extension
  site            TEXT    NOT NULL,
  team            TEXT,
  name            TEXT    NOT NULL,
  roles           TEXT    NOT NULL,       -- ["agent", "supervisor"]
  language        TEXT    NOT NULL,
  phone           TEXT    NOT NULL,       -- {"kind": "registered", "user": "1001"}
  auto_answer     INTEGER NOT NULL,
  skills          TEXT    NOT NULL,       -- {"loans": 4}
  queues          TEXT    NOT NULL,       -- ["service", "vip"]
  capacity        TEXT    NOT NULL,       -- {"voice": 1}
  announce_number INTEGER NOT NULL,
  disabled        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dids (
  number   TEXT PRIMARY KEY,
  site     TEXT NOT NULL,
  team     TEXT,
  flow     TEXT NOT NULL,
  language TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE trunks (
  name          TEXT    PRIMARY KEY,
  site          TEXT    NOT NULL,
  team          TEXT,
  sources       TEXT    NOT NULL,         -- ["192.0.2.0/24"]
  uri           TEXT,
  inbound_auth  TEXT,                     -- {"user", "ha1": {"realm", "md5", "sha256"}}
  outbound_user TEXT,
  outbound_sealed BLOB,                   -- the secret, AES-256-GCM with the site's key: nonce, tag, text
  country       TEXT    NOT NULL,
  max_calls     INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sip_users (
  user   TEXT PRIMARY KEY,
  site   TEXT NOT NULL,
  team   TEXT,
  realm  TEXT NOT NULL,
  md5    TEXT NOT NULL,                   -- HA1, RFC 7616
  sha256 TEXT NOT NULL,
  agent  TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE dial_rules (
  prefix  TEXT    PRIMARY KEY,
  trunk   TEXT    NOT NULL,
  strip   INTEGER NOT NULL,
  prepend TEXT    NOT NULL,
  allow   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

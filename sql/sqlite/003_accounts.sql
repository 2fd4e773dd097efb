-- How people and programs get in. Secrets are here only as hashes.

CREATE TABLE logins (
  agent         TEXT    PRIMARY KEY,
  password_hash TEXT    NOT NULL,         -- argon2id, PHC string
  changed_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A panel stays signed in over a restart of the server.
CREATE TABLE sessions (
  token_hash TEXT    PRIMARY KEY,         -- SHA-256 of the cookie, hex
  agent      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL             -- whatever happens
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  id          TEXT    PRIMARY KEY,
  secret_hash TEXT    NOT NULL,           -- SHA-256, hex; the secret has 256 random bits
  name        TEXT    NOT NULL,
  roles       TEXT    NOT NULL,           -- ["supervisor"]
  agent       TEXT,                       -- acts as this agent (synthetic agents, load tests)
  site        TEXT    NOT NULL,
  team        TEXT,
  created_by  TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  ends_at     INTEGER,
  revoked_at  INTEGER
) STRICT, WITHOUT ROWID;

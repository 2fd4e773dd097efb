-- Second factors of people, and how a session was opened.

CREATE TABLE second_factors (
  agent      TEXT    PRIMARY KEY,
  sealed     BLOB    NOT NULL,            -- the TOTP secret, AES-256-GCM with the site's key: nonce, tag, text
  last_step  INTEGER NOT NULL,            -- the 30 s step of the code used last: none counts twice
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes (
  agent     TEXT NOT NULL,
  code_hash TEXT NOT NULL,                -- SHA-256, hex; a code has 80 random bits
  PRIMARY KEY (agent, code_hash)
) STRICT, WITHOUT ROWID;

ALTER TABLE sessions ADD COLUMN way TEXT NOT NULL DEFAULT 'password';  -- or ldap, oidc

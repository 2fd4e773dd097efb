-- Knowledge articles, and the index of their words: Chinese as pairs of characters (server/knowledge/segment.ts).

CREATE TABLE articles (
  number      INTEGER PRIMARY KEY,        -- of the index
  id          TEXT    NOT NULL UNIQUE,
  site        TEXT    NOT NULL,
  team        TEXT,
  at          INTEGER NOT NULL,
  draft       INTEGER NOT NULL,
  helpful     INTEGER NOT NULL,           -- voices
  not_helpful INTEGER NOT NULL,
  data        TEXT    NOT NULL            -- the whole article as JSON
) STRICT;

CREATE TABLE article_ratings (
  article     TEXT    NOT NULL,
  by          TEXT    NOT NULL,
  interaction TEXT    NOT NULL,           -- '' outside a contact
  helpful     INTEGER NOT NULL,
  PRIMARY KEY (article, by, interaction)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE article_index USING fts5 (question, tags, answer, tokenize = 'unicode61 remove_diacritics 2');

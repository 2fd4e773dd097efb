-- Interactions that go on from one another (a chat, the call back from it, the chat after that) are one thread: the id of its
-- first one. NULL: it stands by itself.
ALTER TABLE interactions ADD COLUMN thread TEXT;

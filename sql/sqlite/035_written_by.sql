-- Who wrote a public answer in its agent's name (a supervisor): neither of them may approve it. NULL: the agent herself.
ALTER TABLE messages ADD COLUMN written_by TEXT;

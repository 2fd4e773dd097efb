// The registrar's contacts on SQLite. Not journaled: a refresh every few minutes by every phone is no fact of history.
import type { Database } from 'better-sqlite3';
import type { Binding, BindingStore } from './bindings.ts';

interface Row {
  user: string;
  uri: string;
  next_hop: string | null;
  call_id: string;
  cseq: number;
  expires_at: number;
  user_agent: string;
}

export function sqliteBindings(database: Database): BindingStore {
  const all = database.prepare<[], Row>('SELECT * FROM bindings');
  const put = database.prepare<[Row]>(
    `INSERT OR REPLACE INTO bindings (user, uri, next_hop, call_id, cseq, expires_at, user_agent)
     VALUES (@user, @uri, @next_hop, @call_id, @cseq, @expires_at, @user_agent)`,
  );
  const take = database.prepare<[string, string]>('DELETE FROM bindings WHERE user = ? AND uri = ?');
  return {
    load: () =>
      all.all().map((row) => ({
        user: row.user,
        uri: row.uri,
        nextHop: row.next_hop ?? undefined,
        callId: row.call_id,
        cseq: row.cseq,
        expiresAt: row.expires_at,
        userAgent: row.user_agent,
      })),
    save: (binding: Binding) => {
      put.run({
        user: binding.user,
        uri: binding.uri,
        next_hop: binding.nextHop ?? null,
        call_id: binding.callId,
        cseq: binding.cseq,
        expires_at: binding.expiresAt,
        user_agent: binding.userAgent,
      });
    },
    remove: (user, uri) => {
      take.run(user, uri);
    },
  };
}

// Which conversation a browser may see.
import { randomBytes } from 'node:crypto';
import type { ChatLog, ConversationRow } from './chat-log.ts';

/** That it was seen is noted at most so often, ms. */
const seenEveryMs = 3_600_000;

/**
 * The conversation that a browser may see: by its resume token, by who is logged in; a new one where there is none. One that
 * belongs to an account is shown to nobody but that account, whoever has the token.
 * @param who.resumed by the token @param who.account whom the bank vouched for
 */
export async function conversationOf(
  log: ChatLog,
  who: { resumed: string | undefined; account: string | undefined },
  now: number,
): Promise<ConversationRow> {
  const { account } = who;
  const resumed = who.resumed === undefined ? undefined : log.conversation(who.resumed);
  if (account === undefined) {
    if (resumed && resumed.account === null) return seen(log, resumed, now);
    return begin(log, undefined, now);
  }
  const own = log.ofAccount(account);
  if (own) return seen(log, own, now);
  if (resumed && resumed.account === null) {
    // She wrote as a stranger and then logged in: it is hers, if another browser of hers was not quicker.
    await log.bind(resumed.id, account);
    return log.ofAccount(account) ?? begin(log, account, now);
  }
  return begin(log, account, now);
}

async function begin(log: ChatLog, account: string | undefined, now: number): Promise<ConversationRow> {
  const id = randomBytes(16).toString('base64url');
  await log.begin(id, account, now);
  const row = account === undefined ? log.conversation(id) : log.ofAccount(account);
  if (row === undefined) throw new Error('a conversation that was begun is not there');
  return row;
}

async function seen(log: ChatLog, row: ConversationRow, now: number): Promise<ConversationRow> {
  if (now - row.seenAt > seenEveryMs) await log.seen(row.id, now);
  return row;
}

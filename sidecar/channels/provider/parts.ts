// One message of ours that is several at the provider (a text with two pictures): each goes once, also when a later one
// fails and the message is tried again.
import type { ConnectorTools, Sent } from '../../connector.ts';

/**
 * Sends the parts in order from the first that has not gone.
 * @returns of the last one; or of the one that failed
 */
export async function sendParts(
  memory: ConnectorTools['memory'],
  message: string,
  parts: readonly (() => Promise<Sent>)[],
): Promise<Sent> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only();
  const key = `parts:${message}`;
  let last: Sent = { ok: false, code: 'rejected', reason: 'there is nothing to send', again: false };
  let provider: string | undefined;
  for (let at = Number(memory.get(key) || 0); at < parts.length; at++) {
    last = await (parts[at] as () => Promise<Sent>)();
    if (!last.ok) return last;
    provider = last.provider ?? provider;
    memory.set(key, String(at + 1));
  }
  memory.set(key, '');
  return last.ok ? { ...last, provider } : last;
}

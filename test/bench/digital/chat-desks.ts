// Agents who each take many written conversations, at the desk's protocol: every offer is accepted, one after the other.
import { randomBytes } from 'node:crypto';
import { Product } from '../../product/product.ts';
import { freeTcpPort } from '../../product/tcp-port.ts';
import { DeskClient } from '../desk/client.ts';
import { rememberSessions } from '../desk/company.ts';

export const queue = 'chats';
const atOnce = 20;
/** From one accepted offer to the next: a desk takes 20 commands a second, and each offer costs two. */
const acceptEveryMs = 125;

export interface ChatDesks {
  product: Product;
  /** Of all of them. @throws what an agent was told who could not accept */
  accepted(): number;
  close(): Promise<void>;
}

/**
 * A product with a queue for `channel`, and its agents at their desks, ready.
 * @param each conversations that an agent takes
 * @param read gets the text of each message at the socket of the agent, and when it was read, `performance.now()`
 */
export async function openChatDesks(
  { agents, each, channel, settings }: { agents: number; each: number; channel: string; settings: object },
  read: (text: string, at: number) => void,
): Promise<ChatDesks> {
  const env = { SWITCHROOM_DEMO: '0', SWITCHROOM_HTTP_PORT: String(await freeTcpPort()) };
  const setUp = await Product.start({ env });
  await setUp.must('PUT', `/queues/${queue}`, { strategy: 'least-occupied', wrapUpMs: 0, ringMs: 60_000 });
  const seats = Array.from({ length: agents }, (_, at) => ({
    agent: `a${1_000 + at}`,
    secret: randomBytes(32).toString('base64url'),
  }));
  for (const { agent } of seats) {
    await setUp.must('PUT', `/agents/${agent}`, {
      name: `Agent ${agent}`,
      phone: { kind: 'none' },
      queues: [queue],
      capacity: { chat: each },
    });
  }
  await setUp.must('PUT', `/channels/${channel}`, { kind: 'webchat', channel: 'chat', to: { queue } });
  const { data } = setUp.settings;
  await setUp.stop({ keep: true });
  await rememberSessions(data, seats);
  const product = await Product.start({
    env,
    data,
    channels: { [channel]: { kind: 'webchat', settings: { ...settings } } },
  });
  const failed: unknown[] = [];
  let accepted = 0;
  // The server's end is the end of their sockets.
  const close = () => product.stop();
  const sit = async ({ secret }: { secret: string }): Promise<void> => {
    const client = await DeskClient.open(product.web, `switchroom_session=${secret}`);
    let turn = Promise.resolve();
    client.onPop = ({ offer }) => {
      turn = turn.then(async () => {
        try {
          await client.do('accept', { offer });
          accepted++;
          await new Promise((resolve) => setTimeout(resolve, acceptEveryMs));
        } catch (error) {
          failed.push(error);
        }
      });
    };
    client.onEvent = (name, given) => {
      if (name !== 'message') return;
      const at = performance.now();
      const { message } = given as { message: { author: string; content: { text?: string } } };
      if (message.author === 'customer' && message.content.text !== undefined) read(message.content.text, at);
    };
    await client.do('ready');
  };
  try {
    for (let at = 0; at < agents; at += atOnce) await Promise.all(seats.slice(at, at + atOnce).map(sit));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    product,
    accepted: () => {
      if (failed.length > 0) throw failed[0];
      return accepted;
    },
    close,
  };
}

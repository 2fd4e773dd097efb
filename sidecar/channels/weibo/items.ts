// A push → items for the server.
import type { Content, InboundItem } from '../../../connector/index.ts';
import type { ConnectorTools, Delivery } from '../../connector.ts';
import { bracketed, type JsonObject, keepMedia, networkReason, takeChoice, textAt } from '../provider/index.ts';
import { apiUrl } from '../weixin/index.ts';
import { lookUpPost } from './posts.ts';
import { type Push, position } from './push.ts';
import type { WeiboSettings } from './settings.ts';

type Tools = Pick<ConnectorTools, 'attachments' | 'fetch' | 'logger' | 'memory' | 'opened'>;

/** Subtypes of events → our names, and the window they open. */
const events: Readonly<Record<string, { name: string; opens?: string }>> = {
  follow: { name: 'follow', opens: 'follow' },
  unfollow: { name: 'unfollow' },
  subscribe: { name: 'subscribe', opens: 'follow' },
  unsubscribe: { name: 'unsubscribe' },
  scan: { name: 'scan', opens: 'scan' },
  scan_follow: { name: 'follow', opens: 'follow' },
  click: { name: 'menu', opens: 'menu' },
  view: { name: 'view' },
};

/** @throws what is worth another try: a picture could not be fetched or kept just now */
export async function itemsOf(
  push: Push,
  { key, at }: Delivery,
  settings: WeiboSettings,
  tools: Tools,
): Promise<InboundItem[]> {
  const { sender: thread } = push;
  const from = { identities: [{ kind: 'weibo', value: push.sender, verified: true }] };
  if (push.type === 'mention') return [await mention(push, { key, at }, settings, tools)];
  if (push.type === 'event') {
    const subtype = textAt(push.data, 'subtype') ?? 'unknown';
    const { name, opens } = events[subtype] ?? { name: plainName(subtype) };
    if (opens) tools.opened(thread, opens, at);
    return [{ item: 'event', key, at, thread, from, name, data: said(push.data) }];
  }
  const content = await contentOf(push, settings, tools);
  const choice = content.type === 'text' ? takeChoice(tools.memory, thread, content.text) : undefined;
  tools.opened(thread, 'message', at);
  return [{ item: 'message', key, at, thread, from, content: choice ?? content }];
}

/** A thread of its own for each mention: everybody reads it, and it is answered in its place. */
async function mention(
  push: Push,
  { key, at }: Pick<Delivery, 'key' | 'at'>,
  settings: WeiboSettings,
  tools: Tools,
): Promise<InboundItem> {
  const subtype = textAt(push.data, 'subtype') === 'comment' ? 'comment' : 'status';
  const id = textAt(push.data, 'key') ?? key;
  const { public: post, authorName, status } = await lookUpPost(subtype, id, push.sender, settings, tools);
  const thread = `${subtype}/${id}`;
  tools.memory.set(`post:${thread}`, JSON.stringify({ sender: push.sender, status }));
  tools.opened(thread, settings.mentionReply === 'public' ? 'public' : 'mention', at);
  return {
    item: 'message',
    key,
    at,
    thread,
    from: {
      identities: [{ kind: 'weibo', value: push.sender, verified: true }],
      ...(authorName ? { name: authorName } : {}),
    },
    content: { type: 'text', text: push.text },
    public: post,
  };
}

async function contentOf(
  push: Push,
  { language, uploadApi, accessToken }: WeiboSettings,
  tools: Tools,
): Promise<Content> {
  switch (push.type) {
    case 'text':
      return { type: 'text', text: push.text };
    case 'position': {
      const place = position(push);
      if (place === undefined) return { type: 'text', text: bracketed('unsupported', language, push.text) };
      return { type: 'location', ...place, ...(push.text ? { label: push.text.slice(0, 500) } : {}) };
    }
    case 'image':
    case 'voice': {
      const id = textAt(push.data, 'tovfid');
      if (id === undefined) return { type: 'text', text: bracketed('media-gone', language, push.text) };
      const { bytes, mime } = await medium(
        apiUrl(uploadApi, '/2/mss/msget', { access_token: accessToken, fid: id }),
        tools,
      );
      if (bytes === undefined) return { type: 'text', text: bracketed('media-gone', language, push.text) };
      return keepMedia(tools.attachments, { id, kind: push.type, bytes, mime }, language);
    }
    default:
      return { type: 'text', text: bracketed('unsupported', language, push.text || push.type) };
  }
}

/** @returns no bytes where the provider has them no more @throws where it could not be asked just now */
async function medium(
  url: URL,
  { fetch }: Pick<ConnectorTools, 'fetch'>,
): Promise<{ bytes?: Uint8Array; mime?: string | undefined }> {
  let response: Response;
  try {
    response = await fetch(url.href, { timeoutMs: 30_000 });
  } catch (error) {
    throw new Error(`the picture could not be fetched: ${networkReason(error)}`);
  }
  if (response.status === 404 || response.status === 410) return {};
  const mime = response.headers.get('content-type')?.split(';')[0]?.trim();
  if (!response.ok || mime === 'application/json')
    throw new Error(`the picture could not be fetched: ${response.status}`);
  return { bytes: new Uint8Array(await response.arrayBuffer()), mime };
}

function plainName(subtype: string): string {
  const name = subtype.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return name.replace(/^[^a-z]+|-$/g, '').slice(0, 64) || 'unknown';
}

function said(data: JsonObject): Record<string, string> {
  const filled: Record<string, string> = {};
  for (const name of ['subtype', 'key', 'ticket']) {
    const value = textAt(data, name);
    if (value !== undefined) filled[name] = value.slice(0, 4_000);
  }
  return filled;
}

// An event of the bot → items for the server.
import type { Content, InboundItem } from '../../../connector/index.ts';
import type { ConnectorTools, Delivery } from '../../connector.ts';
import {
  bracketed,
  type JsonObject,
  keepMedia,
  networkReason,
  objectAt,
  objectsAt,
  takeChoice,
  textAt,
} from '../provider/index.ts';
import { type Dispatch, isMessage } from './dispatch.ts';
import { threadOf } from './place.ts';
import type { Replies } from './replies.ts';
import type { QqSettings } from './settings.ts';

type Tools = Pick<ConnectorTools, 'attachments' | 'fetch' | 'memory' | 'opened'>;

/** Events → our names, and the window they open. */
const events: Readonly<Record<string, { name: string; opens?: string }>> = {
  FRIEND_ADD: { name: 'follow', opens: 'follow' },
  FRIEND_DEL: { name: 'unfollow' },
  C2C_MSG_RECEIVE: { name: 'messages-allowed' },
  C2C_MSG_REJECT: { name: 'messages-refused' },
  GROUP_ADD_ROBOT: { name: 'group-joined' },
  GROUP_DEL_ROBOT: { name: 'group-left' },
  GROUP_MSG_RECEIVE: { name: 'messages-allowed' },
  GROUP_MSG_REJECT: { name: 'messages-refused' },
  INTERACTION_CREATE: { name: 'button' },
};

/** @throws what is worth another try: an attachment could not be fetched or kept just now */
export async function itemsOf(
  dispatch: Dispatch,
  { key, at }: Delivery,
  settings: QqSettings,
  replies: Replies,
  tools: Tools,
): Promise<InboundItem[]> {
  const { place, data } = dispatch;
  if (place === undefined) return [];
  const thread = threadOf(place);
  const from = personOf(dispatch);
  if (!isMessage(dispatch)) {
    const known = events[dispatch.type];
    if (known === undefined) return [];
    if (known.opens) {
      replies.happened(thread, { as: 'event_id', id: dispatch.id }, at);
      tools.opened(thread, known.opens, at);
    }
    const button = textAt(objectAt(objectAt(data, 'data'), 'resolved'), 'button_data');
    return [
      {
        item: 'event',
        key,
        at,
        thread,
        from,
        name: known.name,
        data: button ? { button: button.slice(0, 4_000) } : {},
      },
    ];
  }
  const text = (textAt(data, 'content') ?? '').trim().slice(0, 100_000);
  const files = objectsAt(data, 'attachments');
  const media: Content[] = [];
  for (const [index, file] of files.entries()) media.push(await attachment(file, `${key}/${index}`, settings, tools));
  const contents: Content[] = text === '' && media.length > 0 ? media : [choiceOr(text, thread, tools), ...media];
  replies.happened(thread, { as: 'msg_id', id: textAt(data, 'id') ?? key }, at);
  tools.opened(thread, place.scene, at);
  const variables = place.scene === 'group' ? { variables: { group: place.group } } : {};
  return contents.map((content, index) => ({
    item: 'message',
    key: index === 0 ? key : `${key}.${index + 1}`.slice(-200),
    at,
    thread,
    from,
    content,
    ...variables,
  }));
}

function choiceOr(text: string, thread: string, { memory }: Tools): Content {
  return takeChoice(memory, thread, text) ?? { type: 'text', text };
}

function personOf({ place, data }: Dispatch): Extract<InboundItem, { item: 'message' }>['from'] {
  const author = objectAt(data, 'author');
  const name = textAt(author, 'username')?.slice(0, 200);
  const union = textAt(author, 'union_openid');
  const own =
    place?.scene === 'group' ? { kind: 'qq-member', value: place.member } : { kind: 'qq', value: place?.openid ?? '' };
  return {
    identities: [{ ...own, verified: true }, ...(union ? [{ kind: 'qq-union', value: union, verified: true }] : [])],
    ...(name ? { name } : {}),
  };
}

async function attachment(
  file: JsonObject,
  id: string,
  settings: QqSettings,
  { fetch, attachments }: Tools,
): Promise<Content> {
  const { language } = settings;
  const name = textAt(file, 'filename');
  const type = textAt(file, 'content_type') ?? 'file';
  const url = allowed(textAt(file, 'url') ?? '', settings);
  const transcript = textAt(file, 'asr_refer_text')?.slice(0, 20_000);
  if (url === undefined) return { type: 'text', text: bracketed('media-refused', language, name) };
  let response: Response;
  try {
    response = await fetch(url.href, { timeoutMs: 30_000 });
  } catch (error) {
    throw new Error(`the attachment could not be fetched: ${networkReason(error)}`);
  }
  if (response.status === 404 || response.status === 403 || response.status === 410)
    return { type: 'text', text: [bracketed('media-gone', language, name), transcript].filter(Boolean).join('\n') };
  if (!response.ok) throw new Error(`the attachment could not be fetched: status ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const kind = /^image/.test(type)
    ? 'image'
    : /^voice|^audio/.test(type)
      ? 'voice'
      : /^video/.test(type)
        ? 'video'
        : 'file';
  const mime = type.includes('/') ? type : undefined;
  return keepMedia(attachments, { id, kind, name, mime, bytes }, language, { transcript });
}

/** Only from the provider's own hosts: an address in a message is no reason to ask inside of our network. */
function allowed(text: string, { mediaHosts, mediaByHttp }: QqSettings): URL | undefined {
  const whole = text.startsWith('//') ? `https:${text}` : /^https?:/.test(text) ? text : `https://${text}`;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  if (url.protocol === 'http:' && !mediaByHttp) url.protocol = 'https:';
  const isKnown = mediaHosts.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
  return isKnown && url.username === '' ? url : undefined;
}

// What the web chat puts into its inbox, and what it means to the server.
import { z } from 'zod';
import { content, type InboundItem, type InboundMessage, type WireIdentity } from '../../../connector/index.ts';
import type { Delivery } from '../../connector.ts';

const who = {
  conversation: z.string(),
  account: z.string().optional(),
  name: z.string().optional(),
  mail: z.string().optional(),
  phone: z.string().optional(),
  language: z.enum(['en', 'zh']).optional(),
};

const kept = z.discriminatedUnion('k', [
  z.object({
    k: z.literal('said'),
    ...who,
    content,
    page: z.string().optional(),
    /** By the form: mail and phone are what the visitor says. */
    offline: z.boolean().optional(),
  }),
  z.object({ k: z.literal('page'), ...who, url: z.string(), title: z.string().optional() }),
  z.object({ k: z.literal('left'), ...who }),
  z.object({ k: z.literal('got'), message: z.string() }),
]);
export type Kept = z.infer<typeof kept>;

export function delivery(key: string, at: number, body: Kept): Delivery {
  const thread = body.k === 'got' ? `got ${body.message}` : body.conversation;
  return { key, at, thread, body: JSON.stringify(body) };
}

/** @throws where it is none of ours */
export function itemsOf({ key, at, body }: Delivery): InboundItem[] {
  const one = kept.parse(JSON.parse(body));
  if (one.k === 'got') return [{ item: 'delivery', key, at, message: one.message, state: 'delivered' }];
  const thread = one.conversation;
  if (one.k === 'left') return [{ item: 'left', key, at, thread }];
  const from = personOf(one, one.k === 'said' && one.offline === true);
  if (one.k === 'page') {
    const data = { url: one.url, ...(one.title === undefined ? {} : { title: one.title }) };
    return [{ item: 'event', key, at, thread, from, name: 'page', data }];
  }
  const variables = {
    ...(one.page === undefined ? {} : { page: one.page }),
    ...(one.offline ? { offline: 'yes' } : {}),
  };
  return [{ item: 'message', key, at, thread, from, content: one.content, variables }];
}

export interface Who {
  conversation: string;
  account?: string | undefined;
  name?: string | undefined;
  mail?: string | undefined;
  phone?: string | undefined;
  language?: 'en' | 'zh' | undefined;
}

/** @param saidOnly mail and phone are what the visitor says of herself */
export function personOf(one: Who, saidOnly = false): InboundMessage['from'] {
  return {
    identities: identities(one, saidOnly),
    ...(one.name === undefined ? {} : { name: one.name }),
    ...(one.language === undefined ? {} : { language: one.language }),
  };
}

function identities({ conversation, account, mail, phone }: Who, saidOnly: boolean): WireIdentity[] {
  const verified = !saidOnly;
  return [
    ...(account === undefined ? [] : [{ kind: 'account', value: account, verified: true }]),
    { kind: 'webchat', value: conversation },
    ...(mail === undefined ? [] : [{ kind: 'mail', value: mail, verified }]),
    ...(phone === undefined ? [] : [{ kind: 'phone', value: phone, verified }]),
  ];
}

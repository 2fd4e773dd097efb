// What a sender may give: items as the protocol of connectors has them, so that one description does for both.
import { z } from 'zod';
import { content, inboundItem } from '../../../connector/index.ts';

/** As the protocol's items; a message may also name bytes that are to be fetched. */
export const fetched = z.strictObject({
  type: z.literal('fetch'),
  url: z.url({ protocol: /^https?$/ }).max(2_048),
  kind: z.enum(['image', 'voice', 'video', 'file']),
  name: z.string().max(255).optional(),
  caption: z.string().max(4_000).optional(),
});
const [message, ...others] = inboundItem.options;
const given = z.discriminatedUnion('item', [
  message.extend({ content: z.discriminatedUnion('type', [...content.options, fetched]) }),
  ...others,
]);
export type GivenItem = z.infer<typeof given>;
export const givenRequest = z.strictObject({ items: z.array(given).min(1).max(100) });

/** @throws what its schema says, where it is none */
export function readGiven(body: string): GivenItem {
  return given.parse(JSON.parse(body));
}

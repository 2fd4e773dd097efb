// What sidecar.json says of a webhook channel.
import { z } from 'zod';
import { secret } from '../../connector.ts';

export const webhookSettings = z.strictObject({
  secret: secret.refine((text) => text.length >= 16, { message: 'must have at least 16 characters' }),
  /** Where messages for customers go; absent: the channel only takes. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  channel: z.enum(['chat', 'social', 'mail', 'sms', 'work']).default('chat'),
  /** States of conversations and typing are sent to `url`, too. */
  states: z.boolean().default(true),
  /** Identities that it calls verified are believed: it has logged its users in. */
  trusted: z.boolean().default(false),
  /** Hosts that attachments are fetched from. */
  mediaHosts: z.array(z.string().min(1)).default([]),
  /** Characters that one text may have; longer ones go as several. */
  mostCharacters: z.number().int().min(50).max(100_000).default(20_000),
});
export type WebhookSettings = z.infer<typeof webhookSettings>;

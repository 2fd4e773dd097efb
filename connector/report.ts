// How a connector is, by its own word: PUT /api/v1/channels/:channel/report, every 10 s and when something begins to be wrong.
// The administrator's page shows it; the answer says what she wants of the connector.
import { z } from 'zod';

const count = z.number().int().nonnegative();

export const connectorReport = z
  .strictObject({
    kind: z.string().max(40),
    /** What is wrong just now, as sentences of the provider or the connector; empty: it works. */
    trouble: z.array(z.string().max(1_000)).max(10),
    /** When the provider lets us write: after which occasions, for how long, how often. Absent: nothing is known. */
    policy: z
      .strictObject({
        always: z.boolean().optional(),
        windows: z.record(z.string().max(64), z.strictObject({ forMs: count, most: count.optional() })),
        /** Kinds of content that need no window. */
        free: z.array(z.string().max(40)).max(20).optional(),
        /** Characters or bytes of one text. */
        text: z.strictObject({ most: count, unit: z.enum(['characters', 'bytes']) }).optional(),
      })
      .optional(),
    /** Since it was started. */
    received: count,
    sent: count,
    failures: count,
    /** Now: to be read, set aside because it cannot be read, for the server, refused by the server, for the provider. */
    toRead: count,
    setAside: count,
    toServer: count,
    refused: count,
    toSend: count,
  })
  .meta({ id: 'ConnectorReport' });
export type ConnectorReport = z.infer<typeof connectorReport>;

/** `retry`: what was set aside or refused is to be tried once more. */
export const connectorOrders = z.strictObject({ retry: z.boolean() }).meta({ id: 'ConnectorOrders' });
export type ConnectorOrders = z.infer<typeof connectorOrders>;

// The cloud that gets a copy of this site's journal, and the policy of what may leave (docs/cloud.md).
import { z } from 'zod';

export const uplinkSchema = z
  .object({
    /** `https://cloud.bank.example`; plain HTTP only towards this machine. */
    url: z
      .url({ protocol: /^https?$/ })
      .refine(isSafe, { message: 'must be https: plain http is for this machine only' }),
    /** Private key of this site (PEM, mode 0600), made by `switchroom uplink key`. */
    keyFile: z.string().min(1),
    /** Key of the hashes by which sites find the same person; the same file at all sites of one bank. Default: this site's own key. */
    identityKeyFile: z.string().min(1).optional(),
    /** What may leave: egress.json. Absent: the preset `bank`. */
    policy: z.string().min(1).optional(),
    /** Authority of the cloud's certificate, where the system does not know it. */
    ca: z.string().min(1).optional(),
    /** Certificate of this site, where the cloud (or the proxy before it) wants one: mutual TLS. */
    certificate: z.string().min(1).optional(),
    certificateKey: z.string().min(1).optional(),
    alarm: z
      .object({
        /** So many events behind, or so old the oldest that waits. */
        events: z.number().int().min(1).default(100_000),
        minutes: z.number().int().min(1).default(15),
        /** What waits stands in the journal: so much room must be left on its disk. */
        leastFreeGigabytes: z.number().min(0).default(2),
      })
      .strict()
      .prefault({}),
    /** What left, batch by batch: so many days in the database, then in sealed files (docs/cloud.md). */
    log: z
      .object({
        days: z.number().int().min(1).max(3_650).default(31),
        /** Alarm: that many batches are in the database all the same. */
        mostBatches: z.number().int().min(1_000).default(5_000_000),
      })
      .strict()
      .prefault({}),
  })
  .strict()
  .refine(({ certificate, certificateKey }) => (certificate === undefined) === (certificateKey === undefined), {
    path: ['certificateKey'],
    message: 'certificate and certificateKey go together',
  });

export type UplinkSettings = z.infer<typeof uplinkSchema>;

function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

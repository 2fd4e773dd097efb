// Settings of the sidecar, the program of the digital channels. The channels themselves stand in a file of their own.
import { z } from 'zod';

const port = z.number().int().min(0).max(65535);

/** Types of what customers may send: no programs, no archives that nobody looks into. */
const standardTypes = [
  'image/*',
  'audio/*',
  'video/*',
  'text/plain',
  'text/csv',
  'application/pdf',
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-powerpoint',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
];

export const sidecarSchema = z
  .object({
    /** Of providers' callbacks and web chat, on every address of `bind`. */
    port: port.default(8090),
    /** Where the channels stand, with their settings. */
    file: z.string().min(1).default('./sidecar.json'),
    /** The server's API; absent: the server on the same data. */
    server: z
      .object({ url: z.url({ protocol: /^https?$/ }), tokenFile: z.string().min(1) })
      .strict()
      .optional(),
    /** Addresses of proxies whose X-Forwarded-For is believed; absent: those of `web`. */
    trustProxy: z.array(z.union([z.ipv4(), z.ipv6()])).optional(),
    attachments: z
      .object({
        /** The server takes 20 MiB. */
        mostMegabytes: z.number().int().min(1).max(20).default(20),
        types: z
          .array(z.string().regex(/^[\w.+-]+\/([\w.+-]+|\*)$/, 'must be a MIME type such as image/png or image/*'))
          .default(standardTypes),
      })
      .strict()
      .prefault({}),
    /** Every attachment passes these before anybody sees it. */
    scan: z
      .object({
        clamd: z
          .string()
          .regex(/^(unix:\/.+|tcp:.+:\d+)$/, 'must be unix:/path or tcp:host:port')
          .optional(),
        command: z.array(z.string().min(1)).min(1).optional(),
      })
      .strict()
      .prefault({}),
    /** What came is kept, sealed, for so long after it was read; then deleted. */
    keepDays: z.number().int().min(1).max(365).default(7),
  })
  .strict();

export type SidecarSettings = z.infer<typeof sidecarSchema>;

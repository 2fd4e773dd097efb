// Where copies of the audit records go, besides the journal.
import { z } from 'zod';

const syslog = z
  .object({
    host: z.string().min(1),
    port: z.number().int().min(1).max(65535).default(514),
    /** `tls` is RFC 5425, `tcp` RFC 6587 with counted octets, `udp` RFC 5426. */
    protocol: z.enum(['udp', 'tcp', 'tls']).default('udp'),
    /** Certificate (PEM file) of the authority that signed the collector's, where the system does not know it. */
    ca: z.string().min(1).optional(),
    /** RFC 5424 §6.2.1; 13 is "log audit". */
    facility: z.number().int().min(0).max(23).default(13),
  })
  .strict();

export const auditSchema = z.object({ syslog: syslog.optional() }).strict();

export type SyslogSettings = z.infer<typeof syslog>;

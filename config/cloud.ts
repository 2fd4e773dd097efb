// The cloud program (`switchroom cloud …`): its database and where it listens.
import { z } from 'zod';

export const cloudSchema = z
  .object({
    /** `postgres://user@host/database`; the password by PGPASSWORD, ~/.pgpass or a socket with peer authentication. */
    database: z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address'),
    port: z.number().int().min(0).max(65535).default(8443),
    bind: z.array(z.string().min(1)).min(1).default(['127.0.0.1']),
    /** Certificate chain and key (PEM files). Absent: HTTP, for a proxy on the same machine that ends TLS. */
    tls: z
      .object({
        certificate: z.string().min(1),
        key: z.string().min(1),
        /** Authority of the sites' certificates: then every client must show one (mutual TLS). */
        clientCa: z.string().min(1).optional(),
      })
      .strict()
      .optional(),
  })
  .strict();

export type CloudSettings = z.infer<typeof cloudSchema>;

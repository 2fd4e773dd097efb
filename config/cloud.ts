// The cloud program (`switchroom cloud …`): its database and where it listens.
import { z } from 'zod';

export const cloudSchema = z
  .object({
    /**
     * `postgres://user@host/database`, or a socket: `postgres://user@/database?host=/var/run/postgresql`. The password by
     * `databasePasswordFile`, PGPASSWORD, ~/.pgpass or a socket with peer authentication.
     */
    database: z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address'),
    /** File that holds the password and nothing else. */
    databasePasswordFile: z.string().min(1).optional(),
    /** How long the cloud keeps what sites told it. Absent: for good. */
    keep: z
      .object({
        /** Events, contacts, and what other sites are told of them. */
        months: z.number().int().min(1).max(1_200).optional(),
        /** The log of batches. */
        batchDays: z.number().int().min(1).default(400),
      })
      .strict()
      .prefault({}),
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
  .strict()
  .refine(
    ({ database, databasePasswordFile }) => databasePasswordFile === undefined || /^\w+:\/\/[^:@/]+@/.test(database),
    {
      path: ['databasePasswordFile'],
      message: 'needs a cloud.database that names the user, and no password: postgres://user@host/database',
    },
  );

export type CloudSettings = z.infer<typeof cloudSchema>;

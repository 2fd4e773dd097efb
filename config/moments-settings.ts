import { z } from 'zod';

const hour = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'must be a time of day such as 21:00');

/** Rules that react to what just happened, and how much of it customers are asked to bear. */
export const momentsSchema = z
  .object({
    /** Folder of the moments. */
    folder: z.string().min(1).default('./moments'),
    /** How often a customer is written to or called in 24 hours, by all moments together. */
    mostPerDay: z.number().int().min(0).max(100).default(3),
    /** Hours of the site in which nobody is written to or called; may go over midnight. The same time twice: none. */
    quiet: z
      .object({ from: hour.default('21:00'), until: hour.default('08:00') })
      .strict()
      .prefault({}),
    /** Purposes for which a customer must have agreed; for others it is enough that she did not refuse. */
    consentNeeded: z.array(z.string().min(1)).default(['marketing']),
  })
  .strict()
  .prefault({});

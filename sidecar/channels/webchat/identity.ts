// Who is logged in on the bank's page, as that page signed it: a JWT (RFC 7519) with HS256 (RFC 7515), which ends within a day.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const header = z.object({ alg: z.literal('HS256'), typ: z.string().optional() });
const claims = z.object({
  /** The account. */
  sub: z.string().min(1).max(320),
  /** Seconds since 1970. */
  exp: z.number(),
  nbf: z.number().optional(),
  /** Where it is there, it names the channel: a token for another one does not do. */
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  name: z.string().max(200).optional(),
  mail: z.email().max(320).optional(),
  phone: z.string().max(40).optional(),
});

export interface Known {
  account: string;
  name?: string | undefined;
  mail?: string | undefined;
  phone?: string | undefined;
  endsAt: number;
}

const longestMs = 86_400_000;

/** @param now ms since 1970 @returns undefined where it is not to be believed */
export function knownBy(token: string, secret: string, channel: string, now: number): Known | undefined {
  const [head = '', body = '', signature = '', ...more] = token.split('.');
  if (more.length > 0) return undefined;
  const given = Buffer.from(signature, 'base64url');
  const wanted = createHmac('sha256', secret).update(`${head}.${body}`).digest();
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  const said = claims.safeParse(parsed(body));
  if (!header.safeParse(parsed(head)).success || !said.success) return undefined;
  const { sub, exp, nbf = 0, aud, name, mail, phone } = said.data;
  const endsAt = exp * 1000;
  if (endsAt <= now || endsAt > now + longestMs || nbf * 1000 > now + 60_000) return undefined;
  if (aud !== undefined && ![aud].flat().includes(channel)) return undefined;
  return { account: sub, name, mail, phone, endsAt };
}

function parsed(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}

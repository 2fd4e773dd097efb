import { describe, expect, test } from 'vitest';
import {
  answerChallenge,
  DigestVerifier,
  ha1,
  parseDigest,
  splitChallenges,
} from '../../../server/signaling/sip/digest.ts';
import { Guesses } from '../../../server/signaling/sip/guesses.ts';

const realm = 'bank.example';
const secret = 's3cret "quoted"';
const stored = {
  realm,
  md5: ha1('MD5', '1001', realm, secret),
  sha256: ha1('SHA-256', '1001', realm, secret),
};
const find = (user: string) => (user === '1001' ? stored : undefined);
const request = { method: 'INVITE', uri: 'sip:95500@bank.example', user: '1001', secret };
const now = 1_800_000_000_000;

/** RFC 7616 §3.9.1. */
test('HA1 of the RFC: both algorithms', () => {
  expect(ha1('MD5', 'Mufasa', 'http-auth@example.org', 'Circle of Life')).toBe('3d78807defe7de2157e2b0b6573a855f');
  expect(ha1('SHA-256', 'Mufasa', 'http-auth@example.org', 'Circle of Life')).toBe(
    '7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232',
  );
});

test('reads quoted, unquoted, escaped and joined challenges', () => {
  expect(parseDigest('DIGEST realm="a \\"b\\", c", nonce=x,qop="auth,auth-int" , stale=TRUE')).toEqual({
    realm: 'a "b", c',
    nonce: 'x',
    qop: 'auth,auth-int',
    stale: 'TRUE',
  });
  expect(parseDigest('Basic x')).toBeUndefined();
  expect(parseDigest('Digest realm="never closed')).toBeUndefined();
  expect(splitChallenges('Digest realm="a",nonce="1",Digest realm="b"')).toEqual([
    'Digest realm="a",nonce="1"',
    'Digest realm="b"',
  ]);
});

describe('what the client answers, the verifier takes', () => {
  test.each([0, 1])('challenge row %i', (row) => {
    const verifier = new DigestVerifier();
    const challenge = verifier.challenges(realm, false, now)[row]!;
    const answer = answerChallenge(challenge, request);
    expect(answer).toContain(row === 0 ? 'algorithm=SHA-256' : 'algorithm=MD5');
    expect(verifier.verify(answer, 'INVITE', find, now)).toEqual({ ok: true, user: '1001' });
  });

  test('both rows joined: the stronger is answered', () => {
    const verifier = new DigestVerifier();
    const answer = answerChallenge(verifier.challenges(realm, false, now).join(','), request);
    expect(answer).toContain('algorithm=SHA-256');
    expect(verifier.verify(answer, 'INVITE', find, now)).toMatchObject({ ok: true });
  });

  test('a challenge without qop and algorithm (RFC 2069)', () => {
    const answer = answerChallenge('Digest realm="r", nonce="n"', request);
    expect(answer).toContain('algorithm=MD5');
    expect(answer).not.toContain('qop');
  });

  test('nothing where no challenge is one of ours', () => {
    expect(answerChallenge('Digest realm="r", nonce="n", algorithm=SHA-512-256', request)).toBeUndefined();
    expect(answerChallenge('Digest realm="r", nonce="n", qop="auth-int"', request)).toBeUndefined();
    expect(answerChallenge('', request)).toBeUndefined();
  });
});

describe('the verifier refuses', () => {
  const verifier = new DigestVerifier(undefined, 60_000);
  const answer = answerChallenge(verifier.challenges(realm, false, now)[0]!, request)!;
  const verdict = (header: string | undefined, method = 'INVITE', at = now) =>
    verifier.verify(header, method, find, at);

  test.each<[string, string | undefined, string]>([
    ['nothing', undefined, 'missing'],
    ['another scheme', 'Basic abc', 'malformed'],
    ['half of it', 'Digest username="1001"', 'malformed'],
    ['an algorithm that we do not know', answer.replace('SHA-256', 'SHA-512-256'), 'malformed'],
    ['an unknown user', answer.replace('"1001"', '"1002"'), 'unknown-user'],
    ['another realm', answer.replace(`realm="${realm}"`, 'realm="x"'), 'unknown-user'],
    ['a changed uri', answer.replace('95500', '00900'), 'wrong'],
    ['a changed nonce', answer.replace(/nonce="./, 'nonce="0'), 'stale'],
  ])('%s', (_name, header, why) => {
    expect(verdict(header)).toEqual({ ok: false, why });
  });

  test('another method, and the same answer twice', () => {
    expect(verdict(answer, 'REGISTER')).toEqual({ ok: false, why: 'wrong' });
    expect(verdict(answer)).toEqual({ ok: true, user: '1001' });
    expect(verdict(answer)).toEqual({ ok: false, why: 'replayed' });
  });

  test('an old nonce, and one that another server made', () => {
    const late = answerChallenge(verifier.challenges(realm, false, now)[0]!, request)!;
    expect(verdict(late, 'INVITE', now + 60_001)).toEqual({ ok: false, why: 'stale' });
    const other = answerChallenge(new DigestVerifier().challenges(realm, false, now)[0]!, request)!;
    expect(verdict(other)).toEqual({ ok: false, why: 'stale' });
  });
});

describe('the verifier and those who are not who they say', () => {
  const source = '192.0.2.50';
  const challenged = (verifier: DigestVerifier, at = now, from = source) =>
    verifier.challenges(realm, false, at, from)[0]!;

  test('a nonce is good only for the address that it was given to', () => {
    const verifier = new DigestVerifier();
    const answer = answerChallenge(challenged(verifier), request);
    expect(verifier.verify(answer, 'INVITE', find, now, { source: '192.0.2.66' })).toEqual({ ok: false, why: 'stale' });
    expect(verifier.verify(answer, 'INVITE', find, now, { source })).toEqual({ ok: true, user: '1001' });
  });

  test('what was signed for one number does not reach another', () => {
    const verifier = new DigestVerifier();
    const answer = answerChallenge(challenged(verifier), request);
    const at = (uri: string) => verifier.verify(answer, 'INVITE', find, now, { source, uri });
    expect(at('sip:0019005550123@bank.example')).toEqual({ ok: false, why: 'malformed' });
    expect(at('sip:95500@192.0.2.1:5060;transport=udp')).toEqual({ ok: true, user: '1001' });
  });

  test('without qop, a nonce is good once', () => {
    const verifier = new DigestVerifier();
    const answer = answerChallenge(challenged(verifier).replace(', qop="auth"', ''), request);
    expect(verifier.verify(answer, 'INVITE', find, now, { source })).toMatchObject({ ok: true });
    expect(verifier.verify(answer, 'INVITE', find, now, { source })).toEqual({ ok: false, why: 'stale' });
  });

  test('guessing is blocked by user and source; the right secret from elsewhere, and other users, are not', () => {
    const verifier = new DigestVerifier();
    const attempt = (secret: string, at = now, from = source) =>
      verifier.verify(answerChallenge(challenged(verifier, at, from), { ...request, secret }), 'INVITE', find, at, {
        source: from,
      });
    for (let i = 0; i < 10; i++) expect(attempt(`guess ${i}`)).toEqual({ ok: false, why: 'wrong' });
    expect(attempt(secret)).toEqual({ ok: false, why: 'blocked' });
    expect(attempt(secret, now, '192.0.2.51')).toMatchObject({ ok: true });
    // With packets that bear another's address nobody gets that one blocked: the nonce is not its own.
    for (let i = 0; i < 20; i++) {
      const forged = answerChallenge(challenged(verifier), { ...request, secret: 'x' });
      expect(verifier.verify(forged, 'INVITE', find, now, { source: '192.0.2.51' })).toMatchObject({ why: 'stale' });
    }
    expect(attempt(secret, now, '192.0.2.51')).toMatchObject({ ok: true });
    expect(attempt(secret, now + 60_001)).toMatchObject({ ok: true });
  });

  test('a source that tries very many users is blocked whole, and the counters stay bounded', () => {
    const guesses = new Guesses();
    for (let i = 0; i < 1_000; i++) guesses.failed(`user${i}`, source, now);
    expect(guesses.blocked('1001', source, now)).toBe(true);
    expect(guesses.blocked('1001', '192.0.2.51', now)).toBe(false);
    for (let i = 0; i < 50_000; i++) guesses.failed('x'.repeat(200), `s${i}`, now);
    expect(guesses.size).toBeLessThanOrEqual(20_000);
  });
});

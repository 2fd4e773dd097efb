// The DTLS server against another implementation's client, on a wire that loses, repeats and alters what we want.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { makeCertificate, type OwnCertificate } from '../../../../edge/webrtc/certificate.ts';
import { DtlsServer, type SrtpKeys } from '../../../../edge/webrtc/dtls/index.ts';
import { DtlsPeer, makeIdentity, type PeerIdentity } from './dtls-peer.ts';
import { ManualTime } from './manual-time.ts';

let own: OwnCertificate;
let identity: PeerIdentity;
beforeAll(async () => {
  own = makeCertificate(Date.now());
  identity = await makeIdentity();
});

/** Signed by itself, valid for ten years; its key is in nobody's hands. */
const ed25519 =
  'MIIBLDCB36ADAgECAhQwFellsx3cA1okQdl1kUpmlTIOIzAFBgMrZXAwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjIxMjE1MjZaFw0z' +
  'NjExMTkxMjE1MjZaMAwxCjAIBgNVBAMMAXgwKjAFBgMrZXADIQDPOCGSSHpyOhUHvX6kFaTncJdoVAZRjPWYZVoAoydtGaNTMFEw' +
  'HQYDVR0OBBYEFOR3LwovClaTFVM1MqR2D2Q5Jyh+MB8GA1UdIwQYMBaAFOR3LwovClaTFVM1MqR2D2Q5Jyh+MA8GA1UdEwEB/wQF' +
  'MAMBAf8wBQYDK2VwA0EA4Pjtd5SWAau0c5QLnrxj3PD28wqHJNcb3L5dw64uuJ2chlSNAm5KPhU2+54JtuDuWNLca226EuV+PHi/' +
  'vbyxBw==';

interface Rig {
  server: DtlsServer;
  peer: DtlsPeer;
  time: ManualTime;
  keys: () => SrtpKeys | undefined;
  ends: object[];
  /** What the server said. */
  said: Buffer[];
}

function rig(
  how: {
    profile?: 1 | 7;
    fingerprint?: { algorithm: string; value: string };
    identity?: PeerIdentity;
    toServer?: (datagram: Buffer, server: DtlsServer) => void;
    toPeer?: (datagram: Buffer, peer: DtlsPeer) => void;
  } = {},
): Rig {
  const time = new ManualTime();
  const ends: object[] = [];
  const said: Buffer[] = [];
  let keys: SrtpKeys | undefined;
  const who = how.identity ?? identity;
  const server: DtlsServer = new DtlsServer(own, how.fingerprint ?? who.fingerprint, {
    send: (datagram) => {
      said.push(datagram);
      setImmediate(() => (how.toPeer ?? ((one, to) => to.take(one)))(datagram, peer));
    },
    up: (agreed) => {
      keys = agreed;
    },
    over: (end) => ends.push(end),
    after: (ms, fire) => time.after(ms, fire),
  });
  const peer = new DtlsPeer(who, how.profile ?? 7, (datagram) => {
    setImmediate(() => (how.toServer ?? ((one, to) => to.take(one)))(datagram, server));
  });
  return { server, peer, time, keys: () => keys, ends, said };
}

describe('DTLS server', () => {
  for (const [profile, name] of [
    [7, 'AEAD_AES_128_GCM'],
    [1, 'AES128_CM_HMAC_SHA1_80'],
  ] as const) {
    test(`${name}: both export the same keys`, async () => {
      const { peer, keys, ends } = rig({ profile });
      peer.start();
      await peer.connected;
      const { localKey, localSalt, remoteKey, remoteSalt } = peer.keys(profile);
      expect(keys()).toEqual({
        profile: name,
        theirs: { key: localKey, salt: localSalt },
        ours: { key: remoteKey, salt: remoteSalt },
      });
      expect(ends).toEqual([]);
    });
  }

  test('a lost flight is said again', async () => {
    let lost = 0;
    const { peer, time, keys } = rig({
      toPeer: (datagram, to) => {
        // ServerHello comes in two datagrams at most: both are lost once.
        if (lost++ >= 2) to.take(datagram);
      },
    });
    peer.start();
    await vi.waitFor(() => expect(lost).toBeGreaterThan(0));
    await vi.waitFor(() => {
      time.advance(400);
      expect(keys()).toBeDefined();
    });
    await peer.connected;
  });

  test('what comes twice counts once, and our last words are repeated to who has not heard them', async () => {
    let finished: Buffer | undefined;
    const { peer, server, said } = rig({
      toServer: (datagram, to) => {
        to.take(datagram);
        to.take(Buffer.from(datagram));
        finished = datagram;
      },
    });
    peer.start();
    await peer.connected;
    const before = said.length;
    server.take(finished as Buffer);
    expect(said.length).toBe(before + 1);
  });

  test('who shows another certificate than the one announced is refused', async () => {
    const { peer, ends, keys } = rig({ fingerprint: { algorithm: 'sha-256', value: 'AA:BB' } });
    peer.start();
    await vi.waitFor(() => expect(ends).toHaveLength(1));
    expect(ends[0]).toEqual({ left: false, reason: 'its certificate is not the one of its description' });
    expect(keys()).toBeUndefined();
  });

  test('who shows a certificate whose key she does not hold is refused', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const stolen = { ...identity, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
    const { peer, ends, keys } = rig({ identity: stolen });
    peer.start();
    await vi.waitFor(() => expect(ends).toHaveLength(1));
    expect(ends[0]).toEqual({ left: false, reason: 'it does not hold the key of its certificate' });
    expect(keys()).toBeUndefined();
  });

  test('a certificate of a kind that was not asked for is refused, and throws nothing', async () => {
    const der = Buffer.from(ed25519, 'base64');
    const digest = createHash('sha256').update(der).digest('hex').toUpperCase();
    const other = {
      cert: `-----BEGIN CERTIFICATE-----\n${ed25519}\n-----END CERTIFICATE-----\n`,
      key: identity.key,
      fingerprint: { algorithm: 'sha-256', value: (digest.match(/../g) ?? []).join(':') },
    };
    const { peer, ends, keys } = rig({ identity: other });
    peer.start();
    await vi.waitFor(() => expect(ends).toHaveLength(1));
    expect(ends[0]).toEqual({ left: false, reason: 'it does not hold the key of its certificate' });
    expect(keys()).toBeUndefined();
  });

  test('altered messages end the handshake, and none gives keys', async () => {
    // One byte of the ClientHello's random: both see another transcript.
    let altered = false;
    const { peer, ends, keys } = rig({
      toServer: (datagram, to) => {
        const copy = Buffer.from(datagram);
        if (!altered && copy[13] === 1) copy[40] = (copy[40] as number) ^ 1;
        altered = true;
        to.take(copy);
      },
    });
    peer.start();
    await vi.waitFor(() => expect(ends).toHaveLength(1), 5_000);
    expect(keys()).toBeUndefined();
  });

  test('goodbye is heard under our keys only', async () => {
    const { peer, server, ends } = rig();
    peer.start();
    await peer.connected;
    const alert = Buffer.from('15fefd0000000000000fff00020100', 'hex');
    server.take(alert);
    expect(ends).toEqual([]);
    server.close();
    expect(ends).toEqual([]);
  });

  test('nobody answers: it gives up', async () => {
    const { peer, time, ends, said } = rig({ toPeer: () => undefined });
    peer.start();
    await vi.waitFor(() => expect(said.length).toBeGreaterThan(0));
    time.advance(400 * 2 ** 9);
    expect(ends).toEqual([{ left: false, reason: 'the browser does not answer' }]);
  });

  test('garbage, cut and altered datagrams never throw', async () => {
    const captured: Buffer[] = [];
    const { peer } = rig({
      toServer: (datagram, to) => {
        captured.push(datagram);
        to.take(datagram);
      },
    });
    peer.start();
    await peer.connected;
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    for (let round = 0; round < 300; round++) {
      const { server } = rig();
      for (const datagram of captured) {
        const copy = Buffer.from(datagram.subarray(0, 1 + random(datagram.length)));
        for (let flips = random(4); flips >= 0; flips--) copy[random(copy.length)] = random(256);
        server.take(copy);
        server.take(datagram);
      }
      server.close();
    }
  });
});

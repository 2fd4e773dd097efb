// Published vectors (RFC 3711 B.3, RFC 7714 §16 and §17, libsrtp's of AES_CM_128_HMAC_SHA1_80), and what no vector says.
import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { keyBytes, type SrtpProfile, SrtpReceiver, SrtpSender, saltBytes } from '../../../../edge/webrtc/srtp/index.ts';
import { sessionKeys } from '../../../../edge/webrtc/srtp/keys.ts';
import { indexNear } from '../../../../edge/webrtc/srtp/packet-index.ts';
import { ReplayWindow } from '../../../../edge/webrtc/srtp/replay-window.ts';
import { makeTransform } from '../../../../edge/webrtc/srtp/transform.ts';

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');
const master = { key: hex('e1f97a0d3e018be0d64fa32c06de4139'), salt: hex('0ec675ad498afeebb6960b3aabe6') };

describe('vectors', () => {
  test('RFC 3711 B.3: session keys', () => {
    const { cipher, salt, authentication } = sessionKeys(master, 'rtp');
    expect(cipher.export()).toEqual(hex('c61e7a93744f39ee10734afe3ff7a087'));
    expect(salt).toEqual(hex('30cbbc08863d8c85d49db34a9ae1'));
    expect(authentication.export()).toEqual(hex('cebe321f6ff7716b6fd4ab49af256a156d38baa4'));
  });

  test('AES_CM_128_HMAC_SHA1_80: a packet', () => {
    const transform = makeTransform('AES128_CM_HMAC_SHA1_80', sessionKeys(master, 'rtp'), sessionKeys(master, 'rtcp'));
    const plain = hex('800f1234decafbadcafebabeabababababababababababababababab');
    const sealed = hex('800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb');
    expect(transform.sealRtp(plain, 12, 0xcafebabe, 0x1234)).toEqual(sealed);
    expect(transform.openRtp(sealed, 12, 0xcafebabe, 0x1234)).toEqual(plain);
    expect(transform.openRtp(sealed, 12, 0xcafebabe, 0x11234)).toBeUndefined();
  });

  const gcm = {
    cipher: createSecretKey(hex('000102030405060708090a0b0c0d0e0f')),
    salt: hex('517569642070726f2071756f'),
    authentication: createSecretKey(Buffer.alloc(20)),
  };

  test('RFC 7714 §16.1: AEAD_AES_128_GCM, a packet', () => {
    const transform = makeTransform('AEAD_AES_128_GCM', gcm, gcm);
    const plain = hex(
      '8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573',
    );
    const sealed = hex(
      '8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833' +
        '899d7f27beb16a9152cf765ee4390cce',
    );
    expect(transform.sealRtp(plain, 12, 0x5501a0b2, 0xf17b)).toEqual(sealed);
    expect(transform.openRtp(sealed, 12, 0x5501a0b2, 0xf17b)).toEqual(plain);
  });

  test('RFC 7714 §17: AEAD_AES_128_GCM, a report', () => {
    const transform = makeTransform('AEAD_AES_128_GCM', gcm, gcm);
    const plain = hex(
      '81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
    );
    const sealed = hex(
      '81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded' +
        '0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4',
    );
    expect(transform.sealRtcp(plain, 0x4d617273, 0x5d4)).toEqual(sealed);
    expect(transform.openRtcp(sealed, 0x4d617273, 0x5d4)).toEqual(plain);
    const inTheClear = Buffer.concat([plain, hex('841dd9683dd78ec92ae58790125f62b3000005d4')]);
    expect(transform.openRtcp(inTheClear, 0x4d617273, 0x5d4)).toEqual(plain);
  });
});

const profiles: SrtpProfile[] = ['AEAD_AES_128_GCM', 'AES128_CM_HMAC_SHA1_80'];
const ssrc = 0x12345678;

function packet(sequence: number, payload = randomBytes(160)): Buffer {
  const header = hex('80000000000000001234567800'.slice(0, 24));
  header.writeUInt16BE(sequence & 0xffff, 2);
  return Buffer.concat([header, payload]);
}

describe.each(profiles)('%s', (profile) => {
  function pair() {
    const keys = { key: randomBytes(keyBytes), salt: randomBytes(saltBytes[profile]) };
    return { sender: new SrtpSender(profile, keys), receiver: new SrtpReceiver(profile, keys, ssrc) };
  }

  test('over two rollovers, with losses and packets out of order', () => {
    const { sender, receiver } = pair();
    for (let index = 65_000; index < 65_000 + 140_000; index += 97) {
      const [one, two] = [packet(index), packet(index + 1)];
      const [sealedOne, sealedTwo] = [sender.rtp(one) as Buffer, sender.rtp(two) as Buffer];
      expect(receiver.rtp(sealedTwo)).toEqual(two);
      expect(receiver.rtp(sealedOne)).toEqual(one);
    }
    expect(receiver.refused).toBe(0);
  });

  test('what was seen, altered, of another source or too old is refused', () => {
    const { sender, receiver } = pair();
    const sealed = sender.rtp(packet(1)) as Buffer;
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed);
      altered[at] = (altered[at] as number) ^ 0x20;
      expect(receiver.rtp(altered)).toBeUndefined();
    }
    expect(receiver.rtp(sealed)).toBeDefined();
    expect(receiver.rtp(sealed)).toBeUndefined();
    const late = sender.rtp(packet(2)) as Buffer;
    expect(receiver.rtp(sender.rtp(packet(300)) as Buffer)).toBeDefined();
    expect(receiver.rtp(late)).toBeUndefined();
    expect(receiver.rtp(Buffer.alloc(11))).toBeUndefined();
    expect(receiver.rtp(Buffer.alloc(0))).toBeUndefined();
  });

  test('no number is used twice for sending', () => {
    const { sender } = pair();
    expect(sender.rtp(packet(7))).toBeDefined();
    expect(sender.rtp(packet(7))).toBeUndefined();
    expect(sender.rtp(packet(200))).toBeDefined();
    expect(sender.rtp(packet(6))).toBeUndefined();
  });

  test('extension and CSRC stay outside the encryption', () => {
    const keys = { key: randomBytes(keyBytes), salt: randomBytes(saltBytes[profile]) };
    const transform = makeTransform(profile, sessionKeys(keys, 'rtp'), sessionKeys(keys, 'rtcp'));
    const extended = hex(`9180000700000000123456780badcafebede0001aabbccdd${'55'.repeat(20)}`);
    const sealed = transform.sealRtp(extended, 24, ssrc, 7);
    expect(sealed.subarray(0, 24)).toEqual(extended.subarray(0, 24));
    const receiver = new SrtpReceiver(profile, keys, ssrc);
    expect(receiver.rtp(sealed)).toEqual(extended);
  });

  test('reports: both ways, replay and forgery refused', () => {
    const { sender, receiver } = pair();
    const report = hex('80c90001123456780000');
    const [one, two] = [sender.rtcp(report) as Buffer, sender.rtcp(report) as Buffer];
    expect(receiver.rtcp(two)).toEqual(report);
    expect(receiver.rtcp(one)).toEqual(report);
    expect(receiver.rtcp(one)).toBeUndefined();
    for (let at = 0; at < two.length; at++) {
      const altered = Buffer.from(sender.rtcp(report) as Buffer);
      altered[at] = (altered[at] as number) ^ 1;
      expect(receiver.rtcp(altered)).toBeUndefined();
    }
    for (let length = 0; length < one.length; length++) expect(receiver.rtcp(one.subarray(0, length))).toBeUndefined();
  });
});

test('the index is the nearest one', () => {
  expect(indexNear(-1, 60_000)).toBe(60_000);
  expect(indexNear(65_535, 0)).toBe(65_536);
  expect(indexNear(65_536, 65_535)).toBe(65_535);
  expect(indexNear(2, 65_535)).toBe(-1);
  expect(indexNear(2 ** 40 + 10, (2 ** 40 + 12) % 65_536)).toBe(2 ** 40 + 12);
});

test('the window tells new from seen as a plain set would', () => {
  const window = new ReplayWindow();
  const seen = new Set<number>();
  let newest = 2 ** 33;
  let seed = 3;
  for (let round = 0; round < 20_000; round++) {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    const index = newest + ((seed >> 8) % 200) - 140;
    const due = index > newest - 128 && !seen.has(index);
    if (round > 0) expect(window.admits(index)).toBe(due);
    if (!window.admits(index)) continue;
    window.add(index);
    seen.add(index);
    newest = round === 0 ? index : Math.max(newest, index);
  }
});

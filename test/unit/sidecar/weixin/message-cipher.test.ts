// Vectors published with wechatpy (tests/test_crypto), made with the provider's sample code.
import { expect, test } from 'vitest';
import { CipherError, isSigned, MessageCipher, sign } from '../../../../sidecar/channels/weixin/index.ts';
import { seal, unseal } from '../../../simulators/wechat/index.ts';

const aesKey = 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR';
const receiver = 'wx49f0ab532d5d035a';
const random = Buffer.from('1234567890123456');

test('a signature is made and checked as published', () => {
  const echo = '4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==';
  const signature = 'dd6b9c95b495b3f7e2901bfbc76c664930ffdb96';
  expect(sign('123456', '1411443780', '437374425', echo)).toBe(signature);
  expect(isSigned(signature, '123456', '1411443780', '437374425', echo)).toBe(true);
  expect(isSigned(signature, '123456', '1411443780', '437374424', echo)).toBe(false);
  expect(isSigned(signature.slice(0, 38), '123456', '1411443780', '437374425', echo)).toBe(false);
  expect(isSigned(null, '123456', '1411443780', '437374425', echo)).toBe(false);
  expect(sign('test', '123456', 'test', 'rust')).toBe('d6056f2bb3ad3e30f4afa5ef90cc9ddcdc7b7b27');
  expect(new MessageCipher(aesKey, receiver).decrypt(echo)).toMatch(/^\d+$/);
});

test('encryption gives the published bytes', () => {
  expect(new MessageCipher(aesKey, 'rust').encrypt('test', random)).toBe(
    '9s4gMv99m88kKTh/H8IdkNiFGeG9pd7vNWl50fGRWXY=',
  );
  expect(new MessageCipher(aesKey, 'rust').decrypt('9s4gMv99m88kKTh/H8IdkNiFGeG9pd7vNWl50fGRWXY=')).toBe('test');
  const reply = `<xml>
<MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[test]]></Content>
<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>
<ToUserName><![CDATA[messense]]></ToUserName>
<AgentID>1</AgentID>
<CreateTime>1411525903</CreateTime>
</xml>`;
  const encrypted = new MessageCipher(aesKey, receiver).encrypt(reply, random);
  expect(encrypted).toBe(
    '9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrluLBYqxgNcBqGsL8GqxlhZgURnAtObvesEl5nZ+uBE8bviY0LWke8Zy9V/QYKxNV2FqllNXcfmstttyIkMKCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oyKQmpB6o8NRrrNrsDf03oxI1p9FxUgMnwKKZeOA/uu+2IEvEBtb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkdQ39xn1vWwi1O5oazPoQJz0nTYjxxEE8kv3kFxtAGVRe3ypD3WeK2XeFYFMNMpatF9XiKzHo3',
  );
  expect(sign('123456', '1411525903', '461056294', encrypted)).toBe('407518b7649e86ef23978113f92d27afa9296533');
});

test('what the other side sealed is read, for every length of padding, and ours by the other side', () => {
  const cipher = new MessageCipher(aesKey, receiver);
  for (let length = 0; length < 70; length++) {
    const text = '汉'.repeat(length % 7) + 'x'.repeat(length);
    expect(cipher.decrypt(seal(text, aesKey, receiver))).toBe(text);
    expect(unseal(cipher.encrypt(text), aesKey, receiver)).toBe(text);
  }
});

test('what was sealed for another receiver, with another key, or was changed is refused', () => {
  const cipher = new MessageCipher(aesKey, receiver);
  expect(() => cipher.decrypt(seal('hello', aesKey, 'wx_another'))).toThrow(CipherError);
  expect(() => cipher.decrypt(seal('hello', aesKey.replace('k', 'm'), receiver))).toThrow(CipherError);
  expect(() => cipher.decrypt('')).toThrow(CipherError);
  expect(() => cipher.decrypt('abcd')).toThrow(CipherError);
  // A length that points behind the end.
  const bytes = Buffer.from(seal('hello', aesKey, receiver), 'base64');
  bytes[2] = (bytes[2] as number) ^ 0xff;
  expect(() => cipher.decrypt(bytes.toString('base64'))).toThrow(CipherError);
  expect(() => new MessageCipher('short', receiver)).toThrow(RangeError);
});

// The SMS channel within the real core of the sidecar: gateway → inbox → server, and back, also when the sidecar is restarted in
// the middle; and the examples of the docs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { mailSettings } from '../../../../sidecar/channels/mail/settings.ts';
import { sms } from '../../../../sidecar/channels/sms/index.ts';
import { smsSettings } from '../../../../sidecar/channels/sms/settings.ts';
import { SecretText } from '../../../../sidecar/connector.ts';
import { Ismg } from '../../../simulators/cmpp/ismg.ts';
import { Harness } from '../harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

it('a long text, half of it before a restart; the answer, and a receipt that is faster than the gateway’s answer', async () => {
  const ismg = new Ismg({ version: '2.0', account: 'bank01', secret: 'pw' });
  const port = await ismg.listen();
  open.push(() => ismg.close());
  const settings = smsSettings.parse({
    cmpp: { host: '127.0.0.1', port, account: 'bank01', secret: new SecretText('pw'), number: '10690001' },
  });
  const part = (number: number, text: string) =>
    ismg.deliver({
      from: '13800138000',
      to: '10690001',
      udhi: 1,
      content: Buffer.concat([Buffer.from([5, 0, 3, 9, 2, number]), Buffer.from(text, 'utf16le').swap16()]),
    });

  const first = await Harness.start({ kind: sms, settings });
  await ismg.until(() => ismg.connections === 1);
  part(2, '丢了');
  await ismg.until(() => ismg.delivered.length === 1);
  await first.stop({ keep: true });
  expect(ismg.terminated).toBe(1);

  const { server } = first;
  const second = await Harness.start({ kind: sms, settings, folder: first.folder, server });
  open.push(() => second.stop());
  await ismg.until(() => ismg.connections === 2);
  part(1, '卡');
  await server.until(() => server.items.length === 1, 'the text is at the server');
  expect(server.items).toMatchObject([{ item: 'message', thread: '+8613800138000', content: { text: '卡丢了' } }]);

  ismg.whims.push('receipt-first');
  server.push({ thread: '+8613800138000', content: { type: 'text', text: '已挂失' } });
  await server.until(
    () => server.items.some((one) => one.item === 'delivery' && one.state === 'delivered'),
    'the message is delivered',
  );
  expect(ismg.submitted).toHaveLength(1);
});

/** The JSON of a page of the docs, with secrets as the sidecar gives them to the schema. */
function examples(page: string): unknown[] {
  const text = readFileSync(join(import.meta.dirname, '../../../../docs/channels', page), 'utf8');
  return [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
    JSON.parse(json.trimStart().startsWith('{') ? json : `{${json}}`, (_, value: unknown) =>
      typeof value === 'object' && value !== null && 'file' in value ? new SecretText('x') : value,
    ),
  );
}

it('the examples of the docs pass the schemas', () => {
  const [cmpp, aliyun, tencent] = examples('sms.md') as [{ channels: { sms: { settings: unknown } } }, object, object];
  expect(smsSettings.parse(cmpp.channels.sms.settings).cmpp?.number).toBe('10690001');
  expect(smsSettings.parse(aliyun).http?.receive?.message?.from).toBe('phone_number');
  expect(smsSettings.parse({ http: tencent }).http?.send.signature?.chain).toHaveLength(3);
  const [mail] = examples('mail.md') as [{ channels: Record<string, { settings: unknown }> }];
  expect(mailSettings.parse(mail.channels['service-mail']?.settings).imap.port).toBe(993);
});

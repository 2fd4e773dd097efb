// Secrets of a first start are shown on a terminal only; anywhere else the text names the file that keeps them.
import { expect, it } from 'vitest';
import { readyText } from '../../../cli/ready-text.ts';
import { readSettings } from '../../../config/index.ts';

const settings = readSettings({ SWITCHROOM_DATA: '/var/lib/switchroom' }, '/');
const created = [
  { login: 'admin', password: 'the-admin-password', roles: ['admin', 'supervisor'] },
  { login: '1001', password: 'the-agent-password', roles: ['agent'], sip: { user: '1001', secret: 'the-sip-secret' } },
];
const secrets = ['the-admin-password', 'the-agent-password', 'the-sip-secret'];

function said(terminal: boolean, first: boolean): string {
  const server = { web: ['http://127.0.0.1:8080'], sip: ['udp/127.0.0.1:5060'], ...(first ? { created } : {}) };
  return readyText({ settings, edge: undefined, server, sidecar: undefined, attached: false, terminal, tookMs: 2_345 });
}

it('shows every password and phone secret on a terminal, each beside its login', () => {
  const text = said(true, true);
  expect(text).toMatch(/ admin\+supervisor +admin +the-admin-password$/m);
  expect(text).toMatch(/ agent +1001 +the-agent-password +phone: SIP user 1001, password the-sip-secret$/m);
  expect(text).not.toContain('first-logins.txt');
  expect(text).toContain('Ctrl-C');
  expect(text).toMatch(/^Switchroom is ready\. It took 2\.3 s\.$/m);
});

it('shows none anywhere else, and says which file has them', () => {
  const text = said(false, true);
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(text).toContain('/var/lib/switchroom/first-logins.txt (mode 0600)');
  expect(text).not.toContain('Ctrl-C');
});

it.each([true, false])('has none to show at a later start (terminal: %s)', (terminal) => {
  const text = said(terminal, false);
  expect(text).toContain('As before');
  expect(text).not.toContain('first-logins.txt');
});

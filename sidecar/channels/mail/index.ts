// E-mail: IMAP in, SMTP out.
import type { ConnectorKind } from '../../connector.ts';
import { MailConnector } from './mail-connector.ts';
import { type MailSettings, mailSettings } from './settings.ts';

export const mail: ConnectorKind<MailSettings> = {
  kind: 'mail',
  channel: 'mail',
  settings: mailSettings,
  policy: { always: true, windows: {} },
  open: (settings, tools) => new MailConnector(settings, tools),
};

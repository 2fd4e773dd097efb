// A channel of anybody's own: signed JSON in, signed JSON out (docs/channels.md). For an app, a mini program, a community, a
// logistics system.
import type { ConnectorKind } from '../../connector.ts';
import { type WebhookSettings, webhookSettings } from './settings.ts';
import { WebhookConnector } from './webhook-connector.ts';

export const webhook: ConnectorKind<WebhookSettings> = {
  kind: 'webhook',
  channel: 'chat',
  settings: webhookSettings,
  policy: ({ mostCharacters }) => ({
    always: true,
    windows: {},
    text: { most: mostCharacters, unit: 'characters' },
  }),
  open: (read, tools) => new WebhookConnector(read, tools),
};

// SMS: by a carrier's CMPP gateway, or by a provider's HTTP gateway.
import type { ConnectorKind } from '../../connector.ts';
import { CmppConnector } from './cmpp-connector.ts';
import { HttpConnector } from './http-connector.ts';
import { type SmsSettings, smsSettings } from './settings.ts';

export const sms: ConnectorKind<SmsSettings> = {
  kind: 'sms',
  channel: 'sms',
  settings: smsSettings,
  policy: { always: true, windows: {} },
  open(settings, tools) {
    const { cmpp, http } = settings;
    if (cmpp) return new CmppConnector(cmpp, settings, tools);
    if (http) return new HttpConnector(http, settings, tools);
    throw new Error('the settings name no gateway');
  },
};

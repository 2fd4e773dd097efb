// What npm start says when calls can come in.
import type { Settings } from '../config/index.ts';
import type { EdgeReady, ServerReady, Started } from '../supervisor/index.ts';

export interface ReadyFacts {
  settings: Settings;
  edge: EdgeReady | undefined;
  server: ServerReady;
  sidecar: Started['sidecar'];
  /** The edge had been running already. */
  attached: boolean;
  /** Whether secrets may be shown. */
  terminal: boolean;
  logs?: string | undefined;
  /** Since the command was given, ms. */
  tookMs: number;
}

export function readyText({ settings, edge, server, sidecar, attached, terminal, logs, tookMs }: ReadyFacts): string {
  const web = server.web[0] ?? '';
  const listening = edge && edge.sip.length > 0 ? edge.sip : server.sip;
  const sip = listening.find((one) => one.startsWith('udp/')) ?? listening[0] ?? '';
  const host = sip.slice(sip.indexOf('/') + 1);
  const lines = [
    '',
    `Switchroom is ready. It took ${(tookMs / 1000).toFixed(1)} s.${attached ? ' It took over the calls of the edge that was running.' : ''}`,
    '',
    `  SIP      ${listening.join('  ')}`,
    ...(server.trouble === undefined ? [] : [`  Calls    are refused (503) as yet: ${server.trouble}`]),
    `  Web      ${server.web.map((one) => `${one}/`).join('  ')}`,
    `  API      ${web}/api/docs`,
    ...channelLines(sidecar),
    `  Data     ${settings.data}${logs === undefined ? '' : `   (logs in ${logs})`}`,
    '',
  ];
  if (server.created && terminal) {
    lines.push('  Log in   These passwords were made just now, are shown once, and are kept only as hashes:');
    for (const { login, password, roles, sip: phone } of server.created) {
      const first = `    ${roles.join('+').padEnd(10)} ${login.padEnd(11)} ${password}`;
      lines.push(phone ? `${first}    phone: SIP user ${phone.user}, password ${phone.secret}` : first);
    }
  } else if (server.created) {
    lines.push(
      `  Log in   The passwords made for the first start are in ${settings.data}/first-logins.txt (mode 0600).`,
    );
  } else {
    lines.push('  Log in   As before; "npx switchroom agent passwd NAME" makes a new password.');
  }
  lines.push(
    '',
    '  Next',
    `    call the demo bank    sipp ${host} -sn uac -s 95500 -m 1        or dial sip:95500@${host} from a softphone`,
    `    be the agent          open ${web}/ as 1003 with a headset (the phone is in the page), press "Ready"; callers press 0`,
    ...chatLine(sidecar),
    '    with a SIP phone      register it as SIP user 1001, and log in as 1001',
    '    change the flow       edit ivr-flows/bank.json and save; "npx switchroom flow check" says what is wrong',
    '    look for trouble      npx switchroom doctor',
    '',
    terminal ? '  Ctrl-C stops everything.' : '',
    '',
  );
  return lines.join('\n');
}

function chatLine(sidecar: Started['sidecar']): string[] {
  if (sidecar === undefined || 'failed' in sidecar || sidecar.chatPage === undefined) return [];
  return [
    `    be a customer         open ${sidecar.chatPage} and write, or call from the page; agents who are ready get it`,
  ];
}

function channelLines(sidecar: Started['sidecar']): string[] {
  if (sidecar === undefined) return [];
  if ('failed' in sidecar) return [`  Channels ${sidecar.failed} It is started again until it does.`];
  return [`  Channels ${sidecar.channels.join(' ') || 'none'}, reached at ${sidecar.web.join(' and ')}`];
}

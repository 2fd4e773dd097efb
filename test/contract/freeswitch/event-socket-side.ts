// The event socket protocol, FreeSWITCH's side of it: messages of lines `name: value`, an empty line, and a body.
import type { Socket } from 'node:net';

export interface SocketCommand {
  /** First line. */
  line: string;
  headers: Record<string, string>;
}

/** Reads commands: each ends with an empty line. */
export function readCommands(socket: Socket, take: (command: SocketCommand) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (piece: string) => {
    text += piece;
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end < 0) return;
      const [line = '', ...rest] = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const headers: Record<string, string> = {};
      for (const one of rest) headers[one.slice(0, one.indexOf(':'))] = one.slice(one.indexOf(':') + 1).trim();
      take({ line: line.trim(), headers });
    }
  });
}

export function reply(socket: Socket, text: string): void {
  socket.write(`Content-Type: command/reply\nReply-Text: ${text}\n\n`);
}

export function apiAnswer(socket: Socket, body: string): void {
  socket.write(`Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`);
}

/** An event as JSON, as drachtio-modesl subscribes to them. */
export function sendEvent(socket: Socket, event: Record<string, string>): void {
  if (socket.destroyed) return;
  const body = JSON.stringify(event);
  socket.write(`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`);
}

/** What a channel says of itself at the beginning of an outbound connection; values are percent-encoded. */
export function channelData(socket: Socket, data: Record<string, string>): void {
  const lines = Object.entries(data).map(([name, value]) => `${name}: ${encodeURIComponent(value)}`);
  socket.write(
    `${lines.join('\n')}\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n`,
  );
}

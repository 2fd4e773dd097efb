// Messages on a local socket: one JSON object a line.
import type { Socket } from 'node:net';

const LIMIT = 1024 * 1024;

/** Calls `message` for each line; a line that is no JSON, or is too long, closes the socket. */
export function readMessages<Message>(socket: Socket, message: (message: Message) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LIMIT) socket.destroy();
    for (const line of lines) {
      let parsed: Message;
      try {
        parsed = JSON.parse(line) as Message;
      } catch {
        socket.destroy();
        return;
      }
      message(parsed);
    }
  });
}

export function writeMessage(socket: Socket, message: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

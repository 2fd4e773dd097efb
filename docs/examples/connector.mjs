// A whole connector in one file, without packages: it takes {"id","user","text"} by HTTP POST on port 9000 and posts answers to
// BACK as {"id","user","text"}. Run it by: API=https://… TOKEN=… CHANNEL=parcels BACK=https://… node connector.mjs
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { API, TOKEN, CHANNEL, BACK, PORT = '9000', CURSOR = 'cursor' } = process.env;
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const channel = `${API}/api/v1/channels/${CHANNEL}`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// In: answered only when the server has it. Who posts repeats what was not answered; the key makes it one message.
const http = createServer(async (request, response) => {
  try {
    let body = '';
    for await (const part of request) body += part;
    const { id, user, text } = JSON.parse(body);
    const from = { identities: [{ kind: 'app', value: user }] };
    const item = { item: 'message', key: id, at: Date.now(), thread: user, from, content: { type: 'text', text } };
    const taken = await fetch(`${channel}/inbound`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ items: [item] }),
    });
    response.writeHead(taken.ok ? 200 : 503).end();
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
}).listen(Number(PORT), () => console.log(`listening on ${http.address().port}`));

// Out: server-sent events from the last one that was done; what became of it goes back as `delivery`.
async function send({ item, message, thread, content }) {
  if (item !== 'message') return;
  const text = content.text ?? `[${content.type}]`;
  const sent = await fetch(BACK, {
    method: 'POST',
    headers: { 'idempotency-key': message },
    body: JSON.stringify({ id: message, user: thread, text }),
  });
  if (sent.status >= 500) throw new Error(`${sent.status}`);
  const what = sent.ok ? { state: 'sent' } : { state: 'failed', code: 'rejected', reason: `${sent.status}` };
  const told = { item: 'delivery', key: `${what.state}:${message}`, at: Date.now(), message, ...what };
  await fetch(`${channel}/inbound`, { method: 'POST', headers, body: JSON.stringify({ items: [told] }) });
}

for (;;) {
  try {
    const after = existsSync(CURSOR) ? readFileSync(CURSOR, 'utf8') : '0';
    const stream = await fetch(`${channel}/outbound?after=${after}`, { headers });
    let rest = '';
    for await (const part of stream.body.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + part).split('\n\n');
      rest = frames.pop();
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data === undefined) continue;
        await send(JSON.parse(data));
        if (JSON.parse(data).item !== 'typing') writeFileSync(CURSOR, String(JSON.parse(data).seq));
      }
    }
  } catch (error) {
    console.error(error.message);
  }
  await pause(1_000);
}

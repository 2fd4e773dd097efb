// WeChat's callbacks at a steady rate, as one account in a rush sends them: how soon they are acknowledged; then the same while
// the sidecar and the server are killed: whether each acknowledged one reached the server, once.
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Product } from '../../product/product.ts';
import { freePort } from '../../product/sipp.ts';
import { Meter } from '../meter.ts';
import { percentile, round } from '../report.ts';
import { LeanPosts } from './lean-posts.ts';
import { Received } from './received.ts';

export interface CallbackFigures {
  perSecond: number;
  /** Acknowledged, in the calm part. */
  calm: number;
  p50: number | undefined;
  p99: number | undefined;
  /** Acknowledged in the part with kills, and tries that were not. */
  stormy: number;
  refused: number;
  /** Acknowledged, of both parts, and never at the server; and there twice. */
  lost: number;
  doubled: number;
  /** Of the calm part. */
  sidecarCores: number;
  serverCores: number;
  benchCores: number;
  sidecarMsPerCallback: number;
  /** Of the first two seconds, which are cold, and belong to p50 and p99 as well. */
  coldP99: number | undefined;
  others: number;
}

const token = 'benchtoken';
const customers = 2_000;

export async function measureCallbacks(perSecond: number, seconds: number): Promise<CallbackFigures> {
  const data = mkdtempSync(join(tmpdir(), 'switchroom-bench-'));
  const secret = (name: string, text: string) => {
    const file = join(data, name);
    writeFileSync(file, text, { mode: 0o600 });
    return { file };
  };
  const settings = {
    appId: 'wx0123456789abcdef',
    appSecret: secret('app.secret', 'nothing is asked of the provider here'),
    token: secret('token', token),
    mode: 'plain',
    identify: false,
  };
  const env = { SWITCHROOM_SIDECAR_PORT: String(await freePort()) };
  const product = await Product.start({ data, env, channels: { wechat: { kind: 'wechat', settings } } });
  const posts = new LeanPosts(product.sidecar, 500);
  const arrived = new Map<string, number>();
  const acknowledged = new Set<string>();
  let next = 0;
  let received: Received | undefined;
  try {
    await product.must('PUT', '/channels/wechat', { kind: 'wechat', channel: 'social', to: { queue: 'service' } });
    received = new Received(product, (text) => arrived.set(text, (arrived.get(text) ?? 0) + 1));
    const { pids } = product;
    const meter = new Meter({ sidecar: [pids.sidecar], server: [pids.server], bench: [process.pid] });
    const times: number[] = [];
    const began = performance.now();
    const cold: number[] = [];
    await steadily(seconds, (ms) => {
      times.push(ms);
      if (performance.now() - ms - began < 2_000) cold.push(ms);
    });
    const calm = acknowledged.size;
    const reading = meter.read();

    let refused = 0;
    const storm = steadily(
      Math.max(12, seconds),
      () => {},
      () => refused++,
    );
    await pause(2_000);
    product.kill('sidecar');
    await pause(5_000);
    product.kill('server');
    await storm;
    const end = performance.now() + 60_000;
    const missing = () => [...acknowledged].filter((text) => !arrived.has(text)).length;
    while (missing() > 0 && performance.now() < end) await pause(100);
    return {
      perSecond,
      calm,
      p50: rounded(percentile(times, 0.5)),
      p99: rounded(percentile(times, 0.99)),
      stormy: acknowledged.size - calm,
      refused,
      lost: missing(),
      doubled: [...arrived.values()].filter((count) => count > 1).length,
      sidecarCores: round((reading.cpu.sidecar ?? 0) / reading.seconds),
      serverCores: round((reading.cpu.server ?? 0) / reading.seconds),
      benchCores: round((reading.cpu.bench ?? 0) / reading.seconds),
      sidecarMsPerCallback: round(((reading.cpu.sidecar ?? 0) * 1000) / calm),
      coldP99: rounded(percentile(cold, 0.99)),
      others: round(reading.others),
    };
  } finally {
    received?.close();
    posts.close();
    await product.stop();
  }

  /** Callbacks by the clock, whether or not the earlier ones were answered. */
  async function steadily(forSeconds: number, done: (ms: number) => void, failed = (): void => {}): Promise<void> {
    const started = performance.now();
    const under: Promise<void>[] = [];
    for (let sent = 0, all = perSecond * forSeconds; sent < all; ) {
      const due = Math.min(all, Math.floor(((performance.now() - started) / 1000) * perSecond));
      for (; sent < due; sent++) {
        const [id, began] = [next++, performance.now()];
        under.push(
          callback(id).then(
            (taken) => {
              if (!taken) return failed();
              acknowledged.add(textOf(id));
              done(performance.now() - began);
            },
            // Nobody is there just now. WeChat would send it again; here it counts as not acknowledged.
            () => failed(),
          ),
        );
      }
      await pause(2);
    }
    await Promise.all(under);
  }

  async function callback(id: number): Promise<boolean> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce = String(id);
    const signature = createHash('sha1').update([token, timestamp, nonce].sort().join('')).digest('hex');
    const body =
      `<xml><ToUserName><![CDATA[gh_bank]]></ToUserName><FromUserName><![CDATA[openid-${id % customers}]]></FromUserName>` +
      `<CreateTime>${timestamp}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${textOf(id)}]]></Content>` +
      `<MsgId>${23_000_000_000_000_000n + BigInt(id)}</MsgId></xml>`;
    const path = `/hooks/wechat/?signature=${signature}&timestamp=${timestamp}&nonce=${nonce}&openid=openid-${id % customers}`;
    return (await posts.post(path, body)) === 200;
  }
}

const textOf = (id: number) => `question ${id}`;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : round(value, 1);
}

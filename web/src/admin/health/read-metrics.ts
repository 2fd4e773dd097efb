// Reads the Prometheus text format (0.0.4) as far as our own server writes it.

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** By name, e.g. `switchroom_calls`. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

export function readMetrics(text: string): Samples {
  const found = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    const parts = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line);
    if (parts === null) continue;
    const [, name = '', pairs = '', value = ''] = parts;
    const samples = found.get(name) ?? [];
    samples.push({ labels: labelsOf(pairs), value: Number(value) });
    found.set(name, samples);
  }
  return found;
}

/** Of all samples of that name, those with these labels. */
export function sumOf(samples: Samples, name: string, wanted: Record<string, string> = {}): number {
  let sum = 0;
  for (const { labels, value } of samples.get(name) ?? []) {
    if (Object.entries(wanted).every(([label, text]) => labels[label] === text)) sum += value;
  }
  return sum;
}

const escapes: Record<string, string> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

function labelsOf(pairs: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replace(/\\[n"\\]/g, (one) => escapes[one] ?? one);
  }
  return labels;
}

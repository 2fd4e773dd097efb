// How often an account may write to a customer: the provider's own count.

interface Grant {
  until: number;
  left: number;
}

export interface QuotaRules {
  [occasion: string]: { ms: number; most: number };
}

export const accountRules: QuotaRules = {
  message: { ms: 48 * 3_600_000, most: 5 },
  menu: { ms: 60_000, most: 3 },
  follow: { ms: 60_000, most: 3 },
  scan: { ms: 60_000, most: 3 },
  payment: { ms: 48 * 3_600_000, most: Number.POSITIVE_INFINITY },
};

export class Quota {
  readonly #rules: QuotaRules;
  readonly #grants = new Map<string, Map<string, Grant>>();

  constructor(rules: QuotaRules) {
    this.#rules = rules;
  }

  grant(customer: string, occasion: string, now: number): void {
    const rule = this.#rules[occasion];
    if (rule === undefined) return;
    const all = this.#grants.get(customer) ?? new Map<string, Grant>();
    all.set(occasion, { until: now + rule.ms, left: rule.most });
    this.#grants.set(customer, all);
  }

  /** Takes one, from what ends first. */
  take(customer: string, now: number): 'taken' | 'none-open' | 'spent' {
    const open = [...(this.#grants.get(customer)?.values() ?? [])].filter(({ until }) => until > now);
    if (open.length === 0) return 'none-open';
    const usable = open.filter(({ left }) => left > 0).sort((a, b) => a.until - b.until);
    const [first] = usable;
    if (first === undefined) return 'spent';
    first.left--;
    return 'taken';
  }
}

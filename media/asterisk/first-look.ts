// Which hosts are there at the start: what an earlier server left is looked for on these, so none that answers may be missed,
// and one that is away may not hold up the others.

export interface Looked {
  readonly up: boolean;
}

export interface Patience {
  /** For the first host that is there, ms. */
  withinMs: number;
  /** For the others once one is there, ms. */
  othersWithinMs: number;
}

export class FirstLook<Host extends Looked> {
  readonly #hosts: readonly Host[];
  /** Nobody knows yet whether they are there. */
  readonly #untried: Set<Host>;
  #changed: (() => void) | undefined;

  constructor(hosts: readonly Host[]) {
    this.#hosts = hosts;
    this.#untried = new Set(hosts);
  }

  /** It is up, or was not reached; often, at any time. */
  tried(host: Host): void {
    this.#untried.delete(host);
    this.#changed?.();
  }

  /** Resolves when one is there and the others are known or late; or when none came in time. Once, before they are started. */
  done({ withinMs, othersWithinMs }: Patience): Promise<void> {
    return new Promise((resolve) => {
      let others: NodeJS.Timeout | undefined;
      const end = () => {
        clearTimeout(first);
        clearTimeout(others);
        this.#changed = undefined;
        resolve();
      };
      const first = setTimeout(end, withinMs);
      this.#changed = () => {
        if (!this.#hosts.some(({ up }) => up)) return;
        if (this.#untried.size === 0) end();
        else others ??= setTimeout(end, othersWithinMs);
      };
    });
  }
}

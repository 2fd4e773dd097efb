// The clusters of late, in memory with the keys by which alike texts meet.
import type { Millis } from '../../values/index.ts';
import { bandsOf, likeness, sameFrom, sketchOf } from './cluster.ts';
import type { Cluster } from './social-rows.ts';

/** Kept at once; the one that nobody asked for longest goes first. */
const most = 5_000;

export class Clusters {
  readonly #all = new Map<string, Cluster>();
  readonly #byBand = new Map<string, Set<Cluster>>();

  constructor(known: readonly Cluster[] = []) {
    for (const cluster of known) this.#keep(cluster);
  }

  /** The cluster of a text, made now where none is alike. Undefined: it is too short to say. @param id of the message */
  of(text: string, id: string, at: Millis): Cluster | undefined {
    const sketch = sketchOf(text);
    if (sketch === undefined) return undefined;
    const bands = bandsOf(sketch);
    const near = new Set(bands.flatMap((band) => [...(this.#byBand.get(band) ?? [])]));
    let best: Cluster | undefined;
    let closest = 0;
    for (const cluster of near) {
      const like = likeness(cluster.sketch, sketch);
      // Of equally alike ones the older, so that the order of sets does not matter.
      if (like > closest || (like === closest && best !== undefined && cluster.id < best.id)) {
        best = cluster;
        closest = like;
      }
    }
    if (best === undefined || closest < sameFrom) {
      best = { id: `clu_${id.replace(/^[a-z]+_/, '')}`, sample: id, sketch, bands, first: at, last: at, items: 0 };
    }
    best.items++;
    best.last = Math.max(best.last, at);
    this.#keep(best);
    return best;
  }

  #keep(cluster: Cluster): void {
    this.#all.delete(cluster.id);
    this.#all.set(cluster.id, cluster);
    for (const band of cluster.bands) {
      const there = this.#byBand.get(band);
      if (there) there.add(cluster);
      else this.#byBand.set(band, new Set([cluster]));
    }
    if (this.#all.size <= most) return;
    for (const oldest of this.#all.values()) {
      this.#all.delete(oldest.id);
      for (const band of oldest.bands) {
        const there = this.#byBand.get(band);
        there?.delete(oldest);
        if (there?.size === 0) this.#byBand.delete(band);
      }
      break;
    }
  }
}

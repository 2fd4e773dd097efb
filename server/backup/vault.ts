// Where backups lie: a folder that many share (what did not change is kept once), or one file with one backup.
import type { KeyNote } from './key.ts';

export interface Vault {
  /** For people. */
  readonly place: string;
  /** The key of a vault that has backups already. */
  readonly keyNote: KeyNote | undefined;
  /** Before the first `put` of a new vault. */
  begin(note: KeyNote): Promise<void>;
  has(name: string): boolean;
  /** Writes it durably. @param named asked when all bytes went by; what a folder has under that name is replaced */
  put(bytes: AsyncIterable<Buffer>, named: () => string): Promise<string>;
  /** @throws backup-damaged where it is not there */
  read(name: string): AsyncIterable<Buffer>;
  /** Manifests, oldest first. */
  manifests(): string[];
  /** A damaged part is moved to where nothing looks for it. @returns false where there is none, or parts cannot be moved */
  setAside(name: string): Promise<boolean>;
  /** Takes away what is neither named nor a manifest of that list. @returns how many files went */
  keepOnly(names: ReadonlySet<string>): Promise<number>;
  /** Of one that was written into, also after a failure: what is not whole is not there then. */
  close(): Promise<void>;
}

/** Names of manifests sort by time: `2026-11-22T05-00-00-000Z.manifest`. */
export const manifestSuffix = '.manifest';

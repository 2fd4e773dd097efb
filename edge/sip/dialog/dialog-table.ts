import type { SipMessage } from '../message/index.ts';
import type { Dialog } from './dialog.ts';

/** All dialogs, by id and by what a request from the network carries. */
export class DialogTable {
  readonly #byId = new Map<string, Dialog>();
  /** Call-ID and our tag: enough, since a fork's second answer never becomes a dialog here. */
  readonly #byTags = new Map<string, Dialog>();

  get size(): number {
    return this.#byId.size;
  }

  add(dialog: Dialog): void {
    this.#byId.set(dialog.id, dialog);
    this.#byTags.set(`${dialog.callId}\n${dialog.localTag}`, dialog);
  }

  remove(dialog: Dialog): void {
    // A retry of the same call (digest) may have taken the id over.
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
    const key = `${dialog.callId}\n${dialog.localTag}`;
    if (this.#byTags.get(key) === dialog) this.#byTags.delete(key);
  }

  get(id: string): Dialog | undefined {
    return this.#byId.get(id);
  }

  /** The dialog of a request from the network (RFC 3261 §12.2.2): Call-ID, To tag ours, From tag theirs. */
  match(request: SipMessage): Dialog | undefined {
    const ours = request.toTag;
    if (ours === undefined) return undefined;
    const dialog = this.#byTags.get(`${request.callId}\n${ours}`);
    if (dialog === undefined) return undefined;
    // Their tag may be unknown yet: a NOTIFY or UPDATE that overtook the first response.
    return dialog.remoteTag === '' || dialog.remoteTag === (request.fromTag ?? '') ? dialog : undefined;
  }

  /** The dialog of a response: Call-ID, and the From tag that is ours. */
  ours(callId: string, localTag: string): Dialog | undefined {
    return this.#byTags.get(`${callId}\n${localTag}`);
  }

  [Symbol.iterator](): IterableIterator<Dialog> {
    return this.#byId.values();
  }
}

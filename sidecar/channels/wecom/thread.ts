/** A customer with one of the company's service accounts. */
export interface Thread {
  openKfid: string;
  userid: string;
}

export function threadOf({ openKfid, userid }: Thread): string {
  return `${openKfid}/${userid}`;
}

/** @throws where it is none of ours */
export function readThread(thread: string): Thread {
  const slash = thread.indexOf('/');
  if (slash < 1) throw new Error('the thread is none of this channel');
  return { openKfid: thread.slice(0, slash), userid: thread.slice(slash + 1) };
}

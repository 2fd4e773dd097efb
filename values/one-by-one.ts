// Changes that run one after the other, although several are asked for at once.

/** @returns runs a change once those before it are done, well or badly, and answers or throws what it does */
export function oneByOne(): <Result>(change: () => Promise<Result>) => Promise<Result> {
  let before: Promise<unknown> = Promise.resolve();
  return (change) => {
    const result = before.then(change);
    before = result.catch(() => undefined);
    return result;
  };
}

/**
 * Waits until something holds; for what announces itself to nobody.
 * @param ms how long it may take; generous, because a loaded machine must not fail a test
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  ms = 15_000,
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never came true: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

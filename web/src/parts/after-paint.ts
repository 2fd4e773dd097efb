/**
 * Runs `then` once the next frame, with all that the page has been told until now, is on its way to the screen; at once in a
 * hidden tab, which paints none.
 * @returns takes it back
 */
export function afterPaint(then: () => void): () => void {
  if (document.hidden) {
    then();
    return () => undefined;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = then;
  // What is posted in a frame's last moments arrives after it was painted.
  const frame = requestAnimationFrame(() => port2.postMessage(undefined));
  return () => {
    cancelAnimationFrame(frame);
    port1.close();
  };
}

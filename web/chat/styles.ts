// Styles inside of the widget's shadow, as a constructed sheet: no policy of the page stops them, none of them leaks out.
export const styles = `
:host { all: initial; }
* { box-sizing: border-box; font: inherit; color: inherit; }
.root { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; font: 15px/1.45 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; color: #1b1f24; }
[hidden] { display: none !important; }
button { cursor: pointer; border: 0; background: none; padding: 0; }
:focus-visible { outline: 3px solid #1b1f24; outline-offset: 2px; }
.launch { width: 56px; height: 56px; border-radius: 28px; background: var(--c); color: #fff; box-shadow: 0 4px 14px #0004; display: grid; place-items: center; position: relative; }
.launch svg, .icon svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.badge { position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; border-radius: 11px; background: #c01818; color: #fff; font-size: 12px; line-height: 22px; padding: 0 6px; }
.panel { width: 370px; height: min(600px, calc(100vh - 40px)); background: #fff; border-radius: 12px; box-shadow: 0 8px 40px #0005; display: flex; flex-direction: column; overflow: hidden; }
header { background: var(--c); color: #fff; padding: 12px 16px; display: flex; align-items: center; gap: 12px; }
header h2 { margin: 0; flex: 1; font-weight: 600; font-size: 16px; }
.icon { width: 40px; height: 40px; display: grid; place-items: center; border-radius: 8px; flex: none; }
.state { padding: 6px 16px; background: #f0f3f7; font-size: 13px; color: #3b434d; min-height: 31px; }
.log { flex: 1; overflow-y: auto; padding: 12px 16px; display: flex; flex-direction: column; gap: 8px; overscroll-behavior: contain; }
.m { max-width: 85%; align-self: flex-start; }
.m .by { font-size: 12px; color: #5a636e; margin-bottom: 2px; }
.m .b { background: #eef1f5; border-radius: 4px 12px 12px 12px; padding: 8px 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
.m.visitor { align-self: flex-end; }
.m.visitor .by { text-align: right; }
.m.visitor .b { background: var(--c); color: #fff; border-radius: 12px 4px 12px 12px; }
.m.system { align-self: center; }
.m a { color: inherit; text-decoration: underline; }
.m img { display: block; max-width: 100%; max-height: 240px; border-radius: 6px; }
.m.waiting .b { opacity: .65; }
.m.failed .b { background: #fff; color: #a01212; border: 1px solid #a01212; }
.choices { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 6px; }
.choices button { border: 1px solid var(--c); color: var(--c); border-radius: 16px; padding: 6px 14px; background: #fff; min-height: 34px; }
.choices button:disabled { opacity: .5; cursor: default; }
.call { padding: 8px 16px; border-bottom: 1px solid #dfe4ea; }
.call > div:first-child { display: flex; justify-content: space-between; align-items: center; }
.call .end { background: #a01212; color: #fff; border-radius: 8px; padding: 6px 14px; min-height: 34px; }
.keys { display: grid; grid-template-columns: repeat(6, 1fr); gap: 4px; margin-top: 8px; }
.keys button { border: 1px solid #8a94a0; border-radius: 6px; min-height: 34px; }
.typing { padding: 0 16px; font-size: 13px; color: #5a636e; height: 20px; }
.share { padding: 4px 16px; font-size: 13px; display: flex; gap: 8px; align-items: center; }
form.say { display: flex; align-items: flex-end; gap: 4px; padding: 8px; border-top: 1px solid #dfe4ea; }
textarea, input { width: 100%; border: 1px solid #8a94a0; border-radius: 8px; padding: 8px 10px; background: #fff; }
input[type=checkbox] { width: auto; }
form.say textarea { flex: 1; resize: none; max-height: 120px; }
form.away { padding: 12px 16px; display: flex; flex-direction: column; gap: 8px; overflow-y: auto; flex: 1; }
form.away label { font-size: 13px; display: block; }
form.away button { background: var(--c); color: #fff; border-radius: 8px; padding: 10px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 480px) {
  .root.open { inset: 0; right: 0; bottom: 0; }
  .panel { width: 100%; height: 100%; border-radius: 0; }
  textarea, input { font-size: 16px; }
}
@media (prefers-reduced-motion: no-preference) { .panel { animation: in .15s ease-out; } @keyframes in { from { opacity: 0; transform: translateY(8px); } } }
`;

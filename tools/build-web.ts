// Builds the panels: web/ to web/dist. No inline scripts or styles and nothing from other hosts, so that
// `default-src 'self'` is enough as their Content-Security-Policy.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { build, type InlineConfig } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'web');

export const webConfig: InlineConfig = {
  root,
  configFile: false,
  envDir: false,
  logLevel: 'warn',
  plugins: [react()],
  build: {
    outDir: join(root, 'dist'),
    emptyOutDir: true,
    // Small files as data: URLs would need `data:` in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
};

/** @param outDir another folder than web/dist, for tests */
export async function buildWeb(outDir = join(root, 'dist')): Promise<string> {
  // React's plugin goes by this variable, and a test runner sets it to something else.
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await build({ ...webConfig, build: { ...webConfig.build, outDir } });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
  return outDir;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWeb();

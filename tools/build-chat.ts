// Builds the chat widget: web/chat to web/chat/dist/widget.js, one file without anything from elsewhere.
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '..', 'web', 'chat');

/** @param outDir another folder than web/chat/dist, for tests */
export async function buildChat(outDir = join(root, 'dist')): Promise<string> {
  await build({
    root,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    build: {
      outDir,
      emptyOutDir: true,
      sourcemap: false,
      target: 'es2022',
      lib: {
        entry: join(root, 'widget.ts'),
        formats: ['iife'],
        name: 'switchroomChatWidget',
        fileName: () => 'widget.js',
      },
    },
  });
  return outDir;
}

if (import.meta.main) await buildChat();

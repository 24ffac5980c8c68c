// Unit and integration tests: everything in test/ but the browser tests and the long proofs, in
// processes of their own (native SQLite and WebAssembly do not share one), two at a time.
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const stateTests = 'test/**/*.svelte.test.ts'

export default defineConfig({
  plugins: [svelte()],
  // its binary is not there, and importing its index would fetch it
  resolve: { alias: { electron: join(import.meta.dirname, 'test/electron/fake.ts') } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/soak/**', 'node_modules/**', stateTests],
        },
      },
      {
        // the state of pages, with Svelte as a browser has it: effects run
        extends: true,
        // the studio at the other end of the port stays in Node
        resolve: {
          conditions: ['browser'],
          alias: { ws: join(import.meta.dirname, 'node_modules/ws/wrapper.mjs') },
        },
        test: {
          name: 'page',
          environment: 'happy-dom',
          include: [stateTests],
          server: { deps: { inline: [/svelte/] } },
        },
      },
    ],
  },
})

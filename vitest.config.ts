// Unit and integration tests: everything in test/ but the browser tests and the long proofs, in
// processes of their own (native SQLite and WebAssembly do not share one), two at a time.
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [svelte()],
  // its binary is not there, and importing its index would fetch it
  resolve: { alias: { electron: join(import.meta.dirname, 'test/electron/fake.ts') } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/soak/**', 'node_modules/**'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
  },
})

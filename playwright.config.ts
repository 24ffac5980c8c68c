// Browser tests against the real loopback shell, on the system's chromium; LATENT_CHROMIUM names
// another binary.
import { defineConfig } from '@playwright/test'
import { findChromium } from './apps/testing/chromium.ts'

const executablePath = findChromium()
const asRoot = process.getuid?.() === 0

export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results',
  // files side by side: a test waits for a start, a host or a poll in half of its time. None of
  // them measures speed
  workers: 2,
  fullyParallel: false,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  retries: 0,
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      // chromium's own sandbox cannot start as root; without a GPU, WebGL2 runs in software
      args: [...(asRoot ? ['--no-sandbox'] : []), '--enable-unsafe-swiftshader'],
    },
  },
})

// The native runtime's installation on Setup: a job, so it goes on when the page is loaded anew,
// and is cancelled from there.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, startStudio, test } from './studio.ts'

test('an installation outlives a reload and can be cancelled after it', async ({
  page,
  complaints,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'latent-e2e-setup-'))
  // a Python that never answers: the installation stays at its first stage
  const programs = join(folder, 'bin')
  mkdirSync(programs)
  writeFileSync(join(programs, 'python3'), '#!/bin/sh\nexec sleep 600\n')
  chmodSync(join(programs, 'python3'), 0o755)
  const studio = await startStudio(join(folder, 'data'), [], {
    LATENT_STUDIO_CACHE: join(folder, 'cache'),
    LATENT_STUDIO_RUNTIME: '',
    PATH: `${programs}${delimiter}${process.env['PATH']}`,
  })
  try {
    await page.goto(studio.url)
    await page.goto(`${new URL(studio.url).origin}/#/setup`)
    const cpu = page
      .getByRole('region', { name: 'Native runtime' })
      .locator('section', { hasText: 'TensorFlow for the CPU' })
    await cpu.getByRole('button', { name: 'Install' }).click()
    await expect(cpu.getByRole('status')).toContainText('looking for Python')
    await page.reload()
    await expect(cpu.getByRole('status')).toContainText('looking for Python')
    await expect(page.getByRole('button', { name: 'Install' })).toBeDisabled() // that of CUDA
    await cpu.getByRole('button', { name: 'Cancel' }).click()
    await expect(cpu.getByRole('button', { name: 'Install' })).toBeEnabled()
    expect(complaints).toEqual([])
  } finally {
    await studio.end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

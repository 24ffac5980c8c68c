// Exports and imports in the app's window: where they go and come from is asked by the system's
// dialogs, and a file that is opened with the program becomes the run that is looked at.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { startDesktop, type DesktopStudio } from './desktop.ts'
import { expect, test, type Page } from './studio.ts'

test.use({ trace: 'off', userAgent: 'Mozilla/5.0 Chrome/140 Electron/45.0.0' })
test.setTimeout(180_000)

const exporting = (page: Page) => page.getByRole('complementary', { name: 'Export' })
const importing = (page: Page) => page.getByRole('complementary', { name: 'Import' })

test('dialogs say where exports go and imports come from; opened files are shown', async ({
  page,
  complaints,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'latent-e2e-desktop-'))
  const studio = await startDesktop(page, join(folder, 'data'))
  const { host, search } = new URL(studio.url)
  const connection = connectSocket(`ws://${host}/rpc${search}`)
  const { client } = connection
  try {
    const config = configFrom('tutorial', {
      frames: 2,
      batchSize: 64,
      activation: 'relu',
      length: 40,
    })
    const { id } = await client.runs.create({ config: { ...config }, name: 'In a window' })
    await expect
      .poll(async () => (await client.runs.get({ run: id })).status, { timeout: 60_000 })
      .toBe('finished')
    await page.goto(studio.url)
    await page.goto(`${page.url().split('#')[0]}#/run/${id}?export=onnx`)
    await test.step('an export', () => exportOne(page, studio, join(folder, 'model.onnx')))
    const file = join(folder, 'run.latent')
    const job = await client.jobs.start({ kind: 'export', run: id, format: 'latent', path: file })
    for await (const _ of await client.jobs.follow({ job: job.id }));
    await test.step('an import', () => importOne(page, studio, file))
    await test.step('opened files', () =>
      openFiles(page, studio, file, join(folder, 'notes.latent')))
    expect((await client.runs.list({})).map(({ name }) => name)).toEqual([
      'In a window 3',
      'In a window 2',
      'In a window',
    ])
    expect(complaints).toEqual([])
  } finally {
    connection.close()
    await studio.end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

async function exportOne(page: Page, studio: DesktopStudio, path: string): Promise<void> {
  const save = exporting(page).getByRole('button', { name: 'Save as' })
  await expect(exporting(page)).toContainText('of step 40')
  await expect(exporting(page).getByRole('button', { name: 'Download' })).toHaveCount(0)
  studio.tell({ kind: 'answer', path: null })
  await save.click()
  await expect.poll(() => studio.asked.length).toBe(1)
  expect(studio.asked[0]).toMatchObject({
    dialog: 'save',
    question: {
      name: 'In-a-window-step-40.onnx',
      filters: [{ name: 'ONNX', extensions: ['onnx'] }],
    },
  })
  await expect(exporting(page).getByRole('article')).toHaveCount(0) // cancelled: nothing begins
  studio.tell({ kind: 'answer', path })
  await save.click()
  await expect(exporting(page).getByRole('article')).toContainText(path)
  const { inputNames } = await ort.InferenceSession.create(path)
  expect(inputNames).toEqual(['x'])
  // the dialog has asked whether it may be replaced
  writeFileSync(path, 'an earlier one')
  await save.click()
  await expect.poll(() => readFileSync(path).length).toBeGreaterThan(100_000)
  await expect(exporting(page).getByRole('alert')).toHaveCount(0)
  // about what lies beside it, it has not
  rmSync(path)
  await save.click()
  await expect(exporting(page).getByRole('alert')).toContainText('model.onnx.MODEL_CARD.md')
  expect(existsSync(path)).toBe(false)
  await exporting(page).getByRole('button', { name: 'Replace' }).click()
  await expect.poll(() => existsSync(path)).toBe(true)
}

async function importOne(page: Page, studio: DesktopStudio, path: string): Promise<void> {
  studio.tell({ kind: 'answer', path })
  await page.keyboard.press('Control+o')
  await importing(page).getByRole('link', { name: 'Open the run In a window 2' }).click()
  await expect(page.getByRole('heading', { name: 'In a window 2' })).toBeVisible()
  expect(studio.asked.at(-1)).toMatchObject({
    dialog: 'open',
    question: { filters: [{ extensions: ['latent', 'safetensors'] }] },
  })
}

async function openFiles(
  page: Page,
  studio: DesktopStudio,
  path: string,
  broken: string,
): Promise<void> {
  writeFileSync(broken, 'these are no numbers')
  studio.tell({ kind: 'open', path: broken })
  await expect(importing(page).getByRole('alert')).toContainText('found another kind of file')
  studio.tell({ kind: 'open', path })
  await expect(page.getByRole('heading', { name: 'In a window 3' })).toBeVisible()
}

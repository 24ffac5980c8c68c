// What people come for: a model leaves through the page in a file that another program runs, a run
// leaves and comes back, weights without settings are given some, evaluations stay, and jobs
// outlive the page that asked for them.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import * as ort from 'onnxruntime-node'
import type { Client } from '../../preload/contract/client.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { keepPictures } from './screen.ts'
import { expect, test, type OpenStudio, type Page } from './studio.ts'

test.use({ trace: 'off', acceptDownloads: true })
test.setTimeout(240_000)
const often = { intervals: [50], timeout: 60_000 }
const name = 'To carry: "away"'
let folder = ''
test.beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'latent-e2e-export-'))))
test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A tiny run, and the contract to look behind the page. */
async function trained(
  { url }: OpenStudio,
  changes = {},
): Promise<{ run: string; client: Client; close: () => void }> {
  const { host, search } = new URL(url)
  const connection = connectSocket(`ws://${host}/rpc${search}`)
  const { client } = connection
  const config = configFrom('tutorial', {
    frames: 2,
    batchSize: 64,
    activation: 'relu',
    length: 60,
    ...changes,
  })
  const { id } = await client.runs.create({ config: { ...config }, name })
  await expect.poll(async () => (await client.runs.get({ run: id })).status, often).toBe('finished')
  return { run: id, client, close: () => connection.close() }
}

const exporting = (page: Page) => page.getByRole('complementary', { name: 'Export' })
const importing = (page: Page) => page.getByRole('complementary', { name: 'Import' })
const jobsPanel = (page: Page) => page.getByRole('complementary', { name: 'Jobs' })
const format = (page: Page, title: RegExp) => exporting(page).getByRole('radio', { name: title })

async function open(page: Page, studio: OpenStudio, hash: string): Promise<void> {
  await page.goto(studio.url)
  await page.goto(`${new URL(studio.url).origin}/${hash}`)
}

async function downloaded(page: Page): Promise<{ path: string; name: string }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    exporting(page).getByRole('button', { name: 'Download', exact: true }).first().click(),
  ])
  return { path: await download.path(), name: download.suggestedFilename() }
}

test('a model as ONNX, a run as a file and back, all from the page', async ({
  page,
  studio,
  complaints,
}) => {
  const { run, client, close } = await trained(studio)
  await open(page, studio, '#/runs')
  await test.step('the ways to the panel', () => waysIn(page))
  await test.step('the preview follows what is chosen', () => preview(page))
  await test.step('ONNX by download', () => onnx(page, client, run))
  await test.step('a path of the owner, and what is there already', () => byPath(page))
  const file = await test.step('the whole run by download', () => wholeRun(page))
  await test.step('and back by the file chooser', () => back(page, client, file))
  await test.step('somebody else’s import is told, with the way to its run', () =>
    told(page, client, file))
  close()
  expect(complaints).toEqual([])
})

async function waysIn(page: Page): Promise<void> {
  await page.getByRole('link', { name }).click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Export' }).click()
  await expect(page).toHaveURL(/#\/run\/\w+\?export=onnx/)
  await expect(format(page, /^ONNX/)).toBeFocused()
  await page.keyboard.press('e')
  await expect(exporting(page)).toHaveCount(0)
  await page.getByRole('link', { name: 'Export step 0' }).click()
  await expect(exporting(page).getByRole('combobox', { name: 'Checkpoint' })).toHaveValue('0')
  await expect(exporting(page)).toContainText('of step 0')
  await page.keyboard.press('Escape')
  await expect(exporting(page)).toHaveCount(0)
  await expect(page.getByRole('link', { name: 'Export step 0' })).toBeVisible()
  await page.keyboard.press('e')
  await expect(exporting(page).getByRole('combobox', { name: 'Checkpoint' })).toHaveValue('last')
}

async function preview(page: Page): Promise<void> {
  const written = exporting(page).getByRole('region', { name: 'Files to write' })
  await expect(written).toContainText('of step 60')
  await expect(written).toContainText('x [N, 784]')
  await expect(written).toContainText('reconstruction [N, 784]')
  await exporting(page).getByText('Decoder').click()
  await expect(page).toHaveURL(/part=decoder/)
  await expect(written).toContainText('z [N, 2]')
  await format(page, /^Explorer page/).check()
  await expect(exporting(page).getByRole('radio', { name: 'Encoder' })).toHaveCount(0)
  await exporting(page).getByText('float16').click()
  await expect(page).toHaveURL(/precision=float16/)
  await page.reload()
  await expect(format(page, /^Explorer page/)).toBeChecked()
  await expect(exporting(page).getByRole('radio', { name: 'float16' })).toBeChecked()
  await keepPictures(page, 'export')
  await format(page, /^ONNX/).check()
  await exporting(page).getByText('Whole model').click()
  await expect(written).toContainText('x [N, 784]')
}

// The file of the page against another program: what ONNX Runtime makes of two codes is what the
// studio decodes.
async function onnx(page: Page, client: Client, run: string): Promise<void> {
  await exporting(page).getByText('Decoder').click()
  const file = await downloaded(page)
  expect(file.name).toMatch(/onnx\.zip$/)
  const entries = unzipSync(readFileSync(file.path))
  expect(Buffer.from(entries['MODEL_CARD.md']!).toString()).toContain('To carry')
  await expect(exporting(page).getByRole('article')).toContainText(/; downloaded/)
  const session = await ort.InferenceSession.create(entries['model.onnx']!)
  const codes = [0.3, -1.2, 2, 0.5]
  const answer = await session.run({
    [session.inputNames[0]!]: new ort.Tensor('float32', Float32Array.from(codes), [2, 2]),
  })
  const images = answer[session.outputNames[0]!]!
  expect(images.dims).toEqual([2, 784])
  const { pixels } = await client.latent.decode({
    run,
    checkpoint: 'last',
    z: [codes.slice(0, 2), codes.slice(2)],
    as: 'float32',
  })
  const ours = new Float32Array(new Uint8Array(pixels).buffer)
  const worst = (images.data as Float32Array).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - ours[i]!)),
    0,
  )
  expect(ours).toHaveLength(2 * 784)
  expect(worst).toBeLessThan(1e-5)
}

async function byPath(page: Page): Promise<void> {
  const path = join(folder, 'digits.safetensors')
  writeFileSync(path, 'mine')
  await exporting(page).getByRole('button', { name: 'Write to a path' }).click()
  const field = exporting(page).getByRole('textbox', { name: /^Path on the machine/ })
  await field.fill(path.replace('.safetensors', '.onnx'))
  await format(page, /^safetensors/).check()
  await expect(field).toHaveValue(path)
  await page.reload()
  await expect(field).toHaveValue(path)
  await field.press('Enter')
  const refused = exporting(page).getByRole('alert')
  await expect(refused).toContainText('expected a path that does not exist yet')
  await expect(refused).not.toContainText('--force')
  expect(readFileSync(path, 'utf8')).toBe('mine')
  await refused.getByRole('button', { name: 'Replace' }).click()
  await expect(exporting(page).getByRole('article')).toContainText(path)
  const header = readFileSync(path)
  expect(
    JSON.parse(header.subarray(8, 8 + Number(header.readBigUInt64LE(0))).toString()),
  ).toHaveProperty(['decoder.out.weight'])
}

async function wholeRun(page: Page): Promise<string> {
  await format(page, /^Whole run/).check()
  await expect(exporting(page).getByRole('radiogroup', { name: 'Part of the model' })).toHaveCount(
    0,
  )
  await expect(exporting(page).getByRole('combobox', { name: 'Checkpoint' })).toHaveCount(0)
  const file = await downloaded(page)
  expect(file.name).toMatch(/\.latent$/)
  expect(statSync(file.path).size).toBeGreaterThan(100_000)
  return file.path
}

async function back(page: Page, client: Client, path: string): Promise<void> {
  await page.keyboard.press('Control+o')
  await expect(page).toHaveURL(/#\/runs\?import=1/)
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    importing(page).getByRole('button', { name: 'Choose files' }).click(),
  ])
  await chooser.setFiles({ name: 'digits.latent', mimeType: '', buffer: readFileSync(path) })
  await expect(importing(page).getByRole('link', { name: /^Open the run/ })).toBeVisible()
  await expect(page.getByRole('row')).toHaveCount(3)
  await keepPictures(page, 'import')
  await importing(page)
    .getByRole('link', { name: /^Open the run/ })
    .click()
  await expect(page.getByRole('heading', { name: `${name} 2` })).toBeVisible()
  expect((await client.runs.list({})).map((run) => [run.name, run.step])).toEqual([
    [`${name} 2`, 60],
    [name, 60],
  ])
}

async function told(page: Page, client: Client, path: string): Promise<void> {
  await page.keyboard.press('g')
  await page.keyboard.press('d')
  await expect(page).toHaveURL(/#\/data/)
  await client.jobs.start({ kind: 'import', path, name: 'From elsewhere' })
  await page.getByRole('link', { name: 'Open', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'From elsewhere' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Open', exact: true })).toHaveCount(0)
}

test('weights without settings are given some; a file that is none says so', async ({
  page,
  studio,
  complaints,
}) => {
  const { run, client, close } = await trained(studio)
  const path = join(folder, 'plain.safetensors')
  const job = await client.jobs.start({
    kind: 'export',
    run,
    format: 'safetensors',
    path,
    force: true,
  })
  for await (const now of await client.jobs.follow({ job: job.id }))
    if (now.status === 'failed') throw new Error(now.error?.message)
  await open(page, studio, '#/runs')
  // dropped anywhere
  await drop(page, 'notes.latent', Buffer.from('these are no numbers'))
  const broken = importing(page).getByRole('article', { name: 'Import of notes.latent' })
  await expect(broken.getByRole('alert')).toContainText(
    'Expected a .latent file or safetensors, found another kind of file.',
  )
  await expect(broken.getByRole('alert')).not.toContainText('latent export')
  await broken.getByRole('button', { name: 'Dismiss notes.latent' }).click()

  await drop(page, 'plain.safetensors', withoutMetadata(readFileSync(path)))
  const weights = importing(page).getByRole('article', { name: 'Import of plain.safetensors' })
  await expect(weights.getByRole('alert')).toContainText('Expected the settings of the network')
  await expect(weights.getByRole('alert')).not.toContainText('--')
  await weights.getByRole('textbox', { name: 'Name of the run' }).fill('Given settings')
  await weights.getByLabel('Settings of the network').selectOption('preset:keras-conv')
  await keepPictures(page, 'import-refused')
  await weights.getByRole('button', { name: 'Import again' }).click()
  await expect(weights.getByRole('alert')).toContainText('it lacks')
  await expect(weights.getByRole('textbox', { name: 'Name of the run' })).toHaveValue(
    'Given settings',
  )
  await weights
    .getByLabel('Settings of the network')
    .selectOption({ label: `${name}: 100-50-2 ReLU · tutorial's loss · mnist` })
  await weights.getByRole('button', { name: 'Import again' }).click()
  await expect(weights.getByRole('link', { name: 'Open the run Given settings' })).toBeVisible()
  const found = (await client.runs.list({})).find((each) => each.name === 'Given settings')!
  const z = [[0.5, -0.5]]
  const [mine, theirs] = await Promise.all(
    [run, found.id].map((id) => client.latent.decode({ run: id, checkpoint: 'last', z })),
  )
  expect(theirs!.pixels).toEqual(mine!.pixels)
  close()
  expect(complaints).toEqual([])
})

/** The same weights with nothing said about them. */
function withoutMetadata(bytes: Buffer): Buffer {
  const length = Number(bytes.readBigUInt64LE(0))
  const { __metadata__: _, ...tensors } = JSON.parse(
    bytes.subarray(8, 8 + length).toString(),
  ) as Record<string, unknown>
  const header = Buffer.from(JSON.stringify(tensors).padEnd(length))
  return Buffer.concat([bytes.subarray(0, 8), header, bytes.subarray(8 + length)])
}

async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const files = await page.evaluateHandle(
    ({ name: title, base64 }) => {
      const transfer = new DataTransfer()
      transfer.items.add(
        new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], title),
      )
      return transfer
    },
    { name, base64: bytes.toString('base64') },
  )
  const row = page.getByRole('row').last()
  for (const type of ['dragenter', 'dragover', 'drop'])
    await row.dispatchEvent(type, { dataTransfer: files })
}

test('an evaluation outlives a reload, is cancelled, and its numbers stay', async ({
  page,
  studio,
  complaints,
}) => {
  const { run, client, close } = await trained(studio, { latentSize: 4 })
  await open(page, studio, `#/run/${run}`)
  const form = page.getByRole('form', { name: 'Evaluate' })
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search commands and runs' }).fill('evaluate')
  await page.keyboard.press('Enter')
  await expect(form.getByRole('button', { name: 'Evaluate' })).toBeFocused()
  await form.getByRole('textbox', { name: 'NLL samples' }).fill('5000') // minutes of work
  await form.getByRole('button', { name: 'Evaluate' }).click()
  await page.keyboard.press('g')
  await page.keyboard.press('j')
  const row = jobsPanel(page).getByRole('article', { name: /^Evaluate To carry/ })
  await expect(row).toContainText(/Evaluating|Importance|NLL/)
  await page.reload()
  await expect(page.getByRole('button', { name: 'Jobs: 1 running' })).toBeVisible()
  await expect(row.getByRole('progressbar')).toBeVisible()
  await keepPictures(page, 'jobs')
  await row.getByRole('button', { name: /^Cancel/ }).click()
  await expect(row).toContainText('cancelled')
  await row.getByRole('button', { name: 'Remove from the list' }).click()
  await expect(row).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(jobsPanel(page)).toHaveCount(0)

  await form.getByRole('textbox', { name: 'NLL samples' }).fill('')
  await form.getByRole('button', { name: 'Evaluate' }).click()
  const numbers = page.getByRole('article', { name: 'Evaluation: test, step 60' })
  await expect(numbers).toContainText('10,000 test images, step 60')
  await page.reload()
  await expect(numbers).toBeVisible()
  const [job] = await client.jobs.list()
  const { evaluation } = job!.result as { evaluation: { negativeElbo: number; likelihood: string } }
  await expect(numbers).toContainText(`${evaluation.negativeElbo.toFixed(1)} nats per image`)
  await expect(numbers).toContainText(evaluation.likelihood)
  await keepPictures(page, 'evaluated')

  // nobody looks: a toast tells, and is read aloud
  await form.getByText('validation').click()
  await form.getByRole('button', { name: 'Evaluate' }).click()
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await expect(
    page.getByRole('status').filter({ hasText: 'on the validation split: done.' }),
  ).toBeAttached()
  close()
  expect(complaints).toEqual([])
})

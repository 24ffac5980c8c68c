// What is fetched in pieces is fetched whole: a run of 55,000 steps, and images, codes and pictures
// of more than two messages each.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mnistFiles, mnistFolder } from '../../main/datasets/mnist.ts'
import { npyBytes, readNpy } from '../../main/files/npy.ts'
import { appendMetrics } from '../../main/store/metrics.ts'
import { openStore } from '../../main/store/open.ts'
import { lastStep, runId, storeRun } from '../importers/storedRun.ts'
import { seriesFrom } from '../store/sample-run.ts'
import { latent, start, temporaryHome } from './latent.ts'

const { home, environment, remove } = temporaryHome()
const file = (name: string) => join(home, name)
const steps = 55_000
const series = seriesFrom(1, steps)
let server: ReturnType<typeof start>

beforeAll(async () => {
  mkdirSync(environment['LATENT_STUDIO_HOME']!)
  const store = openStore(environment['LATENT_STUDIO_HOME']!)
  storeRun(store, { totalSteps: steps })
  appendMetrics(store, runId, lastStep + 1, seriesFrom(lastStep + 1, steps - lastStep))
  store.close()
  server = start(['serve', '--json'], environment)
  await new Promise<void>((listening, failed) => {
    server.child.stdout!.once('data', () => listening())
    void server.finished.then(({ stderr }) => failed(new Error(stderr)))
  })
}, 60_000)

afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.finished
  remove()
})

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await latent(args, environment)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return stdout
}

test('metrics: every step as CSV and as JSON', async () => {
  const rows = (await done('metrics', runId, '--csv')).trimEnd().split('\n').slice(1)
  expect(rows).toHaveLength(steps)
  const wrong = rows.findIndex((row, index) => {
    const [step, ...values] = row.split(',').map(Number)
    const expected = [series.reconstruction[index], series.kl[index], series.objective[index]]
    return (
      step !== index + 1 || values.some((value, column) => Math.fround(value) !== expected[column])
    )
  })
  expect(wrong).toBe(-1)
  const { reconstruction, ...rest } = JSON.parse(await done('metrics', runId, '--json')) as Record<
    string,
    number[]
  >
  expect(rest['steps']).toEqual(Array.from({ length: steps }, (_, index) => index + 1))
  expect(Float32Array.from(reconstruction!)).toEqual(series.reconstruction)
})

test('codes of a whole split, images encoded and codes decoded: as in one message', async () => {
  await done('encode', runId, '--split', 'train', '--out', file('split.npy'), '--json')
  const codes = readNpy(file('split.npy'))
  expect(codes.shape).toEqual([55_000, 4])

  // 300 float32 images are more than three messages
  const images = readFileSync(join(mnistFolder(), mnistFiles.trainImages.name)).subarray(
    16,
    16 + 300 * 784,
  )
  writeFileSync(
    file('x.npy'),
    npyBytes(
      Float32Array.from(images, (grey) => grey / 255),
      [300, 784],
    ),
  )
  await done('encode', runId, '--input', file('x.npy'), '--out', file('z.npy'), '--json')
  const some = readNpy(file('z.npy'))
  expect(some.shape).toEqual([300, 4])
  const far = some.values.findIndex((value, index) => Math.abs(value - codes.values[index]!) > 1e-4)
  expect(far).toBe(-1)

  const means = Float32Array.from(
    { length: 800 },
    (_, index) => codes.values[(index >> 1) * 4 + (index & 1)]!,
  )
  writeFileSync(file('means.npy'), npyBytes(means, [400, 2]))
  await done('decode', runId, '--input', file('means.npy'), '--out', file('y.npy'), '--json')
  writeFileSync(file('last.npy'), npyBytes(means.subarray(798), [1, 2]))
  await done('decode', runId, '--input', file('last.npy'), '--out', file('one.npy'), '--json')
  const [all, one] = [readNpy(file('y.npy')), readNpy(file('one.npy'))]
  expect(all.shape).toEqual([400, 784])
  expect(
    Math.max(...one.values.map((value, pixel) => Math.abs(value - all.values[399 * 784 + pixel]!))),
  ).toBeLessThan(1e-5)
})

test('reconstructions, a manifold and a path: the last piece is there', async () => {
  const tiles = (name: string) => {
    const { width, height, data } = PNG.sync.read(readFileSync(file(name)))
    const corner = Array.from({ length: 28 * 28 }, (_, at) => {
      const [x, y] = [width - 28 + (at % 28), height - 28 + Math.floor(at / 28)]
      return data[4 * (y * width + x)]!
    })
    return { width, height, corner }
  }
  await done('sheet', runId, '--count', '600', '--columns', '30', '--out', file('r.png'), '--json')
  expect(new Set(tiles('r.png').corner).size).toBeGreaterThan(20)
  await done('manifold', runId, '--grid', '40', '--out', file('m.png'), '--json')
  const manifold = tiles('m.png')
  expect([manifold.width, manifold.height]).toEqual([1120, 1120])
  // the last tile is what its position decodes to
  writeFileSync(file('corner.npy'), npyBytes(Float32Array.from([3, 3]), [1, 2]))
  await done(
    'decode',
    runId,
    '--input',
    file('corner.npy'),
    '--out',
    file('corner-x.npy'),
    '--json',
  )
  const decoded = readNpy(file('corner-x.npy')).values
  expect(
    Math.max(...manifold.corner.map((grey, pixel) => Math.abs(grey - 255 * decoded[pixel]!))),
  ).toBeLessThanOrEqual(1)
  await done(
    'interpolate',
    runId,
    '--from',
    'z:-2,0',
    '--to',
    'z:3,3',
    '--steps',
    '400',
    '--out',
    file('w.png'),
    '--json',
  )
  const strip = tiles('w.png')
  expect(strip.width).toBe(400 * 28)
  expect(
    Math.max(...strip.corner.map((grey, pixel) => Math.abs(grey - 255 * decoded[pixel]!))),
  ).toBeLessThanOrEqual(1)
})

// Every command against one real run of a few steps: while a server owns the data folder, and
// without one.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PNG } from 'pngjs'
import { mnistFiles, mnistFolder } from '../../main/datasets/mnist.ts'
import { npyBytes, readNpy } from '../../main/files/npy.ts'
import { document, latent, start, temporaryHome } from './latent.ts'

const { home, environment, remove } = temporaryHome()
const file = (name: string) => join(home, name)
const steps = 40
let server: ReturnType<typeof start>
let run: string

beforeAll(async () => {
  server = start(['serve', '--json'], environment)
  await new Promise<void>((listening, failed) => {
    server.child.stdout!.once('data', () => listening())
    void server.finished.then(({ stderr }) => failed(new Error(stderr)))
  })
  const small = [
    '--steps',
    String(steps),
    '--frames',
    '3',
    '--evaluate-every',
    String(steps),
    '--backend',
    'wasm',
    '--encoder-layers',
    '20',
    '--decoder-layers',
    '20',
  ]
  const { code, stdout, stderr } = await latent(
    ['train', 'tutorial', ...small, '--name', 'small', '--json'],
    environment,
  )
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(stderr).toMatch(/^run \S+ "small"$/m)
  const trained = (JSON.parse(stdout) as { run: Record<string, unknown> }).run
  expect(trained).toMatchObject({
    name: 'small',
    status: 'finished',
    step: steps,
    totalSteps: steps,
    preset: 'tutorial',
    backend: 'wasm',
  })
  run = trained['id'] as string
}, 60_000)

afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.finished
  remove()
})

test('runs and show', async () => {
  const { runs } = (await document(['runs'], environment)) as { runs: { id: string }[] }
  expect(runs.map((one) => one.id)).toEqual([run])
  const shown = (await document(['show', 'last'], environment)) as {
    run: { id: string }
    checkpoints: { step: number }[]
    events: { kind: string }[]
  }
  expect(shown.run.id).toBe(run)
  expect(shown.checkpoints.map((one) => one.step)).toContain(steps)
  expect(shown.events.map((event) => event.kind)).toEqual(
    expect.arrayContaining(['created', 'started', 'finished']),
  )
  const { stdout } = await latent(['runs'], environment)
  expect(stdout).toMatch(/^id .* validation +best +backend/)
  expect(stdout).toMatch(new RegExp(`^${run} +small +finished +${steps}/${steps} `, 'm'))
})

test('metrics has one row a step, the same numbers as CSV and as JSON', async () => {
  const rows = (await latent(['metrics', run, '--csv'], environment)).stdout
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  expect(rows[0]).toEqual(['step', 'reconstruction', 'kl', 'objective'])
  expect(rows.slice(1).map(([step]) => Number(step))).toEqual(
    Array.from({ length: steps }, (_, index) => index + 1),
  )
  const whole = (await document(['metrics', run], environment)) as Record<
    'steps' | 'reconstruction' | 'kl' | 'objective',
    number[]
  >
  for (const [column, name] of (['steps', 'reconstruction', 'kl', 'objective'] as const).entries())
    expect(rows.slice(1).map((row) => Number(row[column]))).toEqual(whole[name])
  expect(whole.reconstruction.at(-1)).toBeLessThan(whole.reconstruction[0]!)
})

test('evaluate tells the ELBO and its parts', async () => {
  const found = (await document(['evaluate', run, '--split', 'validation'], environment)) as Record<
    'reconstruction' | 'kl' | 'negativeElbo' | 'activeUnits',
    number
  > & { klPerDimension: number[] }
  expect(found).toMatchObject({ split: 'validation', images: 5000, step: steps })
  expect(found.negativeElbo).toBeCloseTo(found.reconstruction + found.kl, 6)
  const { stdout } = await latent(['evaluate', run, '--split', 'validation'], environment)
  expect(stdout).toMatch(/loss squared error.*; nats per image\n +reconstruction \+ KL +\d/)
  expect(stdout).not.toMatch(/ELBO|NLL|likelihood/)
  expect(found.klPerDimension.reduce((sum, one) => sum + one, 0)).toBeCloseTo(found.kl, 5)
})

test('manifold is a picture of grid x 28 pixels, film holds every stored frame', async () => {
  expect(
    await document(['manifold', run, '--grid', '5', '--out', file('m.png')], environment),
  ).toMatchObject({
    width: 140,
    height: 140,
    step: steps,
  })
  const picture = PNG.sync.read(readFileSync(file('m.png')))
  expect([picture.width, picture.height]).toEqual([140, 140])
  expect(new Set(picture.data).size).toBeGreaterThan(20)
  const film = (await document(['film', run, '--out', file('f.gif')], environment)) as {
    steps: number[]
  }
  expect(film.steps[0]).toBe(0)
  expect(film.steps.at(-1)).toBe(steps)
  expect(readFileSync(file('f.gif')).subarray(0, 6).toString()).toBe('GIF89a')
})

test('encode and decode agree with each other over several messages', async () => {
  const images = readFileSync(join(mnistFolder(), mnistFiles.testImages.name)).subarray(
    16,
    16 + 400 * 784,
  )
  const pixels = Float32Array.from(images, (grey) => grey / 255)
  writeFileSync(file('x.npy'), npyBytes(pixels, [400, 784]))
  expect(
    await document(['encode', run, '--input', file('x.npy'), '--out', file('z.npy')], environment),
  ).toMatchObject({
    shape: [400, 4],
    step: steps,
  })
  const codes = readNpy(file('z.npy'))
  const means = Float32Array.from(
    { length: 800 },
    (_, index) => codes.values[Math.floor(index / 2) * 4 + (index % 2)]!,
  ) // [mean | log variance] -> mean
  writeFileSync(file('means.npy'), npyBytes(means, [400, 2]))
  expect(
    await document(
      ['decode', run, '--input', file('means.npy'), '--out', file('y.npy')],
      environment,
    ),
  ).toMatchObject({
    shape: [400, 784],
  })
  const decoded = readNpy(file('y.npy')).values as Float32Array
  expect(decoded.every((value) => value >= 0 && value <= 1)).toBe(true)
  // what encode wrote goes in as it is: its means are decoded, and that is said
  const whole = await latent(
    ['decode', run, '--input', file('z.npy'), '--out', file('whole.npy'), '--json'],
    environment,
  )
  expect(whole.stderr).toMatch(
    /found N x 4, \[mean \| log variance\] of 2 latent dimensions; decoding the means/,
  )
  expect(JSON.parse(whole.stdout)).toMatchObject({ shape: [400, 784], taken: 'means' })
  expect(readFileSync(file('whole.npy')).equals(readFileSync(file('y.npy')))).toBe(true)
  const error =
    decoded.reduce((sum, value, index) => sum + 0.5 * (value - pixels[index]!) ** 2, 0) / 400
  const { squaredError } = (await document(['evaluate', run], environment)) as {
    squaredError: number
  }
  // the first 400 test images are not the 10,000 of the evaluation: near, not equal
  expect(error).toBeGreaterThan(squaredError * 0.8)
  expect(error).toBeLessThan(squaredError * 1.2)
})

test('encode refuses what is not images, decode what is not points', async () => {
  writeFileSync(file('bad.npy'), npyBytes(Float32Array.of(0, 2), [1, 2]))
  expect(
    (
      await latent(
        ['encode', run, '--input', file('bad.npy'), '--out', file('no.npy')],
        environment,
      )
    ).stderr,
  ).toMatch(/expected N x 784 .*found 1 x 2/)
  writeFileSync(file('wide.npy'), npyBytes(new Float32Array(784), [1, 56, 14]))
  expect(
    (
      await latent(
        ['encode', run, '--input', file('wide.npy'), '--out', file('no.npy')],
        environment,
      )
    ).stderr,
  ).toMatch(/expected N x 784 or N x 28 x 28 x 1 or N x 28 x 28 .*found 1 x 56 x 14/)
  writeFileSync(file('grey.npy'), npyBytes(new Float32Array(784).fill(255), [1, 784]))
  expect(
    (
      await latent(
        ['encode', run, '--input', file('grey.npy'), '--out', file('no.npy')],
        environment,
      )
    ).stderr,
  ).toMatch(/expected pixels in \[0,1\], found 255 in image 0/)
  writeFileSync(file('nan.npy'), npyBytes(Float32Array.of(0, NaN), [1, 2]))
  expect(
    (
      await latent(
        ['decode', run, '--input', file('nan.npy'), '--out', file('no.npy')],
        environment,
      )
    ).stderr,
  ).toMatch(/expected finite numbers, found NaN in row 0/)
  writeFileSync(file('three.npy'), npyBytes(Float32Array.of(0, 1, 2), [1, 3]))
  const three = await latent(
    ['decode', run, '--input', file('three.npy'), '--out', file('no.npy')],
    environment,
  )
  expect(three.stderr).toMatch(
    /expected N x 2 \(the latent size; N at least 1\), or N x 4 as written by latent encode, found 1 x 3/,
  )
  expect(three.stderr).not.toContain('bad-input')
  expect(() => readFileSync(file('no.npy'))).toThrow(/ENOENT/)
})

test('the same seed draws the same samples, another one others', async () => {
  for (const [name, seed] of [
    ['a', '1'],
    ['b', '1'],
    ['c', '2'],
  ])
    expect(
      await document(
        ['sample', run, '-n', '9', '--seed', seed!, '--out', file(`${name}.npy`)],
        environment,
      ),
    ).toMatchObject({
      count: 9,
    })
  const [a, b, c] = ['a', 'b', 'c'].map((name) => readNpy(file(`${name}.npy`)))
  expect(a!.shape).toEqual([9, 784])
  expect(a).toEqual(b)
  expect(a).not.toEqual(c)
})

test('backends tells the ladder', async () => {
  const { active, ladder } = (await document(['backends'], environment)) as {
    active: string
    ladder: { rung: string; ok: boolean; reason: string }[]
  }
  expect(ladder.map((one) => one.rung)).toEqual(['cuda', 'tensorflow', 'wasm', 'js'])
  expect(ladder.find((one) => one.ok)?.rung).toBe(active)
  for (const one of ladder) expect(one.reason).not.toBe('')
})

test('the step of a frame is a checkpoint to look at; the error of another step lists what there is', async () => {
  const shown = (await latent(['show', run], environment)).stdout
  const kept = /Frames with weights .*\n +([\d, ]+)$/m.exec(shown)?.[1]
  expect(kept).toMatch(new RegExp(`^0, 1, .*${steps}$`))
  const manifold = (step: number) =>
    latent(
      [
        'manifold',
        run,
        '--grid',
        '2',
        '--checkpoint',
        String(step),
        '--out',
        file(`frame-${step}.png`),
        '--json',
      ],
      environment,
    )
  expect(JSON.parse((await manifold(1)).stdout)).toMatchObject({ step: 1 })
  const { code, stderr } = await manifold(steps - 1)
  expect(code).toBe(1)
  expect(stderr).toContain(
    `Expected a checkpoint of "small" at step ${steps - 1}, found steps ${kept}.`,
  )
})

test('a damaged checkpoint is left for the trained one before, and that is said; never for untrained weights', async () => {
  const { checkpoints } = (await document(['show', run], environment)) as {
    checkpoints: { step: number; file: string; reason: string }[]
  }
  const older = checkpoints
    .filter(({ step, reason }) => step > 0 && step < steps && reason !== 'frame')
    .map(({ step }) => step)
  for (const { file: name } of checkpoints.filter((one) => one.step === steps)) {
    const path = join(environment['LATENT_STUDIO_HOME']!, 'runs', run, name)
    const bytes = readFileSync(path)
    bytes[bytes.length - 9]! ^= 0xff
    writeFileSync(path, bytes)
  }
  const { code, stdout, stderr } = await latent(
    ['manifold', run, '--grid', '2', '--out', file('older.png'), '--json'],
    environment,
  )
  if (older.length === 0) {
    expect(stderr).toMatch(/^latent: Expected a usable checkpoint of "small"/)
    expect({ code, stdout: JSON.parse(stdout) as unknown }).toMatchObject({
      code: 1,
      stdout: { error: { code: 'damaged-checkpoint' } },
    })
  } else {
    expect({ code, stderr: stderr.trim() }).toEqual({
      code: 0,
      stderr: `the checkpoint at step ${steps} is missing or damaged; using step ${Math.max(...older)}`,
    })
    expect(JSON.parse(stdout)).toMatchObject({ step: Math.max(...older) })
  }
})

test('a finished run is not resumed', async () => {
  const { code, stderr } = await latent(['resume', run], environment)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^latent: Expected a run with steps left, found "small" finished/)
})

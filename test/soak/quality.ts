// What the presets reach, beside an independent implementation (test/reference/quality.json). `npm
// run soak -- quality [--presets tutorial,elbo-2d] [--seeds 0,1,2] [--backend B] [--mode M]`. Each
// run is made, and evaluated on the 10,000 test images, as a person does it: `latent train`,
// `latent evaluate`.
import { parseArgs } from 'node:util'
import type { Evaluation, Run } from '../../preload/contract/records.ts'
import { document, temporaryHome } from '../cli/latent.ts'
import { reference } from '../kit/reference.ts'

interface Band {
  mean: number
  sd: number
  band: [number, number]
}

type Found = Evaluation & { run?: Run }

/**
 * A preset at the length that the reference was measured at: what is compared, by the reference's
 * name.
 */
const works: Record<
  string,
  {
    of: string
    samples: number
    values: Record<string, (found: Found) => number | null | undefined>
  }
> = {
  tutorial: {
    of: 'tutorial',
    samples: 0,
    values: {
      grey_squared: (found) => found.squaredError,
      grey_kl: (found) => found.kl,
      grey_bernoulli: (found) => found.greyCrossEntropy,
    },
  },
  // ours trains on 55,000 images, the reference on 60,000: 8 % fewer steps in 20 epochs
  'elbo-2d': {
    of: 'elbo-2d, 20 epochs',
    samples: 500,
    values: {
      dynamic_negative_elbo: (found) => found.negativeElbo,
      dynamic_kl: (found) => found.kl,
      nll_500: (found) => found.nll,
    },
  },
}

export interface Line {
  preset: string
  name: string
  ours: number[]
  mean: number
  theirs: Band
  inside: boolean
}

/** Trains and evaluates a preset with each seed; one line for each value that the reference has. */
export async function measured(
  preset: string,
  seeds: number[],
  machine: string[],
  tell: (text: string) => void,
): Promise<Line[]> {
  const work = works[preset]!
  const { presets } = reference<{ presets: Record<string, Record<string, Band>> }>('quality')
  const found: Found[] = []
  for (const seed of seeds)
    found.push(await trainedAndEvaluated(preset, seed, work.samples, machine, tell))
  return Object.entries(work.values).map(([name, value]) => {
    const theirs = presets[work.of]![name]!
    const ours = found.map((each) => value(each) ?? NaN)
    const mean = ours.reduce((sum, each) => sum + each, 0) / ours.length
    return {
      preset,
      name,
      ours,
      mean,
      theirs,
      inside: mean >= theirs.band[0] && mean <= theirs.band[1],
    }
  })
}

async function trainedAndEvaluated(
  preset: string,
  seed: number,
  samples: number,
  machine: string[],
  tell: (text: string) => void,
): Promise<Found> {
  const { environment, remove } = temporaryHome()
  // the cache stays the user's: the native runtime lies in it
  const own = { LATENT_STUDIO_HOME: environment['LATENT_STUDIO_HOME'] }
  try {
    const started = performance.now()
    const { run } = (await document(
      ['train', preset, '--seed', String(seed), '--frames', '2', ...machine],
      own,
    )) as unknown as { run: Run }
    const between = performance.now()
    const evaluation = [
      'evaluate',
      run.id,
      '--split',
      'test',
      '--checkpoint',
      'last',
      ...(samples > 0 ? ['--samples', String(samples)] : []),
    ]
    const found = (await document(evaluation, own)) as unknown as Found
    const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(0)} s`
    tell(
      `${preset} seed ${seed}: ${run.step} steps on ${run.backend} ${run.mode} in ${seconds(between - started)}, ${found.images} images evaluated in ${seconds(performance.now() - between)}`,
    )
    if (run.status !== 'finished' || found.images !== 10_000 || found.step !== run.totalSteps)
      throw new Error(
        `${preset}: the run is ${run.status} at step ${run.step}, step ${found.step} was evaluated on ${found.images} images`,
      )
    return found
  } finally {
    remove()
  }
}

export async function run(args: string[]): Promise<void> {
  const options = {
    presets: { type: 'string', default: Object.keys(works).join() },
    seeds: { type: 'string', default: '0,1,2' },
    backend: { type: 'string', default: 'auto' },
    mode: { type: 'string', default: 'auto' },
  } as const
  const { values } = parseArgs({ args, options })
  const presets = values.presets.split(',')
  const seeds = values.seeds.split(',').map(Number)
  if (!presets.every((name) => works[name]) || !seeds.every(Number.isInteger))
    throw new Error(
      `expected presets among ${Object.keys(works).join()} and seeds, found ${values.presets} and ${values.seeds}`,
    )
  console.log(
    `quality: seeds ${seeds.join()}, backend ${values.backend}, mode ${values.mode}; nats per image`,
  )
  const outside: string[] = []
  for (const preset of presets) {
    for (const { name, ours, mean, theirs, inside } of await measured(
      preset,
      seeds,
      ['--backend', values.backend, '--mode', values.mode],
      (text) => console.log(text),
    )) {
      const line = `${preset} ${name}: ours ${mean.toFixed(3)} (${ours.map((value) => value.toFixed(3)).join(' ')}), reference ${theirs.mean} ± ${theirs.sd}, band ${theirs.band.join(' to ')}: ${inside ? 'inside' : 'OUTSIDE'}`
      console.log(line)
      if (!inside) outside.push(line)
    }
  }
  if (outside.length > 0) throw new Error(outside.join('\n'))
}

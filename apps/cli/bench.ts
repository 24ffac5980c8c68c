// latent bench: how fast a training step is here, in every mode, beside PyTorch, JAX and TensorFlow
// on the same work.
import { existsSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import {
  besidePure,
  machine,
  workResult,
  type BenchDocument,
  type WorkResult,
} from '../bench/document.ts'
import { ourEntrants, peerEntrants } from '../bench/entrants.ts'
import { wholeRun } from '../bench/figures.ts'
import { pageOf } from '../bench/page.ts'
import { race } from '../bench/race.ts'
import { workNamed, workNames } from '../bench/works.ts'
import { mnist, mnistFiles, mnistFolder } from '../../main/datasets/mnist.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { modes } from '../../preload/contract/runConfig.ts'
import { nearest, wholeNumber, type Call, type Command, type Flags } from './command.ts'

const DEFAULT_ROUNDS = 3
const DEFAULT_STARTS = 3

export const bench: Command = {
  name: 'bench',
  summary: 'Benchmark training steps in every mode, and against other libraries.',
  about:
    'Each contestant runs in its own process and trains complete steps: gather shuffled uint8 images, binarise, forward, backward, Adam, metrics. The contestants take turns block by block, in several rounds and with several fresh processes. Each result is the median over the blocks, so ratios hold even on a busy machine; absolute times do not. Without --peers, only the modes of Latent Studio run. PYTHON is the interpreter of an environment with torch, jax and tensorflow.',
  arguments: [],
  flags: [
    {
      name: 'works',
      value: 'NAME,...',
      help: `Benchmarks to run, from ${workNames.join(', ')}. (all)`,
    },
    { name: 'modes', value: 'NAME,...', help: `Modes to run, from ${modes.join(', ')}. (all)` },
    {
      name: 'rounds',
      value: 'N',
      help: `Blocks that each process trains per table. (${DEFAULT_ROUNDS})`,
    },
    {
      name: 'starts',
      value: 'N',
      help: `Fresh processes per contestant, one after another. (${DEFAULT_STARTS})`,
    },
    { name: 'peers', value: 'PYTHON', help: 'Include PyTorch, JAX and TensorFlow.' },
    { name: 'steps-only', help: 'Skip the complete run with metrics, evaluations and frames.' },
  ],
  examples: ['latent bench --works tutorial', 'latent bench --peers venv/bin/python --json'],
  run: benchRun,
}

export interface BenchSettings {
  works: (typeof workNames)[number][]
  modes: (typeof modes)[number][]
  rounds: number
  starts: number
  python: string | null
  stepsOnly: boolean
}

/** The flags, checked. Throws `bad-input`. */
export function benchSettings(flags: Flags): BenchSettings {
  const python = flags.text('peers') ?? null
  if (python !== null && python.includes('/') && !existsSync(python))
    throw new StudioError(
      'bad-input',
      `--peers: expected a Python interpreter, found nothing at ${python}. Create an environment with torch, jax and tensorflow first.`,
    )
  return {
    works: chosen(flags, 'works', workNames),
    modes: chosen(flags, 'modes', modes),
    rounds: wholeNumber(flags, 'rounds', DEFAULT_ROUNDS, 1, 100),
    starts: wholeNumber(flags, 'starts', DEFAULT_STARTS, 1, 20),
    python,
    stepsOnly: flags.on('steps-only'),
  }
}

function chosen<Name extends string>(flags: Flags, flag: string, names: readonly Name[]): Name[] {
  const text = flags.text(flag)
  if (text === undefined) return [...names]
  const given = text.split(',').map((part) => part.trim())
  for (const name of given) {
    if ((names as readonly string[]).includes(name)) continue
    const near = nearest(name, names)
    throw new StudioError(
      'bad-input',
      `--${flag}: expected names from ${names.join(', ')}, found "${name}"${near ? `; did you mean "${near}"?` : '.'}`,
    )
  }
  return names.filter((name) => given.includes(name))
}

async function benchRun(call: Call): Promise<void> {
  const settings = benchSettings(call.flags)
  if (!import.meta.filename.endsWith('.ts'))
    throw new StudioError(
      'bad-input',
      'Expected a source checkout of Latent Studio, found an installed package. Run latent bench in a checkout.',
    )
  const say = (text: string) => call.terminal.progress(text)
  const loadBefore = loadavg()[0]!
  const images = join(mnistFolder(), mnistFiles.trainImages.name)
  const works: WorkResult[] = []
  for (const name of settings.works) {
    const work = workNamed(name)
    const peers =
      settings.python === null
        ? []
        : peerEntrants(work, settings.python, images, mnist.images.train)
    works.push(
      workResult(
        work,
        await race(work, [...ourEntrants(work, settings.modes), ...peers], settings, say),
      ),
    )
  }
  const product = settings.stepsOnly ? null : await productFigures(works, say)
  const document: BenchDocument = {
    machine: machine(loadBefore),
    rounds: settings.rounds,
    starts: settings.starts,
    works,
    product,
  }
  call.terminal.settle()
  call.terminal.print(pageOf(document))
  call.terminal.document(document)
}

// The tutorial's run in the mode that was fastest above, or else the one that a run takes by
// itself.
async function productFigures(
  works: WorkResult[],
  say: (text: string) => void,
): Promise<BenchDocument['product']> {
  say('timing a complete run')
  const rows = works.find(({ work }) => work === 'tutorial')?.table ?? []
  const best = rows.find(
    ({ side, name }) => side === 'ours' && (modes as readonly string[]).includes(name),
  )
  return besidePure(await wholeRun('tutorial', best?.name ?? 'auto'), works)
}

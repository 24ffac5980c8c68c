// latent metrics: the training series, every step, as CSV or JSON; without either a short table.
import type { Client } from '../../preload/contract/client.ts'
import { floatsOf } from '../../preload/contract/bytes.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { damagedSteps } from '../../preload/contract/damagedSteps.ts'
import {
  metricColumns,
  type MetricColumn,
  type Run,
  type StepRange,
  type Validation,
} from '../../preload/contract/records.ts'
import type { Call, Command } from './command.ts'
import { count, float32, nats, table } from './numbers.ts'
import { withSession } from './session.ts'

export const metrics: Command = {
  name: 'metrics',
  summary: 'Print the losses of a run at every step (--csv or --json).',
  about:
    'Losses are nats per image; objective is what the optimizer minimises. Without --csv or --json, the command prints a table of about 20 intervals.',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    { name: 'csv', help: 'Print comma-separated values: step first, then the columns.' },
    { name: 'validation', help: 'Print the evaluations on the validation split instead.' },
  ],
  examples: ['latent metrics last --csv > losses.csv', 'latent metrics last --validation'],
  onlyPrints: true,
  run: async (call: Call) => {
    if (call.flags.on('csv') && call.terminal.json)
      throw new StudioError(
        'bad-input',
        'Expected --csv or --json, found both. Leave one of them out.',
      )
    await withSession(
      call,
      async ({ client }) => {
        const run = await client.runs.get({ run: call.arguments[0]! })
        if (call.flags.on('validation'))
          return validations(call, await client.runs.validations({ run: run.id }), run.id)
        if (call.flags.on('csv')) return csv(call, client, run)
        if (call.terminal.json) return call.terminal.document(await whole(call, client, run))
        call.terminal.print(await short(call, client, run.id))
      },
      { once: call.flags.on('csv') },
    )
  },
}

const header = ['step', ...metricColumns].join(',')
const stretch = 16_384 // steps asked for at once: every step of so many is answered, in a message of 200 KiB

interface Piece {
  firstStep: number
  count: number
  columns: Float32Array[]
  damaged: StepRange[]
}

// Every step up to the run's own last one, in pieces; of a live run, the last one when it was asked
// for.
async function* everyStep(client: Client, { id: run, step: last }: Run): AsyncGenerator<Piece> {
  for (let from = 1; from <= last;) {
    const toStep = Math.min(last, from + stretch - 1)
    const series = await client.runs.metrics({ run, fromStep: from, toStep, points: stretch })
    // a run imported without its metrics has steps and no series; one that resumes may take steps
    // back meanwhile
    if (series.count === 0) return
    if (series.stepsPerPoint !== 1)
      throw new Error(
        `Expected every step from ${from}, found one point per ${series.stepsPerPoint} steps. Try again.`,
      )
    const data = floatsOf(series.data)
    const columns = metricColumns.map((name) => {
      const at = series.columns.indexOf(name)
      return data.subarray(at * series.count, (at + 1) * series.count)
    })
    yield { firstStep: series.firstStep, count: series.count, columns, damaged: series.damaged }
    from = series.firstStep + series.count
  }
}

async function csv(call: Call, client: Client, run: Run): Promise<void> {
  call.terminal.print(header)
  const lost: StepRange[] = []
  for await (const { firstStep, count, columns, damaged } of everyStep(client, run)) {
    lost.push(...damaged)
    const rows = Array.from({ length: count }, (_, index) =>
      [firstStep + index, ...columns.map((column) => float32(column[index]!))].join(','),
    )
    call.terminal.print(rows.join('\n'))
  }
  noteLost(call, lost)
}

/** Says which steps the database has lost; in the output their values are NaN. */
function noteLost(call: Call, lost: readonly StepRange[]): void {
  if (lost.length > 0) call.terminal.note(damagedSteps(lost))
}

type Whole = { run: string; steps: number[]; damaged: StepRange[] } & Record<MetricColumn, number[]>

async function whole(call: Call, client: Client, run: Run): Promise<Whole> {
  const all: Whole = {
    run: run.id,
    steps: [],
    reconstruction: [],
    kl: [],
    objective: [],
    damaged: [],
  }
  for await (const { firstStep, count, columns, damaged } of everyStep(client, run)) {
    all.damaged.push(...damaged)
    for (let index = 0; index < count; index++) all.steps.push(firstStep + index)
    for (const [at, name] of metricColumns.entries())
      for (const value of columns[at]!) all[name].push(Number(float32(value)))
  }
  noteLost(call, all.damaged)
  return all
}

async function short(call: Call, client: Client, run: string): Promise<string> {
  const series = await client.runs.metrics({ run, points: 20 })
  noteLost(call, series.damaged)
  if (series.count === 0) return 'No steps yet.'
  const data = floatsOf(series.data)
  // over several steps a column holds minima, maxima and means, one after the other
  const [kinds, mean] = series.stepsPerPoint === 1 ? [1, 0] : [3, 2]
  const rows = Array.from({ length: series.count }, (_, index) => {
    const first = series.firstStep + index * series.stepsPerPoint
    const last = Math.min(series.lastStep, first + series.stepsPerPoint - 1)
    const values = metricColumns.map((name) =>
      nats(data[(series.columns.indexOf(name) * kinds + mean) * series.count + index]!),
    )
    return [first === last ? count(first) : `${count(first)} to ${count(last)}`, ...values]
  })
  return `${series.stepsPerPoint === 1 ? 'Every step' : `Means over ${count(series.stepsPerPoint)} steps`}, nats per image\n${table(['steps', ...metricColumns], rows, [0, 1, 2, 3])}`
}

function validations(call: Call, list: Validation[], run: string): void {
  call.terminal.document({ run, validations: list })
  if (call.flags.on('csv'))
    return call.terminal.print(
      [
        'step,reconstruction,kl,total',
        ...list.map((one) => [one.step, one.reconstruction, one.kl, one.total].join(',')),
      ].join('\n'),
    )
  const rows = list.map((one) => [
    count(one.step),
    nats(one.reconstruction),
    nats(one.kl),
    nats(one.total),
    one.klPerDimension.slice(0, 8).map(nats).join(', '),
  ])
  call.terminal.print(
    rows.length > 0
      ? table(['step', 'reconstruction', 'KL', 'total', 'KL per dimension'], rows, [0, 1, 2, 3])
      : 'No evaluations yet.',
  )
}

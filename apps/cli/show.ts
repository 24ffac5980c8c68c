// latent show: one run with its settings, losses, checkpoints and what happened to it.
import { defaultConfig } from '../../preload/contract/config.ts'
import { activeDimensions, healthOf } from '../../preload/contract/health.ts'
import type { Checkpoint, Run, RunEvent } from '../../preload/contract/records.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { settings } from '../../preload/contract/settings.ts'
import type { Call, Command } from './command.ts'
import { ago, bytes, count, nats, pairs, table, took } from './numbers.ts'
import { withSession } from './session.ts'
import { healthRows, lossText } from './summary.ts'

export const show: Command = {
  name: 'show',
  summary: 'Show one run: status, losses, settings, checkpoints, events.',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [],
  examples: ['latent show last', 'latent show last --json'],
  onlyPrints: true,
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const run = await client.runs.get({ run: call.arguments[0]! })
      const [checkpoints, events] = await Promise.all([
        client.runs.checkpoints({ run: run.id }),
        client.runs.events({ run: run.id }),
      ])
      call.terminal.print(
        [
          overview(run),
          configuration(run),
          checkpointTable(checkpoints),
          frameList(checkpoints),
          eventTable(events),
        ]
          .filter((part) => part !== '')
          .join('\n\n'),
      )
      call.terminal.document({ run: { ...run, health: healthOf(run) }, checkpoints, events })
    }),
}

function overview(run: Run): string {
  const rows: [string, string][] = [
    ['status', `${run.status}${run.statusReason ? `: ${run.statusReason}` : ''}`],
    ...healthRows(run),
    [
      'steps',
      `${count(run.step)} of ${count(run.totalSteps)} (${count(run.stepsPerEpoch)} per epoch)`,
    ],
    [
      'time',
      `${took(run.trainSeconds)} training, ${run.compileSeconds.toFixed(1)} s compiling, ${count(run.imagesPerSecond)} images/s`,
    ],
    [
      'machine',
      run.backend
        ? `${run.backend}, ${run.mode ?? 'eager'}, ${run.threads ?? 1} threads, ${run.backendVersion}`
        : 'not started',
    ],
    ['parameters', count(run.parameterCount)],
  ]
  if (run.lastValidation) rows.push(['validation', lossText(run.lastValidation)])
  if (run.lastValidation && run.config.latentSize > 2)
    rows.push([
      'active',
      `${activeDimensions(run.lastValidation)} of ${run.config.latentSize} latent dimensions`,
    ])
  if (run.bestValidation)
    rows.push([
      'best',
      `validation ${nats(run.bestValidation.total)} at step ${count(run.bestValidation.step)}`,
    ])
  if (run.last) rows.push(['train, last batch', lossText(run.last)])
  if (run.notes) rows.push(['notes', run.notes])
  return `${run.name} (${run.id})${run.preset ? `, preset ${run.preset}` : ''}\n${pairs(rows)}`
}

// What differs from the defaults stands first under a mark; everything else is there too.
function configuration(run: Run): string {
  const defaults = defaultConfig()
  const rows = (Object.keys(settings) as (keyof RunConfig)[]).map((key): [string, string] => {
    const value = run.config[key]
    const changed = JSON.stringify(value) !== JSON.stringify(defaults[key])
    return [
      key,
      `${Array.isArray(value) ? value.join(', ') || '(none)' : String(value)}${changed ? '  *' : ''}`,
    ]
  })
  return `Settings (* differs from the default)\n${pairs(rows)}`
}

function checkpointTable(all: Checkpoint[]): string {
  const checkpoints = all.filter(({ reason }) => reason !== 'frame')
  if (checkpoints.length === 0) return ''
  const rows = checkpoints.map((one) => [
    count(one.step),
    one.reason,
    one.validationTotal === null ? '' : nats(one.validationTotal),
    bytes(one.bytes),
    one.usable ? one.file : `${one.file} (damaged)`,
  ])
  return `Checkpoints\n${table(['step', 'why', 'validation', 'size', 'file'], rows, [0, 2, 3])}`
}

// Too many for a table of their own: one line of steps.
function frameList(all: Checkpoint[]): string {
  const frames = all.filter(({ reason, usable }) => reason === 'frame' && usable)
  if (frames.length === 0) return ''
  const total = bytes(frames.reduce((sum, one) => sum + one.bytes, 0))
  return `Frames with weights (for --checkpoint STEP; ${total})\n  ${frames.map(({ step }) => step).join(', ')}`
}

function eventTable(events: RunEvent[]): string {
  if (events.length === 0) return ''
  return `Events\n${table(
    ['when', 'step', 'what', ''],
    events.map((event) => [
      ago(Date.now() - event.at),
      count(event.step),
      event.kind.replaceAll('-', ' '),
      event.text,
    ]),
    [1],
  )}`
}

// Follows one run until it ends: the progress line from what the owner announces, and Ctrl-C as
// "stop with a checkpoint".
import type { Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Loss, Run, RunUpdate } from '../../preload/contract/records.ts'
import { liveStatuses } from '../../preload/contract/records.ts'
import { onInterrupt } from './interrupt.ts'
import { count, duration, nats } from './numbers.ts'
import { createSpeed, type Speed } from './speed.ts'
import type { Terminal } from './terminal.ts'

interface View {
  run: Run
  last: Loss | null
  validation: number | null
  speed: Speed
  stage: string
}

/**
 * Begins a run and shows it until it has ended; returns its last record. A request to end stops it
 * with a checkpoint, from the moment that it is asked for on.
 */
export async function followRun(
  client: Client,
  begin: () => Promise<Run>,
  terminal: Terminal,
): Promise<Run> {
  const begun = begin()
  const release = stopOnInterrupt(client, begun, terminal)
  try {
    return await showRun(client, await begun, terminal)
  } finally {
    release()
  }
}

/** Shows a run until it has ended; returns its last record. */
export async function showRun(client: Client, started: Run, terminal: Terminal): Promise<Run> {
  const view: View = { run: started, last: null, validation: null, speed: createSpeed(), stage: '' }
  try {
    for await (const update of await client.runs.follow({
      run: started.id,
      fromStep: started.step,
    })) {
      take(view, update, terminal)
      if (!liveStatuses.includes(view.run.status)) break
      show(view, terminal)
    }
  } catch (error) {
    throw whereItIs(error, started)
  } finally {
    terminal.settle()
  }
  // the owner may close as soon as its last run has ended: then the last record that it sent is the
  // answer
  return client.runs.get({ run: started.id }).catch(() => view.run)
}

// The owner may end, or be killed, while we only watch.
function whereItIs(error: unknown, run: Run): unknown {
  if (!(error instanceof StudioError) || error.data['disconnected'] !== true) return error
  return new StudioError(
    error.code,
    `${error.message} Continue from its last checkpoint with: latent resume ${run.id}`,
    error.data,
  )
}

function take(view: View, update: RunUpdate, terminal: Terminal): void {
  if (update.kind === 'run') {
    const before = view.run.status
    view.run = update.run
    stageNote(view, before, terminal)
  }
  if (update.kind === 'metrics') {
    const { reconstruction, kl } = update.columns
    const [size, r, k] = [reconstruction.length, reconstruction.at(-1), kl.at(-1)]
    if (r === undefined || k === undefined) return
    view.run = { ...view.run, step: update.firstStep + size - 1 }
    view.last = { reconstruction: r, kl: k, total: r + k }
    view.speed.at(view.run.step, performance.now())
  }
  if (update.kind === 'rewound') {
    view.run = { ...view.run, step: update.step }
    view.speed.clear()
  }
  if (update.kind === 'validation') view.validation = update.validation.total
  if (update.kind === 'event' && ['checkpoint-damaged', 'note'].includes(update.event.kind))
    terminal.note(update.event.text)
}

// What changes rarely gets a line of its own: the stage of the preparation, which rung and mode, a
// pause.
function stageNote(view: View, before: Run['status'], terminal: Terminal): void {
  const { status, statusReason, backend, mode, threads, compileSeconds } = view.run
  if (status === 'preparing') {
    if (statusReason && statusReason !== view.stage) terminal.progress(stagesText(view.run))
    view.stage = statusReason
  }
  if (status === 'running' && before === 'preparing' && backend) {
    const compiled = compileSeconds > 0 ? `, prepared in ${compileSeconds.toFixed(1)} s` : ''
    terminal.note(
      `training on ${backend}, ${mode ?? 'eager'}, ${threads ?? 1} thread${threads === 1 ? '' : 's'}${compiled}`,
    )
    view.speed.clear()
  }
  if (status === 'paused' && before === 'running')
    terminal.note(
      `paused at step ${count(view.run.step)}; continue with: latent resume ${view.run.id}`,
    )
}

// "Loading TensorFlow 0.4 s, Reading the data 0.2 s, Compiling (XLA)…"
function stagesText({ preparation, statusReason }: Run): string {
  const stages = preparation?.stages ?? []
  if (stages.length === 0) return `${statusReason}…`
  return stages
    .map(({ text, seconds }) => (seconds === null ? `${text}…` : `${text} ${seconds.toFixed(1)} s`))
    .join(', ')
}

function show(view: View, terminal: Terminal): void {
  if (view.run.status !== 'running' || view.last === null) return
  terminal.progress(
    progressText(view),
    view.run.totalSteps > 0 ? view.run.step / view.run.totalSteps : 0,
  )
}

function progressText({ run, last, validation, speed }: View): string {
  const perSecond = speed.perSecond()
  const parts = [`step ${count(run.step)}/${count(run.totalSteps)}`]
  if (perSecond > 0)
    parts.push(
      `${count(perSecond * run.config.batchSize)} img/s`,
      `ETA ${duration((run.totalSteps - run.step) / perSecond)}`,
    )
  if (last) parts.push(`reconstruction ${nats(last.reconstruction)}`, `KL ${nats(last.kl)} nats`)
  if (validation !== null) parts.push(`validation ${nats(validation)}`)
  return parts.join('  ')
}

function stopOnInterrupt(client: Client, begun: Promise<Run>, terminal: Terminal): () => void {
  return onInterrupt((request) => {
    const again = request === 'output' ? '' : ' (Ctrl-C again quits at once)'
    terminal.note(`stopping with a checkpoint${again}`)
    begun
      .then((run) => client.runs.stop({ run: run.id }))
      .catch((error: unknown) =>
        terminal.note(`cannot stop: ${error instanceof Error ? error.message : String(error)}`),
      )
  })
}

// One job from its start to its result: how far it is on stderr, Ctrl-C cancels it. A job that a
// command has started is its own: once the result was printed it is out of the list, which is for
// those that nobody waits for.
import type { Client } from '../../preload/contract/client.ts'
import { StudioError, type ErrorCode } from '../../preload/contract/errors.ts'
import type { Job, JobKind, JobResult } from '../../preload/contract/jobs.ts'
import type { Progress } from '../../preload/contract/records.ts'
import { onInterrupt } from './interrupt.ts'
import { bytes, count } from './numbers.ts'
import type { Terminal } from './terminal.ts'

type Started = Parameters<Client['jobs']['start']>[0]
type ResultOf<Kind extends JobKind> = Extract<JobResult, { kind: Kind }>

/**
 * Does a job and prints its result by `print`. Throws the job's error, and `cancelled` after
 * Ctrl-C.
 */
export async function withJob<Kind extends JobKind>(
  client: Client,
  terminal: Terminal,
  input: Extract<Started, { kind: Kind }>,
  print: (result: ResultOf<Kind>) => Promise<void> | void,
): Promise<void> {
  const started = client.jobs.start(input as Started)
  const ended = await follow(client, terminal, started)
  try {
    if (ended.status !== 'done') throw failureOf(ended)
    await print(ended.result as ResultOf<Kind>)
  } finally {
    // whoever is looking at the list may have put it away already
    await client.jobs.remove({ job: ended.id }).catch(() => undefined)
  }
}

async function follow(client: Client, terminal: Terminal, started: Promise<Job>): Promise<Job> {
  let stage = ''
  const release = cancelOnInterrupt(client, terminal, started)
  try {
    let job = await started
    for await (job of await client.jobs.follow({ job: job.id })) {
      if (!job.progress) continue
      // the installation has few and long ones: each is worth a line that stays
      if (job.kind === 'runtime' && job.progress.stage !== stage)
        terminal.note(`${job.title}: ${job.progress.stage}`)
      stage = job.progress.stage
      terminal.progress(
        amount(job.progress),
        job.progress.total > 0 ? job.progress.done / job.progress.total : undefined,
      )
    }
    return job
  } finally {
    release()
    terminal.settle()
  }
}

function cancelOnInterrupt(client: Client, terminal: Terminal, started: Promise<Job>): () => void {
  return onInterrupt((request) => {
    terminal.note(`cancelling${request === 'output' ? '' : ' (Ctrl-C again quits at once)'}`)
    started
      .then(({ id }) => client.jobs.cancel({ job: id }))
      .catch((error: unknown) =>
        terminal.note(`cannot cancel: ${error instanceof Error ? error.message : String(error)}`),
      )
  })
}

function failureOf({ title, status, error }: Job): StudioError {
  if (status === 'cancelled')
    return new StudioError('cancelled', `${title}: cancelled, nothing was changed.`)
  // taken for a lost connection: the command tries again where it may
  if (status === 'interrupted')
    return new StudioError(
      'host-failed',
      `${title}: interrupted because the program was closed. Try again.`,
      {
        disconnected: true,
      },
    )
  return new StudioError(
    (error?.code ?? 'internal') as ErrorCode,
    error?.message ?? `${title}: ended without a result. Try again.`,
  )
}

function amount({ stage, done, total, unit }: Progress): string {
  if (total === 0) return `${stage}…`
  const percent = `${Math.floor((100 * done) / total)} %`
  return unit === 'bytes'
    ? `${stage} ${percent}, ${bytes(done)} of ${bytes(total)}`
    : `${stage} ${count(done)}/${count(total)} ${unit}`
}

// One contestant: a child process that trains a block of steps for each line `go STEPS EVERY` and
// answers how long it took. Ours and the peers' speak the same lines, so that the parent can let
// them take turns.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { StudioError } from '../../preload/contract/errors.ts'

const Ready = z.object({
  ready: z.object({
    versions: z.record(z.string(), z.union([z.string(), z.number()])),
    /** From the child's start to this line. */
    seconds: z.number().nonnegative(),
    compileSeconds: z.number().nonnegative().optional(),
  }),
})
export type Ready = z.infer<typeof Ready>['ready']

const Answer = z.object({
  milliseconds: z.number().nonnegative(),
  /** Means over the last reading: reconstruction, kl, objective. */
  metrics: z.tuple([z.number(), z.number(), z.number()]),
  /** The most memory that was ever resident. */
  residentBytes: z.number().nonnegative(),
})
export type Answer = z.infer<typeof Answer>

export interface Invocation {
  program: string
  args: string[]
  environment?: NodeJS.ProcessEnv
}

export interface Contestant {
  ready: Ready
  /**
   * Trains `steps` steps, reading the loss every `every`. Throws StudioError `host-failed` when the
   * child is gone or says nonsense.
   */
  go(steps: number, every: number, limitSeconds: number): Promise<Answer>
  /** Ends the child; resolves when it is gone. */
  end(): Promise<void>
}

/**
 * Starts a contestant and waits until it is ready. Throws StudioError `host-failed` with the
 * child's last words.
 */
export async function startContestant(
  invocation: Invocation,
  limitSeconds: number,
): Promise<Contestant> {
  const child = spawn(invocation.program, invocation.args, {
    env: { ...process.env, ...invocation.environment },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let complaint = ''
  child.stderr.on(
    'data',
    (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4000)),
  )
  child.stdin.on('error', () => undefined) // a child that is gone is noticed by its missing answer
  const closed = new Promise<void>((done) =>
    child.on('close', () => done()).on('error', (error) => ((complaint = error.message), done())),
  )
  const next = <Message>(schema: z.ZodType<Message>, limit: number) =>
    within(limit, child, () => answerOf(lines, schema, closed, () => complaint))
  const { ready } = await next(Ready, limitSeconds)
  return {
    ready,
    go(steps, every, limit) {
      child.stdin.write(`go ${steps} ${every}\n`)
      return next(Answer, limit)
    },
    end() {
      child.stdin.end()
      const late = setTimeout(() => child.kill('SIGKILL'), 5000)
      return closed.finally(() => clearTimeout(late))
    },
  }
}

// Lines that are no JSON object are a library's chatter.
async function answerOf<Message>(
  lines: AsyncIterator<string>,
  schema: z.ZodType<Message>,
  closed: Promise<void>,
  complaint: () => string,
): Promise<Message> {
  for (;;) {
    const line = await lines.next()
    if (line.done) {
      await closed
      throw failed(`it ended${lastWords(complaint())}`)
    }
    if (!line.value.startsWith('{')) continue
    const parsed = schema.safeParse(jsonOf(line.value))
    if (parsed.success) return parsed.data
    throw failed(`it printed ${line.value.slice(0, 200)}`)
  }
}

// A child that does not answer in time is killed, which ends its lines; one that says nonsense is
// not left running beside the others either.
async function within<Result>(
  seconds: number,
  child: ChildProcessWithoutNullStreams,
  work: () => Promise<Result>,
): Promise<Result> {
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, seconds * 1000)
  try {
    return await work()
  } catch (error) {
    child.kill('SIGKILL')
    throw timedOut ? failed(`no answer within ${Math.round(seconds)} s`) : error
  } finally {
    clearTimeout(timer)
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function lastWords(complaint: string): string {
  const line = complaint.trim().split('\n').at(-1)?.trim()
  return line ? `: ${line.slice(0, 300)}` : ', without output'
}

function failed(found: string): StudioError {
  return new StudioError(
    'host-failed',
    `Expected a result from a contestant; ${found}. Run it on its own to see more.`,
  )
}

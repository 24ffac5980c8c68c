// Does the disk under a folder answer? One that hangs (a network share that is gone, a stopped FUSE
// program) holds whoever asks it until it comes back, and a process that was caught in it cannot
// even end. So another one asks first.
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'

/** Milliseconds: a disk that has to spin up answers within it, and a person still waits. */
const patience = 10_000

/**
 * Throws `store-failed` when nothing is heard of `folder` in time. `make` also makes it, for this
 * user alone: a disk may hang on that which answers other questions. What else is wrong with it is
 * found, and named, by whoever uses it next.
 */
export async function answering(
  folder: string,
  { make = false, limit = patience } = {},
): Promise<void> {
  if (process.platform === 'win32') return // no program there that only does this
  const whole = resolve(folder)
  const [command, ...args] = make
    ? ['sh', '-c', 'umask 077; exec mkdir -p -- "$1"', 'sh', whole]
    : ['ls', '-d', '--', whole]
  const child = spawn(command!, args, { stdio: 'ignore', cwd: '/' })
  child.unref()
  const answered = await new Promise<boolean>((settle) => {
    const timer = setTimeout(() => settle(false), limit)
    for (const event of ['exit', 'error'])
      child.once(event, () => {
        clearTimeout(timer)
        settle(true)
      })
  })
  if (answered) return
  child.kill('SIGKILL')
  throw new StudioError(
    'store-failed',
    `Expected the disk of ${folder} to respond, found no response within ${limit / 1000} s. Check the disk or the network share that holds it, or choose another folder with --data.`,
    { folder, code: 'ETIMEDOUT' },
  )
}

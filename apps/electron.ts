// Runs the app's window, Electron, for as long as it is open, and ends it in order when we are
// asked to end.
import { spawn } from 'node:child_process'
import { onInterrupt } from './cli/interrupt.ts'

/**
 * Resolves once the app has ended: false when it could not open (no right to a sandbox, no display
 * after all).
 */
export async function runElectron(
  binary: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  // Electron quits in order at the first signal and dies of the second. In a group of its own it
  // gets just the one that we send, and none of the terminal's.
  const child = spawn(binary, args, {
    stdio: 'inherit',
    env,
    detached: process.platform !== 'win32',
  })
  let asked = false
  const release = onInterrupt(() => {
    asked = true
    child.kill('SIGTERM')
  })
  const quitAtOnce = () => void child.kill('SIGKILL')
  process.once('exit', quitAtOnce)
  const code = await new Promise<number | null>((settle) =>
    child.once('error', () => settle(null)).once('exit', settle),
  )
  process.off('exit', quitAtOnce)
  release()
  return code === 0 || asked
}

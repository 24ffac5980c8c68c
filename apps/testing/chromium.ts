// Finds the browser for the end-to-end tests, and installs Debian's where that is possible.
import { existsSync } from 'node:fs'
import { runCommand } from './runNode.ts'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of a chromium, from LATENT_CHROMIUM or the usual places. */
export function findChromium(): string | undefined {
  return [process.env.LATENT_CHROMIUM, ...places].find(
    (path) => path !== undefined && existsSync(path),
  )
}

/** A chromium that is there or could be installed; otherwise the reason why there is none. */
export async function ensureChromium(): Promise<{ path: string } | { reason: string }> {
  const found = findChromium()
  if (found !== undefined) return { path: found }
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return { reason: 'no chromium found: install it, or name one in LATENT_CHROMIUM' }
  }
  console.log('no chromium found: installing it with apt-get')
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const done = await runCommand('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' } })
    if (done.code !== 0)
      return { reason: `no chromium, and apt-get ${args[0]} failed: ${lastLine(done.output)}` }
  }
  const installed = findChromium()
  return installed === undefined
    ? { reason: 'apt-get installed chromium, but it is not in its place' }
    : { path: installed }
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? 'no output'
}

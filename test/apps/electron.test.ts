// The app's process as `npm start` runs it, with a stand-in for Electron that counts the signals it
// gets.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { needing } from '../kit/needing.ts'

const onPosix = needing(
  process.platform === 'win32' ? 'Windows has no process groups to signal' : undefined,
)
const runner = resolve(import.meta.dirname, '../../apps/electron.ts')
let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'latent-electron-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

// It quits half a second after the first signal, with the number of signals that it got.
const app = `
let signals = 0
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {
  signals += 1
  if (signals === 1) setTimeout(() => {
    require('fs').writeFileSync(process.argv[2], String(signals))
    process.exit(1)
  }, 500)
})
console.log('open')
setTimeout(() => {}, 60_000)
`

onPosix.test(
  'a signal to the whole group reaches the app once, and its end is the end',
  async () => {
    const [program, count] = [join(folder, 'app.cjs'), join(folder, 'count')]
    writeFileSync(program, app)
    const start = `import { runElectron } from ${JSON.stringify(runner)}
    console.log(await runElectron(process.execPath, ${JSON.stringify([program, count])}, process.env))
    process.exit(0)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', start], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    let output = ''
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString()
      if (text.toString().includes('open')) process.kill(-child.pid!, 'SIGINT')
    })
    expect(await new Promise((done) => child.once('close', done))).toBe(0)
    expect(output).toBe('open\ntrue\n')
    expect(readFileSync(count, 'utf8')).toBe('1')
  },
)

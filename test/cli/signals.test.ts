// Asked to end: a part of the soak (test/soak/signals.ts) with a planted loss, phases that count
// their own signals, and what becomes of output that nobody takes.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Run } from '../../preload/contract/records.ts'
import { needing } from '../kit/needing.ts'
import { startScript, until } from '../service/scriptedStudio.ts'
import { scripts } from '../service/scriptedHost.ts'
import { serving } from '../service/served.ts'
import { askToEnd, small as quick, type Case } from '../soak/signals.ts'
import { document, latent, start, temporaryHome } from './latent.ts'

const launcher = resolve(import.meta.dirname, '../../apps/launch.mjs')
const onLinux = needing(
  process.platform === 'linux'
    ? undefined
    : 'tried through /proc, script, bash and /dev/full, as Linux has them',
)

let place: ReturnType<typeof temporaryHome>
beforeEach(() => void (place = temporaryHome()))
afterEach(() => place.remove())

onLinux.describe('latent train asked to end', () => {
  const cases: Case[] = [
    { ask: 'reader gone', streams: 'both', place: 'pipe', phase: 'training' },
    { ask: 'reader gone', streams: 'stdout', place: 'pipe', phase: 'paused' },
    { ask: 'SIGINT', streams: 'both', place: 'TTY', phase: 'training' },
    { ask: 'SIGHUP', streams: 'stderr', place: 'closed', phase: 'preparing' },
  ]

  test('keeps its checkpoint', async () => {
    expect(await askToEnd(cases, 3, { atOnce: 2 })).toEqual({ tries: 4, early: 0, failures: [] })
  })

  test('would be noticed to lose it', async () => {
    const { failures } = await askToEnd(cases.slice(0, 1), 3, { plant: 'lose it' })
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatch(/ENOENT|no checkpoint/)
  })
})

const small = [...quick, '--frames', '0']

test('each phase counts its own signals: after its own run, an owner stops the run of another with a checkpoint', async () => {
  const one = start(
    ['train', 'tutorial', ...small, '--steps', '10000000', '--name', 'A'],
    place.environment,
  )
  await said(one, /^step /m)
  const other = start(
    ['train', 'tutorial', ...small, '--steps', '10000000', '--name', 'B'],
    place.environment,
  )
  await said(other, /^step /m)
  one.child.kill('SIGINT')
  await said(
    one,
    /waiting for runs and jobs of other programs: "B".*Ctrl-C stops runs with a checkpoint/,
  )
  await sleep(600) // longer than copies of one Ctrl-C may take
  one.child.kill('SIGINT')
  const [owner, client] = await Promise.all([one.finished, other.finished])
  expect(owner).toMatchObject({ code: 130 })
  expect(client).toMatchObject({ code: 130 })
  expect(client.stderr).toMatch(/Run \S+ stopped at step/)
  const { runs } = (await document(['runs'], place.environment)) as unknown as { runs: Run[] }
  expect(runs.map(({ name, status }) => `${name} ${status}`).sort()).toEqual([
    'A stopped',
    'B stopped',
  ])
  for (const { id, step } of runs) {
    const { checkpoints } = (await document(['show', id], place.environment)) as unknown as {
      checkpoints: { step: number }[]
    }
    expect(Math.max(...checkpoints.map((checkpoint) => checkpoint.step))).toBe(step)
  }
  expect(existsSync(join(place.environment['LATENT_STUDIO_HOME']!, 'owner.json'))).toBe(false)
})

describe('a server that has said its address', () => {
  test('ends in order however early it is asked to', async () => {
    const data = join(place.home, 'data')
    for (let time = 0; time < 2; time++) {
      const server = await serving(data)
      server.child.kill(time % 2 === 0 ? 'SIGTERM' : 'SIGHUP')
      expect(await server.ended).toBe(0)
      expect(existsSync(join(data, 'owner.json'))).toBe(false)
    }
  })
})

onLinux.describe('output that nobody takes', () => {
  const shell = (command: string) =>
    spawnSync('bash', ['-c', command.replaceAll('latent', `"${process.execPath}" "${launcher}"`)], {
      env: { ...process.env, ...place.environment },
      encoding: 'utf8',
    })

  test('ends with the code and the line of its kind', async () => {
    const server = await serving(place.environment['LATENT_STUDIO_HOME']!)
    const connection = server.connect()
    const { id } = await startScript(connection.client, scripts.wellBehaved, 45_000)
    await until(connection.client, id, ['finished'], 60_000)
    connection.close()
    const full = shell('latent metrics last --csv > /dev/full')
    expect(full.status).toBe(1)
    expect(full.stderr).toMatch(/^latent: stdout: expected .*found a full disk\..*\n$/)
    const unwritable = shell('latent metrics last --csv 1</dev/null')
    expect(unwritable.status).toBe(1)
    expect(unwritable.stderr).toMatch(
      /^latent: stdout: expected .*found one that cannot be written to\..*\n$/,
    )
    // Node puts the null device in place of a closed stdout, and so do others who want no output
    for (const nowhere of ['>&-', '> /dev/null', '1<> /dev/null'])
      expect(shell(`latent metrics last --json ${nowhere}`), nowhere).toMatchObject({
        status: 0,
        stderr: '',
      })
    const head = shell('latent metrics last --csv | head -1; exit ${PIPESTATUS[0]}')
    expect(head).toMatchObject({
      status: 141,
      stdout: 'step,reconstruction,kl,objective\n',
      stderr: '',
    })
    server.child.kill('SIGTERM')
    await server.ended
  })

  test('help and errors too', async () => {
    expect(shell('latent --help > /dev/full')).toMatchObject({ status: 1 })
    const { code, stdout } = await latent(['metrics', 'nothing', '--json'], place.environment)
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'not-found' } })
  })
})

onLinux.test('nohup: a hangup does not stop the run', async () => {
  const command = `nohup "${process.execPath}" "${launcher}" train tutorial ${small.join(' ')} --steps 10000000`
  const child = spawn('bash', ['-c', command], {
    env: { ...process.env, ...place.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (text: Buffer) => (output += text.toString()))
  child.stdout.resume()
  const ended = new Promise<number | null>((done) => child.once('close', done))
  const trainsOn = async (from: number) => {
    while (!/^step /m.test(output.slice(from))) {
      if (child.exitCode !== null) throw new Error(`expected a run that goes on, found ${output}`)
      await sleep(20)
    }
  }
  await trainsOn(0)
  child.kill('SIGHUP')
  await trainsOn(output.length)
  child.kill('SIGTERM')
  expect(await ended).toBe(130)
  expect(output).toMatch(/stopped at step/)
})

function said({ child, finished }: ReturnType<typeof start>, pattern: RegExp): Promise<void> {
  return new Promise((seen, failed) => {
    let text = ''
    child.stderr!.on('data', (piece: string) => pattern.test((text += piece)) && seen())
    void finished.then(({ stderr }) => failed(new Error(`expected ${pattern}, found ${stderr}`)))
  })
}

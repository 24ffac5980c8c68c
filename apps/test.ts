// `npm test`: type, style and build checks, then the unit tests, then the browser tests, in that
// order, and ONE last line that adds all of them up. `npm test -- unit|e2e|check [filter]` runs one
// part.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultCacheFolder } from '../main/runtime/cache.ts'
import { installRuntime, type InstallStage } from '../main/runtime/install.ts'
import { findRuntime } from '../main/runtime/status.ts'
import { build, buildIsStale } from './buildPages.ts'
import { ensureChromium } from './testing/chromium.ts'
import { runNode, type Finished } from './testing/runNode.ts'
import { readOutcomes, summaryLine, type Outcome } from './testing/testOutcome.ts'

/** Milliseconds for fetching and building the native runtime: the whole run has eight minutes. */
const runtimeLimit = 180_000
const reports = mkdtempSync(join(tmpdir(), 'latent-test-'))

const svelteCheck = (folder: string) =>
  runNode('node_modules/svelte-check/bin/svelte-check', [
    '--tsconfig',
    `${folder}/tsconfig.json`,
    '--output',
    'human',
  ])
const tsc = (folder: string) =>
  runNode('node_modules/typescript/bin/tsc', ['-p', `${folder}/tsconfig.json`])

/** The longest first: two run at a time. */
const checks: [title: string, run: () => Promise<Finished>][] = [
  ['eslint', () => runNode('node_modules/eslint/bin/eslint.js', ['.', '--max-warnings', '0'])],
  ['types of the tests', () => svelteCheck('test')],
  ['types of the pages', () => svelteCheck('renderer')],
  ['types of what runs in Node', () => tsc('.')],
  // the contract is part of it
  ['types of the engine', () => tsc('main/engine')],
  [
    'prettier',
    () =>
      runNode('node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']),
  ],
  ['knip', () => runNode('node_modules/knip/bin/knip.js', ['--no-progress'])],
  ['build', build],
]

/** The checks, two at a time; the output of one is shown only where it failed. */
async function runChecks(): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const waiting = [...checks]
  const work = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const [title, run] = check
      const done = await run()
      const state = done.code === 0 ? 'passed' : 'failed'
      console.log(`${state} ${title} (${done.seconds.toFixed(1)} s)`)
      if (state === 'failed') console.log(done.output)
      outcomes.push({ state, title })
    }
  }
  await Promise.all([work(), work()])
  return outcomes
}

/**
 * Tests on native TensorFlow need its runtime: one try to install it; without it they say why they
 * skip.
 */
async function ensureRuntime(): Promise<void> {
  if (findRuntime('cpu', defaultCacheFolder()) !== null) return
  let told: InstallStage | undefined
  try {
    const { version } = await installRuntime({
      signal: AbortSignal.timeout(runtimeLimit),
      onProgress: ({ stage, text }) => {
        if (stage !== told) console.log(`native runtime: ${text}`)
        told = stage
      },
    })
    console.log(`native runtime: ${version} is installed`)
  } catch (error) {
    console.log(
      `native runtime: not installed, its tests will be skipped (${error instanceof Error ? error.message : String(error)})`,
    )
  }
}

async function ensureBuild(): Promise<Outcome[]> {
  if (!buildIsStale()) return []
  const done = await build()
  console.log(`built the pages (${done.seconds.toFixed(1)} s)`)
  if (done.code === 0) return []
  console.log(done.output)
  return [{ state: 'failed', title: 'build' }]
}

async function runUnit(filter: string[]): Promise<Outcome[]> {
  const report = join(reports, 'vitest.json')
  const args = [
    'run',
    '--reporter=default',
    '--reporter=./apps/testing/vitestReporter.ts',
    ...filter,
  ]
  const done = await runNode('node_modules/vitest/vitest.mjs', args, {
    show: true,
    env: { LATENT_TEST_REPORT: report },
  })
  return readOutcomes(report, 'vitest', done.code)
}

async function runBrowser(filter: string[]): Promise<Outcome[]> {
  const chromium = await ensureChromium()
  if ('reason' in chromium)
    return [{ state: 'skipped', title: 'browser tests', reason: chromium.reason }]
  const report = join(reports, 'playwright.json')
  const args = ['test', '--reporter=list,./apps/testing/playwrightReporter.ts', ...filter]
  const env = { LATENT_TEST_REPORT: report, LATENT_CHROMIUM: chromium.path }
  const done = await runNode('node_modules/@playwright/test/cli.js', args, { show: true, env })
  return readOutcomes(report, 'playwright', done.code)
}

/**
 * Everything that tests of any runner need and a fresh machine lacks, before the first runner
 * starts.
 */
async function prepareMachine(): Promise<void> {
  const [chromium] = await Promise.all([ensureChromium(), ensureRuntime()])
  if ('reason' in chromium) console.log(`chromium: its tests will be skipped (${chromium.reason})`)
}

const parts: Record<string, (filter: string[]) => Promise<Outcome[]>> = {
  check: () => runChecks(),
  unit: async (filter) => {
    await prepareMachine()
    return [...(await ensureBuild()), ...(await runUnit(filter))]
  },
  e2e: async (filter) => {
    await prepareMachine()
    return [...(await ensureBuild()), ...(await runBrowser(filter))]
  },
  all: async () => {
    const [checked] = await Promise.all([runChecks(), prepareMachine()])
    return [...checked, ...(await runUnit([])), ...(await runBrowser([]))]
  },
}

async function main(part = 'all', ...filter: string[]): Promise<void> {
  const run = parts[part]
  if (run === undefined) {
    console.error(`expected one of ${Object.keys(parts).join(', ')}, found "${part}"`)
    process.exitCode = 2
    return
  }
  const started = performance.now()
  const outcomes = await run(filter).finally(() =>
    rmSync(reports, { recursive: true, force: true }),
  )
  console.log(`\ntests took ${((performance.now() - started) / 60_000).toFixed(1)} min`)
  for (const outcome of outcomes) {
    if (outcome.state === 'failed') console.log(`failed: ${outcome.title}`)
    if (outcome.state === 'skipped') console.log(`skipped: ${outcome.title}: ${outcome.reason}`)
  }
  console.log(summaryLine(outcomes))
  process.exitCode = outcomes.some((outcome) => outcome.state === 'failed') ? 1 : 0
}

await main(...process.argv.slice(3))

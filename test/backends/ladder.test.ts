// The ladder on a machine without native runtime, its cache, and what is said about CUDA.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { missingForCuda } from '../../main/backends/cuda.ts'
import { surveyLadder } from '../../main/backends/index.ts'
import type { RunCheck } from '../../main/backends/child.ts'
import { checkInChild } from '../../main/backends/child.ts'
import { needing } from '../kit/needing.ts'

let cacheFolder: string
beforeAll(() => void (cacheFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'latent-ladder-'))))
afterAll(() => fs.rmSync(cacheFolder, { recursive: true, force: true }))

test('without a native runtime wasm is active, and each rung says why or what it is', async () => {
  const tried: string[] = []
  const runCheck: RunCheck = (rung, folder) => {
    tried.push(rung)
    return checkInChild(rung, folder)
  }
  const first = await surveyLadder({ cacheFolder, preference: 'auto', runCheck })
  expect(first.active).toBe('wasm')
  expect(first.ladder.map(({ rung, ok }) => [rung, ok])).toEqual([
    ['cuda', false],
    ['tensorflow', false],
    ['wasm', true],
    ['js', true],
  ])
  for (const { reason } of first.ladder) expect(reason).toMatch(/^[^\n]{5,}$/)
  expect(first.ladder[1]?.reason).toMatch(/not installed|no native runtime/)
  expect(tried).toEqual(['wasm', 'js'])
  // Again: from the cache. Forced: tried again.
  expect(await surveyLadder({ cacheFolder, preference: 'auto', runCheck })).toEqual(first)
  expect(tried.length).toBe(2)
  expect(
    (await surveyLadder({ cacheFolder, preference: 'js', runCheck, force: true })).active,
  ).toBe('js')
  expect(tried.length).toBe(4)
})

test('a rung that fails its check is left, its reason told, and not remembered as good', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latent-ladder-'))
  let broken = true
  const runCheck: RunCheck = (rung) =>
    Promise.resolve(
      rung === 'wasm' && broken
        ? { ok: false, reason: 'wrong answer: loss is 1' }
        : { ok: true, reason: 'fine' },
    )
  const { active, ladder } = await surveyLadder({
    cacheFolder: folder,
    preference: 'auto',
    runCheck,
  })
  expect([active, ladder[2]?.reason]).toEqual(['js', 'wrong answer: loss is 1'])
  expect((await surveyLadder({ cacheFolder: folder, preference: 'wasm', runCheck })).active).toBe(
    null,
  )
  broken = false
  expect((await surveyLadder({ cacheFolder: folder, preference: 'auto', runCheck })).active).toBe(
    'wasm',
  )
  fs.rmSync(folder, { recursive: true })
})

const { describe: describeLinux } = needing(
  process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : 'CUDA is looked for on Linux x64 only',
)

describeLinux('what CUDA lacks', () => {
  test('is named from the bottom up', () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), 'latent-cuda-'))
    const put = (name: string): void => {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
      fs.writeFileSync(path.join(root, name), '')
    }
    expect(missingForCuda(root, {})).toContain('no NVIDIA GPU')
    put('dev/nvidia0')
    expect(missingForCuda(root, {})).toContain('no NVIDIA driver')
    put('proc/driver/nvidia/version')
    expect(missingForCuda(root, {})).toContain('libcuda.so.1 is missing')
    put('usr/lib/x86_64-linux-gnu/libcuda.so.1')
    expect(missingForCuda(root, {})).toBe(null)
    expect(missingForCuda(root, { CUDA_VISIBLE_DEVICES: '-1' })).toContain('hidden')
    fs.rmSync(root, { recursive: true })
  })
})

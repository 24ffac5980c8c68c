// The installer's lock: exclusive, waited for, and taken over from an owner that is gone.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeLock } from '../../main/runtime/lock.ts'

let folder: string
beforeEach(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latent-lock-'))))
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

test('the second waits until the first gives back', async () => {
  const file = path.join(folder, 'lock')
  const order: string[] = []
  const giveBack = await takeLock(file)
  const second = takeLock(file, { onWait: (pid) => order.push(`waits for ${pid}`) }).then(
    (free) => {
      order.push('has it')
      free()
    },
  )
  await new Promise((resolve) => setTimeout(resolve, 50))
  order.push('gives back')
  giveBack()
  await second
  expect(order).toEqual([`waits for ${process.pid}`, 'gives back', 'has it'])
  expect(fs.readdirSync(folder)).toEqual([])
})

test('of four that see a stale lock, one at a time holds it', async () => {
  const file = path.join(folder, 'lock')
  const { pid } = spawnSync(process.execPath, ['-e', '0'])
  fs.writeFileSync(file, JSON.stringify({ pid })) // of a process that is gone
  let holding = 0
  let most = 0
  const one = async (): Promise<void> => {
    const giveBack = await takeLock(file)
    most = Math.max(most, ++holding)
    await new Promise((resolve) => setImmediate(resolve))
    holding--
    giveBack()
  }
  await Promise.all(Array.from({ length: 4 }, one))
  expect(most).toBe(1)
})

test('a lock that nobody touches is taken over, also when its number lives on, and a damaged one', async () => {
  const file = path.join(folder, 'lock')
  fs.writeFileSync(file, JSON.stringify({ pid: process.ppid }))
  const old = new Date(Date.now() - 600_000)
  fs.utimesSync(file, old, old)
  const giveBack = await takeLock(file)
  giveBack()
  fs.writeFileSync(file, '{"pid":')
  const again = await takeLock(file)
  again()
})

test('waiting ends by the signal', async () => {
  const file = path.join(folder, 'lock')
  const giveBack = await takeLock(file)
  const stop = new AbortController()
  await expect(takeLock(file, { signal: stop.signal, onWait: () => stop.abort() })).rejects.toThrow(
    /stopped/,
  )
  giveBack()
})

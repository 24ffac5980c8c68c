// A data folder on a disk that hangs: the command ends with a message, where it would have waited
// for ever.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answering } from '../../main/files/answering.ts'
import { latent } from '../cli/latent.ts'
import { needing } from '../kit/needing.ts'

const folder = mkdtempSync(join(tmpdir(), 'latent-answering-'))
const place = join(folder, 'disk')
let disk: ChildProcess | undefined

/** Why no hanging disk can be mounted here. */
const missing = ((): string | undefined => {
  if (process.platform !== 'linux') return 'a hanging disk is made with FUSE, on Linux'
  if (process.getuid?.() !== 0) return 'mounting a hanging disk needs root'
  if (spawnSync('python3', ['-I', '-c', '']).status !== 0)
    return 'the hanging disk is a Python program'
  try {
    accessSync('/dev/fuse', constants.W_OK)
    return undefined
  } catch {
    return 'there is no /dev/fuse'
  }
})()

beforeAll(async () => {
  if (missing !== undefined) return
  mkdirSync(place)
  disk = spawn('python3', [join(import.meta.dirname, 'hangingDisk.py'), place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((settle) => disk!.stdout!.once('data', settle).once('end', settle))
})
afterAll(() => {
  // without its program whatever still waits there ends
  disk?.kill('SIGKILL')
  spawnSync('umount', ['-l', place])
  rmSync(folder, { recursive: true, force: true })
})

test('a folder that answers passes, whether it is there or not, and is made only when that is wanted', async () => {
  const made = join(folder, 'a', 'b')
  await answering(folder)
  await answering(made)
  expect(existsSync(made)).toBe(false)
  await answering(made, { make: true })
  expect(existsSync(made)).toBe(true)
})

needing(missing).test('a disk that hangs on mkdir ends with a message', async (context) => {
  if (disk?.exitCode !== null) return context.skip('this system does not let a disk be mounted')
  await answering(join(place, 'store')) // it answers other questions
  const refused =
    /Expected the disk of .*disk\/store to respond, found no response within .* s\. Check the disk/
  await expect(answering(join(place, 'store'), { make: true, limit: 500 })).rejects.toThrow(refused)
  const { code, stderr } = await latent(['train', 'tutorial', '--data', join(place, 'store')], {})
  expect([code, stderr]).toEqual([1, expect.stringMatching(refused) as string])
})

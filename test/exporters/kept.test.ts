// What is kept for download is whole, or is refused before anything is written.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { expect, it } from 'vitest'
import { keepExport } from '../../main/exporters/kept.ts'
import { temporaryFolder } from '../store/sample.ts'

it('more than a zip without extensions holds is refused', () => {
  const path = join(temporaryFolder(), 'content')
  const card = { name: 'MODEL_CARD.md', bytes: Buffer.from('card') }
  // only its length is looked at: nobody has to hold 4 GiB
  const weights = { name: 'model.safetensors', bytes: { length: 2 ** 32 } as Uint8Array }
  expect(() => keepExport({ files: [card, weights] }, path, true, () => undefined)).toThrow(
    expect.objectContaining({
      code: 'bad-input',
      message: expect.stringMatching(
        /at most 4 GiB for a download, found \d+ bytes.*to a path/,
      ) as string,
    }) as Error,
  )
  expect(existsSync(path)).toBe(false)
  keepExport({ files: [card] }, path, true, () => undefined)
  expect(Buffer.from(unzipSync(readFileSync(path))['MODEL_CARD.md']!).toString()).toBe('card')
})

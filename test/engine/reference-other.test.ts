// The tests of reference.test.ts with other sizes and numbers: the folder that LATENT_REFERENCE
// names is taken instead of test/reference. The values are PyTorch's
// (test/reference-other/make.py).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folder = (name: string) => join(import.meta.dirname, '..', name)
process.env['LATENT_REFERENCE'] = folder('reference-other')

await import('./reference.test.ts')
const { smallVae } = await import('./smallvae.ts')

test('the values of the other folder were used', () => {
  const usual = JSON.parse(
    readFileSync(join(folder('reference'), 'small-vae.json'), 'utf8'),
  ) as typeof smallVae
  for (const [size, count] of Object.entries(smallVae.sizes))
    expect(count).not.toBe(usual.sizes[size as keyof typeof usual.sizes])
})

// MNIST as installed, and what happens when one of its files is not the original.
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { datasetInfo, listDatasets, openDataset, type Dataset } from '../../main/datasets/index.ts'
import { mnistFiles, mnistFolder } from '../../main/datasets/mnist.ts'

let mnist: Dataset
const folder = mkdtempSync(join(tmpdir(), 'latent-mnist-'))
beforeAll(async () => {
  mnist = await openDataset('mnist')
  for (const file of Object.values(mnistFiles))
    symlinkSync(join(mnistFolder(), file.name), join(folder, file.name))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('has 55,000 + 5,000 + 10,000 images, as its info says', () => {
  for (const split of ['train', 'validation', 'test'] as const) {
    const part = mnist.split(split)
    expect(part.count).toBe(mnist.info.images[split])
    expect(part.images.length).toBe(part.count * 784)
    expect(part.labels.length).toBe(part.count)
  }
})

test('validation follows train in the file, and nothing is copied', () => {
  const file = readFileSync(join(mnistFolder(), mnistFiles.trainImages.name))
  const [train, validation] = [mnist.split('train'), mnist.split('validation')]
  expect(Buffer.compare(train.images.subarray(0, 784), file.subarray(16, 16 + 784))).toBe(0)
  expect(Buffer.compare(validation.images.subarray(-784), file.subarray(-784))).toBe(0)
  expect(validation.images.buffer).toBe(train.images.buffer)
  expect(validation.images.byteOffset).toBe(train.images.byteOffset + train.images.length)
})

test('every class is there, in the known numbers', () => {
  // counts of the ten digits in the test file: e.g. Deng 2012, "The MNIST database", table 1
  const counts = Array.from(
    { length: 10 },
    (_, digit) => mnist.split('test').labels.filter((label) => label === digit).length,
  )
  expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
})

async function withFile(name: string, bytes: Uint8Array, check: () => Promise<void>) {
  const path = join(folder, name)
  unlinkSync(path)
  writeFileSync(path, bytes)
  try {
    await check()
  } finally {
    unlinkSync(path)
    symlinkSync(join(mnistFolder(), name), path)
  }
}

test('one changed byte is found by the checksum', async () => {
  const bytes = readFileSync(join(mnistFolder(), mnistFiles.testImages.name))
  bytes[5000] = bytes[5000]! ^ 1
  await withFile(mnistFiles.testImages.name, bytes, () =>
    expect(openDataset('mnist', { folder })).rejects.toMatchObject({
      code: 'bad-dataset',
      message: expect.stringMatching(/t10k-images.*expected sha256 0fa7898d5092/),
    }),
  )
})

test('a cut file, swapped files and a missing file are named', async () => {
  const { testImages, testLabels } = mnistFiles
  const images = readFileSync(join(mnistFolder(), testImages.name))
  await withFile(testImages.name, images.subarray(0, 7_000_000), () =>
    expect(openDataset('mnist', { folder })).rejects.toMatchObject({
      code: 'bad-dataset',
      message: expect.stringMatching(/expected 7840016 bytes.*found 7000000/),
    }),
  )
  await withFile(testLabels.name, images, () =>
    expect(openDataset('mnist', { folder })).rejects.toMatchObject({
      code: 'bad-dataset',
      message: expect.stringMatching(/expected labels/),
    }),
  )
  const empty = mkdtempSync(join(tmpdir(), 'latent-empty-'))
  copyFileSync(join(mnistFolder(), testLabels.name), join(empty, testLabels.name))
  await expect(openDataset('mnist', { folder: empty })).rejects.toMatchObject({
    code: 'bad-dataset',
    message: expect.stringMatching(/expected a readable file, found no such file/),
  })
  rmSync(empty, { recursive: true })
})

test('an unknown name is not found and the known ones are listed', () => {
  expect(listDatasets().map((info) => info.name)).toContain('mnist')
  expect(() => datasetInfo('nmist')).toThrow(/Unknown data set "nmist": expected one of mnist/)
})

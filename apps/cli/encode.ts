// latent encode: images of an .npy file or of a split to their posteriors, N x 2Z: [mean | log
// variance].
import { npyBytes, readNpy, type NpyArray } from '../../main/files/npy.ts'
import { npzBytes } from '../../main/files/npz.ts'
import type { Client } from '../../preload/contract/client.ts'
import { floatsOf } from '../../preload/contract/bytes.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import type { Split } from '../../preload/contract/records.ts'
import { checkpointFlag, checkpointGiven, noteOlder } from './checkpoint.ts'
import { codesCsv, splitCodes, splitFlag, splitGiven, type Codes } from './codes.ts'
import type { Call, Command, Flags } from './command.ts'
import { modelOf, portion, type Model } from './model.ts'
import { inputFlag, inputGiven } from './input.ts'
import { outFlags, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'
import { count as counted } from './numbers.ts'

const endings = ['.npy', '.npz', '.csv'] as const

export const encode: Command = {
  name: 'encode',
  summary: 'Encode images to latent codes (N x 2Z, [mean | log variance]).',
  about:
    'The input is N x pixels (or N x height x width), either float32 or float64 in [0,1], or uint8 grey values. With --split, all images of that split are encoded, and .csv and .npz files include their labels. Z is the latent size.',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    inputFlag,
    {
      ...splitFlag,
      help: 'Encode a split of the data set instead of --input: train, validation or test.',
    },
    ...outFlags(
      '.npy: the codes; .npz: codes and labels; .csv: index, label, mu_1 ..., logvar_1 ...',
    ),
    checkpointFlag,
  ],
  examples: [
    'latent encode last --input X.npy --out Z.npy',
    'latent encode last --split test --out codes.csv',
  ],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const [out, checkpoint] = [outGiven(call.flags, endings), checkpointGiven(call.flags)]
      const given = sourceGiven(call.flags)
      const model = await modelOf(client, call.arguments[0]!)
      const found =
        'split' in given
          ? await splitCodes(
              client,
              model,
              given.split,
              model.image.images[given.split],
              checkpoint,
              call,
            )
          : await encoded(
              client,
              model,
              imagesOf(readNpy(given.input), given.input, model),
              checkpoint,
              call,
            )
      await noteOlder(client, call.terminal, model.run.id, checkpoint, found.step)
      const shape: [number, number] = [
        found.codes.length / (2 * model.latentSize),
        2 * model.latentSize,
      ]
      const text = `${shape.join(' x ')} float32, [mean | log variance], step ${counted(found.step)}`
      await writeOut(call, out, codesFile(out.ending, found, shape), text, {
        run: model.run.id,
        step: found.step,
        shape,
      })
    }),
}

function sourceGiven(flags: Flags): { split: Split } | { input: string } {
  if (flags.text('split') === undefined) return { input: inputGiven(flags) }
  if (flags.text('input') !== undefined)
    throw new StudioError(
      'bad-input',
      'Expected --input or --split, found both. Leave one of them out.',
    )
  return { split: splitGiven(flags) }
}

function codesFile(ending: string, { codes, labels }: Codes, shape: [number, number]): Uint8Array {
  if (ending === '.csv') return Buffer.from(codesCsv(codes, labels, shape[1] / 2))
  if (ending === '.npy') return npyBytes(codes, shape)
  const labelled =
    labels.length > 0 ? { labels: { shape: [labels.length], values: Uint8Array.from(labels) } } : {}
  return npzBytes({ codes: { shape, values: codes }, ...labelled })
}

interface ImageBatch {
  as: 'uint8' | 'float32'
  count: number
  values: Uint8Array | Float32Array
}

function imagesOf(array: NpyArray, path: string, model: Model): ImageBatch {
  const [count = 0, ...sides] = array.shape
  const { pixels } = model
  const { height, width, channels } = model.image
  // other sides of the same product would be read as pixels in the wrong places
  const shapes = [[pixels], [height, width, channels], ...(channels === 1 ? [[height, width]] : [])]
  if (count === 0 || !shapes.some((shape) => shape.join() === sides.join()))
    throw new StudioError(
      'bad-input',
      `${path}: expected ${shapes.map((shape) => ['N', ...shape].join(' x ')).join(' or ')} (N at least 1), found ${array.shape.join(' x ') || 'a single number'}. Reshape the images to one of these.`,
    )
  if (array.values instanceof Uint8Array) return { as: 'uint8', count, values: array.values }
  const wrong = array.values.findIndex((value) => !(value >= 0 && value <= 1))
  if (wrong >= 0)
    throw new StudioError(
      'bad-input',
      `${path}: expected pixels in [0,1], found ${array.values[wrong]} in image ${Math.floor(wrong / pixels)}. Divide grey values by 255, or save them as uint8.`,
    )
  return {
    as: 'float32',
    count,
    values: array.values instanceof Float32Array ? array.values : Float32Array.from(array.values),
  }
}

async function encoded(
  client: Client,
  model: Model,
  images: ImageBatch,
  checkpoint: CheckpointChoice,
  call: Call,
): Promise<Codes> {
  const width = 2 * model.latentSize // [mean | log variance]
  const codes = new Float32Array(images.count * width)
  const asked = Math.ceil((4 / 3) * model.pixels * images.values.BYTES_PER_ELEMENT) // bytes of an image, as base64
  const size = portion(asked, width * 4, 4096)
  let choice = checkpoint
  for (let from = 0; from < images.count; from += size) {
    const count = Math.min(size, images.count - from)
    const values = images.values.subarray(from * model.pixels, (from + count) * model.pixels)
    const pixels = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const answer = await client.latent.encode({
      run: model.run.id,
      checkpoint: choice,
      images: { kind: 'pixels', as: images.as, count, pixels },
    })
    codes.set(floatsOf(answer.codes), from * width)
    choice = answer.step // the later pieces from the same weights, also when the run goes on training
    call.terminal.progress(
      `encoded ${from + count}/${images.count} images`,
      (from + count) / images.count,
    )
  }
  call.terminal.settle()
  return { codes, labels: [], step: choice as number }
}

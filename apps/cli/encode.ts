// latent encode: images in an .npy file to their posteriors, N x 2Z: [mean | log variance].
import { npyBytes, readNpy, type NpyArray } from '../../main/files/npy.ts'
import type { Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import { checkpointFlag, checkpointGiven, noteDamaged } from './checkpoint.ts'
import type { Call, Command } from './command.ts'
import { floatsOf, modelOf, portion, type Model } from './model.ts'
import { inputFlag, inputGiven } from './input.ts'
import { outFlag, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'

export const encode: Command = {
  name: 'encode',
  summary: 'Images to latent codes: N x 2Z, [mean | log variance].',
  about:
    'The input is N x pixels (or N x height x width) of float32 or float64 in [0,1], or of uint8 grey values. Z is the latent size.',
  arguments: [{ name: 'RUN', required: true, help: 'Id, beginning of an id, exact name, or "last".' }],
  flags: [inputFlag, outFlag('.npy'), checkpointFlag],
  examples: ['latent encode last --input X.npy --out Z.npy'],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const [input, out, checkpoint] = [inputGiven(call.flags), outGiven(call.flags, ['.npy']), checkpointGiven(call.flags)]
      const model = await modelOf(client, call.arguments[0]!)
      const images = imagesOf(readNpy(input), input, model)
      const { codes, step } = await encoded(client, model, images, checkpoint, call)
      await noteDamaged(client, call.terminal, model.run.id, checkpoint, step)
      const shape = [images.count, 2 * model.latentSize]
      await writeOut(out, npyBytes(codes, shape))
      call.terminal.print(`${out}: ${shape.join(' x ')} float32, [mean | log variance], step ${step}`)
      call.terminal.document({ file: out, run: model.run.id, step, shape })
    }),
}

interface ImageBatch {
  as: 'uint8' | 'float32'
  count: number
  values: Uint8Array | Float32Array
}

function imagesOf(array: NpyArray, path: string, model: Model): ImageBatch {
  const [count = 0, ...sides] = array.shape
  const pixels = sides.reduce((product, side) => product * side, 1)
  if (sides.length === 0 || count === 0 || pixels !== model.pixels)
    throw new StudioError(
      'bad-input',
      `${path}: expected N x ${model.pixels} (N at least 1), found ${array.shape.join(' x ') || 'a single number'}. Give one row of ${model.pixels} pixels an image.`,
    )
  if (array.values instanceof Uint8Array) return { as: 'uint8', count, values: array.values }
  const wrong = array.values.findIndex((value) => !(value >= 0 && value <= 1))
  if (wrong >= 0)
    throw new StudioError(
      'bad-input',
      `${path}: expected pixels in [0,1], found ${array.values[wrong]} in image ${Math.floor(wrong / pixels)}. Divide grey values by 255, or save them as uint8.`,
    )
  return { as: 'float32', count, values: array.values instanceof Float32Array ? array.values : Float32Array.from(array.values) }
}

async function encoded(
  client: Client,
  model: Model,
  images: ImageBatch,
  checkpoint: CheckpointChoice,
  call: Call,
): Promise<{ codes: Float32Array; step: number }> {
  const width = 2 * model.latentSize // [mean | log variance]
  const codes = new Float32Array(images.count * width)
  const size = portion(model.pixels * images.values.BYTES_PER_ELEMENT, width * 4, 4096)
  let choice = checkpoint
  for (let from = 0; from < images.count; from += size) {
    const count = Math.min(size, images.count - from)
    const pixels = new Blob([images.values.slice(from * model.pixels, (from + count) * model.pixels) as BlobPart])
    const answer = await client.latent.encode({
      run: model.run.id,
      checkpoint: choice,
      images: { kind: 'pixels', as: images.as, count, pixels },
    })
    codes.set(await floatsOf(answer.codes), from * width)
    choice = answer.step // the later pieces from the same weights, also when the run goes on training
    call.terminal.progress(`encoded ${from + count}/${images.count} images`, (from + count) / images.count)
  }
  call.terminal.settle()
  return { codes, step: choice as number }
}

// How to load each format, as Markdown for the model card.
import type { ExportFormat } from '../../preload/contract/exports.ts'
import type { ExportedModel } from './exportedModel.ts'
import { onnxOpset } from './onnx.ts'
import { signatureOf } from './signature.ts'

export function usage(model: ExportedModel, format: ExportFormat, main: string): string {
  const { inputs, outputs } = signatureOf(model)
  const input = inputs[0]!.name
  const names = outputs.map(({ name }) => name)
  const path = JSON.stringify(main)
  switch (format) {
    case 'html':
      return 'A single page for any browser. It needs neither a server nor a network.'
    case 'latent':
      return [
        'A complete run of Latent Studio: a zip archive with its record, metrics, events, frames and checkpoints (safetensors). It contains no code.',
        block('sh', [`latent import ${path}`]),
      ].join('\n\n')
    case 'onnx':
      return [
        `ONNX, opset ${onnxOpset}; accepts any number of images. The model's metadata_props hold preprocessing, likelihood and shapes.`,
        block('python', [
          'import numpy, onnxruntime',
          `session = onnxruntime.InferenceSession(${path})`,
          `${names.join(', ')}${names.length === 1 ? ',' : ''} = session.run(None, {"${input}": ${input}})  # ${input}: float32`,
        ]),
      ].join('\n\n')
    case 'safetensors':
      return [
        'The file holds the weights; `load_in_pytorch.py` and `load_in_jax.py`, in the same folder, rebuild the network in PyTorch and JAX.',
        block('python', [
          'from load_in_pytorch import load',
          `model = load(${path})`,
          `${names.join(', ')} = model(${input})`,
        ]),
        block('python', [
          'from load_in_jax import load',
          `model, params = load(${path})  # params: arrays by name`,
          `${names.join(', ')} = model(params, ${input})`,
        ]),
        shapesText,
      ].join('\n\n')
    case 'npz':
      return [
        'Weights as NumPy arrays by name, and the network as JSON in `metadata.json`.',
        block('python', [
          'import json, numpy',
          `arrays = numpy.load(${path})`,
          'metadata = json.loads(arrays["metadata.json"])',
          'layers = json.loads(metadata["layers"])',
        ]),
        shapesText,
      ].join('\n\n')
    case 'tfjs':
      return [
        'A tfjs graph model; accepts any number of images.',
        block('js', [
          `const model = await tf.loadGraphModel('model.json')`,
          `const [${names.join(', ')}] = [].concat(model.execute({ ${input} }, ${JSON.stringify(names)}))`,
        ]),
      ].join('\n\n')
    case 'savedmodel':
      return [
        'A TensorFlow SavedModel without variables, signature `serving_default`.',
        block('python', [
          'import tensorflow as tf',
          `model = tf.saved_model.load(${path}).signatures["serving_default"]`,
          `outputs = model(${input}=tf.constant(${input}))  # ${names.map((name) => `outputs["${name}"]`).join(', ')}`,
        ]),
      ].join('\n\n')
    case 'keras':
      return [
        "A functional model of Keras's own layers (Keras 3.6 or later, on TensorFlow, JAX or PyTorch); no custom objects. Layers are called encoder_0, ..., decoder_out (encoder.0, ..., decoder.out in other formats). `metadata.json` inside holds preprocessing, likelihood and shapes.",
        block('python', [
          'import keras',
          `model = keras.saving.load_model(${path})`,
          names.length === 1
            ? `${names[0]} = model(${input})`
            : `outputs = model(${input})  # ${names.map((name) => `outputs["${name}"]`).join(', ')}`,
        ]),
      ].join('\n\n')
  }
}

const shapesText =
  "Shapes: dense weights (in, out), convolutions (h, w, in, out), transposed convolutions (h, w, out, in). Convolutions use TensorFlow's SAME padding: where the padding is odd, the extra pixel is at the end. The encoder's head gives [mu, logvar]; the decoder ends with a sigmoid."

function block(language: string, lines: string[]): string {
  return `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``
}

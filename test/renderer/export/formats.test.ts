// Names and paths of exports, and what can be chosen about each format.
import { expect, test } from 'vitest'
import { destinationOf } from '../../../main/exporters/destination.ts'
import { downloadName, exportFormats, exportName } from '../../../preload/contract/exports.ts'
import { formats, partFor, pathFor } from '../../../renderer/components/export/formats.ts'

test('a proposed name is one that its format can be written under', () => {
  expect(exportName('My run: no. 2', 4200, 'decoder', 'onnx')).toBe(
    'My-run-no.-2-step-4200-decoder.onnx',
  )
  expect(exportName('digits', 4200, 'model', 'tfjs')).toBe('digits-step-4200-tfjs')
  expect(exportName('digits', 4200, 'model', 'latent')).toBe('digits.latent') // a whole run is of no step
  for (const format of exportFormats)
    expect(
      () => destinationOf(`/home/${exportName('a.b', 3, 'model', format)}`, format),
      format,
    ).not.toThrow()
})

test('a download is the one file, or a zip named like it', () => {
  expect(downloadName('digits', 4200, 'decoder', 'html')).toBe('digits-step-4200-decoder.html')
  expect(downloadName('digits', 4200, 'model', 'latent')).toBe('digits.latent')
  expect(downloadName('digits', 4200, 'decoder', 'onnx')).toBe('digits-step-4200-decoder-onnx.zip')
})

test('a typed path follows the format only where its ending was the format’s', () => {
  expect(pathFor('/home/me/digits.onnx', 'onnx', 'safetensors')).toBe('/home/me/digits.safetensors')
  expect(pathFor('/home/me/digits.onnx', 'onnx', 'tfjs')).toBe('/home/me/digits-tfjs')
  expect(pathFor('/home/me/digits-tfjs', 'tfjs', 'html')).toBe('/home/me/digits.html')
  expect(pathFor('/home/me/folder', 'onnx', 'html')).toBe('/home/me/folder')
})

test('a part that a format cannot hold becomes its usual one', () => {
  expect(partFor('onnx', 'encoder')).toBe('encoder')
  expect(partFor('html', 'encoder')).toBe('model')
  expect(partFor('latent', 'decoder')).toBe('model')
  expect(partFor('onnx', 'no part')).toBe('model')
  expect(Object.keys(formats)).toEqual([...exportFormats])
})

// The order of the sheet of keys.
import { expect, test } from 'vitest'
import { byPlace } from '../../renderer/keyPlaces.ts'

const command = (group: string, keys?: string[]) => ({
  id: group,
  title: group,
  group,
  run: () => undefined,
  ...(keys ? { keys } : {}),
})

test('the keys of the open tool come first, those that work everywhere last', () => {
  const found = byPlace([
    command('Run', ['Space']),
    command('Timeline', ['[']),
    command('Anywhere', ['?']),
    command('Go to', ['g r']),
    command('Explore', ['1']),
    command('Latent plane', ['ArrowLeft']),
    command('Latent plane', ['0']),
    command('Setup'),
  ])
  expect(found.map(([group]) => group)).toEqual([
    'Latent plane',
    'Explore',
    'Timeline',
    'Run',
    'Go to',
    'Anywhere',
  ])
  expect(found[0]![1]).toHaveLength(2)
})

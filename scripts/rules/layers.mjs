/**
 * Who may import whom below `src`. `folders`: own files always, and these. `packages`: which packages and Node
 * modules, where not all that are not banned elsewhere.
 */
export const layers = [
  { folder: 'engine/core', folders: [], packages: [] },
  { folder: 'engine/ports', folders: ['engine/core'], packages: [] },
  { folder: 'engine/formats', folders: ['engine/core'], packages: ['picomatch'] },
  {
    folder: 'engine/record',
    folders: ['engine/core', 'engine/formats', 'engine/ports', 'engine/replay'],
    packages: ['node:path'],
  },
  {
    folder: 'engine/replay',
    folders: ['engine/core', 'engine/formats', 'engine/ports'],
    packages: ['node:path'],
  },
  {
    folder: 'engine/recover',
    folders: ['engine/core', 'engine/formats', 'engine/ports', 'engine/record', 'engine/replay'],
    packages: ['node:path'],
  },
  {
    folder: 'engine/streams',
    folders: ['engine/core', 'engine/formats', 'engine/ports', 'engine/replay'],
    packages: [],
  },
  {
    folder: 'engine/conflicts',
    folders: ['engine/core', 'engine/formats', 'engine/ports', 'engine/replay', 'engine/streams'],
    packages: [],
  },
  {
    folder: 'engine/writeback',
    folders: [
      'engine/core',
      'engine/formats',
      'engine/ports',
      'engine/record',
      'engine/recover',
      'engine/replay',
      'engine/streams',
    ],
    packages: [],
  },
  { folder: 'store', folders: ['engine/core', 'engine/ports'] },
  { folder: 'transport', folders: ['engine/core', 'engine/ports'] },
  { folder: 'platform', folders: ['engine/core', 'engine/ports'] },
  { folder: 'daemon', folders: ['engine', 'store', 'transport', 'platform'] },
  {
    folder: 'review',
    folders: ['engine/core', 'daemon', 'cli'],
  },
  { folder: 'cli', folders: ['engine/core', 'engine/formats', 'daemon'] },
  { folder: 'commands', folders: ['engine/core', 'engine/formats', 'daemon', 'cli', 'review'] },
]

const isWithin = (path, folder) => path.startsWith(`src/${folder}/`)

/** A file's layer, or undefined. */
export function layerOf(path) {
  return layers.find(({ folder }) => isWithin(path, folder))
}

/** Violations of the layer table in one file. `resolved` of an import is the file it names, for relative ones. */
export function checkLayers({ path, imports }) {
  if (!path.startsWith('src/')) return []
  const layer = layerOf(path)
  if (!layer)
    return [
      { path, line: 1, message: 'belongs to no layer of src: add its folder to scripts/rules/layers.mjs' },
    ]
  return imports.flatMap(({ specifier, line, resolved }) => {
    const allowed = resolved === undefined ? allowsPackage(layer, specifier) : allowsFile(layer, resolved)
    return allowed
      ? []
      : [{ path, line, message: `src/${layer.folder} may not import ${resolved ?? specifier}` }]
  })
}

function allowsFile(layer, file) {
  return [layer.folder, ...layer.folders].some((folder) => isWithin(file, folder))
}

function allowsPackage(layer, specifier) {
  return layer.packages === undefined || layer.packages.includes(specifier)
}

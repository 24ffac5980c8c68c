// What the generated loaders share: each is one file that stands alone, so these lines are put into
// all of them.

/** The end of `save`: header, values (data) and path are made before it. */
export const writeSafetensors = `    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
`

/**
 * The function that finds the weights where none are named; `script` is what the file is called.
 */
export const besideFunction = (script: string): string => `def beside():
    """The only safetensors file in this program's folder."""
    found = sorted(pathlib.Path(__file__).parent.glob("*.safetensors"))
    if len(found) != 1:
        sys.exit(f"usage: python ${script} MODEL.safetensors (found {len(found)} safetensors files in this folder; name one)")
    return found[0]
`

/** Metadata that a loader prints of the model, as lines of a program. */
export const printMetadata = `    for key in ("program", "run", "step", "part", "dataset", "image_shape", "latent_size", "likelihood_text", "preprocessing"):
        print(f"{key:16} {loaded.metadata.get(key, '')}")
`

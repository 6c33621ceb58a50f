const mostKeptBytes = 2 ** 23;

/** What was used last: pages that are new to a process cost more than what is computed in them. */
let spare: SharedArrayBuffer | undefined;

/** Memory that threads share, until it is disposed of, when another may take it over. Not all of it is zero. */
export function sharedMemory(sizeBytes: number): { readonly buffer: SharedArrayBuffer } & Disposable {
  const last = spare;
  spare = undefined;
  const buffer = last?.byteLength === sizeBytes ? last : new SharedArrayBuffer(sizeBytes);
  return {
    buffer,
    [Symbol.dispose]() {
      if (sizeBytes <= mostKeptBytes) spare = buffer;
    },
  };
}

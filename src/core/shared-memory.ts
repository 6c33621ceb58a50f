/** What was used last, as long as the collector leaves it: pages that are new to a process cost more than what is computed in them. */
let spare: WeakRef<SharedArrayBuffer> | undefined;

/** Memory that threads share, until it is disposed of, when another may take it over. Not all of it is zero. */
export function sharedMemory(sizeBytes: number): { readonly buffer: SharedArrayBuffer } & Disposable {
  const last = spare?.deref();
  spare = undefined;
  const buffer = last?.byteLength === sizeBytes ? last : new SharedArrayBuffer(sizeBytes);
  return {
    buffer,
    [Symbol.dispose]() {
      spare = new WeakRef(buffer);
    },
  };
}

/** A server of the tests' own that answers at `url`. Disposed, it is gone: its processes, its ports and its folder. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
}
